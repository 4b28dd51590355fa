//! What people do by hand, at the second they come.

use coalmine::controller::argo::{AbortedBy, What};
use coalmine::controller::cluster::Version;
use coalmine::simulator::Ending;
use coalmine::units::{Duration, Timestamp};

use super::{CANARY, edited, visited, visited_after};
use crate::case::{Case, said};
use crate::story::{moment, restored, shares, since_start, told};
use crate::table::{Claim, Word};

const HOUR: Duration = Duration::from_mins(60);
/// Three minutes into the first pause, which ends at 5m20s.
const SOON: Timestamp = Timestamp::from_secs(181);

pub fn claims(case: &Case) -> Vec<Claim> {
    vec![
        promote(),
        skip(case),
        abort(),
        pause(),
        resume(),
        undo(),
        undo_promoted(),
        undo_to_revision(),
    ]
}

/// Shares until the canary has a quarter of the requests.
fn early(case: &Case) -> Vec<(Timestamp, f64)> {
    shares(case, "plain").into_iter().take(2).collect()
}

fn promote() -> Claim {
    let case = visited(CANARY, &["plain"], "promotes at 3m", HOUR);
    let early = early(&case);
    Claim {
        says: "\"Promote to next step\": `promote`",
        does:
            "ends the pause at once, whatever the gates have seen by then; outside a pause it skips the step"
                .into(),
        figure: format!("plain, promoted at 3m: {} (nobody: from 5m21s)", told(&early)),
        trial: case.address("plain", None),
        word: Word::kept(early[1] == (SOON, 0.25)),
    }
}

fn skip(case: &Case) -> Claim {
    let skipped = visited(CANARY, &["errors-10"], "skips the step at 2m", HOUR);
    let back = skipped.ended("errors-10", Ending::RolledBackByCheck);
    Claim {
        says: "\"Skip analysis and promote\": `promote --skip-current-step`",
        does: "it skips the pause; gates in the background look on, and roll back as they would have, from a larger \
               weight. Only where the current step is an analysis is one skipped. The flag is deprecated, \
               [`promote` alone does the same](https://github.com/argoproj/argo-rollouts/blob/master/pkg/kubectl-argo-rollouts/cmd/promote/promote.go)"
            .into(),
        figure: format!(
            "errors 10 %, skipped at 2m: rolled back by a gate in {}, requests harmed, expected: {} instead of {}",
            back.said(),
            skipped.harmed("errors-10"),
            case.harmed("errors-10")
        ),
        trial: skipped.address("errors-10", back.first),
        word: Word::kept(back.count == 0),
    }
}

fn abort() -> Claim {
    let case = visited(CANARY, &["plain"], "aborts at 3m", HOUR);
    let nothing = shares(&case, "plain")
        .into_iter()
        .find(|(_, share)| *share == 0.0);
    let gone = moment(&case, "plain", |what| {
        matches!(
            what,
            What::PodsScaled {
                version: Version::NEW,
                to: 0,
                ..
            }
        )
    });
    let again = visited(CANARY, &["plain"], "aborts at 3m; retries after 5m", HOUR);
    let promoted = again.ended("plain", Ending::Promoted);
    let shares = shares(&again, "plain");
    Claim {
        says: "\"Abort rollout (triggers rollback)\", \"Force abort if stuck\": `abort`",
        does: "back to stable with the next pass. But the Rollout still holds the new version: a `retry`, or a patch \
               of its steps, begins it again from 10 %; only `undo`, or the old image, ends it"
            .into(),
        figure: format!(
            "plain, aborted at 3m: nothing from {}, pods deleted at {}; retried at 8m: {}, promoted in {}",
            since_start(nothing.unwrap().0),
            since_start(gone.unwrap()),
            told(&shares[2..3]),
            promoted.said()
        ),
        trial: case.address("plain", None),
        word: Word::kept(nothing == Some((SOON, 0.0))),
    }
}

fn pause() -> Claim {
    let case = visited(CANARY, &["plain", "errors-10"], "pauses at 2m", HOUR);
    let waiting = case.ended("plain", Ending::Waiting);
    let back = case.ended("errors-10", Ending::RolledBackByCheck);
    Claim {
        says: "\"Pause rollout (manual intervention required)\": `pause`",
        does: "weight and pods stay; the gates look on and still roll back".into(),
        figure: format!(
            "paused at 2m; plain: {}, waiting after an hour in {}; errors 10 %: rolled back in {}",
            told(&shares(&case, "plain")),
            waiting.said(),
            back.said()
        ),
        trial: case.address("plain", waiting.first),
        word: Word::kept(waiting.is_usual() && back.is_usual()),
    }
}

fn resume() -> Claim {
    let case = visited(CANARY, &["plain"], "pauses at 3m; resumes at 20m", HOUR);
    Claim {
        says: "\"Resume paused rollout\": `kubectl argo rollouts resume`",
        does: "[the plugin has no such command](https://argoproj.github.io/argo-rollouts/generated/kubectl-argo-rollouts/kubectl-argo-rollouts/). \
               `promote` ends the pause, and so does a patch of `spec.paused` to false; the step's own 5m have run \
               meanwhile, so the next weight comes at once"
            .into(),
        figure: format!(
            "plain, paused at 3m, `spec.paused: false` at 20m: {}",
            told(&early(&case))
        ),
        trial: case.address("plain", None),
        word: Word::Broken,
    }
}

fn undo() -> Claim {
    let case = visited(CANARY, &["plain"], "undoes at 3m", HOUR);
    let nothing = shares(&case, "plain")
        .into_iter()
        .find(|(_, share)| *share == 0.0);
    let aborted = moment(&case, "plain", |what| {
        matches!(what, What::Aborted(AbortedBy::Person))
    });
    Claim {
        says: "\"Immediate rollback during active rollout\": `abort`, or `undo`",
        does: "`undo` sets the old template again: stable at once, without steps, and nothing is left to retry. It goes to \
               [the revision before](https://github.com/argoproj/argo-rollouts/blob/master/pkg/kubectl-argo-rollouts/cmd/undo/undo.go), \
               not to the stable one: after an aborted release that nobody undid, that is the aborted one"
            .into(),
        figure: format!(
            "plain, undone at 3m: nothing from {}",
            since_start(nothing.unwrap().0)
        ),
        trial: case.address("plain", None),
        word: Word::kept(nothing == Some((SOON, 0.0)) && aborted.is_none()),
    }
}

/// Harm begins 5 minutes after promotion; somebody undoes 15 minutes later.
fn undo_promoted() -> Claim {
    const WORLD: &str = "after-promotion";
    let (people, horizon) = ("undoes at 40m", Duration::from_mins(120));
    let slow = visited(CANARY, &[WORLD], people, horizon);
    let window = edited(
        "spec:\n  replicas: 4\n",
        "spec:\n  rollbackWindow: {revisions: 1}\n  replicas: 4\n",
    );
    let fast = visited_after(CANARY, &[WORLD], people, horizon, &window);
    let back: Vec<(Timestamp, f64)> = shares(&slow, WORLD)
        .into_iter()
        .filter(|(at, _)| since_start(*at) > Duration::from_mins(40))
        .collect();
    assert_eq!(back.len(), 5, "four weights and nothing");
    Claim {
        says: "\"Rollback to previous stable version\", \"Quick rollback to last known good version\": `undo`",
        does: "of a promoted release it is a rollout like any other: the old version comes back as a canary through \
               all weights and pauses, and the bad one keeps the rest. `rollbackWindow: {revisions: 1}` in the \
               Rollout skips them. A second `undo` leads to the bad version again"
            .into(),
        figure: format!(
            "harm from 26m20s, undone at 40m: the bad version has {}; until it has nothing {}, requests harmed, \
             expected: {}; with the window {}, {}: {} fewer",
            told(&back),
            restored(&slow, WORLD),
            slow.harmed(WORLD),
            restored(&fast, WORLD),
            fast.harmed(WORLD),
            said(&slow.harms_more(&fast, WORLD))
        ),
        trial: slow.address(WORLD, None),
        word: Word::Broken,
    }
}

/// The release is the way back.
fn undo_to_revision() -> Claim {
    let back = |window: &str| {
        let window = format!("spec:\n{window}  replicas: 4\n");
        Case::play(CANARY, &["plain"], 20, |text| {
            text.replace("spec:\n  replicas: 4\n", &window)
                .replace("  service:\n", "  release: {revisionsBack: 2}\n  service:\n")
        })
        .promotion("plain")
    };
    let [none, one, two] = [
        "",
        "  rollbackWindow: {revisions: 1}\n",
        "  rollbackWindow: {revisions: 2}\n",
    ]
    .map(back);
    Claim {
        says: "\"Rollback to specific revision\": `undo --to-revision=3`",
        does: "it goes there, through all weights and gates; `rollbackWindow` skips them if it reaches so far back".into(),
        figure: format!(
            "two revisions back: all traffic after {none}; with `revisions: 1` after {one}, with `revisions: 2` after {two} \
             (median)"
        ),
        trial: String::new(),
        word: Word::Kept,
    }
}
