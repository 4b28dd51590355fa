//! Estimates: point, interval and level, inseparable.
