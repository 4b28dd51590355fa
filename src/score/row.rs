//! One policy in one world: its figures.

use super::attribution::Attribution;
use super::caveat::Caveat;
use super::endings::Parts;
use super::figure::{Figure, FigureName};
use super::input::{Cell, Policy, World};
use super::table::Row;
use crate::simulator::{Ending, Outcome};
use crate::stats::{self, Estimate};
use crate::units::Timestamp;

/// Scores the outcomes of `cell`; `seed` is that of the bootstrap.
pub(super) fn row(policies: &[Policy], worlds: &[World], cell: &Cell<'_>, seed: u64) -> Row {
    let (policy, world) = (&policies[cell.policy], &worlds[cell.world]);
    let trials = Trials {
        policy,
        world,
        outcomes: cell.outcomes,
        seed,
    };
    let mut figures = if world.harmful {
        trials.harm()
    } else {
        trials.no_harm()
    };
    figures.extend(trials.waits());
    let endings = Parts::of(cell.outcomes);
    Row {
        policy: cell.policy,
        world: cell.world,
        trials: trials.n(),
        address: cell.address.clone(),
        figures: figures.into_iter().flatten().collect(),
        attribution: Attribution::of(&policy.checks, world, cell.outcomes),
        caveats: endings
            .as_ref()
            .map(|endings| Caveat::of_endings(endings, world.harmful))
            .unwrap_or_default(),
        endings,
    }
}

struct Trials<'a> {
    policy: &'a Policy,
    world: &'a World,
    outcomes: &'a [Outcome],
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
            self.blast_radius(),
        ]
    }

    fn waits(&self) -> Vec<Option<Figure>> {
        let waits: Vec<f64> = self
            .outcomes
            .iter()
            .map(|outcome| f64::from(outcome.waits))
            .collect();
        vec![
            self.share(FigureName::WaitingAtHorizon, |outcome| {
                outcome.ending == Ending::Waiting
            }),
            self.mean(FigureName::Waits, &waits, stats::mean(&waits, self.seed)),
            self.restricted_mean(FigureName::TimeWaiting, |outcome| outcome.waited.as_secs_f64()),
        ]
    }

    fn share(&self, name: FigureName, counts: impl Fn(&Outcome) -> bool) -> Option<Figure> {
        let count = self.outcomes.iter().filter(|outcome| counts(outcome)).count() as u64;
        let estimate = stats::rate(count, self.n())?;
        Some(figure(
            name,
            estimate,
            Caveat::of_width(name, &estimate, estimate.n)
                .into_iter()
                .collect(),
        ))
    }

    fn quantile(&self, name: FigureName, percent: u32, time: fn(&Outcome) -> f64) -> Option<Figure> {
        quantile(name, percent, self.outcomes.iter().map(time).collect(), self.n())
    }

    fn restricted_mean(&self, name: FigureName, time: fn(&Outcome) -> f64) -> Option<Figure> {
        let times = restricted(self.world, self.outcomes, time);
        self.mean(
            name,
            &times,
            stats::mean_within(&times, 0.0, horizon(self.world), self.seed),
        )
    }

    /// Among the trials whose harm was detected.
    fn time_to_restore(&self) -> Option<Figure> {
        let detected = self
            .outcomes
            .iter()
            .filter(|outcome| outcome.time_to_detect().is_some());
        let time = |outcome: &Outcome| {
            outcome
                .restore
                .map_or(f64::INFINITY, |restore| restore.as_secs_f64())
        };
        quantile(
            FigureName::TimeToRestoreMedian,
            50,
            detected.map(time).collect(),
            self.n(),
        )
    }

    fn blast_radius(&self) -> Option<Figure> {
        let requests: Vec<f64> = self.outcomes.iter().map(|outcome| outcome.blast_radius).collect();
        self.mean(
            FigureName::BlastRadius,
            &requests,
            stats::mean(&requests, self.seed),
        )
    }

    fn mean(&self, name: FigureName, values: &[f64], estimate: Option<Estimate>) -> Option<Figure> {
        let estimate = estimate?;
        let caveats = Caveat::of_mean(name, values, &estimate, horizon(self.world));
        Some(figure(name, estimate, caveats))
    }
}

/// `times` are of those of the `played` trials that the figure is about.
fn quantile(name: FigureName, percent: u32, mut times: Vec<f64>, played: u64) -> Option<Figure> {
    times.sort_by(f64::total_cmp);
    let estimate = stats::quantile(&times, percent)?;
    let reached = times.iter().filter(|time| time.is_finite()).count() as u64;
    Some(figure(
        name,
        estimate,
        Caveat::of_quantile(name, reached, &estimate, played),
    ))
}

fn figure(name: FigureName, estimate: Estimate, caveats: Vec<Caveat>) -> Figure {
    Figure {
        name,
        unit: name.unit(),
        direction: name.direction(),
        estimate,
        between_days: None,
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
