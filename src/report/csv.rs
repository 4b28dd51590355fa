//! Figures as CSV, a line each; `inf` is never.

use super::Page;
use crate::score;

/// Draws the figures of `page`: policy, world, figure, unit, point, low, high, level, n, address.
///
/// # Errors
///
/// If the writer fails, which into a buffer only a mistake of ours can cause.
pub fn draw(page: &Page) -> Result<String, csv::Error> {
    if page.table.recorded.is_some() {
        return over(page);
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in score::flat(&page.table) {
        writer.serialize(line)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(|error| std::io::Error::other(error).into())
}

/// Of worlds over a recording every line has its second interval too: days, and its ends, empty with one day.
fn over(page: &Page) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    writer.write_record([
        "policy",
        "world",
        "figure",
        "unit",
        "point",
        "low",
        "high",
        "level",
        "n",
        "address",
        "days",
        "days_low",
        "days_high",
    ])?;
    let figures = page.table.rows.iter().flat_map(|row| &row.figures);
    for (line, figure) in score::flat(&page.table).into_iter().zip(figures) {
        let between = figure.number.between_days();
        let end = |end: Option<f64>| end.map_or(String::new(), |end| end.to_string());
        writer.write_record([
            line.policy,
            line.world,
            line.figure,
            line.unit,
            &line.point.to_string(),
            &line.low.to_string(),
            &line.high.to_string(),
            &line.level.to_string(),
            &line.n.to_string(),
            line.address,
            &between.map_or(0, |between| between.days).to_string(),
            &end(between.and_then(|between| between.low)),
            &end(between.and_then(|between| between.high)),
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(|error| std::io::Error::other(error).into())
}
