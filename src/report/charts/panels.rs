use super::axis::{Axis, Frame};
use super::canvas::{Anchor, Canvas, Point};
use super::theme::Ink;
use crate::analysis::Phase;
use crate::report::lane::{Lane, Reading, Zone, short};
use crate::score::words::grouped;

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

/// One policy from the beginning to its decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Index of the policy: its colour and marker.
    pub index: usize,
    /// What it did: `strict: rolled back after 1m30s`.
    pub words: String,
    /// Until when it watched, in seconds.
    pub until: f64,
    /// Whether it had decided by then.
    pub decided: bool,
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
/// Height of the strip for looks without a number.
const STRIP: f64 = 15.0;

impl Panel<'_> {
    pub(super) fn height(&self) -> f64 {
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
    pub(super) fn open(&self) -> Vec<(f64, f64)> {
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
    pub(super) fn draw(&self, canvas: &mut Canvas, (left, right): (f64, f64), top: f64, end: f64) {
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

fn title(canvas: &mut Canvas, words: &str, right: f64, top: f64) {
    canvas.text(
        &fitting(words, 11.5, right),
        (2.0, top + 9.0),
        11.5,
        Ink::Text,
        Anchor::Start,
    );
}

/// About how wide a text of `size` is.
pub(super) fn words_wide(words: &str, size: f64) -> f64 {
    words.chars().count() as f64 * size * 0.54
}

/// As much of a text as has room.
fn fitting(words: &str, size: f64, room: f64) -> String {
    let letters = (room / (size * 0.54)) as usize;
    if words.chars().count() <= letters {
        return words.to_owned();
    }
    let mut short: String = words.chars().take(letters.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Corners of what keeps its value until the next one.
fn stairs(points: &[(f64, f64)], end: f64) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for &(at, value) in points {
        if let Some(&(_, before)) = corners.last() {
            corners.push((at, before));
        }
        corners.push((at, value));
    }
    if let Some(&(_, last)) = corners.last() {
        corners.push((end, last));
    }
    corners
}

fn draw_share(
    canvas: &mut Canvas,
    frame: &Frame,
    share: &[(f64, f64)],
    weight: &[(f64, f64)],
    steps: &[(f64, usize)],
    waits: &[(f64, f64)],
) {
    for &(from, to) in waits {
        canvas.rectangle(frame.at(from, 1.0), frame.at(to, 0.0), Ink::Open, 0.16);
    }
    let end = frame.x_end();
    let line: Vec<Point> = stairs(share, end).iter().map(|&(x, y)| frame.at(x, y)).collect();
    let mut area = line.clone();
    area.extend([frame.at(end, 0.0), frame.at(0.0, 0.0)]);
    canvas.shape(&area, Ink::Series(0), 0.2);
    canvas.line(&line, Ink::Series(0), 2.0);
    let set: Vec<Point> = stairs(weight, end).iter().map(|&(x, y)| frame.at(x, y)).collect();
    canvas.dashes(&set, Ink::Text, 1.3);
    // Numbers of steps, where two of them do not touch.
    let mut free = f64::NEG_INFINITY;
    for (at, number) in steps {
        let (x, y) = frame.at(*at, 0.0);
        canvas.line(&[(x, y), (x, y - 5.0)], Ink::Faint, 1.2);
        let words = number.to_string();
        if x >= free {
            canvas.text(&words, (x + 2.0, y - 8.0), 9.5, Ink::Faint, Anchor::Start);
            free = x + 6.0 + words_wide(&words, 9.5);
        }
    }
}

fn numberless(lane: &Lane) -> impl Iterator<Item = &Reading> {
    let finite = |reading: &&Reading| !reading.value.is_some_and(f64::is_finite);
    lane.readings.iter().filter(finite)
}

fn draw_readings(canvas: &mut Canvas, frame: &Frame, lane: &Lane) {
    for zone in &lane.zones {
        draw_zone(canvas, frame, zone);
    }
    frame.draw_scale(canvas);
    let (left, right) = (frame.from.0, frame.to.0);
    let mut free = f64::INFINITY;
    for &limit in &lane.limits {
        let y = frame.at(0.0, limit).1;
        canvas.dashes(&[(left, y), (right, y)], Ink::Bad, 1.2);
        if y <= free {
            let words = format!("limit {}", short(Some(limit)));
            canvas.text(&words, (right - 3.0, y - 7.0), 10.0, Ink::Bad, Anchor::End);
            free = y - 12.0;
        }
    }
    frame.draw_edges(canvas);
    let mut between: Vec<Point> = Vec::new();
    for &(at, value) in &lane.between {
        if value.is_finite() && frame.y_holds(value) {
            between.push(frame.at(at.as_secs_f64(), value));
        } else {
            // A gap stays one.
            canvas.line(&std::mem::take(&mut between), Ink::Faint, 1.2);
        }
    }
    canvas.line(&between, Ink::Faint, 1.2);
    let numbers = || {
        lane.readings
            .iter()
            .filter_map(|reading| Some((reading, reading.value.filter(|value| value.is_finite())?)))
    };
    if lane.between.is_empty() {
        let line: Vec<Point> = numbers()
            .map(|(reading, value)| frame.at(reading.at.as_secs_f64(), value))
            .collect();
        canvas.line(&line, Ink::Faint, 1.0);
    }
    let mut drawn = Once::default();
    for (reading, value) in numbers() {
        let place = frame.at(reading.at.as_secs_f64(), value);
        if drawn.is_new(place, reading.phase) {
            canvas.verdict(reading.phase, place);
        }
    }
    off_the_axis(canvas, frame, lane, numbers());
    if numberless(lane).next().is_some() {
        let y = frame.to.1 + STRIP * 0.6;
        canvas.text("no number", (left - 4.0, y), 9.0, Ink::Faint, Anchor::End);
        for reading in numberless(lane) {
            let place = (frame.at(reading.at.as_secs_f64(), 0.0).0, y);
            if drawn.is_new(place, reading.phase) {
                canvas.verdict(reading.phase, place);
            }
        }
    }
}

fn draw_zone(canvas: &mut Canvas, frame: &Frame, zone: &Zone) {
    let (ink, alpha, words) = match zone.phase {
        Phase::Failed => (Ink::Bad, 0.15, "fails"),
        Phase::Inconclusive => (Ink::Open, 0.15, "inconclusive"),
        Phase::Error => (Ink::Faint, 0.2, "error"),
        Phase::Successful | Phase::Pending | Phase::Running => return,
    };
    let (from, to) = (frame.at(0.0, zone.high), frame.at(frame.x_end(), zone.low));
    canvas.rectangle(from, to, ink, alpha);
    if to.1 - from.1 > 11.0 {
        let middle = f64::midpoint(from.0, to.0);
        canvas.text(words, (middle, from.1 + 2.0), 10.0, ink, Anchor::Below);
    }
}

/// Readings that do not fit stand on the edge; the farthest says how far it went.
fn off_the_axis<'r>(
    canvas: &mut Canvas,
    frame: &Frame,
    lane: &Lane,
    numbers: impl Iterator<Item = (&'r Reading, f64)>,
) {
    let high = lane.zones.last().map_or(f64::INFINITY, |zone| zone.high);
    let beyond = numbers.filter(|(_, value)| *value > high);
    let farthest = beyond.fold(None, |most: Option<(&Reading, f64)>, next| match most {
        Some(most) if most.1 >= next.1 => Some(most),
        _ => Some(next),
    });
    if let Some((reading, value)) = farthest {
        let (x, y) = frame.at(reading.at.as_secs_f64(), high);
        let words = format!("up to {}", short(Some(value)));
        if x + words_wide(&words, 10.0) + 8.0 < frame.to.0 {
            canvas.text(&words, (x + 7.0, y + 2.0), 10.0, Ink::Text, Anchor::Start);
        } else {
            canvas.text(&words, (x - 7.0, y + 2.0), 10.0, Ink::Text, Anchor::End);
        }
    }
}

fn draw_bar(canvas: &mut Canvas, frame: &Frame, bar: &Bar) {
    let y = frame.to.1 - 7.0;
    let from = (frame.at(0.0, 0.0).0, y);
    let to = (frame.at(bar.until, 0.0).0, y);
    let words = fitting(&bar.words, 11.0, frame.to.0 - 2.0);
    canvas.text(&words, (2.0, frame.from.1 + 8.0), 11.0, Ink::Text, Anchor::Start);
    if bar.decided {
        canvas.line(&[from, to], Ink::Series(bar.index), 3.0);
        canvas.marker(bar.index, to);
    } else {
        canvas.dashes(&[from, to], Ink::Series(bar.index), 2.4);
    }
}

fn draw_growth(canvas: &mut Canvas, frame: &Frame, curve: &[(f64, f64)], end: f64) {
    let until = curve.iter().take_while(|(at, _)| *at <= end);
    let line: Vec<Point> = until.clone().map(|&(x, y)| frame.at(x, y)).collect();
    let (Some(&first), Some(&last)) = (line.first(), line.last()) else {
        return;
    };
    let mut area = line.clone();
    area.extend([(last.0, frame.to.1), (first.0, frame.to.1)]);
    canvas.shape(&area, Ink::Bad, 0.2);
    canvas.line(&line, Ink::Bad, 2.0);
    if let Some((_, most)) = until.last() {
        let words = grouped(&format!("{most:.0}"));
        canvas.text(
            &words,
            (last.0 - 4.0, (last.1 - 8.0).max(frame.from.1 + 2.0)),
            10.5,
            Ink::Text,
            Anchor::End,
        );
    }
}

/// Signs that would lie on an equal one are drawn once: a day of looks makes no larger picture than fits a screen.
#[derive(Default)]
struct Once(std::collections::BTreeSet<(i64, i64, u8)>);

impl Once {
    fn is_new(&mut self, (x, y): Point, phase: Phase) -> bool {
        self.0.insert((x.round() as i64, y.round() as i64, phase as u8))
    }
}
