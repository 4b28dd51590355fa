//! Sentences about a recording's releases.

use crate::history::{CheckPast, History, Laid, Split};
use crate::score::Unit;
use crate::score::words::{self, thousands};
use crate::simulator::Hindsight;
use crate::stats::Estimate;
use crate::units::Duration;

/// What a policy would have done, in one sentence: `143 releases: would have rolled back 9 (6.3 %, …); two of them were
/// rolled back by people; one harmful one was promoted`.
pub(super) fn sentence(laid: &Laid) -> String {
    let figures = &laid.figures;
    let mut said = format!(
        "{}: would have rolled back {}{}",
        counted(figures.releases, "release", "releases"),
        word(figures.rolled_back),
        interval(figures.share.as_ref()),
    );
    if figures.people_known && figures.rolled_back > 0 {
        let were = if figures.rolled_back_by_people_too == 1 {
            "was"
        } else {
            "were"
        };
        said += &format!(
            "; {} of them {were} rolled back by people",
            word(figures.rolled_back_by_people_too)
        );
    }
    let missed = figures.by_people - figures.rolled_back_by_people_too;
    if missed > 0 {
        said += &format!("; {} that people rolled back would not have been", word(missed));
    }
    if figures.harmless > 0 {
        let were = if figures.harmless_rolled_back == 1 {
            "was"
        } else {
            "were"
        };
        said += &format!("; {} of them {were} harmless", word(figures.harmless_rolled_back));
    }
    if figures.harmful > 0 {
        let (one, was) = match figures.harmful_promoted {
            1 => ("one", "was"),
            _ => ("ones", "were"),
        };
        said += &format!(
            "; {} harmful {one} {was} promoted",
            word(figures.harmful_promoted)
        );
    }
    said + "."
}

/// What it adds up to, and how many releases say nothing.
pub(super) fn sums(laid: &Laid) -> Vec<String> {
    let figures = &laid.figures;
    let known = figures.harmful_rolled_back + figures.harmless_rolled_back;
    let rolled_back = counted(known, "release", "releases");
    let harmful = counted(figures.harmful, "harmful release", "harmful releases");
    let harmless = counted(figures.harmless, "harmless release", "harmless releases");
    let mut sums = Vec::new();
    let mut add = |name, estimate: &Option<Estimate>, of: String| {
        if let Some(estimate) = estimate {
            let share = words::estimate(Unit::Share, estimate).together();
            sums.push(format!("{name}: {share} of {of}"));
        }
    };
    let all = format!("{rolled_back} rolled back whose truth is known: harmful");
    add("precision", &figures.precision, all);
    add("recall", &figures.recall, format!("{harmful}: rolled back"));
    add(
        "false rollbacks",
        &figures.false_rollbacks,
        format!("{harmless}: rolled back"),
    );
    let unknown = figures.releases - figures.harmful - figures.harmless;
    let mut open = Vec::new();
    if unknown > 0 {
        open.push(format!(
            "the truth of {} is not known",
            counted(unknown, "release", "releases")
        ));
    }
    if figures.unfinished > 0 {
        open.push(format!(
            "{} were over before the policy had decided",
            figures.unfinished
        ));
    }
    if figures.waiting > 0 {
        open.push(format!("{} would have waited for a person", figures.waiting));
    }
    if !open.is_empty() {
        sums.push(format!("open: {}", open.join("; ")));
    }
    sums
}

/// What one release would have met: short, for a cell.
pub(super) fn would(laid: &Laid, seen: &Hindsight, length: Duration) -> String {
    if let Some(after) = seen.rolled_back_after {
        return format!("rolled back {}: {}", whole(after), why(laid, seen));
    }
    if let Some(after) = seen.promoted_after {
        return format!("promoted {}", whole(after));
    }
    if seen.waiting {
        "waits for a person".to_owned()
    } else {
        format!("over at {}", whole(length))
    }
}

/// Why it would have been rolled back.
pub(super) fn why(laid: &Laid, seen: &Hindsight) -> String {
    let Some(check) = seen.decided_by else {
        return if seen.by_errors {
            "progressDeadlineSeconds".to_owned()
        } else {
            String::new()
        };
    };
    let tally = seen.checks[check.0];
    let name = &laid.checks[check.0].check;
    let (count, what) = if seen.by_errors {
        (tally.errors, "errors")
    } else {
        (tally.failed, "failed")
    };
    format!("{name}, {count} of {} {what}", tally.looks)
}

/// What is different without a check.
pub(super) fn without(past: &CheckPast) -> String {
    let without = &past.without;
    let mut said = if without.fewer == 0 {
        "no fewer".to_owned()
    } else {
        format!("{} fewer", without.fewer)
    };
    let mut of = Vec::new();
    if without.harmful_fewer > 0 {
        of.push(format!("{} harmful", without.harmful_fewer));
    }
    if without.harmless_fewer > 0 {
        of.push(format!("{} harmless", without.harmless_fewer));
    }
    if !of.is_empty() {
        said += &format!(" ({})", of.join(", "));
    }
    if without.later > 0 {
        said += &format!(", {} later", without.later);
    }
    said
}

/// How often a check alarms a week, with its interval.
pub(super) fn per_week(past: &CheckPast) -> String {
    past.quiet.per_week.as_ref().map_or_else(
        || "no quiet time".to_owned(),
        |estimate| {
            let Estimate { low, point, high, .. } = *estimate;
            match estimate.is_bound() {
                true => format!("< {}", number(high)),
                false => format!("{} ({}–{})", number(point), number(low), number(high)),
            }
        },
    )
}

/// Three digits are more than such a count knows.
fn number(value: f64) -> String {
    if value >= 10.0 {
        words::grouped(&format!("{value:.0}"))
    } else {
        format!("{value:.1}")
    }
}

/// The chance that the check rolls back a release for nothing at a quiet moment.
pub(super) fn chance(past: &CheckPast) -> String {
    let share = past.quiet.share.as_ref();
    share.map_or_else(
        || "–".to_owned(),
        |share| words::estimate(Unit::Share, share).together(),
    )
}

/// How much quiet time there was.
pub(super) fn quiet(laid: &Laid) -> String {
    let Some(past) = laid.checks.first() else {
        return "the policy has no check".to_owned();
    };
    let windows = counted(past.quiet.windows, "window", "windows");
    if past.quiet.windows == 0 {
        return format!(
            "no stretch of {} without a release: how often the checks alarm for nothing cannot be said",
            laid.window
        );
    }
    format!(
        "{:.1} hours without a release, in {windows} of {} (the planned duration); alarms next to each other count as one",
        past.quiet.hours, laid.window
    )
}

/// What a canary was to get, and what it got.
pub(super) fn split(split: &Split) -> [String; 5] {
    let share = words::estimate(Unit::Share, &split.share).together();
    let told = if split.share.high < split.weight {
        "less than set: every verdict is weaker than believed"
    } else if split.share.low > split.weight {
        "more than set: more requests were at stake than believed"
    } else {
        "as set"
    };
    [
        format!("{} %", split.weight * 100.0),
        share,
        words::grouped(&format!("{:.0}", split.requests)),
        format!("{:.1}", split.dispersion),
        told.to_owned(),
    ]
}

/// Of what the recording tells, what is no release, and what may be none.
pub(super) fn beside(history: &History) -> Vec<String> {
    let mut said = Vec::new();
    let likely = history
        .cases
        .iter()
        .filter(|case| case.release.is_likely_restart())
        .count();
    if likely > 0 {
        said.push(format!(
            "{likely} of them, most likely, are restarts of one process of several"
        ));
    }
    let started = |sign: &crate::recording::releases::Sign| sign.is_weak();
    let weak = history
        .cases
        .iter()
        .all(|case| case.release.signs.iter().all(started));
    if weak {
        said.push("found by process starts alone: restarts of the same version may be among them".to_owned());
    }
    if history.restarts > 0 {
        said.push(format!(
            "{} process starts or changes of a Deployment came with no new version and are no releases here",
            history.restarts
        ));
    }
    said
}

pub(super) const fn truth(harmful: Option<bool>) -> &'static str {
    match harmful {
        Some(true) => "harmful",
        Some(false) => "harmless",
        None => "unknown",
    }
}

fn interval(share: Option<&Estimate>) -> String {
    share.map_or_else(String::new, |share| {
        let share = words::estimate(Unit::Share, share);
        match share.interval.as_str() {
            "" => format!(" ({})", share.number),
            interval => format!(" ({}, {interval})", share.number),
        }
    })
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { one } else { many })
}

/// Small numbers as words.
fn word(count: u64) -> String {
    const WORDS: [&str; 9] = [
        "none", "one", "two", "three", "four", "five", "six", "seven", "eight",
    ];
    let small = usize::try_from(count).ok().and_then(|count| WORDS.get(count));
    small.map_or_else(|| thousands(count), |word| (*word).to_owned())
}

/// Without its fraction of a second.
fn whole(length: Duration) -> Duration {
    Duration::from_secs(length.as_millis() / 1000)
}
