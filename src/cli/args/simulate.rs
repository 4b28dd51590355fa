use std::path::PathBuf;

use clap::Args;

use crate::cli::parse;
use crate::policy::condition::ArgoVersion;
use crate::units::Duration;

/// Plays every policy through the same worlds with the same luck: a table, a page, a ledger.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine simulate scenarios/param-kernel\n  coalmine simulate k8s/ --scenario plain \
                  --scenario 'latency-*' --trials 10000\n  coalmine simulate k8s/ --vary 'failureCondition of \
                  error-rate=1%,2%,3%'\n  coalmine simulate k8s/ --operator 'promotes after 10m' --out json=-\n\n\
                  Exit codes: 0 done, however bad the news; 2 could not judge (bad call, document, data or name), or a \
                  policy was not played; 4 nothing to play; 130/143 stopped by a signal, complete seeds kept (a second \
                  signal ends at once)."
)]
pub struct Simulate {
    /// Manifests: files, folders, or - for standard input. Several stand side by side on the same luck.
    #[arg(required = true, value_name = "POLICY")]
    pub policies: Vec<PathBuf>,

    /// Worlds: a name, a glob, a file with a Scenario document, 'stated' (all that Scenario documents beside the manifests
    /// state), 'battery' (all that 'coalmine scenario' lists) or 'battery/short'. Repeatable [default: battery/short, and
    /// what is stated].
    #[arg(long, value_name = "SCENARIO", env = "COALMINE_SCENARIO")]
    pub scenario: Vec<String>,

    /// A recording (file or folder) to play over in place of made-up worlds: its counts are redrawn for the share
    /// really set.
    #[arg(long, value_name = "FILE", env = "COALMINE_RECORDING")]
    pub recording: Option<PathBuf>,

    /// What the recording calls otherwise than the policies: 'METRIC=RECORDED' or 'label="a"=recorded="b"'. Repeatable.
    #[arg(long, value_name = "OURS=RECORDED", requires = "recording")]
    pub map: Vec<String>,

    /// Variants of the one policy: 'failureCondition of CHECK=1%,2%,3%' puts each limit in its place.
    #[arg(long, value_name = "WHAT=VALUES", env = "COALMINE_VARY")]
    pub vary: Vec<String>,

    #[command(flatten)]
    pub play: Play,

    /// Who comes when a rollout waits: 'promotes after 10m', 'aborts after 10m' [default: nobody].
    #[arg(long, value_name = "WHO", env = "COALMINE_OPERATOR")]
    pub operator: Option<String>,

    /// Where every trial ends, the same for all policies [default: the latest planned end plus 30m].
    #[arg(long, value_name = "DURATION", value_parser = parse::duration, env = "COALMINE_HORIZON")]
    pub horizon: Option<Duration>,

    /// Say how the service was assumed to show itself to Prometheus, and stop.
    #[arg(long)]
    pub explain_exposition: bool,

    /// Answers besides the table: json=PATH, csv=PATH, md=PATH, html=PATH, ledger=FOLDER; - is stdout. Repeatable.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub out: Vec<String>,
}

/// What shapes every run.
#[derive(Debug, Args)]
pub struct Play {
    /// Seeds per world.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=100_000_000), env = "COALMINE_TRIALS")]
    pub trials: u64,

    /// First seed.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=u64::MAX / 2), env = "COALMINE_SEED")]
    pub seed: u64,

    /// Threads [default: all cores]. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), env = "COALMINE_THREADS")]
    pub threads: Option<u16>,

    /// Semantics of Prometheus 2 (up to 2.50) or 3.
    #[arg(long, value_name = "2|3", default_value = "3", value_parser = parse::compat, env = "COALMINE_PROMQL_COMPAT")]
    pub promql_compat: crate::promql::Compat,

    /// Release of Argo Rollouts, 1.5 to 1.10 or head, in whose language conditions are read (max of a list, `if`, `;` and
    /// chained comparisons came with 1.10). It chooses nothing else: all else follows the newest release.
    #[arg(long, value_name = "RELEASE", default_value_t, env = "COALMINE_ARGO_VERSION")]
    pub argo_version: ArgoVersion,
}
