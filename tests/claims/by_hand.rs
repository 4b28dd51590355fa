//! What the plan of three services lets people do by hand.

use coalmine::controller::argo::What;
use coalmine::controller::cluster::Version;
use coalmine::experiment::Request;
use coalmine::simulator::Ending;
use coalmine::units::Duration;

use crate::case::Case;
use crate::services::{SEEDS, Service};
use crate::story::{moment, restored, shares, since_start, told};
use crate::table::{Claim, Word};

const LATE: &str = "after-promotion";

/// All that is promised for the three alike.
pub fn claims(service: &Service) -> Vec<Claim> {
    vec![
        abort(service),
        undo(service),
        override_analysis(service),
        probes(service),
    ]
}

fn visited(service: &Service, world: &str, people: &str, horizon: Duration) -> Case {
    let asks = Request {
        operator: Some(people.to_owned()),
        horizon: Some(horizon),
        ..Request::default()
    };
    let [case] = Case::together([(service.folder, &str::to_owned)], &[world], SEEDS, asks);
    case
}

fn abort(service: &Service) -> Claim {
    let case = visited(service, "plain", "aborts at 3m", Duration::from_mins(60));
    let none = shares(&case, "plain")
        .into_iter()
        .find(|(_, share)| *share == 0.0);
    let none = since_start(none.unwrap().0);
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
    Claim {
        says: "\"Abort ongoing rollout\": `abort`",
        does: "stable has all traffic with the next pass. The Rollout still holds the new version: a `retry` begins it \
               again"
            .into(),
        figure: format!(
            "plain, aborted at 3m: nothing from {none}, pods deleted at {}",
            since_start(gone.unwrap())
        ),
        trial: case.address("plain", None),
        word: Word::kept(none == Duration::from_secs(181)),
    }
}

/// Harm begins 5 minutes after promotion; somebody undoes a quarter of an hour later.
fn undo(service: &Service) -> Claim {
    let horizon = Duration::from_mins(150);
    let case = visited(service, LATE, "undoes at 50m", horizon);
    let back: Vec<_> = shares(&case, LATE)
        .into_iter()
        .filter(|(at, _)| since_start(*at) > Duration::from_mins(50))
        .collect();
    Claim {
        says: "\"Rollback to previous version\": `undo`; \"Revision History: Keep last 3-5 revisions for quick rollback\"",
        does: "during a rollout it is as quick as an abort; of a promoted release the old version comes back through all \
               weights and pauses, unless `rollbackWindow` lets it skip them"
            .into(),
        figure: format!(
            "harm 5m after promotion, undone at 50m: the bad version has {}, until it has nothing {}",
            told(&back),
            restored(&case, LATE)
        ),
        trial: case.address(LATE, None),
        word: Word::Broken,
    }
}

fn override_analysis(service: &Service) -> Claim {
    let case = visited(
        service,
        "errors-10",
        "skips the step at 1m",
        Duration::from_mins(60),
    );
    let back = case.ended("errors-10", Ending::RolledBackByCheck);
    Claim {
        says: "\"Promote canary manually (override analysis)\": `promote --skip-current-step`",
        does: "it skips a pause; the analysis runs beside the steps and rolls back all the same. `promote --full` is what \
               overrides it"
            .into(),
        figure: format!("errors 10 %, skipped at 1m: rolled back by a check in {}", back.said()),
        trial: case.address("errors-10", back.first),
        word: Word::kept(back.count == 0),
    }
}

fn probes(service: &Service) -> Claim {
    let case = Case::play(service.folder, &["never-ready"], SEEDS, str::to_owned);
    let hangs = case.ended("never-ready", Ending::Running);
    let harmed = case.harm("never-ready");
    Claim {
        says: "\"Health Probes: … prevent unhealthy pods from receiving traffic\"",
        does: "they do; the rollout then waits for its pods, shows Degraded after ten minutes \
               (`progressDeadlineSeconds`), and goes on waiting: `progressDeadlineAbort` is not set"
            .into(),
        figure: format!(
            "never ready: no request harmed in any trial, still running at the horizon in {}",
            hangs.said()
        ),
        trial: case.address("never-ready", hangs.first),
        word: Word::kept(harmed.high == 0.0),
    }
}
