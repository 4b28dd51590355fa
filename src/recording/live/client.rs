use std::cell::Cell;
use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration as Span;

use ureq::http::{HeaderValue, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::answer::{self, Answer, Refusal};
use super::url::{encoded, redirected};
use super::{Credentials, ServerUrl, Trouble};
use crate::units::{Duration, Timestamp};

/// Bytes of one answer that are read at most, unpacked.
const LIMIT: usize = 256 << 20;
/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// Longest address of a request that goes as GET.
const LONGEST_GET: usize = 4000;
/// Longest wait that a server may ask for.
const LONGEST_WAIT: Span = Span::from_secs(60);

/// How a server is reached.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Where.
    pub url: ServerUrl,
    /// Who asks.
    pub credentials: Credentials,
    /// Certificates (PEM) of the authorities to trust; absent: those of the platform.
    pub authorities: Option<Vec<u8>>,
    /// Trust any certificate.
    pub trust_anyone: bool,
    /// Time limit of one request, the whole answer included.
    pub timeout: Duration,
    /// How often a request is made again.
    pub retries: u32,
}

/// Who watches, and may stop it.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Once true, nothing more is asked.
    pub stop: &'a AtomicBool,
    /// Called with what is done and what there is to do.
    pub progress: &'a dyn Fn(u64, u64),
    /// Called with a line worth saying while it runs.
    pub say: &'a dyn Fn(&str),
}

/// One server, asked one question at a time.
pub struct Client<'a> {
    agent: Agent,
    connection: &'a Connection,
    authorization: Option<HeaderValue>,
    watch: Watch<'a>,
    requests: Cell<u64>,
}

/// A reply before it is judged.
struct Reply {
    status: u16,
    retry_after: Option<Span>,
    body: Vec<u8>,
}

impl<'a> Client<'a> {
    /// Makes ready; nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`Trouble::Call`]: the token or the certificates cannot be used.
    pub fn new(connection: &'a Connection, watch: Watch<'a>) -> Result<Self, Trouble> {
        let call = |why: &str| Trouble::Call(why.to_owned());
        let authorization = connection.credentials.header().map_err(call)?;
        let roots = match &connection.authorities {
            None => RootCerts::PlatformVerifier,
            Some(pem) => RootCerts::new_with_certs(&certificates(pem)?),
        };
        let tls = TlsConfig::builder()
            .root_certs(roots)
            .disable_verification(connection.trust_anyone)
            .build();
        let limit = Span::from_millis(connection.timeout.as_millis().max(1).unsigned_abs());
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(limit))
            .timeout_connect(Some(limit.min(Span::from_secs(10))))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("coalmine/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: config.into(),
            connection,
            authorization,
            watch,
            requests: Cell::new(0),
        })
    }

    /// Whom it asks.
    pub fn url(&self) -> &ServerUrl {
        &self.connection.url
    }

    /// Who watches.
    pub(super) fn watch(&self) -> Watch<'a> {
        self.watch
    }

    /// Requests made so far, repeated ones included.
    pub fn requests(&self) -> u64 {
        self.requests.get()
    }

    /// An instant query; at the server's own present if `at` is absent.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn query(&self, query: &str, at: Option<Timestamp>) -> Result<Answer, Trouble> {
        let time = at.map(|at| {
            format!(
                "{}.{:03}",
                at.as_millis().div_euclid(1000),
                at.as_millis().rem_euclid(1000)
            )
        });
        let mut fields = vec![("query", query)];
        fields.extend(time.as_deref().map(|time| ("time", time)));
        answer::query(&self.ask("/api/v1/query", &fields)?)
    }

    /// Asks a path of the API and gives the body of the answer.
    ///
    /// What may pass (429, 5xx, a connection that ends) is asked again, each time after twice the wait; a server that
    /// says how long it wants to be left alone is believed up to a minute.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub(super) fn ask(&self, path: &str, fields: &[(&str, &str)]) -> Result<Vec<u8>, Trouble> {
        let form: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let form = form.join("&");
        let mut wait = Span::from_millis(500);
        for attempt in 0.. {
            let (trouble, asked_to_wait) = match self.once(path, &form) {
                Ok(reply) if reply.status == 200 => return Ok(reply.body),
                Ok(reply) => (self.judged(&reply), reply.retry_after),
                Err(trouble) => (trouble, None),
            };
            let may_pass = match &trouble {
                Trouble::Cut(_) | Trouble::Unreachable(_) => true,
                Trouble::Refused { status, .. } => *status == 429 || *status >= 500,
                _ => false,
            };
            if !may_pass || attempt >= self.connection.retries {
                return Err(trouble);
            }
            let pause = asked_to_wait.unwrap_or(wait).min(LONGEST_WAIT);
            if let Trouble::Refused { status, .. } = trouble {
                (self.watch.say)(&format!(
                    "the server answered {status}: asking again in {:.1} s",
                    pause.as_secs_f64()
                ));
            }
            self.sleep(pause)?;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        unreachable!("the loop returns")
    }

    /// One request, redirects included.
    fn once(&self, path: &str, form: &str) -> Result<Reply, Trouble> {
        self.go_on()?;
        self.requests.set(self.requests.get() + 1);
        let base = self.connection.url.join(path);
        let whole = if form.is_empty() {
            base.clone()
        } else {
            format!("{base}?{form}")
        };
        let get = whole.len() <= LONGEST_GET;
        let mut url = if get { whole } else { base };
        for _ in 0..=REDIRECTS {
            // A token is for the server that was named, not for wherever that one points to.
            let authorization = self
                .authorization
                .as_ref()
                .filter(|_| self.connection.url.is_origin_of(&url));
            let response = if get {
                let request = self.agent.get(&url);
                match authorization {
                    Some(value) => request.header("Authorization", value),
                    None => request,
                }
                .call()
            } else {
                let request = self
                    .agent
                    .post(&url)
                    .content_type("application/x-www-form-urlencoded");
                match authorization {
                    Some(value) => request.header("Authorization", value),
                    None => request,
                }
                .send(form)
            };
            let response = response.map_err(|error| self.trouble(&error))?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return self.read(response);
            }
            let location = response
                .headers()
                .get("location")
                .and_then(|value| value.to_str().ok());
            url = location
                .and_then(|location| redirected(&url, location))
                .ok_or_else(|| Trouble::Nonsense("it redirects to no address".into()))?;
        }
        Err(Trouble::Nonsense(format!(
            "it redirects more than {REDIRECTS} times"
        )))
    }

    fn read(&self, response: Response<Body>) -> Result<Reply, Trouble> {
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
            self.go_on()?;
            let read = reader
                .read(&mut buffer)
                .map_err(|error| match ureq::Error::from(error) {
                    ureq::Error::Timeout(_) => self.too_slow(),
                    error => Trouble::Cut(self.shown(&error.to_string())),
                })?;
            if read == 0 {
                break;
            }
            body.extend_from_slice(&buffer[..read]);
            if body.len() > LIMIT {
                return Err(too_large());
            }
        }
        Ok(Reply {
            status,
            retry_after,
            body,
        })
    }

    /// What a status other than 200 means.
    fn judged(&self, reply: &Reply) -> Trouble {
        let refusal: Option<Refusal> = serde_json::from_slice(&reply.body).ok();
        let refusal = refusal.unwrap_or_default();
        let said = if refusal.error.is_empty() {
            String::from_utf8_lossy(&reply.body).into_owned()
        } else {
            refusal.error
        };
        let message = self.shown(&said);
        match (reply.status, refusal.kind.as_str()) {
            (401 | 403, _) => {
                Trouble::NotAllowed(format!("{} {message}", reply.status).trim_end().to_owned())
            }
            (_, "timeout" | "canceled") | (504, _) => Trouble::TooSlow(message),
            (413, _) => Trouble::TooMuch(message),
            // Prometheus, Thanos and Mimir answer 422 for limits and for queries that fail.
            (422, _) if speaks_of_a_limit(&message) => Trouble::TooMuch(message),
            (status, _) => Trouble::Refused { status, message },
        }
    }

    fn trouble(&self, error: &ureq::Error) -> Trouble {
        let why = self.shown(&error.to_string());
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                Trouble::Unreachable(why)
            }
            ureq::Error::Timeout(_) => self.too_slow(),
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                Trouble::Unreachable(why)
            }
            ureq::Error::Io(_) => Trouble::Cut(why),
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
                Trouble::Nonsense(format!("its answer is no HTTP ({why})"))
            }
            // A proxy's address may hold a password.
            ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
                Trouble::Unreachable("the proxy that the environment names does not let us through".into())
            }
            _ => Trouble::Unreachable(why),
        }
    }

    fn too_slow(&self) -> Trouble {
        Trouble::TooSlow(format!("no whole answer within {}", self.connection.timeout))
    }

    /// What somebody else wrote, as it may be shown: short, on one line, and without our secrets.
    fn shown(&self, text: &str) -> String {
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = self.connection.credentials.scrubbed(&words.join(" "));
        match text.char_indices().nth(300) {
            Some((end, _)) => format!("{} …", &text[..end]),
            None => text,
        }
    }

    fn go_on(&self) -> Result<(), Trouble> {
        if self.watch.stop.load(Ordering::Relaxed) {
            Err(Trouble::Stopped)
        } else {
            Ok(())
        }
    }

    fn sleep(&self, length: Span) -> Result<(), Trouble> {
        const STEP: Span = Span::from_millis(50);
        let mut left = length;
        while !left.is_zero() {
            self.go_on()?;
            let step = left.min(STEP);
            std::thread::sleep(step);
            left -= step;
        }
        self.go_on()
    }
}

fn speaks_of_a_limit(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["too many", "limit", "exceed", "maximum", "too long"]
        .iter()
        .any(|word| message.contains(word))
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, Trouble> {
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(pem) {
        match item {
            Ok(ureq::tls::PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(Trouble::Call("the file of --ca-file is no PEM".into())),
        }
    }
    if found.is_empty() {
        return Err(Trouble::Call("the file of --ca-file holds no certificate".into()));
    }
    Ok(found)
}
