//! What worlds and checks add up to.

use std::fmt::Write as _;

use coalmine::scenario::Verdict;
use coalmine::simulator::{Ending, Outcome};
use coalmine::stats;
use coalmine::units::Duration;

use crate::case::Case;
use crate::services::SEEDS;

const TWO_MINUTES: Duration = Duration::from_mins(2);

/// From the first moment of harm (the start, in harmless worlds) until the canary gets nothing any more, in seconds.
pub fn until_restored(outcome: &Outcome) -> f64 {
    outcome
        .time_to_detect()
        .zip(outcome.restore)
        .map_or(f64::INFINITY, |(detect, restore)| {
            (detect + restore).as_secs_f64()
        })
}

pub fn is_within_two_minutes(outcome: &Outcome) -> bool {
    until_restored(outcome) <= TWO_MINUTES.as_secs_f64()
}

/// The time in the middle with its interval; infinity is never.
pub fn median(seconds: &mut [f64]) -> String {
    seconds.sort_by(f64::total_cmp);
    let said = |seconds: f64| {
        if seconds.is_finite() {
            Duration::from_millis((1000.0 * seconds).round() as i64).to_string()
        } else {
            "never".to_owned()
        }
    };
    stats::quantile(seconds, 50).map_or_else(
        || "never".to_owned(),
        |time| format!("{} ({} to {})", said(time.point), said(time.low), said(time.high)),
    )
}

/// World by world: how many are rolled back, how soon, and how many of them in two minutes.
pub fn by_world(case: &Case, within_two_minutes: bool) -> String {
    let column = |text: &str| {
        if within_two_minutes {
            format!(" {text} |")
        } else {
            String::new()
        }
    };
    let mut text = format!(
        "\n| world | truth | rolled back | until the canary gets nothing (median) |{} a trial |\n|:--|:--|:--|:--|{}:--|\n",
        column("within 2m"),
        column(":--").replace(' ', "")
    );
    for world in case.worlds() {
        let scenario = &case.world(world).scenario;
        let rolled_back = case.rolled_back(world);
        let errors = case.ended(world, Ending::RolledBackByErrors).count;
        let of_these = if errors > 0 {
            format!(", {errors} of these by errors")
        } else {
            String::new()
        };
        let harmful = scenario.truth == Verdict::Harmful;
        let (truth, time, within) = if harmful {
            let mut times: Vec<f64> = case.outcomes(world).iter().map(until_restored).collect();
            let within = case.part(world, is_within_two_minutes).count;
            ("harmful", median(&mut times), format!("{within}"))
        } else {
            ("harmless", "–".to_owned(), "–".to_owned())
        };
        writeln!(
            text,
            "| {} | {truth} | {}{of_these} | {time} |{} {} |",
            scenario.name,
            rolled_back.said(),
            column(&within),
            case.address(world, rolled_back.first)
        )
        .unwrap();
    }
    text
}

/// Check by check: what it did in all worlds together.
pub fn by_check(says: &str, case: &Case) -> String {
    by_check_of(says, case, SEEDS)
}

/// The same of so many seeds.
pub fn by_check_of(says: &str, case: &Case, seeds: u64) -> String {
    let mut text = format!(
        "\n{}, over all {} trials:\n\n| check | trials with a failed look | rollbacks it decided: of harm, for nothing | \
         without it there would have been none |\n|:--|--:|--:|--:|\n",
        says,
        seeds as usize * case.worlds().len()
    );
    let mut idle = Vec::new();
    for (check, name) in case.checks().into_iter().enumerate() {
        let count = |harmful: Option<bool>, counts: &dyn Fn(&Outcome) -> bool| {
            let outcomes = case.worlds().iter().flat_map(|world| case.outcomes(world));
            outcomes
                .filter(|outcome| harmful.is_none_or(|harmful| outcome.truth.harmful == harmful))
                .filter(|outcome| counts(outcome))
                .count()
        };
        let decided =
            |outcome: &Outcome| outcome.ending.is_rollback() && outcome.decided_by == Some(check as u16);
        let failed = count(None, &|outcome| outcome.checks[check].failed > 0);
        let of_harm = count(Some(true), &decided);
        let for_nothing = count(Some(false), &decided);
        let alone = count(None, &|outcome| {
            outcome.rolled_back_without.get(check) == Some(&false)
        });
        writeln!(
            text,
            "| `{name}` | {failed} | {of_harm}, {for_nothing} | {alone} |"
        )
        .unwrap();
        if of_harm + for_nothing == 0 {
            idle.push(format!("`{name}`"));
        }
    }
    let idle = match idle.len() {
        0 => "Every check decided something.".to_owned(),
        _ => format!("Never decided anything: {}.", idle.join(", ")),
    };
    writeln!(text, "\n{idle}").unwrap();
    text
}
