use super::quantile::quantile;
use super::summation::{Mean, Spread, Sum};
use super::window::Window;
use super::{rate, regression};
use crate::promql::Compat;
use crate::series::STALE;

/// A function of the samples of one series in one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverWindow {
    Rate,
    Increase,
    Delta,
    Irate,
    Idelta,
    Deriv,
    PredictLinear,
    Changes,
    Resets,
    Sum,
    Avg,
    Min,
    Max,
    Count,
    First,
    Last,
    Present,
    Quantile,
    Stddev,
    Stdvar,
}

impl OverWindow {
    /// The function of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "rate" => Self::Rate,
            "increase" => Self::Increase,
            "delta" => Self::Delta,
            "irate" => Self::Irate,
            "idelta" => Self::Idelta,
            "deriv" => Self::Deriv,
            "predict_linear" => Self::PredictLinear,
            "changes" => Self::Changes,
            "resets" => Self::Resets,
            "sum_over_time" => Self::Sum,
            "avg_over_time" => Self::Avg,
            "min_over_time" => Self::Min,
            "max_over_time" => Self::Max,
            "count_over_time" => Self::Count,
            "first_over_time" => Self::First,
            "last_over_time" => Self::Last,
            "present_over_time" => Self::Present,
            "quantile_over_time" => Self::Quantile,
            "stddev_over_time" => Self::Stddev,
            "stdvar_over_time" => Self::Stdvar,
            _ => return None,
        })
    }

    /// Whether the series' name stays: the answer is one of its samples.
    pub fn keeps_name(self) -> bool {
        matches!(self, Self::First | Self::Last)
    }

    /// The answer for one window, or [`STALE`]. `parameter` is the quantile, or how far to predict; `buffer` is
    /// room for sorting.
    #[inline]
    pub fn of(self, window: Window<'_>, parameter: f64, buffer: &mut Vec<f64>) -> f64 {
        match self {
            Self::Rate => return rate::extrapolated(window, true, true),
            Self::Increase => return rate::extrapolated(window, true, false),
            Self::Delta => return rate::extrapolated(window, false, false),
            Self::Irate => return rate::instant(window, true),
            Self::Idelta => return rate::instant(window, false),
            Self::Deriv => return regression::slope(window).unwrap_or(STALE),
            Self::PredictLinear => return regression::predict(window, parameter).unwrap_or(STALE),
            _ => {}
        }
        let mut values = window.present();
        let Some(first) = values.next() else { return STALE };
        match self {
            Self::Changes => count_pairs(first, values, |before, now| {
                now != before && !(now.is_nan() && before.is_nan())
            }),
            Self::Resets => count_pairs(first, values, |before, now| now < before),
            Self::Sum => Sum::all(window.present(), Compat::V3),
            Self::Avg if window.compat == Compat::V2 => Mean::of_v2(window.present(), true),
            Self::Avg => {
                let mut mean = Mean::of(first);
                values.for_each(|value| mean.add(value));
                mean.mean()
            }
            Self::Min => best(first, values, |value, best| value < best),
            Self::Max => best(first, values, |value, best| value > best),
            Self::Count => window.count() as f64,
            Self::First => first,
            Self::Last => values.next_back().unwrap_or(first),
            Self::Present => 1.0,
            Self::Quantile => {
                buffer.clear();
                buffer.extend(window.present());
                quantile(parameter, buffer)
            }
            Self::Stdvar => spread(window).variance(),
            Self::Stddev => spread(window).variance().sqrt(),
            Self::Rate
            | Self::Increase
            | Self::Delta
            | Self::Irate
            | Self::Idelta
            | Self::Deriv
            | Self::PredictLinear => STALE,
        }
    }
}

fn count_pairs(first: f64, rest: impl Iterator<Item = f64>, counts: impl Fn(f64, f64) -> bool) -> f64 {
    let mut before = first;
    let mut count = 0.0;
    for now in rest {
        if counts(before, now) {
            count += 1.0;
        }
        before = now;
    }
    count
}

/// The best of all; NaN only when nothing else is there.
fn best(first: f64, rest: impl Iterator<Item = f64>, better: impl Fn(f64, f64) -> bool) -> f64 {
    rest.fold(first, |best, value| {
        if better(value, best) || best.is_nan() {
            value
        } else {
            best
        }
    })
}

fn spread(window: Window<'_>) -> Spread {
    let mut spread = Spread::new();
    window.present().for_each(|value| spread.add(value));
    spread
}
