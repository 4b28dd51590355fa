//! Tables as text: CSV and its kin.

use std::io::{self, Read};

use super::bad::BadLine;
use super::clock::Clock;
use super::intake::{Intake, Written};
use super::table::{Roles, RowSeries, Shape, Unclear};
use super::{Mapping, number};
use crate::series::STALE;

/// Why a table of text cannot be read.
#[derive(Debug)]
pub(super) enum Failure {
    /// The bytes cannot be had.
    Io(io::Error),
    /// A row is no sample.
    Line(BadLine),
    /// Its columns are unclear.
    Columns(Unclear),
}

/// Reads the rows of `text` into `intake`; `delimiter` stands between cells. An empty cell is no sample, `stale` is a
/// stale mark. Says how the times were read; `None` where there is no row.
///
/// # Errors
///
/// The first row that is not as its columns say.
pub(super) fn read(
    text: impl Read,
    delimiter: u8,
    columns: &Mapping,
    intake: &mut Intake<'_>,
) -> Result<Option<(String, Clock)>, Failure> {
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text);
    let headers: Vec<String> = match rows.headers() {
        Ok(headers) => headers.iter().map(str::to_owned).collect(),
        Err(error) => return Err(unreadable(error, 1)),
    };
    let roles = Roles::new(&headers, columns).map_err(Failure::Columns)?;
    let wide: Vec<(usize, Written)> = match &roles.shape {
        Shape::Wide(series) => series
            .iter()
            .map(|(column, labels)| (*column, intake.add(headers[*column].as_bytes(), labels.clone())))
            .collect(),
        Shape::Long { .. } => Vec::new(),
    };
    let mut clock = None;
    let mut finder = RowSeries::default();
    let mut row = csv::StringRecord::new();
    loop {
        match rows.read_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let line = rows.position().line();
                return Err(unreadable(error, line as usize));
            }
        }
        let line = row.position().map_or(0, csv::Position::line) as usize;
        let bad = |expected: String| Failure::Line(BadLine { line, expected });
        let cell = |column: usize| row.get(column).unwrap_or("");
        let header = &headers[roles.time];
        let time = cell(roles.time);
        let clock = match clock {
            Some(clock) => clock,
            None => {
                let first = Clock::of(header, time);
                let expected = "a time: seconds or milliseconds since 1970, or RFC 3339";
                *clock.insert(first.ok_or_else(|| bad(format!("{expected}, in column {header:?}")))?)
            }
        };
        let time = clock
            .read(time)
            .ok_or_else(|| bad(format!("{} in column {header:?}, as before", clock.said())))?;
        let value = |column: usize| match cell(column) {
            "" => Ok(None),
            "stale" => Ok(Some(STALE)),
            text => number::value(text.as_bytes())
                .map(Some)
                .ok_or_else(|| bad(format!("a number in column {:?}", headers[column]))),
        };
        match &roles.shape {
            Shape::Long {
                value: column,
                series,
            } => {
                if let Some(value) = value(*column)? {
                    let series = finder.find(series, cell, intake).map_err(bad)?;
                    intake.push(series, time, value);
                }
            }
            Shape::Wide(_) => {
                for &(column, series) in &wide {
                    if let Some(value) = value(column)? {
                        intake.push(series, time, value);
                    }
                }
            }
        }
    }
    Ok(clock.map(|clock| (headers[roles.time].clone(), clock)))
}

fn unreadable(error: csv::Error, line: usize) -> Failure {
    let line = error.position().map_or(line, |position| position.line() as usize);
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Failure::Io(error),
        csv::ErrorKind::Utf8 { .. } => Failure::Line(BadLine {
            line,
            expected: "cells in UTF-8".into(),
        }),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => Failure::Line(BadLine {
            line,
            expected: format!("{expected_len} cells as in the first row, found {len}"),
        }),
        _ => Failure::Line(BadLine {
            line,
            expected: "a row of cells".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::recording::Keep;
    use crate::series::{SeriesId, is_stale};

    fn taken(text: &str, columns: &str) -> Result<Vec<(String, i64, f64)>, Failure> {
        let keep = Keep::default();
        let mut intake = Intake::new(&keep);
        read(text.as_bytes(), b',', &columns.parse().unwrap(), &mut intake)?;
        let Some(recording) = intake.finish() else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for id in (0..recording.layout.series().len() as u32).map(SeriesId) {
            let name = recording.layout.labels(id).to_string();
            all.extend(
                recording
                    .series(id)
                    .map(|(time, value)| (name.clone(), time, value)),
            );
        }
        Ok(all)
    }

    const LONG: &str = "time,name,job,value\n1,up,a,1\n1,up,b,NaN\n2.5,up,a,\n3,up,a,stale\n";
    const WIDE: &str = "ts,up,\"a{b=\"\"c,d\"\"}\"\n2025-09-17T17:45:37Z,1,2\n2025-09-17T17:45:52Z,,3e3\n";

    #[test]
    fn reads_long_tables() {
        let read = taken(LONG, "").unwrap();
        assert_eq!(read.len(), 3);
        assert!(read.contains(&("up{job=\"a\"}".to_owned(), 1000, 1.0)));
        let stale: Vec<_> = read.iter().filter(|(_, time, _)| *time == 3000).collect();
        assert!(is_stale(stale[0].2));
        let renamed = taken("ts,v,x\n1,2,\"y\"\n", "metric=m").unwrap();
        assert_eq!(renamed, [("m{x=\"y\"}".to_owned(), 1000, 2.0)]);
    }

    #[test]
    fn reads_wide_tables() {
        let read = taken(WIDE, "").unwrap();
        assert_eq!(read.len(), 3);
        assert!(read.contains(&("a{b=\"c,d\"}".to_owned(), 1_758_131_152_000, 3000.0)));
    }

    #[test]
    fn says_which_row_and_what_was_expected() {
        for (text, line, expected) in [
            ("time,name,value\nnever,up,1\n", 2, "a time"),
            (
                "time,name,value\n1,up,1\n2025-09-17T17:45:37Z,up,1\n",
                3,
                "seconds since 1970",
            ),
            ("time,name,value\n1,up,x\n", 2, "a number in column \"value\""),
            ("time,name,value\n1,up\n", 2, "3 cells"),
            ("time,name,value\n1,,1\n", 2, "the name of a series"),
            ("time,series,value\n1,a{,1\n", 2, "a closing '}'"),
        ] {
            let Failure::Line(bad) = taken(text, "").unwrap_err() else {
                panic!("{text} has a bad line");
            };
            assert_eq!(bad.line, line, "{text}");
            assert!(bad.expected.starts_with(expected), "{text}: {}", bad.expected);
        }
    }

    proptest! {
        #[test]
        fn a_damaged_table_never_panics(at in 0usize..90, put in "[\",a-z0-9\\n{}=]{0,4}", gone in 0usize..4) {
            for text in [LONG, WIDE] {
                let at = at.min(text.len());
                let text = format!("{}{put}{}", &text[..at], &text[(at + gone).min(text.len())..]);
                let _ = taken(&text, "");
            }
        }
    }
}
