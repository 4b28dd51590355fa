//! `coalmine query` beside a real Prometheus server 2.42, where one is installed: the same samples, the same moments.
#![cfg(feature = "cli")]
#![allow(clippy::print_stdout, reason = "a skip, and what was compared, is said aloud")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

const QUERIES: [&str; 12] = [
    "http_server_requests_seconds_count",
    "up",
    "sum(rate(http_server_requests_seconds_count[1m]))",
    "sum by (status) (rate(http_server_requests_seconds_count[5m]))",
    "sum(rate(http_server_requests_seconds_count{status=~\"4..|5..\"}[2m])) / sum(rate(http_server_requests_seconds_count[2m]))",
    "sum(rate(http_server_requests_seconds_sum[2m])) / sum(rate(http_server_requests_seconds_count[2m]))",
    "changes(process_start_time_seconds[1h])",
    "max_over_time(http_server_requests_seconds_max[10m])",
    "absent(http_server_requests_seconds_count{status=\"418\"})",
    "irate(http_server_requests_seconds_count{status=\"200\"}[5m])",
    "time() - process_start_time_seconds",
    "count(http_server_requests_seconds_count) or vector(0)",
];

/// Moments at which each query is asked.
const MOMENTS: usize = 50;

struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing is left to do where it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a server over `blocks` on a free port of the loopback.
    fn start(blocks: &Path, config: &Path) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", blocks.display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let server = Self { child, port };
        for _ in 0..300 {
            if server.get("/-/ready").is_some_and(|body| body.contains("Ready")) {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        None
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        Some(text.split_once("\r\n\r\n")?.1.to_owned())
    }

    fn answer(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let encode = |text: &str| -> String {
            let byte = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            };
            text.bytes().map(byte).collect()
        };
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let body = self
            .get(&format!("/api/v1/{path}?{}", parameters.join("&")))
            .unwrap();
        serde_json::from_str(&body).unwrap()
    }
}

fn said_version(program: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| {
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&text).contains("version 2.42.")
    })
}

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("prometheus")
        .join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Moments up to a minute after a sample. A small generator of its own: they must not move with a dependency.
fn moments(samples: &[u64]) -> Vec<u64> {
    let mut state = 7_u64;
    let mut draw = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let moment = |_| samples[draw(samples.len() as u64) as usize] + draw(60);
    (0..MOMENTS).map(moment).collect()
}

/// Elements by their labels: times and values.
fn elements(response: &Value) -> BTreeMap<String, Vec<(f64, f64)>> {
    let data = &response["data"];
    let sample = |sample: &Value| {
        let value = sample[1].as_str().unwrap().parse().unwrap();
        (sample[0].as_f64().unwrap(), value)
    };
    if data["resultType"] == "scalar" {
        return BTreeMap::from([("scalar".to_owned(), vec![sample(&data["result"])])]);
    }
    let items = data["result"].as_array().unwrap().iter();
    items
        .map(|item| {
            let samples = match item["values"].as_array() {
                Some(values) => values.iter().map(sample).collect(),
                None => vec![sample(&item["value"])],
            };
            let labels: BTreeMap<String, String> = serde_json::from_value(item["metric"].clone()).unwrap();
            (format!("{labels:?}"), samples)
        })
        .collect()
}

fn within(ours: f64, theirs: f64) -> bool {
    ours == theirs
        || ours.is_nan() && theirs.is_nan()
        || (ours - theirs).abs() <= 1e-9 * ours.abs().max(theirs.abs())
}

fn differ(ours: &Value, theirs: &Value) -> Option<String> {
    if theirs["status"] != "success" {
        return Some(format!("Prometheus: {theirs}"));
    }
    let (ours, theirs) = (elements(ours), elements(theirs));
    let equal = ours.len() == theirs.len()
        && ours.iter().zip(&theirs).all(|((name, ours), (other, theirs))| {
            let samples = ours.iter().zip(theirs);
            name == other
                && ours.len() == theirs.len()
                && samples
                    .into_iter()
                    .all(|(ours, theirs)| ours.0 == theirs.0 && within(ours.1, theirs.1))
        });
    (!equal).then(|| format!("ours {ours:?}\n  theirs {theirs:?}"))
}

fn ours(folder: &Path, arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_coalmine"))
        .env_clear()
        .args(["query", "--promql-compat", "2", "--out", "json=-", "--in"])
        .arg(folder)
        .args(arguments)
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {err}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn answers_are_those_of_a_real_server() {
    if !said_version("prometheus") || !said_version("promtool") {
        return println!("skipped: there is no Prometheus 2.42 and promtool");
    }
    // Two days of the recording that ships with the project, as a text that both sides read.
    let folder = fresh("server");
    let packed =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/highload-deploys/metrics.om.gz")).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&packed[..])
        .read_to_string(&mut text)
        .unwrap();
    let (first, last) = (1_758_131_000_u64, 1_758_131_000 + 2 * 86_400);
    let kept = text.lines().filter(|line| {
        let time = line.rsplit(' ').next().and_then(|time| time.parse::<f64>().ok());
        !line.starts_with('#') && time.is_some_and(|time| (first as f64..last as f64).contains(&time))
    });
    let mut cut: String = kept.flat_map(|line| [line, "\n"]).collect();
    let seconds = |line: &str| line.rsplit(' ').next().and_then(|time| time.parse::<f64>().ok());
    let times: Vec<u64> = cut.lines().filter_map(seconds).map(|time| time as u64).collect();
    assert!(times.len() > 1000, "the recording begins elsewhere");
    cut.push_str("# EOF\n");
    let recording = folder.join("recording.om");
    fs::write(&recording, cut).unwrap();
    let blocks = folder.join("blocks");
    fs::create_dir_all(&blocks).unwrap();
    let made = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([&recording, &blocks])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let config = folder.join("prometheus.yml");
    fs::write(&config, "global: {}\n").unwrap();
    let Some(server) = Server::start(&blocks, &config) else {
        panic!("the server does not start");
    };
    let mut differing = Vec::new();
    let (mut cases, mut samples) = (0, 0);
    for query in QUERIES {
        for moment in moments(&times) {
            let at = moment.to_string();
            let theirs = server.answer("query", &[("query", query), ("time", &at)]);
            let response = asked(&recording, query, moment);
            cases += 1;
            samples += elements(&response).len();
            if let Some(how) = differ(&response, &theirs) {
                differing.push(format!("{query} at {at}:\n  {how}"));
            }
        }
        let from = times[times.len() / 2];
        let (from, to) = (from.to_string(), (from + 7200).to_string());
        let parameters = [("query", query), ("start", &from), ("end", &to), ("step", "37s")];
        let theirs = server.answer("query_range", &parameters);
        let response = ours(
            &recording,
            &[query, "--from", &from, "--to", &to, "--step", "37s"],
        );
        cases += 1;
        samples += elements(&response).values().map(Vec::len).sum::<usize>();
        if let Some(how) = differ(&response, &theirs) {
            differing.push(format!("{query} over a range:\n  {how}"));
        }
    }
    println!(
        "Prometheus 2.42: {cases} answers with {samples} samples, {} differing",
        differing.len()
    );
    assert!(samples > 1000, "nothing was compared");
    assert!(
        differing.is_empty(),
        "{}",
        differing[..differing.len().min(5)].join("\n")
    );
}

/// One moment, asked of the library: a process for each would read the recording anew.
fn asked(recording: &Path, query: &str, moment: u64) -> Value {
    use std::sync::OnceLock;

    use coalmine::promql::{Compat, Settings, When, ask};
    use coalmine::recording::{self, Keep, Recording};
    static OPEN: OnceLock<Recording> = OnceLock::new();
    let open = OPEN.get_or_init(|| recording::open(recording, &Keep::default()).unwrap().0);
    let settings = Settings {
        compat: Compat::V2,
        ..Settings::default()
    };
    let at = When::At(coalmine::units::Timestamp::from_secs(moment as i64));
    let reply = ask(query, &open.layout, &open.samples, &settings, at).unwrap();
    serde_json::from_str(&coalmine::report::query::json(&reply).unwrap()).unwrap()
}
