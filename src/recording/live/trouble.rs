use super::ServerUrl;
use crate::diagnostic::Finding;

/// Why a server gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Somebody asked to stop.
    Stopped,
    /// No connection.
    Unreachable(String),
    /// No such host, no agreement on TLS: asking again changes nothing.
    NoWay(String),
    /// The connection ended in the middle of an answer.
    Cut(String),
    /// It took longer than the time limit, the server's or ours.
    TooSlow(String),
    /// It refuses to load so much at once, or the answer is larger than what is read.
    TooMuch(String),
    /// It does not know us (401), or does not let us (403).
    NotAllowed(String),
    /// Another status than 200, and what it said.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's own words.
        message: String,
    },
    /// It does not speak the Prometheus API.
    Nonsense(String),
    /// The call itself cannot be made: a token that fits no header, a certificate that is none.
    Call(String),
}

impl Trouble {
    /// What to tell the user; `url` says whom.
    pub fn finding(&self, url: &ServerUrl) -> Finding {
        let (message, help) = match self {
            Self::Stopped => (
                "stopped before everything was there".to_owned(),
                "nothing was written",
            ),
            Self::Unreachable(why) => (
                format!("the server cannot be reached: {why}"),
                "check the address and whether something listens there",
            ),
            Self::NoWay(why) => (
                format!("the server cannot be reached: {why}"),
                "check the address, and for https the certificate: --ca-file names the authority that signed it",
            ),
            Self::Cut(why) => (
                format!("the connection ended in the middle of an answer: {why}"),
                "try again, or ask for less: a shorter time, fewer policies",
            ),
            Self::TooSlow(why) => (
                format!("the server took too long: {why}"),
                "give it more time with --timeout, or ask for less: a shorter time, fewer policies",
            ),
            Self::TooMuch(why) => (
                format!("the server answers no piece of this, however short: {why}"),
                "narrow the selectors of the policy, or raise the server's limit of samples per query",
            ),
            Self::NotAllowed(why) => (
                format!("the server does not let us in: {why}"),
                "give a token (COALMINE_TOKEN or --token-file) or a name and password \
                 (COALMINE_BASIC_AUTH or --basic-auth-file)",
            ),
            Self::Refused { status, message } => (
                format!("the server answered {status}: {message}"),
                match status {
                    429 | 500.. => "try again later, or more often with --retries",
                    _ => "the address is the one before /api/v1, with the prefix if there is one",
                },
            ),
            Self::Nonsense(why) => (
                format!("this does not speak the Prometheus HTTP API: {why}"),
                "the address is the one before /api/v1, with the prefix if there is one",
            ),
            Self::Call(why) => (why.clone(), "nothing was asked"),
        };
        Finding::error(message).about(url.to_string()).help(help)
    }
}
