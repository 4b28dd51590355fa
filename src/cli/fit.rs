use super::args::Scenario;
use super::exit::Exit;
use super::over;
use super::screen::Screen;
use super::simulate;
use crate::diagnostic::{Documents, Severity};
use crate::experiment::{Request, prepare_over};
use crate::report::fit;
use crate::seed::Seed;

/// Fits a Scenario document to a recording.
pub(super) fn run(asked: &Scenario) -> Exit {
    let screen = Screen { stdout_is_data: true };
    let read = simulate::read(&asked.policies, &[]);
    screen.findings(&read.documents, &read.findings);
    let opened = match over::open(&asked.from) {
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
        ..Request::default()
    };
    let prepared = prepare_over(&read.documents, &read.beside, &request, Some(&opened.recording));
    screen.findings(&read.documents, &prepared.findings);
    let errors = prepared
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    let Some(recorded) = &prepared.plan.recorded else {
        screen.talk("there is no policy here that says what to fit\n");
        return if errors {
            Exit::CouldNotJudge
        } else {
            Exit::NothingSelected
        };
    };
    let fitted = recorded.past.fit(Seed(1));
    let measured = recorded.past.measured();
    let text = fit::draw(
        &fitted,
        &recorded.past,
        &measured,
        &opened.source.name,
        over::short(&opened.source.digest),
    );
    // stdout is the document itself.
    match super::out::write(std::path::Path::new("-"), &text) {
        Ok(()) if !errors => Exit::Done,
        _ => Exit::CouldNotJudge,
    }
}
