use super::Plain;
use crate::diagnostic::Span;

/// A value in a document and where it stands. Aliases and merge keys are resolved; an alias stands where its anchor does.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: Kind,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A single text; what it means is for [`Node::plain`] to say.
    Scalar {
        /// The text, escapes and folding undone.
        text: String,
        /// How it was written.
        style: Style,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of writing; those of merge keys come last. No key stands twice.
    Mapping(Vec<(Node, Node)>),
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: may be a number, a boolean or null.
    Plain,
    /// Without quotes, with the tag `!!str`.
    Tagged,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// A block scalar, `|` or `>`.
    Block,
}

impl Node {
    /// What the scalar means to Kubernetes; `None` for lists and mappings.
    pub fn plain(&self) -> Option<Plain<'_>> {
        match &self.kind {
            Kind::Scalar {
                text,
                style: Style::Plain,
            } => Some(Plain::of(text)),
            Kind::Scalar { text, .. } => Some(Plain::Text(text)),
            _ => None,
        }
    }

    /// Text of a scalar, whatever it means.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether this is null: empty, `~` or `null`.
    pub fn is_null(&self) -> bool {
        self.plain() == Some(Plain::Null)
    }

    /// Items of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// Entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.kind {
            Kind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// Value of `key`, null included.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Key and value of `key`.
    pub fn entry(&self, key: &str) -> Option<&(Self, Self)> {
        self.entries().iter().find(|(name, _)| name.text() == Some(key))
    }

    /// The value that a path of keys leads to.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }
}
