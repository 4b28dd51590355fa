//! Answers drawn: terminal, Markdown, HTML, JSON, CSV.
