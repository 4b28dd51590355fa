//! Events of the YAML parser to a tree.

use std::collections::BTreeMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{Content, Kind, Node, Part, Style, limits, merge};
use crate::diagnostic::{DocumentId, Finding, Span};

/// The part of `text` that `range` covers.
pub fn part(id: DocumentId, text: &str, range: Range<usize>) -> Part {
    let mut tree = Tree::new(Places::new(id, &text[range.clone()], range.start));
    let content = match tree.build(&text[range.clone()]) {
        Ok(None) => Content::Empty,
        Ok(Some(node)) if node.is_null() => Content::Empty,
        Ok(Some(node)) => Content::Tree(node),
        Err(finding) => {
            tree.findings = vec![*finding];
            Content::Broken
        }
    };
    Part {
        span: Span::new(id, range),
        content,
        findings: tree.findings,
    }
}

/// Characters counted by the parser to bytes of the file.
struct Places {
    id: DocumentId,
    base: usize,
    /// Byte of each character, the end included; empty where characters are bytes.
    bytes: Vec<u32>,
    length: usize,
}

impl Places {
    fn new(id: DocumentId, text: &str, base: usize) -> Self {
        let ends = std::iter::once(text.len());
        let bytes = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices()
                .map(|(at, _)| at)
                .chain(ends)
                .map(|at| at as u32)
                .collect()
        };
        Self {
            id,
            base,
            bytes,
            length: text.len(),
        }
    }

    fn byte(&self, character: usize) -> usize {
        let at = match self.bytes.last() {
            None => character,
            Some(&end) => self.bytes.get(character).copied().unwrap_or(end) as usize,
        };
        self.base + at.min(self.length)
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        Span::new(self.id, start..self.byte(span.end.index()).max(start))
    }
}

/// A list or mapping that has not ended yet.
struct Open {
    anchor: usize,
    span: Span,
    mapping: bool,
    children: Vec<Node>,
}

struct Tree {
    places: Places,
    open: Vec<Open>,
    root: Option<Node>,
    /// Finished nodes that have an anchor, and what they weigh.
    anchors: BTreeMap<usize, (Node, usize)>,
    expanded: usize,
    findings: Vec<Finding>,
}

type Result<T> = std::result::Result<T, Box<Finding>>;

impl Tree {
    fn new(places: Places) -> Self {
        Self {
            places,
            open: Vec::new(),
            root: None,
            anchors: BTreeMap::new(),
            expanded: 0,
            findings: Vec::new(),
        }
    }

    fn build(&mut self, text: &str) -> Result<Option<Node>> {
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| self.broken(&error, text))?;
            let span = self.places.span(span);
            match event {
                Event::Scalar(content, style, anchor, tag) => {
                    let text_tag = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                    let kind = Kind::Scalar {
                        text: content.into_owned(),
                        style: match style {
                            ScalarStyle::Plain if text_tag => Style::Tagged,
                            ScalarStyle::Plain => Style::Plain,
                            ScalarStyle::SingleQuoted => Style::Single,
                            ScalarStyle::DoubleQuoted => Style::Double,
                            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                        },
                    };
                    let span = self.trimmed(span, text);
                    self.push(Node { span, kind }, anchor);
                }
                Event::SequenceStart(anchor, _) => self.enter(anchor, span, false)?,
                Event::MappingStart(anchor, _) => self.enter(anchor, span, true)?,
                Event::SequenceEnd | Event::MappingEnd => self.leave(span, text)?,
                Event::Alias(anchor) => self.alias(anchor, span)?,
                Event::StreamEnd | Event::DocumentEnd => break,
                Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => {}
            }
        }
        Ok(self.root.take())
    }

    /// Block scalars reach up to the next token: without the white space there.
    fn trimmed(&self, mut span: Span, text: &str) -> Span {
        let base = self.places.base;
        let written = text
            .get(span.start as usize - base..span.end as usize - base)
            .unwrap_or("");
        span.end = span.start + written.trim_end().len() as u32;
        span
    }

    fn enter(&mut self, anchor: usize, span: Span, mapping: bool) -> Result<()> {
        if self.open.len() >= limits::DEPTH {
            return Err(too_deep(span));
        }
        self.open.push(Open {
            anchor,
            span,
            mapping,
            children: Vec::new(),
        });
        Ok(())
    }

    fn leave(&mut self, end: Span, text: &str) -> Result<()> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let last = open.children.last().map_or(open.span.end, |node| node.span.end);
        let mut span = open.span;
        // A flow list or mapping ends with its bracket, which the end event covers; a block one with its last child.
        let base = self.places.base;
        let bracket = text.get(end.start as usize - base..end.end as usize - base);
        let flow =
            text[span.start as usize - base..].starts_with(['[', '{']) && matches!(bracket, Some("]" | "}"));
        span.end = if flow { end.end } else { last.max(span.start) };
        let kind = if open.mapping {
            Kind::Mapping(merge::entries(open.children, &mut self.findings)?)
        } else {
            Kind::Sequence(open.children)
        };
        self.push(Node { span, kind }, open.anchor);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<()> {
        let Some((node, weight)) = self.anchors.get(&anchor) else {
            let message = "the anchor of this alias holds the alias itself";
            return Err(Box::new(Finding::error(message).at(span, "")));
        };
        self.expanded += weight;
        if self.expanded > limits::EXPANSION {
            let message = "the aliases of this document expand to more than any policy holds";
            return Err(Box::new(Finding::error(message).at(span, "this one is too much")));
        }
        if self.open.len() + depth(node) > limits::DEPTH {
            return Err(too_deep(span));
        }
        let node = node.clone();
        self.push(node, 0);
        Ok(())
    }

    fn push(&mut self, node: Node, anchor: usize) {
        if anchor > 0 {
            let weight = weight(&node);
            self.expanded += weight;
            self.anchors.insert(anchor, (node.clone(), weight));
        }
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.root = Some(node),
        }
    }

    fn broken(&self, error: &saphyr_parser::ScanError, text: &str) -> Box<Finding> {
        let start = self.places.byte(error.marker().index());
        let next = text[start - self.places.base..]
            .chars()
            .next()
            .map_or(0, char::len_utf8);
        let span = Span::new(self.places.id, start..start + next);
        if error.info().contains("recursion limit") {
            return too_deep(span);
        }
        Box::new(Finding::error(format!("this is not YAML: {}", error.info())).at(span, ""))
    }
}

fn too_deep(span: Span) -> Box<Finding> {
    let message = format!("lists and mappings nest deeper than {} levels", limits::DEPTH);
    Box::new(Finding::error(message).at(span, ""))
}

fn weight(node: &Node) -> usize {
    let text = node.text().map_or(0, str::len);
    let items: usize = node.items().iter().map(weight).sum();
    let entries: usize = node
        .entries()
        .iter()
        .map(|(key, value)| weight(key) + weight(value))
        .sum();
    limits::NODE + text + items + entries
}

fn depth(node: &Node) -> usize {
    let items = node.items().iter().map(depth).max().unwrap_or(0);
    let entries = node
        .entries()
        .iter()
        .map(|(key, value)| depth(key).max(depth(value)))
        .max()
        .unwrap_or(0);
    1 + items.max(entries)
}
