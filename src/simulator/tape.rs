//! What one trial read, for the trials that leave a check out of it.
//!
//! Until traffic is led differently (or, where harm waits for a step, other steps are come to), the world does not know which checks there are: a query gives at a moment what it
//! gave in the trial before. So such a trial is a replay of the controller alone, up to the first look that the trial
//! before did not take, or took of other traffic; only from there on anything is drawn.

use crate::analysis::Reply;
use crate::policy::argo::spec::CheckId;
use crate::policy::condition::Answer;
use crate::units::{Share, Timestamp};
use crate::world::{Crews, Milestone, Traffic, World, WorldState};

/// What a world is told of a rollout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Told {
    /// How traffic is led from then on.
    Led(Traffic),
    /// What part of the requests is copied to the canary from then on.
    Copied(Share),
    /// What pods there are beside the rollout's own, from the next time on that traffic is led.
    Beside(Crews),
    /// What the rollout came to.
    Came(Milestone),
}

impl Told {
    /// Tells it to a world.
    pub(super) fn to(self, world: &World, state: &mut WorldState, at: Timestamp) {
        match self {
            Self::Led(traffic) => world.traffic(state, at, traffic),
            Self::Copied(part) => world.mirror(state, at, part),
            Self::Beside(crews) => world.crews(state, crews),
            Self::Came(milestone) => world.reach(state, at, milestone),
        }
    }
}

/// What a trial read and what its world was told; and how far another one has gone the same way.
#[derive(Debug, Default)]
pub(super) struct Tape {
    /// By ascending moments.
    readings: Vec<Reading>,
    /// The numbers of vectors, end to end.
    numbers: Vec<f64>,
    told: Vec<(Timestamp, Told)>,
    /// Readings that lie before the moment asked for last.
    passed: usize,
    /// Of `told`, how much has been told again.
    followed: usize,
    /// Whether something else has been told.
    apart: bool,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Timestamp,
    check: CheckId,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Error,
    Scalar(f64),
    /// So many numbers from there on.
    Vector(usize, usize),
}

impl Tape {
    /// A trial begins to be recorded.
    pub(super) fn clear(&mut self) {
        self.readings.clear();
        self.numbers.clear();
        self.told.clear();
    }

    /// Another trial on the same luck begins.
    pub(super) fn rewind(&mut self) {
        (self.passed, self.followed, self.apart) = (0, 0, false);
    }

    /// Records what a query gave.
    pub(super) fn read(&mut self, check: CheckId, at: Timestamp, reply: &Reply<'_>) {
        let what = match reply {
            Reply::Answer(Answer::Scalar(number)) => What::Scalar(*number),
            Reply::Answer(Answer::Vector(numbers)) => {
                let from = self.numbers.len();
                self.numbers.extend_from_slice(numbers);
                What::Vector(from, numbers.len())
            }
            Reply::Error(_) => What::Error,
            // No query gives anything else.
            _ => return,
        };
        self.readings.push(Reading { at, check, what });
    }

    /// Records what the world is told at `at`.
    pub(super) fn tell(&mut self, at: Timestamp, told: Told) {
        self.told.push((at, told));
    }

    /// The world of the other trial is told this; whether that of the recorded one was told the same.
    pub(super) fn follow(&mut self, at: Timestamp, told: Told) -> bool {
        self.apart |= self.told.get(self.followed) != Some(&(at, told));
        self.followed += usize::from(!self.apart);
        !self.apart
    }

    /// What both worlds have been told.
    pub(super) fn followed(&self) -> &[(Timestamp, Told)] {
        &self.told[..self.followed]
    }

    /// Where it says what the query of `check` gives at `now`, which is not before the moment asked for last; `None` where
    /// it does not.
    pub(super) fn find(&mut self, check: CheckId, now: Timestamp) -> Option<usize> {
        // What the recorded trial did at this very moment no sample shows yet.
        self.apart |= self.told.get(self.followed).is_some_and(|&(at, _)| at < now);
        if self.apart {
            return None;
        }
        while self
            .readings
            .get(self.passed)
            .is_some_and(|reading| reading.at < now)
        {
            self.passed += 1;
        }
        let mut at_once = self.readings[self.passed..]
            .iter()
            .take_while(|reading| reading.at == now);
        Some(self.passed + at_once.position(|reading| reading.check == check)?)
    }

    /// What it says there.
    pub(super) fn reply(&self, place: usize) -> Reply<'_> {
        match self.readings[place].what {
            // Of an error only that it is one bears on what is decided.
            What::Error => Reply::Error("as before"),
            What::Scalar(number) => Reply::Answer(Answer::Scalar(number)),
            What::Vector(from, count) => Reply::Answer(Answer::Vector(&self.numbers[from..from + count])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(canary_pods: u32) -> Told {
        Told::Led(Traffic {
            share: Share::NONE,
            canary_pods,
            stable_pods: 4,
        })
    }

    #[test]
    fn readings_hold_until_traffic_parts() {
        let at = Timestamp::from_secs;
        let mut tape = Tape::default();
        let (one, other) = (CheckId(0), CheckId(1));
        tape.tell(at(10), traffic(1));
        tape.read(one, at(30), &Reply::Answer(Answer::Vector(&[1.0, 2.0])));
        tape.read(other, at(30), &Reply::Error("no such series"));
        tape.tell(at(60), traffic(0));
        tape.read(one, at(60), &Reply::Answer(Answer::Scalar(3.0)));
        tape.read(one, at(90), &Reply::Answer(Answer::Scalar(4.0)));

        tape.rewind();
        assert!(tape.follow(at(10), traffic(1)));
        let place = tape.find(one, at(30)).expect("it was read");
        assert_eq!(tape.reply(place), Reply::Answer(Answer::Vector(&[1.0, 2.0])));
        let place = tape.find(other, at(30)).expect("it was read");
        assert_eq!(tape.reply(place), Reply::Error("as before"));
        assert_eq!(tape.find(one, at(45)), None);
        // What is led at a moment is not seen at that moment; later it is.
        let place = tape.find(one, at(60)).expect("it was read");
        assert_eq!(tape.reply(place), Reply::Answer(Answer::Scalar(3.0)));
        assert_eq!(tape.find(one, at(90)), None);
        assert_eq!(tape.followed(), [(at(10), traffic(1))]);
        assert!(!tape.follow(at(90), traffic(0)));

        tape.rewind();
        assert!(!tape.follow(at(10), traffic(2)));
        assert_eq!(tape.find(one, at(30)), None);
        assert!(tape.followed().is_empty());
    }
}
