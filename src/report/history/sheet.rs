//! Tables and sentences for a terminal, and the same as Markdown.

use comfy_table::{ContentArrangement, Table, presets};

use super::said;
use crate::history::{History, Laid};
use crate::report::moment::utc_minute;
use crate::report::paint::harmless;

/// A heading and rows of equal length, the first of them the head.
struct Sheet {
    heading: String,
    rows: Vec<Vec<String>>,
}

/// All of it, in `width` columns.
pub fn terminal(history: &History, width: usize) -> String {
    let mut text = String::new();
    for sheet in sheets(history) {
        let mut table = Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(width).unwrap_or(u16::MAX));
        let mut rows = sheet.rows.into_iter();
        table.set_header(rows.next().unwrap_or_default());
        table.add_rows(rows);
        if !sheet.heading.is_empty() {
            text += &wrapped(&sheet.heading, width);
        }
        text += &table.trim_fmt();
        text += "\n\n";
    }
    closing(history)
        .iter()
        .for_each(|line| text += &wrapped(line, width));
    text
}

/// All of it, for a pull request: sentences first, tables behind a fold.
pub fn markdown(history: &History) -> String {
    let mut text = String::new();
    let mut lines = closing(history);
    // On a page the most important stands first.
    lines.rotate_right(history.laid.len());
    for line in lines {
        text += &format!("- {}\n", escaped(&line));
    }
    for sheet in sheets(history) {
        let name = if sheet.heading.is_empty() {
            "releases".to_owned()
        } else {
            sheet.heading
        };
        text += &format!("\n<details><summary>{}</summary>\n\n", escaped(&name));
        for (number, row) in sheet.rows.iter().enumerate() {
            let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
            text += &format!("| {} |\n", cells.join(" | "));
            if number == 0 {
                text += &format!("|{}\n", "---|".repeat(row.len()));
            }
        }
        text += "\n</details>\n";
    }
    text
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => out.extend(['\\', letter]),
            other => out.push(other),
        }
    }
    out
}

/// Names come from foreign files: nothing in them moves a cursor.
fn sheets(history: &History) -> Vec<Sheet> {
    let mut sheets = vec![releases(history)];
    sheets.extend(
        history
            .laid
            .iter()
            .filter(|laid| !laid.checks.is_empty())
            .map(|laid| checks(history, laid)),
    );
    sheets.extend((!history.splits.is_empty()).then(|| splits(history)));
    for cell in sheets.iter_mut().flat_map(|sheet| &mut sheet.rows).flatten() {
        *cell = harmless(cell);
    }
    sheets
}

fn releases(history: &History) -> Sheet {
    let people = history
        .cases
        .iter()
        .any(|case| case.rolled_back_by_people().is_some());
    let mut head = vec![
        "release".to_owned(),
        "at (UTC)".to_owned(),
        "found".to_owned(),
        "truth".to_owned(),
    ];
    head.extend(people.then(|| "by people".to_owned()));
    head.extend(history.laid.iter().map(|laid| laid.policy.clone()));
    let mut rows = vec![head];
    for (number, case) in history.cases.iter().enumerate() {
        let release = &case.release;
        let mut row = vec![
            release.id.clone(),
            utc_minute(release.at.as_millis()),
            release.found(),
            said::truth(case.harmful()).to_owned(),
        ];
        row.extend(people.then(|| {
            let told = match case.rolled_back_by_people() {
                Some(true) => "rolled back",
                Some(false) => "kept",
                None => "",
            };
            told.to_owned()
        }));
        let length = release.until - release.at;
        row.extend(
            history
                .laid
                .iter()
                .map(|laid| said::would(laid, &laid.hindsight[number], length)),
        );
        rows.push(row);
    }
    Sheet {
        heading: String::new(),
        rows,
    }
}

fn checks(history: &History, laid: &Laid) -> Sheet {
    let head = [
        "check",
        "decided",
        "without it",
        "alarms a week, no release",
        "false rollbacks, no release",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for past in &laid.checks {
        rows.push(vec![
            past.check.clone(),
            past.decided.to_string(),
            said::without(past),
            said::per_week(past),
            said::chance(past),
        ]);
    }
    let of = named(history, laid);
    Sheet {
        heading: harmless(&format!("{of}{}", said::quiet(laid))),
        rows,
    }
}

fn splits(history: &History) -> Sheet {
    let head = ["weight set", "share seen", "requests", "dispersion", ""];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(history.splits.iter().map(|split| said::split(split).to_vec()));
    Sheet {
        heading: "Weights set beside shares of requests seen, in cells of two minutes.".to_owned(),
        rows,
    }
}

/// Sentences, the most important last, next to the prompt.
fn closing(history: &History) -> Vec<String> {
    let mut lines = said::beside(history);
    lines.push(
        "Weights cannot change the past: requests went where they went, whatever a policy sets.".to_owned(),
    );
    for laid in &history.laid {
        let of = named(history, laid);
        lines.extend(said::sums(laid).into_iter().map(|sum| format!("{of}{sum}")));
    }
    for laid in &history.laid {
        let of = named(history, laid);
        lines.push(format!("{of}{}", said::sentence(laid)));
    }
    lines.iter().map(|line| harmless(line)).collect()
}

/// What stands before the sentences of one of several policies.
fn named(history: &History, laid: &Laid) -> String {
    match history.laid.len() {
        1 => String::new(),
        _ => format!("{}: ", laid.policy),
    }
}

/// A line, wrapped at words, and its end.
fn wrapped(line: &str, width: usize) -> String {
    let mut text = String::new();
    let mut used = 0;
    for word in line.split(' ') {
        let letters = word.chars().count();
        if used > 0 && used + 1 + letters > width {
            text.push_str("\n  ");
            used = 2;
        } else if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += letters;
    }
    text + "\n"
}
