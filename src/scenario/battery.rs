use super::{Scenario, document};
use crate::diagnostic::{Documents, Severity};
use crate::yaml::{Content, read};

/// Name and text of one file of the battery.
macro_rules! world {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../scenarios/battery/", $name, ".yaml")),
        )
    };
}

/// The standard worlds in the order of tables: file name without its ending, and text; harmless ones first.
pub const BATTERY: [(&str, &str); 16] = [
    world!("plain"),
    world!("cold-start"),
    world!("incident"),
    world!("noisy-neighbour"),
    world!("quiet"),
    world!("very-quiet"),
    world!("missed-scrapes"),
    world!("errors-0.5"),
    world!("errors-2"),
    world!("errors-10"),
    world!("latency-1.2"),
    world!("latency-1.5"),
    world!("latency-3"),
    world!("slow-leak"),
    world!("half-load"),
    world!("bad-pod"),
];

/// The worlds that policies meet besides when some query of theirs reads a gauge.
pub const BATTERY_OF_GAUGES: [(&str, &str); 5] = [
    world!("gauge-cold"),
    world!("gauge-limit"),
    world!("gauge-leak"),
    world!("gauge-saturation"),
    world!("gauge-stuck"),
];

/// All worlds of the battery with their short names, laid over `service`.
pub fn battery(service: &Scenario) -> Vec<(&'static str, Scenario)> {
    BATTERY.iter().map(|world| lay(world, service)).collect()
}

/// Those of gauges; one in which gauges are stuck harms nobody but where `ages` are read.
pub fn battery_of_gauges(service: &Scenario, ages: bool) -> Vec<(&'static str, Scenario)> {
    let worlds = BATTERY_OF_GAUGES.iter();
    let worlds = worlds.filter(|(name, _)| ages || *name != "gauge-stuck");
    worlds.map(|world| lay(world, service)).collect()
}

/// # Panics
///
/// Never: the files are embedded, and a test reads them.
fn lay(&(name, text): &(&'static str, &str), service: &Scenario) -> (&'static str, Scenario) {
    let mut documents = Documents::default();
    let id = documents.add(name, text);
    let parts = read(&documents, id);
    let Some(Content::Tree(tree)) = parts.first().map(|part| &part.content) else {
        panic!("{name} holds no document")
    };
    let (world, findings) = document::read(tree, service);
    let wrong = findings
        .iter()
        .find(|finding| finding.severity == Severity::Error);
    assert!(wrong.is_none(), "{name}: {wrong:?}");
    (name, world)
}
