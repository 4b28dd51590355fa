use std::path::Path;

use super::args::Replay;
use super::exit::Exit;
use super::incident::{name, read, reads_truth, settings};
use super::out::{self, Format, Out};
use super::page::quoted;
use super::screen::Screen;
use crate::against::{self, Options, Over};
use crate::diagnostic::{Documents, Finding, Severity};
use crate::policy;
use crate::promql::Compat;
use crate::recording::{self, GroundTruth};
use crate::report::against::{Against, draw, json, markdown};
use crate::report::incident;
use crate::units::{Duration, Timestamp};

/// Lays the statuses of `file` over what the policy does on the recording.
pub(super) fn run(asked: &Replay, file: &Path, outs: &[Out], screen: Screen) -> Exit {
    let fail = |documents: &Documents, findings: &[Finding]| {
        screen.findings(documents, findings);
        Exit::CouldNotJudge
    };
    let mut documents = Documents::default();
    let path = Path::new(&asked.subject);
    let (recording, mut findings) = match recording::open(path, &recording::Keep::default()) {
        Ok(opened) => opened,
        Err(finding) => return fail(&documents, &[finding]),
    };
    let truth = match GroundTruth::beside(path, &recording) {
        Ok(truth) => truth,
        Err(finding) => return fail(&documents, &[finding]),
    };
    let named = asked
        .deployment
        .as_deref()
        .map(|name| incident::named(&truth, name));
    let named = match named.transpose() {
        Ok(named) => named,
        Err(finding) => return fail(&documents, &[finding]),
    };
    let policies = read(
        &asked.policy,
        asked.argo_version.unwrap_or_default(),
        &mut documents,
        &mut findings,
    );
    let [planned] = policies.as_slice() else {
        if policies.len() > 1 {
            let message = format!("a status is of one policy: these are {}", policies.len());
            findings.push(Finding::error(message).help("name one: --policy FILE"));
        } else if asked.policy.is_empty() {
            let finding = Finding::error("there is no policy to lay the statuses over");
            findings.push(finding.help("name one: --policy FILE or FOLDER"));
        }
        return fail(&documents, &findings);
    };
    let shown = file.display().to_string();
    let text = std::fs::read(file).map_err(|error| Finding::error(error.to_string()).about(shown.clone()));
    let text = match text.and_then(|bytes| policy::text(&shown, bytes)) {
        Ok(text) => text,
        Err(finding) => {
            findings.push(finding);
            return fail(&documents, &findings);
        }
    };
    let id = documents.add(shown, text);
    let (theirs, found) = against::read(&documents, id);
    findings.extend(found);
    findings.extend(reads_truth(&planned.policy, &truth));
    if is_wrong(&findings) {
        return fail(&documents, &findings);
    }
    let options = Options {
        within: asked.within,
        settings: settings(path, asked.promql_compat),
    };
    // The deployment that a status tells of: the one that was named, else the last before its last moment.
    let over = |at: Option<Timestamp>| -> Option<Over> {
        let deployments = &truth.deployments;
        let found = match named {
            Some(index) => deployments.get(index),
            None => deployments.iter().rfind(|deployment| Some(deployment.at) <= at),
        };
        found.map(|deployment| Over {
            from: deployment.at,
            until: deployment.until,
        })
    };
    let (laid, found) = against::lay(&planned.policy, &recording, &theirs, &options, &over);
    findings.extend(found);
    screen.findings(&documents, &findings);
    let answer = Against {
        recording: name(path),
        file: name(file),
        command: command(asked, file),
        laid: &laid,
        documents: &documents,
    };
    if laid.runs.is_empty() && laid.endings.is_empty() {
        screen.talk("nothing was compared\n");
        return Exit::CouldNotJudge;
    }
    for Out { format, path } in outs {
        let text = drawn(&answer, *format);
        let written = text.and_then(|text| out::write(path, &text).map_err(|error| error.to_string()));
        if let Err(error) = written {
            let finding = Finding::error(format!("cannot be written: {error}"));
            return fail(&documents, &[finding.about(path.display().to_string())]);
        }
    }
    screen.answer(&draw(&answer, screen.look().width));
    if is_wrong(&findings) {
        Exit::CouldNotJudge
    } else if laid.differences().is_empty() {
        Exit::Done
    } else {
        Exit::Found
    }
}

fn is_wrong(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

fn drawn(answer: &Against<'_>, format: Format) -> Result<String, String> {
    match format {
        Format::Json => json(answer).map_err(|error| error.to_string()),
        Format::Markdown => Ok(markdown(answer)),
        #[cfg(feature = "charts")]
        Format::Html => crate::report::html::against(answer).map_err(|error| error.to_string()),
        #[cfg(not(feature = "charts"))]
        Format::Html => Err("the feature 'charts' is not built in".into()),
        Format::Csv | Format::Ledger => Err("a comparison is no table and no ledger".into()),
    }
}

/// The call again, as it would be typed.
fn command(asked: &Replay, file: &Path) -> String {
    let mut words = vec!["coalmine replay".to_owned(), quoted(&asked.subject)];
    for policy in &asked.policy {
        words.extend(["--policy".to_owned(), quoted(&policy.display().to_string())]);
    }
    words.extend(["--against".to_owned(), quoted(&file.display().to_string())]);
    if let Some(deployment) = &asked.deployment {
        words.extend(["--deployment".to_owned(), quoted(deployment)]);
    }
    if let Some(compat) = asked.promql_compat {
        let generation = if compat == Compat::V2 { "2" } else { "3" };
        words.extend(["--promql-compat".to_owned(), generation.to_owned()]);
    }
    if let Some(release) = asked.argo_version {
        words.extend(["--argo-version".to_owned(), release.to_string()]);
    }
    if asked.within != DEFAULT {
        words.extend(["--within".to_owned(), asked.within.to_string()]);
    }
    words.join(" ")
}

/// Unless `--within` says otherwise: a second is cut off on either side.
const DEFAULT: Duration = Duration::from_secs(2);
