//! Estimates: point, interval and level, inseparable.
//!
//! Shares have Wilson's interval ([`rate`]), counts in a length of time Garwood's ([`per`]), times that may never come have order statistics ([`quantile`]), means a
//! bootstrap over the seeds ([`mean`], [`mean_within`]). Policies that met the same luck are compared pair by pair
//! ([`Pairs`], [`mean_difference`]), and many words at once are corrected for their number ([`holm`]).

mod autocorrelation;
mod bootstrap;
mod clustered;
mod dispersion;
mod estimate;
mod grouped;
mod holm;
mod paired;
mod poisson;
mod proportion;
mod quantile;
mod special;
mod stranger;

pub use autocorrelation::{block_length, correlation_time};
pub use bootstrap::{is_skewed, mean, mean_within};
pub use clustered::{clustered, clustered_share, clustered_within};
pub use dispersion::{dispersion, noise, noise_sd, noise_variance};
pub use estimate::{Estimate, LEVEL};
pub use grouped::lognormal;
pub use holm::holm;
pub use paired::{MeanDifference, Pairs, mean_difference, spread};
pub use poisson::per;
pub use proportion::{clopper_pearson, rate, upper_bound, wilson};
pub use quantile::quantile;
pub use stranger::{Stranger, stranger};
