use crate::diagnostic::{Finding, Span};
use crate::policy::words;
use crate::yaml::{Kind, Node};

/// What stands in a field, or what is wrong with it.
pub(super) type Read<T> = Result<T, Box<Finding>>;

/// What others call our fields.
const OTHERWISE: [(&str, &str); 9] = [
    ("rps", "rate"),
    ("qps", "rate"),
    ("requestPerSecond", "rate"),
    ("requestsPerSecond", "rate"),
    ("errorRate", "errors"),
    ("errorRatio", "errors"),
    ("fault", "faults"),
    ("interval", "scrapeInterval"),
    ("duration", "length"),
];

/// Which of the `known` fields was meant: a slip away, or under a name that others use.
fn meant<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let otherwise = || {
        let (_, ours) = OTHERWISE
            .iter()
            .find(|(theirs, _)| theirs.eq_ignore_ascii_case(name))?;
        known.iter().copied().find(|known| known == ours)
    };
    words::nearest(name, known.iter().copied()).or_else(otherwise)
}

/// The fields of one mapping: each is asked for once; what nobody asked for is a finding.
pub(super) struct Fields<'a> {
    node: &'a Node,
    place: &'static str,
    known: Vec<&'static str>,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Fields<'a> {
    /// The fields of `node`, called `place` in findings.
    pub fn of(node: &'a Node, place: &'static str, findings: &'a mut Vec<Finding>) -> Self {
        if !matches!(node.kind, Kind::Mapping(_)) && !node.is_null() {
            findings.push(*node.unexpected("a mapping"));
        }
        Self {
            node,
            place,
            known: Vec::new(),
            findings,
        }
    }

    /// Reads `key`, if it is there, into its place.
    pub fn read<T>(&mut self, key: &'static str, into: &mut T, read: impl FnOnce(&Node) -> Read<T>) {
        self.known.push(key);
        match self.node.get(key).map(read) {
            Some(Ok(value)) => *into = value,
            Some(Err(finding)) => self.findings.push(*finding),
            None => {}
        }
    }

    /// As [`Fields::read`], for what must be there.
    pub fn require<T>(&mut self, key: &'static str, into: &mut T, read: impl FnOnce(&Node) -> Read<T>) {
        if self.node.get(key).is_none() {
            let message = format!("the field '{key}' is missing in {} of a scenario", self.place);
            self.object(Finding::error(message));
        }
        self.read(key, into, read);
    }

    /// As [`Fields::read`], for what may be absent and stays so when null is written.
    pub fn read_some<T>(
        &mut self,
        key: &'static str,
        into: &mut Option<T>,
        read: impl FnOnce(&Node) -> Read<T>,
    ) {
        self.read(key, into, |node| {
            if node.is_null() {
                Ok(None)
            } else {
                read(node).map(Some)
            }
        });
    }

    /// Reads the mapping under `key`, if it is there.
    pub fn inside(&mut self, key: &'static str, read: impl FnOnce(&mut Fields<'_>)) {
        self.known.push(key);
        if let Some(node) = self.node.get(key) {
            let mut fields = Fields::of(node, key, self.findings);
            read(&mut fields);
            fields.finish();
        }
    }

    /// Reads every item of the list under `key`, if it is there, each a mapping laid over `blank`.
    pub fn list<T: Clone>(
        &mut self,
        key: &'static str,
        into: &mut Vec<T>,
        blank: &T,
        mut read: impl FnMut(&mut Fields<'_>, &mut T),
    ) {
        self.known.push(key);
        let Some(node) = self.node.get(key) else { return };
        let items = match node.expect_items() {
            Ok(items) => items,
            Err(finding) => return self.findings.push(*finding),
        };
        into.clear();
        for item in items {
            let mut value = blank.clone();
            let mut fields = Fields::of(item, key, self.findings);
            read(&mut fields, &mut value);
            fields.finish();
            into.push(value);
        }
    }

    /// Whether anything stands under `key`.
    pub fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }

    /// Whether a mapping stands under `key`.
    pub fn is_mapping(&self, key: &str) -> bool {
        let node = self.node.get(key);
        node.is_some_and(|node| matches!(node.kind, Kind::Mapping(_)))
    }

    /// Says what is wrong with the whole.
    pub fn object(&mut self, finding: Finding) {
        self.findings.push(finding.at(self.node.span, ""));
    }

    /// How much was found wrong up to here.
    pub fn found(&self) -> usize {
        self.findings.len()
    }

    /// Where the fields stand.
    pub fn span(&self) -> Span {
        self.node.span
    }

    /// A finding for every field that nobody asked for.
    pub fn finish(self) {
        for (key, _) in self.node.entries() {
            let name = key.text().unwrap_or("");
            if !self.known.contains(&name) {
                let message = format!("unknown field '{name}' in {} of a scenario", self.place);
                let mut finding = Finding::error(message).at(key.span, "");
                if let Some(meant) = meant(name, &self.known) {
                    finding = finding.help(format!("did you mean '{meant}'?"));
                }
                let help = format!("the fields here are {}", self.known.join(", "));
                self.findings.push(finding.help(help));
            }
        }
    }
}
