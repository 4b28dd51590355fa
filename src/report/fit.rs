//! A fitted service as a Scenario document, every number with its interval beside it, and every number that no recording
//! of one version gives marked as the standard world's.

use std::fmt::Write as _;

use crate::scenario::exposition::Exposition;
use crate::scenario::recorded::Measured;
use crate::scenario::{Limits, document, standard};
use crate::stats::Estimate;
use crate::units::Duration;
use crate::world::{Fit, FittedLatency, Past};

/// The greatest log-sd of noise that a document may state.
const MOST_NOISE: f64 = 2.0;

/// A part of a service that a recording may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// How many requests there are, and how they come.
    Traffic,
    /// How many of them fail, and how that varies.
    Errors,
    /// How long they take.
    Latency,
    /// When scrapes come.
    Scrapes,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 4] = [Self::Traffic, Self::Errors, Self::Latency, Self::Scrapes];
}

/// Why a part is left out that was not asked for.
const NOT_ASKED: &str = "not asked of this recording";

/// A fit, and what it is a fit of.
#[derive(Clone, Copy, Debug)]
pub struct Fitted<'a> {
    /// The numbers.
    pub fit: &'a Fit,
    /// What they were found in.
    pub past: &'a Past,
    /// The same as a recorded world takes it.
    pub measured: &'a Measured,
    /// How the service is taken to show itself.
    pub exposition: &'a Exposition,
    /// Name of the recording.
    pub name: &'a str,
    /// Its digest, or as much of it as is to be shown.
    pub digest: &'a str,
}

/// Draws these parts of a fit.
pub fn draw(fitted: &Fitted<'_>, parts: &[Part]) -> String {
    let Fitted {
        fit,
        past,
        measured,
        exposition,
        name,
        digest,
    } = *fitted;
    let mut sheet = Sheet {
        text: String::new(),
        parts: parts.to_vec(),
    };
    // Writing into a String cannot fail.
    let _ = sheet.head(past, name, digest);
    let _ = sheet.traffic(fit);
    let _ = sheet.service(fit);
    let _ = sheet.observation(fit, measured);
    let _ = sheet.buckets(fit, exposition);
    let _ = sheet.beyond(fit);
    sheet.text
}

struct Sheet {
    text: String,
    parts: Vec<Part>,
}

impl Sheet {
    fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    fn head(&mut self, past: &Past, name: &str, digest: &str) -> std::fmt::Result {
        let days = match past.days() {
            1 => "one day: how far days differ cannot be said".to_owned(),
            days => format!("{days} days; days that were not recorded may differ more"),
        };
        let whole = |length: Duration| Duration::from_secs(length.as_millis() / 1000);
        writeln!(
            self.text,
            "# Fitted to {} of {name:?} (digest {digest}).\n\
             # Intervals: 95 %, stationary bootstrap in blocks of {} in the mean. Recorded on {days}.\n\
             # 'standard': the recording does not tell, so it is assumed, as in the standard world.\n\
             apiVersion: coalmine/v1\nkind: Scenario\nspec:",
            whole(past.length()),
            whole(past.block())
        )
    }

    fn traffic(&mut self, fit: &Fit) -> std::fmt::Result {
        if !self.has(Part::Traffic) {
            return self.left_out("  traffic", NOT_ASKED);
        }
        writeln!(self.text, "  traffic:")?;
        self.line(
            "    rate",
            &format!("{:.4}", fit.rate.point),
            &between(&fit.rate, 1.0, 4, "requests/s"),
        )?;
        match &fit.daily {
            Some(daily) => self.line(
                "    daily",
                &format!("{:.2}%", daily.point * 100.0),
                &between(daily, 100.0, 2, "% busier than the mean at the top"),
            )?,
            None => self.line(
                "    daily",
                &format!("{}%", standard(&Limits::default()).traffic.daily * 100.0),
                "standard: most times of day were not recorded twice",
            )?,
        }
        self.noise("    noise", &fit.noise)
    }

    fn service(&mut self, fit: &Fit) -> std::fmt::Result {
        writeln!(self.text, "  service:")?;
        match &fit.errors {
            _ if !self.has(Part::Errors) => self.left_out("    errors", NOT_ASKED)?,
            Some(errors) => {
                let value = format!("{:.4}%", errors.point * 100.0);
                self.line("    errors", &value, &between(errors, 100.0, 4, "%"))?;
            }
            None => self.left_out("    errors", "nothing that is read tells failures from successes")?,
        }
        if self.has(Part::Latency) {
            self.latency(&fit.latency)?;
        } else {
            self.left_out("    latency", NOT_ASKED)?;
        }
        writeln!(self.text, "    noise:")?;
        match &fit.error_noise {
            _ if !self.has(Part::Errors) => self.left_out("      shared", NOT_ASKED)?,
            Some(noise) => self.noise("      shared", noise)?,
            None => self.left_out("      shared", "without failures none of theirs")?,
        }
        self.line(
            "      private",
            &format!("{}", standard(&Limits::default()).service.noise.private),
            "standard: one service was recorded, not two versions of it",
        )?;
        if !self.has(Part::Traffic) {
            return self.left_out("      correlation", NOT_ASKED);
        }
        self.line(
            "      correlation",
            &length(fit.correlation.point),
            &between(&fit.correlation, 1.0, 1, "s, of the rate"),
        )
    }

    fn latency(&mut self, latency: &FittedLatency) -> std::fmt::Result {
        let median_line = |median: f64| length(median.max(0.001));
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
                self.within(within, crate::scenario::Latency { median, sigma })
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
                let fitted = crate::scenario::Latency {
                    median: median.point,
                    sigma: spread,
                };
                self.within(within, fitted)
            }
        }
    }

    /// The buckets, and what the lognormal makes of them.
    fn within(&mut self, within: &[(f64, Estimate)], fitted: crate::scenario::Latency) -> std::fmt::Result {
        if !within.is_empty() {
            writeln!(
                self.text,
                "      # of requests within a bound: recorded, and by this lognormal"
            )?;
        }
        for (bound, part) in within {
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

    fn observation(&mut self, fit: &Fit, measured: &Measured) -> std::fmt::Result {
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
            &format!("{}ms", measured.interval.as_millis()),
            &said,
        )?;
        if let Some(jitter) = &fit.jitter {
            // More than a quarter of the interval would let scrapes overtake each other.
            let most = measured.interval.as_millis() / 4;
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

    /// The histogram as it was recorded: quantiles are read off its bounds.
    fn buckets(&mut self, fit: &Fit, exposition: &Exposition) -> std::fmt::Result {
        let Some((name, bounds)) = fit.histogram.as_ref().filter(|_| self.has(Part::Latency)) else {
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

    /// What the fit rests on and the document does not hold.
    fn beyond(&mut self, fit: &Fit) -> std::fmt::Result {
        writeln!(
            self.text,
            "  # controller, gauges, cold starts, disturbances: standard; a recording of requests does not tell"
        )?;
        if !self.has(Part::Traffic) {
            return Ok(());
        }
        writeln!(
            self.text,
            "# Variance over mean of requests, beyond 1 what single requests do not explain; and by this noise:"
        )?;
        for (window, dispersion) in &fit.dispersion {
            let seconds = window.as_secs_f64();
            let noise = if fit.noise.low > 0.0 {
                fit.noise.point.min(MOST_NOISE)
            } else {
                0.0
            };
            let by_noise = 1.0
                + fit.rate.point
                    * seconds
                    * crate::stats::noise_variance(noise, fit.correlation.point, seconds);
            writeln!(
                self.text,
                "#   in {window}: {:.2} ({}), {by_noise:.2}",
                dispersion.point,
                between(dispersion, 1.0, 2, "").trim_end()
            )?;
        }
        Ok(())
    }

    /// A log-sd of noise: none where the recording cannot tell it from none.
    fn noise(&mut self, name: &str, noise: &Estimate) -> std::fmt::Result {
        let said = between(noise, 1.0, 3, "log-sd");
        if noise.low > 0.0 {
            return self.line(name, &format!("{:.3}", noise.point.min(MOST_NOISE)), &said);
        }
        self.line(
            name,
            "0",
            &format!("{said}, most likely {:.3}: not told from none", noise.point),
        )
    }

    fn line(&mut self, name: &str, value: &str, said: &str) -> std::fmt::Result {
        let stated = format!("{name}: {value}");
        writeln!(self.text, "{stated:<28} # {said}")
    }

    fn left_out(&mut self, name: &str, why: &str) -> std::fmt::Result {
        let indent = name.len() - name.trim_start().len();
        writeln!(
            self.text,
            "{:indent$}# {}: standard; {why}",
            "",
            name.trim_start()
        )
    }
}

/// A length of time as documents have it, to three digits or so.
fn length(seconds: f64) -> String {
    let millis = libm::round(seconds * 1000.0).max(1.0);
    match millis {
        many if many >= 100_000.0 => format!("{}s", libm::round(seconds).min(86_400.0)),
        few => format!("{few}ms"),
    }
}

fn between(estimate: &Estimate, factor: f64, digits: usize, unit: &str) -> String {
    let [low, high] = [estimate.low, estimate.high].map(|end| end * factor);
    format!("{low:.digits$} to {high:.digits$} {unit}")
}
