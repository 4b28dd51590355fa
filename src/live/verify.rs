use super::compare::{self, Difference, Elements};
use super::import::fetched;
use super::release;
use super::{Imported, Options};
use crate::diagnostic::Finding;
use crate::policy::argo::spec::Policy;
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::{self, Plan};
use crate::recording::Recording;
use crate::recording::live::{Client, Trouble, Watch};
use crate::seed::Seed;
use crate::series::AsOf;
use crate::units::{TimeRange, Timestamp};

/// When the two sides are asked.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// How many moments.
    pub moments: u32,
    /// What they are drawn from.
    pub seed: Seed,
}

/// One query and how the answers to it compare.
#[derive(Clone, Debug)]
pub struct Verify {
    /// The policy it stands in, the first of them.
    pub policy: String,
    /// The check.
    pub check: String,
    /// The query as it was asked.
    pub query: String,
    /// Moments at which both sides had the same answer.
    pub same: usize,
    /// Those of them at which there was nothing to answer.
    pub empty: usize,
    /// Elements that differ only in which of equals was chosen.
    pub ties: usize,
    /// The largest relative difference that counts as none.
    pub within: f64,
    /// What differs, by time.
    pub differences: Vec<Difference>,
}

impl Verify {
    fn new(policy: &str, check: &str, query: String) -> Self {
        Self {
            policy: policy.to_owned(),
            check: check.to_owned(),
            query,
            same: 0,
            empty: 0,
            ties: 0,
            within: 0.0,
            differences: Vec::new(),
        }
    }
}

/// The server's answers beside ours.
#[derive(Debug)]
pub struct Verified {
    /// What our answers were worked out from.
    pub imported: Imported,
    /// The moments, ascending.
    pub moments: Vec<Timestamp>,
    /// The queries of all policies, each once.
    pub queries: Vec<Verify>,
}

impl Verified {
    /// Differences in all.
    pub fn differences(&self) -> usize {
        self.queries.iter().map(|query| query.differences.len()).sum()
    }
}

/// Asks the server every query of `policies` at seeded moments, and answers it offline from the raw samples.
///
/// # Errors
///
/// A finding: the server cannot be asked or has none of the series.
pub fn verify(
    policies: &[Policy],
    options: &Options,
    sampling: Sampling,
    watch: Watch<'_>,
) -> Result<Verified, Finding> {
    let url = &options.connection.url;
    let failed = |trouble: Trouble| trouble.finding(url);
    let client = Client::new(&options.connection, watch).map_err(failed)?;
    let mut imported = fetched(&client, policies, options).map_err(failed)?;
    let moments = moments(sampling, imported.range);
    let empty = nothing();
    let recording = imported.recording.as_ref().unwrap_or(&empty);
    let mut asked: Vec<(Verify, Expr, Plan)> = Vec::new();
    for policy in policies {
        for check in &policy.checks {
            let Some(query) = check.question.query() else {
                continue;
            };
            let query = of_releases(query, policy, &imported);
            if asked.iter().any(|(known, ..)| known.query == query) {
                continue;
            }
            // What cannot be asked offline has been said while the series were looked for.
            let expr = promql::parse(&query).ok();
            let plan = expr.and_then(|expr| {
                let plan = Plan::new(&expr, &recording.layout, &imported.settings).ok()?;
                Some((expr, plan))
            });
            if let Some((expr, plan)) = plan {
                if check.question.range().is_some() {
                    let message = format!(
                        "check {} asks a range query: verified at single moments",
                        check.name
                    );
                    let note = Finding::note(message).at(check.span, "its answers are those of every step");
                    imported.findings.push(note);
                }
                asked.push((Verify::new(&policy.name, &check.name, query), expr, plan));
            }
        }
    }
    let total = (asked.len() * moments.len()) as u64;
    for (number, (query, expr, plan)) in asked.iter_mut().enumerate() {
        let before = number * moments.len();
        let progress = |done: usize| (watch.progress)((before + done) as u64, total);
        one(&client, query, (expr, plan), recording, &moments, &progress).map_err(failed)?;
    }
    let queries = asked.into_iter().map(|(query, ..)| query).collect();
    imported.requests = client.requests();
    Ok(Verified {
        imported,
        moments,
        queries,
    })
}

/// A recording without a series: empty answers are answers too.
fn nothing() -> Recording {
    let layout = crate::series::Layout::default();
    Recording {
        samples: crate::series::Samples::new(&layout),
        layout,
        first: Timestamp::ZERO,
        last: Timestamp::ZERO,
        count: 0,
        unordered: 0,
        repeated: 0,
    }
}

/// The query with the hashes that were seen in the place of made-up ones.
fn of_releases(query: &str, policy: &Policy, imported: &Imported) -> String {
    let (Some(recording), Ok(expr)) = (&imported.recording, promql::parse(query)) else {
        return query.to_owned();
    };
    let mut seen = Vec::new();
    expr.selectors(&mut |selector, _| {
        seen.extend(release::seen(&selector.matchers, &policy.identity, recording));
    });
    seen.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    let mut known: Vec<(String, Timestamp)> = Vec::new();
    for (hash, time) in seen {
        if !known.iter().any(|(other, _)| *other == hash) {
            known.push((hash, time));
        }
    }
    release::asked(query, &policy.identity, &known)
}

/// Uniform over the range, ascending.
fn moments(sampling: Sampling, range: TimeRange) -> Vec<Timestamp> {
    let stream = sampling.seed.stream("verify");
    let length = range.length().as_millis() as f64;
    let mut moments: Vec<Timestamp> = (0..i64::from(sampling.moments))
        .map(|number| {
            let ms = (stream.at(number).uniform() * (length + 1.0)) as i64;
            Timestamp::from_millis(range.start.as_millis() + ms)
        })
        .collect();
    moments.sort_unstable();
    moments
}

fn one(
    client: &Client<'_>,
    asked: &mut Verify,
    (expr, plan): (&Expr, &Plan),
    recording: &Recording,
    moments: &[Timestamp],
    progress: &dyn Fn(usize),
) -> Result<(), Trouble> {
    let choosing = chooses(expr);
    let instant = expr.value_type() != promql::ast::ValueType::Matrix;
    let mut scratch = plan.scratch();
    for (number, &at) in moments.iter().enumerate() {
        // A negative offset looks ahead: the recording is over, nothing in it is the future.
        let now = recording.last.max(at);
        let view = AsOf::new(&recording.samples, now, now);
        let ours: Elements = plan
            .evaluate(view, at, &mut scratch)
            .map(compare::ours)
            .map_err(|error| error.to_string());
        let theirs: Elements = match client.query(&asked.query, Some(at)) {
            Ok(answer) => Ok(compare::theirs(answer, instant)),
            Err(
                Trouble::Refused {
                    status: 400 | 422,
                    message,
                }
                | Trouble::TooMuch(message),
            ) => Err(message),
            Err(trouble) => return Err(trouble),
        };
        let compared = compare::compare(at, &ours, &theirs, choosing);
        if compared.differences.is_empty() {
            asked.same += 1;
            asked.empty += usize::from(ours.as_ref().is_ok_and(|elements| elements.is_empty()));
        }
        asked.ties += compared.ties;
        asked.within = asked.within.max(compared.within);
        asked.differences.extend(compared.differences);
        progress(number + 1);
    }
    Ok(())
}

/// Whether the query takes some of several elements by their values.
fn chooses(expr: &Expr) -> bool {
    let here = matches!(&expr.kind, ExprKind::Aggregate(aggregate) if ["topk", "bottomk"].contains(&aggregate.op.as_str()));
    here || expr.children().into_iter().any(chooses)
}
