//! A service fitted to what the queries of policies read of a recording.

use crate::diagnostic::Documents;
use crate::experiment::{Prepared, Request, let_stand_in, prepare_over};
use crate::policy;
use crate::recording::{Builder, Recording};
use crate::scenario::inference::selected;
use crate::scenario::recorded::{Mapping, Measured};
use crate::seed::Seed;
use crate::world::Fit;

/// A fitted service, and what it was fitted to.
#[derive(Debug)]
pub struct Fitted {
    /// The policies over the recording, and all findings; without a policy that can be played there is no fit.
    pub prepared: Prepared,
    /// The numbers.
    pub fit: Option<(Fit, Measured)>,
    /// What the queries read of the recording.
    pub recording: Recording,
}

/// Fits a service to the series of `recording` that the queries of the policies in `documents` read.
pub fn fitted(documents: &Documents, beside: &Documents, request: &Request, recording: &Recording) -> Fitted {
    let read = read(documents, beside, request, recording);
    let recording = read.unwrap_or_else(|| recording.clone());
    let prepared = prepare_over(documents, beside, request, Some(&recording));
    let fit = prepared
        .plan
        .recorded
        .as_ref()
        .map(|recorded| (recorded.past.fit(Seed(1)), recorded.past.measured()));
    Fitted {
        prepared,
        fit,
        recording,
    }
}

/// The series that some selector accepts, whatever version they are of; `None` where there are none.
fn read(
    documents: &Documents,
    beside: &Documents,
    request: &Request,
    recording: &Recording,
) -> Option<Recording> {
    let mapping = Mapping::parse(&request.map).ok()?;
    let mut policies = policy::load_for(documents, beside, request.argo).policies;
    let_stand_in(documents, &mut policies);
    let selectors: Vec<_> = policies.iter().flat_map(selected).collect();
    let mut builder = Builder::default();
    for (id, labels) in recording.layout.series() {
        let is_read = selectors.iter().any(|selector| {
            let stem = |name: &str| {
                let parts = ["_bucket", "_sum", "_count"];
                let part = parts.into_iter().find_map(|part| name.strip_suffix(part));
                part.unwrap_or(name).to_owned()
            };
            // All parts of a histogram belong together.
            let recorded = labels.name().unwrap_or("");
            stem(&mapping.recorded(&selector.name)) == stem(recorded) && {
                let known = mapping.as_known(&selector.name, labels);
                let value = |label: &str| known.get(label).unwrap_or("").to_owned();
                // The bucket that a selector names does not choose requests.
                selector.matchers.iter().any(|matcher| matcher.name == "le") || selector.accepts(value)
            }
        });
        if is_read {
            let series = builder.series(labels.clone());
            recording
                .series(id)
                .for_each(|(time, value)| builder.push(series, time, value));
        }
    }
    builder.build()
}
