//! A live Prometheus over HTTP: raw samples in, and single answers for comparison.
//!
//! ```text
//! ServerUrl, Credentials   where, and who asks; a secret never shows, in no error and no debug print
//! Client                   one request with time limit, retries and redirects; Trouble says what went wrong
//! Server                   what it says of itself: version, lookback, evaluation interval
//! fetch                    the raw samples of selectors, in pieces that the server is willing to answer
//! ```
//!
//! An instant query of `selector[range]` answers with raw samples and their own time stamps. Stale marks do not come
//! that way; where a series ended is asked for separately (`endings`).

mod answer;
mod client;
mod credentials;
mod endings;
mod fetch;
mod reply;
mod selector;
mod server;
mod trouble;
mod url;

pub use answer::{Answer, Element};
pub use client::{Client, Connection, Watch};
pub use credentials::{Credentials, Secret};
pub use fetch::{Fetched, Wanted, fetch};
pub use selector::{matcher, selector};
pub use server::{Generation, Server};
pub use trouble::Trouble;
pub use url::ServerUrl;
