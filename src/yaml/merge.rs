//! Keys written twice, and merge keys.

use super::{Kind, Node, Style};
use crate::diagnostic::Finding;

/// Entries of a mapping from its keys and values in turn. Of equal keys the last counts, in the place of the first;
/// what `<<` brings comes last and never replaces what is written.
pub fn entries(children: Vec<Node>, findings: &mut Vec<Finding>) -> Result<Vec<(Node, Node)>, Box<Finding>> {
    let mut written: Vec<(Node, Node)> = Vec::with_capacity(children.len() / 2);
    let mut merged = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    let mut children = children.into_iter();
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        if is_merge(&key) {
            merged.push(value);
            continue;
        }
        let Some(name) = key.text().map(str::to_owned) else {
            written.push((key, value));
            continue;
        };
        if let Some(&at) = places.get(&name) {
            let first: &mut (Node, Node) = &mut written[at];
            findings.push(
                Finding::warning(format!("the key `{name}` is written twice"))
                    .at(key.span, "Kubernetes' reader takes this one")
                    .at(first.0.span, "and drops this one")
                    .help("remove one of the two: stricter readers (kustomize, Helm) refuse them"),
            );
            *first = (key, value);
        } else {
            places.insert(name, written.len());
            written.push((key, value));
        }
    }
    for value in merged {
        for (key, value) in mappings(value)? {
            if let Some(name) = key.text().filter(|name| !places.contains_key(*name)) {
                places.insert(name.to_owned(), written.len());
                written.push((key, value));
            }
        }
    }
    Ok(written)
}

fn is_merge(key: &Node) -> bool {
    matches!(&key.kind, Kind::Scalar { text, style: Style::Plain } if text == "<<")
}

fn mappings(value: Node) -> Result<Vec<(Node, Node)>, Box<Finding>> {
    let refused =
        |node: &Node| Box::new(Finding::error("a merge key merges mappings only").at(node.span, ""));
    match value.kind {
        Kind::Mapping(entries) => Ok(entries),
        Kind::Sequence(items) => {
            let mut all = Vec::new();
            for item in items {
                match item.kind {
                    Kind::Mapping(entries) => all.extend(entries),
                    _ => return Err(refused(&item)),
                }
            }
            Ok(all)
        }
        Kind::Scalar { .. } => Err(refused(&value)),
    }
}
