use super::pass::Pass;
use super::rollout::Rollout;
use crate::analysis::Phase;
use crate::controller::argo::Binding;
use crate::controller::argo::event::{AbortedBy, Event, What};

impl Rollout {
    /// Creates, reads and stops analyses (`reconcileAnalysisRuns`).
    pub(super) fn reconcile_runs(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        if pass.old.abort || pass.old.promote_full || pass.back || pass.old.is_promoted() {
            pass.runs.stop(pass.now, |_| true);
            return;
        }
        let skips = self.skips_pre(pass);
        self.pre = reconcile_run(pass, self.pre, Binding::PrePromotion, skips);
        read(pass, self.pre);
        let skips = self.skips_post(pass);
        self.post = reconcile_run(pass, self.post, Binding::PostPromotion, skips);
        read(pass, self.post);
        let current = [self.pre, self.post];
        pass.runs
            .stop(pass.now, |number| !current.contains(&Some(number)));
    }

    /// Whether the analysis before the switch has passed; there may be none (`completedPrePromotionAnalysis`).
    pub(super) fn before_has_passed(&self, pass: &Pass<'_, impl FnMut(Event)>) -> bool {
        let passed = |number| pass.runs.phase(number) == Phase::Successful;
        pass.spec.pre_promotion.is_none() || self.pre.is_some_and(passed)
    }

    /// Whether it is not the time for the analysis before the switch: it begins when the new version is whole, or the
    /// preview is. Once it has begun, pods are not looked at any more.
    fn skips_pre(&self, pass: &Pass<'_, impl FnMut(Event)>) -> bool {
        if pass.old.stable == pass.new || pass.old.active == pass.new {
            return true;
        }
        let whole = match pass.spec.preview_replicas {
            Some(preview) => self.set(pass.new).spec == preview && pass.pods(pass.new).available == preview,
            None => self.is_saturated(pass),
        };
        self.pre.is_none() && !whole
    }

    /// The same of the analysis after the switch.
    pub(super) fn skips_post(&self, pass: &Pass<'_, impl FnMut(Event)>) -> bool {
        pass.old.stable == pass.new
            || pass.old.active != pass.new
            || self.post.is_none() && !self.is_saturated(pass)
    }
}

/// The run of a binding: created if there is none, if a person went on after an inconclusive one, or retries
/// (`needsNewAnalysisRun`).
fn reconcile_run(
    pass: &mut Pass<'_, impl FnMut(Event)>,
    current: Option<usize>,
    binding: Binding,
    skips: bool,
) -> Option<usize> {
    let analysis = match binding {
        Binding::PrePromotion => &pass.spec.pre_promotion,
        _ => &pass.spec.post_promotion,
    };
    let analysis = analysis.as_ref()?;
    if skips {
        pass.runs.stop(pass.now, |number| Some(number) == current);
        return current;
    }
    if pass.old.inconclusive.is_some() {
        return current;
    }
    let resumed = pass.old.controller_pause && pass.old.pause.is_none();
    let needed = current.is_none_or(|number| match resumed {
        true => pass.runs.phase(number) == Phase::Inconclusive,
        false => pass.old.was_aborted,
    });
    if !needed {
        return current;
    }
    let number = pass.runs.create(analysis, binding, pass.now);
    pass.tell(What::RunStarted(number as u32, binding));
    Some(number)
}

/// What a run's phase brings about (`setPauseOrAbort`): of an older run too, which a retry finds again.
fn read(pass: &mut Pass<'_, impl FnMut(Event)>, run: Option<usize>) {
    let Some(number) = run else { return };
    let bound = &pass.runs.list()[number];
    let (binding, phase) = (bound.binding, bound.run.phase());
    let decided = bound.decided(binding.of_blue_green(pass.spec));
    match phase {
        Phase::Inconclusive => {
            pass.add_inconclusive = true;
            if pass.old.inconclusive.is_none() {
                pass.tell(What::Inconclusive(decided.map(|(check, _)| check)));
            }
        }
        Phase::Failed | Phase::Error => {
            pass.abort = Some(AbortedBy::Analysis {
                run: number as u32,
                binding,
                phase,
                decided,
            });
        }
        Phase::Pending | Phase::Running | Phase::Successful => {}
    }
}
