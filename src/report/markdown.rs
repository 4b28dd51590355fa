//! An answer as Markdown, for a pull request: the verdict, the table, and behind a fold what it rests on.

use std::fmt::Write as _;

use super::caveats::Caveats;
use super::columns::{Columns, WITHIN_LIMITS, left_out, legend, short};
use super::grid::{self, Tone};
use super::say::{self, Mood};
use super::{Page, paint};
use crate::score::{FigureName, Table, World};

/// Draws `page`.
pub fn draw(page: &Page) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut text, page);
    text
}

fn write(out: &mut String, page: &Page) -> std::fmt::Result {
    let table = &page.table;
    let many = table.policies.len() > 1;
    let name = |policy: &str| match many {
        true => format!("**{}**: ", escaped(policy)),
        false => String::new(),
    };
    if let Some(cut_short) = say::cut_short(page) {
        writeln!(out, "❔ {cut_short}\n")?;
    }
    for verdict in say::verdicts(table) {
        let sign = match verdict.mood {
            Mood::Good => "✅",
            Mood::Bad => "❌",
            Mood::Open => "❔",
        };
        writeln!(
            out,
            "{sign} {}{}",
            name(verdict.policy),
            escaped(verdict.sentence)
        )?;
        if let Some(note) = verdict.note {
            writeln!(out, "{}", escaped(note))?;
        }
        writeln!(out)?;
    }
    for (policies, sentence) in say::beside_first(table) {
        writeln!(out, "- {}{}", name(&policies.join(", ")), escaped(&sentence))?;
    }
    for notice in &page.notices {
        writeln!(out, "- {}", escaped(notice))?;
    }
    if !page.assumptions.heading.is_empty() {
        writeln!(out, "- {}", escaped(&page.assumptions.heading))?;
    }
    for harmful in [false, true] {
        let columns = Columns::of(table, harmful);
        if many {
            policies_side_by_side(out, page, harmful, &columns.shown)?;
        } else {
            figures_side_by_side(out, page, harmful, &columns.shown)?;
        }
        if page.worlds(harmful).is_empty() {
            continue;
        }
        let lines = legend(page, harmful, &columns.shown).into_iter();
        writeln!(out)?;
        for line in lines
            .chain([left_out(&[&columns])])
            .filter(|line| !line.is_empty())
        {
            writeln!(out, "- {}", escaped(&line))?;
        }
    }
    writeln!(out, "\n{}", escaped(&say::trials(table)))?;
    let marks = say::marks(table);
    if !marks.is_empty() {
        writeln!(out, "{}", escaped(&marks))?;
    }
    caveats(out, page)?;
    fold(out, page)
}

/// One policy: a row a world, a column a figure.
fn figures_side_by_side(
    out: &mut String,
    page: &Page,
    harmful: bool,
    figures: &[FigureName],
) -> std::fmt::Result {
    let head = if harmful {
        "harmful world"
    } else {
        "harmless world"
    };
    let words: Vec<String> = figures.iter().copied().map(short).collect();
    table(out, page, harmful, head, &words, |world, column| {
        (0, world, figures[column])
    })
}

/// Several policies: a table a figure, a row a world, a column a policy.
fn policies_side_by_side(
    out: &mut String,
    page: &Page,
    harmful: bool,
    figures: &[FigureName],
) -> std::fmt::Result {
    let policies = page.table.policies.iter();
    let names: Vec<String> = policies.map(|policy| escaped(&policy.name)).collect();
    for &figure in figures {
        let head = short(figure);
        table(out, page, harmful, &head, &names, |world, policy| {
            (policy, world, figure)
        })?;
    }
    Ok(())
}

fn table(
    out: &mut String,
    page: &Page,
    harmful: bool,
    head: &str,
    columns: &[String],
    place: impl Fn(usize, usize) -> (usize, usize, FigureName),
) -> std::fmt::Result {
    let worlds = page.worlds(harmful);
    if worlds.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| {head} | {} |", columns.join(" | "))?;
    writeln!(out, "|:--|{}", ":--|".repeat(columns.len()))?;
    for world in worlds {
        let found = &page.table.worlds[world];
        let mark = if found.within_limits {
            format!(" {}", escaped(WITHIN_LIMITS))
        } else {
            String::new()
        };
        write!(out, "| {}{mark} |", escaped(&found.name))?;
        for column in 0..columns.len() {
            let (policy, world, figure) = place(world, column);
            write!(out, " {} |", cell(&page.table, policy, world, figure))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn cell(table: &Table, policy: usize, world: usize, figure: FigureName) -> String {
    let Some(cell) = grid::cell(table, policy, world, figure) else {
        return "–".to_owned();
    };
    let mark = cell.mark();
    let words = escaped(&cell.words.together());
    let words = match cell.tone {
        Tone::Bad => format!("**{words}**"),
        Tone::Plain => words,
    };
    match mark.as_str() {
        "" => words,
        mark => format!("{words} {}", escaped(mark)),
    }
}

/// What changes the reading stands open, the rest behind a fold.
fn caveats(out: &mut String, page: &Page) -> std::fmt::Result {
    let caveats = Caveats::of(&page.table);
    writeln!(out)?;
    for caveat in &caveats.first {
        writeln!(out, "- {}", escaped(caveat))?;
    }
    if caveats.rest.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n<details><summary>{}</summary>\n", caveats.title())?;
    for group in &caveats.rest {
        writeln!(out, "- {}", escaped(group.advice))?;
        for line in &group.lines {
            writeln!(out, "  - {}", escaped(line))?;
        }
    }
    writeln!(out, "\n</details>")
}

/// What a reader of a pull request opens when in doubt.
fn fold(out: &mut String, page: &Page) -> std::fmt::Result {
    writeln!(out, "\n<details><summary>What this rests on</summary>\n")?;
    for line in &page.assumptions.lines {
        writeln!(out, "- assumed: {}", escaped(line))?;
    }
    let described = |world: &&World| !world.description.is_empty();
    for world in page.table.worlds.iter().filter(described) {
        writeln!(
            out,
            "- world {}: {}",
            escaped(&world.name),
            escaped(&world.description)
        )?;
    }
    for (policies, sentence) in say::deciders(&page.table) {
        writeln!(out, "- {}: {}", escaped(&policies.join(", ")), escaped(&sentence))?;
    }
    writeln!(
        out,
        "- coalmine {}, first seed {}",
        escaped(&page.version),
        page.seed
    )?;
    writeln!(out, "- command: {}", code(&page.command))?;
    for digest in &page.digests {
        writeln!(out, "- {}: {}", escaped(&digest.of), code(&digest.digest))?;
    }
    writeln!(out, "\n| policy | world | trials | address |\n|:--|:--|--:|:--|")?;
    for row in &page.table.rows {
        let policy = escaped(&page.table.policies[row.policy].name);
        let world = escaped(&page.table.worlds[row.world].name);
        writeln!(
            out,
            "| {policy} | {world} | {} | {} |",
            row.trials,
            code(&row.address)
        )?;
    }
    writeln!(out, "\n</details>")
}

/// Text that stays text: no markup of Markdown or HTML, no line break, no mention of a person.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in paint::harmless(text).chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(letter);
            }
            other => out.push(other),
        }
    }
    out
}

/// Text as code. A backtick or a bar would end it early, so these become a plain quote and a broken bar.
fn code(text: &str) -> String {
    format!("`{}`", paint::harmless(text).replace('`', "'").replace('|', "¦"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_inject_markup() {
        assert_eq!(escaped("<img>|a`b*\n@all"), "&lt;img&gt;\\|a\\`b\\* &#64;all");
        assert_eq!(code("a`b|c\n"), "`a'b¦c `");
    }
}
