use std::cell::OnceCell;

use super::spec::Check;
use crate::diagnostic::{Documents, Finding, Severity, Span};
use crate::policy::condition::ArgoVersion;
use crate::policy::object::{Object, with_placeholder_help};
use crate::policy::shelf::Shelf;
use crate::yaml::{Node, Plain};

use super::int_or_string::IntOrString;

/// All that reading needs to look at.
pub(super) struct Surroundings<'a> {
    pub documents: &'a Documents,
    pub shelf: &'a Shelf,
    pub beside: &'a Documents,
    /// The release that conditions are read for.
    pub release: ArgoVersion,
    /// Objects of `beside`, read when first asked for.
    pub nearby: OnceCell<Shelf>,
}

/// One Rollout being read: what it says, what was found, and the checks seen so far.
pub(super) struct Reader<'a> {
    pub around: &'a Surroundings<'a>,
    pub rollout: &'a Object,
    /// `spec.strategy.canary` or `spec.strategy.blueGreen`
    pub chosen: &'a Node,
    /// Its pod template, its own or that of the Deployment it borrows from, if that is at hand.
    pub template: Option<&'a Node>,
    pub findings: Vec<Finding>,
    pub checks: Vec<Check>,
    /// Values of arguments that tell the canary's version.
    pub versions: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Whether anything found so far keeps the Rollout from being played.
    pub fn is_refused(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }

    /// Says that the controller refuses the Rollout.
    pub fn refuse(&mut self, message: impl Into<String>, at: Span, label: impl Into<String>) {
        self.findings.push(Finding::error(message).at(at, label));
    }

    /// A field of the Rollout by path, unless null.
    pub fn at(&self, path: &[&str]) -> Option<&'a Node> {
        self.rollout.at(path)
    }

    /// A field of the strategy by path, unless null.
    pub fn strategy(&self, path: &[&str]) -> Option<&'a Node> {
        self.chosen.at(path).filter(|node| !node.is_null())
    }

    /// A count, `default` where it is absent or wrong.
    pub fn count(&mut self, node: Option<&Node>, default: u32) -> u32 {
        self.value(node, Node::expect_count).unwrap_or(default)
    }

    /// A boolean, false where it is absent or wrong.
    pub fn boolean(&mut self, node: Option<&Node>) -> bool {
        self.value(node, Node::expect_boolean).unwrap_or(false)
    }

    /// A text that is not empty.
    pub fn text(&mut self, node: Option<&'a Node>) -> Option<String> {
        let text = self.value(node, |node| node.expect_text().map(str::to_owned));
        text.filter(|text| !text.is_empty())
    }

    /// An integer or a text.
    pub fn int_or_string(&mut self, node: Option<&Node>) -> Option<IntOrString> {
        self.value(node, |node| match node.plain() {
            Some(Plain::Text(text)) => Ok(IntOrString::Text(text.to_owned())),
            Some(Plain::Int(_) | Plain::Float(_)) => node.expect_integer().map(IntOrString::Int),
            _ => Err(node.unexpected("an integer or a string")),
        })
    }

    /// Reads a field, if it is there; what is wrong with it becomes a finding.
    pub fn value<T>(
        &mut self,
        node: Option<&Node>,
        read: impl Fn(&Node) -> Result<T, Box<Finding>>,
    ) -> Option<T> {
        let node = node.filter(|node| !node.is_null())?;
        match read(node) {
            Ok(value) => Some(value),
            Err(finding) => {
                self.findings.push(*with_placeholder_help(finding, node));
                None
            }
        }
    }
}
