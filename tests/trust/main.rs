//! Why to trust it: services fitted to recordings, held against them. The documents of `scenarios/fitted` and the tables of
//! `docs/trust.md` are compared byte for byte; `COALMINE_BLESS=1 cargo test --test trust` writes them anew.

#[path = "../common/mod.rs"]
mod common;
mod machines;
mod source;
mod tables;
mod truth;

use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Request, prepare};

use source::{FITS, compare, open, root};

#[test]
fn shipped_fits_are_what_their_recordings_say() {
    for fit in &FITS {
        if let Some(opened) = open(&fit.at) {
            let path = root().join(format!("scenarios/fitted/{}.yaml", fit.name));
            compare(&path, &fit.shipped(&opened));
        }
    }
}

/// Every document that is shipped, on the policy that says what it is of.
#[test]
fn shipped_fits_can_be_played() {
    let own = FITS.iter().map(|fit| (fit.name, fit.policy));
    for (name, file) in own.chain([("azure-machines", "scenarios/fitted/policies/machines.yaml")]) {
        let mut documents = source::policy(file);
        let path = format!("scenarios/fitted/{name}.yaml");
        documents.add(
            path.as_str(),
            std::fs::read_to_string(root().join(&path)).expect("it is shipped"),
        );
        let prepared = prepare(&documents, &Documents::default(), &Request::default());
        let wrong = prepared
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error);
        assert_eq!(wrong, None, "{name}");
        assert!(
            prepared.plan.worlds.len() > 10 && prepared.plan.policies.len() == 1,
            "{name}"
        );
    }
}

#[test]
fn machines_differ_as_their_scenario_says() {
    let Some(found) = machines::found() else {
        return;
    };
    let path = root().join("scenarios/fitted/azure-machines.yaml");
    let document = machines::scenario(&found);
    compare(&path, &document);
    tables::put(
        "machines",
        &(machines::table(&found) + &machines::rolled_back(&document)),
    );
}
