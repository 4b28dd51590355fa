//! README's first command, its output looked at. `COALMINE_FIRST_OUTPUT` names the folder in which it ran and where
//! its standard output lies as `first.txt`; without it there is nothing to look at.

#![expect(clippy::print_stdout, reason = "tests say what they did not look at")]

use std::fs;
use std::path::PathBuf;

#[test]
fn the_first_command_answers() {
    let Some(folder) = std::env::var_os("COALMINE_FIRST_OUTPUT").map(PathBuf::from) else {
        println!("the first command is looked at by .ci/run");
        return;
    };
    let output = fs::read_to_string(folder.join("first.txt")).unwrap();
    // A terminal's lines break where they must.
    let output = output.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in [
        "assumed",
        "50 requests/s",
        "weight 20 puts 50 % of the requests on the canary",
        "plain",
        "errors 2 %",
        "one bad pod",
        "verdict",
        "coalmine-out",
    ] {
        assert!(output.contains(word), "{word:?} is missing in:\n{output}");
    }
    // A single look that tolerates one failure can never fail: that is what is wrong with this policy.
    assert!(
        output.contains("cannot fail") || output.contains("Nothing can fail"),
        "{output}"
    );
    let page = fs::read_to_string(folder.join("coalmine-out/page.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"));
    assert!(
        !page.contains("src=\"http") && !page.contains("href=\"http"),
        "the page needs no network"
    );
    assert!(page.contains("<svg"));
    let manifest = fs::read_to_string(folder.join("coalmine-out/ledger/manifest.json")).unwrap();
    assert!(manifest.contains("\"seeds\": 1000"));
}
