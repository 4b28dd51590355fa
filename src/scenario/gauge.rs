use serde::{Deserialize, Serialize};

use super::Noise;

/// A value with a course of its own: a queue's depth, the use of a pool, memory, an age.
///
/// It hovers around its level between floor and ceiling: the log-odds of its place between them are correlated noise
/// around those of its level, so half of all samples lie above the level and none beyond the ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gauge {
    /// The limit that its owners state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// Its median while nothing is wrong; absent: so far from its best value towards its limit as
    /// [`super::Service::gauge_level`] says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<f64>,
    /// It is never less.
    pub floor: f64,
    /// It is never more.
    pub ceiling: f64,
    /// Which end is good.
    pub better: Better,
    /// Its noise, as sd of the log-odds: `shared` by all pods, `private` to each.
    pub noise: Noise,
    /// What moves it besides.
    pub follows: Follows,
    /// Only whole numbers are shown.
    #[serde(default)]
    pub whole: bool,
    /// What is shown is the time (in seconds) of the last of events, which come as often as the level says.
    #[serde(default)]
    pub stamp: bool,
    /// Gauges of one luck move together; absent: the family's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub luck: Option<String>,
    /// What is shown is what is left between its value and its ceiling.
    #[serde(default)]
    pub rest: bool,
}

/// An end of a gauge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Less is better.
    Low,
    /// More is better.
    High,
}

/// What moves a gauge: its distance from its best value is multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Follows {
    /// Nothing: least of all the canary's share.
    Nothing,
    /// The requests that fall to its pod, to this power: 1 doubles the distance when they double.
    Load(f64),
    /// This quantile of the latency.
    Latency(f64),
    /// The error ratio.
    Errors,
    /// It is the number of pods that serve, shown by the first of each version alone.
    Pods,
}

impl Gauge {
    /// A gauge with the usual noise; neither limit nor level are said.
    pub fn hovering(floor: f64, ceiling: f64) -> Self {
        Self {
            level: None,
            floor,
            ceiling,
            better: Better::Low,
            noise: Noise {
                shared: 0.05,
                private: 0.1,
                correlation: crate::units::Duration::from_mins(5),
            },
            ..Self::constant(0.0)
        }
    }

    /// Where nothing is said of its ceiling: 1 for what is not more, else twice the greatest value that is named.
    pub fn usual_ceiling(most: f64) -> f64 {
        if most <= 1.0 { 1.0 } else { 2.0 * most }
    }

    /// A gauge that never moves.
    pub fn constant(value: f64) -> Self {
        Self {
            limit: None,
            level: Some(value),
            floor: value.min(0.0),
            ceiling: value.max(0.0),
            better: Better::High,
            noise: Noise {
                shared: 0.0,
                private: 0.0,
                correlation: crate::units::Duration::ZERO,
            },
            follows: Follows::Nothing,
            whole: false,
            stamp: false,
            luck: None,
            rest: false,
        }
    }

    /// The end that is good.
    pub fn best(&self) -> f64 {
        match self.better {
            Better::Low => self.floor,
            Better::High => self.ceiling,
        }
    }

    /// The other end.
    pub fn worst(&self) -> f64 {
        match self.better {
            Better::Low => self.ceiling,
            Better::High => self.floor,
        }
    }

    /// Its median while nothing is wrong; `part`: of the way from its best value to its limit.
    pub fn healthy(&self, part: f64) -> f64 {
        let best = self.best();
        let of_limit = || self.limit.map_or(best, |limit| best + part * (limit - best));
        self.level
            .unwrap_or_else(of_limit)
            .clamp(self.floor, self.ceiling)
    }

    /// What it is, in a line; `part`: of the way from its best value to its limit.
    pub fn said(&self, part: f64) -> String {
        let level = self.healthy(part);
        if self.follows == Follows::Pods {
            return "the number of pods that serve, shown by the first of each version".to_owned();
        }
        if !self.can_fail() {
            return format!("always {level}");
        }
        let mut said = if self.stamp {
            format!("the time of the last of events that come every {level} s")
        } else {
            format!(
                "hovers around {level} between {} and {}",
                self.floor, self.ceiling
            )
        };
        if let Some(limit) = self.limit {
            said += &format!(
                " (limit {limit}, {} is better)",
                if self.better == Better::Low {
                    "less"
                } else {
                    "more"
                }
            );
        }
        match self.follows {
            Follows::Load(1.0) => said += ", grows with the load of its pod",
            Follows::Load(power) => said += &format!(", grows with the load of its pod to the power {power}"),
            Follows::Latency(quantile) => said += &format!(", follows the latency's quantile {quantile}"),
            Follows::Errors => said += ", follows the error ratio",
            Follows::Nothing | Follows::Pods => {}
        }
        if self.rest {
            said += "; shown is the rest to its ceiling";
        }
        if let Some(luck) = &self.luck {
            said += &format!("; one luck with {luck}");
        }
        said
    }

    /// Whether something can go wrong with it: it has a limit, or a level that it hovers around.
    pub fn can_fail(&self) -> bool {
        let moves = self.noise.shared > 0.0 || self.noise.private > 0.0;
        self.follows != Follows::Pods && (self.limit.is_some() || moves)
    }
}
