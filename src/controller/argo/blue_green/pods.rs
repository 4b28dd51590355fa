use super::pass::Pass;
use super::rollout::Rollout;
use crate::analysis::Phase;
use crate::controller::argo::event::{Event, What};
use crate::controller::cluster::Version;
use crate::policy::argo::spec::BlueGreen;
use crate::units::Timestamp;

/// What is written on the ReplicaSet of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReplicaSet {
    /// Its revision; 0: there is no such ReplicaSet.
    pub revision: u32,
    /// Pods ordered.
    pub spec: u32,
    /// `desired-replicas`: what the Rollout wanted in all when it was scaled last.
    pub desired: u32,
    /// `scale-down-deadline`
    pub deadline: Option<Timestamp>,
    /// When it was created.
    pub created: Timestamp,
}

impl ReplicaSet {
    pub(super) const NONE: Self = Self {
        revision: 0,
        spec: 0,
        desired: 0,
        deadline: None,
        created: Timestamp::MIN,
    };
}

impl Rollout {
    /// Scales all versions (`reconcileBlueGreenReplicaSets`); whether anything was changed.
    pub(super) fn scale(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) -> bool {
        let spec = pass.spec;
        let before = |set: &ReplicaSet| (set.spec, set.desired);
        let lingers = pass.old.abort && !spec.abort_scale_down_delay.is_zero();
        let mut changed = false;
        if !lingers {
            self.set_mut(pass.new).deadline = None;
        }
        if lingers || pass.old.stable != pass.new {
            self.set_mut(pass.old.stable).deadline = None;
        }
        for number in 0..self.sets.len() {
            self.before[number] = before(&self.sets[number]);
        }
        self.order(spec, self.services.active, spec.replicas, lingers);
        self.scale_new(pass, lingers);
        self.scale_others(pass, lingers);
        for number in 0..self.sets.len() {
            let (from, to) = (self.before[number].0, self.sets[number].spec);
            changed |= self.before[number] != before(&self.sets[number]);
            let version = Version(number as u8);
            if from != to {
                pass.cluster.scale(version, to, pass.now);
                pass.tell(What::PodsScaled { version, from, to });
            }
        }
        changed
    }

    /// Pods that the new version is to have (`NewRSNewReplicas`).
    fn wanted(&self, pass: &Pass<'_, impl FnMut(Event)>) -> u32 {
        let (spec, old) = (pass.spec, &pass.old);
        match spec.preview_replicas {
            None => spec.replicas,
            Some(_) if old.active == pass.new || old.promote_full => spec.replicas,
            Some(preview) if old.current != pass.new => preview,
            Some(_) if old.checkpoint && !self.halted && !old.paused() => spec.replicas,
            Some(preview) => preview,
        }
    }

    /// Whether the new version has the pods that it is to have now (`ReadyForPause`).
    pub(super) fn is_ready(&self, pass: &Pass<'_, impl FnMut(Event)>) -> bool {
        let wanted = self.wanted(pass);
        self.set(pass.new).spec == wanted && pass.pods(pass.new).available == wanted
    }

    /// Whether the new version is whole (`IsSaturated`).
    pub(super) fn is_saturated(&self, pass: &Pass<'_, impl FnMut(Event)>) -> bool {
        let (set, all) = (self.set(pass.new), pass.spec.replicas);
        [set.spec, set.desired, pass.pods(pass.new).available] == [all; 3]
    }

    fn order(&mut self, spec: &BlueGreen, version: Version, pods: u32, lingers: bool) {
        let set = self.set_mut(version);
        if (set.spec, set.desired) == (pods, spec.replicas) {
            return;
        }
        (set.spec, set.desired) = (pods, spec.replicas);
        if pods == 0 && !lingers {
            set.deadline = None;
        }
    }

    /// The new version; after an abort it goes once its delay is over, which begins when the stable one is whole
    /// (`reconcileNewReplicaSet`).
    fn scale_new(&mut self, pass: &Pass<'_, impl FnMut(Event)>, lingers: bool) {
        let spec = pass.spec;
        let mut wanted = self.wanted(pass);
        if lingers {
            let whole = pass.pods(pass.old.stable).available == spec.replicas;
            let set = self.set_mut(pass.new);
            match set.deadline {
                Some(deadline) if deadline > pass.now => return,
                Some(_) => wanted = 0,
                None => {
                    set.deadline = whole.then_some(pass.stored + spec.abort_scale_down_delay);
                    return;
                }
            }
        }
        self.order(spec, pass.new, wanted, lingers);
    }

    /// Versions that are neither new nor stable, the youngest revision first: each goes when its delay is over
    /// (`scaleDownOldReplicaSetsForBlueGreen`). Without a delay they stay, as the controller has it.
    fn scale_others(&mut self, pass: &Pass<'_, impl FnMut(Event)>, lingers: bool) {
        let spec = pass.spec;
        if pass.old.inconclusive.is_some() {
            return;
        }
        let unsure = spec.post_promotion.is_some()
            && !spec.scale_down_delay_stated
            && !self.skips_post(pass)
            && self
                .post
                .is_none_or(|number| pass.runs.phase(number) != Phase::Successful);
        if unsure {
            return;
        }
        let mut kept = 0;
        let mut below = u32::MAX;
        while let Some(number) = self.next_other(pass, below) {
            below = self.sets[number].revision;
            let set = &mut self.sets[number];
            let pods = match set.deadline {
                None if kept < spec.scale_down_delay_revisions => {
                    kept += 1;
                    let delayed = !spec.scale_down_delay.is_zero();
                    set.deadline = delayed.then_some(pass.stored + spec.scale_down_delay);
                    set.spec
                }
                None => 0,
                Some(deadline) => {
                    kept += 1;
                    let waits = deadline > pass.now && kept <= spec.scale_down_delay_revisions;
                    if waits { spec.replicas } else { 0 }
                }
            };
            if pods != set.spec {
                self.order(spec, Version(number as u8), pods, lingers);
            }
        }
    }

    /// The youngest other version with pods, of those below a revision, that nothing refers to.
    fn next_other(&self, pass: &Pass<'_, impl FnMut(Event)>, below: u32) -> Option<usize> {
        let old = &pass.old;
        let referred = [
            Some(pass.new),
            Some(old.stable),
            Some(old.current),
            Some(old.active),
            old.preview,
            Some(self.services.active),
            self.services.preview,
        ];
        let sets = self.sets.iter().enumerate();
        let others = sets.filter(|(number, set)| {
            let version = Version(*number as u8);
            set.spec > 0 && set.revision < below && !referred.contains(&Some(version))
        });
        others
            .max_by_key(|(_, set)| set.revision)
            .map(|(number, _)| number)
    }
}
