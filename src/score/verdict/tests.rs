//! One test for each rule, and one for their order.

use super::{Rule, Verdict};
use crate::score::tests::{cell, outcome, policy, repeat, world};
use crate::score::{Cell, CheckFact, OwnPause, Policy, Reads, World, score};
use crate::simulator::{Ending, Outcome};
use crate::units::Duration;

fn worlds() -> Vec<World> {
    let within = World {
        within_limits: true,
        ..world("errors to 0.5 %", true)
    };
    vec![
        world("plain", false),
        world("cold start", false),
        world("errors to 2 %", true),
        within,
    ]
}

/// 1,000 trials: `count` of them end as `odd`, the others as `even`.
fn mixed(count: usize, odd: &Outcome, even: &Outcome) -> Vec<Outcome> {
    let mut outcomes = repeat(count, odd);
    outcomes.extend(repeat(1000 - count, even));
    outcomes
}

/// A policy that does everything right: 1 % false rollbacks, 2 % missed, caught 5 minutes after onset; harm within
/// its limits it misses always.
fn good() -> [Vec<Outcome>; 4] {
    let rolled_back = outcome(Ending::RolledBackByCheck, false, 360);
    let promoted = outcome(Ending::Promoted, false, 1800);
    let caught = outcome(Ending::RolledBackByCheck, true, 360);
    let missed = outcome(Ending::Promoted, true, 1800);
    [
        mixed(10, &rolled_back, &promoted),
        mixed(0, &rolled_back, &promoted),
        mixed(20, &missed, &caught),
        mixed(1000, &missed, &caught),
    ]
}

fn verdict(policy: &Policy, outcomes: &[Vec<Outcome>]) -> Verdict {
    let cells: Vec<Cell<'_>> = outcomes
        .iter()
        .enumerate()
        .map(|(world, trials)| cell(0, world, trials))
        .collect();
    let table = score(std::slice::from_ref(policy), &worlds(), &cells, 1);
    table.policies[0].verdict.clone()
}

fn fact(check: &str, reason: &str) -> Vec<CheckFact> {
    vec![CheckFact {
        check: check.into(),
        reason: reason.into(),
        mend: None,
        file: None,
        line: Some(12),
    }]
}

#[test]
fn nothing_reads_the_canary() {
    let mut blind = policy("blind");
    blind.facts.reads = Reads::Nothing;
    let mut outcomes = good();
    outcomes[2] = repeat(1000, &outcome(Ending::Promoted, true, 1800));
    let found = verdict(&blind, &outcomes);
    assert_eq!((found.rule, found.world), (Rule::BlindToCanary, Some(2)));
    assert_eq!(
        found.sentence,
        "No check reads the canary. In world `errors to 2 %` over 99.7 % (n = 1,000) of releases are not rolled back; \
         expected harm: 180 requests (180 to 180, n = 1,000)."
    );
    blind.facts.reads = Reads::Diluted;
    assert!(
        verdict(&blind, &outcomes)
            .sentence
            .starts_with("The checks see the canary only mixed")
    );
    blind.facts.reads = Reads::Nothing;
    blind.checks.clear();
    assert!(
        verdict(&blind, &outcomes)
            .sentence
            .starts_with("There is no check. In world")
    );
}

#[test]
fn an_answer_that_never_changes() {
    let mut fixed = policy("fixed");
    fixed.facts.cannot_pass = fact(
        "errors",
        "the whole vector is compared with a number, an error at every look",
    );
    let mut outcomes = good();
    outcomes[0] = repeat(1000, &outcome(Ending::RolledBackByErrors, false, 100));
    let found = verdict(&fixed, &outcomes);
    assert_eq!((found.rule, found.world), (Rule::FixedAnswer, Some(0)));
    assert_eq!(
        found.sentence,
        "No release can pass check `errors` (line 12): the whole vector is compared with a number, an error at every \
         look. In world `plain` over 99.7 % (n = 1,000) of harmless releases are rolled back."
    );
    fixed.facts.cannot_pass.clear();
    fixed.facts.cannot_fail = fact("latency", "its failureLimit is -1");
    assert_eq!(
        verdict(&fixed, &good()).sentence,
        "Nothing can fail check `latency` (line 12): its failureLimit is -1."
    );
    let mut outcomes = good();
    outcomes[2] = repeat(1000, &outcome(Ending::Promoted, true, 1800));
    assert_eq!(
        verdict(&fixed, &outcomes).sentence,
        "Nothing can fail check `latency` (line 12): its failureLimit is -1. In world `errors to 2 %` over 99.7 % \
         (n = 1,000) of releases are not rolled back; expected harm: 180 requests (180 to 180, n = 1,000)."
    );
}

/// A check that is an error at every look is blamed for what it decides, no more.
#[test]
fn who_decides_is_named_beside_what_cannot_pass() {
    let error = "it is an error at every look";
    let mut fixed = policy("fixed");
    fixed.facts.cannot_pass = fact("errors", error);
    let mut outcomes = good();
    let by_latency = Outcome {
        decided_by: Some(1),
        ..outcome(Ending::RolledBackByCheck, false, 100)
    };
    outcomes[0] = repeat(1000, &by_latency);
    outcomes[1] = repeat(1000, &outcome(Ending::RolledBackByErrors, false, 100));
    assert_eq!(
        verdict(&fixed, &outcomes).sentence,
        "No release can pass check `errors` (line 12): it is an error at every look. In world `plain` over 99.7 % \
         (n = 1,000) of harmless releases are rolled back, most of them by check `latency`; over 5 % also in 1 other \
         harmless world."
    );
    // Of several that cannot be passed the one that decides stands first.
    fixed.facts.cannot_pass = [fact("logs", error), fact("errors", error), fact("latency", error)].concat();
    let said = verdict(&fixed, &outcomes).sentence;
    let told = "No release can pass checks `latency` (line 12) and `logs` (line 12), nor 1 more: it";
    assert!(said.starts_with(told), "{said}");
    assert!(!said.contains("most of them by"), "{said}");
    // Errors may be tolerated without end: then releases pass, unjudged.
    let mut outcomes = good();
    outcomes[2] = repeat(1000, &outcome(Ending::Promoted, true, 1800));
    fixed.facts.cannot_pass = fact("logs", error);
    assert_eq!(
        verdict(&fixed, &outcomes).sentence,
        "Nothing is judged by check `logs` (line 12): it is an error at every look. In world `errors to 2 %` over \
         99.7 % (n = 1,000) of releases are not rolled back; expected harm: 180 requests (180 to 180, n = 1,000)."
    );
}

/// What is known of one check hides nothing that another one does: neither the harm that is missed nor what is rolled back
/// for nothing.
#[test]
fn false_rollbacks_stand_beside_missed_harm() {
    let mut outcomes = good();
    let by_latency = Outcome {
        decided_by: Some(1),
        ..outcome(Ending::RolledBackByCheck, false, 100)
    };
    outcomes[0] = mixed(600, &by_latency, &outcome(Ending::Promoted, false, 1800));
    outcomes[2] = mixed(
        100,
        &outcome(Ending::Promoted, true, 1800),
        &outcome(Ending::RolledBackByCheck, true, 360),
    );
    let missed = "In world `errors to 2 %` 10 % (8 to 12 %, n = 1,000) of releases are not rolled back; expected harm: 50 \
                  requests (";
    let wrong = "In world `plain` 60 % (57 to 63 %, n = 1,000) of harmless releases are rolled back, most of them by check \
                 `latency`.";
    let mut unjudged = policy("unjudged");
    unjudged.checks.push("logs".into());
    unjudged.facts.cannot_pass = fact("logs", "it is an error at every look");
    let mut slack = policy("slack");
    slack.facts.cannot_fail = fact("errors", "its failureLimit is -1");
    let mut blind = policy("blind");
    blind.facts.reads = Reads::Diluted;
    let leads = [
        (
            unjudged,
            "Nothing is judged by check `logs` (line 12): it is an error at every look. ",
        ),
        (
            slack,
            "Nothing can fail check `errors` (line 12): its failureLimit is -1. ",
        ),
        (
            blind,
            "The checks see the canary only mixed with the stable version's requests. ",
        ),
    ];
    for (policy, lead) in leads {
        let found = verdict(&policy, &outcomes);
        assert_eq!(found.world, Some(2));
        let sentence = found.sentence;
        assert!(sentence.starts_with(&format!("{lead}{missed}")), "{sentence}");
        assert!(sentence.ends_with(&format!("n = 1,000). {wrong}")), "{sentence}");
    }
}

/// Two checks are named with their places, what is wrong with both is said once, and what would mend them.
#[test]
fn checks_of_one_answer_are_named_and_mended() {
    let mut fixed = policy("fixed");
    let of = |check: &str, reason: &str, line| CheckFact {
        mend: Some("set `failureLimit: 0`".into()),
        file: Some("checks.yaml".into()),
        line: Some(line),
        ..fact(check, reason).remove(0)
    };
    let looks = "there is 1 look, but only 2 failures would fail it";
    fixed.facts.cannot_fail = vec![of("errors", looks, 12), of("latency", looks, 24)];
    let said = |fixed: &Policy| verdict(fixed, &good()).sentence;
    assert_eq!(
        said(&fixed),
        "Nothing can fail checks `errors` (checks.yaml:12) and `latency` (checks.yaml:24): there is 1 look, but only \
         2 failures would fail it. To mend it, set `failureLimit: 0`."
    );
    fixed.facts.cannot_fail.push(of("logs", looks, 40));
    assert!(
        said(&fixed).contains("(checks.yaml:24), nor 1 more: there"),
        "{}",
        said(&fixed)
    );
    fixed.facts.cannot_fail[1].reason = "there is no condition: every look passes".into();
    fixed.facts.cannot_fail[1].mend = Some("write a `failureCondition`".into());
    assert_eq!(
        said(&fixed),
        "Nothing can fail check `errors` (checks.yaml:12): there is 1 look, but only 2 failures would fail it; nor \
         check `latency` (checks.yaml:24): there is no condition: every look passes; nor 1 more. To mend it, set \
         `failureLimit: 0`; write a `failureCondition`."
    );
}

/// Of the worlds that are missed the one with most harm is named, not the first of those missed most.
#[test]
fn missed_harm_is_shown_where_most_is_done() {
    let mut worlds = worlds();
    worlds.push(world("errors to 10 %", true));
    let mut outcomes = good().to_vec();
    outcomes[2] = repeat(1000, &outcome(Ending::Promoted, true, 1800));
    outcomes.push(mixed(
        900,
        &outcome(Ending::Promoted, true, 9000),
        &outcome(Ending::RolledBackByCheck, true, 360),
    ));
    let cells: Vec<Cell<'_>> = outcomes
        .iter()
        .enumerate()
        .map(|(world, trials)| cell(0, world, trials))
        .collect();
    let found = score(&[policy("blind")], &worlds, &cells, 1)
        .policies
        .remove(0)
        .verdict;
    assert_eq!((found.rule, found.world), (Rule::MissedHarm, Some(4)));
    // 0.9 × 900 + 0.1 × 36 requests.
    let told = "In world `errors to 10 %`, whose harm no stated limit allows, 90 % (88 to 92 %, n = 1,000) of releases \
                are not rolled back; most harm of the 2 worlds where over 5 % are missed: 814 requests (";
    assert!(found.sentence.starts_with(told), "{}", found.sentence);
}

#[test]
fn ended_without_a_judgement() {
    let mut outcomes = good();
    let by_errors = outcome(Ending::RolledBackByErrors, false, 100);
    let waiting = Outcome {
        decided_by: Some(0),
        ..outcome(Ending::Waiting, false, 0)
    };
    outcomes[1] = mixed(20, &by_errors, &outcome(Ending::Promoted, false, 1800));
    outcomes[1][500] = waiting;
    let found = verdict(&policy("stuck"), &outcomes);
    assert_eq!((found.rule, found.world), (Rule::Undecided, Some(1)));
    assert_eq!(
        found.sentence,
        "In world `cold start` 2.1 % (1.4 to 3.2 %, n = 1,000) of harmless releases are rolled back by query errors (20) or \
         wait after an inconclusive look (1), without a judgement of the canary."
    );
    // Rolled back by a check more often, in another world: that comes first.
    let rolled_back = outcome(Ending::RolledBackByCheck, false, 360);
    outcomes[0] = mixed(60, &rolled_back, &outcome(Ending::Promoted, false, 1800));
    let found = verdict(&policy("stuck"), &outcomes);
    assert_eq!((found.rule, found.world), (Rule::FalseRollbacks, Some(0)));
    // Less often: it stands beside it.
    outcomes[1] = mixed(200, &by_errors, &outcome(Ending::Promoted, false, 1800));
    let found = verdict(&policy("stuck"), &outcomes);
    assert_eq!((found.rule, found.world), (Rule::Undecided, Some(1)));
    let told = "without a judgement of the canary; false rollbacks are over 5 % in 2 harmless worlds.";
    assert!(found.sentence.ends_with(told), "{}", found.sentence);
}

#[test]
fn never_ends() {
    let mut outcomes = good();
    outcomes[0] = mixed(
        900,
        &outcome(Ending::Running, false, 0),
        &outcome(Ending::Promoted, false, 1800),
    );
    let found = verdict(&policy("hanging"), &outcomes);
    assert_eq!((found.rule, found.world), (Rule::Unfinished, Some(0)));
    let told = "In world `plain` 90 % (88 to 92 %, n = 1,000) of harmless releases are neither promoted nor rolled back by \
                the horizon.";
    assert_eq!(found.sentence, told);
}

#[test]
fn rolls_back_for_nothing() {
    let mut outcomes = good();
    let rolled_back = outcome(Ending::RolledBackByCheck, false, 360);
    outcomes[0] = mixed(60, &rolled_back, &outcome(Ending::Promoted, false, 1800));
    outcomes[1] = mixed(120, &rolled_back, &outcome(Ending::Promoted, false, 1800));
    let found = verdict(&policy("nervous"), &outcomes);
    assert_eq!((found.rule, found.world), (Rule::FalseRollbacks, Some(0)));
    // The first world over the border is named, not the one that is furthest beyond it.
    assert_eq!(
        found.sentence,
        "In world `plain` 6.0 % (4.7 to 7.6 %, n = 1,000) of harmless releases are rolled back, most of them by check \
         `errors`; over 5 % also in 1 other harmless world."
    );
}

#[test]
fn misses_harm() {
    let mut outcomes = good();
    outcomes[2] = mixed(
        300,
        &outcome(Ending::Waiting, true, 3600),
        &outcome(Ending::RolledBackByCheck, true, 360),
    );
    let found = verdict(&policy("slack"), &outcomes);
    assert_eq!((found.rule, found.world), (Rule::MissedHarm, Some(2)));
    assert_eq!(
        found.sentence,
        "In world `errors to 2 %`, whose harm no stated limit allows, 30 % (27 to 33 %, n = 1,000) of releases are \
         not rolled back, 30 % (27 to 33 %, n = 1,000) wait for a person while it goes on; expected harm: 133 requests \
         (124 to 143, n = 1,000)."
    );
}

#[test]
fn catches_harm_late() {
    let mut outcomes = good();
    outcomes[2] = repeat(1000, &outcome(Ending::RolledBackByCheck, true, 2460));
    let found = verdict(&policy("slow"), &outcomes);
    assert_eq!((found.rule, found.world), (Rule::LateDetection, Some(2)));
    assert_eq!(
        found.sentence,
        "In world `errors to 2 %` harm is caught late: the median time to detect is 40m (40m to 40m, n = 1,000), more \
         than half the horizon of 1h."
    );
}

#[test]
fn finds_nothing() {
    let found = verdict(&policy("good"), &good());
    assert_eq!(
        (found.rule, found.world, found.note),
        (Rule::NothingFound, None, None)
    );
    assert_eq!(
        found.sentence,
        "Nothing found in these worlds: false rollbacks at most 1.0 % (0.5 to 1.8 %, n = 1,000) in world `plain`, \
         missed harm beyond the stated limits at most 2.0 % (1.3 to 3.1 %, n = 1,000) in world `errors to 2 %`, median \
         time to detect at most 5m (5m to 5m, n = 1,000) in world `errors to 2 %`."
    );
}

/// Where nothing but harm within the stated limits was played, what is missed of it is said.
#[test]
fn harm_within_the_limits_alone_is_told() {
    let [.., trials] = good();
    let worlds = worlds();
    let cells = [cell(0, 3, &trials)];
    let found = &score(&[policy("good")], &worlds, &cells, 1).policies[0].verdict;
    assert_eq!((found.rule, found.world), (Rule::NothingFound, None));
    assert_eq!(
        found.sentence,
        "Nothing found beyond the limits that the policies state; within them, in world `errors to 0.5 %` over 99.7 % \
         (n = 1,000) of releases are not rolled back."
    );
}

/// Waiting at a pause that the policy writes itself is a fact, not a verdict.
#[test]
fn a_pause_of_its_own_is_a_note() {
    let mut patient = policy("patient");
    patient.facts.own_pauses = vec![OwnPause {
        step: Some(2),
        line: Some(14),
    }];
    let mut outcomes = good();
    outcomes[0] = repeat(1000, &outcome(Ending::Waiting, false, 0));
    let found = verdict(&patient, &outcomes);
    assert_eq!(found.rule, Rule::NothingFound);
    assert_eq!(
        found.note.unwrap(),
        "Waits for a person at step 2, line 14; `--operator \"promotes after 10m\"` plays on."
    );
    patient.facts.person = Some("promotes after 10m".into());
    assert_eq!(
        verdict(&patient, &outcomes).note.unwrap(),
        "Waits for a person at step 2, line 14; somebody comes and promotes after 10m."
    );
    patient.facts.own_pauses.clear();
    assert_eq!(verdict(&patient, &outcomes).rule, Rule::Undecided);
}

/// A job's answer is stated: whoever asks nothing else sees no canary.
#[test]
fn stated_answers_see_no_canary() {
    let mut asks_a_job = policy("job");
    asks_a_job.facts.reads = Reads::Stated;
    let found = verdict(&asks_a_job, &good());
    assert_eq!(found.rule, Rule::BlindToCanary);
    let told = "No check reads a series: what a job, a web hook or another provider answers is stated, not simulated";
    assert!(found.sentence.starts_with(told), "{}", found.sentence);
    assert!(Reads::Nothing < Reads::Stated && Reads::Stated < Reads::Diluted);
}

/// Broken in every way at once, and mended one by one in the order of the rules.
#[test]
fn the_first_rule_that_applies_speaks() {
    let mut broken = policy("broken");
    broken.facts.reads = Reads::Nothing;
    broken.facts.cannot_pass = fact("errors", "it is an error at every look");
    let mut outcomes = good();
    outcomes[0] = repeat(1000, &outcome(Ending::RolledBackByErrors, false, 100));
    outcomes[1] = repeat(1000, &outcome(Ending::RolledBackByCheck, false, 100));
    outcomes[2] = mixed(
        100,
        &outcome(Ending::Promoted, true, 1800),
        &outcome(Ending::RolledBackByCheck, true, 3000),
    );
    let mut found = vec![verdict(&broken, &outcomes).rule];
    broken.facts.reads = Reads::Canary;
    found.push(verdict(&broken, &outcomes).rule);
    broken.facts.cannot_pass.clear();
    found.push(verdict(&broken, &outcomes).rule);
    outcomes[0] = good()[0].clone();
    found.push(verdict(&broken, &outcomes).rule);
    outcomes[1] = good()[1].clone();
    found.push(verdict(&broken, &outcomes).rule);
    outcomes[2] = repeat(1000, &outcome(Ending::RolledBackByCheck, true, 3000));
    found.push(verdict(&broken, &outcomes).rule);
    outcomes[2] = good()[2].clone();
    found.push(verdict(&broken, &outcomes).rule);
    let in_order = [
        Rule::BlindToCanary,
        Rule::FixedAnswer,
        Rule::Undecided,
        Rule::FalseRollbacks,
        Rule::MissedHarm,
        Rule::LateDetection,
        Rule::NothingFound,
    ];
    assert_eq!(found, in_order);
    assert_eq!(worlds()[0].horizon, Duration::from_mins(60));
}
