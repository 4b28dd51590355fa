use super::bar::{Bar, draw_bar};
use super::growth::draw_growth;
use super::readings::{STRIP, draw_readings, numberless};
use super::share::draw_share;
use super::words::{fitting, title};
use crate::report::charts::axis::{Axis, Frame};
use crate::report::charts::canvas::{Anchor, Canvas};
use crate::report::charts::theme::Ink;
use crate::report::lane::Lane;

/// One panel of a timeline. Times are seconds.
#[derive(Clone, Debug)]
pub enum Panel<'a> {
    /// The canary's share of the requests, and the weight where traffic did something else.
    Share {
        /// The share from each moment on.
        share: Vec<(f64, f64)>,
        /// The weight from each moment on; empty where the share follows it.
        weight: Vec<(f64, f64)>,
        /// When which step was reached.
        steps: Vec<(f64, usize)>,
        /// From when to when it waited for a person.
        waits: Vec<(f64, f64)>,
    },
    /// What a check saw.
    Readings {
        /// What stands above it.
        title: String,
        /// The looks.
        lane: &'a Lane,
    },
    /// What each policy would have done.
    Bars(Vec<Bar>),
    /// Something that adds up.
    Growth {
        /// What stands above it.
        title: String,
        /// How much it was by then.
        curve: Vec<(f64, f64)>,
    },
}

/// Title, conditions, and the room below a panel.
const TITLE: f64 = 20.0;
const CONDITIONS: f64 = 13.0;
const BELOW: f64 = 9.0;
/// Height of the drawn part of each kind.
const SHARE: f64 = 58.0;
const READINGS: f64 = 86.0;
const GROWTH: f64 = 50.0;
const BAR: f64 = 30.0;
/// Height of the words above a bar.
const WORDS: f64 = 15.0;

impl Panel<'_> {
    pub(in crate::report::charts) fn height(&self) -> f64 {
        match self {
            Self::Share { .. } => TITLE + SHARE + BELOW,
            Self::Readings { lane, .. } => {
                let strip = if numberless(lane).next().is_some() {
                    STRIP
                } else {
                    0.0
                };
                TITLE + CONDITIONS + READINGS + strip + BELOW
            }
            Self::Bars(bars) => BAR * bars.len() as f64 + BELOW,
            Self::Growth { .. } => TITLE + GROWTH + BELOW,
        }
    }

    /// From where to where below `top` lines through all panels may cross it: not its words.
    pub(in crate::report::charts) fn open(&self) -> Vec<(f64, f64)> {
        match self {
            Self::Share { .. } => vec![(TITLE, TITLE + SHARE)],
            Self::Readings { .. } => {
                let from = TITLE + CONDITIONS;
                vec![(from, self.height() - BELOW)]
            }
            Self::Bars(bars) => {
                let rows = (0..bars.len()).map(|row| BAR * row as f64);
                rows.map(|top| (top + WORDS, top + BAR)).collect()
            }
            Self::Growth { .. } => vec![(TITLE, TITLE + GROWTH)],
        }
    }

    /// Draws it between `left` and `right`, from `top` down, with time up to `end`.
    pub(in crate::report::charts) fn draw(
        &self,
        canvas: &mut Canvas,
        (left, right): (f64, f64),
        top: f64,
        end: f64,
    ) {
        let frame = |from: f64, height: f64, y: Axis| Frame {
            from: (left, top + from),
            to: (right, top + from + height),
            x: Axis::time(end),
            y,
        };
        match self {
            Self::Share {
                share,
                weight,
                steps,
                waits,
            } => {
                title(canvas, "share of the canary", right, top);
                if !weight.is_empty() {
                    canvas.text(
                        "dashed: weight set",
                        (right, top + 9.0),
                        10.0,
                        Ink::Faint,
                        Anchor::End,
                    );
                }
                let frame = frame(TITLE, SHARE, Axis::halves());
                frame.draw_scale(canvas);
                draw_share(canvas, &frame, share, weight, steps, waits);
                frame.draw_edges(canvas);
            }
            Self::Readings { title: words, lane } => {
                title(canvas, words, right, top);
                let room = right - 2.0;
                let conditions = fitting(&lane.conditions, 10.0, room);
                canvas.text(
                    &conditions,
                    (2.0, top + TITLE + 5.0),
                    10.0,
                    Ink::Faint,
                    Anchor::Start,
                );
                let (low, high) = match (lane.zones.first(), lane.zones.last()) {
                    (Some(first), Some(last)) => (first.low, last.high),
                    _ => (0.0, 1.0),
                };
                let frame = frame(TITLE + CONDITIONS, READINGS, Axis::between(low, high));
                draw_readings(canvas, &frame, lane);
            }
            Self::Bars(bars) => {
                for (row, bar) in bars.iter().enumerate() {
                    let frame = frame(BAR * row as f64, BAR, Axis::halves());
                    draw_bar(canvas, &frame, bar);
                }
            }
            Self::Growth { title: words, curve } => {
                title(canvas, words, right, top);
                let most = curve
                    .iter()
                    .map(|(_, value)| *value)
                    .filter(|value| value.is_finite());
                let most = most.fold(1.0, f64::max);
                let frame = frame(TITLE, GROWTH, Axis::between(0.0, most * 1.3));
                frame.draw_scale(canvas);
                draw_growth(canvas, &frame, curve, end);
                frame.draw_edges(canvas);
            }
        }
    }
}
