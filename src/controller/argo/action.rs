//! What people do to a running rollout, as the kubectl plugin does it (`pkg/kubectl-argo-rollouts/cmd`): a plain change
//! of status or spec, which the controller's next pass finds.

use crate::controller::cluster::Version;

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `promote`: ends a pause, whatever its reason; where there is none, skips the current step.
    Promote,
    /// `promote --full`: skips steps, pauses and analyses, but not the wait for pods.
    PromoteFull,
    /// `promote --skip-current-step`
    SkipStep,
    /// `promote --skip-all-steps`
    SkipAllSteps,
    /// `abort`
    Abort,
    /// `retry`: takes an abort back and begins again.
    Retry,
    /// `pause`: sets `spec.paused`.
    Pause,
    /// `resume` of `spec.paused`.
    Unpause,
    /// `set image` or `undo`: the template becomes that of a version, known or new.
    Image(Version),
    /// `kubectl scale`: so many pods are wanted. The caller passes a spec that says so from then on.
    Replicas(u32),
}
