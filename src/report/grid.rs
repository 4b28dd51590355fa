//! What stands in a cell of a table.

use super::columns::NO_DETECTION;
use super::say;
use crate::score::words::{self, Words};
use crate::score::{Caveat, Figure, FigureName, Row, Table, Word, is_blamed};

/// How a number is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A reason for the verdict to speak against the policy.
    Bad,
    /// Nothing to say.
    Plain,
}

/// One figure of one policy in one world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The number and its intervals; the first names its own `n` where that is not the row's.
    pub words: Words,
    /// How to take it.
    pub tone: Tone,
    /// Beside the first policy, pair by pair; absent for the first policy and where nothing was compared.
    pub beside: Option<Beside>,
    /// Whether what was detected is no detection.
    pub no_detection: bool,
}

/// How a figure compares with that of the first policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    /// What the trials say.
    pub word: Word,
    /// Whether the recorded days leave open that others would say otherwise.
    pub unsettled: bool,
}

/// Trials that have to get somewhere before a time among them is told.
pub const TOLD_FROM: u64 = 10;

/// Whether enough trials are behind a figure that is about some of them only.
pub fn is_told(figure: &Figure) -> bool {
    figure.name != FigureName::TimeToRestoreMedian || figure.number.n() >= TOLD_FROM
}

/// The harmless world that the others are beside: the first.
pub fn usual(table: &Table) -> Option<usize> {
    table.worlds.iter().position(|world| !world.harmful)
}

/// Whether harm was caught by query errors that come as often where nothing is wrong.
pub fn is_no_detection(table: &Table, row: &Row) -> bool {
    let by_errors = row
        .caveats
        .iter()
        .any(|caveat| matches!(caveat, Caveat::DetectedByErrors { .. }));
    let usual = usual(table).and_then(|world| table.row(row.policy, world)?.endings.as_ref());
    match (row.endings.as_ref(), usual) {
        (Some(here), Some(usual)) if by_errors => {
            here.rolled_back_by_errors.share.of_trials().low
                <= usual.rolled_back_by_errors.share.of_trials().high
        }
        _ => false,
    }
}

/// What stands where `policy`, `world` and `figure` meet; absent where no trial gives the figure.
pub fn cell(table: &Table, policy: usize, world: usize, figure: FigureName) -> Option<Cell> {
    let row = table.row(policy, world)?;
    let found = row.figure(figure).filter(|found| is_told(found))?;
    Some(Cell {
        words: cell_words(row, found),
        tone: tone(table, world, found),
        beside: beside(table, policy, world, figure),
        no_detection: figure == FigureName::MissedHarm && is_no_detection(table, row),
    })
}

impl Cell {
    /// What stands behind the number.
    pub fn mark(&self) -> String {
        let no_detection = self.no_detection.then_some(NO_DETECTION);
        let beside = self.beside.map_or("", say::mark);
        let marks: Vec<&str> = no_detection
            .into_iter()
            .chain([beside])
            .filter(|mark| !mark.is_empty())
            .collect();
        marks.join(" ")
    }
}

fn cell_words(row: &Row, figure: &Figure) -> Words {
    let mut words = words::number(figure.unit, &figure.number);
    if figure.number.n() != row.trials {
        let n = format!("n={}", words::thousands(figure.number.n()));
        words.interval = if words.interval.is_empty() {
            n
        } else {
            format!("{}, {n}", words.interval)
        };
    }
    words
}

fn tone(table: &Table, world: usize, figure: &Figure) -> Tone {
    if is_blamed(&table.worlds[world], figure) {
        Tone::Bad
    } else {
        Tone::Plain
    }
}

/// A median is marked by the comparison of its mean where medians are not compared.
fn beside(table: &Table, policy: usize, world: usize, figure: FigureName) -> Option<Beside> {
    let mean = match figure {
        FigureName::TimeToDetectMedian => FigureName::TimeToDetectMean,
        FigureName::TimeToPromoteMedian => FigureName::TimeToPromoteMean,
        other => other,
    };
    let of = |figure| {
        table
            .comparisons
            .iter()
            .find(|found| found.policy == policy && found.world == world && found.figure == figure)
    };
    of(figure).or_else(|| of(mean)).map(|found| Beside {
        word: found.word,
        unsettled: found.is_settled() == Some(false),
    })
}
