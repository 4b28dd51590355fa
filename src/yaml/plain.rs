//! What a plain scalar means. Kubernetes reads with sigs.k8s.io/yaml, a go-yaml v2: YAML 1.1 with gaps, and those are
//! kept here. `yes`, `on`, `y` and their opposites are booleans, `017` is octal, `0b1` binary, `1_000` a number; sixty-based
//! numbers (`1:30`) and dates stay texts (goyaml.v2 `resolve.go`).

/// Meaning of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plain<'a> {
    /// Nothing.
    Null,
    /// `true`, `yes`, `on`, …
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(&'a str),
}

impl<'a> Plain<'a> {
    /// The meaning of a scalar without quotes.
    pub fn of(text: &'a str) -> Self {
        if let Some(word) = word(text) {
            return word;
        }
        match text.as_bytes().first() {
            Some(b'+' | b'-' | b'0'..=b'9' | b'.') => number(text).unwrap_or(Plain::Text(text)),
            _ => Plain::Text(text),
        }
    }
}

fn word(text: &str) -> Option<Plain<'static>> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Plain::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Plain::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Plain::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => Plain::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Plain::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Plain::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

fn number(text: &str) -> Option<Plain<'static>> {
    let digits = text.replace('_', "");
    if let Some(whole) = integer(&digits) {
        return Some(Plain::Int(whole));
    }
    is_decimal(&digits).then(|| digits.parse().ok().map(Plain::Float))?
}

/// As Go's `strconv.ParseInt` with base 0.
fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let size = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if negative { -size } else { size }).ok()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let unsigned = |text: &str| {
        text.strip_prefix(['+', '-'])
            .map_or(text.to_owned(), str::to_owned)
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = unsigned(mantissa);
    let whole = match mantissa.split_once('.') {
        None => digits(&mantissa),
        Some(("", after)) => digits(after),
        Some((before, after)) => digits(before) && (after.is_empty() || digits(after)),
    };
    whole && exponent.is_none_or(|exponent| digits(&unsigned(exponent)))
}

#[cfg(test)]
mod tests {
    use super::Plain;

    #[test]
    fn reads_as_kubernetes_does() {
        let cases = [
            ("yes", Plain::Bool(true)),
            ("off", Plain::Bool(false)),
            ("y", Plain::Bool(true)),
            ("yEs", Plain::Text("yEs")),
            ("~", Plain::Null),
            ("017", Plain::Int(15)),
            ("0o17", Plain::Int(15)),
            ("09", Plain::Float(9.0)),
            ("0x1F", Plain::Int(31)),
            ("0b101", Plain::Int(5)),
            ("1_000", Plain::Int(1000)),
            ("-5", Plain::Int(-5)),
            ("0", Plain::Int(0)),
            ("1e3", Plain::Float(1000.0)),
            (".5", Plain::Float(0.5)),
            ("5.", Plain::Float(5.0)),
            ("1:30", Plain::Text("1:30")),
            ("2024-01-01", Plain::Text("2024-01-01")),
            ("5m", Plain::Text("5m")),
            ("25%", Plain::Text("25%")),
            ("-", Plain::Text("-")),
            ("+-1", Plain::Text("+-1")),
            ("1.2.3", Plain::Text("1.2.3")),
            ("99999999999999999999", Plain::Float(1e20)),
        ];
        for (text, meaning) in cases {
            assert_eq!(Plain::of(text), meaning, "{text}");
        }
    }
}
