use super::{Node, limits, parse, split};
use crate::diagnostic::{DocumentId, Documents, Finding, Span};

/// One `---` document of a file.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its bytes.
    pub span: Span,
    /// What it holds.
    pub content: Content,
    /// What is to be said of its YAML alone. A broken part has exactly one error among them.
    pub findings: Vec<Finding>,
}

/// What a part holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing, or comments.
    Empty,
    /// A tree.
    Tree(Node),
    /// It is not YAML.
    Broken,
}

/// The parts of a file, in order; none for an empty file.
///
/// Errors stay in the part they stand in. Errors are: not YAML, an alias without an anchor or inside its own, nesting
/// or expansion beyond every honest use, a merge key that merges no mapping. A key written twice is a warning: Kubernetes'
/// reader takes the last one.
pub fn read(documents: &Documents, id: DocumentId) -> Vec<Part> {
    let text = &documents.get(id).text;
    if text.len() > limits::FILE {
        let span = Span::new(id, 0..0);
        let message = format!("this file is longer than {} MiB", limits::FILE >> 20);
        return vec![Part {
            span,
            content: Content::Broken,
            findings: vec![Finding::error(message).at(span, "")],
        }];
    }
    split::documents(text)
        .into_iter()
        .map(|range| parse::part(id, text, range))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Content, Node, Part, read};
    use crate::diagnostic::Documents;

    fn parts(text: &str) -> Vec<Part> {
        let mut documents = Documents::default();
        let id = documents.add("a.yaml", text);
        read(&documents, id)
    }

    fn tree(text: &str) -> Node {
        match parts(text).remove(0).content {
            Content::Tree(node) => node,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn error(text: &str) -> String {
        let part = parts(text).remove(0);
        assert!(matches!(part.content, Content::Broken), "{text}");
        part.findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn one_broken_document_leaves_the_others_whole() {
        let parts = parts("a: 1\n---\nb: [\n---\n# nothing\n---\nc: 3");
        let kinds: Vec<_> = parts
            .iter()
            .map(|part| match &part.content {
                Content::Empty => "empty",
                Content::Tree(_) => "tree",
                Content::Broken => "broken",
            })
            .collect();
        assert_eq!(kinds, ["tree", "broken", "empty", "tree"]);
        assert_eq!(parts[1].findings.len(), 1);
    }

    #[test]
    fn spans_are_bytes_of_the_file() {
        let text = "\u{feff}# ü\n---\r\nä: ö\r\nlist:\r\n  - é\r\n  - {b: 'c'}\r\n";
        let root = {
            let parts = parts(text);
            match parts.into_iter().last().unwrap().content {
                Content::Tree(node) => node,
                other => panic!("{other:?}"),
            }
        };
        let slice = |node: &Node| &text[node.span.range()];
        assert_eq!(slice(root.get("ä").unwrap()), "ö");
        let items = root.get("list").unwrap().items();
        assert_eq!(slice(&items[0]), "é");
        assert_eq!(slice(&items[1]), "{b: 'c'}");
        assert_eq!(slice(root.get("list").unwrap()), "- é\r\n  - {b: 'c'}");
    }

    #[test]
    fn reads_what_people_write() {
        assert_eq!(
            tree("a: b\t# tab before a comment\n").get("a").unwrap().text(),
            Some("b")
        );
        assert_eq!(tree("{\"a\": [1, \"x\"]}").get("a").unwrap().items().len(), 2);
        assert_eq!(tree("a: !!str 3").get("a").unwrap().text(), Some("3"));
        assert!(tree("a:\nb: 1").get("a").unwrap().is_null());
    }

    #[test]
    fn aliases_and_merge_keys() {
        let root =
            tree("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nmany:\n  <<: [{x: 7}, *b]\nagain: *b\n");
        let value = |path: &[&str]| root.at(path).and_then(Node::text);
        assert_eq!(value(&["use", "x"]), Some("1"));
        assert_eq!(value(&["use", "y"]), Some("3"));
        assert_eq!(value(&["many", "x"]), Some("7"));
        assert_eq!(value(&["many", "y"]), Some("2"));
        assert_eq!(value(&["again", "y"]), Some("2"));
        assert!(root.at(&["use", "<<"]).is_none());
        assert_eq!(
            error("a: &q [*q]"),
            "the anchor of this alias holds the alias itself"
        );
        assert!(error("a: *nope").contains("unknown anchor"));
        assert_eq!(error("a:\n  <<: 3"), "a merge key merges mappings only");
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        let part = parts("a: 1\nb: 2\na: 3\n").remove(0);
        assert_eq!(part.findings[0].message, "the key `a` is written twice");
        let Content::Tree(root) = part.content else {
            panic!("a tree")
        };
        assert_eq!(root.get("a").unwrap().text(), Some("3"));
        assert_eq!(root.entries().len(), 2);
    }

    #[test]
    fn bombs_are_findings() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            let inner = vec![format!("*a{}", n - 1); 9].join(", ");
            bomb.push_str(&format!("a{n}: &a{n} [{inner}]\n"));
        }
        assert!(error(&bomb).contains("aliases"));
        assert!(error(&"[".repeat(200_000)).contains("nest"));
        let mut deep = String::new();
        for n in 0..300 {
            deep.push_str(&format!("{}a:\n", " ".repeat(n)));
        }
        assert!(error(&deep).contains("nest"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,200}") {
            parts(&text);
        }

        #[test]
        fn no_yaml_like_text_makes_it_panic(
            text in "([a-c&*<|>:'\"\\\\{}\\[\\]#,%!?~ \t\r\n-]|: |- |\n---\n|<<: |\\*a|&a |\u{feff}|é|\n  ){0,80}"
        ) {
            for part in parts(&text) {
                if let Content::Tree(node) = &part.content {
                    inside(node, text.len());
                }
            }
        }
    }

    fn inside(node: &Node, length: usize) {
        assert!(node.span.start <= node.span.end && node.span.end as usize <= length);
        node.items().iter().for_each(|item| inside(item, length));
        for (key, value) in node.entries() {
            inside(key, length);
            inside(value, length);
        }
    }
}
