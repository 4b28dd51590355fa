use super::EvalError;
use super::run::of;
use crate::promql::Compat;
use crate::promql::functions::{Mean, Spread, Sum, ascending, quantile};
use crate::promql::plan::{Aggregation, Extreme, Groups, Slots};
use crate::series::{STALE, is_stale};

/// The answer for one group: none if no member is there.
#[inline]
pub(super) fn group(
    function: Aggregation,
    compat: Compat,
    parameter: f64,
    members: &[u32],
    before: &[f64],
    buffer: &mut Vec<f64>,
) -> f64 {
    let mut all = members
        .iter()
        .map(|&slot| before[slot as usize])
        .filter(|&value| !is_stale(value));
    let everything = all.clone();
    let Some(first) = all.next() else { return STALE };
    match (function, compat) {
        (Aggregation::Sum, Compat::V2) => all.fold(first, |sum, value| sum + value),
        (Aggregation::Sum, Compat::V3) => {
            let mut sum = Sum::of(first);
            all.for_each(|value| sum.add(value));
            sum.total()
        }
        (Aggregation::Avg, Compat::V2) => Mean::of_v2(everything, false),
        (Aggregation::Avg, Compat::V3) => {
            let mut mean = Mean::of(first);
            all.for_each(|value| mean.add(value));
            mean.mean()
        }
        (Aggregation::Min, _) => all.fold(first, |best, value| {
            if value < best || best.is_nan() {
                value
            } else {
                best
            }
        }),
        (Aggregation::Max, _) => all.fold(first, |best, value| {
            if value > best || best.is_nan() {
                value
            } else {
                best
            }
        }),
        (Aggregation::Count, _) => everything.count() as f64,
        (Aggregation::Group, _) => 1.0,
        (Aggregation::Stdvar, _) => spread(everything).variance(),
        (Aggregation::Stddev, _) => spread(everything).variance().sqrt(),
        (Aggregation::Quantile, _) => {
            buffer.clear();
            buffer.extend(everything);
            quantile(parameter, buffer)
        }
    }
}

fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let mut spread = Spread::new();
    values.for_each(|value| spread.add_plainly(value));
    spread
}

/// The `count` largest or smallest elements of each group, NaN last; of equal ones those that come first.
#[expect(clippy::too_many_arguments, reason = "a step's parts, borrowed one by one")]
pub(super) fn best(
    extreme: Extreme,
    compat: Compat,
    count: f64,
    input: Slots,
    groups: &Groups,
    before: &[f64],
    out: &mut [f64],
    ranked: &mut Vec<(f64, u32)>,
) -> Result<(), EvalError> {
    /// The numbers next to the borders of 64 bits that are still inside.
    const COUNTS: std::ops::RangeInclusive<f64> = -9_223_372_036_854_775_808.0..=9_223_372_036_854_774_784.0;
    out.fill(STALE);
    let any = of(before, input).iter().any(|&value| !is_stale(value));
    if !COUNTS.contains(&count) && (any || compat == Compat::V3) {
        return Err(EvalError::Count(count));
    }
    if count < 1.0 {
        return Ok(());
    }
    let count = count as usize;
    for group in groups.iter() {
        ranked.clear();
        let members = group.iter().map(|&slot| (before[slot as usize], slot));
        ranked.extend(members.filter(|&(value, _)| !is_stale(value)));
        ranked.sort_unstable_by(|&(a, m), &(b, n)| {
            let by_value = rank(extreme == Extreme::Top, a, b);
            by_value.then(m.cmp(&n))
        });
        for &(value, slot) in ranked.iter().take(count) {
            out[slot as usize - input.start] = value;
        }
    }
    Ok(())
}

/// The order of answers: by value, NaN last.
pub(super) fn rank(descending: bool, a: f64, b: f64) -> std::cmp::Ordering {
    if descending || a.is_nan() || b.is_nan() {
        ascending(b, a)
    } else {
        ascending(a, b)
    }
}
