//! The battery against policies whose place is known beforehand.

use std::path::Path;

use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Prepared, Request, Results, Seeds, prepare};
use coalmine::scenario::{BATTERY, Verdict};
use coalmine::score::{self, Reads, Rule, StaticFacts};
use coalmine::units::Duration;

const SEEDS: u64 = 40;

/// A canary of one pod without any look, by its steps.
fn unlooked(name: &str, steps: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: {name}, namespace: kitchen-cpq}}\nspec:\n  \
         replicas: 1\n  selector: {{matchLabels: {{app: {name}}}}}\n  template: {{metadata: {{labels: {{app: {name}}}}}}}\n  strategy:\n    canary:\n      canaryService: param-kernel-service-canary\n      stableService: \
         param-kernel-service\n      steps: {steps}\n"
    )
}

/// The manifests of a case, read as if they lay in a folder of their own.
fn add_case(documents: &mut Documents, folder: &str, case: &str, edit: impl Fn(String) -> String) {
    for name in ["analysis-template.yaml", "rollout.yaml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("scenarios")
            .join(case)
            .join(name);
        let text = std::fs::read_to_string(path).unwrap();
        documents.add(format!("{folder}/{name}"), edit(text));
    }
}

/// Everything between the steps is left out: one step sends all requests to the canary.
const AT_ONCE: &str = "[{setWeight: 100}]";

fn compared() -> (Documents, Prepared) {
    let mut documents = Documents::default();
    documents.add("at-once/rollout.yaml", unlooked("at-once", AT_ONCE));
    add_case(&mut documents, "intended", "param-kernel-intended", |text| text);
    add_case(&mut documents, "written", "param-kernel", |text| text);
    add_case(&mut documents, "five", "param-kernel-intended", |text| {
        text.replace("replicas: 1\n", "replicas: 5\n")
    });
    let steps = "[{setWeight: 20}, {pause: {duration: 10m}}]";
    documents.add("slowly/rollout.yaml", unlooked("slowly", steps));
    let prepared = prepare(&documents, &Documents::default(), &Request::default());
    let wrong = prepared
        .findings
        .iter()
        .find(|finding| finding.severity == Severity::Error);
    assert!(wrong.is_none(), "{wrong:?}");
    (documents, prepared)
}

fn play(prepared: &Prepared) -> Results {
    prepared.plan.play(&Seeds::first(SEEDS)).unwrap()
}

fn mean_harm(results: &Results, policy: usize, world: usize) -> f64 {
    let outcomes = results.cell(policy, world);
    outcomes.iter().map(|outcome| outcome.blast_radius).sum::<f64>() / outcomes.len() as f64
}

#[test]
fn who_looks_at_nothing_and_promotes_at_once_comes_last() {
    let (_, prepared) = compared();
    let plan = &prepared.plan;
    let names: Vec<&str> = plan
        .policies
        .iter()
        .map(|planned| planned.policy.name.as_str())
        .collect();
    let at_once = names
        .iter()
        .position(|name| *name == "at-once")
        .expect("it is played");
    let results = play(&prepared);
    let mut harmful = 0;
    for (world, planned) in plan.worlds.iter().enumerate() {
        let last = mean_harm(&results, at_once, world);
        if planned.scenario.truth == Verdict::Harmless {
            assert_eq!(
                last, 0.0,
                "{}: no harm in a harmless world",
                planned.scenario.name
            );
            continue;
        }
        harmful += 1;
        for (policy, name) in names.iter().enumerate().filter(|(policy, _)| *policy != at_once) {
            let harm = mean_harm(&results, policy, world);
            assert!(
                harm < last,
                "{}: {name} harms {harm}, at once {last}",
                planned.scenario.name
            );
            // With the same pods a smaller share harms no more in any trial: common luck.
            if plan.policies[policy].policy.strategy.replicas() == 1 {
                let pairs = results
                    .cell(policy, world)
                    .iter()
                    .zip(results.cell(at_once, world));
                for (one, other) in pairs {
                    assert!(
                        one.blast_radius <= other.blast_radius * (1.0 + 1e-9),
                        "{}: {name} {one:?}, at once {other:?}",
                        planned.scenario.name
                    );
                }
            }
        }
    }
    assert_eq!((harmful, plan.worlds.len()), (9, BATTERY.len()));
}

#[test]
fn all_policies_of_a_call_meet_one_horizon() {
    // Pauses of 20m, two analyses of five looks a minute apart, and half an hour.
    let longest = Duration::from_mins(20 + 4 + 4 + 30);
    let (documents, prepared) = compared();
    assert!(prepared.plan.worlds.iter().all(|world| world.horizon == longest));

    let stated = Request {
        horizon: Some(Duration::from_mins(90)),
        ..Request::default()
    };
    let stated = prepare(&documents, &Documents::default(), &stated);
    assert!(
        stated
            .plan
            .worlds
            .iter()
            .all(|world| world.horizon == Duration::from_mins(90))
    );
    // Another horizon is another world.
    for (one, other) in prepared.plan.worlds.iter().zip(&stated.plan.worlds) {
        assert_ne!(one.digest, other.digest, "{}", one.scenario.name);
    }

    let mut alone = Documents::default();
    alone.add("rollout.yaml", unlooked("at-once", AT_ONCE));
    let alone = prepare(&alone, &Documents::default(), &Request::default());
    assert!(
        alone
            .plan
            .worlds
            .iter()
            .all(|world| world.horizon == Duration::from_mins(30))
    );
    // The same policy, whoever stands beside it.
    let beside = prepared
        .plan
        .policies
        .iter()
        .find(|planned| planned.policy.name == "at-once")
        .unwrap();
    assert_eq!(alone.plan.policies[0].digest, beside.digest);
}

#[test]
fn a_policy_without_a_check_gets_its_answer() {
    let mut documents = Documents::default();
    documents.add("rollout.yaml", unlooked("at-once", AT_ONCE));
    let request = Request {
        worlds: vec!["plain".into(), "errors-10".into()],
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    let results = play(&prepared);
    let policy = &prepared.plan.policies[0].policy;
    let policies = [score::Policy {
        name: policy.name.clone(),
        checks: Vec::new(),
        facts: StaticFacts::of(policy, &documents, Reads::Nothing),
    }];
    let worlds: Vec<score::World> = prepared
        .plan
        .worlds
        .iter()
        .map(|planned| score::World {
            name: planned.scenario.name.clone(),
            description: String::new(),
            harmful: planned.scenario.truth == Verdict::Harmful,
            within_limits: planned.within_limits,
            horizon: planned.horizon,
        })
        .collect();
    let cells: Vec<score::Cell<'_>> = (0..worlds.len())
        .map(|world| score::Cell {
            policy: 0,
            world,
            outcomes: results.cell(0, world),
            address: prepared.plan.address(0, world, 1).to_string(),
        })
        .collect();
    let verdict = &score::score(&policies, &worlds, &cells, 1).policies[0].verdict;
    assert_eq!(verdict.rule, Rule::BlindToCanary);
    assert!(
        verdict.sentence.starts_with("There is no check"),
        "{}",
        verdict.sentence
    );
    assert!(verdict.sentence.contains("errors 10 %"), "{}", verdict.sentence);
}
