//! A made-up answer of the shape a real call gives: sixteen worlds, one policy or several.

use coalmine::report::{Assumptions, CurveStep, DetectionCurve, Digest, Page, Written};
use coalmine::score::{
    Attribution, Caveat, CheckRole, Comparison, Figure, FigureName, Number, Part, Parts, PolicyScore, Row,
    Rule, Table, Unit, Verdict, Word, World,
};
use coalmine::stats::{self, Estimate, LEVEL};
use coalmine::units::Duration;

const TRIALS: u64 = 500;
const HORIZON: f64 = 4200.0;

/// Name, whether harmful, whether within limits, and what share of trials a middling policy rolls back.
const WORLDS: [(&str, bool, bool, f64); 16] = [
    ("plain", false, false, 0.0),
    ("cold start", false, false, 0.112),
    ("incident on both", false, false, 0.034),
    ("noisy neighbour", false, false, 0.008),
    ("2 requests/s", false, false, 0.016),
    ("0.5 requests/s", false, false, 0.062),
    ("one scrape in ten missed", false, false, 0.002),
    ("errors to 0.5 %", true, true, 0.02),
    ("errors to 2 %", true, false, 0.76),
    ("errors to 10 %", true, false, 1.0),
    ("latency × 1.2", true, true, 0.0),
    ("latency × 1.5", true, true, 0.018),
    ("latency × 3", true, false, 0.994),
    ("slow leak", true, false, 0.55),
    ("harm above half the traffic", true, false, 0.31),
    ("one bad pod", true, false, 0.97),
];

const CHECKS: [&str; 3] = ["success-rate", "latency-p95", "error-logs"];

fn share(part: f64, n: u64) -> Estimate {
    stats::rate((part * n as f64).round() as u64, n).expect("there are trials")
}

fn estimate(low: f64, point: f64, high: f64, n: u64) -> Estimate {
    Estimate {
        point,
        low,
        high,
        level: LEVEL,
        n,
    }
}

fn about(point: f64, spread: f64, n: u64) -> Estimate {
    estimate(point * (1.0 - spread), point, point * (1.0 + spread), n)
}

fn figure(name: FigureName, estimate: Estimate) -> Figure {
    let (unit, direction) = (name.unit(), name.direction());
    Figure {
        name,
        unit,
        direction,
        number: Number::new(estimate, None),
        caveats: Vec::new(),
    }
}

/// How eager a policy is: 1 is middling, more rolls back more and sooner.
fn row(policy: usize, world: usize, eager: f64) -> Row {
    use FigureName as F;
    let (_, harmful, _, middling) = WORLDS[world];
    let rolled_back = if harmful {
        1.0 - libm::pow(1.0 - middling, eager)
    } else {
        middling * eager * eager
    };
    let caught = (rolled_back * TRIALS as f64).round() as u64;
    let mut figures = Vec::new();
    if harmful {
        let median = if rolled_back > 0.5 {
            310.0 / eager / rolled_back
        } else {
            f64::INFINITY
        };
        let detect = if median.is_finite() {
            about(median, 0.06, TRIALS)
        } else {
            estimate(
                if rolled_back > 0.4 { 3100.0 } else { median },
                median,
                median,
                TRIALS,
            )
        };
        let mean = rolled_back * 400.0 / eager + (1.0 - rolled_back) * HORIZON;
        figures.push(figure(F::MissedHarm, share(1.0 - rolled_back, TRIALS)));
        figures.push(figure(F::RolledBackBeforeOnset, share(0.0, TRIALS)));
        figures.push(figure(F::TimeToDetectMedian, detect));
        figures.push(figure(F::TimeToDetectMean, about(mean, 0.05, TRIALS)));
        if caught > 0 {
            figures.push(figure(F::TimeToRestoreMedian, estimate(1.0, 1.0, 2.0, caught)));
        }
        let harm = [3.0, 95.0, 640.0, 20.0, 140.0, 2150.0, 330.0, 410.0, 88.0][world - 7];
        figures.push(figure(
            F::BlastRadius,
            about(harm * (0.2 + 60.0 * (1.0 - rolled_back)), 0.07, TRIALS),
        ));
    } else {
        figures.push(figure(F::FalseRollbacks, share(rolled_back, TRIALS)));
        figures.push(figure(F::FalseRollbacksByCheck, share(rolled_back, TRIALS)));
        figures.push(figure(F::FalseRollbacksByErrors, share(0.0, TRIALS)));
        figures.push(figure(F::Promoted, share(1.0 - rolled_back, TRIALS)));
        figures.push(figure(
            F::TimeToPromoteMedian,
            estimate(1510.0, 1512.0, 1525.0, TRIALS),
        ));
    }
    figures.push(figure(F::WaitingAtHorizon, share(0.0, TRIALS)));
    if (0.5..0.6).contains(&rolled_back) {
        figures[0].caveats.push(Caveat::IntervalTooWide { trials: 2400 });
    }
    let part = |part: f64| Part {
        count: (part * TRIALS as f64).round() as u64,
        share: Number::new(share(part, TRIALS), None),
    };
    let latency = WORLDS[world].0.contains("latency");
    let decided = |check: usize| match check {
        0 => f64::from(u8::from(!latency)),
        1 => f64::from(u8::from(latency)),
        _ => 0.0,
    };
    let of_caught = |part: f64| Part {
        count: (part * caught as f64) as u64,
        share: Number::new(share(part, caught.max(1)), None),
    };
    let role = |check: usize| CheckRole {
        check: CHECKS[check].to_owned(),
        decided: of_caught(decided(check)),
        alone: of_caught(decided(check)),
    };
    Row {
        policy,
        world,
        trials: TRIALS,
        address: format!("9f3a{policy:02x}c1/77b0{world:02x}4e/1-{TRIALS}"),
        figures,
        endings: Some(Parts {
            rolled_back_by_check: part(rolled_back),
            rolled_back_by_errors: part(0.0),
            rolled_back_by_person: part(0.0),
            rolled_back_before_onset: part(0.0),
            promoted: part(1.0 - rolled_back),
            waiting: part(0.0),
            running: part(0.0),
        }),
        attribution: Attribution {
            rollbacks: caught,
            checks: if caught > 0 {
                (0..CHECKS.len()).map(role).collect()
            } else {
                Vec::new()
            },
        },
        caveats: Vec::new(),
    }
}

fn compared(rows: &[Row]) -> Vec<Comparison> {
    use FigureName as F;
    let mut all = Vec::new();
    for row in rows.iter().filter(|row| row.policy > 0) {
        let first = rows
            .iter()
            .find(|first| first.policy == 0 && first.world == row.world);
        let first = first.expect("every world has a first row");
        for name in [
            F::FalseRollbacks,
            F::MissedHarm,
            F::TimeToDetectMean,
            F::BlastRadius,
        ] {
            let (Some(mine), Some(other)) = (row.figure(name), first.figure(name)) else {
                continue;
            };
            let point = mine.number.point() - other.number.point();
            let half = 0.6
                * mine
                    .number
                    .of_trials()
                    .half_width()
                    .max(other.number.of_trials().half_width());
            let margin = match name.unit() {
                Unit::Share => 0.01,
                Unit::Seconds => 15.0,
                Unit::Requests | Unit::Times => 0.05 * other.number.point(),
            };
            let word = if point + half < 0.0 {
                Word::Better
            } else if point - half > 0.0 {
                Word::Worse
            } else if half < margin {
                Word::Same
            } else {
                Word::CannotTell
            };
            let p = if matches!(word, Word::Better | Word::Worse) {
                0.0004
            } else {
                0.4
            };
            all.push(Comparison {
                policy: row.policy,
                against: 0,
                world: row.world,
                figure: name,
                unit: name.unit(),
                difference: Number::new(estimate(point - half, point, point + half, TRIALS), None),
                margin,
                p,
                p_holm: (p * 20.0_f64).min(1.0),
                word,
            });
        }
    }
    all
}

fn curve(row: &Row, eager: f64) -> DetectionCurve {
    let missed = row
        .figure(FigureName::MissedHarm)
        .map_or(1.0, |figure| figure.number.point());
    let looks = 1..=22;
    let steps = looks.map(|look| {
        let come = 1.0 - libm::exp(-f64::from(look) * 0.35 * eager);
        CurveStep {
            after: Duration::from_secs(60 * look as i64 + 40),
            share: Number::new(share((1.0 - missed) * come, TRIALS), None),
        }
    });
    DetectionCurve {
        policy: row.policy,
        world: row.world,
        steps: steps.collect(),
    }
}

/// An answer about `policies`, names and how eager each is.
pub fn page(policies: &[(&str, f64)]) -> Page {
    let mut rows = Vec::new();
    for world in 0..WORLDS.len() {
        rows.extend(
            policies
                .iter()
                .enumerate()
                .map(|(policy, (_, eager))| row(policy, world, *eager)),
        );
    }
    let harmful = |row: &&Row| WORLDS[row.world].1;
    let curves = rows
        .iter()
        .filter(harmful)
        .map(|row| curve(row, policies[row.policy].1))
        .collect();
    let scores = policies.iter().map(|(name, eager)| PolicyScore {
        name: (*name).to_owned(),
        verdict: if *eager > 0.5 {
            Verdict {
                rule: Rule::FalseRollbacks,
                sentence: format!(
                    "It rolls back {:.0} % (8.7–14) of harmless releases that start cold; success-rate decides, at its \
                     first look.",
                    11.2 * eager * eager
                ),
                world: Some(1),
                note: None,
                own_pauses: Vec::new(),
            }
        } else {
            Verdict {
                rule: Rule::MissedHarm,
                sentence: "It misses 41 % (37–46) of releases whose errors rise to 2 %: the limit stands above what \
                           such a release does."
                    .to_owned(),
                world: Some(8),
                note: Some("It waits for a person at step 2 (rollout.yaml:31).".to_owned()),
                own_pauses: Vec::new(),
            }
        },
        checks: CHECKS.map(str::to_owned).to_vec(),
        idle_checks: vec!["error-logs".to_owned()],
    });
    let worlds = WORLDS.map(|(name, harmful, within_limits, _)| World {
        name: name.to_owned(),
        description: format!("What happens in {name}"),
        harmful,
        within_limits,
        horizon: Duration::from_secs(HORIZON as i64),
    });
    Page {
        version: "0.1.0".to_owned(),
        command: "coalmine simulate k8s/rollouts/checkout/ --trials 500 --seed 1".to_owned(),
        seed: 1,
        trials_planned: TRIALS,
        digests: policies
            .iter()
            .map(|(name, _)| Digest {
                of: format!("policy {name}"),
                digest: "9f3a00c1d28e4b77".repeat(4),
            })
            .collect(),
        assumptions: Assumptions {
            heading: "An assumed world, not yours.".to_owned(),
            lines: [
                "50 requests/s in all",
                "scrapes every 15s, ingestion 2s, router 1s, pod ready after 20s",
                "healthy errors 0.1 %",
                "latency p95 200 ms (sigma 0.8)",
                "noise 0.25 shared, 0.1 private, 5m",
                "counters http_requests_total{code} (from the queries)",
                "nobody comes: what waits for a person waits until the horizon",
            ]
            .map(str::to_owned)
            .to_vec(),
            limits: "errors 1 %, p95 500ms".to_owned(),
        },
        notices: vec![
            "20 % on one replica without a router is a share of 50 %.".to_owned(),
            "Check smoke-test is a job: it passes.".to_owned(),
        ],
        table: Table {
            recorded: None,
            worlds: worlds.to_vec(),
            policies: scores.collect(),
            comparisons: compared(&rows),
            rows,
        },
        curves,
        hardest: Vec::new(),
        chosen_by: String::new(),
        written: vec![
            Written {
                what: "page".to_owned(),
                place: "coalmine-out/page.html".to_owned(),
            },
            Written {
                what: "ledger".to_owned(),
                place: "coalmine-out/ledger/".to_owned(),
            },
        ],
    }
}

/// One policy.
pub fn one() -> Page {
    page(&[("checkout", 1.0)])
}

/// Three policies.
pub fn three() -> Page {
    page(&[
        ("checkout", 1.0),
        ("checkout-strict", 1.6),
        ("checkout-lenient", 0.4),
    ])
}
