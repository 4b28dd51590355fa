use super::live::{Live, Pass};
use crate::controller::argo::event::{Event, What};
use crate::controller::cluster::{Pods, Version};
use crate::policy::argo::spec::ExperimentTemplate;
use crate::units::{Duration, Timestamp};

/// Where a template stands; the worst comes last (`templateStatusOrder`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Successful,
    Running,
    Progressing,
    Failed,
}

/// A template of an experiment: a ReplicaSet of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Template {
    /// Whose pods its own are, to the cluster.
    pub(super) pods: Version,
    /// The version that its pods are made of.
    pub(super) like: Version,
    /// `None` before its first pass.
    pub(super) state: Option<State>,
    seen: Pods,
    /// When its pods last changed.
    moved: Timestamp,
    /// `scale-down-deadline`
    scale_down_at: Option<Timestamp>,
}

impl Template {
    pub(super) const fn new(pods: Version, like: Version) -> Self {
        Self {
            pods,
            like,
            state: None,
            seen: Pods {
                spec: 0,
                created: 0,
                ready: 0,
                available: 0,
            },
            moved: Timestamp::MIN,
            scale_down_at: None,
        }
    }

    /// Whether nothing is left of its pods, or ever was.
    pub(super) const fn has_gone(&self) -> bool {
        self.seen.created == 0
    }

    /// Nothing is left of its pods from now on; how many there were.
    pub(super) fn vanish(&mut self) -> u32 {
        std::mem::take(&mut self.seen).created
    }

    fn has_completed(&self) -> bool {
        matches!(self.state, Some(State::Successful | State::Failed))
    }

    pub(super) fn timers(&self, deadline: Duration) -> impl Iterator<Item = Timestamp> + use<> {
        let late = (self.state == Some(State::Progressing)).then_some(self.moved + deadline);
        let gone = self.scale_down_at.filter(|_| self.seen.created > 0);
        [late, gone].into_iter().flatten()
    }
}

impl Live {
    /// Scales and judges all templates (`reconcileTemplate`).
    pub(super) fn reconcile_templates(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        let over = self.available_at.zip(pass.spec.duration);
        let over = over.is_some_and(|(at, length)| at + length <= pass.now);
        for (template, of) in self.templates.iter_mut().zip(&pass.spec.templates) {
            let before = (template.state, template.scale_down_at, template.moved);
            let wanted = if pass.stopping || template.has_completed() {
                0
            } else {
                of.replicas
            };
            // The pass that creates a ReplicaSet leaves it empty.
            if template.state.is_some() {
                scale(pass, template, of, wanted);
            } else {
                template.moved = pass.stored;
            }
            let pods = pass.cluster.pods(template.pods, pass.now);
            if pods != template.seen {
                (template.seen, template.moved) = (pods, pass.stored);
            }
            if !template.has_completed() {
                template.state = Some(if wanted == pods.available {
                    if over || pass.stopping {
                        State::Successful
                    } else {
                        State::Running
                    }
                } else if template.moved + pass.deadline <= pass.now {
                    State::Failed
                } else if pass.stopping {
                    State::Successful
                } else {
                    State::Progressing
                });
            }
            pass.changed |= before != (template.state, template.scale_down_at, template.moved);
        }
    }
}

/// Orders pods; those that are not wanted any more stay for the delay (`scaleTemplateRS`).
fn scale(
    pass: &mut Pass<'_, impl FnMut(Event)>,
    template: &mut Template,
    of: &ExperimentTemplate,
    wanted: u32,
) {
    let delay = pass.spec.scale_down_delay;
    let ordered = pass.cluster.list(template.pods).len() as u32;
    let mut to = wanted;
    if wanted == 0 && ordered > 0 {
        if !delay.is_zero() && template.scale_down_at.is_none() {
            template.scale_down_at = Some(pass.stored + delay);
        }
        if template.scale_down_at.is_some_and(|at| at > pass.now) {
            to = of.replicas;
        }
    }
    if to == ordered {
        return;
    }
    pass.cluster.scale_as(template.pods, template.like, to, pass.now);
    pass.changed = true;
    let what = What::BesideScaled {
        like: template.like,
        from: ordered,
        to,
    };
    (pass.trace)(Event { at: pass.now, what });
}
