use std::collections::BTreeSet;

use super::words::words_wide;
use crate::analysis::Phase;
use crate::report::charts::axis::Frame;
use crate::report::charts::canvas::{Anchor, Canvas, Point};
use crate::report::charts::theme::Ink;
use crate::report::lane::{Lane, Reading, Zone, short};

/// Height of the strip for looks without a number.
pub(super) const STRIP: f64 = 15.0;

/// Looks without a number that an axis holds.
pub(super) fn numberless(lane: &Lane) -> impl Iterator<Item = &Reading> {
    let finite = |reading: &&Reading| !reading.value.is_some_and(f64::is_finite);
    lane.readings.iter().filter(finite)
}

/// Zones, limits, and a sign for each look.
pub(super) fn draw_readings(canvas: &mut Canvas, frame: &Frame, lane: &Lane) {
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

/// Signs that would lie on an equal one are drawn once: a day of looks makes no larger picture than fits a screen.
#[derive(Default)]
struct Once(BTreeSet<(i64, i64, u8)>);

impl Once {
    fn is_new(&mut self, (x, y): Point, phase: Phase) -> bool {
        self.0.insert((x.round() as i64, y.round() as i64, phase as u8))
    }
}
