//! Blue-green rollouts from manifests to the ending of trials.

use std::fs;
use std::path::Path;

use coalmine::diagnostic::Documents;
use coalmine::experiment::{Prepared, Request, Results, Seeds, prepare};
use coalmine::report::story::story;
use coalmine::scenario::inference::Reads;
use coalmine::simulator::{Ending, Happening, Outcome};
use coalmine::units::{Duration, Share, Timestamp};

/// The manifests of a folder of `tests/manifests`, and more documents.
fn documents(folder: &str, more: &[&str]) -> Documents {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests");
    let mut paths: Vec<_> = fs::read_dir(root.join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut documents = Documents::default();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        documents.add(name, fs::read_to_string(&path).unwrap());
    }
    for (n, text) in more.iter().enumerate() {
        documents.add(format!("more-{n}.yaml"), *text);
    }
    documents
}

fn prepared(documents: &Documents, worlds: &[&str], operator: Option<&str>) -> Prepared {
    let request = Request {
        worlds: worlds.iter().map(|&world| world.to_owned()).collect(),
        operator: operator.map(str::to_owned),
        ..Request::default()
    };
    let prepared = prepare(documents, &Documents::default(), &request);
    assert_eq!(prepared.refused, 0, "{:?}", prepared.findings);
    prepared
}

fn played(prepared: &Prepared, count: u64) -> Results {
    prepared.plan.play(&Seeds::first(count)).unwrap()
}

fn told(documents: &Documents, prepared: &Prepared, seed: u64) -> (Outcome, Vec<Happening>, String) {
    let (outcome, happenings) = prepared.plan.replay(0, 0, seed).unwrap();
    let policy = &prepared.plan.policies[0].policy;
    let story = story(documents, policy, &happenings, &outcome);
    (outcome, happenings, story)
}

fn shares(happenings: &[Happening]) -> Vec<(i64, Share)> {
    let share = |happening: &Happening| match happening {
        Happening::ShareIs(at, share) => Some((at.as_millis() / 1000, *share)),
        _ => None,
    };
    happenings.iter().filter_map(share).collect()
}

fn messages(prepared: &Prepared) -> Vec<&str> {
    prepared
        .findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect()
}

/// All users switch at once and back at once: pods are ready after 20 s, the router takes 1 s, and the time to restore
/// is what it takes.
#[test]
fn the_switch_is_all_or_nothing() {
    let documents = documents("17-blue-green-after", &[]);
    let harmful = prepared(&documents, &["errors-10"], None);
    for outcome in played(&harmful, 20).cell(0, 0) {
        assert_eq!(outcome.ending, Ending::RolledBackByCheck);
        assert_eq!(outcome.truth.onset, Some(Timestamp::from_secs(21)));
        assert_eq!(outcome.restore, Some(Duration::from_secs(1)));
        // 50 requests a second, a tenth of them harmed more than before, from the switch to the way back.
        let exposed = (outcome.rolled_back_at.unwrap() - Timestamp::from_secs(20)).as_secs_f64();
        let usual = 50.0 * 0.1 * exposed;
        assert!(
            (0.4 * usual..1.8 * usual).contains(&outcome.blast_radius),
            "{} of about {usual}",
            outcome.blast_radius
        );
    }
    let (_, happenings, story) = told(&documents, &harmful, 1);
    let shares = shares(&happenings);
    assert!(shares.contains(&(21, Share::ALL)), "{shares:?}");
    assert!(
        shares
            .iter()
            .all(|(_, share)| [Share::NONE, Share::ALL].contains(share))
    );
    assert_eq!(shares.last().unwrap().1, Share::NONE);
    for words in [
        "the preview Service selects the canary",
        "the switch: the active Service selects the canary",
        "analysis run 1 starts: the analysis after the switch",
        "rolls back: success-rate is Failed",
        "the switch: the active Service selects the stable version",
    ] {
        assert!(story.contains(words), "{words}\n{story}");
    }
    let harmless = prepared(&documents, &["plain"], None);
    let promoted = |outcome: &&Outcome| outcome.ending == Ending::Promoted;
    assert!(played(&harmless, 20).cell(0, 0).iter().filter(promoted).count() >= 19);
}

/// A query by the active Service reads what serves users; its author is told that nothing else is.
#[test]
fn what_a_check_reads_is_told() {
    let after = prepared(&documents("17-blue-green-after", &[]), &["plain"], None);
    let reading = &after.readings[0][0];
    assert_eq!(reading.reads, Reads::Active);
    assert!(reading.conclusions[0].contains("the canary after it"));
    assert!(
        !messages(&after)
            .iter()
            .any(|message| message.contains("tells the canary"))
    );

    let before = prepared(&documents("18-blue-green-by-hand", &[]), &["plain"], None);
    assert_eq!(before.readings[0][0].reads, Reads::CanaryOnly);
    assert!(
        messages(&before)
            .iter()
            .any(|message| message.contains("only probes reach the canary"))
    );
}

/// Before the switch nobody sends requests to the canary: there is nothing to judge, and nobody is harmed. Probes
/// make something to judge, and harm nobody either.
#[test]
fn the_preview_has_no_users() {
    let documents = documents("18-blue-green-by-hand", &[]);
    let harmful = prepared(&documents, &["errors-10"], None);
    for outcome in played(&harmful, 10).cell(0, 0) {
        // Five errors in a row: the query's answer is empty.
        assert_eq!(outcome.ending, Ending::RolledBackBeforeOnset);
        assert_eq!((outcome.blast_radius, outcome.checks[0].errors), (0.0, 5));
    }
    let scenario = "apiVersion: coalmine/v1\nkind: Scenario\nmetadata: {name: probed}\nspec:\n  traffic: {probes: 20}\n  \
                    release: {faults: [{errors: 10%}]}\n";
    let documents = self::documents("18-blue-green-by-hand", &[scenario]);
    let probed = prepared(&documents, &["probed"], None);
    let blind = |message: &&str| message.contains("only probes reach the canary");
    assert!(!messages(&probed).iter().any(blind));
    for outcome in played(&probed, 10).cell(0, 0) {
        assert_eq!(outcome.blast_radius, 0.0);
        assert!(
            outcome.checks[0].failed + outcome.checks[0].errors > 0,
            "{outcome:?}"
        );
    }
    let failed: u32 = played(&probed, 10)
        .cell(0, 0)
        .iter()
        .map(|outcome| outcome.checks[0].failed)
        .sum();
    assert!(failed >= 5, "{failed}");
}

/// Nobody promotes: the switch never comes. A person who does is waited for.
#[test]
fn a_switch_by_hand_waits_for_the_hand() {
    let scenario =
        "apiVersion: coalmine/v1\nkind: Scenario\nmetadata: {name: probed}\nspec:\n  traffic: {probes: 50}\n";
    let documents = documents("18-blue-green-by-hand", &[scenario]);
    let alone = prepared(&documents, &["probed"], None);
    let waiting = played(&alone, 10);
    assert!(
        waiting
            .cell(0, 0)
            .iter()
            .all(|outcome| outcome.ending == Ending::Waiting),
        "{:?}",
        waiting.cell(0, 0)[0]
    );
    let promoted = prepared(&documents, &["probed"], Some("promotes after 5m..15m"));
    let results = played(&promoted, 10);
    let waited: Vec<i64> = results
        .cell(0, 0)
        .iter()
        .map(|outcome| {
            assert_eq!((outcome.ending, outcome.waits), (Ending::Promoted, 1));
            outcome.waited.as_millis() / 1000
        })
        .collect();
    assert!(
        waited.iter().all(|waited| (300..=900).contains(waited)),
        "{waited:?}"
    );
    assert!(waited.iter().max() > waited.iter().min());
}

/// The trap of the controller: a person pauses the rollout, the analysis after the switch fails, the new pods go while
/// the active Service still selects them.
#[test]
fn a_pause_at_the_wrong_moment_is_an_outage() {
    let documents = documents("17-blue-green-after", &[]);
    let paused = prepared(&documents, &["errors-10"], Some("pauses at 1m"));
    let (outcome, happenings, story) = told(&documents, &paused, 1);
    assert_eq!(outcome.ending, Ending::RolledBackByCheck);
    assert_eq!(outcome.restore, None, "{story}");
    let decided = outcome.rolled_back_at.unwrap();
    // abortScaleDownDelaySeconds is 120.
    let out = happenings.iter().find_map(|happening| match happening {
        Happening::Outage(at, true) => Some(*at),
        _ => None,
    });
    assert_eq!(out, Some(decided + Duration::from_secs(120)), "{story}");
    assert!(story.contains("an outage"), "{story}");
    let horizon = paused.plan.worlds[0].horizon;
    let lost = 50.0 * (Timestamp::ZERO + horizon - out.unwrap()).as_secs_f64();
    assert!(
        outcome.blast_radius > 0.5 * lost,
        "{} of about {lost}",
        outcome.blast_radius
    );
    // A retry brings the pods back.
    let retried = prepared(
        &documents,
        &["errors-10"],
        Some("pauses at 1m; retries after 10m"),
    );
    let (_, happenings, story) = told(&documents, &retried, 1);
    let ends = |happening: &Happening| matches!(happening, Happening::Outage(_, false));
    assert!(happenings.iter().any(ends), "{story}");
}

/// A smoke test that fails keeps users where they are.
#[test]
fn a_job_before_the_switch_holds_it() {
    let scenario = "apiVersion: coalmine/v1\nkind: Scenario\nmetadata: {name: red}\nspec:\n  providers: [{check: smoke-tests, phase: Failed}]\n  \
                    release: {faults: [{errors: 10%}]}\n";
    let documents = documents("16-blue-green-job", &[scenario]);
    let red = prepared(&documents, &["red", "errors-10"], None);
    let results = played(&red, 5);
    for outcome in results.cell(0, 0) {
        assert_eq!(outcome.ending, Ending::RolledBackBeforeOnset);
        assert_eq!(outcome.blast_radius, 0.0);
    }
    // The same job passes where nothing is stated: 1 pod, the job, a minute of pause, then all pods, then the switch.
    for outcome in results.cell(0, 1) {
        assert_eq!(outcome.ending, Ending::Promoted);
        assert_eq!(outcome.promoted_at, Some(Timestamp::from_secs(20 + 60 + 20)));
    }
}

/// What never becomes ready is never switched to; with `progressDeadlineAbort` the controller gives up, a second after the
/// deadline.
#[test]
fn a_deadline_ends_what_never_becomes_ready() {
    for (abort, ending, at) in [
        ("true", Ending::RolledBackByErrors, Some(Timestamp::from_secs(46))),
        ("false", Ending::Running, None),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/17-blue-green-after");
        let mut documents = Documents::default();
        for name in ["analysis.yaml", "rollout.yaml"] {
            let text = fs::read_to_string(folder.join(name)).unwrap();
            let spec = format!(
                "spec:\n  progressDeadlineSeconds: 45\n  progressDeadlineAbort: {abort}\n  replicas:"
            );
            documents.add(name, text.replacen("spec:\n  replicas:", &spec, 1));
        }
        for outcome in played(&prepared(&documents, &["never-ready"], None), 10).cell(0, 0) {
            assert_eq!((outcome.ending, outcome.rolled_back_at), (ending, at));
            assert_eq!(outcome.blast_radius, 0.0);
        }
    }
}

/// A check of the preview before the switch and of the active Service after it, in the shape most people write: what the
/// active Service shows are the pods that users reach, whichever version they are of.
#[test]
fn the_active_service_shows_whom_users_reach_before_and_after_the_switch() {
    let documents = documents("19-blue-green-both", &[]);
    let plan = prepared(&documents, &["plain", "errors-10"], Some("promotes after 10m"));
    let told = messages(&plan);
    assert!(
        !told.iter().any(|told| told.contains("label service alone")),
        "{told:?}"
    );
    let results = played(&plan, 10);
    for outcome in results.cell(0, 0) {
        assert_eq!(outcome.ending, Ending::Promoted, "a harmless release stays");
    }
    // Nobody asks the preview, so nothing is seen before the switch; five looks, a minute apart, see what follows. The error
    // ratio is twice the limit on average, and noise keeps few trials below it.
    let harmful = results.cell(0, 1).iter();
    let caught: Vec<&Outcome> = harmful
        .filter(|outcome| outcome.ending == Ending::RolledBackByCheck)
        .collect();
    assert!(caught.len() >= 8, "{}", caught.len());
    for outcome in caught {
        let seen = outcome.rolled_back_at.unwrap() - outcome.truth.onset.unwrap();
        assert!(seen <= Duration::from_mins(5), "{seen}");
    }
}

/// The plugin refuses to skip a step of what has none; it is told beforehand, and in the story when it happens.
#[test]
fn skipping_a_step_of_a_blue_green_is_refused() {
    let scenario =
        "apiVersion: coalmine/v1\nkind: Scenario\nmetadata: {name: probed}\nspec:\n  traffic: {probes: 50}\n";
    let documents = documents("18-blue-green-by-hand", &[scenario]);
    let warned = |operator: &str| {
        let prepared = prepared(&documents, &["probed"], Some(operator));
        let mut messages = prepared.findings.iter().map(|finding| &finding.message);
        let warned =
            messages.any(|message| message.contains("skips the step") && message.contains("refused"));
        let (outcome, _, story) = told(&documents, &prepared, 1);
        (warned, outcome.ending, story)
    };
    let (is_warned, ending, story) = warned("skips the step after 10m");
    assert!(is_warned);
    assert_eq!(ending, Ending::Waiting, "{story}");
    assert!(
        story.contains("a person skips the step: refused, for this rollout has none"),
        "{story}"
    );
    let (is_warned, ending, _) = warned("promotes after 10m");
    assert!(!is_warned);
    assert_eq!(ending, Ending::Promoted);
}
