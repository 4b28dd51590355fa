use std::fmt;

use crate::units::{Duration, Timestamp};

/// A release in a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// Its name: as a mark says, otherwise `r001`, `r002`, … by time.
    pub id: String,
    /// When it began, as its strongest sign has it.
    pub at: Timestamp,
    /// When the next one began, or no series that the policies read had a sample any more.
    pub until: Timestamp,
    /// What told of it, the strongest first; never empty.
    pub signs: Vec<Sign>,
}

/// A version and the one that it took the place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The canary's.
    pub new: String,
    /// The stable version's, as far as one was seen.
    pub before: Option<String>,
}

/// What told of a release. Prints as a table shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A file of marks, with the version if it states one.
    Mark(Option<String>),
    /// A label took a new value while others were known.
    Version {
        /// The label; `pod` stands for the ReplicaSet's hash in names of pods.
        label: String,
        /// The values.
        change: Change,
        /// For how long the new one was seen, where it went and the one before went on: somebody may have rolled back.
        gone: Option<Duration>,
    },
    /// A metric of the controller changed: its name, and from what to what.
    Controller(&'static str, String),
    /// Processes started anew.
    Starts {
        /// How many.
        started: usize,
        /// How many ran in the minutes before.
        before: usize,
    },
}

impl Sign {
    /// Whether this can come of something else than a release: a crash, a new node, more replicas.
    pub fn is_weak(&self) -> bool {
        matches!(
            self,
            Self::Starts { .. } | Self::Controller(super::controllers::GENERATION, _)
        )
    }

    /// Whether a label or a mark holds a pod-template-hash.
    fn hash(&self) -> Option<Change> {
        match self {
            Self::Version { label, change, .. } if super::versions::holds_hash(label) => Some(change.clone()),
            _ => None,
        }
    }
}

impl Release {
    /// Whether all that was seen is one process of several that started anew: a restart, most likely.
    pub fn is_likely_restart(&self) -> bool {
        let alone = |sign: &Sign| matches!(sign, Sign::Starts { started: 1, before } if *before > 2);
        self.signs.iter().all(alone)
    }

    /// The pod-template-hashes of the two versions, as far as a label or the names of pods showed them.
    pub fn hash(&self) -> Option<Change> {
        self.signs.iter().find_map(Sign::hash)
    }

    /// The versions, as a mark or a label other than a hash shows them.
    pub fn version(&self) -> Option<Change> {
        self.signs.iter().find_map(|sign| match sign {
            Sign::Mark(Some(new)) => Some(Change {
                new: new.clone(),
                before: None,
            }),
            Sign::Version { label, change, .. } if !super::versions::holds_hash(label) => {
                Some(change.clone())
            }
            _ => None,
        })
    }

    /// How it was found, in words.
    pub fn found(&self) -> String {
        let signs: Vec<String> = self.signs.iter().map(Sign::to_string).collect();
        let said = signs.join("; ");
        if self.is_likely_restart() {
            format!("{said}: a restart, most likely")
        } else {
            said
        }
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mark(None) => f.write_str("mark"),
            Self::Mark(Some(version)) => write!(f, "mark {version}"),
            Self::Version { label, change, gone } => {
                write!(f, "{label} {}", change.new)?;
                match (gone, &change.before) {
                    (Some(after), Some(before)) => write!(f, ", gone after {after} while {before} went on"),
                    _ => Ok(()),
                }
            }
            Self::Controller(name, change) => write!(f, "{name} {change}"),
            Self::Starts {
                started: 1,
                before: 0 | 1,
            } => f.write_str("process start"),
            Self::Starts { started, before } => write!(f, "{started} process starts of {before}"),
        }
    }
}
