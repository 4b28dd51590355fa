//! Tables of samples, long and wide, whatever file they come from.
//!
//! ```text
//! long   time,name,job,value      a row a sample: a name or a whole series, labels, a value
//! wide   time,up{job="a"},…       a row a moment: a column a series, its header the series
//! ```

use super::intake::{Intake, Written};
use super::{Mapping, series_text};
use crate::series::Labels;

/// Headers taken for the time where no mapping says it, in lower case.
const TIMES: [&str; 8] = [
    "timestamp_ms",
    "timestamp",
    "time",
    "ts",
    "datetime",
    "date",
    "@timestamp",
    "_time",
];
/// Headers taken for the value.
const VALUES: [&str; 3] = ["value", "v", "_value"];
/// Headers taken for the series' name.
const NAMES: [&str; 4] = ["__name__", "name", "metric", "metric_name"];

/// What the columns of a table mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Roles {
    pub time: usize,
    pub shape: Shape,
}

/// Where the samples of a row are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Long {
        value: usize,
        /// Who is it a sample of.
        series: Vec<Part>,
    },
    Wide(Vec<(usize, Labels)>),
}

/// What a cell, or the mapping, says about a series.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// The whole series stands in this column.
    Whole(usize),
    /// A label and the column of its values; the name is the label `__name__`.
    Label(String, usize),
    /// The name of all series.
    Named(String),
}

impl Part {
    /// The column it stands in.
    pub fn column(&self) -> Option<usize> {
        match self {
            Self::Whole(column) | Self::Label(_, column) => Some(*column),
            Self::Named(_) => None,
        }
    }
}

/// Why a table cannot be read, and what to do about it.
pub(super) type Unclear = (String, String);

impl Roles {
    /// What the columns with these headers mean.
    ///
    /// # Errors
    ///
    /// A column of the mapping is not there, or something is neither said nor to be guessed.
    pub fn new(headers: &[String], columns: &Mapping) -> Result<Self, Unclear> {
        let all = || format!("its columns are {}", headers.join(", "));
        let find = |said: &Option<String>, guesses: &[&str]| match said {
            Some(said) => match headers.iter().position(|header| header == said) {
                Some(found) => Ok(Some(found)),
                None => Err((format!("there is no column {said:?}"), all())),
            },
            None => Ok(guesses.iter().find_map(|guess| {
                headers
                    .iter()
                    .position(|header| header.eq_ignore_ascii_case(guess))
            })),
        };
        let time = find(&columns.time, &TIMES)?.ok_or_else(|| {
            let help = format!("say which one is: --columns time=COLUMN; {}", all());
            ("no column is known to be the time".to_owned(), help)
        })?;
        let Some(value) = find(&columns.value, &VALUES)? else {
            return Ok(Self {
                time,
                shape: wide(headers, time, columns)?,
            });
        };
        let name = match find(&columns.name, &[])? {
            None if columns.series.is_none() && columns.metric.is_none() => find(&None, &NAMES)?,
            name => name,
        };
        let series = match find(&columns.series, &[])? {
            None if name.is_none() && columns.metric.is_none() => find(&None, &["series"])?,
            series => series,
        };
        let mut parts = Vec::new();
        match (series, name, &columns.metric) {
            (Some(series), _, _) => parts.push(Part::Whole(series)),
            (None, Some(name), _) => parts.push(Part::Label(Labels::NAME.into(), name)),
            (None, None, Some(metric)) => parts.push(Part::Named(metric.clone())),
            (None, None, None) => {
                let help = format!(
                    "say --columns name=COLUMN, or metric=NAME for all rows; {}",
                    all()
                );
                return Err(("no column names the series".to_owned(), help));
            }
        }
        match &columns.labels {
            Some(labels) => {
                for label in labels {
                    if let Some(column) = find(&Some(label.clone()), &[])? {
                        parts.push(Part::Label(label.clone(), column));
                    }
                }
            }
            None if series.is_none() => {
                let others =
                    (0..headers.len()).filter(|&n| ![Some(time), Some(value), name].contains(&Some(n)));
                parts.extend(others.map(|column| Part::Label(headers[column].clone(), column)));
            }
            None => {}
        }
        let shape = Shape::Long { value, series: parts };
        Ok(Self { time, shape })
    }
}

fn wide(headers: &[String], time: usize, columns: &Mapping) -> Result<Shape, Unclear> {
    if columns.name.is_some() || columns.series.is_some() || columns.labels.is_some() {
        return Err((
            "no column is known to be the value".to_owned(),
            format!(
                "say which one is: --columns value=COLUMN; its columns are {}",
                headers.join(", ")
            ),
        ));
    }
    let others = headers.iter().enumerate().filter(|&(column, _)| column != time);
    let series = others.map(|(column, header)| match series_text::read(header) {
        Ok(labels) => Ok((column, labels)),
        Err(expected) => Err((
            format!("the header {header:?} is no series: expected {expected}"),
            "a wide table has a column a series: time,up{job=\"a\"}; a long one has a column 'value'"
                .to_owned(),
        )),
    });
    let series = series.collect::<Result<Vec<_>, _>>()?;
    if series.is_empty() {
        return Err((
            "there is no column beside the time".to_owned(),
            "a table of samples has a column 'value', or a column a series".to_owned(),
        ));
    }
    Ok(Shape::Wide(series))
}

/// Finds the series of a row of a long table.
#[derive(Debug, Default)]
pub(super) struct RowSeries {
    key: Vec<u8>,
}

impl RowSeries {
    /// The series of a row whose cells `cell` gives.
    ///
    /// # Errors
    ///
    /// What was expected of a cell.
    pub fn find<'c>(
        &mut self,
        parts: &[Part],
        cell: impl Fn(usize) -> &'c str,
        intake: &mut Intake<'_>,
    ) -> Result<Written, String> {
        self.key.clear();
        for part in parts {
            if let Some(column) = part.column() {
                self.key.extend_from_slice(cell(column).as_bytes());
                self.key.push(0xff);
            }
        }
        if let Some(known) = intake.find(&self.key) {
            return Ok(known);
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in parts {
            match part {
                Part::Whole(column) => {
                    let labels = series_text::read(cell(*column))?;
                    pairs.extend(
                        labels
                            .iter()
                            .map(|(name, value)| (name.to_owned(), value.to_owned())),
                    );
                }
                Part::Label(label, column) => pairs.push((label.clone(), cell(*column).to_owned())),
                Part::Named(name) => pairs.push((Labels::NAME.to_owned(), name.clone())),
            }
        }
        let labels = Labels::new(pairs);
        if labels.name().is_none() {
            return Err("the name of a series".into());
        }
        Ok(intake.add(&self.key, labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(headers: &str, columns: &str) -> Result<Roles, Unclear> {
        let headers: Vec<String> = headers.split('|').map(str::to_owned).collect();
        Roles::new(&headers, &columns.parse().unwrap())
    }

    fn long(headers: &str, columns: &str) -> (usize, Vec<Part>) {
        match roles(headers, columns).unwrap().shape {
            Shape::Long { value, series } => (value, series),
            Shape::Wide(_) => panic!("{headers} is long"),
        }
    }

    #[test]
    fn guesses_what_no_mapping_says() {
        let label = |name: &str, column| Part::Label(name.to_owned(), column);
        assert_eq!(
            long("Time|metric|job|value", ""),
            (3, vec![label("__name__", 1), label("job", 2)])
        );
        assert_eq!(long("ts|series|value|x", ""), (2, vec![Part::Whole(1)]));
        assert_eq!(
            long("ts|v|series", "metric=nab"),
            (1, vec![Part::Named("nab".into()), label("series", 2)])
        );
        assert_eq!(
            long("when|m|n|o", "time=when,value=m,name=n,labels=o"),
            (1, vec![label("__name__", 2), label("o", 3)])
        );
        let Shape::Wide(series) = roles("a{b=\"c\"}|time|up", "").unwrap().shape else {
            panic!("it is wide");
        };
        assert_eq!(series[0], (0, Labels::new([("__name__", "a"), ("b", "c")])));
        assert_eq!(series[1].0, 2);
    }

    #[test]
    fn says_what_is_unclear() {
        for (headers, columns, message) in [
            ("a|b", "", "no column is known to be the time"),
            ("time|b", "time=x", "there is no column \"x\""),
            ("time|value|job", "", "no column names the series"),
            ("time|a", "name=a", "no column is known to be the value"),
            ("time|a{", "", "the header \"a{\" is no series"),
            ("time", "", "there is no column beside the time"),
        ] {
            let (said, _) = roles(headers, columns).unwrap_err();
            assert!(said.starts_with(message), "{said}");
        }
    }
}
