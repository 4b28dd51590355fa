//! One policy in one world: its figures.

use super::attribution::Attribution;
use super::between::Days;
use super::caveat::Caveat;
use super::endings::{Part, Parts};
use super::figure::{Figure, FigureName};
use super::input::{Cell, Policy, World};
use super::number::Number;
use super::table::Row;
use crate::simulator::{Ending, Outcome};
use crate::stats;
use crate::units::Timestamp;

/// Scores the outcomes of `cell`, whose trials begin on `days`; `seed` is that of the bootstrap.
pub(super) fn row(policies: &[Policy], worlds: &[World], cell: &Cell<'_>, days: Days<'_>, seed: u64) -> Row {
    let (policy, world) = (&policies[cell.policy], &worlds[cell.world]);
    let trials = Trials {
        policy,
        world,
        outcomes: cell.outcomes,
        days,
        seed,
    };
    let mut figures = if world.harmful {
        trials.harm()
    } else {
        trials.no_harm()
    };
    figures.extend(trials.waits());
    let endings = Parts::of(cell.outcomes, days);
    Row {
        policy: cell.policy,
        world: cell.world,
        trials: trials.n(),
        address: cell.address.clone(),
        figures: figures.into_iter().flatten().collect(),
        attribution: Attribution::of(&policy.checks, world, cell.outcomes, days),
        caveats: endings
            .as_ref()
            .map(|endings| Caveat::of_endings(endings, world.harmful))
            .unwrap_or_default()
            .into_iter()
            .chain(Caveat::of_healing(cell.outcomes))
            .collect(),
        endings,
    }
}

struct Trials<'a> {
    policy: &'a Policy,
    world: &'a World,
    outcomes: &'a [Outcome],
    days: Days<'a>,
    seed: u64,
}

impl Trials<'_> {
    fn n(&self) -> u64 {
        self.outcomes.len() as u64
    }

    fn no_harm(&self) -> Vec<Option<Figure>> {
        let by = |ending| move |outcome: &Outcome| outcome.ending == ending;
        vec![
            self.share(FigureName::FalseRollbacks, |outcome| outcome.ending.is_rollback()),
            self.share(FigureName::FalseRollbacksByCheck, by(Ending::RolledBackByCheck)),
            self.share(FigureName::FalseRollbacksByErrors, by(Ending::RolledBackByErrors)),
            self.share(FigureName::FalseRollbacksByPerson, by(Ending::RolledBackByPerson)),
            self.share(FigureName::Undecided, |outcome| undecided(self.policy, outcome)),
            self.share(FigureName::Promoted, |outcome| outcome.ending == Ending::Promoted),
            self.quantile(FigureName::TimeToPromoteMedian, 50, time_to_promote),
            self.restricted_mean(FigureName::TimeToPromoteMean, time_to_promote),
        ]
    }

    fn harm(&self) -> Vec<Option<Figure>> {
        vec![
            self.share(FigureName::MissedHarm, missed),
            self.share(FigureName::MissedWaiting, |outcome| {
                outcome.ending == Ending::Waiting
            }),
            self.share(FigureName::RolledBackBeforeOnset, |outcome| {
                outcome.ending == Ending::RolledBackBeforeOnset
            }),
            self.quantile(FigureName::TimeToDetectMedian, 50, time_to_detect),
            self.quantile(FigureName::TimeToDetectQ90, 90, time_to_detect),
            self.restricted_mean(FigureName::TimeToDetectMean, time_to_detect),
            self.time_to_restore(),
            self.mean(FigureName::BlastRadius, |outcome| outcome.blast_radius),
        ]
    }

    fn waits(&self) -> Vec<Option<Figure>> {
        vec![
            self.share(FigureName::WaitingAtHorizon, |outcome| {
                outcome.ending == Ending::Waiting
            }),
            self.mean(FigureName::Waits, |outcome| f64::from(outcome.waits)),
            self.restricted_mean(FigureName::TimeWaiting, |outcome| outcome.waited.as_secs_f64()),
        ]
    }

    fn share(&self, name: FigureName, counts: impl Fn(&Outcome) -> bool) -> Option<Figure> {
        let part = Part::of(
            self.days,
            self.outcomes.iter().map(|outcome| Some(counts(outcome))),
        )?;
        let caveats = Caveat::of_width(name, part.share.of_trials(), part.share.n());
        Some(figure(name, part.share, caveats.into_iter().collect()))
    }

    fn quantile(&self, name: FigureName, percent: u32, time: fn(&Outcome) -> f64) -> Option<Figure> {
        self.quantile_among(name, percent, |outcome| Some(time(outcome)))
    }

    /// Of the trials that have a time.
    fn quantile_among(
        &self,
        name: FigureName,
        percent: u32,
        time: impl Fn(&Outcome) -> Option<f64>,
    ) -> Option<Figure> {
        let all = || self.outcomes.iter().map(&time);
        let mut times: Vec<f64> = all().flatten().collect();
        times.sort_by(f64::total_cmp);
        let estimate = stats::quantile(&times, percent)?;
        let reached = times.iter().filter(|time| time.is_finite()).count() as u64;
        let caveats = Caveat::of_quantile(name, reached, &estimate, self.n());
        Some(figure(
            name,
            self.days.quantile(estimate, percent, all()),
            caveats,
        ))
    }

    fn restricted_mean(&self, name: FigureName, time: fn(&Outcome) -> f64) -> Option<Figure> {
        let times = restricted(self.world, self.outcomes, time);
        let horizon = horizon(self.world);
        let estimate = stats::mean_within(&times, 0.0, horizon, self.seed)?;
        let caveats = Caveat::of_mean(name, &times, &estimate, horizon);
        let number = self.days.mean_within(estimate, times.into_iter(), (0.0, horizon));
        Some(figure(name, number, caveats))
    }

    /// Among the trials whose harm was detected.
    fn time_to_restore(&self) -> Option<Figure> {
        self.quantile_among(FigureName::TimeToRestoreMedian, 50, |outcome| {
            outcome.time_to_detect()?;
            let restored = outcome.restore.map(|restore| restore.as_secs_f64());
            Some(restored.unwrap_or(f64::INFINITY))
        })
    }

    fn mean(&self, name: FigureName, value: fn(&Outcome) -> f64) -> Option<Figure> {
        let values: Vec<f64> = self.outcomes.iter().map(value).collect();
        let estimate = stats::mean(&values, self.seed)?;
        let caveats = Caveat::of_mean(name, &values, &estimate, horizon(self.world));
        Some(figure(
            name,
            self.days.mean(estimate, values.into_iter()),
            caveats,
        ))
    }
}

fn figure(name: FigureName, number: Number, caveats: Vec<Caveat>) -> Figure {
    Figure {
        name,
        unit: name.unit(),
        direction: name.direction(),
        number,
        caveats,
    }
}

/// Whether a trial ended without any judgement of the canary: by errors, or waiting after an inconclusive look.
///
/// A trial that waits names the check that stopped it; one that names none waits at a pause of the policy's own,
/// if it has one.
pub(super) fn undecided(policy: &Policy, outcome: &Outcome) -> bool {
    match outcome.ending {
        Ending::RolledBackByErrors => true,
        Ending::Waiting => outcome.decided_by.is_some() || policy.facts.own_pauses.is_empty(),
        _ => false,
    }
}

/// Whether harm went on: not rolled back by the horizon.
pub(super) fn missed(outcome: &Outcome) -> bool {
    !outcome.ending.is_rollback()
}

/// Seconds from onset to the decision; infinity when it never came, or came before onset.
pub(super) fn time_to_detect(outcome: &Outcome) -> f64 {
    outcome
        .time_to_detect()
        .map_or(f64::INFINITY, |time| time.as_secs_f64())
}

/// Seconds from the start of the rollout to promotion; infinity when it never came.
pub(super) fn time_to_promote(outcome: &Outcome) -> f64 {
    outcome
        .promoted_at
        .map_or(f64::INFINITY, |moment| (moment - Timestamp::ZERO).as_secs_f64())
}

/// The times of `outcomes` in seconds, where never (and anything later) counts as the horizon.
pub(super) fn restricted(world: &World, outcomes: &[Outcome], time: fn(&Outcome) -> f64) -> Vec<f64> {
    outcomes
        .iter()
        .map(|outcome| time(outcome).min(horizon(world)))
        .collect()
}

fn horizon(world: &World) -> f64 {
    world.horizon.as_secs_f64()
}
