use std::fs;
use std::path::Path;

use super::args::History as Asked;
use super::exit::Exit;
use super::incident;
use super::out::{self, Format, Out};
use super::screen::Screen;
use crate::diagnostic::{Documents, Finding, Severity};
use crate::history::{self, History};
use crate::policy::argo::spec::Policy;
use crate::promql;
use crate::recording::releases::{self, Found, Label, Subject, labels};
use crate::recording::{self, GroundTruth, Keep, Recording};
use crate::report;
use crate::series::{Labels, MatchOp, Matcher};

/// What may lie beside a recording.
const TRUTH_FILE: &str = "ground_truth.json";

/// Lays policies over every release of a recording.
pub(super) fn run(asked: &Asked) -> Exit {
    let outs = Out::parse_all(&asked.out);
    let screen = Screen {
        stdout_is_data: outs.as_ref().is_ok_and(|outs| outs.iter().any(Out::is_stdout)),
    };
    let mut documents = Documents::default();
    let mut findings = Vec::new();
    let ended = outs.map_err(|finding| vec![finding]).and_then(|outs| {
        outs.iter().try_for_each(drawn)?;
        let read = incident::read(&asked.policy, asked.argo_version, &mut documents, &mut findings);
        let policies: Vec<Policy> = read.into_iter().map(|planned| planned.policy).collect();
        if policies.is_empty() {
            return Ok(None);
        }
        let history = history(asked, &policies, &mut findings)?;
        for out in &outs {
            let text = draw(&history, out.format).map_err(|finding| vec![finding])?;
            write(&out.path, &text).map_err(|finding| vec![finding])?;
        }
        Ok(Some(history))
    });
    let ended = ended.unwrap_or_else(|wrong: Vec<Finding>| {
        findings.extend(wrong);
        None
    });
    screen.findings(&documents, &findings);
    let errors = findings.iter().any(|finding| finding.severity == Severity::Error);
    match ended {
        Some(history) if history.cases.is_empty() => screen.talk("there is no release in this recording\n"),
        Some(history) if !history.laid.is_empty() => {
            screen.answer(&report::history::terminal(&history, screen.look().width));
            return if errors { Exit::CouldNotJudge } else { Exit::Done };
        }
        _ => screen.talk("nothing was played\n"),
    }
    if errors {
        Exit::CouldNotJudge
    } else {
        Exit::NothingSelected
    }
}

fn drawn(out: &Out) -> Result<(), Vec<Finding>> {
    match out.format {
        Format::Json | Format::Csv | Format::Markdown => Ok(()),
        other => {
            let finding = Finding::error(format!("history cannot write {other:?}"));
            Err(vec![
                finding.help("write --out json=PATH, csv=PATH or md=PATH; - is stdout"),
            ])
        }
    }
}

fn draw(history: &History, format: Format) -> Result<String, Finding> {
    match format {
        Format::Json => report::history::json(history).map_err(|error| Finding::error(error.to_string())),
        Format::Csv => report::history::csv(history).map_err(|error| Finding::error(error.to_string())),
        _ => Ok(report::history::markdown(history)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Finding> {
    out::write(path, text).map_err(|error| {
        Finding::error(format!("cannot be written: {error}")).about(path.display().to_string())
    })
}

fn history(asked: &Asked, policies: &[Policy], findings: &mut Vec<Finding>) -> Result<History, Vec<Finding>> {
    let one = |finding: Finding| vec![finding];
    let path = &asked.recording;
    let settings = incident::settings(path, asked.promql_compat);
    let subject = history::subject(policies, &settings);
    let weight = asked
        .weight_metric
        .as_deref()
        .map(weight)
        .transpose()
        .map_err(one)?;
    let keep = keep(&subject, weight.as_ref());
    let (recording, said) = recording::open_with(path, &keep, asked.columns.as_ref()).map_err(one)?;
    findings.extend(said);
    let found = match &asked.marks {
        Some(marks) => {
            let text = read(marks).map_err(one)?;
            releases::marks(&marks.display().to_string(), &text, &recording, &subject)?
        }
        None => releases::find(&recording, &subject),
    };
    let truth = match (truth(path, &recording), &asked.labels) {
        (Ok(truth), _) => truth,
        // Labels say what is known, whatever the file beside the recording is.
        (Err(_), Some(_)) => GroundTruth::default(),
        (Err(finding), None) => {
            return Err(one(
                finding.help("or say what is known of the releases: --labels FILE")
            ));
        }
    };
    for policy in policies {
        findings.extend(incident::reads_truth(policy, &truth));
    }
    let known = match &asked.labels {
        Some(file) => labels::parse(&file.display().to_string(), &read(file).map_err(one)?)?,
        None => labels::of_truth(&truth),
    };
    let (tied, loose) = labels::tied(&known, &found.releases);
    findings.extend(untied(asked, &loose));
    if let Some(path) = &asked.write_labels {
        write_labels(path, &found, &tied, findings).map_err(one)?;
    }
    let (mut history, said) = history::history(&recording, found, tied, policies, &settings);
    findings.extend(said);
    history.splits =
        history::splits(&recording, &history.cases, policies, &subject, weight.as_deref()).map_err(one)?;
    Ok(history)
}

/// The matchers of `--weight-metric`.
fn weight(text: &str) -> Result<Vec<Matcher>, Finding> {
    let wrong = |why: String| {
        Finding::error(format!("--weight-metric {text:?}: {why}")).help("expected NAME{label=\"value\"}")
    };
    let expr = promql::parse(text).map_err(|error| wrong(error.message))?;
    let selector = expr
        .selector()
        .ok_or_else(|| wrong("is no selector of series".to_owned()))?;
    Ok(selector.matchers.clone())
}

/// What of a recording is read: what the policies ask for, and what tells of releases and weights.
fn keep(subject: &Subject, weight: Option<&Vec<Matcher>>) -> Keep {
    let named = releases::TELLING.into_iter().chain(history::WEIGHTS);
    let named = named
        .flat_map(|name| Matcher::new(Labels::NAME, MatchOp::Equal, name))
        .map(|name| vec![name]);
    let selectors = subject
        .selectors
        .iter()
        .cloned()
        .chain(named)
        .chain(weight.cloned());
    Keep {
        selectors: Some(selectors.collect()),
        range: None,
    }
}

/// What is known of the recording, if a file beside it says so.
fn truth(path: &Path, recording: &Recording) -> Result<GroundTruth, Finding> {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(Path::new("."))
    };
    if folder.join(TRUTH_FILE).is_file() {
        GroundTruth::beside(path, recording)
    } else {
        Ok(GroundTruth::default())
    }
}

fn read(path: &Path) -> Result<String, Finding> {
    fs::read_to_string(path)
        .map_err(|error| Finding::error(format!("cannot be read: {error}")).about(path.display().to_string()))
}

/// Labels of releases that were not found.
fn untied(asked: &Asked, loose: &[Label]) -> Option<Finding> {
    let first = loose.first()?;
    let about = match &asked.labels {
        Some(file) => format!("{}:{}", file.display(), first.line),
        None => TRUTH_FILE.to_owned(),
    };
    let names: Vec<&str> = loose.iter().take(5).map(|label| label.id.as_str()).collect();
    let more = if loose.len() > names.len() { ", …" } else { "" };
    let belong = if loose.len() == 1 {
        "label belongs"
    } else {
        "labels belong"
    };
    let finding = Finding::warning(format!(
        "{} {belong} to no release that was found: {}{more}",
        loose.len(),
        names.join(", ")
    ));
    Some(finding.about(about).help(
        "a label belongs to the release within a minute of its time, or, without a time, to that of its id; \
         --marks FILE states releases",
    ))
}

fn write_labels(
    path: &Path,
    found: &Found,
    tied: &[Option<Label>],
    findings: &mut Vec<Finding>,
) -> Result<(), Finding> {
    let place = path.display().to_string();
    if path.exists() {
        let finding = Finding::error("is there already: labels that people wrote are not overwritten");
        return Err(finding
            .about(place)
            .help("name another file, or take this one away"));
    }
    let text = labels::skeleton(&found.releases, tied).map_err(|error| Finding::error(error.to_string()))?;
    write(path, &text)?;
    let note = Finding::note(format!(
        "labels to edit were written for {} releases",
        found.releases.len()
    ));
    findings.push(note.about(place).help("then call again with --labels"));
    Ok(())
}
