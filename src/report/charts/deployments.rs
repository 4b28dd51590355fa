use super::axis::{Axis, Frame};
use super::canvas::{Anchor, Canvas, draw};
use super::theme::Ink;
use super::timeline::Width;

/// One deployment and what each policy would have done with it. Times are seconds since it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// What is known of it.
    pub truth: String,
    /// When harm was plain to see from outside.
    pub harm_seen: Option<f64>,
    /// When it was over.
    pub until: f64,
    /// What each policy did, in the order of the call.
    pub did: Vec<Did>,
}

/// What a policy did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Did {
    /// Rolled back then.
    RolledBack(f64),
    /// Promoted then.
    Promoted(f64),
    /// Nothing by the end.
    Nothing,
}

/// Height of a deployment's row.
const ROW: f64 = 15.0;

/// A row a deployment: how long it ran, when its harm was plain to see, and when each policy would have rolled back.
/// Times beyond `end` stand at the right edge.
pub fn deployments(title: &str, description: &str, rows: &[Row], end: f64, width: Width) -> String {
    let width = match width {
        Width::Wide => 800.0,
        Width::Narrow => 360.0,
    };
    let bottom = 6.0 + ROW * rows.len() as f64;
    draw((width, bottom + 40.0), title, description, |canvas| {
        let frame = Frame {
            from: (52.0, 6.0),
            to: (width - 14.0, bottom),
            x: Axis::time(end),
            y: Axis::halves(),
        };
        frame.draw_x(canvas, "since the deployment");
        for (index, row) in rows.iter().enumerate() {
            draw_row(canvas, &frame, row, 6.0 + ROW * (index as f64 + 0.5));
        }
        frame.draw_edges(canvas);
    })
}

fn draw_row(canvas: &mut Canvas, frame: &Frame, row: &Row, y: f64) {
    let x = |seconds: f64| frame.at(seconds, 0.0).0;
    canvas.text(&row.id, (2.0, y), 10.0, Ink::Faint, Anchor::Start);
    canvas.line(&[(x(0.0), y), (x(row.until), y)], Ink::Grid, 3.0);
    if let Some(seen) = row.harm_seen {
        let x = x(seen);
        canvas.line(&[(x, y - ROW * 0.42), (x, y + ROW * 0.42)], Ink::Bad, 2.2);
    }
    // Those that act at one moment stand beside each other, the later ones of the call to the right.
    let mut taken: Vec<f64> = Vec::new();
    for (index, did) in row.did.iter().enumerate() {
        let Did::RolledBack(after) = did else { continue };
        let mut place = x(*after);
        while taken.iter().any(|other| (other - place).abs() < 8.0) {
            place += 8.5;
        }
        taken.push(place);
        canvas.marker(index, (place, y));
    }
}
