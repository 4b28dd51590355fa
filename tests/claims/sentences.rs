//! The sentences of the plan of three services, and what becomes of them.

use std::collections::BTreeMap;

use coalmine::analysis::Phase;
use coalmine::controller::argo::What;
use coalmine::controller::cluster::Version;
use coalmine::simulator::{Ending, Happening, Outcome};
use coalmine::units::{Duration, Timestamp};

use crate::case::{Case, Part};
use crate::services::{SEEDS, Service};
use crate::table::{Claim, Word};
use crate::tallies::{is_within_two_minutes, median, until_restored};

/// All that is promised for the three alike.
pub fn claims(service: &Service, case: &Case) -> Vec<Claim> {
    vec![
        in_a_row(case),
        immediate(case),
        jumps(case),
        within_two_minutes(
            case,
            &["errors-10", "latency-3"],
            "\"Verify automatic rollback triggers within 2 minutes\" (\"inject errors, increase latency\")",
            "the first look with data and three more, 30s apart: 2m (which counts as within) or, where a scrape comes \
             late and the first look is taken again after 10s, 2m10s",
        ),
        within_two_minutes(
            case,
            &["errors-0.5", "slow-leak"],
            "the same, of what nobody injects",
            "what is small or grows needs longer until four looks have failed over a window of 5m",
        ),
        total_time(service, case),
        fully_reverts(case),
        pods_scale_down(service, case),
        every_stage(case),
        volume(service),
        valid_results(service),
    ]
}

/// Failed looks are counted in total.
fn in_a_row(case: &Case) -> Claim {
    let mut failed: BTreeMap<u32, u64> = BTreeMap::new();
    let mut broken_rows = Vec::new();
    let mut all = 0;
    for world in case.worlds() {
        for (seed, outcome) in (1..).zip(case.outcomes(world)) {
            if outcome.ending != Ending::RolledBackByCheck {
                continue;
            }
            let check = usize::from(outcome.decided_by.unwrap());
            *failed.entry(outcome.checks[check].failed).or_default() += 1;
            all += 1;
            // A look that did not fail between the first and the last that did.
            if is_in_a_row(
                &case.happenings(world, seed),
                check,
                outcome.rolled_back_at.unwrap(),
            ) {
                continue;
            }
            broken_rows.push((world, seed));
        }
    }
    let counts: Vec<String> = failed
        .iter()
        .map(|(failed, trials)| format!("{failed} in {trials}"))
        .collect();
    Claim {
        says: "\"Automatic revert to stable version on 3 consecutive SLO failures\"",
        does: "failed looks are counted over the whole rollout, whatever passes between them, and a limit is what is \
               tolerated: 3 acts on the fourth, 5 on the sixth"
            .into(),
        figure: format!(
            "failed looks of the deciding check, all worlds: {}; not in a row: {} of {all} rollbacks",
            counts.join(", "),
            broken_rows.len()
        ),
        trial: broken_rows
            .first()
            .map_or_else(String::new, |(world, seed)| case.address(world, Some(*seed))),
        word: Word::kept(failed.keys().all(|&failed| failed == 3)),
    }
}

/// Whether the failed looks of a check until `end` have no other look between them.
fn is_in_a_row(happenings: &[Happening], check: usize, end: Timestamp) -> bool {
    let failed: Vec<bool> = looks(happenings)
        .filter(|(at, of, _)| *of == check && *at <= end)
        .map(|(_, _, phase)| phase == Phase::Failed)
        .collect();
    let first = failed.iter().position(|&failed| failed);
    let last = failed.iter().rposition(|&failed| failed);
    first
        .zip(last)
        .is_some_and(|(first, last)| failed[first..=last].iter().all(|&failed| failed))
}

/// When each look ended, of which check it was, and what it said.
fn looks(happenings: &[Happening]) -> impl Iterator<Item = (Timestamp, usize, Phase)> {
    happenings.iter().filter_map(|happening| match happening {
        Happening::Controller(event) => match &event.what {
            What::Looked(looked) => Some((event.at, looked.check.0, looked.phase)),
            _ => None,
        },
        _ => None,
    })
}

fn immediate(case: &Case) -> Claim {
    let mut waits: Vec<f64> = (1..=SEEDS / 5)
        .filter_map(|seed| {
            let happenings = case.happenings("errors-10", seed);
            let (first, ..) = looks(&happenings).find(|(.., phase)| *phase == Phase::Failed)?;
            let end = case.outcomes("errors-10")[seed as usize - 1].rolled_back_at?;
            Some((end - first).as_secs_f64())
        })
        .collect();
    let survived = case.part("plain", |outcome| {
        outcome.ending == Ending::Promoted && outcome.checks.iter().any(|check| check.failed > 0)
    });
    Claim {
        says: "\"Any metric failure triggers immediate rollback and traffic rerouting\"",
        does: "the first three failures of a check (five where the limit is 5) change nothing, and `request-volume` \
               has some at the start of every rollout".into(),
        figure: format!(
            "errors 10 %: from the first failed look to the rollback {}; plain: promoted though a look failed in {}",
            median(&mut waits),
            survived.said()
        ),
        trial: case.address("plain", survived.first),
        word: Word::kept(survived.count == 0 && waits.iter().all(|&wait| wait == 0.0)),
    }
}

pub fn jumps(case: &Case) -> Claim {
    let promoted = case.ended("plain", Ending::Promoted).first.unwrap();
    let mut shares = vec![0.0];
    for happening in case.happenings("plain", promoted) {
        if let Happening::ShareIs(_, share) = happening
            && share.get() > shares[shares.len() - 1]
        {
            shares.push(share.get());
        }
    }
    let percent = |share: &f64| format!("{:.0} %", 100.0 * share);
    let largest = shares
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .fold(0.0, f64::max);
    let said: Vec<String> = shares.iter().map(percent).collect();
    Claim {
        says: "\"Gradual weight increases (never jump >50% at once)\"",
        does: if largest > 0.501 {
            "the last step does; nothing is looked at after it".into()
        } else {
            "the last step is the largest; nothing is looked at after it".into()
        },
        figure: format!(
            "share: {}; at most {} at once",
            said.join(", "),
            percent(&largest)
        ),
        trial: case.address("plain", Some(promoted)),
        word: Word::kept(largest <= 0.501),
    }
}

fn within_two_minutes(case: &Case, worlds: &[&str], says: &'static str, does: &str) -> Claim {
    let parts: Vec<(&str, Part)> = worlds
        .iter()
        .map(|&world| (world, case.part(world, is_within_two_minutes)))
        .collect();
    let figures: Vec<String> = parts
        .iter()
        .map(|(world, part)| {
            let mut times: Vec<f64> = case.outcomes(world).iter().map(until_restored).collect();
            let name = &case.world(world).scenario.name;
            format!(
                "{name}: within 2m in {}, median {}",
                part.said(),
                median(&mut times)
            )
        })
        .collect();
    let late = worlds.iter().find_map(|&world| {
        Some((
            world,
            case.part(world, |outcome| !is_within_two_minutes(outcome))
                .first?,
        ))
    });
    let (world, seed) = late.unwrap_or((worlds[0], 1));
    Claim {
        says,
        does: does.to_owned(),
        figure: figures.join("; "),
        trial: case.address(world, Some(seed)),
        word: Word::kept(parts.iter().all(|(_, part)| part.is_usual())),
    }
}

fn total_time(service: &Service, case: &Case) -> Claim {
    let first = case.ended("plain", Ending::Promoted).first;
    let pauses: i64 = case
        .happenings("plain", first.unwrap())
        .iter()
        .filter_map(|happening| match happening {
            Happening::Controller(event) => match event.what {
                What::Paused(length) => length.map(Duration::as_millis),
                _ => None,
            },
            _ => None,
        })
        .sum();
    let pauses = Duration::from_millis(pauses);
    let length = case.promotion("plain");
    Claim {
        says: service.takes,
        does: "the pauses, and 20s whenever new pods have to be ready".into(),
        figure: format!("plain: promoted after {length} (median), pauses {pauses}"),
        trial: case.address("plain", first),
        word: Word::kept(length - pauses <= Duration::from_mins(2)),
    }
}

fn fully_reverts(case: &Case) -> Claim {
    let outcomes = case.worlds().iter().flat_map(|world| case.outcomes(world));
    let mut times: Vec<f64> = outcomes
        .filter(|outcome| outcome.ending.is_rollback())
        .map(|outcome| {
            outcome
                .restore
                .map_or(f64::INFINITY, |restore| restore.as_secs_f64())
        })
        .collect();
    let all = times.len();
    let reverted = times.iter().filter(|time| time.is_finite()).count();
    Claim {
        says: "\"Confirm traffic fully reverts to stable version\"",
        does: "the stable pods still run: the router sends all to them, after the second that a new weight takes".into(),
        figure: format!(
            "all worlds: the canary gets nothing any more in {reverted} of {all} rollbacks, after {}",
            median(&mut times)
        ),
        trial: case.address("errors-10", None),
        word: Word::kept(reverted == all),
    }
}

fn pods_scale_down(service: &Service, case: &Case) -> Claim {
    let mut delays: Vec<f64> = (1..=SEEDS / 5)
        .filter_map(|seed| {
            let end = case.outcomes("errors-10")[seed as usize - 1].rolled_back_at?;
            let gone = case
                .happenings("errors-10", seed)
                .into_iter()
                .find_map(|happening| match happening {
                    Happening::Controller(event) => match event.what {
                        What::PodsScaled {
                            version: Version::NEW,
                            to: 0,
                            ..
                        } => Some(event.at),
                        _ => None,
                    },
                    _ => None,
                });
            Some(gone.map_or(f64::INFINITY, |gone| (gone - end).as_secs_f64()))
        })
        .collect();
    let close = delays.iter().all(|&delay| (30.0..=32.0).contains(&delay));
    let at_once = Case::play(service.folder, &["errors-10"], SEEDS, |text| {
        text.replace("abortScaleDownDelaySeconds: 30", "abortScaleDownDelaySeconds: 1")
    });
    let pairs = case
        .outcomes("errors-10")
        .iter()
        .zip(at_once.outcomes("errors-10"));
    let same = pairs.filter(|(a, b)| a.blast_radius == b.blast_radius).count();
    Claim {
        says: "\"Canary pods scale down after 30-second delay\"",
        does: "`abortScaleDownDelaySeconds: 30`, counted from the pass after the decision. Behind a router traffic does not \
               wait for it: it keeps the pods warm for a retry, no more"
            .into(),
        figure: format!(
            "errors 10 %: pods deleted {} after the decision; with a delay of 1s as many requests harmed in {same} of \
             {SEEDS} trials",
            median(&mut delays)
        ),
        trial: case.address("errors-10", None),
        word: Word::kept(close),
    }
}

fn every_stage(case: &Case) -> Claim {
    let promoted = case.ended("half-load", Ending::Promoted);
    Claim {
        says: "\"SLO validation at each stage before promotion\"",
        does: "the stage of 100 % has no pause: once the pods are there the canary is the stable version, and what it \
               does with more than half the traffic is seen by nobody"
            .into(),
        figure: format!(
            "above half the traffic (5 % errors there): promoted in {}; requests harmed, expected: {}",
            promoted.said(),
            case.harmed("half-load")
        ),
        trial: case.address("half-load", promoted.first),
        word: Word::kept(promoted.count == 0),
    }
}

/// A counter that has just begun, under a window that has not.
fn volume(service: &Service) -> Claim {
    let stated = format!("rate: {}", 5.0 * service.asks);
    let rate = 2.0 * service.asks;
    let slower = |text: &str| replaced(text, &stated, &format!("rate: {rate}"));
    let check = "name: request-volume\n      interval: 30s\n";
    let later = |text: &str| slower(text).replace(check, &format!("{check}      initialDelay: 5m\n"));
    let decided = |case: &Case| {
        let volume = case.check("request-volume");
        case.part("plain", |outcome| {
            outcome.ending.is_rollback() && outcome.decided_by == Some(volume as u16)
        })
    };
    let at_once = decided(&service.plain(slower));
    let later = decided(&service.plain(later));
    Claim {
        says: service.volume,
        does: format!(
            "at the first weight the limit asks for {} requests/s of the whole service; but a `rate` over 5m of a \
             series that began a minute ago is a fifth of what comes, and four looks take 1m30s",
            service.asks
        ),
        figure: format!(
            "nothing wrong, {rate} requests/s: rolled back by `request-volume` in {}; with `initialDelay: 5m` on it \
             in {}",
            at_once.said(),
            later.said()
        ),
        trial: String::new(),
        word: Word::kept(at_once.count * 20 <= SEEDS),
    }
}

fn valid_results(service: &Service) -> Claim {
    let case = service.plain(|text| replaced(text, "countersStartAt: 0", "slot: 5s"));
    let errors = case.ended("plain", Ending::RolledBackByErrors);
    Claim {
        says: "\"Verify all PromQL queries return valid results\"",
        does: "where a pod shows its 5xx series from the first of them on, and not from its start, a canary without \
               any gives no answer, `result[0]` of that is an error, and five in a row, 40s, roll back"
            .into(),
        figure: format!(
            "nothing wrong, series from the first failure on: rolled back by errors in {}",
            errors.said()
        ),
        trial: String::new(),
        word: Word::Open,
    }
}

/// The limit of 30 s, with buckets that reach it and with the usual ones.
pub fn slow_deliveries(case: &Case) -> Claim {
    let usual = Case::play("impact-in", &["slow partners"], SEEDS, |text| {
        replaced(
            text,
            "bounds: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30, 40, 60]",
            "bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]",
        )
    });
    let check = case.check("delivery-latency-p99");
    let failed = |outcome: &Outcome| outcome.checks[check].failed > 0;
    let (wide, usual) = (
        case.part("slow partners", failed),
        usual.part("slow partners", failed),
    );
    Claim {
        says: "\"P99 Delivery Latency < 30s: Catch outlier slow deliveries\"",
        does: "in the client libraries' buckets, which end at 10s, no reading exceeds 10s and the check cannot fail; \
               nor can it anywhere if what is timed is an attempt, which the time-out ends at 10s"
            .into(),
        figure: format!(
            "slow partners (p99 of 41s): a look failed in {}, with the usual buckets in {}",
            wide.said(),
            usual.said()
        ),
        trial: case.address("slow partners", wide.first),
        word: Word::Open,
    }
}

/// A cache that needs its TTL until it is full.
pub fn cold_cache(case: &Case) -> Claim {
    let world = "cache of 300 s";
    let check = case.check("cache-hit-rate");
    let decides =
        |outcome: &Outcome| outcome.ending.is_rollback() && outcome.decided_by == Some(check as u16);
    let begins = "name: cache-hit-rate\n      interval: 30s\n";
    let later = Case::play("unified-profile", &[world], SEEDS, |text| {
        text.replace(begins, &format!("{begins}      initialDelay: 5m\n"))
    });
    let (decided, later) = (case.part(world, decides), later.part(world, decides));
    Claim {
        says: "\"Cache hit rate monitoring (>80%) prevents database overload\"; \"failureLimit: 5 on secondary metrics\"",
        does: "if what is new begins with a cold cache: one that is full after its 300s stays below 80 % for longer than six looks take, \
               which is 2m30s"
            .into(),
        figure: format!("nothing wrong, cache of 300 s: rolled back by `cache-hit-rate` in {}; with `initialDelay: 5m` on it in {}, for pods of the next weight are cold again", decided.said(), later.said()),
        trial: case.address(world, decided.first),
        word: Word::Open,
    }
}

/// Replaces `from`, which must be there.
fn replaced(text: &str, from: &str, to: &str) -> String {
    if text.contains("kind: Scenario") {
        assert!(text.contains(from), "{from}");
    }
    text.replace(from, to)
}
