//! One file of rows, written as they come.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::row::Lines;
use super::{Format, Row};

/// Writes rows to one file and notes their lines.
///
/// # Errors
///
/// The file cannot be written.
pub(super) fn write(
    path: &Path,
    rows: impl Iterator<Item = Row>,
    format: Format,
    lines: &mut Lines,
) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    match format {
        Format::JsonLines => {
            for row in rows {
                file.write_all(lines.add(&row))?;
            }
        }
        #[cfg(feature = "tabular")]
        Format::Parquet => {
            let noted = rows.inspect(|row| {
                lines.add(row);
            });
            super::parquet::write(&mut file, noted)?;
        }
    }
    file.flush()
}
