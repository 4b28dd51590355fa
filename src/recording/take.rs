//! The bytes of a file, handed to the reader of their form; what is odd about them is said.

use std::io::Read;

use super::answer::{self, Refused};
use super::bad::BadLine;
use super::cells::{self, Failure as CellFailure};
use super::clock::Clock;
use super::form::Form;
use super::intake::Intake;
use super::openmetrics::{self, Failure, Unit};
use super::source::Source;
use super::table::Unclear;
use super::{Mapping, Recording, notation, parquet, rule_tests, stale};
use crate::diagnostic::Finding;

/// Takes all samples of a file in, and says what was taken for what.
///
/// # Errors
///
/// As [`read`](super::read).
pub(super) fn take(
    name: &str,
    bytes: impl Read,
    columns: &Mapping,
    intake: &mut Intake<'_>,
) -> Result<Vec<Finding>, Finding> {
    let source = Source::new(name, bytes)?;
    let form = Form::of(&source.head).ok_or_else(|| {
        Finding::error("is not text, nor any other form of recording that is known")
            .about(name)
            .help(FORMS)
    })?;
    match form {
        Form::Text => take_text(source, intake),
        Form::Answer => take_answer(source, columns, intake),
        Form::Cells(delimiter) => take_cells(source, delimiter, columns, intake),
        Form::Parquet => take_parquet(source, columns, intake),
        Form::Loads | Form::RuleTests => take_notation(source, form, intake),
    }
}

/// What a recording may be.
const FORMS: &str = "a recording is OpenMetrics or Prometheus text with timestamps, an answer of Prometheus' HTTP API, \
                     CSV, Parquet, promtool's series notation, or a compact recording";

fn take_text(source: Source<'_>, intake: &mut Intake<'_>) -> Result<Vec<Finding>, Finding> {
    let name = source.name;
    let (mut text, unreadable) = source.stream();
    let unit = openmetrics::read(&mut text, intake).map_err(|failure| match failure {
        Failure::Io(error) => unreadable(&error),
        Failure::Line(bad) => bad.finding(name, "a sample").help(
            "write samples as name{label=\"value\"} VALUE TIMESTAMP, as `promtool tsdb dump-openmetrics` does",
        ),
    })?;
    let said = match unit {
        None => return Ok(Vec::new()),
        Some(Unit::Seconds) => "seconds",
        Some(Unit::Milliseconds) => "milliseconds",
    };
    Ok(vec![
        Finding::note(format!("timestamps were read as {said}"))
            .about(name)
            .help("a text that ends in '# EOF' is OpenMetrics, whose timestamps are seconds"),
    ])
}

fn take_answer(
    source: Source<'_>,
    columns: &Mapping,
    intake: &mut Intake<'_>,
) -> Result<Vec<Finding>, Finding> {
    let name = source.name;
    let text = source.whole()?;
    answer::read(&text, columns.metric.as_deref(), intake).map_err(|refused| match refused {
        Refused::Line(bad) => bad.finding(name, "part of an answer"),
        Refused::Whole(message, help) => Finding::error(message).about(name).help(help),
    })?;
    Ok(Vec::new())
}

fn take_cells(
    source: Source<'_>,
    delimiter: u8,
    columns: &Mapping,
    intake: &mut Intake<'_>,
) -> Result<Vec<Finding>, Finding> {
    let name = source.name;
    let (text, unreadable) = source.stream();
    let read = cells::read(text, delimiter, columns, intake).map_err(|failure| match failure {
        CellFailure::Io(error) => unreadable(&error),
        CellFailure::Line(bad) => bad.finding(name, "a row of samples").help(
            "what the columns mean can be said: --columns time=COLUMN,value=COLUMN,name=COLUMN,labels=A+B",
        ),
        CellFailure::Columns(unclear) => about_columns(name, unclear),
    })?;
    Ok(said(name, read))
}

fn take_parquet(
    source: Source<'_>,
    columns: &Mapping,
    intake: &mut Intake<'_>,
) -> Result<Vec<Finding>, Finding> {
    let name = source.name;
    let read = parquet::read(&source.whole()?, columns, intake);
    Ok(said(name, read.map_err(|unclear| about_columns(name, unclear))?))
}

fn about_columns(name: &str, (message, help): Unclear) -> Finding {
    Finding::error(message).about(name).help(help)
}

/// How the times of a table were read.
fn said(name: &str, read: Option<(String, Clock)>) -> Vec<Finding> {
    let note = |(header, clock): (String, Clock)| {
        Finding::note(format!(
            "times in column {header:?} were read as {}",
            clock.said()
        ))
        .about(name)
    };
    read.map(note).into_iter().collect()
}

fn take_notation(source: Source<'_>, form: Form, intake: &mut Intake<'_>) -> Result<Vec<Finding>, Finding> {
    let name = source.name;
    let text = String::from_utf8(source.whole()?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Finding::error(format!("is not text: byte {at} is not UTF-8")).about(name)
    })?;
    let bad = |bad: BadLine| bad.finding(name, "promtool's series notation");
    if form == Form::RuleTests {
        rule_tests::read(&text, intake).map_err(bad)?;
        return Ok(Vec::new());
    }
    let passed_over = notation::read(&text, intake).map_err(bad)?;
    Ok(match passed_over {
        0 => Vec::new(),
        n => vec![
            Finding::note(format!("{n} evaluations were passed over"))
                .about(name)
                .help("only the series of 'load' are a recording"),
        ],
    })
}

/// Takes stale marks in from a side file.
///
/// # Errors
///
/// As [`read`](super::read).
pub(super) fn take_marks(
    name: &str,
    bytes: impl Read,
    intake: &mut Intake<'_>,
    unknown: bool,
) -> Result<(), Finding> {
    let (text, _) = Source::new(name, bytes)?.stream();
    stale::read(text, intake, unknown).map_err(|bad: BadLine| bad.finding(name, "a stale mark"))
}

/// The recording of all that was taken in; what is odd about it is said.
///
/// # Errors
///
/// There is no sample.
pub(super) fn finish(
    name: &str,
    intake: Intake<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Recording, Finding> {
    let seen = intake.seen();
    let Some(recording) = intake.finish() else {
        if seen > 0 {
            return Err(Finding::error(format!("none of its {seen} samples is wanted"))
                .about(name)
                .help("no series in it passes the selectors inside the range of time"));
        }
        return Err(Finding::error("there is no sample in it").about(name).help(FORMS));
    };
    if recording.unordered > 0 {
        findings.push(
            Finding::warning(format!(
                "{} samples came after a newer one of their series",
                recording.unordered
            ))
            .about(name)
            .help("they were sorted in; Prometheus itself would have refused them"),
        );
    }
    if recording.repeated > 0 {
        findings.push(
            Finding::warning(format!(
                "{} samples repeat a time of their series",
                recording.repeated
            ))
            .about(name)
            .help("the last one in the file was kept"),
        );
    }
    Ok(recording)
}
