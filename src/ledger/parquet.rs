use std::io::{self, Write};

use polars::prelude::*;

use super::Row;

/// Rows of a row group: so many are in memory at once.
const ROWS_A_GROUP: usize = 10_000;

/// Writes rows as one Parquet file, uncompressed, a row group at a time.
///
/// # Errors
///
/// The file cannot be written.
pub(super) fn write(file: &mut impl Write, mut rows: impl Iterator<Item = Row>) -> io::Result<()> {
    let schema = frame(&[]).map_err(io::Error::other)?.schema().clone();
    let mut writer = ParquetWriter::new(file)
        .with_compression(ParquetCompression::Uncompressed)
        .batched(&schema)
        .map_err(io::Error::other)?;
    let mut group = Vec::with_capacity(ROWS_A_GROUP);
    loop {
        group.clear();
        group.extend(rows.by_ref().take(ROWS_A_GROUP));
        if group.is_empty() {
            break;
        }
        let written = frame(&group).and_then(|frame| writer.write_batch(&frame));
        written.map_err(io::Error::other)?;
    }
    writer.finish().map_err(io::Error::other)?;
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
        let all = rows.iter().map(|row| value(row).len()).sum();
        let mut lists =
            ListPrimitiveChunkedBuilder::<UInt32Type>::new(name.into(), rows.len(), all, DataType::UInt32);
        for row in rows {
            lists.append_slice(value(row));
        }
        lists.finish().into_series().into()
    }
    fn flags(name: &str, rows: &[Row], value: impl Fn(&Row) -> &[bool]) -> Column {
        let all = rows.iter().map(|row| value(row).len()).sum();
        let mut lists = ListBooleanChunkedBuilder::new(name.into(), rows.len(), all);
        for row in rows {
            lists.append_iter(value(row).iter().map(|&flag| Some(flag)));
        }
        lists.finish().into_series().into()
    }
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
            flags("rolled_back_without", rows, |row| &row.rolled_back_without),
        ],
    )
}
