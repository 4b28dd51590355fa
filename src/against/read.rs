//! Statuses as `kubectl get … -o yaml` or `-o json` prints them.

use super::ending;
use super::status::{Measurement, MetricStatus, RunStatus, Theirs};
use crate::analysis::{Phase, Tally};
use crate::controller::argo::Binding;
use crate::diagnostic::{DocumentId, Documents, Finding, Severity};
use crate::units::Timestamp;
use crate::yaml::{self, Content, Node};

/// Objects in all, whatever lists they lie in.
const MOST: usize = 10_000;

/// Reads AnalysisRuns, Rollouts and Canaries, alone, in a `List`, or one a document.
///
/// Whatever else lies there is a note; what cannot be used is an error with its place.
pub fn read(documents: &Documents, id: DocumentId) -> (Theirs, Vec<Finding>) {
    let (mut theirs, mut findings) = (Theirs::default(), Vec::new());
    let mut objects = Vec::new();
    for part in yaml::read(documents, id) {
        // A key written twice is none of our business here.
        findings.extend(part.findings.into_iter().filter(is_error));
        if let Content::Tree(root) = part.content {
            objects.push(root);
        }
    }
    let mut others: Vec<String> = Vec::new();
    let mut seen = 0;
    let mut queue: Vec<&Node> = objects.iter().rev().collect();
    while let Some(object) = queue.pop() {
        seen += 1;
        if seen > MOST {
            findings.push(Finding::error(format!("more than {MOST} objects")).at(object.span, ""));
            break;
        }
        let word = |key: &str| object.get(key).and_then(Node::text).unwrap_or("");
        match (group(word("apiVersion")), word("kind")) {
            (_, kind) if kind.ends_with("List") => {
                queue.extend(object.get("items").map_or(&[][..], Node::items).iter().rev());
            }
            ("argoproj.io", "AnalysisRun") => match run(object) {
                Ok(run) => theirs.runs.push(run),
                Err(finding) => findings.push(*finding),
            },
            ("argoproj.io", "Rollout") => match ending::rollout(object) {
                Ok(ending) => theirs.endings.push(ending),
                Err(finding) => findings.push(*finding),
            },
            ("flagger.app", "Canary") => match ending::canary(object) {
                Ok(ending) => theirs.endings.push(ending),
                Err(finding) => findings.push(*finding),
            },
            (_, "") => findings.push(
                Finding::error("this is no Kubernetes object: it has no kind")
                    .at(object.span, "")
                    .help("give what kubectl get analysisrun NAME -o yaml prints"),
            ),
            (_, kind) => others.push(kind.to_owned()),
        }
    }
    if !others.is_empty() {
        others.sort();
        others.dedup();
        findings.push(Finding::note(format!(
            "left aside: {} (only an AnalysisRun, a Rollout and a Canary tell what a controller did)",
            others.join(", ")
        )));
    }
    if theirs == Theirs::default() && !findings.iter().any(is_error) {
        findings.push(
            Finding::error("there is no AnalysisRun, Rollout or Canary in this file")
                .about(documents.get(id).name.clone())
                .help("give what kubectl get analysisrun NAME -o yaml prints"),
        );
    }
    theirs.runs.sort_by_key(|run| run.started);
    (theirs, findings)
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

fn group(api_version: &str) -> &str {
    api_version.split('/').next().unwrap_or("")
}

/// `metadata.name`.
pub(super) fn name(object: &Node) -> String {
    let name = object.at(&["metadata", "name"]).and_then(Node::text);
    name.unwrap_or("without a name").to_owned()
}

/// The status of an object that has been looked at by its controller.
pub(super) fn status(object: &Node) -> Result<&Node, Box<Finding>> {
    let found = object.get("status").filter(|status| !status.entries().is_empty());
    found.ok_or_else(|| {
        let finding = Finding::error(format!("{} has no status", name(object)));
        Box::new(
            finding
                .at(object.span, "")
                .help("give what the cluster has, not the manifest: kubectl get … -o yaml"),
        )
    })
}

/// A text, empty where there is none.
pub(super) fn text(node: &Node, key: &str) -> String {
    node.get(key).and_then(Node::text).unwrap_or("").to_owned()
}

/// A moment as Kubernetes writes it; `None` where the field is absent or null.
pub(super) fn moment(node: &Node, key: &str) -> Result<Option<Timestamp>, Box<Finding>> {
    let Some(value) = node.get(key).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let moment = value.text().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let moment = moment.ok_or_else(|| value.unexpected("a moment such as 2026-03-01T10:00:00Z"))?;
    Ok(Some(Timestamp::from_millis(moment.as_millisecond())))
}

fn phase(node: &Node) -> Result<Phase, Box<Finding>> {
    let Some(value) = node.get("phase").filter(|value| !value.is_null()) else {
        return Ok(Phase::Pending);
    };
    Ok(match value.text() {
        Some("Successful") => Phase::Successful,
        Some("Failed") => Phase::Failed,
        Some("Inconclusive") => Phase::Inconclusive,
        Some("Error") => Phase::Error,
        Some("Running") => Phase::Running,
        Some("Pending" | "") => Phase::Pending,
        _ => {
            return Err(value.unexpected("Successful, Failed, Inconclusive, Error, Running or Pending"));
        }
    })
}

fn run(object: &Node) -> Result<RunStatus, Box<Finding>> {
    let status = status(object)?;
    let results = match status.get("metricResults") {
        Some(results) => results.expect_items()?,
        None => &[],
    };
    let metrics: Vec<MetricStatus> = results
        .iter()
        .map(|result| metric(object, result))
        .collect::<Result<_, _>>()?;
    let created = match object.get("metadata") {
        Some(metadata) => moment(metadata, "creationTimestamp")?,
        None => None,
    };
    let measurements = metrics.iter().flat_map(|metric| &metric.measurements);
    let first = measurements.map(|measurement| measurement.started).min();
    let started = moment(status, "startedAt")?.or(created).or(first);
    let started = started.ok_or_else(|| {
        let finding = Finding::error(format!("{} does not tell when it began", name(object)));
        Box::new(
            finding
                .at(status.span, "")
                .help("status.startedAt or metadata.creationTimestamp is needed"),
        )
    })?;
    let label = |key: &str| object.at(&["metadata", "labels", key]).and_then(Node::text);
    let binding = match label("rollout-type") {
        Some("Background") => Some(Binding::Background),
        Some("Step") => label("step-index")
            .and_then(|index| index.parse().ok())
            .map(Binding::Step),
        Some("PrePromotion") => Some(Binding::PrePromotion),
        Some("PostPromotion") => Some(Binding::PostPromotion),
        _ => None,
    };
    let terminate = object.at(&["spec", "terminate"]);
    Ok(RunStatus {
        name: name(object),
        span: object.span,
        started,
        completed: moment(status, "completedAt")?,
        told_to_stop: terminate.is_some_and(|node| node.text() == Some("true")),
        phase: phase(status)?,
        message: text(status, "message"),
        binding,
        owner: owner(object),
        hash: label("rollouts-pod-template-hash").map(str::to_owned),
        metrics,
    })
}

/// The Rollout among its owners.
fn owner(object: &Node) -> Option<String> {
    let owners = object.at(&["metadata", "ownerReferences"])?.items();
    let rollout = owners.iter().find(|owner| text(owner, "kind") == "Rollout")?;
    Some(text(rollout, "name"))
}

fn metric(object: &Node, result: &Node) -> Result<MetricStatus, Box<Finding>> {
    let name = result.get("name").and_then(Node::text);
    let name = name.ok_or_else(|| result.unexpected("a result with the name of its metric"))?;
    let counter = |key: &str| match result.get(key).filter(|value| !value.is_null()) {
        Some(value) => value.expect_count().map(i64::from),
        None => Ok(0),
    };
    let tally = Tally {
        successful: counter("successful")?,
        failed: counter("failed")?,
        inconclusive: counter("inconclusive")?,
        error: counter("error")?,
        count: counter("count")?,
        consecutive_error: counter("consecutiveError")?,
        consecutive_success: counter("consecutiveSuccess")?,
    };
    let measurements = match result.get("measurements") {
        Some(list) => list.expect_items()?,
        None => &[],
    };
    Ok(MetricStatus {
        name: name.to_owned(),
        span: result.span,
        phase: phase(result)?,
        tally,
        query: resolved(result).or_else(|| query(object, name)),
        measurements: measurements.iter().map(measurement).collect::<Result<_, _>>()?,
    })
}

fn measurement(node: &Node) -> Result<Measurement, Box<Finding>> {
    let started = moment(node, "startedAt")?;
    let started = started.ok_or_else(|| node.unexpected("a measurement with its startedAt"))?;
    let value = match node.get("value") {
        // A list without its quotes, as people write it by hand.
        Some(list) if !list.items().is_empty() => {
            let items: Vec<&str> = list.items().iter().filter_map(Node::text).collect();
            format!("[{}]", items.join(","))
        }
        Some(value) => value.text().unwrap_or("[]").to_owned(),
        None => String::new(),
    };
    Ok(Measurement {
        span: node.span,
        phase: phase(node)?,
        message: text(node, "message"),
        started,
        finished: moment(node, "finishedAt")?,
        value,
    })
}

/// The query as the controller notes it beside its measurements.
fn resolved(result: &Node) -> Option<String> {
    let noted = result.at(&["metadata", "ResolvedPrometheusQuery"]);
    noted.and_then(Node::text).map(str::to_owned)
}

/// The query of metric `name` in `spec`, arguments filled in; `None` where one is not stated there.
fn query(object: &Node, name: &str) -> Option<String> {
    let metrics = object.at(&["spec", "metrics"])?.items();
    let named = |metric: &&Node| metric.get("name").and_then(Node::text) == Some(name);
    let asked = metrics.iter().find(named)?;
    let mut query = asked.at(&["provider", "prometheus", "query"])?.text()?.to_owned();
    for arg in object.at(&["spec", "args"]).map_or(&[][..], Node::items) {
        if let (Some(name), Some(value)) = (arg.get("name")?.text(), arg.get("value").and_then(Node::text)) {
            for written in [format!("{{{{args.{name}}}}}"), format!("{{{{ args.{name} }}}}")] {
                query = query.replace(&written, value);
            }
        }
    }
    (!query.contains("{{")).then_some(query)
}
