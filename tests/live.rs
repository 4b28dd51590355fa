//! A live server: a real Prometheus where one is installed, and servers that fail in every way we could think of.
#![cfg(all(feature = "cli", feature = "live"))]
#![allow(clippy::print_stdout, reason = "tallies are said aloud")]

mod common;
#[path = "live/server.rs"]
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use coalmine::recording::{self, Keep, compact};
use coalmine::series::{SeriesId, is_stale};
use server::{Reply, Server};

const TOKEN: &str = "t0p-s3cret-token";

/// A fresh folder for one test.
fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn file(name: &str) -> String {
    format!("{}/tests/live/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coalmine"));
    command
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "200")
        .args(arguments)
        .stdin(Stdio::null());
    command
}

fn text(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Ten minutes of the fault policy's one query.
fn import(folder: &Path, url: &str, more: &[&str]) -> Command {
    let policy = file("fault.yaml");
    let from_to = ["--from", "1700000000", "--to", "1700000600", "--out", "recording"];
    let first = ["import", "--url", url, "--policy", &policy, "--retries", "1"];
    let mut command = command(folder, &[&first[..], &from_to, more].concat());
    command.env("COALMINE_TOKEN", TOKEN);
    command
}

/// Every name below `folder`.
fn names(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        if path.is_dir() {
            found.extend(names(&path));
        }
    }
    found
}

/// What the import says of a server, the port taken out; it must have failed, left nothing and kept the token.
fn refused(name: &str, port: u16, more: &[&str]) -> String {
    let folder = fresh(name);
    let output = import(&folder, &format!("http://127.0.0.1:{port}"), more)
        .output()
        .unwrap();
    let (code, out, err) = text(&output);
    assert_eq!(code, Some(2), "{name}: {out}{err}");
    assert_eq!(names(&folder), Vec::<String>::new(), "{name}");
    assert!(out.is_empty() && !err.contains(TOKEN), "{name}: {out}{err}");
    format!("# {name}\n{}\n", err.replace(&port.to_string(), "PORT"))
}

#[test]
fn servers_that_fail_are_told_from_each_other_and_leave_nothing() {
    let mut told = String::new();
    let echo = |_: usize, request: &str| {
        let line = request
            .lines()
            .find(|line| line.to_lowercase().starts_with("authorization"));
        Reply::Full(
            "401 Unauthorized",
            format!("who is {}?", line.unwrap_or("nobody")),
        )
    };
    told += &refused("401-echoes-the-token", Server::new(echo).port, &[]);
    let busy = Server::new(|_, _| {
        Reply::Full(
            "503 Service Unavailable\r\nRetry-After: 0",
            "upstream is down".into(),
        )
    });
    told += &refused("503-for-ever", busy.port, &[]);
    assert_eq!(busy.requests.lock().unwrap().len(), 2);
    let cut =
        Server::new(|_, _| Reply::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"status\"".into()));
    told += &refused("cut-in-the-middle", cut.port, &[]);
    let late = Server::new(|number, request| match number {
        0..5 => server::prometheus(request, 3600),
        _ => Reply::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"status\"".into()),
    });
    told += &refused("cut-after-the-first-answers", late.port, &[]);
    let login = Server::new(|_, _| Reply::Full("200 OK", "<html>please log in</html>".into()));
    told += &refused("no-json", login.port, &[]);
    let noise = Server::new(|_, _| Reply::Bytes("\u{1}\u{2}not http at all\r\n\r\n".into()));
    told += &refused("no-http", noise.port, &[]);
    let huge =
        Server::new(|_, _| Reply::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n[".into()));
    told += &refused("huge", huge.port, &[]);
    let slow = Server::new(|_, _| Reply::Silence(Duration::from_secs(5)));
    told += &refused("slow", slow.port, &["--timeout", "200ms"]);
    let strict = Server::new(|_, request| server::prometheus(request, 0));
    told += &refused("refuses-every-piece", strict.port, &[]);
    let circle = Server::new(|_, _| Reply::Full("302 Found\r\nLocation: /again", String::new()));
    told += &refused("redirects-in-a-circle", circle.port, &[]);
    let nobody = free_port();
    told += &refused("nobody-there", nobody, &[]);
    insta::with_settings!({snapshot_path => "live", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("faults", told);
    });
}

#[test]
fn a_server_that_recovers_is_asked_again_and_pieces_meet_without_a_gap() {
    let folder = fresh("recovers");
    // The second request is refused once; no window of more than 70 s is answered.
    let server = Server::new(|number, request| match number {
        1 => Reply::Full("503 Service Unavailable\r\nRetry-After: 0", String::new()),
        _ => server::prometheus(request, 70),
    });
    let url = format!("http://127.0.0.1:{}", server.port);
    let (code, out, err) = text(&import(&folder, &url, &[]).output().unwrap());
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(
        err.contains("the server does not say its version: taken for Prometheus 3"),
        "{err}"
    );
    assert!(server.seen().contains(&format!("Bearer {TOKEN}")));
    let (recording, _) = recording::open(&folder.join("recording"), &Keep::default()).unwrap();
    // The window of a minute before the first moment is there too, but for its left border.
    let times: Vec<i64> = recording.series(SeriesId(0)).map(|(time, _)| time).collect();
    let expected: Vec<i64> = (113_333_330..=113_333_373)
        .map(|n| n * 15_000)
        .filter(|time| *time > 1_699_999_940_000)
        .collect();
    assert_eq!(times, expected);
    let manifest = compact::read_manifest(&folder.join("recording")).unwrap();
    assert_eq!(manifest.queries, [r#"sum(rate(req{job="a"}[1m]))"#]);
    assert_eq!(manifest.selectors, [r#"req{job="a"}"#]);
    assert_eq!(manifest.asked_ms, Some((1_700_000_000_000, 1_700_000_600_000)));
    let promql = manifest.promql.clone().unwrap();
    assert_eq!((promql.generation, promql.lookback_ms), (3, 300_000));
    for name in names(&folder.join("recording")) {
        let bytes = fs::read(folder.join("recording").join(&name)).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN), "{name}");
    }
    assert!(!out.contains(TOKEN) && !err.contains(TOKEN));
}

#[test]
fn a_redirect_to_another_server_carries_no_token() {
    let folder = fresh("redirect");
    let other = Server::new(|_, request| server::prometheus(request, 3600));
    let (port, asked) = (other.port, AtomicUsize::new(0));
    let first = Server::new(move |_, request| {
        asked.fetch_add(1, Ordering::Relaxed);
        let path = request
            .split(' ')
            .nth(1)
            .unwrap()
            .replace('"', "%22")
            .replace('{', "%7B")
            .replace('}', "%7D");
        let head = format!("307 Temporary Redirect\r\nLocation: http://127.0.0.1:{port}{path}");
        Reply::Full(Box::leak(head.into_boxed_str()), String::new())
    });
    let url = format!("http://127.0.0.1:{}", first.port);
    let (code, out, err) = text(&import(&folder, &url, &[]).output().unwrap());
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(first.seen().contains(TOKEN) && !other.seen().contains(TOKEN));
    assert!(!other.seen().to_lowercase().contains("authorization"));
}

#[test]
fn a_password_in_the_address_is_used_and_never_shown() {
    let folder = fresh("password");
    let server = Server::new(|_, request| server::prometheus(request, 3600));
    let url = format!("http://ann:hunter2@127.0.0.1:{}", server.port);
    let (code, out, err) = text(
        &import(&folder, &url, &[])
            .env_remove("COALMINE_TOKEN")
            .output()
            .unwrap(),
    );
    assert_eq!(code, Some(0), "{out}{err}");
    // `ann:hunter2` in base64, by `base64`.
    assert!(
        server.seen().contains("Basic YW5uOmh1bnRlcjI="),
        "{}",
        server.seen()
    );
    let manifest = fs::read_to_string(folder.join("recording/recording.json")).unwrap();
    let url = format!("http://127.0.0.1:{}", server.port);
    assert!(manifest.contains(&url), "{manifest}");
    let help = command(&folder, &["import", "--help"])
        .env("COALMINE_URL", "http://ann:hunter2@host")
        .output()
        .unwrap();
    for said in [out, err, manifest, text(&help).1] {
        assert!(!said.contains("hunter2") && !said.contains("YW5uOm"), "{said}");
    }
    let wrong = command(
        &folder,
        &[
            "import",
            "--url",
            "ann:hunter2@host",
            "--policy",
            ".",
            "--from",
            "1",
            "--to",
            "2",
        ],
    );
    let (code, _, err) = text(&{ wrong }.output().unwrap());
    assert_eq!(code, Some(2));
    assert!(
        err.contains("--url names no server") && !err.contains("hunter2"),
        "{err}"
    );
}

#[test]
fn bad_calls_are_told_what_is_wrong() {
    let folder = fresh("calls");
    fs::write(folder.join("token"), "a\u{1}b\n").unwrap();
    fs::write(folder.join("pair"), "no colon").unwrap();
    for (more, told) in [
        (&["--from", "1700000700"][..], "--from lies after --to"),
        (
            &["--from", "1900000000", "--to", "1900000060"],
            "--from lies in the server's future",
        ),
        (&["--token-file", "absent"], "absent"),
        (
            &["--token-file", "token"],
            "holds a character that no HTTP header can",
        ),
        (&["--basic-auth-file", "pair"], "holds no user:password"),
        (&["--ca-file", "pair"], "holds no certificate"),
        (
            &["--token-file", "token", "--basic-auth-file", "pair"],
            "cannot be used with",
        ),
        (&["--to", "soon"], "now-6h"),
    ] {
        let server = Server::new(|_, request| server::prometheus(request, 3600));
        let url = format!("http://127.0.0.1:{}", server.port);
        let mut call = import(&folder, &url, &[]);
        // A later flag of the same name would be a second one.
        let arguments: Vec<String> = call
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        let mut kept = Vec::new();
        let mut pairs = arguments.into_iter();
        while let Some(argument) = pairs.next() {
            if more.contains(&argument.as_str()) {
                pairs.next();
            } else {
                kept.push(argument);
            }
        }
        let kept: Vec<&str> = kept
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        call = command(&folder, &kept);
        let (code, out, err) = text(&call.output().unwrap());
        assert_eq!(code, Some(2), "{more:?}: {out}{err}");
        assert!(err.contains(told), "{more:?}: {err}");
        assert!(!err.contains("a\u{1}b"));
    }
}

/// The counter rises by 1 in 15 s; the server says 42.
#[test]
fn a_server_that_answers_otherwise_is_found_out_and_the_code_says_so() {
    let folder = fresh("otherwise");
    let server = Server::new(|_, request| {
        if request.contains("query=sum(rate(") {
            return server::success("vector", r#"[{"metric":{},"value":[1700000300,"42"]}]"#);
        }
        server::prometheus(request, 3600)
    });
    let url = format!("http://127.0.0.1:{}", server.port);
    let policy = file("fault.yaml");
    let first = [
        "verify",
        "--url",
        &url,
        "--policy",
        &policy,
        "--moments",
        "12",
        "--out",
        "json=-",
    ];
    let asked = [&first[..], &["--from", "1700000000", "--to", "1700000600"]].concat();
    let (code, out, err) = text(&command(&folder, &asked).output().unwrap());
    assert_eq!(code, Some(1), "{out}{err}");
    let answers: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&answers["differences"], &answers["queries"][0]["same"]),
        (&12.into(), &0.into())
    );
    let difference = &answers["queries"][0]["differences"][0];
    assert_eq!(difference["theirs"]["value"], "42");
    let ours: f64 = difference["ours"]["value"].as_str().unwrap().parse().unwrap();
    assert!((ours - 1.0 / 15.0).abs() < 1e-12, "{ours}");
    assert!(err.contains("and 2 more: --out json=- lists them all"), "{err}");
    assert!(
        err.contains("12 differences in 12 answers (1 queries at 12 moments)"),
        "{err}"
    );
    assert_eq!(names(&folder), Vec::<String>::new());
}

/// What a query of a Scenario document reads is fetched for the check that it stands in for.
#[test]
fn series_of_a_query_that_stands_in_are_fetched() {
    let folder = fresh("stands-in");
    let server = Server::new(|_, request| server::prometheus(request, 3600));
    let url = format!("http://127.0.0.1:{}", server.port);
    let policy = fs::read_to_string(file("fault.yaml")).unwrap();
    let query = r#"{prometheus: {query: 'sum(rate(req{job="a"}[1m]))'}}"#;
    assert!(policy.contains(query));
    let own = folder.join("policy");
    fs::create_dir(&own).unwrap();
    let graphite = "{graphite: {address: 'http://graphite', query: requests}}";
    fs::write(own.join("policy.yaml"), policy.replace(query, graphite)).unwrap();
    let first = [
        "import",
        "--url",
        &url,
        "--policy",
        "policy",
        "--out",
        "recording",
    ];
    let asked = [&first[..], &["--from", "1700000000", "--to", "1700000600"]].concat();
    let run = || text(&command(&folder, &asked).output().unwrap());
    let (code, out, err) = run();
    assert_eq!(code, Some(4), "{out}{err}");
    let document = |query: &str| {
        let text = "apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  providers:\n    - check: requests\n      query: ";
        fs::write(own.join("scenario.yaml"), format!("{text}{query}\n")).unwrap();
    };
    document("'sum('");
    let (code, out, err) = run();
    assert!(
        code == Some(2) && err.contains("this query does not parse"),
        "{out}{err}"
    );
    document("'sum(rate(req{job=\"a\"}[1m]))'");
    let (code, out, err) = run();
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(
        out.contains("req{job=\"a\"}") && folder.join("recording").exists(),
        "{out}"
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_is_heard_while_a_server_keeps_silent() {
    let folder = fresh("ctrl-c");
    let server = Server::new(|_, _| Reply::Silence(Duration::from_secs(30)));
    let url = format!("http://127.0.0.1:{}", server.port);
    let child = import(&folder, &url, &[])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while server.requests.lock().unwrap().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    let (code, _, err) = text(&child.wait_with_output().unwrap());
    assert_eq!(code, Some(130), "{err}");
    assert!(err.contains("stopped: nothing was written"), "{err}");
    assert_eq!(names(&folder), Vec::<String>::new());
}

/// Certificates: nobody's, those of a named authority, anybody's. What answers is a page, not an API; but it answers.
#[test]
fn certificates_are_checked_unless_it_is_said_aloud_that_they_are_not() {
    if !common::program("openssl") {
        return;
    }
    let folder = fresh("tls");
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command
            .current_dir(&folder)
            .args(arguments.split(' '))
            .stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    fs::write(
        folder.join("names"),
        "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    for step in [
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority",
        "req -newkey rsa:2048 -nodes -keyout own.key -out own.csr -subj /CN=localhost",
        "x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out own.pem",
    ] {
        assert!(openssl(step).status().unwrap().success(), "{step}");
    }
    let port = free_port();
    let serve = format!("s_server -accept {port} -cert own.pem -key own.key -www -quiet");
    let _running = Running(openssl(&serve).spawn().unwrap());
    let up = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    assert!(up);
    for (more, told) in [
        (&[][..], &["invalid peer certificate", "--ca-file"][..]),
        (
            &["--ca-file", "ca.pem"],
            &["does not speak the Prometheus HTTP API"],
        ),
        (
            &["--insecure-skip-verify"],
            &[
                "CERTIFICATES ARE NOT CHECKED",
                "does not speak the Prometheus HTTP API",
            ],
        ),
    ] {
        let url = format!("https://localhost:{port}");
        let (code, out, err) = text(&import(&folder, &url, more).output().unwrap());
        assert_eq!(code, Some(2), "{out}{err}");
        for word in told {
            assert!(err.contains(word), "{more:?}: {err}");
        }
        assert_eq!(more.is_empty(), err.contains("certificate:"), "{err}");
    }
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Ends a process of ours, whatever happens to the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the shop shows at its `n`th scrape: counters, a histogram, gauges; one pod leaves after 25 scrapes.
fn shop(n: usize) -> String {
    let counts = [n * 17, n * n / 9, n * 17];
    let mut text = format!(
        "shop_requests_total{{code=\"200\"}} {}\nshop_requests_total{{code=\"500\"}} {}\nshop_requests_total{{code=\"204\"}} {}\n",
        counts[0], counts[1], counts[2]
    );
    for (le, per) in [("0.1", 7), ("0.5", 12), ("1", 13), ("+Inf", 14)] {
        text += &format!("shop_seconds_bucket{{le=\"{le}\"}} {}\n", n * per + n % 3);
    }
    text += &format!("shop_in_flight {}\n", (n * 7) % 11);
    text += &format!("shop_temperature{{pod=\"shop-7d9f-a\"}} {}.25\n", 20 + n % 5);
    if n < 25 {
        text += &format!("shop_temperature{{pod=\"shop-7d9f-b\"}} {}.5\n", 30 + n % 7);
    }
    text
}

/// Samples of a real Prometheus, itself and a shop, fetched and asked: no difference at 50 moments, and a stale mark
/// where the pod left.
#[test]
fn a_real_prometheus_answers_as_we_do() {
    if !common::program("prometheus") {
        return;
    }
    let folder = fresh("prometheus");
    let scrapes = AtomicUsize::new(0);
    let exposed = Server::new(move |_, _| {
        let n = scrapes.fetch_add(1, Ordering::Relaxed);
        Reply::Full("200 OK\r\nContent-Type: text/plain; version=0.0.4", shop(n))
    });
    let port = free_port();
    let config = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 7s}}\nscrape_configs:\n\
         - {{job_name: prometheus, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n\
         - {{job_name: shop, static_configs: [{{targets: ['127.0.0.1:{}']}}]}}\n",
        exposed.port
    );
    fs::write(folder.join("prometheus.yml"), config).unwrap();
    let log = fs::File::create(folder.join("log")).unwrap();
    let _running = Running(
        Command::new("prometheus")
            .current_dir(&folder)
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap(),
    );
    let waited = (0..700).find(|_| {
        std::thread::sleep(Duration::from_millis(100));
        exposed.requests.lock().unwrap().len() >= 55
    });
    assert!(
        waited.is_some(),
        "{}",
        fs::read_to_string(folder.join("log")).unwrap()
    );

    let url = format!("http://127.0.0.1:{port}");
    let policy = file("policy.yaml");
    let common = [
        "--url",
        url.as_str(),
        "--policy",
        policy.as_str(),
        "--from",
        "now-45s",
        "--to",
        "now-2s",
    ];
    let (code, out, err) = text(
        &command(
            &folder,
            &[&["import", "--out", "recording"], &common[..]].concat(),
        )
        .output()
        .unwrap(),
    );
    assert_eq!(code, Some(0), "{out}{err}");
    let (recording, _) = recording::open(&folder.join("recording"), &Keep::default()).unwrap();
    let manifest = compact::read_manifest(&folder.join("recording")).unwrap();
    let promql = manifest.promql.clone().unwrap();
    assert_eq!(
        (promql.generation, promql.default_step_ms),
        (2, 7_000),
        "{manifest:?}"
    );
    assert!(
        manifest.origin.starts_with("Prometheus 2."),
        "{}",
        manifest.origin
    );
    assert!(manifest.samples > 500, "{manifest:?}");
    // The pod that left has a mark one scrape after its last sample; the one that stayed has none.
    let of_pod = |pod: &str| {
        let mut series = recording.layout.series();
        let (id, _) = series.find(|(_, labels)| labels.get("pod") == Some(pod)).unwrap();
        recording.series(id).collect::<Vec<_>>()
    };
    let left = of_pod("shop-7d9f-b");
    assert!(is_stale(left[left.len() - 1].1), "{left:?}");
    let silence = left[left.len() - 1].0 - left[left.len() - 2].0;
    assert!((900..=1100).contains(&silence), "{silence} ms");
    assert!(of_pod("shop-7d9f-a").iter().all(|(_, value)| !is_stale(*value)));

    let verify = [
        &[
            "verify",
            "--moments",
            "50",
            "--seed",
            "7",
            "--out",
            "json=answers.json",
        ],
        &common[..],
    ]
    .concat();
    let (code, out, err) = text(&command(&folder, &verify).output().unwrap());
    println!("{out}");
    assert_eq!(code, Some(0), "{out}{err}");
    let answers = fs::read_to_string(folder.join("answers.json")).unwrap();
    let answers: serde_json::Value = serde_json::from_str(&answers).unwrap();
    assert_eq!(answers["differences"], 0);
    assert_eq!(answers["moments_ms"].as_array().unwrap().len(), 50);
    let queries = answers["queries"].as_array().unwrap();
    assert_eq!(queries.len(), 8);
    for query in queries {
        assert_eq!(query["same"], 50, "{query}");
        assert!(query["empty"].as_u64().unwrap() < 25, "{query}");
    }
    // The made-up hash of the canary became the one that was seen.
    assert!(
        queries[2]["query"].as_str().unwrap().contains("shop-7d9f-.*"),
        "{}",
        queries[2]
    );
}
