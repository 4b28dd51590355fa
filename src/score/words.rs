//! Estimates inside a sentence: `12 % (10 to 14 %, n = 1,000)`.

use crate::stats::Estimate;
use crate::units::Duration;

/// A share of trials. None of them is told as "under", all as "over", with the bound rounded outwards.
pub(super) fn share(estimate: &Estimate) -> String {
    let [low, point, high] = [estimate.low, estimate.point, estimate.high].map(|part| part * 100.0);
    let n = thousands(estimate.n);
    if estimate.point <= 0.0 {
        return format!("under {} % (n = {n})", (high * 10.0).ceil() / 10.0);
    }
    if estimate.point >= 1.0 {
        return format!("over {} % (n = {n})", (low * 10.0).floor() / 10.0);
    }
    let digits = match high - low {
        4.0.. => 0,
        0.4.. => 1,
        _ => 2,
    };
    format!("{point:.digits$} % ({low:.digits$} to {high:.digits$} %, n = {n})")
}

/// A length of time in seconds; infinity is never.
pub(super) fn time(estimate: &Estimate) -> String {
    let [low, point, high] = [estimate.low, estimate.point, estimate.high].map(length);
    format!("{point} ({low} to {high}, n = {})", thousands(estimate.n))
}

fn length(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "never".into();
    }
    let step = match seconds {
        3600.0.. => 60.0,
        600.0.. => 10.0,
        _ => 1.0,
    };
    Duration::from_secs(((seconds / step).round() * step) as i64).to_string()
}

/// A count with its thousands set apart: `12,000`.
pub(super) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::rate;

    #[test]
    fn shares_read_as_people_say_them() {
        let said = |count, n| share(&rate(count, n).unwrap());
        assert_eq!(said(0, 1000), "under 0.3 % (n = 1,000)");
        assert_eq!(said(1000, 1000), "over 99.7 % (n = 1,000)");
        assert_eq!(said(120, 1000), "12 % (10 to 14 %, n = 1,000)");
        assert_eq!(said(10, 1000), "1.0 % (0.5 to 1.8 %, n = 1,000)");
    }

    #[test]
    fn times_are_rounded_to_what_matters() {
        let estimate = Estimate {
            point: 260.2,
            low: 240.0,
            high: f64::INFINITY,
            level: 0.95,
            n: 12_345,
        };
        assert_eq!(time(&estimate), "4m20s (4m to never, n = 12,345)");
        assert_eq!((length(3671.0), length(604.0)), ("1h1m".into(), "10m".into()));
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
