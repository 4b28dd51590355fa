use super::answerer::Answerer;
use super::evidence::{Answers, scratches};
use super::stage::Stage;
use super::tape::{Tape, Told};
use crate::analysis::{Asked, Evidence, Look, Phase, Reply};
use crate::policy::argo::spec::CheckId;
use crate::promql::Scratch;
use crate::seed::Seed;
use crate::series::Samples;
use crate::units::{Share, Timestamp};
use crate::world::{Crews, Milestone, Traffic, WorldState};

/// What a trial draws of its world, and what it has read of it. It is used again from trial to trial.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) world: WorldState,
    pub(super) samples: Samples,
    scratches: Vec<Option<Scratch>>,
    tape: Tape,
    /// The check whose looks all pass: a trial that follows the one before.
    without: Option<CheckId>,
    seed: Seed,
    at_start: Traffic,
    /// Whether the world has begun. One that follows begins when it parts.
    begun: bool,
    error: String,
    numbers: Vec<f64>,
}

impl Drawn {
    pub(super) fn new(stage: &Stage<'_>) -> Self {
        Self {
            world: WorldState::default(),
            samples: Samples::new(stage.world.layout()),
            scratches: scratches(&stage.answerers),
            tape: Tape::default(),
            without: None,
            seed: Seed(0),
            at_start: Traffic {
                share: Share::NONE,
                canary_pods: 0,
                stable_pods: 0,
            },
            begun: false,
            error: String::new(),
            numbers: Vec::new(),
        }
    }

    /// Begins a trial; or, `without` a check, the same again.
    pub(super) fn begin(
        &mut self,
        stage: &Stage<'_>,
        seed: Seed,
        at_start: Traffic,
        without: Option<CheckId>,
    ) {
        self.samples.clear();
        (self.seed, self.at_start, self.without) = (seed, at_start, without);
        self.begun = without.is_none();
        if self.begun {
            self.tape.clear();
            stage.world.begin(&mut self.world, seed, at_start);
        } else {
            self.tape.rewind();
        }
    }

    /// From `at` on, traffic is led like this.
    pub(super) fn lead(&mut self, stage: &Stage<'_>, at: Timestamp, traffic: Traffic) {
        self.tell(stage, at, Told::Led(traffic));
    }

    /// From `at` on this part of the requests is copied to the canary.
    pub(super) fn copy(&mut self, stage: &Stage<'_>, at: Timestamp, part: Share) {
        self.tell(stage, at, Told::Copied(part));
    }

    /// These pods stand beside the rollout's own, from the next time on that traffic is led.
    pub(super) fn beside(&mut self, stage: &Stage<'_>, at: Timestamp, crews: Crews) {
        self.tell(stage, at, Told::Beside(crews));
    }

    /// At `at` the rollout came to this: told only where the world waits for it.
    pub(super) fn reach(&mut self, stage: &Stage<'_>, at: Timestamp, milestone: Milestone) {
        self.tell(stage, at, Told::Came(milestone));
    }

    fn tell(&mut self, stage: &Stage<'_>, at: Timestamp, told: Told) {
        if self.without.is_none() {
            self.tape.tell(at, told);
        } else if self.tape.follow(at, told) && !self.begun {
            return;
        }
        self.part(stage);
        told.to(&stage.world, &mut self.world, at);
    }

    /// Draws all that a look at `now` can see.
    fn see(&mut self, stage: &Stage<'_>, now: Timestamp) {
        self.part(stage);
        let until = now - stage.scenario().observation.ingestion;
        let since = now - stage.reach;
        stage
            .world
            .advance(&mut self.world, until, since, &mut self.samples);
    }

    /// Begins the world of a trial that followed another one, with all that it was told so far.
    fn part(&mut self, stage: &Stage<'_>) {
        if self.begun {
            return;
        }
        self.begun = true;
        stage.world.begin(&mut self.world, self.seed, self.at_start);
        for &(at, told) in self.tape.followed() {
            told.to(&stage.world, &mut self.world, at);
        }
    }
}

/// The answers to one wake of the controller. What no look asks for is not drawn.
pub(super) struct Asking<'a> {
    pub(super) stage: &'a Stage<'a>,
    pub(super) drawn: &'a mut Drawn,
    /// Whether the world has been drawn up to now.
    pub(super) seen: bool,
    /// The canary is the old version, which was sound when it was stable: every look at it passes.
    pub(super) comes_back: bool,
}

impl Evidence for Asking<'_> {
    fn ask(&mut self, look: &Look) -> Asked<'_> {
        let latency = self.stage.scenario().observation.measurement;
        if self.comes_back {
            let reply = Reply::Verdict(Phase::Successful);
            return Asked { reply, latency };
        }
        let stage = self.stage;
        let latency = match &stage.answerers[look.check.0] {
            _ if self.drawn.without == Some(look.check) => latency,
            Answerer::Query(_) => latency,
            Answerer::Stated(stated) => {
                let asked = stated.ask(self.drawn.seed, look);
                return if stated.takes_time() {
                    asked
                } else {
                    Asked { latency, ..asked }
                };
            }
            Answerer::StandIn(both) => match both.1.stands_between(self.drawn.seed, look, latency) {
                (None, latency) => latency,
                (Some(why), latency) => {
                    let reply = Reply::Error(why);
                    return Asked { reply, latency };
                }
            },
        };
        Asked {
            reply: self.reply(look),
            latency,
        }
    }
}

impl Asking<'_> {
    fn reply(&mut self, look: &Look) -> Reply<'_> {
        let Self {
            stage, drawn, seen, ..
        } = self;
        let drawn = &mut **drawn;
        if drawn.without == Some(look.check) {
            return Reply::Verdict(Phase::Successful);
        }
        let follows = drawn.without.is_some();
        let is_query = stage.answerers[look.check.0].plan().is_some();
        if is_query
            && follows
            && let Some(place) = drawn.tape.find(look.check, look.now)
        {
            return drawn.tape.reply(place);
        }
        if is_query && !*seen {
            *seen = true;
            drawn.see(stage, look.now);
        }
        let observation = &stage.scenario().observation;
        let answers = Answers {
            answerers: &stage.answerers,
            samples: &drawn.samples,
            origin: Timestamp::ZERO,
            ingestion: observation.ingestion,
            latency: observation.measurement,
            scratches: &mut drawn.scratches,
            error: &mut drawn.error,
            numbers: &mut drawn.numbers,
        };
        let reply = answers.reply(look);
        if is_query && !follows {
            drawn.tape.read(look.check, look.now, &reply);
        }
        reply
    }
}
