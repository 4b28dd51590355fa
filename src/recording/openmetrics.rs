//! OpenMetrics and Prometheus text, one sample a line: `name{label="value",…} value timestamp`.
//!
//! OpenMetrics gives timestamps in seconds, Prometheus' older text in milliseconds. A file that ends in `# EOF` is
//! OpenMetrics; another one is read by the size of its timestamps (beyond 10^11 they are milliseconds: as seconds
//! that would be the year 5138). Exemplars, comments and metadata are skipped.

use std::io::{self, BufRead, Read as _, Write};

use super::bad::BadLine;
use super::intake::{Intake, Written};
use super::number::{self, Seconds};
use super::{Recording, series_text};
use crate::series::is_stale;

/// From here on a timestamp counts milliseconds, not seconds.
const MILLISECONDS: i64 = 100_000_000_000;

/// Longest line that is read: a longer one is no sample.
const LONGEST: u64 = 1 << 20;

/// What the timestamps of a file were taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
}

/// Why reading ended before the end.
#[derive(Debug)]
pub(super) enum Failure {
    /// The bytes cannot be had.
    Io(io::Error),
    /// A line is no sample.
    Line(BadLine),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads all samples of `text` into `intake` and says in which unit the timestamps were taken, where the file itself
/// does not say it.
///
/// # Errors
///
/// The first line that is not a sample with a timestamp.
pub(super) fn read(text: &mut dyn BufRead, intake: &mut Intake<'_>) -> Result<Option<Unit>, Failure> {
    let mut units = Units::default();
    let mut line = Vec::new();
    let mut number = 0;
    let mut ended = false;
    loop {
        line.clear();
        if text.take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        let bad = |expected: String| {
            Failure::Line(BadLine {
                line: number,
                expected,
            })
        };
        if line.len() as u64 == LONGEST {
            return Err(bad("a line of less than 1 MiB".into()));
        }
        let line = line.trim_ascii();
        if line.is_empty() || line[0] == b'#' {
            ended |= line == b"# EOF";
            continue;
        }
        sample(line, number, &mut units, intake).map_err(bad)?;
    }
    units.decide(ended).map_err(Failure::Line)
}

/// The first lines whose timestamps were taken for seconds and for milliseconds.
#[derive(Debug, Default)]
struct Units {
    seconds: Option<usize>,
    milliseconds: Option<usize>,
}

impl Units {
    fn decide(self, openmetrics: bool) -> Result<Option<Unit>, BadLine> {
        let unit = match (self.seconds, self.milliseconds) {
            (Some(_), None) => Unit::Seconds,
            (None, Some(line)) if openmetrics => {
                return Err(BadLine {
                    line,
                    expected: "a timestamp in seconds, since the file ends in '# EOF'".into(),
                });
            }
            (None, Some(_)) => Unit::Milliseconds,
            (None, None) => return Ok(None),
            (Some(seconds), Some(milliseconds)) => {
                let unit = if seconds < milliseconds {
                    "seconds"
                } else {
                    "milliseconds"
                };
                return Err(BadLine {
                    line: seconds.max(milliseconds),
                    expected: format!("a timestamp in {unit}, as in the lines before"),
                });
            }
        };
        Ok((!openmetrics).then_some(unit))
    }
}

fn sample(line: &[u8], number: usize, units: &mut Units, intake: &mut Intake<'_>) -> Result<(), String> {
    let (series, length) = match intake.guess(line, may_end) {
        Some(found) => found,
        None => series(line, intake)?,
    };
    let (value, rest) = field(&line[length..]);
    let value = number::value(value).ok_or("a number after the series")?;
    let (time, _) = field(rest);
    let timestamp = || "a timestamp after the value: without one there is no recording".to_owned();
    let seconds = number::thousandths(time).filter(|time| time.abs() < MILLISECONDS * 1000);
    let (unit, time) = match seconds {
        Some(time) => (&mut units.seconds, Some(time)),
        None => {
            let time = number::value(time).filter(|time| time.is_finite());
            (
                &mut units.milliseconds,
                number::millis(time.ok_or_else(timestamp)?),
            )
        }
    };
    unit.get_or_insert(number);
    intake.push(
        series,
        time.ok_or("a timestamp within some ten thousand years of 1970")?,
        value,
    );
    Ok(())
}

/// Whether the text of a series ends where `rest` begins.
fn may_end(text: &[u8], rest: &[u8]) -> bool {
    text.ends_with(b"}") || matches!(rest.first(), Some(b' ' | b'\t'))
}

/// The next field and what follows it.
fn field(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.trim_ascii_start();
    let end = line.iter().position(u8::is_ascii_whitespace);
    line.split_at(end.unwrap_or(line.len()))
}

/// The series at the start of a line, by its whole text.
fn series(line: &[u8], intake: &mut Intake<'_>) -> Result<(Written, usize), String> {
    let length = series_end(line).ok_or("a closing '}'")?;
    let text = &line[..length];
    if let Some(known) = intake.find(text) {
        return Ok((known, length));
    }
    let labels = series_text::read(std::str::from_utf8(text).map_err(|_| "a series in UTF-8")?)?;
    Ok((intake.add(text, labels), length))
}

/// Bytes of the series at the start of a line; `None` when its braces never close.
fn series_end(line: &[u8]) -> Option<usize> {
    let Some(open) = line.iter().position(|byte| matches!(byte, b'{' | b' ' | b'\t')) else {
        return Some(line.len());
    };
    if line[open] != b'{' {
        return Some(open);
    }
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in line.iter().enumerate().skip(open) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'}' if !quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Writes all samples but the stale marks, which the format cannot carry, series by series.
///
/// # Errors
///
/// The file cannot be written.
pub(super) fn write(recording: &Recording, out: &mut dyn Write) -> io::Result<()> {
    let mut series: Vec<_> = recording.layout.series().collect();
    series.sort_by_key(|&(_, labels)| labels);
    for (id, labels) in series {
        let text = series_text::write(labels);
        for (time, value) in recording.series(id).filter(|&(_, value)| !is_stale(value)) {
            writeln!(out, "{text} {} {}", Value(value), Seconds(time))?;
        }
    }
    out.write_all(b"# EOF\n")
}

/// A value as the format writes it, so that the same bits come back (a NaN comes back as one).
struct Value(f64);

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            value if value.is_nan() => f.write_str("NaN"),
            f64::INFINITY => f.write_str("+Inf"),
            f64::NEG_INFINITY => f.write_str("-Inf"),
            value if value.abs() < 1e15 && value.trunc() == value => write!(f, "{value}"),
            value => write!(f, "{value:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::recording::Keep;
    use crate::series::{MatchOp, Matcher, SeriesId};

    fn taken(text: &str, keep: &Keep) -> Result<Option<Recording>, BadLine> {
        let mut intake = Intake::new(keep);
        match read(&mut text.as_bytes(), &mut intake) {
            Ok(_) => Ok(intake.finish()),
            Err(Failure::Line(bad)) => Err(bad),
            Err(Failure::Io(error)) => panic!("{error}"),
        }
    }

    fn samples(text: &str) -> Vec<(String, i64, f64)> {
        let recording = taken(text, &Keep::default()).unwrap().unwrap();
        let series = 0..recording.layout.series().len() as u32;
        series
            .map(SeriesId)
            .flat_map(|id| {
                let name = recording.layout.labels(id).to_string();
                recording
                    .series(id)
                    .map(move |(time, value)| (name.clone(), time, value))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn reads_seconds_in_openmetrics_and_milliseconds_in_prometheus_text() {
        let open = "# TYPE a counter\na_total{b=\"x\"} 7 1758131137.383\n# EOF\n";
        assert_eq!(
            samples(open),
            [("a_total{b=\"x\"}".to_owned(), 1_758_131_137_383, 7.0)]
        );
        let prometheus = "a_total{b=\"x\"} 7 1758131137383\n";
        assert_eq!(
            samples(prometheus),
            [("a_total{b=\"x\"}".to_owned(), 1_758_131_137_383, 7.0)]
        );
    }

    #[test]
    fn reads_escapes_braces_in_values_exemplars_and_infinities() {
        let text = "a{b=\"}\\\"\\n,\"} +Inf 1 # {trace=\"x\"} 3 1.5\nup 1 2\n{\"http.requests\",c=\"d\",} 4 3\n# EOF";
        let read = samples(text);
        assert_eq!(read.len(), 3);
        assert!(read.contains(&("a{b=\"}\\\"\\n,\"}".to_owned(), 1000, f64::INFINITY)));
        assert!(read.contains(&("http.requests{c=\"d\"}".to_owned(), 3000, 4.0)));
    }

    #[test]
    fn says_which_line_and_what_was_expected() {
        for (text, line, expected) in [
            ("a 1 1\na{b=\"c\" 1 1", 2, "a closing '}'"),
            ("a 1", 1, "a timestamp"),
            ("a x 1", 1, "a number"),
            ("a{b} 1 1", 1, "label=\"value\""),
            ("a 1 NaN", 1, "a timestamp"),
            ("a 1 1e300", 1, "a timestamp within"),
            ("a 1 1758131137\na 1 1758131137000", 2, "a timestamp in seconds"),
            ("a 1 1758131137000\n# EOF", 1, "a timestamp in seconds"),
        ] {
            let bad = taken(text, &Keep::default()).unwrap_err();
            assert_eq!(bad.line, line, "{text}");
            assert!(bad.expected.starts_with(expected), "{text}: {}", bad.expected);
        }
    }

    #[test]
    fn series_in_any_order_are_told_apart() {
        let text = "a 1 1\nab 2 1\na{b=\"c\"} 3 1\na 4 2\nab 5 2\na{b=\"c\"} 6 2\nab{} 7 3\n# EOF";
        let read = samples(text);
        let of = |name: &str| -> Vec<f64> {
            let found = read.iter().filter(|(series, ..)| series == name);
            found.map(|&(_, _, value)| value).collect()
        };
        assert_eq!(of("a"), [1.0, 4.0]);
        assert_eq!(of("ab"), [2.0, 5.0, 7.0]);
        assert_eq!(of("a{b=\"c\"}"), [3.0, 6.0]);
    }

    #[test]
    fn keeps_only_what_is_wanted() {
        let matcher = Matcher::new("__name__", MatchOp::Equal, "a").unwrap();
        let range = crate::units::TimeRange {
            start: crate::units::Timestamp::from_secs(2),
            end: crate::units::Timestamp::from_secs(3),
        };
        let keep = Keep {
            selectors: Some(vec![vec![matcher]]),
            range: Some(range),
        };
        let text = "a 1 1\na 2 2\na 3 3\nb 1 2\n# EOF";
        let recording = taken(text, &keep).unwrap().unwrap();
        assert_eq!((recording.layout.series().len(), recording.count), (1, 1));
        assert!(taken("b 1 2\n# EOF", &keep).unwrap().is_none());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = "a{b=\"x\\\"\\n\"} -0 -0.001\nb 1e300 1\nb NaN 2\nb -Inf 3\nb 0.1 4\nb 123456789012345678 5\n{\"x.y\"} 5 1\n# EOF";
        let recording = taken(text, &Keep::default()).unwrap().unwrap();
        let mut written = Vec::new();
        write(&recording, &mut written).unwrap();
        let written = String::from_utf8(written).unwrap();
        assert!(written.starts_with("a{b="), "{written}");
        let again = samples(&written);
        let key = |(name, time, value): (String, i64, f64)| (name, time, value.to_bits());
        let again: Vec<_> = again.into_iter().map(key).collect();
        let first: Vec<_> = samples(text).into_iter().map(key).collect();
        assert_eq!(again, first);
    }

    proptest! {
        #[test]
        fn nothing_in_a_file_panics(text in "(?s).{0,200}") {
            let _ = taken(&text, &Keep::default());
        }

        #[test]
        fn nothing_in_a_damaged_line_panics(cut in 0usize..60, put in "[\"{}=,\\\\ 0-9a-z]{0,4}") {
            let line = "a_total{b=\"x\",c=\"y\\\"z\"} 7 1758131137.383\n# EOF";
            let cut = cut.min(line.len());
            let text = format!("{}{put}{}", &line[..cut], &line[cut..]);
            let _ = taken(&text, &Keep::default());
        }
    }
}
