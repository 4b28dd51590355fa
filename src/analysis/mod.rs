//! One look: reading, verdict, tally.
