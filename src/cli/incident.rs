use std::path::{Path, PathBuf};

use super::args::Replay;
use super::exit::Exit;
use super::files::Sources;
use super::out::{self, Format, Out};
use super::page::quoted;
use super::screen::Screen;
use crate::diagnostic::{Documents, Finding, Severity};
use crate::experiment::{PlannedPolicy, let_stand_in, tell_apart, unheeded_over_recordings};
use crate::policy;
use crate::policy::argo::spec::Policy;
use crate::policy::condition::ArgoVersion;
use crate::promql::{self, Compat, ast::Expr};
use crate::recording::{self, GroundTruth, Recording, compact};
use crate::report::incident::{self, Answer, Detail, Laid};
use crate::report::timeline::Timeline;
use crate::series::Matcher;
use crate::simulator::Incident;
use crate::units::{Digest, Duration, Timestamp};

/// A query is asked at so many moments besides those of its looks, for the picture of one deployment.
const BETWEEN: i64 = 240;

/// Lays policies over a recording as it happened.
pub(super) fn run(asked: &Replay, outs: &[Out], screen: Screen) -> Exit {
    let fail = |documents: &Documents, finding: Finding| {
        screen.findings(documents, &[finding]);
        Exit::CouldNotJudge
    };
    let none = Documents::default();
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
    let wanted = match asked
        .deployment
        .as_deref()
        .map(|name| incident::named(&truth, name))
    {
        None => None,
        Some(Ok(index)) => Some(index),
        Some(Err(finding)) => return fail(&none, finding),
    };
    let mut documents = Documents::default();
    let policies = read(
        &asked.policy,
        asked.argo_version.unwrap_or_default(),
        &mut documents,
        &mut findings,
    );
    let settings = settings(path, asked.promql_compat);
    let mut incidents = Vec::new();
    let mut laid = Vec::new();
    for PlannedPolicy { policy, .. } in &policies {
        findings.extend(reads_truth(policy, &truth));
        match lay(policy, &recording, &settings) {
            Ok(mut incident) => {
                laid.push(hindsight(policy, &mut incident, &truth));
                incidents.push((policy, incident));
            }
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
    let chosen = wanted.map(|index| (index, "the one that was asked for"));
    let chosen = chosen.or_else(|| incident::choose(&truth, &laid));
    let mut answer = Answer {
        recording: name(path),
        command: command(asked),
        truth,
        laid,
        detail: None,
    };
    answer.detail = chosen.map(|(index, why)| detail(&documents, &mut incidents, &answer, index, why));
    for Out { format, path } in outs {
        let written = draw(&answer, *format)
            .and_then(|text| out::write(path, &text).map_err(|error| error.to_string()));
        if let Err(error) = written {
            let finding = Finding::error(format!("cannot be written: {error}"));
            return fail(&documents, finding.about(path.display().to_string()));
        }
    }
    screen.answer(&incident::draw(&answer, screen.look().width));
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

/// The policies of a call, those of equal name told apart.
pub(super) fn read(
    paths: &[PathBuf],
    release: ArgoVersion,
    documents: &mut Documents,
    findings: &mut Vec<Finding>,
) -> Vec<PlannedPolicy> {
    let sources = Sources::gather(paths);
    findings.extend(sources.findings);
    for source in sources.files {
        match policy::text(&source.name, source.bytes) {
            Ok(text) => {
                documents.add(source.name, text);
            }
            Err(finding) => findings.push(finding),
        }
    }
    let mut loaded = policy::load_for(documents, &Documents::default(), release);
    findings.extend(loaded.findings);
    let found = let_stand_in(documents, &mut loaded.policies);
    if found.iter().any(|finding| finding.severity == Severity::Error) {
        // Without its query a check would pass every look.
        loaded.policies.clear();
    }
    findings.extend(found);
    findings.extend(unheeded_over_recordings(documents, &loaded.policies));
    let mut policies: Vec<PlannedPolicy> = loaded
        .policies
        .into_iter()
        .map(|policy| PlannedPolicy {
            digest: Digest::of(policy.canonical()),
            policy,
        })
        .collect();
    tell_apart(&mut policies, documents);
    policies
}

fn draw(answer: &Answer, format: Format) -> Result<String, String> {
    match format {
        Format::Json => incident::json(answer).map_err(|error| error.to_string()),
        Format::Markdown => Ok(incident::markdown(answer)),
        #[cfg(feature = "charts")]
        Format::Html => crate::report::html::incident(answer).map_err(|error| error.to_string()),
        #[cfg(not(feature = "charts"))]
        Format::Html => Err("the feature 'charts' is not built in".into()),
        Format::Csv | Format::Ledger => Err("a story is no table and no ledger".into()),
    }
}

/// What the recording is called: its folder or file.
pub(super) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The call again, as it would be typed.
fn command(asked: &Replay) -> String {
    let mut words = vec!["coalmine replay".to_owned(), quoted(&asked.subject)];
    for policy in &asked.policy {
        words.extend(["--policy".to_owned(), quoted(&policy.display().to_string())]);
    }
    if let Some(deployment) = &asked.deployment {
        words.extend(["--deployment".to_owned(), quoted(deployment)]);
    }
    words.join(" ")
}

fn lay<'a>(
    policy: &'a Policy,
    recording: &'a Recording,
    settings: &promql::Settings,
) -> Result<Incident<'a>, Finding> {
    Incident::new(policy, &recording.layout, &recording.samples, settings).map_err(|refused| {
        let mut finding = Finding::error(format!("{} cannot be laid over this recording", policy.name));
        for error in refused {
            let check = &policy.checks[error.check.0];
            finding = finding.at(check.span, format!("{}: {error}", check.name));
        }
        finding
    })
}

fn hindsight(policy: &Policy, incident: &mut Incident<'_>, truth: &GroundTruth) -> Laid {
    let deployments = truth.deployments.iter();
    Laid {
        policy: policy.name.clone(),
        checks: policy.check_names(),
        hindsight: deployments
            .map(|deployment| incident.play(deployment.at, deployment.until, &mut ()))
            .collect(),
    }
}

/// One deployment look by look, and what the queries gave between the looks.
fn detail(
    documents: &Documents,
    incidents: &mut [(&Policy, Incident<'_>)],
    answer: &Answer,
    index: usize,
    why: &str,
) -> Detail {
    let deployment = &answer.truth.deployments[index];
    let end = answer.watched(index);
    let watch = |(policy, incident): &mut (&Policy, Incident<'_>)| {
        let mut happenings = Vec::new();
        incident.play(deployment.at, deployment.until, &mut happenings);
        let mut between = |check| {
            let moments = (0..=BETWEEN).map(|n| Timestamp::from_millis(end.as_millis() / BETWEEN * n));
            moments
                .map(|at| {
                    let then = deployment.at + (at - Timestamp::ZERO);
                    (at, incident.ask(check, then).unwrap_or(f64::NAN))
                })
                .collect()
        };
        Timeline::new(
            documents,
            policy,
            &happenings,
            Timestamp::ZERO + end,
            &mut between,
        )
    };
    Detail {
        deployment: index,
        why: why.to_owned(),
        end,
        timelines: incidents.iter_mut().map(watch).collect(),
    }
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
        let Some(query) = check.question.query() else {
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
