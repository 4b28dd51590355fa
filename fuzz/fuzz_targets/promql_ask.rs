//! A query answered over a small recording, at a moment and over a range, as both generations of Prometheus do.
#![no_main]

use std::sync::LazyLock;

use coalmine::promql::{Compat, QueryRange, Settings, When, ask, parse};
use coalmine::recording::{self, Recording};
use coalmine::units::{Duration, Timestamp};
use libfuzzer_sys::{Corpus, fuzz_target};

const SERIES: &str = "load 15s
  up{job=\"a\",instance=\"x\"} 1x40
  up{job=\"b\",instance=\"y\"} 1x10 0x10 _x5 stale 1x10
  http_requests_total{code=\"200\",job=\"a\"} 0+15x40
  http_requests_total{code=\"500\",job=\"a\"} _x10 0+3x10 0+5x18
  latency_bucket{le=\"0.1\"} 0+1x40
  latency_bucket{le=\"1\"} 0+3x40
  latency_bucket{le=\"+Inf\"} 0+4x40
  temperature 1 -3 NaN Inf -Inf 0 2.5 1e300 -1e300 0+1x20
";

static RECORDING: LazyLock<Recording> = LazyLock::new(|| {
    let (recording, _) = recording::read("series", SERIES.as_bytes(), None).expect("they are series");
    recording
});

fuzz_target!(|text: &str| -> Corpus {
    let recording = &*RECORDING;
    // A fine subquery inside another is slow and nothing else: as slow as it was written.
    if parse(text).is_err() || text.matches(':').count() > 2 {
        return Corpus::Reject;
    }
    let range = QueryRange {
        start: Timestamp::from_secs(300),
        end: Timestamp::from_secs(420),
        step: Duration::from_secs(60),
    };
    for compat in [Compat::V2, Compat::V3] {
        let settings = Settings {
            compat,
            ..Settings::default()
        };
        for when in [When::At(Timestamp::from_secs(595)), When::Over(range)] {
            let _ = ask(text, &recording.layout, &recording.samples, &settings, when);
        }
    }
    Corpus::Keep
});
