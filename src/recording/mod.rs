//! Files of samples, in.
