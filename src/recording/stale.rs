//! Stale marks in a side file: CSV with the columns `timestamp_ms` and `series`.
//!
//! Text formats cannot carry Prometheus' stale marker; without it a series that ended looks alive for five minutes.

use super::Builder;
use super::openmetrics::{BadLine, labels};

/// Reads the marks of `text` into `builder`. Marks of series that have no sample are left out.
///
/// # Errors
///
/// The first line that is not a time and a series.
pub(super) fn read(text: &str, builder: &mut Builder) -> Result<(), BadLine> {
    let mut rows = csv::Reader::from_reader(text.as_bytes());
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
        let labels = labels(series).map_err(|expected| bad(&expected))?;
        if builder.knows(&labels) {
            let series = builder.series(labels);
            builder.push_stale(series, time);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{SeriesId, is_stale};

    #[test]
    fn a_mark_ends_its_series_and_unknown_series_stay_unknown() {
        let mut builder = Builder::default();
        super::super::openmetrics::read("up{job=\"a\"} 1 1\n# EOF", &mut builder).unwrap();
        let marks = "timestamp_ms,series\n2000,\"up{job=\"\"a\"\"}\"\n3000,other\n";
        read(marks, &mut builder).unwrap();
        let recording = builder.build().unwrap();
        let samples: Vec<_> = recording.series(SeriesId(0)).collect();
        assert_eq!(recording.layout.series().len(), 1);
        assert_eq!(samples[1].0, 2000);
        assert!(is_stale(samples[1].1));
        assert_eq!(read("a,b\nx,up\n", &mut Builder::default()).unwrap_err().line, 2);
    }
}
