use super::said::Words;

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
}
