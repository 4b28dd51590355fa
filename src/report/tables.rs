//! Scores as tables of text, as wide as a terminal.

use comfy_table::{ColumnConstraint, ContentArrangement, Table as Layout, TableComponent, Width, presets};

use super::Page;
use super::columns::{Columns, WITHIN_LIMITS, left_out, legend, short};
use super::grid::{self, Tone};
use super::paint::{Paint, painted, plain};
use crate::score::{FigureName, Table, World};

/// Names of worlds wrap at this when that lets one more column stand beside them.
const WORLD: usize = 20;
/// Empty columns between two columns.
const GAP: usize = 2;

/// What is compared on a terminal: more tables than these bury the answer.
const BESIDE_EACH_OTHER: [FigureName; 4] = [
    FigureName::FalseRollbacks,
    FigureName::MissedHarm,
    FigureName::TimeToDetectMedian,
    FigureName::BlastRadius,
];

/// Tables that hold the scores, what explains them, and the figures that stand in none of them.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) drawn: Vec<String>,
    pub(super) legend: Vec<String>,
    /// For want of room.
    pub(super) no_room: Vec<FigureName>,
    /// Since they say the same nothing in every cell, one line.
    pub(super) left_out: String,
}

/// A head and a text for each world.
type Column = Vec<String>;

impl Tables {
    /// Lays the scores of `page` out in `width` columns: figures side by side for one policy, policies side by side for
    /// several.
    pub(super) fn new(page: &Page, width: usize) -> Self {
        let mut tables = Self::default();
        let columns = [false, true].map(|harmful| Columns::of(&page.table, harmful));
        for (harmful, columns) in [false, true].into_iter().zip(&columns) {
            let worlds = page.worlds(harmful);
            if worlds.is_empty() {
                continue;
            }
            let shown = if page.table.policies.len() == 1 {
                tables.figures_side_by_side(&page.table, harmful, &columns.shown, &worlds, width)
            } else {
                tables.policies_side_by_side(&page.table, &columns.shown, &worlds, width)
            };
            for line in legend(page, harmful, &shown) {
                if !tables.legend.contains(&line) {
                    tables.legend.push(line);
                }
            }
        }
        tables.left_out = left_out(&columns.each_ref());
        tables
    }

    /// One policy: a row a world, a column a figure, as many figures as fit; these it gives.
    fn figures_side_by_side(
        &mut self,
        table: &Table,
        harmful: bool,
        figures: &[FigureName],
        worlds: &[usize],
        width: usize,
    ) -> Vec<FigureName> {
        let head = if harmful {
            "harmful world"
        } else {
            "harmless world"
        };
        // A head of two parts stands on two lines.
        let columns: Vec<Column> = figures
            .iter()
            .map(|&figure| {
                let head = short(figure).replace(", ", ",\n");
                column(head, table, 0, worlds, figure)
            })
            .collect();
        let (now, _) = columns.split_at(fitting(&columns, width));
        self.drawn.push(layout(table, head, worlds, now, width));
        let (now, later) = figures.split_at(now.len());
        self.no_room.extend(later);
        now.to_vec()
    }

    /// Several policies: a table a figure, a row a world, a column a policy; a further table where they do not fit.
    fn policies_side_by_side(
        &mut self,
        table: &Table,
        figures: &[FigureName],
        worlds: &[usize],
        width: usize,
    ) -> Vec<FigureName> {
        let beside = |figure: &FigureName| BESIDE_EACH_OTHER.contains(figure);
        let (now, later): (Vec<FigureName>, Vec<FigureName>) =
            figures.iter().partition(|figure| beside(figure));
        self.no_room.extend(later);
        for &figure in &now {
            let name = short(figure);
            let policies = table.policies.iter().enumerate();
            let columns: Vec<Column> = policies
                .map(|(index, policy)| column(plain(&policy.name), table, index, worlds, figure))
                .collect();
            let mut rest = columns.as_slice();
            while !rest.is_empty() {
                let (now, later) = rest.split_at(fitting(rest, width));
                self.drawn.push(layout(table, &name, worlds, now, width));
                rest = later;
            }
        }
        now
    }
}

fn column(head: String, table: &Table, policy: usize, worlds: &[usize], figure: FigureName) -> Column {
    let cells = worlds.iter().map(|&world| cell(table, policy, world, figure));
    std::iter::once(head).chain(cells).collect()
}

fn cell(table: &Table, policy: usize, world: usize, figure: FigureName) -> String {
    let Some(cell) = grid::cell(table, policy, world, figure) else {
        return "–".to_owned();
    };
    let mark = cell.mark();
    let mut text = cell.words.together();
    if cell.tone == Tone::Bad {
        text = Paint::Bad.on(&text);
    }
    match mark.as_str() {
        "" => text,
        mark => format!("{text} {mark}"),
    }
}

/// How many of `columns` stand beside the names of the worlds; at least one, if there is one.
fn fitting(columns: &[Column], width: usize) -> usize {
    let mut used = WORLD + GAP;
    let fits = |column: &&Column| {
        used += GAP + broadest(column);
        used <= width + GAP
    };
    let count = columns.iter().take_while(fits).count();
    count.max(1).min(columns.len())
}

/// Letters of the longest text. Names in wide letters only make the layout wrap.
fn broadest(column: &[String]) -> usize {
    let lines = column.iter().flat_map(|text| text.lines());
    let widths = lines.map(|text| painted(text, false).chars().count());
    widths.max().unwrap_or(0)
}

fn layout(table: &Table, head: &str, worlds: &[usize], columns: &[Column], width: usize) -> String {
    let mut layout = empty(width);
    layout.set_style(TableComponent::HeaderLines, '─');
    let heads = columns.iter().map(|column| column[0].as_str());
    layout.set_header(
        std::iter::once(head)
            .chain(heads)
            .map(|word| Paint::Strong.on(word)),
    );
    for (line, &world) in worlds.iter().enumerate() {
        let found = &table.worlds[world];
        let mut name = plain(&found.name);
        if found.within_limits {
            name = format!("{name} {WITHIN_LIMITS}");
        }
        let cells = columns.iter().map(|column| column[line + 1].clone());
        layout.add_row(std::iter::once(name).chain(cells));
    }
    let taken: usize = columns.iter().map(|column| GAP + broadest(column)).sum();
    if WORLD + taken <= width {
        // Numbers stay on one line; names of worlds wrap.
        let marked = |world: &World| world.name.chars().count() + 2 * usize::from(world.within_limits);
        let names = worlds.iter().map(|&world| marked(&table.worlds[world]));
        let longest = names.chain([head.chars().count()]).max().unwrap_or(0);
        let widths = columns.iter().map(|column| broadest(column));
        let widths = std::iter::once(longest.min(width - taken)).chain(widths);
        for (column, letters) in layout.column_iter_mut().zip(widths) {
            column.set_constraint(ColumnConstraint::Absolute(fixed(letters + GAP)));
        }
    }
    finish(layout, width)
}

/// A word at the left, and what is said beside it.
pub(super) fn paragraphs(said: &[(String, String)], width: usize) -> String {
    let mut layout = empty(width);
    for (word, text) in said {
        layout.add_row([word, text]);
    }
    if let Some(words) = layout.column_mut(0) {
        words.set_constraint(ColumnConstraint::UpperBoundary(fixed(WORLD)));
    }
    finish(layout, width)
}

fn empty(width: usize) -> Layout {
    let mut layout = Layout::new();
    layout
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width + GAP).unwrap_or(u16::MAX));
    layout
}

fn fixed(columns: usize) -> Width {
    Width::Fixed(u16::try_from(columns).unwrap_or(u16::MAX))
}

/// The lines of `layout`, with a gap behind every column; the last one's lies outside.
fn finish(mut layout: Layout, width: usize) -> String {
    for column in layout.column_iter_mut() {
        column.set_padding((0, GAP as u16));
    }
    let lines: Vec<String> = layout
        .lines()
        .map(|line| match line.starts_with('─') {
            true => line.chars().take(width).collect(),
            false => line.trim_end_matches(' ').to_owned(),
        })
        .collect();
    lines.join("\n")
}
