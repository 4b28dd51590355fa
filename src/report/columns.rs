//! Which figures a table shows, what heads and explains them, and what is left out since it would say nothing.

use super::grid;
use super::page::Page;
use crate::score::{Figure, FigureName, Row, Table};

/// The columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Those that matter most first.
    pub shown: Vec<FigureName>,
    /// Those that say the same nothing in every cell, and what they say.
    pub left_out: Vec<(FigureName, &'static str)>,
}

impl Columns {
    /// The figures of harmful or harmless worlds.
    pub fn of(table: &Table, harmful: bool) -> Self {
        use FigureName as F;
        let wanted: &[F] = if harmful {
            &[
                F::MissedHarm,
                F::TimeToDetectMedian,
                F::BlastRadius,
                F::TimeToRestoreMedian,
                F::WaitingAtHorizon,
                F::RolledBackBeforeOnset,
                F::TimeToDetectQ90,
                F::TimeToDetectMean,
                F::TimeWaiting,
            ]
        } else {
            &[
                F::FalseRollbacks,
                F::Promoted,
                F::TimeToPromoteMedian,
                F::FalseRollbacksByErrors,
                F::FalseRollbacksByPerson,
                F::Undecided,
                F::WaitingAtHorizon,
                F::TimeWaiting,
            ]
        };
        let mut columns = Self::default();
        for &name in wanted {
            let of_kind = table
                .rows
                .iter()
                .filter(|row| table.worlds[row.world].harmful == harmful);
            let figures: Vec<(&Row, &Figure)> =
                of_kind.filter_map(|row| Some((row, row.figure(name)?))).collect();
            match nothing(table, name, &figures) {
                _ if figures.is_empty() => {}
                // Nobody came to abort.
                Some(_) if name == F::FalseRollbacksByPerson => {}
                Some(said) => columns.left_out.push((name, said)),
                None => columns.shown.push(name),
            }
        }
        columns
    }
}

/// What is left out of the tables, one line; empty where nothing is.
pub fn left_out(columns: &[&Columns]) -> String {
    let mut by_word: Vec<(&str, Vec<String>)> = Vec::new();
    for &(name, said) in columns.iter().flat_map(|columns| &columns.left_out) {
        match by_word.iter_mut().find(|(known, _)| *known == said) {
            Some((_, names)) if names.contains(&short(name)) => {}
            Some((_, names)) => names.push(short(name)),
            None => by_word.push((said, vec![short(name)])),
        }
    }
    let parts: Vec<String> = by_word
        .iter()
        .map(|(said, names)| format!("{said} ({})", names.join("; ")))
        .collect();
    match parts.as_slice() {
        [] => String::new(),
        parts => format!(
            "Left out, for every cell says the same: {}. JSON and ledger have them.",
            parts.join(", ")
        ),
    }
}

/// What every cell of a column says, where that is nothing.
fn nothing(table: &Table, name: FigureName, figures: &[(&Row, &Figure)]) -> Option<&'static str> {
    use FigureName as F;
    let all = |says: &dyn Fn(&Row, &Figure) -> bool| figures.iter().all(|(row, figure)| says(row, figure));
    let horizon = |row: &Row| table.worlds[row.world].horizon.as_secs_f64();
    match name {
        // These are the answer, whatever they say.
        F::FalseRollbacks | F::MissedHarm | F::BlastRadius | F::Promoted => None,
        F::TimeToDetectMean | F::TimeToPromoteMean => {
            all(&|row, figure| figure.number.point() >= 0.99 * horizon(row)).then_some("the horizon")
        }
        F::TimeToDetectMedian | F::TimeToDetectQ90 | F::TimeToPromoteMedian => {
            all(&|_, figure| figure.number.of_trials().low.is_infinite()).then_some("never")
        }
        F::TimeToRestoreMedian => all(&|_, figure| !grid::is_told(figure)).then_some("too few trials"),
        _ => all(&|_, figure| figure.number.point() == 0.0).then_some("none"),
    }
}

/// A figure's name, short enough for the head of a column.
pub fn short(figure: FigureName) -> String {
    use FigureName as F;
    let name = match figure {
        F::FalseRollbacksByErrors => "rolled back by query errors",
        F::FalseRollbacksByPerson => "rolled back by a person",
        F::Undecided => "no verdict",
        F::RolledBackBeforeOnset => "before onset",
        F::TimeToDetectQ90 => "9 of 10 detected in",
        F::TimeToDetectMean => "mean time to detect",
        F::BlastRadius => "blast radius",
        F::WaitingAtHorizon => "waiting",
        F::TimeWaiting => "mean time waiting",
        other => return other.to_string(),
    };
    name.to_owned()
}

/// The mark of a world whose harm stays within the stated limits.
pub const WITHIN_LIMITS: &str = "*";
/// The mark of detections that are none.
pub const NO_DETECTION: &str = "†";

/// What the heads and marks of a table leave out, a line each.
pub fn legend(page: &Page, harmful: bool, shown: &[FigureName]) -> Vec<String> {
    use FigureName as F;
    let table = &page.table;
    let defined: &[(F, &str)] = &[
        (
            F::MissedHarm,
            "Missed harm: not rolled back by the horizon, whether promoted or still waiting.",
        ),
        (
            F::TimeToDetectMedian,
            "Time to detect: from the onset of harm; missed is never.",
        ),
        (
            F::BlastRadius,
            "Blast radius: requests harmed beyond what stable would have done, expected (mean).",
        ),
        (
            F::TimeToPromoteMedian,
            "Time to promote: not promoted is never, so the median is never where fewer than half are promoted.",
        ),
        (
            F::FalseRollbacksByErrors,
            "Rolled back by query errors: looks in a row gave no verdict, for want of data or because the answer does \
             not fit the condition (not failed requests); part of the false rollbacks, as a share of all trials.",
        ),
        (
            F::Undecided,
            "No verdict: rolled back by query errors, or left waiting for a person by an inconclusive look.",
        ),
        (F::WaitingAtHorizon, "Waiting: for a person, at the horizon."),
        (
            F::TimeWaiting,
            "Mean time waiting: for a person, over all trials, those that never wait too.",
        ),
        (
            F::RolledBackBeforeOnset,
            "Before onset: rolled back before harm could begin.",
        ),
    ];
    let mut lines: Vec<String> = defined
        .iter()
        .filter(|(name, _)| shown.contains(name))
        .map(|(_, line)| (*line).to_owned())
        .collect();
    let of_kind = || {
        let worlds = &table.worlds;
        table
            .rows
            .iter()
            .filter(move |row| worlds[row.world].harmful == harmful)
    };
    if of_kind().any(|row| table.worlds[row.world].within_limits) {
        let limits = match page.assumptions.limits.as_str() {
            "" => String::new(),
            limits => format!(" ({limits})"),
        };
        lines.push(format!(
            "{WITHIN_LIMITS} harm within every limit that the policies state{limits}: misses are shown, not blamed."
        ));
    }
    if of_kind().any(|row| grid::is_no_detection(table, row)) {
        let usual = grid::usual(table).map_or("", |world| table.worlds[world].name.as_str());
        lines.push(format!(
            "{NO_DETECTION} rolled back by query errors, but as often in {usual}, where nothing is wrong: that part is \
             no detection."
        ));
    }
    let untold = of_kind()
        .flat_map(|row| &row.figures)
        .any(|figure| shown.contains(&figure.name) && !grid::is_told(figure));
    if untold {
        lines.push(format!("–: fewer than {} trials got there.", grid::TOLD_FROM));
    }
    lines
}
