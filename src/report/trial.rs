//! One trial in the forms that are no page: Markdown for a document, JSON for a program.

use std::fmt::Write as _;

use super::markdown::escaped;
use super::{Told, lane, paint};
use crate::analysis::Phase;

/// One trial as JSON.
///
/// # Errors
///
/// Only a mistake of ours.
pub fn json(told: &Told) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(told).map(|text| text + "\n")
}

/// One trial as Markdown: how it ended, what each check saw, and the story.
pub fn markdown(told: &Told) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, told);
    out
}

fn write(out: &mut String, told: &Told) -> std::fmt::Result {
    let sign = match told.was_right() {
        Some(true) => "✅",
        Some(false) => "❌",
        None => "❔",
    };
    writeln!(
        out,
        "## {} · {} · seed {}\n",
        escaped(&told.policy),
        escaped(&told.world),
        told.seed
    )?;
    writeln!(out, "{sign} {}\n", escaped(&told.sentence))?;
    for line in told.turned.iter().chain(&told.facts) {
        writeln!(out, "- {}", escaped(line))?;
    }
    if let Some(line) = &told.decided_by {
        writeln!(out, "- {}", escaped(line))?;
    }
    for (at, words) in &told.timeline.switches {
        writeln!(out, "- The active Service is {words} at {at}.")?;
    }
    looks(out, &told.timeline.lanes)?;
    writeln!(out, "\n<details><summary>The whole story</summary>\n\n```text")?;
    for line in told.story.lines() {
        writeln!(out, "{}", paint::harmless(line).replace("```", "'''"))?;
    }
    writeln!(out, "```\n\n</details>\n\n`{}`", told.command)
}

/// A row a check: its conditions, its looks as signs in their order, and its lowest and highest reading.
pub(super) fn looks(out: &mut String, lanes: &[lane::Lane]) -> std::fmt::Result {
    if lanes.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n| check | conditions | looks | in order | readings |\n|---|---|---|---|---|"
    )?;
    for lane in lanes {
        let numbers = lane.readings.iter().filter_map(|reading| reading.value);
        let (low, high) = numbers
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let readings = match low <= high {
            true if low == high => lane::short(Some(low)),
            true => format!("{} to {}", lane::short(Some(low)), lane::short(Some(high))),
            false => "no number".to_owned(),
        };
        writeln!(
            out,
            "| {} ({}) | {} | {} | {} | {readings} |",
            escaped(&lane.check),
            escaped(&lane.place),
            escaped(&lane.conditions),
            lane.tally(),
            signs(lane)
        )?;
    }
    writeln!(
        out,
        "\nLooks in order: ○ passed, ✕ failed, ◇ inconclusive, ■ error."
    )
}

/// A sign for each look; long runs are counted.
fn signs(lane: &lane::Lane) -> String {
    let mut runs: Vec<(Phase, usize)> = Vec::new();
    for reading in &lane.readings {
        match runs.last_mut() {
            Some((phase, count)) if *phase == reading.phase => *count += 1,
            _ => runs.push((reading.phase, 1)),
        }
    }
    let mut text = String::new();
    for (phase, count) in runs {
        let sign = match phase {
            Phase::Successful => '○',
            Phase::Failed => '✕',
            Phase::Inconclusive => '◇',
            Phase::Error => '■',
            Phase::Pending | Phase::Running => '·',
        };
        if count > 5 {
            text.push_str(&format!("{sign}×{count} "));
        } else {
            text.extend(std::iter::repeat_n(sign, count));
        }
    }
    text.trim_end().to_owned()
}
