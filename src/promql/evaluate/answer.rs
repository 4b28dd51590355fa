use super::aggregate::rank;
use super::run::Run;
use super::scratch::{Answer, Scratch};
use super::windows::{self, Window};
use super::{EvalError, Matrix, Value, Vector};
use crate::promql::plan::{Order, Plan, Root};
use crate::series::is_stale;

impl Run<'_> {
    /// Gathers what is there of the answer's slots.
    pub(super) fn answer<'s>(
        &self,
        plan: &'s Plan,
        at: i64,
        scratch: &'s mut Scratch,
    ) -> Result<Value<'s>, EvalError> {
        match &plan.root {
            Root::Scalar(slot) => Ok(Value::Scalar(scratch.values[*slot])),
            Root::Text(text) => Ok(Value::Text(text)),
            Root::Vector { slots, order } => {
                gather(slots, order, scratch);
                Ok(Value::Vector(Vector::new(plan.labels(), &scratch.answer)))
            }
            Root::Matrix {
                over,
                range,
                shift,
                labels,
                cursor,
                grid,
            } => {
                let window = Window {
                    over,
                    end: self.shifted(shift, at)?,
                    range: range.resolve(self.query)?,
                    at,
                    cursor: *cursor,
                    grid: *grid,
                };
                self.matrix(&window, labels, scratch)?;
                Ok(Value::Matrix(Matrix::new(plan.labels(), &scratch.answer)))
            }
        }
    }

    fn matrix(&self, window: &Window<'_>, labels: &[u32], scratch: &mut Scratch) -> Result<(), EvalError> {
        windows::fill(self, window, scratch)?;
        let Scratch {
            cursors,
            grids,
            answer,
            ..
        } = scratch;
        clear(answer);
        windows::visit(self, window, cursors, grids, |place, samples| {
            let start = answer.times.len();
            let samples = samples.samples();
            answer.times.extend(samples.clone().map(|(time, _)| time));
            answer.values.extend(samples.map(|(_, value)| value));
            if answer.times.len() > start {
                answer.spans.push((labels[place], start, answer.times.len()));
            }
        });
        // Series come by axis; the answer's order is that of labels.
        answer.spans.sort_unstable();
        Ok(())
    }
}

fn clear(answer: &mut Answer) {
    answer.labels.clear();
    answer.values.clear();
    answer.times.clear();
    answer.spans.clear();
}

fn gather(slots: &[u32], order: &Order, scratch: &mut Scratch) {
    let Scratch {
        values,
        buffers,
        answer,
        ..
    } = scratch;
    clear(answer);
    for (n, &slot) in slots.iter().enumerate() {
        let value = values[slot as usize];
        if !is_stale(value) {
            answer.labels.push(n as u32);
            answer.values.push(value);
        }
    }
    let (descending, groups) = match order {
        Order::Labels => return,
        Order::Value { descending } => (*descending, &[][..]),
        Order::GroupAndValue { groups, descending } => (*descending, &groups[..]),
    };
    let ranked = &mut buffers.ranked;
    ranked.clear();
    ranked.extend(answer.values.iter().copied().zip(answer.labels.iter().copied()));
    let group_of = |place: u32| groups.get(place as usize);
    ranked.sort_unstable_by(|&(a, m), &(b, n)| {
        let by_group = group_of(m).cmp(&group_of(n));
        by_group.then(rank(descending, a, b)).then(m.cmp(&n))
    });
    for (n, &(value, place)) in ranked.iter().enumerate() {
        (answer.values[n], answer.labels[n]) = (value, place);
    }
}
