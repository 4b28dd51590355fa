//! Answers drawn: terminal, Markdown, HTML, JSON, CSV.

pub mod words;
#[cfg(feature = "charts")]
pub mod charts;
