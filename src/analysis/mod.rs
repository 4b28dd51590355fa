//! One look: reading, verdict, tally; and the AnalysisRun that takes looks until it knows.
//!
//! [`Run`] is the machine of Argo Rollouts' analysis controller (`analysis/analysis.go`). It asks [`Evidence`] for
//! readings, judges them ([`judge`]), counts them ([`Tally`]) and ends in a [`Phase`] that its rollout reads.

mod evidence;
mod judge;
mod phase;
mod run;
mod tally;
mod timing;

pub use evidence::{Asked, Evidence, Look, Reply, Stage};
pub use judge::judge;
pub use phase::Phase;
pub use run::{Found, Looked, Measured, PASSES, Reason, Run, Summary};
pub use tally::{Limit, Tally, assess};
pub use timing::{Due, Last, due};
