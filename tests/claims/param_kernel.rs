//! A plan whose checks cannot fail, and what it means.

use coalmine::controller::argo::What;
use coalmine::simulator::{Ending, Happening, Outcome};
use coalmine::units::Duration;

use crate::besides;
use crate::case::Case;
use crate::table::{Claim, Word, compare, table};

const SEEDS: u64 = 400;
const WORLDS: [&str; 7] = [
    "plain",
    "incident",
    "quiet",
    "very-quiet",
    "errors-2",
    "errors-10",
    "latency-3",
];

/// The sentences of the plan, and what becomes of them. `finer` is the same case with four replicas.
fn claims(case: &Case, finer: &Case, intended: bool) -> Vec<Claim> {
    let choose = |asked: &str, written: &str| (if intended { asked } else { written }).to_owned();
    let name = choose("param-kernel-intended", "param-kernel");
    let name = name.as_str();
    let mut claims = Vec::new();

    let caught = case.ended("errors-10", Ending::RolledBackByCheck);
    claims.push(Claim {
        says: "\"`failureLimit: 1` forces immediate abort on sustained failures\"",
        does: choose(
            "the limit is 0 here: the first failed look aborts, which is after the first pause",
            "a limit of 1 tolerates one failure, and there is one look: nothing can fail",
        ),
        figure: format!("errors 10 %: rolled back by a check in {}", caught.said()),
        trial: case.address("errors-10", caught.first),
        word: Word::kept(caught.is_usual()),
    });

    let promoted = case.ended("errors-10", Ending::Promoted);
    claims.push(Claim {
        says: "\"Any failed analysis step aborts the rollout and keeps the previous ReplicaSet as stable\"",
        does: choose(
            "it does, once a step can fail",
            "no step fails: a canary that fails one request in ten becomes the stable version",
        ),
        figure: format!(
            "errors 10 %: promoted in {}; requests harmed, expected: {}",
            promoted.said(),
            case.harmed("errors-10")
        ),
        trial: case.address("errors-10", promoted.first),
        word: Word::kept(promoted.count == 0),
    });

    let waiting = case.ended("errors-2", Ending::Waiting);
    claims.push(Claim {
        says: "\"failure when 5xx ratio >3% …; success when <1%\"",
        does: "between the two a look is inconclusive: the rollout stops at its weight and waits for a person, and harm \
               goes on"
            .into(),
        figure: format!(
            "errors 2 %: waiting at the horizon in {}; requests harmed, expected: {}",
            waiting.said(),
            case.harmed("errors-2")
        ),
        trial: case.address("errors-2", waiting.first),
        word: Word::Open,
    });

    let quiet = case.ended("quiet", Ending::RolledBackByErrors);
    let quieter = case.ended("very-quiet", Ending::RolledBackByErrors);
    claims.push(Claim {
        says: "\"success when <1%\"",
        does: "a canary that had no 5xx yet has no such series: the query answers nothing, `result[0]` of nothing is an \
               error, and five errors in a row roll back"
            .into(),
        figure: format!(
            "nothing wrong, 2 requests/s: rolled back by errors in {}; 0.5 requests/s: {}",
            quiet.said(),
            quieter.said()
        ),
        trial: case.address("quiet", quiet.first),
        word: Word::kept(quiet.count == 0 && quieter.count == 0),
    });

    let looks = case
        .happenings("plain", 1)
        .iter()
        .filter(|happening| is_look(happening))
        .count() as i64
        / 2;
    let length = case.promotion("plain");
    let judged = Duration::from_secs(45 * looks);
    claims.push(Claim {
        says: "\"over 1m windows\"",
        does: "at a scrape every 15s a window of 1m holds four samples, and these are 45s apart: the increase of the \
               other 15s is guessed; nothing looks at what happens between the windows, nor at the last pause"
            .into(),
        figure: format!(
            "plain: {looks} looks at each check judge {judged} of {length}: {:.0} %",
            100.0 * judged.as_secs_f64() / length.as_secs_f64()
        ),
        trial: case.address("plain", None),
        word: Word::Broken,
    });

    if intended {
        let incident = case.ended("incident", Ending::RolledBackByCheck);
        claims.push(Claim {
            says: "\"Error rate: failure when 5xx ratio >3%\"",
            does: "the canary is compared with a number, not with the stable version: an incident that strikes both is \
                   the canary's fault"
                .into(),
            figure: format!("three minutes of 5 % on both: rolled back by a check in {}", incident.said()),
            trial: case.address("incident", incident.first),
            word: Word::kept(incident.count == 0),
        });
    }

    let slow = case.ended("latency-3", Ending::RolledBackByCheck);
    let readings = case.readings("latency-3", "latency-p95");
    claims.push(Claim {
        says: "\"Latency p95: failure when p95 >600ms; success when <500ms\"",
        does: choose(
            "it fails, though it cannot read 600ms: the usual buckets end at 500ms and 1s, and between them the reading \
             is a straight line",
            "it reads the harm and cannot fail",
        ),
        figure: format!(
            "latency × 3 (p95 of 600ms): first readings from {:.0}ms to {:.0}ms, median {:.0}ms (n = {}); rolled \
             back by a check in {}",
            1000.0 * readings[0],
            1000.0 * readings[readings.len() - 1],
            1000.0 * readings[readings.len() / 2],
            readings.len(),
            slow.said()
        ),
        trial: case.address("latency-3", slow.first),
        word: Word::kept(slow.is_usual()),
    });

    claims.push(Claim {
        says: "\"progressive weights: 20% → analysis → 50% → analysis → 100%\"",
        does: "without a traffic router the pods are the weight: one canary beside one stable pod is half the traffic, \
               at 20 and at 50"
            .into(),
        figure: format!("share at the analyses and at the promotion: {}", case.shares()),
        trial: case.address("plain", None),
        word: Word::kept(case.shares().starts_with("20 %")),
    });
    claims.push(Claim {
        says: "\"Rollout defaults to 1 replica; scale replicas if you need finer traffic splits\"",
        does: "with `replicas: 4` the shares are those of the plan, as one pod may be added: 1 of 5 pods, 2 of 4, all 4"
            .into(),
        figure: format!("share at the analyses and at the promotion: {}", finer.shares()),
        trial: String::new(),
        word: Word::kept(finer.shares().starts_with("20 %")),
    });
    claims.push(Claim {
        says: "\"with pauses (5m/10m/5m) to observe metrics\"",
        does: choose(
            "the pauses are kept; five looks a minute apart add 4m at each analysis, a pod 20s until it is ready",
            "they are kept, with 20s until the pod is ready; nothing observes but one look after each of the first two",
        ),
        figure: format!("plain: promoted after {length} (median)"),
        trial: case.address("plain", None),
        word: Word::Kept,
    });
    claims.push(besides::shadow(name, case, SEEDS));
    if !intended {
        claims.push(besides::abort(name, four_replicas, SEEDS));
    }
    claims
}

fn is_look(happening: &Happening) -> bool {
    matches!(happening, Happening::Controller(event) if matches!(event.what, What::Looked(_)))
}

fn four_replicas(text: &str) -> String {
    text.replace("replicas: 1\n", "replicas: 4\n")
}

/// The words of `claims` whose sentence holds `part`.
fn word(claims: &[Claim], part: &str) -> Word {
    claims
        .iter()
        .find(|claim| claim.says.contains(part))
        .unwrap()
        .word
}

#[test]
fn what_the_plan_says_is_not_what_its_manifests_do() {
    let case = Case::play("param-kernel", &WORLDS, SEEDS, str::to_owned);
    let finer = Case::play("param-kernel", &WORLDS, 1, four_replicas);
    let claims = claims(&case, &finer, false);
    for broken in [
        "failureLimit",
        "failed analysis",
        "p95",
        "20%",
        "success when <1%\"",
    ] {
        let last = claims.iter().rfind(|claim| claim.says.contains(broken)).unwrap();
        assert_eq!(last.word, Word::Broken, "{broken}");
    }
    assert_eq!(word(&claims, "scale replicas"), Word::Kept);
    // Pauses of 5, 10 and 5 minutes and a pod that serves after 20 s.
    assert_eq!(case.promotion("plain"), Duration::from_secs(20 * 60 + 20));
    // One look cannot exceed a limit of one, whatever it reads.
    for world in WORLDS {
        assert_eq!(case.ended(world, Ending::RolledBackByCheck).count, 0, "{world}");
    }
    compare("param-kernel", &table(&claims));
}

#[test]
fn what_the_plan_means_is_kept_where_it_can_be() {
    let case = Case::play("param-kernel-intended", &WORLDS, SEEDS, str::to_owned);
    let finer = Case::play("param-kernel-intended", &WORLDS, 1, four_replicas);
    let claims = claims(&case, &finer, true);
    for kept in ["failureLimit", "failed analysis", "p95", "scale replicas"] {
        assert_eq!(word(&claims, kept), Word::Kept, "{kept}");
    }
    // Five looks a minute apart end four minutes after the first.
    assert_eq!(case.promotion("plain"), Duration::from_secs(28 * 60 + 20));
    // Harm of the canary's first request is seen by the first look, when the first pause is over.
    let seen = |outcome: &Outcome| outcome.time_to_detect() == Some(Duration::from_mins(5));
    assert!(case.part("errors-10", seen).is_usual());
    assert!(case.rolled_back("errors-10").is_usual());
    compare("param-kernel-intended", &table(&claims));
}
