use super::Place;

/// Below this mean the search begins at 0.
const SMALL: f64 = 12.0;

impl Place {
    /// A Poisson number with mean `mean`, by inversion from one uniform: the outcomes are laid end to end on [0, 1),
    /// from 0 upwards for small means, else from the mode outwards (which takes about one standard deviation of
    /// steps). No mean, no events; a mean that is not a number counts as none.
    pub fn poisson(self, mean: f64) -> u32 {
        if mean.is_nan() || mean <= 0.0 {
            return 0;
        }
        let u = self.uniform();
        if mean < SMALL {
            from_zero(u, mean)
        } else {
            from_mode(u, mean)
        }
    }
}

fn from_zero(mut u: f64, mean: f64) -> u32 {
    let mut mass = libm::exp(-mean);
    let mut k = 0_u32;
    while u >= mass && (mass > 0.0 && f64::from(k) < mean + 200.0) {
        u -= mass;
        k += 1;
        mass *= mean / f64::from(k);
    }
    k
}

fn from_mode(mut u: f64, mean: f64) -> u32 {
    let mode = libm::floor(mean).min(4e9);
    let mut up = mass_near_mode(mode, mean);
    let mut down = up;
    let (mut above, mut below) = (mode, mode);
    u -= up;
    let inverse = 1.0 / mean;
    while u >= 0.0 {
        above += 1.0;
        up *= mean / above;
        u -= up;
        if u < 0.0 {
            return above as u32;
        }
        down *= below * inverse;
        below -= 1.0;
        u -= down;
        if u < 0.0 {
            return below as u32;
        }
        // What rounding left over after all masses are spent (about 1e-16 of all draws) is the mode's.
        if up < 1e-18 && down < 1e-18 {
            break;
        }
    }
    mode as u32
}

/// exp(-mean) mean^k / k! for k near a mean of at least [`SMALL`], in Loader's saddle-point form (2000), which does
/// not cancel.
fn mass_near_mode(k: f64, mean: f64) -> f64 {
    let delta = (mean - k) / k;
    let deviance = k * (delta - libm::log1p(delta));
    let k2 = k * k;
    let stirling = (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / k2) / k2) / k2) / k;
    libm::exp(-stirling - deviance) / libm::sqrt(2.0 * core::f64::consts::PI * k)
}

#[cfg(test)]
mod tests {
    use super::super::{Seed, coupled::tests::chi_square};
    use super::*;

    fn mass(k: u32, mean: f64) -> f64 {
        let k = f64::from(k);
        libm::exp(k * libm::log(mean) - mean - libm::lgamma(k + 1.0))
    }

    #[test]
    fn mass_at_the_mode_is_the_textbooks() {
        for mean in [12.0, 12.9, 99.5, 250.0, 30_000.25] {
            let mode = libm::floor(mean);
            assert!((mass_near_mode(mode, mean) / mass(mode as u32, mean) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn draws_follow_the_exact_masses() {
        for (n, mean) in [0.05, 3.0, 11.9, 12.0, 100.0, 3000.0].into_iter().enumerate() {
            let stream = Seed(11)
                .stream("poisson")
                .named(["a", "b", "c", "d", "e", "f"][n]);
            let p = chi_square(300_000, |slot| stream.at(slot).poisson(mean), |k| mass(k, mean));
            assert!(p > 0.001, "mean {mean}: p-value {p}");
        }
    }

    #[test]
    fn odd_means_give_no_events() {
        let place = Seed(1).stream("poisson").at(0);
        for mean in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(place.poisson(mean), 0);
        }
    }
}
