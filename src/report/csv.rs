//! Figures as CSV, a line each; `inf` is never.

use super::Page;
use crate::score;

/// Draws the figures of `page`: policy, world, figure, unit, point, low, high, level, n, address.
///
/// # Errors
///
/// If the writer fails, which into a buffer only a mistake of ours can cause.
pub fn draw(page: &Page) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in score::flat(&page.table) {
        writer.serialize(line)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(|error| std::io::Error::other(error).into())
}
