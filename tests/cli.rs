//! The binary as people and programs call it: exit codes, what stands on stdout, what is left behind.
#![cfg(feature = "cli")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Arguments of a run that is over soon.
const SHORT: [&str; 4] = ["--trials", "3", "--scenario", "errors-2"];

/// What the binary said and how it ended.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A fresh folder for one test.
fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The binary, run in `folder`, with nothing in its environment but a wide terminal.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coalmine"));
    command
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "300")
        .stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    command(folder).args(arguments).output().unwrap().into()
}

fn case(name: &str) -> String {
    format!("{}/scenarios/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// `simulate` of `what` with few trials in one world, and `more`.
fn simulate(folder: &Path, what: &[&str], more: &[&str]) -> Ran {
    run(folder, &[&["simulate"], what, &SHORT, more].concat())
}

/// A manifest with a weight, a pause and, where `weight` allows it, nothing wrong.
fn rollout(name: &str, weight: u32) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata:\n  name: {name}\nspec:\n  replicas: 10\n  selector: {{matchLabels: {{app: {name}}}}}\n  template: {{metadata: {{labels: {{app: {name}}}}}}}\n  strategy:\n    \
         canary:\n      steps:\n        - setWeight: {weight}\n        - pause: {{duration: 5m}}\n"
    )
}

/// Every file below `folder` with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(&inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                found.push((path.strip_prefix(folder).unwrap().to_owned(), bytes));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn help_says_where_to_start() {
    let folder = fresh("help");
    for arguments in [&[][..], &["--help"], &["-h"]] {
        let ran = run(&folder, arguments);
        let said = ran.out + &ran.err;
        assert_eq!(ran.code, Some(0), "{said}");
        for word in ["coalmine simulate", "helm template", "replay", "Exit codes"] {
            assert!(said.contains(word), "{word:?} is missing in\n{said}");
        }
        assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
    }
    let ran = run(&folder, &["simulate", "--help"]);
    assert_eq!(ran.code, Some(0));
    for flag in [
        "scenario", "vary", "trials", "seed", "threads", "horizon", "operator", "out",
    ] {
        assert!(ran.out.contains(&format!("--{flag}")), "{flag}");
        let variable = format!("COALMINE_{}", flag.to_uppercase());
        assert!(ran.out.contains(&variable), "{variable}");
    }
    assert!(run(&folder, &["--version"]).out.starts_with("coalmine "));
    assert!(ran.out.contains("Exit codes: 0 done"), "{}", ran.out);
    assert!(files(&folder).is_empty());
}

#[test]
fn a_bad_call_is_told_what_is_wrong_and_plays_nothing() {
    let folder = fresh("bad-call");
    let kernel = case("param-kernel");
    let services = format!("{kernel}/services.yaml");
    for (arguments, told) in [
        (&["--frobnicate"][..], &["--frobnicate"][..]),
        (&["simulate"], &["<POLICY>"]),
        (
            &["simulate", "nowhere"],
            &["nowhere", "name a file, a folder, or -"],
        ),
        (
            &["simulate", &kernel, "--scenario", "nowhere"],
            &["\"nowhere\"", "errors-10"],
        ),
        (
            &["simulate", &kernel, "--vary", "error-rate"],
            &["failureCondition of CHECK="],
        ),
        (
            &["simulate", &kernel, "--vary", "colour of error-rate=red"],
            &["\"colour\"", "failureLimit"],
        ),
        (
            &["simulate", &kernel, "--vary", "failureLimit of nope=1"],
            &["\"nope\"", "error-rate, latency-p95"],
        ),
        (
            &["simulate", &kernel, "--vary", "failureLimit of error-rate=x"],
            &["\"x\""],
        ),
        (
            &["simulate", &kernel, "--operator", "goes home"],
            &["goes home", "promotes after 10m"],
        ),
        (
            &["simulate", &kernel, "--scenario", "stated"],
            &["there is no Scenario document here", "metadata.name"],
        ),
        (
            &["simulate", &kernel, "--scenario", &services],
            &[
                "services.yaml",
                "holds no Scenario document",
                "nothing was played",
            ],
        ),
        (&["simulate", &kernel, "--horizon", "soon"], &["soon", "10m"]),
        (&["simulate", &kernel, "--trials", "0"], &["--trials"]),
        (&["simulate", &kernel, "--promql-compat", "4"], &["2 or 3"]),
        (&["simulate", &kernel, "--out", "json"], &["'='", "json=PATH"]),
        (
            &["simulate", &kernel, "--out", "pdf=x"],
            &["\"pdf\"", "json=PATH"],
        ),
        (&["simulate", &kernel, "--out", "ledger=-"], &["ledger=-"]),
        (
            &["simulate", &kernel, "--out", "json=-", "--out", "csv=-"],
            &["stdout"],
        ),
        (&["replay", "here"], &["\"here\"", "POLICY:WORLD:SEED"]),
        (
            &["replay", "ba7816bf8f01:23097d223405:17"],
            &["coalmine-out/ledger", "--ledger"],
        ),
    ] {
        let ran = run(&folder, arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.err);
        for word in told {
            assert!(
                ran.err.contains(word),
                "{arguments:?}: {word:?} is missing in\n{}",
                ran.err
            );
        }
        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
    }
    assert!(
        files(&folder).is_empty(),
        "nothing was played and nothing is left behind"
    );
}

#[cfg(not(feature = "charts"))]
#[test]
fn a_page_needs_the_charts() {
    let folder = fresh("no-charts");
    let ran = simulate(&folder, &[&case("param-kernel")], &["--out", "html=page.html"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("feature 'charts'"), "{}", ran.err);
    assert!(files(&folder).is_empty());
}

#[test]
fn worlds_are_listed_with_what_they_ask() {
    let folder = fresh("worlds");
    let listed = run(&folder, &["scenario"]);
    assert_eq!(listed.code, Some(0), "{}", listed.err);
    let worlds = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/battery")).unwrap();
    for world in worlds {
        let name = world
            .unwrap()
            .path()
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let line = listed
            .out
            .lines()
            .find(|line| line.split_whitespace().next() == Some(&name));
        assert!(
            line.is_some_and(|line| line.contains(" harm")),
            "{name}: {}",
            listed.out
        );
    }
    assert!(listed.out.contains("Is an empty answer taken for health?"));
    // Whoever fits says what is meant.
    assert_eq!(run(&folder, &["scenario", "--from", "."]).code, Some(2));
}

#[test]
fn nothing_to_play_is_a_code_of_its_own() {
    let folder = fresh("nothing");
    let service = format!("{}/services.yaml", case("param-kernel"));
    let ran = simulate(&folder, &[&service], &[]);
    assert_eq!(ran.code, Some(4), "{}", ran.err);
    assert!(ran.err.contains("nothing to play"), "{}", ran.err);
}

#[test]
fn stdout_is_data_when_it_is_asked_to_be() {
    let folder = fresh("stdout");
    let kernel = case("param-kernel");

    let ran = simulate(&folder, &[&kernel], &["--out", "json=-"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let page: serde_json::Value = serde_json::from_str(&ran.out).expect("stdout is JSON and nothing else");
    assert_eq!(page["rows"][0]["trials"], 3);
    assert!(ran.err.contains("verdict"), "the table is talk then: {}", ran.err);

    let ran = simulate(&folder, &[&kernel], &["--out", "csv=-"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("policy,world,figure,unit"), "{}", lines[0]);
    let fields = |line: &str| line.split(',').count();
    assert!(
        lines.len() > 5 && lines.iter().all(|line| fields(line) == fields(lines[0])),
        "{}",
        ran.out
    );

    let ran = simulate(
        &folder,
        &[&kernel],
        &["--out", "md=-", "--out", "json=deep/in/page.json"],
    );
    assert!(
        ran.out.contains("| policy | world | trials | address |"),
        "{}",
        ran.out
    );
    let page = fs::read_to_string(folder.join("deep/in/page.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&page).unwrap();

    let ran = simulate(&folder, &[&kernel], &[]);
    for word in ["assumed", "errors 2 %", "n = 3", "verdict", "coalmine-out/ledger"] {
        assert!(ran.out.contains(word), "{word:?} is missing in\n{}", ran.out);
    }
    assert!(
        !ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'),
        "no colour where there is no terminal"
    );
}

#[test]
fn same_call_same_bytes() {
    let kernel = case("param-kernel");
    let intended = case("param-kernel-intended");
    let outs = [
        "--out",
        "json=page.json",
        "--out",
        "csv=page.csv",
        "--seed",
        "7",
        "--threads",
    ];
    let once = |name: &str, threads: &str, what: &[&str]| {
        let folder = fresh(name);
        let ran = simulate(&folder, what, &[&outs[..], &[threads]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let mut left = files(&folder);
        // The page says which command made it.
        left.retain(|(path, _)| path.extension().is_none_or(|end| end != "html"));
        assert!(
            left.len() == 4,
            "{:?}",
            left.iter().map(|(path, _)| path).collect::<Vec<_>>()
        );
        left
    };
    let first = once("twice-a", "1", &[&kernel, &intended]);
    assert!(first == once("twice-b", "2", &[&kernel, &intended]));
    // Nor do places matter: the same manifests elsewhere.
    let elsewhere = fresh("elsewhere");
    for name in ["param-kernel", "param-kernel-intended"] {
        fs::create_dir_all(elsewhere.join("deep").join(name)).unwrap();
        for (file, bytes) in files(Path::new(&case(name))) {
            fs::write(elsewhere.join("deep").join(name).join(file), bytes).unwrap();
        }
    }
    let there = [
        "../elsewhere/deep/param-kernel",
        "../elsewhere/deep/param-kernel-intended",
    ];
    let moved = once("twice-c", "2", &there);
    for ((path, bytes), (_, other)) in first.iter().zip(&moved) {
        assert!(bytes == other, "{} differs", path.display());
    }
    for (path, bytes) in &first {
        let text = String::from_utf8_lossy(bytes);
        assert!(
            !text.contains(env!("CARGO_MANIFEST_DIR")),
            "{} names a place",
            path.display()
        );
    }
}

/// Addresses that a table offers to replay.
fn offered(table: &str) -> Vec<String> {
    let words: Vec<&str> = table.split_whitespace().collect();
    let after = |pair: &[&str]| {
        (pair[0] == "replay" && pair[1].matches(':').count() == 2).then(|| pair[1].to_owned())
    };
    words.windows(2).filter_map(after).collect()
}

#[test]
fn a_trial_of_the_table_is_told_again_from_the_ledger_alone() {
    let folder = fresh("replay");
    let ran = simulate(
        &folder,
        &[&case("param-kernel"), &case("param-kernel-intended")],
        &[],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out.contains("verdict  param-kernel-intended: "),
        "equal names are told apart: {}",
        ran.out
    );
    let offered = offered(&ran.out);
    assert_eq!(offered.len(), 2, "one of each policy: {}", ran.out);
    for address in &offered {
        let story = run(&folder, &["replay", address]);
        assert_eq!(story.code, Some(0), "{}", story.err);
        assert!(
            story.out.contains("errors 2 %") && story.out.contains("rollout.yaml:"),
            "{}",
            story.out
        );
        assert_eq!(story.out, run(&folder, &["replay", address]).out);
        // Both wait between the two limits, and both say where these are written.
        assert!(
            story.out.contains("failureCondition: result[0] > 0.03"),
            "{}",
            story.out
        );
    }

    let elsewhere = fresh("replay-elsewhere");
    let ledger = folder.join("coalmine-out/ledger");
    let ledger = ledger.to_str().unwrap();
    let story = run(&elsewhere, &["replay", &offered[0], "--ledger", ledger]);
    assert_eq!(story.code, Some(0), "{}", story.err);
    let unknown = run(
        &elsewhere,
        &["replay", "000000000000:000000000000:1", "--ledger", ledger],
    );
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.err.contains("holds no trial") && unknown.err.contains("errors 2 %"),
        "{}",
        unknown.err
    );
}

#[cfg(not(feature = "tabular"))]
#[test]
fn a_story_ends_as_its_row_does() {
    let folder = fresh("rows");
    let worlds = [
        "--scenario",
        "quiet",
        "--scenario",
        "plain",
        "--out",
        "ledger=kept",
    ];
    let ran = simulate(&folder, &[&case("param-kernel-intended")], &worlds);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let rows = fs::read_to_string(folder.join("kept/part-00000.jsonl")).unwrap();
    assert_eq!(rows.lines().count(), 9, "three seeds of three worlds");
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let word = |field: &str| row[field].as_str().unwrap().to_owned();
        let address = format!("{}:{}:{}", word("policy"), word("world"), row["seed"]);
        let story = run(&folder, &["replay", &address, "--ledger", "kept"]).out;
        let ending = match word("ending").as_str() {
            "promoted" => "Ending: promoted",
            "waiting" => "Ending: waiting for a person",
            "rolled-back-by-check" => "Ending: rolled back by a check",
            "rolled-back-by-errors" => "Ending: rolled back by errors",
            other => panic!("{other}"),
        };
        assert!(story.contains(ending), "{row}\n{story}");
        let harmed = format!(
            "Blast radius: {:.1} requests",
            row["blast_radius"].as_f64().unwrap()
        );
        assert!(
            story.contains(&harmed) || row["harmful"] == false,
            "{row}\n{story}"
        );
    }
    assert!(!folder.join("coalmine-out/ledger").exists());
}

#[test]
fn a_broken_policy_takes_no_other_with_it() {
    let folder = fresh("one-of-two");
    fs::create_dir(folder.join("k8s")).unwrap();
    fs::write(folder.join("k8s/good.yaml"), rollout("good", 10)).unwrap();
    fs::write(folder.join("k8s/bad.yaml"), rollout("bad", 110)).unwrap();
    let before = files(&folder.join("k8s"));
    let ran = simulate(&folder, &["k8s"], &[]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("bad.yaml:12:"), "{}", ran.err);
    assert!(
        ran.out.trim_end().ends_with("1 of 2 policies not played"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("errors 2 %") && ran.out.contains("nothing reads the canary"),
        "{}",
        ran.out
    );
    assert!(before == files(&folder.join("k8s")));
}

#[test]
fn manifests_come_from_a_pipe_too() {
    let folder = fresh("pipe");
    let mut child = command(&folder)
        .args(["simulate", "-"])
        .args(SHORT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = rollout("piped", 10);
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let address = &offered(&ran.out)[0];
    let story = run(&folder, &["replay", address]);
    assert!(
        story.out.contains("piped · errors 2 %"),
        "{}{}",
        story.out,
        story.err
    );
    assert!(story.out.contains("<stdin>:13"), "{}", story.out);
}

#[test]
fn a_file_named_twice_is_one_file() {
    let folder = fresh("named-twice");
    fs::write(folder.join("rollout.yaml"), rollout("once", 10)).unwrap();
    let ran = simulate(&folder, &[".", "rollout.yaml", "./rollout.yaml"], &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(!ran.out.contains("once ("), "{}", ran.out);
}

#[test]
fn manifests_of_every_shape_are_answered() {
    let folder = fresh("shapes");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut shapes = Vec::new();
    for kind in ["manifests", "broken"] {
        let inside = fs::read_dir(tests.join(kind))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        shapes.extend(inside.filter(|path| path.is_dir()));
    }
    shapes.sort();
    assert!(shapes.len() > 30);
    for shape in shapes {
        let before = files(&shape);
        let ran = simulate(&folder, &[shape.to_str().unwrap()], &["--out", "json=page.json"]);
        let name = shape.display();
        let wrong = ran.err.lines().any(|line| line.starts_with("error"));
        let expected: &[i32] = if wrong { &[2] } else { &[0, 4] };
        assert!(
            ran.code.is_some_and(|code| expected.contains(&code)),
            "{name}: {:?}\n{}{}",
            ran.code,
            ran.out,
            ran.err
        );
        assert!(!ran.err.contains("panicked"), "{name}: {}", ran.err);
        assert!(
            before == files(&shape),
            "{name}: something was written beside the manifests"
        );
        // Whoever answers nothing says why.
        assert!(ran.code == Some(0) || !ran.err.is_empty(), "{name}");
    }
}

#[test]
fn a_horizon_and_a_person_are_as_asked() {
    let folder = fresh("asked");
    let ran = simulate(
        &folder,
        &[&case("param-kernel")],
        &["--horizon", "2h", "--operator", "promotes after 10m"],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("horizon 2h"), "{}", ran.out);
    let story = run(&folder, &["replay", &offered(&ran.out)[0]]);
    assert!(
        story.out.contains("a person promotes") && story.out.contains("2h  the horizon"),
        "{}",
        story.out
    );
}

#[test]
fn a_person_who_comes_too_late_is_told() {
    let folder = fresh("late");
    let more = ["--horizon", "30m", "--operator", "promotes after 1h"];
    let ran = simulate(&folder, &[&case("param-kernel")], &more);
    assert!(
        ran.out
            .contains("the person who promotes after 1h never comes: trials end at the horizon of 30m"),
        "{}",
        ran.out
    );
}

#[test]
fn folders_of_kustomizations_are_told_how_to_be_built() {
    let folder = fresh("kustomize");
    for overlay in ["dev", "prod"] {
        let inner = folder.join("k8s/overlays").join(overlay);
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("kustomization.yaml"), "resources: [../../base]\n").unwrap();
    }
    for given in ["k8s", "k8s/overlays", "k8s/overlays/dev"] {
        let ran = simulate(&folder, &[given], &[]);
        assert_eq!(ran.code, Some(2), "{given}");
        let help = "kustomize build k8s/overlays/dev | coalmine simulate -";
        assert!(ran.err.contains(help), "{given}: {}", ran.err);
    }
}

#[test]
fn a_template_next_door_is_named_by_its_shortest_path() {
    let folder = fresh("next-door");
    fs::create_dir_all(folder.join("app/rollouts")).unwrap();
    fs::create_dir_all(folder.join("app/templates")).unwrap();
    let rollout = rollout("shop", 20) + "        - analysis: {templates: [{templateName: rate}]}\n";
    fs::write(folder.join("app/rollouts/shop.yaml"), rollout).unwrap();
    let template =
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: rate}\nspec: {}\n";
    fs::write(folder.join("app/templates/rate.yaml"), template).unwrap();
    let ran = simulate(&folder, &["app/rollouts"], &[]);
    assert!(
        ran.err.contains("it stands in app/templates/rate.yaml"),
        "{}",
        ran.err
    );
}

#[test]
fn what_was_concluded_of_the_series_can_be_stated_as_it_is() {
    let folder = fresh("explained");
    let explained = run(
        &folder,
        &["simulate", &case("param-kernel-intended"), "--explain-exposition"],
    );
    assert_eq!(explained.code, Some(0), "{}", explained.err);
    assert!(
        explained.out.contains("kind: Scenario") && explained.out.contains("reads the canary alone"),
        "{}",
        explained.out
    );
    fs::write(folder.join("stated.yaml"), &explained.out).unwrap();
    let json = |more: &[&str]| {
        let ran = simulate(&folder, &[&case("param-kernel-intended")], more);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let page: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        page["rows"][0]["endings"].clone()
    };
    let concluded = json(&["--out", "json=-"]);
    let policies = case("param-kernel-intended");
    let stated = run(
        &folder,
        &[
            &["simulate", &policies, "stated.yaml"],
            &SHORT[..],
            &["--out", "json=-"],
        ]
        .concat(),
    );
    assert_eq!(stated.code, Some(0), "{}", stated.err);
    let page: serde_json::Value = serde_json::from_str(&stated.out).unwrap();
    assert_eq!(page["rows"][0]["endings"], concluded);
    assert!(!stated.err.contains("ignored: 1 Scenario"), "{}", stated.err);
}

#[test]
fn harm_that_a_person_stops_is_not_missed() {
    let folder = fresh("person");
    let more = ["--operator", "aborts after 10m", "--out", "json=page.json"];
    let ran = simulate(&folder, &[&case("param-kernel")], &more);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let page = fs::read_to_string(folder.join("page.json")).unwrap();
    let page: serde_json::Value = serde_json::from_str(&page).unwrap();
    let row = &page["rows"][0];
    let figure = |name: &str| {
        let figures = row["figures"].as_array().unwrap();
        figures.iter().find(|figure| figure["name"] == name).unwrap()["point"].clone()
    };
    // Between the limits the first look is inconclusive, at 5m20s; the person comes ten minutes later.
    assert_eq!(figure("missed-harm"), 0.0, "{row}");
    assert_eq!(figure("time-to-detect-median"), 900.0, "{row}");
    let counts = row["endings"].as_object().unwrap().values();
    assert_eq!(
        counts.map(|part| part["count"].as_u64().unwrap()).sum::<u64>(),
        3,
        "{row}"
    );
}

/// A call that plays for a long time, up to its first trials; its stderr from there on.
#[cfg(unix)]
fn playing(folder: &Path) -> (std::process::Child, std::io::BufReader<std::process::ChildStderr>) {
    use std::io::BufRead as _;

    let mut child = command(folder)
        .args([
            "simulate",
            &case("param-kernel"),
            "--scenario",
            "plain",
            "--trials",
            "3000000",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Its findings are told before the first trial is played.
    let mut talk = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while talk.read_line(&mut line).unwrap() > 0 && !line.contains("2 warnings") {
        line.clear();
    }
    std::thread::sleep(std::time::Duration::from_secs(3));
    (child, talk)
}

/// Sends a program signals, one right after the other.
#[cfg(unix)]
fn signals(child: &std::process::Child, which: &str) {
    let id = child.id().to_string();
    let told = format!("for signal in {which}; do kill -$signal \"$0\"; done");
    assert!(
        Command::new("sh")
            .args(["-c", &told, &id])
            .status()
            .unwrap()
            .success()
    );
}

/// Two signals: nothing is waited for, and that is said.
#[cfg(unix)]
#[test]
fn a_second_signal_ends_at_once() {
    use std::io::Read as _;

    let folder = fresh("two-signals");
    let (child, mut talk) = playing(&folder);
    signals(&child, "INT TERM");
    let ran = Ran::from(child.wait_with_output().unwrap());
    let mut rest = String::new();
    talk.read_to_string(&mut rest).unwrap();
    assert_eq!(ran.code, Some(143), "{rest}");
    assert!(rest.contains("stopped at once by a second signal"), "{rest}");
    assert!(!folder.join("coalmine-out/ledger").exists(), "{}", ran.out);
}

#[cfg(unix)]
#[test]
fn control_c_keeps_complete_seeds() {
    use std::io::Read as _;

    let folder = fresh("control-c");
    let (child, mut talk) = playing(&folder);
    signals(&child, "INT");
    let ran = Ran::from(child.wait_with_output().unwrap());
    let mut rest = String::new();
    talk.read_to_string(&mut rest).unwrap();
    assert_eq!(ran.code, Some(130), "{rest}");
    assert!(
        rest.contains("of 3000000 seeds are complete and were kept"),
        "{rest}"
    );

    let manifest = fs::read_to_string(folder.join("coalmine-out/ledger/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let seeds = manifest["seeds"].as_u64().unwrap();
    assert!(seeds > 0 && seeds < 3_000_000 && manifest["seedsPlanned"] == 3_000_000);
    assert!(rest.contains(&format!("{seeds} of")), "{rest}");
    assert!(
        ran.out.contains("Cut short: ")
            && ran
                .out
                .contains(" of 3,000,000 trials in each world were played."),
        "{}",
        ran.out
    );

    // What was kept is what a shorter run plays.
    if seeds < 20_000 {
        let again = fresh("control-c-again");
        let trials = seeds.to_string();
        run(
            &again,
            &[
                "simulate",
                &case("param-kernel"),
                "--scenario",
                "plain",
                "--trials",
                &trials,
            ],
        );
        let shorter = fs::read_to_string(again.join("coalmine-out/ledger/manifest.json")).unwrap();
        let shorter: serde_json::Value = serde_json::from_str(&shorter).unwrap();
        assert_eq!(manifest["outcomes"], shorter["outcomes"]);
    }
}

#[cfg(not(feature = "live"))]
#[test]
fn a_build_without_a_live_server_says_so_by_the_features_name() {
    let folder = fresh("no-live");
    let kernel = case("param-kernel");
    let server = ["--url", "http://127.0.0.1:1", "--policy", &kernel];
    let import = [&["import", "--from", "1", "--to", "2"], &server[..]].concat();
    let verify = [&["verify"], &server[..]].concat();
    for arguments in [import, verify] {
        let ran = run(&folder, &arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("without the feature 'live'"), "{}", ran.err);
    }
    assert!(files(&folder).is_empty());
}

#[test]
fn inspect_and_query_answer_over_a_recording() {
    let folder = fresh("inspect");
    let series = "load 15s\n  http_requests_total{job=\"shop\",instance=\"a:80\",code=\"200\"} 0+15x40\n";
    fs::write(folder.join("series"), series).unwrap();
    let ran = run(&folder, &["inspect", "series"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.starts_with("1 series, 41 samples\n"), "{}", ran.out);
    assert!(ran.out.contains("http_requests_total{code}: 200"), "{}", ran.out);
    let ran = run(&folder, &["inspect", "series", "--out", "json=-"]);
    let survey: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(survey["families"][0]["interval_ms"], 15_000);
    let ran = run(&folder, &["inspect", "series", "--series", "up"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("none of its 41 samples is wanted"),
        "{}",
        ran.err
    );

    let query = ["query", "sum(http_requests_total)", "--in", "series"];
    let ran = run(&folder, &query);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), "{}  600\n1 element at 1970-01-01 00:10:00 UTC\n")
    );
    let range = [
        &query[..],
        &[
            "--from", "first", "--to", "60", "--step", "30s", "--out", "json=-",
        ],
    ]
    .concat();
    let ran = run(&folder, &range);
    assert_eq!(
        ran.out,
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[0,\"0\"],[30,\"30\"],[60,\"60\"]]}]}}\n"
    );
    // An empty answer is an answer; what is no query is not.
    let ran = run(&folder, &["query", "up", "--in", "series", "--at", "first"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), "no element at 1970-01-01 00:00:00 UTC\n")
    );
    let ran = run(&folder, &["query", "sum(rate(up[1m])", "--in", "series"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("--> <query>:1:"), "{}", ran.err);
    for wrong in [
        &["--at", "noon"][..],
        &["--from", "first"],
        &["--from", "last", "--to", "first", "--step", "1s"],
    ] {
        let ran = run(&folder, &[&query[..], wrong].concat());
        assert_eq!(ran.code, Some(2), "{wrong:?}");
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{wrong:?}");
    }
}

#[test]
fn a_fit_is_written_whole_or_in_part_and_held_against_its_recording() {
    let folder = fresh("fit");
    let at = |path: &str| format!("{}/data/nginx-plus-status/{path}", env!("CARGO_MANIFEST_DIR"));
    let (data, policy) = (at("metrics.om.gz"), at("canary.yaml"));
    let fit = ["scenario", policy.as_str(), "--from", data.as_str()];
    let whole = run(&folder, &fit);
    assert_eq!(whole.code, Some(0), "{}", whole.err);
    assert!(
        whole.out.contains("\n    errors: 0.2632%"),
        "3 of 1,140: {}",
        whole.out
    );
    let part = run(&folder, &[&fit[..], &["--only", "scrapes"]].concat());
    assert!(
        part.out
            .contains("# traffic: standard; not asked of this recording")
            && part.out.contains("    missed: 0.200%"),
        "{}",
        part.out
    );
    // What is written can be played.
    fs::write(folder.join("service.yaml"), &whole.out).unwrap();
    let played = [
        "simulate",
        &policy,
        "--scenario",
        "service.yaml",
        "--scenario",
        "plain",
        "--trials",
        "2",
    ];
    let played = run(&folder, &played);
    assert_eq!(played.code, Some(0), "{}", played.err);
    assert!(played.out.contains("0.4467 requests/s"), "{}", played.out);

    let check = [
        "scenario",
        "--from",
        &data,
        "--check",
        &policy,
        "--trials",
        "8",
        "--recordings",
        "3",
    ];
    let table = run(&folder, &check);
    assert_eq!(table.code, Some(0), "{}", table.err);
    for said in ["front agrees: ", "false rollbacks", "one day", "n = 8 trials"] {
        assert!(table.out.contains(said), "{said}: {}", table.out);
    }
    let json = run(&folder, &[&check[..], &["--out", "json=-"]].concat());
    let page: serde_json::Value = serde_json::from_str(&json.out).expect("stdout is JSON and nothing else");
    assert_eq!(page["policies"][0]["recordings"], 3);
    let once_more = run(
        &folder,
        &[&check[..], &["--out", "json=-", "--threads", "1"]].concat(),
    );
    assert_eq!(json.out, once_more.out, "threads change nothing");
    for wrong in [
        &["scenario", "--from", &data][..],
        &["scenario", &policy, "--from", &data, "--out", "json=-"],
        &["scenario", "--from", &data, "--check", &policy, "--out", "csv=-"],
    ] {
        let ran = run(&folder, wrong);
        assert_eq!(ran.code, Some(2), "{wrong:?}");
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{wrong:?}");
    }
}

/// Events of the domain: nothing says how they come from requests, so the finding writes the Scenario that would, and
/// what it writes is copied from the terminal as it stands there.
#[test]
fn the_scenario_that_a_finding_prints_works_when_it_is_pasted() {
    let folder = fresh("pasted");
    let analysis = "        - analysis: {templates: [{templateName: orders}]}\n---\n\
        apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {name: orders}\nspec:\n  metrics:\n    \
        - name: orders\n      successCondition: len(result) > 0\n      provider:\n        prometheus:\n          \
        address: http://prometheus:9090\n          query: sum(rate(orders_placed_total{app=\"shop\"}[5m]))\n";
    fs::create_dir(folder.join("k8s")).unwrap();
    fs::write(folder.join("k8s/rollout.yaml"), rollout("shop", 20) + analysis).unwrap();
    let refused = simulate(&folder, &["k8s"], &[]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(
        refused
            .err
            .contains("nothing says what orders_placed_total of check orders is"),
        "{}",
        refused.err
    );
    let mut lines = refused
        .err
        .lines()
        .skip_while(|line| !line.contains("say so in a file beside the manifests"));
    lines.next();
    let pasted: Vec<&str> = lines.take_while(|line| !line.trim().is_empty()).collect();
    assert!(pasted[0].ends_with("apiVersion: coalmine/v1"), "{pasted:?}");
    fs::write(folder.join("k8s/scenario.yaml"), pasted.join("\n") + "\n").unwrap();
    let played = simulate(&folder, &["k8s"], &[]);
    assert_eq!(played.code, Some(0), "{}", played.err);
    assert!(!played.err.contains("error"), "{}", played.err);
}
