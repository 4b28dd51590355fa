//! A case of `scenarios/`, played, and what is counted in its trials.

use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use coalmine::controller::argo::What;
use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{PlannedWorld, Prepared, Request, Results, Seeds, prepare};
use coalmine::policy;
use coalmine::simulator::{Ending, Happening, Outcome};
use coalmine::stats::{self, Estimate};
use coalmine::units::{Duration, Timestamp};

/// A case of `scenarios/`, played.
pub struct Case {
    prepared: Rc<Prepared>,
    results: Rc<Results>,
    worlds: Vec<String>,
    /// Its policy, among those that were played together.
    policy: usize,
}

/// A part of the trials of a world: how many, and the first of them.
pub struct Part {
    pub count: u64,
    pub first: Option<u64>,
    /// So many trials it is a part of.
    of: u64,
}

/// What is done to every document of a case.
pub type Edit<'a> = &'a dyn Fn(&str) -> String;

pub fn folder(case: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(case)
}

impl Case {
    /// Plays `count` seeds in each of `worlds` with the documents of `case` after `edit`.
    pub fn play(case: &str, worlds: &[&str], count: u64, edit: impl Fn(&str) -> String) -> Self {
        let [case] = Self::together([(case, &edit)], worlds, count, Request::default());
        case
    }

    /// Several cases, each after its edit, in the same worlds.
    pub fn together<const N: usize>(
        cases: [(&str, Edit<'_>); N],
        worlds: &[&str],
        count: u64,
        asks: Request,
    ) -> [Self; N] {
        let mut documents = Documents::default();
        for (number, (case, edit)) in cases.iter().enumerate() {
            let again = cases[..number].iter().any(|(earlier, _)| earlier == case);
            let mut names: Vec<String> = fs::read_dir(folder(case))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| name.ends_with(".yaml"))
                // A service is described once.
                .filter(|name| !again || name != "scenario.yaml")
                .collect();
            names.sort();
            for name in names {
                let bytes = fs::read(folder(case).join(&name)).unwrap();
                let text = edit(&policy::text(&name, bytes).unwrap());
                let place = if N == 1 { name } else { format!("{number}/{name}") };
                documents.add(place, text);
            }
        }
        let worlds: Vec<String> = worlds.iter().map(|&world| world.to_owned()).collect();
        let request = Request {
            worlds: worlds.clone(),
            ..asks
        };
        let prepared = prepare(&documents, &Documents::default(), &request);
        let wrong = prepared
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error);
        assert!(wrong.is_none() && prepared.plan.policies.len() == N, "{wrong:?}");
        assert_eq!(prepared.plan.worlds.len(), worlds.len());
        let results = Rc::new(prepared.plan.play(&Seeds::first(count)).unwrap());
        let prepared = Rc::new(prepared);
        std::array::from_fn(|policy| Self {
            prepared: prepared.clone(),
            results: results.clone(),
            worlds: worlds.clone(),
            policy,
        })
    }

    pub fn worlds(&self) -> &[String] {
        &self.worlds
    }

    fn index(&self, world: &str) -> usize {
        self.worlds.iter().position(|name| name == world).unwrap()
    }

    /// A world as it is planned.
    pub fn world(&self, world: &str) -> &PlannedWorld {
        &self.prepared.plan.worlds[self.index(world)]
    }

    /// Names of the checks.
    pub fn checks(&self) -> Vec<&str> {
        let checks = &self.prepared.plan.policies[self.policy].policy.checks;
        checks.iter().map(|check| check.name.as_str()).collect()
    }

    /// The index of a check.
    pub fn check(&self, name: &str) -> usize {
        self.checks().iter().position(|&check| check == name).unwrap()
    }

    pub fn outcomes(&self, world: &str) -> &[Outcome] {
        self.results.cell(self.policy, self.index(world))
    }

    pub fn part(&self, world: &str, counts: impl Fn(&Outcome) -> bool) -> Part {
        let outcomes = self.outcomes(world);
        Part {
            of: outcomes.len() as u64,
            count: outcomes.iter().filter(|&outcome| counts(outcome)).count() as u64,
            first: outcomes.iter().position(counts).map(|first| 1 + first as u64),
        }
    }

    pub fn ended(&self, world: &str, ending: Ending) -> Part {
        self.part(world, |outcome| outcome.ending == ending)
    }

    pub fn rolled_back(&self, world: &str) -> Part {
        self.part(world, |outcome| outcome.ending.is_rollback())
    }

    pub fn address(&self, world: &str, seed: Option<u64>) -> String {
        format!(
            "`{}`",
            self.prepared
                .plan
                .address(self.policy, self.index(world), seed.unwrap_or(1))
        )
    }

    pub fn happenings(&self, world: &str, seed: u64) -> Vec<Happening> {
        self.prepared
            .plan
            .replay(self.policy, self.index(world), seed)
            .unwrap()
            .1
    }

    /// The canary's share of the requests at each analysis and at the promotion, in the first trial where nothing is
    /// wrong.
    pub fn shares(&self) -> String {
        let mut shares = Vec::new();
        let mut now = String::new();
        for happening in self.happenings("plain", 1) {
            match happening {
                Happening::ShareIs(_, share) => now = share.to_string(),
                Happening::Controller(event)
                    if matches!(event.what, What::RunStarted(..) | What::Promoted) =>
                {
                    shares.push(now.clone());
                }
                _ => {}
            }
        }
        shares.join(", ")
    }

    /// Readings of a check at its first look, trial by trial, in order of size.
    pub fn readings(&self, world: &str, check: &str) -> Vec<f64> {
        let policy = &self.prepared.plan.policies[self.policy].policy;
        let mut readings: Vec<f64> = (1..=self.results.seeds / 8)
            .filter_map(|seed| {
                self.happenings(world, seed)
                    .into_iter()
                    .find_map(|happening| match happening {
                        Happening::Controller(event) => match event.what {
                            What::Looked(looked) if policy.checks[looked.check.0].name == check => {
                                looked.value
                            }
                            _ => None,
                        },
                        _ => None,
                    })
            })
            .collect();
        readings.sort_by(f64::total_cmp);
        readings
    }

    /// The time of promotion in the middle of all trials of `world`.
    pub fn promotion(&self, world: &str) -> Duration {
        let mut times: Vec<Timestamp> = self
            .outcomes(world)
            .iter()
            .filter_map(|outcome| outcome.promoted_at)
            .collect();
        times.sort();
        times[times.len() / 2] - Timestamp::ZERO
    }

    /// From the decision to roll back until the canary served nothing, in the middle of those trials of `world` in which
    /// that came.
    pub fn restore(&self, world: &str) -> Duration {
        let outcomes = self.outcomes(world).iter();
        let mut times: Vec<Duration> = outcomes.filter_map(|outcome| outcome.restore).collect();
        times.sort();
        times[times.len() / 2]
    }

    /// Expected requests harmed in `world`.
    pub fn harmed(&self, world: &str) -> String {
        said(&self.harm(world))
    }

    /// The same as a number with its interval.
    pub fn harm(&self, world: &str) -> Estimate {
        stats::mean(&self.blast_radii(world), 1).unwrap()
    }

    /// So many requests more than `other` harms in `world`, trial by trial.
    pub fn harms_more(&self, other: &Self, world: &str) -> Estimate {
        let [own, others] = [self, other].map(|case| case.blast_radii(world));
        stats::mean_difference(&own, &others, 1).unwrap().estimate
    }

    fn blast_radii(&self, world: &str) -> Vec<f64> {
        let outcomes = self.outcomes(world).iter();
        outcomes.map(|outcome| outcome.blast_radius).collect()
    }
}

/// `12536 (12340 to 12747)`
pub fn said(estimate: &Estimate) -> String {
    let Estimate { point, low, high, .. } = estimate;
    format!("{point:.0} ({low:.0} to {high:.0})")
}

impl Part {
    /// `391 of 400: 97.8 % (95.8 to 98.8)`; none and all are bounds.
    pub fn said(&self) -> String {
        let share = stats::rate(self.count, self.of).unwrap().scaled(100.0);
        let share = match self.count {
            0 => format!("under {:.1} %", (share.high * 10.0).ceil() / 10.0),
            count if count == self.of => format!("over {:.1} %", (share.low * 10.0).floor() / 10.0),
            _ => format!("{:.1} % ({:.1} to {:.1})", share.point, share.low, share.high),
        };
        format!("{} of {}: {share}", self.count, self.of)
    }

    /// Whether it is true of nearly all trials.
    pub fn is_usual(&self) -> bool {
        self.count * 20 >= self.of * 19
    }
}
