//! What a cluster's controller did, laid over what ours does on the same recording.
//!
//! ```text
//! kubectl get … -o yaml --read--> Theirs ─┐
//! policy + recording --> ours ────────────┴─ lay --> Laid: the first difference, and how many
//! ```
//!
//! Times, values and verdicts are held apart: our run takes its looks when our controller would, and besides, our
//! query is asked at *their* moments. So a controller that came late does not make every value differ.

mod difference;
mod ending;
mod explain;
mod laid;
mod lay;
mod matching;
mod read;
mod run;
mod standing;
mod status;
mod value;

pub use difference::{Difference, What};
pub use laid::{Laid, LaidEnding, LaidRun};
pub use lay::{Options, Over, lay};
pub use read::read;
pub use status::{End, EndingStatus, Measurement, MetricStatus, RunStatus, Theirs};
