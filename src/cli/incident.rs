use std::path::Path;

use super::args::Replay;
use super::exit::Exit;
use super::files::Sources;
use super::out::{self, Format, Out};
use super::screen::Screen;
use crate::diagnostic::{Documents, Finding, Severity};
use crate::policy;
use crate::policy::argo::spec::{Policy, Question};
use crate::promql::{self, Compat, ast::Expr};
use crate::recording::{self, GroundTruth, Recording, compact};
use crate::report::incident::{self, Laid};
use crate::series::Matcher;
use crate::simulator::Incident;
use crate::units::Duration;

/// Lays policies over a recording as it happened.
pub(super) fn run(asked: &Replay) -> Exit {
    let outs: Result<Vec<Out>, Finding> = asked.out.iter().map(|text| Out::parse(text)).collect();
    let screen = Screen {
        stdout_is_data: outs.as_ref().is_ok_and(|outs| outs.iter().any(Out::is_stdout)),
    };
    let fail = |documents: &Documents, finding: Finding| {
        screen.findings(documents, &[finding]);
        Exit::CouldNotJudge
    };
    let none = Documents::default();
    let outs = match outs {
        Ok(outs) => outs,
        Err(finding) => return fail(&none, finding),
    };
    if let Some(out) = outs.iter().find(|out| out.format != Format::Json) {
        let finding = Finding::error(format!("replay of a recording cannot write {:?}", out.format));
        return fail(&none, finding.help("write --out json=PATH"));
    }
    if asked.policy.is_empty() {
        let finding = Finding::error("there is no policy to lay over the recording");
        return fail(&none, finding.help("name one: --policy FILE or FOLDER"));
    }
    let path = Path::new(&asked.subject);
    let (recording, mut findings) = match recording::open(path, &recording::Keep::default()) {
        Ok(opened) => opened,
        Err(finding) => return fail(&none, finding),
    };
    let truth = match GroundTruth::beside(path, &recording) {
        Ok(truth) => truth,
        Err(finding) => return fail(&none, finding),
    };

    let mut documents = Documents::default();
    let sources = Sources::gather(&asked.policy);
    findings.extend(sources.findings);
    for source in sources.files {
        match policy::text(&source.name, source.bytes) {
            Ok(text) => {
                documents.add(source.name, text);
            }
            Err(finding) => findings.push(finding),
        }
    }
    let loaded = policy::load(&documents, &Documents::default());
    findings.extend(loaded.findings);
    let settings = settings(path, asked.promql_compat);
    let mut laid = Vec::new();
    for policy in &loaded.policies {
        findings.extend(reads_truth(policy, &truth));
        match lay(policy, &recording, &truth, &settings) {
            Ok(one) => laid.push(one),
            Err(found) => findings.push(found),
        }
    }
    screen.findings(&documents, &findings);
    let errors = findings.iter().any(|finding| finding.severity == Severity::Error);
    if laid.is_empty() {
        screen.talk("nothing was played\n");
        return if errors {
            Exit::CouldNotJudge
        } else {
            Exit::NothingSelected
        };
    }
    for out in &outs {
        let written = incident::json(&truth, &laid).map_err(|error| error.to_string());
        let written =
            written.and_then(|text| out::write(&out.path, &text).map_err(|error| error.to_string()));
        if let Err(error) = written {
            let place = out.path.display().to_string();
            return fail(
                &documents,
                Finding::error(format!("cannot be written: {error}")).about(place),
            );
        }
    }
    for one in &laid {
        screen.answer(&incident::draw(&truth, one, screen.look().width));
    }
    if errors { Exit::CouldNotJudge } else { Exit::Done }
}

/// How the server that a recording came from answered queries, as far as it is known; `stated` goes before it.
pub(super) fn settings(recording: &Path, stated: Option<Compat>) -> promql::Settings {
    let manifest = compact::is_compact(recording).then(|| compact::read_manifest(recording).ok());
    let dialect = manifest.flatten().and_then(|manifest| manifest.promql);
    let usual = promql::Settings::default();
    let Some(dialect) = dialect else {
        return promql::Settings {
            compat: stated.unwrap_or(usual.compat),
            ..usual
        };
    };
    let own = if dialect.generation == 2 {
        Compat::V2
    } else {
        Compat::V3
    };
    let positive = |ms: i64, usual| if ms > 0 { Duration::from_millis(ms) } else { usual };
    promql::Settings {
        compat: stated.unwrap_or(own),
        lookback: positive(dialect.lookback_ms, usual.lookback),
        default_step: positive(dialect.default_step_ms, usual.default_step),
    }
}

fn lay(
    policy: &Policy,
    recording: &Recording,
    truth: &GroundTruth,
    settings: &promql::Settings,
) -> Result<Laid, Finding> {
    let mut incident =
        Incident::new(policy, &recording.layout, &recording.samples, settings).map_err(|refused| {
            let mut finding = Finding::error(format!("{} cannot be laid over this recording", policy.name));
            for error in refused {
                let check = &policy.checks[error.check.0];
                finding = finding.at(check.span, format!("{}: {error}", check.name));
            }
            finding
        })?;
    let windows = truth
        .deployments
        .iter()
        .map(|deployment| (deployment.at, deployment.until));
    let hindsight = windows
        .map(|(from, until)| incident.play(from, until, &mut ()))
        .collect();
    let checks = policy.checks.iter().map(|check| check.name.clone()).collect();
    Ok(Laid {
        policy: policy.name.clone(),
        checks,
        hindsight,
    })
}

/// A policy that reads the series which hold the truth itself knows too much.
pub(super) fn reads_truth(policy: &Policy, truth: &GroundTruth) -> Vec<Finding> {
    let known: Vec<Vec<Matcher>> = truth
        .truth_series
        .iter()
        .filter_map(|text| matchers(text))
        .collect();
    let mut findings = Vec::new();
    for check in &policy.checks {
        let Question::Prometheus { query } = &check.question else {
            continue;
        };
        let Ok(expr) = promql::parse(query) else { continue };
        let mut reads = false;
        expr.selectors(&mut |selector, _| {
            reads |= known.iter().any(|truth| may_meet(truth, &selector.matchers));
        });
        if reads {
            findings.push(
                Finding::warning(format!(
                    "{} may read the series that hold the truth of this recording",
                    check.name
                ))
                .at(
                    check.span,
                    format!("the truth is {}", truth.truth_series.join(", ")),
                )
                .help("a policy must decide from the service's own series: fix the job in its selectors"),
            );
        }
    }
    findings
}

fn matchers(selector: &str) -> Option<Vec<Matcher>> {
    let expr: Expr = promql::parse(selector).ok()?;
    Some(expr.selector()?.matchers.clone())
}

/// Whether a series that passes `truth` can pass `asked` too: no label that `truth` fixes is refused.
fn may_meet(truth: &[Matcher], asked: &[Matcher]) -> bool {
    truth.iter().all(|fixed| {
        asked
            .iter()
            .filter(|matcher| matcher.name == fixed.name)
            .all(|matcher| matcher.accepts(&fixed.value))
    })
}
