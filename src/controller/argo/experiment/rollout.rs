use super::live::{self, Live};
use crate::analysis::Phase;
use crate::controller::argo::Binding;
use crate::controller::argo::event::{AbortedBy, Event, What};
use crate::controller::argo::pass::Pass;
use crate::controller::argo::rollout::Rollout;
use crate::controller::argo::runs::Runs;
use crate::controller::cluster::{Cluster, Version};
use crate::policy::argo::spec::{Canary, Experiment, Kept, StepKind};
use crate::units::Timestamp;

/// Versions of the cluster from here on stand for templates of experiments.
const FIRST: u8 = 128;

/// The experiments of one rollout, in the order of their creation. Used again, it keeps its memory.
#[derive(Clone, Debug, Default)]
pub(in crate::controller::argo) struct Experiments {
    list: Vec<Live>,
    used: usize,
    /// The one that the status names.
    current: Option<usize>,
    /// Templates so far.
    templates: u8,
}

fn experiment(spec: &Canary, step: usize) -> Option<&Experiment> {
    match spec.steps.get(step).map(|step| &step.kind) {
        Some(StepKind::Experiment(experiment)) => Some(experiment),
        _ => None,
    }
}

/// The place of what is made of a version: the canary first.
fn arm(like: Version) -> usize {
    usize::from(like != Version::NEW)
}

impl Experiments {
    /// Forgets which one the status names.
    pub(in crate::controller::argo) const fn forget(&mut self) {
        self.current = None;
    }

    pub(in crate::controller::argo) fn clear(&mut self) {
        (self.used, self.current, self.templates) = (0, None, 0);
    }

    fn live(&self) -> &[Live] {
        &self.list[..self.used]
    }

    fn create(&mut self, spec: &Experiment, step: usize, made_of: [Version; 2]) -> usize {
        if self.used == self.list.len() {
            self.list.push(Live::default());
        }
        let number = self.used;
        self.used += 1;
        let first = self.templates;
        let versions = (0..).map(|n: u8| Version(FIRST + first.wrapping_add(n) % FIRST));
        self.list[number].begin(spec, step, made_of, versions);
        self.templates = first.wrapping_add(spec.templates.len() as u8) % FIRST;
        number
    }

    /// Tells those to stop that still run and that `which` names by number (`cancelExperiments`).
    fn stop(&mut self, touched: &mut bool, which: impl Fn(usize) -> bool) {
        for (number, live) in self.list[..self.used].iter_mut().enumerate() {
            if which(number) && !live.told_to_stop && !live.has_finished() {
                live.told_to_stop = true;
                *touched = true;
            }
        }
    }

    /// Deletes those that have ended, but for the youngest of them, with their pods (`FilterExperimentsToDelete`); `which`
    /// names those there are to choose from by number.
    fn delete(
        &mut self,
        spec: &Canary,
        pass: &mut Pass<'_, impl FnMut(Event)>,
        which: impl Fn(usize) -> bool,
    ) {
        let Kept {
            mut successful,
            mut unsuccessful,
        } = spec.kept;
        let ended = self.list[..self.used].iter_mut().enumerate().rev();
        for (_, live) in ended.filter(|(number, live)| which(*number) && live.has_finished()) {
            let kept = match live.phase {
                Some(Phase::Successful) => &mut successful,
                _ => &mut unsuccessful,
            };
            match kept.checked_sub(1) {
                Some(left) => *kept = left,
                None => live.delete(pass),
            }
        }
    }

    /// One pass over every experiment; whether any of them changed.
    pub(in crate::controller::argo) fn pass(
        &mut self,
        spec: &Canary,
        [now, stored]: [Timestamp; 2],
        cluster: &mut Cluster,
        runs: &mut Runs,
        trace: &mut impl FnMut(Event),
    ) -> bool {
        let mut changed = false;
        for live in self.list[..self.used].iter_mut().filter(|live| !live.is_over()) {
            let Some(experiment) = experiment(spec, live.step) else {
                continue;
            };
            let mut pass = live::Pass {
                spec: experiment,
                now,
                stored,
                deadline: spec.progress_deadline,
                cluster: &mut *cluster,
                runs: &mut *runs,
                trace: &mut *trace,
                stopping: false,
                changed: false,
            };
            changed |= live.pass(&mut pass);
        }
        changed
    }

    /// When one of them looks again.
    pub(in crate::controller::argo) fn timer(&self, spec: &Canary, now: Timestamp) -> Option<Timestamp> {
        let timers = self
            .live()
            .iter()
            .filter(|live| !live.is_over())
            .flat_map(|live| {
                let own = experiment(spec, live.step).into_iter();
                own.flat_map(move |experiment| live.timers(experiment, spec.progress_deadline))
            });
        timers.filter(|at| *at > now).min()
    }

    /// Available pods of all templates made of the canary and of the stable version.
    pub(in crate::controller::argo) fn pods(&self, cluster: &Cluster, now: Timestamp) -> [u32; 2] {
        let mut pods = [0; 2];
        let templates = self.live().iter().flat_map(|live| &live.templates);
        for template in templates.filter(|template| !template.has_gone()) {
            pods[arm(template.like)] += cluster.pods(template.pods, now).available;
        }
        pods
    }

    /// What the templates of the current one take of all weight while it runs, made of the canary and of the stable
    /// version (`calculateWeightDestinationsFromExperiment`).
    pub(in crate::controller::argo) fn weights(&self, spec: &Canary, step: usize) -> [u32; 2] {
        let mut weights = [0; 2];
        let current = self.current.map(|number| &self.list[number]);
        if let Some(live) = current.filter(|live| live.is_running() && live.step == step)
            && let Some(experiment) = experiment(spec, live.step)
        {
            for (template, of) in live.templates.iter().zip(&experiment.templates) {
                weights[arm(template.like)] += of.weight.unwrap_or(0);
            }
        }
        weights
    }
}

impl Rollout {
    /// Creates, reads and stops experiments (`reconcileExperiments`). An experiment that has ended is forgotten: where its
    /// step is not complete with that, the next pass creates another.
    pub(in crate::controller::argo) fn reconcile_experiments(
        &mut self,
        pass: &mut Pass<'_, impl FnMut(Event)>,
    ) {
        let (spec, old) = (pass.spec, pass.old);
        let found = self.experiments.current.take();
        if pass.aborted() || old.promote_full {
            self.experiments.stop(&mut pass.touched, |_| true);
            return;
        }
        if old.inconclusive.is_some() {
            return;
        }
        let known = self.experiments.used;
        let Some(step) = experiment(spec, old.step) else {
            self.experiments.stop(&mut pass.touched, |_| true);
            self.experiments.delete(spec, pass, |_| true);
            return;
        };
        let number = found.unwrap_or_else(|| {
            pass.touched = true;
            self.experiments.create(step, old.step, [old.current, old.stable])
        });
        let live = &self.experiments.list[number];
        match live.phase {
            Some(Phase::Inconclusive) => {
                pass.add_inconclusive_experiment = true;
                let decided = live.decided(spec, pass.runs, Phase::Inconclusive);
                pass.tell(What::Inconclusive(match decided {
                    Some(AbortedBy::Analysis { decided, .. }) => decided.map(|(check, _)| check),
                    _ => None,
                }));
            }
            Some(phase @ (Phase::Failed | Phase::Error)) => {
                let by = live.decided(spec, pass.runs, phase);
                pass.abort = Some(by.unwrap_or(AbortedBy::Deadline));
            }
            Some(Phase::Successful) => pass.experiment_passed = found.is_some(),
            _ => self.experiments.current = Some(number),
        }
        let others = |other| other < known && Some(other) != found;
        self.experiments.stop(&mut pass.touched, others);
        self.experiments.delete(spec, pass, others);
    }
}

impl Live {
    /// Deletes its pods at once, if there are any.
    fn delete(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        for template in self.templates.iter_mut().filter(|template| !template.has_gone()) {
            let (like, from) = (template.like, template.vanish());
            pass.cluster.scale_as(template.pods, like, 0, pass.now);
            pass.touched = true;
            pass.tell(What::BesideScaled { like, from, to: 0 });
        }
    }

    /// The first of its runs that ended like this, as what decided.
    fn decided(&self, spec: &Canary, runs: &Runs, phase: Phase) -> Option<AbortedBy> {
        let place = self.runs.iter().position(|run| run.phase == Some(phase))?;
        let run = self.runs[place].number?;
        let binding = Binding::Experiment(self.step, place);
        Some(AbortedBy::Analysis {
            run: run as u32,
            binding,
            phase,
            decided: runs.list()[run].decided(binding.of_canary(spec)),
        })
    }
}
