use std::fmt;

/// How a column's values are kept in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Physical {
    Truth,
    Int32,
    Int64,
    /// Nanoseconds of a day and its Julian number.
    Int96,
    Float,
    Double,
    Bytes,
    Fixed(usize),
}

impl Physical {
    /// By its number in the format; `length` is that of fixed bytes.
    pub fn of(number: i64, length: usize) -> Option<Self> {
        Some(match number {
            0 => Self::Truth,
            1 => Self::Int32,
            2 => Self::Int64,
            3 => Self::Int96,
            4 => Self::Float,
            5 => Self::Double,
            6 => Self::Bytes,
            7 => Self::Fixed(length),
            _ => return None,
        })
    }
}

/// What a column's values mean, as far as it makes a difference here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Numbers, texts, truths: what the bytes say.
    Plain,
    /// Integers without a sign.
    Unsigned,
    /// Days since 1970.
    Date,
    /// Since 1970.
    Milliseconds,
    /// Since 1970.
    Microseconds,
    /// Since 1970.
    Nanoseconds,
    /// Something that is no number, no time and no text, by its name.
    Other(&'static str),
}

impl Meaning {
    /// By the number of a converted type, as old writers state it.
    pub fn converted(number: i64) -> Self {
        match number {
            5 => Self::Other("decimals"),
            6 => Self::Date,
            7 | 8 => Self::Other("times of day"),
            9 => Self::Milliseconds,
            10 => Self::Microseconds,
            11..=14 => Self::Unsigned,
            20 => Self::Other("BSON"),
            21 => Self::Other("intervals"),
            _ => Self::Plain,
        }
    }

    /// By the number of a logical type that has nothing more to say.
    pub fn logical(number: i16) -> Self {
        match number {
            5 => Self::Other("decimals"),
            6 => Self::Date,
            7 => Self::Other("times of day"),
            13 => Self::Other("BSON"),
            14 => Self::Other("UUIDs"),
            15 => Self::Other("numbers of 16 bits"),
            _ => Self::Plain,
        }
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub physical: Physical,
    pub meaning: Meaning,
}

impl Kind {
    /// Whether its values are numbers.
    pub fn is_number(self) -> bool {
        matches!(self.meaning, Meaning::Plain | Meaning::Unsigned)
            && matches!(
                self.physical,
                Physical::Int32 | Physical::Int64 | Physical::Float | Physical::Double
            )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.meaning, self.physical) {
            (Meaning::Other(name), _) => name,
            (Meaning::Date, _) => "dates",
            (Meaning::Milliseconds | Meaning::Microseconds | Meaning::Nanoseconds, _)
            | (_, Physical::Int96) => "times",
            (_, Physical::Truth) => "truths",
            (_, Physical::Bytes) => "texts",
            (_, Physical::Fixed(_)) => "bytes",
            _ => "numbers",
        })
    }
}
