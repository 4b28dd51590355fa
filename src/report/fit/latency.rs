//! How long requests take, in a fitted document.

use std::fmt::Write as _;

use super::sheet::{Part, Sheet, between, length};
use crate::scenario::exposition::Exposition;
use crate::scenario::{Latency, Limits, document, standard};
use crate::stats::Estimate;
use crate::world::{Fit, FittedLatency};

impl Sheet {
    pub(super) fn latency(&mut self, latency: &FittedLatency) -> std::fmt::Result {
        let median_line = |median: f64| length(median.clamp(0.001, 3600.0));
        match latency {
            FittedLatency::Unknown => self.left_out("    latency", "nothing tells how long requests take"),
            FittedLatency::Mean { mean, within } => {
                let sigma = standard(&Limits::default()).service.latency.sigma;
                let by_sigma = libm::exp(-sigma * sigma / 2.0);
                writeln!(self.text, "    latency:")?;
                self.line(
                    "      median",
                    &median_line(mean.point * by_sigma),
                    &format!("of a mean of {}", between(mean, 1000.0, 1, "ms")),
                )?;
                self.line(
                    "      sigma",
                    &format!("{sigma}"),
                    "standard: sums were recorded, and no buckets that tell it",
                )?;
                let median = mean.point * by_sigma;
                self.within(within, Latency { median, sigma })
            }
            FittedLatency::Buckets {
                median,
                sigma,
                within,
            } => {
                writeln!(self.text, "    latency:")?;
                let said = between(median, 1000.0, 1, "ms");
                let held = if median.point < 0.001 {
                    format!("{said}; a document knows no less than 1ms")
                } else {
                    said
                };
                self.line("      median", &median_line(median.point), &held)?;
                let spread = match sigma {
                    Some(sigma) => {
                        let held = sigma.point.clamp(0.01, 4.0);
                        self.line(
                            "      sigma",
                            &format!("{held:.3}"),
                            &between(sigma, 1.0, 3, "log-sd"),
                        )?;
                        held
                    }
                    None => {
                        let sigma = standard(&Limits::default()).service.latency.sigma;
                        self.line(
                            "      sigma",
                            &format!("{sigma}"),
                            "standard: only two buckets hold anything",
                        )?;
                        sigma
                    }
                };
                let fitted = Latency {
                    median: median.point,
                    sigma: spread,
                };
                self.within(within, fitted)
            }
        }
    }

    /// The buckets, and what the lognormal makes of them.
    fn within(&mut self, within: &[(f64, Estimate)], fitted: Latency) -> std::fmt::Result {
        if !within.is_empty() {
            writeln!(
                self.text,
                "      # of requests within a bound: recorded, and by this lognormal"
            )?;
        }
        for (bound, part) in within.iter().filter(|(bound, _)| *bound > 0.0) {
            writeln!(
                self.text,
                "      #   {bound}s: {:.3} % ({}), {:.3} %",
                part.point * 100.0,
                between(part, 100.0, 3, "").trim_end(),
                fitted.within(*bound) * 100.0
            )?;
        }
        Ok(())
    }

    /// The histogram as it was recorded: quantiles are read off its bounds.
    pub(super) fn buckets(&mut self, fit: &Fit, exposition: &Exposition) -> std::fmt::Result {
        let sound = |(_, bounds): &&(String, Vec<f64>)| {
            let ascending = bounds.windows(2).all(|pair| pair[0] < pair[1]);
            ascending && bounds.first().is_some_and(|&first| first > 0.0)
        };
        let histogram = fit.histogram.as_ref().filter(sound);
        let Some((name, bounds)) = histogram.filter(|_| self.has(Part::Latency)) else {
            return Ok(());
        };
        let mut families = exposition
            .families
            .iter()
            .filter(|family| family.name == *name)
            .cloned();
        let Some(mut family) = families.next() else {
            return Ok(());
        };
        let Some(histogram) = &mut family.histogram else {
            return Ok(());
        };
        histogram.bounds = bounds.clone();
        let document = document::write(&[family]);
        let (_, stated) = document.split_once("spec:\n").unwrap_or_default();
        writeln!(
            self.text,
            "  # Its bounds are as recorded, its labels as the policy's queries tell the versions apart.\n{}",
            stated.trim_end()
        )
    }
}
