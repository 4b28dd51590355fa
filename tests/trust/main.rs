//! Why to trust it: services fitted to recordings, held against them. The documents of `scenarios/fitted` and the tables of
//! `docs/trust.md` are compared byte for byte; `COALMINE_BLESS=1 cargo test --test trust` writes them anew.

#[path = "../common/mod.rs"]
mod common;
mod machines;
mod source;
mod tables;
mod truth;

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

#[test]
fn machines_differ_as_their_scenario_says() {
    let Some(found) = machines::found() else {
        return;
    };
    let path = root().join("scenarios/fitted/azure-machines.yaml");
    compare(&path, &machines::scenario(&found));
    tables::put("machines", &machines::table(&found));
}
