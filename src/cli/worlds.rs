//! `coalmine scenario`: the worlds there are, and what each asks of a policy.

use std::path::Path;

use super::exit::Exit;
use crate::scenario::{BATTERY, BATTERY_OF_BITES, BATTERY_OF_GAUGES, Listed, Verdict, listed};

/// Writes the list to stdout.
pub(super) fn list() -> Exit {
    let parts = [
        ("battery/short: played unless others are named", listed(&BATTERY)),
        (
            "also played where some query reads a gauge",
            listed(&BATTERY_OF_GAUGES),
        ),
        (
            "what people were bitten by, played by name or with --scenario battery",
            listed(&BATTERY_OF_BITES),
        ),
    ];
    let all = || parts.iter().flat_map(|(_, worlds)| worlds);
    let width = all().map(|world| world.short.len()).max().unwrap_or(0);
    let line = |world: &Listed| {
        let truth = match world.truth {
            Verdict::Harmless => "harmless",
            Verdict::Harmful => "harmful ",
        };
        let (short, indent) = (world.short, " ".repeat(width + 12));
        format!(
            "  {short:width$}  {truth}  {}\n{indent}{}\n",
            world.description, world.asks
        )
    };
    let mut text = String::new();
    for (title, worlds) in &parts {
        text += &format!("{title}\n");
        worlds.iter().for_each(|world| text += &line(world));
        text += "\n";
    }
    text += "--scenario takes a name, a glob ('latency-*'), battery for all of them, or a file with a Scenario document.\n";
    match super::out::write(Path::new("-"), &text) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::CouldNotJudge,
    }
}
