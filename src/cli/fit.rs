use std::path::{Path, PathBuf};

use super::args::Scenario;
use super::exit::Exit;
use super::out::{self, Format, Out};
use super::over;
use super::progress::Progress;
use super::screen::Screen;
use super::simulate;
use super::stop::Stop;
use crate::diagnostic::{Documents, Finding, Severity};
use crate::experiment::{Request, Seeds};
use crate::report::{self, fit};
use crate::trust::{self, Check};

/// Lists the worlds, or fits a Scenario document to a recording and says how far to trust it.
pub(super) fn run(asked: &Scenario) -> Exit {
    let Some(from) = &asked.from else {
        return super::worlds::list();
    };
    if asked.policies.is_empty() && asked.check.is_empty() {
        let finding = Finding::error("nothing says which metrics of the recording are meant");
        return refuse(
            &finding
                .help("name the policies whose queries read them: coalmine scenario POLICY --from RECORDING"),
        );
    }
    let outs = match outs(&asked.out) {
        Ok(outs) => outs,
        Err(finding) => return refuse(&finding),
    };
    let checks = !asked.check.is_empty();
    let screen = Screen {
        stdout_is_data: !checks || outs.iter().any(Out::is_stdout),
    };
    let policies: Vec<PathBuf> = match asked.policies.is_empty() {
        true => asked.check.clone(),
        false => asked.policies.clone(),
    };
    let read = simulate::read(&policies, &[]);
    screen.findings(&read.documents, &read.findings);
    let opened = match over::open(from) {
        Ok(opened) => opened,
        Err(finding) => {
            screen.findings(&Documents::default(), &[finding]);
            return Exit::CouldNotJudge;
        }
    };
    screen.findings(&read.documents, &opened.findings);
    let request = Request {
        recording: Some(opened.source.clone()),
        map: asked.map.clone(),
        argo: asked.argo_version,
        ..Request::default()
    };
    let fitted = trust::fitted(&read.documents, &read.beside, &request, &opened.recording);
    screen.findings(&read.documents, &fitted.prepared.findings);
    let errors = fitted
        .prepared
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    let (Some(recorded), Some((found, measured))) = (&fitted.prepared.plan.recorded, &fitted.fit) else {
        screen.talk("there is no policy here that says what to fit\n");
        return if errors {
            Exit::CouldNotJudge
        } else {
            Exit::NothingSelected
        };
    };
    let parts: Vec<fit::Part> = match asked.only.is_empty() {
        true => fit::Part::ALL.to_vec(),
        false => asked.only.iter().map(|&part| part.into()).collect(),
    };
    let told = fit::Fitted {
        fit: found,
        past: &recorded.past,
        measured,
        exposition: &fitted.prepared.plan.exposition,
        name: &opened.source.name,
        digest: over::short(&opened.source.digest),
    };
    let text = fit::draw(&told, &parts);
    if !checks {
        // stdout is the document itself.
        return match out::write(Path::new("-"), &text) {
            Ok(()) if !errors => Exit::Done,
            _ => Exit::CouldNotJudge,
        };
    }
    let own = match asked.policies.is_empty() {
        true => None,
        false => Some(simulate::read(&asked.check, &[])),
    };
    if let Some(own) = &own {
        screen.findings(&own.documents, &own.findings);
    }
    let of = own.as_ref().unwrap_or(&read);
    match check(
        asked,
        of,
        &request,
        &opened.recording,
        &text,
        found.daily.is_some(),
    ) {
        Ok(checked) => answer(&checked, &outs, screen, errors),
        Err(Trouble::Stopped(signal)) => {
            screen.talk("stopped before everything was played\n");
            Exit::Stopped(signal)
        }
        Err(Trouble::Found(findings)) => {
            screen.findings(&of.documents, &findings);
            screen.talk("nothing was played\n");
            Exit::CouldNotJudge
        }
    }
}

fn refuse(finding: &Finding) -> Exit {
    let screen = Screen {
        stdout_is_data: false,
    };
    screen.findings(&Documents::default(), std::slice::from_ref(finding));
    Exit::CouldNotJudge
}

/// Formats that a check has.
fn outs(texts: &[String]) -> Result<Vec<Out>, Finding> {
    let outs = Out::parse_all(texts)?;
    let other = outs
        .iter()
        .find(|out| !matches!(out.format, Format::Json | Format::Markdown));
    match other {
        None => Ok(outs),
        Some(out) => Err(
            Finding::error(format!("a check of a fit cannot be written as {:?}", out.format))
                .help("write --out json=PATH or md=PATH"),
        ),
    }
}

enum Trouble {
    Stopped(usize),
    Found(Vec<Finding>),
}

fn check(
    asked: &Scenario,
    of: &simulate::Read,
    request: &Request,
    recording: &crate::recording::Recording,
    fitted: &str,
    daily: bool,
) -> Result<Vec<trust::CheckedPolicy>, Trouble> {
    let stop = Stop::listen().map_err(|finding| Trouble::Found(vec![finding]))?;
    let progress = Progress::trials(asked.trials * asked.recordings, false);
    let checked = trust::check(&Check {
        documents: &of.documents,
        beside: &of.beside,
        request,
        recording,
        fitted,
        daily,
        recordings: asked.recordings,
        seeds: Seeds {
            first: asked.seed,
            count: asked.trials,
            threads: asked.threads.map(usize::from),
            stop: stop.flag(),
            progress: &|trials| progress.reached(trials),
        },
    })
    .map_err(Trouble::Found)?;
    progress.finish();
    checked.ok_or_else(|| Trouble::Stopped(stop.signal().unwrap_or(2)))
}

fn answer(checked: &[trust::CheckedPolicy], outs: &[Out], screen: Screen, errors: bool) -> Exit {
    screen.answer(&report::trust::draw(checked, screen.look().width));
    for out in outs {
        let text = match out.format {
            Format::Json => report::trust::json(checked).map_err(|error| error.to_string()),
            _ => Ok(report::trust::markdown(checked)),
        };
        let written = text.and_then(|text| out::write(&out.path, &text).map_err(|error| error.to_string()));
        if let Err(error) = written {
            let place = out.path.display().to_string();
            screen.findings(
                &Documents::default(),
                &[Finding::error(format!("cannot be written: {error}")).about(place)],
            );
            return Exit::CouldNotJudge;
        }
    }
    if errors { Exit::CouldNotJudge } else { Exit::Done }
}
