use std::collections::BTreeMap;

use serde::Deserialize;

/// What `meta.json` says of a block. Unknown keys are other people's business and ignored.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    #[serde(default)]
    pub ulid: String,
    /// First time [ms].
    pub min_time: i64,
    /// The first time [ms] after the block.
    pub max_time: i64,
    pub version: u32,
    #[serde(default)]
    pub compaction: Compaction,
    /// What Thanos, Mimir and Cortex add.
    #[serde(default)]
    pub thanos: Thanos,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Compaction {
    /// It holds nothing and waits to be removed.
    pub deletable: bool,
    /// Blocks that went into this one.
    pub parents: Vec<Parent>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parent {
    pub ulid: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Thanos {
    /// Labels that every series of the block has beside its own.
    pub labels: BTreeMap<String, String>,
    pub downsample: Downsample,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Downsample {
    /// Distance of aggregates [ms]; 0 for raw samples.
    pub resolution: i64,
}

impl Meta {
    /// The labels that a store adds to every series. Names in double underscores are a store's own books (Mimir's
    /// shard and tenant), not labels of series.
    pub fn external(&self) -> impl Iterator<Item = (&str, &str)> {
        let labels = self.thanos.labels.iter();
        labels
            .filter(|(name, value)| !name.starts_with("__") && !value.is_empty())
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_extras_are_read_and_other_keys_ignored() {
        let meta: Meta = serde_json::from_str(
            r#"{"ulid":"A","minTime":-5,"maxTime":7,"version":1,"stats":{"numSamples":1},
                "compaction":{"level":2,"sources":["B"],"parents":[{"ulid":"B","minTime":0,"maxTime":1}],"hints":["x"]},
                "thanos":{"version":1,"labels":{"cluster":"eu","__compactor_shard_id__":"1_of_4"},
                "downsample":{"resolution":300000},"source":"compactor","files":[{"rel_path":"index"}]},"out_of_order":true}"#,
        )
        .unwrap();
        assert_eq!(
            (meta.min_time, meta.max_time, meta.thanos.downsample.resolution),
            (-5, 7, 300_000)
        );
        assert_eq!(meta.external().collect::<Vec<_>>(), [("cluster", "eu")]);
        assert_eq!(meta.compaction.parents[0].ulid, "B");
    }
}
