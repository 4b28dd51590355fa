//! What no honest document reaches.

/// Longest file, in bytes.
pub const FILE: usize = 16 << 20;

/// Deepest nesting of lists and mappings.
pub const DEPTH: usize = 100;

/// What aliases and merge keys may expand to in one document, in bytes of memory, roughly.
pub const EXPANSION: usize = 8 << 20;

/// What a node costs of [`EXPANSION`] beside its text.
pub const NODE: usize = 64;
