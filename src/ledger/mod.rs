//! Outcomes on disk, and the manifest that tells what made them.
