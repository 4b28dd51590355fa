use crate::diagnostic::{DocumentId, Finding, Span};
use crate::yaml::{Node, Plain};

/// A Kubernetes object: a mapping with `apiVersion` and `kind`.
#[derive(Clone, Debug)]
pub struct Object {
    /// Group of `apiVersion`; empty for the core.
    pub group: String,
    /// Version of `apiVersion`.
    pub version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.name`; empty if it has none.
    pub name: String,
    /// `metadata.namespace`
    pub namespace: Option<String>,
    /// The whole object.
    pub root: Node,
}

impl Object {
    /// The object that `root` writes; `None` if it has no `kind`, or no `apiVersion`.
    pub fn of(root: Node) -> Option<Self> {
        let text = |path: &[&str]| root.at(path).and_then(Node::text).map(str::to_owned);
        let api = text(&["apiVersion"])?;
        let (group, version) = api.rsplit_once('/').unwrap_or(("", &api));
        Some(Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: text(&["kind"])?,
            name: text(&["metadata", "name"]).unwrap_or_default(),
            namespace: text(&["metadata", "namespace"]).filter(|name| !name.is_empty()),
            root,
        })
    }

    /// Whether this is a `kind` of the API group `group`.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }

    /// Whether both lie in one namespace as far as anybody says: most documents leave it to kubectl or kustomize.
    pub fn may_see(&self, other: &Self) -> bool {
        match (&self.namespace, &other.namespace) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        }
    }

    /// The document that it is written in.
    pub fn document(&self) -> DocumentId {
        self.root.span.document
    }

    /// Where its name stands, or its kind.
    pub fn title(&self) -> Span {
        let name = self.root.at(&["metadata", "name"]).or(self.root.get("kind"));
        name.map_or(self.root.span, |node| node.span)
    }

    /// A value inside.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        self.root.at(path).filter(|node| !node.is_null())
    }

    /// A mapping of texts inside (labels, a selector).
    pub fn texts(&self, path: &[&str]) -> Vec<(String, String)> {
        self.root.at(path).map(texts).unwrap_or_default()
    }
}

/// Keys and values of a mapping of texts. Values that are not texts are left out.
pub fn texts(node: &Node) -> Vec<(String, String)> {
    let entries = node.entries().iter();
    let mut found: Vec<_> = entries
        .filter_map(|(key, value)| Some((key.text()?.to_owned(), value.text()?.to_owned())))
        .collect();
    found.sort();
    found
}

/// Whether `labels` have all that `selector` asks; an empty selector asks for nobody.
pub fn selects(selector: &[(String, String)], labels: &[(String, String)]) -> bool {
    !selector.is_empty() && selector.iter().all(|pair| labels.contains(pair))
}

/// Whether a Prometheus label is made of a pod's: `app_kubernetes_io_name` of `app.kubernetes.io/name`, perhaps with `label_`
/// before it.
pub fn same_label(pod_label: &str, name: &str) -> bool {
    let plain = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let (pod_label, name) = (plain(pod_label), plain(name));
    name == pod_label || name.strip_prefix("label_") == Some(&pod_label)
}

/// Keeps the value, or the finding.
pub fn take<T>(result: Result<T, Box<Finding>>, findings: &mut Vec<Finding>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(finding) => {
            findings.push(*finding);
            None
        }
    }
}

/// Adds what to do about `${VAR}`, if that is what stands at `node` where something else was expected.
pub fn with_placeholder_help(finding: Box<Finding>, node: &Node) -> Box<Finding> {
    match node.plain() {
        Some(Plain::Text(text)) if text.contains("${") || text.starts_with('$') => {
            Box::new(finding.help("fill in the placeholder first, as envsubst or your pipeline does"))
        }
        _ => finding,
    }
}
