//! One trial as a story, down to the line of the document that decided.

use std::fmt::Write as _;

use super::lane::{conditions, place};
use crate::analysis::{Looked, Phase};
use crate::controller::argo::blue_green::Service;
use crate::controller::argo::{AbortedBy, Action, Binding, What};
use crate::controller::cluster::Version;
use crate::diagnostic::{Documents, Span};
use crate::policy::argo::route::Leads;
use crate::policy::argo::spec::{Canary, CanaryScale, CheckId, Metric, Policy, Question, Step, StepKind};
use crate::policy::condition::{Answer, verdict};
use crate::simulator::{Ending, Happening, Outcome};
use crate::units::{Share, Timestamp};

/// How one trial ended, in the words of its story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// How it ended and whether that was right: `Rolled back by a check; the release was harmful.`
    pub sentence: String,
    /// What turned it, and when; absent where it went on to the horizon.
    pub turned: Option<String>,
    /// The line of the document that decided, with its conditions.
    pub decided_by: Option<String>,
    /// What it cost: `Time to detect: 4m.`
    pub facts: Vec<String>,
}

/// How the trial of `happenings` ended.
pub fn end(documents: &Documents, policy: &Policy, happenings: &[Happening], outcome: &Outcome) -> End {
    let story = Story {
        documents,
        policy,
        text: String::new(),
        onset: None,
        share: Share::NONE,
    };
    let turns = |what: What| {
        matches!(
            what,
            What::Aborted(_) | What::Promoted | What::Inconclusive(_) | What::Paused(None)
        )
    };
    let last = happenings.iter().rev().find_map(|happening| match happening {
        Happening::Controller(event) if turns(event.what) => Some(event),
        _ => None,
    });
    let told = last.map(|event| (event.at, story.controller(event.what)));
    let (turned, decided_by) = match told {
        None => (None, None),
        Some((at, told)) => {
            let (what, line) = match told.split_once('\n') {
                Some((what, line)) => (what.to_owned(), Some(line.trim().to_owned())),
                None => (told, None),
            };
            (Some(format!("After {at}: {what}.")), line)
        }
    };
    End {
        sentence: sentence(outcome),
        turned,
        decided_by,
        facts: facts(outcome),
    }
}

/// The story of one trial: a line for everything that happened, then how it ended and what it cost.
pub fn story(documents: &Documents, policy: &Policy, happenings: &[Happening], outcome: &Outcome) -> String {
    let mut story = Story {
        documents,
        policy,
        text: String::new(),
        onset: outcome.truth.onset,
        share: Share::NONE,
    };
    for happening in happenings {
        story.onset_before(happening.at());
        if story.changes_nothing(happening) {
            continue;
        }
        story.tell(happening);
    }
    story.ending(outcome);
    story.text
}

struct Story<'a> {
    documents: &'a Documents,
    policy: &'a Policy,
    text: String,
    onset: Option<Timestamp>,
    /// What part of the requests the canary gets by what was told.
    share: Share,
}

impl Story<'_> {
    fn line(&mut self, at: Timestamp, what: &str) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.text, "{:>9}  {what}", at.to_string());
    }

    /// Harm that begins with the traffic is told after it.
    fn onset_before(&mut self, now: Timestamp) {
        if let Some(onset) = self.onset.take_if(|onset| *onset < now) {
            self.line(onset, "from here on canary requests are harmed");
        }
    }

    /// Pods may come and go while the canary's share stays what it is.
    fn changes_nothing(&mut self, happening: &Happening) -> bool {
        match happening {
            Happening::ShareIs(_, share) => std::mem::replace(&mut self.share, *share) == *share,
            _ => false,
        }
    }

    fn tell(&mut self, happening: &Happening) {
        let at = happening.at();
        let told = match happening {
            Happening::ShareIs(_, share) => format!("the canary gets {share} of the requests"),
            Happening::Copied(_, Share::NONE) => "no request is copied to the canary any more".to_owned(),
            Happening::Copied(_, part) => format!("{part} of the requests are copied to the canary"),
            Happening::Outage(_, true) => {
                "an outage: the active Service selects no available pod, every request fails".to_owned()
            }
            Happening::Outage(_, false) => "the outage is over".to_owned(),
            Happening::Horizon(_) => "the horizon: nothing after this is looked at".to_owned(),
            Happening::Controller(event) => self.controller(event.what),
        };
        self.line(at, &told);
    }

    fn controller(&self, what: What) -> String {
        let canary = self.policy.strategy.canary();
        match what {
            What::StepReached(index) => match canary.and_then(|canary| canary.steps.get(index)) {
                Some(step) => format!("step {}: {} ({})", index + 1, kind(step), self.place(step.span)),
                None => "all steps are done".to_owned(),
            },
            What::WeightSet(weight) => format!("the router is told {weight}"),
            What::RoutesSet(index) => {
                let words = canary.and_then(|canary| routes(canary, index));
                format!("the router is told {}", words.unwrap_or_default())
            }
            What::RoutesRemoved => "the router is told to drop all routes".to_owned(),
            What::Switched(service, version) => switched(service, version),
            What::PodsScaled { version, from, to } => match version {
                Version::OLD => format!("stable pods: {from} to {to}"),
                Version::NEW => format!("canary pods: {from} to {to}"),
                Version(later) => format!("pods of version {}: {from} to {to}", later + 1),
            },
            What::BesideScaled { like, from, to } => match like {
                Version::NEW => format!("pods of the experiment like the canary's: {from} to {to}"),
                _ => format!("pods of the experiment like the stable version's: {from} to {to}"),
            },
            What::RunStarted(number, binding) => {
                format!("analysis run {} starts: {}", number + 1, bound(binding))
            }
            What::Looked(looked) => self.look(looked),
            What::RunEnded(number, phase) => format!("analysis run {} ends: {phase}", number + 1),
            What::Paused(Some(length)) => format!("pauses for {length}"),
            What::Paused(None) => "pauses until a person promotes".to_owned(),
            What::Inconclusive(check) => self.inconclusive(check),
            What::Resumed => "a person promotes".to_owned(),
            What::Did(action @ (Action::SkipStep | Action::SkipAllSteps)) if !self.has_steps() => {
                format!("a person {action}: refused, for this rollout has none; nothing changes")
            }
            What::Did(action) => format!("a person {action}"),
            What::Aborted(by) => self.abort(by),
            What::Promoted => "promoted: the canary is the stable version now".to_owned(),
        }
    }

    fn has_steps(&self) -> bool {
        let canary = self.policy.strategy.canary();
        canary.is_some_and(|canary| !canary.steps.is_empty())
    }

    fn look(&self, looked: Looked) -> String {
        let check = &self.policy.checks[looked.check.0];
        let seen = match (looked.value, looked.numbers) {
            (Some(value), Some(2..)) => format!("{} first of several", number(value)),
            (Some(value), _) => number(value),
            (None, Some(_)) => "an empty vector".to_owned(),
            (None, None) => match (&check.question, looked.phase) {
                (
                    Question::Other {
                        provider,
                        stand_in: None,
                        ..
                    },
                    _,
                ) => format!("the {provider} as stated"),
                (Question::Other { .. }, Phase::Error) => "no answer".to_owned(),
                (Question::Prometheus { .. }, Phase::Error) => "the query failed".to_owned(),
                _ => "no number".to_owned(),
            },
        };
        let why = self
            .why(looked)
            .map(|why| format!(" ({why})"))
            .unwrap_or_default();
        let name = self.policy.check_name(looked.check);
        format!("look at {name}: {seen}, {}{why}", looked.phase)
    }

    /// Why a look whose answer is known was an error: in the controller's words.
    fn why(&self, looked: Looked) -> Option<String> {
        let metric = self
            .metric(looked.check)
            .filter(|_| looked.phase == Phase::Error)?;
        let (one, none): ([f64; 1], [f64; 0]) = ([looked.value.unwrap_or(0.0)], []);
        let answers: &[Answer<'_>] = match (looked.numbers?, looked.value) {
            (0, _) => &[Answer::Vector(&none)],
            (1, Some(value)) => &[Answer::Vector(&one), Answer::Scalar(value)],
            _ => &[],
        };
        let fault = |answer: &Answer<'_>| verdict(metric.success.as_ref(), metric.failure.as_ref(), answer).1;
        Some(answers.iter().find_map(fault)?.error.to_string())
    }

    fn metric(&self, check: CheckId) -> Option<&Metric> {
        self.policy
            .strategy
            .metrics()
            .find(|metric| metric.check == check)
    }

    fn abort(&self, by: AbortedBy) -> String {
        match by {
            AbortedBy::Person => "a person aborts".to_owned(),
            AbortedBy::Deadline => "rolls back: progressDeadlineSeconds is over".to_owned(),
            AbortedBy::Analysis {
                binding,
                decided: None,
                phase,
                ..
            } => {
                format!("rolls back: {} ended {phase}", bound(binding))
            }
            AbortedBy::Analysis {
                binding,
                decided: Some((check, limit)),
                phase,
                ..
            } => {
                let name = self.policy.check_name(check);
                let analysis = binding.analysis(&self.policy.strategy);
                let metric = analysis.metrics.iter().find(|metric| metric.check == check);
                format!(
                    "rolls back: {name} is {phase}, {limit}{}",
                    self.decided_by(metric)
                )
            }
        }
    }

    fn inconclusive(&self, check: Option<CheckId>) -> String {
        let stops = "pods stay as they are until a person comes";
        let Some(check) = check else {
            return format!("inconclusive: {stops}");
        };
        let name = self.policy.check_name(check);
        format!(
            "inconclusive by {name}: {stops}{}",
            self.decided_by(self.metric(check))
        )
    }

    /// A line of its own: where the check that decided is written, and its conditions.
    fn decided_by(&self, metric: Option<&Metric>) -> String {
        metric.map_or(String::new(), |metric| {
            format!(
                "\n           decided by {}: {}",
                self.place(metric.span),
                conditions(metric)
            )
        })
    }

    fn ending(&mut self, outcome: &Outcome) {
        let _ = writeln!(self.text, "\nEnding: {}", sentence(outcome));
        for fact in facts(outcome) {
            let _ = writeln!(self.text, "{fact}");
        }
        for (name, tally) in self.policy.check_names().iter().zip(&outcome.checks) {
            let looks = match tally.looks {
                1 => "1 look".to_owned(),
                looks => format!("{looks} looks"),
            };
            let _ = writeln!(
                self.text,
                "{name}: {looks}, {} failed, {} inconclusive, {} in error.",
                tally.failed, tally.inconclusive, tally.errors
            );
        }
    }

    fn place(&self, span: Span) -> String {
        place(self.documents, span)
    }
}

/// `rolled back by a check; the release was harmful.`
fn sentence(outcome: &Outcome) -> String {
    let told = match outcome.ending {
        Ending::RolledBackByCheck => "rolled back by a check",
        Ending::RolledBackByErrors => "rolled back by errors",
        Ending::RolledBackByPerson => "rolled back by a person",
        Ending::RolledBackBeforeOnset => "rolled back before harm could begin",
        Ending::Promoted => "promoted",
        Ending::Waiting => "waiting for a person",
        Ending::Running => "still running",
    };
    let truth = match (outcome.truth.harmful, outcome.ending.is_rollback()) {
        (false, true) => "the release was harmless: a false rollback",
        (false, false) => "the release was harmless",
        (true, true) => "the release was harmful",
        (true, false) => "the release was harmful: missed",
    };
    format!("{told}; {truth}.")
}

fn facts(outcome: &Outcome) -> Vec<String> {
    let detect = outcome.time_to_detect();
    let harmful = outcome.truth.harmful;
    [
        detect.map(|length| format!("Time to detect: {length}.")),
        outcome
            .restore
            .map(|length| format!("Time to restore: {length}.")),
        harmful.then(|| format!("Blast radius: {:.1} requests, expected.", outcome.blast_radius)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The routes of a step, in words.
fn routes(canary: &Canary, index: usize) -> Option<String> {
    let routes = canary.steps.get(index)?.routes.iter();
    let words: Vec<String> = routes.map(|route| route.words(&canary.managed.names)).collect();
    Some(words.join(", "))
}

fn kind(step: &Step) -> String {
    match &step.kind {
        StepKind::SetWeight(weight) => format!("setWeight {weight}"),
        StepKind::Pause(Some(length)) => format!("pause {length}"),
        StepKind::Pause(None) => "pause without a duration".to_owned(),
        StepKind::Analysis(_) => "analysis".to_owned(),
        StepKind::Experiment(experiment) => match experiment.duration {
            Some(length) => format!("experiment {length}"),
            None => "experiment".to_owned(),
        },
        StepKind::Other => {
            let routes = step.routes.iter().map(|route| match route.leads {
                Leads::Removed => "a route taken away",
                Leads::Headers(_) => "setHeaderRoute",
                Leads::Copies(..) => "setMirrorRoute",
            });
            let scale = step.scale.map(|scale| match scale {
                CanaryScale::Pods(pods) => format!("setCanaryScale {pods} pods"),
                CanaryScale::Weight(weight) => format!("setCanaryScale weight {weight}"),
                CanaryScale::MatchTraffic => "setCanaryScale matchTrafficWeight".to_owned(),
            });
            let words: Vec<String> = scale.into_iter().chain(routes.map(str::to_owned)).collect();
            words.join(", ")
        }
    }
}

fn bound(binding: Binding) -> String {
    match binding {
        Binding::Background => "the background analysis".to_owned(),
        Binding::Step(index) => format!("the analysis of step {}", index + 1),
        Binding::Experiment(index, number) => {
            format!("analysis {} of the experiment of step {}", number + 1, index + 1)
        }
        Binding::PrePromotion => "the analysis before the switch".to_owned(),
        Binding::PostPromotion => "the analysis after the switch".to_owned(),
    }
}

fn switched(service: Service, version: Version) -> String {
    let version = match version {
        Version::OLD => "the stable version",
        Version::NEW => "the canary",
        _ => "a later version",
    };
    match service {
        Service::Active => format!("the switch: the active Service selects {version}"),
        Service::Preview => format!("the preview Service selects {version}"),
    }
}

/// A reading to six digits.
fn number(value: f64) -> String {
    let short = format!("{value:.5e}").parse().unwrap_or(value);
    format!("{short}")
}
