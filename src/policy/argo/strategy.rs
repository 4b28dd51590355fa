use super::spec::{Analysis, Canary, Metric};
use crate::diagnostic::Span;
use crate::units::Duration;

/// How a Rollout replaces its stable version.
#[derive(Clone, Debug)]
pub enum Strategy {
    /// Step by step.
    Canary(Canary),
    /// All at once: a Service switches from one version to the other.
    BlueGreen(BlueGreen),
}

/// `spec` of a Rollout with strategy `blueGreen`, defaults filled in (argo-rollouts `utils/defaults`).
#[derive(Clone, Debug)]
pub struct BlueGreen {
    /// Where the strategy stands.
    pub span: Span,
    /// Pods wanted.
    pub replicas: u32,
    /// `activeService`: it selects the stable version before the switch and the canary after it.
    pub active_service: String,
    /// Whether there is a `previewService`.
    pub has_preview: bool,
    /// `previewReplicaCount`: pods of the new version until its analysis has passed and its pause is over.
    pub preview_replicas: Option<u32>,
    /// `prePromotionAnalysis`: must pass before the switch.
    pub pre_promotion: Option<Analysis>,
    /// `postPromotionAnalysis`: after the switch; a failure switches back.
    pub post_promotion: Option<Analysis>,
    /// `autoPromotionEnabled`, true unless set: nobody has to promote.
    pub auto_promotion: bool,
    /// `autoPromotionSeconds`, unless zero: the pause before the switch. It begins when the analysis has passed.
    pub auto_promotion_after: Option<Duration>,
    /// `scaleDownDelaySeconds`, 30 unless set: how long the old version keeps its pods after a promotion. With zero it
    /// keeps them for ever, as the controller has it.
    pub scale_down_delay: Duration,
    /// Whether that is stated.
    pub scale_down_delay_stated: bool,
    /// `scaleDownDelayRevisionLimit`: so many old versions keep their pods meanwhile.
    pub scale_down_delay_revisions: u32,
    /// `rollbackWindow.revisions`, 0 unless set.
    pub rollback_window: u32,
    /// `abortScaleDownDelaySeconds`, 30 unless set: how long the new version keeps its pods after an abort. With zero
    /// it keeps them.
    pub abort_scale_down_delay: Duration,
    /// Time a ready pod must stay ready to count as available.
    pub min_ready: Duration,
    /// `progressDeadlineSeconds`
    pub progress_deadline: Duration,
    /// `progressDeadlineAbort`
    pub progress_deadline_abort: bool,
}

impl BlueGreen {
    /// Both analyses, as far as there are: the one before the switch first.
    pub fn analyses(&self) -> impl Iterator<Item = &Analysis> {
        self.pre_promotion.iter().chain(&self.post_promotion)
    }

    /// Time from start to promotion by looks and the pause that ends by itself.
    pub fn planned_length(&self) -> Duration {
        let looks = self
            .analyses()
            .fold(Duration::ZERO, |sum, analysis| sum + analysis.planned_length());
        let pause = self.auto_promotion_after.filter(|_| self.auto_promotion);
        looks + pause.unwrap_or(Duration::ZERO)
    }
}

impl Strategy {
    /// The canary, if it is one.
    pub const fn canary(&self) -> Option<&Canary> {
        match self {
            Self::Canary(canary) => Some(canary),
            Self::BlueGreen(_) => None,
        }
    }

    /// The blue-green update, if it is one.
    pub const fn blue_green(&self) -> Option<&BlueGreen> {
        match self {
            Self::BlueGreen(spec) => Some(spec),
            Self::Canary(_) => None,
        }
    }

    /// Pods wanted.
    pub const fn replicas(&self) -> u32 {
        match self {
            Self::Canary(canary) => canary.replicas,
            Self::BlueGreen(spec) => spec.replicas,
        }
    }

    /// Pods of one version that there can be at most.
    pub fn most_pods(&self) -> u32 {
        match self {
            Self::Canary(canary) => canary.most_pods(),
            Self::BlueGreen(spec) => spec.replicas,
        }
    }

    /// Whether what share of the traffic a version gets is set exactly, and not by its pods.
    pub const fn is_routed(&self) -> bool {
        match self {
            Self::Canary(canary) => canary.routed,
            Self::BlueGreen(_) => true,
        }
    }

    /// Time a ready pod must stay ready to count as available.
    pub const fn min_ready(&self) -> Duration {
        match self {
            Self::Canary(canary) => canary.min_ready,
            Self::BlueGreen(spec) => spec.min_ready,
        }
    }

    /// Time from start to promotion by timed steps and counted looks alone. A pause that waits for a person counts as
    /// nothing, and so does the time that pods take.
    pub fn planned_length(&self) -> Duration {
        match self {
            Self::Canary(canary) => canary.planned_length(),
            Self::BlueGreen(spec) => spec.planned_length(),
        }
    }

    /// All analyses: of a canary the background analysis, then those of its steps.
    pub fn analyses(&self) -> impl Iterator<Item = &Analysis> {
        let canary = self.canary().into_iter().flat_map(|canary| {
            let background = canary.background.iter().map(|background| &background.analysis);
            let steps = canary.steps.iter().flat_map(|step| step.kind.analyses());
            background.chain(steps)
        });
        canary.chain(self.blue_green().into_iter().flat_map(BlueGreen::analyses))
    }

    /// All metrics of all analyses, in the order of [`Self::analyses`].
    pub fn metrics(&self) -> impl Iterator<Item = &Metric> {
        self.analyses().flat_map(|analysis| &analysis.metrics)
    }

    /// The same, to be changed.
    pub fn metrics_mut(&mut self) -> impl Iterator<Item = &mut Metric> {
        let (canary, blue_green) = match self {
            Self::Canary(canary) => (Some(canary), None),
            Self::BlueGreen(spec) => (None, Some(spec)),
        };
        let canary = canary.into_iter().flat_map(|canary| {
            let background = canary.background.iter_mut();
            let background = background.map(|background| &mut background.analysis);
            let steps = canary.steps.iter_mut();
            let steps = steps.flat_map(|step| step.kind.analyses_mut());
            background.chain(steps)
        });
        let blue_green = blue_green.into_iter();
        let blue_green =
            blue_green.flat_map(|spec| spec.pre_promotion.iter_mut().chain(&mut spec.post_promotion));
        canary
            .chain(blue_green)
            .flat_map(|analysis| &mut analysis.metrics)
    }
}
