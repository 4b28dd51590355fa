use std::fmt;

use serde::{Deserialize, Serialize};

use super::Share;

/// What a controller set: `parts` of `of` go to the canary, as written (20 of 100).
///
/// What traffic really does is a [`Share`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    /// Parts for the canary.
    pub parts: u32,
    /// Parts in all (`maxTrafficWeight`, usually 100).
    pub of: u32,
}

impl Weight {
    /// Nothing goes to the canary.
    pub const NONE: Self = Self { parts: 0, of: 100 };
    /// Everything goes to the canary.
    pub const ALL: Self = Self { parts: 100, of: 100 };

    /// `parts` of 100.
    pub const fn percent(parts: u32) -> Self {
        Self { parts, of: 100 }
    }

    /// The share that a router gives which follows the weight exactly.
    pub fn share(self) -> Share {
        Share::new(f64::from(self.parts) / f64::from(self.of))
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of == 100 {
            write!(f, "{}%", self.parts)
        } else {
            write!(f, "{}/{}", self.parts, self.of)
        }
    }
}
