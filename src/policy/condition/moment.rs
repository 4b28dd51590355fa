//! Expressions that name a moment (`now() - duration("5m")`), as `rangeQuery` has them: the language of conditions, of which
//! the part that sums moments and lengths is read here.

use std::ops::Range;

use super::token::{Kind, Token, tokens};
use super::{ArgoVersion, ConditionError};
use crate::policy::argo::duration;
use crate::units::Duration;

/// How long before the moment of asking the moment lies that `text` names; negative: after it.
///
/// # Errors
///
/// It does not parse, names something else than a moment, or is not supported here.
pub fn age(text: &str) -> Result<Duration, ConditionError> {
    let dialect = ArgoVersion::default().dialect();
    let mut reader = Reader {
        tokens: tokens(text, dialect)?,
        place: 0,
        nesting: 0,
    };
    let sum = reader.sum()?;
    if *reader.kind() != Kind::End {
        return Err(reader.unexpected());
    }
    match sum {
        Sum::Moment(age) => Ok(age),
        Sum::Length(_) => {
            Err(ConditionError::other(0..text.len(), "expected time, but got a duration").help(EXAMPLE))
        }
    }
}

const EXAMPLE: &str = "write a moment: now() - duration(\"5m\")";
/// Longer sums are refused.
const FAR: i64 = 1_000_000_000_000_000;

/// What a part of an expression is.
#[derive(Clone, Copy)]
enum Sum {
    /// So long before now.
    Moment(Duration),
    Length(Duration),
}

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    place: usize,
    nesting: usize,
}

impl<'t> Reader<'t> {
    fn token(&self) -> &Token<'t> {
        // The last token is the end, and nothing steps over it.
        &self.tokens[self.place.min(self.tokens.len() - 1)]
    }

    fn kind(&self) -> &Kind<'t> {
        &self.token().kind
    }

    fn next(&mut self) {
        self.place = (self.place + 1).min(self.tokens.len() - 1);
    }

    fn unexpected(&self) -> ConditionError {
        let at = self.token().at.clone();
        let error = match self.kind() {
            Kind::End => ConditionError::other(at, "the expression ends here"),
            _ => ConditionError::unsupported(
                at,
                "of moments only now(), duration(\"…\") and their sums are read",
            ),
        };
        error.help(EXAMPLE)
    }

    fn expect(&mut self, bracket: char) -> Result<(), ConditionError> {
        if *self.kind() != Kind::Bracket(bracket) {
            return Err(self.unexpected());
        }
        self.next();
        Ok(())
    }

    fn sum(&mut self) -> Result<Sum, ConditionError> {
        let mut sum = self.part()?;
        loop {
            let at = self.token().at.clone();
            let minus = match self.kind() {
                Kind::Operator("-") => true,
                Kind::Operator("+") => false,
                _ => return Ok(sum),
            };
            self.next();
            let right = self.part()?;
            sum = added(sum, minus, right, at)?;
        }
    }

    fn part(&mut self) -> Result<Sum, ConditionError> {
        const DEEPEST: usize = 50;
        match self.kind() {
            Kind::Bracket('(') if self.nesting < DEEPEST => {
                self.next();
                self.nesting += 1;
                let inside = self.sum()?;
                self.nesting -= 1;
                self.expect(')')?;
                Ok(inside)
            }
            Kind::Name("now") => {
                self.next();
                self.expect('(')?;
                self.expect(')')?;
                Ok(Sum::Moment(Duration::ZERO))
            }
            Kind::Name("duration") => {
                self.next();
                self.expect('(')?;
                let at = self.token().at.clone();
                let Kind::Text(text) = self.kind() else {
                    return Err(self.unexpected());
                };
                let length = duration::parse(text)
                    .map_err(|error| ConditionError::other(at.clone(), error.to_string()))?;
                within(length, at)?;
                self.next();
                self.expect(')')?;
                Ok(Sum::Length(length))
            }
            _ => Err(self.unexpected()),
        }
    }
}

fn added(left: Sum, minus: bool, right: Sum, at: Range<usize>) -> Result<Sum, ConditionError> {
    let sum = match (left, minus, right) {
        // An age grows when a length is taken away.
        (Sum::Moment(age), true, Sum::Length(length)) => Sum::Moment(age + length),
        (Sum::Moment(age), false, Sum::Length(length)) | (Sum::Length(length), false, Sum::Moment(age)) => {
            Sum::Moment(age - length)
        }
        (Sum::Moment(left), true, Sum::Moment(right)) => Sum::Length(right - left),
        (Sum::Length(left), true, Sum::Length(right)) => Sum::Length(left - right),
        (Sum::Length(left), false, Sum::Length(right)) => Sum::Length(left + right),
        (Sum::Moment(_), false, Sum::Moment(_)) => {
            return Err(ConditionError::other(
                at,
                "invalid operation: + (mismatched types time.Time and time.Time)",
            ));
        }
        (Sum::Length(_), true, Sum::Moment(_)) => {
            return Err(ConditionError::other(
                at,
                "invalid operation: - (mismatched types time.Duration and time.Time)",
            ));
        }
    };
    let (Sum::Moment(length) | Sum::Length(length)) = sum;
    within(length, at)?;
    Ok(sum)
}

fn within(length: Duration, at: Range<usize>) -> Result<(), ConditionError> {
    if length.as_millis().abs() < FAR {
        return Ok(());
    }
    Err(ConditionError::unsupported(
        at,
        "a moment thousands of years away",
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::age;

    #[test]
    fn moments_are_counted_back_from_now() {
        for (text, seconds) in [
            ("now()", 0),
            ("now() - duration(\"5m\")", 300),
            ("now()-duration('1h30m')", 5400),
            ("now() + duration(\"-5m\")", 300),
            ("duration(\"1m\") + now()", -60),
            ("now() - (duration(\"5m\") + duration(\"10s\"))", 310),
            ("now() - duration(\"5m\") - duration(\"10s\")", 310),
            ("now() - (now() - (now() - duration(\"1m\")))", 60),
        ] {
            assert_eq!(age(text).map(|age| age.as_millis()), Ok(seconds * 1000), "{text}");
        }
        for wrong in [
            "",
            "now",
            "now(",
            "now(1)",
            "5m",
            "now() - 5m",
            "now() - 300",
            "duration(\"5m\")",
            "now() - now()",
            "now() + now()",
            "duration(\"5m\") - now()",
            "now() - duration(5)",
            "now() - duration(\"5\")",
            "now() - duration(\"5d\")",
            "now().Add(duration(\"-5m\"))",
            "date(\"2024-01-01\")",
            "now() now()",
        ] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(now|duration|\\(|\\)|\"5m\"|\"2562047h\"|-|\\+| |é|\"){0,30}|\\PC{0,20}") {
            let _ = age(&text);
        }
    }
}
