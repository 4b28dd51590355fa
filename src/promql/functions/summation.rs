use crate::promql::Compat;

/// A sum with the error that plain addition would have left behind (Neumaier); plain for [`Compat::V2`].
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    sum: f64,
    error: f64,
}

impl Sum {
    /// A sum that begins with `value`.
    pub fn of(value: f64) -> Self {
        Self {
            sum: value,
            error: 0.0,
        }
    }

    /// Adds one value, keeping the error.
    #[inline]
    pub fn add(&mut self, value: f64) {
        let total = self.sum + value;
        if total.is_infinite() {
            self.error = 0.0;
        } else if self.sum.abs() >= value.abs() {
            self.error += (self.sum - total) + value;
        } else {
            self.error += (value - total) + self.sum;
        }
        self.sum = total;
    }

    /// The corrected sum.
    #[inline]
    pub fn total(self) -> f64 {
        self.sum + self.error
    }
}

/// An arithmetic mean: a sum divided at the end, or, once the sum would leave the range of numbers, one that is
/// updated value by value.
#[derive(Clone, Copy, Debug)]
pub struct Mean {
    sum: Sum,
    count: f64,
    running: bool,
}

impl Mean {
    /// A mean that begins with `value`.
    pub fn of(value: f64) -> Self {
        Self {
            sum: Sum::of(value),
            count: 1.0,
            running: false,
        }
    }

    /// Takes in one value.
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        if !self.running {
            let mut sum = self.sum;
            sum.add(value);
            if !sum.sum.is_infinite() {
                self.sum = sum;
                return;
            }
            self.running = true;
            self.sum.sum /= self.count - 1.0;
            self.sum.error /= self.count - 1.0;
        }
        let kept = (self.count - 1.0) / self.count;
        self.sum.sum *= kept;
        self.sum.error *= kept;
        self.sum.add(value / self.count);
    }

    /// The mean.
    pub fn mean(self) -> f64 {
        if self.running {
            self.sum.total()
        } else {
            self.sum.sum / self.count + self.sum.error / self.count
        }
    }

    /// The mean as 2.42 had it: updated value by value, plainly (`avg`) or with compensation (`avg_over_time`).
    pub fn of_v2(values: impl Iterator<Item = f64>, compensated: bool) -> f64 {
        let mut mean = Sum::of(0.0);
        let mut count = 0.0;
        for value in values {
            count += 1.0;
            if mean.sum.is_infinite() {
                let same = value.is_infinite() && (mean.sum > 0.0) == (value > 0.0);
                if same || value.is_finite() {
                    continue;
                }
            }
            let change = value / count - mean.sum / count;
            if compensated {
                mean.add(change);
            } else {
                mean.sum += change;
            }
        }
        if mean.sum.is_infinite() {
            mean.sum
        } else {
            mean.total()
        }
    }
}

/// Population variance, updated value by value (Welford).
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    count: f64,
    mean: Sum,
    squares: Sum,
}

impl Spread {
    /// Of no value.
    pub fn new() -> Self {
        Self {
            count: 0.0,
            mean: Sum::of(0.0),
            squares: Sum::of(0.0),
        }
    }

    /// Takes in one value with compensated sums, as `stddev_over_time` does.
    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        let distance = value - self.mean.total();
        self.mean.add(distance / self.count);
        self.squares.add(distance * (value - self.mean.total()));
    }

    /// Takes in one value with plain sums, as the aggregation `stddev` does.
    pub fn add_plainly(&mut self, value: f64) {
        self.count += 1.0;
        if self.count == 1.0 {
            self.mean.sum = value;
            self.squares.sum = if value.is_finite() { 0.0 } else { f64::NAN };
            return;
        }
        let distance = value - self.mean.sum;
        self.mean.sum += distance / self.count;
        self.squares.sum += distance * (value - self.mean.sum);
    }

    /// Mean squared distance from the mean.
    pub fn variance(self) -> f64 {
        self.squares.total() / self.count
    }
}

impl Sum {
    /// The sum of `values`, in order; of none: 0.
    pub fn all(values: impl Iterator<Item = f64>, compat: Compat) -> f64 {
        match compat {
            Compat::V3 => {
                let mut sum = Self::of(0.0);
                values.for_each(|value| sum.add(value));
                sum.total()
            }
            Compat::V2 => values.fold(0.0, |sum, value| sum + value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mean, Spread, Sum};
    use crate::promql::Compat;

    #[test]
    fn small_terms_survive_large_ones() {
        let terms = [1.0, 1e100, 1.0, -1e100];
        assert_eq!(Sum::all(terms.into_iter(), Compat::V3), 2.0);
        assert_eq!(Sum::all(terms.into_iter(), Compat::V2), 0.0);
    }

    #[test]
    fn infinities_cancel_to_nan() {
        let terms = [f64::INFINITY, f64::NEG_INFINITY];
        assert!(Sum::all(terms.into_iter(), Compat::V3).is_nan());
        assert_eq!(
            Sum::all([f64::INFINITY, 1.0].into_iter(), Compat::V3),
            f64::INFINITY
        );
    }

    #[test]
    fn a_mean_of_huge_values_does_not_overflow() {
        let mut mean = Mean::of(f64::MAX);
        mean.add(f64::MAX);
        mean.add(f64::MAX);
        assert!((mean.mean() / f64::MAX - 1.0).abs() < 1e-12);
        assert_eq!(Mean::of_v2([1.0, 2.0, 6.0].into_iter(), true), 3.0);
    }

    #[test]
    fn variance_is_that_of_the_population() {
        let (mut compensated, mut plain) = (Spread::new(), Spread::new());
        for value in [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0] {
            compensated.add(value);
            plain.add_plainly(value);
        }
        assert_eq!((compensated.variance(), plain.variance()), (4.0, 4.0));
    }
}
