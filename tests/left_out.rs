//! What a trial without a check would have done is told by playing on from where it parts from the trial with it. It must
//! be what a policy does whose check is answered elsewhere, and passes.

#[path = "common/bench_case.rs"]
mod bench_case;

use coalmine::experiment::Plan;
use coalmine::policy::argo::spec::Question;
use coalmine::seed::Seed;
use coalmine::simulator::Actor;

/// Of how many trials a check was needed for the rollback, and of how many it was not.
fn compared(plan: &Plan, seeds: u64) -> [usize; 2] {
    let mut told = [0, 0];
    for world in 0..plan.worlds.len() {
        let stage = plan.stage(0, world).unwrap();
        let mut actor = Actor::new(&stage);
        let outcomes: Vec<_> = (1..=seeds).map(|seed| actor.play(&stage, Seed(seed))).collect();
        for check in 0..stage.policy().checks.len() {
            if outcomes
                .iter()
                .all(|outcome| outcome.rolled_back_without.is_empty())
            {
                continue;
            }
            let mut without = plan.clone();
            without.policies[0].policy.checks[check].question = Question::Other {
                provider: "job".to_owned(),
                web: None,
                stand_in: None,
            };
            let stage = without.stage(0, world).unwrap();
            let mut actor = Actor::new(&stage);
            for (seed, outcome) in (1..).zip(&outcomes) {
                let Some(&still) = outcome.rolled_back_without.get(check) else {
                    continue;
                };
                let alone = actor.play_once(&stage, Seed(seed), &mut ());
                let place = format!("{}, check {check}, seed {seed}", stage.world().scenario().name);
                assert_eq!(alone.ending.is_rollback(), still, "{place}");
                told[usize::from(still)] += 1;
            }
        }
    }
    told
}

#[test]
fn a_check_left_out_is_a_check_that_passes_elsewhere() {
    for (name, plan, seeds) in [
        ("param-kernel-bench", bench_case::plan(&[], None), 12),
        ("corp-cockpit", bench_case::case("scenarios/corp-cockpit"), 4),
        (
            "unified-profile",
            bench_case::case("scenarios/unified-profile"),
            4,
        ),
        ("recorded", bench_case::recorded(), 12),
    ] {
        let [needed, not] = compared(&plan, seeds);
        assert!(needed > 0, "{name}: {needed} needed, {not} not");
    }
}
