use std::fmt;

use ureq::http::Uri;

use super::{Credentials, Secret};

/// Where a server is: scheme, host and path prefix; never a user or a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    origin: String,
    path: String,
}

impl ServerUrl {
    /// Reads `http(s)://host[:port][/prefix]`. A `user:password@` is taken out and returned beside it.
    ///
    /// # Errors
    ///
    /// What is wrong with it; the text itself is not repeated, since it may hold a password.
    pub fn parse(text: &str) -> Result<(Self, Option<Credentials>), &'static str> {
        let (scheme, rest) = text
            .trim()
            .split_once("://")
            .ok_or("it does not begin with http:// or https://")?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err("it does not begin with http:// or https://");
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if path.contains(['?', '#']) {
            return Err("it holds a query or a fragment: give the address before /api/v1");
        }
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let origin = format!("{scheme}://{}", host.to_ascii_lowercase());
        let path = path.trim_end_matches('/').to_owned();
        let whole: Uri = format!("{origin}{path}/")
            .parse()
            .map_err(|_| "it is no address of a server")?;
        if whole.host().is_none_or(str::is_empty) {
            return Err("it names no host");
        }
        let credentials = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            Credentials::Basic {
                user: Secret::new(decoded(name)),
                password: Secret::new(decoded(password)),
            }
        });
        Ok((Self { origin, path }, credentials))
    }

    /// The address of a path of the API, `/api/v1/query`.
    pub fn join(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.path)
    }

    /// Whether `url` is served by the same scheme, host and port.
    pub fn is_origin_of(&self, url: &str) -> bool {
        origin(url).is_some_and(|other| Some(other) == origin(&self.origin))
    }

    /// Whether the server is this machine.
    pub fn is_local(&self) -> bool {
        let host = origin(&self.origin).map(|(_, host, _)| host).unwrap_or_default();
        host == "localhost" || host == "[::1]" || host.starts_with("127.")
    }

    /// Whether requests travel unencrypted.
    pub fn is_plain(&self) -> bool {
        self.origin.starts_with("http://")
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

/// Scheme, host and port, the scheme's own port filled in.
fn origin(url: &str) -> Option<(String, String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let usual = if scheme == "https" { 443 } else { 80 };
    let host = uri.host()?.to_ascii_lowercase();
    Some((scheme, host, uri.port_u16().unwrap_or(usual)))
}

/// Where a redirect from `from` leads; `None` if it is not http(s). A user or password in it is never used.
pub(super) fn redirected(from: &str, location: &str) -> Option<String> {
    let whole = if location.starts_with("//") {
        let (scheme, _) = from.split_once("://")?;
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        let after = from.find("://")? + 3;
        let end = from[after..].find(['/', '?']).map_or(from.len(), |at| after + at);
        format!("{}{location}", &from[..end])
    } else {
        location.to_owned()
    };
    let (scheme, rest) = whole.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end]
        .rsplit_once('@')
        .map_or(&rest[..end], |(_, host)| host);
    let fragment = rest[end..].find('#').map_or(rest.len(), |at| end + at);
    let whole = format!("{scheme}://{host}{}", &rest[end..fragment]);
    let uri: Uri = whole.parse().ok()?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    (known && uri.host().is_some_and(|host| !host.is_empty())).then_some(whole)
}

/// `text` with every byte that is not plain written as `%XX`.
pub(super) fn encoded(text: &str) -> String {
    let mut done = String::with_capacity(text.len() * 3 / 2);
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        if plain {
            done.push(char::from(byte));
        } else {
            done.push_str(&format!("%{byte:02X}"));
        }
    }
    done
}

/// `%XX` replaced by the bytes they stand for; what is no such thing stays.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut done = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                done.push(byte);
                at += 3;
            }
            None => {
                done.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&done).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_password_never_stays_in_an_address() {
        let (url, credentials) =
            ServerUrl::parse("HTTPS://us%65r:pa%40ss:w@Prom.Example:9090/prefix/").unwrap();
        assert_eq!(url.to_string(), "https://prom.example:9090/prefix");
        assert_eq!(
            url.join("/api/v1/query"),
            "https://prom.example:9090/prefix/api/v1/query"
        );
        let credentials = credentials.unwrap();
        assert!(!format!("{url:?} {credentials:?}").contains("pa@ss"));
        // `user:pa@ss:w` in base64, by `printf … | base64`.
        let header = credentials.header().unwrap().unwrap();
        assert_eq!(header.to_str().unwrap(), "Basic dXNlcjpwYUBzczp3");
    }

    #[test]
    fn what_is_no_server_is_refused_without_being_repeated() {
        for wrong in [
            "",
            "prometheus:9090",
            "ftp://host",
            "http://",
            "http://user:secret@",
            "http://host/?a=b",
            "http://ho st",
        ] {
            let error = ServerUrl::parse(wrong).unwrap_err();
            assert!(!error.contains("secret"), "{wrong}");
        }
    }

    #[test]
    fn origins_differ_by_scheme_host_and_port() {
        let (url, _) = ServerUrl::parse("http://host").unwrap();
        assert!(url.is_origin_of("http://HOST:80/x"));
        for other in [
            "https://host/",
            "http://host:81/",
            "http://hos/",
            "http://host.evil/",
        ] {
            assert!(!url.is_origin_of(other), "{other}");
        }
    }

    #[test]
    fn redirects_are_resolved_against_where_they_come_from() {
        let from = "http://a:1/api/v1/query?query=x";
        assert_eq!(redirected(from, "/b?c").as_deref(), Some("http://a:1/b?c"));
        assert_eq!(redirected(from, "//b/c").as_deref(), Some("http://b/c"));
        assert_eq!(
            redirected(from, "https://u:p@b/c#d").as_deref(),
            Some("https://b/c")
        );
        assert_eq!(redirected(from, "ftp://b/c"), None);
        assert_eq!(redirected(from, "http://"), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(http://|https://|[a-z@:/%?#é \\[\\]]){0,20}", location in "[a-z@:/%?#é]{0,20}") {
            if let Ok((url, _)) = ServerUrl::parse(&text) {
                prop_assert!(!url.to_string().contains('@') || url.path.contains('@'));
            }
            let _ = redirected("http://host/path", &location);
            prop_assert_eq!(decoded(&encoded(&text)), text);
        }
    }
}
