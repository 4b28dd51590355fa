//! The rules, one function a rule, in their order.

use std::cmp::Reverse;

use super::Rule;
use super::blame::{FALSE_ROLLBACKS, MISSED_HARM, harmed, most_harm};
use super::said::{harm, mend, not_rolled_back, others, rolled_back, share, told};
use crate::score::figure::{FigureName, Unit};
use crate::score::input::{CheckFact, Policy, Reads, World};
use crate::score::number::Number;
use crate::score::table::Row;
use crate::score::words;

/// More of a harmless world's trials than this ending without a judgement is the verdict.
const UNDECIDED: f64 = 0.01;
/// More of a harmless world's trials than this without an end is the verdict, where nothing else is.
const UNFINISHED: f64 = 0.5;

/// Rule, index of the world spoken of, sentence.
type Judgement = (Rule, Option<usize>, String);

pub(super) fn judge(policy: &Policy, worlds: &[World], rows: &[&Row]) -> Judgement {
    let judged = Judged { policy, worlds, rows };
    judged
        .blind_to_canary()
        .or_else(|| judged.cannot_pass())
        .or_else(|| judged.cannot_fail())
        .or_else(|| judged.undecided())
        .or_else(|| judged.false_rollbacks())
        .or_else(|| judged.missed_harm())
        .or_else(|| judged.late_detection())
        .or_else(|| judged.unfinished())
        .unwrap_or_else(|| judged.nothing_found())
}

/// Rollbacks of a row that a check decided.
fn decided(row: &Row, check: &str) -> u64 {
    let roles = row.attribution.checks.iter();
    roles
        .filter(|role| role.check == check)
        .map(|role| role.decided.count)
        .sum()
}

fn time(number: &Number) -> String {
    words::told(Unit::Seconds, number)
}

struct Judged<'a> {
    policy: &'a Policy,
    worlds: &'a [World],
    rows: &'a [&'a Row],
}

/// The worst value of a figure among some worlds.
pub(super) struct Worst<'a> {
    pub(super) row: &'a Row,
    pub(super) world: &'a World,
    pub(super) number: Number,
    /// How many of the other worlds exceed the limit asked for.
    pub(super) others: usize,
}

impl<'a> Judged<'a> {
    fn blind_to_canary(&self) -> Option<Judgement> {
        let what = match self.policy.facts.reads {
            Reads::Canary => return None,
            Reads::Stated => {
                "No check reads a series: what a job, a web hook or another provider answers is stated, not simulated"
            }
            Reads::Diluted => "The checks see the canary only mixed with the stable version's requests",
            Reads::Nothing if self.policy.checks.is_empty() => "There is no check",
            Reads::Nothing => "No check reads the canary",
        };
        Some(self.with_consequences(Rule::BlindToCanary, what, ""))
    }

    /// Of the checks that are errors at every look, those that decide most stand first: others may never get that far, or
    /// tolerate any number of errors.
    fn cannot_pass(&self) -> Option<Judgement> {
        let mut facts = self.policy.facts.cannot_pass.clone();
        let worst = self.worst(FigureName::FalseRollbacks, false, FALSE_ROLLBACKS);
        let decided = |fact: &CheckFact| worst.as_ref().map_or(0, |worst| decided(worst.row, &fact.check));
        facts.sort_by_key(|fact| Reverse(decided(fact)));
        let what = told(&facts)?;
        if self.passes_all_the_same(&facts) {
            let what = format!("Nothing is judged by {what}");
            return Some(self.with_consequences(Rule::FixedAnswer, &what, &mend(&facts)));
        }
        let world = worst.as_ref().map(|worst| worst.row.world);
        let so = worst.map(|worst| {
            let by = worst
                .by()
                .filter(|&main| facts.iter().all(|fact| fact.check != *main));
            rolled_back(&worst, by)
        });
        let so = so.unwrap_or_default();
        Some((
            Rule::FixedAnswer,
            world,
            format!("No release can pass {what}.{so}{}", mend(&facts)),
        ))
    }

    /// Whether none of these checks ends a harmless release, and some are promoted.
    fn passes_all_the_same(&self, facts: &[CheckFact]) -> bool {
        let ends = |row: &Row| facts.iter().any(|fact| decided(row, &fact.check) > 0);
        let promotes = |row: &Row| row.endings.is_some_and(|endings| endings.promoted.count > 0);
        self.harmless().any(promotes) && !self.harmless().any(ends)
    }

    fn cannot_fail(&self) -> Option<Judgement> {
        let facts = &self.policy.facts.cannot_fail;
        let what = format!("Nothing can fail {}", told(facts)?);
        Some(self.with_consequences(Rule::FixedAnswer, &what, &mend(facts)))
    }

    /// Beside what is known without playing: the harm missed, then what is rolled back for nothing all the same, which no
    /// later rule will tell.
    fn with_consequences(&self, rule: Rule, what: &str, mend: &str) -> Judgement {
        let missed = self.most_harm();
        let wrong = self.rolled_back_too_often();
        let told = [
            missed.as_ref().map(not_rolled_back),
            wrong.as_ref().map(|worst| rolled_back(worst, worst.by())),
        ];
        let world = missed.or(wrong).map(|worst| worst.row.world);
        let so: String = told.into_iter().flatten().collect();
        (rule, world, format!("{what}.{so}{mend}"))
    }

    fn rolled_back_too_often(&self) -> Option<Worst<'a>> {
        self.worst(FigureName::FalseRollbacks, false, FALSE_ROLLBACKS)
            .filter(Worst::exceeds(FALSE_ROLLBACKS))
    }

    fn undecided(&self) -> Option<Judgement> {
        let worst = self
            .worst(FigureName::Undecided, false, UNDECIDED)
            .filter(Worst::exceeds(UNDECIDED))
            .filter(|worst| worst.number.point() >= self.wrongly_judged())?;
        let by_errors = worst
            .row
            .endings
            .map_or(0, |endings| endings.rolled_back_by_errors.count);
        let all = (worst.number.point() * worst.number.n() as f64).round() as u64;
        let how = match by_errors {
            0 => "wait for a person after an inconclusive look".into(),
            errors if errors == all => "are rolled back by query errors".into(),
            errors => format!(
                "are rolled back by query errors ({}) or wait after an inconclusive look ({})",
                words::thousands(errors),
                words::thousands(all - errors)
            ),
        };
        let false_rollbacks = self.figures(FigureName::FalseRollbacks, false);
        let many = false_rollbacks.filter(|(_, _, number)| number.point() > FALSE_ROLLBACKS);
        let sentence = format!(
            "In world `{}` {} of harmless releases {how}, without a judgement of the canary{}{}.",
            worst.world.name,
            share(&worst.number),
            others(worst.others, "1 %", "harmless"),
            match many.count() {
                0 => String::new(),
                1 => "; false rollbacks are over 5 % in 1 harmless world".into(),
                n => format!("; false rollbacks are over 5 % in {n} harmless worlds"),
            },
        );
        Some((Rule::Undecided, Some(worst.row.world), sentence))
    }

    fn harmless(&self) -> impl Iterator<Item = &'a Row> + use<'a> {
        let worlds = self.worlds;
        self.rows.iter().copied().filter(|row| !worlds[row.world].harmful)
    }

    /// The largest share of a harmless world's trials that checks roll back, if that is too many; else nothing.
    fn wrongly_judged(&self) -> f64 {
        let judged = self.harmless().filter_map(|row| row.endings);
        let shares = judged.map(|endings| endings.rolled_back_by_check.share.point());
        shares
            .filter(|&share| share > FALSE_ROLLBACKS)
            .fold(0.0, f64::max)
    }

    fn false_rollbacks(&self) -> Option<Judgement> {
        let worst = self.rolled_back_too_often()?;
        let sentence = rolled_back(&worst, worst.by()).trim_start().to_owned();
        Some((Rule::FalseRollbacks, Some(worst.row.world), sentence))
    }

    fn missed_harm(&self) -> Option<Judgement> {
        let worst = self.most_harm()?;
        let waiting = worst
            .row
            .figure(FigureName::MissedWaiting)
            .map(|figure| figure.number);
        let waiting = waiting
            .filter(|number| number.point() > 0.0)
            .map(|number| format!(", {} wait for a person while it goes on", share(&number)));
        let sentence = format!(
            "In world `{}`, whose harm no stated limit allows, {} of releases are not rolled back{}{}.",
            worst.world.name,
            share(&worst.number),
            waiting.unwrap_or_default(),
            harm(&worst),
        );
        Some((Rule::MissedHarm, Some(worst.row.world), sentence))
    }

    /// Where too much harm is missed, and most is done.
    fn most_harm(&self) -> Option<Worst<'a>> {
        let row = most_harm(self.worlds, self.rows.iter().copied())?;
        let missed = self.figures(FigureName::MissedHarm, true);
        let missed = missed.filter(|(_, _, number)| number.point() > MISSED_HARM);
        Some(Worst {
            row,
            world: &self.worlds[row.world],
            number: row.figure(FigureName::MissedHarm)?.number,
            others: missed.count() - 1,
        })
    }

    fn late_detection(&self) -> Option<Judgement> {
        let mut late = self
            .figures(FigureName::TimeToDetectMedian, true)
            .filter(|(_, world, number)| {
                number.point().is_finite() && number.point() > world.horizon.as_secs_f64() / 2.0
            })
            .collect::<Vec<_>>();
        late.sort_by(|a, b| b.2.point().total_cmp(&a.2.point()));
        let (row, world, number) = late.first()?;
        let sentence = format!(
            "In world `{}` harm is caught late: the median time to detect is {}, more than half the horizon \
             of {}.",
            world.name,
            time(number),
            world.horizon,
        );
        Some((Rule::LateDetection, Some(row.world), sentence))
    }

    /// A policy that waits for a person by itself, where none comes, says so in its note.
    fn unfinished(&self) -> Option<Judgement> {
        let facts = &self.policy.facts;
        if !facts.own_pauses.is_empty() && facts.person.is_none() {
            return None;
        }
        let hanging = |row: &Row| {
            let endings = row.endings?;
            let [waiting, running] = [endings.waiting, endings.running];
            let more = if waiting.count > running.count {
                waiting
            } else {
                running
            };
            (more.share.point() > UNFINISHED).then_some(more.share)
        };
        let (row, number) = self.harmless().find_map(|row| Some((row, hanging(row)?)))?;
        let sentence = format!(
            "In world `{}` {} of harmless releases are neither promoted nor rolled back by the horizon.",
            self.worlds[row.world].name,
            share(&number),
        );
        Some((Rule::Unfinished, Some(row.world), sentence))
    }

    fn nothing_found(&self) -> Judgement {
        let said = |name, harmful, what: &str, say: fn(&Number) -> String| {
            let worst = self.worst(name, harmful, f64::INFINITY)?;
            Some(format!(
                "{what} {} in world `{}`",
                say(&worst.number),
                worst.world.name
            ))
        };
        let worsts: Vec<String> = [
            said(
                FigureName::FalseRollbacks,
                false,
                "false rollbacks at most",
                share,
            ),
            said(
                FigureName::MissedHarm,
                true,
                "missed harm beyond the stated limits at most",
                share,
            ),
            said(
                FigureName::TimeToDetectMedian,
                true,
                "median time to detect at most",
                time,
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        let sentence = match worsts.as_slice() {
            [] => match self.missed_within_limits() {
                None => "Nothing found in these worlds.".into(),
                Some(within) => format!("Nothing found beyond the limits that the policies state; {within}."),
            },
            worsts => format!("Nothing found in these worlds: {}.", worsts.join(", ")),
        };
        (Rule::NothingFound, None, sentence)
    }

    /// Where most harm is missed that the stated limits allow: to be said where nothing else was played.
    fn missed_within_limits(&self) -> Option<String> {
        let within = |row: &&&Row| self.worlds[row.world].within_limits;
        let missed = self.rows.iter().filter(within).filter_map(|row| {
            let missed = row.figure(FigureName::MissedHarm)?;
            (missed.number.point() > MISSED_HARM).then_some((*row, missed))
        });
        let (row, missed) = missed.reduce(|most, next| match harmed(next.0) > harmed(most.0) {
            true => next,
            false => most,
        })?;
        let world = &self.worlds[row.world].name;
        let share = share(&missed.number);
        Some(format!(
            "within them, in world `{world}` {share} of releases are not rolled back"
        ))
    }

    /// The figure in every harmless world, or in every world with harm beyond the stated limits.
    fn figures(
        &self,
        name: FigureName,
        harmful: bool,
    ) -> impl Iterator<Item = (&'a Row, &'a World, Number)> + use<'a> {
        let worlds = self.worlds;
        self.rows.iter().filter_map(move |&row| {
            let world = &worlds[row.world];
            let asked = world.harmful == harmful && !(harmful && world.within_limits);
            let figure = row.figure(name).filter(|_| asked)?;
            Some((row, world, figure.number))
        })
    }

    /// The largest of them; of equal ones the first.
    fn worst(&self, name: FigureName, harmful: bool, limit: f64) -> Option<Worst<'a>> {
        let mut worst: Option<Worst<'a>> = None;
        let mut over = 0;
        for (row, world, number) in self.figures(name, harmful) {
            over += usize::from(number.point() > limit);
            // Of harmless worlds the first one over the limit says most: they stand in order of how common they are.
            let settled = |worst: &Worst<'_>| !harmful && worst.number.point() > limit;
            let worse = |worst: &Worst<'_>| number.point() > worst.number.point() && !settled(worst);
            if worst.as_ref().is_none_or(worse) {
                worst = Some(Worst {
                    row,
                    world,
                    number,
                    others: 0,
                });
            }
        }
        worst.map(|worst| Worst {
            others: over.saturating_sub(1),
            ..worst
        })
    }
}

impl<'a> Worst<'a> {
    /// The check that decides most of the row's rollbacks.
    fn by(&self) -> Option<&'a String> {
        self.row.attribution.main().map(|role| &role.check)
    }

    fn exceeds(limit: f64) -> impl Fn(&Self) -> bool {
        move |worst| worst.number.point() > limit
    }
}
