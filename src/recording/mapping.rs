use std::str::FromStr;

use serde::Deserialize;

/// Which column of a table means what; what is left open is guessed from the headers.
///
/// ```
/// # use coalmine::recording::Mapping;
/// let columns: Mapping = "time=ts,value=v,name=metric,labels=job+pod".parse()?;
/// assert_eq!(columns.labels, Some(vec!["job".to_owned(), "pod".to_owned()]));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The column of times.
    pub time: Option<String>,
    /// The column of values; a table without one is wide: each column is a series.
    pub value: Option<String>,
    /// The column of the series' names.
    pub name: Option<String>,
    /// The column of whole series, `name{label="value"}`.
    pub series: Option<String>,
    /// The columns that are labels, called as the column.
    pub labels: Option<Vec<String>>,
    /// The name of series that have none: of all rows where no column says it, and in query answers.
    pub metric: Option<String>,
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut columns = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, column) = part
                .split_once('=')
                .ok_or_else(|| format!("{part:?} has no '=': expected time=COLUMN and the like"))?;
            let place = match key.trim() {
                "time" => &mut columns.time,
                "value" => &mut columns.value,
                "name" => &mut columns.name,
                "series" => &mut columns.series,
                "metric" => &mut columns.metric,
                "labels" => {
                    let labels = column.split('+').map(str::trim);
                    let labels = labels.filter(|label| !label.is_empty()).map(str::to_owned);
                    columns.labels = Some(labels.collect());
                    continue;
                }
                other => {
                    return Err(format!(
                        "there is no {other:?}: expected time, value, name, series, labels or metric"
                    ));
                }
            };
            *place = Some(column.trim().to_owned());
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_mapping_and_refuses_what_is_none() {
        let columns: Mapping = "time=ts, value=v,metric=x,labels=".parse().unwrap();
        assert_eq!(columns.time.as_deref(), Some("ts"));
        assert_eq!(columns.metric.as_deref(), Some("x"));
        assert_eq!(columns.labels, Some(Vec::new()));
        assert!("time".parse::<Mapping>().is_err());
        assert!(
            "when=ts"
                .parse::<Mapping>()
                .unwrap_err()
                .contains("there is no \"when\"")
        );
        let sidecar: Mapping = serde_json::from_str(r#"{"time": "a,b", "labels": ["c"]}"#).unwrap();
        assert_eq!(sidecar.time.as_deref(), Some("a,b"));
        assert!(serde_json::from_str::<Mapping>(r#"{"when": "ts"}"#).is_err());
    }
}
