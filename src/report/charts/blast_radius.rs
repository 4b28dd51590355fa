use super::axis::{Axis, Frame};
use super::canvas::{Anchor, draw};
use super::theme::Ink;
use super::{DAYS, Mark};
use crate::score::words;

/// One harmful world and what each policy let happen in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Name of the world.
    pub world: String,
    /// Requests harmed, one for each policy in the order of all groups; absent where nothing was measured.
    pub harmed: Vec<Option<Mark>>,
}

/// Requests harmed, on a scale of powers of ten: a row a world, in it a marker and an interval for each policy.
pub fn blast_radius(groups: &[Group]) -> String {
    const ROW: f64 = 15.0;
    const HEAD: f64 = 20.0;
    let policies = groups.iter().map(|group| group.harmed.len()).max().unwrap_or(0);
    let band = HEAD + ROW * policies as f64 + 6.0;
    let height = 12.0 + band * groups.len() as f64;
    let all = || groups.iter().flat_map(|group| group.harmed.iter().flatten());
    let positive = |value: &f64| *value > 0.0;
    let lowest = all()
        .map(|mark| mark.at)
        .filter(positive)
        .fold(f64::MAX, f64::min);
    let highest = all().map(Mark::highest).filter(positive).fold(1.0, f64::max);
    let description = groups.iter().map(|group| {
        let marks = group.harmed.iter().flatten();
        let numbers: Vec<String> = marks.map(|mark| format!("{:.0}", mark.at)).collect();
        format!("{}: {}.", group.world, numbers.join(", "))
    });
    let description: Vec<String> = description.collect();
    let title = "Requests harmed, by world and policy";
    draw((420.0, height + 38.0), title, &description.join(" "), |canvas| {
        let frame = Frame {
            from: (10.0, 4.0),
            to: (404.0, height),
            x: Axis::decades(lowest.min(highest) * 0.7, highest),
            y: Axis::share(1.0),
        };
        frame.draw_x(canvas, "requests harmed, powers of ten");
        for (row, group) in groups.iter().enumerate() {
            let top = frame.from.1 + band * row as f64;
            canvas.line(&[(frame.from.0, top), (frame.to.0, top)], Ink::Grid, 1.0);
            canvas.text(
                &group.world,
                (frame.from.0 + 5.0, top + 11.0),
                11.5,
                Ink::Text,
                Anchor::Start,
            );
            for (index, mark) in group.harmed.iter().enumerate() {
                let Some(mark) = mark else { continue };
                let y = top + HEAD + ROW * (index as f64 + 0.5);
                let x = |value: f64| frame.at(Axis::log(value), 0.0).0;
                canvas.line(&[(x(mark.low), y), (x(mark.high), y)], Ink::Series(index), 1.8);
                if let Some((low, high)) = mark.days {
                    canvas.line(&[(x(low), y), (x(high), y)], Ink::Series(index), DAYS);
                }
                canvas.marker(index, (x(mark.at), y));
                if mark.at <= 0.0 {
                    canvas.hollow((x(mark.at), y));
                }
                let number = words::requests(mark.low, mark.at, mark.high).number;
                let (right, left) = (
                    x(mark.highest()).max(x(mark.at) + 4.0),
                    x(mark.lowest()).min(x(mark.at) - 4.0),
                );
                if right < frame.to.0 - 40.0 {
                    canvas.text(&number, (right + 5.0, y), 10.0, Ink::Faint, Anchor::Start);
                } else {
                    canvas.text(&number, (left - 5.0, y), 10.0, Ink::Faint, Anchor::End);
                }
            }
        }
        frame.draw_edges(canvas);
    })
}
