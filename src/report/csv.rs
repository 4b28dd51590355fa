//! Figures as CSV, a line each; `inf` is never.

use super::Page;
use crate::score;

const HEAD: [&str; 11] = [
    "policy", "world", "figure", "unit", "point", "low", "high", "level", "n", "address", "planned",
];
/// Of worlds over a recording every line has its second interval too: days, and its ends, empty with one day.
const HEAD_OF_DAYS: [&str; 3] = ["days", "days_low", "days_high"];

/// Draws the figures of `page`: policy, world, figure, unit, point, low, high, level, n, address, and how many trials
/// were asked for in each world (more than were played where a signal cut the run short).
///
/// # Errors
///
/// If the writer fails, which into a buffer only a mistake of ours can cause.
pub fn draw(page: &Page) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    let of_days = if page.table.recorded.is_some() {
        HEAD_OF_DAYS.as_slice()
    } else {
        &[]
    };
    writer.write_record(HEAD.iter().chain(of_days))?;
    let figures = page.table.rows.iter().flat_map(|row| &row.figures);
    for (line, figure) in score::flat(&page.table).into_iter().zip(figures) {
        let line = (line, page.trials_planned);
        if of_days.is_empty() {
            writer.serialize(line)?;
            continue;
        }
        let days = match figure.number.between_days() {
            Some(between) => (between.days, between.low, between.high),
            None => (0, None, None),
        };
        writer.serialize((line, days))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(|error| std::io::Error::other(error).into())
}
