//! Kubernetes' `IntOrString`: counts, limits, surge and unavailability.

use std::num::IntErrorKind;

/// A field that may be written as an integer or as a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntOrString {
    /// `5`
    Int(i64),
    /// `"5"`, `"25%"`
    Text(String),
}

impl IntOrString {
    /// The integer meant (`IntOrString.IntValue`): a text that is no integer is silently 0, one that is too large
    /// the largest.
    pub fn number(&self) -> i64 {
        match self {
            Self::Int(number) => *number,
            Self::Text(text) => match text.parse::<i64>() {
                Ok(number) => number,
                Err(error) => match error.kind() {
                    IntErrorKind::PosOverflow => i64::MAX,
                    IntErrorKind::NegOverflow => i64::MIN,
                    _ => 0,
                },
            },
        }
    }

    /// The number of pods meant, of `total` (`GetValueFromIntOrPercent`): every text is a percentage, with or without
    /// its sign. `None` if it is no number.
    fn pods(&self, total: u32, round: fn(f64) -> f64) -> Option<i64> {
        match self {
            Self::Int(pods) => Some(*pods),
            Self::Text(text) => {
                let percent: i32 = text.replace('%', "").parse().ok()?;
                Some(round(f64::from(percent) * f64::from(total) / 100.0) as i64)
            }
        }
    }
}

/// `maxSurge` and `maxUnavailable`, resolved to pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenceposts {
    /// Pods allowed above `replicas`.
    pub max_surge: u32,
    /// Pods that may be missing.
    pub max_unavailable: u32,
}

/// Resolves `maxSurge` and `maxUnavailable` (argo-rollouts `resolveFenceposts`, `MaxUnavailable`): 25 % each unless
/// set, surge rounded up, unavailability down; one pod may be missing when both come out as 0, never more than
/// `replicas`. `None` if one of them is no number or negative.
pub fn resolve_fenceposts(
    max_surge: Option<&IntOrString>,
    max_unavailable: Option<&IntOrString>,
    replicas: u32,
) -> Option<Fenceposts> {
    let quarter = IntOrString::Text("25%".to_owned());
    let surge = max_surge.unwrap_or(&quarter).pods(replicas, libm::ceil)?;
    let unavailable = max_unavailable.unwrap_or(&quarter).pods(replicas, libm::floor)?;
    let max_surge = u32::try_from(surge).ok()?;
    let max_unavailable = match (max_surge, u32::try_from(unavailable).ok()?) {
        (0, 0) => 1,
        (_, pods) => pods,
    };
    Some(Fenceposts {
        max_surge,
        max_unavailable: max_unavailable.min(replicas),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> IntOrString {
        IntOrString::Text(text.to_owned())
    }

    #[test]
    fn a_text_that_is_no_integer_is_zero() {
        assert_eq!(IntOrString::Int(-3).number(), -3);
        assert_eq!(text("7").number(), 7);
        assert_eq!(text("abc").number(), 0);
        assert_eq!(text("1.5").number(), 0);
        assert_eq!(text("99999999999999999999").number(), i64::MAX);
    }

    #[test]
    fn surge_is_rounded_up_and_unavailability_down() {
        let cases = [
            (None, None, 1, (1, 0)),
            (None, None, 4, (1, 1)),
            (None, None, 10, (3, 2)),
            (Some(text("30")), Some(IntOrString::Int(0)), 10, (3, 0)),
            (Some(IntOrString::Int(0)), Some(text("1%")), 2, (0, 1)),
            (Some(IntOrString::Int(0)), Some(IntOrString::Int(9)), 3, (0, 3)),
        ];
        for (surge, unavailable, replicas, (max_surge, max_unavailable)) in cases {
            let found = resolve_fenceposts(surge.as_ref(), unavailable.as_ref(), replicas);
            let expected = Fenceposts {
                max_surge,
                max_unavailable,
            };
            assert_eq!(found, Some(expected));
        }
    }

    #[test]
    fn what_is_no_number_of_pods_is_refused() {
        assert_eq!(resolve_fenceposts(Some(&text("some")), None, 4), None);
        assert_eq!(resolve_fenceposts(None, Some(&text("-25%")), 4), None);
        assert_eq!(resolve_fenceposts(Some(&IntOrString::Int(-1)), None, 4), None);
    }
}
