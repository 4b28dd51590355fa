//! A runbook of a platform team: a canary, a switch, what people do by hand, and what they do in an emergency.

mod controls;
mod emergency;
mod gates;
mod hours;
mod names;
mod switch;

use coalmine::experiment::Request;
use coalmine::units::Duration;

use crate::case::Case;
use crate::table::{Claim, Word, compare, table};
use crate::tallies::{by_check_of, by_world};

const SEEDS: u64 = 200;
const CANARY: &str = "aivo-canary";
const BYPASS: &str = "aivo-bypass";
const SWITCH: &str = "aivo-blue-green";

/// Worlds that the canary meets, of the battery and of its own.
const WORLDS: [&str; 18] = [
    "plain",
    "cold-start",
    "incident",
    "noisy-neighbour",
    "quiet",
    "very-quiet",
    "errors-0.5",
    "errors-2",
    "errors-10",
    "latency-1.5",
    "latency-3",
    "half-load",
    "peak hours",
    "quiet hours",
    "dead of night",
    "peak hours, 2 % errors",
    "quiet hours, 2 % errors",
    "dead of night, 2 % errors",
];

/// `text` with `to` in the place of `from`, wherever that stands.
fn edited(from: &'static str, to: &'static str) -> impl Fn(&str) -> String {
    move |text| text.replace(from, to)
}

/// A case where people come, until `horizon`.
fn visited(case: &str, worlds: &[&str], people: &str, horizon: Duration) -> Case {
    visited_after(case, worlds, people, horizon, &str::to_owned)
}

/// The same after an edit.
fn visited_after(
    case: &str,
    worlds: &[&str],
    people: &str,
    horizon: Duration,
    edit: &dyn Fn(&str) -> String,
) -> Case {
    let asks = Request {
        operator: Some(people.to_owned()),
        horizon: Some(horizon),
        ..Request::default()
    };
    let [case] = Case::together([(case, edit)], worlds, SEEDS, asks);
    case
}

/// A part of a README: its name, and its sentences.
fn part(name: &str, claims: &[Claim]) -> String {
    format!("\n### {name}\n\n{}", table(claims))
}

fn word(claims: &[Claim], says: &str) -> Word {
    let found = claims.iter().find(|claim| claim.says.contains(says));
    found.unwrap_or_else(|| panic!("no sentence has {says}")).word
}

#[test]
fn a_canary_behind_three_gates() {
    let case = Case::play(CANARY, &WORLDS, SEEDS, str::to_owned);
    let below = Case::play(
        CANARY,
        &["plain"],
        SEEDS,
        edited("/ (1 - 0.995) / 720", "/ (1 - 0.995)"),
    );
    let gates = gates::claims(&case, &below);
    let hours = hours::claims(&case);
    let controls = controls::claims(&case);
    let written = part("Gates", &gates)
        + &part("Hours", &hours)
        + &part("Manual control", &controls)
        + &part("Names", &names::claims())
        + "\n### All worlds\n"
        + &by_world(&case, false)
        + &by_check_of("\"SLO Gates\"", &case, SEEDS);
    compare(CANARY, &written);
    // Weights, gates and the way back are what they are said to be; the budget is one gate too many, or one too sharp.
    assert_eq!(word(&gates, "75%"), Word::Kept);
    assert_eq!(word(&gates, "SLO analysis fails"), Word::Kept);
    assert_eq!(word(&gates, "read as a burn rate"), Word::Broken);
    assert!(below.rolled_back("plain").is_usual());
    assert_eq!(word(&gates, "<service-name>"), Word::Broken);
    assert_eq!(word(&hours, "peak hours"), Word::Kept);
    for (says, is) in [
        ("Promote to next step", Word::Kept),
        ("Skip analysis", Word::Broken),
        ("Abort rollout", Word::Kept),
        ("Pause rollout", Word::Kept),
        ("Resume", Word::Broken),
        ("active rollout", Word::Kept),
        ("previous stable", Word::Broken),
    ] {
        assert_eq!(word(&controls, says), is, "{says}");
    }
}

#[test]
fn a_bypass_of_the_canary() {
    let claims = emergency::claims();
    compare(BYPASS, &table(&claims));
    assert_eq!(word(&claims, "Bypass canary"), Word::Broken);
    assert_eq!(word(&claims, "undone first"), Word::Kept);
    assert_eq!(word(&claims, "all active rollouts"), Word::Broken);
}

#[test]
fn a_switch_that_a_person_makes() {
    let claims = switch::claims();
    compare(SWITCH, &table(&claims));
    assert_eq!(word(&claims, "Switch → Validate"), Word::Kept);
    assert_eq!(word(&claims, "Check pre-promotion"), Word::Broken);
    assert_eq!(word(&claims, "integration tests"), Word::Kept);
}
