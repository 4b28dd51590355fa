//! What can be said about a document: where ([`Span`]), what and how to mend it ([`Finding`]). Data only; `cli` draws it.

mod document;
mod finding;

pub use document::{Document, DocumentId, Documents, Span, Spanned};
pub use finding::{Finding, Label, Severity};
