use super::{Scenario, document};
use crate::diagnostic::{Documents, Severity};
use crate::yaml::{Content, Node, read};

/// Name and text of one file of the battery.
macro_rules! world {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../scenarios/battery/", $name, ".yaml")),
        )
    };
}

/// The standard worlds, played unless others are named, in the order of tables: file name without its ending, and text; harmless ones first.
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

/// What people were bitten by besides: played where they are asked for, harmless ones first.
pub const BATTERY_OF_BITES: [(&str, &str); 10] = [
    world!("route-mix"),
    world!("one-client"),
    world!("load-test"),
    world!("bad-endpoint"),
    world!("late-harm"),
    world!("after-promotion"),
    world!("healing"),
    world!("router-lag"),
    world!("traffic-stops"),
    world!("never-ready"),
];

/// The worlds that policies meet besides when some query of theirs reads a gauge.
pub const BATTERY_OF_GAUGES: [(&str, &str); 5] = [
    world!("gauge-cold"),
    world!("gauge-limit"),
    world!("gauge-leak"),
    world!("gauge-saturation"),
    world!("gauge-stuck"),
];

/// One line of a list of worlds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What `--scenario` takes.
    pub short: &'static str,
    /// Its name in tables.
    pub name: String,
    /// Whether the release is to be stopped.
    pub truth: super::Verdict,
    /// What happens.
    pub description: String,
    /// What it asks of a policy.
    pub asks: String,
}

/// The given worlds of the battery, each with what it asks.
pub fn listed(worlds: &[(&'static str, &str)]) -> Vec<Listed> {
    let service = super::standard(&super::Limits::default());
    let line = |world: &(&'static str, &str)| {
        let tree = tree(world);
        let (short, read) = lay(world, &service);
        Listed {
            short,
            name: read.name,
            truth: read.truth,
            description: read.description,
            asks: document::asks(&tree).unwrap_or_default().to_owned(),
        }
    };
    worlds.iter().map(line).collect()
}

/// All worlds of the battery with their short names, laid over `service`.
pub fn battery(service: &Scenario) -> Vec<(&'static str, Scenario)> {
    BATTERY.iter().map(|world| lay(world, service)).collect()
}

/// Those of what people were bitten by.
pub fn battery_of_bites(service: &Scenario) -> Vec<(&'static str, Scenario)> {
    BATTERY_OF_BITES.iter().map(|world| lay(world, service)).collect()
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
fn tree((name, text): &(&'static str, &str)) -> Node {
    let mut documents = Documents::default();
    let id = documents.add(*name, *text);
    match read(&documents, id).into_iter().next().map(|part| part.content) {
        Some(Content::Tree(tree)) => tree,
        _ => panic!("{name} holds no document"),
    }
}

/// # Panics
///
/// Never: the files are embedded, and a test reads them.
fn lay(world: &(&'static str, &str), service: &Scenario) -> (&'static str, Scenario) {
    let (read, findings) = document::read(&tree(world), service);
    let wrong = findings
        .iter()
        .find(|finding| finding.severity == Severity::Error);
    assert!(wrong.is_none(), "{}: {wrong:?}", world.0);
    (world.0, read)
}
