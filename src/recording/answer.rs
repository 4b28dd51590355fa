//! Answers of Prometheus' HTTP API to `query` and `query_range`: the whole response, its `data`, or `data.result`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor, value};

use super::bad::BadLine;
use super::intake::Intake;
use super::{number, series_text};
use crate::series::Labels;

/// What an answer holds that no recording can.
#[derive(Debug)]
pub(super) enum Refused {
    /// A line is not as the API writes it.
    Line(BadLine),
    /// Something else, and what to do about it.
    Whole(String, &'static str),
}

/// Reads all samples of an answer into `intake`. Series without a name are called `metric`, if that is given.
///
/// # Errors
///
/// It is no answer, or an answer without series.
pub(super) fn read(text: &[u8], metric: Option<&str>, intake: &mut Intake<'_>) -> Result<(), Refused> {
    let whole: Whole = serde_json::from_slice(text).map_err(|error| {
        Refused::Line(BadLine {
            line: error.line(),
            expected: format!("an answer of Prometheus' HTTP API ({error})"),
        })
    })?;
    let fail = |message: String, help| Err(Refused::Whole(message, help));
    if let Some(error) = whole.error {
        return fail(
            format!("is an error, not an answer: {error}"),
            "ask Prometheus again with a query it can answer",
        );
    }
    let Some(items) = whole.result else {
        return fail(
            "has no \"result\"".into(),
            "keep the whole response, or its \"data\", or the list under \"result\"",
        );
    };
    let mut lone = Vec::new();
    for item in items {
        match item {
            Item::Number(number) => lone.push(number),
            Item::Element(element) => element.take(metric, intake)?,
        }
    }
    match lone.as_slice() {
        [] => Ok(()),
        &[time, value] => {
            let alone = Element {
                values: vec![Pair(time, value)],
                ..Element::default()
            };
            alone.take(metric, intake)
        }
        _ => fail(
            "holds numbers that are no sample".into(),
            "a scalar is a pair: a time and a value",
        ),
    }
}

/// The response, its data, or its result.
#[derive(Default)]
struct Whole {
    error: Option<String>,
    result: Option<Vec<Item>>,
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Whole;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a response or a list of results")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Whole, A::Error> {
                let result = Deserialize::deserialize(value::SeqAccessDeserializer::new(seq))?;
                Ok(Whole {
                    result: Some(result),
                    error: None,
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Whole, A::Error> {
                let mut whole = Whole::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "data" => {
                            let data: Option<Whole> = map.next_value()?;
                            whole.result = data.and_then(|data| data.result);
                        }
                        "result" => whole.result = Some(map.next_value()?),
                        "error" => whole.error = Some(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(whole)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// An element of a result; a scalar is a bare pair of numbers.
enum Item {
    Element(Element),
    Number(f64),
}

/// A series of a matrix, or an element of a vector.
#[derive(Default, Deserialize)]
struct Element {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<Pair>,
    #[serde(default)]
    value: Option<Pair>,
    #[serde(default)]
    histogram: Option<IgnoredAny>,
    #[serde(default)]
    histograms: Option<IgnoredAny>,
}

/// A time in seconds and a value.
#[derive(Deserialize)]
struct Pair(f64, #[serde(deserialize_with = "written")] f64);

impl Element {
    fn take(mut self, metric: Option<&str>, intake: &mut Intake<'_>) -> Result<(), Refused> {
        if self.histogram.is_some() || self.histograms.is_some() {
            return Err(Refused::Whole(
                format!(
                    "{} is a native histogram",
                    series_text::write(&Labels::new(self.metric))
                ),
                "native histograms are not read: ask for its classic buckets, or for histogram_count(…) and the like",
            ));
        }
        if !self.metric.contains_key(Labels::NAME) {
            let Some(name) = metric else {
                return Err(Refused::Whole(
                    format!("{} has no name", series_text::write(&Labels::new(self.metric))),
                    "give it one: --columns metric=NAME",
                ));
            };
            self.metric.insert(Labels::NAME.into(), name.into());
        }
        let labels = Labels::new(self.metric);
        let text = series_text::write(&labels);
        let series = match intake.find(text.as_bytes()) {
            Some(known) => known,
            None => intake.add(text.as_bytes(), labels),
        };
        for Pair(time, value) in self.values.into_iter().chain(self.value) {
            let time = number::millis(time * 1000.0).ok_or_else(|| {
                Refused::Whole(
                    format!("{text} has a sample at {time}"),
                    "the API writes times in seconds since 1970",
                )
            })?;
            intake.push(series, time, value);
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Item;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a series with \"metric\" and \"values\" or \"value\"")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item, A::Error> {
                Deserialize::deserialize(value::MapAccessDeserializer::new(map)).map(Item::Element)
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Item, E> {
                Ok(Item::Number(number))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Item, E> {
                Ok(Item::Number(number as f64))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Item, E> {
                Ok(Item::Number(number as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Item, E> {
                let number = number::value(text.as_bytes());
                number
                    .map(Item::Number)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// A value as the API writes it: a number in quotes, `"NaN"`, `"+Inf"`; bare numbers are taken too.
fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match Item::deserialize(deserializer)? {
        Item::Number(number) => Ok(number),
        Item::Element(_) => Err(de::Error::custom("expected a number in quotes")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::recording::Keep;
    use crate::series::SeriesId;

    const RANGE: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"__name__":"up","job":"a"},"values":[[1758131137.383,"1"],[1758131152,"NaN"]]},
        {"metric":{"__name__":"up","job":"b"},"values":[[1758131137.383,"+Inf"],[1758131152,"-0.5"]]}]},"warnings":[]}"#;

    type Series = (String, Vec<(i64, f64)>);

    fn taken(text: &str, metric: Option<&str>) -> Result<Vec<Series>, Refused> {
        let keep = Keep::default();
        let mut intake = Intake::new(&keep);
        read(text.as_bytes(), metric, &mut intake)?;
        let Some(recording) = intake.finish() else {
            return Ok(Vec::new());
        };
        let ids = (0..recording.layout.series().len() as u32).map(SeriesId);
        let all = ids.map(|id| {
            (
                recording.layout.labels(id).to_string(),
                recording.series(id).collect(),
            )
        });
        Ok(all.collect())
    }

    #[test]
    fn reads_the_response_its_data_and_its_result() {
        let whole: serde_json::Value = serde_json::from_str(RANGE).unwrap();
        let parts = [&whole, &whole["data"], &whole["data"]["result"]];
        for part in parts {
            let read = taken(&part.to_string(), None).unwrap();
            assert_eq!(read.len(), 2);
            assert_eq!(read[0].0, "up{job=\"a\"}");
            assert_eq!(read[0].1[0], (1_758_131_137_383, 1.0));
            assert!(read[0].1[1].1.is_nan());
            assert_eq!(
                read[1].1,
                [(1_758_131_137_383, f64::INFINITY), (1_758_131_152_000, -0.5)]
            );
        }
    }

    #[test]
    fn reads_vectors_and_scalars_and_gives_names() {
        let vector = r#"{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1.5,"2"]}]}"#;
        assert_eq!(
            taken(vector, Some("x")).unwrap(),
            [("x{job=\"a\"}".to_owned(), vec![(1500, 2.0)])]
        );
        let scalar = r#"{"resultType":"scalar","result":[1.5,"2"]}"#;
        assert_eq!(
            taken(scalar, Some("x")).unwrap(),
            [("x".to_owned(), vec![(1500, 2.0)])]
        );
        assert!(taken(r#"{"data":{"result":[]}}"#, None).unwrap().is_empty());
    }

    #[test]
    fn says_what_is_wrong() {
        let whole = |text: &str| match taken(text, None).unwrap_err() {
            Refused::Whole(message, _) => message,
            Refused::Line(bad) => format!("line {}: {}", bad.line, bad.expected),
        };
        assert!(whole(r#"[{"metric":{"job":"a"},"value":[1,"2"]}]"#).contains("has no name"));
        assert!(whole(r#"[{"metric":{"__name__":"a"},"histograms":[]}]"#).contains("native histogram"));
        assert!(
            whole(r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#)
                .contains("parse error")
        );
        assert!(whole(r#"{"status":"success"}"#).contains("has no \"result\""));
        assert!(whole("[{\"metric\":{\"__name__\":\"a\"},\n\"values\":[[1,\"x\"]]}]").starts_with("line 2"));
    }

    proptest! {
        #[test]
        fn a_damaged_answer_never_panics(at in 0usize..330, put in "[\"\\[\\]{}:,0-9a-z]{0,3}", gone in 0usize..4) {
            let at = at.min(RANGE.len());
            let text = format!("{}{put}{}", &RANGE[..at], &RANGE[(at + gone).min(RANGE.len())..]);
            let _ = taken(&text, None);
        }
    }
}
