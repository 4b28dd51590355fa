use super::args::Inspect;
use super::exit::Exit;
use super::out::{self, Format, Out};
use super::screen::Screen;
use crate::diagnostic::{Documents, Finding, Span};
use crate::promql;
use crate::recording::{self, Keep, Survey};
use crate::report::inspect;
use crate::series::Matcher;

/// Tells what is in a recording.
pub(super) fn run(asked: &Inspect) -> Exit {
    let outs = Out::parse_all(&asked.out);
    let screen = Screen {
        stdout_is_data: outs.as_ref().is_ok_and(|outs| outs.iter().any(Out::is_stdout)),
    };
    let mut documents = Documents::default();
    match answer(asked, outs, screen, &mut documents) {
        Ok(()) => Exit::Done,
        Err(finding) => {
            screen.findings(&documents, &[finding]);
            Exit::CouldNotJudge
        }
    }
}

fn answer(
    asked: &Inspect,
    outs: Result<Vec<Out>, Finding>,
    screen: Screen,
    documents: &mut Documents,
) -> Result<(), Finding> {
    let outs = outs?;
    if let Some(out) = outs
        .iter()
        .find(|out| !matches!(out.format, Format::Json | Format::Csv | Format::Markdown))
    {
        return Err(Finding::error(format!("inspect cannot write {:?}", out.format))
            .help("write --out json=PATH, csv=PATH or md=PATH"));
    }
    let mut selectors = Vec::new();
    for text in &asked.series {
        selectors.push(selector(text, documents)?);
    }
    let keep = Keep {
        selectors: (!selectors.is_empty()).then_some(selectors),
        range: None,
    };
    let (recording, findings) = recording::open_with(&asked.recording, &keep, asked.columns.as_ref())?;
    screen.findings(documents, &findings);
    let survey = Survey::of(&recording);
    let broken = |error: String| Finding::error(format!("cannot be drawn: {error}"));
    for out in &outs {
        let text = match out.format {
            Format::Csv => inspect::csv(&survey).map_err(|error| broken(error.to_string()))?,
            Format::Markdown => inspect::markdown(&survey),
            _ => inspect::json(&survey).map_err(|error| broken(error.to_string()))?,
        };
        out::write(&out.path, &text).map_err(|error| {
            Finding::error(format!("cannot be written: {error}")).about(out.path.display().to_string())
        })?;
    }
    if !screen.stdout_is_data {
        screen.answer(&inspect::draw(&survey, screen.look().width));
    }
    Ok(())
}

/// The matchers of a selector, `name{label="value"}`.
fn selector(text: &str, documents: &mut Documents) -> Result<Vec<Matcher>, Finding> {
    let id = documents.add("--series", text);
    let expr =
        promql::parse(text).map_err(|error| Finding::error(error.message).at(Span::new(id, error.at), ""))?;
    match expr.selector() {
        Some(selector) => Ok(selector.matchers.clone()),
        None => Err(Finding::error("is not a selector of series")
            .at(Span::new(id, 0..text.len()), "")
            .help("expected name{label=\"value\"}")),
    }
}
