use serde::Serialize;

use super::asked::{asked, names_release};
use super::{Figures, Quiet, QuietTime, Split};
use crate::diagnostic::Finding;
use crate::policy::argo::spec::{CheckId, Policy};
use crate::promql;
use crate::recording::Recording;
use crate::recording::releases::{Found, Label, Release};
use crate::simulator::{Among, Hindsight, Incident};
use crate::units::Duration;

/// A release and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The release.
    pub release: Release,
    /// What people know.
    pub label: Option<Label>,
}

impl Case {
    /// Whether it did harm, if that is known.
    pub fn harmful(&self) -> Option<bool> {
        self.label.as_ref()?.harmful
    }

    /// Whether people rolled it back, if that is known.
    pub fn rolled_back_by_people(&self) -> Option<bool> {
        self.label.as_ref()?.rolled_back_by_people
    }
}

/// Policies laid over all releases of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The releases, by time.
    pub cases: Vec<Case>,
    /// Process starts and the like that came with no new version.
    pub restarts: usize,
    /// The policies that could be laid over it.
    pub laid: Vec<Laid>,
    /// Weights set beside shares seen; empty where the recording does not hold both, or nobody asked.
    pub splits: Vec<Split>,
}

/// One policy over all releases.
#[derive(Clone, Debug, PartialEq)]
pub struct Laid {
    /// The policy's name.
    pub policy: String,
    /// What it would have done, release by release.
    pub hindsight: Vec<Hindsight>,
    /// That, counted.
    pub figures: Figures,
    /// Its planned duration, and so the length of a quiet window.
    pub window: Duration,
    /// Its checks.
    pub checks: Vec<CheckPast>,
}

/// What one check of a policy did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckPast {
    /// Its name.
    pub check: String,
    /// Rollbacks that it decided.
    pub decided: u64,
    /// What would be otherwise without it.
    pub without: Without,
    /// What it alone would have done with no release at all.
    pub quiet: Quiet,
}

/// Releases that would have been rolled back with a check and not without it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Without {
    /// All of them.
    pub fewer: u64,
    /// Those known to be harmful.
    pub harmful_fewer: u64,
    /// Those known to be harmless.
    pub harmless_fewer: u64,
    /// Releases that would have been rolled back later than with it.
    pub later: u64,
}

/// Lays `policies` over the releases that were `found` in `recording`; `labels` are what is known of each of them.
///
/// Beside it findings: a policy that cannot be laid over this recording (it is left out), or that asks for a release's
/// own hash or version where the recording shows none.
pub fn history(
    recording: &Recording,
    found: Found,
    labels: Vec<Option<Label>>,
    policies: &[Policy],
    settings: &promql::Settings,
) -> (History, Vec<Finding>) {
    let cases = found.releases.into_iter().zip(labels);
    let cases: Vec<Case> = cases.map(|(release, label)| Case { release, label }).collect();
    let mut findings = Vec::new();
    let mut laid = Vec::new();
    for policy in policies {
        findings.extend(blind(policy, &cases));
        match Bench::new(policy, recording, settings) {
            Ok(mut bench) => laid.push(bench.lay(&cases, &QuietTime::of(policy, &cases, &found.watched))),
            Err(finding) => findings.push(finding),
        }
    }
    let history = History {
        cases,
        restarts: found.restarts,
        laid,
        splits: Vec::new(),
    };
    (history, findings)
}

/// A policy that asks for a release by what the recording does not show of every release.
fn blind(policy: &Policy, cases: &[Case]) -> Option<Finding> {
    if !names_release(policy) {
        return None;
    }
    let blind = cases
        .iter()
        .filter(|case| asked(policy, &case.release).is_none())
        .count();
    (blind > 0).then(|| {
        Finding::warning(format!(
            "{} asks for a release by its own hash or version, and {blind} of {} releases show none",
            policy.name,
            cases.len()
        ))
        .at(policy.span, "its queries read nothing of these releases")
        .help("name the versions in a file of marks: --marks FILE with the columns time,id,label")
    })
}

/// One policy over one recording.
struct Bench<'a> {
    policy: &'a Policy,
    recording: &'a Recording,
    settings: &'a promql::Settings,
    as_written: Incident<'a>,
}

impl<'a> Bench<'a> {
    fn new(
        policy: &'a Policy,
        recording: &'a Recording,
        settings: &'a promql::Settings,
    ) -> Result<Self, Finding> {
        let incident = Incident::new(policy, &recording.layout, &recording.samples, settings);
        let as_written = incident.map_err(|refused| {
            let mut finding = Finding::error(format!("{} cannot be laid over this recording", policy.name));
            for error in refused {
                let check = &policy.checks[error.check.0];
                finding = finding.at(check.span, format!("{}: {error}", check.name));
            }
            finding
        })?;
        Ok(Self {
            policy,
            recording,
            settings,
            as_written,
        })
    }

    /// Lets `play` have the policy as it would have been asked at `release`.
    fn at<T>(&mut self, release: Option<&Release>, play: impl FnOnce(&mut Incident<'_>) -> T) -> T {
        let own = release.and_then(|release| asked(self.policy, release));
        let own = own.as_ref().and_then(|own| {
            let Recording { layout, samples, .. } = self.recording;
            Incident::new(own, layout, samples, self.settings).ok()
        });
        match own {
            Some(mut own) => play(&mut own),
            None => play(&mut self.as_written),
        }
    }

    fn lay(&mut self, cases: &[Case], quiet: &QuietTime) -> Laid {
        let checks: Vec<CheckId> = (0..self.policy.checks.len()).map(CheckId).collect();
        let mut hindsight = Vec::with_capacity(cases.len());
        let mut without = vec![Without::default(); checks.len()];
        for case in cases {
            let Release { at, until, .. } = case.release;
            let seen = self.at(Some(&case.release), |incident| {
                let seen = incident.play(at, until, &mut ());
                for (check, without) in checks.iter().zip(&mut without) {
                    let tally = seen.checks[check.0];
                    // A check that passed every look changes nothing by its absence.
                    let passed = tally.failed + tally.inconclusive + tally.errors == 0;
                    if seen.rolled_back_after.is_some() && !passed {
                        let absent = incident.play_among(Among::Without(*check), at, until, &mut ());
                        without.count(case, &seen, &absent);
                    }
                }
                seen
            });
            hindsight.push(seen);
        }
        let alarms = self.alarms(&checks, cases, quiet);
        let past = checks.iter().zip(without).zip(&alarms);
        let past = past.map(|((check, without), alarms)| CheckPast {
            check: self.policy.checks[check.0].name.clone(),
            decided: hindsight
                .iter()
                .filter(|seen| seen.decided_by == Some(*check))
                .count() as u64,
            without,
            quiet: Quiet::count(quiet, alarms),
        });
        Laid {
            policy: self.policy.name.clone(),
            checks: past.collect(),
            figures: Figures::of(cases, &hindsight),
            window: quiet.length,
            hindsight,
        }
    }

    /// For each check and each quiet window, whether the check alone would have rolled a release back there.
    fn alarms(&mut self, checks: &[CheckId], cases: &[Case], quiet: &QuietTime) -> Vec<Vec<bool>> {
        let mut alarms = vec![Vec::new(); checks.len()];
        for (before, begins) in quiet.windows.iter().filter(|(_, begins)| !begins.is_empty()) {
            self.at(before.map(|index| &cases[index].release), |incident| {
                for (check, alarms) in checks.iter().zip(&mut alarms) {
                    alarms.extend(begins.iter().map(|&begin| {
                        let among = Among::Alone(*check);
                        let seen = incident.play_among(among, begin, begin + quiet.length, &mut ());
                        seen.rolled_back_after.is_some() && seen.decided_by == Some(*check)
                    }));
                }
            });
        }
        alarms
    }
}

impl Without {
    fn count(&mut self, case: &Case, seen: &Hindsight, absent: &Hindsight) {
        match absent.rolled_back_after {
            None => {
                self.fewer += 1;
                self.harmful_fewer += u64::from(case.harmful() == Some(true));
                self.harmless_fewer += u64::from(case.harmful() == Some(false));
            }
            later => self.later += u64::from(later > seen.rolled_back_after),
        }
    }
}
