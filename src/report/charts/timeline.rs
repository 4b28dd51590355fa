use super::axis::{Axis, Frame};
use super::canvas::{Anchor, Canvas, draw};
use super::panels::{Panel, words_wide};
use super::theme::Ink;

/// Panels one below the other along one time, and lines through all of them.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// What it shows.
    pub title: String,
    /// The same for those who listen.
    pub description: String,
    /// What the time is counted from.
    pub axis: String,
    /// Seconds at its right end; it begins at 0.
    pub end: f64,
    /// Moments that get a line through all panels.
    pub moments: Vec<Moment>,
    /// The panels, from the top.
    pub panels: Vec<Panel<'a>>,
}

/// A moment and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Seconds.
    pub at: f64,
    /// Its name.
    pub words: String,
    /// How it is drawn.
    pub tone: Tone,
}

/// How a moment is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A decision: a full line.
    Decision,
    /// Harm: dashes.
    Harm,
    /// The active Service is led to another version: dashes, and a triangle on top.
    Switch,
}

/// How wide a chart is: a screen and a sheet of paper, or a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Width {
    Wide,
    Narrow,
}

/// Height of a line of words above the panels.
const WORDS: f64 = 15.0;

/// Draws a timeline.
pub fn timeline(chart: &Chart<'_>, width: Width) -> String {
    let width = match width {
        Width::Wide => 800.0,
        Width::Narrow => 360.0,
    };
    let (from, to) = (52.0, width - 14.0);
    let time = Frame {
        from: (from, 0.0),
        to: (to, 0.0),
        x: Axis::time(chart.end),
        y: Axis::halves(),
    };
    let labels = labels(chart, &time, width);
    let rows = labels.iter().map(|label| label.row + 1).max().unwrap_or(0);
    let head = 4.0 + WORDS * rows as f64;
    let heights: Vec<f64> = chart.panels.iter().map(Panel::height).collect();
    let bottom = head + heights.iter().sum::<f64>();
    draw(
        (width, bottom + 40.0),
        &chart.title,
        &chart.description,
        |canvas| {
            let whole = Frame {
                from: (from, head),
                to: (to, bottom),
                x: Axis::time(chart.end),
                y: Axis::halves(),
            };
            whole.draw_x(canvas, &chart.axis);
            let mut top = head;
            let mut open = Vec::new();
            for (panel, height) in chart.panels.iter().zip(&heights) {
                panel.draw(canvas, (from, to), top, chart.end);
                open.extend(panel.open().iter().map(|(from, to)| (top + from, top + to)));
                top += height;
            }
            for (moment, label) in chart.moments.iter().zip(&labels) {
                let above = 4.0 + WORDS * label.row as f64;
                for (from, to) in std::iter::once((above, head)).chain(open.iter().copied()) {
                    let (from, to) = ((label.x, from), (label.x, to));
                    match moment.tone {
                        Tone::Decision => canvas.line(&[from, to], Ink::Text, 1.6),
                        Tone::Harm => canvas.dashes(&[from, to], Ink::Bad, 1.6),
                        Tone::Switch => canvas.dashes(&[from, to], Ink::Text, 1.6),
                    }
                }
                if moment.tone == Tone::Switch {
                    let (x, y) = (label.x, head - 1.0);
                    canvas.shape(&[(x - 5.0, y), (x + 5.0, y), (x, y + 8.0)], Ink::Text, 1.0);
                }
                label.draw(canvas, moment);
            }
        },
    )
}

/// Where the name of a moment stands.
struct Label {
    x: f64,
    row: usize,
    anchor: Anchor,
}

/// Names beside their lines, each in the first row where it has room, below the names that its line would go through; the
/// first moment highest.
fn labels(chart: &Chart<'_>, time: &Frame, width: f64) -> Vec<Label> {
    let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
    let place = |moment: &Moment| {
        let x = time.at(moment.at, 0.0).0;
        let long = words_wide(&moment.words, 11.0) + 10.0;
        let (anchor, stretch) = if x + long < width {
            (Anchor::Start, (x - 2.0, x + long))
        } else {
            (Anchor::End, (x - long, x + 2.0))
        };
        let free = |row: &Vec<(f64, f64)>| row.iter().all(|(from, to)| stretch.1 < *from || stretch.0 > *to);
        let crossed = |row: &Vec<(f64, f64)>| row.iter().any(|(from, to)| (*from..=*to).contains(&x));
        let below = taken.iter().rposition(crossed).map_or(0, |row| row + 1);
        let row = (below..taken.len())
            .find(|&row| free(&taken[row]))
            .unwrap_or(taken.len());
        if row == taken.len() {
            taken.push(Vec::new());
        }
        taken[row].push(stretch);
        Label { x, row, anchor }
    };
    chart.moments.iter().map(place).collect()
}

impl Label {
    fn draw(&self, canvas: &mut Canvas, moment: &Moment) {
        let y = 4.0 + WORDS * (self.row as f64 + 0.5);
        let ink = match moment.tone {
            Tone::Decision | Tone::Switch => Ink::Text,
            Tone::Harm => Ink::Bad,
        };
        let x = match self.anchor {
            Anchor::End => self.x - 5.0,
            Anchor::Start | Anchor::Below => self.x + 5.0,
        };
        canvas.text(&moment.words, (x, y), 11.0, ink, self.anchor);
    }
}
