//! Answers to queries: as Prometheus' HTTP API writes them, and as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::moment::utc;
use super::paint::plain;
use crate::promql::Reply;
use crate::units::Timestamp;

/// The response, its keys in the order in which Prometheus writes them.
#[derive(Serialize)]
struct Response<'a> {
    status: &'static str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    #[serde(rename = "resultType")]
    kind: &'static str,
    result: Outcome<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcome<'a> {
    Alone(Sample),
    Vector(Vec<Element<'a>>),
    Matrix(Vec<Row<'a>>),
}

#[derive(Serialize)]
struct Element<'a> {
    metric: BTreeMap<&'a str, &'a str>,
    value: Sample,
}

#[derive(Serialize)]
struct Row<'a> {
    metric: BTreeMap<&'a str, &'a str>,
    values: Vec<Sample>,
}

/// A time in seconds and a text.
#[derive(Serialize)]
struct Sample(Seconds, String);

#[derive(Serialize)]
#[serde(untagged)]
enum Seconds {
    Whole(i64),
    Broken(f64),
}

fn sample(at: Timestamp, text: String) -> Sample {
    let seconds = match at.as_millis() % 1000 {
        0 => Seconds::Whole(at.as_millis() / 1000),
        _ => Seconds::Broken(at.as_secs_f64()),
    };
    Sample(seconds, text)
}

/// The response of Prometheus' `query` and `query_range`.
///
/// # Errors
///
/// Only a mistake of ours.
pub fn json(reply: &Reply) -> Result<String, serde_json::Error> {
    let (kind, result) = match reply {
        Reply::Scalar(at, value) => ("scalar", Outcome::Alone(sample(*at, number(*value)))),
        Reply::Text(at, text) => ("string", Outcome::Alone(sample(*at, text.clone()))),
        Reply::Vector(at, elements) => {
            let elements = elements.iter().map(|(labels, value)| Element {
                metric: labels.iter().collect(),
                value: sample(*at, number(*value)),
            });
            ("vector", Outcome::Vector(elements.collect()))
        }
        Reply::Matrix(elements) => {
            let elements = elements.iter().map(|(labels, samples)| {
                let values = samples.iter();
                let values = values.map(|&(time, value)| sample(Timestamp::from_millis(time), number(value)));
                Row {
                    metric: labels.iter().collect(),
                    values: values.collect(),
                }
            });
            ("matrix", Outcome::Matrix(elements.collect()))
        }
    };
    let response = Response {
        status: "success",
        data: Data { kind, result },
    };
    serde_json::to_string(&response).map(|text| text + "\n")
}

/// A number as Go's `strconv` writes it for Prometheus: the shortest that reads back, below 10⁻⁶ and from 10²¹ on with an
/// exponent of at least two digits (`util/jsonutil.MarshalFloat`).
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{value}")
}

/// Elements of a matrix drawn in full; of longer ones only the ends.
const SHOWN: usize = 12;

/// The answer as text, for a terminal of `width` columns.
pub fn draw(reply: &Reply, width: usize) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = match reply {
        Reply::Scalar(at, value) => writeln!(text, "{} at {} UTC", number(*value), utc(at.as_millis())),
        Reply::Text(at, said) => writeln!(text, "{} at {} UTC", plain(said), utc(at.as_millis())),
        Reply::Vector(at, elements) => {
            let mut table = table(width);
            for (labels, value) in elements {
                table.add_row([plain(&labels.to_string()), number(*value)]);
            }
            writeln!(text, "{}{}", lines(table), counted(elements.len(), *at))
        }
        Reply::Matrix(elements) => {
            for (labels, samples) in elements {
                let _ = writeln!(text, "{} ({} samples)", plain(&labels.to_string()), samples.len());
                let mut table = table(width);
                let hidden = samples.len().saturating_sub(SHOWN);
                let half = if hidden > 0 { SHOWN / 2 } else { samples.len() };
                for (n, &(time, value)) in samples.iter().enumerate() {
                    if n >= half && n < half + hidden {
                        if n == half {
                            table.add_row([format!("  … {hidden} more"), String::new()]);
                        }
                        continue;
                    }
                    table.add_row([format!("  {} UTC", utc(time)), number(value)]);
                }
                text.push_str(&lines(table));
            }
            let series = match elements.len() {
                1 => "1 series".to_owned(),
                n => format!("{n} series"),
            };
            writeln!(text, "{series}")
        }
    };
    text
}

fn counted(elements: usize, at: Timestamp) -> String {
    let at = utc(at.as_millis());
    match elements {
        0 => format!("no element at {at} UTC"),
        1 => format!("1 element at {at} UTC"),
        n => format!("{n} elements at {at} UTC"),
    }
}

fn table(width: usize) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table
}

fn lines(mut table: Table) -> String {
    if let Some(column) = table.column_mut(0) {
        column.set_padding((0, 2));
    }
    if let Some(column) = table.column_mut(1) {
        column
            .set_padding((0, 0))
            .set_cell_alignment(CellAlignment::Right);
    }
    match table.row_count() {
        0 => String::new(),
        _ => table.trim_fmt() + "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Labels;

    /// What Go's strconv.FormatFloat gives with 'f' or 'e', precision -1.
    #[test]
    fn numbers_are_written_as_go_does() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-6, "0.000001"),
            (9.9e-7, "9.9e-07"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.5e300, "-1.5e+300"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn json_has_the_shape_of_the_api() {
        let labels = Labels::new([("__name__", "up"), ("job", "a")]);
        let at = Timestamp::from_millis(1500);
        let vector = Reply::Vector(at, vec![(labels.clone(), f64::NAN)]);
        assert_eq!(
            json(&vector).unwrap(),
            "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"__name__\":\"up\",\
             \"job\":\"a\"},\"value\":[1.5,\"NaN\"]}]}}\n"
        );
        let matrix = Reply::Matrix(vec![(labels, vec![(15_000, 0.5)])]);
        assert!(json(&matrix).unwrap().contains("\"values\":[[15,\"0.5\"]]"));
        assert!(
            json(&Reply::Scalar(at, 2.0))
                .unwrap()
                .contains("\"result\":[1.5,\"2\"]")
        );
    }

    #[test]
    fn long_answers_show_their_ends() {
        let labels = Labels::new([("__name__", "up")]);
        let samples: Vec<_> = (0..100).map(|n| (n * 15_000, n as f64)).collect();
        let drawn = draw(&Reply::Matrix(vec![(labels.clone(), samples)]), 80);
        assert!(drawn.starts_with("up (100 samples)\n"), "{drawn}");
        assert!(drawn.contains("… 88 more"), "{drawn}");
        assert!(
            drawn.ends_with("1 series\n") && drawn.lines().count() == 15,
            "{drawn}"
        );
        let none = draw(&Reply::Vector(Timestamp::ZERO, Vec::new()), 80);
        assert_eq!(none, "no element at 1970-01-01 00:00:00 UTC\n");
    }
}
