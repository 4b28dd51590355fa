/// A part of a date in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Minute,
    Hour,
    DayOfWeek,
    DayOfMonth,
    DayOfYear,
    DaysInMonth,
    Month,
    Year,
}

impl Field {
    /// The function of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day_of_week" => Self::DayOfWeek,
            "day_of_month" => Self::DayOfMonth,
            "day_of_year" => Self::DayOfYear,
            "days_in_month" => Self::DaysInMonth,
            "month" => Self::Month,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// The part of the date that is `time` seconds after the epoch, fractions cut off.
    pub fn of(self, time: f64) -> f64 {
        let time = time as i64;
        let days = time.div_euclid(86_400);
        let (year, month, day) = civil(days);
        let answer = match self {
            Self::Minute => time.div_euclid(60).rem_euclid(60),
            Self::Hour => time.div_euclid(3600).rem_euclid(24),
            // The epoch was a Thursday; Sunday is 0.
            Self::DayOfWeek => (days + 4).rem_euclid(7),
            Self::DayOfMonth => day,
            Self::DayOfYear => days - days_before(year, 1) + 1,
            Self::DaysInMonth => match month {
                12 => 31,
                month => days_before(year, month + 1) - days_before(year, month),
            },
            Self::Month => month,
            Self::Year => year,
        };
        answer as f64
    }
}

/// Year, month and day of the day `days` after 1970-01-01 (Hinnant's algorithm: years that begin in March).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Days from 1970-01-01 to the first of a month.
fn days_before(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::Field;

    #[test]
    fn reads_a_leap_day() {
        // 2024-02-29 12:34:56 UTC, a Thursday.
        let time = 1_709_210_096.0;
        let answers = [
            (Field::Minute, 34.0),
            (Field::Hour, 12.0),
            (Field::DayOfWeek, 4.0),
            (Field::DayOfMonth, 29.0),
            (Field::DayOfYear, 60.0),
            (Field::DaysInMonth, 29.0),
            (Field::Month, 2.0),
            (Field::Year, 2024.0),
        ];
        for (field, answer) in answers {
            assert_eq!(field.of(time), answer, "{field:?}");
        }
    }

    #[test]
    fn answers_for_every_number() {
        for time in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300, -1e300] {
            assert!(Field::Month.of(time) >= 1.0 && Field::Month.of(time) <= 12.0);
            assert!(Field::DayOfYear.of(time) >= 1.0);
        }
        assert_eq!(Field::Year.of(-1.0), 1969.0);
    }
}
