//! What may be written on the command line, a file for commands that belong together.

mod command;
mod history;
mod recording;
mod replay;
mod scenario;
mod server;
mod simulate;

pub use command::{Arguments, Command};
pub use history::History;
pub use recording::{Inspect, Query};
pub use replay::Replay;
pub use scenario::Scenario;
#[cfg(feature = "live")]
pub use server::Server;
pub use server::{Import, Verify};
pub use simulate::Simulate;
