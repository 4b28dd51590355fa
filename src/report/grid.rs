//! Which figures a table shows, in which order, and what stands in a cell.

use crate::score::words::{self, Words};
use crate::score::{Figure, FigureName, Row, Table, Word, is_blamed};

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
}

/// How a figure compares with that of the first policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    /// What the trials say.
    pub word: Word,
    /// Whether the recorded days leave open that others would say otherwise.
    pub unsettled: bool,
}

/// The figures to show for harmful or harmless worlds, those first that matter most. What never happened is left out.
pub fn figures(table: &Table, harmful: bool) -> Vec<FigureName> {
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
            F::TimeToPromoteMedian,
            F::FalseRollbacksByErrors,
            F::FalseRollbacksByPerson,
            F::Undecided,
            F::WaitingAtHorizon,
            F::TimeWaiting,
        ]
    };
    let rows = || {
        let of_kind = |row: &&Row| table.worlds[row.world].harmful == harmful;
        table.rows.iter().filter(of_kind)
    };
    let shown = |name: &F| {
        let always = !matches!(
            name,
            F::RolledBackBeforeOnset
                | F::WaitingAtHorizon
                | F::FalseRollbacksByErrors
                | F::FalseRollbacksByPerson
                | F::Undecided
                | F::TimeWaiting
        );
        let mut found = rows().filter_map(|row| row.figure(*name));
        found.any(|figure| always || figure.number.point() > 0.0)
    };
    wanted.iter().copied().filter(shown).collect()
}

/// A figure's name, short enough for the head of a column.
pub fn short(figure: FigureName) -> String {
    use FigureName as F;
    match figure {
        F::FalseRollbacksByErrors => "of these by errors".to_owned(),
        F::FalseRollbacksByPerson => "of these by a person".to_owned(),
        F::Undecided => "undecided".to_owned(),
        F::RolledBackBeforeOnset => "before onset".to_owned(),
        F::TimeToDetectMedian => "time to detect".to_owned(),
        F::TimeToDetectQ90 => "9 of 10 detected in".to_owned(),
        F::TimeToDetectMean => "mean time to detect".to_owned(),
        F::TimeToRestoreMedian => "time to restore".to_owned(),
        F::BlastRadius => "blast radius".to_owned(),
        F::TimeToPromoteMedian => "time to promote".to_owned(),
        F::WaitingAtHorizon => "waiting".to_owned(),
        F::TimeWaiting => "time waiting".to_owned(),
        other => other.to_string(),
    }
}

/// What the short names leave out, one line.
pub const LEGEND: &str = "Times: medians, missed or not promoted is never; blast radius: requests harmed beyond what \
                          stable would have done, expected (mean).";

/// The mark of a world whose harm stays within the stated limits, and what it says.
pub const WITHIN_LIMITS: (&str, &str) = (
    "*",
    "harm within every stated limit: misses are shown, not blamed.",
);

/// What stands where `policy`, `world` and `figure` meet; absent where no trial gives the figure.
pub fn cell(table: &Table, policy: usize, world: usize, figure: FigureName) -> Option<Cell> {
    let row = table.row(policy, world)?;
    let found = row.figure(figure)?;
    Some(Cell {
        words: cell_words(row, found),
        tone: tone(table, world, found),
        beside: beside(table, policy, world, figure),
    })
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
