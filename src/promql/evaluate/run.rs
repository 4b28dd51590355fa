use super::scratch::{Buffers, Scratch};
use super::windows::{self, Window};
use super::{EvalError, aggregate, cursor, matching};
use crate::promql::Compat;
use crate::promql::Settings;
use crate::promql::ast::BinaryOp;
use crate::promql::functions::{self, Bucket, Elementwise};
use crate::promql::plan::{
    Anchor, Block, Bounds, Groups, Histogram, Op, Plan, Root, Shift, Slots, Step, Taken,
};
use crate::series::{AsOf, Labels, STALE, is_stale};
use crate::units::{Duration, Timestamp};

/// The moments of a range query; of an instant query both ends are its moment, and the step is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryRange {
    /// The first moment, `start()`.
    pub start: Timestamp,
    /// The last moment, `end()`.
    pub end: Timestamp,
    /// From moment to moment, `step()`.
    pub step: Duration,
}

/// What stays the same during one evaluation.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub settings: &'a Settings,
    pub view: AsOf<'a>,
    pub query: QueryRange,
}

impl Run<'_> {
    /// The moment a selector's `@` names, seen from `at`.
    fn anchor(&self, shift: &Shift, at: i64) -> i64 {
        match shift.anchor {
            Anchor::Evaluation => at,
            Anchor::Start => self.query.start.as_millis(),
            Anchor::End => self.query.end.as_millis(),
            Anchor::At(moment) => moment.as_millis(),
        }
    }

    /// The moment a shifted selector looks at, seen from `at`.
    #[inline]
    pub fn shifted(&self, shift: &Shift, at: i64) -> Result<i64, EvalError> {
        Ok(self
            .anchor(shift, at)
            .saturating_sub(shift.offset.resolve(self.query)?))
    }

    /// How much earlier than in 3.x the left border of windows lies [ms]: 2.x contains it.
    #[inline]
    pub fn closed(&self) -> i64 {
        i64::from(self.settings.compat == Compat::V2)
    }

    /// Runs the steps of a block at one moment.
    pub fn block(&self, block: &Block, at: i64, scratch: &mut Scratch) -> Result<(), EvalError> {
        block
            .steps
            .iter()
            .try_for_each(|step| self.step(step, at, scratch))
    }

    #[inline]
    fn step(&self, step: &Step, at: i64, scratch: &mut Scratch) -> Result<(), EvalError> {
        if let Op::Window {
            function,
            over,
            range,
            shift,
            parameter,
        } = &step.op
        {
            let window = Window {
                over,
                end: self.shifted(shift, at)?,
                range: range.resolve(self.query)?,
                at,
                cursor: step.cursor,
                grid: step.grid,
            };
            return windows::apply(self, &window, *function, *parameter, step.out, scratch);
        }
        let (before, rest) = scratch.values.split_at_mut(step.out.start);
        let before = &*before;
        let out = &mut rest[..step.out.len];
        let Buffers {
            values,
            ranked,
            buckets,
        } = &mut scratch.buffers;
        match &step.op {
            Op::Window { .. } => {}
            Op::Time => out[0] = seconds(at),
            Op::Select { from, shift, taken } => {
                let end = self.shifted(shift, at)?;
                let (end, counted) = match (taken, shift.anchor) {
                    (Taken::Value, _) | (_, Anchor::Evaluation) => (end, end),
                    // `timestamp(x @ t offset d)` in Prometheus looks at t, but among the samples read for t - d.
                    (Taken::Timestamp, _) => {
                        let pinned = self.anchor(shift, at);
                        (end.min(pinned), end.max(pinned))
                    }
                };
                let lookback = self.settings.lookback.as_millis() + self.closed();
                let oldest = counted.saturating_sub(lookback);
                for (n, axis) in from.axes.iter().enumerate() {
                    let samples = self.view.axis(axis.axis);
                    let seen = cursor::seek(samples.times(), &mut scratch.cursors[step.cursor + n], end);
                    let newest = seen
                        .checked_sub(1)
                        .filter(|&newest| samples.times()[newest] > oldest);
                    for &(column, place) in &axis.columns {
                        let value = newest.map_or(STALE, |newest| samples.values(column as usize)[newest]);
                        out[place as usize] = match (taken, newest) {
                            (Taken::Timestamp, Some(newest)) if !is_stale(value) => {
                                seconds(samples.times()[newest])
                            }
                            _ => value,
                        };
                    }
                }
            }
            Op::Each {
                function,
                input,
                parameters,
            } => each(
                *function,
                of(before, *input),
                parameters.map(|slot| before[slot]),
                out,
            ),
            Op::Numbers { op, left, right } => {
                out[0] = operate(*op, true, before[*left], before[*right], 0.0);
            }
            Op::Broadcast {
                op,
                truth,
                vector,
                number,
                number_left,
            } => {
                let number = before[*number];
                for (out, &value) in out.iter_mut().zip(of(before, *vector)) {
                    *out = if is_stale(value) {
                        STALE
                    } else if *number_left {
                        operate(*op, *truth, number, value, value)
                    } else {
                        operate(*op, *truth, value, number, value)
                    };
                }
            }
            Op::Match(table) => matching::elements(table, self.settings.compat, before, out)?,
            Op::Set { op, groups } => matching::sets(*op, groups, before, out),
            Op::Aggregate {
                function,
                groups,
                parameter,
            } => {
                let parameter = parameter.map_or(f64::NAN, |slot| before[slot]);
                for (out, group) in out.iter_mut().zip(groups.iter()) {
                    *out =
                        aggregate::group(*function, self.settings.compat, parameter, group, before, values);
                }
            }
            Op::Best {
                extreme,
                input,
                groups,
                count,
            } => aggregate::best(
                *extreme,
                self.settings.compat,
                before[*count],
                *input,
                groups,
                before,
                out,
                ranked,
            )?,
            Op::Histogram {
                function,
                histograms,
                parameters,
            } => {
                let parameters = parameters.map(|slot| before[slot]);
                for (out, histogram) in out.iter_mut().zip(histograms) {
                    *out = self.histogram(*function, parameters, histogram, before, buckets);
                }
            }
            Op::Absent { input } => {
                let any = of(before, *input).iter().any(|&value| !is_stale(value));
                out[0] = if any { STALE } else { 1.0 };
            }
            Op::Single { input } => {
                let mut there = of(before, *input).iter().filter(|&&value| !is_stale(value));
                out[0] = match (there.next(), there.next()) {
                    (Some(&only), None) => only,
                    _ => f64::NAN,
                };
            }
            Op::TimeOfEach { input } => {
                for (out, &value) in out.iter_mut().zip(of(before, *input)) {
                    *out = if is_stale(value) { STALE } else { seconds(at) };
                }
            }
            Op::Unite { groups, labels } => unite(groups, labels, before, out)?,
        }
        Ok(())
    }

    #[inline]
    fn histogram(
        &self,
        function: Histogram,
        parameters: [f64; 2],
        histogram: &Bounds,
        before: &[f64],
        buckets: &mut Vec<Bucket>,
    ) -> f64 {
        buckets.clear();
        for &(bound, slot) in &histogram.buckets {
            let count = before[slot as usize];
            if is_stale(count) {
                continue;
            }
            match buckets.last_mut() {
                Some(last) if last.bound == bound => last.count += count,
                _ => buckets.push(Bucket { bound, count }),
            }
        }
        if buckets.is_empty() {
            return STALE;
        }
        match function {
            Histogram::Quantile => functions::bucket_quantile(parameters[0], buckets, self.settings.compat),
            Histogram::Fraction => functions::bucket_fraction(parameters[0], parameters[1], buckets),
        }
    }
}

/// Values of slots.
#[inline]
pub(super) fn of(values: &[f64], slots: Slots) -> &[f64] {
    &values[slots.range()]
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

#[inline]
fn each(function: Elementwise, input: &[f64], parameters: [f64; 2], out: &mut [f64]) {
    for (out, &value) in out.iter_mut().zip(input) {
        *out = if is_stale(value) {
            STALE
        } else {
            function.of(value, parameters)
        };
    }
}

/// `left op right`; a comparison that holds gives `kept`, or 1 and 0 if it is asked for its truth.
#[inline]
pub(super) fn operate(op: BinaryOp, truth: bool, left: f64, right: f64, kept: f64) -> f64 {
    if !op.is_comparison() {
        return functions::compute(op, left, right);
    }
    match (functions::compare(op, left, right), truth) {
        (holds, true) => f64::from(u8::from(holds)),
        (true, false) => kept,
        (false, false) => STALE,
    }
}

fn unite(groups: &Groups, labels: &[Labels], before: &[f64], out: &mut [f64]) -> Result<(), EvalError> {
    for ((out, group), labels) in out.iter_mut().zip(groups.iter()).zip(labels) {
        let mut there = group
            .iter()
            .map(|&slot| before[slot as usize])
            .filter(|&value| !is_stale(value));
        *out = there.next().unwrap_or(STALE);
        if there.next().is_some() {
            return Err(EvalError::DuplicateLabels(labels.clone()));
        }
    }
    Ok(())
}

impl Plan {
    /// An instant query at `at`: `start()` and `end()` are this moment too.
    ///
    /// # Errors
    ///
    /// The samples there are now do not fit the query: see [`EvalError`].
    ///
    /// # Panics
    ///
    /// If `scratch` belongs to another plan.
    pub fn evaluate<'s>(
        &'s self,
        view: AsOf<'_>,
        at: Timestamp,
        scratch: &'s mut Scratch,
    ) -> Result<super::Value<'s>, EvalError> {
        let query = QueryRange {
            start: at,
            end: at,
            step: Duration::ZERO,
        };
        scratch.refill();
        self.run(view, at, query, scratch)
    }

    /// One step of a range query, at `at`.
    ///
    /// # Errors
    ///
    /// The samples there are now do not fit the query: see [`EvalError`].
    ///
    /// # Panics
    ///
    /// If `scratch` belongs to another plan.
    pub fn evaluate_step<'s>(
        &'s self,
        view: AsOf<'_>,
        at: Timestamp,
        query: QueryRange,
        scratch: &'s mut Scratch,
    ) -> Result<super::Value<'s>, EvalError> {
        scratch.refill();
        self.next_step(view, at, query, scratch)
    }

    /// As [`Self::evaluate_step`], with what earlier steps have left of the samples that may be loaded.
    pub(super) fn next_step<'s>(
        &'s self,
        view: AsOf<'_>,
        at: Timestamp,
        query: QueryRange,
        scratch: &'s mut Scratch,
    ) -> Result<super::Value<'s>, EvalError> {
        if matches!(self.root, Root::Matrix { .. } | Root::Text(_)) {
            return Err(EvalError::NoStepOfRange);
        }
        self.run(view, at, query, scratch)
    }

    fn run<'s>(
        &'s self,
        view: AsOf<'_>,
        at: Timestamp,
        query: QueryRange,
        scratch: &'s mut Scratch,
    ) -> Result<super::Value<'s>, EvalError> {
        assert!(scratch.fits(self), "a scratch belongs to one plan");
        let run = Run {
            settings: &self.settings,
            view,
            query,
        };
        run.block(&self.block, at.as_millis(), scratch)?;
        run.answer(self, at.as_millis(), scratch)
    }
}
