use std::fs::File;
use std::io;
use std::path::Path;

use polars::prelude::*;

use super::Row;

/// Writes rows as one Parquet file, uncompressed.
///
/// # Errors
///
/// The file cannot be written.
pub(super) fn write(path: &Path, rows: &[Row]) -> io::Result<()> {
    let mut frame = frame(rows).map_err(io::Error::other)?;
    let file = File::create(path)?;
    ParquetWriter::new(file)
        .with_compression(ParquetCompression::Uncompressed)
        .finish(&mut frame)
        .map_err(io::Error::other)?;
    Ok(())
}

fn frame(rows: &[Row]) -> PolarsResult<DataFrame> {
    fn column<T, S: ?Sized>(name: &str, rows: &[Row], value: impl Fn(&Row) -> T) -> Column
    where
        Series: NamedFrom<Vec<T>, S>,
    {
        Series::new(name.into(), rows.iter().map(value).collect::<Vec<T>>()).into()
    }
    fn counts(name: &str, rows: &[Row], value: impl Fn(&Row) -> &[u32]) -> Column {
        let lists: Vec<Series> = rows
            .iter()
            .map(|row| Series::new("".into(), value(row)))
            .collect();
        Series::new(name.into(), lists).into()
    }
    let without: Vec<Series> = rows
        .iter()
        .map(|row| Series::new("".into(), row.rolled_back_without.clone()))
        .collect();
    DataFrame::new(
        rows.len(),
        vec![
            column("policy", rows, |row| row.policy.to_string()),
            column("world", rows, |row| row.world.to_string()),
            column("seed", rows, |row| row.seed),
            column("ending", rows, |row| row.ending.clone()),
            column("harmful", rows, |row| row.harmful),
            column("onset_ms", rows, |row| row.onset_ms),
            column("rolled_back_at_ms", rows, |row| row.rolled_back_at_ms),
            column("time_to_detect_ms", rows, |row| row.time_to_detect_ms),
            column("time_to_restore_ms", rows, |row| row.time_to_restore_ms),
            column("promoted_at_ms", rows, |row| row.promoted_at_ms),
            column("blast_radius", rows, |row| row.blast_radius),
            column("waits", rows, |row| row.waits),
            column("waited_ms", rows, |row| row.waited_ms),
            column("decided_by", rows, |row| row.decided_by.map(u32::from)),
            counts("looks", rows, |row| &row.looks),
            counts("failed", rows, |row| &row.failed),
            counts("inconclusive", rows, |row| &row.inconclusive),
            counts("errors", rows, |row| &row.errors),
            Series::new("rolled_back_without".into(), without).into(),
        ],
    )
}
