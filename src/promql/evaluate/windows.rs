use super::run::Run;
use super::scratch::{Grid, Scratch};
use super::{EvalError, cursor};
use crate::promql::functions::{self, OverWindow};
use crate::promql::plan::{Block, Over, ResolvedLength, Slots};

/// Where to look: the samples in (end - range, end].
pub(super) struct Window<'a> {
    pub over: &'a Over,
    /// Milliseconds.
    pub end: i64,
    /// Milliseconds.
    pub range: i64,
    /// The moment of evaluation [ms].
    pub at: i64,
    /// The first of two cursors for each axis.
    pub cursor: usize,
    /// The subquery's grid.
    pub grid: usize,
}

impl Window<'_> {
    /// Where the window begins [ms].
    fn start(&self) -> i64 {
        self.end.saturating_sub(self.range)
    }

    fn cut<'s>(&self, run: &Run<'_>, times: &'s [i64], values: &'s [f64]) -> functions::Window<'s> {
        functions::Window {
            times,
            values,
            start: self.start(),
            end: self.end,
            at: self.at,
            compat: run.settings.compat,
        }
    }
}

/// Applies a function to the window of each series; answers go to `out`.
#[inline]
pub(super) fn apply(
    run: &Run<'_>,
    window: &Window<'_>,
    function: OverWindow,
    parameter: Option<usize>,
    out: Slots,
    scratch: &mut Scratch,
) -> Result<(), EvalError> {
    if let Over::Subquery { .. } = window.over {
        fill(run, window, scratch)?;
    }
    let parameter = parameter.map_or(f64::NAN, |slot| scratch.values[slot]);
    let Scratch {
        values,
        cursors,
        grids,
        buffers,
        ..
    } = scratch;
    let out = &mut values[out.range()];
    visit(run, window, cursors, grids, |place, samples| {
        out[place] = function.of(samples, parameter, &mut buffers.values);
    });
    Ok(())
}

/// Shows each series' samples in the window, with the series' place; a subquery's grid must be filled.
#[inline]
pub(super) fn visit(
    run: &Run<'_>,
    window: &Window<'_>,
    cursors: &mut [usize],
    grids: &[Grid],
    mut look: impl FnMut(usize, functions::Window<'_>),
) {
    match window.over {
        Over::Series(selection) => {
            let cursors = cursors[window.cursor..].chunks_exact_mut(2);
            let before = window.start().saturating_sub(run.closed());
            for (axis, cursors) in selection.axes.iter().zip(cursors) {
                let samples = run.view.axis(axis.axis);
                let [first, last] = cursors else { continue };
                let times = samples.times();
                let inside = cursor::seek(times, first, before)..cursor::seek(times, last, window.end);
                for &(column, place) in &axis.columns {
                    let values = &samples.values(column as usize)[inside.clone()];
                    look(place as usize, window.cut(run, &times[inside.clone()], values));
                }
            }
        }
        Over::Subquery { .. } => {
            let grid = &grids[window.grid];
            for (place, column) in grid.columns.iter().enumerate() {
                look(place, window.cut(run, &grid.times, column));
            }
        }
    }
}

/// Evaluates a subquery's block at the moments of its grid that lie in the window.
pub(super) fn fill(run: &Run<'_>, window: &Window<'_>, scratch: &mut Scratch) -> Result<(), EvalError> {
    let Over::Subquery { block, answers, step } = window.over else {
        return Ok(());
    };
    // The grid leaves the scratch while its block runs: the block may hold subqueries of its own.
    let mut grid = std::mem::take(&mut scratch.grids[window.grid]);
    let filled = fill_grid(run, window, block, *answers, step, &mut grid, scratch);
    scratch.grids[window.grid] = grid;
    filled
}

fn fill_grid(
    run: &Run<'_>,
    window: &Window<'_>,
    block: &Block,
    answers: Slots,
    step: &ResolvedLength,
    grid: &mut Grid,
    scratch: &mut Scratch,
) -> Result<(), EvalError> {
    grid.times.clear();
    grid.columns.iter_mut().for_each(Vec::clear);
    let step = step.resolve(run.query)?;
    // Moments are multiples of the step, the first one after the left border; division truncates.
    let border = window.start().saturating_sub(run.closed());
    let mut moment = (border / step) * step;
    if moment <= border {
        moment = moment.saturating_add(step);
    }
    while moment <= window.end {
        if !scratch.spend(answers.len.max(1)) {
            return Err(EvalError::TooManySamples);
        }
        run.block(block, moment, scratch)?;
        grid.times.push(moment);
        for (column, &value) in grid.columns.iter_mut().zip(&scratch.values[answers.range()]) {
            column.push(value);
        }
        let Some(next) = moment.checked_add(step) else {
            break;
        };
        moment = next;
    }
    Ok(())
}
