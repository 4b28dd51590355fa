//! What to keep in mind, in sentences.

use std::mem::discriminant;

use super::{grid, say};
use crate::score::{Caveat, FigureName, Table};

/// A kind of caveat: the worst of its kind, and where it applies.
type Kind = (Caveat, Vec<String>);

/// What to keep in mind about the rows and their figures, and what to do about it: a sentence for each kind of caveat,
/// in the words of the worst of its kind.
pub fn caveats(table: &Table) -> Vec<String> {
    let sentence = |(caveat, places): &Kind| {
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        format!("{}: {caveat}; {}.", say::few(&places), caveat.advice())
    };
    kinds(table, |_| true).iter().map(sentence).collect()
}

/// The same in short, one line a kind, of those figures that are `shown`.
pub fn short(table: &Table, shown: impl Fn(FigureName) -> bool) -> Vec<String> {
    let line = |(caveat, places): &Kind| match places.as_slice() {
        [only] => format!("{} ({only})", caveat.short()),
        places => format!("{} ({} places)", caveat.short(), places.len()),
    };
    kinds(table, shown).iter().map(line).collect()
}

fn kinds(table: &Table, shown: impl Fn(FigureName) -> bool) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for row in &table.rows {
        let world = &table.worlds[row.world];
        let place = match table.policies.len() {
            1 => world.name.clone(),
            _ => format!("{}, {}", table.policies[row.policy].name, world.name),
        };
        for caveat in &row.caveats {
            note(&mut kinds, *caveat, place.clone());
        }
        let drawn = grid::figures(table, world.harmful);
        for figure in &row.figures {
            if drawn.contains(&figure.name) && shown(figure.name) {
                for caveat in &figure.caveats {
                    let name = grid::short(figure.name);
                    note(&mut kinds, *caveat, format!("{name}, {place}"));
                }
            }
        }
    }
    kinds
}

fn note(kinds: &mut Vec<Kind>, caveat: Caveat, place: String) {
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
        | Caveat::DetectedByErrors { errors: more, .. } => more,
        Caveat::TooFewDetected { detected: less } | Caveat::RareValues { rare: less } => u64::MAX - less,
        _ => 0,
    }
}
