//! In what form a provider gives numbers to the conditions of a check.
//!
//! Conditions are compiled with the type of what a provider gave, and every provider of the controller has its own
//! (argo-rollouts `metricproviders/*`). Where a query stands in for a provider, its numbers are given in that form.

use serde_json::{Map, Number, Value as Json, json};

use super::{Answer, AnswerType, Condition, ConditionError};

/// The form of an answer. Numbers of a query go in; what `result` would be with that provider comes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AnswerForm {
    /// Prometheus: a scalar or a vector, as it is.
    #[default]
    AsItIs,
    /// Datadog: the last number; nil where there is none. API v1 takes it of the first series (`res.Series[0]`), grouped or
    /// not.
    NumberOrNil,
    /// Datadog, grouped by a tag (API v2): a list of numbers, however many groups there are; nil where there is none.
    NumbersOrNil,
    /// Wavefront: the number of one series, the list of several; an error where there is none.
    NumberOrNumbers,
    /// Graphite: the numbers that are not null; an error where there is no series.
    Numbers,
    /// InfluxDB: a value of each record; an error where there is no record.
    Records,
    /// A web service or a plugin: one number.
    Number,
    /// New Relic: a row, or a list of several; the number stands under these names in each. An error where there is no
    /// row.
    Rows(Vec<String>),
    /// CloudWatch: a list of results, the number in the `Values` of each.
    Results,
}

impl AnswerForm {
    /// Gives the numbers of `answer` to `judge` in this form; JSON and nil are given as they are.
    ///
    /// A number that JSON does not know (NaN, infinities) is a gap to all whose answers are JSON: a service that divides
    /// by nothing gives null, or leaves the point out.
    ///
    /// # Errors
    ///
    /// Why the provider would have ended in an error.
    pub fn give<T>(
        &self,
        answer: &Answer<'_>,
        judge: impl FnOnce(&Answer<'_>) -> T,
    ) -> Result<T, &'static str> {
        let one;
        let numbers = match answer {
            Answer::Vector(numbers) => *numbers,
            Answer::Scalar(number) => {
                one = [*number];
                &one
            }
            Answer::Nil | Answer::Json(_) => return Ok(judge(answer)),
        };
        let known = || numbers.iter().copied().filter(|number| number.is_finite());
        Ok(match self {
            Self::AsItIs => judge(answer),
            Self::NumberOrNil => match (known().next(), numbers.len()) {
                (_, 2..) => {
                    return Err(
                        "the query gives several numbers, and Datadog one: a list is of groups in API v2 only",
                    );
                }
                (Some(number), _) => judge(&Answer::Scalar(number)),
                (None, _) => judge(&Answer::Nil),
            },
            Self::NumbersOrNil => match known().count() {
                0 => judge(&Answer::Nil),
                _ => judge_known(numbers, judge),
            },
            Self::NumberOrNumbers => match numbers {
                [] => return Err("No TimeSeries found in response from Wavefront"),
                [number] => judge(&Answer::Scalar(*number)),
                several => judge(&Answer::Vector(several)),
            },
            Self::Numbers => match numbers {
                [] => return Err("no values found"),
                some => judge_known(some, judge),
            },
            // Go's type is []any, which differs from []float64 in nothing that a number can show.
            Self::Records => match numbers {
                [] => return Err("no results returned from flux query"),
                some => judge(&Answer::Vector(some)),
            },
            Self::Number => match numbers {
                [number] if number.is_finite() => judge(&Answer::Scalar(*number)),
                [] => return Err("the query gives no number: its path would lead nowhere"),
                [_] => return Err("the query gives no finite number, and no answer holds any other"),
                _ => return Err("the query gives several numbers, and there is one at its path"),
            },
            Self::Rows(names) => match numbers {
                [] => return Err("no results returned from NRQL query"),
                [number] => judge(&Answer::Json(&row(names, *number))),
                several => {
                    let rows = several.iter().map(|number| row(names, *number));
                    judge(&Answer::Json(&Json::Array(rows.collect())))
                }
            },
            Self::Results => {
                let values =
                    |number: &f64| Number::from_f64(*number).map_or(json!([]), |number| json!([number]));
                let mut results: Vec<Json> = numbers
                    .iter()
                    .map(|number| json!({ "Values": values(number) }))
                    .collect();
                if results.is_empty() {
                    results.push(json!({ "Values": [] }));
                }
                judge(&Answer::Json(&Json::Array(results)))
            }
        })
    }

    /// Why `condition` can never be evaluated on an answer of this form, whatever the numbers are.
    pub fn misfit(&self, condition: &Condition) -> Option<ConditionError> {
        let types: &[AnswerType] = match self {
            Self::NumberOrNil | Self::Number => &[AnswerType::Scalar],
            Self::NumbersOrNil | Self::Numbers | Self::Records => &[AnswerType::Vector],
            Self::AsItIs | Self::NumberOrNumbers => &[AnswerType::Scalar, AnswerType::Vector],
            Self::Rows(_) => &[AnswerType::Map, AnswerType::List],
            Self::Results => &[AnswerType::List],
        };
        let mut errors = types.iter().map(|kind| condition.check(*kind).err());
        let first = errors.next()??;
        errors.all(|error| error.is_some()).then_some(first)
    }
}

/// `numbers` without the gaps.
fn judge_known<T>(numbers: &[f64], judge: impl FnOnce(&Answer<'_>) -> T) -> T {
    if numbers.iter().all(|number| number.is_finite()) {
        return judge(&Answer::Vector(numbers));
    }
    let known: Vec<f64> = numbers
        .iter()
        .copied()
        .filter(|number| number.is_finite())
        .collect();
    judge(&Answer::Vector(&known))
}

/// `{"a": {"b": number}}`; a gap is null.
fn row(names: &[String], number: f64) -> Json {
    let value = Number::from_f64(number).map_or(Json::Null, Json::Number);
    names.iter().rev().fold(value, |inside, name| {
        Json::Object(Map::from_iter([(name.clone(), inside)]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::condition::{Phase, verdict};

    fn phase(form: &AnswerForm, success: &str, numbers: &[f64]) -> Result<Phase, &'static str> {
        let condition = Condition::new(success);
        form.give(&Answer::Vector(numbers), |answer| {
            verdict(Some(&condition), None, answer).0
        })
    }

    /// Go's tests of the providers say the same of answers of these shapes (`datadogV2_test`, `wavefront_test`,
    /// `newrelic_test`, `cloudwatch_test`, `graphite_test`).
    #[test]
    fn each_provider_gives_numbers_in_its_own_form() {
        use Phase::{Error, Failed, Successful};
        let rows = AnswerForm::Rows(vec!["errorRate".into()]);
        let nested = AnswerForm::Rows(vec!["percentile.duration".into(), "95".into()]);
        for (form, success, numbers, expected) in [
            (
                &AnswerForm::NumberOrNil,
                "result < 0.05",
                &[0.02][..],
                Ok(Successful),
            ),
            (&AnswerForm::NumberOrNil, "result < 0.05", &[0.06], Ok(Failed)),
            (&AnswerForm::NumberOrNil, "result < 0.05", &[], Ok(Error)),
            (
                &AnswerForm::NumberOrNil,
                "default(result, 0) < 0.05",
                &[],
                Ok(Successful),
            ),
            (
                &AnswerForm::NumberOrNil,
                "default(result, 0) < 0.05",
                &[f64::NAN],
                Ok(Successful),
            ),
            (&AnswerForm::NumberOrNil, "result[0] < 0.05", &[0.02], Ok(Error)),
            (
                &AnswerForm::NumbersOrNil,
                "max(result) < 0.05",
                &[0.02],
                Ok(Successful),
            ),
            (
                &AnswerForm::NumbersOrNil,
                "all(result, # < 0.05)",
                &[0.02, f64::NAN, 0.06],
                Ok(Failed),
            ),
            (
                &AnswerForm::NumbersOrNil,
                "isNil(result)",
                &[f64::INFINITY],
                Ok(Successful),
            ),
            (
                &AnswerForm::NumberOrNumbers,
                "result == 10",
                &[10.0],
                Ok(Successful),
            ),
            (
                &AnswerForm::NumberOrNumbers,
                "result[1] == 10",
                &[9.0, 10.0],
                Ok(Successful),
            ),
            (
                &AnswerForm::Numbers,
                "len(result) == 0 || result[0] < 1",
                &[f64::NAN],
                Ok(Successful),
            ),
            (&AnswerForm::Numbers, "result[0] < 1", &[0.5], Ok(Successful)),
            (&AnswerForm::Records, "result[0] < 1", &[f64::NAN], Ok(Failed)),
            (&AnswerForm::Number, "result < 1", &[0.5], Ok(Successful)),
            (&rows, "result.errorRate < 0.05", &[0.02], Ok(Successful)),
            (&rows, "result['errorRate'] < 0.05", &[0.06], Ok(Failed)),
            (&rows, "result.errorRate == nil", &[f64::NAN], Ok(Successful)),
            (&rows, "all(result, .errorRate < 0.05)", &[0.02, 0.06], Ok(Failed)),
            (
                &nested,
                "result['percentile.duration']['95'] < 0.3",
                &[0.2],
                Ok(Successful),
            ),
            (
                &AnswerForm::Results,
                "result[0].Values[0] < 0.05",
                &[0.02],
                Ok(Successful),
            ),
            (
                &AnswerForm::Results,
                "all(result[0].Values, {# <= 0.01})",
                &[0.02],
                Ok(Failed),
            ),
            (&AnswerForm::Results, "result[0].Values[0] < 0.05", &[], Ok(Error)),
            (
                &AnswerForm::Results,
                "len(result[0].Values) == 0",
                &[f64::NAN],
                Ok(Successful),
            ),
        ] {
            assert_eq!(
                phase(form, success, numbers),
                expected,
                "{form:?} {success} {numbers:?}"
            );
        }
    }

    #[test]
    fn some_providers_end_in_an_error_where_others_give_nothing() {
        for form in [
            AnswerForm::NumberOrNumbers,
            AnswerForm::Numbers,
            AnswerForm::Records,
            AnswerForm::Number,
            AnswerForm::Rows(vec!["x".into()]),
        ] {
            assert!(phase(&form, "true", &[]).is_err(), "{form:?}");
        }
        assert!(phase(&AnswerForm::Number, "true", &[f64::NAN]).is_err());
        for form in [AnswerForm::Number, AnswerForm::NumberOrNil] {
            assert!(phase(&form, "true", &[1.0, 2.0]).is_err(), "{form:?}");
        }
    }

    #[test]
    fn a_condition_fits_a_form_or_is_an_error_at_every_look() {
        let rows = AnswerForm::Rows(vec!["x".into()]);
        for (form, condition, fits) in [
            (&AnswerForm::NumberOrNil, "result < 1", true),
            (&AnswerForm::NumberOrNil, "result[0] < 1", false),
            (&AnswerForm::NumbersOrNil, "result < 1", false),
            (&AnswerForm::NumberOrNumbers, "result < 1", true),
            (&AnswerForm::NumberOrNumbers, "result[0] < 1", true),
            (&AnswerForm::NumberOrNumbers, "result <", false),
            (&rows, "result.x < 1", true),
            (&rows, "result[0].x < 1", true),
            (&rows, "result < 1", false),
            (&AnswerForm::Results, "result[0].Values[0] < 1", true),
            (&AnswerForm::Results, "result < 1", false),
        ] {
            assert_eq!(
                form.misfit(&Condition::new(condition)).is_none(),
                fits,
                "{form:?} {condition}"
            );
        }
    }
}
