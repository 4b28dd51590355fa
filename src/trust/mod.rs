//! Why to trust a made-up world: a service fitted to a recording, and what a policy sees of both.
//!
//! ```text
//! Recording --fitted--> Scenario document --check--> the policy over the fitted service        what it sees
//!     │                                     ├──────> … over recordings that the service makes  how far that varies
//!     └─────────────────────────────────────┴──────> … over the recording, split anew          whether it is alike
//! ```
//!
//! The rule of [`check`]: a recording agrees with the service that was fitted to it unless it stands out among recordings
//! of the same length that this service makes itself.

mod agreement;
mod check;
mod figures;
mod fitted;
mod play;
mod pretend;

pub use agreement::{Agreement, CheckedPolicy, Compared};
pub use check::{Check, check};
pub use figures::Figure;
pub use fitted::{Fitted, fitted};
pub use pretend::pretended;
