//! What a policy calls otherwise than the recording: `--map`.

use crate::diagnostic::Finding;
use crate::series::Labels;

/// Suffixes of the series of a histogram or a summary: whoever maps the stem maps them all.
const PARTS: [&str; 3] = ["_bucket", "_sum", "_count"];

/// Other names for metrics, and labels to be added, as rules say: `requests_total=nginx_requests_total`,
/// `service="web"=zone="hg"`; the policy's words on the left, the recording's on the right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    metrics: Vec<(String, String)>,
    labels: Vec<[(String, String); 2]>,
}

impl Mapping {
    /// Reads rules.
    ///
    /// # Errors
    ///
    /// A finding for each that is none.
    pub fn parse(rules: &[String]) -> Result<Self, Vec<Finding>> {
        let mut mapping = Self::default();
        let mut wrong = Vec::new();
        for rule in rules {
            if let Some(labels) = label_rule(rule) {
                mapping.labels.push(labels);
            } else if let Some((policy, recorded)) = rule
                .split_once('=')
                .filter(|(left, right)| is_name(left) && is_name(right))
            {
                mapping.metrics.push((policy.to_owned(), recorded.to_owned()));
            } else {
                wrong.push(Finding::error(format!("--map {rule:?} maps nothing")).help(
                    "write --map 'METRIC=RECORDED_METRIC' or --map 'label=\"value\"=recorded_label=\"value\"', the policy's words first",
                ));
            }
        }
        if wrong.is_empty() { Ok(mapping) } else { Err(wrong) }
    }

    /// What the recording calls the metric that the policy calls `name`.
    pub fn recorded(&self, name: &str) -> String {
        for (policy, recorded) in &self.metrics {
            if policy == name {
                return recorded.clone();
            }
            let part = name
                .strip_prefix(policy.as_str())
                .filter(|part| PARTS.contains(part));
            if let Some(part) = part {
                return format!("{recorded}{part}");
            }
        }
        name.to_owned()
    }

    /// The labels of a recorded series as the policy knows it, under `name`.
    pub fn as_known(&self, name: &str, recorded: &Labels) -> Labels {
        let mut labels = recorded.with(Labels::NAME, name);
        for [(label, value), (have, wanted)] in &self.labels {
            if recorded.get(have) == Some(wanted.as_str()) {
                labels = labels.with(label, value);
            }
        }
        labels
    }
}

fn is_name(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    text.starts_with(letter) && text.chars().all(|c| letter(c) || c.is_ascii_digit())
}

/// `a="b"=c="d"`.
fn label_rule(rule: &str) -> Option<[(String, String); 2]> {
    let (label, rest) = rule.split_once("=\"")?;
    let (value, rest) = rest.split_once("\"=")?;
    let (other, rest) = rest.split_once("=\"")?;
    let wanted = rest.strip_suffix('"')?;
    let own = |text: &str| text.to_owned();
    (is_name(label) && is_name(other)).then(|| [(own(label), own(value)), (own(other), own(wanted))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_mapped() {
        let rules = [
            "requests_total=nginx_requests_total",
            "latency=web_seconds",
            "service=\"web\"=zone=\"hg.nginx.org\"",
        ];
        let mapping = Mapping::parse(&rules.map(str::to_owned)).expect("they are rules");
        assert_eq!(mapping.recorded("requests_total"), "nginx_requests_total");
        assert_eq!(mapping.recorded("latency_bucket"), "web_seconds_bucket");
        assert_eq!(mapping.recorded("latency_more"), "latency_more");
        let recorded = Labels::new([("__name__", "x"), ("zone", "hg.nginx.org")]);
        let known = mapping.as_known("requests_total", &recorded);
        assert_eq!(
            known.to_string(),
            "requests_total{service=\"web\", zone=\"hg.nginx.org\"}"
        );
        assert_eq!(
            mapping
                .as_known("y", &recorded.with("zone", "lxr"))
                .get("service"),
            None
        );
        for wrong in ["", "a", "a=", "a=b=c", "a=\"b\"", "a=\"b\"=c", "1a=b"] {
            assert!(Mapping::parse(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
