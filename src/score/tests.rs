use proptest::prelude::*;

use super::*;
use crate::simulator::{CheckTally, Ending, Few, Outcome, Truth};
use crate::units::{Duration, Timestamp};

pub(super) fn world(name: &str, harmful: bool) -> World {
    World {
        name: name.into(),
        description: String::new(),
        harmful,
        within_limits: false,
        horizon: Duration::from_mins(60),
    }
}

pub(super) fn policy(name: &str) -> Policy {
    let facts = StaticFacts {
        reads: Reads::Canary,
        cannot_pass: Vec::new(),
        cannot_fail: Vec::new(),
        own_pauses: Vec::new(),
        person: None,
    };
    Policy {
        name: name.into(),
        checks: vec!["errors".into(), "latency".into()],
        facts,
    }
}

/// An outcome whose rollback or promotion comes at `seconds`; harm, where there is any, begins at second 60.
pub(super) fn outcome(ending: Ending, harmful: bool, seconds: i64) -> Outcome {
    let moment = Timestamp::from_secs(seconds);
    let rolled_back = ending.is_rollback();
    Outcome {
        ending,
        truth: Truth {
            harmful,
            onset: harmful.then_some(Timestamp::from_secs(60)),
            healed: None,
        },
        rolled_back_at: rolled_back.then_some(moment),
        restore: rolled_back.then_some(Duration::from_secs(1)),
        promoted_at: (ending == Ending::Promoted).then_some(moment),
        blast_radius: if harmful { seconds as f64 / 10.0 } else { 0.0 },
        waits: u32::from(ending == Ending::Waiting),
        waited: if ending == Ending::Waiting {
            Duration::from_mins(30)
        } else {
            Duration::ZERO
        },
        decided_by: rolled_back.then_some(0),
        checks: Few::repeat(CheckTally::default(), 2),
        rolled_back_without: if rolled_back {
            vec![false, true].into()
        } else {
            Few::default()
        },
    }
}

pub(super) fn repeat(times: usize, outcome: &Outcome) -> Vec<Outcome> {
    vec![outcome.clone(); times]
}

pub(super) fn cell(policy: usize, world: usize, outcomes: &[Outcome]) -> Cell<'_> {
    Cell {
        policy,
        world,
        outcomes,
        address: format!("p{policy}:w{world}:1..{}", outcomes.len()),
    }
}

fn estimate(row: &Row, name: FigureName) -> crate::stats::Estimate {
    *row.figure(name)
        .unwrap_or_else(|| panic!("no {name}"))
        .number
        .of_trials()
}

#[test]
fn a_harmless_world_shows_false_rollbacks_and_who_did_it() {
    let mut outcomes = repeat(900, &outcome(Ending::Promoted, false, 1800));
    outcomes.extend(repeat(70, &outcome(Ending::RolledBackByCheck, false, 400)));
    let by_errors = Outcome {
        decided_by: Some(1),
        ..outcome(Ending::RolledBackByErrors, false, 300)
    };
    outcomes.extend(repeat(30, &by_errors));
    let table = score(
        &[policy("ours")],
        &[world("plain", false)],
        &[cell(0, 0, &outcomes)],
        1,
    );
    let row = &table.rows[0];
    assert_eq!(estimate(row, FigureName::FalseRollbacks).point, 0.1);
    assert_eq!(estimate(row, FigureName::FalseRollbacksByCheck).point, 0.07);
    assert_eq!(estimate(row, FigureName::FalseRollbacksByErrors).point, 0.03);
    assert_eq!(estimate(row, FigureName::TimeToPromoteMedian).point, 1800.0);
    // 900 promoted at 30 minutes, 100 counted as the horizon of an hour.
    assert!((estimate(row, FigureName::TimeToPromoteMean).point - 1980.0).abs() < 1e-9);
    assert!(row.figure(FigureName::MissedHarm).is_none());
    assert_eq!(row.attribution.rollbacks, 100);
    assert_eq!(row.attribution.checks[0].decided.count, 70);
    assert_eq!(row.attribution.checks[1].decided.count, 30);
    assert_eq!(row.attribution.checks[0].alone.count, 100);
    assert_eq!(row.attribution.main().unwrap().check, "errors");
    assert!(table.policies[0].idle_checks.is_empty());
}

#[test]
fn a_harmful_world_shows_what_was_missed_and_how_late_the_rest_was_caught() {
    let mut outcomes = repeat(600, &outcome(Ending::RolledBackByCheck, true, 300));
    outcomes.extend(repeat(200, &outcome(Ending::Promoted, true, 1800)));
    outcomes.extend(repeat(150, &outcome(Ending::Waiting, true, 3600)));
    outcomes.extend(repeat(50, &outcome(Ending::RolledBackBeforeOnset, true, 30)));
    let table = score(
        &[policy("ours")],
        &[world("errors to 2 %", true)],
        &[cell(0, 0, &outcomes)],
        1,
    );
    let row = &table.rows[0];
    assert_eq!(estimate(row, FigureName::MissedHarm).point, 0.35);
    assert_eq!(estimate(row, FigureName::MissedWaiting).point, 0.15);
    assert_eq!(estimate(row, FigureName::RolledBackBeforeOnset).point, 0.05);
    // From onset at 60 s to 300 s; a rollback before onset is no detection.
    assert_eq!(estimate(row, FigureName::TimeToDetectMedian).point, 240.0);
    assert_eq!(estimate(row, FigureName::TimeToDetectQ90).point, f64::INFINITY);
    let mean = 0.6 * 240.0 + 0.4 * 3600.0;
    assert!((estimate(row, FigureName::TimeToDetectMean).point - mean).abs() < 1e-9);
    assert_eq!(estimate(row, FigureName::TimeToRestoreMedian).n, 600);
    let blast = 0.6 * 30.0 + 0.2 * 180.0 + 0.15 * 360.0 + 0.05 * 3.0;
    assert!((estimate(row, FigureName::BlastRadius).point - blast).abs() < 1e-9);
    assert_eq!(row.attribution.rollbacks, 600);
    assert_eq!(row.attribution.checks[0].alone.count, 600);
    assert_eq!(table.policies[0].idle_checks, ["latency"]);
}

#[test]
fn waits_are_counted_in_every_world() {
    let mut outcomes = repeat(50, &outcome(Ending::Waiting, false, 0));
    outcomes.extend(repeat(50, &outcome(Ending::Promoted, false, 1800)));
    let table = score(
        &[policy("ours")],
        &[world("plain", false)],
        &[cell(0, 0, &outcomes)],
        1,
    );
    let row = &table.rows[0];
    assert_eq!(estimate(row, FigureName::WaitingAtHorizon).point, 0.5);
    assert_eq!(estimate(row, FigureName::Waits).point, 0.5);
    assert_eq!(estimate(row, FigureName::TimeWaiting).point, 900.0);
}

/// The first catches harm at 5 minutes; the second a minute earlier, the third the same, the fourth misses 3 in 1,000.
#[test]
fn policies_are_compared_with_the_first_pair_by_pair() {
    let caught = |late: i64| outcome(Ending::RolledBackByCheck, true, 300 + late);
    let times =
        |shift: i64| -> Vec<Outcome> { (0..1000).map(|seed| caught(seed % 4 * 60 + shift)).collect() };
    let (first, faster, same) = (times(0), times(-60), times(0));
    let mut rarely_worse = times(0);
    for missed in rarely_worse.iter_mut().take(3) {
        *missed = outcome(Ending::Promoted, true, 1800);
    }
    let policies = ["first", "faster", "same", "rarely worse"].map(policy);
    let all = [&first, &faster, &same, &rarely_worse];
    let cells: Vec<Cell<'_>> = all
        .iter()
        .enumerate()
        .map(|(index, trials)| cell(index, 0, trials))
        .collect();
    let table = score(&policies, &[world("errors to 10 %", true)], &cells, 1);
    let word = |policy, figure| {
        let found = table
            .comparisons
            .iter()
            .find(|c| c.policy == policy && c.figure == figure);
        found.unwrap().word
    };
    assert_eq!(word(1, FigureName::TimeToDetectMean), Word::Better);
    assert_eq!(word(1, FigureName::MissedHarm), Word::Same);
    for figure in [
        FigureName::MissedHarm,
        FigureName::TimeToDetectMean,
        FigureName::BlastRadius,
    ] {
        assert_eq!(word(2, figure), Word::Same, "{figure}");
    }
    assert_eq!(word(3, FigureName::MissedHarm), Word::Same);
    assert_eq!(table.comparisons.len(), 9);
    for comparison in &table.comparisons {
        assert!(comparison.p_holm >= comparison.p);
        assert_eq!((comparison.against, comparison.difference.n()), (0, 1000));
    }
}

#[test]
fn too_few_trials_cannot_tell() {
    let first = repeat(20, &outcome(Ending::RolledBackByCheck, true, 300));
    let mut second = first.clone();
    second[0] = outcome(Ending::Promoted, true, 1800);
    let policies = [policy("first"), policy("second")];
    let cells = [cell(0, 0, &first), cell(1, 0, &second)];
    let table = score(&policies, &[world("errors to 10 %", true)], &cells, 1);
    assert!(
        table
            .comparisons
            .iter()
            .all(|comparison| comparison.word == Word::CannotTell)
    );
}

#[test]
fn caveats_say_what_to_do() {
    let mut outcomes = repeat(92, &outcome(Ending::Promoted, true, 1800));
    outcomes.extend(repeat(5, &outcome(Ending::RolledBackByCheck, true, 300)));
    outcomes.extend(repeat(3, &outcome(Ending::Running, true, 3600)));
    let table = score(
        &[policy("ours")],
        &[world("errors to 2 %", true)],
        &[cell(0, 0, &outcomes)],
        1,
    );
    let row = &table.rows[0];
    assert_eq!(row.caveats, [Caveat::StillRunning { running: 3 }]);
    let caveats = |name| row.figure(name).unwrap().caveats.clone();
    assert!(caveats(FigureName::TimeToRestoreMedian).contains(&Caveat::TooFewDetected { detected: 5 }));
    let of_mean = caveats(FigureName::TimeToDetectMean);
    assert!(of_mean.contains(&Caveat::MostlyHorizon) && of_mean.contains(&Caveat::RareValues { rare: 5 }));
    assert!(row.caveats[0].advice().contains("--horizon"));
    let few = repeat(10, &outcome(Ending::Promoted, false, 1800));
    let table = score(
        &[policy("ours")],
        &[world("plain", false)],
        &[cell(0, 0, &few)],
        1,
    );
    let wide = &table.rows[0].figure(FigureName::FalseRollbacks).unwrap().caveats;
    assert!(
        matches!(wide[..], [Caveat::IntervalTooWide { trials: 100 }]),
        "{wide:?}"
    );
}

#[test]
fn csv_has_a_line_for_each_figure_and_json_knows_never() {
    let outcomes = repeat(10, &outcome(Ending::Promoted, true, 1800));
    let table = score(
        &[policy("ours")],
        &[world("errors to 2 %", true)],
        &[cell(0, 0, &outcomes)],
        1,
    );
    let lines = flat(&table);
    assert_eq!(lines.len(), table.rows[0].figures.len());
    let median = lines
        .iter()
        .find(|line| line.figure == "time-to-detect-median")
        .unwrap();
    assert_eq!(
        (median.policy, median.world, median.unit),
        ("ours", "errors to 2 %", "seconds")
    );
    assert_eq!(
        (median.point, median.n, median.address),
        (f64::INFINITY, 10, "p0:w0:1..10")
    );
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.serialize(median).unwrap();
    let text = String::from_utf8(csv.into_inner().unwrap()).unwrap();
    assert!(
        text.starts_with("policy,world,figure,unit,point,low,high,level,n,address\n"),
        "{text}"
    );
    assert!(text.contains(",seconds,inf,inf,inf,0.95,10,"), "{text}");
    let json = serde_json::to_value(&table).unwrap();
    let figures = json["rows"][0]["figures"].as_array().unwrap();
    let median = figures
        .iter()
        .find(|figure| figure["name"] == "time-to-detect-median")
        .unwrap();
    assert!(median["point"].is_null());
    for name in FigureName::ALL {
        assert_eq!(serde_json::to_value(name).unwrap(), name.key());
        assert_eq!(serde_json::to_value(name.unit()).unwrap(), name.unit().key());
    }
}

#[test]
fn nothing_played_is_a_row_without_figures() {
    let table = score(&[policy("ours")], &[world("plain", false)], &[cell(0, 0, &[])], 1);
    assert!(table.rows[0].figures.is_empty() && table.rows[0].endings.is_none());
}

fn any_ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        Just(Ending::RolledBackByCheck),
        Just(Ending::RolledBackByErrors),
        Just(Ending::RolledBackByPerson),
        Just(Ending::RolledBackBeforeOnset),
        Just(Ending::Promoted),
        Just(Ending::Waiting),
        Just(Ending::Running),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the outcomes: endings partition the trials, points lie in their intervals, splits add up, and the
    /// same call gives the same table.
    #[test]
    fn any_outcomes_make_a_sound_table(
        harmful: bool,
        trials in prop::collection::vec((any_ending(), 0_i64..3600), 1..60),
        others in prop::collection::vec((any_ending(), 0_i64..3600), 1..60),
    ) {
        let played = |trials: &[(Ending, i64)]| -> Vec<Outcome> {
            trials.iter().map(|&(ending, seconds)| outcome(ending, harmful, seconds)).collect()
        };
        let (first, second) = (played(&trials), played(&others));
        let policies = [policy("first"), policy("second")];
        let worlds = [world("any", harmful)];
        let cells = [cell(0, 0, &first), cell(1, 0, &second)];
        let table = score(&policies, &worlds, &cells, 1);
        for row in &table.rows {
            let endings = row.endings.unwrap();
            prop_assert_eq!(endings.all().iter().map(|(_, part)| part.count).sum::<u64>(), row.trials);
            let point = |name| row.figure(name).map(|figure| figure.number.point());
            if let Some(all) = point(FigureName::FalseRollbacks) {
                use FigureName::{FalseRollbacksByCheck, FalseRollbacksByErrors, FalseRollbacksByPerson};
                let by = [FalseRollbacksByCheck, FalseRollbacksByErrors, FalseRollbacksByPerson];
                let parts: f64 = by.into_iter().filter_map(point).sum();
                let before_onset = row.endings.unwrap().rolled_back_before_onset.share.point();
                prop_assert!((parts + before_onset - all).abs() < 1e-9);
            }
            for figure in &row.figures {
                let estimate = figure.number.of_trials();
                prop_assert!(estimate.holds(estimate.point), "{:?}", figure);
                prop_assert!(estimate.low >= 0.0);
                prop_assert!(figure.unit != Unit::Share || estimate.high <= 1.0);
            }
            let decided: u64 = row.attribution.checks.iter().map(|role| role.decided.count).sum();
            prop_assert!(decided <= row.attribution.rollbacks);
        }
        for comparison in &table.comparisons {
            prop_assert!(comparison.difference.of_trials().holds(comparison.difference.point()), "{:?}", comparison);
            prop_assert!((0.0..=1.0).contains(&comparison.p), "{:?}", comparison);
        }
        prop_assert_eq!(score(&policies, &worlds, &cells, 1), table);
    }
}

#[test]
fn detections_by_errors_are_told() {
    let outcomes = |errors: usize| {
        let mut outcomes = repeat(100 - errors, &outcome(Ending::RolledBackByCheck, true, 400));
        outcomes.extend(repeat(errors, &outcome(Ending::RolledBackByErrors, true, 300)));
        outcomes
    };
    let caveats = |harmful: bool, errors: usize| {
        let outcomes = outcomes(errors);
        let table = score(
            &[policy("ours")],
            &[world("w", harmful)],
            &[cell(0, 0, &outcomes)],
            1,
        );
        table.rows[0].caveats.clone()
    };
    let told = Caveat::DetectedByErrors {
        errors: 30,
        detected: 100,
    };
    assert_eq!(caveats(true, 30), [told]);
    assert_eq!(
        told.to_string(),
        "30 of 100 detections were rollbacks by query errors, which judge nothing"
    );
    // One in twenty is luck; and without harm nothing is detected.
    assert!(caveats(true, 5).is_empty());
    assert!(caveats(false, 30).is_empty());
}
