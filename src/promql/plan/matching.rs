use std::collections::BTreeMap;

use super::labels::{kept, without_name};
use super::planner::{Elements, Planner, Refused};
use super::program::{Op, Slots};
use crate::promql::ast::{Binary, BinaryOp, Bytes, Matching, Side};
use crate::series::Labels;

/// An operator between the elements of two vectors, one side being the 'one' of one-to-one or many-to-one.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    pub op: BinaryOp,
    /// `bool`.
    pub truth: bool,
    /// The right side is the one with many (`group_right`).
    pub many_right: bool,
    /// Many-to-one was asked for.
    pub grouped: bool,
    pub many: Slots,
    pub ones: Slots,
    /// Some group may break the rules: look whether a side is empty, where nothing is checked.
    pub may_fail: bool,
    pub groups: Vec<MatchGroup>,
}

/// Elements of both sides with equal signatures.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchGroup {
    pub signature: Labels,
    pub many: Vec<u32>,
    pub ones: Vec<u32>,
    /// For each of `many` and, inside, each of `ones`, the place of the answer.
    pub answers: Vec<u32>,
    /// Two of `many` can have the same place.
    pub collides: bool,
}

/// Slots of both sides with equal signatures, each with the place of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetGroup {
    pub left: Vec<(u32, u32)>,
    pub right: Vec<(u32, u32)>,
}

/// Plans an operator between two vectors.
pub fn plan(
    planner: &mut Planner<'_>,
    at: &Bytes,
    operation: &Binary,
    left: &Elements,
    right: &Elements,
) -> Result<Elements, Refused> {
    let plain = Matching::default();
    let matching = operation.matching.as_ref().unwrap_or(&plain);
    if operation.op.is_set() {
        if matching.group.is_some() {
            return Err(planner.invalid(at, "no grouping is allowed for set operators"));
        }
        return Ok(set(planner, operation.op, matching, left, right));
    }
    Ok(one_side(planner, operation, matching, left, right))
}

type Sides = BTreeMap<Labels, (Vec<u32>, Vec<u32>)>;

/// Indices of the elements of both sides by signature.
fn by_signature(matching: &Matching, left: &Elements, right: &Elements) -> Sides {
    let mut sides = Sides::new();
    let signature = |labels: &Labels| kept(labels, &matching.labels, !matching.on);
    for (n, labels) in left.labels.iter().enumerate() {
        sides.entry(signature(labels)).or_default().0.push(n as u32);
    }
    for (n, labels) in right.labels.iter().enumerate() {
        sides.entry(signature(labels)).or_default().1.push(n as u32);
    }
    sides
}

fn set(
    planner: &mut Planner<'_>,
    op: BinaryOp,
    matching: &Matching,
    left: &Elements,
    right: &Elements,
) -> Elements {
    // Labels that occur on both sides share an answer: they have the same signature, so only one side gives it.
    let mut labels = left.labels.clone();
    let places: BTreeMap<_, _> = left
        .labels
        .iter()
        .enumerate()
        .map(|(n, labels)| (labels, n))
        .collect();
    let mut right_places = Vec::new();
    if op == BinaryOp::Or {
        for candidate in &right.labels {
            right_places.push(places.get(candidate).map_or_else(
                || {
                    labels.push(candidate.clone());
                    labels.len() as u32 - 1
                },
                |&n| n as u32,
            ));
        }
    }
    let groups = by_signature(matching, left, right)
        .into_values()
        .map(|(lefts, rights)| SetGroup {
            left: lefts
                .into_iter()
                .map(|n| (left.slots.start as u32 + n, n))
                .collect(),
            right: rights
                .into_iter()
                .map(|n| {
                    let place = right_places.get(n as usize).copied().unwrap_or_default();
                    (right.slots.start as u32 + n, place)
                })
                .collect(),
        });
    let groups = groups.collect();
    let slots = planner.step(Op::Set { op, groups }, labels.len());
    planner.elements(slots, labels)
}

fn one_side(
    planner: &mut Planner<'_>,
    operation: &Binary,
    matching: &Matching,
    left: &Elements,
    right: &Elements,
) -> Elements {
    let (grouped, copied) = match &matching.group {
        Some((side, copied)) => (Some(*side), &copied[..]),
        None => (None, &[][..]),
    };
    let many_right = grouped == Some(Side::Right);
    let (many, ones) = if many_right { (right, left) } else { (left, right) };
    let drop_name = !operation.op.is_comparison() || operation.bool_modifier;
    let answer_labels = |many: &Labels, one: &Labels| {
        let mut labels = if drop_name {
            without_name(many)
        } else {
            many.clone()
        };
        if grouped.is_none() {
            labels = labels.filter(|name| matching.labels.iter().any(|l| l == name) == matching.on);
        }
        for name in copied {
            labels = labels.with(name, one.get(name).unwrap_or(""));
        }
        labels
    };

    let mut answers = Vec::new();
    let mut groups = Vec::new();
    for (signature, (lefts, rights)) in by_signature(matching, left, right) {
        let (of_many, of_ones) = if many_right {
            (rights, lefts)
        } else {
            (lefts, rights)
        };
        // Twice the same signature on the 'one' side is an error even where nothing matches it.
        if of_ones.is_empty() || (of_many.is_empty() && of_ones.len() < 2) {
            continue;
        }
        // Of `ones` one is there at a time: answers with equal labels inside a group can share their place.
        let mut places = BTreeMap::<Labels, u32>::new();
        let mut group_answers = Vec::new();
        for &m in &of_many {
            for &o in &of_ones {
                let labels = answer_labels(&many.labels[m as usize], &ones.labels[o as usize]);
                let place = *places.entry(labels).or_insert_with_key(|labels| {
                    answers.push(labels.clone());
                    answers.len() as u32 - 1
                });
                group_answers.push(place);
            }
        }
        let collides = (0..of_ones.len()).any(|o| {
            let mut column: Vec<_> = group_answers.iter().skip(o).step_by(of_ones.len()).collect();
            column.sort_unstable();
            column.windows(2).any(|pair| pair[0] == pair[1])
        });
        groups.push(MatchGroup {
            signature,
            many: of_many.iter().map(|n| many.slots.start as u32 + n).collect(),
            ones: of_ones.iter().map(|n| ones.slots.start as u32 + n).collect(),
            answers: group_answers,
            collides,
        });
    }
    let may_fail = groups.iter().any(|group| group.ones.len() > 1);
    let op = Op::Match(Box::new(Match {
        op: operation.op,
        truth: operation.bool_modifier,
        many_right,
        grouped: grouped.is_some(),
        many: many.slots,
        ones: ones.slots,
        may_fail,
        groups,
    }));
    let slots = planner.step(op, answers.len());
    planner.elements(slots, answers)
}
