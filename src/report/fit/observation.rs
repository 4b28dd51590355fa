//! What Prometheus sees of it, in a fitted document.

use super::sheet::{NOT_ASKED, Part, Sheet, between};
use crate::scenario::recorded::Measured;
use crate::scenario::{Limits, standard};
use crate::world::Fit;
use std::fmt::Write as _;

impl Sheet {
    pub(super) fn observation(&mut self, fit: &Fit, measured: &Measured) -> std::fmt::Result {
        let usual = &standard(&Limits::default()).observation;
        if !self.has(Part::Scrapes) {
            return self.left_out("  observation", NOT_ASKED);
        }
        writeln!(self.text, "  observation:")?;
        let said = fit
            .interval
            .as_ref()
            .map_or("the usual distance of scrapes".to_owned(), |interval| {
                between(interval, 1000.0, 0, "ms between two scrapes")
            });
        self.line(
            "    scrapeInterval",
            &format!("{}ms", measured.interval.as_millis().min(3_600_000)),
            &said,
        )?;
        if let Some(jitter) = &fit.jitter {
            // More than a quarter of the interval would let scrapes overtake each other.
            let most = measured.interval.as_millis().min(3_600_000) / 4;
            let held = (libm::round(jitter.point * 1000.0) as i64).clamp(0, most);
            self.line(
                "    jitter",
                &format!("{held}ms"),
                &between(
                    jitter,
                    1000.0,
                    0,
                    "ms off their time at most, by the middle deviation",
                ),
            )?;
        }
        if let Some(missed) = &fit.missed {
            let part = format!("{:.3}%", missed.point * 100.0);
            self.line(
                "    missed",
                &part,
                &between(missed, 100.0, 3, "% of slots have no scrape"),
            )?;
        }
        match fit.births {
            [seen, 0] if seen > 0 => self.line(
                "    countersStartAt",
                "0",
                &format!("{seen} series of outcomes were seen at 0, none of failures was born by its first"),
            )?,
            [0, 0] => self.left_out(
                "    countersStartAt",
                "no series was seen at 0, and none of failures born",
            )?,
            [seen, born] => self.left_out(
                "    countersStartAt",
                &format!(
                    "{born} series of failures were born by their first, {seen} of outcomes were seen at 0"
                ),
            )?,
        }
        self.line(
            "    ingestion",
            &usual.ingestion.to_string(),
            "standard: a recording holds when scrapes were made, not when queries saw them",
        )
    }
}
