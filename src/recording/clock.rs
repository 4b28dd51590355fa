use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::number;

/// How a column writes its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
    /// RFC 3339, with an offset.
    Written,
    /// Date and time without an offset, taken for UTC.
    WrittenInUtc,
}

impl Clock {
    /// The clock of a column by its header and its first cell; `None` where the cell is no time.
    pub fn of(header: &str, cell: &str) -> Option<Self> {
        if let Some(number) = number::value(cell.as_bytes()) {
            let unit = header.rsplit('_').next().unwrap_or(header);
            return Some(match unit {
                "s" | "seconds" => Self::Seconds,
                "ms" | "millis" | "milliseconds" => Self::Milliseconds,
                "us" | "micros" | "microseconds" => Self::Microseconds,
                "ns" | "nanos" | "nanoseconds" => Self::Nanoseconds,
                _ => Self::by_size(number),
            });
        }
        [Self::Written, Self::WrittenInUtc]
            .into_iter()
            .find(|clock| clock.read(cell).is_some())
    }

    /// As seconds every number here would lie beyond the year 5138, and so on.
    pub fn by_size(number: f64) -> Self {
        match number.abs() {
            ..1e11 => Self::Seconds,
            ..1e14 => Self::Milliseconds,
            ..1e17 => Self::Microseconds,
            _ => Self::Nanoseconds,
        }
    }

    /// A cell as milliseconds since 1970; `None` where it is no time of this clock.
    pub fn read(self, cell: &str) -> Option<i64> {
        match self {
            Self::Seconds => number::thousandths(cell.as_bytes()),
            Self::Milliseconds | Self::Microseconds | Self::Nanoseconds => {
                self.number(number::value(cell.as_bytes())?)
            }
            Self::Written => Some(cell.parse::<jiff::Timestamp>().ok()?.as_millisecond()),
            Self::WrittenInUtc => {
                let moment = cell.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?;
                Some(moment.timestamp().as_millisecond())
            }
        }
    }

    /// A number as milliseconds since 1970.
    pub fn number(self, number: f64) -> Option<i64> {
        let per_millisecond = match self {
            Self::Seconds => return number::millis(number * 1000.0),
            Self::Microseconds => 1e3,
            Self::Nanoseconds => 1e6,
            _ => 1.0,
        };
        number::millis(number / per_millisecond)
    }

    /// In words.
    pub fn said(self) -> &'static str {
        match self {
            Self::Seconds => "seconds since 1970",
            Self::Milliseconds => "milliseconds since 1970",
            Self::Microseconds => "microseconds since 1970",
            Self::Nanoseconds => "nanoseconds since 1970",
            Self::Written => "RFC 3339",
            Self::WrittenInUtc => "dates without an offset, in UTC",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_or_the_first_cell_says_the_unit() {
        for (header, cell, clock, millis) in [
            ("time", "1758131137.383", Clock::Seconds, 1_758_131_137_383),
            ("ts", "1758131137383", Clock::Milliseconds, 1_758_131_137_383),
            ("ts", "1758131137383000", Clock::Microseconds, 1_758_131_137_383),
            ("ts", "1758131137383000000", Clock::Nanoseconds, 1_758_131_137_383),
            ("timestamp_ms", "15000", Clock::Milliseconds, 15_000),
            ("time_s", "15", Clock::Seconds, 15_000),
            (
                "at",
                "2025-09-17T17:45:37.383Z",
                Clock::Written,
                1_758_131_137_383,
            ),
            (
                "at",
                "2025-09-17T19:45:37.383+02:00",
                Clock::Written,
                1_758_131_137_383,
            ),
            (
                "at",
                "2025-09-17 17:45:37.383",
                Clock::WrittenInUtc,
                1_758_131_137_383,
            ),
            ("at", "1970-01-02", Clock::WrittenInUtc, 86_400_000),
        ] {
            assert_eq!(Clock::of(header, cell), Some(clock), "{cell}");
            assert_eq!(clock.read(cell), Some(millis), "{cell}");
        }
        for cell in ["", "yesterday", "2025-13-01", "12:30"] {
            assert_eq!(Clock::of("time", cell), None, "{cell}");
        }
        assert_eq!(Clock::Seconds.read("1758131137383"), None);
        assert_eq!(Clock::Written.read("5"), None);
    }
}
