use super::pass::Pass;
use super::pods::ReplicaSet;
use super::services::Services;
use super::status::Status;
use crate::controller::argo::event::{Abort, AbortedBy, Event, What};
use crate::controller::argo::runs::Runs;
use crate::controller::argo::sets::{created, goes_back};
use crate::controller::argo::status::{Progressing, times_out};
use crate::controller::argo::{Action, RolloutPhase, Waiting};
use crate::controller::cluster::{Cluster, Version};
use crate::policy::argo::spec::BlueGreen;
use crate::units::{Duration, Timestamp};

/// Ask again so long after the progress deadline (`requeueStuckRollout`).
const DEADLINE_SLACK: Duration = Duration::from_secs(1);

/// One Rollout that replaces its stable version by a blue-green update.
#[derive(Clone, Debug)]
pub struct Rollout {
    pub(super) status: Status,
    /// The version of `spec.template`, and `spec.paused`.
    pub(super) template: Version,
    pub(super) halted: bool,
    /// The ReplicaSets by version, and what they were when the pass began.
    pub(super) sets: Vec<ReplicaSet>,
    pub(super) before: Vec<(u32, u32)>,
    pub(super) services: Services,
    pub(super) pre: Option<usize>,
    pub(super) post: Option<usize>,
    pub(in crate::controller::argo) abort: Option<Abort>,
    pub(in crate::controller::argo) promoted: Option<Timestamp>,
}

impl Rollout {
    /// A rollout whose stable version is healthy and whose template changes at `now`.
    pub fn new(spec: &BlueGreen, now: Timestamp) -> Self {
        let mut rollout = Self {
            status: Status::at_rest(spec, now),
            template: Version::NEW,
            halted: false,
            sets: Vec::new(),
            before: Vec::new(),
            services: Services {
                active: Version::OLD,
                preview: spec.has_preview.then_some(Version::OLD),
            },
            pre: None,
            post: None,
            abort: None,
            promoted: None,
        };
        rollout.begin(spec, 0, now);
        rollout
    }

    /// Begins again and keeps its memory; perhaps with a return to the version so many revisions `back`.
    pub(in crate::controller::argo) fn begin(&mut self, spec: &BlueGreen, back: u32, now: Timestamp) {
        self.status = Status::at_rest(spec, now);
        (self.template, self.halted) = (Version::NEW, false);
        self.services = Services {
            active: Version::OLD,
            preview: spec.has_preview.then_some(Version::OLD),
        };
        (self.pre, self.post, self.abort, self.promoted) = (None, None, None, None);
        self.sets.fill(ReplicaSet::NONE);
        self.make_room(Version(back.clamp(1, u32::from(u8::MAX)) as u8));
        let known = |revision| ReplicaSet {
            revision,
            created: created(revision),
            ..ReplicaSet::NONE
        };
        for (set, revision) in self.sets[1..].iter_mut().zip(1..=back) {
            *set = known(revision);
        }
        *self.set_mut(Version::OLD) = ReplicaSet {
            spec: spec.replicas,
            desired: spec.replicas,
            ..known(back + 1)
        };
    }

    /// Whether the template is that of a version of few revisions ago (`isRollbackWithinWindow`).
    pub(super) fn is_rollback(&self, spec: &BlueGreen) -> bool {
        let [to, from] = [self.template, self.status.stable].map(|version| self.set(version));
        let known = self.sets.iter().filter(|set| set.revision > 0);
        let created = known.map(|set| set.created);
        to.revision > 0 && goes_back(created, [to.created, from.created], spec.rollback_window)
    }

    fn make_room(&mut self, version: Version) {
        let size = self.sets.len().max(usize::from(version.0) + 1);
        self.sets.resize(size, ReplicaSet::NONE);
        self.before.resize(size, (0, 0));
    }

    pub(super) fn set(&self, version: Version) -> &ReplicaSet {
        &self.sets[usize::from(version.0)]
    }

    pub(super) fn set_mut(&mut self, version: Version) -> &mut ReplicaSet {
        &mut self.sets[usize::from(version.0)]
    }

    /// Whether analyses may still be created.
    pub(in crate::controller::argo) fn is_going(&self) -> bool {
        self.template != self.status.current || !self.status.is_promoted()
    }

    /// One pass, and whether it changed anything; then the next pass follows at once.
    pub(in crate::controller::argo) fn pass(
        &mut self,
        spec: &BlueGreen,
        now: Timestamp,
        stored: Timestamp,
        cluster: &mut Cluster,
        runs: &mut Runs,
        trace: &mut impl FnMut(Event),
    ) -> bool {
        let (old, new) = (self.status, self.template);
        let patched = old.observe_pause(self.halted, stored);
        let mut pass = Pass {
            spec,
            now,
            stored,
            cluster,
            runs,
            trace,
            old,
            new,
            halted: self.halted || old.inconclusive.is_some(),
            fast: old.promote_full || self.services.active == new || old.stable == new,
            back: self.is_rollback(spec),
            add_pause: false,
            remove_pause: false,
            add_inconclusive: false,
            abort: None,
        };
        let begins = new != old.current;
        let mut moved = false;
        let mut next = if self.wants_another_size(spec) {
            moved = self.scale(&mut pass);
            let available = pass.pods(old.active).available;
            Status { available, ..old }
        } else if begins {
            self.reveal(&mut pass);
            self.switch_preview(&mut pass);
            self.conclude(&mut pass, true)
        } else {
            self.switch_preview(&mut pass);
            moved = self.scale(&mut pass);
            self.pause(&mut pass);
            self.switch_active(&mut pass);
            self.reconcile_runs(&mut pass);
            self.conclude(&mut pass, false)
        };
        // Conditions that this pass did not touch stay as the pause has patched them.
        if next.conditions == old.conditions {
            next.conditions = patched;
        }
        // A paused rollout whose new version is healthy is shown as paused and as available in turns, for ever: nothing
        // else comes of it.
        let shown = Status {
            conditions: old.conditions,
            ..next
        };
        let wavers = (self.halted || old.paused()) && next.is_healthy(spec);
        let changed = moved || shown != old || next.conditions != old.conditions && !wavers;
        self.status = next;
        changed
    }

    /// The version that the template has come to: a ReplicaSet of its own, or an older one again.
    fn reveal(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        let youngest = self.sets.iter().map(|set| set.revision).max().unwrap_or(0);
        let set = self.set_mut(pass.new);
        if set.revision == 0 {
            set.created = pass.now;
            pass.old.conditions.progressing = Progressing::Updated;
            pass.old.conditions.updated = pass.stored;
        }
        if set.revision < youngest {
            set.revision = youngest + 1;
        }
    }

    /// Whether the number of pods wanted has changed (`isScalingEvent`).
    fn wants_another_size(&self, spec: &BlueGreen) -> bool {
        let mut sets = self.sets.iter();
        sets.any(|set| set.spec > 0 && set.desired != spec.replicas)
    }

    /// When a timer of the controller fires next, pods apart. To be asked once the rollout stands still at `now`.
    pub(in crate::controller::argo) fn timer(&self, spec: &BlueGreen, now: Timestamp) -> Option<Timestamp> {
        let status = &self.status;
        let pause = status
            .pause
            .zip(spec.auto_promotion_after)
            .map(|(since, length)| since + length);
        let sets = self.sets.iter().filter(|set| set.spec > 0);
        let deadlines = sets.filter_map(|set| set.deadline).filter(|at| *at > now).min();
        let at_ease = status.is_healthy(spec)
            || status.paused()
            || self.halted
            || status.abort
            || status.conditions.progressing == Progressing::TimedOut;
        let progress = (!at_ease).then(|| {
            let deadline = times_out(status.conditions.updated, spec.progress_deadline);
            if now > deadline - DEADLINE_SLACK {
                deadline
            } else {
                deadline + DEADLINE_SLACK
            }
        });
        let timers = [pause, deadlines, progress].into_iter().flatten();
        timers.filter(|at| *at > now).min()
    }

    /// A person does something, as the kubectl plugin does it. Steps are not to be skipped: there are none.
    pub(in crate::controller::argo) fn act(
        &mut self,
        now: Timestamp,
        action: Action,
        trace: &mut impl FnMut(Event),
    ) {
        let status = &mut self.status;
        let mut what = What::Did(action);
        match action {
            Action::Promote => {
                self.halted = false;
                (status.pause, status.inconclusive) = (None, None);
                what = What::Resumed;
            }
            Action::PromoteFull => {
                status.promote_full |= !status.is_promoted();
                self.halted = false;
            }
            Action::Abort if status.abort || status.is_promoted() => return,
            Action::Abort => {
                status.abort = true;
                let by = AbortedBy::Person;
                self.abort = Some(Abort { at: now, by });
                what = What::Aborted(by);
            }
            Action::Retry => {
                status.abort = false;
                self.abort = None;
            }
            Action::Pause => self.halted = true,
            Action::Unpause => self.halted = false,
            Action::Image(version) => {
                self.template = version;
                self.make_room(version);
            }
            Action::SkipStep | Action::SkipAllSteps | Action::Replicas(_) => {}
        }
        trace(Event { at: now, what });
    }

    /// Whether the pause before the switch holds it.
    pub(in crate::controller::argo) const fn is_paused(&self) -> bool {
        self.status.pause.is_some()
    }

    /// The revision of the version in the spec.
    pub(in crate::controller::argo) fn revision(&self) -> u32 {
        self.set(self.status.current).revision
    }

    /// What the Services select.
    pub const fn services(&self) -> Services {
        self.services
    }

    /// The version that is stable.
    pub const fn stable(&self) -> Version {
        self.status.stable
    }

    /// Whether the active Service selects a version without an available pod: every request fails.
    pub(in crate::controller::argo) fn is_out(&self, cluster: &Cluster, now: Timestamp) -> bool {
        cluster.pods(self.services.active, now).available == 0
    }

    /// What it waits for a person for, if it does.
    pub(in crate::controller::argo) fn waiting(&self, spec: &BlueGreen) -> Option<Waiting> {
        if self.status.inconclusive.is_some() {
            Some(Waiting::Inconclusive)
        } else {
            let ends = spec.auto_promotion && spec.auto_promotion_after.is_some();
            let held = self.halted && !self.status.abort;
            (held || self.status.pause.is_some() && !ends).then_some(Waiting::Pause)
        }
    }

    /// Phase and message but for the reason of an abort.
    pub(in crate::controller::argo) fn phase(
        &self,
        spec: &BlueGreen,
        runs: &Runs,
    ) -> (RolloutPhase, &'static str) {
        let completed = |number| runs.phase(number).completed();
        let asking = spec.post_promotion.is_some() && !self.post.is_some_and(completed);
        self.status.phase(spec, self.halted, asking)
    }
}
