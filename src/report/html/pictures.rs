use serde::Serialize;

use super::rows::name;
use crate::report::charts::{self, Curve, Group, Mark, Spot, Step};
use crate::report::{DetectionCurve, Page};
use crate::score::words;
use crate::score::{BetweenDays, FigureName, Number, Row, Table, Unit};

/// One kind of chart and its panels.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    heading: String,
    /// What to read in place of panels that all show the same; these are folded then.
    instead: Option<String>,
    caption: String,
    size: &'static str,
    panels: Vec<Panel>,
}

#[derive(Debug, Serialize)]
struct Panel {
    world: String,
    svg: String,
}

/// The charts that have something to show.
pub(super) fn charts(page: &Page) -> Vec<Chart> {
    let mut charts = [trade_off(page), detection(page), blast_radius(page)];
    for chart in &mut charts {
        chart.caption.push_str(of_days(&page.table));
    }
    if page.table.policies.len() == 1 {
        // One policy alone trades nothing against anything: that picture comes last.
        charts.rotate_left(1);
    }
    charts
        .into_iter()
        .filter(|chart| !chart.panels.is_empty())
        .collect()
}

/// What the lines and bands of a world over a recording are.
fn of_days(table: &Table) -> &'static str {
    match table.recorded.map(|recorded| recorded.days) {
        None => "",
        Some(0 | 1) => {
            " Drawn are intervals of the trials; how far days differ cannot be said, for one day was recorded."
        }
        Some(_) => {
            " Broad lines and dark bands are intervals of the trials, thin lines and pale bands between recorded days."
        }
    }
}

fn mark(number: &Number, most: f64) -> Mark {
    let estimate = number.of_trials();
    let days = number.between_days().and_then(BetweenDays::ends);
    Mark {
        days: days.map(|(low, high)| (low.min(most), high.min(most))),
        low: estimate.low.min(most),
        at: estimate.point.min(most),
        high: estimate.high.min(most),
    }
}

/// The harmless world in which some policy's false rollbacks are the most, and how many.
fn worst_harmless(table: &Table) -> Option<usize> {
    let false_rollbacks = |row: &Row| {
        row.figure(FigureName::FalseRollbacks)
            .map(|found| found.number.point())
    };
    let rows = table
        .rows
        .iter()
        .filter_map(|row| Some((row.world, false_rollbacks(row)?)));
    rows.fold(None, |worst: Option<(usize, f64)>, (world, share)| match worst {
        Some((_, most)) if most >= share => worst,
        _ => Some((world, share)),
    })
    .map(|(world, _)| world)
}

fn trade_off(page: &Page) -> Chart {
    let table = &page.table;
    let harmless = worst_harmless(table);
    let spot = |policy: usize, world: usize, horizon: f64| {
        let detect = table.row(policy, world)?.figure(FigureName::TimeToDetectMean)?;
        let wrong = table.row(policy, harmless?)?.figure(FigureName::FalseRollbacks)?;
        Some(Spot {
            index: policy,
            policy: table.policies[policy].name.clone(),
            detect: mark(&detect.number, horizon),
            false_rollbacks: mark(&wrong.number, 1.0),
        })
    };
    let spots = |world: usize| -> Vec<Spot> {
        let horizon = table.worlds[world].horizon.as_secs_f64();
        let policies = 0..table.policies.len();
        policies
            .filter_map(|policy| spot(policy, world, horizon))
            .collect()
    };
    let worlds = page.worlds(true);
    let panel = |world: usize| {
        let horizon = table.worlds[world].horizon.as_secs_f64();
        let spots = spots(world);
        let found = &table.worlds[world].name;
        (!spots.is_empty()).then(|| Panel {
            world: name(table, world),
            svg: charts::trade_off(found, horizon, &spots),
        })
    };
    let all: Vec<Spot> = worlds.iter().flat_map(|&world| spots(world)).collect();
    Chart {
        heading: "False rollbacks against time to detect".to_owned(),
        instead: in_one_place(&all)
            .then(|| together(table, &worlds, harmless))
            .flatten(),
        caption: format!(
            "A panel for each harmful world, a marker for each policy, lines for the intervals. Across: mean time to \
             detect there, a miss counted as the horizon. Up: false rollbacks in the harmless world where they are most, \
             {}. Nothing is averaged over worlds: nobody knows how often they come.",
            harmless.map_or("", |world| table.worlds[world].name.as_str()),
        ),
        size: "small",
        panels: worlds.iter().copied().filter_map(panel).collect(),
    }
}

/// Whether there are several spots, and their intervals all have a point in common.
fn in_one_place(spots: &[Spot]) -> bool {
    let meet = |of: fn(&Spot) -> Mark| {
        let marks = || spots.iter().map(of);
        let (low, high) = (marks().map(|mark| mark.low), marks().map(|mark| mark.high));
        low.fold(f64::NEG_INFINITY, f64::max) <= high.fold(f64::INFINITY, f64::min)
    };
    spots.len() > 1 && meet(|spot| spot.detect) && meet(|spot| spot.false_rollbacks)
}

/// What to read where all spots lie in one place.
fn together(table: &Table, worlds: &[usize], harmless: Option<usize>) -> Option<String> {
    let said = |world: usize, name| {
        let figure = table.row(0, world)?.figure(name)?;
        Some(words::number(figure.unit, &figure.number).together())
    };
    let harmful = *worlds.first()?;
    Some(format!(
        "All points lie together. In each of the {} harmful worlds the mean time to detect is about that of {}, a miss \
         counted as the horizon: {}. In {}, where false rollbacks are most, they are {}.",
        worlds.len(),
        table.worlds[harmful].name,
        said(harmful, FigureName::TimeToDetectMean)?,
        table.worlds[harmless?].name,
        said(harmless?, FigureName::FalseRollbacks)?,
    ))
}

fn detection(page: &Page) -> Chart {
    let table = &page.table;
    let curve = |policy: usize, world: usize| {
        let found = page.curve(policy, world)?;
        let steps = found.steps.iter().map(|step| Step {
            seconds: step.after.as_secs_f64(),
            share: mark(&step.share, 1.0),
        });
        Some(Curve {
            index: policy,
            policy: table.policies[policy].name.clone(),
            steps: steps.collect(),
        })
    };
    let end = end_of(page);
    let panel = |world: usize| {
        let policies = 0..table.policies.len();
        let curves: Vec<Curve> = policies.filter_map(|policy| curve(policy, world)).collect();
        let horizon = table.worlds[world].horizon.as_secs_f64();
        let found = &table.worlds[world].name;
        (!curves.is_empty()).then(|| Panel {
            world: name(table, world),
            svg: charts::detection(found, end.unwrap_or(horizon), &curves),
        })
    };
    let to = match end {
        Some(_) => "up to the last that is caught; from there to the horizon all curves are flat",
        None => "up to the horizon",
    };
    Chart {
        heading: "How soon harm is caught".to_owned(),
        instead: hardly_any(page),
        caption: format!(
            "Share of all trials rolled back by then, counted from the first moment at which harm could reach the \
             canary's users; {to}. Bands are intervals at each moment."
        ),
        size: "",
        panels: page.worlds(true).into_iter().filter_map(panel).collect(),
    }
}

/// Where curves may end, in seconds: behind the last of their steps, if that is long before every horizon.
fn end_of(page: &Page) -> Option<f64> {
    const MINUTE: f64 = 60.0;
    let last = |curve: &DetectionCurve| Some(curve.steps.last()?.after.as_secs_f64());
    let last = page.curves.iter().filter_map(last).fold(0.0, f64::max);
    let worlds = page.worlds(true).into_iter();
    let horizon = worlds.map(|world| page.table.worlds[world].horizon.as_secs_f64());
    let end = (1.1 * last).max(MINUTE);
    (2.0 * end < horizon.fold(f64::INFINITY, f64::min)).then_some(end)
}

/// Curves that stay below this share all look alike.
const FLAT: f64 = 0.05;

/// What to read where no policy catches much in any world.
fn hardly_any(page: &Page) -> Option<String> {
    let last = page.curves.iter().filter_map(|curve| curve.steps.last());
    let most = last
        .map(|step| step.share)
        .max_by(|a, b| a.point().total_cmp(&b.point()));
    let worlds = page.worlds(true).len();
    let where_ = match worlds {
        0 | 1 => return None,
        worlds => format!("In none of the {worlds} harmful worlds"),
    };
    match most {
        _ if page.curves.is_empty() => None,
        None => Some(format!("{where_} was any harm caught.")),
        Some(most) if most.point() < FLAT => Some(format!(
            "{where_} was harm caught in more than {} of the trials.",
            words::number(Unit::Share, &most).together()
        )),
        Some(_) => None,
    }
}

fn blast_radius(page: &Page) -> Chart {
    let table = &page.table;
    let harmed = |policy: usize, world: usize| -> Option<&Number> {
        Some(&table.row(policy, world)?.figure(FigureName::BlastRadius)?.number)
    };
    let group = |world: usize| {
        let policies = 0..table.policies.len();
        Group {
            world: name(table, world),
            harmed: policies
                .map(|policy| Some(mark(harmed(policy, world)?, f64::MAX)))
                .collect(),
        }
    };
    let groups: Vec<Group> = page.worlds(true).into_iter().map(group).collect();
    let measured = groups
        .iter()
        .any(|group| group.harmed.iter().any(Option::is_some));
    let panel = measured.then(|| Panel {
        world: String::new(),
        svg: charts::blast_radius(&groups),
    });
    Chart {
        heading: "How many requests get hurt".to_owned(),
        instead: None,
        caption: "Requests harmed beyond what the stable version would have done, expected (mean), until the canary \
                  serves nothing or the horizon. Each step of the scale is ten times the one before."
            .to_owned(),
        size: "wide",
        panels: panel.into_iter().collect(),
    }
}
