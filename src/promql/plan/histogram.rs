use std::collections::BTreeMap;

use super::labels::without_name;
use super::planner::{Elements, Planner};
use super::program::Op;
use crate::series::Labels;

/// The label that holds a bucket's upper bound.
const BOUND: &str = "le";

/// A function of classic histograms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Histogram {
    Quantile,
    Fraction,
}

/// The buckets of one histogram: bounds, ascending, and slots.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    pub buckets: Vec<(f64, u32)>,
}

/// Plans a function of the histograms among `input`: elements equal but for `le`; others are left out.
pub fn plan(
    planner: &mut Planner<'_>,
    function: Histogram,
    input: &Elements,
    parameters: [usize; 2],
) -> Elements {
    let mut histograms = BTreeMap::<Labels, Vec<(f64, u32)>>::new();
    for (n, labels) in input.labels.iter().enumerate() {
        let Some(bound) = labels.get(BOUND).and_then(|bound| bound.parse::<f64>().ok()) else {
            continue;
        };
        let rest = labels.filter(|name| name != BOUND);
        let slot = (input.slots.start + n) as u32;
        histograms.entry(rest).or_default().push((bound, slot));
    }
    let labels: Vec<_> = histograms.keys().map(without_name).collect();
    let histograms = histograms.into_values().map(|mut buckets| {
        // NaN ends up last, where it leaves the histogram without an infinite bound: no answer.
        buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        Bounds { buckets }
    });
    let op = Op::Histogram {
        function,
        histograms: histograms.collect(),
        parameters,
    };
    let slots = planner.step(op, labels.len());
    planner.elements(slots, labels)
}
