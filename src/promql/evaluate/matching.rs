use super::EvalError;
use super::run::{of, operate};
use crate::promql::Compat;
use crate::promql::ast::BinaryOp;
use crate::promql::plan::{Match, MatchGroup, SetGroup};
use crate::series::{STALE, is_stale};

/// An operator between elements that match.
#[inline]
pub(super) fn elements(
    table: &Match,
    compat: Compat,
    before: &[f64],
    out: &mut [f64],
) -> Result<(), EvalError> {
    out.fill(STALE);
    // Nothing is checked when a side is empty.
    let empty = |slots| of(before, slots).iter().all(|&value| is_stale(value));
    if table.may_fail && (empty(table.many) || empty(table.ones)) {
        return Ok(());
    }
    table
        .groups
        .iter()
        .try_for_each(|group| match_group(table, group, compat, before, out))
}

#[inline]
fn match_group(
    table: &Match,
    group: &MatchGroup,
    compat: Compat,
    before: &[f64],
    out: &mut [f64],
) -> Result<(), EvalError> {
    let value_of = |slot: &u32| before[*slot as usize];
    let mut there = group
        .ones
        .iter()
        .enumerate()
        .filter(|(_, slot)| !is_stale(value_of(slot)));
    let Some((which, one)) = there.next() else {
        return Ok(());
    };
    if there.next().is_some() {
        return Err(EvalError::DuplicateMatch(group.signature.clone()));
    }
    let one = value_of(one);
    let mut matched = 0;
    for (n, many) in group.many.iter().map(value_of).enumerate() {
        if is_stale(many) {
            continue;
        }
        let (left, right) = if table.many_right {
            (one, many)
        } else {
            (many, one)
        };
        let answer = operate(table.op, table.truth, left, right, left);
        // 2.x looks for duplicates among what a comparison lets through, 3.x among all.
        if is_stale(answer) && compat == Compat::V2 {
            continue;
        }
        let place = |n: usize| group.answers[n * group.ones.len() + which];
        matched += 1;
        if matched > 1 && !table.grouped {
            return Err(EvalError::ManyToOne(group.signature.clone()));
        }
        // 3.x: another element of the group with this place; 2.x: an answer that is there already.
        let taken = |m: usize| place(m) == place(n) && !is_stale(value_of(&group.many[m]));
        let twice = group.collides
            && match compat {
                Compat::V3 => (0..n).any(taken),
                Compat::V2 => !is_stale(out[place(n) as usize]),
            };
        if twice {
            return Err(EvalError::GroupingNotUnique(group.signature.clone()));
        }
        out[place(n) as usize] = answer;
    }
    Ok(())
}

/// `and`, `unless`, `or`.
#[inline]
pub(super) fn sets(op: BinaryOp, groups: &[SetGroup], before: &[f64], out: &mut [f64]) {
    out.fill(STALE);
    let any = |side: &[(u32, u32)]| side.iter().any(|&(slot, _)| !is_stale(before[slot as usize]));
    for group in groups {
        let copied = match op {
            BinaryOp::And if any(&group.right) => &group.left,
            BinaryOp::Unless if !any(&group.right) => &group.left,
            BinaryOp::Or if any(&group.left) => &group.left,
            BinaryOp::Or => &group.right,
            _ => continue,
        };
        for &(slot, place) in copied {
            out[place as usize] = before[slot as usize];
        }
    }
}
