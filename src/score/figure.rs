use std::fmt;

use serde::Serialize;

use super::caveat::Caveat;
use super::number::Number;

/// One number of a row, with its intervals and what to keep in mind about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What it is.
    pub name: FigureName,
    /// What it is counted in.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// The number.
    #[serde(flatten)]
    pub number: Number,
    /// What to keep in mind.
    pub caveats: Vec<Caveat>,
}

/// The figures, in the order of a row.
///
/// Harmless worlds have false rollbacks and times to promote, harmful ones everything about harm; waits are in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FigureName {
    /// Harmless: share of trials rolled back, for whatever reason.
    FalseRollbacks,
    /// Harmless: … by a check's failures.
    FalseRollbacksByCheck,
    /// Harmless: … by errors in a row.
    FalseRollbacksByErrors,
    /// Harmless: … by a person who found it waiting.
    FalseRollbacksByPerson,
    /// Harmless: share of trials that ended by errors, or waiting for a person because of an inconclusive look.
    Undecided,
    /// Harmless: share of trials promoted.
    Promoted,
    /// Harmful: share of trials not rolled back by the horizon.
    MissedHarm,
    /// Harmful: share of trials not rolled back because they wait for a person.
    MissedWaiting,
    /// Harmful: share of trials rolled back before harm could begin.
    RolledBackBeforeOnset,
    /// Harmful: time from onset to the decision to roll back, half the trials are faster; missed is never.
    TimeToDetectMedian,
    /// Harmful: … nine of ten are faster.
    TimeToDetectQ90,
    /// Harmful: … mean, missed counts as the horizon (restricted mean).
    TimeToDetectMean,
    /// Harmful: median time from the decision until the canary serves nothing, among harm detected.
    TimeToRestoreMedian,
    /// Harmful: mean of requests harmed beyond what the stable version would have done.
    BlastRadius,
    /// Harmless: median time until promotion, not promoted is never.
    TimeToPromoteMedian,
    /// Harmless: … mean, not promoted counts as the horizon.
    TimeToPromoteMean,
    /// Share of trials that wait for a person at the horizon.
    WaitingAtHorizon,
    /// Mean number of waits for a person in a trial.
    Waits,
    /// Mean time a trial waits for a person.
    TimeWaiting,
}

impl FigureName {
    /// Every figure, in the order of a row.
    pub const ALL: [Self; 19] = [
        Self::FalseRollbacks,
        Self::FalseRollbacksByCheck,
        Self::FalseRollbacksByErrors,
        Self::FalseRollbacksByPerson,
        Self::Undecided,
        Self::Promoted,
        Self::MissedHarm,
        Self::MissedWaiting,
        Self::RolledBackBeforeOnset,
        Self::TimeToDetectMedian,
        Self::TimeToDetectQ90,
        Self::TimeToDetectMean,
        Self::TimeToRestoreMedian,
        Self::BlastRadius,
        Self::TimeToPromoteMedian,
        Self::TimeToPromoteMean,
        Self::WaitingAtHorizon,
        Self::Waits,
        Self::TimeWaiting,
    ];

    /// The name as JSON and CSV write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::FalseRollbacks => "false-rollbacks",
            Self::FalseRollbacksByCheck => "false-rollbacks-by-check",
            Self::FalseRollbacksByErrors => "false-rollbacks-by-errors",
            Self::FalseRollbacksByPerson => "false-rollbacks-by-person",
            Self::Undecided => "undecided",
            Self::Promoted => "promoted",
            Self::MissedHarm => "missed-harm",
            Self::MissedWaiting => "missed-waiting",
            Self::RolledBackBeforeOnset => "rolled-back-before-onset",
            Self::TimeToDetectMedian => "time-to-detect-median",
            Self::TimeToDetectQ90 => "time-to-detect-q90",
            Self::TimeToDetectMean => "time-to-detect-mean",
            Self::TimeToRestoreMedian => "time-to-restore-median",
            Self::BlastRadius => "blast-radius",
            Self::TimeToPromoteMedian => "time-to-promote-median",
            Self::TimeToPromoteMean => "time-to-promote-mean",
            Self::WaitingAtHorizon => "waiting-at-horizon",
            Self::Waits => "waits",
            Self::TimeWaiting => "time-waiting",
        }
    }

    /// What it is counted in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::FalseRollbacks
            | Self::FalseRollbacksByCheck
            | Self::FalseRollbacksByErrors
            | Self::FalseRollbacksByPerson
            | Self::Undecided
            | Self::Promoted
            | Self::MissedHarm
            | Self::MissedWaiting
            | Self::RolledBackBeforeOnset
            | Self::WaitingAtHorizon => Unit::Share,
            Self::TimeToDetectMedian
            | Self::TimeToDetectQ90
            | Self::TimeToDetectMean
            | Self::TimeToRestoreMedian
            | Self::TimeToPromoteMedian
            | Self::TimeToPromoteMean
            | Self::TimeWaiting => Unit::Seconds,
            Self::BlastRadius => Unit::Requests,
            Self::Waits => Unit::Times,
        }
    }

    /// Which way is better. Waiting for a person, and so not being promoted, is what some teams want: no way.
    pub const fn direction(self) -> Direction {
        match self {
            Self::Promoted | Self::WaitingAtHorizon | Self::Waits | Self::TimeWaiting => Direction::Neither,
            _ => Direction::LowerIsBetter,
        }
    }
}

/// In words, for tables and sentences.
impl fmt::Display for FigureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FalseRollbacks => "false rollbacks",
            Self::FalseRollbacksByCheck => "false rollbacks by a check",
            Self::FalseRollbacksByErrors => "false rollbacks by query errors",
            Self::FalseRollbacksByPerson => "false rollbacks by a person",
            Self::Undecided => "no verdict: query errors or an inconclusive look",
            Self::Promoted => "promoted",
            Self::MissedHarm => "missed harm",
            Self::MissedWaiting => "missed harm, waiting for a person",
            Self::RolledBackBeforeOnset => "rolled back before onset",
            Self::TimeToDetectMedian => "time to detect, median",
            Self::TimeToDetectQ90 => "time to detect, 9 of 10",
            Self::TimeToDetectMean => "time to detect, mean (missed = horizon)",
            Self::TimeToRestoreMedian => "time to restore, median",
            Self::BlastRadius => "blast radius, expected",
            Self::TimeToPromoteMedian => "time to promote, median",
            Self::TimeToPromoteMean => "time to promote, mean (not promoted = horizon)",
            Self::WaitingAtHorizon => "waiting for a person at the horizon",
            Self::Waits => "waits for a person a trial",
            Self::TimeWaiting => "time waiting for a person, mean",
        })
    }
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A part of one: 0.02 is 2 % (differences of shares are points).
    Share,
    /// Seconds.
    Seconds,
    /// Requests, fractional.
    Requests,
    /// How often.
    Times,
}

impl Unit {
    /// The unit as JSON and CSV write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Seconds => "seconds",
            Self::Requests => "requests",
            Self::Times => "times",
        }
    }
}

/// Which way a figure gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Less is better.
    LowerIsBetter,
    /// It depends on what the team wants.
    Neither,
}
