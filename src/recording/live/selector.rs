use crate::series::Matcher;

/// A selector of PromQL with these matchers.
pub fn selector(matchers: &[Matcher]) -> String {
    let matchers: Vec<String> = matchers
        .iter()
        .map(|matcher| {
            let (name, op) = (name(&matcher.name), matcher.op.text());
            format!("{name}{op}{}", quoted(&matcher.value))
        })
        .collect();
    format!("{{{}}}", matchers.join(","))
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
    use crate::series::MatchOp;

    #[test]
    fn reads_as_it_was_meant() {
        let matcher = |name: &str, op, value: &str| Matcher::new(name, op, value).unwrap();
        let matchers = [
            matcher("__name__", MatchOp::Equal, "up"),
            matcher("path", MatchOp::Regex, "/a\\.b|\"c\""),
            matcher("é.x", MatchOp::NotEqual, "\n\u{1}"),
        ];
        assert_eq!(
            selector(&matchers),
            r#"{__name__="up",path=~"/a\\.b|\"c\"","é.x"!="\n\x01"}"#
        );
    }
}
