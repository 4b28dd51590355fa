use super::pass::Pass;
use super::rollout::Rollout;
use super::status::Status;
use crate::analysis::Phase;
use crate::controller::argo::event::{Abort, AbortedBy, Event, What};
use crate::controller::argo::status::{Progressing, times_out};
use crate::controller::cluster::Version;
use crate::policy::argo::spec::BlueGreen;
use crate::units::Timestamp;

impl Rollout {
    /// Decides where the rollout stands now (`syncRolloutStatusBlueGreen`). `begins`: the template has just changed.
    pub(super) fn conclude(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>, begins: bool) -> Status {
        let old = pass.old;
        let mut new = old;
        new.current = pass.new;
        (new.preview, new.active) = (self.services.preview, self.services.active);
        new.promote_full = old.promote_full && !begins && old.stable != pass.new;
        let mut clear = begins || old.promote_full || pass.back;
        if self.is_done(pass) {
            (clear, new.promote_full, new.checkpoint) = (true, false, false);
            if new.stable != pass.new {
                new.stable = pass.new;
                self.now_stable(pass);
            }
        } else {
            new.checkpoint = self.checkpoint(pass);
        }
        if begins {
            (self.pre, self.post) = (None, None);
        }
        let versions = (0..self.sets.len()).map(|number| Version(number as u8));
        new.replicas = versions.map(|version| pass.pods(version).created).sum();
        new.updated = pass.pods(pass.new).created;
        let active = pass.pods(new.active);
        (new.ready, new.available) = (active.ready, active.available);
        conditions(pass, &mut new, self.halted, clear);
        if !clear && pass.aborted() {
            if let Some(by) = pass.abort.filter(|_| !old.abort) {
                self.abort = Some(Abort { at: pass.now, by });
                pass.tell(What::Aborted(by));
            }
            (new.abort, new.was_aborted) = (true, true);
            (new.pause, new.inconclusive, new.controller_pause) = (None, None, false);
        } else {
            (new.abort, new.was_aborted) = (false, false);
            keep_pauses(pass, &mut new, clear);
            if old.abort {
                // Taken back: the version was promoted before, or another has come.
                self.abort = None;
            }
        }
        new
    }

    /// Whether the new version becomes, or is, the stable one (`shouldFullPromote`).
    fn is_done(&self, pass: &Pass<'_, impl FnMut(Event)>) -> bool {
        if self.services.active != pass.new {
            return false;
        }
        if pass.old.promote_full || pass.back || pass.old.stable == pass.new {
            return true;
        }
        let passed = |number| pass.runs.phase(number) == Phase::Successful;
        !pass.aborted() && (pass.spec.post_promotion.is_none() || self.post.is_some_and(passed))
    }

    fn now_stable(&mut self, pass: &mut Pass<'_, impl FnMut(Event)>) {
        if pass.new == Version::NEW {
            self.promoted = Some(pass.now);
            pass.tell(What::Promoted);
        }
    }

    /// Whether all pods are wanted now, not only those of the preview (`calculateScaleUpPreviewCheckPoint`).
    fn checkpoint(&self, pass: &Pass<'_, impl FnMut(Event)>) -> bool {
        let Some(preview) = pass.spec.preview_replicas else {
            return false;
        };
        let over = self.before_has_passed(pass) && self.pause_is_over(pass);
        pass.old.checkpoint || over && pass.pods(pass.new).available == preview
    }
}

/// Which pauses stay (`CalculatePauseStatus`).
fn keep_pauses(pass: &Pass<'_, impl FnMut(Event)>, new: &mut Status, clear: bool) {
    if clear {
        (new.pause, new.inconclusive, new.controller_pause) = (None, None, false);
        return;
    }
    let mut added = false;
    if pass.remove_pause {
        new.pause = None;
    }
    if pass.add_pause && pass.old.pause.is_none() {
        new.pause = Some(pass.stored);
        added = true;
    }
    if pass.add_inconclusive && pass.old.inconclusive.is_none() {
        new.inconclusive = Some(pass.stored);
        added = true;
    }
    new.controller_pause = new.paused() && (pass.old.controller_pause || added);
}

/// The conditions (`calculateRolloutConditions`), and the abort that a missed progress deadline may be.
fn conditions(pass: &mut Pass<'_, impl FnMut(Event)>, new: &mut Status, halted: bool, cleared: bool) {
    let (spec, old) = (pass.spec, pass.old);
    let healthy = new.is_healthy(spec);
    new.conditions.healthy = healthy && !old.paused() && !halted;
    let became_unhealthy = old.conditions.healthy && !new.conditions.healthy;
    let now = if pass.aborted() && !cleared {
        Progressing::Aborted
    } else if healthy {
        Progressing::Available
    } else if new.has_progressed(&old) || became_unhealthy {
        new.conditions.progressing = Progressing::Updated;
        new.conditions.updated = pass.stored;
        return;
    } else if timed_out(spec, new, pass.now) {
        if spec.progress_deadline_abort {
            pass.abort = Some(AbortedBy::Deadline);
            Progressing::Aborted
        } else {
            Progressing::TimedOut
        }
    } else {
        return;
    };
    if old.conditions.progressing != now {
        new.conditions.progressing = now;
        new.conditions.updated = pass.stored;
    }
}

fn timed_out(spec: &BlueGreen, new: &Status, now: Timestamp) -> bool {
    match new.conditions.progressing {
        Progressing::Aborted | Progressing::Paused => false,
        Progressing::TimedOut => true,
        _ => times_out(new.conditions.updated, spec.progress_deadline) <= now,
    }
}
