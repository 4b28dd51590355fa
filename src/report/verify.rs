//! A server's answers beside ours.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::live::{Difference, Verified, Verify};
use crate::promql::Compat;
use crate::score::words;
use crate::units::Timestamp;

/// Differences of one query that a table lists.
const LISTED: usize = 10;

#[derive(Serialize)]
struct Page<'a> {
    server_version: Option<&'a str>,
    promql: u32,
    lookback_ms: i64,
    default_step_ms: i64,
    series: usize,
    samples: usize,
    moments_ms: &'a [Timestamp],
    differences: usize,
    queries: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    policy: &'a str,
    check: &'a str,
    query: &'a str,
    same: usize,
    empty: usize,
    ties: usize,
    largest_accepted: f64,
    differences: &'a [Difference],
}

/// All of it as JSON.
///
/// # Errors
///
/// Only a mistake of ours.
pub fn json(verified: &Verified) -> Result<String, serde_json::Error> {
    let imported = &verified.imported;
    let recording = imported.recording.as_ref();
    let page = Page {
        server_version: imported.server.version.as_deref(),
        promql: generation(verified),
        lookback_ms: imported.settings.lookback.as_millis(),
        default_step_ms: imported.settings.default_step.as_millis(),
        series: recording.map_or(0, |recording| recording.layout.series().len()),
        samples: recording.map_or(0, |recording| recording.count),
        moments_ms: &verified.moments,
        differences: verified.differences(),
        queries: verified.queries.iter().map(row).collect(),
    };
    serde_json::to_string_pretty(&page).map(|text| text + "\n")
}

fn row(query: &Verify) -> Row<'_> {
    Row {
        policy: &query.policy,
        check: &query.check,
        query: &query.query,
        same: query.same,
        empty: query.empty,
        ties: query.ties,
        largest_accepted: query.within,
        differences: &query.differences,
    }
}

fn generation(verified: &Verified) -> u32 {
    match verified.imported.settings.compat {
        Compat::V2 => 2,
        Compat::V3 => 3,
    }
}

/// A table of the queries, what differs, and a line that adds it up.
pub fn draw(verified: &Verified, width: usize) -> String {
    let mut table = new_table(width);
    table.set_header(["policy", "check", "same", "of them empty", "differences"]);
    for query in &verified.queries {
        table.add_row([
            query.policy.clone(),
            query.check.clone(),
            format!("{} of {}", query.same, verified.moments.len()),
            query.empty.to_string(),
            query.differences.len().to_string(),
        ]);
    }
    for column in 2..5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = table.trim_fmt();
    text.push_str("\n\n");
    for query in verified
        .queries
        .iter()
        .filter(|query| !query.differences.is_empty())
    {
        listed(&mut text, query, width);
    }
    text.push_str(&total(verified));
    text
}

fn new_table(width: usize) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table
}

fn listed(text: &mut String, query: &Verify, width: usize) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{} asks {}", query.check, query.query.trim());
    let mut table = new_table(width);
    table.set_header(["at (s)", "element", "ours", "server's", "relative"]);
    for difference in query.differences.iter().take(LISTED) {
        table.add_row([
            format!("{:.3}", difference.at.as_secs_f64()),
            difference.element.clone(),
            difference.ours.to_string(),
            difference.theirs.to_string(),
            difference
                .relative
                .map_or("-".to_owned(), |relative| format!("{relative:.1e}")),
        ]);
    }
    text.push_str(&table.trim_fmt());
    text.push('\n');
    if let Some(more) = query
        .differences
        .len()
        .checked_sub(LISTED)
        .filter(|more| *more > 0)
    {
        let _ = writeln!(text, "and {more} more: --out json=- lists them all");
    }
    text.push('\n');
}

fn total(verified: &Verified) -> String {
    let imported = &verified.imported;
    let recording = imported.recording.as_ref();
    let samples = recording.map_or(0, |recording| recording.count);
    let answers = verified.queries.len() * verified.moments.len();
    format!(
        "{} differences in {} answers ({} queries at {} moments), from {} samples; server {}, PromQL of Prometheus {}\n",
        verified.differences(),
        words::grouped(&answers.to_string()),
        verified.queries.len(),
        verified.moments.len(),
        words::grouped(&samples.to_string()),
        imported.server.version.as_deref().unwrap_or("of unknown version"),
        generation(verified),
    )
}
