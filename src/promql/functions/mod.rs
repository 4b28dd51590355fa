//! What functions and operators do with numbers: no labels, no series, no plan.
//!
//! Orders of operations are those of Prometheus, so that results can be equal to the bit. 'No answer' is
//! [`crate::series::STALE`].

mod arithmetic;
mod buckets;
mod calendar;
mod elementwise;
mod over_window;
mod quantile;
mod rate;
mod regression;
mod summation;
mod window;

pub(super) use arithmetic::{compare, compute};
pub(super) use buckets::{Bucket, bucket_fraction, bucket_quantile};
pub(super) use elementwise::Elementwise;
pub(super) use over_window::OverWindow;
pub(super) use quantile::{ascending, quantile};
pub(super) use summation::{Mean, Spread, Sum};
pub(super) use window::Window;
