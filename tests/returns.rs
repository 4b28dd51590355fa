//! Releases that return to an older version: what `rollbackWindow` spares them, and what the stable version costs meanwhile.

use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Prepared, Request, Seeds, prepare};
use coalmine::simulator::{Ending, Outcome};
use coalmine::units::{Duration, Timestamp};

const CANARY: &str = "canary:
      canaryService: shop-canary
      stableService: shop
      trafficRouting: { nginx: { stableIngress: shop } }
      steps: [{ setWeight: 20 }, { pause: { duration: 10m } }, { analysis: { templates: [{ templateName: look }] } }]";

const BLUE_GREEN: &str = "blueGreen:
      activeService: shop
      previewService: shop-preview
      prePromotionAnalysis: { templates: [{ templateName: look }] }";

fn policy(strategy: &str, spec: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{ name: shop }}
spec:
  replicas: 2
{spec}
  strategy:
    {strategy}
  selector: {{ matchLabels: {{ app: shop }} }}
  template: {{ metadata: {{ labels: {{ app: shop }} }} }}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{ name: look }}
spec:
  metrics:
    - name: look
      interval: 1m
      count: 3
      failureCondition: len(result) > 0 && result[0] > 0.5
      provider:
        prometheus:
          address: http://prometheus:9090
          query: sum(rate(http_requests_total{{service=~\"shop-(canary|preview)\",status=~\"5..\"}}[2m]))
"
    )
}

fn prepared(policy: &str, spec: &str) -> Prepared {
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy);
    let text =
        format!("apiVersion: coalmine/v1\nkind: Scenario\nmetadata: {{ name: return }}\nspec:\n{spec}");
    documents.add("scenario.yaml", text);
    let request = Request {
        worlds: vec!["return".to_owned()],
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    assert_eq!(prepared.refused, 0, "{:#?}", prepared.findings);
    let wrong = prepared
        .findings
        .iter()
        .find(|finding| finding.severity == Severity::Error);
    assert!(wrong.is_none(), "{wrong:?}");
    prepared
}

fn played(policy: &str, spec: &str) -> Vec<Outcome> {
    let seeds = Seeds::first(20);
    let results = prepared(policy, spec).plan.play(&seeds).unwrap();
    results.cell(0, 0).to_vec()
}

/// The stable version fails a fifth of its requests; the release goes back by so many revisions.
fn back(revisions: u32) -> String {
    format!(
        "  release: {{ revisionsBack: {revisions} }}
  disturbances: [{{ name: bad stable, arms: [stable], errors: 20%, length: 24h, within: 0s }}]\n"
    )
}

/// Pods are ready after 20 s. A return by two revisions passes over one: inside a window of two it is promoted at once,
/// outside it takes its ten minutes and the analysis.
#[test]
fn a_window_spares_the_steps() {
    let promoted = |window: &str, revisions| -> Vec<Option<Timestamp>> {
        let outcomes = played(&policy(CANARY, window), &back(revisions));
        outcomes.iter().map(|outcome| outcome.promoted_at).collect()
    };
    let at_once = Some(Timestamp::from_secs(20));
    let two = "  rollbackWindow: { revisions: 2 }";
    assert_eq!(promoted(two, 1), [at_once; 20]);
    assert_eq!(promoted(two, 2), [at_once; 20]);
    // 20 s for the first pod, the pause, three looks a minute apart, 20 s for the second pod.
    let slowly = Some(Timestamp::from_secs(20 + 600 + 120 + 20));
    assert_eq!(promoted(two, 3), [slowly; 20]);
    assert_eq!(promoted(two, 0), [slowly; 20], "a new version is no return");
    assert_eq!(
        promoted("", 1),
        [slowly; 20],
        "without a window nothing is spared"
    );
}

/// A window that waits for what it skips.
#[test]
fn a_blue_green_return_may_never_be_switched_to() {
    let window = "  rollbackWindow: { revisions: 1 }";
    let hangs = policy(BLUE_GREEN, window);
    let ending =
        |outcomes: Vec<Outcome>| -> Vec<Ending> { outcomes.iter().map(|outcome| outcome.ending).collect() };
    assert_eq!(ending(played(&hangs, &back(1))), [Ending::Running; 20]);
    assert_eq!(ending(played(&hangs, &back(2))), [Ending::Promoted; 20]);
    assert_eq!(
        ending(played(&policy(BLUE_GREEN, ""), &back(1))),
        [Ending::Promoted; 20]
    );
    let warned = |policy: &str| {
        let found = prepared(policy, &back(1)).findings;
        let message = "a return to an older version inside this window is never switched to";
        found.iter().any(|finding| finding.message == message)
    };
    assert!(warned(&hangs));
    assert!(!warned(&policy(BLUE_GREEN, "")));
    assert!(!warned(&policy(CANARY, window)));
}

/// A person sets the old template again after a promotion: the version before is inside any window. How fast it is, and
/// what the promoted version does until it is gone, are the figures of any rollback.
#[test]
fn an_undo_after_promotion_is_timed_and_its_harm_counted() {
    let unlooked = CANARY.replace(", { analysis: { templates: [{ templateName: look }] } }", "");
    let harm = "  release: { faults: [{ errors: 20%, onset: { from: promotion } }] }
  people: [{ does: undoes, at: 15m }]\n";
    let of = |spec: &str| played(&policy(&unlooked, spec), harm);
    let (inside, outside) = (of("  rollbackWindow: { revisions: 1 }"), of(""));
    for (inside, outside) in inside.iter().zip(&outside) {
        for outcome in [inside, outside] {
            assert_eq!(outcome.ending, Ending::RolledBackByPerson);
            assert_eq!(outcome.rolled_back_at, Some(Timestamp::from_secs(900)));
        }
        // Pods of the old version have gone and take 20 s, the router a second more.
        let restore = inside.restore.expect("the old version is back");
        assert!(restore <= Duration::from_secs(21), "{restore}");
        let slowly = outside.restore.expect("the old version is back");
        assert!(slowly >= Duration::from_mins(10), "{slowly}");
        // Both harm a fifth of 50 requests a second from promotion to the undo; then one goes on for ten minutes at four
        // fifths of the traffic.
        let more = outside.blast_radius - inside.blast_radius;
        assert!((2400.0..9600.0).contains(&more), "{more} of about 4800");
    }
    // The way back has steps and looks of its own, and may itself be rolled back; that the release was undone stays.
    for outcome in played(&policy(CANARY, ""), harm) {
        assert_eq!(outcome.ending, Ending::RolledBackByPerson);
    }
}

#[test]
fn what_is_no_return_is_said() {
    let text = "apiVersion: coalmine/v1\nkind: Scenario\nspec: { release: { revisionsBack: 1000 } }\n";
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy(CANARY, ""));
    documents.add("scenario.yaml", text);
    let prepared = prepare(&documents, &Documents::default(), &Request::default());
    let said = prepared.findings.iter();
    assert!(
        said.clone()
            .any(|finding| finding.message.contains("at most 100 revisions")),
        "{:?}",
        prepared.findings
    );
}
