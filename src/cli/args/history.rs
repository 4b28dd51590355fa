use std::path::PathBuf;

use clap::Args;

use crate::cli::parse;
use crate::policy::condition::ArgoVersion;

/// Finds the releases in a recording, plays every policy over each of them, and holds that against what is known of them.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine history data/highload-deploys --policy data/highload-deploys/policy.yaml\n  \
                  coalmine history incident/ --policy k8s/ --write-labels labels.csv\n  coalmine history incident/ \
                  --policy k8s/ --labels labels.csv --out json=-\n\nWithout --labels, a ground_truth.json beside the \
                  recording says what is known. Exit code 4: there is no release in the recording."
)]
pub struct History {
    /// The recording: a file or folder.
    #[arg(value_name = "RECORDING")]
    pub recording: PathBuf,

    /// Policies to lay over it: files or folders. Repeatable.
    #[arg(long, required = true, value_name = "POLICY", env = "COALMINE_POLICY")]
    pub policy: Vec<PathBuf>,

    /// What the columns of a table mean, as in inspect.
    #[arg(long, value_name = "MAPPING", env = "COALMINE_COLUMNS")]
    pub columns: Option<crate::recording::Mapping>,

    /// Releases that a table states, instead of those that are found: time,id[,label].
    #[arg(long, value_name = "FILE", env = "COALMINE_MARKS")]
    pub marks: Option<PathBuf>,

    /// What people know of the releases, a table: id,time,truth,rolled_back_by_people,note.
    #[arg(long, value_name = "FILE", env = "COALMINE_LABELS")]
    pub labels: Option<PathBuf>,

    /// The canary's weight in per cent, NAME{label="value"}, to be held against its share of requests [default: Flagger's
    /// own, where the recording has it].
    #[arg(long, value_name = "SELECTOR", env = "COALMINE_WEIGHT_METRIC")]
    pub weight_metric: Option<String>,

    /// Write such a table, to be edited. A file that is there is never overwritten.
    #[arg(long, value_name = "FILE", env = "COALMINE_WRITE_LABELS")]
    pub write_labels: Option<PathBuf>,

    /// Semantics of Prometheus 2 (up to 2.50) or 3 [default: those of the server that the recording was imported from,
    /// else 3].
    #[arg(long, value_name = "2|3", value_parser = parse::compat, env = "COALMINE_PROMQL_COMPAT")]
    pub promql_compat: Option<crate::promql::Compat>,

    /// Release of Argo Rollouts, 1.5 to 1.10 or head, in whose language conditions are read (max of a list, `if`, `;` and
    /// chained comparisons came with 1.10). It chooses nothing else: all else follows the newest release.
    #[arg(long, value_name = "RELEASE", default_value_t, env = "COALMINE_ARGO_VERSION")]
    pub argo_version: ArgoVersion,

    /// json=PATH, csv=PATH or md=PATH besides the answer; - is stdout. Repeatable.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub out: Vec<String>,
}
