//! People: who comes to a rollout, when, and what they do to it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::argo::duration;
use crate::seed::{Seed, normal_cdf, normal_quantile};
use crate::units::{Duration, Timestamp};

/// One person who comes and does one thing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Visit {
    /// What is done.
    pub does: Deed,
    /// From when its delay counts.
    pub since: Since,
    /// How long after that.
    pub delay: Delay,
    /// Nobody comes then; what would fall into it is done in the morning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asleep: Option<Night>,
}

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Ends a pause; where there is none, skips the current step.
    Promotes,
    /// Skips steps, pauses and analyses.
    PromotesFully,
    /// Skips the current step.
    SkipsTheStep,
    /// Goes back to the stable version.
    Aborts,
    /// Takes an abort back and begins again.
    Retries,
    /// Stops the rollout where it is.
    Pauses,
    /// Lets a rollout that a person stopped go on.
    Resumes,
    /// Sets the old template again.
    Undoes,
}

/// From when the delay of a visit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// The rollout's start; the person comes once.
    Start,
    /// The rollout began to wait for a person; somebody comes each time it does.
    Waiting,
    /// The rollout was rolled back; the person comes once.
    Rollback,
}

/// How long somebody takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delay {
    /// Always as long.
    Exactly(Duration),
    /// Anything between two lengths, all alike.
    Between(Duration, Duration),
    /// Lognormal: half of the times shorter than the median; the second number is the log-sd.
    Around(Duration, f64),
}

/// A part of the day: from one hour to another, over midnight where the first is the later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Night {
    /// Hour at which it begins.
    pub from: u8,
    /// Hour at which it ends.
    pub to: u8,
}

/// Somebody who comes at once, again and again, would never let time go on.
const SOON: Duration = Duration::from_secs(1);
/// Nobody waits longer than this for anybody.
const LATE: Duration = Duration::from_mins(30 * 24 * 60);
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

const DEEDS: [(&str, Deed); 8] = [
    ("promotes", Deed::Promotes),
    ("promotes fully", Deed::PromotesFully),
    ("skips the step", Deed::SkipsTheStep),
    ("aborts", Deed::Aborts),
    ("retries", Deed::Retries),
    ("pauses", Deed::Pauses),
    ("resumes", Deed::Resumes),
    ("undoes", Deed::Undoes),
];

/// The grammar of visits, for help.
pub const GRAMMAR: &str = "write what is done, when, and who sleeps: 'promotes after 10m', 'pauses at 5m; resumes after \
                           10m', 'aborts after 5m..30m' (anything between), 'promotes after 10m~0.8' (median and \
                           log-sd), 'promotes after 10m, asleep 22-7'";

impl Deed {
    /// In the words that are read.
    pub fn words(self) -> &'static str {
        DEEDS
            .iter()
            .find(|(_, deed)| *deed == self)
            .map_or("", |(words, _)| words)
    }

    /// The deed of these words.
    pub fn parse(words: &str) -> Option<Self> {
        DEEDS
            .iter()
            .find(|(known, _)| *known == words)
            .map(|(_, deed)| *deed)
    }
}

impl Delay {
    /// `10m`, `5m..30m` or `10m~0.8`.
    pub fn parse(words: &str) -> Option<Self> {
        Self::of_at_least(SOON, words)
    }

    /// The same of other lengths, the shortest of which is `least`.
    pub fn of_at_least(least: Duration, words: &str) -> Option<Self> {
        let length = |text: &str| {
            let length = duration::parse(text.trim()).ok()?;
            (least..=LATE).contains(&length).then_some(length)
        };
        if let Some((from, to)) = words.split_once("..") {
            let (from, to) = (length(from)?, length(to)?);
            return (from < to).then_some(Self::Between(from, to));
        }
        if let Some((median, sigma)) = words.split_once('~') {
            let sigma: f64 = sigma.trim().parse().ok()?;
            return (sigma > 0.0 && sigma <= 4.0).then_some(Self::Around(length(median)?, sigma));
        }
        length(words).map(Self::Exactly)
    }

    /// The length at a uniform draw in (0, 1).
    pub fn at(self, uniform: f64) -> Duration {
        match self {
            Self::Exactly(length) => length,
            Self::Between(from, to) => {
                let more = (to - from).as_millis() as f64 * uniform;
                from + Duration::from_millis(more as i64)
            }
            Self::Around(median, sigma) => {
                let factor = libm::exp(sigma * normal_quantile(uniform));
                let millis = (median.as_millis() as f64 * factor).min(LATE.as_millis() as f64);
                Duration::from_millis(millis as i64)
            }
        }
    }

    /// How likely it is longer than `length`.
    pub fn beyond(self, length: Duration) -> f64 {
        match self {
            Self::Exactly(own) => f64::from(u8::from(own > length)),
            Self::Between(from, to) => {
                let part = (to - length).as_millis() as f64 / (to - from).as_millis() as f64;
                part.clamp(0.0, 1.0)
            }
            Self::Around(median, sigma) => {
                let times = median.as_millis() as f64 / length.as_millis().max(1) as f64;
                normal_cdf(libm::log(times) / sigma)
            }
        }
    }

    /// No visit comes sooner.
    pub fn least(self) -> Duration {
        match self {
            Self::Exactly(length) | Self::Between(length, _) => length,
            Self::Around(..) => SOON,
        }
    }
}

impl Night {
    /// `22-7`: hours of the day.
    pub fn parse(words: &str) -> Option<Self> {
        let (from, to) = words.split_once('-')?;
        let hour = |text: &str| text.trim().parse::<u8>().ok();
        Self::new(hour(from)?, hour(to)?)
    }

    /// From one hour to another; none where they are one, or no hours.
    pub fn new(from: u8, to: u8) -> Option<Self> {
        (from < 24 && to < 24 && from != to).then_some(Self { from, to })
    }

    /// The moment, or the morning after it; `begins` is the time of day at moment zero, as a part of a day.
    fn after(self, at: Timestamp, begins: f64) -> Timestamp {
        let clock = (at.as_millis() + (begins * DAY as f64) as i64).rem_euclid(DAY);
        let (from, to) = (i64::from(self.from) * HOUR, i64::from(self.to) * HOUR);
        let into = (clock - from).rem_euclid(DAY);
        let length = (to - from).rem_euclid(DAY);
        if into < length {
            at + Duration::from_millis(length - into)
        } else {
            at
        }
    }
}

impl Visit {
    /// Several visits, with `;` between them.
    pub fn parse_all(words: &str) -> Option<Vec<Self>> {
        words.split(';').map(|words| Self::parse(words.trim())).collect()
    }

    /// `promotes after 10m`, `pauses at 5m`, `retries after 5m..30m, asleep 22-7`.
    pub fn parse(words: &str) -> Option<Self> {
        let (words, asleep) = match words.split_once(',') {
            Some((words, night)) => {
                let night = night.trim().strip_prefix("asleep ")?;
                (words.trim(), Some(Night::parse(night.trim())?))
            }
            None => (words, None),
        };
        let (deed, delay, at) = match words.rsplit_once(" after ") {
            Some((deed, delay)) => (deed, delay, false),
            None => {
                let (deed, delay) = words.rsplit_once(" at ")?;
                (deed, delay, true)
            }
        };
        Self::new(Deed::parse(deed.trim())?, at, Delay::parse(delay)?, asleep)
    }

    /// A visit that makes sense. A rollout that waits is not to be paused: that is done at a moment (`at`).
    pub fn new(does: Deed, at: bool, delay: Delay, asleep: Option<Night>) -> Option<Self> {
        let since = match (does, at) {
            (_, true) => Since::Start,
            (Deed::Pauses, false) => return None,
            (Deed::Retries, false) => Since::Rollback,
            (_, false) => Since::Waiting,
        };
        Some(Self {
            does,
            since,
            delay,
            asleep,
        })
    }

    /// When the person comes who was called at `since` for the `occasion`-th time; `begins` is the time of day at moment
    /// zero, as a part of a day. The luck of a visit goes by what it does and by the occasion.
    pub fn comes(&self, seed: Seed, since: Timestamp, occasion: u32, begins: f64) -> Timestamp {
        let luck = seed.stream("person").named(self.does.words());
        let uniform = luck.at(i64::from(occasion)).open_uniform();
        let at = since + self.delay.at(uniform).max(SOON);
        self.asleep.map_or(at, |night| night.after(at, begins))
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(length) => write!(f, "{length}"),
            Self::Between(from, to) => write!(f, "{from}..{to}"),
            Self::Around(median, sigma) => write!(f, "{median}~{sigma}"),
        }
    }
}

/// As [`Visit::parse`] reads it.
impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.since == Since::Start { "at" } else { "after" };
        write!(f, "{} {word} {}", self.does.words(), self.delay)?;
        match self.asleep {
            Some(night) => write!(f, ", asleep {}-{}", night.from, night.to),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_written_back() {
        for words in [
            "promotes after 10m",
            "promotes fully at 1h",
            "skips the step after 5m..30m",
            "aborts after 10m~0.8",
            "retries after 2m, asleep 22-7",
            "pauses at 5m",
        ] {
            let visit = Visit::parse(words).unwrap_or_else(|| panic!("{words}"));
            assert_eq!(visit.to_string(), words);
        }
        assert_eq!(
            Visit::parse_all("pauses at 5m; resumes after 10m").unwrap().len(),
            2
        );
        for nonsense in [
            "",
            "promotes",
            "promotes after",
            "promotes after 0s",
            "promotes after 30m..5m",
            "promotes after 10m~0",
            "promotes after 10m~nan",
            "pauses after 5m",
            "dances after 5m",
            "promotes after 10m, asleep 22-22",
            "promotes after 10m, asleep 25-7",
            "promotes after 10m, awake 8-9",
        ] {
            assert_eq!(Visit::parse(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn who_sleeps_comes_in_the_morning() {
        let visit = Visit::parse("promotes after 1h, asleep 22-7").unwrap();
        let comes = |hour: f64| visit.comes(Seed(1), Timestamp::ZERO, 0, hour / 24.0).as_millis() / 60_000;
        // 20:00 to 21:00 is awake; 21:30 would be 22:30, so 7:00; 2:00 would be 3:00, so 7:00; 6:00 is 7:00 anyway.
        assert_eq!(comes(20.0), 60);
        assert_eq!(comes(21.5), 9 * 60 + 30);
        assert_eq!(comes(2.0), 5 * 60);
        assert_eq!(comes(6.0), 60);
    }

    #[test]
    fn delays_fall_as_they_are_said_to() {
        let millis = |words: &str, uniform: f64| Delay::parse(words).unwrap().at(uniform).as_millis();
        assert_eq!(millis("5m..15m", 0.5), 600_000);
        assert_eq!(millis("10m~0.8", 0.5), 600_000);
        // One log-sd above the median: a factor of e to the 0.8.
        let above = millis("10m~0.8", normal_cdf(1.0));
        assert!((above - 1_335_324).abs() < 50, "{above}");
        let soon = Visit::parse("promotes after 1s~4").unwrap();
        assert!((0..100).all(|n| soon.comes(Seed(n), Timestamp::ZERO, 0, 0.0) >= Timestamp::from_secs(1)));
    }
}
