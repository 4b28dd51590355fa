use serde::{Deserialize, Serialize};

use super::{DocumentId, Span};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// The API server drops it, or it is played differently from what its author thinks.
    Warning,
    /// It cannot be played: does not parse, unknown step, refused by the controller.
    Error,
}

/// A place in a document and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is to be said; may be empty.
    pub text: String,
}

/// One thing to say about a document: what was found, what was expected, how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was found, one sentence without a full stop.
    pub message: String,
    /// The document meant when there is no place to point at (an empty or missing file): its name.
    pub about: Option<String>,
    /// Places, the principal one first.
    pub labels: Vec<Label>,
    /// What to do, one sentence each.
    pub help: Vec<String>,
}

impl Finding {
    fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self {
            severity,
            message: message.into(),
            about: None,
            labels: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Something that cannot be played.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message)
    }

    /// Something that is dropped or played differently from what its author thinks.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    /// Something worth knowing.
    pub fn note(message: impl Into<String>) -> Self {
        Self::new(Severity::Note, message)
    }

    /// Points at `span`.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Names a file that has no place to point at.
    #[must_use]
    pub fn about(mut self, name: impl Into<String>) -> Self {
        self.about = Some(name.into());
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The document that the principal place lies in.
    pub fn document(&self) -> Option<DocumentId> {
        self.labels.first().map(|label| label.span.document)
    }
}
