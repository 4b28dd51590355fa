use std::io::{ErrorKind, Read as _};
use std::time::Duration as Span;

use ureq::Body;
use ureq::http::Response;

use super::answer::Refusal;
use super::{Connection, Trouble};

/// Bytes of one answer that are read at most, unpacked.
const LIMIT: usize = 256 << 20;

/// A reply before it is judged.
pub(super) struct Reply {
    pub status: u16,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Span>,
    pub body: Vec<u8>,
}

impl Reply {
    /// Reads all of a response; `go_on` is asked between its parts.
    pub fn read(
        response: Response<Body>,
        connection: &Connection,
        go_on: &dyn Fn() -> Result<(), Trouble>,
    ) -> Result<Self, Trouble> {
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let number = |name: &str| header(name).and_then(|text| text.trim().parse::<u64>().ok());
        let too_large = || Trouble::TooMuch(format!("an answer of more than {} MiB", LIMIT >> 20));
        if number("content-length").is_some_and(|length| length > LIMIT as u64) {
            return Err(too_large());
        }
        let retry_after = number("retry-after").map(Span::from_secs);
        let mut reader = response.into_body().into_reader();
        let mut body = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            go_on()?;
            let read = reader
                .read(&mut buffer)
                .map_err(|error| match ureq::Error::from(error) {
                    ureq::Error::Timeout(_) => too_slow(connection),
                    error => Trouble::Cut(said(&error, connection)),
                })?;
            if read == 0 {
                break;
            }
            body.extend_from_slice(&buffer[..read]);
            if body.len() > LIMIT {
                return Err(too_large());
            }
        }
        Ok(Self {
            status,
            retry_after,
            body,
        })
    }

    /// What a status other than 200 means.
    pub fn trouble(&self, connection: &Connection) -> Trouble {
        let refusal: Option<Refusal> = serde_json::from_slice(&self.body).ok();
        let refusal = refusal.unwrap_or_default();
        let said = if refusal.error.is_empty() {
            String::from_utf8_lossy(&self.body).into_owned()
        } else {
            refusal.error
        };
        let message = shown(&said, connection);
        match (self.status, refusal.kind.as_str()) {
            (401 | 403, _) => Trouble::NotAllowed(format!("{} {message}", self.status).trim_end().to_owned()),
            (_, "timeout" | "canceled") | (504, _) => Trouble::TooSlow(message),
            (413, _) => Trouble::TooMuch(message),
            // Prometheus, Thanos and Mimir answer 422 for limits and for queries that fail.
            (422, _) if speaks_of_a_limit(&message) => Trouble::TooMuch(message),
            (status, _) => Trouble::Refused { status, message },
        }
    }
}

/// What it means that there is no reply at all.
pub(super) fn failed(error: &ureq::Error, connection: &Connection) -> Trouble {
    let why = said(error, connection);
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => Trouble::Unreachable(why),
        ureq::Error::Timeout(_) => too_slow(connection),
        ureq::Error::ConnectionFailed => Trouble::Unreachable(why),
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                Trouble::Unreachable(why)
            }
            ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe => Trouble::Cut(why),
            // No such host; a certificate that nobody vouches for.
            _ => Trouble::NoWay(why),
        },
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
            Trouble::Nonsense(format!("its answer is no HTTP ({why})"))
        }
        // A proxy's address may hold a password.
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
            Trouble::NoWay("the proxy that the environment names does not let us through".into())
        }
        _ => Trouble::NoWay(why),
    }
}

/// An error's own words.
fn said(error: &ureq::Error, connection: &Connection) -> String {
    match error {
        // The same words on every system.
        ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            "nobody listens there".into()
        }
        ureq::Error::Io(error) => shown(&error.to_string(), connection),
        error => shown(&error.to_string(), connection),
    }
}

fn too_slow(connection: &Connection) -> Trouble {
    Trouble::TooSlow(format!("no whole answer within {}", connection.timeout))
}

/// What somebody else wrote, as it may be shown: short, on one line, and without our secrets.
fn shown(text: &str, connection: &Connection) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = connection.credentials.scrubbed(&words.join(" "));
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

fn speaks_of_a_limit(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["too many", "limit", "exceed", "maximum", "too long"]
        .iter()
        .any(|word| message.contains(word))
}
