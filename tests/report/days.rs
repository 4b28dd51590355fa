//! Over a recording every number is shown with its interval between recorded days, in every form of the answer.

use coalmine::report::{Assumptions, DetectionCurve, Look, Page, csv, json, markdown, terminal};
use coalmine::score::{
    self, BetweenDays, Caveat, Cell, Days, FigureName, Policy, Reads, Recorded, StaticFacts, Word, World,
};
use coalmine::simulator::{CheckTally, Ending, Few, Outcome, Truth};
use coalmine::units::{Duration, Timestamp};
use proptest::prelude::*;

const HORIZON: Duration = Duration::from_mins(30);

/// A trial that ends so after `seconds` of harm; check 0 or 1 decides, and alone.
fn outcome(harmful: bool, ending: Ending, seconds: i64, check: u16) -> Outcome {
    let onset = Timestamp::from_secs(30);
    let at = onset + Duration::from_secs(seconds);
    let rolled_back = ending.is_rollback();
    Outcome {
        ending,
        truth: Truth {
            harmful,
            onset: harmful.then_some(onset),
            healed: None,
        },
        rolled_back_at: rolled_back.then_some(at),
        restore: rolled_back.then_some(Duration::from_secs(2)),
        promoted_at: (ending == Ending::Promoted).then_some(at),
        blast_radius: match (harmful, rolled_back) {
            (false, _) => 0.0,
            (true, true) => 10.0,
            (true, false) => 100.0,
        },
        waits: u32::from(ending == Ending::Waiting),
        waited: Duration::ZERO,
        decided_by: rolled_back.then_some(check),
        checks: Few::repeat(CheckTally::default(), 2),
        rolled_back_without: match rolled_back {
            true => vec![check != 0, check != 1].into(),
            false => Few::default(),
        },
    }
}

/// Policies side by side in a harmless and a harmful world (`played[policy][world]`), over `days`.
fn page(played: &[[Vec<Outcome>; 2]], days: &[u32], recorded: bool) -> Page {
    let policy = |index: usize| Policy {
        name: ["first", "second", "third"][index].to_owned(),
        checks: vec!["errors".to_owned(), "latency".to_owned()],
        facts: StaticFacts {
            reads: Reads::Canary,
            cannot_pass: Vec::new(),
            cannot_fail: Vec::new(),
            own_pauses: Vec::new(),
            person: None,
        },
    };
    let policies: Vec<Policy> = (0..played.len()).map(policy).collect();
    let worlds = [("as recorded", false), ("errors +2 %", true)].map(|(name, harmful)| World {
        name: name.to_owned(),
        description: String::new(),
        harmful,
        within_limits: false,
        horizon: HORIZON,
    });
    let mut cells = Vec::new();
    let mut curves = Vec::new();
    let of = Days::of(recorded.then_some(days));
    for (policy, worlds) in played.iter().enumerate() {
        for (world, outcomes) in worlds.iter().enumerate() {
            cells.push(Cell {
                policy,
                world,
                outcomes,
                address: format!("{policy}/{world}/1..{}", outcomes.len()),
            });
        }
        curves.push(DetectionCurve::of(policy, 1, &worlds[1], of));
    }
    let over = Recorded {
        days: days.to_vec(),
        seconds: 400_000.0,
        caveats: vec![vec![Caveat::NoFeedback]; 2],
    };
    let table = match recorded {
        true => score::score_over(&policies, &worlds, &cells, 1, &over),
        false => score::score(&policies, &worlds, &cells, 1),
    };
    Page {
        version: "0.1.0".to_owned(),
        command: "coalmine simulate policy.yaml --recording data/".to_owned(),
        seed: 1,
        trials_planned: played[0][0].len() as u64,
        digests: Vec::new(),
        assumptions: Assumptions::default(),
        notices: Vec::new(),
        table,
        curves,
        hardest: Vec::new(),
        chosen_by: String::new(),
        written: Vec::new(),
    }
}

/// Three days of 10, 40 and 50 trials; of the first policy 3, 4 and 5 miss the harm, of the second 1, 4 and 2. Of the
/// first one's rollbacks, check `latency` decides 3 of 7, 17 of 36 and 20 of 45.
fn three_days() -> Page {
    let sizes = [10, 40, 50];
    let days: Vec<u32> = (0..3).flat_map(|day| vec![day; sizes[day as usize]]).collect();
    let harmful = |missed: [usize; 3], by_latency: [usize; 3]| -> Vec<Outcome> {
        let day = |day: usize| {
            let by_latency = missed[day] + by_latency[day];
            (0..sizes[day]).map(move |trial| match trial {
                trial if trial < missed[day] => outcome(true, Ending::Promoted, 900, 0),
                trial => outcome(true, Ending::RolledBackByCheck, 60, u16::from(trial < by_latency)),
            })
        };
        (0..3).flat_map(day).collect()
    };
    let harmless = vec![outcome(false, Ending::Promoted, 900, 0); 100];
    let first = [harmless.clone(), harmful([3, 4, 5], [3, 17, 20])];
    let second = [harmless, harmful([1, 4, 2], [0, 0, 0])];
    page(&[first, second], &days, true)
}

fn near(found: Option<&BetweenDays>, days: u64, low: f64, high: f64) {
    let found = found.expect("a recorded world");
    let (found_low, found_high) = found.ends().expect("several days");
    assert_eq!(found.days, days);
    assert!(
        (found_low - low).abs() < 1e-6 && (found_high - high).abs() < 1e-6,
        "{found:?}, not {low} to {high}"
    );
}

/// Ends between days of the share promoted, of the share of rollbacks that `latency` decided, and of the difference of
/// missed harm.
const PROMOTED: (f64, f64) = (0.003589585, 0.236410415);
const DECIDED: (f64, f64) = (0.406466627, 0.502624282);
const MISSED: (f64, f64) = (-0.184350288, 0.084350288);

/// Calculated apart from this code: sums s and numbers n of each day, mean m of all, standard error
/// sqrt(3/2 Σ(s − m n)²) / Σn, and t of two degrees of freedom, 4.302653.
#[test]
fn endings_attribution_and_differences_vary_between_days_as_calculated_by_hand() {
    let page = three_days();
    let row = page.table.row(0, 1).expect("it was played");
    let promoted = row.endings.expect("there are trials").promoted;
    assert_eq!(promoted.count, 12);
    near(promoted.share.between_days(), 3, PROMOTED.0, PROMOTED.1);
    let latency = &row.attribution.checks[1];
    assert_eq!((latency.decided.count, latency.decided.share.n()), (40, 88));
    near(latency.decided.share.between_days(), 3, DECIDED.0, DECIDED.1);
    assert_eq!(latency.decided.share, latency.alone.share);
    let difference = |figure| {
        let mut all = page.table.comparisons.iter();
        all.find(|found| found.figure == figure && found.world == 1)
            .expect("it is compared")
    };
    let missed = difference(FigureName::MissedHarm);
    assert!((missed.difference.point() + 0.05).abs() < 1e-12);
    near(missed.difference.between_days(), 3, MISSED.0, MISSED.1);
    let harmed = difference(FigureName::BlastRadius);
    near(
        harmed.difference.between_days(),
        3,
        90.0 * MISSED.0,
        90.0 * MISSED.1,
    );
    // No pair of harmless trials differs: on another day at most as often as three trials without one tell,
    // 1 - 0.05^(1/3), either way.
    let equal = page
        .table
        .comparisons
        .iter()
        .find(|found| found.figure == FigureName::FalseRollbacks)
        .expect("it is compared");
    near(equal.difference.between_days(), 3, -0.631_597, 0.631_597);
    // The curve's only step has caught what was not missed.
    let curve = page.curve(0, 1).expect("a curve");
    assert_eq!(curve.steps.len(), 1);
    near(
        curve.steps[0].share.between_days(),
        3,
        1.0 - PROMOTED.1,
        1.0 - PROMOTED.0,
    );
    let text = terminal(&page);
    assert!(text.contains("12 % (7–20; 3 days: 0–24)"), "{text}");
    let verdict = &page.table.policies[0].verdict.sentence;
    assert!(
        verdict.contains("12 % (7 to 20 %, n = 100; 3 days: 0 to 24 %)"),
        "{verdict}"
    );
}

fn terminal(page: &Page) -> String {
    let look = Look {
        colour: false,
        width: 400,
    };
    terminal::draw(page, look)
}

/// Every interval in brackets of `text`: `2.2–4.4`, `−3.0 to −1.2`.
fn intervals(text: &str) -> impl Iterator<Item = &str> {
    let groups = text.split('(').skip(1);
    let inside = groups.filter_map(|group| group.split_once(')').map(|(inside, _)| inside));
    inside.filter(|inside| {
        let ranges = ["–", " to "].iter().flat_map(|dash| inside.split_once(dash));
        let is_number = |letter: char| letter.is_ascii_digit() || "−+∞".contains(letter);
        let mut ranges =
            ranges.filter(|(_, after)| after.starts_with(is_number) || after.starts_with("never"));
        ranges.any(|(before, _)| before.ends_with(|last: char| last.is_alphanumeric() || last == ' '))
    })
}

/// Every object of `value` with an interval has one between days too.
fn has_days(value: &serde_json::Value, recorded: bool) {
    match value {
        serde_json::Value::Object(fields) => {
            if fields.contains_key("level") {
                assert_eq!(fields.contains_key("between_days"), recorded, "{value}");
            }
            fields.values().for_each(|field| has_days(field, recorded));
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| has_days(value, recorded)),
        _ => {}
    }
}

fn never_alone(page: &Page) {
    let value = serde_json::from_str(&json::draw(page).expect("it is written")).expect("it is JSON");
    has_days(&value, true);
    let forms = [
        terminal(page),
        markdown::draw(page),
        #[cfg(feature = "charts")]
        coalmine::report::html::draw(page).expect("the template is filled"),
    ];
    for text in &forms {
        for interval in intervals(text) {
            assert!(interval.contains("day"), "({interval}) in {text}");
        }
    }
    let table = csv::draw(page).expect("it is written");
    let mut lines = table.lines();
    assert!(
        lines
            .next()
            .is_some_and(|head| head.ends_with(",days,days_low,days_high"))
    );
    let days = |line: &str| line.rsplit(',').nth(2).map(str::to_owned);
    assert!(
        lines.all(|line| days(line).is_some_and(|days| days != "0")),
        "{table}"
    );
}

#[test]
fn one_day_cannot_say() {
    let outcomes = |harmful| vec![outcome(harmful, Ending::RolledBackByCheck, 60, 0); 20];
    let page = page(&[[outcomes(false), outcomes(true)]], &[0; 20], true);
    never_alone(&page);
    let text = terminal(&page);
    assert!(text.contains("> 86 % (one day: cannot say)"), "{text}");
    let text = markdown::draw(&page);
    assert!(text.contains("(n = 20; one day: cannot say)"), "{text}");
}

#[test]
fn a_made_up_world_has_no_days() {
    let outcomes = |harmful| vec![outcome(harmful, Ending::RolledBackByCheck, 60, 0); 20];
    let page = page(&[[outcomes(false), outcomes(true)]], &[0; 20], false);
    let value = serde_json::from_str(&json::draw(&page).expect("it is written")).expect("it is JSON");
    has_days(&value, false);
    assert!(!terminal(&page).contains("day"));
}

#[test]
fn a_word_that_days_do_not_bear_out_is_marked() {
    // One trial in ten is missed by the first policy only: on the one day as often as on the other.
    let days: Vec<u32> = (0..1000).map(|trial| trial / 500).collect();
    let harmless = vec![outcome(false, Ending::Promoted, 900, 0); 1000];
    let caught = outcome(true, Ending::RolledBackByCheck, 60, 0);
    let missed = outcome(true, Ending::Promoted, 900, 0);
    let first = (0..1000).map(|trial| if trial % 10 == 0 { &missed } else { &caught });
    let first = first.cloned().collect();
    let even = page(
        &[
            [harmless.clone(), first],
            [harmless.clone(), vec![caught.clone(); 1000]],
        ],
        &days,
        true,
    );
    let found = |page: &Page, figure| {
        let mut all = page.table.comparisons.iter();
        let found = all.find(|found| found.figure == figure).expect("it is compared");
        (found.word, found.is_settled())
    };
    // Two days that agree are few to say so of a third.
    assert_eq!(found(&even, FigureName::MissedHarm), (Word::Better, Some(false)));
    assert_eq!(
        found(&even, FigureName::FalseRollbacks),
        (Word::Same, Some(false))
    );
    // Six days with 93 to 98 of a hundred trials: -4.5 points, standard error 0.76, t of five degrees 2.57.
    let days: Vec<u32> = (0..600).map(|trial| trial / 100).collect();
    let first = (0..600).map(|trial| {
        if trial % 100 < 2 + trial / 100 {
            &missed
        } else {
            &caught
        }
    });
    let first = first.cloned().collect();
    let harmless = harmless[..600].to_vec();
    let steady = page(
        &[[harmless.clone(), first], [harmless, vec![caught.clone(); 600]]],
        &days,
        true,
    );
    assert_eq!(found(&steady, FigureName::MissedHarm), (Word::Better, Some(true)));
    let text = terminal(&steady);
    assert!(text.contains("Better than first in missed harm"), "{text}");
    let text = terminal(&even);
    assert!(
        text.contains("=?") && text.contains("+?") && text.contains("? behind a mark"),
        "{text}"
    );
}

fn any_ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        Just(Ending::RolledBackByCheck),
        Just(Ending::RolledBackByErrors),
        Just(Ending::RolledBackBeforeOnset),
        Just(Ending::Promoted),
        Just(Ending::Waiting),
        Just(Ending::Running),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever was played on whatever days: no form of the answer shows an interval of trials alone.
    #[test]
    fn no_interval_stands_alone(
        policies in 1_usize..4,
        trials in prop::collection::vec(
            (0_u32..5, prop::collection::vec((any_ending(), 0_i64..1700, 0_u16..2), 6)),
            1..40,
        ),
    ) {
        let days: Vec<u32> = trials.iter().map(|(day, _)| *day).collect();
        let played: Vec<[Vec<Outcome>; 2]> = (0..policies)
            .map(|policy| {
                [false, true].map(|harmful| {
                    let of = |(_, ends): &(u32, Vec<(Ending, i64, u16)>)| {
                        let (ending, seconds, check) = ends[2 * policy + usize::from(harmful)];
                        outcome(harmful, ending, seconds, check)
                    };
                    trials.iter().map(of).collect()
                })
            })
            .collect();
        never_alone(&page(&played, &days, true));
    }
}
