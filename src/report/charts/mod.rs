//! Charts as SVG fragments for the page: one chart a file, the only room that imports plotters.
//!
//! Each panel is its own small picture, so that a page can set them side by side on a wide screen and one below the
//! other on a phone. Lengths inside a panel are CSS pixels; colours are CSS variables (`--ink`, `--faint`, `--grid`,
//! `--paper` and `--series-1` to `--series-7`), which the page gives for light and dark.

mod axis;
mod blast_radius;
mod canvas;
mod detection;
mod deployments;
mod panels;
mod theme;
mod timeline;
mod trade_off;

pub use blast_radius::{Group, blast_radius};
pub use canvas::{marker, sign};
pub use deployments::{Did, Row, deployments};
pub use detection::{Curve, Step, detection};
pub use panels::{Bar, Panel};
pub use theme::SERIES;
pub use timeline::{Chart, Moment, Tone, Width, timeline};
pub use trade_off::{Spot, trade_off};

/// Width of a line from end to end between recorded days; that of the trials is broader.
const DAYS: f64 = 0.7;

/// A number and its intervals, as a chart draws them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Lower end.
    pub low: f64,
    /// The number itself.
    pub at: f64,
    /// Upper end.
    pub high: f64,
    /// Ends between recorded days, of a world that has two or more.
    pub days: Option<(f64, f64)>,
}

impl Mark {
    /// Lower end of the wider of its intervals.
    fn lowest(&self) -> f64 {
        self.days.map_or(self.low, |(low, _)| low.min(self.low))
    }

    /// Upper end of the wider of its intervals.
    fn highest(&self) -> f64 {
        self.days.map_or(self.high, |(_, high)| high.max(self.high))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NASTY: &str = "</svg><script>alert(\"1\")</script> fill=\"#000001\" & ' \u{1b}]]>";

    fn all(world: &str, policy: &str, horizon: f64, mark: Mark, policies: usize) -> [String; 4] {
        let spot = Spot {
            index: policies,
            policy: policy.to_owned(),
            detect: mark,
            false_rollbacks: mark,
        };
        let step = Step {
            seconds: mark.low,
            share: mark,
        };
        let curve = Curve {
            index: policies,
            policy: policy.to_owned(),
            steps: vec![step; 3],
        };
        let group = Group {
            world: world.to_owned(),
            harmed: vec![Some(mark), None],
        };
        [
            trade_off(world, horizon, &vec![spot; policies]),
            detection(world, horizon, &vec![curve; policies]),
            blast_radius(&vec![group; policies]),
            marker(policies, policy),
        ]
    }

    #[test]
    fn a_name_cannot_inject_markup_and_no_fixed_colour_is_left() {
        let mark = Mark {
            low: 0.1,
            at: 0.2,
            high: 0.3,
            days: Some((0.0, 0.6)),
        };
        for svg in all(NASTY, NASTY, 3600.0, mark, 9) {
            assert!(!svg.contains("<script"), "{svg}");
            assert_eq!(svg.matches("</svg>").count(), 1, "{svg}");
            assert!(!svg.contains("=\"#"), "{svg}");
            assert!(svg.starts_with("<svg ") && svg.contains("<title>") && svg.contains("<desc>"));
            assert!(svg.contains("var(--series-"));
        }
    }

    proptest! {
        #[test]
        fn any_number_can_be_drawn(
            horizon in any::<f64>(),
            low in any::<f64>(),
            at in any::<f64>(),
            high in any::<f64>(),
            days in any::<Option<(f64, f64)>>(),
            policies in 0usize..12,
        ) {
            for svg in all("world", "policy", horizon, Mark { low, at, high, days }, policies) {
                prop_assert!(svg.ends_with("</svg>"));
            }
        }
    }

    #[test]
    fn nothing_measured_is_still_a_picture() {
        assert!(blast_radius(&[]).ends_with("</svg>"));
        assert!(detection("w", 60.0, &[]).ends_with("</svg>"));
        assert!(trade_off("w", 60.0, &[]).ends_with("</svg>"));
    }
}
