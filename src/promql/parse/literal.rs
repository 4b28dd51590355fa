//! Numbers, durations and strings as Prometheus (and so Go) reads and writes them.

/// The longest length Prometheus can hold [s]: 2^63 ns.
pub(super) const LONGEST_SECONDS: f64 = 9_223_372_036.854_776;

/// A number: `12`, `1_000`, `0x1F`, `017` (15, as in Go), `08` (8), `1e3`, `Inf`, `NaN`.
pub(super) fn number(text: &str) -> Result<f64, &'static str> {
    const SYNTAX: &str = "not a number";
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "inf" => return Ok(f64::INFINITY),
        "nan" => return Ok(f64::NAN),
        _ => {}
    }
    let digits: String = lower.chars().filter(|&c| c != '_').collect();
    if !underscores_separate_digits(&lower) {
        return Err(SYNTAX);
    }
    if let Some(hex) = digits.strip_prefix("0x") {
        // Beyond 64 bits Go tries a hexadecimal float, which must have an exponent that cannot be written here.
        return i64::from_str_radix(hex, 16).map(|n| n as f64).map_err(|_| SYNTAX);
    }
    if let Some(octal) = digits.strip_prefix('0')
        && let Ok(n) = i64::from_str_radix(octal, 8)
    {
        return Ok(n as f64);
    }
    let value: f64 = digits.parse().map_err(|_| SYNTAX)?;
    if value.is_infinite() {
        return Err("this number is out of range");
    }
    Ok(value)
}

/// Underscores stand between digits, or after `0x` or the 0 of an octal number.
fn underscores_separate_digits(text: &str) -> bool {
    let (hex, body) = match text.strip_prefix("0x") {
        Some(body) => (true, body),
        None => (false, text),
    };
    let mut before = hex;
    let mut rest = body.chars().peekable();
    while let Some(c) = rest.next() {
        let digit = |c: char| {
            if hex {
                c.is_ascii_hexdigit()
            } else {
                c.is_ascii_digit()
            }
        };
        if c == '_' && !(before && rest.peek().copied().is_some_and(digit)) {
            return false;
        }
        before = digit(c);
    }
    true
}

/// A duration in nanoseconds: numbers with units, each unit at most once, the long ones first.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    const UNITS: [(&str, i64); 7] = [
        ("y", 365 * 86_400_000_000_000),
        ("w", 7 * 86_400_000_000_000),
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
    ];
    let mut allowed = &UNITS[..];
    let mut total = 0_i64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (count, after) = rest.split_at(digits);
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        if count.is_empty() || !UNITS.iter().any(|(name, _)| *name == unit) {
            return Err(format!("unknown unit {unit:?} in this duration"));
        }
        let Some(place) = allowed.iter().position(|(name, _)| *name == unit) else {
            return Err("the units of a duration go from long to short, each once".to_owned());
        };
        let count: i64 = count.parse().map_err(|_| TOO_LONG)?;
        total = count
            .checked_mul(allowed[place].1)
            .and_then(|part| total.checked_add(part))
            .ok_or(TOO_LONG)?;
        allowed = &allowed[place + 1..];
        rest = after;
    }
    Ok(total)
}

/// What is said of lengths beyond [`LONGEST_SECONDS`].
pub(super) const TOO_LONG: &str = "this duration is out of range (292 years)";

/// Nanoseconds as seconds, in Prometheus' order of operations.
pub(super) fn seconds(nanos: i64) -> f64 {
    (nanos / 1_000_000_000) as f64 + (nanos % 1_000_000_000) as f64 / 1e9
}

/// Seconds as whole milliseconds: rounded to nanoseconds, then cut.
pub(super) fn millis(seconds: f64) -> i64 {
    libm::round(seconds * 1e9) as i64 / 1_000_000
}

/// Writes a length as Prometheus does: `1h30m`, `0s`; years and weeks only when nothing remains.
pub(super) fn write_duration(ms: i64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut text = if ms < 0 { "-".to_owned() } else { String::new() };
    let mut rest = ms.unsigned_abs();
    for (unit, length, exact) in [
        ("y", 365 * 86_400_000, true),
        ("w", 7 * 86_400_000, true),
        ("d", 86_400_000, false),
        ("h", 3_600_000, false),
        ("m", 60_000, false),
        ("s", 1000, false),
        ("ms", 1, false),
    ] {
        if rest >= length && (!exact || rest.is_multiple_of(length)) {
            text += &format!("{}{unit}", rest / length);
            rest %= length;
        }
    }
    text
}

/// Writes a number without exponent, infinities with their sign.
pub(super) fn write_number(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    value.to_string()
}

/// The text between the quotes.
///
/// # Errors
///
/// Offset within `quoted` and reason.
pub(super) fn unquote(quoted: &str) -> Result<String, (usize, &'static str)> {
    let quote = quoted.as_bytes()[0];
    let inner = &quoted[1..quoted.len() - 1];
    if quote == b'`' {
        return Ok(inner.to_owned());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(slash) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..slash]);
        let at = quoted.len() - 1 - rest.len() + slash;
        let length = escape(&rest[slash + 1..], quote, &mut bytes).map_err(|why| (at, why))?;
        rest = &rest[slash + 1 + length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map_err(|_| (0, "the escapes of this string do not make UTF-8"))
}

/// Reads what follows a backslash; its length.
fn escape(rest: &str, quote: u8, bytes: &mut Vec<u8>) -> Result<usize, &'static str> {
    let Some(&first) = rest.as_bytes().first() else {
        return Err("this escape is not finished");
    };
    let simple = match first {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        c if c == quote => c,
        b'0'..=b'7' | b'x' | b'u' | b'U' => return code(rest, first, bytes),
        _ => return Err("unknown escape; write \\\\ for a backslash, or quote with backticks"),
    };
    bytes.push(simple);
    Ok(1)
}

fn code(rest: &str, first: u8, bytes: &mut Vec<u8>) -> Result<usize, &'static str> {
    let (skip, length, base) = match first {
        b'x' => (1, 2, 16),
        b'u' => (1, 4, 16),
        b'U' => (1, 8, 16),
        _ => (0, 3, 8),
    };
    let digits = rest
        .get(skip..skip + length)
        .ok_or("this escape is not finished")?;
    if !digits.chars().all(|c| c.is_digit(base)) {
        return Err("this escape needs more digits");
    }
    let value = u32::from_str_radix(digits, base).map_err(|_| "this escape is too large")?;
    if skip == 0 || first == b'x' {
        bytes.push(u8::try_from(value).map_err(|_| "an octal escape ends at \\377")?);
    } else {
        let c = char::from_u32(value).ok_or("this escape is no Unicode character")?;
        bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Ok(skip + length)
}

/// Writes a text in double quotes, with Go's escapes.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            '\0'..='\x1f' | '\x7f' => out += &format!("\\x{:02x}", c as u32),
            c if printable(c) => out.push(c),
            c if (c as u32) < 0x1_0000 => out += &format!("\\u{:04x}", c as u32),
            c => out += &format!("\\U{:08x}", c as u32),
        }
    }
    out.push('"');
    out
}

/// Letters, marks, numbers, punctuation, symbols and the plain space. Not first in its text, a combining mark too is
/// left alone by the standard library's `Debug`, which otherwise knows the same set.
fn printable(c: char) -> bool {
    c.is_ascii() || ['x', c].iter().collect::<String>().escape_debug().count() == 2
}

/// Writes a label name, quoted unless it is a plain one.
pub(super) fn write_name(name: &str) -> String {
    let mut bytes = name.bytes();
    let plain = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { name.to_owned() } else { quote(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_go_s() {
        for (text, value) in [
            ("017", 15.0),
            ("08", 8.0),
            ("0", 0.0),
            ("00", 0.0),
            ("0_7", 7.0),
            ("0_8", 8.0),
            ("0x1F", 31.0),
            ("0x_1", 1.0),
            ("1_000", 1000.0),
            ("1e5_0", 1e50),
            ("5.", 5.0),
            (".5", 0.5),
            ("0.5", 0.5),
            ("0e1", 0.0),
            ("0.1e-400", 0.0),
            ("9223372036854775808", 9_223_372_036_854_775_808.0),
        ] {
            assert_eq!(number(text), Ok(value), "{text}");
        }
        for text in [
            "0x",
            "0x_",
            "1_",
            "1__0",
            "1e1000",
            "1e",
            "0x.5",
            "0xffffffffffffffffff",
            ".",
        ] {
            assert!(number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_go_from_long_to_short() {
        assert_eq!(duration("1h30m"), Ok(5_400_000_000_000));
        assert_eq!(duration("1s500ms"), Ok(1_500_000_000));
        for text in ["2m2m", "1s1m", "1.5h", "300y", "1_0m", "5hs"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!(write_duration(5_400_000), "1h30m");
        assert_eq!(write_duration(8 * 86_400_000), "8d");
        assert_eq!(write_duration(14 * 86_400_000), "2w");
        assert_eq!(write_duration(-300_000), "-5m");
    }

    #[test]
    fn strings_are_go_s() {
        assert_eq!(unquote(r#""a\n\101\x41é\"""#).unwrap(), "a\nAAé\"");
        assert_eq!(unquote(r#""\xc3\xa9""#).unwrap(), "é");
        assert_eq!(unquote(r"`\d+`").unwrap(), r"\d+");
        assert_eq!(unquote(r#""ab\q""#).unwrap_err().0, 3);
        for text in [r#""\xff""#, r#""\'""#, r#""\400""#, r#""\ud800""#, r#""\x4""#] {
            assert!(unquote(text).is_err(), "{text}");
        }
        assert_eq!(
            quote("a\n\"\\\u{7f}é\u{301}\u{a0}\u{200b}"),
            "\"a\\n\\\"\\\\\\x7fé\u{301}\\u00a0\\u200b\""
        );
    }
}
