use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::parse;
use crate::units::{Duration, Moment};

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
                  Exit codes: 0 done, however bad the news; 1 verify or replay --against found a difference; 2 could not judge (bad call, document, data or name); \
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
    /// Fit a synthetic service to a recording.
    Scenario(Scenario),
    /// Tell the story of one trial, or of a recorded incident.
    Replay(Replay),
    /// Tell what is in a recording.
    Inspect(Inspect),
    /// Answer a query over a recording, as Prometheus would have.
    Query(Query),
    /// Take every past release of a recording as a test case.
    History(History),
    /// Fetch from a live Prometheus the series that policies read.
    Import(Import),
    /// Put a live Prometheus' answers beside ours.
    Verify(Verify),
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

    /// A recording (file or folder) to play over in place of made-up worlds: its counts are redrawn for the share
    /// really set.
    #[arg(long, value_name = "FILE", env = "COALMINE_RECORDING")]
    pub(super) recording: Option<PathBuf>,

    /// What the recording calls otherwise than the policies: 'METRIC=RECORDED' or 'label="a"=recorded="b"'. Repeatable.
    #[arg(long, value_name = "OURS=RECORDED", requires = "recording")]
    pub(super) map: Vec<String>,

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

/// Estimates a service's traffic, errors, latency and scrapes from a recording, each with an interval, and writes them as a
/// Scenario document to stdout. The policies say which of its metrics are meant. With --check it says instead how far to
/// trust that service: what a policy sees of it, beside what it sees of the recording.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine scenario k8s/ --from prometheus-data/ > service.yaml\n  coalmine scenario --from \
                  prometheus-data/ --check k8s/ --out md=trust.md"
)]
pub(super) struct Scenario {
    /// Manifests whose queries name the metrics: files, folders, or - for standard input [default: those of --check].
    #[arg(required_unless_present = "check", value_name = "POLICY")]
    pub(super) policies: Vec<PathBuf>,

    /// The recording: a file or folder.
    #[arg(long, value_name = "RECORDING")]
    pub(super) from: PathBuf,

    /// What the recording calls otherwise than the policies: 'METRIC=RECORDED' or 'label="a"=recorded="b"'. Repeatable.
    #[arg(long, value_name = "OURS=RECORDED")]
    pub(super) map: Vec<String>,

    /// Write only this part; the rest stays at the standard world, and the document says so. Repeatable.
    #[arg(long, value_name = "PART", value_enum, env = "COALMINE_ONLY")]
    pub(super) only: Vec<FitPart>,

    /// Play this policy on the fitted service, on recordings that this service makes, and on the recording itself, split
    /// anew: false rollbacks, quantiles of readings and their autocorrelation side by side, and whether they agree.
    /// Repeatable.
    #[arg(long, value_name = "POLICY")]
    pub(super) check: Vec<PathBuf>,

    /// Recordings that the fitted service makes, to see how far one of them may stand out; with fewer than 19 none can.
    #[arg(long, value_name = "N", default_value_t = 39, requires = "check", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(super) recordings: u64,

    /// Trials behind every figure of a check, over each recording.
    #[arg(long, value_name = "N", default_value_t = 200, requires = "check", value_parser = clap::value_parser!(u64).range(2..=1_000_000), env = "COALMINE_CHECK_TRIALS")]
    pub(super) trials: u64,

    /// First seed of a check.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "check", value_parser = clap::value_parser!(u64).range(..=u64::MAX / 2), env = "COALMINE_SEED")]
    pub(super) seed: u64,

    /// Threads of a check [default: all cores]. Results do not depend on it.
    #[arg(long, value_name = "N", requires = "check", value_parser = clap::value_parser!(u16).range(1..), env = "COALMINE_THREADS")]
    pub(super) threads: Option<u16>,

    /// A check's answer besides the table: json=PATH or md=PATH; - is stdout. Repeatable.
    #[arg(long, value_name = "FORMAT=PATH", requires = "check", env = "COALMINE_OUT")]
    pub(super) out: Vec<String>,
}

/// A part of a fit.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum FitPart {
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
#[command(
    after_help = "Examples:\n  coalmine replay 2eede9f6f98b:abb692cfa68a:1 --out html=trial.html\n  coalmine replay \
                  recording/ --policy now.yaml --policy proposed.yaml --out html=incident.html --out md=incident.md\n  coalmine replay \
                  recording/ --policy now.yaml --against analysisruns.yaml"
)]
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

    /// The recording that an address was played over.
    #[arg(long, value_name = "FILE", env = "COALMINE_RECORDING")]
    pub(super) recording: Option<PathBuf>,

    /// Semantics of Prometheus 2 (up to 2.50) or 3, for recordings [default: what an imported recording says of its
    /// server, else 3].
    #[arg(long, value_name = "2|3", value_parser = parse::compat, env = "COALMINE_PROMQL_COMPAT")]
    pub(super) promql_compat: Option<crate::promql::Compat>,

    /// Of a recording: the deployment to show look by look (its name as the table has it) [default: see the answer].
    #[arg(long, value_name = "NAME", env = "COALMINE_DEPLOYMENT")]
    pub(super) deployment: Option<String>,

    /// Of a recording: what a cluster's controller did, as kubectl get analysisrun (rollout, canary) -o yaml or -o json
    /// prints it, beside what ours does; exit code 1 where they differ.
    #[arg(long, value_name = "FILE", env = "COALMINE_AGAINST")]
    pub(super) against: Option<PathBuf>,

    /// With --against: times so close are the same.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse::duration, env = "COALMINE_WITHIN")]
    pub(super) within: Duration,

    /// html=PATH, md=PATH or json=PATH besides the story; - is stdout. Repeatable.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub(super) out: Vec<String>,
}

/// Finds the releases in a recording, plays every policy over each of them, and holds that against what is known of them.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine history data/highload-deploys --policy data/highload-deploys/policy.yaml\n  \
                  coalmine history incident/ --policy k8s/ --write-labels labels.csv\n  coalmine history incident/ \
                  --policy k8s/ --labels labels.csv --out json=-\n\nWithout --labels, a ground_truth.json beside the \
                  recording says what is known. Exit code 4: there is no release in the recording."
)]
pub(super) struct History {
    /// The recording: a file or folder.
    #[arg(value_name = "RECORDING")]
    pub(super) recording: PathBuf,

    /// Policies to lay over it: files or folders. Repeatable.
    #[arg(long, required = true, value_name = "POLICY", env = "COALMINE_POLICY")]
    pub(super) policy: Vec<PathBuf>,

    /// What the columns of a table mean, as in inspect.
    #[arg(long, value_name = "MAPPING", env = "COALMINE_COLUMNS")]
    pub(super) columns: Option<crate::recording::Mapping>,

    /// Releases that a table states, instead of those that are found: time,id[,label].
    #[arg(long, value_name = "FILE", env = "COALMINE_MARKS")]
    pub(super) marks: Option<PathBuf>,

    /// What people know of the releases, a table: id,time,truth,rolled_back_by_people,note.
    #[arg(long, value_name = "FILE", env = "COALMINE_LABELS")]
    pub(super) labels: Option<PathBuf>,

    /// The canary's weight in per cent, NAME{label="value"}, to be held against its share of requests [default: Flagger's
    /// own, where the recording has it].
    #[arg(long, value_name = "SELECTOR", env = "COALMINE_WEIGHT_METRIC")]
    pub(super) weight_metric: Option<String>,

    /// Write such a table, to be edited. A file that is there is never overwritten.
    #[arg(long, value_name = "FILE", env = "COALMINE_WRITE_LABELS")]
    pub(super) write_labels: Option<PathBuf>,

    /// Semantics of Prometheus 2 (up to 2.50) or 3 [default: those of the server that the recording was imported from,
    /// else 3].
    #[arg(long, value_name = "2|3", value_parser = parse::compat, env = "COALMINE_PROMQL_COMPAT")]
    pub(super) promql_compat: Option<crate::promql::Compat>,

    /// json=PATH, csv=PATH or md=PATH besides the answer; - is stdout. Repeatable.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub(super) out: Vec<String>,
}

/// Fetches the raw samples of every series that the policies' queries read, and keeps them as a recording.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine import --url http://prometheus:9090 --policy k8s/ --from now-6h --to now\n  \
                  coalmine import --url https://prometheus.example --token-file token --policy k8s/ \\\n      \
                  --from 2026-03-01T10:00:00Z --to 2026-03-01T12:00:00Z --out incident\n\n\
                  COALMINE_TOKEN or COALMINE_BASIC_AUTH (user:password) hold credentials where no file does. Neither \
                  is ever shown or written."
)]
pub(super) struct Import {
    #[command(flatten)]
    pub(super) server: Server,

    /// Policies whose queries say what is fetched: files or folders. Repeatable.
    #[arg(long, required = true, value_name = "POLICY", env = "COALMINE_POLICY")]
    pub(super) policy: Vec<PathBuf>,

    /// First moment at which the queries can be answered: 2026-03-01T10:00:00Z, seconds since 1970, now-6h. What their
    /// windows reach back to before it is fetched too.
    #[arg(long, value_name = "TIME", value_parser = parse::moment, env = "COALMINE_FROM", allow_hyphen_values = true)]
    pub(super) from: Moment,

    /// Last moment at which they can be answered.
    #[arg(long, value_name = "TIME", value_parser = parse::moment, env = "COALMINE_TO", allow_hyphen_values = true)]
    pub(super) to: Moment,

    /// Folder of the recording.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "coalmine-out/recording",
        env = "COALMINE_IMPORT_OUT"
    )]
    pub(super) out: PathBuf,
}

/// Asks a live Prometheus every query of the policies at seeded moments, answers them from its raw samples as simulate
/// and replay would, and lists where the two differ by more than 1e-9 of the value. Which of equal elements topk takes
/// and the order of elements are no differences.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine verify --url http://prometheus:9090 --policy k8s/\n  coalmine verify --url \
                  http://prometheus:9090 --policy k8s/ --from now-1d --to now-1h --moments 200 --out json=-\n\n\
                  Exit codes: 0 no difference; 1 differences; 2 the server could not be asked."
)]
pub(super) struct Verify {
    #[command(flatten)]
    pub(super) server: Server,

    /// Policies whose queries are asked: files or folders. Repeatable.
    #[arg(long, required = true, value_name = "POLICY", env = "COALMINE_POLICY")]
    pub(super) policy: Vec<PathBuf>,

    /// Earliest moment [default: an hour before --to].
    #[arg(long, value_name = "TIME", value_parser = parse::moment, env = "COALMINE_FROM", allow_hyphen_values = true)]
    pub(super) from: Option<Moment>,

    /// Latest moment [default: now-1m, since samples of the last minute may still be on their way].
    #[arg(long, value_name = "TIME", value_parser = parse::moment, env = "COALMINE_TO", allow_hyphen_values = true)]
    pub(super) to: Option<Moment>,

    /// Moments, drawn evenly.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000), env = "COALMINE_MOMENTS")]
    pub(super) moments: u32,

    /// Seed of the moments.
    #[arg(long, value_name = "N", default_value_t = 1, env = "COALMINE_SEED")]
    pub(super) seed: u64,

    /// json=PATH besides the table; - is stdout.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub(super) out: Vec<String>,
}

/// A live Prometheus and how to reach it.
#[derive(Debug, Args)]
pub(super) struct Server {
    /// The server: http(s)://HOST[:PORT][/PREFIX], what stands before /api/v1.
    #[arg(long, value_name = "URL", env = "COALMINE_URL", hide_env_values = true)]
    pub(super) url: String,

    /// File that holds a bearer token.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "basic_auth_file",
        env = "COALMINE_TOKEN_FILE"
    )]
    pub(super) token_file: Option<PathBuf>,

    /// File that holds user:password.
    #[arg(long, value_name = "FILE", env = "COALMINE_BASIC_AUTH_FILE")]
    pub(super) basic_auth_file: Option<PathBuf>,

    /// Authorities (PEM) that certificates may be signed by [default: those of this machine].
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "insecure_skip_verify",
        env = "COALMINE_CA_FILE"
    )]
    pub(super) ca_file: Option<PathBuf>,

    /// Believe any certificate. Whoever stands in between can then read the token and make up answers.
    #[arg(long, env = "COALMINE_INSECURE_SKIP_VERIFY")]
    pub(super) insecure_skip_verify: bool,

    /// Time limit of one answer.
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = parse::duration, env = "COALMINE_TIMEOUT")]
    pub(super) timeout: Duration,

    /// How often a question is asked again after 429, 5xx or a lost connection.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(..=20), env = "COALMINE_RETRIES")]
    pub(super) retries: u32,

    /// Semantics of Prometheus 2 (up to 2.50) or 3 [default: what the server's version says].
    #[arg(long, value_name = "2|3", value_parser = parse::compat, env = "COALMINE_PROMQL_COMPAT")]
    pub(super) promql_compat: Option<crate::promql::Compat>,
}

/// Tells what is in a recording: families of series, their intervals, gaps and resets, targets, and what policies usually
/// need of it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine inspect data/highload-deploys\n  coalmine inspect answer.json --series \
                        'http_requests_total{job=\"shop\"}' --out json=-\n  coalmine inspect samples.csv --columns \
                        time=ts,value=v,name=metric,labels=job+pod"
)]
pub(super) struct Inspect {
    /// The recording: a file or folder of any form.
    #[arg(value_name = "RECORDING")]
    pub(super) recording: PathBuf,

    /// Only the series that this selector names. Repeatable.
    #[arg(long, value_name = "SELECTOR", env = "COALMINE_SERIES")]
    pub(super) series: Vec<String>,

    /// What the columns of a table mean: time=COLUMN,value=COLUMN,name=COLUMN,labels=A+B, metric=NAME where none names it.
    #[arg(long, value_name = "MAPPING", env = "COALMINE_COLUMNS")]
    pub(super) columns: Option<crate::recording::Mapping>,

    /// Answers besides the table: json=PATH, csv=PATH, md=PATH; - is stdout. Repeatable.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub(super) out: Vec<String>,
}

/// Answers a query over a recording: what Prometheus would have answered at a moment, or step by step over a range.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine query 'sum(rate(http_requests_total[5m]))' --in data/highload-deploys\n  \
                        coalmine query up --in answer.json --at 2025-09-17T17:45:00Z\n  coalmine query up --in prometheus/data \
                        --from first --to last --step 1m --out json=-"
)]
pub(super) struct Query {
    /// The query.
    #[arg(value_name = "EXPR")]
    pub(super) expr: String,

    /// The recording: a file or folder of any form.
    #[arg(long = "in", value_name = "RECORDING", env = "COALMINE_IN")]
    pub(super) recording: PathBuf,

    /// The moment: RFC 3339, seconds since 1970, first or last [default: last].
    #[arg(long, value_name = "TIME", conflicts_with_all = ["from", "to", "step"], env = "COALMINE_AT")]
    pub(super) at: Option<String>,

    /// First moment of a range.
    #[arg(long, value_name = "TIME", env = "COALMINE_FROM")]
    pub(super) from: Option<String>,

    /// Last moment of a range.
    #[arg(long, value_name = "TIME", env = "COALMINE_TO")]
    pub(super) to: Option<String>,

    /// From moment to moment of a range.
    #[arg(long, value_name = "DURATION", value_parser = parse::duration, env = "COALMINE_STEP")]
    pub(super) step: Option<Duration>,

    /// How old a sample may be [default: as the server had it that the recording was imported from, else 5m].
    #[arg(long, value_name = "DURATION", value_parser = parse::duration, env = "COALMINE_LOOKBACK")]
    pub(super) lookback: Option<Duration>,

    /// Semantics of Prometheus 2 (up to 2.50) or 3 [default: those of the server that the recording was imported from,
    /// else 3].
    #[arg(long, value_name = "2|3", value_parser = parse::compat, env = "COALMINE_PROMQL_COMPAT")]
    pub(super) promql_compat: Option<crate::promql::Compat>,

    /// What the columns of a table mean, as in inspect.
    #[arg(long, value_name = "MAPPING", env = "COALMINE_COLUMNS")]
    pub(super) columns: Option<crate::recording::Mapping>,

    /// json=PATH, the response of Prometheus' API, besides the table; - is stdout.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub(super) out: Vec<String>,
}
