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

/// All worlds of the battery with their short names, laid over `service`.
///
/// # Panics
///
/// Never: the files are embedded, and a test reads them.
pub fn battery(service: &Scenario) -> Vec<(&'static str, Scenario)> {
    let lay = |&(name, text): &(&'static str, &str)| {
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
    };
    BATTERY.iter().map(lay).collect()
}
