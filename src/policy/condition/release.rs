//! Releases of Argo Rollouts, as far as conditions differ between them.

use std::fmt;
use std::str::FromStr;

/// A release of Argo Rollouts. It chooses the language of conditions and nothing else: everything else that is played
/// follows the newest one.
///
/// Which version of the language (expr) a release is built with stands in its `go.mod`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the releases")]
pub enum ArgoVersion {
    V1_5,
    V1_6,
    V1_7,
    V1_8,
    V1_9,
    V1_10,
    #[default]
    Head,
}

/// What conditions may say. Of the versions of the language that releases are built with, 1.12.5 and 1.13.0 are alike, and
/// so are 1.17.7 and 1.17.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dialect {
    /// Predicates over lists, `len`, `abs`, `int`, `float`.
    V1_12,
    /// Most functions, `let` and the pipe.
    V1_15,
    /// `max` and `min` of lists, `if`, `;`, chains of comparisons.
    V1_17,
}

const NAMES: [(&str, ArgoVersion); 7] = [
    ("1.5", ArgoVersion::V1_5),
    ("1.6", ArgoVersion::V1_6),
    ("1.7", ArgoVersion::V1_7),
    ("1.8", ArgoVersion::V1_8),
    ("1.9", ArgoVersion::V1_9),
    ("1.10", ArgoVersion::V1_10),
    ("head", ArgoVersion::Head),
];

impl ArgoVersion {
    /// The version of the language that it is built with.
    pub const fn language(self) -> &'static str {
        match self {
            Self::V1_5 => "expr 1.12.5",
            Self::V1_6 => "expr 1.13.0",
            Self::V1_7 | Self::V1_8 | Self::V1_9 => "expr 1.15.5",
            Self::V1_10 => "expr 1.17.7",
            Self::Head => "expr 1.17.8",
        }
    }

    /// The release that a field came with: the API server of an older one drops it. The oldest, for those not known to be
    /// newer.
    pub fn since(field: &str) -> Self {
        match field {
            "consecutiveSuccessLimit" | "rangeQuery" => Self::V1_8,
            "replicaProgressThreshold" => Self::V1_9,
            _ => Self::V1_5,
        }
    }

    pub(super) const fn dialect(self) -> Dialect {
        match self {
            Self::V1_5 | Self::V1_6 => Dialect::V1_12,
            Self::V1_7 | Self::V1_8 | Self::V1_9 => Dialect::V1_15,
            Self::V1_10 | Self::Head => Dialect::V1_17,
        }
    }

    /// Whether conditions say the same under both.
    pub fn speaks_like(self, other: Self) -> bool {
        self.dialect() == other.dialect()
    }
}

impl Dialect {
    /// The first release that has it, for help.
    pub const fn since(self) -> &'static str {
        match self {
            Self::V1_12 => "1.5",
            Self::V1_15 => "1.7",
            Self::V1_17 => "1.10",
        }
    }
}

impl fmt::Display for ArgoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES
            .iter()
            .find(|known| known.1 == *self)
            .map_or("", |known| known.0);
        f.write_str(name)
    }
}

impl FromStr for ArgoVersion {
    type Err = String;

    /// `1.8`, also as `v1.8` and `1.8.3`; `head`.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix('v').unwrap_or(text);
        let mut parts = number.splitn(3, '.');
        let minor = match (parts.next(), parts.next()) {
            (Some(major), Some(minor)) => format!("{major}.{minor}"),
            _ => number.to_ascii_lowercase(),
        };
        let known = NAMES.iter().find(|known| known.0 == minor);
        known
            .map(|known| known.1)
            .ok_or_else(|| "expected a release of Argo Rollouts from 1.5 to 1.10, or head".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_read_as_people_write_it() {
        for (text, expected) in [
            ("1.5", ArgoVersion::V1_5),
            ("v1.8.3", ArgoVersion::V1_8),
            ("1.10.0-rc1", ArgoVersion::V1_10),
            ("HEAD", ArgoVersion::Head),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for wrong in ["", "1", "1.4", "1.11", "2.0", "v", "latest", "1.."] {
            assert!(wrong.parse::<ArgoVersion>().is_err(), "{wrong}");
        }
        for (name, release) in NAMES {
            assert_eq!(release.to_string(), name);
        }
    }
}
