use rayon::prelude::*;
use serde::Serialize;

use super::attribution::Attribution;
use super::between::{Days, Recorded};
use super::caveat::Caveat;
use super::comparison::{Comparison, comparisons};
use super::endings::Parts;
use super::figure::{Figure, FigureName};
use super::input::{Cell, Policy, World};
use super::row::row;
use super::verdict::Verdict;

/// Everything scored in one call. Numbers and names only: no wall time, no path, no thread count.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// The worlds, in the order of the call.
    pub worlds: Vec<World>,
    /// The policies, in the order of the call; the first is what the others are compared with.
    pub policies: Vec<PolicyScore>,
    /// A row for each cell: all policies of the first world, then of the second, …
    pub rows: Vec<Row>,
    /// Every other policy beside the first; empty when there is one policy.
    pub comparisons: Vec<Comparison>,
    /// The recording that the worlds are made of; absent where they are made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedTime>,
}

/// How much of a recording there is: the honest count behind every figure of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RecordedTime {
    /// Recorded days that trials began on.
    pub days: u64,
    /// Time recorded, in seconds.
    pub seconds: f64,
    /// How many rollouts of the longest horizon fit into it.
    pub rollouts: f64,
}

/// What is said of a policy over all its worlds. Never an average: nobody knows how often the worlds come.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyScore {
    /// How the table calls it.
    pub name: String,
    /// What to say first.
    pub verdict: Verdict,
    /// Names of its checks.
    pub checks: Vec<String>,
    /// Names of checks that decided nothing in any world.
    pub idle_checks: Vec<String>,
}

/// One policy in one world.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Index of the policy.
    pub policy: usize,
    /// Index of the world.
    pub world: usize,
    /// Trials played.
    pub trials: u64,
    /// Address of the trials behind every figure of this row.
    pub address: String,
    /// The figures, in the order of [`FigureName`]; one that no trial gives (time to restore when nothing was
    /// caught) is absent.
    pub figures: Vec<Figure>,
    /// How the trials ended; absent when there were none.
    pub endings: Option<Parts>,
    /// Who rolled back.
    pub attribution: Attribution,
    /// What to keep in mind about the whole row.
    pub caveats: Vec<Caveat>,
}

impl Row {
    /// The figure called `name`, if this row has it.
    pub fn figure(&self, name: FigureName) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }
}

impl Table {
    /// The row of `policy` in `world`, by their indices.
    pub fn row(&self, policy: usize, world: usize) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.policy == policy && row.world == world)
    }
}

/// Scores all `cells`: one for each policy and world played, in any order.
///
/// `seed` is that of the bootstrap; the same outcomes and seed give the same table, bit for bit.
///
/// # Panics
///
/// When a cell names a policy or a world that is not there.
pub fn score(policies: &[Policy], worlds: &[World], cells: &[Cell<'_>], seed: u64) -> Table {
    over(policies, worlds, cells, seed, Days::MADE_UP)
}

/// As [`score`], of worlds over a recording: every number has a second interval, between recorded days.
///
/// # Panics
///
/// As [`score`]; and when a world has no list of caveats.
pub fn score_over(
    policies: &[Policy],
    worlds: &[World],
    cells: &[Cell<'_>],
    seed: u64,
    recorded: &Recorded,
) -> Table {
    let mut table = over(policies, worlds, cells, seed, Days::of(Some(&recorded.days)));
    for row in &mut table.rows {
        row.caveats.extend(&recorded.caveats[row.world]);
    }
    let mut days = recorded.days.clone();
    days.sort_unstable();
    days.dedup();
    let horizon = worlds
        .iter()
        .map(|world| world.horizon.as_secs_f64())
        .fold(0.0, f64::max);
    table.recorded = Some(RecordedTime {
        days: days.len() as u64,
        seconds: recorded.seconds,
        rollouts: recorded.seconds / horizon.max(1.0),
    });
    table
}

fn over(policies: &[Policy], worlds: &[World], cells: &[Cell<'_>], seed: u64, days: Days<'_>) -> Table {
    let mut cells = cells.to_vec();
    cells.sort_by_key(|cell| (cell.world, cell.policy));
    let rows: Vec<Row> = cells
        .par_iter()
        .map(|cell| row(policies, worlds, cell, days, seed))
        .collect();
    let score = |(index, policy): (usize, &Policy)| {
        let own: Vec<&Row> = rows.iter().filter(|row| row.policy == index).collect();
        PolicyScore {
            name: policy.name.clone(),
            verdict: Verdict::of(policy, worlds, &own),
            checks: policy.checks.clone(),
            idle_checks: idle_checks(index, policy, &cells),
        }
    };
    Table {
        policies: policies.iter().enumerate().map(score).collect(),
        worlds: worlds.to_vec(),
        comparisons: comparisons(worlds, &cells, days, seed),
        rows,
        recorded: None,
    }
}

fn idle_checks(index: usize, policy: &Policy, cells: &[Cell<'_>]) -> Vec<String> {
    let own = cells.iter().filter(|cell| cell.policy == index);
    let mut decided: Vec<u16> = own
        .flat_map(|cell| cell.outcomes)
        .filter_map(|outcome| outcome.decided_by)
        .collect();
    decided.sort_unstable();
    decided.dedup();
    let idle = |(check, _): &(usize, &String)| !decided.iter().any(|&by| usize::from(by) == *check);
    policy
        .checks
        .iter()
        .enumerate()
        .filter(idle)
        .map(|(_, name)| name.clone())
        .collect()
}

/// One figure on one line, for CSV. `inf` is never.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlatRow<'a> {
    /// Name of the policy.
    pub policy: &'a str,
    /// Name of the world.
    pub world: &'a str,
    /// Name of the figure.
    pub figure: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The best single number.
    pub point: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Level of the interval.
    pub level: f64,
    /// Trials behind it.
    pub n: u64,
    /// Address of these trials.
    pub address: &'a str,
}

/// All figures of `table`, a line each, row by row.
pub fn flat(table: &Table) -> Vec<FlatRow<'_>> {
    let line = |row, figure| flat_row(table, row, figure);
    table
        .rows
        .iter()
        .flat_map(|row| row.figures.iter().map(move |figure| line(row, figure)))
        .collect()
}

fn flat_row<'a>(table: &'a Table, row: &'a Row, figure: &Figure) -> FlatRow<'a> {
    let Figure {
        name, unit, number, ..
    } = figure;
    let estimate = number.of_trials();
    FlatRow {
        policy: &table.policies[row.policy].name,
        world: &table.worlds[row.world].name,
        figure: name.key(),
        unit: unit.key(),
        point: estimate.point,
        low: estimate.low,
        high: estimate.high,
        level: estimate.level,
        n: estimate.n,
        address: &row.address,
    }
}
