use super::CheckTally;
use crate::analysis::Phase;

impl CheckTally {
    /// Counts a finished look.
    pub(super) fn count(&mut self, phase: Phase) {
        self.looks += 1;
        match phase {
            Phase::Failed => self.failed += 1,
            Phase::Inconclusive => self.inconclusive += 1,
            Phase::Error => self.errors += 1,
            Phase::Pending | Phase::Running | Phase::Successful => {}
        }
    }
}
