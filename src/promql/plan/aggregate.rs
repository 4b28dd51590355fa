use std::collections::BTreeMap;

use super::expression::{scalar, vector};
use super::labels::kept;
use super::planner::{Elements, Planned, Planner, Refused};
use super::program::{Groups, Op, Order};
use crate::promql::ast::{Aggregate, Bytes};
use crate::series::Labels;

/// An aggregation with one answer for each group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
    Stddev,
    Stdvar,
    Quantile,
}

/// `topk` or `bottomk`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    Top,
    Bottom,
}

/// Plans an aggregation.
pub fn plan(planner: &mut Planner<'_>, at: &Bytes, aggregate: &Aggregate) -> Result<Planned, Refused> {
    let parameter = aggregate.parameter.as_deref();
    let function = match (aggregate.op.as_str(), parameter) {
        ("sum", None) => Aggregation::Sum,
        ("avg", None) => Aggregation::Avg,
        ("min", None) => Aggregation::Min,
        ("max", None) => Aggregation::Max,
        ("count", None) => Aggregation::Count,
        ("group", None) => Aggregation::Group,
        ("stddev", None) => Aggregation::Stddev,
        ("stdvar", None) => Aggregation::Stdvar,
        ("quantile", Some(_)) => Aggregation::Quantile,
        ("topk", Some(count)) => {
            let count = scalar(planner, count);
            return best(planner, aggregate, Extreme::Top, count?);
        }
        ("bottomk", Some(count)) => {
            let count = scalar(planner, count);
            return best(planner, aggregate, Extreme::Bottom, count?);
        }
        (op @ ("count_values" | "limitk" | "limit_ratio"), _) => {
            let message = format!("the aggregation `{op}` is not supported");
            return Err(planner.unsupported(at, message, None));
        }
        (op, _) => {
            let message = format!("no aggregation `{op}` with these parameters");
            return Err(planner.invalid(at, message));
        }
    };
    let parameter = parameter.map(|parameter| scalar(planner, parameter)).transpose();
    let input = vector(planner, &aggregate.expr);
    let (parameter, input) = (parameter?, input?);
    let groups = by_labels(aggregate, &input);
    let labels: Vec<Labels> = groups.keys().cloned().collect();
    let op = Op::Aggregate {
        function,
        groups: slots_of(&groups, &input),
        parameter,
    };
    let slots = planner.step(op, labels.len());
    Ok(Planned::Vector(planner.elements(slots, labels)))
}

fn best(
    planner: &mut Planner<'_>,
    aggregate: &Aggregate,
    extreme: Extreme,
    count: usize,
) -> Result<Planned, Refused> {
    let input = vector(planner, &aggregate.expr)?;
    let groups = by_labels(aggregate, &input);
    let mut group_of = vec![0; input.labels.len()];
    for (group, members) in groups.values().enumerate() {
        for &member in members {
            group_of[member as usize] = group as u32;
        }
    }
    let op = Op::Best {
        extreme,
        input: input.slots,
        groups: slots_of(&groups, &input),
        count,
    };
    Ok(Planned::Vector(Elements {
        slots: planner.step(op, input.labels.len()),
        labels: input.labels,
        order: Order::GroupAndValue {
            groups: group_of,
            descending: extreme == Extreme::Top,
        },
    }))
}

/// The elements of each group, in the order of their labels: sums depend on it.
fn by_labels(aggregate: &Aggregate, input: &Elements) -> BTreeMap<Labels, Vec<u32>> {
    let mut groups = BTreeMap::<Labels, Vec<u32>>::new();
    for (n, labels) in input.labels.iter().enumerate() {
        let group = kept(labels, &aggregate.labels, aggregate.without);
        groups.entry(group).or_default().push(n as u32);
    }
    for members in groups.values_mut() {
        members.sort_by(|&a, &b| input.labels[a as usize].cmp(&input.labels[b as usize]));
    }
    groups
}

fn slots_of(groups: &BTreeMap<Labels, Vec<u32>>, input: &Elements) -> Groups {
    let start = input.slots.start as u32;
    Groups::new(
        groups
            .values()
            .map(|members| members.iter().map(|n| start + n).collect()),
    )
}
