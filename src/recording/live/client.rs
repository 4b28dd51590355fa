use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration as Span;

use ureq::Agent;
use ureq::http::HeaderValue;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::answer::{self, Answer};
use super::reply::{self, Reply};
use super::url::{encoded, redirected};
use super::{Credentials, ServerUrl, Trouble};
use crate::units::{Duration, Timestamp};

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
        self.instant(query, at, true)
    }

    /// As [`Self::query`], but what took too long is not asked again: the caller will ask for less.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub(super) fn query_in_time(&self, query: &str, at: Timestamp) -> Result<Answer, Trouble> {
        self.instant(query, Some(at), false)
    }

    fn instant(&self, query: &str, at: Option<Timestamp>, patient: bool) -> Result<Answer, Trouble> {
        let time = at.map(|at| {
            format!(
                "{}.{:03}",
                at.as_millis().div_euclid(1000),
                at.as_millis().rem_euclid(1000)
            )
        });
        let mut fields = vec![("query", query)];
        fields.extend(time.as_deref().map(|time| ("time", time)));
        answer::query(&self.ask("/api/v1/query", &fields, patient)?)
    }

    /// Asks a path of the API and gives the body of the answer.
    ///
    /// What may pass (429, 5xx, a connection that ends; where `patient`, what took too long) is asked again, each time
    /// after twice the wait; a server that says how long it wants to be left alone is believed up to a minute.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub(super) fn ask(&self, path: &str, fields: &[(&str, &str)], patient: bool) -> Result<Vec<u8>, Trouble> {
        let form: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let form = form.join("&");
        let mut wait = Span::from_millis(500);
        for attempt in 0.. {
            let (trouble, asked_to_wait) = match self.once(path, &form) {
                Ok(reply) if reply.status == 200 => return Ok(reply.body),
                Ok(reply) => (reply.trouble(self.connection), reply.retry_after),
                Err(trouble) => (trouble, None),
            };
            let may_pass = match &trouble {
                Trouble::Cut(_) | Trouble::Unreachable(_) => true,
                Trouble::Refused { status, .. } => *status == 429 || *status >= 500,
                Trouble::TooSlow(_) => patient,
                _ => false,
            };
            if !may_pass || attempt >= self.connection.retries {
                return Err(trouble);
            }
            let pause = asked_to_wait.unwrap_or(wait).min(LONGEST_WAIT);
            let why = match trouble {
                Trouble::Refused { status, .. } => format!("the server answered {status}"),
                _ => "no whole answer".to_owned(),
            };
            (self.watch.say)(&format!("{why}: asking again in {:.1} s", pause.as_secs_f64()));
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
            let response = response.map_err(|error| reply::failed(&error, self.connection))?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Reply::read(response, self.connection, &|| self.go_on());
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
