//! What a cluster's controller did beside what ours does over the same recording.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::markdown::escaped;
use super::moment::utc;
use super::paint::harmless;
use crate::against::{Difference, Laid};
use crate::diagnostic::Documents;

/// Differences that a terminal lists.
const LISTED: usize = 10;

/// Below every answer.
const WHAT: &str = "Times are those of our controller, looking when its timers say, in whole seconds; values and phases \
                    are those of our query and condition at their startedAt. Weights cannot change the past.";

/// Theirs beside ours, and where both come from.
#[derive(Clone, Debug)]
pub struct Against<'a> {
    /// What the recording is called.
    pub recording: String,
    /// What the file of statuses is called.
    pub file: String,
    /// The call that gives this answer again.
    pub command: String,
    /// The comparison.
    pub laid: &'a Laid,
    /// The texts that differences point into.
    pub documents: &'a Documents,
}

#[derive(Serialize)]
struct Page<'a> {
    recording: &'a str,
    compared: usize,
    agreeing: usize,
    differing: usize,
    within_ms: i64,
    first: Option<&'a Difference>,
    #[serde(flatten)]
    laid: &'a Laid,
}

/// All of it as JSON.
///
/// # Errors
///
/// Only a mistake of ours.
pub fn json(answer: &Against<'_>) -> Result<String, serde_json::Error> {
    let (compared, agreeing) = answer.laid.measurements();
    let page = Page {
        recording: &answer.recording,
        compared,
        agreeing,
        differing: compared - agreeing,
        within_ms: answer.laid.within.as_millis(),
        first: answer.laid.differences().first().copied(),
        laid: answer.laid,
    };
    serde_json::to_string_pretty(&page).map(|text| text + "\n")
}

/// Head and rows of the table: an AnalysisRun each, then a rollout each.
pub(super) fn table(laid: &Laid) -> ([&'static str; 7], Vec<[String; 7]>) {
    let head = [
        "",
        "began (UTC)",
        "compared",
        "agree",
        "within their second",
        "not kept",
        "differences",
    ];
    let runs = laid.runs.iter().map(|run| {
        [
            harmless(&run.name),
            utc(run.started.as_millis()),
            run.compared.to_string(),
            run.agreeing.to_string(),
            run.within_second.to_string(),
            run.dropped.to_string(),
            run.differences.len().to_string(),
        ]
    });
    let endings = laid.endings.iter().map(|ending| {
        let none = || "-".to_owned();
        let differences = ending.differences.len().to_string();
        let from = utc(ending.from.as_millis());
        [
            harmless(&ending.name),
            from,
            none(),
            none(),
            none(),
            none(),
            differences,
        ]
    });
    (head, runs.chain(endings).collect())
}

/// What differs first, and what may explain it; or that nothing does.
pub(super) fn first(answer: &Against<'_>) -> Vec<String> {
    let differences = answer.laid.differences();
    let Some(first) = differences.first() else {
        return vec!["No difference.".to_owned()];
    };
    let mut lines = vec![format!("First difference: {}.", place(answer, first))];
    lines.push(format!("theirs: {}", harmless(&first.theirs)));
    lines.push(format!("ours: {}", harmless(&first.ours)));
    lines.extend(
        first
            .may_be
            .iter()
            .map(|may_be| format!("may be {}", harmless(may_be))),
    );
    lines
}

/// `run, check error-share, measurement 7, 2026-03-01 12:00:00 UTC (status.yaml:31): value`
fn place(answer: &Against<'_>, difference: &Difference) -> String {
    let mut words = harmless(&difference.of);
    if let Some(check) = &difference.check {
        // Writing to a String cannot fail.
        let _ = write!(words, ", check {}", harmless(check));
    }
    if let Some(measurement) = difference.measurement {
        let _ = write!(words, ", measurement {measurement}");
    }
    let line = answer.documents.line(difference.span);
    let at = utc(difference.at.as_millis());
    let _ = write!(
        words,
        ", {at} UTC ({}:{line}): {}",
        answer.file,
        difference.what.said()
    );
    words
}

/// How many agree.
pub(super) fn total(laid: &Laid) -> String {
    let (compared, agreeing) = laid.measurements();
    let dropped: usize = laid.runs.iter().map(|run| run.dropped).sum();
    let left_out: Vec<String> = laid
        .runs
        .iter()
        .flat_map(|run| run.left_out.iter().cloned())
        .collect();
    let mut words = format!(
        "{compared} {} compared: {agreeing} {}, {} {}; times agree up to {}.",
        plural(compared, "measurement", "measurements"),
        plural(agreeing, "agrees", "agree"),
        compared - agreeing,
        plural(compared - agreeing, "differs", "differ"),
        laid.within
    );
    if dropped > 0 {
        let _ = write!(words, " {dropped} before them were not kept by the controller.");
    }
    if !left_out.is_empty() {
        let _ = write!(words, " Not compared: {}.", harmless(&left_out.join(", ")));
    }
    words
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// A line for each of the other differences.
pub(super) fn others(answer: &Against<'_>, most: usize) -> Vec<String> {
    let differences = answer.laid.differences();
    let line = |difference: &&Difference| {
        let (ours, theirs) = (harmless(&difference.ours), harmless(&difference.theirs));
        format!("{}: theirs {theirs}; ours {ours}", place(answer, difference))
    };
    let mut lines: Vec<String> = differences.iter().skip(1).take(most).map(line).collect();
    if let Some(more) = differences
        .len()
        .checked_sub(most.saturating_add(1))
        .filter(|more| *more > 0)
    {
        lines.push(format!("and {more} more: --out json=- lists them all"));
    }
    lines
}

/// For a terminal.
pub fn draw(answer: &Against<'_>, width: usize) -> String {
    let (head, rows) = table(answer.laid);
    let mut grid = Table::new();
    grid.load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX));
    grid.set_header(head).add_rows(rows);
    for column in 2..head.len() {
        if let Some(column) = grid.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = format!("{}\n\n", grid.trim_fmt());
    for (n, line) in first(answer).iter().enumerate() {
        let _ = writeln!(text, "{}{line}", if n == 0 { "" } else { "  " });
    }
    let others = others(answer, LISTED);
    if !others.is_empty() {
        let _ = writeln!(text, "\nThe others:\n  {}", others.join("\n  "));
    }
    let _ = writeln!(text, "\n{}\n{WHAT}", total(answer.laid));
    text
}

/// For the document that is written afterwards.
pub fn markdown(answer: &Against<'_>) -> String {
    let (head, rows) = table(answer.laid);
    let (policy, recording) = (escaped(&answer.laid.policy), escaped(&answer.recording));
    let mut text = format!(
        "## {policy} on {recording}: {} beside ours\n\n",
        escaped(&answer.file)
    );
    let cells = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    text += &cells(&head.map(escaped));
    text += &format!("|{}\n", "---|".repeat(head.len()));
    for row in rows {
        text += &cells(&row.map(|cell| escaped(&cell)));
    }
    text.push('\n');
    for (n, line) in first(answer).iter().enumerate() {
        let _ = writeln!(text, "{}{}", if n == 0 { "" } else { "- " }, escaped(line));
        if n == 0 {
            text.push('\n');
        }
    }
    let others = others(answer, usize::MAX);
    if !others.is_empty() {
        text += "\n<details><summary>The others</summary>\n\n";
        for line in others {
            let _ = writeln!(text, "- {}", escaped(&line));
        }
        text += "\n</details>\n";
    }
    let _ = writeln!(text, "\n{} {WHAT}", escaped(&total(answer.laid)));
    let _ = writeln!(text, "\n`{}`", answer.command.replace('`', "'"));
    text
}

/// What a page shows besides the table.
#[cfg(feature = "charts")]
pub(super) const NOTE: &str = WHAT;
