//! Commands that ask a live Prometheus.

use std::path::PathBuf;

use clap::Args;

use crate::cli::parse;
use crate::units::{Duration, Moment};

/// A live Prometheus and how to reach it.
#[derive(Debug, Args)]
pub struct Server {
    /// The server: http(s)://HOST[:PORT][/PREFIX], what stands before /api/v1.
    #[arg(long, value_name = "URL", env = "COALMINE_URL", hide_env_values = true)]
    pub url: String,

    /// File that holds a bearer token.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "basic_auth_file",
        env = "COALMINE_TOKEN_FILE"
    )]
    pub token_file: Option<PathBuf>,

    /// File that holds user:password.
    #[arg(long, value_name = "FILE", env = "COALMINE_BASIC_AUTH_FILE")]
    pub basic_auth_file: Option<PathBuf>,

    /// Authorities (PEM) that certificates may be signed by [default: those of this machine].
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "insecure_skip_verify",
        env = "COALMINE_CA_FILE"
    )]
    pub ca_file: Option<PathBuf>,

    /// Believe any certificate. Whoever stands in between can then read the token and make up answers.
    #[arg(long, env = "COALMINE_INSECURE_SKIP_VERIFY")]
    pub insecure_skip_verify: bool,

    /// Time limit of one answer.
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = parse::duration, env = "COALMINE_TIMEOUT")]
    pub timeout: Duration,

    /// How often a question is asked again after 429, 5xx or a lost connection.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(..=20), env = "COALMINE_RETRIES")]
    pub retries: u32,

    /// Semantics of Prometheus 2 (up to 2.50) or 3 [default: what the server's version says].
    #[arg(long, value_name = "2|3", value_parser = parse::compat, env = "COALMINE_PROMQL_COMPAT")]
    pub promql_compat: Option<crate::promql::Compat>,
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
pub struct Import {
    #[command(flatten)]
    pub server: Server,

    /// Policies whose queries say what is fetched: files or folders. Repeatable.
    #[arg(long, required = true, value_name = "POLICY", env = "COALMINE_POLICY")]
    pub policy: Vec<PathBuf>,

    /// First moment at which the queries can be answered: 2026-03-01T10:00:00Z, seconds since 1970, now-6h. What their
    /// windows reach back to before it is fetched too.
    #[arg(long, value_name = "TIME", value_parser = parse::moment, env = "COALMINE_FROM", allow_hyphen_values = true)]
    pub from: Moment,

    /// Last moment at which they can be answered.
    #[arg(long, value_name = "TIME", value_parser = parse::moment, env = "COALMINE_TO", allow_hyphen_values = true)]
    pub to: Moment,

    /// Folder of the recording.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "coalmine-out/recording",
        env = "COALMINE_IMPORT_OUT"
    )]
    pub out: PathBuf,
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
pub struct Verify {
    #[command(flatten)]
    pub server: Server,

    /// Policies whose queries are asked: files or folders. Repeatable.
    #[arg(long, required = true, value_name = "POLICY", env = "COALMINE_POLICY")]
    pub policy: Vec<PathBuf>,

    /// Earliest moment [default: an hour before --to].
    #[arg(long, value_name = "TIME", value_parser = parse::moment, env = "COALMINE_FROM", allow_hyphen_values = true)]
    pub from: Option<Moment>,

    /// Latest moment [default: now-1m, since samples of the last minute may still be on their way].
    #[arg(long, value_name = "TIME", value_parser = parse::moment, env = "COALMINE_TO", allow_hyphen_values = true)]
    pub to: Option<Moment>,

    /// Moments, drawn evenly.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000), env = "COALMINE_MOMENTS")]
    pub moments: u32,

    /// Seed of the moments.
    #[arg(long, value_name = "N", default_value_t = 1, env = "COALMINE_SEED")]
    pub seed: u64,

    /// json=PATH besides the table; - is stdout.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub out: Vec<String>,
}
