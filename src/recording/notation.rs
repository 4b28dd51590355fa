//! Prometheus' own notation of series, as its tests write it.
//!
//! ```text
//! load 15s
//!   requests_total{code="200"}   0+10x20 _ _x3 stale 5 6.5 NaN
//! ```
//!
//! `0+10x20` is 0, 10, … 200 (21 values), `1x4` five times 1, `_` a moment without a sample, `_x3` three of them. The
//! first value lies at 1970. The same notation stands in `input_series` of promtool's rule tests.

use super::bad::BadLine;
use super::intake::Intake;
use super::{number, series_text};
use crate::series::STALE;

/// Most moments that all series of a file may have together, beside one for each byte: more is a slip of the pen.
const MOMENTS: u64 = 4_000_000;

/// Moments that series of a file may still have.
pub(super) struct Moments(u64);

impl Moments {
    /// Of the file `text`.
    pub fn of(text: &str) -> Self {
        Self(MOMENTS + text.len() as u64)
    }
}

/// Reads all `load` blocks of `text` into `intake`, and says how many other commands (`eval` and its kin) were passed
/// over.
///
/// # Errors
///
/// The first line that is not a series and its values.
pub(super) fn read(text: &str, intake: &mut Intake<'_>) -> Result<usize, BadLine> {
    let mut step = None;
    let mut passed_over = 0;
    let mut inside = false;
    let mut moments = Moments::of(text);
    for (number, line) in text.lines().enumerate() {
        let bad = |expected: String| BadLine {
            line: number + 1,
            expected,
        };
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        if line.is_empty() {
            (inside, step) = (false, None);
            continue;
        }
        match (inside, step) {
            (true, Some(step)) => {
                let (series, values) = split(line).map_err(bad)?;
                take(series, values, step, &mut moments, intake).map_err(bad)?;
            }
            (true, None) => {}
            (false, _) => {
                inside = true;
                let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                match word {
                    "load" => step = Some(duration(rest.trim()).map_err(bad)?),
                    "load_with_nhcb" => {
                        return Err(bad("load: native histograms are not read".into()));
                    }
                    "clear" => return Err(bad("one recording in a file, without 'clear'".into())),
                    _ if word.starts_with("eval") => passed_over += 1,
                    _ => return Err(bad("load and a duration, as in 'load 15s'".into())),
                }
            }
        }
    }
    Ok(passed_over)
}

/// Takes a series and its values in; moments are `step` milliseconds apart.
///
/// # Errors
///
/// What was expected instead.
pub(super) fn take(
    series: &str,
    values: &str,
    step: i64,
    moments: &mut Moments,
    intake: &mut Intake<'_>,
) -> Result<(), String> {
    let labels = series_text::read(series)?;
    let text = series_text::write(&labels);
    let series = match intake.find(text.as_bytes()) {
        Some(known) => known,
        None => intake.add(text.as_bytes(), labels),
    };
    let mut moment = 0_u64;
    for word in values.split_whitespace() {
        let run = Run::read(word)?;
        moments.0 = moments
            .0
            .checked_sub(run.moments)
            .ok_or_else(|| format!("at most {MOMENTS} moments in a file"))?;
        for n in 0..run.moments {
            if let Some(first) = run.first {
                let value = if n == 0 {
                    first
                } else {
                    first + run.each * n as f64
                };
                let time = i64::try_from(moment + n).ok().and_then(|n| n.checked_mul(step));
                let time = time.filter(|&time| time as f64 <= number::FURTHEST);
                intake.push(series, time.ok_or("moments within some thousand years")?, value);
            }
        }
        moment += run.moments;
    }
    Ok(())
}

/// The series at the start of a line, and what follows it.
fn split(line: &str) -> Result<(&str, &str), String> {
    let mut quoted = false;
    let mut escaped = false;
    let mut braces = false;
    for (at, char) in line.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => braces = true,
            '}' if !quoted => return Ok(line.split_at(at + 1)),
            char if char.is_whitespace() && !braces => return Ok(line.split_at(at)),
            _ => {}
        }
    }
    Err("a series and its values".into())
}

/// Equal steps: `first`, `first + each`, …, as many as there are moments; no first value, no sample.
struct Run {
    first: Option<f64>,
    each: f64,
    moments: u64,
}

impl Run {
    fn read(word: &str) -> Result<Self, String> {
        let expected = || format!("a value such as 1, 1+2x3, _, _x3 or stale, found {word:?}");
        if word.contains("{{") {
            return Err("a number: native histograms are not read".into());
        }
        let once = |first| Self {
            first,
            each: 0.0,
            moments: 1,
        };
        if word == "stale" {
            return Ok(once(Some(STALE)));
        }
        if let Some(gap) = word.strip_prefix('_') {
            let moments = match gap.strip_prefix('x') {
                Some(times) => times.parse().map_err(|_| expected())?,
                None if gap.is_empty() => 1,
                None => return Err(expected()),
            };
            return Ok(Self {
                first: None,
                each: 0.0,
                moments,
            });
        }
        let (numbers, times) = match word.split_once('x') {
            Some((numbers, times)) => (numbers, Some(times.parse::<u64>().map_err(|_| expected())?)),
            None => (word, None),
        };
        let (first, each) = numbers.split_at(number_end(numbers));
        let first = number::value(first.as_bytes()).ok_or_else(expected)?;
        let Some(times) = times else {
            return if each.is_empty() {
                Ok(once(Some(first)))
            } else {
                Err(expected())
            };
        };
        let each = match each {
            "" => 0.0,
            each => number::value(each.as_bytes()).ok_or_else(expected)?,
        };
        if !first.is_finite() || !each.is_finite() {
            return Err("a finite number to repeat".into());
        }
        Ok(Self {
            first: Some(first),
            each,
            moments: times.saturating_add(1),
        })
    }
}

/// Bytes of the number at the start of `text`: up to the next sign that is not of an exponent.
fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let sign = |at: &usize| matches!(bytes[*at], b'+' | b'-') && !matches!(bytes[at - 1], b'e' | b'E');
    (1..bytes.len()).find(sign).unwrap_or(bytes.len())
}

/// A duration as Prometheus writes it, `15s` or `1h30m`, in milliseconds.
///
/// # Errors
///
/// What was expected instead.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    let expected = || format!("a duration such as 15s or 1m30s, found {text:?}");
    let mut rest = text;
    let mut total = 0_i64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(expected)?;
        let (count, unit) = rest.split_at(end);
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        let (unit, after) = unit.split_at(end);
        let unit = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            "y" => 31_536_000_000,
            _ => return Err(expected()),
        };
        let length = count
            .parse::<i64>()
            .ok()
            .and_then(|count| count.checked_mul(unit));
        total = length
            .and_then(|length| total.checked_add(length))
            .ok_or_else(expected)?;
        rest = after;
    }
    if total <= 0 { Err(expected()) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::recording::Keep;
    use crate::series::{SeriesId, is_stale};

    type Series = (String, Vec<(i64, f64)>);

    fn taken(text: &str) -> Result<Vec<Series>, BadLine> {
        let keep = Keep::default();
        let mut intake = Intake::new(&keep);
        read(text, &mut intake)?;
        let Some(recording) = intake.finish() else {
            return Ok(Vec::new());
        };
        let ids = (0..recording.layout.series().len() as u32).map(SeriesId);
        let all = ids.map(|id| {
            (
                recording.layout.labels(id).to_string(),
                recording.series(id).collect(),
            )
        });
        Ok(all.collect())
    }

    const TEXT: &str = "# a comment\nload 15s\n  a{b=\"c d\"} 0+10x3 _ _x2 5 -1.5 1e3\n  b 1x2 stale 8-2x1\n\n\
                        eval instant at 1m a\n  a 3\n\nload 1m\n  c NaN +Inf\n";

    #[test]
    fn reads_runs_gaps_and_stale_marks() {
        let read = taken(TEXT).unwrap();
        let of = |name: &str| &read.iter().find(|(series, _)| series == name).unwrap().1;
        let a = [
            (0, 0.0),
            (15, 10.0),
            (30, 20.0),
            (45, 30.0),
            (105, 5.0),
            (120, -1.5),
            (135, 1000.0),
        ];
        assert_eq!(of("a{b=\"c d\"}").len(), a.len());
        for (sample, (seconds, value)) in of("a{b=\"c d\"}").iter().zip(a) {
            assert_eq!(*sample, (seconds * 1000, value));
        }
        let b = of("b");
        assert_eq!(b[..3], [(0, 1.0), (15_000, 1.0), (30_000, 1.0)]);
        assert!(is_stale(b[3].1));
        assert_eq!(b[4..], [(60_000, 8.0), (75_000, 6.0)]);
        let c = of("c");
        assert!(c[0].1.is_nan() && !is_stale(c[0].1));
        assert_eq!(c[1], (60_000, f64::INFINITY));
    }

    #[test]
    fn says_which_line_and_what_was_expected() {
        for (text, line, expected) in [
            ("load 15\n a 1", 1, "a duration"),
            ("load 0s\n a 1", 1, "a duration"),
            ("load 15s\n a 1+2", 2, "a value"),
            ("load 15s\n a NaNx4", 2, "a finite number"),
            ("load 15s\n a 1x99999999999", 2, "at most"),
            ("load 15s\n a _x3999999\n b _x99 1", 3, "at most"),
            ("load 15s\n a {{schema:1}}", 2, "a number: native"),
            ("load 15s\n a{b} 1", 2, "label="),
            ("load 15s\n a\n", 2, "a series and its values"),
            ("clear\n", 1, "one recording"),
            ("a 1 2\n", 1, "load and a duration"),
        ] {
            let bad = taken(text).unwrap_err();
            assert_eq!(bad.line, line, "{text}");
            assert!(bad.expected.starts_with(expected), "{text}: {}", bad.expected);
        }
    }

    proptest! {
        #[test]
        fn damaged_notation_never_panics(at in 0usize..140, put in "[\"{}=x_+0-9 \\na-z]{0,4}", gone in 0usize..4) {
            let at = at.min(TEXT.len());
            let text = format!("{}{put}{}", &TEXT[..at], &TEXT[(at + gone).min(TEXT.len())..]);
            let _ = taken(&text);
        }
    }
}
