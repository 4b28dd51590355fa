use crate::series::{Labels, MatchOp, Matcher};

/// A selector of PromQL with these matchers, a plain name before the braces.
pub fn selector(matchers: &[Matcher]) -> String {
    let is_name = |matcher: &&Matcher| matcher.name == Labels::NAME;
    let mut names = matchers.iter().filter(is_name);
    // Prometheus refuses a name that is stated twice, unless both stand inside the braces.
    let before = match (names.next(), names.next()) {
        (Some(only), None) if only.op == MatchOp::Equal && is_metric(&only.value) => only.value.as_str(),
        _ => "",
    };
    let inside = matchers
        .iter()
        .filter(|matcher| before.is_empty() || !is_name(matcher));
    let inside: Vec<String> = inside.map(matcher).collect();
    match (before, inside.as_slice()) {
        ("", inside) => format!("{{{}}}", inside.join(",")),
        (name, []) => name.to_owned(),
        (name, inside) => format!("{name}{{{}}}", inside.join(",")),
    }
}

/// One matcher as it stands inside the braces.
pub fn matcher(matcher: &Matcher) -> String {
    format!(
        "{}{}{}",
        name(&matcher.name),
        matcher.op.text(),
        quoted(&matcher.value)
    )
}

/// Whether a series' name may stand before the braces; keywords may not.
fn is_metric(name: &str) -> bool {
    const WORDS: [&str; 16] = [
        "and",
        "or",
        "unless",
        "atan2",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "offset",
        "bool",
        "inf",
        "nan",
        "start",
        "end",
    ];
    let plain = |(n, c): (usize, char)| {
        c == '_' || c == ':' || c.is_ascii_alphabetic() || n > 0 && c.is_ascii_digit()
    };
    !name.is_empty()
        && name.chars().enumerate().all(plain)
        && !WORDS.contains(&name.to_ascii_lowercase().as_str())
}

/// A label's name; one that only Prometheus 3 knows is quoted.
fn name(name: &str) -> String {
    let plain = |(n, c): (usize, char)| c == '_' || c.is_ascii_alphabetic() || n > 0 && c.is_ascii_digit();
    if !name.is_empty() && name.chars().enumerate().all(plain) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// A text in double quotes, as Go reads them.
fn quoted(text: &str) -> String {
    let mut done = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => done.extend(['\\', c]),
            '\n' => done.push_str("\\n"),
            c if u32::from(c) < 0x20 || c == '\u{7f}' => done.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => done.push(c),
        }
    }
    done.push('"');
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_it_was_meant() {
        let matcher = |name: &str, op, value: &str| Matcher::new(name, op, value).unwrap();
        let matchers = [
            matcher("__name__", MatchOp::Equal, "up"),
            matcher("path", MatchOp::Regex, "/a\\.b|\"c\""),
            matcher("é.x", MatchOp::NotEqual, "\n\u{1}"),
        ];
        assert_eq!(selector(&matchers), r#"up{path=~"/a\\.b|\"c\"","é.x"!="\n\x01"}"#);
        let name = |value| matcher("__name__", MatchOp::Equal, value);
        assert_eq!(selector(&[name("up")]), "up");
        assert_eq!(
            selector(&[name("a:b"), name("c")]),
            r#"{__name__="a:b",__name__="c"}"#
        );
        assert_eq!(selector(&[name("NaN")]), r#"{__name__="NaN"}"#);
        assert_eq!(selector(&[name("a.b")]), r#"{__name__="a.b"}"#);
    }
}
