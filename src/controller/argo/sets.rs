//! The ReplicaSets of a rollout, as one pass sees them, and what the controller writes on them.

use crate::controller::cluster::{Cluster, Pods, Version};
use crate::units::{Duration, Timestamp};

/// The ReplicaSet of one version.
#[derive(Clone, Copy, Debug)]
pub(super) struct Set {
    /// As the pass found them.
    pub(super) pods: Pods,
    /// When the ReplicaSet was created.
    created: Timestamp,
    /// `rollout.argoproj.io/revision`
    pub(super) revision: u32,
    /// `rollout.argoproj.io/desired-replicas`: `spec.replicas` when it was last scaled.
    pub(super) wanted: u32,
    /// `scale-down-deadline`
    pub(super) scale_down_at: Option<Timestamp>,
}

/// The ReplicaSets of all versions that have one.
#[derive(Clone, Debug, Default)]
pub(super) struct Sets {
    list: Vec<Set>,
}

impl Sets {
    /// Begins again with one version that has so many pods. `back`: the update returns to the version so many revisions
    /// before it, whose ReplicaSet is still there, as are those between; 0: it brings a new one.
    pub(super) fn begin(&mut self, replicas: u32, back: u32) {
        self.list.clear();
        let known = |revision| Set {
            pods: Pods::default(),
            created: created(revision),
            revision,
            wanted: replicas,
            scale_down_at: None,
        };
        self.list.push(known(back + 1));
        self.list.extend((1..=back).map(known));
    }

    /// Looks at the cluster.
    pub(super) fn see(&mut self, cluster: &Cluster, now: Timestamp) {
        for (version, set) in (0..).zip(&mut self.list) {
            set.pods = cluster.pods(Version(version), now);
        }
    }

    /// Creates the ReplicaSet of a version that has none, and makes its revision the newest
    /// (`getAllReplicaSetsAndSyncRevision`).
    pub(super) fn renew(&mut self, version: Version, replicas: u32, now: Timestamp) {
        let place = usize::from(version.0);
        while place >= self.list.len() {
            self.list.push(Set {
                pods: Pods::default(),
                created: now,
                revision: 0,
                wanted: replicas,
                scale_down_at: None,
            });
        }
        let others = self.others(|other| other == version);
        let newest = others.map(|(_, set)| set.revision).max().unwrap_or(0);
        let set = &mut self.list[place];
        set.revision = set.revision.max(newest + 1);
    }

    /// The ReplicaSet of a version, if it has one.
    pub(super) fn get(&self, version: Version) -> Option<&Set> {
        self.list.get(usize::from(version.0))
    }

    /// The pods of a version.
    pub(super) fn pods(&self, version: Version) -> Pods {
        self.get(version).map_or(Pods::default(), |set| set.pods)
    }

    pub(super) fn get_mut(&mut self, version: Version) -> Option<&mut Set> {
        self.list.get_mut(usize::from(version.0))
    }

    /// All but those that `left_out` names.
    pub(super) fn others(&self, left_out: impl Fn(Version) -> bool) -> impl Iterator<Item = (Version, &Set)> {
        let all = (0..).map(Version).zip(&self.list);
        all.filter(move |(version, _)| !left_out(*version))
    }

    /// All versions that have one.
    pub(super) fn versions(&self) -> impl Iterator<Item = Version> + use<> {
        (0..self.list.len() as u8).map(Version)
    }

    /// Pods of several versions together.
    pub(super) fn sum(&self, left_out: impl Fn(Version) -> bool) -> Pods {
        self.others(left_out).fold(Pods::default(), |sum, (_, set)| Pods {
            spec: sum.spec + set.pods.spec,
            created: sum.created + set.pods.created,
            ready: sum.ready + set.pods.ready,
            available: sum.available + set.pods.available,
        })
    }

    /// Whether some ReplicaSet with pods was scaled for another `spec.replicas` (`isScalingEvent`).
    pub(super) fn are_stale(&self, replicas: u32) -> bool {
        self.list
            .iter()
            .any(|set| set.pods.spec > 0 && set.wanted != replicas)
    }

    /// Whether the change from `stable` to `new` goes back over fewer than `window` revisions
    /// (`isRollbackWithinWindow`).
    pub(super) fn is_rollback(&self, new: Version, stable: Version, window: u32) -> bool {
        let (Some(to), Some(from)) = (self.get(new), self.get(stable)) else {
            return false;
        };
        goes_back(
            self.list.iter().map(|set| set.created),
            [to.created, from.created],
            window,
        )
    }
}

/// When the ReplicaSet of a revision was created that was there before the update: long ago, one after the other.
pub(super) fn created(revision: u32) -> Timestamp {
    Timestamp::MIN + Duration::from_secs(i64::from(revision))
}

/// Whether the way `to` one moment of creation `from` another leads back past fewer than `window` of `all`.
pub(super) fn goes_back(
    all: impl Iterator<Item = Timestamp>,
    [to, from]: [Timestamp; 2],
    window: u32,
) -> bool {
    let between = all.filter(|&created| to < created && created < from);
    to < from && (between.count() as u32) < window
}
