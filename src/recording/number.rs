//! Values and moments as the text formats write them, read from bytes.

use std::fmt;

/// Powers of ten that a double holds exactly.
const TENS: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// Furthest moment from 1970 [ms] that is believed: some thirty thousand years.
pub(super) const FURTHEST: f64 = 1e15;

/// A sample's value as the exposition formats write it; `NaN`, `+Inf` and `-Inf` too.
pub(super) fn value(text: &[u8]) -> Option<f64> {
    plain(text).or_else(|| {
        let text = std::str::from_utf8(text).ok()?;
        // Rust's parser takes NaN, Inf and Infinity in any case, with a sign, as Go's does.
        text.parse().ok()
    })
}

/// A plain decimal of at most 15 digits: its digits and the power of ten below them are exact, so one division rounds
/// once, as a full parser would (Clinger 1990).
fn plain(text: &[u8]) -> Option<f64> {
    let (digits, below, negative) = decimal(text)?;
    let magnitude = digits as f64 / TENS[below];
    Some(if negative { -magnitude } else { magnitude })
}

/// Digits without their point, how many of them stand after it, and whether there is a minus before them.
fn decimal(text: &[u8]) -> Option<(u64, usize, bool)> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if text.is_empty() || text.len() > 16 {
        return None;
    }
    let (mut digits, mut count, mut point) = (0_u64, 0_usize, None);
    for &byte in text {
        match byte {
            b'0'..=b'9' => {
                digits = digits * 10 + u64::from(byte - b'0');
                count += 1;
            }
            b'.' if point.is_none() => point = Some(count),
            _ => return None,
        }
    }
    let below = point.map_or(0, |point| count - point);
    (1..=15).contains(&count).then_some((digits, below, negative))
}

/// A number in thousandths, rounded to whole ones: seconds become milliseconds. `None` where it is no finite number or
/// lies beyond [`FURTHEST`].
pub(super) fn thousandths(text: &[u8]) -> Option<i64> {
    if let Some((digits, below @ 0..=3, negative)) = decimal(text)
        && digits < 1_000_000_000_000
    {
        let whole = (digits * [1000, 100, 10, 1][below]) as i64;
        return Some(if negative { -whole } else { whole });
    }
    millis(value(text)? * 1000.0)
}

/// Whole milliseconds of a moment; `None` beyond [`FURTHEST`].
pub(super) fn millis(milliseconds: f64) -> Option<i64> {
    (milliseconds.abs() <= FURTHEST).then(|| milliseconds.round() as i64)
}

/// Milliseconds as seconds.
pub(super) struct Seconds(pub i64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let millis = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:03}", millis / 1000, millis % 1000)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_the_formats_write() {
        for (text, expected) in [
            ("0", 0.0),
            ("-7", -7.0),
            ("+1.5", 1.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("1e-7", 1e-7),
            ("+Inf", f64::INFINITY),
            ("-Inf", f64::NEG_INFINITY),
            ("1.7976931348623157e308", f64::MAX),
            ("123456789012345678", 123_456_789_012_345_680.0),
        ] {
            assert_eq!(value(text.as_bytes()), Some(expected), "{text}");
        }
        assert!(value(b"NaN").unwrap().is_nan());
        assert!(value(b"-0").unwrap().is_sign_negative());
        for text in ["", "-", ".", "1.2.3", "x", "1_000", "\u{ff11}"] {
            assert_eq!(value(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn seconds_become_whole_milliseconds() {
        for (text, expected) in [
            ("1758131137.383", 1_758_131_137_383),
            ("1758131137", 1_758_131_137_000),
            ("-1.5", -1500),
            ("1.0005", 1001),
            ("1.5e3", 1_500_000),
        ] {
            assert_eq!(thousandths(text.as_bytes()), Some(expected), "{text}");
        }
        for text in ["NaN", "Inf", "1e13", "", "1758131137x"] {
            assert_eq!(thousandths(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_gives_the_same_bits(text in "[+-]?[0-9]{0,9}(\\.[0-9]{0,8})?(e-?[0-9]{1,3})?") {
            let ours = value(text.as_bytes()).map(f64::to_bits);
            prop_assert_eq!(ours, text.parse::<f64>().ok().map(f64::to_bits));
        }

        #[test]
        fn thousandths_are_those_of_the_double(whole in -100_000_000_000_i64..100_000_000_000, part in 0u32..1000) {
            let text = format!("{whole}.{part:03}");
            let double = text.parse::<f64>().unwrap();
            prop_assert_eq!(thousandths(text.as_bytes()), Some((double * 1000.0).round() as i64));
        }
    }
}
