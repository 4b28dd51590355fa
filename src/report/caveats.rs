//! What to keep in mind, in sentences.

use std::mem::discriminant;

use super::columns::{Columns, short as head};
use super::say;
use crate::score::{Caveat, FigureName, Table};

/// What to keep in mind about the rows and their figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caveats {
    /// What changes how the tables read: at most three sentences.
    pub first: Vec<String>,
    /// The rest, by what to do about it.
    pub rest: Vec<Group>,
}

/// Caveats that ask for the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What to do.
    pub advice: &'static str,
    /// What is so, and where: a line each.
    pub lines: Vec<String>,
}

/// So many stand first.
const FIRST: usize = 3;

impl Caveats {
    /// Those of the figures that tables show: each kind once, in the words of the worst of its kind.
    pub fn of(table: &Table) -> Self {
        let mut caveats = Self::default();
        for kind in &kinds(table, |_| true) {
            if changes_the_reading(kind) && caveats.first.len() < FIRST {
                let (caveat, places) = kind;
                caveats
                    .first
                    .push(format!("{}: {caveat}; {}.", told(places), caveat.advice()));
            } else {
                caveats.add(kind);
            }
        }
        caveats
    }

    /// What stands above those that are folded.
    pub fn title(&self) -> String {
        let count: usize = self.rest.iter().map(|group| group.lines.len()).sum();
        let more = if self.first.is_empty() {
            "Caveats"
        } else {
            "More caveats"
        };
        format!("{more} ({count})")
    }

    fn add(&mut self, (caveat, places): &Kind) {
        let (advice, line) = match caveat {
            Caveat::IntervalTooWide { .. } => (
                MORE_TRIALS,
                format!("{caveat}, {}: {}.", caveat.advice(), told(places)),
            ),
            Caveat::TooFewDetected { .. } | Caveat::RareValues { .. } | Caveat::NoSpread | Caveat::Skewed => {
                (MORE_TRIALS, format!("{caveat}: {}.", told(places)))
            }
            Caveat::MostlyHorizon | Caveat::DetectedByErrors { .. } => (
                "Read the missed harm instead of these:",
                format!("{caveat}: {}.", told(places)),
            ),
            _ => (
                "Keep in mind:",
                format!("{caveat}; {}: {}.", caveat.advice(), told(places)),
            ),
        };
        match self.rest.iter_mut().find(|group| group.advice == advice) {
            Some(group) => group.lines.push(line),
            None => self.rest.push(Group {
                advice,
                lines: vec![line],
            }),
        }
    }
}

const MORE_TRIALS: &str = "Play more trials before you lean on these:";

/// Whether the tables say something else than they seem to.
fn changes_the_reading((caveat, places): &Kind) -> bool {
    match caveat {
        Caveat::DetectedByErrors { .. } | Caveat::StillRunning { .. } | Caveat::FewRollouts { .. } => true,
        Caveat::IntervalTooWide { .. } => places.iter().any(|place| {
            matches!(
                place.figure,
                Some(FigureName::FalseRollbacks | FigureName::MissedHarm)
            )
        }),
        _ => false,
    }
}

/// A kind of caveat: the worst of its kind, and where it applies.
type Kind = (Caveat, Vec<Place>);

/// Where a caveat applies.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// Absent: the whole row.
    figure: Option<FigureName>,
    /// The world, or policy and world.
    row: String,
}

/// `mean time waiting (plain, cold start and 3 more), mean time to detect (slow leak)`.
fn told(places: &[Place]) -> String {
    let mut figures: Vec<(Option<FigureName>, Vec<&str>)> = Vec::new();
    for place in places {
        match figures.iter_mut().find(|(figure, _)| *figure == place.figure) {
            Some((_, rows)) => rows.push(&place.row),
            None => figures.push((place.figure, vec![&place.row])),
        }
    }
    let parts: Vec<String> = figures
        .into_iter()
        .map(|(figure, rows)| match figure {
            None => say::few(&rows),
            Some(figure) => format!("{} ({})", head(figure), say::few(&rows)),
        })
        .collect();
    parts.join("; ")
}

/// All of them in short, one line a kind, of those figures that are `shown`.
pub fn short(table: &Table, shown: impl Fn(FigureName) -> bool) -> Vec<String> {
    let line = |(caveat, places): &Kind| match places.as_slice() {
        [only] => match only.figure {
            None => format!("{} ({})", caveat.short(), only.row),
            Some(figure) => format!("{} ({}, {})", caveat.short(), head(figure), only.row),
        },
        places => format!("{} ({} places)", caveat.short(), places.len()),
    };
    kinds(table, shown).iter().map(line).collect()
}

fn kinds(table: &Table, shown: impl Fn(FigureName) -> bool) -> Vec<Kind> {
    let drawn = [false, true].map(|harmful| Columns::of(table, harmful).shown);
    let mut kinds: Vec<Kind> = Vec::new();
    for row in &table.rows {
        let world = &table.worlds[row.world];
        let name = || match table.policies.len() {
            1 => world.name.clone(),
            _ => format!("{}, {}", table.policies[row.policy].name, world.name),
        };
        for caveat in &row.caveats {
            let place = Place {
                figure: None,
                row: name(),
            };
            note(&mut kinds, *caveat, place);
        }
        for figure in &row.figures {
            if drawn[usize::from(world.harmful)].contains(&figure.name) && shown(figure.name) {
                for caveat in &figure.caveats {
                    let place = Place {
                        figure: Some(figure.name),
                        row: name(),
                    };
                    note(&mut kinds, *caveat, place);
                }
            }
        }
    }
    kinds
}

fn note(kinds: &mut Vec<Kind>, caveat: Caveat, place: Place) {
    let same = |(known, _): &&mut Kind| discriminant(known) == discriminant(&caveat);
    match kinds.iter_mut().find(same) {
        None => kinds.push((caveat, vec![place])),
        Some((worst, places)) => {
            places.push(place);
            if weight(&caveat) > weight(worst) {
                *worst = caveat;
            }
        }
    }
}

/// Among caveats of one kind, the heavier is the worse.
fn weight(caveat: &Caveat) -> u64 {
    match *caveat {
        Caveat::IntervalTooWide { trials: more }
        | Caveat::StillRunning { running: more }
        | Caveat::DetectedByErrors { errors: more, .. }
        | Caveat::AfterHealing { late: more, .. } => more,
        Caveat::TooFewDetected { detected: less } | Caveat::RareValues { rare: less } => u64::MAX - less,
        _ => 0,
    }
}
