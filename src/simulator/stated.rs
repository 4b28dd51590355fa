use crate::analysis::{Asked, Look, Phase, Reply, Stage};
use crate::policy::argo::spec::Web;
use crate::policy::condition::Answer;
use crate::scenario::{self, Provider, Said};
use crate::seed::{Key, Seed};
use crate::units::{Duration, Timestamp};

/// A provider that is not simulated: it says what the scenario states.
#[derive(Debug)]
pub(super) struct Stated {
    provider: Provider,
    /// What it says from when on.
    course: Vec<(Timestamp, Told)>,
    /// How long an answer over HTTP may take; none where a job runs as long as it takes.
    timeout: Option<Duration>,
    /// Luck goes by the check that this is said of.
    key: Key,
}

const TOO_LATE: &str = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

/// What is said, ready to be asked.
#[derive(Debug)]
enum Told {
    Phase(Phase),
    Value(serde_json::Value),
    Nothing(String),
}

impl Stated {
    pub(super) fn new(provider: &Provider, check: &str, web: Option<&Web>, harmful: bool) -> Self {
        let course = provider.course(harmful).into_iter();
        let course = course.map(|(at, said)| (at, told(&said, web))).collect();
        Self {
            provider: provider.clone(),
            course,
            timeout: web.map(|web| web.timeout),
            key: Key::new(check),
        }
    }

    /// Whether it says itself how long an answer takes.
    pub(super) fn takes_time(&self) -> bool {
        self.provider.takes.is_some()
    }

    /// The answer to one look; its luck goes by the moment at which the look began.
    pub(super) fn ask(&self, seed: Seed, look: &Look) -> Asked<'_> {
        let luck = self.luck(seed, look);
        let takes = self.provider.takes;
        let takes = takes.map_or(Duration::ZERO, |takes| takes.at(luck("provider takes")));
        let done = look.started + takes;
        match self.timeout {
            Some(timeout) if takes > timeout => Asked {
                reply: Reply::Error(TOO_LATE),
                latency: timeout,
            },
            Some(_) => Asked {
                reply: self.reply(look, &luck),
                latency: takes,
            },
            None if look.now >= done => self.reply(look, &luck).into(),
            // A job that is told to stop is Inconclusive.
            None if look.stage == Stage::Terminate => Reply::Verdict(Phase::Inconclusive).into(),
            None => Reply::InFlight {
                again: None,
                event: Some(done),
            }
            .into(),
        }
    }

    /// What comes of a look at which a query stands in for it: why it ends in an error instead, if it does, and how long
    /// it takes (`usual` unless that is stated).
    pub(super) fn stands_between(
        &self,
        seed: Seed,
        look: &Look,
        usual: Duration,
    ) -> (Option<&'static str>, Duration) {
        let luck = self.luck(seed, look);
        let takes = self.provider.takes;
        let takes = takes.map_or(usual, |takes| takes.at(luck("provider takes")));
        match self.timeout {
            Some(timeout) if takes > timeout => (Some(TOO_LATE), timeout),
            _ => (self.hindrance(look, &luck), takes),
        }
    }

    /// Luck goes by the moment at which the look began.
    fn luck(&self, seed: Seed, look: &Look) -> impl Fn(&str) -> f64 {
        let (key, started) = (self.key, look.started);
        move |kind| {
            let stream = seed.stream(kind).keyed(key);
            stream.at(started.as_millis()).open_uniform()
        }
    }

    /// Why there is no answer.
    fn hindrance(&self, look: &Look, luck: &impl Fn(&str) -> f64) -> Option<&'static str> {
        if self.provider.is_out(look.started) {
            return Some("it cannot be reached: an outage, as stated");
        }
        let errs = self.provider.errors > 0.0 && luck("provider errors") < self.provider.errors;
        errs.then_some("an error, as stated")
    }

    fn reply(&self, look: &Look, luck: &impl Fn(&str) -> f64) -> Reply<'_> {
        if let Some(why) = self.hindrance(look, luck) {
            return Reply::Error(why);
        }
        let turned = self.provider.wrong > 0.0 && luck("provider turns") < self.provider.wrong;
        let held = self.course.iter().rev().find(|(at, _)| *at <= look.started);
        match held.map(|(_, told)| told) {
            Some(Told::Value(value)) => Reply::Answer(Answer::Json(value)),
            Some(Told::Nothing(why)) => Reply::Error(why),
            Some(Told::Phase(phase)) => Reply::Verdict(match phase {
                Phase::Successful if turned => Phase::Failed,
                Phase::Failed if turned => Phase::Successful,
                phase => *phase,
            }),
            None => Reply::Verdict(Phase::Successful),
        }
    }
}

fn told(said: &Said, web: Option<&Web>) -> Told {
    match (said, web) {
        (Said::Phase(phase), _) => Told::Phase(phase_of(*phase)),
        (Said::Value(body), Some(web)) => match web.path.answer(body) {
            Ok(value) => Told::Value(value),
            Err(error) => Told::Nothing(error.to_string()),
        },
        (Said::Value(body), None) => match serde_json::from_str(body) {
            Ok(value) => Told::Value(value),
            Err(_) => Told::Value(serde_json::Value::String(body.clone())),
        },
    }
}

fn phase_of(phase: scenario::Phase) -> Phase {
    match phase {
        scenario::Phase::Successful => Phase::Successful,
        scenario::Phase::Failed => Phase::Failed,
        scenario::Phase::Inconclusive => Phase::Inconclusive,
        scenario::Phase::Error => Phase::Error,
    }
}
