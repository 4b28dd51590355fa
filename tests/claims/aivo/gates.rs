//! Weights and gates.

use coalmine::simulator::{Ending, Outcome};

use super::{CANARY, SEEDS, edited};
use crate::case::{Case, Part};
use crate::sentences::jumps;
use crate::story::{caught, restored};
use crate::table::{Claim, Word};

/// `below` reads the error budget as a burn rate.
pub fn claims(case: &Case, below: &Case) -> Vec<Claim> {
    vec![
        weights(case),
        automatic(case),
        success_rate(case),
        latency(case),
        budget(case),
        burn_rate(below),
        label(case),
    ]
}

fn weights(case: &Case) -> Claim {
    let jumps = jumps(case);
    let promoted = case.ended("plain", Ending::Promoted);
    Claim {
        says: "\"10% → 25% → 50% → 75% → 100%\"",
        does: "so it is, with pauses of 5m between them; what fails only at 100 % is seen by nobody, for no step comes \
               after it"
            .into(),
        figure: format!(
            "{}; plain: promoted in {}, after {} (median)",
            jumps.figure,
            promoted.said(),
            case.promotion("plain")
        ),
        trial: case.address("plain", promoted.first),
        word: Word::kept(jumps.figure.contains("0 %, 10 %, 25 %, 50 %, 75 %, 100 %")),
    }
}

fn automatic(case: &Case) -> Claim {
    let back = case.ended("errors-10", Ending::RolledBackByCheck);
    Claim {
        says: "\"Triggered when SLO analysis fails\", \"No manual intervention required\", \"Traffic automatically \
               returns to stable version\"",
        does: "the third failed look of a gate rolls back (a limit of 2 tolerates two), and the router sends all to \
               the stable pods, which still run"
            .into(),
        figure: format!(
            "errors 10 %: rolled back by a gate in {}; from the first harm until the canary gets nothing {}, of that \
             after the decision {}",
            back.said(),
            caught(case, "errors-10"),
            restored(case, "errors-10")
        ),
        trial: case.address("errors-10", back.first),
        word: Word::kept(back.is_usual()),
    }
}

fn success_rate(case: &Case) -> Claim {
    let small = case.rolled_back("errors-0.5");
    let large = case.rolled_back("errors-2");
    let plain = case.rolled_back("plain");
    Claim {
        says: "\"Success Rate: ≥ 99.5%\"",
        does: "a release that fails just as often as the gate allows is rolled back, later: windows of 5m scatter \
               around the limit, three of them are enough, and looks a minute apart share four fifths of theirs"
            .into(),
        figure: format!(
            "rolled back: plain {}; errors 0.5 % {}, until the canary gets nothing {}; errors 2 % {}, {}",
            plain.said(),
            small.said(),
            caught(case, "errors-0.5"),
            large.said(),
            caught(case, "errors-2")
        ),
        trial: case.address("errors-0.5", small.first),
        word: Word::kept(large.is_usual() && plain.count * 20 <= SEEDS),
    }
}

fn latency(case: &Case) -> Claim {
    let inside = case.ended("latency-1.5", Ending::Promoted);
    let beyond = case.rolled_back("latency-3");
    Claim {
        says: "\"P95 Latency: ≤ 500ms\"",
        does: "what takes the p95 from 200ms to 600ms is rolled back; what takes it to 300ms is within the limit, and \
               stays"
            .into(),
        figure: format!(
            "latency × 3: rolled back in {}, {}; latency × 1.5: promoted in {}, requests slower than 500ms because of \
             it, expected: {}",
            beyond.said(),
            caught(case, "latency-3"),
            inside.said(),
            case.harmed("latency-1.5")
        ),
        trial: case.address("latency-3", beyond.first),
        word: Word::kept(beyond.is_usual()),
    }
}

/// Trials of some worlds in which a look of the check failed, and of how many.
fn failed(case: &Case, name: &str, worlds: impl Fn(&str) -> bool) -> (usize, usize) {
    let check = case.check(name);
    let worlds = case.worlds().iter().filter(|world| worlds(world));
    let all: Vec<&Outcome> = worlds.flat_map(|world| case.outcomes(world)).collect();
    let failed = all
        .iter()
        .filter(|outcome| outcome.checks[check].failed > 0)
        .count();
    (failed, all.len())
}

fn budget(case: &Case) -> Claim {
    let empty = |world: &str| ["quiet", "very-quiet"].contains(&world);
    let (budget, all) = failed(case, "error-budget", |world| !empty(world));
    let (success, _) = failed(case, "success-rate", |world| !empty(world));
    let (nothing, few) = failed(case, "error-budget", empty);
    Claim {
        says: "\"Error Budget: < 10% burn rate\", read as: an hour of the release burns less than a tenth of the \
               budget of 30 days",
        does: "that is burn rate 72, or 36 % of errors: the success rate fails seventy times sooner, so this gate \
               decides nothing. It is the reading of the manifest, since nothing healthy fails it, but where nothing \
               came: 0/0 is NaN, which is not below 0.1"
            .into(),
        figure: format!(
            "at 5 requests/s and more a look of `error-budget` failed in {budget} of {all} trials of all worlds, one of \
             `success-rate` in {success}; at 2 and 0.5 requests/s one of `error-budget` in {nothing} of {few}"
        ),
        trial: case.address("errors-10", None),
        word: Word::Open,
    }
}

fn burn_rate(below: &Case) -> Claim {
    let decided = |case: &Case| -> Part {
        let budget = case.check("error-budget") as u16;
        case.part("plain", |outcome| {
            outcome.ending.is_rollback() && outcome.decided_by == Some(budget)
        })
    };
    let rarely = |text: &str| {
        let text = edited("errors: 0.1%", "errors: 0.01%")(text);
        edited("/ (1 - 0.995) / 720", "/ (1 - 0.995)")(&text)
    };
    let rarely = Case::play(CANARY, &["plain"], SEEDS, rarely);
    let (usual, better) = (decided(below), decided(&rarely));
    Claim {
        says: "the same, read as a burn rate below 0.1",
        does: "99.5 % is burn rate 1, so this asks for 99.95 %, ten times what the first gate asks for: a service that \
               fails one request in a thousand is hardly ever released, one that fails one in ten thousand passes. So \
               read the gate says which service may have releases, not which release is sound"
            .into(),
        figure: format!(
            "nothing wrong, 0.1 % of errors as ever: rolled back by `error-budget` in {}; 0.01 %: {}",
            usual.said(),
            better.said()
        ),
        trial: String::new(),
        word: Word::kept(usual.count == 0),
    }
}

fn label(case: &Case) -> Claim {
    let shared = edited(
        "value: inference-gateway-svc-canary",
        "value: inference-gateway-svc",
    );
    let worlds = ["plain", "errors-2", "errors-10"];
    let shared = Case::play(CANARY, &worlds, SEEDS, shared);
    let first = |case: &Case| {
        let readings = case.readings("errors-10", "success-rate");
        format!("{:.2} %", readings[readings.len() / 2])
    };
    let missed = shared.ended("errors-2", Ending::Promoted);
    Claim {
        says: "\"Query: … `http_requests_total{service=\"<service-name>\",code!~\"5..\"}`\"",
        does: "where both versions' pods carry the service's own name, canary and stable are read as one: at weight 10 \
               a tenth of what is read is the canary, and at the first look a fiftieth, for a `rate` over 5m counts a \
               series that is a minute old for a fifth. The manifest asks for the canary's Service instead"
            .into(),
        figure: format!(
            "errors 10 %: first readings (median) {} instead of {}, requests harmed, expected: {} instead of {}; \
             errors 2 %: until the canary gets nothing {} instead of {}, requests harmed {} instead of {}, promoted in {}",
            first(&shared),
            first(case),
            shared.harmed("errors-10"),
            case.harmed("errors-10"),
            caught(&shared, "errors-2"),
            caught(case, "errors-2"),
            shared.harmed("errors-2"),
            case.harmed("errors-2"),
            missed.said()
        ),
        trial: String::new(),
        word: Word::kept(shared.harm("errors-2").low <= case.harm("errors-2").high),
    }
}
