//! Values of fields: quantities with the units that people write, held to what a world can be.

use std::ops::RangeInclusive;

use super::fields::{Fields, Read};
use crate::diagnostic::Finding;
use crate::policy::argo::duration;
use crate::scenario::{Delay, Part};
use crate::units::Duration;
use crate::yaml::{Node, Plain};

/// A number of a range.
pub(super) fn number(range: RangeInclusive<f64>) -> impl Fn(&Node) -> Read<f64> {
    move |node| {
        let number = node.expect_number()?;
        if range.contains(&number) {
            return Ok(number);
        }
        Err(node.unexpected(&format!("a number from {} to {}", range.start(), range.end())))
    }
}

/// A part of a whole: `0.02`, or `2%`.
pub(super) fn ratio(node: &Node) -> Read<f64> {
    let wanted = "a ratio from 0 to 1, or from 0% to 100%";
    let ratio = match node.plain() {
        Some(Plain::Text(text)) => {
            let percent = text
                .strip_suffix('%')
                .and_then(|number| number.trim().parse::<f64>().ok());
            percent.ok_or_else(|| node.unexpected(wanted))? / 100.0
        }
        _ => node.expect_number().map_err(|_| node.unexpected(wanted))?,
    };
    if (0.0..=1.0).contains(&ratio) {
        Ok(ratio)
    } else {
        Err(node.unexpected(wanted))
    }
}

/// A length of time of a range, as Go writes it: `90s`, `1h30m`.
pub(super) fn duration(least: Duration, most: Duration) -> impl Fn(&Node) -> Read<Duration> {
    move |node| {
        let wanted = format!("a duration from {least} to {most}");
        let Some(Plain::Text(text)) = node.plain() else {
            return Err(without_unit(node, &wanted));
        };
        match duration::parse(text) {
            Ok(length) if (least..=most).contains(&length) => Ok(length),
            Ok(_) => Err(node.unexpected(&wanted)),
            Err(error) => Err(Box::new(node.unexpected(&wanted).help(error.to_string()))),
        }
    }
}

/// A length of time that may be drawn: `30s`, `10s..2m` or `30s~0.5`, as `wanted` says.
pub(super) fn delay(least: Duration, wanted: &str) -> impl Fn(&Node) -> Read<Delay> {
    move |node| {
        let Some(Plain::Text(text)) = node.plain() else {
            return Err(without_unit(node, wanted));
        };
        Delay::of_at_least(least, text).ok_or_else(|| match text.parse::<f64>() {
            Ok(_) => without_unit(node, wanted),
            Err(_) => node.unexpected(wanted),
        })
    }
}

/// The finding that `wanted` was expected where no length of time stands; a bare number is one without its unit.
fn without_unit(node: &Node, wanted: &str) -> Box<Finding> {
    let number = node
        .text()
        .filter(|text| text.parse::<f64>().is_ok_and(|number| number > 0.0));
    let help = match number {
        Some(number) => format!("write it with its unit: {number}s, or {number}m"),
        None => "write it with its unit: 90s, 5m, 1h30m".to_owned(),
    };
    Box::new(node.unexpected(wanted).help(help))
}

/// One of several words.
pub(super) fn word<T: Copy>(words: &[(&str, T)]) -> impl Fn(&Node) -> Read<T> {
    move |node| {
        let found = words.iter().find(|(word, _)| node.text() == Some(word));
        let wanted = || {
            words
                .iter()
                .map(|(word, _)| *word)
                .collect::<Vec<_>>()
                .join(" or ")
        };
        found
            .map(|&(_, value)| value)
            .ok_or_else(|| node.unexpected(&wanted()))
    }
}

/// A line of text.
pub(super) fn text(node: &Node) -> Read<String> {
    node.expect_text().map(str::to_owned)
}

/// `requests: 20%` or `pods: 1`.
pub(super) fn part(fields: &mut Fields<'_>, part: &mut Part) {
    let (mut requests, mut pods) = (None, None);
    fields.read_some("requests", &mut requests, ratio);
    fields.read_some("pods", &mut pods, Node::expect_count);
    match (requests, pods) {
        (Some(requests), None) => *part = Part::Requests(requests),
        (None, Some(pods)) => *part = Part::Pods(pods),
        (None, None) => {}
        (Some(_), Some(_)) => {
            fields.object(Finding::error(
                "a fault meets a part of the requests, or some pods, not both",
            ));
        }
    }
}
