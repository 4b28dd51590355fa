//! Arguments: what a template declares, what the Rollout supplies, what comes out.

use super::refusal::{Refusal, Stage};
use crate::diagnostic::Span;
use crate::yaml::Node;

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its value, if it has one.
    pub value: Option<String>,
    /// Where a value comes from otherwise.
    pub source: Option<Source>,
    /// Where it stands.
    pub span: Span,
    /// Where the Rollout passes its value, if it does.
    pub passed: Option<Span>,
}

/// Where the controller gets a value that is not written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A Secret; its value is never known here.
    Secret,
    /// Anything else: a template's `fieldRef`, which the controller does not resolve.
    Other,
}

/// What stands for the value of a secret while a run is checked (argo-rollouts `ResolveMetricArgs`).
pub const SECRET: &str = "temp-for-secret";

impl Argument {
    /// The arguments that a template declares.
    pub fn declared(arguments: Option<&Node>) -> Vec<Self> {
        let items = arguments.map_or(&[][..], Node::items);
        items
            .iter()
            .map(|item| {
                let source = item.get("valueFrom").filter(|from| !from.is_null()).map(|from| {
                    let secret = from.get("secretKeyRef").is_some_and(|secret| !secret.is_null());
                    if secret { Source::Secret } else { Source::Other }
                });
                Self {
                    name: name(item),
                    value: literal(item),
                    source,
                    span: item.span,
                    passed: None,
                }
            })
            .collect()
    }

    /// Whether it has neither a value nor a source of one.
    pub fn is_open(&self) -> bool {
        self.value.is_none() && self.source.is_none()
    }

    /// What takes its place in a metric; `None` if nothing can.
    pub fn text(&self) -> Option<&str> {
        match self.source {
            Some(Source::Secret) => Some(SECRET),
            _ => self.value.as_deref(),
        }
    }
}

/// `name` of an argument, empty if it has none.
pub fn name(argument: &Node) -> String {
    argument
        .get("name")
        .and_then(Node::text)
        .unwrap_or_default()
        .to_owned()
}

/// `value` of an argument.
pub fn literal(argument: &Node) -> Option<String> {
    let value = argument.get("value").filter(|value| !value.is_null())?;
    value.text().map(str::to_owned)
}

/// Arguments of several templates as one list (argo-rollouts `flattenArgs`): the first of a name stays unless it is open.
///
/// # Errors
///
/// If two templates give one argument different values.
pub fn flatten(templates: impl IntoIterator<Item = Vec<Argument>>) -> Result<Vec<Argument>, Refusal> {
    let mut flat: Vec<Argument> = Vec::new();
    for argument in templates.into_iter().flatten() {
        let Some(known) = flat.iter_mut().find(|known| known.name == argument.name) else {
            flat.push(argument);
            continue;
        };
        match (&known.value, &argument.value) {
            (Some(first), Some(second)) if first != second => {
                let name = &argument.name;
                let message = format!(
                    "Argument `{name}` specified multiple times with different values: '{first}', '{second}'"
                );
                return Err(Refusal::new(Stage::CreateRun, message, Some(argument.span)));
            }
            (Some(_), _) => {}
            (None, _) => *known = argument,
        }
    }
    Ok(flat)
}

/// The template's arguments with the values that the Rollout supplies (argo-rollouts `MergeArgs`). The last of two
/// supplied ones with one name counts; those that no template declares are dropped.
///
/// # Errors
///
/// If one is left with neither a value nor a source of one.
pub fn merge(supplied: &[Argument], declared: &[Argument]) -> Result<Vec<Argument>, Refusal> {
    let mut merged = declared.to_vec();
    for argument in &mut merged {
        if let Some(given) = supplied.iter().rev().find(|given| given.name == argument.name) {
            argument.value.clone_from(&given.value);
            argument.passed = given.passed;
        }
    }
    match merged.iter().find(|argument| argument.is_open()) {
        Some(open) => {
            let message = format!("args.{} was not resolved", open.name);
            Err(Refusal::new(Stage::CreateRun, message, Some(open.span)))
        }
        None => Ok(merged),
    }
}
