//! Releases that a file tells of.

use super::find::told;
use super::table::{self, moment};
use super::{Found, Release, Sign, Subject};
use crate::diagnostic::Finding;
use crate::recording::Recording;

/// The releases of a table `time,id[,label]`: when (RFC 3339 or seconds since 1970), what it is called, and its version.
///
/// # Errors
///
/// Every line that cannot be read, and marks of equal name or outside of the recording.
pub fn marks(
    name: &str,
    text: &str,
    recording: &Recording,
    subject: &Subject,
) -> Result<Found, Vec<Finding>> {
    let rows = table::rows(name, text, &[("time", true), ("id", true), ("label", false)])?;
    let (mut releases, mut wrong): (Vec<Release>, Vec<Finding>) = (Vec::new(), Vec::new());
    for row in rows {
        let mut refuse = |message: String, help: &str| {
            let finding = Finding::error(format!("line {}: {message}", row.line));
            wrong.push(finding.about(format!("{name}:{}", row.line)).help(help));
        };
        let [time, id, label] = &row.fields[..] else {
            continue;
        };
        let Some(at) = moment(time) else {
            refuse(
                format!("{time:?} is no time"),
                "write 2026-03-01T10:00:00Z, or seconds since 1970",
            );
            continue;
        };
        if id.is_empty() {
            refuse(
                "the mark has no id".to_owned(),
                "give every mark a name of its own",
            );
        } else if releases.iter().any(|known| known.id == *id) {
            refuse(
                format!("a second mark is named {id:?}"),
                "give every mark a name of its own",
            );
        } else if at < recording.first || at > recording.last {
            refuse(
                format!("{time} lies outside of the recording"),
                "take the mark out, or name a recording that reaches there",
            );
        } else {
            let label = (!label.is_empty()).then(|| label.clone());
            releases.push(Release {
                id: id.clone(),
                at,
                until: at,
                signs: vec![Sign::Mark(label)],
            });
        }
    }
    if wrong.is_empty() {
        Ok(told(recording, subject, releases))
    } else {
        Err(wrong)
    }
}
