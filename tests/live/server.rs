//! Servers that answer whatever a test wants, over plain sockets.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a server does with a request.
pub enum Reply {
    /// Status line and headers without the length, then the body.
    Full(&'static str, String),
    /// These bytes and nothing more.
    Bytes(String),
    /// Nothing for a while, then the end.
    Silence(Duration),
}

/// A server on a port of its own; it lives as long as the test.
pub struct Server {
    pub port: u16,
    /// Every request as it came.
    pub requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers with `answer(number of the request from 0, its text)`.
    pub fn new(answer: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                let Ok(stream) = stream else { continue };
                // One that keeps silent does not keep the others waiting.
                std::thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self { port, requests }
    }

    /// All requests in one text.
    pub fn seen(&self) -> String {
        self.requests.lock().unwrap().join("\n")
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, answer: &(dyn Fn(usize, &str) -> Reply + Sync)) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = decoded(&String::from_utf8_lossy(&head));
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(head.clone());
        seen.len() - 1
    };
    // The client may have gone; that is its business.
    let _ = match answer(number, &head) {
        Reply::Full(head, body) => write!(
            stream,
            "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ),
        Reply::Bytes(bytes) => stream.write_all(bytes.as_bytes()),
        Reply::Silence(length) => {
            std::thread::sleep(length);
            Ok(())
        }
    };
}

fn decoded(text: &str) -> String {
    let mut done = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let pair = [bytes.next().unwrap(), bytes.next().unwrap()];
            done.push(u8::from_str_radix(std::str::from_utf8(&pair).unwrap(), 16).unwrap());
        } else {
            done.push(byte);
        }
    }
    String::from_utf8(done).unwrap()
}

/// The value of a field of a request.
fn field<'a>(request: &'a str, name: &str) -> &'a str {
    let line = request.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
    let start = line.find(&format!("{name}=")).map(|at| at + name.len() + 1);
    let rest = &line[start.unwrap_or(line.len())..];
    &rest[..rest.find("&time=").unwrap_or(rest.len())]
}

/// JSON of an answer that succeeded.
pub fn success(kind: &str, result: &str) -> Reply {
    Reply::Full(
        "200 OK",
        format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":{result}}}}}"#),
    )
}

/// A server with one counter, scraped every 15 s on the quarter minute, whose windows contain both borders. A window of
/// more than `most` seconds is refused.
pub fn prometheus(request: &str, most: i64) -> Reply {
    let query = field(request, "query");
    if request.contains("/api/v1/status/") {
        return Reply::Full("404 Not Found", "404 page not found".into());
    }
    if query == "time()" {
        return success("scalar", r#"[1700003600,"1700003600"]"#);
    }
    if query.starts_with("sum(count_over_time(") {
        return success("vector", r#"[{"metric":{},"value":[1700003600,"20"]}]"#);
    }
    let end: f64 = field(request, "time").parse().unwrap();
    let end = (end * 1000.0) as i64;
    let length: i64 = query[query.find('[').unwrap() + 1..query.find("ms]").unwrap()]
        .parse()
        .unwrap();
    if length > most * 1000 {
        let body = r#"{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}"#;
        return Reply::Full("422 Unprocessable Entity", body.into());
    }
    let samples: Vec<String> = ((end - length + 14_999) / 15_000..=end / 15_000)
        .map(|n| format!(r#"[{},"{}"]"#, n * 15, n - 113_333_000))
        .collect();
    if samples.is_empty() {
        return success("matrix", "[]");
    }
    let metric = r#"{"__name__":"req","job":"a"}"#;
    success(
        "matrix",
        &format!(r#"[{{"metric":{metric},"values":[{}]}}]"#, samples.join(",")),
    )
}
