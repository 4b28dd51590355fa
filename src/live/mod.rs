//! Policies and a live Prometheus: [`import`](fn@import) fetches the series that their queries read, and
//! [`verify`](fn@verify) puts the server's answers beside ours.
//!
//! ```text
//! policies -> Reading (selectors, when) -> recording::live::fetch -> Recording -> the same queries, offline
//! ```

mod compare;
mod import;
mod reading;
mod release;
mod verify;

pub use compare::{Difference, Said};
pub use import::{Imported, Options, import};
pub use reading::Reading;
pub use verify::{Sampling, Verified, Verify, verify};
