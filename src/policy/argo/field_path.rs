//! `valueFrom.fieldRef.fieldPath` of a Rollout's argument.

use crate::yaml::{Node, Plain};

/// What a path of the Rollout leads to (argo-rollouts `BuildArgumentsForRolloutAnalysisRun`): paths that begin with
/// `metadata` as the downward API reads them, others as dotted JSON with `[index]`.
///
/// `template` stands in for `spec.template` where the Rollout borrows it from a Deployment.
///
/// # Errors
///
/// The controller's words.
pub fn value(rollout: &Node, template: Option<&Node>, path: &str) -> Result<String, String> {
    if path.starts_with("metadata") {
        return metadata(rollout, path);
    }
    match (template, path.strip_prefix("spec.template")) {
        (Some(template), Some(rest)) if rest.is_empty() || rest.starts_with('.') => {
            walk(template, rest.trim_start_matches('.'), path)
        }
        _ => walk(rollout, path, path),
    }
}

fn metadata(rollout: &Node, path: &str) -> Result<String, String> {
    let text = |path: &[&str]| rollout.at(path).and_then(Node::text).unwrap_or("").to_owned();
    let keyed = path
        .split_once("['")
        .and_then(|(before, rest)| Some((before, rest.strip_suffix("']")?)));
    match (path, keyed) {
        ("metadata.name", _) => Ok(text(&["metadata", "name"])),
        ("metadata.namespace", _) => Ok(match text(&["metadata", "namespace"]) {
            none if none.is_empty() => "default".to_owned(),
            namespace => namespace,
        }),
        (_, Some(("metadata.labels", key))) => Ok(text(&["metadata", "labels", key])),
        (_, Some(("metadata.annotations", key))) => Ok(text(&["metadata", "annotations", key])),
        _ => Err(format!("unsupported fieldPath: {path}")),
    }
}

/// A dotted JSON path that must end in a text, number or boolean (argo-rollouts `extractValueFromRollout`).
///
/// # Errors
///
/// The controller's words.
pub fn extract(root: &Node, path: &str) -> Result<String, String> {
    walk(root, path, path)
}

fn walk(root: &Node, rest: &str, path: &str) -> Result<String, String> {
    let invalid = || format!("invalid path {path} in rollout");
    let mut node = root;
    for section in rest.split('.').filter(|_| !rest.is_empty()) {
        let (key, index) = match section.split_once('[') {
            Some((key, index)) => (key, Some(index.strip_suffix(']').ok_or_else(invalid)?)),
            None => (section, None),
        };
        node = node.get(key).filter(|node| !node.is_null()).ok_or_else(invalid)?;
        if let Some(index) = index {
            let number: usize = index.parse().map_err(|_| invalid())?;
            node = node
                .items()
                .get(number)
                .ok_or_else(|| format!("index {number} out of range"))?;
        }
    }
    match node.plain() {
        Some(Plain::Null) => Err(invalid()),
        Some(Plain::Bool(value)) => Ok(value.to_string()),
        Some(Plain::Int(number)) => Ok(number.to_string()),
        Some(Plain::Float(number)) => Ok(number.to_string()),
        Some(Plain::Text(text)) => Ok(text.to_owned()),
        None => Err(format!(
            "path {path} in rollout must terminate in a primitive value"
        )),
    }
}
