use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::units::Digest;

/// Names one trial: same address, same bytes. Written `policy:world:seed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Digest of the policy.
    pub policy: Digest,
    /// Digest of the resolved world: every number, horizon included.
    pub world: Digest,
    /// The seed.
    pub seed: u64,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.policy, self.world, self.seed)
    }
}

/// A text that is not an [`Address`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError(String);

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not an address: expected POLICY:WORLD:SEED, as in ba7816bf8f01:23097d223405:17",
            self.0
        )
    }
}

impl std::error::Error for AddressError {}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let parse = || {
            let mut parts = text.split(':');
            let address = Self {
                policy: parts.next()?.parse().ok()?,
                world: parts.next()?.parse().ok()?,
                seed: parts.next()?.parse().ok()?,
            };
            parts.next().is_none().then_some(address)
        };
        parse().ok_or_else(|| AddressError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_being_written_and_read() {
        let address = Address {
            policy: Digest::of("a"),
            world: Digest::of("b"),
            seed: u64::MAX,
        };
        assert_eq!(address.to_string().parse(), Ok(address));
        for wrong in [
            "",
            "a:b:1",
            "ca978112ca1b:3e23e8160039",
            "ca978112ca1b:3e23e8160039:x",
            "ca978112ca1b:3e23e8160039:1:2",
        ] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong:?}");
        }
    }
}
