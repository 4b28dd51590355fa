//! The JSON of the HTTP API.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::Trouble;
use crate::series::Labels;

/// One element of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its labels; none for a number.
    pub labels: Labels,
    /// Times [ms] and values.
    pub points: Vec<(i64, f64)>,
    /// Native histograms among them, left out.
    pub histograms: usize,
}

/// What a query was answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A number, an instant vector or a range vector: elements with their points.
    Elements(Vec<Element>),
    /// A text.
    Text(String),
}

impl Answer {
    /// The elements; none of a text.
    pub fn elements(self) -> Vec<Element> {
        match self {
            Self::Elements(elements) => elements,
            Self::Text(_) => Vec::new(),
        }
    }

    /// The one number that the answer is.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Elements(elements) => match elements.as_slice() {
                [only] => only.points.first().map(|&(_, value)| value),
                _ => None,
            },
            Self::Text(_) => None,
        }
    }
}

/// What the server says beside an error's status.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Refusal {
    #[serde(rename = "errorType", default)]
    pub kind: String,
    #[serde(default)]
    pub error: String,
}

#[derive(Deserialize)]
struct Envelope<T> {
    status: String,
    data: Option<T>,
    #[serde(default)]
    error: String,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Scalar(Point),
    String((f64, String)),
    Vector(Vec<Row>),
    Matrix(Vec<Row>),
}

#[derive(Deserialize)]
struct Row {
    metric: BTreeMap<String, String>,
    value: Option<Point>,
    #[serde(default)]
    values: Vec<Point>,
    histogram: Option<IgnoredAny>,
    #[serde(default)]
    histograms: Vec<IgnoredAny>,
}

/// `[1700000000.123, "1e+06"]`
struct Point(i64, f64);

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = Point;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[time, \"value\"]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Point, A::Error> {
                let time: f64 = pair
                    .next_element()?
                    .ok_or_else(|| de::Error::invalid_length(0, &self))?;
                let value: Number = pair
                    .next_element()?
                    .ok_or_else(|| de::Error::invalid_length(1, &self))?;
                if pair.next_element::<IgnoredAny>()?.is_some() {
                    return Err(de::Error::invalid_length(3, &self));
                }
                // Far outside these a time is no time; inside, milliseconds are exact.
                if time.abs() > 1e12 {
                    return Err(de::Error::custom("a time outside of all years"));
                }
                Ok(Point((time * 1000.0).round() as i64, value.0))
            }
        }
        deserializer.deserialize_seq(Pair)
    }
}

/// A number in a text: `NaN` and `+Inf` are numbers too.
struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number in a text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                let number = text
                    .parse()
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))?;
                Ok(Number(number))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Reads `data` of an answer that succeeded.
pub(super) fn data<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Trouble> {
    let read: Result<Envelope<T>, _> = serde_json::from_slice(body);
    let envelope =
        read.map_err(|error| Trouble::Nonsense(format!("its answer is not as expected: {error}")))?;
    match (envelope.status.as_str(), envelope.data) {
        ("success", Some(data)) => Ok(data),
        ("success", None) => Err(Trouble::Nonsense("its answer holds no data".into())),
        _ => Err(Trouble::Refused {
            status: 200,
            message: envelope.error,
        }),
    }
}

/// Reads the answer to a query.
pub(super) fn query(body: &[u8]) -> Result<Answer, Trouble> {
    let rows = |rows: Vec<Row>| {
        rows.into_iter()
            .map(|row| Element {
                labels: Labels::new(row.metric),
                histograms: row.histograms.len() + usize::from(row.histogram.is_some()),
                points: row
                    .values
                    .into_iter()
                    .chain(row.value)
                    .map(|Point(time, value)| (time, value))
                    .collect(),
            })
            .collect()
    };
    Ok(match data::<Data>(body)? {
        Data::Scalar(Point(time, value)) => Answer::Elements(vec![Element {
            labels: Labels::default(),
            points: vec![(time, value)],
            histograms: 0,
        }]),
        Data::String((_, text)) => Answer::Text(text),
        Data::Vector(found) | Data::Matrix(found) => Answer::Elements(rows(found)),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_prometheus_writes() {
        let body = br#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a"},
            "values":[[1435781430.781,"1"],[1435781445,"NaN"],[1435781460.001,"+Inf"]],"histograms":[[1,{"count":"1"}]]}]},
            "infos":["x"]}"#;
        let elements = query(body).unwrap().elements();
        assert_eq!(elements.len(), 1);
        assert_eq!(elements[0].labels.to_string(), r#"up{job="a"}"#);
        assert_eq!(elements[0].points[0], (1_435_781_430_781, 1.0));
        assert!(
            elements[0].points[1].1.is_nan() && elements[0].points[2] == (1_435_781_460_001, f64::INFINITY)
        );
        assert_eq!(elements[0].histograms, 1);
        let scalar =
            br#"{"status":"success","data":{"resultType":"scalar","result":[1435781430.781,"2.5e+06"]}}"#;
        assert_eq!(query(scalar).unwrap().number(), Some(2.5e6));
        let vector = br#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
        assert_eq!(query(vector).unwrap(), Answer::Elements(Vec::new()));
        let text = br#"{"status":"success","data":{"resultType":"string","result":[1,"a"]}}"#;
        assert_eq!(query(text).unwrap(), Answer::Text("a".into()));
    }

    #[test]
    fn what_is_no_answer_says_so() {
        for body in [
            "",
            "<html>login</html>",
            "{}",
            "null",
            r#"{"status":"success"}"#,
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,2]]}]}}"#,
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1e99,"2"]]}]}}"#,
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"]]}]}}"#,
            r#"{"status":"success","data":{"resultType":"streams","result":[]}}"#,
        ] {
            assert!(
                matches!(query(body.as_bytes()), Err(Trouble::Nonsense(_))),
                "{body}"
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(body in "([{}\\[\\]:,]|\"status\"|\"success\"|\"data\"|\"result\"|1|\"1\"|\"vector\"|\"resultType\"){0,30}") {
            let _ = query(body.as_bytes());
        }
    }
}
