//! Stale marks in a side file: CSV with the columns `timestamp_ms` and `series`.
//!
//! Text formats cannot carry Prometheus' stale marker; without it a series that ended looks alive for five minutes.

use std::io::{self, Read, Write};

use super::bad::BadLine;
use super::intake::Intake;
use super::{Recording, series_text};
use crate::series::is_stale;

/// Reads the marks of `text` into `intake`. Marks of series that have no sample are taken only if `unknown` ones are.
///
/// # Errors
///
/// The first line that is not a time and a series.
pub(super) fn read(text: impl Read, intake: &mut Intake<'_>, unknown: bool) -> Result<(), BadLine> {
    let mut rows = csv::Reader::from_reader(text);
    for (number, row) in rows.records().enumerate() {
        let bad = |expected: &str| BadLine {
            line: number + 2,
            expected: expected.into(),
        };
        let row = row.map_err(|error| bad(&format!("two columns, timestamp_ms and series ({error})")))?;
        let (Some(time), Some(series)) = (row.get(0), row.get(1)) else {
            return Err(bad("two columns, timestamp_ms and series"));
        };
        let time = time
            .trim()
            .parse()
            .map_err(|_| bad("a time in whole milliseconds since 1970"))?;
        let labels = series_text::read(series).map_err(|expected| bad(&expected))?;
        intake.mark(labels, time, unknown);
    }
    Ok(())
}

/// Writes the stale marks of a recording.
///
/// # Errors
///
/// The file cannot be written.
pub(super) fn write(recording: &Recording, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(["timestamp_ms", "series"])?;
    let mut series: Vec<_> = recording.layout.series().collect();
    series.sort_by_key(|&(_, labels)| labels);
    for (id, labels) in series {
        let text = series_text::write(labels);
        for (time, _) in recording.series(id).filter(|&(_, value)| is_stale(value)) {
            rows.write_record([&time.to_string(), &text])?;
        }
    }
    rows.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Keep, openmetrics};
    use crate::series::SeriesId;

    #[test]
    fn a_mark_ends_its_series_and_unknown_series_stay_unknown() {
        let keep = Keep::default();
        let marks = "timestamp_ms,series\n2000,\"up{job=\"\"a\"\"}\"\n3000,other\n";
        for (unknown, expected) in [(false, 1), (true, 2)] {
            let mut intake = Intake::new(&keep);
            openmetrics::read(
                &mut &b"up{job=\"a\"} 1 1\nup{job=\"a\"} 1 3\n# EOF"[..],
                &mut intake,
            )
            .unwrap();
            read(marks.as_bytes(), &mut intake, unknown).unwrap();
            let recording = intake.finish().unwrap();
            let up = recording
                .layout
                .series()
                .find(|(_, labels)| labels.name() == Some("up"));
            let samples: Vec<_> = recording.series(up.map_or(SeriesId(0), |(id, _)| id)).collect();
            assert_eq!(recording.layout.series().len(), expected);
            assert_eq!((samples[1].0, recording.unordered), (2000, 0));
            assert!(is_stale(samples[1].1));
            let mut written = Vec::new();
            write(&recording, &mut written).unwrap();
            assert_eq!(String::from_utf8(written).unwrap().lines().count(), 1 + expected);
        }
        let bad = read(&b"a,b\nx,up\n"[..], &mut Intake::new(&keep), false).unwrap_err();
        assert_eq!(bad.line, 2);
    }
}
