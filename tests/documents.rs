//! Whole folders of manifests in; policies and findings out. Snapshots hold what a person reads.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use coalmine::diagnostic::{Documents, Finding, Severity};
use coalmine::experiment::{Request, prepare};
use coalmine::policy::argo::coverage::{self, Fate};
use coalmine::policy::argo::spec::{Analysis, BlueGreen, Policy, Question, StepKind, Strategy};
use coalmine::policy::condition::{Answer, ArgoVersion, Condition};
use coalmine::policy::{self, Loaded};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder`, with names as seen from there.
fn documents(folder: &Path) -> (Documents, Vec<Finding>) {
    let mut files = Vec::new();
    collect(folder, folder, &mut files);
    files.sort();
    let mut documents = Documents::default();
    let mut findings = Vec::new();
    for (name, path) in files {
        match policy::text(&name, fs::read(path).unwrap()) {
            Ok(text) => drop(documents.add(name, text)),
            Err(finding) => findings.push(finding),
        }
    }
    (documents, findings)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml" || end == "json")
        {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            files.push((name, path));
        }
    }
}

/// Findings as plain text: `file:line:column: severity: message`, labels and help below.
fn told(documents: &Documents, findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let mut labels = finding.labels.iter();
        let place = match labels.next() {
            Some(label) => {
                let document = documents.get(label.span.document);
                let start = label.span.start as usize;
                let line_start = document.text[..start].rfind('\n').map_or(0, |at| at + 1);
                let column = 1 + document.text[line_start..start].chars().count();
                let words = documents.text(label.span).lines().next().unwrap_or("").to_owned();
                let label = if label.text.is_empty() {
                    String::new()
                } else {
                    format!("\n  {}", label.text)
                };
                let line = documents.line(finding.labels[0].span);
                format!(
                    "{}:{line}:{column}: {severity}: {}\n  | {words}{label}",
                    document.name, finding.message
                )
            }
            None => format!(
                "{}: {severity}: {}",
                finding.about.as_deref().unwrap_or("?"),
                finding.message
            ),
        };
        writeln!(text, "{place}").unwrap();
        for label in labels {
            let name = &documents.get(label.span.document).name;
            writeln!(text, "  {name}:{}: {}", documents.line(label.span), label.text).unwrap();
        }
        for help in &finding.help {
            writeln!(text, "  help: {help}").unwrap();
        }
    }
    text
}

/// The metrics of an analysis, a line each.
fn looks(text: &mut String, analysis: &Analysis) {
    for metric in &analysis.metrics {
        let every = metric
            .interval
            .map_or("once".to_owned(), |interval| format!("every {interval}"));
        let dry = if metric.dry_run { " dry run" } else { "" };
        let limits = format!("count {} failures {}{dry}", metric.count, metric.failure_limit);
        writeln!(
            text,
            "    {} {every} {limits} check {}",
            metric.name, metric.check.0
        )
        .unwrap();
    }
}

fn outline_of_blue_green(policy: &Policy, spec: &BlueGreen) -> String {
    let mut text = format!("{}: {} pods, blue-green\n", policy.name, spec.replicas);
    if let Some(pods) = spec.preview_replicas {
        writeln!(text, "  {pods} in the preview").unwrap();
    }
    if let Some(analysis) = &spec.pre_promotion {
        writeln!(text, "  before the switch").unwrap();
        looks(&mut text, analysis);
    }
    match (spec.auto_promotion, spec.auto_promotion_after) {
        (false, _) => writeln!(text, "  pause").unwrap(),
        (true, Some(length)) => writeln!(text, "  pause {length}").unwrap(),
        (true, None) => {}
    }
    if let Some(analysis) = &spec.post_promotion {
        writeln!(text, "  after the switch").unwrap();
        looks(&mut text, analysis);
    }
    questions(&mut text, policy);
    text
}

/// What a person wants to know of a policy at a glance.
fn outline(policy: &Policy) -> String {
    let canary = match &policy.strategy {
        Strategy::Canary(canary) => canary,
        Strategy::BlueGreen(spec) => return outline_of_blue_green(policy, spec),
    };
    let routed = if canary.routed { "routed" } else { "by pods" };
    let mut text = format!("{}: {} pods, {routed}\n", policy.name, canary.replicas);
    if let Some(background) = &canary.background {
        writeln!(text, "  from step {}", background.starting_step).unwrap();
        looks(&mut text, &background.analysis);
    }
    for step in &canary.steps {
        match &step.kind {
            StepKind::SetWeight(weight) => writeln!(text, "  weight {weight}").unwrap(),
            StepKind::Pause(None) => writeln!(text, "  pause").unwrap(),
            StepKind::Pause(Some(length)) => writeln!(text, "  pause {length}").unwrap(),
            StepKind::Analysis(analysis) => {
                writeln!(text, "  analysis").unwrap();
                looks(&mut text, analysis);
            }
            StepKind::Experiment(experiment) => {
                writeln!(text, "  experiment {:?}", experiment.templates).unwrap();
                step.kind
                    .analyses()
                    .for_each(|analysis| looks(&mut text, analysis));
            }
            StepKind::Other => {}
        }
        if let Some(scale) = step.scale {
            writeln!(text, "  scale {scale:?}").unwrap();
        }
        for route in &step.routes {
            writeln!(text, "  {}", route.words(&canary.managed.names)).unwrap();
        }
    }
    questions(&mut text, policy);
    text
}

/// What its checks ask, and how its pods are told apart.
fn questions(text: &mut String, policy: &Policy) {
    for (n, check) in policy.checks.iter().enumerate() {
        match &check.question {
            Question::Prometheus { query, .. } => {
                writeln!(text, "  check {n} {}: {query}", check.name).unwrap();
            }
            Question::Other { provider, .. } => {
                writeln!(text, "  check {n} {}: by {provider}", check.name).unwrap();
            }
        }
    }
    let identity = &policy.identity;
    let stated = [
        ("canary", &identity.canary_service),
        ("stable", &identity.stable_service),
        ("namespace", &identity.namespace),
        ("ingress", &identity.stable_ingress),
        (
            "scraped every",
            &identity.scrape_interval.map(|interval| interval.to_string()),
        ),
    ];
    for (word, value) in stated {
        if let Some(value) = value {
            writeln!(text, "  {word}: {value}").unwrap();
        }
    }
    writeln!(
        text,
        "  shared: {:?} versions: {:?}",
        identity.shared_services, identity.canary_versions
    )
    .unwrap();
}

fn report(folder: &Path) -> (Loaded, String) {
    let (documents, unreadable) = documents(folder);
    let loaded = policy::load(&documents, &Documents::default());
    let mut text: String = loaded.policies.iter().map(outline).collect();
    text.push_str(&told(&documents, &unreadable));
    text.push_str(&told(&documents, &loaded.findings));
    if loaded.refused > 0 {
        writeln!(text, "refused: {}", loaded.refused).unwrap();
    }
    if !loaded.ignored.is_empty() {
        writeln!(text, "ignored: {:?}", loaded.ignored).unwrap();
    }
    (loaded, text)
}

fn each(folder: &str, check: impl Fn(&str, &Loaded, &str)) {
    let folder = root().join(folder);
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let (loaded, text) = report(&case);
        check(&name, &loaded, &text);
        insta::with_settings!({snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, text);
        });
    }
}

#[test]
fn shapes_of_public_manifests() {
    each("tests/manifests", |_, _, _| ());
}

#[test]
fn broken_documents_are_findings() {
    each("tests/broken", |name, loaded, text| {
        let warned = name.starts_with("warned-");
        assert_eq!(loaded.policies.is_empty(), !warned, "{text}");
        assert!(warned || text.contains("error: "), "{name}");
    });
}

/// Scenario documents beside a policy of one check by a job.
#[test]
fn broken_scenarios_are_findings() {
    let folder = root().join("tests/broken-scenarios");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.retain(|case| case.extension().is_some_and(|end| end == "yaml"));
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let (mut documents, _) = documents(&root().join("tests/manifests/07-job"));
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        documents.add(name.clone(), fs::read_to_string(&case).unwrap());
        let prepared = prepare(&documents, &Documents::default(), &Request::default());
        let mut findings = prepared.findings;
        findings.retain(|finding| {
            let place = finding.labels.first().map(|label| label.span.document);
            place.is_none_or(|document| documents.get(document).name == name)
        });
        let refused = |finding: &Finding| finding.severity == Severity::Error;
        assert!(findings.iter().any(refused), "{name}");
        insta::with_settings!({snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name.trim_end_matches(".yaml"), told(&documents, &findings));
        });
    }
}

#[test]
fn the_cases_of_this_repository_load_without_an_error() {
    for case in fs::read_dir(root().join("scenarios")).unwrap() {
        let case = case.unwrap().path();
        let (documents, _) = documents(&case);
        let loaded = policy::load(&documents, &Documents::default());
        let errors = loaded
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error);
        let errors: Vec<Finding> = errors.cloned().collect();
        assert!(errors.is_empty(), "{}", told(&documents, &errors));
    }
}

#[test]
fn the_plan_of_param_kernel_cannot_fail_and_the_intended_one_can() {
    let (plan, text) = report(&root().join("scenarios/param-kernel"));
    assert_eq!(plan.policies.len(), 1, "{text}");
    assert_eq!(text.matches("cannot fail").count(), 2, "{text}");
    let (intended, text) = report(&root().join("scenarios/param-kernel-intended"));
    assert_eq!(intended.policies.len(), 1, "{text}");
    assert!(!text.contains("cannot fail"), "{text}");
    assert_eq!(intended.policies[0].checks.len(), 2);
    assert_eq!(text.matches("every 1m count 5 failures 0").count(), 4, "{text}");
}

/// The same manifests, under the release that brought the words of its conditions and under those before.
#[test]
fn a_condition_that_a_release_cannot_read_is_told_at_its_character() {
    let (documents, _) = documents(&root().join("tests/manifests/31-newer-conditions"));
    let under = |release| {
        let loaded = policy::load_for(&documents, &Documents::default(), release);
        assert_eq!(loaded.policies.len(), 1);
        (told(&documents, &loaded.findings), loaded.policies[0].canonical())
    };
    let (newest, canonical) = under(ArgoVersion::Head);
    assert_eq!(
        newest.matches("note: before Argo Rollouts 1.10").count(),
        2,
        "{newest}"
    );
    let (same, as_newest) = under(ArgoVersion::V1_10);
    assert!(!same.contains("Argo Rollouts"), "{same}");
    assert_eq!(canonical, as_newest, "what is played alike has one address");
    let (before, other) = under(ArgoVersion::V1_9);
    let error = "warning: every look at this check is an error: Argo Rollouts 1.9 cannot evaluate the condition\n  | max(result)";
    assert!(before.contains(error), "{before}");
    assert!(
        before.contains("help: max of a list works from Argo Rollouts 1.10 on; write \"any(result, # > x)\""),
        "{before}"
    );
    assert_ne!(canonical, other);
}

#[test]
fn a_missing_template_is_looked_for_nearby_and_offered() {
    let (given, _) = documents(&root().join("tests/broken/missing-template"));
    let (beside, _) = documents(&root().join("tests/manifests/01-canary-service"));
    let loaded = policy::load(&given, &beside);
    let text = told(&given, &loaded.findings);
    assert!(
        text.contains("it stands in analysis-template.yaml: give that file too"),
        "{text}"
    );
}

#[test]
fn equal_policies_have_equal_texts_wherever_they_stand() {
    let folder = root().join("tests/manifests/01-canary-service");
    let (plain, _) = report(&folder);
    let mut moved = Documents::default();
    for (_, document) in documents(&folder).0.iter() {
        moved.add(
            format!("b/{}", document.name),
            format!("# a comment\n{}", document.text),
        );
    }
    let moved = policy::load(&moved, &Documents::default());
    assert_eq!(plain.policies[0].canonical(), moved.policies[0].canonical());
    let (other, _) = report(&root().join("tests/manifests/02-shared-service"));
    assert_ne!(plain.policies[0].canonical(), other.policies[0].canonical());
}

/// Every whole document above, to be damaged.
fn texts() -> Vec<String> {
    let mut texts = Vec::new();
    for folder in ["tests/manifests", "tests/broken", "scenarios"] {
        let (documents, _) = documents(&root().join(folder));
        texts.extend(documents.iter().map(|(_, document)| document.text.to_string()));
    }
    texts
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]
    #[test]
    fn no_damage_makes_it_panic(
        pick in proptest::sample::select(texts()),
        other in proptest::sample::select(texts()),
        at in 0.0..1.0f64,
        length in 0usize..60,
        put in "([\\[\\]{}:,|>'\"&*!%#é\t\r\n -]|null|- |\\{\\{args\\.x\\}\\}|-1|1e99|~|yes|<<: ){0,6}",
    ) {
        let floor = |text: &str, at: usize| (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap();
        let start = floor(&pick, (at * pick.len() as f64) as usize);
        let end = floor(&pick, start + length).max(start);
        let mut documents = Documents::default();
        documents.add("a.yaml", format!("{}{put}{}", &pick[..start], &pick[end..]));
        documents.add("b.yaml", other);
        let loaded = policy::load(&documents, &Documents::default());
        told(&documents, &loaded.findings);
        for policy in &loaded.policies {
            policy.canonical();
        }
    }
}

/// `docs/policies.md` holds the coverage table; `COALMINE_WRITE_DOCS=1` writes it anew.
#[test]
fn the_page_about_policies_lists_every_field() {
    let path = root().join("docs/policies.md");
    let page = coverage_page();
    if std::env::var("COALMINE_WRITE_DOCS").is_ok_and(|value| value == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/policies.md is stale: COALMINE_WRITE_DOCS=1 cargo test --test documents"
    );
}

/// What newer versions of the language have brought.
const LANGUAGE: [&str; 13] = [
    "result[0] < 5",
    "all(result, # < 5)",
    "len(filter(result, # < 5)) > 1",
    "mean(result) < 5",
    "sum(result) < 5",
    "round(result[0]) == 1",
    "let x = result[0]; x < 5",
    "max(result[0], result[1]) < 5",
    "max(result) < 5",
    "0 < result[0] < 5",
    "if len(result) > 0 { result[0] < 5 } else { true }",
    "result[0] < 5;",
    "sum(result, # * 2) == 6",
];

fn coverage_page() -> String {
    let mut text = String::from(
        "# Policies: what becomes of every field\n\n\
         Every field of a dialect is played, knowingly ignored, or refused. Whatever is in none of these tables is a warning:\n\
         the API server would drop it. A path without longer ones in its table stands for everything below it; `[]` is each\n\
         item of a list.\n\n\
         This page is made from `src/policy/argo/coverage.rs`; a test keeps them equal.\n",
    );
    let tables = [
        ("Every object", coverage::COMMON),
        ("Argo Rollouts: Rollout", coverage::ROLLOUT),
        (
            "Argo Rollouts: AnalysisTemplate, ClusterAnalysisTemplate",
            coverage::TEMPLATE,
        ),
        (
            "Argo Rollouts: AnalysisRun, beside those of a template",
            coverage::RUN,
        ),
    ];
    text.push_str(
        "\n## Conditions and releases of Argo Rollouts\n\n\
         Conditions are written in the language expr, whose version is the controller's. `--argo-version RELEASE` (1.5 to 1.10,\n\
         or head, the default) says in which one they are read, and nothing else: everything else follows the newest release.\n\
         A condition that the release cannot compile is accepted by its API server; every look is then an error, and so it is\n\
         here. Without the flag a note names every condition that would be an error before 1.10. Every row was run on expr\n\
         itself (`tests/fidelity/conditions-by-version.jsonl` holds these and 1,400 more).\n\n",
    );
    let releases = [ArgoVersion::V1_6, ArgoVersion::V1_9, ArgoVersion::Head];
    text.push_str(
        "| condition, on the vector `[1, 2]` | 1.5, 1.6 | 1.7 to 1.9 | 1.10, head |\n|---|---|---|---|\n",
    );
    for condition in LANGUAGE {
        write!(text, "| `{}` |", condition.replace('|', "\\|")).unwrap();
        for release in releases {
            let said = match Condition::of(condition, release).evaluate(&Answer::Vector(&[1.0, 2.0])) {
                Ok(holds) => holds.to_string(),
                Err(_) => "error".to_owned(),
            };
            write!(text, " {said} |").unwrap();
        }
        text.push('\n');
    }
    text.push_str(
        "\nOn an empty answer `result == []` is true from 1.10 on and false before: `len(result) == 0` says it everywhere.\n\
         `consecutiveSuccessLimit` and `rangeQuery` came with 1.8, `replicaProgressThreshold` with 1.9: an older API server drops\n\
         them, which is a warning here.\n\
         \nA `rangeQuery` is asked as `query_range` is: at `start`, a `step` later and so on up to `end`, and `result` is one list of \
         all samples, series after series. `start` and `end` are sums of `now()` and lengths (`now() - duration(\"5m\")`), `step` is \
         a Go duration. A range that Prometheus refuses (it ends before it starts, no step, more than 11,000 points) is an error \
         at every look, and a warning here; other expressions are refused. So is, in simulated worlds, a metric that asks at more \
         than 100,000 moments in a trial. Subqueries may load 50 million samples at all moments of a look together.\n",
    );
    for (title, fields) in tables {
        writeln!(text, "\n## {title}\n\n| field | |\n|---|---|").unwrap();
        for field in fields {
            let fate = match field.fate {
                Fate::Honoured => "played".to_owned(),
                Fate::Ignored(reason) => format!("ignored: {reason}"),
                Fate::Refused(reason) => format!("**refused**: {reason}"),
            };
            writeln!(text, "| `{}` | {fate} |", field.path).unwrap();
        }
    }
    text
}
