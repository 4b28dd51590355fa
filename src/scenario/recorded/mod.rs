//! A recording as the past of a service: which of its series the queries of a policy mean, and the worlds that are
//! played over it.
//!
//! ```text
//! Policy --selected--> Selected × Mapping × Recording --unmet--> Finding (what a query reads and nothing recorded)
//! Selected × Exposition --wanted--> Wanted (metrics to be drawn, and which of their requests failed)
//! ```

mod battery;
mod mapping;
mod unmet;
mod wanted;

pub use battery::{Measured, battery, over};
pub use mapping::Mapping;
pub use unmet::unmet;
pub use wanted::{Ending, Wanted, wanted};
