//! `rangeQuery` of a Prometheus metric (argo-rollouts 1.8, `metricproviders/prometheus`).

use super::arguments::Argument;
use super::metric::Filled;
use super::{duration, substitute};
use crate::diagnostic::{Documents, Finding};
use crate::policy::condition::{ErrorClass, moment};
use crate::promql::Trail;
use crate::units::Duration;
use crate::yaml::Node;

/// The range query of a metric, if it has one.
pub(super) fn written<'a>(filled: &Filled<'a>) -> Option<&'a Node> {
    let node = filled.node.at(&["provider", "prometheus", "rangeQuery"])?;
    (!node.is_null()).then_some(node)
}

/// Its moments.
///
/// # Errors
///
/// A field that is no moment and no length: every look would be an error.
pub(super) fn read(
    documents: &Documents,
    filled: &Filled<'_>,
    arguments: &[Argument],
) -> Result<Option<Trail>, Box<Finding>> {
    let Some(range) = written(filled) else {
        return Ok(None);
    };
    let text = |field: &str| {
        let found = range.get(field).filter(|node| !node.is_null());
        let Some(node) = found else {
            let finding = Finding::error(format!("a rangeQuery needs `{field}`")).at(range.span, "");
            return Err(Box::new(finding.help(EXAMPLE)));
        };
        let written = node.expect_text()?;
        // The metric's tags have been checked.
        Ok((node, substitute::text(written, arguments).unwrap_or_default()))
    };
    let age = |field: &str| -> Result<Duration, Box<Finding>> {
        let (node, text) = text(field)?;
        moment::age(&text).map_err(|error| {
            let written = node.text().unwrap_or("");
            let at = node.locate(documents, substitute::origin(written, arguments, error.at));
            let message = match error.class {
                ErrorClass::Unsupported => format!("this `{field}` cannot be played"),
                _ => format!("every look at this check is an error: this `{field}` is no moment"),
            };
            let finding = Finding::error(message).at(at, error.message);
            Box::new(finding.help(error.help.unwrap_or_else(|| EXAMPLE.to_owned())))
        })
    };
    let (start, end) = (age("start")?, age("end")?);
    let (node, text) = text("step")?;
    let step = duration::parse(&text).map_err(|error| {
        let finding =
            Finding::error("every look at this check is an error: this `step` is no length of time");
        Box::new(
            finding
                .at(node.span, error.to_string())
                .help("write it with its unit: 30s, 1m"),
        )
    })?;
    Ok(Some(Trail { start, end, step }))
}

const EXAMPLE: &str = "write start: 'now() - duration(\"5m\")', end: now(), step: 30s";
