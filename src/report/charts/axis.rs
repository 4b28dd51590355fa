use super::canvas::{Anchor, Canvas, Point};
use super::theme::Ink;
use crate::report::lane::short;
use crate::units::Duration;

/// One direction of a chart: values from `from` to `to`, with the places that get a line and a word.
pub(super) struct Axis {
    from: f64,
    to: f64,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Time from 0 to `horizon` seconds.
    pub(super) fn time(horizon: f64) -> Self {
        const STEPS: [i64; 12] = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200];
        const YEAR: f64 = 366.0 * 86_400.0;
        let horizon = if horizon.is_nan() {
            1.0
        } else {
            horizon.clamp(1.0, YEAR)
        };
        let day = 86_400;
        let step = STEPS.into_iter().find(|&step| horizon / step as f64 <= 5.0);
        let step = step.unwrap_or_else(|| ((horizon / 5.0) as i64 / day + 1).saturating_mul(day));
        let ticks = (0..=5).map(|n| step.saturating_mul(n));
        let ticks = ticks.filter(|&at| at as f64 <= horizon);
        Self {
            from: 0.0,
            to: horizon,
            ticks: ticks
                .map(|at| (at as f64, Duration::from_secs(at).to_string()))
                .collect(),
        }
    }

    /// Shares from 0 to at least `highest`, in round steps of per cent.
    pub(super) fn share(highest: f64) -> Self {
        const STEPS: [f64; 8] = [0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25];
        let highest = if highest.is_finite() {
            highest.clamp(0.0, 1.0)
        } else {
            1.0
        };
        let step = STEPS.into_iter().find(|step| highest / step <= 4.0);
        let step = step.unwrap_or(0.25);
        let count = (highest / step).ceil().clamp(1.0, 4.0);
        let places = if step < 0.005 { 2 } else { usize::from(step < 0.01) };
        Self {
            from: 0.0,
            to: step * count,
            ticks: (0..=count as u32)
                .map(|n| f64::from(n) * step)
                .map(|at| (at, format!("{:.places$} %", at * 100.0)))
                .collect(),
        }
    }

    /// All and half and nothing.
    pub(super) fn halves() -> Self {
        Self {
            from: 0.0,
            to: 1.0,
            ticks: [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")]
                .map(|(at, word)| (at, word.to_owned()))
                .to_vec(),
        }
    }

    /// Values from `low` to `high`, with lines at up to four round numbers.
    pub(super) fn between(low: f64, high: f64) -> Self {
        let (low, high) = if low < high && (high - low).is_finite() {
            (low, high)
        } else {
            (0.0, 1.0)
        };
        let raw = (high - low) / 3.0;
        let power = libm::pow(10.0, libm::floor(libm::log10(raw)));
        let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
        let step = steps.into_iter().find(|step| *step >= raw).unwrap_or(raw);
        let first = libm::ceil(low / step - 1e-9);
        let ticks = (0..=4).map(|n| (first + f64::from(n)) * step);
        Self {
            from: low,
            to: high,
            ticks: ticks
                .filter(|at| *at <= high + step * 1e-9)
                .map(|at| (at, short(Some(at))))
                .collect(),
        }
    }

    /// Powers of ten from the one below `lowest` to the one above `highest`; a value maps by [`Axis::log`].
    pub(super) fn decades(lowest: f64, highest: f64) -> Self {
        let from = Self::log(lowest).floor().clamp(-3.0, 14.0);
        let to = Self::log(highest).ceil().clamp(from + 1.0, 15.0);
        let stride = ((to - from) / 6.0).ceil().max(1.0);
        let ticks = (0..=6).map(|n| from + f64::from(n) * stride);
        Self {
            from,
            to,
            ticks: ticks
                .filter(|&at| at <= to)
                .map(|at| (at, power_of_ten(at as i32)))
                .collect(),
        }
    }

    /// Where a positive number stands on an axis of [`Axis::decades`]; zero and less stand at its very beginning.
    pub(super) fn log(value: f64) -> f64 {
        if value > 0.0 { libm::log10(value) } else { -9.0 }
    }

    /// 0 to 1 along the axis, held inside.
    fn place(&self, value: f64) -> f64 {
        ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }
}

fn power_of_ten(power: i32) -> String {
    match power {
        ..0 => format!("0.{}1", "0".repeat((-power - 1) as usize)),
        0..3 => format!("1{}", "0".repeat(power as usize)),
        3..6 => format!("1{}k", "0".repeat(power as usize - 3)),
        6..9 => format!("1{}M", "0".repeat(power as usize - 6)),
        _ => format!("1e{power}"),
    }
}

/// The rectangle a chart draws in, between its two axes; in CSS pixels.
pub(super) struct Frame {
    /// Left upper corner.
    pub(super) from: Point,
    /// Right lower corner.
    pub(super) to: Point,
    /// Left to right.
    pub(super) x: Axis,
    /// Bottom to top.
    pub(super) y: Axis,
}

impl Frame {
    /// Where `x` and `y` lie.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        (
            self.from.0 + self.x.place(x) * (self.to.0 - self.from.0),
            self.to.1 - self.y.place(y) * (self.to.1 - self.from.1),
        )
    }

    /// Whether the vertical axis reaches as far as `value`.
    pub(super) fn y_holds(&self, value: f64) -> bool {
        self.y.from <= value && value <= self.y.to
    }

    /// The last value of the horizontal axis.
    pub(super) fn x_end(&self) -> f64 {
        self.x.to
    }

    /// Lines and words of the horizontal axis.
    pub(super) fn draw_x(&self, canvas: &mut Canvas, title: &str) {
        for (value, word) in &self.x.ticks {
            let x = self.at(*value, 0.0).0;
            canvas.line(&[(x, self.from.1), (x, self.to.1)], Ink::Grid, 1.0);
            canvas.text(word, (x, self.to.1 + 5.0), 10.5, Ink::Faint, Anchor::Below);
        }
        let middle = f64::midpoint(self.from.0, self.to.0);
        canvas.text(title, (middle, self.to.1 + 20.0), 10.5, Ink::Faint, Anchor::Below);
    }

    /// Lines and words of the vertical axis.
    pub(super) fn draw_y(&self, canvas: &mut Canvas, title: &str) {
        self.draw_scale(canvas);
        canvas.text(title, (2.0, self.from.1 - 12.0), 10.5, Ink::Faint, Anchor::Start);
    }

    /// Lines and words of the vertical axis, without a title.
    pub(super) fn draw_scale(&self, canvas: &mut Canvas) {
        for (value, word) in &self.y.ticks {
            let y = self.at(0.0, *value).1;
            canvas.line(&[(self.from.0, y), (self.to.0, y)], Ink::Grid, 1.0);
            canvas.text(word, (self.from.0 - 6.0, y), 10.5, Ink::Faint, Anchor::End);
        }
    }

    /// The two axes themselves, over the grid.
    pub(super) fn draw_edges(&self, canvas: &mut Canvas) {
        let corner = (self.from.0, self.to.1);
        canvas.line(&[self.from, corner, self.to], Ink::Faint, 1.0);
    }
}
