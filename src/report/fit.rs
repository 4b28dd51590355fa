//! A fitted service as a Scenario document, every number with its interval beside it.

use std::fmt::Write as _;

use crate::scenario::recorded::Measured;
use crate::stats::Estimate;
use crate::units::Duration;
use crate::world::{Fit, Past};

/// Draws `fit` of `past`; `name` and `digest` are those of the recording.
pub fn draw(fit: &Fit, past: &Past, measured: &Measured, name: &str, digest: &str) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = write(&mut text, fit, past, measured, name, digest);
    text
}

fn write(
    out: &mut String,
    fit: &Fit,
    past: &Past,
    measured: &Measured,
    name: &str,
    digest: &str,
) -> std::fmt::Result {
    let days = match past.days() {
        1 => "one day: how far days differ cannot be said".to_owned(),
        days => format!("{days} days; days that were not recorded may differ more"),
    };
    let whole = |length: Duration| Duration::from_secs(length.as_millis() / 1000);
    writeln!(
        out,
        "# Fitted to {} of {name:?} (digest {digest}).\n\
         # Intervals: 95 %, stationary bootstrap in blocks of {} in the mean. Recorded on {days}.",
        whole(past.length()),
        whole(past.block())
    )?;
    writeln!(out, "apiVersion: coalmine/v1\nkind: Scenario\nspec:\n  traffic:")?;
    line(
        out,
        "    rate",
        &format!("{:.4}", fit.rate.point),
        &between(&fit.rate, 1.0, 4, "requests/s"),
    )?;
    line(out, "    daily", "0%", "not fitted")?;
    let noise = fit.noise.point.min(2.0);
    line(
        out,
        "    noise",
        &format!("{noise:.3}"),
        &between(&fit.noise, 1.0, 3, "log-sd"),
    )?;
    writeln!(out, "  service:")?;
    let errors = format!("{:.4}%", fit.errors.point * 100.0);
    line(out, "    errors", &errors, &between(&fit.errors, 100.0, 4, "%"))?;
    if let Some((median, sigma)) = &fit.latency {
        writeln!(out, "    latency:")?;
        let millis = format!("{}ms", libm::round(median.point * 1000.0).max(1.0));
        line(out, "      median", &millis, &between(median, 1000.0, 1, "ms"))?;
        let held = sigma.point.clamp(0.01, 4.0);
        line(
            out,
            "      sigma",
            &format!("{held:.3}"),
            &between(sigma, 1.0, 3, "log-sd"),
        )?;
    } else {
        writeln!(out, "    # latency: no buckets were recorded")?;
    }
    writeln!(out, "    noise:")?;
    let shared = fit.error_noise.point.min(2.0);
    line(
        out,
        "      shared",
        &format!("{shared:.3}"),
        &between(&fit.error_noise, 1.0, 3, "log-sd"),
    )?;
    line(
        out,
        "      private",
        "0",
        "not fitted: one service was recorded, not two versions of it",
    )?;
    let seconds = libm::round(fit.correlation.point).clamp(1.0, 86_400.0);
    line(
        out,
        "      correlation",
        &format!("{seconds}s"),
        &between(&fit.correlation, 1.0, 0, "s, of the rate"),
    )?;
    writeln!(out, "  observation:")?;
    line(
        out,
        "    scrapeInterval",
        &format!("{}ms", measured.interval.as_millis()),
        "the usual distance of scrapes",
    )?;
    if let Some(missed) = &fit.missed {
        let part = format!("{:.3}%", missed.point * 100.0);
        line(
            out,
            "    missed",
            &part,
            &between(missed, 100.0, 3, "% of slots have no scrape"),
        )?;
    }
    writeln!(
        out,
        "# Variance over mean of requests, beyond 1 what single requests do not explain:"
    )?;
    for (window, dispersion) in &fit.dispersion {
        writeln!(
            out,
            "#   in {window}: {:.2} ({})",
            dispersion.point,
            between(dispersion, 1.0, 2, "").trim_end()
        )?;
    }
    Ok(())
}

fn line(out: &mut String, name: &str, value: &str, said: &str) -> std::fmt::Result {
    let stated = format!("{name}: {value}");
    writeln!(out, "{stated:<28} # {said}")
}

fn between(estimate: &Estimate, factor: f64, digits: usize, unit: &str) -> String {
    let [low, high] = [estimate.low, estimate.high].map(|end| end * factor);
    format!("{low:.digits$} to {high:.digits$} {unit}")
}
