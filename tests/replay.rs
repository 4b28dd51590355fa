//! `coalmine replay` in every form, of a trial and of a recorded incident.
#![cfg(feature = "cli")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_coalmine"))
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "200")
        .stdin(Stdio::null())
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn inside(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// A ledger in `folder`, and the address of one of its trials.
fn played(folder: &Path) -> String {
    let kernel = inside("scenarios/param-kernel-intended");
    let (code, out, err) = run(
        folder,
        &["simulate", &kernel, "--trials", "5", "--scenario", "errors-10"],
    );
    assert_eq!(code, Some(0), "{err}");
    let words: Vec<&str> = out.split_whitespace().collect();
    let at = words
        .iter()
        .position(|word| word.matches(':').count() == 2)
        .unwrap();
    words[at].to_owned()
}

const DATA: &str = "data/highload-deploys";

fn policies() -> Vec<String> {
    let files = ["policy.yaml", "strict.yaml", "typical.yaml"];
    files
        .iter()
        .flat_map(|file| ["--policy".to_owned(), inside(&format!("{DATA}/{file}"))])
        .collect()
}

fn laid(folder: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let (data, policies) = (inside(DATA), policies());
    let policies: Vec<&str> = policies.iter().map(String::as_str).collect();
    run(
        folder,
        &[&["replay", data.as_str()], policies.as_slice(), more].concat(),
    )
}

#[test]
fn a_trial_is_written_as_markdown_and_json_beside_its_story() {
    let folder = fresh("trial");
    let address = played(&folder);
    let (code, out, err) = run(
        &folder,
        &[
            "replay",
            &address,
            "--out",
            "md=trial.md",
            "--out",
            "json=trial.json",
        ],
    );
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("Ending: rolled back by a check"), "{out}");
    let text = fs::read_to_string(folder.join("trial.md")).unwrap();
    assert!(
        text.contains("✅ rolled back by a check; the release was harmful."),
        "{text}"
    );
    assert!(text.contains(&format!("`coalmine replay {address}`")), "{text}");
    let (_, out, _) = run(&folder, &["replay", &address, "--out", "json=-"]);
    let json: serde_json::Value = serde_json::from_str(&out).expect("stdout is JSON and nothing else");
    assert_eq!(json["address"], address.as_str());
    let kept: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("trial.json")).unwrap()).unwrap();
    assert_eq!(json, kept);
}

#[test]
fn a_wrong_call_is_told_what_is_wrong() {
    let folder = fresh("wrong");
    let address = "ba7816bf8f01:23097d223405:17";
    for (arguments, word) in [
        (
            &["replay", address, "--out", "csv=x"][..],
            "html=PATH, md=PATH or json=PATH",
        ),
        (
            &["replay", address, "--out", "ledger=x"],
            "no table and no ledger",
        ),
        (&["replay", address, "--deployment", "d003"], "are for recordings"),
    ] {
        let (code, out, err) = run(&folder, arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(out.is_empty() && err.contains(word), "{arguments:?}: {err}");
    }
    let (code, _, err) = laid(&folder, &["--deployment", "d0003"]);
    assert_eq!(code, Some(2));
    assert!(
        err.contains("\"d0003\"") && err.contains("from d001 to d070"),
        "{err}"
    );
}

/// d003 by hand: from 30 s on nearly everybody is refused, so the strict policy's looks at 30 s and 40 s fail and two
/// failures are one more than its limit; a refusal is no 5xx, so the typical one sees nothing. Its tenth client failure
/// came 32 s after the deployment, says the ground truth.
#[test]
fn three_policies_stand_side_by_side() {
    let folder = fresh("incident");
    let (code, out, err) = laid(
        &folder,
        &["--out", "md=incident.md", "--out", "json=incident.json"],
    );
    assert_eq!(code, Some(0), "{err}");
    let row = out.lines().find(|line| line.contains("d003")).unwrap();
    let cells: Vec<&str> = row
        .split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect();
    assert_eq!(
        cells[2..],
        [
            "99.9 %, unhealthy",
            "32s",
            "rolled back 2m",
            "rolled back 40s",
            "promoted 10m"
        ]
    );
    assert_eq!(
        out.lines()
            .filter(|line| line.trim_start().starts_with("d0"))
            .count(),
        70
    );

    // What is counted is what the rows say.
    let json = fs::read_to_string(folder.join("incident.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = json.as_array().unwrap();
    assert_eq!(rows.len(), 3 * 70);
    let count = |policy: &str, truth: &str| {
        let of = rows
            .iter()
            .filter(|row| row["policy"] == policy && row["truth"] == truth);
        of.filter(|row| !row["rolled_back_after_ms"].is_null()).count()
    };
    let text = fs::read_to_string(folder.join("incident.md")).unwrap();
    for policy in ["online-store", "online-store-strict", "online-store-typical"] {
        let said = format!(
            "- **{policy}** would have rolled back {} of 38 unhealthy deployments",
            count(policy, "unhealthy")
        );
        assert!(text.contains(&said), "{said} is missing in\n{text}");
        let healthy = format!("{} of 5 healthy deployments", count(policy, "healthy"));
        assert!(text.contains(&healthy), "{healthy}");
    }
    // Delays of the strict policy, sorted, and the lower middle of them.
    let mut delays: Vec<i64> = rows
        .iter()
        .filter(|row| row["policy"] == "online-store-strict" && row["truth"] == "unhealthy")
        .filter_map(|row| Some(row["rolled_back_after_ms"].as_i64()? - row["harm_seen_after_ms"].as_i64()?))
        .collect();
    delays.sort_unstable();
    let before = delays.iter().filter(|delay| **delay < 0).count();
    assert!(out.contains(&format!("{before} of {}", delays.len())), "{out}");
    assert!(text.contains("### d003 look by look"), "{text}");
    assert!(text.contains("| 2 looks, 2 failed | ✕✕ |"), "{text}");
}

#[test]
fn policies_of_one_name_are_told_apart() {
    let folder = fresh("names");
    let text = fs::read_to_string(inside(&format!("{DATA}/policy.yaml"))).unwrap();
    fs::create_dir_all(folder.join("now")).unwrap();
    fs::create_dir_all(folder.join("proposed")).unwrap();
    fs::write(folder.join("now/policy.yaml"), &text).unwrap();
    fs::write(
        folder.join("proposed/policy.yaml"),
        text.replace("failureLimit: 2", "failureLimit: 0"),
    )
    .unwrap();
    let data = inside(DATA);
    let (code, out, err) = run(
        &folder,
        &["replay", &data, "--policy", "now", "--policy", "proposed"],
    );
    assert_eq!(code, Some(0), "{err}");
    let head = out.lines().next().unwrap();
    assert!(head.contains("now") && head.contains("proposed"), "{head}");
    let d003 = out.lines().find(|line| line.contains("d003")).unwrap();
    // The first of three failures is enough now: at 1m, not at 2m.
    assert!(
        d003.contains("rolled back 2m") && d003.contains("rolled back 1m"),
        "{d003}"
    );
}

#[cfg(feature = "charts")]
#[test]
fn pages_of_trials_and_incidents_stand_alone() {
    let folder = fresh("pages");
    let address = played(&folder);
    let (code, _, err) = run(&folder, &["replay", &address, "--out", "html=trial.html"]);
    assert_eq!(code, Some(0), "{err}");
    let (code, _, err) = laid(&folder, &["--out", "html=incident.html", "--deployment", "d049"]);
    assert_eq!(code, Some(0), "{err}");
    for name in ["trial.html", "incident.html", "coalmine-out/page.html"] {
        let page = fs::read_to_string(folder.join(name)).unwrap();
        let without_names_of_svg = page.replace("http://www.w3.org/2000/svg", "");
        for loads in ["http:", "https:", "<script", "<link", "<img", "url(", "@import"] {
            assert!(!without_names_of_svg.contains(loads), "{name}: {loads}");
        }
        for tag in [
            "svg", "section", "figure", "details", "table", "tr", "td", "ul", "li", "div", "pre", "p",
        ] {
            let opened =
                page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(
                opened,
                page.matches(&format!("</{tag}>")).count(),
                "{name}: {tag}"
            );
        }
        assert!(
            !page.contains(env!("CARGO_TARGET_TMPDIR")),
            "{name} names a place"
        );
    }
    let page = fs::read_to_string(folder.join("incident.html")).unwrap();
    for word in [
        "d049, look by look",
        "the one that was asked for",
        "All 70 deployments",
        "unhealthy: 38",
    ] {
        assert!(page.contains(word), "{word}");
    }
    let page = fs::read_to_string(folder.join("coalmine-out/page.html")).unwrap();
    assert!(page.contains("Trials worth reading") && page.contains("latest detection"));
    assert!(page.contains("coalmine replay"));
}

/// The commands that `simulate POLICY --recording FILE` prints, as a shell runs them, tell the trials of its ledger.
#[test]
fn printed_commands_replay_the_very_trials_over_a_recording() {
    let folder = fresh("over a recording");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/nginx-plus-status");
    fs::create_dir(folder.join("one day")).unwrap();
    for name in ["canary.yaml", "metrics.om.gz"] {
        fs::copy(data.join(name), folder.join("one day").join(name)).unwrap();
    }
    let arguments = [
        "simulate",
        "one day/canary.yaml",
        "--recording",
        "one day/metrics.om.gz",
    ];
    let more = ["--trials", "4", "--out", "ledger=kept here"];
    let (code, out, err) = run(&folder, &[&arguments[..], &more].concat());
    assert_eq!(code, Some(0), "{err}");
    let printed: Vec<(&str, &str)> = out
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("replay")?
                .trim()
                .strip_suffix(')')?
                .rsplit_once(" (")
        })
        .collect();
    assert!(!printed.is_empty(), "{out}");
    let binary = Path::new(env!("CARGO_BIN_EXE_coalmine"));
    for (command, told) in printed {
        assert!(
            command.contains("--ledger 'kept here' --recording 'one day/metrics.om.gz'"),
            "{command}"
        );
        let ran = Command::new("/bin/sh")
            .current_dir(&folder)
            .env_clear()
            .env("PATH", binary.parent().unwrap())
            .args(["-c", &format!("{command} --out json=-")])
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{command}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let trial: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
        let address = trial["address"].as_str().unwrap();
        assert!(command.contains(address), "{command}: {address}");
        // 'a trial in plain', 'latest detection in errors +10 %'
        let world = trial["world"].as_str().unwrap();
        assert!(told.ends_with(&format!(" in {world}")), "{told}: {world}");
        if cfg!(not(feature = "tabular")) {
            let rows = fs::read_to_string(folder.join("kept here/part-00000.jsonl")).unwrap();
            let rows = rows
                .lines()
                .map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap());
            let is_it = |row: &serde_json::Value| {
                let word = |field: &str| row[field].as_str().unwrap().to_owned();
                format!("{}:{}:{}", word("policy"), word("world"), row["seed"]) == address
            };
            let row = rows.into_iter().find(is_it).unwrap();
            assert_eq!(row["ending"], trial["ending"]);
            let story = trial["story"].as_str().unwrap();
            let harmed = format!(
                "Blast radius: {:.1} requests",
                row["blast_radius"].as_f64().unwrap()
            );
            assert!(
                story.contains(&harmed) || row["harmful"] == false,
                "{row}\n{story}"
            );
        }
    }
    // Without the recording, or over another one, it is refused and says which one it was.
    let (address, _) = out
        .split_once("coalmine replay ")
        .unwrap()
        .1
        .split_once(' ')
        .unwrap();
    let (code, _, err) = run(&folder, &["replay", address, "--ledger", "kept here"]);
    assert_eq!(code, Some(2));
    assert!(
        err.contains("was played over the recording") && err.contains("--recording"),
        "{err}"
    );
    let other = inside(DATA);
    let (code, _, err) = run(
        &folder,
        &["replay", address, "--ledger", "kept here", "--recording", &other],
    );
    assert_eq!(code, Some(2), "{err}");
}

/// A query of a Scenario document beside the policy stands in for a provider over a recording too: what the check makes of it
/// is what a check makes of it that asks Prometheus. (Where Prometheus is empty Graphite errs, so the query always answers.)
#[test]
fn a_query_stands_in_over_a_recording() {
    let folder = fresh("stand-in");
    let text = fs::read_to_string(inside(&format!("{DATA}/policy.yaml"))).unwrap();
    let (text, _) = text
        .split_once("    - name: mean-latency")
        .expect("a second check");
    let (before, _) = text.split_once("        prometheus:").expect("a provider");
    let job = "job=\"{{args.job}}\"";
    let query = format!(
        "(sum(rate(http_server_requests_seconds_count{{{job}, status!~\"2..\"}}[1m])) \
         / sum(rate(http_server_requests_seconds_count{{{job}}}[1m])) >= 0) or vector(0)"
    );
    let before = before.replace(
        "spec:\n  metrics:",
        "spec:\n  args: [{name: job, value: online-store-job}]\n  metrics:",
    );
    for (name, provider) in [
        ("prometheus", format!("prometheus: {{query: '{query}'}}")),
        (
            "graphite",
            "graphite: {address: 'http://graphite', query: errors}".to_owned(),
        ),
    ] {
        let own = folder.join(name);
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("policy.yaml"), format!("{before}        {provider}\n")).unwrap();
    }
    let document = format!(
        "apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  providers:\n    - {{check: error-share, query: '{query}'}}\n"
    );
    fs::write(folder.join("graphite/scenario.yaml"), &document).unwrap();
    let data = inside(DATA);
    let laid = |name: &str| {
        let (code, out, err) = run(&folder, &["replay", &data, "--policy", name]);
        assert_eq!(code, Some(0), "{err}");
        out
    };
    let (asked, stands_in) = (laid("prometheus"), laid("graphite"));
    assert!(asked.contains("rolled back"), "{asked}");
    assert_eq!(asked, stands_in);
    // What is stated beside the query is not heeded, and that is said.
    let beside = document.replace("'}\n", "', errors: 100%, takes: 5s}\n");
    fs::write(folder.join("graphite/scenario.yaml"), beside).unwrap();
    let (code, out, err) = run(&folder, &["replay", &data, "--policy", "graphite"]);
    assert_eq!((code, out), (Some(0), asked), "{err}");
    assert!(
        err.contains("`errors`, `takes` beside a query: not heeded"),
        "{err}"
    );
    fs::write(
        folder.join("graphite/scenario.yaml"),
        "apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  providers:\n    - {check: error-share, query: 'sum('}\n",
    )
    .unwrap();
    let (code, out, err) = run(&folder, &["replay", &data, "--policy", "graphite"]);
    assert_eq!(code, Some(2), "{out}");
    assert!(
        err.contains("this query does not parse") && out.is_empty(),
        "{err}{out}"
    );
}
