use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::parse;
use crate::units::Duration;

/// Plays the canary rollout policies you already have against synthetic and recorded Prometheus series, and says
/// with intervals how often they roll back for nothing and how fast they catch harm.
#[derive(Debug, Parser)]
#[command(
    name = "coalmine",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Start here:\n  coalmine simulate k8s/rollouts/my-service/      your manifests, unmodified\n  \
                  helm template my-chart | coalmine simulate -    a rendered chart\n\n\
                  Exit codes: 0 done, however bad the news; 2 could not judge (bad call, document, data or name); \
                  4 nothing selected; 70 internal error; 130/143 stopped, complete seeds kept."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Play policies against worlds and score them.
    Simulate(Simulate),
    /// Tell the story of one trial, or of a recorded incident.
    Replay(Replay),
}

/// Plays every policy through the same worlds with the same luck: a table, a page, a ledger.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine simulate scenarios/param-kernel\n  coalmine simulate k8s/ --scenario plain \
                  --scenario 'latency-*' --trials 10000\n  coalmine simulate k8s/ --vary 'failureCondition of \
                  error-rate=1%,2%,3%'\n  coalmine simulate k8s/ --operator 'promotes after 10m' --out json=-"
)]
pub(super) struct Simulate {
    /// Manifests: files, folders, or - for standard input. Several stand side by side on the same luck.
    #[arg(required = true, value_name = "POLICY")]
    pub(super) policies: Vec<PathBuf>,

    /// Worlds: a name, a glob, 'battery', or a file with a Scenario document. Repeatable [default: battery].
    #[arg(long, value_name = "SCENARIO", env = "COALMINE_SCENARIO")]
    pub(super) scenario: Vec<String>,

    /// Variants of the one policy: 'failureCondition of CHECK=1%,2%,3%' puts each limit in its place.
    #[arg(long, value_name = "WHAT=VALUES", env = "COALMINE_VARY")]
    pub(super) vary: Vec<String>,

    #[command(flatten)]
    pub(super) play: Play,

    /// Who comes when a rollout waits: 'promotes after 10m', 'aborts after 10m' [default: nobody].
    #[arg(long, value_name = "WHO", env = "COALMINE_OPERATOR")]
    pub(super) operator: Option<String>,

    /// Where every trial ends, the same for all policies [default: the latest planned end plus 30m].
    #[arg(long, value_name = "DURATION", value_parser = parse::duration, env = "COALMINE_HORIZON")]
    pub(super) horizon: Option<Duration>,

    /// Say how the service was assumed to show itself to Prometheus, and stop.
    #[arg(long)]
    pub(super) explain_exposition: bool,

    /// Answers besides the table: json=PATH, csv=PATH, md=PATH, html=PATH, ledger=FOLDER; - is stdout. Repeatable.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub(super) out: Vec<String>,
}

/// What shapes every run.
#[derive(Debug, Args)]
pub(super) struct Play {
    /// Seeds per world.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=100_000_000), env = "COALMINE_TRIALS")]
    pub(super) trials: u64,

    /// First seed.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=u64::MAX / 2), env = "COALMINE_SEED")]
    pub(super) seed: u64,

    /// Threads [default: all cores]. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), env = "COALMINE_THREADS")]
    pub(super) threads: Option<u16>,

    /// Semantics of Prometheus 2 (up to 2.50) or 3.
    #[arg(long, value_name = "2|3", default_value = "3", value_parser = parse::compat, env = "COALMINE_PROMQL_COMPAT")]
    pub(super) promql_compat: crate::promql::Compat,
}

/// Tells one trial's story down to the line of YAML that decided, or plays policies over a recording as it happened.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// A trial's address (POLICY:WORLD:SEED, as tables and ledgers show it), or a recording (file or folder).
    #[arg(value_name = "ADDRESS|RECORDING")]
    pub(super) subject: String,

    /// Policies to lay over a recording: files or folders.
    #[arg(long, value_name = "POLICY", env = "COALMINE_POLICY")]
    pub(super) policy: Vec<PathBuf>,

    /// The ledger that an address is looked up in.
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "coalmine-out/ledger",
        env = "COALMINE_LEDGER"
    )]
    pub(super) ledger: PathBuf,

    /// Semantics of Prometheus 2 (up to 2.50) or 3, for recordings.
    #[arg(long, value_name = "2|3", default_value = "3", value_parser = parse::compat, env = "COALMINE_PROMQL_COMPAT")]
    pub(super) promql_compat: crate::promql::Compat,

    /// json=PATH besides the story; - is stdout.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub(super) out: Vec<String>,
}
