use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont};

use super::theme::{Ink, SCALE, finish};
use crate::analysis::Phase;

/// A place in CSS pixels from the upper left corner.
pub(super) type Point = (f64, f64);

/// Where a text stands relative to its place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    /// Begins there, centred in height.
    Start,
    /// Centred there, below.
    Below,
    /// Ends there, centred in height.
    End,
}

/// Plotters' SVG backend, spoken to in CSS pixels and [`Ink`]s. It draws into a string, so drawing cannot fail.
pub(super) struct Canvas<'a>(SVGBackend<'a>);

/// A finished fragment of `width` by `height` CSS pixels, painted by `paint`.
pub(super) fn draw(
    (width, height): (f64, f64),
    title: &str,
    description: &str,
    paint: impl FnOnce(&mut Canvas),
) -> String {
    let mut drawn = String::new();
    let (w, h) = pixel((width, height));
    let size = (w.unsigned_abs(), h.unsigned_abs());
    let mut canvas = Canvas(SVGBackend::with_string(&mut drawn, size));
    paint(&mut canvas);
    let _ = canvas.0.present();
    drop(canvas);
    finish(&drawn, width, height, title, description)
}

/// The marker of policy `index` alone, for a legend.
pub fn marker(index: usize, policy: &str) -> String {
    draw((14.0, 14.0), policy, "its marker in the charts", |canvas| {
        canvas.marker(index, (7.0, 7.0));
    })
}

/// The sign of a verdict alone, for a legend.
pub fn sign(phase: Phase) -> String {
    draw(
        (14.0, 14.0),
        &phase.to_string(),
        "its sign in the charts",
        |canvas| {
            canvas.verdict(phase, (7.0, 7.0));
        },
    )
}

impl Canvas<'_> {
    /// A line through `points`.
    pub(super) fn line(&mut self, points: &[Point], ink: Ink, width: f64) {
        let style = ink.sentinel().stroke_width((width * SCALE) as u32);
        let _ = self.0.draw_path(points.iter().copied().map(pixel), &style);
    }

    /// A line through `points`, in dashes.
    pub(super) fn dashes(&mut self, points: &[Point], ink: Ink, width: f64) {
        let style = ink.dashed().stroke_width((width * SCALE) as u32);
        let _ = self.0.draw_path(points.iter().copied().map(pixel), &style);
    }

    /// A filled rectangle between two corners; `alpha` from 0 to 1.
    pub(super) fn rectangle(&mut self, from: Point, to: Point, ink: Ink, alpha: f64) {
        self.shape(&[from, (to.0, from.1), to, (from.0, to.1)], ink, alpha);
    }

    /// The sign of a verdict: a ring passed, a cross failed, a diamond is neither, a square is an error.
    pub(super) fn verdict(&mut self, phase: Phase, (x, y): Point) {
        let diamond = |size: f64| [(x, y - size), (x + size, y), (x, y + size), (x - size, y)];
        match phase {
            Phase::Successful => {
                self.disc((x, y), 3.4, Ink::Good);
                self.disc((x, y), 2.0, Ink::Paper);
            }
            Phase::Failed => {
                self.line(&[(x - 3.6, y - 3.6), (x + 3.6, y + 3.6)], Ink::Bad, 2.2);
                self.line(&[(x - 3.6, y + 3.6), (x + 3.6, y - 3.6)], Ink::Bad, 2.2);
            }
            Phase::Inconclusive => {
                self.shape(&diamond(5.2), Ink::Open, 1.0);
                self.shape(&diamond(2.8), Ink::Paper, 1.0);
            }
            Phase::Error => self.rectangle((x - 3.4, y - 3.4), (x + 3.4, y + 3.4), Ink::Text, 1.0),
            Phase::Pending | Phase::Running => self.disc((x, y), 1.5, Ink::Faint),
        }
    }

    /// A filled shape; `alpha` from 0 to 1.
    pub(super) fn shape(&mut self, points: &[Point], ink: Ink, alpha: f64) {
        let style = ink.sentinel().mix(alpha);
        let _ = self.0.fill_polygon(points.iter().copied().map(pixel), &style);
    }

    /// A text of `size` CSS pixels.
    pub(super) fn text(&mut self, text: &str, at: Point, size: f64, ink: Ink, anchor: Anchor) {
        let position = match anchor {
            Anchor::Start => Pos::new(HPos::Left, VPos::Center),
            Anchor::Below => Pos::new(HPos::Center, VPos::Top),
            Anchor::End => Pos::new(HPos::Right, VPos::Center),
        };
        // Plotters' backend divides sizes by 1.24.
        let font = ("sans-serif", size * SCALE * 1.24).into_font();
        let style = font.color(&ink.sentinel()).pos(position);
        let _ = self.0.draw_text(text, &style, pixel(at));
    }

    /// The marker of policy `index`: its colour and, for eyes that do not tell colours apart, its shape.
    pub(super) fn marker(&mut self, index: usize, (x, y): Point) {
        let ink = Ink::Series(index);
        let around =
            |corners: &[Point]| -> Vec<Point> { corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect() };
        match index % 5 {
            0 => self.disc((x, y), 4.2, ink),
            1 => self.shape(
                &around(&[(-3.8, -3.8), (3.8, -3.8), (3.8, 3.8), (-3.8, 3.8)]),
                ink,
                1.0,
            ),
            2 => self.shape(&around(&[(0.0, -4.8), (4.8, 3.8), (-4.8, 3.8)]), ink, 1.0),
            3 => self.shape(
                &around(&[(0.0, -5.4), (5.4, 0.0), (0.0, 5.4), (-5.4, 0.0)]),
                ink,
                1.0,
            ),
            _ => {
                self.line(&around(&[(-3.8, -3.8), (3.8, 3.8)]), ink, 2.4);
                self.line(&around(&[(-3.8, 3.8), (3.8, -3.8)]), ink, 2.4);
            }
        }
    }

    /// Rubs out the middle of a marker: nothing was counted there.
    pub(super) fn hollow(&mut self, at: Point) {
        self.disc(at, 1.9, Ink::Paper);
    }

    fn disc(&mut self, at: Point, radius: f64, ink: Ink) {
        let radius = (radius * SCALE) as u32;
        let _ = self.0.draw_circle(pixel(at), radius, &ink.sentinel(), true);
    }
}

/// Whole pixels as plotters wants them; a number that is none lands in the corner.
fn pixel((x, y): Point) -> (i32, i32) {
    ((x * SCALE).round() as i32, (y * SCALE).round() as i32)
}
