use std::ops::{Deref, Range};
use std::sync::Arc;

/// A text that somebody wrote: its name as the user would say it, and its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Path as given on the command line, or `<stdin>`.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
}

/// Names one document of a [`Documents`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentId(pub u32);

/// All documents of one call; spans point into them.
#[derive(Clone, Debug, Default)]
pub struct Documents(Vec<Document>);

impl Documents {
    /// Takes a document in and gives it an identity.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> DocumentId {
        let id = DocumentId(u32::try_from(self.0.len()).expect("fewer than four billion documents"));
        self.0.push(Document {
            name: name.into(),
            text: text.into(),
        });
        id
    }

    /// The document `id` names.
    pub fn get(&self, id: DocumentId) -> &Document {
        &self.0[id.0 as usize]
    }

    /// All documents, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (DocumentId, &Document)> {
        self.0
            .iter()
            .enumerate()
            .map(|(n, document)| (DocumentId(n as u32), document))
    }

    /// The text that `span` covers.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.document).text.get(span.range()).unwrap_or("")
    }

    /// Line of the first character of `span`, counted from 1.
    pub fn line(&self, span: Span) -> usize {
        let text = self.get(span.document).text.as_bytes();
        let start = (span.start as usize).min(text.len());
        1 + text[..start].iter().filter(|&&byte| byte == b'\n').count()
    }
}

/// A stretch of a document: bytes from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The document.
    pub document: DocumentId,
    /// First byte.
    pub start: u32,
    /// First byte after.
    pub end: u32,
}

impl Span {
    /// The bytes `range` of `document`.
    pub fn new(document: DocumentId, range: Range<usize>) -> Self {
        Self {
            document,
            start: range.start as u32,
            end: range.end as u32,
        }
    }

    /// The covered bytes.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and where it was written. Equality looks at the value alone.
#[derive(Clone, Copy, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value written at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned {
            value: change(self.value),
            span: self.span,
        }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
