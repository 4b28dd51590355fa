//! Commands that ask a recording.

use std::path::PathBuf;

use clap::Args;

use crate::cli::parse;
use crate::units::Duration;

/// Tells what is in a recording: families of series, their intervals, gaps and resets, targets, and what policies usually
/// need of it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine inspect data/highload-deploys\n  coalmine inspect answer.json --series \
                        'http_requests_total{job=\"shop\"}' --out json=-\n  coalmine inspect samples.csv --columns \
                        time=ts,value=v,name=metric,labels=job+pod"
)]
pub struct Inspect {
    /// The recording: a file or folder of any form.
    #[arg(value_name = "RECORDING")]
    pub recording: PathBuf,

    /// Only the series that this selector names. Repeatable.
    #[arg(long, value_name = "SELECTOR", env = "COALMINE_SERIES")]
    pub series: Vec<String>,

    /// What the columns of a table mean: time=COLUMN,value=COLUMN,name=COLUMN,labels=A+B, metric=NAME where none names it.
    #[arg(long, value_name = "MAPPING", env = "COALMINE_COLUMNS")]
    pub columns: Option<crate::recording::Mapping>,

    /// Answers besides the table: json=PATH, csv=PATH, md=PATH; - is stdout. Repeatable.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub out: Vec<String>,
}

/// Answers a query over a recording: what Prometheus would have answered at a moment, or step by step over a range.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  coalmine query 'sum(rate(http_requests_total[5m]))' --in data/highload-deploys\n  \
                        coalmine query up --in answer.json --at 2025-09-17T17:45:00Z\n  coalmine query up --in prometheus/data \
                        --from first --to last --step 1m --out json=-"
)]
pub struct Query {
    /// The query.
    #[arg(value_name = "EXPR")]
    pub expr: String,

    /// The recording: a file or folder of any form.
    #[arg(long = "in", value_name = "RECORDING", env = "COALMINE_IN")]
    pub recording: PathBuf,

    /// The moment: RFC 3339, seconds since 1970, first or last [default: last].
    #[arg(long, value_name = "TIME", conflicts_with_all = ["from", "to", "step"], env = "COALMINE_AT")]
    pub at: Option<String>,

    /// First moment of a range.
    #[arg(long, value_name = "TIME", env = "COALMINE_FROM")]
    pub from: Option<String>,

    /// Last moment of a range.
    #[arg(long, value_name = "TIME", env = "COALMINE_TO")]
    pub to: Option<String>,

    /// From moment to moment of a range.
    #[arg(long, value_name = "DURATION", value_parser = parse::duration, env = "COALMINE_STEP")]
    pub step: Option<Duration>,

    /// How old a sample may be [default: as the server had it that the recording was imported from, else 5m].
    #[arg(long, value_name = "DURATION", value_parser = parse::duration, env = "COALMINE_LOOKBACK")]
    pub lookback: Option<Duration>,

    /// Semantics of Prometheus 2 (up to 2.50) or 3 [default: those of the server that the recording was imported from,
    /// else 3].
    #[arg(long, value_name = "2|3", value_parser = parse::compat, env = "COALMINE_PROMQL_COMPAT")]
    pub promql_compat: Option<crate::promql::Compat>,

    /// What the columns of a table mean, as in inspect.
    #[arg(long, value_name = "MAPPING", env = "COALMINE_COLUMNS")]
    pub columns: Option<crate::recording::Mapping>,

    /// json=PATH, the response of Prometheus' API, besides the table; - is stdout.
    #[arg(long, value_name = "FORMAT=PATH", env = "COALMINE_OUT")]
    pub out: Vec<String>,
}
