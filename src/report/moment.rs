//! Moments and lengths of time as a person reads them.

use jiff::tz::TimeZone;

use crate::units::Duration;

/// A moment [ms since 1970] in UTC to the second; one beyond jiff's years as the number it is.
pub(super) fn utc(millis: i64) -> String {
    written(millis, "%Y-%m-%d %H:%M:%S")
}

/// The same to the minute.
pub(super) fn utc_minute(millis: i64) -> String {
    written(millis, "%Y-%m-%d %H:%M")
}

fn written(millis: i64, form: &str) -> String {
    let moment = jiff::Timestamp::from_millisecond(millis);
    moment.map_or_else(
        |_| millis.to_string(),
        |moment| moment.to_zoned(TimeZone::UTC).strftime(form).to_string(),
    )
}

/// A length of time [ms], beyond two days in days and hours, beyond a minute without fractions.
pub(super) fn length(millis: i64) -> String {
    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;
    match millis {
        DAY.. if millis >= 2 * DAY => match millis / HOUR % 24 {
            0 => format!("{}d", millis / DAY),
            hours => format!("{}d{hours}h", millis / DAY),
        },
        60_000.. => Duration::from_secs(millis / 1000).to_string(),
        _ => Duration::from_millis(millis).to_string(),
    }
}

/// A count with its thousands apart.
pub(super) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_a_person_writes_it() {
        assert_eq!(utc(1_758_131_137_383), "2025-09-17 17:45:37");
        assert_eq!(utc(i64::MAX), i64::MAX.to_string());
        assert_eq!(length(9_999), "9.999s");
        assert_eq!(length(61_500), "1m1s");
        assert_eq!(length(50 * 3_600_000 + 1), "2d2h");
        assert_eq!(length(72 * 3_600_000), "3d");
        assert_eq!(
            [count(7), count(1000), count(1_234_567)],
            ["7", "1,000", "1,234,567"]
        );
    }
}
