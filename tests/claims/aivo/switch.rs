//! The switch from blue to green.

use coalmine::controller::argo::blue_green::Service;
use coalmine::controller::argo::{Binding, What};
use coalmine::controller::cluster::Version;
use coalmine::simulator::{Ending, Outcome};
use coalmine::units::{Duration, Timestamp};

use super::{SEEDS, SWITCH, edited, visited, visited_after};
use crate::case::Case;
use crate::story::{caught, moment, restored};
use crate::table::{Claim, Word};
use crate::tallies::median;

/// Somebody who sits beside it: what the analyses and the switch do, without the waiting.
const AT_ONCE: &str = "promotes after 1m";
const HORIZON: Duration = Duration::from_mins(180);
const NIGHT: Duration = Duration::from_mins(60);

pub fn claims() -> Vec<Claim> {
    let worlds = ["plain", "errors-10", "latency-3", "half-load", "slow-leak"];
    let case = visited(SWITCH, &worlds, AT_ONCE, HORIZON);
    vec![
        pattern(&case),
        nobody_calls(),
        tests(&case),
        by_hand(),
        validate(&case),
        afterwards(),
        maintenance(&case),
    ]
}

fn pattern(case: &Case) -> Claim {
    let at = |is: &dyn Fn(&What) -> bool| moment(case, "plain", is).unwrap();
    let begun = at(&|what| matches!(what, What::RunStarted(_, Binding::PrePromotion)));
    let over = at(&|what| matches!(what, What::RunEnded(0, _)));
    let switched = at(&|what| matches!(what, What::Switched(Service::Active, Version::NEW)));
    let promoted = at(&|what| matches!(what, What::Promoted));
    Claim {
        says: "\"Blue (Current) → Green (Preview) → Switch → Validate\", \"Pre-promotion: 5 minutes\", \
               \"Post-promotion: 10 minutes\"",
        does: "so it is; blue's pods stay until green is promoted, and 30s more".into(),
        figure: format!(
            "plain: validated for {}, all traffic switched at once, validated for {} more",
            over - begun,
            promoted - switched
        ),
        trial: case.address("plain", None),
        word: Word::kept(
            over - begun == Duration::from_mins(5) && promoted - switched == Duration::from_mins(10),
        ),
    }
}

fn nobody_calls() -> Claim {
    let play = |edit: &dyn Fn(&str) -> String| visited_after(SWITCH, &["plain"], AT_ONCE, HORIZON, edit);
    let silent = play(&edited("probes: 5", "probes: 0"));
    let zeros = play(&|text| {
        let text = edited("probes: 5", "probes: 0")(text);
        edited(
            "  service:\n",
            "  observation: {countersStartAt: 0}\n  service:\n",
        )(&text)
    });
    let errors = silent.ended("plain", Ending::RolledBackByErrors);
    let failures = zeros.ended("plain", Ending::RolledBackByCheck);
    Claim {
        says: "\"Check pre-promotion analysis\"",
        does: "nobody calls the preview but who is told to: without calls there is no series, `result[0]` of nothing is \
               an error, and five in a row roll back; where series are there from the start, nothing divided by \
               nothing is NaN, which is not at least 99.5: a failure"
            .into(),
        figure: format!(
            "nothing wrong, nobody calls: rolled back by errors in {}; all series there from the start: rolled back by \
             a gate in {}",
            errors.said(),
            failures.said()
        ),
        trial: String::new(),
        word: Word::kept(errors.count == 0 && failures.count == 0),
    }
}

fn tests(case: &Case) -> Claim {
    let early = |case: &Case, world: &str| {
        case.part(world, |outcome| {
            outcome.ending.is_rollback() && outcome.blast_radius == 0.0
        })
    };
    let curl = edited("probes: 5", "probes: 0.0167");
    let curl = visited_after(SWITCH, &["plain", "errors-10"], AT_ONCE, HORIZON, &curl);
    let found = early(case, "errors-10");
    let slow = early(case, "latency-3");
    Claim {
        says: "\"Manual testing of preview\", \"Run integration tests against preview service\", `curl …/health`",
        does: "tests that go on through the five minutes, and fail as users' requests would, find such a release before \
               a user meets it. A `curl` a minute finds as good as nothing, and rolls back what has not been called \
               when the gate first looks"
            .into(),
        figure: format!(
            "5 calls/s: rolled back before any user met it: errors 10 % {}, latency × 3 {}; plain: rolled back in {}. \
             A call a minute: errors 10 % {}, plain rolled back in {}",
            found.said(),
            slow.said(),
            case.rolled_back("plain").said(),
            early(&curl, "errors-10").said(),
            curl.rolled_back("plain").said()
        ),
        trial: case.address("errors-10", found.first),
        word: Word::kept(found.is_usual() && slow.is_usual()),
    }
}

/// As `scenario.yaml` has it: somebody comes within half an hour, and not at night.
fn by_hand() -> Claim {
    let case = Case::play(SWITCH, &["plain"], SEEDS, str::to_owned);
    let mut times: Vec<f64> = case
        .outcomes("plain")
        .iter()
        .map(|outcome| {
            outcome
                .promoted_at
                .map_or(f64::INFINITY, |at| (at - Timestamp::ZERO).as_secs_f64().round())
        })
        .collect();
    let time = median(&mut times);
    let slept = |outcome: &Outcome| outcome.waited > NIGHT;
    let night = case.part("plain", slept);
    let longest = case.outcomes("plain").iter().map(|outcome| outcome.waited).max();
    let nobody = visited(SWITCH, &["plain"], "nobody", NIGHT);
    let waiting = nobody.ended("plain", Ending::Waiting);
    Claim {
        says: "\"Manual promotion (if analysis passes)\"",
        does: "the rollout waits for a person without an end, and nothing reminds one: who promotes, how soon, and who \
               does it at night is not said. Both sets of pods run meanwhile. What the analysis saw grows old: nothing \
               looks while it waits"
            .into(),
        figure: format!(
            "plain, somebody within 5m to 30m and not from 22 to 7: promoted after {time}; waited longer than an hour, for \
             the morning, in {}, at most {}; nobody: waiting after an hour in {}",
            night.said(),
            longest.map(|wait| Duration::from_secs(wait.as_millis() / 1000)).unwrap_or_default(),
            waiting.said()
        ),
        trial: case.address("plain", night.first),
        word: Word::Open,
    }
}

fn validate(case: &Case) -> Claim {
    let back = case.ended("half-load", Ending::RolledBackByCheck);
    let leak = case.rolled_back("slow-leak");
    Claim {
        says: "\"Validate\": what no test of the preview can see",
        does: "all users have the new version until the second failed look, two minutes after the switch; then the \
               Service leads back to blue, whose pods still run"
            .into(),
        figure: format!(
            "5 % errors under users' load alone: rolled back in {}, until green gets nothing {}, of that after the \
             decision {}, requests harmed at 20/s, expected: {}; slow leak: {}, {}",
            back.said(),
            caught(case, "half-load"),
            restored(case, "half-load"),
            case.harmed("half-load"),
            leak.said(),
            caught(case, "slow-leak")
        ),
        trial: case.address("half-load", back.first),
        word: Word::kept(back.is_usual()),
    }
}

/// Harm begins 5 minutes after promotion; somebody undoes a quarter of an hour later.
fn afterwards() -> Claim {
    const WORLD: &str = "after-promotion";
    let case = visited(SWITCH, &[WORLD], "promotes after 1m; undoes at 36m", HORIZON);
    let back = case.part(WORLD, |outcome| outcome.restore.is_some());
    Claim {
        says: "\"Rollback to previous stable version\", \"Quick rollback\": `undo`",
        does: "blue's pods were deleted 30s after the promotion: `undo` is a release of its own, with new pods, five \
               minutes of analysis of a preview that somebody has to call, and a person who promotes. \
               `rollbackWindow` makes it worse: what it skips is [waited for all the \
               same](https://github.com/argoproj/argo-rollouts/issues/3304), and nothing is switched"
            .into(),
        figure: format!(
            "harm 5m after promotion, undone at 36m, promoted a minute after being asked: back in {}, until green gets \
             nothing {}, requests harmed, expected: {}",
            back.said(),
            restored(&case, WORLD),
            case.harmed(WORLD)
        ),
        trial: case.address(WORLD, back.first),
        word: Word::Broken,
    }
}

fn maintenance(case: &Case) -> Claim {
    let quiet = edited("rate: 20\n", "rate: 0.5\n");
    let quiet = visited_after(SWITCH, &["plain", "half-load"], AT_ONCE, HORIZON, &quiet);
    let missed = quiet.part("half-load", |outcome| !outcome.ending.is_rollback());
    Claim {
        says: "\"Schedule blue/green during maintenance windows\"",
        does: "few are harmed where few are, and plain harm is found all the same. But ten minutes at half a request a \
               second are 300 requests: two that fail within five minutes are a failed look (the first begins its \
               series and is not counted), the next look fails for the same two, and that takes a sound release back"
            .into(),
        figure: format!(
            "0.5 requests/s; plain: rolled back in {} (20 requests/s: {}); 5 % errors: validated in {}, requests \
             harmed if as few come ever after: {}",
            quiet.rolled_back("plain").said(),
            case.rolled_back("plain").said(),
            missed.said(),
            quiet.harmed("half-load")
        ),
        trial: String::new(),
        word: Word::Open,
    }
}
