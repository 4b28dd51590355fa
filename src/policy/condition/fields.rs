//! The fields of an answer that a condition reads.

use std::collections::BTreeSet;

use super::tree::{Node, NodeKind};
use super::value::Value;

/// Names, outermost first, of every field that `tree` reads: `result[0].latency['95']` is `latency`, `95`. One that is
/// only passed on the way to another is left out.
pub(super) fn of(tree: &Node) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    walk(tree, &mut found);
    let passed = |path: &Vec<String>| {
        found
            .iter()
            .any(|longer| longer.len() > path.len() && longer.starts_with(path))
    };
    found.iter().filter(|path| !passed(path)).cloned().collect()
}

fn walk(node: &Node, found: &mut BTreeSet<Vec<String>>) {
    if let NodeKind::Member { .. } = node.kind {
        let mut path = Vec::new();
        names(node, &mut path);
        if !path.is_empty() {
            found.insert(path);
        }
    }
    node.children().into_iter().for_each(|child| walk(child, found));
}

/// The names on the way to `node`.
fn names(node: &Node, path: &mut Vec<String>) {
    match &node.kind {
        NodeKind::Member { base, property, .. } => {
            names(base, path);
            if let Some(Value::Text(name)) = property.constant() {
                path.push(name.to_string());
            }
        }
        NodeKind::Chain(inside) => names(inside, path),
        _ => {}
    }
}

/// Whether `node` is a part of the answer (or of an element of it) that is reached by a name.
pub(super) fn is_field(node: &Node) -> bool {
    let mut path = Vec::new();
    names(node, &mut path);
    !path.is_empty() && stands_in_answer(node)
}

fn stands_in_answer(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Result | NodeKind::Pointer(super::tree::Pointer::Element) => true,
        NodeKind::Member { base, .. } => stands_in_answer(base),
        NodeKind::Chain(inside) => stands_in_answer(inside),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::condition::Condition;

    #[test]
    fn fields_are_read_by_their_names() {
        for (text, fields) in [
            ("result < 1", vec![]),
            ("result[0] < 1", vec![]),
            ("result.errorRate < 1", vec!["errorRate"]),
            (
                "result['errorRate'] < 1 || result?.errorRate == nil",
                vec!["errorRate"],
            ),
            ("all(result, .errorRate < 1)", vec!["errorRate"]),
            ("result[0].Values[0] < 1", vec!["Values"]),
            ("all(result[0].Values, # < 1)", vec!["Values"]),
            ("result.a != nil && result.a['95'] < 1", vec!["a/95"]),
            ("result.a < 1 && result.b < 1", vec!["a", "b"]),
            ("let x = result[0]; x.y < 1", vec!["y"]),
            ("result <", vec![]),
        ] {
            let found: Vec<String> = Condition::new(text)
                .fields()
                .iter()
                .map(|path| path.join("/"))
                .collect();
            assert_eq!(found, fields, "{text}");
        }
    }
}
