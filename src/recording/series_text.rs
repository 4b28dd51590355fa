//! A series as text: `name{label="value",…}`.

use std::fmt::Write as _;

use crate::series::Labels;

/// The label set of `name{label="value",…}`.
///
/// # Errors
///
/// What was expected instead.
pub(super) fn read(text: &str) -> Result<Labels, String> {
    let (name, inside) = match text.split_once('{') {
        Some((name, rest)) => (name.trim(), rest.strip_suffix('}').ok_or("a closing '}'")?),
        None => (text.trim(), ""),
    };
    if name.is_empty() && inside.is_empty() {
        return Err("the name of a series".into());
    }
    let mut pairs: Vec<(String, String)> = Vec::new();
    if !name.is_empty() {
        pairs.push((Labels::NAME.into(), name.into()));
    }
    let mut rest = inside.trim();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            // A quoted name: {"http.requests", …} or {"http.requests"="x"}.
            let (label, after) = unquote(quoted)?;
            match after.trim_start().strip_prefix('=') {
                Some(value) => {
                    let value = value
                        .trim_start()
                        .strip_prefix('"')
                        .ok_or("a label value in double quotes")?;
                    let (value, after) = unquote(value)?;
                    pairs.push((label, value));
                    rest = after;
                }
                None => {
                    pairs.push((Labels::NAME.into(), label));
                    rest = after;
                }
            }
        } else {
            let (label, value) = rest.split_once('=').ok_or("label=\"value\"")?;
            let value = value
                .trim_start()
                .strip_prefix('"')
                .ok_or("a label value in double quotes")?;
            let (value, after) = unquote(value)?;
            pairs.push((label.trim().into(), value));
            rest = after;
        }
        rest = rest.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if rest.is_empty() => rest,
            None => return Err("',' or '}' after a label".into()),
        };
    }
    Ok(Labels::new(pairs))
}

/// The text up to the closing quote, and what follows it.
fn unquote(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, other)) => value.push(other),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("a closing quote".into())
}

/// The text of a label set: what [`read`] takes back. Names that are no plain ones are quoted, as Prometheus 3 does.
pub(super) fn write(labels: &Labels) -> String {
    let mut text = String::new();
    let mut inside = Vec::new();
    match labels.name() {
        Some(name) if is_plain(name, true) => text.push_str(name),
        Some(name) => inside.push(quoted(name)),
        None => {}
    }
    for (name, value) in labels.iter().filter(|(name, _)| *name != Labels::NAME) {
        let name = if is_plain(name, false) {
            name.to_owned()
        } else {
            quoted(name)
        };
        inside.push(format!("{name}={}", quoted(value)));
    }
    if !inside.is_empty() || text.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{{{}}}", inside.join(","));
    }
    text
}

/// Whether a name needs no quotes; only names of metrics may hold colons.
fn is_plain(name: &str, colons: bool) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || colons && byte == b':';
    name.bytes().all(fits) && !name.starts_with(|first: char| first.is_ascii_digit()) && !name.is_empty()
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_writes_the_forms_of_a_series() {
        for (text, again) in [
            ("up", "up"),
            ("up{}", "up"),
            ("a:b{ c = \"d\" , }", "a:b{c=\"d\"}"),
            (
                "{\"http.requests\",\"x.y\"=\"z\"}",
                "{\"http.requests\",\"x.y\"=\"z\"}",
            ),
            ("{a=\"b\"}", "{a=\"b\"}"),
        ] {
            assert_eq!(write(&read(text).unwrap()), again, "{text}");
        }
        for text in [
            "",
            "{}",
            "a{b}",
            "a{b=c}",
            "a{b=\"c\" d=\"e\"}",
            "a{b=\"c\"",
            "a{b=\"c}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(pairs in prop::collection::vec(("[a-z.]{1,3}", "(?s).{1,6}"), 1..4)) {
            let labels = Labels::new(pairs);
            prop_assert_eq!(read(&write(&labels)), Ok(labels));
        }

        #[test]
        fn nothing_panics(text in "[a\"{}=,\\\\ ]{0,20}") {
            let _ = read(&text);
        }
    }
}
