use serde::Deserialize;

use super::{Client, Trouble, answer};
use crate::diagnostic::Finding;
use crate::units::{Duration, Timestamp};

/// Whose semantics of PromQL a server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Prometheus 2.
    Two,
    /// Prometheus 3, and whatever does not say.
    Three,
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// Its version as it states it; absent where it does not.
    pub version: Option<String>,
    /// The semantics that follow from it.
    pub generation: Generation,
    /// How old the newest sample of a series may be, where that is stated.
    pub lookback: Option<Duration>,
    /// Its evaluation interval, the grid of subqueries that name none, where that is stated.
    pub evaluation_interval: Option<Duration>,
    /// Its present.
    pub now: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildInfo {
    version: String,
    #[serde(default)]
    application: String,
    #[serde(default)]
    revision: String,
    #[serde(default)]
    go_version: String,
}

#[derive(Deserialize)]
struct Flags {
    #[serde(rename = "query.lookback-delta")]
    lookback: Option<String>,
}

#[derive(Deserialize)]
struct Config {
    yaml: String,
}

impl Server {
    /// Asks who it is. What it does not say is a finding, and taken as Prometheus 3 has it by default.
    ///
    /// # Errors
    ///
    /// Only where it does not answer a query for its time either.
    pub fn ask(client: &Client<'_>) -> Result<(Self, Vec<Finding>), Trouble> {
        let seconds = client.query("time()", None)?.number();
        let seconds = seconds.ok_or_else(|| Trouble::Nonsense("it does not know what time it is".into()))?;
        let now = Timestamp::from_millis((seconds * 1000.0) as i64);
        let mut findings = Vec::new();
        let about = |finding: Finding| finding.about(client.url().to_string());
        let (version, generation) = match told::<BuildInfo>(client, "buildinfo")? {
            Some(info) => {
                let (generation, note) = generation(&info);
                findings.extend(note.map(about));
                (Some(info.version), generation)
            }
            None => {
                let note = Finding::note("the server does not say its version: taken for Prometheus 3");
                findings.push(about(
                    note.help("say --promql-compat 2 if it answers as Prometheus 2 does"),
                ));
                (None, Generation::Three)
            }
        };
        let lookback = told::<Flags>(client, "flags")?
            .and_then(|flags| flags.lookback)
            .and_then(|text| length(&text));
        let config = told::<Config>(client, "config")?;
        let evaluation_interval = config.and_then(|config| evaluation_interval(&config.yaml));
        Ok((
            Self {
                version,
                generation,
                lookback,
                evaluation_interval,
                now,
            },
            findings,
        ))
    }
}

/// A page of `/api/v1/status`; `None` where the server has none or shows it to nobody.
fn told<T: for<'a> Deserialize<'a>>(client: &Client<'_>, page: &str) -> Result<Option<T>, Trouble> {
    match client.ask(&format!("/api/v1/status/{page}"), &[], true) {
        Ok(body) => Ok(answer::data(&body).ok()),
        Err(Trouble::Refused { .. } | Trouble::NotAllowed(_) | Trouble::Nonsense(_)) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// Only Prometheus itself states where it was built and from what; others state a version of their own, or one that
/// was made up.
fn generation(info: &BuildInfo) -> (Generation, Option<Finding>) {
    let own = info.application.is_empty() || info.application.eq_ignore_ascii_case("prometheus");
    let mut numbers = info.version.split('.').map(|number| number.parse::<u32>().ok());
    let (major, minor) = (numbers.next().flatten(), numbers.next().flatten());
    if !own || info.revision.is_empty() || info.go_version.is_empty() || !matches!(major, Some(2..)) {
        let who = if info.application.is_empty() {
            "the server"
        } else {
            &info.application
        };
        let note = Finding::note(format!(
            "{who} {} is not Prometheus itself: its PromQL is taken for that of Prometheus 3",
            info.version
        ));
        let note = note.help("say --promql-compat 2 if it answers as Prometheus 2 does");
        return (Generation::Three, Some(note));
    }
    match (major, minor) {
        (Some(2), Some(51..)) => {
            let note = Finding::note(format!(
                "Prometheus {} is played as 2.42: near the birth of a counter its rates follow a later rule",
                info.version
            ));
            (Generation::Two, Some(note))
        }
        (Some(2), _) => (Generation::Two, None),
        _ => (Generation::Three, None),
    }
}

/// `global.evaluation_interval` of the configuration, in the layout that the server prints it in.
fn evaluation_interval(yaml: &str) -> Option<Duration> {
    let global = yaml.lines().skip_while(|line| *line != "global:").skip(1);
    let mut fields = global.take_while(|line| line.starts_with(' '));
    length(fields.find_map(|line| line.strip_prefix("  evaluation_interval: "))?)
}

/// A length of time as Prometheus prints it: `5m`, `1m30s`, `500ms`.
fn length(text: &str) -> Option<Duration> {
    let mut total = 0_i64;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let scale = match &rest[..unit] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            "y" => 31_536_000_000,
            _ => return None,
        };
        rest = &rest[unit..];
        total = total.checked_add(number.checked_mul(scale)?)?;
    }
    (total > 0).then(|| Duration::from_millis(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(version: &str, application: &str, build: &str) -> BuildInfo {
        BuildInfo {
            version: version.into(),
            application: application.into(),
            revision: build.into(),
            go_version: build.into(),
        }
    }

    #[test]
    fn only_prometheus_itself_is_believed_its_version() {
        let of = |version: &str, application: &str, build: &str| {
            let (generation, note) = generation(&info(version, application, build));
            (generation, note.is_some())
        };
        assert_eq!(of("2.42.0+ds", "", "x"), (Generation::Two, false));
        assert_eq!(of("2.53.1", "", "x"), (Generation::Two, true));
        assert_eq!(of("3.14.0", "", "x"), (Generation::Three, false));
        // VictoriaMetrics states 2.24.0 and nothing else; Mimir and Thanos number themselves.
        assert_eq!(of("2.24.0", "", ""), (Generation::Three, true));
        assert_eq!(of("2.17.0", "Grafana Mimir", "x"), (Generation::Three, true));
        assert_eq!(of("0.39.2", "", "x"), (Generation::Three, true));
        assert_eq!(of("unknown", "", "x"), (Generation::Three, true));
    }

    #[test]
    fn lengths_and_the_interval_are_read_as_printed() {
        assert_eq!(length("5m"), Some(Duration::from_mins(5)));
        assert_eq!(length("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(length("500ms"), Some(Duration::from_millis(500)));
        for wrong in ["", "m", "5", "5q", "99999999999y", "0s"] {
            assert_eq!(length(wrong), None, "{wrong}");
        }
        let yaml =
            "global:\n  scrape_interval: 15s\n  evaluation_interval: 30s\nscrape_configs:\n- job_name: a\n";
        assert_eq!(evaluation_interval(yaml), Some(Duration::from_secs(30)));
        assert_eq!(evaluation_interval("scrape_configs: []\n"), None);
    }
}
