//! Emergencies.

use coalmine::experiment::Request;
use coalmine::simulator::Ending;
use coalmine::units::Duration;

use super::{BYPASS, CANARY, SEEDS, edited, visited};
use crate::case::{Case, said};
use crate::story::{caught, restored, shares, told};
use crate::table::{Claim, Word};

const WORLDS: [&str; 7] = [
    "plain",
    "cold-start",
    "incident",
    "noisy-neighbour",
    "errors-2",
    "errors-10",
    "latency-3",
];
const LATE: &str = "after-promotion";

/// The analysis of the canary, as its manifest has it.
const ANALYSIS: &str = "      analysis:
        templates:
          - templateName: slo-gates
        startingStep: 1
        args:
          - name: service-name
            value: inference-gateway-svc-canary
";

pub fn claims() -> Vec<Claim> {
    let without = edited(ANALYSIS, "      analysis: null\n");
    let [canary, bypass, blind] = Case::together(
        [
            (CANARY, &str::to_owned),
            (BYPASS, &str::to_owned),
            (CANARY, &without),
        ],
        &WORLDS,
        SEEDS,
        Request::default(),
    );
    vec![
        direct(&canary, &bypass),
        undone(),
        worth(&canary, &bypass),
        disabled(&canary, &blind),
        all_rollouts(),
    ]
}

fn direct(canary: &Case, bypass: &Case) -> Claim {
    let promoted = bypass.ended("errors-10", Ending::Promoted);
    let more = ["errors-2", "errors-10", "latency-3"].map(|world| {
        format!(
            "{}: {} instead of {}, {} more",
            bypass.world(world).scenario.name,
            bypass.harmed(world),
            canary.harmed(world),
            said(&bypass.harms_more(canary, world))
        )
    });
    Claim {
        says: "\"Bypass canary and go direct to stable\": `\"steps\":[{\"setWeight\":100}]`",
        does: "to the version in the Rollout, which is the new one: all traffic as soon as its pods serve, and \
               promoted in the same second. If it had been aborted before, it comes back: a change of the steps \
               begins anew and takes the abort off"
            .into(),
        figure: format!(
            "plain: {}; errors 10 %: promoted in {}; requests harmed until the horizon, expected: {}",
            told(&shares(bypass, "plain")),
            promoted.said(),
            more.join("; ")
        ),
        trial: bypass.address("errors-10", promoted.first),
        word: Word::kept(promoted.count == 0),
    }
}

/// Harm begins 5 minutes after promotion; somebody undoes 15 minutes later, through the steps as they are then.
fn undone() -> Claim {
    let horizon = Duration::from_mins(120);
    // Promoted at 20s here, at 21m20s with the canary.
    let fast = visited(BYPASS, &[LATE], "undoes at 19m", horizon);
    let slow = visited(CANARY, &[LATE], "undoes at 40m", horizon);
    let restored_fast = restored(&fast, LATE);
    Claim {
        says: "the same, of a release that was promoted and is undone first (\"Quick rollback to last known good \
               version\")",
        does: "then the version in the Rollout is the old one, and the patch is what makes its way back short: pods, \
               and all traffic at once"
            .into(),
        figure: format!(
            "harm 5m after promotion, undone some 14m later: until the bad version has nothing {restored_fast}; through the \
             steps of `../aivo-canary` {}",
            restored(&slow, LATE)
        ),
        trial: fast.address(LATE, None),
        word: Word::kept(fast.part(LATE, |outcome| outcome.restore.is_some()).is_usual()),
    }
}

fn worth(canary: &Case, bypass: &Case) -> Claim {
    let worlds = ["cold-start", "incident", "noisy-neighbour"];
    let kept = worlds.map(|world| {
        let name = &bypass.world(world).scenario.name;
        format!(
            "{name}: rolled back by the gates in {}",
            canary.rolled_back(world).said()
        )
    });
    Claim {
        says: "what the bypass is good for",
        does: "a fix that has to be there at once: it takes as long as a pod, and no gate can take a sound fix back in \
               the middle of the incident that it ends"
            .into(),
        figure: format!(
            "plain: promoted after {} instead of {} (median); with the canary, {}; with the bypass none",
            bypass.promotion("plain"),
            canary.promotion("plain"),
            kept.join("; ")
        ),
        trial: bypass.address("plain", None),
        word: Word::Open,
    }
}

fn disabled(canary: &Case, blind: &Case) -> Claim {
    let promoted = blind.ended("errors-10", Ending::Promoted);
    Claim {
        says: "\"Disable analysis for emergency deployment\": `\"analysis\":null`",
        does: "the steps remain, and nobody looks: 20 minutes of harm at 10 to 75 %, then all of it. As slow as the \
               canary and as blind as the bypass; the steps are of use only to a person who watches"
            .into(),
        figure: format!(
            "errors 10 %: promoted in {}; requests harmed until the horizon, expected: {} instead of {}, until the \
             canary gets nothing {}",
            promoted.said(),
            blind.harmed("errors-10"),
            canary.harmed("errors-10"),
            caught(blind, "errors-10")
        ),
        trial: String::new(),
        word: Word::Open,
    }
}

fn all_rollouts() -> Claim {
    let case = visited(CANARY, &[LATE], "aborts at 40m", Duration::from_mins(60));
    let promoted = case.ended(LATE, Ending::Promoted);
    Claim {
        says: "\"Script to rollback all active rollouts\": `for rollout in $(kubectl get rollouts … -o name)`, `abort \
               $rollout`",
        does: "`-o name` says `rollout.argoproj.io/NAME`, and [the plugin takes a bare name](https://github.com/argoproj/argo-rollouts/blob/master/pkg/kubectl-argo-rollouts/cmd/abort/abort.go): \
               a name with a slash is refused, nothing is aborted. With bare names it aborts what is under way; of a \
               release that was promoted an abort is taken back at once"
            .into(),
        figure: format!(
            "harm 5m after promotion, aborted 14m later: still there in {}, requests harmed until the horizon, \
             expected: {}",
            promoted.said(),
            case.harmed(LATE)
        ),
        trial: case.address(LATE, promoted.first),
        word: Word::kept(promoted.count == 0),
    }
}
