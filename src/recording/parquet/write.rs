//! A recording as Parquet, out.

use std::fs::File;
use std::io;
use std::path::Path;

use polars::prelude::*;

use crate::recording::{Recording, series_text};

/// Rows written at a time.
const ROWS: usize = 1 << 20;

/// Writes all samples of a recording, stale marks too: the columns `series`, `timestamp_ms` and `value`, packed by zstd,
/// series by series.
///
/// # Errors
///
/// The file cannot be written.
pub(in crate::recording) fn write(recording: &Recording, path: &Path) -> io::Result<()> {
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
