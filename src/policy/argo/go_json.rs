//! A metric as Go writes it to JSON: only good for telling how far a lone `{{` runs on.

use crate::yaml::{Kind, Node, Plain};

/// Fields of a metric in the order of the controller's type.
const METRIC: [&str; 11] = [
    "name",
    "interval",
    "initialDelay",
    "count",
    "successCondition",
    "failureCondition",
    "failureLimit",
    "inconclusiveLimit",
    "consecutiveErrorLimit",
    "provider",
    "consecutiveSuccessLimit",
];

/// The metric as JSON.
pub fn metric(metric: &Node) -> String {
    let mut text = String::from("{");
    for name in METRIC {
        let Some(value) = metric.get(name).filter(|value| !value.is_null()) else {
            continue;
        };
        key(name, &mut text);
        match value.get("prometheus") {
            Some(prometheus) if name == "provider" => {
                text.push_str("{\"prometheus\":{");
                provider(prometheus, &mut text);
                text.push_str("}}");
            }
            _ => any(value, &mut text),
        }
    }
    text.push('}');
    text
}

fn provider(prometheus: &Node, text: &mut String) {
    for name in ["address", "query"] {
        if let Some(value) = prometheus.get(name).filter(|value| !value.is_null()) {
            key(name, text);
            any(value, text);
        }
    }
    key("authentication", text);
    match prometheus.get("authentication") {
        Some(value) => any(value, text),
        None => text.push_str("{\"sigv4\":{},\"oauth2\":{},\"basicAuth\":{}}"),
    }
    for (name, value) in prometheus.entries() {
        match name.text() {
            Some(name) if !["address", "query", "authentication"].contains(&name) => {
                key(name, text);
                any(value, text);
            }
            _ => {}
        }
    }
}

fn key(name: &str, text: &mut String) {
    if !text.ends_with('{') {
        text.push(',');
    }
    string(name, text);
    text.push(':');
}

fn any(node: &Node, text: &mut String) {
    match &node.kind {
        Kind::Sequence(items) => {
            text.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    text.push(',');
                }
                any(item, text);
            }
            text.push(']');
        }
        Kind::Mapping(entries) => {
            text.push('{');
            for (n, (key, value)) in entries.iter().enumerate() {
                if n > 0 {
                    text.push(',');
                }
                string(key.text().unwrap_or(""), text);
                text.push(':');
                any(value, text);
            }
            text.push('}');
        }
        Kind::Scalar { text: written, .. } => match node.plain() {
            Some(Plain::Null) => text.push_str("null"),
            Some(Plain::Text(value)) => string(value, text),
            _ => text.push_str(written),
        },
    }
}

fn string(value: &str, text: &mut String) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", c as u32)),
            c if (c as u32) < 0x20 => text.push_str(&format!("\\u{:04x}", c as u32)),
            c => text.push(c),
        }
    }
    text.push('"');
}
