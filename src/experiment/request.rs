//! What a call asks for.

use serde::{Deserialize, Serialize};

use crate::policy::condition::ArgoVersion;
use crate::units::Duration;

/// Among names of worlds: all that Scenario documents state.
pub const STATED: &str = "stated";

/// The options of a call that shape its trials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Worlds by name or glob; none: the battery, and every world that a Scenario document states.
    pub worlds: Vec<String>,
    /// Variants, as written.
    pub vary: Vec<String>,
    /// Where every trial ends.
    pub horizon: Option<Duration>,
    /// Who comes, as written.
    pub operator: Option<String>,
    /// Whether queries are answered as Prometheus 2 does.
    pub prometheus2: bool,
    /// The release of Argo Rollouts whose conditions are understood.
    #[serde(default, skip_serializing_if = "is_newest", with = "name")]
    pub argo: ArgoVersion,
    /// The recording that is played over, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<Source>,
    /// What is called otherwise in the recording, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub map: Vec<String>,
}

fn is_newest(release: &ArgoVersion) -> bool {
    *release == ArgoVersion::default()
}

/// A release by its name.
mod name {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::ArgoVersion;

    pub fn serialize<S: Serializer>(release: &ArgoVersion, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(release)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<ArgoVersion, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Which recording is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Name of its file or folder, without those it lies in.
    pub name: String,
    /// Digest of its samples.
    pub digest: String,
}
