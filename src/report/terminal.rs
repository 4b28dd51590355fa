//! An answer for a terminal: what was assumed, the table, the verdict next to the prompt.

use super::caveats;
use super::columns::short;
use super::paint::{Paint, painted, plain};
use super::say::{self, Mood};
use super::tables::{Tables, paragraphs};
use super::{Look, Page};

/// Narrower than this is laid out as if it were this wide.
const NARROWEST: usize = 40;

/// Draws `page`; no line is wider than `look.width` (or 40 columns where that is less).
pub fn draw(page: &Page, look: Look) -> String {
    let width = look.width.clamp(NARROWEST, 400);
    let tables = Tables::new(page, width);
    let mut parts = vec![heading(page, width)];
    let closing = closing(page, &tables, width);
    parts.extend(tables.drawn);
    parts.push(closing);
    parts.retain(|part| !part.trim().is_empty());
    painted(&parts.join("\n\n"), look.colour) + "\n"
}

fn heading(page: &Page, width: usize) -> String {
    let mut said = Vec::new();
    let assumptions = &page.assumptions;
    let text = format!("{} {}", assumptions.heading, assumptions.lines.join(" · "));
    if !text.trim().is_empty() {
        said.push((Paint::Faint.on("assumed"), plain(text.trim())));
    }
    for notice in say::cut_short(page).iter().chain(&page.notices) {
        said.push((Paint::Open.on("note"), plain(notice)));
    }
    paragraphs(&said, width)
}

fn closing(page: &Page, tables: &Tables, width: usize) -> String {
    let table = &page.table;
    let named = |policy: &str, paint: Paint, sentence: &str| match table.policies.len() {
        1 => plain(sentence),
        _ => format!("{}: {}", paint.on(&plain(policy)), plain(sentence)),
    };
    let mut said = vec![(Paint::Faint.on("read"), reading(page, tables))];
    let shown = |figure| !tables.no_room.contains(&figure);
    for caveat in caveats::short(table, shown) {
        said.push((Paint::Faint.on("caveat"), plain(&caveat)));
    }
    for (policies, sentence) in say::deciders(table) {
        let text = named(&policies.join(", "), Paint::Faint, &sentence);
        said.push((Paint::Faint.on("decided"), text));
    }
    for (policies, sentence) in say::beside_first(table) {
        let text = named(&policies.join(", "), Paint::Strong, &sentence);
        said.push((Paint::Strong.on("beside"), text));
    }
    for verdict in say::verdicts(table) {
        let paint = match verdict.mood {
            Mood::Good => Paint::Good,
            Mood::Bad => Paint::Bad,
            Mood::Open => Paint::Open,
        };
        if let Some(note) = verdict.note {
            let text = named(verdict.policy, Paint::Open, note);
            said.push((Paint::Open.on("note"), text));
        }
        let text = named(verdict.policy, paint, verdict.sentence);
        said.push((paint.on("verdict"), text));
    }
    for written in &page.written {
        said.push((Paint::Faint.on(&plain(&written.what)), plain(&written.place)));
    }
    paragraphs(&said, width)
}

/// How to read the tables.
fn reading(page: &Page, tables: &Tables) -> String {
    let mut said = vec![say::trials(&page.table)];
    said.extend(tables.legend.iter().cloned());
    said.push(plain(&say::marks(&page.table)));
    said.push(tables.left_out.clone());
    let mut names: Vec<String> = Vec::new();
    for &figure in &tables.no_room {
        let name = short(figure);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if !names.is_empty() {
        said.push(format!(
            "In the other forms of the answer too: {}.",
            names.join("; ")
        ));
    }
    said.retain(|text| !text.is_empty());
    plain(&said.join(" "))
}
