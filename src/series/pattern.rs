/// A pattern of Prometheus (RE2, as Go has it) in the syntax of the `regex` crate.
///
/// Classes such as `\d` are ASCII there, a brace that counts nothing and a bracket in a class stand for themselves, and
/// `\Q…\E` quotes.
///
/// # Errors
///
/// RE2 does not have this syntax, though the crate does.
pub fn rust_pattern(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut in_class = false;
    let mut repeated = false;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        let mut repeats = false;
        match c {
            '\\' => taken = escape(rest, in_class, &mut out)?,
            '[' if in_class => match rest.find(":]") {
                Some(end) if rest.starts_with("[:") => {
                    taken = end + 2;
                    out += &rest[..taken];
                }
                _ => out += "\\[",
            },
            '[' => {
                in_class = true;
                taken += usize::from(rest[1..].starts_with('^'));
                out += &rest[..taken];
                // First in its class, a closing bracket stands for itself.
                if rest[taken..].starts_with(']') {
                    out += "\\]";
                    taken += 1;
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(c);
            }
            '&' | '~' if in_class => out.extend(['\\', c]),
            '-' if in_class && rest.starts_with("--") => out += "\\-",
            _ if in_class => out.push(c),
            '*' | '+' | '?' => {
                repeats = true;
                out.push(c);
            }
            '{' => match counted(rest) {
                Some(length) => {
                    repeats = true;
                    taken = length;
                    out += &rest[..taken];
                }
                None => out += "\\{",
            },
            '(' if rest.starts_with("(?") => {
                let flags = rest[2..].split([':', ')', '<']).next().unwrap_or_default();
                if flags.contains(['x', 'u', 'R']) {
                    return Err(format!("unknown flag in (?{flags}"));
                }
                taken = 2;
                out += "(?";
            }
            _ => out.push(c),
        }
        if repeats {
            if repeated {
                return Err("a repetition of a repetition".to_owned());
            }
            if rest[taken..].starts_with('?') {
                taken += 1;
                out.push('?');
            }
        }
        repeated = repeats;
        rest = &rest[taken..];
    }
    Ok(out)
}

/// Writes what `rest`, which begins with a backslash, stands for; how much of it was read.
fn escape(rest: &str, in_class: bool, out: &mut String) -> Result<usize, String> {
    if let Some(quoted) = rest.strip_prefix("\\Q") {
        let length = quoted.find("\\E").unwrap_or(quoted.len());
        *out += &regex::escape(&quoted[..length]);
        return Ok((length + 4).min(rest.len()));
    }
    let Some(next) = rest[1..].chars().next() else {
        return Err("a backslash at the end".to_owned());
    };
    let ascii = match next {
        'd' => Some("0-9"),
        'w' => Some("0-9A-Za-z_"),
        's' => Some("\\t\\n\\f\\r "),
        'D' => Some("^0-9"),
        'W' => Some("^0-9A-Za-z_"),
        'S' => Some("^\\t\\n\\f\\r "),
        _ => None,
    };
    match (next, ascii) {
        (_, Some(class)) => *out += &format!("[{class}]"),
        ('b', None) if !in_class => *out += "(?-u:\\b)",
        ('u' | 'U' | '<' | '>', None) => return Err(format!("invalid escape \\{next}")),
        ('x' | 'p' | 'P', None) if rest[2..].starts_with('{') => {
            let end = rest.find('}').ok_or("a brace is never closed")?;
            *out += &rest[..=end];
            return Ok(end + 1);
        }
        _ => out.extend(['\\', next]),
    }
    Ok(1 + next.len_utf8())
}

/// Length of a `{2}`, `{2,}` or `{2,5}` that `text` begins with.
fn counted(text: &str) -> Option<usize> {
    let end = text.find('}')?;
    let (least, most) = text[1..end].split_once(',').unwrap_or((&text[1..end], ""));
    let digits = |count: &str| count.bytes().all(|b| b.is_ascii_digit());
    (!least.is_empty() && digits(least) && digits(most)).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::rust_pattern;
    use crate::series::{MatchOp, Matcher};

    fn matches(pattern: &str, text: &str) -> bool {
        Matcher::new("a", MatchOp::Regex, pattern).unwrap().accepts(text)
    }

    #[test]
    fn patterns_mean_what_they_mean_in_re2() {
        for (pattern, yes, no) in [
            ("\\d+", "12", "\u{663}"),
            ("\\w", "a", "é"),
            ("[\\d-]+", "1-2", "a"),
            ("[^\\w]", "é", "a"),
            ("x{", "x{", "x"),
            ("x{,2}", "x{,2}", "xx"),
            ("x{2}", "xx", "x{2}"),
            ("[[a]", "[", "b"),
            ("[]a]", "]", "b"),
            ("[a&&b]", "&", "c"),
            ("\\Qa.b\\E.", "a.bc", "axbc"),
            ("[[:alpha:]]+", "ab", "1"),
            ("(?i)ab", "AB", "ac"),
            ("a.b", "a\nb", "ab"),
            ("5..|4..", "503", "5033"),
            ("a*?b", "aab", "aa"),
            ("\\bfoo\\b", "foo", "fo"),
        ] {
            assert!(matches(pattern, yes), "{pattern} {yes}");
            assert!(!matches(pattern, no), "{pattern} {no}");
        }
    }

    #[test]
    fn what_re2_refuses_is_refused() {
        for pattern in [
            "a**", "a{2}{3}", "(?x)a", "\\u0041", "\\<a", "(?=a)", "*", "(", "[", "\\", "\\Z", "a{2,1}",
        ] {
            assert!(Matcher::new("a", MatchOp::Regex, pattern).is_err(), "{pattern}");
        }
        assert_eq!(rust_pattern("a|b.c").unwrap(), "a|b.c");
    }

    proptest::proptest! {
        #[test]
        fn any_pattern_is_read_or_refused(pattern in "[a\\\\\\[\\](){}*+?^,:0-9QEpxdwé&~-]{0,12}") {
            let _ = Matcher::new("a", MatchOp::Regex, pattern);
        }
    }
}
