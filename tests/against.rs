//! Statuses of a cluster beside what our controller does on the same recording.
//!
//! `tests/against/status.yaml` was made from the recording by other hands than ours: values are answers of a Prometheus
//! 2.42 server that was given `data/highload-deploys` as blocks, asked at 60.437 s, 90.112 s, 120.803 s and 150.251 s
//! after 2025-10-11 16:25:46 UTC; phases, counters and the end are worked out on paper from the policy's limits (0.10
//! and 1, more than two failures).

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use coalmine::against::{self, Laid, Options, Theirs, What};
use coalmine::analysis::Phase;
use coalmine::diagnostic::{Documents, Finding, Severity};
use coalmine::policy;
use coalmine::policy::argo::spec::Policy;
use coalmine::promql::{self, Compat};
use coalmine::recording::{self, GroundTruth, Recording};
use coalmine::simulator::Incident;
use coalmine::units::{Duration, Timestamp};
use proptest::prelude::*;

fn inside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn recording() -> Recording {
    let path = inside("data/highload-deploys");
    recording::open(&path, &recording::Keep::default()).unwrap().0
}

fn policy(file: &str) -> Policy {
    let mut documents = Documents::default();
    let text = fs::read_to_string(inside(&format!("data/highload-deploys/{file}"))).unwrap();
    documents.add(file, text);
    policy::load(&documents, &Documents::default()).policies.remove(0)
}

fn options() -> Options {
    Options {
        within: Duration::from_secs(2),
        // The generation of the server that answered.
        settings: promql::Settings {
            compat: Compat::V2,
            ..promql::Settings::default()
        },
    }
}

fn read(text: &str) -> (Theirs, Vec<Finding>) {
    let mut documents = Documents::default();
    let id = documents.add("status.yaml", text);
    against::read(&documents, id)
}

fn laid(policy: &Policy, recording: &Recording, text: &str) -> Laid {
    let (theirs, findings) = read(text);
    assert!(findings.is_empty(), "{findings:?}");
    let (laid, findings) = against::lay(policy, recording, &theirs, &options(), &|_| None);
    assert!(findings.is_empty(), "{findings:?}");
    laid
}

fn status() -> String {
    fs::read_to_string(inside("tests/against/status.yaml")).unwrap()
}

#[test]
fn a_server_s_answers_and_the_controller_s_arithmetic_agree() {
    let laid = laid(&policy("policy.yaml"), &recording(), &status());
    assert!(laid.differences().is_empty(), "{:#?}", laid.differences());
    assert_eq!(laid.measurements(), (8, 8));
    // Empty answers are the same in the whole second, and so are those at 150 s, where the window holds the same
    // samples and no end of it is extrapolated; the other three hold for a part of their second only.
    assert_eq!(laid.runs[0].within_second, 4);
    assert_eq!(laid.endings.len(), 1);
}

#[test]
fn what_was_changed_is_named_first() {
    let (policy, recording) = (policy("policy.yaml"), recording());
    let changed = |from: &str, to: &str| {
        let text = status();
        assert!(text.contains(from), "{from}");
        laid(&policy, &recording, &text.replacen(from, to, 1))
    };
    let value = changed("[0.11276896948906046]", "[0.12276896948906046]");
    let first = value.differences()[0];
    assert_eq!(
        (first.what, first.check.as_deref()),
        (What::Value, Some("error-share"))
    );
    assert_eq!(
        (first.measurement, first.theirs.as_str()),
        (Some(3), "Failed [0.12276896948906046]")
    );
    assert_eq!(first.at, Timestamp::from_secs(1_760_200_066));
    assert!(first.ours.starts_with("Failed [0.1"), "{}", first.ours);
    assert_eq!(value.measurements(), (8, 7));

    // 0.496 is under the limit of 1: another condition.
    let phase = changed(
        "phase: Successful\n        startedAt: \"2025-10-11T16:26:46Z\"\n        value: '[0.4956566085225178]'",
        "phase: Failed\n        startedAt: \"2025-10-11T16:26:46Z\"\n        value: '[0.4956566085225178]'",
    );
    let first = phase.differences()[0];
    assert_eq!(
        (first.what, first.check.as_deref()),
        (What::Phase, Some("mean-latency"))
    );
    assert!(first.may_be[0].contains("condition"), "{:?}", first.may_be);

    // A policy with a check that theirs does not have, and the other way round.
    let text = status();
    let (begins, ends) = (
        text.find("    - count: 4\n      failed: 2").unwrap(),
        text.find("    - count: 4\n      failed: 3").unwrap(),
    );
    let without = laid(
        &policy,
        &recording,
        &format!("{}{}", &text[..begins], &text[ends..]),
    );
    let first = without.differences()[0];
    assert_eq!(
        (first.what, first.ours.as_str()),
        (What::OnlyOurs, "a look at error-share, Successful")
    );
    let renamed = changed(
        "      name: error-share\n      phase: Successful",
        "      name: other\n      phase: Successful",
    );
    assert!(
        renamed
            .differences()
            .iter()
            .any(|found| found.what == What::Check)
    );

    // Read as Prometheus 3 would, the third look of each check is another one, and that is said.
    let (theirs, _) = read(&status());
    let newer = Options {
        settings: promql::Settings::default(),
        ..options()
    };
    let (newer, _) = against::lay(&policy, &recording, &theirs, &newer, &|_| None);
    let first = newer.differences()[0];
    assert_eq!((first.what, first.measurement), (What::Value, Some(3)));
    assert!(
        first.may_be[0].starts_with("semantics: a server of Prometheus 2"),
        "{:?}",
        first.may_be
    );

    // A controller that came 7 s late: the time differs, and the value with it is asked at its own moment.
    let late = changed(
        "- finishedAt: \"2025-10-11T16:27:16Z\"\n        phase: Successful\n        startedAt: \"2025-10-11T16:27:16Z\"",
        "- finishedAt: \"2025-10-11T16:27:23Z\"\n        phase: Successful\n        startedAt: \"2025-10-11T16:27:23Z\"",
    );
    let first = late.differences()[0];
    assert_eq!((first.what, first.measurement), (What::Time, Some(2)));
    assert_eq!(
        (first.ours.as_str(), first.theirs.as_str()),
        ("1m30s after the run's start", "1m37s after it")
    );

    let counters = changed(
        "    - count: 4\n      failed: 3",
        "    - count: 4\n      failed: 2",
    );
    assert_eq!(counters.differences()[0].what, What::Counters);
    let message = changed("failed (3) > failureLimit (2)", "failed (4) > failureLimit (3)");
    assert_eq!(message.differences()[0].what, What::Run);
    let end = changed(
        "completedAt: \"2025-10-11T16:28:16Z\"",
        "completedAt: \"2025-10-11T16:28:26Z\"",
    );
    assert_eq!(end.differences()[0].what, What::End);
    let aborted = changed(
        "abortedAt: \"2025-10-11T16:28:16Z\"",
        "abortedAt: \"2025-10-11T16:28:46Z\"",
    );
    assert_eq!(
        (aborted.differences()[0].what, aborted.differences().len()),
        (What::End, 1)
    );
    let promoted = changed(
        "abort: true\n    abortedAt: \"2025-10-11T16:28:16Z\"",
        "phase: Healthy",
    );
    let promoted = promoted.differences();
    assert!(
        promoted.is_empty(),
        "the message still says that it was aborted: {promoted:?}"
    );
}

/// Asked three seconds before a scrape was visible, a server gives what it would have given without that scrape.
#[test]
fn a_late_sample_is_recognised() {
    let (policy, recording) = (policy("policy.yaml"), recording());
    let mut incident = Incident::new(
        &policy,
        &recording.layout,
        &recording.samples,
        &options().settings,
    )
    .unwrap();
    let metric = &policy.strategy.analyses().next().unwrap().metrics[1];
    let at = Timestamp::from_secs(1_760_200_066);
    let [now, late] = [0, 15].map(|s| incident.look(metric, at, Duration::from_secs(s)).numbers.unwrap()[0]);
    assert_ne!(now, late);
    let text = status().replace("[3.8179612402225405]", &format!("[{late}]"));
    let laid = laid(&policy, &recording, &text);
    let first = laid.differences()[0];
    assert_eq!((first.what, first.measurement), (What::Value, Some(3)));
    assert!(
        first.may_be[0].starts_with("ingestion: without the samples of the last"),
        "{:?}",
        first.may_be
    );
}

fn moment(at: Timestamp) -> String {
    let at = at.whole_second().as_millis();
    jiff::Timestamp::from_millisecond(at).unwrap().to_string()
}

/// Our own run from `from` as a cluster would show it, measurements older than the last ten left out.
fn exported(
    policy: &Policy,
    incident: &mut Incident<'_>,
    from: Timestamp,
    until: Timestamp,
) -> (String, usize) {
    let analysis = policy.strategy.analyses().next().unwrap();
    let (run, looks) = incident.run(analysis, from, None, until);
    let mut text = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisRun\nmetadata: {{name: own, labels: {{rollout-type: Background}}}}\n\
         status:\n  startedAt: {}\n  phase: {}\n  message: {}\n",
        moment(from),
        run.phase(),
        serde_json::to_string(&run.message(analysis)).unwrap()
    );
    if let Some(ended) = run.ended() {
        writeln!(text, "  completedAt: {}", moment(ended)).unwrap();
    }
    writeln!(text, "  metricResults:").unwrap();
    let mut kept = 0;
    for (index, metric) in analysis.metrics.iter().enumerate() {
        let measured = &run.metrics()[index];
        let Some(phase) = measured.phase() else { continue };
        let tally = &measured.tally;
        write!(
            text,
            "  - name: {}\n    phase: {phase}\n    successful: {}\n    failed: {}\n    inconclusive: {}\n    error: {}\n    \
             count: {}\n    consecutiveError: {}\n    consecutiveSuccess: {}\n    measurements:\n",
            metric.name,
            tally.successful,
            tally.failed,
            tally.inconclusive,
            tally.error,
            tally.count,
            tally.consecutive_error,
            tally.consecutive_success
        )
        .unwrap();
        let own: Vec<_> = looks.iter().filter(|look| look.metric == index).collect();
        for look in &own[own.len().saturating_sub(10)..] {
            let at = look.started.whole_second();
            let seen = incident.look(metric, at, Duration::ZERO);
            let number = |number: &f64| {
                if number.is_infinite() {
                    "+Inf".to_owned()
                } else {
                    number.to_string()
                }
            };
            let numbers: Vec<String> = seen.numbers.iter().flatten().map(number).collect();
            let value = if seen.phase == Phase::Error {
                String::new()
            } else {
                format!("    value: '[{}]'\n", numbers.join(","))
            };
            let (phase, at) = (seen.phase, moment(at));
            write!(
                text,
                "    - phase: {phase}\n      startedAt: {at}\n      finishedAt: {at}\n  {value}"
            )
            .unwrap();
            kept += 1;
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    (text, kept)
}

#[test]
fn our_own_run_shown_as_a_status_agrees_with_itself() {
    let recording = recording();
    let truth = GroundTruth::beside(&inside("data/highload-deploys"), &recording).unwrap();
    let (mut runs, mut measurements) = (0, 0);
    for file in ["policy.yaml", "strict.yaml", "typical.yaml"] {
        let policy = policy(file);
        let mut incident = Incident::new(
            &policy,
            &recording.layout,
            &recording.samples,
            &options().settings,
        )
        .unwrap();
        for deployment in &truth.deployments {
            let from = deployment.at.whole_second();
            let until = deployment.until.min(from + Duration::from_mins(10));
            let (text, kept) = exported(&policy, &mut incident, from, until);
            let laid = laid(&policy, &recording, &text);
            let found = laid.differences();
            assert!(found.is_empty(), "{file} {}: {found:#?}\n{text}", deployment.id);
            assert_eq!(laid.measurements(), (kept, kept));
            (runs, measurements) = (runs + 1, measurements + kept);
        }
    }
    assert_eq!(runs, 210);
    assert!(measurements > 2000, "{measurements}");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let (policy, recording) = (policy("policy.yaml"), recording());
    let errors = |text: &str| -> Vec<String> {
        let (theirs, mut findings) = read(text);
        if !findings.iter().any(|finding| finding.severity == Severity::Error) {
            findings.extend(against::lay(&policy, &recording, &theirs, &options(), &|_| None).1);
        }
        let errors = findings
            .into_iter()
            .filter(|finding| finding.severity != Severity::Note);
        errors.map(|finding| finding.message).collect()
    };
    let run = "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisRun\nmetadata: {name: r}\n";
    for (text, wanted) in [
        (String::new(), "there is no AnalysisRun, Rollout or Canary in this file"),
        ("kind: Service".to_owned(), "there is no AnalysisRun, Rollout or Canary in this file"),
        ("a: 1".to_owned(), "this is no Kubernetes object: it has no kind"),
        (run.to_owned(), "r has no status"),
        (format!("{run}status: {{phase: Running}}"), "r does not tell when it began"),
        (
            format!("{run}status: {{startedAt: yesterday}}"),
            "expected a moment such as 2026-03-01T10:00:00Z, found a string 'yesterday'",
        ),
        (
            format!("{run}status: {{startedAt: 2025-10-11T16:25:46Z, metricResults: [{{name: other}}]}}"),
            "r: the policy online-store has no analysis with all of its metrics",
        ),
        (
            format!("{run}status: {{startedAt: 2019-10-11T16:25:46Z}}"),
            "r: the recording holds nothing of its time",
        ),
        (
            "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: c}\nstatus: {phase: Initialized}".to_owned(),
            "a Canary in phase \"Initialized\" tells of no release that could be compared",
        ),
        (
            "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: c}\nstatus: {phase: Failed}".to_owned(),
            "Canary c: it is not known when it began",
        ),
    ] {
        assert_eq!(errors(&text), [wanted], "{text}");
    }
}

/// `kubectl get analysisruns,rollouts` gives those of a whole namespace.
#[test]
fn what_belongs_to_other_rollouts_is_left_aside() {
    let (policy, recording) = (policy("policy.yaml"), recording());
    let other = "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisRun\nmetadata: {name: a, ownerReferences: [{kind: Rollout, \
                 name: basket}]}\nstatus: {phase: Successful, startedAt: 2025-10-11T16:25:46Z, metricResults: [{name: x}]}\n---\n\
                 apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: search}\nstatus: {phase: Healthy}\n---\n\
                 kind: Service\napiVersion: v1\n---\n";
    let (theirs, notes) = read(&format!("{other}{}", status()));
    assert_eq!((theirs.runs.len(), theirs.endings.len(), notes.len()), (2, 2, 1));
    let (laid, findings) = against::lay(&policy, &recording, &theirs, &options(), &|_| None);
    assert_eq!((laid.runs.len(), laid.endings.len()), (1, 1));
    assert!(laid.differences().is_empty());
    let said: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        said,
        ["left aside, as of other rollouts than online-store: basket, search"]
    );
}

/// d049 of the recording, 2025-10-11 16:25:45 UTC, is rolled back after 2m30s.
#[test]
fn a_canary_of_flagger_is_compared_by_its_end() {
    let (policy, recording) = (policy("policy.yaml"), recording());
    let from = Timestamp::from_secs(1_760_199_945);
    let compared = |phase: &str, at: &str| {
        let text = format!(
            "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {{name: c}}\nstatus: {{phase: {phase}, \
             lastTransitionTime: \"{at}\"}}"
        );
        let over = |_| {
            let until = from + Duration::from_mins(20);
            Some(against::Over { from, until })
        };
        let (laid, _) = against::lay(&policy, &recording, &read(&text).0, &options(), &over);
        let found = laid
            .differences()
            .iter()
            .map(|difference| difference.what)
            .collect::<Vec<_>>();
        (found, laid.endings[0].ours.clone())
    };
    let ours = "rolled back 2m30s after its start by mean-latency".to_owned();
    assert_eq!(compared("Failed", "2025-10-11T16:28:16Z"), (vec![], ours.clone()));
    assert_eq!(
        compared("Failed", "2025-10-11T16:29:16Z"),
        (vec![What::End], ours.clone())
    );
    assert_eq!(
        compared("Succeeded", "2025-10-11T16:35:45Z"),
        (vec![What::Ending], ours)
    );
    let running = "still running".to_owned();
    assert_eq!(compared("Progressing", "2025-10-11T16:27:00Z"), (vec![], running));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Lines of a real status, left out, doubled, cut and mixed with other words: never a panic.
    #[test]
    fn no_status_makes_it_panic(edits in prop::collection::vec((0_usize..140, 0_u8..5, "[ -~]{0,12}"), 1..12)) {
        use std::sync::LazyLock;
        static GIVEN: LazyLock<(Policy, Recording, String)> =
            LazyLock::new(|| (policy("policy.yaml"), recording(), status()));
        let (policy, recording, status) = &*GIVEN;
        let mut lines: Vec<String> = status.lines().map(str::to_owned).collect();
        for (line, way, word) in edits {
            let line = line % lines.len();
            match way {
                0 => drop(lines.remove(line)),
                1 => lines.insert(line, lines[line].clone()),
                2 => {
                    let key = lines[line].split(':').next().unwrap_or("").to_owned();
                    lines[line] = format!("{key}: {word}");
                }
                3 => lines[line].push_str(&word),
                _ => lines[line] = lines[line].replace("2025-10-11", "2025-10-12").replace("16:2", "17:5"),
            }
        }
        let (theirs, _) = read(&lines.join("\n"));
        let (laid, _) = against::lay(policy, recording, &theirs, &options(), &|_| None);
        let (compared, agreeing) = laid.measurements();
        prop_assert!(agreeing <= compared);
    }
}

#[cfg(feature = "cli")]
mod command {
    use std::process::Command;

    use super::inside;

    fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
        let told = Command::new(env!("CARGO_BIN_EXE_coalmine"))
            .current_dir(inside(""))
            .env_clear()
            .env("COLUMNS", "160")
            .args([
                "replay",
                "data/highload-deploys",
                "--policy",
                "data/highload-deploys/policy.yaml",
            ])
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (told.status.code(), text(told.stdout), text(told.stderr))
    }

    const STATUS: &str = "tests/against/status.yaml";

    #[test]
    fn the_exit_code_says_whether_they_differ() {
        let (code, out, err) = run(&["--against", STATUS, "--promql-compat", "2"]);
        assert_eq!(code, Some(0), "{err}");
        assert!(out.contains("No difference.\n"), "{out}");
        assert!(
            out.contains("8 measurements compared: 8 agree, 0 differ; times agree up to 2s."),
            "{out}"
        );
        let (code, out, _) = run(&["--against", STATUS]);
        assert_eq!(code, Some(1));
        let first = "First difference: online-store-6f5d9c7b84-2, check error-share, measurement 3, 2025-10-11 16:27:46 \
                     UTC (status.yaml:62): value.";
        assert!(out.contains(first), "{out}");
        assert!(
            out.contains("may be semantics: a server of Prometheus 2 (--promql-compat 2)"),
            "{out}"
        );
        for (arguments, wanted) in [
            (
                vec!["--against", "data/highload-deploys/policy.yaml"],
                "online-store has no status",
            ),
            (vec!["--against", "nowhere.yaml"], "nowhere.yaml"),
            (
                vec!["--against", STATUS, "--within", "0s"],
                "expected a length of time above zero",
            ),
            (
                vec![
                    "--against",
                    STATUS,
                    "--policy",
                    "data/highload-deploys/strict.yaml",
                ],
                "a status is of one policy: these are 2",
            ),
        ] {
            let (code, _, err) = run(&arguments);
            assert_eq!(code, Some(2), "{err}");
            assert!(err.contains(wanted), "{err}");
        }
    }

    #[test]
    fn every_form_says_the_same() {
        let (code, out, _) = run(&["--against", STATUS, "--out", "json=-"]);
        assert_eq!(code, Some(1));
        let page: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            [&page["compared"], &page["agreeing"], &page["differing"]],
            [8, 6, 2]
        );
        assert_eq!(page["first"]["what"], "value");
        assert_eq!(page["runs"][0]["differences"].as_array().unwrap().len(), 3);
        let (_, out, _) = run(&["--against", STATUS, "--out", "md=-"]);
        assert!(
            out.contains("| online-store-6f5d9c7b84-2 | 2025-10-11 16:25:46 | 8 | 6 |"),
            "{out}"
        );
        assert!(out.contains("First difference"), "{out}");
        if cfg!(feature = "charts") {
            let (code, out, _) = run(&["--against", STATUS, "--out", "html=-"]);
            assert_eq!(code, Some(1));
            assert!(
                out.starts_with("<!doctype html>") && out.contains("First difference"),
                "{out}"
            );
            assert!(!out.contains("<script") && !out.contains("http"), "asks nobody");
        }
    }
}
