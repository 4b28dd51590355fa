//! The document: its head, traffic and service, and what stands below it.

use std::fmt::Write as _;

use crate::scenario::exposition::Exposition;
use crate::scenario::recorded::Measured;
use crate::scenario::{Limits, standard};
use crate::stats::Estimate;
use crate::units::Duration;
use crate::world::{Fit, Past};

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
pub(super) const NOT_ASKED: &str = "not asked of this recording";

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

pub(super) struct Sheet {
    pub(super) text: String,
    parts: Vec<Part>,
}

impl Sheet {
    pub(super) fn has(&self, part: Part) -> bool {
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
        // What no document may state is stated as near as it may be; the interval beside it says so.
        self.line(
            "    rate",
            &format!("{:.4}", fit.rate.point.min(1e6)),
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
    pub(super) fn noise(&mut self, name: &str, noise: &Estimate) -> std::fmt::Result {
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

    pub(super) fn line(&mut self, name: &str, value: &str, said: &str) -> std::fmt::Result {
        let stated = format!("{name}: {value}");
        writeln!(self.text, "{stated:<28} # {said}")
    }

    pub(super) fn left_out(&mut self, name: &str, why: &str) -> std::fmt::Result {
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
pub(super) fn length(seconds: f64) -> String {
    let millis = libm::round(seconds * 1000.0).max(1.0);
    match millis {
        many if many >= 100_000.0 => format!("{}s", libm::round(seconds).min(86_400.0)),
        few => format!("{few}ms"),
    }
}

pub(super) fn between(estimate: &Estimate, factor: f64, digits: usize, unit: &str) -> String {
    let [low, high] = [estimate.low, estimate.high].map(|end| end * factor);
    format!("{low:.digits$} to {high:.digits$} {unit}")
}
