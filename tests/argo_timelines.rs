//! When an AnalysisRun looks and how it ends: reference timelines, made by running the real controller's code. No query
//! takes time except where the row says so; moments are seconds since the run's first pass.

use coalmine::analysis::{Asked, Evidence, Look, Looked, Phase, Reply, Run};
use coalmine::diagnostic::{DocumentId, Span};
use coalmine::policy::argo::spec::{Analysis, CheckId, Metric};
use coalmine::policy::condition::AnswerForm;
use coalmine::units::{Duration, Timestamp};

/// A metric by its fields, written `name=value`; names are the manifest's.
fn metric(name: &str, check: usize, fields: &str) -> Metric {
    let number = |key: &str| {
        let mut pairs = fields.split_whitespace().filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(found, _)| *found == key)
            .map(|(_, value)| value.parse::<i64>().expect("a number"))
    };
    Metric {
        name: name.to_owned(),
        check: CheckId(check),
        span: Span {
            document: DocumentId(0),
            start: 0,
            end: 0,
        },
        interval: number("interval").map(Duration::from_secs),
        initial_delay: number("initialDelay").map(Duration::from_secs),
        count: number("count").unwrap_or(0),
        failure_limit: number("failureLimit").unwrap_or(0),
        inconclusive_limit: number("inconclusiveLimit").unwrap_or(0),
        consecutive_error_limit: number("consecutiveErrorLimit").unwrap_or(4),
        consecutive_success_limit: number("consecutiveSuccessLimit").unwrap_or(0),
        dry_run: false,
        success: None,
        failure: None,
        form: AnswerForm::default(),
    }
}

/// Verdicts by check, one letter each; the last repeats.
struct Script {
    verdicts: Vec<&'static str>,
    asked: Vec<usize>,
    latency: Duration,
}

impl Evidence for Script {
    fn ask(&mut self, look: &Look) -> Asked<'_> {
        let (verdicts, asked) = (
            self.verdicts[look.check.0].as_bytes(),
            &mut self.asked[look.check.0],
        );
        let verdict = match verdicts[(*asked).min(verdicts.len() - 1)] {
            b'S' => Phase::Successful,
            b'F' => Phase::Failed,
            b'I' => Phase::Inconclusive,
            _ => Phase::Error,
        };
        *asked += 1;
        Asked {
            reply: Reply::Verdict(verdict),
            latency: self.latency,
        }
    }
}

fn play(metrics: &[(&'static str, &'static str, &'static str)], latency: i64) -> (Vec<Looked>, Run) {
    let listed = metrics.iter().enumerate();
    let analysis = Analysis {
        metrics: listed
            .map(|(index, (name, fields, _))| metric(name, index, fields))
            .collect(),
    };
    let mut script = Script {
        verdicts: metrics.iter().map(|(.., verdicts)| *verdicts).collect(),
        asked: vec![0; metrics.len()],
        latency: Duration::from_secs(latency),
    };
    let mut looks = Vec::new();
    let mut run = Run::default();
    run.start(&analysis, 0, Timestamp::ZERO);
    while let Some(now) = run.next_wake(&analysis) {
        run.wake(&analysis, now, |moment| moment, &mut script, &mut |look| {
            looks.push(look);
        });
    }
    (looks, run)
}

/// Fields, verdicts, seconds a query takes; looks begin at, the run ends as, at.
type Row = (&'static str, &'static str, i64, &'static [i64], Phase, i64);

#[test]
fn one_metric() {
    use Phase::{Error, Failed, Inconclusive, Successful};
    let rows: [Row; 13] = [
        ("", "ES", 0, &[0, 10], Successful, 10),
        ("interval=45", "E", 0, &[0, 10, 20, 30, 40], Error, 40),
        (
            "interval=300 consecutiveErrorLimit=2",
            "E",
            0,
            &[0, 10, 20],
            Error,
            20,
        ),
        ("interval=20 count=4", "S", 0, &[0, 20, 40, 60], Successful, 60),
        (
            "interval=20 count=4 initialDelay=90",
            "S",
            0,
            &[90, 110, 130, 150],
            Successful,
            150,
        ),
        ("interval=40 failureLimit=1", "F", 0, &[0, 40], Failed, 40),
        (
            "interval=40 failureLimit=1",
            "FSSSF",
            0,
            &[0, 40, 80, 120, 160],
            Failed,
            160,
        ),
        (
            "interval=120 count=3 failureLimit=3",
            "F",
            0,
            &[0, 120, 240],
            Successful,
            240,
        ),
        (
            "interval=120 count=3",
            "SEESS",
            0,
            &[0, 120, 130, 140, 260],
            Successful,
            260,
        ),
        (
            "interval=60 count=8 inconclusiveLimit=2",
            "I",
            0,
            &[0, 60, 120],
            Inconclusive,
            120,
        ),
        (
            "interval=15 failureLimit=-1 consecutiveSuccessLimit=2",
            "SFSS",
            0,
            &[0, 15, 30, 45],
            Successful,
            45,
        ),
        (
            "interval=15 count=4 failureLimit=1 consecutiveSuccessLimit=3",
            "SSFS",
            0,
            &[0, 15, 30, 45],
            Inconclusive,
            45,
        ),
        ("interval=20 count=3", "S", 3, &[0, 23, 46], Successful, 49),
    ];
    for (fields, verdicts, latency, begin, phase, end) in rows {
        let (looks, run) = play(&[("m", fields, verdicts)], latency);
        let began: Vec<_> = looks.iter().map(|look| look.started.as_millis() / 1000).collect();
        assert_eq!(began, begin, "{fields} {verdicts}");
        assert_eq!(run.phase(), phase, "{fields} {verdicts}");
        assert_eq!(
            run.ended(),
            Some(Timestamp::from_secs(end)),
            "{fields} {verdicts}"
        );
    }
}

#[test]
fn a_failure_stops_the_other_metrics() {
    let (looks, run) = play(
        &[("a", "interval=20 count=4", "SSF"), ("b", "interval=70", "S")],
        0,
    );
    let began: Vec<_> = looks
        .iter()
        .map(|look| (look.started.as_millis() / 1000, look.metric))
        .collect();
    assert_eq!(began, [(0, 0), (0, 1), (20, 0), (40, 0)]);
    assert_eq!(
        (run.phase(), run.ended()),
        (Phase::Failed, Some(Timestamp::from_secs(40)))
    );
    assert_eq!(run.metrics()[1].phase(), Some(Phase::Successful));
}
