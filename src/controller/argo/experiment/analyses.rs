use super::live::{Live, Pass};
use crate::analysis::Phase;
use crate::controller::argo::Binding;
use crate::controller::argo::event::{Event, What};

/// A run of an experiment, as the experiment has last seen it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// `None`: it has not begun.
    pub(super) number: Option<usize>,
    pub(super) phase: Option<Phase>,
}

impl Live {
    /// Creates, reads and stops its runs (`reconcileAnalysisRun`). One that was told to stop is not looked at again.
    pub(super) fn reconcile_runs(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        if self.available_at.is_none() {
            return;
        }
        let step = self.step;
        for (place, (run, of)) in self.runs.iter_mut().zip(&pass.spec.analyses).enumerate() {
            let before = *run;
            match run.number {
                None if pass.stopping => {}
                None => {
                    let binding = Binding::Experiment(step, place);
                    let number = pass.runs.create(&of.analysis, binding, pass.now);
                    (run.number, run.phase) = (Some(number), Some(Phase::Pending));
                    let what = What::RunStarted(number as u32, binding);
                    (pass.trace)(Event { at: pass.now, what });
                }
                Some(_) if run.phase.is_some_and(Phase::completed) => {}
                Some(number) if pass.stopping => pass.runs.stop(pass.now, |other| other == number),
                Some(number) => run.phase = Some(pass.runs.phase(number)),
            }
            pass.changed |= before != *run;
        }
    }
}
