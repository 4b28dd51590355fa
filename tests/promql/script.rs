//! The script language of Prometheus' own tests: text to commands.

use coalmine::promql::ast::ExprKind;
use coalmine::promql::parse;
use coalmine::series::{Labels, STALE};

/// One command and the line it begins in.
pub struct Command {
    pub line: usize,
    pub kind: Kind,
}

pub enum Kind {
    Clear,
    Load(Load),
    Eval(Box<Eval>),
}

pub struct Load {
    /// Milliseconds from sample to sample.
    pub step: i64,
    pub series: Vec<(Labels, Sequence)>,
    /// Prometheus also makes native histograms of the classic ones.
    pub with_native_histograms: bool,
}

/// Values of a series, step by step.
pub enum Sequence {
    /// `None` is a gap, [`STALE`] the stale marker.
    Floats(Vec<Option<f64>>),
    /// Something among them is a native histogram.
    Histograms,
    /// A start timestamp of the next series.
    StartTimestamps,
}

pub struct Eval {
    pub query: String,
    pub when: When,
    pub fails: bool,
    pub ordered: bool,
    pub expected: Expected,
}

/// Times in milliseconds.
#[derive(Clone, Copy)]
pub enum When {
    At(i64),
    Range { from: i64, to: i64, step: i64 },
}

pub enum Expected {
    Scalar(f64),
    Text(String),
    Series(Vec<(Labels, Sequence)>),
    /// A range vector as the answer to an instant query.
    Window {
        from: i64,
        step: i64,
        series: Vec<(Labels, Sequence)>,
    },
}

/// Reads a script.
pub fn read(text: &str) -> Result<Vec<Command>, String> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line.trim()))
        .map(|(n, line)| (n, if line.starts_with('#') { "" } else { line }))
        .peekable();
    let mut commands = Vec::new();
    while let Some((line, text)) = lines.next() {
        if text.is_empty() {
            continue;
        }
        let mut block = Vec::new();
        let word = text.split_whitespace().next().unwrap_or_default().to_lowercase();
        if word != "clear" {
            while let Some((_, next)) = lines.next_if(|(_, next)| !next.is_empty()) {
                block.push(next);
            }
        }
        let kind = match word.as_str() {
            "clear" => Ok(Kind::Clear),
            _ if word.starts_with("load") => load(text, &block).map(Kind::Load),
            _ if word.starts_with("eval") => eval(text, &block).map(|eval| Kind::Eval(Box::new(eval))),
            _ => Err(format!("unknown command {word:?}")),
        };
        commands.push(Command {
            line,
            kind: kind.map_err(|why| format!("line {line}: {why}"))?,
        });
    }
    Ok(commands)
}

fn load(head: &str, block: &[&str]) -> Result<Load, String> {
    let (word, step) = head.split_once(char::is_whitespace).ok_or("load what?")?;
    Ok(Load {
        step: time(step.trim())?,
        series: block.iter().map(|line| series(line)).collect::<Result<_, _>>()?,
        with_native_histograms: word == "load_with_nhcb",
    })
}

fn eval(head: &str, block: &[&str]) -> Result<Eval, String> {
    let mut words = Words(head);
    let word = words.next();
    let (when, query) = match words.next() {
        "instant" => {
            words.expect("at")?;
            (When::At(time(words.next())?), words.0)
        }
        "range" => {
            let (from, to, step) = span(&mut words)?;
            (When::Range { from, to, step }, words.0)
        }
        other => return Err(format!("neither instant nor range: {other:?}")),
    };
    let mut eval = Eval {
        query: query.to_owned(),
        when,
        fails: word == "eval_fail",
        ordered: word == "eval_ordered",
        expected: Expected::Series(Vec::new()),
    };
    for line in block {
        expect(&mut eval, line).map_err(|why| format!("{line}: {why}"))?;
    }
    Ok(eval)
}

fn expect(eval: &mut Eval, line: &str) -> Result<(), String> {
    if let Some(text) = line.strip_prefix("expect string ") {
        eval.expected = Expected::Text(string(text)?);
        return Ok(());
    }
    if let Some(window) = line.strip_prefix("expect range vector ") {
        let (from, to, step) = span(&mut Words(window))?;
        eval.when = When::At(to);
        eval.expected = Expected::Window {
            from,
            step,
            series: Vec::new(),
        };
        return Ok(());
    }
    if let Some(what) = line.strip_prefix("expect ") {
        // Annotations (`warn`, `info`, …) are Prometheus' talk about an answer, not part of it.
        match what.split([' ', ':']).next().unwrap_or_default() {
            "fail" => eval.fails = true,
            "ordered" => eval.ordered = true,
            "warn" | "no_warn" | "info" | "no_info" => {}
            other => return Err(format!("unknown expectation {other:?}")),
        }
        return Ok(());
    }
    if line.starts_with("expected_fail_message") || line.starts_with("expected_fail_regexp") {
        return Ok(());
    }
    if let Ok(number) = number(line) {
        eval.expected = Expected::Scalar(number);
        return Ok(());
    }
    match &mut eval.expected {
        Expected::Series(all) | Expected::Window { series: all, .. } => all.push(series(line)?),
        Expected::Scalar(_) | Expected::Text(_) => return Err("more than one answer".to_owned()),
    }
    Ok(())
}

/// `from a to b step c`
fn span(words: &mut Words) -> Result<(i64, i64, i64), String> {
    words.expect("from")?;
    let from = time(words.next())?;
    words.expect("to")?;
    let to = time(words.next())?;
    words.expect("step")?;
    Ok((from, to, time(words.next())?))
}

struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn next(&mut self) -> &'a str {
        let text = self.0.trim_start();
        let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
        self.0 = rest.trim_start();
        word
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        let found = self.next();
        if found == word {
            Ok(())
        } else {
            Err(format!("expected {word:?}, found {found:?}"))
        }
    }
}

/// Milliseconds of `5m`, `10s53ms`, `0`, `120`: what a duration or number of seconds means in a query.
fn time(text: &str) -> Result<i64, String> {
    match parse(text).map(|expr| expr.kind) {
        Ok(ExprKind::Number(number)) => Ok((number.value * 1000.0).round() as i64),
        _ => Err(format!("no time: {text:?}")),
    }
}

fn string(text: &str) -> Result<String, String> {
    match parse(text).map(|expr| expr.kind) {
        Ok(ExprKind::Text(text)) => Ok(text),
        _ => Err(format!("no string: {text:?}")),
    }
}

/// `name{label="value"} 1 2 3`
fn series(line: &str) -> Result<(Labels, Sequence), String> {
    let (labels, rest) = labels(line)?;
    if rest.starts_with("@st") {
        return Ok((labels, Sequence::StartTimestamps));
    }
    Ok((labels, sequence(rest)?))
}

/// Labels as a line begins with them, and the rest of it.
pub fn labels(line: &str) -> Result<(Labels, &str), String> {
    let end = line
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
        .unwrap_or(line.len());
    let (name, mut rest) = line.split_at(end);
    let mut pairs = Vec::new();
    if !name.is_empty() {
        pairs.push((Labels::NAME.to_owned(), name.to_owned()));
    }
    let braces = rest.trim_start();
    if braces.starts_with('{') && !braces.starts_with("{{") {
        rest = braces[1..].trim_start();
        while !rest.starts_with('}') {
            let (label, after) = word_or_string(rest)?;
            rest = after.trim_start();
            if let Some(after) = rest.strip_prefix('=') {
                let (value, after) = word_or_string(after.trim_start())?;
                pairs.push((label, value));
                rest = after.trim_start();
            } else {
                pairs.push((Labels::NAME.to_owned(), label));
            }
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        rest = &rest[1..];
    }
    Ok((Labels::new(pairs), rest))
}

fn word_or_string(text: &str) -> Result<(String, &str), String> {
    let Some(quote @ ('"' | '\'' | '`')) = text.chars().next() else {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        return if word.is_empty() {
            Err(format!("no label: {text:?}"))
        } else {
            Ok((word.to_owned(), rest))
        };
    };
    let mut escaped = false;
    for (n, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return Ok((string(&text[..=n])?, &text[n + 1..]));
        }
        escaped = c == '\\' && !escaped && quote != '`';
    }
    Err(format!("open string: {text:?}"))
}

fn sequence(text: &str) -> Result<Sequence, String> {
    if text.contains("{{") {
        return Ok(Sequence::Histograms);
    }
    let mut values = Vec::new();
    for item in text.split_whitespace() {
        items(item, &mut values).ok_or_else(|| format!("no value: {item:?}"))?;
    }
    Ok(Sequence::Floats(values))
}

/// `_`, `_x5`, `stale`, `3`, `1x4`, `1+2x4`, `1-2x4`
fn items(item: &str, values: &mut Vec<Option<f64>>) -> Option<()> {
    if item == "stale" {
        values.push(Some(STALE));
        return Some(());
    }
    if let Some(gap) = item.strip_prefix('_') {
        let count = if gap.is_empty() {
            1
        } else {
            gap.strip_prefix('x')?.parse().ok()?
        };
        values.extend(std::iter::repeat_n(None, count));
        return Some(());
    }
    let (value, rest) = leading_number(item)?;
    if rest.is_empty() {
        values.push(Some(value));
        return Some(());
    }
    let (change, rest) = if rest.starts_with('x') {
        (0.0, rest)
    } else {
        leading_number(rest)?
    };
    let times: usize = rest.strip_prefix('x')?.parse().ok()?;
    // One after the other: the sum of many steps is part of the fact.
    let mut value = value;
    for _ in 0..=times {
        values.push(Some(value));
        value += change;
    }
    Some(())
}

fn leading_number(text: &str) -> Option<(f64, &str)> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let signs = text.len() - unsigned.len();
    let bytes = unsigned.as_bytes();
    let mut end = 0;
    if unsigned
        .get(..3)
        .is_some_and(|word| word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("nan"))
    {
        end = 3;
    } else {
        while let Some(&b) = bytes.get(end) {
            let exponent_sign = matches!(b, b'+' | b'-') && end > 0 && matches!(bytes[end - 1], b'e' | b'E');
            if !(b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E') || exponent_sign) {
                break;
            }
            end += 1;
        }
    }
    let end = signs + end;
    Some((number(&text[..end]).ok()?, &text[end..]))
}

fn number(text: &str) -> Result<f64, std::num::ParseFloatError> {
    text.parse()
}
