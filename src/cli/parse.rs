//! Values of flags.

use crate::policy::argo::duration;
use crate::promql::Compat;
use crate::units::{Duration, Moment, Timestamp};

/// A length of time as Kubernetes and Prometheus write it: `90s`, `10m`, `1h30m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let length = duration::parse(text)
        .map_err(|_| "expected a length of time such as 90s, 10m or 1h30m".to_owned())?;
    if length <= Duration::ZERO {
        Err("expected a length of time above zero".to_owned())
    } else {
        Ok(length)
    }
}

/// A major version of Prometheus.
pub(super) fn compat(text: &str) -> Result<Compat, String> {
    match text {
        "2" => Ok(Compat::V2),
        "3" => Ok(Compat::V3),
        _ => Err("expected 2 or 3".to_owned()),
    }
}

/// A moment: RFC 3339, seconds since 1970, `now` or `now-6h`.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    const WRONG: &str = "expected a time such as 2026-03-01T10:00:00Z, 1772359200, now or now-6h";
    if let Some(before) = text.strip_prefix("now") {
        return match before.strip_prefix('-') {
            None if before.is_empty() => Ok(Moment::BeforeNow(Duration::ZERO)),
            None => Err(WRONG.to_owned()),
            Some(length) => duration(length).map(Moment::BeforeNow),
        };
    }
    if let Ok(seconds) = text.parse::<f64>() {
        // Seconds of some year that a server can hold; milliseconds are exact there.
        let known = seconds.abs() < 1e11;
        let ms = Timestamp::from_millis((seconds * 1000.0).round() as i64);
        return if known {
            Ok(Moment::At(ms))
        } else {
            Err(WRONG.to_owned())
        };
    }
    let moment: jiff::Timestamp = text.parse().map_err(|_| WRONG.to_owned())?;
    Ok(Moment::At(Timestamp::from_millis(moment.as_millisecond())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_all_their_forms() {
        let at = |ms| Ok(Moment::At(Timestamp::from_millis(ms)));
        assert_eq!(moment("1970-01-02T00:00:00.5Z"), at(86_400_500));
        assert_eq!(moment("1970-01-01T01:00:00+01:00"), at(0));
        assert_eq!(moment("1700000000.25"), at(1_700_000_000_250));
        assert_eq!(moment("now"), Ok(Moment::BeforeNow(Duration::ZERO)));
        assert_eq!(moment("now-90m"), Ok(Moment::BeforeNow(Duration::from_mins(90))));
        for wrong in ["", "now+1h", "now-", "yesterday", "1e300", "NaN", "2026-03-01"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
