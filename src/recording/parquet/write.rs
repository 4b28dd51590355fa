//! Tables of samples as Parquet, in and out.

use std::fs::File;
use std::io::{self, Cursor};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use polars::prelude::*;

use super::clock::Clock;
use super::intake::Intake;
use super::table::{Roles, RowSeries, Shape, Unclear};
use super::{Mapping, Recording, footer, series_text};

/// Rows written at a time.
const ROWS: usize = 1 << 20;

/// Reads the rows of a Parquet file into `intake`; null is no sample. Says how the times were read; `None` where there
/// is no row.
///
/// # Errors
///
/// What is wrong, and what to do about it.
pub(super) fn read(
    bytes: Vec<u8>,
    columns: &Mapping,
    intake: &mut Intake<'_>,
) -> Result<Option<(String, Clock)>, Unclear> {
    let damaged = |why: String| {
        (
            format!("is Parquet but cannot be read: {why}"),
            "write it again".to_owned(),
        )
    };
    if !footer::is_plausible(&bytes) {
        return Err(damaged("its footer is damaged".to_owned()));
    }
    // A damaged file may take polars by surprise; it is the file's fault all the same.
    let frame = catch_unwind(AssertUnwindSafe(|| {
        ParquetReader::new(Cursor::new(bytes)).finish()
    }));
    let frame = match frame {
        Ok(frame) => frame.map_err(|error| damaged(error.to_string()))?,
        Err(_) => return Err(damaged("it is damaged".to_owned())),
    };
    let headers: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    let roles = Roles::new(&headers, columns)?;
    let (times, clock) = times(&headers[roles.time], &frame.columns()[roles.time])?;
    match &roles.shape {
        Shape::Wide(series) => {
            for (column, labels) in series {
                let series = intake.add(headers[*column].as_bytes(), labels.clone());
                let values = numbers(&headers[*column], &frame.columns()[*column])?;
                for (time, value) in times.iter().zip(values.f64().map_err(refused)?.iter()) {
                    if let Some(value) = value {
                        intake.push(series, *time, value);
                    }
                }
            }
        }
        Shape::Long { value, series } => {
            let texts: Vec<Column> = (0..headers.len())
                .map(
                    |column| match series.iter().any(|part| part.column() == Some(column)) {
                        true => frame.columns()[column].cast(&DataType::String).map_err(refused),
                        false => Ok(Column::new_empty(
                            headers[column].as_str().into(),
                            &DataType::String,
                        )),
                    },
                )
                .collect::<Result<_, _>>()?;
            let texts: Vec<&StringChunked> = texts
                .iter()
                .map(|column| column.str().map_err(refused))
                .collect::<Result<_, _>>()?;
            let values = numbers(&headers[*value], &frame.columns()[*value])?;
            let mut finder = RowSeries::default();
            for (row, (time, value)) in times
                .iter()
                .zip(values.f64().map_err(refused)?.iter())
                .enumerate()
            {
                let Some(value) = value else { continue };
                let cell = |column: usize| texts[column].get(row).unwrap_or("");
                let found = finder.find(series, cell, intake).map_err(|expected| {
                    (
                        format!("row {} is not a sample: expected {expected}", row + 1),
                        "mend it, or leave it out".to_owned(),
                    )
                })?;
                intake.push(found, *time, value);
            }
        }
    }
    Ok(clock.map(|clock| (headers[roles.time].clone(), clock)))
}

#[allow(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn refused(error: PolarsError) -> Unclear {
    (
        format!("cannot be read as samples: {error}"),
        "see --columns".to_owned(),
    )
}

/// A column as numbers.
fn numbers(header: &str, column: &Column) -> Result<Column, Unclear> {
    if !column.dtype().is_primitive_numeric() && !column.dtype().is_null() {
        let kind = format!("the column {header:?} holds {}, not numbers", column.dtype());
        return Err((
            kind,
            "say which column is the value: --columns value=COLUMN".to_owned(),
        ));
    }
    column.cast(&DataType::Float64).map_err(refused)
}

/// A column as milliseconds since 1970, and how it was read.
fn times(header: &str, column: &Column) -> Result<(Vec<i64>, Option<Clock>), Unclear> {
    let none = || {
        (
            format!("the column {header:?} does not hold a time in every row"),
            "times are seconds or milliseconds since 1970, RFC 3339, or Parquet's own".to_owned(),
        )
    };
    let whole = |clock: Clock, column: &Column| {
        let column = column.cast(&DataType::Int64).map_err(refused)?;
        let times = column.i64().map_err(refused)?.iter();
        let times = times.map(|time| time.and_then(|time| clock.number(time as f64)));
        times.collect::<Option<Vec<i64>>>().ok_or_else(none)
    };
    match column.dtype() {
        DataType::Datetime(unit, _) => {
            let clock = match unit {
                TimeUnit::Milliseconds => Clock::Milliseconds,
                TimeUnit::Microseconds => Clock::Microseconds,
                TimeUnit::Nanoseconds => Clock::Nanoseconds,
            };
            Ok((whole(clock, column)?, None))
        }
        DataType::Date => {
            let days = column
                .cast(&DataType::Int32)
                .and_then(|days| days.cast(&DataType::Int64));
            let days = days.map_err(refused)?;
            let times = days.i64().map_err(refused)?.iter();
            let times = times.map(|day| Some(day? * 86_400_000));
            Ok((times.collect::<Option<_>>().ok_or_else(none)?, None))
        }
        DataType::String => {
            let cells = column.str().map_err(refused)?;
            let Some(first) = cells.iter().next() else {
                return Ok((Vec::new(), None));
            };
            let clock = first
                .and_then(|first| Clock::of(header, first))
                .ok_or_else(none)?;
            let times = cells.iter().map(|cell| clock.read(cell?));
            Ok((times.collect::<Option<_>>().ok_or_else(none)?, Some(clock)))
        }
        kind if kind.is_primitive_numeric() => {
            let numbers = column.cast(&DataType::Float64).map_err(refused)?;
            let numbers = numbers.f64().map_err(refused)?;
            let Some(first) = numbers.iter().next() else {
                return Ok((Vec::new(), None));
            };
            let first = first.map(|first| first.to_string());
            let clock = first
                .and_then(|first| Clock::of(header, &first))
                .ok_or_else(none)?;
            if kind.is_integer() {
                return Ok((whole(clock, column)?, Some(clock)));
            }
            let times = numbers.iter().map(|number| clock.number(number?));
            Ok((times.collect::<Option<_>>().ok_or_else(none)?, Some(clock)))
        }
        _ => Err(none()),
    }
}

/// Writes all samples of a recording, stale marks too: the columns `series`, `timestamp_ms` and `value`, packed by zstd,
/// series by series.
///
/// # Errors
///
/// The file cannot be written.
pub(super) fn write(recording: &Recording, path: &Path) -> io::Result<()> {
    let schema = Schema::from_iter([
        Field::new("series".into(), DataType::String),
        Field::new("timestamp_ms".into(), DataType::Int64),
        Field::new("value".into(), DataType::Float64),
    ]);
    let mut out = ParquetWriter::new(File::create(path)?)
        .with_compression(ParquetCompression::Zstd(None))
        // Statistics of columns may rewrite a NaN, and nobody asks for them.
        .with_statistics(StatisticsOptions::empty())
        .batched(&schema)
        .map_err(io::Error::other)?;
    let mut all: Vec<_> = recording.layout.series().collect();
    all.sort_by_key(|&(_, labels)| labels);
    let texts: Vec<String> = all.iter().map(|(_, labels)| series_text::write(labels)).collect();
    let mut rows: (Vec<&str>, Vec<i64>, Vec<f64>) = Default::default();
    let mut flush = |rows: &mut (Vec<&str>, Vec<i64>, Vec<f64>)| {
        let height = rows.0.len();
        let columns = vec![
            Column::new("series".into(), &rows.0),
            Column::new("timestamp_ms".into(), &rows.1),
            Column::new("value".into(), &rows.2),
        ];
        let frame = DataFrame::new(height, columns)?;
        *rows = Default::default();
        out.write_batch(&frame)
    };
    for ((id, _), text) in all.iter().zip(&texts) {
        for (time, value) in recording.series(*id) {
            rows.0.push(text);
            rows.1.push(time);
            rows.2.push(value);
        }
        if rows.0.len() >= ROWS {
            flush(&mut rows).map_err(io::Error::other)?;
        }
    }
    flush(&mut rows).map_err(io::Error::other)?;
    out.finish().map_err(io::Error::other)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::recording::{Builder, Keep, digest};
    use crate::series::Labels;

    fn bytes(columns: Vec<Column>) -> Vec<u8> {
        let mut frame = DataFrame::new(columns[0].len(), columns).unwrap();
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
        bytes
    }

    type Named = (String, Vec<(i64, f64)>);

    fn taken(bytes: Vec<u8>, columns: &str) -> Result<Vec<Named>, Unclear> {
        let keep = Keep::default();
        let mut intake = Intake::new(&keep);
        read(bytes, &columns.parse().unwrap(), &mut intake)?;
        let Some(recording) = intake.finish() else {
            return Ok(Vec::new());
        };
        let all = recording.layout.series();
        Ok(all
            .map(|(id, labels)| (labels.to_string(), recording.series(id).collect()))
            .collect())
    }

    #[test]
    fn reads_long_and_wide_tables() {
        let long = bytes(vec![
            Column::new("time".into(), [1.5, 1.5, 3.0]),
            Column::new("name".into(), ["up", "up", "up"]),
            Column::new("job".into(), ["a", "b", "a"]),
            Column::new("value".into(), [Some(1i64), Some(2), None]),
        ]);
        let read = taken(long, "").unwrap();
        assert_eq!(read[0], ("up{job=\"a\"}".to_owned(), vec![(1500, 1.0)]));
        assert_eq!(read[1], ("up{job=\"b\"}".to_owned(), vec![(1500, 2.0)]));
        let times = Column::new("at".into(), [1_758_131_137_383_000_i64, 1_758_131_152_383_000])
            .cast(&DataType::Datetime(TimeUnit::Microseconds, None))
            .unwrap();
        let wide = bytes(vec![
            times,
            Column::new("a{b=\"c\"}".into(), [Some(1.0), Some(f64::NAN)]),
            Column::new("up".into(), [None, Some(0.5)]),
        ]);
        let read = taken(wide.clone(), "time=at").unwrap();
        assert_eq!(read[0].1.len() + read[1].1.len(), 3);
        assert!(read.contains(&("up".to_owned(), vec![(1_758_131_152_383, 0.5)])));
        assert!(
            taken(wide, "")
                .unwrap_err()
                .0
                .starts_with("no column is known to be the time")
        );
        let text = bytes(vec![
            Column::new("time".into(), ["2025-09-17T17:45:37Z"]),
            Column::new("up".into(), ["yes"]),
        ]);
        assert!(taken(text, "").unwrap_err().0.contains("not numbers"));
    }

    #[test]
    fn every_bit_comes_back_stale_marks_too() {
        let mut builder = Builder::default();
        let series = builder.series(Labels::new([("__name__", "a"), ("b", "\"\n")]));
        let values = [
            0.1,
            -0.0,
            f64::NAN,
            f64::from_bits(0x7ff8_0000_0000_0001),
            f64::INFINITY,
        ];
        for (time, value) in (0..).zip(values) {
            builder.push(series, time, value);
        }
        builder.push_stale(series, 9);
        let recording = builder.build().unwrap();
        let path = std::env::temp_dir().join(format!("coalmine-parquet-{}", std::process::id()));
        write(&recording, &path).unwrap();
        let keep = Keep::default();
        let mut intake = Intake::new(&keep);
        read(std::fs::read(&path).unwrap(), &Mapping::default(), &mut intake).unwrap();
        assert_eq!(digest(&intake.finish().unwrap()), digest(&recording));
        std::fs::remove_file(path).unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// A damaged footer, or a file cut short. Pages carry no checksum, and what polars makes of damaged ones is
        /// polars': the compact recording is checked whole before it is unpacked.
        #[test]
        fn a_damaged_footer_is_a_finding_at_worst(back in 1usize..400, with in any::<u8>(), cut in 0.0..2.0) {
            let mut bytes = bytes(vec![
                Column::new("time".into(), [1.5, 1.5, 3.0]),
                Column::new("series".into(), ["up", "b", "up"]),
                Column::new("value".into(), [1.0, 2.0, 3.0]),
            ]);
            let length = bytes.len();
            let footer = u32::from_le_bytes(bytes[length - 8..length - 4].try_into().unwrap()) as usize + 8;
            bytes[length - back.min(footer)] = with;
            bytes.truncate((cut * length as f64) as usize);
            let _ = taken(bytes, "");
        }
    }
}
