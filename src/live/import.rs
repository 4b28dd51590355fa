use super::Reading;
use crate::diagnostic::Finding;
use crate::policy::argo::spec::Policy;
use crate::promql::{Compat, Settings};
use crate::recording::Recording;
use crate::recording::live::{Client, Connection, Generation, Server, Trouble, Watch, fetch};
use crate::units::{Duration, Moment, TimeRange, Timestamp};

/// How a server is asked, and how its answers are read.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server.
    pub connection: Connection,
    /// First moment at which the policies' queries are to be answerable; absent: an hour before the last.
    pub from: Option<Moment>,
    /// Last such moment; absent: a minute before the server's present, since younger samples may be on their way.
    pub to: Option<Moment>,
    /// Semantics of PromQL; absent: those of the server's version.
    pub compat: Option<Compat>,
}

/// What was fetched.
#[derive(Debug)]
pub struct Imported {
    /// The samples; absent where the server has none of the series.
    pub recording: Option<Recording>,
    /// What was read of the policies.
    pub reading: Reading,
    /// How many samples came for each of `reading.wanted`.
    pub counts: Vec<usize>,
    /// The moments at which the queries can be answered.
    pub range: TimeRange,
    /// What the server said of itself.
    pub server: Server,
    /// How its queries are answered offline.
    pub settings: Settings,
    /// Stale marks worked out from the server's answers.
    pub ends: usize,
    /// Requests made.
    pub requests: u64,
    /// What is to be said.
    pub findings: Vec<Finding>,
}

/// Fetches every series that a query of `policies` reads, raw, for all moments of the range.
///
/// # Errors
///
/// A finding: the server cannot be asked, or gives no answer. Nothing of what came is kept then.
pub fn import(policies: &[Policy], options: &Options, watch: Watch<'_>) -> Result<Imported, Finding> {
    let url = &options.connection.url;
    let failed = |trouble: Trouble| trouble.finding(url);
    let client = Client::new(&options.connection, watch).map_err(failed)?;
    fetched(&client, policies, options).map_err(failed)
}

/// As [`import`], with a client at hand.
pub(super) fn fetched(
    client: &Client<'_>,
    policies: &[Policy],
    options: &Options,
) -> Result<Imported, Trouble> {
    let (server, mut findings) = Server::ask(client)?;
    let settings = settings(&server, options.compat);
    let range = range(options, server.now)?;
    if options.to.is_some_and(|to| to.seen_from(server.now) > range.end) {
        let note =
            Finding::note("--to lies in the server's future: what there is up to its present was fetched");
        findings.push(note.about(client.url().to_string()));
    }
    let mut reading = Reading::new(policies, range, &settings);
    findings.append(&mut reading.findings);
    let fetched = fetch(client, &reading.wanted, settings.lookback)?;
    if let Some(mut note) = ends(&reading, fetched.ends, fetched.ends_unknown) {
        note.about = Some(client.url().to_string());
        findings.push(note);
    }
    if fetched.histograms > 0 {
        findings.push(
            Finding::warning(format!("{} native histograms were left out", fetched.histograms))
                .about(client.url().to_string())
                .help("only floats and classic histograms are recorded"),
        );
    }
    let recording = fetched.samples.build().map(|recording| Recording {
        // Two selectors may take the same series: that is no fault of the data.
        unordered: 0,
        repeated: 0,
        ..recording
    });
    Ok(Imported {
        recording,
        reading,
        counts: fetched.counts,
        range,
        server,
        settings,
        ends: fetched.ends,
        requests: client.requests(),
        findings,
    })
}

/// How a server answers queries, as far as it says.
fn settings(server: &Server, compat: Option<Compat>) -> Settings {
    let own = match server.generation {
        Generation::Two => Compat::V2,
        Generation::Three => Compat::V3,
    };
    let usual = Settings::default();
    Settings {
        compat: compat.unwrap_or(own),
        lookback: server.lookback.unwrap_or(usual.lookback),
        default_step: server.evaluation_interval.unwrap_or(usual.default_step),
    }
}

/// The moments asked for.
fn range(options: &Options, now: Timestamp) -> Result<TimeRange, Trouble> {
    let to = options.to.unwrap_or(Moment::BeforeNow(Duration::from_mins(1)));
    let end = to.seen_from(now);
    let from = options.from.map(|from| from.seen_from(now));
    let start = from.unwrap_or(end - Duration::from_mins(60));
    if start > end {
        return Err(Trouble::Call(
            "--from lies after --to: there is no moment between them".into(),
        ));
    }
    if start > now {
        return Err(Trouble::Call("--from lies in the server's future".into()));
    }
    // Beyond the present there is nothing to ask for.
    let end = end.min(now);
    Ok(TimeRange { start, end })
}

/// What is to be said of stale marks, which do not come through the API.
fn ends(reading: &Reading, found: usize, unknown: usize) -> Option<Finding> {
    if !reading.wanted.iter().any(|wanted| wanted.ends) {
        return None;
    }
    if unknown > 0 {
        let message = format!(
            "stale marks do not come through the API: {found} were worked out from the server's answers, {unknown} ends \
             of series could not be looked at"
        );
        let help = "such a series seems alive for a lookback after its last sample";
        return Some(Finding::warning(message).help(help));
    }
    (found > 0).then(|| {
        Finding::note(format!(
            "stale marks do not come through the API: {found} were worked out from the server's answers"
        ))
    })
}
