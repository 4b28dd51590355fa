//! Same plan, same bytes: with one thread and four, twice, and, by a committed digest, with every feature set and on
//! every machine.

use coalmine::diagnostic::Documents;
use coalmine::experiment::{Prepared, Request, Results, Seeds, prepare};
use coalmine::ledger;
use coalmine::seed::Seed;
use coalmine::simulator::Actor;

/// Digest of the outcomes below. It changes when, and only when, what a trial does changes: a new draw, a changed
/// rule, another world. Then say so in CHANGELOG.md, since ledgers of old versions cannot be replayed any more.
const OUTCOMES: &str = "40b293f8fd15";

const SEEDS: u64 = 20;

fn prepared() -> Prepared {
    let mut documents = Documents::default();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/param-kernel-intended");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "yaml"))
    {
        documents.add(
            file.file_name().unwrap().to_string_lossy(),
            std::fs::read_to_string(file).unwrap(),
        );
    }
    let prepared = prepare(&documents, &Documents::default(), &Request::default());
    assert_eq!(prepared.refused, 0);
    prepared
}

fn played(prepared: &Prepared, threads: usize) -> Results {
    let seeds = Seeds {
        threads: Some(threads),
        ..Seeds::first(SEEDS)
    };
    let results = prepared.plan.play(&seeds).unwrap();
    assert_eq!(results.seeds, SEEDS);
    results
}

fn outcomes(threads: usize) -> String {
    let prepared = prepared();
    let results = played(&prepared, threads);
    let rows = results
        .in_order(&prepared.plan)
        .map(|(address, outcome)| ledger::Row::new(address, outcome));
    ledger::digest(rows).to_string()
}

#[test]
fn threads_change_nothing_and_neither_does_playing_twice() {
    let one = outcomes(1);
    assert_eq!(one, outcomes(4));
    assert_eq!(one, outcomes(4));
}

#[test]
fn outcomes_are_those_of_the_committed_digest() {
    assert_eq!(outcomes(2), OUTCOMES, "what a trial does has changed");
}

/// What the trials of a seed hand on to each other is only what each would have drawn for itself.
#[test]
fn a_trial_among_others_is_the_trial_alone() {
    let prepared = prepared();
    let plan = &prepared.plan;
    let results = played(&prepared, 1);
    for (address, outcome) in results.in_order(plan) {
        let (policy, world) = plan.find(address).unwrap();
        let stage = plan.stage(policy, world).unwrap();
        let alone = Actor::new(&stage).play(&stage, Seed(address.seed));
        assert_eq!(&alone, outcome, "{address:?}");
    }
}
