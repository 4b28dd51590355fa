use std::collections::BTreeMap;

use super::condition::ArgoVersion;
use super::shelf::Shelf;
use super::{argo, rules};
use crate::diagnostic::{Documents, Finding};

/// What a call's documents hold.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Policies that can be played, in the order of the documents.
    pub policies: Vec<argo::spec::Policy>,
    /// Everything there is to say, in the order of the documents.
    pub findings: Vec<Finding>,
    /// Policies that cannot be played.
    pub refused: usize,
    /// Other objects, by kind: knowingly ignored.
    pub ignored: BTreeMap<String, usize>,
}

/// Finds the policies in `documents` and everything that they refer to.
///
/// All findings at once: a document or policy with errors never takes others down. `beside` are files that were not
/// asked for but lie near; a missing template is looked for there and its path offered, never loaded.
pub fn load(documents: &Documents, beside: &Documents) -> Loaded {
    load_for(documents, beside, ArgoVersion::default())
}

/// As [`load`]; conditions are read as `release` reads them.
pub fn load_for(documents: &Documents, beside: &Documents, release: ArgoVersion) -> Loaded {
    let mut shelf = Shelf::read(documents);
    let mut loaded = Loaded {
        findings: std::mem::take(&mut shelf.findings),
        refused: shelf.unreadable,
        ignored: std::mem::take(&mut shelf.others),
        ..Loaded::default()
    };
    argo::load(documents, &shelf, beside, release, &mut loaded);
    rules::apply(&shelf, &mut loaded);
    loaded.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    // Two policies that share a template find the same in it.
    loaded.findings.dedup();
    loaded
}

fn order(finding: &Finding) -> impl Ord + '_ {
    let place = finding.labels.first().map(|label| label.span);
    (place.is_none(), place, &finding.message, &finding.about)
}

/// The text of a file, without judging it.
///
/// # Errors
///
/// If it is not UTF-8: a picture, a program, UTF-16.
pub fn text(name: &str, bytes: Vec<u8>) -> Result<String, Finding> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Finding::error(format!("this file is no text: byte {at} is not UTF-8"))
            .about(name)
            .help("give YAML or JSON in UTF-8")
    })
}
