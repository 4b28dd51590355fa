use super::numerals::{grouped, requests, share, thousands, time, times};
use crate::score::figure::Unit;
use crate::score::number::{BetweenDays, Number};
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

    pub(super) fn alone(number: impl Into<String>) -> Self {
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

/// A difference inside a sentence, with the pairs behind it: `−2.1 points (−3.0 to −1.2, n = 1,000 pairs)`.
pub fn told_difference(unit: Unit, of: &Number) -> String {
    let Words {
        number,
        interval,
        between_days,
    } = difference(unit, of);
    let between_days = match between_days.as_str() {
        "" => String::new(),
        days => format!("; {days}"),
    };
    format!(
        "{number} ({interval}, n = {} pairs{between_days})",
        thousands(of.n())
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_say_the_numbers_of_the_table() {
        let told = |unit, of: &Estimate| told(unit, &Number::new(*of, None));
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
        assert_eq!(
            told_difference(Unit::Share, &apart),
            "−1.1 points (−2.0 to −0.2, n = 1,000 pairs; 5 days: −9 to +7)"
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
