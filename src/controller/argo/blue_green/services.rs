use super::pass::Pass;
use super::rollout::Rollout;
use crate::controller::argo::event::{Event, What};
use crate::controller::cluster::Version;

/// One of the two Services of a blue-green Rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `activeService`: users.
    Active,
    /// `previewService`: whoever tests the new version.
    Preview,
}

/// What the two Services select.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Services {
    /// `activeService`
    pub active: Version,
    /// `previewService`; `None`: there is none.
    pub preview: Option<Version>,
}

impl Rollout {
    /// The preview Service follows the template at once (`reconcilePreviewService`).
    pub(super) fn switch_preview(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        if pass.halted {
            return;
        }
        if let Some(preview) = &mut self.services.preview
            && *preview != pass.new
        {
            *preview = pass.new;
            pass.tell(What::Switched(Service::Preview, pass.new));
        }
    }

    /// The active Service follows once the new version is whole, the pause over and the analysis before it Successful;
    /// after an abort it goes back (`reconcileActiveService`). A paused rollout, and one whose new pods are not all
    /// available, goes nowhere: not back either.
    pub(super) fn switch_active(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        if pass.halted || !self.is_ready(pass) || !self.is_saturated(pass) {
            return;
        }
        let mut to = self.services.active;
        if pass.fast || self.pause_is_over(pass) && self.before_has_passed(pass) {
            to = pass.new;
        }
        if pass.old.abort {
            to = pass.old.stable;
        }
        if to != self.services.active {
            self.services.active = to;
            pass.tell(What::Switched(Service::Active, to));
        }
    }

    /// Holds a rollout before its switch where the policy asks for it (`reconcileBlueGreenPause`).
    pub(super) fn pause(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        let spec = pass.spec;
        if pass.old.abort || pass.halted || !self.is_ready(pass) {
            return;
        }
        let needed = !spec.auto_promotion || spec.auto_promotion_after.is_some();
        if pass.fast || self.services.active == pass.new || pass.old.checkpoint || !needed {
            pass.remove_pause = true;
        } else if !self.before_has_passed(pass) {
            // The pause begins when the analysis has passed.
        } else if pass.old.pause.is_some() {
            pass.remove_pause = self.pause_is_over(pass);
        } else if !pass.old.controller_pause && !pass.back {
            pass.add_pause = true;
            pass.tell(What::Paused(
                spec.auto_promotion_after.filter(|_| spec.auto_promotion),
            ));
        }
    }

    /// Whether a person has ended the pause before the switch, or time has (`CompletedBlueGreenPause`). A person who
    /// ends a pause that ends by itself makes it begin anew: the controller has it so.
    pub(super) fn pause_is_over(&self, pass: &Pass<'_, impl FnMut(Event)>) -> bool {
        let (spec, old) = (pass.spec, &pass.old);
        if pass.add_pause || pass.add_inconclusive {
            false
        } else if old.checkpoint {
            true
        } else if spec.auto_promotion {
            match (spec.auto_promotion_after, old.pause) {
                (None, _) => true,
                (Some(length), Some(since)) => since + length <= pass.now,
                (Some(_), None) => false,
            }
        } else {
            old.controller_pause && old.pause.is_none()
        }
    }
}
