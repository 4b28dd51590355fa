//! Pods by version: ordered, created, ready, available, deleted.

use crate::scenario::exposition::Arm;
use crate::units::{Duration, Timestamp};

/// A version of the pod template, counted from 0 in the order of their appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u8);

impl Version {
    /// What is stable before the update.
    pub const OLD: Self = Self(0);
    /// What the update brings.
    pub const NEW: Self = Self(1);
}

impl From<Arm> for Version {
    fn from(arm: Arm) -> Self {
        match arm {
            Arm::Stable => Self::OLD,
            Arm::Canary => Self::NEW,
        }
    }
}

/// One pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Counts the pods of its version from 0, in the order of their creation; never used twice.
    pub number: u32,
    /// When it was created.
    pub created: Timestamp,
    /// When it is ready; [`Timestamp::MAX`]: never.
    pub ready: Timestamp,
    /// When it has been ready for `minReadySeconds`.
    pub available: Timestamp,
}

/// How many pods of a version there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pods {
    /// Ordered.
    pub spec: u32,
    /// Created.
    pub created: u32,
    /// Ready.
    pub ready: u32,
    /// Available.
    pub available: u32,
}

/// How long pods take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// From creation to ready; `None`: they never are.
    pub canary: Option<Duration>,
    /// The same of the stable version.
    pub stable: Option<Duration>,
    /// `minReadySeconds`
    pub min_ready: Duration,
}

/// The pods of all versions. They are created and deleted at once when a controller orders it.
#[derive(Clone, Debug)]
pub struct Cluster {
    lists: Vec<Vec<Pod>>,
    created: Vec<u32>,
    readiness: Readiness,
    later: Option<Duration>,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            lists: Vec::new(),
            created: Vec::new(),
            readiness: Readiness {
                canary: Some(Duration::ZERO),
                stable: Some(Duration::ZERO),
                min_ready: Duration::ZERO,
            },
            later: Some(Duration::ZERO),
        }
    }
}

impl Cluster {
    /// Begins again: `replicas` stable pods, available for ever, and no canary. Pods of versions after the canary take
    /// as long as its own, until [`Self::later_take`] says otherwise.
    pub fn start(&mut self, replicas: u32, readiness: Readiness) {
        self.readiness = readiness;
        self.later = readiness.canary;
        self.lists.iter_mut().for_each(Vec::clear);
        self.created.fill(0);
        let stable = self.make_room(Version::OLD);
        self.lists[stable].extend((0..replicas).map(|number| Pod {
            number,
            created: Timestamp::MIN,
            ready: Timestamp::MIN,
            available: Timestamp::MIN,
        }));
        self.created[stable] = replicas;
    }

    /// Pods of versions after the canary take so long to be ready; `None`: for ever.
    pub fn later_take(&mut self, ready: Option<Duration>) {
        self.later = ready;
    }

    fn make_room(&mut self, version: Version) -> usize {
        let place = usize::from(version.0);
        if place >= self.lists.len() {
            self.lists.resize(place + 1, Vec::new());
            self.created.resize(place + 1, 0);
        }
        place
    }

    /// The pods of a version, oldest first.
    pub fn list(&self, version: impl Into<Version>) -> &[Pod] {
        let list = self.lists.get(usize::from(version.into().0));
        list.map_or(&[], Vec::as_slice)
    }

    /// How many pods of a version there are at `now`.
    pub fn pods(&self, version: impl Into<Version>, now: Timestamp) -> Pods {
        let pods = self.list(version);
        let count = |by: fn(&Pod) -> Timestamp| pods.iter().filter(|pod| by(pod) <= now).count() as u32;
        Pods {
            spec: pods.len() as u32,
            created: pods.len() as u32,
            ready: count(|pod| pod.ready),
            available: count(|pod| pod.available),
        }
    }

    /// Orders `pods` pods of a version. Scaling down deletes unready pods first, then the youngest.
    pub fn scale(&mut self, version: impl Into<Version>, pods: u32, now: Timestamp) {
        let version = version.into();
        self.scale_as(version, version, pods, now);
    }

    /// The same of pods that take as long to be ready as those of another version, `like` which they are made.
    pub fn scale_as(&mut self, version: Version, like: Version, pods: u32, now: Timestamp) {
        let delay = match like {
            Version::OLD => self.readiness.stable,
            Version::NEW => self.readiness.canary,
            _ => self.later,
        };
        let min_ready = self.readiness.min_ready;
        let place = self.make_room(version);
        let (list, created) = (&mut self.lists[place], &mut self.created[place]);
        while list.len() > pods as usize {
            let unready = list.iter().rposition(|pod| pod.ready > now);
            list.remove(unready.unwrap_or(list.len() - 1));
        }
        while list.len() < pods as usize {
            let ready = delay.map_or(Timestamp::MAX, |delay| now + delay);
            list.push(Pod {
                number: *created,
                created: now,
                ready,
                available: ready + min_ready,
            });
            *created += 1;
        }
    }

    /// The next moment after `now` at which a pod becomes ready or available.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let pods = self.lists.iter().flatten();
        let moments = pods.flat_map(|pod| [pod.ready, pod.available]);
        moments.filter(|at| *at > now && *at < Timestamp::MAX).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unready_pods_go_first_then_the_youngest() {
        let mut cluster = Cluster::default();
        cluster.start(
            3,
            Readiness {
                canary: Some(Duration::from_secs(10)),
                stable: None,
                min_ready: Duration::from_secs(5),
            },
        );
        let at = Timestamp::from_secs;
        cluster.scale(Arm::Canary, 2, at(0));
        cluster.scale(Arm::Canary, 3, at(8));
        assert_eq!(cluster.next_change(at(8)), Some(at(10)));
        let pods = cluster.pods(Arm::Canary, at(16));
        assert_eq!((pods.spec, pods.ready, pods.available), (3, 2, 2));
        cluster.scale(Arm::Canary, 1, at(16));
        assert_eq!(cluster.list(Arm::Canary)[0].number, 0);
        cluster.scale(Arm::Canary, 2, at(20));
        assert_eq!(cluster.list(Arm::Canary)[1].number, 3);
        cluster.scale(Arm::Stable, 4, at(20));
        assert_eq!(cluster.pods(Arm::Stable, at(9999)).available, 3);
    }
}
