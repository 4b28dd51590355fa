use super::args::Query;
use super::exit::Exit;
use super::out::{self, Format, Out};
use super::screen::Screen;
use crate::diagnostic::{DocumentId, Documents, Finding, Span};
use crate::promql::{self, Compat, EvalError, QueryRange, Settings, Unanswered, When};
use crate::recording::{self, Keep, Recording};
use crate::report::query;
use crate::units::{Duration, Timestamp};

/// Answers a query over a recording as Prometheus would have.
pub(super) fn run(asked: &Query) -> Exit {
    let outs = Out::parse_all(&asked.out);
    let screen = Screen {
        stdout_is_data: outs.as_ref().is_ok_and(|outs| outs.iter().any(Out::is_stdout)),
    };
    let mut documents = Documents::default();
    let id = documents.add("<query>", asked.expr.as_str());
    match answer(asked, outs, screen, id) {
        Ok(()) => Exit::Done,
        Err(findings) => {
            screen.findings(&documents, &findings);
            Exit::CouldNotJudge
        }
    }
}

fn answer(
    asked: &Query,
    outs: Result<Vec<Out>, Finding>,
    screen: Screen,
    id: DocumentId,
) -> Result<(), Vec<Finding>> {
    let outs = outs.map_err(|finding| vec![finding])?;
    if let Some(out) = outs.iter().find(|out| out.format != Format::Json) {
        let finding = Finding::error(format!("query cannot write {:?}", out.format));
        return Err(vec![finding.help("write --out json=PATH")]);
    }
    // What is no query is said before a large recording is read.
    promql::parse(&asked.expr).map_err(|error| unanswered(id, &asked.expr, Unanswered::Parse(error)))?;
    let opened = recording::open_with(&asked.recording, &Keep::default(), asked.columns.as_ref());
    let (recording, findings) = opened.map_err(|finding| vec![finding])?;
    screen.findings(&Documents::default(), &findings);
    let when = when(asked, &recording).map_err(|finding| vec![finding])?;
    let settings = settings(asked).map_err(|finding| vec![finding])?;
    let reply = promql::ask(
        &asked.expr,
        &recording.layout,
        &recording.samples,
        &settings,
        when,
    )
    .map_err(|why| unanswered(id, &asked.expr, why))?;
    for out in &outs {
        let written = query::json(&reply).map_err(|error| error.to_string());
        let written =
            written.and_then(|text| out::write(&out.path, &text).map_err(|error| error.to_string()));
        written.map_err(|error| {
            let finding = Finding::error(format!("cannot be written: {error}"));
            vec![finding.about(out.path.display().to_string())]
        })?;
    }
    if !screen.stdout_is_data {
        screen.answer(&query::draw(&reply, screen.look().width));
    }
    Ok(())
}

/// What was asked for, else what the server was set to that the recording was imported from.
fn settings(asked: &Query) -> Result<Settings, Finding> {
    let mut settings = Settings::default();
    if recording::compact::is_compact(&asked.recording)
        && let Some(dialect) = recording::compact::read_manifest(&asked.recording)?.promql
    {
        if dialect.generation == 2 {
            settings.compat = Compat::V2;
        }
        settings.lookback = Duration::from_millis(dialect.lookback_ms);
        settings.default_step = Duration::from_millis(dialect.default_step_ms);
    }
    settings.compat = asked.promql_compat.unwrap_or(settings.compat);
    settings.lookback = asked.lookback.unwrap_or(settings.lookback);
    Ok(settings)
}

/// When it is asked; a moment that is not said is the recording's last.
fn when(asked: &Query, recording: &Recording) -> Result<When, Finding> {
    let moment = |text: &str| moment(text, recording);
    match (&asked.from, &asked.to, asked.step) {
        (None, None, None) => moment(asked.at.as_deref().unwrap_or("last")).map(When::At),
        (Some(from), Some(to), Some(step)) => {
            let range = QueryRange {
                start: moment(from)?,
                end: moment(to)?,
                step,
            };
            if range.end < range.start {
                return Err(Finding::error("--to lies before --from"));
            }
            Ok(When::Over(range))
        }
        _ => Err(Finding::error("--from, --to and --step belong together")
            .help("for example --from first --to last --step 1m")),
    }
}

fn moment(text: &str, recording: &Recording) -> Result<Timestamp, Finding> {
    let unknown = || {
        Finding::error(format!("{text:?} is no moment"))
            .help("expected RFC 3339, seconds since 1970, first or last")
    };
    match text {
        "first" => Ok(recording.first),
        "last" => Ok(recording.last),
        _ => match text.parse::<f64>() {
            // Beyond this a millisecond is no whole number any more.
            Ok(seconds) if seconds.abs() < 9e12 => {
                Ok(Timestamp::from_millis((seconds * 1000.0).round() as i64))
            }
            Ok(_) => Err(unknown()),
            Err(_) => {
                let moment = text.parse::<jiff::Timestamp>().map_err(|_| unknown())?;
                Ok(Timestamp::from_millis(moment.as_millisecond()))
            }
        },
    }
}

/// Why there is no answer, at its place in the query.
fn unanswered(id: DocumentId, query: &str, why: Unanswered) -> Vec<Finding> {
    let helped = |finding: Finding, help: Option<String>| match help {
        Some(help) => finding.help(help),
        None => finding,
    };
    match why {
        Unanswered::Parse(error) => {
            let finding = Finding::error(error.message).at(Span::new(id, error.at), "");
            vec![helped(finding, error.help)]
        }
        Unanswered::Plan(errors) => errors
            .into_iter()
            .map(|error| {
                let label = match error.unsupported {
                    true => "Prometheus would answer this",
                    false => "Prometheus refuses this too",
                };
                helped(
                    Finding::error(error.message).at(Span::new(id, error.at), label),
                    error.help,
                )
            })
            .collect(),
        Unanswered::Evaluation(_, EvalError::NoStepOfRange) => {
            let finding = Finding::error(EvalError::NoStepOfRange.to_string());
            let finding = finding.at(Span::new(id, 0..query.len()), "Prometheus refuses this too");
            vec![finding.help("ask it at one moment: --at TIME")]
        }
        Unanswered::Evaluation(at, error) => {
            let seconds = at.as_secs_f64();
            let finding = Finding::error(format!("at {seconds}: {error}"));
            vec![
                finding
                    .at(
                        Span::new(id, 0..query.len()),
                        "Prometheus would answer with an error too",
                    )
                    .help("the whole query fails when it fails at one moment"),
            ]
        }
    }
}
