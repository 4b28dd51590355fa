use std::collections::BTreeMap;

use super::planner::{Elements, Planned, Planner, Reach, Refused, Windows};
use super::program::{AxisColumns, Op, Over, Selection, Shift, Taken};
use super::reads::{Anchor, Ask, Read};
use super::{ResolvedLength, expression};
use crate::promql::Compat;
use crate::promql::ast::{self, At, Bytes, Edges, RangeSelector, Selector, Subquery};
use crate::promql::evaluate::QueryRange;
use crate::series::{Labels, SeriesId};
use crate::units::{Duration, Timestamp};

/// The newest sample of each series, or its time.
pub fn instant(
    planner: &mut Planner<'_>,
    at: &Bytes,
    selector: &Selector,
    taken: Taken,
) -> Result<Elements, Refused> {
    let (from, series, labels) = select(planner, at, selector)?;
    let shift = shift(&selector.shift);
    // A lookback of 5 minutes ends just after the sample 5 minutes ago; in 2.x with it.
    let lookback = planner.settings.lookback.as_millis() + closed(planner);
    read(planner, &series, &shift, lookback);
    ask(planner, selector, &shift, lookback, true);
    let slots = planner.step(Op::Select { from, shift, taken }, labels.len());
    Ok(match taken {
        Taken::Value => planner.elements(slots, labels),
        Taken::Timestamp => {
            let labels = labels.iter().map(super::labels::without_name).collect();
            planner.elements(slots, labels)
        }
    })
}

/// Windows over series.
pub fn range(planner: &mut Planner<'_>, selector: &RangeSelector) -> Result<Windows, Refused> {
    let (from, series, labels) = select(planner, &selector.selector_at, &selector.selector)?;
    let shift = shift(&selector.selector.shift);
    let range = ResolvedLength::new(&selector.range, true);
    let length = in_an_instant_query(&range).saturating_add(closed(planner));
    read(planner, &series, &shift, length);
    ask(planner, &selector.selector, &shift, length, false);
    Ok(Windows {
        over: Over::Series(from),
        range,
        shift,
        labels,
    })
}

/// Windows over the answers of another expression at the moments of a grid.
pub fn subquery(planner: &mut Planner<'_>, subquery: &Subquery) -> Result<Windows, Refused> {
    let shift = shift(&subquery.shift);
    let range = ResolvedLength::new(&subquery.range, true);
    let step = match &subquery.step {
        Some(step) => ResolvedLength::new(step, true),
        None => ResolvedLength::Fixed(planner.settings.default_step.as_millis().max(1)),
    };
    let reach = shifted(planner.reach, &shift);
    let reach = Reach {
        from: reach
            .from
            .saturating_add(in_an_instant_query(&range))
            .saturating_add(closed(planner)),
        ..reach
    };
    let (planned, block) = planner.inside(reach, |planner| expression::plan(planner, &subquery.expr));
    let (slots, labels) = match planned? {
        Planned::Vector(elements) => (elements.slots, elements.labels),
        Planned::Scalar(slot) => (super::Slots { start: slot, len: 1 }, vec![Labels::default()]),
        Planned::Text(_) | Planned::Matrix(_) => {
            return Err(planner.invalid(
                &subquery.expr.at,
                "a subquery needs an instant vector or a number",
            ));
        }
    };
    Ok(Windows {
        over: Over::Subquery {
            block,
            answers: slots,
            step,
        },
        range,
        shift,
        labels,
    })
}

/// The series a selector takes: by axis, one by one, and their labels, the latter two in ascending order of labels.
fn select(
    planner: &mut Planner<'_>,
    at: &Bytes,
    selector: &Selector,
) -> Result<(Selection, Vec<SeriesId>, Vec<Labels>), Refused> {
    if selector.edges != Edges::Plain {
        let message = "`anchored` and `smoothed` windows are experimental and not supported";
        return Err(planner.unsupported(at, message, Some("use a plain window")));
    }
    let mut taken: Vec<_> = planner
        .layout
        .series()
        .filter(|(_, labels)| selector.matchers.iter().all(|matcher| matcher.matches(labels)))
        .collect();
    taken.sort_by_key(|&(_, labels)| labels);
    let mut axes = BTreeMap::<_, Vec<_>>::new();
    for (n, &(series, _)) in taken.iter().enumerate() {
        let (axis, column) = planner.layout.place(series);
        axes.entry(axis).or_default().push((column as u32, n as u32));
    }
    let axes = axes
        .into_iter()
        .map(|(axis, columns)| AxisColumns { axis, columns });
    let selection = Selection { axes: axes.collect() };
    let (series, labels) = taken
        .into_iter()
        .map(|(series, labels)| (series, labels.clone()))
        .unzip();
    Ok((selection, series, labels))
}

fn shift(shift: &ast::Shift) -> Shift {
    Shift {
        anchor: match shift.at {
            None => Anchor::Evaluation,
            Some(At::Start) => Anchor::Start,
            Some(At::End) => Anchor::End,
            Some(At::Millis(ms)) => Anchor::At(Timestamp::from_millis(ms)),
        },
        offset: match &shift.offset {
            Some(offset) => ResolvedLength::new(offset, false),
            None => ResolvedLength::ZERO,
        },
    }
}

/// 1 ms where windows contain their left border.
fn closed(planner: &Planner<'_>) -> i64 {
    i64::from(planner.settings.compat == Compat::V2)
}

fn in_an_instant_query(length: &ResolvedLength) -> i64 {
    length.resolve(QueryRange::default()).unwrap_or(0)
}

fn shifted(reach: Reach, shift: &Shift) -> Reach {
    let offset = in_an_instant_query(&shift.offset);
    match shift.anchor {
        Anchor::Evaluation => Reach {
            anchor: reach.anchor,
            from: reach.from.saturating_add(offset),
            to: reach.to.saturating_add(offset),
        },
        anchor => Reach {
            anchor,
            from: offset,
            to: offset,
        },
    }
}

/// Notes that windows of `length` ms of these series are looked at.
fn read(planner: &mut Planner<'_>, series: &[SeriesId], shift: &Shift, length: i64) {
    let reach = shifted(planner.reach, shift);
    let reads = series.iter().map(|&series| Read {
        series,
        anchor: reach.anchor,
        from: Duration::from_millis(reach.from.saturating_add(length)),
        to: Duration::from_millis(reach.to),
    });
    planner.reads.extend(reads);
}

/// Notes which series are asked for, whether there are any or not.
fn ask(planner: &mut Planner<'_>, selector: &Selector, shift: &Shift, length: i64, newest: bool) {
    let reach = shifted(planner.reach, shift);
    planner.asks.push(Ask {
        matchers: selector.matchers.clone(),
        newest,
        anchor: reach.anchor,
        from: Duration::from_millis(reach.from.saturating_add(length)),
        to: Duration::from_millis(reach.to),
    });
}
