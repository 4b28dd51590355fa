use std::path::PathBuf;

use clap::Args;

use crate::cli::parse;
use crate::policy::condition::ArgoVersion;
use crate::units::Duration;

/// Tells one trial's story down to the line of YAML that decided, or plays policies over a recording as it happened.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine replay 2eede9f6f98b:abb692cfa68a:1 --out html=trial.html\n  coalmine replay \
                  recording/ --policy now.yaml --policy proposed.yaml --out html=incident.html --out md=incident.md\n  coalmine replay \
                  recording/ --policy now.yaml --against analysisruns.yaml"
)]
pub struct Replay {
    /// A trial's address (POLICY:WORLD:SEED, as tables and ledgers show it), or a recording (file or folder).
    #[arg(value_name = "ADDRESS|RECORDING")]
    pub subject: String,

    /// Policies to lay over a recording: files or folders.
    #[arg(long, value_name = "POLICY", env = "COALMINE_POLICY")]
    pub policy: Vec<PathBuf>,

    /// The ledger that an address is looked up in.
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "coalmine-out/ledger",
        env = "COALMINE_LEDGER"
    )]
    pub ledger: PathBuf,

    /// The recording that an address was played over.
    #[arg(long, value_name = "FILE", env = "COALMINE_RECORDING")]
    pub recording: Option<PathBuf>,

    /// Semantics of Prometheus 2 (up to 2.50) or 3, for recordings [default: what an imported recording says of its
    /// server, else 3].
    #[arg(long, value_name = "2|3", value_parser = parse::compat, env = "COALMINE_PROMQL_COMPAT")]
    pub promql_compat: Option<crate::promql::Compat>,

    /// Of a recording: release of Argo Rollouts, 1.5 to 1.10 or head, in whose language conditions are read (max of a list, `if`, `;` and
    /// chained comparisons came with 1.10). It chooses nothing else: all else follows the newest release [default: head].
    #[arg(long, value_name = "RELEASE", env = "COALMINE_ARGO_VERSION")]
    pub argo_version: Option<ArgoVersion>,

    /// Of a recording: the deployment to show look by look (its name as the table has it) [default: see the answer].
    #[arg(long, value_name = "NAME", env = "COALMINE_DEPLOYMENT")]
    pub deployment: Option<String>,

    /// Of a recording: what a cluster's controller did, as kubectl get analysisrun (rollout, canary) -o yaml or -o json
    /// prints it, beside what ours does; exit code 1 where they differ.
    #[arg(long, value_name = "FILE", env = "COALMINE_AGAINST")]
    pub against: Option<PathBuf>,

    /// With --against: times so close are the same.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse::duration, env = "COALMINE_WITHIN")]
    pub within: Duration,

    /// html=PATH, md=PATH or json=PATH besides the story; - is stdout. Repeatable.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub out: Vec<String>,
}
