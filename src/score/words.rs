//! Numbers as words, in tables and in sentences: the number, and its interval in the same unit and to the same digit.

use super::figure::Unit;
use super::number::{BetweenDays, Number};
use crate::stats::Estimate;

/// A number as a table shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The number itself with its unit: `3.1 %`, `4m20s`, `6,210`.
    pub number: String,
    /// Its interval without unit: `2.2–4.4`. Empty where the number is itself a bound (`< 0.4 %`).
    pub interval: String,
    /// Its interval between recorded days: `5 days: 1–9`. Empty where nothing was recorded.
    pub between_days: String,
}

impl Words {
    /// `number (intervals)`.
    pub fn together(&self) -> String {
        match self.intervals() {
            none if none.is_empty() => self.number.clone(),
            intervals => format!("{} ({intervals})", self.number),
        }
    }

    /// Every interval: `2.2–4.4; 5 days: 1–9`.
    pub fn intervals(&self) -> String {
        let both = [self.interval.as_str(), &self.between_days];
        let said: Vec<&str> = both.into_iter().filter(|interval| !interval.is_empty()).collect();
        said.join("; ")
    }

    /// Inside a sentence, with the trials behind it: `12 % (10 to 14 %, n = 1,000)`, `under 0.3 % (n = 1,000)`,
    /// `12 % (10 to 14 %, n = 1,000; 5 days: 3 to 40 %)`.
    pub fn in_sentence(&self, n: u64) -> String {
        let plain = |text: &str| text.replace("m00s", "m").replace("h00m", "h");
        let number = plain(&self.number).replace("< ", "under ").replace("> ", "over ");
        let unit = if number.ends_with(" %") { " %" } else { "" };
        let interval = |text: &str| match plain(text).replace('–', " to ") {
            none if none.is_empty() => none,
            interval if interval.ends_with(|last: char| last.is_ascii_digit()) => format!("{interval}{unit}"),
            interval => interval.replace("< ", "under ").replace("> ", "over "),
        };
        let of_trials = match interval(&self.interval) {
            none if none.is_empty() => none,
            interval => format!("{interval}, "),
        };
        let between_days = match interval(&self.between_days) {
            none if none.is_empty() => none,
            interval => format!("; {interval}"),
        };
        format!("{number} ({of_trials}n = {}{between_days})", thousands(n))
    }

    fn alone(number: impl Into<String>) -> Self {
        Self {
            number: number.into(),
            ..Self::default()
        }
    }
}

/// An estimate counted in `unit`.
pub fn estimate(unit: Unit, estimate: &Estimate) -> Words {
    let Estimate { low, point, high, .. } = *estimate;
    match unit {
        Unit::Share => share(low, point, high),
        Unit::Seconds => time(low, point, high),
        Unit::Requests => requests(low, point, high),
        Unit::Times => times(low, point, high),
    }
}

/// A number counted in `unit`, with every interval it has.
pub fn number(unit: Unit, number: &Number) -> Words {
    with_days(number, |of| estimate(unit, of))
}

/// A number counted in `unit`, inside a sentence.
pub fn told(unit: Unit, of: &Number) -> String {
    number(unit, of).in_sentence(of.n())
}

/// A difference of two figures counted in `unit`, with its sign: `−2.1 points (−3.0 to −1.2)`.
pub fn difference(unit: Unit, difference: &Number) -> Words {
    with_days(difference, |of| signed(unit, of))
}

/// The words of a number's trials, and beside them how far it differs between recorded days.
fn with_days(number: &Number, words: impl Fn(&Estimate) -> Words) -> Words {
    let between_days = number.between_days();
    Words {
        between_days: between_days.map_or(String::new(), |days| between(number, days, &words)),
        ..words(number.of_trials())
    }
}

fn between(number: &Number, days: &BetweenDays, words: impl Fn(&Estimate) -> Words) -> String {
    let Some((low, high)) = days.ends() else {
        return "one day: cannot say".to_owned();
    };
    let words = words(&Estimate {
        low,
        point: number.point().clamp(low, high),
        high,
        ..*number.of_trials()
    });
    let ends = if words.interval.is_empty() {
        words.number
    } else {
        words.interval
    };
    format!("{} days: {ends}", days.days)
}

fn signed(unit: Unit, difference: &Estimate) -> Words {
    let Estimate { low, point, high, .. } = *difference;
    let (factor, digits, name) = match unit {
        Unit::Share => (100.0, if high - low < 0.04 { 1 } else { 0 }, " points"),
        Unit::Seconds => (1.0, 0, " s"),
        Unit::Requests => (1.0, if high - low < 20.0 { 1 } else { 0 }, " requests"),
        Unit::Times => (1.0, 2, ""),
    };
    let write = |value: f64| {
        let value = value * factor;
        let sign = match value {
            0.0 => "",
            ..0.0 => "−",
            _ => "+",
        };
        if value.is_infinite() {
            return format!("{sign}∞");
        }
        format!("{sign}{}", grouped(&format!("{:.digits$}", value.abs())))
    };
    Words {
        number: format!("{}{name}", write(point)),
        interval: format!("{} to {}", write(low), write(high)),
        ..Words::default()
    }
}

/// A share of trials, from 0 to 1, in per cent. None of them is the upper bound, all of them the lower one, rounded
/// away from what was counted.
pub fn share(low: f64, at: f64, high: f64) -> Words {
    let [low, at, high] = [low, at, high].map(|share| share * 100.0);
    let bound_digits = |distance: f64| match distance {
        4.0.. => 0,
        0.1.. => 1,
        0.01.. => 2,
        _ => 3_usize,
    };
    if at <= 0.0 {
        let digits = bound_digits(high);
        return Words::alone(format!("< {} %", rounded(high, digits, f64::ceil)));
    }
    if at >= 100.0 {
        let digits = bound_digits(100.0 - low);
        return Words::alone(format!("> {} %", rounded(low, digits, f64::floor)));
    }
    let digits = match (high - low, at) {
        (2.0.., 10.0..) => 0,
        (0.4.., _) => 1,
        (0.04.., _) => 2,
        _ => 3_usize,
    };
    Words {
        number: format!("{at:.digits$} %"),
        interval: format!("{low:.digits$}–{high:.digits$}"),
        ..Words::default()
    }
}

/// `value` to `digits` places, the last one moved by `toward`.
fn rounded(value: f64, digits: usize, toward: fn(f64) -> f64) -> String {
    let scale = [1.0, 10.0, 100.0, 1000.0][digits.min(3)];
    // A bound that already ends on the last digit stays there, whatever its binary tail says.
    let nearest = (value * scale).round();
    let scaled = if (value * scale - nearest).abs() < 1e-6 {
        nearest
    } else {
        toward(value * scale)
    };
    format!("{:.digits$}", scaled / scale)
}

/// A length of time, given in seconds; infinity is never.
pub fn time(low: f64, at: f64, high: f64) -> Words {
    if low == f64::INFINITY {
        return Words::alone("never");
    }
    let finite = if at.is_finite() { at } else { low };
    let unit = if finite.max(high) < 9.95 {
        Clock::Tenths
    } else if finite < 3600.0 {
        Clock::Seconds
    } else {
        Clock::Minutes
    };
    Words {
        number: unit.write(at),
        interval: format!("{}–{}", unit.write(low), unit.write(high)),
        ..Words::default()
    }
}

/// How fine a time is written.
#[derive(Clone, Copy)]
enum Clock {
    Tenths,
    Seconds,
    Minutes,
}

impl Clock {
    fn write(self, seconds: f64) -> String {
        if seconds == f64::INFINITY {
            return "never".to_owned();
        }
        let whole = seconds.round() as i64;
        match self {
            Self::Tenths if seconds.fract().abs() < 0.05 => format!("{whole}s"),
            Self::Tenths => format!("{seconds:.1}s"),
            Self::Seconds if whole < 60 => format!("{whole}s"),
            Self::Seconds if whole < 3600 => format!("{}m{:02}s", whole / 60, whole % 60),
            Self::Seconds | Self::Minutes => {
                let minutes = (seconds / 60.0).round() as i64;
                if minutes < 60 {
                    format!("{minutes}m")
                } else {
                    format!("{}h{:02}m", minutes / 60, minutes % 60)
                }
            }
        }
    }
}

/// An expected number of requests.
pub fn requests(low: f64, at: f64, high: f64) -> Words {
    if at == 0.0 {
        return Words::alone(match high {
            0.0 => "0".to_owned(),
            _ => format!("< {}", rounded(high, usize::from(high < 9.0), f64::ceil)),
        });
    }
    let (scale, unit) = match at {
        1e9.. => (1e9, "G"),
        1e6.. => (1e6, "M"),
        1e3.. => (1e3, "k"),
        _ => (1.0, ""),
    };
    let digits = match ((high - low) / scale, at / scale) {
        (20.0.., _) => 0,
        (_, 100.0..) => 0,
        (2.0.., 10.0..) => 0,
        (0.1.., _) => 1,
        _ => 2_usize,
    };
    let write = |value: f64| format!("{}{unit}", grouped(&format!("{:.digits$}", value / scale)));
    Words {
        number: write(at),
        interval: format!("{}–{}", write(low), write(high)),
        ..Words::default()
    }
}

/// How often in a trial, on average.
pub fn times(low: f64, at: f64, high: f64) -> Words {
    if at == 0.0 {
        return Words::alone(format!("< {}", rounded(high, 2, f64::ceil)));
    }
    Words {
        number: format!("{at:.2}"),
        interval: format!("{low:.2}–{high:.2}"),
        ..Words::default()
    }
}

/// A count with its thousands set apart: `12,000`.
pub fn thousands(count: u64) -> String {
    grouped(&count.to_string())
}

/// Commas between thousands.
pub fn grouped(number: &str) -> String {
    let (whole, fraction) = number.find('.').map_or((number, ""), |dot| number.split_at(dot));
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("-", digits));
    let mut out = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_keep_the_digits_their_interval_earns() {
        let cases = [
            ([0.022, 0.031, 0.044], "3.1 % (2.2–4.4)"),
            ([0.0, 0.0, 0.0036], "< 0.4 %"),
            ([0.0, 0.0, 0.00037], "< 0.04 %"),
            ([0.0, 0.0, 0.0041], "< 0.5 %"),
            ([0.0, 0.0, 0.05], "< 5 %"),
            ([0.9963, 1.0, 1.0], "> 99.6 %"),
            ([0.95, 1.0, 1.0], "> 95 %"),
            ([0.41, 0.5, 0.59], "50 % (41–59)"),
            ([0.0021, 0.0043, 0.0087], "0.4 % (0.2–0.9)"),
        ];
        for ([low, at, high], words) in cases {
            assert_eq!(share(low, at, high).together(), words);
        }
    }

    #[test]
    fn times_share_a_unit() {
        let cases = [
            ([245.0, 260.0, 280.0], "4m20s (4m05s–4m40s)"),
            ([0.9, 1.0, 1.1], "1s (0.9s–1.1s)"),
            ([40.0, 45.0, 62.0], "45s (40s–1m02s)"),
            ([3500.0, 3900.0, 4000.0], "1h05m (58m–1h07m)"),
            ([59.6, 59.7, 59.8], "1m00s (1m00s–1m00s)"),
            ([1920.0, 2400.0, f64::INFINITY], "40m00s (32m00s–never)"),
            ([1920.0, f64::INFINITY, f64::INFINITY], "never (32m00s–never)"),
            ([f64::INFINITY; 3], "never"),
        ];
        for ([low, at, high], words) in cases {
            assert_eq!(time(low, at, high).together(), words);
        }
    }

    #[test]
    fn requests_are_rounded_and_grouped() {
        let cases = [
            ([6105.4, 6210.2, 6360.0], "6.2k (6.1k–6.4k)"),
            ([8105.4, 17_056.2, 18_250.0], "17k (8k–18k)"),
            ([1.23, 2.5, 3.0], "2.5 (1.2–3.0)"),
            ([164.2, 176.0, 188.4], "176 (164–188)"),
            ([5e12, 6e12, 7e12], "6,000G (5,000G–7,000G)"),
            ([120_900.0, 123_400.0, 126_100.0], "123k (121k–126k)"),
            ([0.0, 0.0, 0.0], "0"),
            (
                [12_345_678.0, 12_345_678.0, 12_345_678.0],
                "12.35M (12.35M–12.35M)",
            ),
        ];
        for ([low, at, high], words) in cases {
            assert_eq!(requests(low, at, high).together(), words);
        }
    }

    #[test]
    fn sentences_say_the_numbers_of_the_table() {
        let told = |unit, of: &Estimate| super::told(unit, &Number::new(*of, None));
        let said = |count, n| told(Unit::Share, &crate::stats::rate(count, n).unwrap());
        assert_eq!(said(0, 1000), "under 0.3 % (n = 1,000)");
        assert_eq!(said(1000, 1000), "over 99.7 % (n = 1,000)");
        assert_eq!(said(120, 1000), "12 % (10 to 14 %, n = 1,000)");
        assert_eq!(said(10, 1000), "1.0 % (0.5 to 1.8 %, n = 1,000)");
        let time = |point, low| {
            let estimate = Estimate {
                point,
                low,
                high: f64::INFINITY,
                level: 0.95,
                n: 12_345,
            };
            told(Unit::Seconds, &estimate)
        };
        assert_eq!(time(260.2, 240.0), "4m20s (4m to never, n = 12,345)");
        assert_eq!(time(f64::INFINITY, 7200.0), "never (2h to never, n = 12,345)");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }

    #[test]
    fn a_number_of_recorded_days_is_never_told_without_them() {
        let estimate = crate::stats::rate(120, 1000).unwrap();
        let days = |days, low, high| {
            let between = BetweenDays { days, low, high };
            Number::new(estimate, Some(between))
        };
        let five = days(5, Some(0.03), Some(0.404));
        let one = days(1, None, None);
        assert_eq!(
            number(Unit::Share, &five).together(),
            "12 % (10–14; 5 days: 3–40)"
        );
        assert_eq!(
            number(Unit::Share, &one).together(),
            "12 % (10–14; one day: cannot say)"
        );
        assert_eq!(
            told(Unit::Share, &five),
            "12 % (10 to 14 %, n = 1,000; 5 days: 3 to 40 %)"
        );
        assert_eq!(
            told(Unit::Share, &one),
            "12 % (10 to 14 %, n = 1,000; one day: cannot say)"
        );
        let low = Estimate {
            low: -0.02,
            point: -0.011,
            high: -0.002,
            ..estimate
        };
        let apart = Number::new(low, days(5, Some(-0.09), Some(0.07)).between_days().copied());
        assert_eq!(
            difference(Unit::Share, &apart).together(),
            "−1.1 points (−2.0 to −0.2; 5 days: −9 to +7)"
        );
        let none = Number::new(
            crate::stats::rate(0, 1000).unwrap(),
            days(2, Some(0.0), Some(0.7764)).between_days().copied(),
        );
        assert_eq!(number(Unit::Share, &none).together(), "< 0.3 % (2 days: < 78 %)");
        assert_eq!(
            told(Unit::Share, &none),
            "under 0.3 % (n = 1,000; 2 days: under 78 %)"
        );
    }
}
