use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::policy::condition::ArgoVersion;

/// Lists the worlds of the battery and what each asks of a policy. With --from it estimates a service's traffic, errors, latency and scrapes from a recording, each with an interval, and writes them as a
/// Scenario document to stdout. The policies say which of its metrics are meant. With --check it says instead how far to
/// trust that service: what a policy sees of it, beside what it sees of the recording.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine scenario\n  coalmine scenario k8s/ --from prometheus-data/ > service.yaml\n  coalmine scenario --from \
                  prometheus-data/ --check k8s/ --out md=trust.md"
)]
pub struct Scenario {
    /// Manifests whose queries name the metrics: files, folders, or - for standard input [default: those of --check].
    #[arg(value_name = "POLICY", requires = "from")]
    pub policies: Vec<PathBuf>,

    /// The recording: a file or folder.
    #[arg(long, value_name = "RECORDING")]
    pub from: Option<PathBuf>,

    /// What the recording calls otherwise than the policies: 'METRIC=RECORDED' or 'label="a"=recorded="b"'. Repeatable.
    #[arg(long, value_name = "OURS=RECORDED")]
    pub map: Vec<String>,

    /// Write only this part; the rest stays at the standard world, and the document says so. Repeatable.
    #[arg(long, value_name = "PART", value_enum, env = "COALMINE_ONLY")]
    pub only: Vec<FitPart>,

    /// Play this policy on the fitted service, on recordings that this service makes, and on the recording itself, split
    /// anew: false rollbacks, quantiles of readings and their autocorrelation side by side, and whether they agree.
    /// Repeatable.
    #[arg(long, value_name = "POLICY", requires = "from")]
    pub check: Vec<PathBuf>,

    /// Recordings that the fitted service makes, to see how far one of them may stand out; with fewer than 19 none can.
    #[arg(long, value_name = "N", default_value_t = 39, env = "COALMINE_RECORDINGS", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub recordings: u64,

    /// Trials behind every figure of a check, over each recording.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(2..=1_000_000), env = "COALMINE_CHECK_TRIALS")]
    pub trials: u64,

    /// First seed of a check.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=u64::MAX / 2), env = "COALMINE_SEED")]
    pub seed: u64,

    /// Threads of a check [default: all cores]. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), env = "COALMINE_THREADS")]
    pub threads: Option<u16>,

    /// Release of Argo Rollouts, 1.5 to 1.10 or head, in whose language conditions are read (max of a list, `if`, `;` and
    /// chained comparisons came with 1.10). It chooses nothing else: all else follows the newest release.
    #[arg(long, value_name = "RELEASE", default_value_t, env = "COALMINE_ARGO_VERSION")]
    pub argo_version: ArgoVersion,

    /// A check's answer besides the table: json=PATH or md=PATH; - is stdout. Repeatable.
    #[arg(long, value_name = "FORMAT=PATH", requires = "check")]
    pub out: Vec<String>,
}

/// A part of a fit.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FitPart {
    /// How many requests there are, and how they come.
    Traffic,
    /// How many of them fail.
    Errors,
    /// How long they take.
    Latency,
    /// When scrapes come.
    Scrapes,
}

impl From<FitPart> for crate::report::fit::Part {
    fn from(part: FitPart) -> Self {
        match part {
            FitPart::Traffic => Self::Traffic,
            FitPart::Errors => Self::Errors,
            FitPart::Latency => Self::Latency,
            FitPart::Scrapes => Self::Scrapes,
        }
    }
}
