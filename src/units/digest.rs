use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The first 48 bits of a SHA-256: enough to name a document, short enough to be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 6]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        let mut digesting = Digesting::default();
        digesting.add(bytes);
        digesting.digest()
    }
}

/// A digest of bytes that come piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Digesting(Sha256);

impl Digesting {
    /// The next bytes.
    pub fn add(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes.as_ref());
    }

    /// The digest of all that came.
    pub fn digest(self) -> Digest {
        let whole = self.0.finalize();
        let mut first = [0; 6];
        first.copy_from_slice(&whole[..6]);
        Digest(first)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a digest: expected 12 hexadecimal digits");
        if text.len() != 12 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0; 6];
        for (byte, digits) in bytes.iter_mut().zip(0..) {
            *byte = u8::from_str_radix(&text[2 * digits..2 * digits + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Digest, Digesting};

    #[test]
    fn pieces_make_the_whole() {
        let mut digesting = Digesting::default();
        for piece in ["a", "", "bc"] {
            digesting.add(piece);
        }
        assert_eq!(digesting.digest(), Digest::of("abc"));
    }

    /// SHA-256 of "abc" begins ba7816bf8f01 (FIPS 180-2, appendix B.1).
    #[test]
    fn is_the_start_of_sha_256() {
        assert_eq!(Digest::of("abc").to_string(), "ba7816bf8f01");
        assert_eq!("ba7816bf8f01".parse(), Ok(Digest::of("abc")));
        assert!("ba7816".parse::<Digest>().is_err());
        assert!("zz7816bf8f01".parse::<Digest>().is_err());
    }
}
