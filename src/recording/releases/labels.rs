//! What people know of releases, in a table that they edit.

use super::Release;
use super::table::{self, moment, moment_text};
use crate::diagnostic::Finding;
use crate::recording::{GroundTruth, Known};
use crate::units::{Duration, Timestamp};

/// A label belongs to the release so close to it.
const NEAR: Duration = Duration::from_mins(1);

/// What is known of one release.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Label {
    /// The release's name.
    pub id: String,
    /// When it came; it tells the release before the name does.
    pub at: Option<Timestamp>,
    /// Whether it did harm; absent: unknown.
    pub harmful: Option<bool>,
    /// Whether people rolled it back; absent: unknown.
    pub rolled_back_by_people: Option<bool>,
    /// Whatever they want to say.
    pub note: String,
    /// Its line, from 1; 0 where it comes of no table.
    pub line: u64,
}

/// The labels of a table `id,time,truth,rolled_back_by_people,note`; only `id` and `truth` must be there.
///
/// # Errors
///
/// Every line that cannot be read.
pub fn parse(name: &str, text: &str) -> Result<Vec<Label>, Vec<Finding>> {
    let columns = [
        ("id", true),
        ("time", false),
        ("truth", true),
        ("rolled_back_by_people", false),
        ("note", false),
    ];
    let (mut labels, mut wrong): (Vec<Label>, Vec<Finding>) = (Vec::new(), Vec::new());
    for row in table::rows(name, text, &columns)? {
        let mut refuse = |message: String, help: &str| {
            let finding = Finding::error(format!("line {}: {message}", row.line));
            wrong.push(finding.about(format!("{name}:{}", row.line)).help(help));
        };
        let [id, time, truth, people, note] = &row.fields[..] else {
            continue;
        };
        let at = moment(time);
        if at.is_none() && !time.is_empty() {
            refuse(
                format!("{time:?} is no time"),
                "write 2026-03-01T10:00:00Z, or seconds since 1970",
            );
        }
        let harmful = match truth.as_str() {
            "harmful" => Some(true),
            "harmless" => Some(false),
            "unknown" | "" => None,
            other => {
                refuse(
                    format!("{other:?} is no truth"),
                    "write harmful, harmless or unknown",
                );
                None
            }
        };
        let rolled_back_by_people = match people.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            "unknown" | "" => None,
            other => {
                refuse(
                    format!("{other:?} does not say whether people rolled it back"),
                    "write yes or no, or nothing",
                );
                None
            }
        };
        if id.is_empty() {
            refuse(
                "the label names no release".to_owned(),
                "give the id that the table of releases shows",
            );
        } else if let Some(known) = labels.iter().find(|known| known.id == *id) {
            let message = format!("{id:?} has a label in line {} already", known.line);
            refuse(message, "leave one of them");
        }
        labels.push(Label {
            id: id.clone(),
            at,
            harmful,
            rolled_back_by_people,
            note: note.clone(),
            line: row.line,
        });
    }
    if wrong.is_empty() { Ok(labels) } else { Err(wrong) }
}

/// What the ground truth beside a recording knows: unhealthy is harmful, healthy harmless, all else unknown.
pub fn of_truth(truth: &GroundTruth) -> Vec<Label> {
    let deployments = truth.deployments.iter();
    deployments
        .map(|deployment| Label {
            id: deployment.id.clone(),
            at: Some(deployment.at),
            harmful: match deployment.verdict {
                Some(Known::Unhealthy) => Some(true),
                Some(Known::Healthy) => Some(false),
                Some(Known::Grey | Known::Idle) | None => None,
            },
            rolled_back_by_people: None,
            note: match (deployment.verdict, deployment.failures) {
                (Some(known), Some(failures)) => {
                    format!(
                        "{}: {:.1} % of client requests failed",
                        word(known),
                        failures * 100.0
                    )
                }
                (Some(known), None) => word(known).to_owned(),
                (None, _) => String::new(),
            },
            line: 0,
        })
        .collect()
}

const fn word(known: Known) -> &'static str {
    match known {
        Known::Healthy => "healthy",
        Known::Unhealthy => "unhealthy",
        Known::Grey => "grey",
        Known::Idle => "idle",
    }
}

/// For each release its label, if there is one: the nearest within a minute, or without a time the one of its name;
/// and the labels that belong to no release.
pub fn tied(labels: &[Label], releases: &[Release]) -> (Vec<Option<Label>>, Vec<Label>) {
    let mut tied: Vec<Option<Label>> = vec![None; releases.len()];
    let mut loose = Vec::new();
    for label in labels {
        let apart = |release: &Release, at: Timestamp| (release.at - at).max(at - release.at);
        let free = releases
            .iter()
            .enumerate()
            .filter(|(number, _)| tied[*number].is_none());
        let of = match label.at {
            Some(at) => free
                .filter(|(_, release)| apart(release, at) <= NEAR)
                .min_by_key(|(_, release)| (apart(release, at), release.id != label.id)),
            None => free.into_iter().find(|(_, release)| release.id == label.id),
        };
        match of.map(|(number, _)| number) {
            Some(number) => tied[number] = Some(label.clone()),
            None => loose.push(label.clone()),
        }
    }
    (tied, loose)
}

/// A table to edit: a line for each release with what is known of it.
///
/// # Errors
///
/// Only a mistake of ours.
pub fn skeleton(releases: &[Release], known: &[Option<Label>]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["id", "time", "truth", "rolled_back_by_people", "note"])?;
    for (release, label) in releases.iter().zip(known) {
        let truth = match label.as_ref().and_then(|label| label.harmful) {
            Some(true) => "harmful",
            Some(false) => "harmless",
            None => "unknown",
        };
        let people = match label.as_ref().and_then(|label| label.rolled_back_by_people) {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        let note = label
            .as_ref()
            .map(|label| label.note.clone())
            .filter(|note| !note.is_empty());
        writer.write_record([
            &release.id,
            &moment_text(release.at),
            truth,
            people,
            &note.unwrap_or_else(|| release.found()),
        ])?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(|error| std::io::Error::other(error).into())
}
