//! A fitted service beside the recording it was fitted to, as a policy sees both.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::score::{Number, Unit, words};
use crate::stats::Estimate;
use crate::trust::{Agreement, CheckedPolicy, Compared, Figure};

/// Heads of the columns.
const HEADS: [&str; 5] = [
    "",
    "fitted service",
    "its recordings, split",
    "this recording, split",
    "",
];

#[derive(Serialize)]
struct Page<'a> {
    policies: &'a [CheckedPolicy],
}

/// All of it as JSON.
///
/// # Errors
///
/// Only a mistake of ours.
pub fn json(checked: &[CheckedPolicy]) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&Page { policies: checked }).map(|text| text + "\n")
}

/// A sentence and a table for each policy, for a terminal so wide.
pub fn draw(checked: &[CheckedPolicy], width: usize) -> String {
    let mut text = String::new();
    for policy in checked {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}\n", wrapped(&sentence(policy), width));
        let mut table = Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(width).unwrap_or(u16::MAX))
            .set_header(HEADS);
        for row in rows(policy) {
            table.add_row(row);
        }
        for column in 1..4 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let _ = writeln!(
            text,
            "{}\n\n{}\n",
            table.trim_fmt(),
            wrapped(&legend(policy), width)
        );
    }
    text
}

/// Lines of at most so many letters, broken between words.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines.join("\n")
}

/// The same as Markdown.
pub fn markdown(checked: &[CheckedPolicy]) -> String {
    let mut text = String::new();
    for policy in checked {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}\n", sentence(policy));
        let _ = writeln!(text, "| {} |\n|---|---:|---:|---:|---|", HEADS.join(" | "));
        for row in rows(policy) {
            let cells = row.map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        let _ = writeln!(text, "\n{}\n", legend(policy));
    }
    text
}

/// What came of it: `front agrees: …`, `front differs: …`.
pub fn sentence(policy: &CheckedPolicy) -> String {
    let word = match policy.agreement {
        Agreement::Agrees => "agrees",
        Agreement::Differs => "differs",
    };
    let rank = ordinal(libm::round(policy.p * (policy.recordings + 1) as f64) as u64);
    let among = format!(
        "it stands out as the {rank} of {} recordings, the others made by that service",
        policy.recordings + 1
    );
    let by_fit = listed(policy, |compared| compared.stands_out);
    let by_split = listed(policy, |compared| compared.split_differs);
    let fit = match by_fit.is_empty() {
        true => format!("the recording could be one of the service fitted to it ({among})"),
        false => format!("the recording differs from the service fitted to it in {by_fit} ({among})"),
    };
    let split = match by_split.is_empty() {
        true => "its recordings split anew give what the service itself gives".to_owned(),
        false => format!("its recordings split anew differ from the service itself in {by_split}"),
    };
    format!("{} {word}: {fit}; {split}.", policy.policy)
}

/// Figures by their checks: `false rollbacks; error-ratio (p90, correlation 1 and 2 looks later)`.
fn listed(policy: &CheckedPolicy, is: impl Fn(&Compared) -> bool) -> String {
    let mut of_checks: Vec<(&str, Vec<String>)> = Vec::new();
    let mut parts = Vec::new();
    for compared in policy.figures.iter().filter(|compared| is(compared)) {
        let (check, what) = match &compared.figure {
            Figure::FalseRollbacks => {
                parts.push("false rollbacks".to_owned());
                continue;
            }
            Figure::NoNumber { check } => (check, "looks without a number".to_owned()),
            Figure::Quantile { check, percent } => (check, format!("p{percent}")),
            Figure::Autocorrelation { check, lag } => (check, format!("correlation at {lag}")),
        };
        match of_checks.iter_mut().find(|(name, _)| name == check) {
            Some((_, found)) => found.push(what),
            None => of_checks.push((check, vec![what])),
        }
    }
    parts.extend(
        of_checks
            .into_iter()
            .map(|(check, found)| format!("{check} ({})", found.join(", "))),
    );
    parts.join(", ")
}

fn ordinal(rank: u64) -> String {
    let ending = match (rank % 10, rank % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{rank}{ending}")
}

fn legend(policy: &CheckedPolicy) -> String {
    let days = match policy.days {
        1 => "one day was recorded: how far days differ cannot be said".to_owned(),
        days => format!("recorded on {days} days"),
    };
    format!(
        "n = {} trials in each column, and over each of {} recordings that the fitted service makes, as long as this one. \
         Brackets: 95 % of the trials; of its recordings the median and the middle 95 %; {days}.",
        words::thousands(policy.trials),
        policy.recordings
    )
}

fn rows(policy: &CheckedPolicy) -> Vec<[String; 5]> {
    let row = |compared: &Compared| {
        let share = matches!(compared.figure, Figure::FalseRollbacks | Figure::NoNumber { .. });
        let of = |estimate: &Option<Estimate>| match estimate {
            None => "–".to_owned(),
            Some(estimate) if share => {
                let said = words::share(estimate.low, estimate.point, estimate.high);
                match said.interval.is_empty() {
                    true => said.number,
                    false => format!("{} ({})", said.number, said.interval),
                }
            }
            Some(Estimate { point, low, high, .. }) => {
                format!("{} ({}–{})", number(*point), number(*low), number(*high))
            }
        };
        let percent = |value: f64| format!("{}", libm::round(value * 1000.0) / 10.0);
        let span = |[low, high]: [f64; 2]| match share {
            true => format!("{}–{}", percent(low), percent(high)),
            false => format!("{}–{}", number(low), number(high)),
        };
        let pretended = match compared.pretended_single {
            Some([low, middle, high]) if share => format!("{} % ({})", percent(middle), span([low, high])),
            Some([low, middle, high]) => format!("{} ({})", number(middle), span([low, high])),
            None => "–".to_owned(),
        };
        let recorded = match (compared.recorded, compared.between_days) {
            (Some(estimate), days @ Some(_)) => {
                words::number(Unit::Share, &Number::new(estimate, days)).together()
            }
            (estimate, _) => of(&estimate),
        };
        [
            name(&compared.figure),
            of(&compared.fitted),
            pretended,
            recorded,
            match (compared.stands_out, compared.split_differs) {
                (false, false) => "",
                (true, false) => "differs",
                (false, true) => "differs by the split",
                (true, true) => "differs, also by the split",
            }
            .to_owned(),
        ]
    };
    policy.figures.iter().map(row).collect()
}

/// What a figure is called.
pub fn name(figure: &Figure) -> String {
    match figure {
        Figure::FalseRollbacks => "false rollbacks".into(),
        Figure::NoNumber { check } => format!("{check}: looks without a number"),
        Figure::Quantile { check, percent } => format!("{check}: p{percent} of readings"),
        Figure::Autocorrelation { check, lag: 1 } => format!("{check}: correlation with the next look"),
        Figure::Autocorrelation { check, lag } => format!("{check}: … {lag} looks later"),
    }
}

/// Three digits that count; a reading has whatever unit its query gives it.
fn number(value: f64) -> String {
    let size = libm::fabs(value);
    if size < 1e-9 {
        return "0".into();
    }
    if !(1e-4..1e6).contains(&size) {
        return format!("{value:.2e}");
    }
    let digits = (2.0 - libm::floor(libm::log10(size))).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("aa bb cccc d", 5), "aa bb\ncccc\nd");
        assert_eq!(wrapped("longer than that", 3), "longer\nthan\nthat");
    }

    #[test]
    fn numbers_have_three_digits_and_ranks_their_endings() {
        let said = [0.012_345, 1.5, 123.4, 45_678.0, 0.0, -0.25, 1e-7].map(number);
        assert_eq!(said, ["0.0123", "1.5", "123", "45678", "0", "-0.25", "1.00e-7"]);
        assert_eq!(
            [1, 2, 3, 4, 11, 21, 40].map(ordinal),
            ["1st", "2nd", "3rd", "4th", "11th", "21st", "40th"]
        );
    }
}
