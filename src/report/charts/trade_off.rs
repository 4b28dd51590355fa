use super::axis::{Axis, Frame};
use super::canvas::{Anchor, draw};
use super::theme::Ink;
use super::{DAYS, Mark};

/// Where one policy stands between its two ways to be wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// Index of the policy: its colour and marker.
    pub index: usize,
    /// Name of the policy.
    pub policy: String,
    /// Seconds to detect harm, a miss counted as the horizon.
    pub detect: Mark,
    /// Share of harmless releases rolled back.
    pub false_rollbacks: Mark,
}

/// False rollbacks against the time to detect harm in `world`: one marker and its two intervals for each policy.
pub fn trade_off(world: &str, horizon: f64, spots: &[Spot]) -> String {
    let description: Vec<String> = spots
        .iter()
        .map(|spot| {
            let (detect, wrong) = (spot.detect.at, spot.false_rollbacks.at * 100.0);
            format!(
                "{}: {detect:.0} s to detect, {wrong:.1} % false rollbacks.",
                spot.policy
            )
        })
        .collect();
    let title = format!("False rollbacks against time to detect in the world {world}");
    let highest = spots.iter().map(|spot| spot.false_rollbacks.highest());
    let highest = highest.fold(0.01, f64::max);
    draw((300.0, 205.0), &title, &description.join(" "), |canvas| {
        let frame = Frame {
            from: (46.0, 26.0),
            to: (284.0, 166.0),
            x: Axis::time(horizon),
            y: Axis::share(highest),
        };
        frame.draw_x(canvas, "time to detect");
        frame.draw_y(canvas, "false rollbacks");
        frame.draw_edges(canvas);
        let better = (frame.from.0 + 5.0, frame.to.1 - 9.0);
        canvas.text("↙ better", better, 10.0, Ink::Faint, Anchor::Start);
        for spot in spots {
            let (x, y) = (spot.detect, spot.false_rollbacks);
            let ink = Ink::Series(spot.index);
            canvas.line(&[frame.at(x.low, y.at), frame.at(x.high, y.at)], ink, 1.6);
            canvas.line(&[frame.at(x.at, y.low), frame.at(x.at, y.high)], ink, 1.6);
            if let Some((low, high)) = x.days {
                canvas.line(&[frame.at(low, y.at), frame.at(high, y.at)], ink, DAYS);
            }
            if let Some((low, high)) = y.days {
                canvas.line(&[frame.at(x.at, low), frame.at(x.at, high)], ink, DAYS);
            }
            canvas.marker(spot.index, frame.at(x.at, y.at));
            if y.at <= 0.0 {
                canvas.hollow(frame.at(x.at, y.at));
            }
        }
    })
}
