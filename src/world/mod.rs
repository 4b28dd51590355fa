//! Evidence made up with a known truth: a pure function of scenario, seed and share history.
