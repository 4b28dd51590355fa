//! Three services of one plan: what it promises for all of them, and what becomes of it in each.

use crate::by_hand;
use crate::case::Case;
use crate::sentences::{claims, cold_cache, jumps, slow_deliveries};
use crate::table::{Claim, Word, compare, table};
use crate::tallies::{by_check, by_world};

pub const SEEDS: u64 = 150;
const WORLDS: [&str; 10] = [
    "plain",
    "cold-start",
    "incident",
    "noisy-neighbour",
    "errors-0.5",
    "errors-2",
    "errors-10",
    "latency-3",
    "slow-leak",
    "half-load",
];
const GAUGES: [&str; 3] = ["gauge-limit", "gauge-leak", "gauge-saturation"];

/// What the plan says of one of its services.
pub struct Service {
    pub folder: &'static str,
    /// Worlds besides those that all three meet.
    worlds: Vec<&'static str>,
    pub takes: &'static str,
    pub volume: &'static str,
    /// Requests/s that `volume` asks for of the whole service at the first weight.
    pub asks: f64,
    pub checks: &'static str,
}

impl Service {
    fn play(&self) -> Case {
        let worlds: Vec<&str> = WORLDS.iter().chain(&self.worlds).copied().collect();
        Case::play(self.folder, &worlds, SEEDS, str::to_owned)
    }

    /// The same service where nothing is wrong, after `edit`.
    pub fn plain(&self, edit: impl Fn(&str) -> String) -> Case {
        Case::play(self.folder, &["plain"], SEEDS, edit)
    }
}

/// Plays a service, compares its README, and says what became of each sentence.
fn play(service: &Service, own: impl Fn(&Case) -> Vec<Claim>) -> (Case, Vec<Claim>) {
    let case = service.play();
    let mut claims = claims(service, &case);
    claims.extend(by_hand::claims(service));
    claims.extend(own(&case));
    // True of the manifests, whatever the service: limits of 3 and 5 act on the fourth and the sixth failure, traffic
    // comes back, pods go after 30 s, and 100 % is not looked at.
    for (part, word) in [
        ("consecutive", Word::Broken),
        ("immediate", Word::Broken),
        ("fully reverts", Word::Kept),
        ("30-second", Word::Kept),
        ("each stage", Word::Broken),
        ("Total Rollout Time", Word::Kept),
        ("Request Volume", Word::Broken),
        ("Abort ongoing", Word::Kept),
        ("override analysis", Word::Broken),
        ("Health Probes", Word::Kept),
    ] {
        let claim = claims.iter().find(|claim| claim.says.contains(part)).unwrap();
        assert_eq!(claim.word, word, "{}: {part}", service.folder);
    }
    // The fourth failure of a limit of 3 is 1m30s after the first, when nothing passes in between.
    assert!(claims[1].figure.contains("1m30s (1m30s to 1m30s)"));
    let written = table(&claims) + &by_world(&case, true) + &by_check(service.checks, &case);
    compare(service.folder, &written);
    (case, claims)
}

fn jump(claims: &[Claim]) -> Word {
    claims
        .iter()
        .find(|claim| claim.says.contains("jump"))
        .unwrap()
        .word
}

#[test]
fn a_front_end_under_eight_checks() {
    let service = Service {
        folder: "corp-cockpit",
        worlds: Vec::new(),
        takes: "\"Total Rollout Time ~30 min\"",
        volume: "\"Request Volume > 5 req/s: Traffic validation (canary receives users)\"",
        asks: 50.0,
        checks: "\"8 SLO metrics\"",
    };
    let (case, claims) = play(&service, |_| Vec::new());
    assert_eq!(case.checks().len(), 8);
    // 10, 30, 50, 100: the last jump is 50, and that is not more than 50.
    assert_eq!(jump(&claims), Word::Kept);
}

#[test]
fn deliveries_under_nine_checks() {
    let service = Service {
        folder: "impact-in",
        worlds: GAUGES.into_iter().chain(["slow partners"]).collect(),
        takes: "\"Total Rollout Time ~30 min\"",
        volume: "\"Request Volume > 2 req/s: Traffic validation\"",
        asks: 20.0,
        checks: "\"9 SLO metrics\"",
    };
    let (case, claims) = play(&service, |case| vec![slow_deliveries(case)]);
    assert_eq!(case.checks().len(), 9);
    // 10, 40, 100
    assert_eq!(jump(&claims), Word::Broken);
}

#[test]
fn profiles_under_ten_checks() {
    let service = Service {
        folder: "unified-profile",
        worlds: GAUGES.into_iter().chain(["cache of 300 s"]).collect(),
        takes: "\"Total Rollout Time ~20 min\"",
        volume: "\"Request Volume > 10 req/s: Traffic validation (high-traffic service)\"",
        asks: 50.0,
        checks: "\"10 SLO metrics\"",
    };
    let (case, claims) = play(&service, |case| vec![cold_cache(case)]);
    assert_eq!(case.checks().len(), 10);
    // 20, 50, 100
    assert_eq!(jump(&claims), Word::Kept);
}

/// Of three more the plan states the weights and how many checks there are; the rest is ours.
#[test]
fn three_services_as_far_as_they_are_stated() {
    for (folder, checks, weights) in [
        ("api-gateway", 6, "0 %, 5 %, 25 %, 50 %, 100 %"),
        ("reporting", 4, "0 %, 10 %, 30 %, 100 %"),
        ("q2q-ai", 5, "0 %, 5 %, 20 %, 50 %, 100 %"),
    ] {
        let worlds = ["plain", "cold-start", "errors-10", "latency-3", "half-load"];
        let case = Case::play(folder, &worlds, SEEDS, str::to_owned);
        assert_eq!(case.checks().len(), checks, "{folder}");
        let shares = jumps(&case).figure;
        assert!(shares.contains(weights), "{folder}: {shares}");
        compare(folder, &by_world(&case, true));
    }
}
