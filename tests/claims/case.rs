//! A case of `scenarios/`, played, and what is counted in its trials.

use std::fs;
use std::path::PathBuf;

use coalmine::controller::argo::What;
use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{PlannedWorld, Prepared, Request, Results, Seeds, prepare};
use coalmine::policy;
use coalmine::simulator::{Ending, Happening, Outcome};
use coalmine::stats;
use coalmine::units::{Duration, Timestamp};

/// A case of `scenarios/`, played.
pub struct Case {
    prepared: Prepared,
    results: Results,
    worlds: Vec<String>,
}

/// A part of the trials of a world: how many, and the first of them.
pub struct Part {
    pub count: u64,
    pub first: Option<u64>,
    /// So many trials it is a part of.
    of: u64,
}

pub fn folder(case: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(case)
}

impl Case {
    /// Plays `count` seeds in each of `worlds` with the documents of `case` after `edit`.
    pub fn play(case: &str, worlds: &[&str], count: u64, edit: impl Fn(&str) -> String) -> Self {
        let mut names: Vec<String> = fs::read_dir(folder(case))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".yaml"))
            .collect();
        names.sort();
        let mut documents = Documents::default();
        for name in names {
            let bytes = fs::read(folder(case).join(&name)).unwrap();
            let text = edit(&policy::text(&name, bytes).unwrap());
            documents.add(name, text);
        }
        let worlds: Vec<String> = worlds.iter().map(|&world| world.to_owned()).collect();
        let request = Request {
            worlds: worlds.clone(),
            ..Request::default()
        };
        let prepared = prepare(&documents, &Documents::default(), &request);
        let wrong = prepared
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error);
        assert!(wrong.is_none() && prepared.plan.policies.len() == 1, "{wrong:?}");
        assert_eq!(prepared.plan.worlds.len(), worlds.len());
        let seeds = Seeds::first(count);
        let results = prepared.plan.play(&seeds).unwrap();
        Self {
            prepared,
            results,
            worlds,
        }
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
        let checks = &self.prepared.plan.policies[0].policy.checks;
        checks.iter().map(|check| check.name.as_str()).collect()
    }

    /// The index of a check.
    pub fn check(&self, name: &str) -> usize {
        self.checks().iter().position(|&check| check == name).unwrap()
    }

    pub fn outcomes(&self, world: &str) -> &[Outcome] {
        self.results.cell(0, self.index(world))
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
                .address(0, self.index(world), seed.unwrap_or(1))
        )
    }

    pub fn happenings(&self, world: &str, seed: u64) -> Vec<Happening> {
        self.prepared.plan.replay(0, self.index(world), seed).unwrap().1
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
        let policy = &self.prepared.plan.policies[0].policy;
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

    /// Expected requests harmed in `world`.
    pub fn harmed(&self, world: &str) -> String {
        let harmed: Vec<f64> = self
            .outcomes(world)
            .iter()
            .map(|outcome| outcome.blast_radius)
            .collect();
        let mean = stats::mean(&harmed, 1).unwrap();
        format!("{:.0} ({:.0} to {:.0})", mean.point, mean.low, mean.high)
    }
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
