//! What is said in sentences: verdicts, what differs from the first policy, who decided.

use std::collections::BTreeMap;

use super::Page;
use super::columns::short;
use super::grid::Beside;
use crate::score::words::{self, thousands};
use crate::score::{Comparison, FigureName, Rule, Table, Word};
use crate::stats::LEVEL;

/// How a verdict is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Nothing speaks against the policy.
    Good,
    /// It is wrong too often or too late.
    Bad,
    /// It does not answer.
    Open,
}

/// A policy's verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// Name of the policy.
    pub policy: &'a str,
    /// How to take it.
    pub mood: Mood,
    /// What stands before the verdict.
    pub note: Option<&'a str>,
    /// The verdict.
    pub sentence: &'a str,
}

/// Each policy's verdict, in the order of the call.
pub fn verdicts(table: &Table) -> Vec<Said<'_>> {
    let said = table.policies.iter().map(|policy| Said {
        policy: &policy.name,
        mood: match policy.verdict.rule {
            Rule::NothingFound => Mood::Good,
            Rule::Undecided => Mood::Open,
            Rule::BlindToCanary
            | Rule::FixedAnswer
            | Rule::FalseRollbacks
            | Rule::MissedHarm
            | Rule::LateDetection
            | Rule::Unfinished => Mood::Bad,
        },
        note: policy.verdict.note.as_deref(),
        sentence: &policy.verdict.sentence,
    });
    said.collect()
}

/// `Cut short: 40 of 1,000 trials in each world were played.`, where a signal came.
pub fn cut_short(page: &Page) -> Option<String> {
    let (played, planned) = page.cut_short()?;
    let [played, planned] = [played, planned].map(thousands);
    Some(format!(
        "Cut short: {played} of {planned} trials in each world were played."
    ))
}

/// `n = 500 trials in each world; 95 % intervals in brackets; horizon 1h20m.`.
pub fn trials(table: &Table) -> String {
    let trials = range(table.rows.iter().map(|row| row.trials), thousands);
    let horizon = range(table.worlds.iter().map(|world| world.horizon), |horizon| {
        horizon.to_string()
    });
    let level = LEVEL * 100.0;
    let recorded = match table.recorded.map(|recorded| recorded.days) {
        None => "",
        Some(0 | 1) => ": of the trials, and between recorded days (there is one: it cannot be said)",
        Some(_) => ": of the trials, and between recorded days",
    };
    format!(
        "n = {trials} trials in each world; {level:.0} % intervals in brackets{recorded}; horizon {horizon}."
    )
}

fn range<T: Ord + Default>(values: impl Iterator<Item = T> + Clone, word: impl Fn(T) -> String) -> String {
    let least = values.clone().min().unwrap_or_default();
    let most = values.max().unwrap_or_default();
    if least == most {
        word(least)
    } else {
        format!("{} to {}", word(least), word(most))
    }
}

/// How the policies but the first differ from it: first the figures that say most, then in which worlds they are better or
/// worse, figure by figure; with the policies it is said of.
pub fn beside_first(table: &Table) -> Vec<(Vec<&str>, String)> {
    let first = table.policies.first().map_or("", |policy| &policy.name);
    let others = table.policies.iter().enumerate().skip(1);
    let sentences = others.map(|(index, policy)| {
        let told = [Word::Better, Word::Worse].map(|word| foremost(table, index, Some(word)));
        let told: Vec<String> = told.into_iter().flatten().collect();
        let differences = [Word::Better, Word::Worse].map(|word| worlds_by_figure(table, index, word));
        let sentence = match differences {
            [better, worse] if better.is_empty() && worse.is_empty() => {
                let most = foremost(table, index, None);
                let most = most.map(|most| format!("at most {most}; ")).unwrap_or_default();
                format!("{most}these trials tell no difference from {first}.")
            }
            [better, worse] if worse.is_empty() => {
                format!("{}. Better than {first} in {better}.", told.join("; "))
            }
            [better, worse] if better.is_empty() => {
                format!("{}. Worse than {first} in {worse}.", told.join("; "))
            }
            [better, worse] => format!(
                "{}. Better than {first} in {better}; worse in {worse}.",
                told.join("; ")
            ),
        };
        let unsettled = table.comparisons.iter().any(|found| {
            let told = matches!(found.word, Word::Better | Word::Worse);
            found.policy == index && told && found.is_settled() == Some(false)
        });
        let of_trials = if unsettled { UNSETTLED } else { "" };
        (policy.name.as_str(), format!("{sentence}{of_trials}"))
    });
    said_once(sentences)
}

/// Of a policy's differences of that word (of all, where none is said) the one to quote, with its interval: `missed harm
/// −12 points (−15 to −9, n = 500 pairs) in latency × 3`. Shares stand before requests and times, and harm beyond the stated
/// limits before harm within them; of these the largest difference is taken.
fn foremost(table: &Table, policy: usize, word: Option<Word>) -> Option<String> {
    let rank = |figure| match figure {
        FigureName::MissedHarm | FigureName::FalseRollbacks => 0,
        FigureName::BlastRadius => 1,
        FigureName::TimeToDetectMean | FigureName::TimeToDetectMedian => 2,
        _ => 3,
    };
    let order = |found: &&Comparison| {
        let within = table.worlds[found.world].within_limits;
        (within, rank(found.figure), -found.difference.point().abs())
    };
    let of_word = |found: &&Comparison| found.policy == policy && word.is_none_or(|word| found.word == word);
    let found = table.comparisons.iter().filter(of_word).min_by(|one, other| {
        let ((a, b, c), (d, e, f)) = (order(one), order(other));
        (a, b).cmp(&(d, e)).then(c.total_cmp(&f))
    })?;
    let difference = words::told_difference(found.unit, &found.difference);
    let world = &table.worlds[found.world].name;
    let figure = match found.figure {
        FigureName::TimeToPromoteMean => "mean time to promote".to_owned(),
        figure => short(figure),
    };
    Some(format!("{figure} {difference} in {world}"))
}

/// What a sentence about differences leaves out of a world over a recording.
const UNSETTLED: &str = " These trials say so; whether other days would, the recorded ones do not tell everywhere (marks \
                         with ?).";

fn worlds_by_figure(table: &Table, policy: usize, word: Word) -> String {
    let mut by_figure = BTreeMap::<_, Vec<&str>>::new();
    for found in &table.comparisons {
        if found.policy == policy && found.word == word {
            let worlds = by_figure.entry(found.figure).or_default();
            worlds.push(&table.worlds[found.world].name);
        }
    }
    let parts: Vec<String> = by_figure
        .into_iter()
        .map(|(figure, worlds)| format!("{} ({})", spoken(figure), few(&worlds)))
        .collect();
    parts.join(", ")
}

/// A figure in a sentence about differences, where medians and means need not be told apart.
fn spoken(figure: FigureName) -> String {
    match figure {
        FigureName::TimeToDetectMean | FigureName::TimeToDetectMedian => "time to detect".to_owned(),
        FigureName::TimeToPromoteMean | FigureName::TimeToPromoteMedian => "time to promote".to_owned(),
        other => short(other),
    }
}

/// What the marks beside numbers mean; empty when nothing was compared.
pub fn marks(table: &Table) -> String {
    if table.comparisons.is_empty() {
        return String::new();
    }
    let first = table.policies.first().map_or("", |policy| &policy.name);
    let n = table.comparisons.len();
    let [better, worse, same] = [Word::Better, Word::Worse, Word::Same].map(|word| {
        mark(Beside {
            word,
            unsettled: false,
        })
    });
    let unsettled = match table.recorded {
        Some(_) => " ? behind a mark: of the trials only; the recorded days do not tell.",
        None => "",
    };
    format!(
        "{better} better, {worse} worse, {same} same as {first}, pair by pair on the same luck, corrected for {n} \
         comparisons (times by means, never as the horizon); no mark: cannot tell.{unsettled}"
    )
}

/// The sign of a comparison beside a number.
pub const fn mark(beside: Beside) -> &'static str {
    match (beside.word, beside.unsettled) {
        (Word::Better, false) => "+",
        (Word::Better, true) => "+?",
        (Word::Worse, false) => "−",
        (Word::Worse, true) => "−?",
        (Word::Same, false) => "=",
        (Word::Same, true) => "=?",
        (Word::CannotTell, _) => "",
    }
}

/// Which checks decided where, and which never; with the policies it is said of.
pub fn deciders(table: &Table) -> Vec<(Vec<&str>, String)> {
    let said = table.policies.iter().enumerate().map(|(index, policy)| {
        let mut parts = Vec::new();
        for check in &policy.checks {
            let rows = table.rows.iter().filter(|row| row.policy == index);
            let worlds: Vec<&str> = rows
                .filter(|row| {
                    let mut roles = row.attribution.checks.iter();
                    roles.any(|role| role.check == *check && role.decided.share.point() > 0.5)
                })
                .map(|row| table.worlds[row.world].name.as_str())
                .collect();
            if !worlds.is_empty() {
                parts.push(format!("{check} decides most rollbacks in {}", few(&worlds)));
            }
        }
        if !policy.idle_checks.is_empty() {
            parts.push(format!("never decides: {}", policy.idle_checks.join(", ")));
        }
        let mut sentence = parts.join("; ");
        if !sentence.is_empty() {
            sentence.push('.');
        }
        (policy.name.as_str(), sentence)
    });
    said_once(said.filter(|(_, sentence)| !sentence.is_empty()))
}

/// What is said of several policies in the same words is said once.
fn said_once<'a>(sentences: impl Iterator<Item = (&'a str, String)>) -> Vec<(Vec<&'a str>, String)> {
    let mut once: Vec<(Vec<&str>, String)> = Vec::new();
    for (policy, sentence) in sentences {
        match once.iter_mut().find(|(_, same)| *same == sentence) {
            Some((policies, _)) => policies.push(policy),
            None => once.push((vec![policy], sentence)),
        }
    }
    once
}

/// The first three of a list, and how many more there are.
pub fn few(names: &[&str]) -> String {
    let separator = if names.iter().any(|name| name.contains(',')) {
        "; "
    } else {
        ", "
    };
    match names {
        [first @ .., _, _] if first.len() >= 3 => {
            format!("{} and {} more", names[..3].join(separator), names.len() - 3)
        }
        _ => names.join(separator),
    }
}
