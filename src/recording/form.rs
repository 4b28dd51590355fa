//! Which form a recording has, told by its first bytes; names are looked at by nobody.

use super::number;

/// A form of recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// OpenMetrics or Prometheus text.
    Text,
    /// An answer of Prometheus' HTTP API.
    Answer,
    /// Rows of cells with this byte between them.
    Cells(u8),
    /// Parquet.
    Parquet,
    /// `load` lines, Prometheus' own notation of series.
    Loads,
    /// The same notation in the YAML of promtool's rule tests.
    RuleTests,
}

impl Form {
    /// The form of what begins with `head`; `None` for bytes that are no text.
    pub fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"PAR1") {
            return Some(Self::Parquet);
        }
        if head.contains(&0) {
            return None;
        }
        let lines = || head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        let Some(line) = lines().find(|line| !line.is_empty() && line[0] != b'#') else {
            return Some(Self::Text);
        };
        let begins = |words: &[&[u8]]| {
            words.iter().any(|word| {
                line.strip_prefix(*word)
                    .is_some_and(|rest| rest.is_empty() || rest[0].is_ascii_whitespace())
            })
        };
        if line[0] == b'[' || is_json_object(head.trim_ascii_start()) {
            return Some(Self::Answer);
        }
        if let Some(delimiter) = delimiter(line) {
            return Some(Self::Cells(delimiter));
        }
        if begins(&[b"load", b"load_with_nhcb", b"clear"]) {
            return Some(Self::Loads);
        }
        let key = |line: &[u8]| {
            line.strip_prefix(b"- ")
                .unwrap_or(line)
                .starts_with(b"input_series:")
        };
        let opens = |word: &[u8]| line.strip_prefix(b"- ").unwrap_or(line).starts_with(word);
        let rules: [&[u8]; 5] = [
            b"rule_files:",
            b"tests:",
            b"evaluation_interval:",
            b"interval:",
            b"---",
        ];
        if lines().any(key) && (rules.into_iter().any(opens) || key(line)) {
            return Some(Self::RuleTests);
        }
        Some(Self::Text)
    }
}

/// Whether a text that begins with a brace is JSON, `{"key": …`, and not a sample, `{"name", …} 1 2`.
fn is_json_object(text: &[u8]) -> bool {
    let Some(inside) = text.strip_prefix(b"{") else {
        return false;
    };
    let inside = inside.trim_ascii_start();
    let Some(key) = inside.strip_prefix(b"\"") else {
        return inside.starts_with(b"}");
    };
    let end = key.iter().position(|&byte| byte == b'"');
    end.is_some_and(|end| key[end + 1..].trim_ascii_start().starts_with(b":"))
}

/// The byte between the cells of a table whose first row is `line`; `None` when it is none.
fn delimiter(line: &[u8]) -> Option<u8> {
    if line[0] == b'"' {
        let end = line[1..].iter().position(|&byte| byte == b'"')? + 2;
        return line.get(end).copied().filter(|byte| b",;\t".contains(byte));
    }
    let first = line
        .iter()
        .position(|&byte| b",;\t{".contains(&byte) || byte.is_ascii_whitespace())?;
    match line[first] {
        b'{' => None,
        delimiter @ (b',' | b';') => Some(delimiter),
        blank => {
            // `a 1 2` is a sample; `start time,value` heads a table.
            let rest = line[first..].trim_ascii_start();
            let end = rest
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(rest.len());
            if number::value(&rest[..end]).is_some() {
                None
            } else if blank == b'\t' {
                Some(blank)
            } else {
                line.iter().copied().find(|byte| b",;\t".contains(byte))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_told_by_its_first_bytes() {
        for (head, form) in [
            ("up 1 1", Form::Text),
            ("", Form::Text),
            ("# TYPE a counter\na_total{b=\"c,d\"} 1 2\n# EOF", Form::Text),
            ("a\t1\t2", Form::Text),
            ("{\"http.requests\",a=\"b\"} 1 2", Form::Text),
            ("{\"http.requests\"} 1 2", Form::Text),
            ("{\"status\":\"success\"", Form::Answer),
            ("\n{\n  \"status\" : ", Form::Answer),
            ("[{\"metric\":{}}]", Form::Answer),
            ("time,up\n1,2", Form::Cells(b',')),
            ("start time,value", Form::Cells(b',')),
            ("time;\"up{job=\"\"a\"\"}\"", Form::Cells(b';')),
            ("\"time\",value", Form::Cells(b',')),
            ("time\tvalue\tname", Form::Cells(b'\t')),
            ("PAR1\x15\x00", Form::Parquet),
            ("# worlds\nload 15s\n  up 1x5", Form::Loads),
            (
                "rule_files: []\ntests:\n- interval: 1m\n  input_series:\n",
                Form::RuleTests,
            ),
            ("input_series:\n- series: up\n", Form::RuleTests),
        ] {
            assert_eq!(Form::of(head.as_bytes()), Some(form), "{head}");
        }
        assert_eq!(Form::of(b"\x7fELF\0\0"), None);
    }
}
