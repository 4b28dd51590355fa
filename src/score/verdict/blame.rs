//! What speaks against a policy in a table, and the row that shows it first.

use crate::score::figure::{Figure, FigureName};
use crate::score::input::World;
use crate::score::table::Row;

/// More false rollbacks than this in a harmless world are the verdict.
pub(super) const FALSE_ROLLBACKS: f64 = 0.05;
/// More missed harm than this, beyond the stated limits, is the verdict.
pub(super) const MISSED_HARM: f64 = 0.05;

/// Whether a figure is a reason for the verdict to speak against a policy: too many false rollbacks, or too much harm
/// missed that no stated limit allows.
pub fn is_blamed(world: &World, figure: &Figure) -> bool {
    let limit = match figure.name {
        FigureName::FalseRollbacks => FALSE_ROLLBACKS,
        FigureName::MissedHarm if !world.within_limits => MISSED_HARM,
        _ => return false,
    };
    figure.number.point() > limit
}

/// Of the rows whose harm is missed too often the one in which most requests are harmed, of equal ones the first. Harm
/// within the stated limits is left aside.
pub fn most_harm<'r>(worlds: &[World], rows: impl Iterator<Item = &'r Row>) -> Option<&'r Row> {
    let mut missed = rows.filter(|row| exceeds(worlds, row, FigureName::MissedHarm));
    let first = missed.next()?;
    Some(missed.fold(
        first,
        |most, next| if harmed(next) > harmed(most) { next } else { most },
    ))
}

/// Of the rows with too many false rollbacks the first: harmless worlds stand in the order of how common they are.
pub fn first_false_rollbacks<'r>(
    worlds: &[World],
    mut rows: impl Iterator<Item = &'r Row>,
) -> Option<&'r Row> {
    rows.find(|row| exceeds(worlds, row, FigureName::FalseRollbacks))
}

/// Requests harmed, expected.
pub(super) fn harmed(row: &Row) -> f64 {
    row.figure(FigureName::BlastRadius)
        .map_or(0.0, |figure| figure.number.point())
}

fn exceeds(worlds: &[World], row: &Row, name: FigureName) -> bool {
    row.figure(name)
        .is_some_and(|figure| is_blamed(&worlds[row.world], figure))
}
