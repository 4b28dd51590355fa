use serde::Serialize;

use crate::report::columns::{Columns, WITHIN_LIMITS, left_out, legend, short};
use crate::report::grid::{self, Tone};
use crate::report::{Page, charts};
use crate::score::words::{self, Words};
use crate::score::{Comparison, Part, Row, Table, Unit};
use crate::simulator::Ending;

/// A table of the page: a block a world, in it a row a policy.
#[derive(Debug, Serialize)]
pub(super) struct PageTable {
    caption: String,
    note: String,
    head: Vec<String>,
    blocks: Vec<Block>,
    /// What the heads and marks leave out, right below the table.
    legend: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Block {
    world: String,
    /// What happens in it.
    about: String,
    rows: Vec<PageRow>,
}

#[derive(Debug, Serialize)]
struct PageRow {
    policy: Option<Policy>,
    cells: Vec<PageCell>,
}

#[derive(Debug, Serialize)]
struct Policy {
    name: String,
    marker: String,
}

#[derive(Debug, Default, Serialize)]
struct PageCell {
    label: String,
    number: String,
    interval: String,
    mark: String,
    bad: bool,
    /// An address, in parts that are not broken.
    code: Vec<String>,
}

impl PageCell {
    fn new(label: &str, words: Words) -> Self {
        Self {
            label: label.to_owned(),
            interval: words.intervals(),
            number: words.number,
            ..Self::default()
        }
    }

    fn word(label: &str, number: impl Into<String>) -> Self {
        let number = number.into();
        Self::new(
            label,
            Words {
                number,
                ..Words::default()
            },
        )
    }
}

/// The figures, harmless worlds first.
pub(super) fn tables(page: &Page) -> Vec<PageTable> {
    let table = &page.table;
    let tables = [(false, "Harmless releases"), (true, "Harmful releases")].map(|(harmful, caption)| {
        let columns = Columns::of(table, harmful);
        let figures = &columns.shown;
        let cells = |row: &Row| {
            let cell = |&figure| {
                let label = short(figure);
                let Some(found) = grid::cell(table, row.policy, row.world, figure) else {
                    return PageCell::word(&label, "–");
                };
                PageCell {
                    mark: found.mark(),
                    bad: found.tone == Tone::Bad,
                    ..PageCell::new(&label, found.words)
                }
            };
            figures.iter().map(cell).collect()
        };
        let words = figures.iter().copied().map(short).collect();
        let mut drawn = page_table(
            table,
            caption,
            words,
            |world| table.worlds[world].harmful == harmful,
            cells,
        );
        drawn.legend = legend(page, harmful, figures);
        drawn.legend.push(left_out(&[&columns]));
        drawn.legend.retain(|line| !line.is_empty());
        drawn
    });
    tables
        .into_iter()
        .filter(|table| !table.blocks.is_empty())
        .collect()
}

/// How the trials ended, who decided, and what differs: everything else that has an interval.
pub(super) fn appendix(table: &Table) -> Vec<PageTable> {
    let mut tables = vec![endings(table)];
    let most = table.policies.iter().map(|policy| policy.checks.len()).max();
    if most.unwrap_or(0) > 0 {
        tables.push(attribution(table));
    }
    if !table.comparisons.is_empty() {
        tables.push(differences(table));
    }
    tables
}

fn endings(table: &Table) -> PageTable {
    let any = table.rows.iter().find_map(|row| row.endings.as_ref());
    let endings: Vec<Ending> = any
        .iter()
        .flat_map(|parts| parts.all())
        .map(|(ending, _)| ending)
        .collect();
    let cells = |row: &Row| {
        let parts: Vec<(Ending, Part)> = row.endings.iter().flat_map(|parts| parts.all()).collect();
        let cell = |ending: &Ending| match parts.iter().find(|(found, _)| found == ending) {
            Some((_, part)) => PageCell::new(word(*ending), words::number(Unit::Share, &part.share)),
            None => PageCell::word(word(*ending), "–"),
        };
        let mut cells: Vec<PageCell> = endings.iter().map(cell).collect();
        cells.push(PageCell::word("trials", words::grouped(&row.trials.to_string())));
        cells.push(PageCell {
            code: row.address.split_inclusive(':').map(str::to_owned).collect(),
            ..PageCell::word("address", "")
        });
        cells
    };
    let words = endings.iter().copied().map(word).chain(["trials", "address"]);
    let mut drawn = page_table(
        table,
        "How the trials ended",
        words.map(str::to_owned).collect(),
        |_| true,
        cells,
    );
    drawn.note = "Shares of all trials. An address names the trials behind every \
                  number of its row."
        .to_owned();
    drawn
}

const fn word(ending: Ending) -> &'static str {
    match ending {
        Ending::RolledBackByCheck => "rolled back by a check",
        Ending::RolledBackByErrors => "by query errors",
        Ending::RolledBackByPerson => "by a person",
        Ending::RolledBackBeforeOnset => "before onset",
        Ending::Promoted => "promoted",
        Ending::Waiting => "waiting",
        Ending::Running => "running",
    }
}

fn attribution(table: &Table) -> PageTable {
    let cells = |row: &Row| {
        let decided = row
            .attribution
            .checks
            .iter()
            .filter(|role| role.decided.count > 0);
        let roles: Vec<String> = decided
            .map(|role| {
                let share = |part: &Part| words::number(Unit::Share, &part.share).together();
                format!(
                    "{}: {}, alone {}",
                    role.check,
                    share(&role.decided),
                    share(&role.alone)
                )
            })
            .collect();
        vec![
            PageCell::word(
                "rollbacks",
                words::grouped(&row.attribution.rollbacks.to_string()),
            ),
            PageCell::word(
                "decided by",
                if roles.is_empty() {
                    "–".to_owned()
                } else {
                    roles.join("; ")
                },
            ),
        ]
    };
    let words = ["rollbacks", "decided by"].map(str::to_owned).to_vec();
    let mut drawn = page_table(table, "Which check decided", words, |_| true, cells);
    drawn.note = "Shares of the row's rollbacks. Alone: without this check, on the same luck, the rollback would not have \
                  come."
        .to_owned();
    drawn
}

fn differences(table: &Table) -> PageTable {
    let of = |row: &Row| -> Vec<&Comparison> {
        let same = |found: &&Comparison| found.policy == row.policy && found.world == row.world;
        table.comparisons.iter().filter(same).collect()
    };
    let cells = |row: &Row| {
        let sentences: Vec<String> = of(row)
            .into_iter()
            .map(|found| {
                let difference = words::difference(found.unit, &found.difference).together();
                let p = if found.p_holm < 0.001 {
                    "p < 0.001".to_owned()
                } else {
                    format!("p {:.3}", found.p_holm)
                };
                let n = words::grouped(&found.difference.n().to_string());
                let word = match found.is_settled() {
                    Some(false) => format!("{} (of these trials; days do not tell)", found.word),
                    Some(true) | None => found.word.to_string(),
                };
                format!("{}: {difference}, {p}, {n} pairs: {word}", found.figure)
            })
            .collect();
        vec![PageCell::word("", sentences.join("; "))]
    };
    let first = table.policies.first().map_or("", |policy| policy.name.as_str());
    let caption = format!("Differences from {first}");
    let mut drawn = page_table(table, &caption, vec!["difference".to_owned()], |_| true, cells);
    for block in &mut drawn.blocks {
        block
            .rows
            .retain(|row| row.cells.iter().any(|cell| !cell.number.is_empty()));
    }
    drawn.blocks.retain(|block| !block.rows.is_empty());
    drawn.note = "Below zero is better. Pair by pair on the same luck; p corrected by Holm's method for all comparisons."
        .to_owned();
    drawn
}

fn page_table(
    table: &Table,
    caption: &str,
    words: Vec<String>,
    wanted: impl Fn(usize) -> bool,
    cells: impl Fn(&Row) -> Vec<PageCell>,
) -> PageTable {
    let many = table.policies.len() > 1;
    let mut head = vec!["world".to_owned()];
    if many {
        head.push("policy".to_owned());
    }
    head.extend(words);
    let row = |row: &Row| PageRow {
        policy: many.then(|| {
            let name = table.policies[row.policy].name.clone();
            let marker = charts::marker(row.policy, &name);
            Policy { name, marker }
        }),
        cells: cells(row),
    };
    let worlds = (0..table.worlds.len()).filter(|&world| wanted(world));
    let blocks = worlds.map(|world| Block {
        world: name(table, world),
        about: table.worlds[world].description.clone(),
        rows: table
            .rows
            .iter()
            .filter(|of| of.world == world)
            .map(row)
            .collect(),
    });
    PageTable {
        caption: caption.to_owned(),
        note: String::new(),
        head,
        legend: Vec::new(),
        blocks: blocks.filter(|block| !block.rows.is_empty()).collect(),
    }
}

/// A world's name with its mark.
pub(super) fn name(table: &Table, world: usize) -> String {
    let world = &table.worlds[world];
    if world.within_limits {
        format!("{} {}", world.name, WITHIN_LIMITS)
    } else {
        world.name.clone()
    }
}
