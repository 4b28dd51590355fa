//! What is in a recording, as text, Markdown, JSON and CSV.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, TableComponent, presets};
use serde::Serialize;

use super::moment::{count, length, utc};
use super::paint::plain;
use super::tables::paragraphs;
use crate::recording::survey::{Family, Guess, Kind, Rhythm, Survey, Target, VersionLabel};

/// Grows when a field changes its meaning or goes away.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Answer<'a> {
    format: u32,
    #[serde(flatten)]
    survey: &'a Survey,
}

/// All of it as JSON.
///
/// # Errors
///
/// Only a mistake of ours.
pub fn json(survey: &Survey) -> Result<String, serde_json::Error> {
    let answer = Answer {
        format: FORMAT,
        survey,
    };
    serde_json::to_string_pretty(&answer).map(|text| text + "\n")
}

/// The families as CSV, a line each.
///
/// # Errors
///
/// Only a mistake of ours.
pub fn csv(survey: &Survey) -> Result<String, csv::Error> {
    let mut lines = csv::Writer::from_writer(Vec::new());
    lines.write_record([
        "family",
        "kind",
        "guessed_by",
        "series",
        "samples",
        "stale_marks",
        "interval_ms",
        "gaps",
        "gaps_beyond_lookback",
        "longest_gap_ms",
        "resets",
        "first_ms",
        "last_ms",
    ])?;
    let or_nothing = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    for family in &survey.families {
        let Family { rhythm, .. } = family;
        let guess = match family.guessed_by {
            Guess::Name => "name",
            Guess::Values => "values",
        };
        lines.write_record([
            family.name.clone(),
            kind(family.kind).to_owned(),
            guess.to_owned(),
            family.series.to_string(),
            rhythm.samples.to_string(),
            rhythm.stale_marks.to_string(),
            or_nothing(rhythm.interval_ms),
            rhythm.gaps.to_string(),
            rhythm.gaps_beyond_lookback.to_string(),
            or_nothing(rhythm.longest_gap_ms),
            family.resets.map(|resets| resets.to_string()).unwrap_or_default(),
            or_nothing(rhythm.first_ms),
            or_nothing(rhythm.last_ms),
        ])?;
    }
    let bytes = lines.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(|error| std::io::Error::other(error).into())
}

/// Tables for a terminal of `width` columns.
pub fn draw(survey: &Survey, width: usize) -> String {
    let mut text = format!("{}\n", heading(survey));
    let tables = [
        (HEADS_FAMILIES, families(survey), 1),
        (HEADS_TARGETS, targets(survey), 2),
    ];
    for (heads, rows, names) in tables {
        if !rows.is_empty() {
            text.push_str(&format!("\n{}\n", table(heads, rows, names, width)));
        }
    }
    let mut said: Vec<(String, String)> = Vec::new();
    for (what, line) in needs(survey) {
        said.push((what.to_owned(), line));
    }
    said.push(("read".to_owned(), LEGEND.to_owned()));
    text.push('\n');
    text.push_str(&paragraphs(&said, width));
    text.push('\n');
    text
}

/// The same in Markdown.
pub fn markdown(survey: &Survey) -> String {
    let mut text = format!("{}\n", escaped(&heading(survey)));
    let tables = [
        (HEADS_FAMILIES, families(survey)),
        (HEADS_TARGETS, targets(survey)),
    ];
    for (heads, rows) in tables {
        if rows.is_empty() {
            continue;
        }
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        text.push('\n');
        text.push_str(&line(&heads.map(str::to_owned)));
        text.push_str("|---|---|---:|---:|---:|---:|---:|---:|---:|\n");
        for row in rows {
            text.push_str(&line(&row.map(|cell| escaped(&cell))));
        }
    }
    text.push('\n');
    for (what, said) in needs(survey) {
        let _ = writeln!(text, "- {what}: {}", escaped(&said));
    }
    let _ = writeln!(text, "\n{LEGEND}");
    text
}

const HEADS_FAMILIES: [&str; 9] = [
    "family", "kind", "series", "samples", "every", "gaps", ">5m", "resets", "stale",
];
const HEADS_TARGETS: [&str; 9] = [
    "job", "instance", "series", "scrapes", "every", "gaps", ">5m", "longest", "stale",
];
const LEGEND: &str = "every: median time between samples. gaps: longer than 1.5 times that, without a stale mark; >5m: \
                      beyond the lookback, queries had no answer. A kind with ? was guessed from values.";

fn heading(survey: &Survey) -> String {
    let stale = match survey.stale_marks {
        0 => String::new(),
        marks => format!(", {} stale marks", count(marks)),
    };
    format!(
        "{} series, {} samples{stale}\n{} to {} UTC, {}",
        count(survey.series),
        count(survey.samples),
        utc(survey.first_ms),
        utc(survey.last_ms),
        length(survey.last_ms.saturating_sub(survey.first_ms)),
    )
}

fn families(survey: &Survey) -> Vec<[String; 9]> {
    let row = |family: &Family| {
        let guess = match family.guessed_by {
            Guess::Name => "",
            Guess::Values => "?",
        };
        let [samples, every, gaps, beyond, stale] = rhythm(&family.rhythm);
        [
            plain(&family.name),
            format!("{}{guess}", kind(family.kind)),
            count(family.series),
            samples,
            every,
            gaps,
            beyond,
            family.resets.map_or("–".to_owned(), count),
            stale,
        ]
    };
    survey.families.iter().map(row).collect()
}

fn targets(survey: &Survey) -> Vec<[String; 9]> {
    let row = |target: &Target| {
        let [samples, every, gaps, beyond, stale] = rhythm(&target.rhythm);
        [
            plain(&target.job),
            plain(&target.instance),
            count(target.series),
            samples,
            every,
            gaps,
            beyond,
            target.rhythm.longest_gap_ms.map_or("–".to_owned(), length),
            stale,
        ]
    };
    survey.targets.iter().map(row).collect()
}

fn rhythm(rhythm: &Rhythm) -> [String; 5] {
    [
        count(rhythm.samples),
        rhythm
            .interval_ms
            .map_or("–".to_owned(), |every| length(rounded(every))),
        count(rhythm.gaps),
        count(rhythm.gaps_beyond_lookback),
        count(rhythm.stale_marks),
    ]
}

/// An interval without the jitter of scrapes: to tenths of a second.
fn rounded(millis: i64) -> i64 {
    if millis < 1000 {
        millis
    } else {
        (millis + 50) / 100 * 100
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::Summary => "summary",
    }
}

/// What a policy usually needs, and where it is.
fn needs(survey: &Survey) -> Vec<(&'static str, String)> {
    let needs = &survey.needs;
    let outcomes = needs.outcomes.iter().map(|family| {
        let values: Vec<_> = family.values.iter().map(|value| plain(value)).collect();
        format!(
            "{}{{{}}}: {}",
            plain(&family.name),
            plain(&family.label),
            values.join(", ")
        )
    });
    let version = |version: &VersionLabel| {
        let values: Vec<_> = version.values.keys().map(|value| plain(value)).collect();
        let more = version.distinct - values.len();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let beside = match version.side_by_side {
            true => "side by side",
            false => "one after the other",
        };
        format!(
            "{}: {}{more} ({beside})",
            plain(&version.label),
            values.join(", ")
        )
    };
    let found = |mut lines: Vec<String>, none: &str| {
        if lines.is_empty() {
            lines.push(none.to_owned());
        }
        lines
    };
    let parts = [
        (
            "errors",
            found(
                outcomes.collect(),
                "no counter has a label such as code or status",
            ),
        ),
        (
            "latency",
            found(
                needs.histograms.iter().map(|name| plain(name)).collect(),
                "no histogram: no quantiles can be asked",
            ),
        ),
        (
            "versions",
            found(
                needs.versions.iter().map(version).collect(),
                "no label tells versions apart",
            ),
        ),
    ];
    let parts = parts.into_iter();
    parts
        .flat_map(|(what, lines)| lines.into_iter().map(move |line| (what, line)))
        .collect()
}

/// A table whose first columns, as many as `names`, are broken between words where they do not fit.
fn table(heads: [&str; 9], mut rows: Vec<[String; 9]>, names: usize, width: usize) -> String {
    let broadest = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].len()]).max().unwrap_or(0)
    };
    let numbers: usize = (names..9).map(|column| broadest(column) + 1).sum();
    let room = (width.saturating_sub(numbers + names) / names).max(12);
    for row in &mut rows {
        for name in &mut row[..names] {
            *name = broken(name, room);
        }
    }
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width + 1).unwrap_or(u16::MAX))
        .set_style(TableComponent::HeaderLines, '─')
        .set_header(heads);
    for row in &rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let drawn = table.trim_fmt();
    // The line below the heads is as wide as the table with its last, empty column.
    let lines: Vec<String> = drawn
        .lines()
        .map(|line| line.chars().take(width).collect())
        .collect();
    lines.join("\n")
}

/// A name in lines of at most `room` letters, broken after `_`, `-`, `.` or `:` where there is one.
fn broken(name: &str, room: usize) -> String {
    let mut lines = Vec::new();
    let mut line: Vec<char> = Vec::new();
    for letter in name.chars() {
        if line.len() == room {
            let cut = line.iter().rposition(|letter| "_-.:".contains(*letter));
            let rest = line.split_off(cut.map_or(room, |cut| cut + 1));
            lines.push(line.iter().collect::<String>());
            line = rest;
        }
        line.push(letter);
    }
    lines.push(line.iter().collect());
    lines.join("\n")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        if "\\|*_<>`[]".contains(char) {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::read;

    fn survey() -> Survey {
        let text = b"load 15s\nhttp_requests_total{job=\"a\",instance=\"1:80\",code=\"200\",version=\"1|2\"} 0+1x40\n\
                     up{job=\"a\",instance=\"1:80\"} 1x10 _x4 1x10 stale\n";
        Survey::of(&read("file", text, None).unwrap().0)
    }

    #[test]
    fn fits_eighty_columns_and_says_what_there_is() {
        let drawn = draw(&survey(), 80);
        assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
        assert!(
            drawn.starts_with("2 series, 63 samples, 1 stale marks\n1970-01-01 00:00:00 to"),
            "{drawn}"
        );
        assert!(drawn.contains("http_requests_total{code}: 200"), "{drawn}");
        assert!(drawn.contains("version: 1|2 (one after the other)"), "{drawn}");
        assert!(drawn.contains("no histogram"), "{drawn}");
    }

    #[test]
    fn long_names_break_between_words() {
        assert_eq!(broken("http_requests_total", 10), "http_\nrequests_\ntotal");
        assert_eq!(broken("abcdefghij", 4), "abcd\nefgh\nij");
        assert_eq!(broken("", 4), "");
    }

    #[test]
    fn the_other_forms_hold_the_same() {
        let survey = survey();
        let json: serde_json::Value = serde_json::from_str(&json(&survey).unwrap()).unwrap();
        assert_eq!(json["format"], 1);
        assert_eq!(json["families"][0]["kind"], "counter");
        assert_eq!(json["families"][0]["interval_ms"], 15_000);
        assert_eq!(json["targets"][0]["job"], "a");
        let csv = csv(&survey).unwrap();
        assert!(
            csv.contains("\nhttp_requests_total,counter,name,1,41,0,15000,0,0,,0,0,600000\n"),
            "{csv}"
        );
        assert!(markdown(&survey).contains("version: 1\\|2"));
    }
}
