//! One command a file; findings drawn with their source lines; exit codes.

pub mod findings;
pub mod progress;
