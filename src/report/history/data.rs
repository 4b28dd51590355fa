//! The same for programs: JSON and CSV.

use serde::Serialize;

use super::said;
use crate::history::{Case, CheckPast, Figures, History, Laid, Split};
use crate::simulator::Hindsight;

/// Grows when a field changes its meaning or goes away; new fields do not change it.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Page<'a> {
    format: u32,
    starts_without_a_version: usize,
    releases: Vec<ReleaseRow<'a>>,
    policies: Vec<PolicyRow<'a>>,
    splits: &'a [Split],
}

#[derive(Serialize)]
struct ReleaseRow<'a> {
    id: &'a str,
    at_ms: i64,
    until_ms: i64,
    found: String,
    likely_restart: bool,
    truth: &'static str,
    rolled_back_by_people: Option<bool>,
    note: &'a str,
}

#[derive(Serialize)]
struct PolicyRow<'a> {
    policy: &'a str,
    sentence: String,
    figures: &'a Figures,
    window_ms: i64,
    checks: &'a [CheckPast],
    releases: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    ending: &'static str,
    after_ms: Option<i64>,
    decided_by: Option<&'a str>,
    by_errors: bool,
    why: String,
}

#[derive(Serialize)]
struct Flat<'a> {
    policy: &'a str,
    release: &'a str,
    at_ms: i64,
    found: String,
    truth: &'static str,
    rolled_back_by_people: Option<bool>,
    ending: &'static str,
    after_ms: Option<i64>,
    decided_by: Option<&'a str>,
    by_errors: bool,
}

/// All of it as JSON: releases, and for each policy figures with intervals, checks, and what it would have done.
///
/// # Errors
///
/// Only a mistake of ours.
pub fn json(history: &History) -> Result<String, serde_json::Error> {
    let page = Page {
        format: FORMAT,
        starts_without_a_version: history.restarts,
        releases: history.cases.iter().map(release).collect(),
        policies: history.laid.iter().map(|laid| policy(history, laid)).collect(),
        splits: &history.splits,
    };
    serde_json::to_string_pretty(&page).map(|text| text + "\n")
}

/// A line for each policy and release.
///
/// # Errors
///
/// Only a mistake of ours.
pub fn csv(history: &History) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for laid in &history.laid {
        for (case, seen) in history.cases.iter().zip(&laid.hindsight) {
            let line = line(laid, case, seen);
            writer.serialize(Flat {
                policy: &laid.policy,
                release: line.id,
                at_ms: case.release.at.as_millis(),
                found: case.release.found(),
                truth: said::truth(case.harmful()),
                rolled_back_by_people: case.rolled_back_by_people(),
                ending: line.ending,
                after_ms: line.after_ms,
                decided_by: line.decided_by,
                by_errors: line.by_errors,
            })?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(|error| std::io::Error::other(error).into())
}

fn release(case: &Case) -> ReleaseRow<'_> {
    let release = &case.release;
    ReleaseRow {
        id: &release.id,
        at_ms: release.at.as_millis(),
        until_ms: release.until.as_millis(),
        found: release.found(),
        likely_restart: release.is_likely_restart(),
        truth: said::truth(case.harmful()),
        rolled_back_by_people: case.rolled_back_by_people(),
        note: case.label.as_ref().map_or("", |label| &label.note),
    }
}

fn policy<'a>(history: &'a History, laid: &'a Laid) -> PolicyRow<'a> {
    let lines = history.cases.iter().zip(&laid.hindsight);
    PolicyRow {
        policy: &laid.policy,
        sentence: said::sentence(laid),
        figures: &laid.figures,
        window_ms: laid.window.as_millis(),
        checks: &laid.checks,
        releases: lines.map(|(case, seen)| line(laid, case, seen)).collect(),
    }
}

fn line<'a>(laid: &'a Laid, case: &'a Case, seen: &Hindsight) -> Line<'a> {
    let (ending, after) = match (seen.rolled_back_after, seen.promoted_after) {
        (Some(after), _) => ("rolled-back", Some(after)),
        (None, Some(after)) => ("promoted", Some(after)),
        (None, None) if seen.waiting => ("waiting", None),
        (None, None) => ("unfinished", None),
    };
    Line {
        id: &case.release.id,
        ending,
        after_ms: after.map(|after| after.as_millis()),
        decided_by: seen.decided_by.map(|check| laid.checks[check.0].check.as_str()),
        by_errors: seen.by_errors,
        why: if seen.rolled_back_after.is_some() {
            said::why(laid, seen)
        } else {
            String::new()
        },
    }
}
