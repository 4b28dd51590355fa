use crate::controller::argo::Decision;
use crate::policy::argo::spec::Strategy;
use crate::units::Timestamp;

/// Rides along with every trial and stops it when something happens that cannot. A failure here is a mistake of ours,
/// never of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checkers {
    now: Timestamp,
    aborted: bool,
    promoted: bool,
}

impl Checkers {
    pub(super) fn new() -> Self {
        Self {
            now: Timestamp::ZERO,
            aborted: false,
            promoted: false,
        }
    }

    /// Looks at how the rollout stands at `now`. Once it is `undone`, what is promoted or rolled back is the old version.
    pub(super) fn see(&mut self, strategy: &Strategy, now: Timestamp, decision: &Decision, undone: bool) {
        assert!(self.now <= now, "time goes on");
        self.now = now;
        if let Some(weight) = decision.weight {
            assert!(weight.parts <= weight.of, "a weight is a part of the whole");
        }
        assert!(
            decision.canary.available <= decision.canary.spec.max(decision.canary.created),
            "available pods exist"
        );
        assert!(
            strategy
                .canary()
                .is_none_or(|canary| decision.step <= canary.steps.len()),
            "a step is one of the policy's"
        );
        // A retry takes an abort back.
        self.aborted = decision.aborted.is_some();
        self.promoted |= decision.promoted.is_some();
        assert!(
            undone || !(self.aborted && self.promoted),
            "a rollout is promoted or rolled back, not both"
        );
    }
}
