//! Past releases as test cases: what policies would have done at each release of a recording, how that fits what people
//! know of them, and how often their checks would have spoken with no release at all.
//!
//! ```text
//! policies --subject--> recording::releases::find --releases, labels--> history --> History
//! ```

mod asked;
mod figures;
mod lay;
mod quiet;
mod splits;
mod subject;

pub use figures::Figures;
pub use lay::{Case, CheckPast, History, Laid, Without, history};
pub use quiet::{Quiet, QuietTime};
pub use splits::{Split, WEIGHTS, splits};
pub use subject::subject;
