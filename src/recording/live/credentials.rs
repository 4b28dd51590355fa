use std::fmt;

use ureq::http::HeaderValue;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Nobody in particular.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer(Secret),
    /// `Authorization: Basic …`.
    Basic {
        /// Name.
        user: Secret,
        /// Password.
        password: Secret,
    },
}

impl Credentials {
    /// Name and password from one text `user:password`.
    pub fn basic(text: &str) -> Option<Self> {
        let (user, password) = text.split_once(':')?;
        Some(Self::Basic {
            user: Secret::new(user),
            password: Secret::new(password),
        })
    }

    /// The value of the header `Authorization`; absent for nobody.
    ///
    /// # Errors
    ///
    /// If the secret holds a character that no header can.
    pub fn header(&self) -> Result<Option<HeaderValue>, &'static str> {
        let text = match self {
            Self::None => return Ok(None),
            Self::Bearer(token) => format!("Bearer {}", token.0),
            Self::Basic { user, password } => format!("Basic {}", base64(&pair(user, password))),
        };
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| "the token holds a character that no HTTP header can, such as a line break")?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// `text` with every trace of the secrets taken out: servers and proxies repeat what they were sent.
    pub fn scrubbed(&self, text: &str) -> String {
        let secrets = match self {
            Self::None => return text.to_owned(),
            Self::Bearer(token) => vec![token.0.clone()],
            Self::Basic { user, password } => {
                vec![
                    base64(&pair(user, password)),
                    pair(user, password),
                    password.0.clone(),
                ]
            }
        };
        let shown = secrets.iter().filter(|secret| !secret.is_empty());
        shown.fold(text.to_owned(), |text, secret| text.replace(secret, "[redacted]"))
    }
}

fn pair(user: &Secret, password: &Secret) -> String {
    format!("{}:{}", user.0, password.0)
}

/// Base64 with padding (RFC 4648, section 4).
fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut done = String::new();
    for three in text.as_bytes().chunks(3) {
        let byte = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for letter in 0..4 {
            let known = letter <= three.len();
            let index = (bits >> (18 - 6 * letter) & 63) as usize;
            done.push(if known { char::from(LETTERS[index]) } else { '=' });
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 4648, section 10.
    #[test]
    fn base64_is_that_of_the_standard() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain), coded);
        }
    }

    #[test]
    fn secrets_are_shown_nowhere() {
        let basic = Credentials::basic("ann:s3:cret").unwrap();
        let bearer = Credentials::Bearer(Secret::new("t0ken"));
        assert!(!format!("{basic:?}{bearer:?}").contains("s3"));
        assert!(!format!("{basic:?}{bearer:?}").contains("t0ken"));
        assert!(!format!("{:?}", bearer.header().unwrap()).contains("t0ken"));
        assert_eq!(bearer.scrubbed("no t0ken here"), "no [redacted] here");
        let header = basic.header().unwrap().unwrap();
        let echoed = format!("{} s3:cret", header.to_str().unwrap());
        assert_eq!(basic.scrubbed(&echoed), "Basic [redacted] [redacted]");
        let broken = Credentials::Bearer(Secret::new("a\nb")).header().unwrap_err();
        assert!(!broken.contains("a\nb"));
    }
}
