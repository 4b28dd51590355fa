//! Go durations (`1h30m`, `1.5s`, `500ms`), as `interval` and `initialDelay` are written.

use std::fmt;

use super::int_or_string::IntOrString;
use crate::units::Duration;

/// Why a text is no Go duration. Prints as Go's `time.ParseDuration` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// Neither numbers with units nor `0`, or too long for Go (about 292 years).
    Invalid(String),
    /// A number without its unit (`"60"`).
    MissingUnit(String),
    /// A unit Go does not have (`"1d"`): the text and the unit.
    UnknownUnit(String, String),
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(text) => write!(f, "time: invalid duration {text:?}"),
            Self::MissingUnit(text) => write!(f, "time: missing unit in duration {text:?}"),
            Self::UnknownUnit(text, unit) => {
                write!(f, "time: unknown unit {unit:?} in duration {text:?}")
            }
        }
    }
}

impl std::error::Error for DurationError {}

/// Reads a Go duration (`time.ParseDuration`): units `ns us ms s m h`, compound and fractional.
///
/// Cut to whole milliseconds, but what is not zero stays at least one millisecond, so that time goes on.
///
/// # Errors
///
/// What Go refuses: a missing or unknown unit, an empty text, more than 2^63 ns.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let nanoseconds = nanoseconds(text)?;
    let cut = nanoseconds / 1_000_000;
    let milliseconds = if cut == 0 { nanoseconds.signum() } else { cut };
    Ok(Duration::from_millis(milliseconds))
}

/// Length of a `pause` step (`RolloutPause.DurationSeconds`): an integer or a text of digits is seconds, a Go
/// duration is cut to whole seconds. `None` for what validation refuses: no duration, negative, beyond 32 bits.
pub fn pause(written: &IntOrString) -> Option<Duration> {
    let seconds = match written {
        IntOrString::Int(seconds) => *seconds,
        IntOrString::Text(text) => match text.parse::<i32>() {
            Ok(seconds) => i64::from(seconds),
            Err(_) => nanoseconds(text).ok()? / 1_000_000_000,
        },
    };
    let fits = (0..=i64::from(i32::MAX)).contains(&seconds);
    fits.then(|| Duration::from_secs(seconds))
}

fn nanoseconds(text: &str) -> Result<i64, DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        let scale: i128 = match unit {
            "ns" => 1,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "" => return Err(DurationError::MissingUnit(text.to_owned())),
            _ => return Err(DurationError::UnknownUnit(text.to_owned(), unit.to_owned())),
        };
        if !whole.is_empty() {
            let whole: i64 = whole.parse().map_err(|_| invalid())?;
            total += i128::from(whole) * scale;
        }
        // Eighteen digits of a fraction are far below a nanosecond, even of an hour.
        let fraction = &fraction[..fraction.len().min(18)];
        if !fraction.is_empty() {
            let part: i64 = fraction.parse().map_err(|_| invalid())?;
            total += i128::from(part) * scale / 10_i128.pow(fraction.len() as u32);
        }
        if total > i128::from(i64::MAX) {
            return Err(invalid());
        }
        rest = next;
    }
    let total = i64::try_from(total).map_err(|_| invalid())?;
    Ok(if negative { -total } else { total })
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_go_reads() {
        let read = [
            ("0", 0),
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            ("1.5s", 1500),
            (".5m", 30_000),
            ("1.s", 1000),
            ("+2ms", 2),
            ("-1m", -60_000),
            ("1500us", 1),
            ("1500\u{b5}s500\u{3bc}s", 2),
            ("3ns", 1),
            ("0s", 0),
        ];
        for (text, ms) in read {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn refuses_what_go_refuses() {
        let refused = [
            ("", "time: invalid duration \"\""),
            ("-", "time: invalid duration \"-\""),
            (".s", "time: invalid duration \".s\""),
            ("60", "time: missing unit in duration \"60\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            ("5 m", "time: unknown unit \" m\" in duration \"5 m\""),
            ("2562048h", "time: invalid duration \"2562048h\""),
        ];
        for (text, why) in refused {
            let error = parse(text).expect_err(text);
            assert_eq!(error.to_string(), why);
        }
    }

    #[test]
    fn a_pause_is_cut_to_whole_seconds() {
        let text = |text: &str| pause(&IntOrString::Text(text.to_owned()));
        assert_eq!(pause(&IntOrString::Int(10)), Some(Duration::from_secs(10)));
        assert_eq!(pause(&IntOrString::Int(-1)), None);
        assert_eq!(text("10"), Some(Duration::from_secs(10)));
        assert_eq!(text("1.5s"), Some(Duration::from_secs(1)));
        assert_eq!(text("1ms"), Some(Duration::ZERO));
        assert_eq!(text("20000000000"), None);
        assert_eq!(text("soon"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+0-9.nuµmshd ]{0,24}|.{0,12}") {
            let _ = parse(&text);
            let _ = pause(&IntOrString::Text(text));
        }
    }
}
