//! What the commands that ask a live server share: who asks, which policies, and how it is watched.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration as Span;

use super::args::Server;
use super::exit::Exit;
use super::files::Sources;
use super::progress::Progress;
use super::screen::Screen;
use super::stop::Stop;
use crate::diagnostic::{Documents, Finding, Severity};
use crate::experiment::let_stand_in;
use crate::policy::argo::spec::Policy;
use crate::policy::{self};
use crate::recording::live::{Connection, Credentials, Secret, ServerUrl, Watch};

/// Largest file that is taken for a token or a certificate.
const LIMIT: u64 = 4 << 20;

/// The policies of a call and all there is to say about them.
pub(super) struct Policies {
    pub(super) documents: Documents,
    pub(super) policies: Vec<Policy>,
    pub(super) findings: Vec<Finding>,
}

/// Says that there is no policy, so nothing to fetch or to ask.
pub(super) fn no_policy(screen: Screen, documents: &Documents, findings: &[Finding], what: &str) -> Exit {
    screen.findings(documents, findings);
    screen.talk(&format!("there is no policy here: nothing to {what}\n"));
    let errors = findings.iter().any(|finding| finding.severity == Severity::Error);
    if errors {
        Exit::CouldNotJudge
    } else {
        Exit::NothingSelected
    }
}

/// Reads the policies that the call names.
pub(super) fn policies(paths: &[PathBuf]) -> Policies {
    let sources = Sources::gather(paths);
    let mut findings = sources.findings;
    let (mut documents, mut beside) = (Documents::default(), Documents::default());
    for source in sources.files {
        match policy::text(&source.name, source.bytes) {
            Ok(text) => drop(documents.add(source.name, text)),
            Err(finding) => findings.push(finding),
        }
    }
    for source in sources.nearby {
        if let Ok(text) = policy::text(&source.name, source.bytes) {
            beside.add(source.name, text);
        }
    }
    let mut loaded = policy::load(&documents, &beside);
    findings.extend(loaded.findings);
    let found = let_stand_in(&documents, &mut loaded.policies);
    if found.iter().any(|finding| finding.severity == Severity::Error) {
        // Without its query the series of a check would not be asked for.
        loaded.policies.clear();
    }
    findings.extend(found);
    Policies {
        documents,
        policies: loaded.policies,
        findings,
    }
}

/// How the server is reached, and what is to be said of it.
///
/// # Errors
///
/// An address that is none, a file that cannot be read, or credentials of more than one kind.
pub(super) fn connection(asked: &Server) -> Result<(Connection, Vec<Finding>), Finding> {
    let (url, own) = ServerUrl::parse(&asked.url).map_err(|why| {
        Finding::error(format!("--url names no server: {why}")).help("write --url http://prometheus:9090")
    })?;
    let credentials = credentials(asked, own)?;
    let authorities = asked.ca_file.as_deref().map(read).transpose()?;
    let mut findings = Vec::new();
    let about = url.to_string();
    if credentials != Credentials::None && url.is_plain() && !url.is_local() {
        let warning = Finding::warning("credentials travel unencrypted: everybody on the way can read them");
        findings.push(warning.about(&about).help("use https"));
    }
    if asked.insecure_skip_verify {
        let warning =
            "CERTIFICATES ARE NOT CHECKED: whoever stands between can read credentials and make up answers";
        findings.push(
            Finding::warning(warning)
                .about(&about)
                .help("name the authority instead: --ca-file FILE"),
        );
    }
    let connection = Connection {
        url,
        credentials,
        authorities,
        trust_anyone: asked.insecure_skip_verify,
        timeout: asked.timeout,
        retries: asked.retries,
    };
    Ok((connection, findings))
}

/// Flags first, then the address, then the environment.
fn credentials(asked: &Server, own: Option<Credentials>) -> Result<Credentials, Finding> {
    let basic = |text: &str, from: &str| {
        Credentials::basic(text.trim_end_matches(['\r', '\n']))
            .ok_or_else(|| Finding::error(format!("{from} holds no user:password")))
    };
    let bearer = |text: &str| Credentials::Bearer(Secret::new(text.trim()));
    if let Some(path) = &asked.token_file {
        return Ok(bearer(&read_text(path)?));
    }
    if let Some(path) = &asked.basic_auth_file {
        return basic(&read_text(path)?, "--basic-auth-file");
    }
    if let Some(own) = own {
        return Ok(own);
    }
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (set("COALMINE_TOKEN"), set("COALMINE_BASIC_AUTH")) {
        (Some(_), Some(_)) => Err(
            Finding::error("COALMINE_TOKEN and COALMINE_BASIC_AUTH are both set")
                .help("a server is asked by one of them: unset the other"),
        ),
        (Some(token), None) => Ok(bearer(&token)),
        (None, Some(pair)) => basic(&pair, "COALMINE_BASIC_AUTH"),
        (None, None) => Ok(Credentials::None),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Finding> {
    let unreadable = |error: std::io::Error| {
        Finding::error(format!("cannot be read: {error}")).about(path.display().to_string())
    };
    if fs::metadata(path).map_err(unreadable)?.len() > LIMIT {
        return Err(Finding::error("is more than 4 MiB").about(path.display().to_string()));
    }
    fs::read(path).map_err(unreadable)
}

fn read_text(path: &Path) -> Result<String, Finding> {
    String::from_utf8(read(path)?).map_err(|_| Finding::error("is no text").about(path.display().to_string()))
}

/// What a worker tells.
enum Event<T> {
    Reached(u64, u64),
    Say(String),
    Done(T),
}

/// How watched work ended.
pub(super) enum Ended<T> {
    /// With this.
    With(T),
    /// By a signal.
    Stopped(usize),
}

/// Does `work` on a thread of its own, so that a signal is heard while a server keeps silent.
///
/// # Errors
///
/// Signals cannot be listened for.
pub(super) fn watched<T: Send + 'static>(
    screen: Screen,
    work: impl FnOnce(Watch<'_>) -> T + Send + 'static,
) -> Result<Ended<T>, Finding> {
    let stop = Stop::listen()?;
    let progress = Progress::questions();
    let (tell, told) = mpsc::channel();
    let flag = Arc::clone(stop.flag());
    let worker = std::thread::spawn(move || {
        let reached = tell.clone();
        let said = tell.clone();
        // Nobody listens any more once a signal came.
        let watch = Watch {
            stop: &flag,
            progress: &|done, total| drop(reached.send(Event::Reached(done, total))),
            say: &|line| drop(said.send(Event::Say(line.to_owned()))),
        };
        let done = work(watch);
        drop(tell.send(Event::Done(done)));
    });
    loop {
        match told.recv_timeout(Span::from_millis(50)) {
            Ok(Event::Reached(done, total)) => progress.reached_of(done, total),
            Ok(Event::Say(line)) => progress.aside(|| screen.talk(&format!("{line}\n"))),
            Ok(Event::Done(done)) => {
                progress.finish();
                return Ok(Ended::With(done));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => unreachable!("a worker ends by telling so"),
            },
        }
        // The thread may wait for a server a while longer; it has written nothing and ends with the program.
        if let Some(signal) = stop.signal() {
            return Ok(Ended::Stopped(signal));
        }
    }
}
