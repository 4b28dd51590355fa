use super::Mark;
use super::axis::{Axis, Frame};
use super::canvas::draw;
use super::theme::Ink;

/// How far one policy's detection had come at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Seconds since the onset of harm.
    pub seconds: f64,
    /// Share of all trials rolled back by then.
    pub share: Mark,
}

/// One policy's detection curve in a harmful world.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Index of the policy: its colour and marker.
    pub index: usize,
    /// Name of the policy.
    pub policy: String,
    /// Steps by time; between them the curve is flat.
    pub steps: Vec<Step>,
}

/// Share of trials rolled back against the time since onset, one line and band for each policy of `curves`.
pub fn detection(world: &str, horizon: f64, curves: &[Curve]) -> String {
    let description = curves.iter().map(|curve| {
        let last = curve.steps.last().map_or(0.0, |step| step.share.at);
        format!("{}: {:.1} % by the horizon.", curve.policy, last * 100.0)
    });
    let description: Vec<String> = description.collect();
    let title = format!("Detected over time in the world {world}");
    draw((360.0, 215.0), &title, &description.join(" "), |canvas| {
        let frame = Frame {
            from: (46.0, 26.0),
            to: (344.0, 176.0),
            x: Axis::time(horizon),
            y: Axis::share(1.0),
        };
        frame.draw_x(canvas, "since harm began");
        frame.draw_y(canvas, "detected");
        frame.draw_edges(canvas);
        for curve in curves {
            let line = |of: fn(Mark) -> f64| stairs(&curve.steps, frame.x_end(), of);
            let mut band = |high: fn(Mark) -> f64, low: fn(Mark) -> f64, alpha| {
                let mut edge = line(high);
                edge.extend(line(low).into_iter().rev());
                let edge: Vec<_> = edge.into_iter().map(|(x, y)| frame.at(x, y)).collect();
                canvas.shape(&edge, Ink::Series(curve.index), alpha);
            };
            if curve.steps.iter().any(|step| step.share.days.is_some()) {
                band(|mark| mark.highest(), |mark| mark.lowest(), 0.07);
            }
            band(|mark| mark.high, |mark| mark.low, 0.16);
        }
        for curve in curves {
            let points: Vec<_> = stairs(&curve.steps, frame.x_end(), |mark| mark.at)
                .into_iter()
                .map(|(x, y)| frame.at(x, y))
                .collect();
            canvas.line(&points, Ink::Series(curve.index), 2.0);
            if let Some(&end) = points.last() {
                canvas.marker(curve.index, end);
            }
        }
    })
}

/// Corners of a step function from 0 to `end`.
fn stairs(steps: &[Step], end: f64, of: fn(Mark) -> f64) -> Vec<(f64, f64)> {
    let mut level = 0.0;
    let mut points = vec![(0.0, level)];
    for step in steps {
        points.push((step.seconds, level));
        level = of(step.share);
        points.push((step.seconds, level));
    }
    points.push((end, level));
    points
}
