//! Draws without replacement.

use super::Place;

impl Place {
    /// How many marked ones are among `drawn` taken from `all`, of which `marked` are marked: hypergeometric, by
    /// inversion from one uniform. More marked, or more drawn, than there are count as all.
    pub fn hypergeometric(self, all: u32, marked: u32, drawn: u32) -> u32 {
        let (marked, drawn) = (marked.min(all), drawn.min(all));
        let least = (marked + drawn).saturating_sub(all);
        let most = marked.min(drawn);
        if least == most {
            return least;
        }
        let [n, m, d] = [all, marked, drawn].map(f64::from);
        // Outwards from the mode, as poisson does.
        let mode = libm::floor((d + 1.0) * (m + 1.0) / (n + 2.0));
        let mode = mode.clamp(f64::from(least), f64::from(most));
        let choose =
            |n: f64, k: f64| libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
        let mass = libm::exp(choose(m, mode) + choose(n - m, d - mode) - choose(n, d));
        let (least, most) = (f64::from(least), f64::from(most));
        let mut u = self.uniform() - mass;
        let (mut up, mut down, mut above, mut below) = (mass, mass, mode, mode);
        while u >= 0.0 {
            if above < most {
                up *= (m - above) * (d - above) / ((above + 1.0) * (n - m - d + above + 1.0));
                above += 1.0;
                u -= up;
                if u < 0.0 {
                    return above as u32;
                }
            }
            if below > least {
                down *= below * (n - m - d + below) / ((m - below + 1.0) * (d - below + 1.0));
                below -= 1.0;
                u -= down;
                if u < 0.0 {
                    return below as u32;
                }
            }
            // What rounding left over is the mode's.
            if above >= most && below <= least || up < 1e-18 && down < 1e-18 {
                break;
            }
        }
        mode as u32
    }

    /// A negative binomial number with mean `mean` and variance `mean + mean²/shape`: Poisson events whose rate is
    /// gamma distributed with that shape. An infinite shape is Poisson; no mean, no events.
    pub fn negative_binomial(self, mean: f64, shape: f64) -> u32 {
        if mean.is_nan() || mean <= 0.0 || shape.is_nan() || shape <= 0.0 {
            return 0;
        }
        if shape > 1e9 {
            return self.poisson(mean);
        }
        let p = mean / (mean + shape);
        let mode = if shape > 1.0 {
            libm::floor((shape - 1.0) * p / (1.0 - p))
        } else {
            0.0
        };
        let log = |k: f64| {
            libm::lgamma(k + shape) - libm::lgamma(shape) - libm::lgamma(k + 1.0)
                + shape * libm::log1p(-p)
                + k * libm::log(p)
        };
        let mass = libm::exp(log(mode));
        let mut u = self.uniform() - mass;
        let (mut up, mut down, mut above, mut below) = (mass, mass, mode, mode);
        while u >= 0.0 {
            up *= p * (above + shape) / (above + 1.0);
            above += 1.0;
            u -= up;
            if u < 0.0 {
                return above as u32;
            }
            if below > 0.0 {
                down *= below / (p * (below - 1.0 + shape));
                below -= 1.0;
                u -= down;
                if u < 0.0 {
                    return below as u32;
                }
            }
            if up < 1e-18 && (down < 1e-18 || below == 0.0) {
                break;
            }
        }
        mode as u32
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Seed, coupled::tests::chi_square};

    fn choose(n: u32, k: u32) -> f64 {
        let [n, k] = [n, k].map(f64::from);
        libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
    }

    #[test]
    fn draws_follow_the_exact_masses() {
        for (all, marked, drawn) in [(10, 3, 4), (50, 49, 20), (400, 30, 200), (3000, 1500, 300)] {
            let stream = Seed(1).stream("urn").named(&format!("{all}"));
            let mass = |k: u32| {
                if k > marked || drawn < k || drawn - k > all - marked {
                    return 0.0;
                }
                libm::exp(choose(marked, k) + choose(all - marked, drawn - k) - choose(all, drawn))
            };
            let p = chi_square(
                40_000,
                |slot| stream.at(slot).hypergeometric(all, marked, drawn),
                mass,
            );
            assert!(p > 0.001, "{all} {marked} {drawn}: {p}");
        }
    }

    #[test]
    fn overdispersed_counts_have_their_masses() {
        for (mean, shape) in [(0.3_f64, 0.5_f64), (4.0, 2.0), (60.0, 12.5), (500.0, 4.0)] {
            let stream = Seed(2).stream("urn").named(&format!("{mean}"));
            let p = mean / (mean + shape);
            let mass = |k: u32| {
                let k = f64::from(k);
                let log = libm::lgamma(k + shape) - libm::lgamma(shape) - libm::lgamma(k + 1.0);
                libm::exp(log + shape * libm::log1p(-p) + k * libm::log(p))
            };
            let p = chi_square(
                40_000,
                |slot| stream.at(slot).negative_binomial(mean, shape),
                mass,
            );
            assert!(p > 0.001, "{mean} {shape}: {p}");
        }
    }

    #[test]
    fn the_edges_are_certain() {
        let place = Seed(3).stream("urn").at(0);
        assert_eq!(place.hypergeometric(10, 0, 5), 0);
        assert_eq!(place.hypergeometric(10, 10, 5), 5);
        assert_eq!(place.hypergeometric(10, 4, 10), 4);
        assert_eq!(place.hypergeometric(10, 40, 100), 10);
        assert_eq!(place.hypergeometric(0, 4, 10), 0);
        for (mean, shape) in [
            (0.0, 1.0),
            (f64::NAN, 1.0),
            (1.0, 0.0),
            (1.0, f64::NAN),
            (-1.0, 1.0),
        ] {
            assert_eq!(place.negative_binomial(mean, shape), 0);
        }
    }
}
