//! The parser against a table of verdicts of Prometheus' own, against a small table of ours, and against anything.

#![allow(clippy::print_stdout, reason = "one line about the table is the point")]

mod common;

use std::path::PathBuf;

use coalmine::promql::ast::{Expr, ExprKind, ValueType};
use coalmine::promql::parse::Options;
use coalmine::promql::{parse, parse_with};
use proptest::prelude::*;
use serde_json::Value;

const EVERYTHING: Options = Options {
    experimental_functions: true,
    extended_ranges: true,
    fill: true,
};

/// `DIR/promql/parse.jsonl`, DIR from `COALMINE_FIDELITY` or beside the checkout.
fn table() -> Option<PathBuf> {
    match std::env::var_os("COALMINE_FIDELITY") {
        Some(folder) => Some(PathBuf::from(folder).join("promql/parse.jsonl")),
        None => common::shared("fidelity/promql/parse.jsonl"),
    }
}

/// What a row of the table says of one parser, or what ours says.
#[derive(Debug, PartialEq)]
enum Verdict {
    Refused,
    Accepted { value_type: String, canonical: String },
}

impl Verdict {
    fn of(text: &str, options: Options) -> Self {
        let Ok(expr) = parse_with(text, options) else {
            return Self::Refused;
        };
        let value_type = match expr.value_type() {
            ValueType::Scalar => "scalar",
            ValueType::Vector => "vector",
            ValueType::Matrix => "matrix",
            ValueType::Text => "string",
        };
        Self::Accepted {
            value_type: value_type.to_owned(),
            canonical: expr.canonical(),
        }
    }

    fn read(row: &Value) -> Self {
        if row["accepted"] == Value::Bool(false) {
            return Self::Refused;
        }
        Self::Accepted {
            value_type: row["type"].as_str().unwrap().to_owned(),
            canonical: row["canonical"].as_str().unwrap().to_owned(),
        }
    }
}

#[test]
fn verdicts_are_those_of_prometheus() {
    let Some(path) = table() else { return };
    let rows = std::fs::read_to_string(path).unwrap();
    let mut differing = Vec::new();
    let mut cases = 0;
    for line in rows.lines().filter(|line| !line.is_empty()) {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = row["expr"].as_str().unwrap();
        // Without a word of their own, all options together change nothing.
        let experimental = row.get("experimental").unwrap_or(&row);
        for (options, expected) in [(Options::default(), &row), (EVERYTHING, experimental)] {
            cases += 1;
            let (ours, theirs) = (Verdict::of(text, options), Verdict::read(expected));
            if ours != theirs {
                differing.push(format!("{text:?}\n  ours   {ours:?}\n  theirs {theirs:?}"));
            }
        }
    }
    println!(
        "parse.jsonl: {cases} cases, {} passed, {} differing, 0 outside",
        cases - differing.len(),
        differing.len()
    );
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// What other queries depend on: written, canonical print. Checked by hand against the language's grammar.
const PRINTS: &[(&str, &str)] = &[
    (
        "SUM(rate(http_requests_total{code=~'5..'}[5m]))BY(job,)",
        "sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m]))",
    ),
    ("a / on ( ) group_left b", "a / on () group_left () b"),
    ("-a ^ 2 * 3", "-a ^ 2 * 3"),
    ("x offset 1m30s @ 10", "x @ 10.000 offset 1m30s"),
    ("x[5m:] offset -1m", "x[5m:] offset -1m"),
    ("x[((5m))]", "x[(5m)]"),
    ("x[-(-5m)]", "x[-(-5m)]"),
    ("x[5m + range() * 2]", "x[5m + range() * 2]"),
    ("x offset -step() * 2", "x offset -step() * 2"),
    (
        "{\"http.requests\", \"a b\"=`c\\d`}",
        "{\"a b\"=\"c\\\\d\",__name__=\"http.requests\"}",
    ),
    ("1_000 # thousand", "1000"),
    ("foo[5m # five\n]", "foo[5m]"),
    ("1 + on () 2", "1 + 2"),
    ("foo offset 0 offset 5m", "foo offset 5m"),
];

#[test]
fn queries_print_canonically() {
    for (text, print) in PRINTS {
        let expr = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(expr.canonical(), *print, "{text}");
        assert_eq!(parse(print).unwrap().canonical(), *print, "{print}");
    }
    let filled = parse_with("a + on (x) fill (1e-5) b", EVERYTHING).unwrap();
    assert_eq!(filled.canonical(), "a + on (x) fill (1e-05) b");
}

#[test]
fn operators_bind_as_in_arithmetic() {
    fn shape(expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Binary(binary) => {
                format!(
                    "({}{}{})",
                    shape(&binary.left),
                    binary.op.text(),
                    shape(&binary.right)
                )
            }
            ExprKind::Unary(sign, inner) => format!("({sign}{})", shape(inner)),
            _ => expr.canonical(),
        }
    }
    for (text, expected) in [
        ("a - b - c", "((a-b)-c)"),
        ("a ^ b ^ c", "(a^(b^c))"),
        ("-a ^ b", "(-(a^b))"),
        ("-a * b", "((-a)*b)"),
        ("a ^ -b * c", "((a^(-b))*c)"),
        ("a or b and c == d + e * f ^ g", "(aor(band(c==(d+(e*(f^g))))))"),
        ("a and b unless c or d", "(((aandb)unlessc)ord)"),
        ("a offset 1m * 2", "(a offset 1m*2)"),
        ("a </ b + c", "(a</(b+c))"),
    ] {
        assert_eq!(shape(&parse(text).unwrap()), expected, "{text}");
    }
}

#[test]
fn errors_point_at_their_bytes() {
    for (text, wrong, said) in [
        ("rate(foo)", "foo", "rate takes a range vector"),
        ("sum(foo[5m])", "foo[5m]", "sum takes an instant vector"),
        ("foo{a=\"\\q\"}", "\\q", "unknown escape"),
        ("foo{é=\"x\"}", "é", "unexpected 'é'"),
        ("foo{a=~\"(\"}", "\"(\"", "not a regular expression"),
        ("rate(foo[$__interval])", "$", "unexpected '$'"),
        ("foo + Rate(bar[5m])", "Rate", "no function"),
        ("foo[5m:0s]", "0s", "greater than 0"),
        ("1 == 2", " == ", "needs bool"),
        ("sum(foo) offset 5m", "offset 5m", "follows a selector"),
        ("foo = 1", "=", "unexpected \"=\""),
        ("foo +", "", "the query ends here"),
        ("limitk(2, foo)", "limitk", "experimental"),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(&text[error.at.clone()], wrong, "{text}: {error}");
        assert!(error.message.contains(said), "{text}: {error}");
    }
}

#[test]
fn nodes_know_their_bytes() {
    let text = "sum by (a) (rate(foo{x=\"1\"}[5m] offset 1m)) / scalar(bar @ end())";
    let expr = parse(text).unwrap();
    let mut seen = Vec::new();
    expr.selectors(&mut |selector, path| {
        let around: Vec<&str> = path.iter().map(|expr| &text[expr.at.clone()]).collect();
        seen.push((selector.name.clone().unwrap(), around[1..].join(" > ")));
    });
    let expected = [
        (
            "foo".to_owned(),
            "sum by (a) (rate(foo{x=\"1\"}[5m] offset 1m)) > rate(foo{x=\"1\"}[5m] offset 1m) > foo{x=\"1\"}[5m] offset 1m"
                .to_owned(),
        ),
        ("bar".to_owned(), "scalar(bar @ end()) > bar @ end()".to_owned()),
    ];
    assert_eq!(seen, expected);
    assert_eq!(expr.value_type(), ValueType::Vector);
}

#[test]
fn depth_is_refused_and_never_a_crash() {
    let many = 100_000;
    for text in [
        "(".repeat(many) + "1" + &")".repeat(many),
        "-".repeat(many) + "a",
        "1".to_owned() + &"+1".repeat(many),
        "1".to_owned() + &"^1".repeat(many),
        "abs(".repeat(many) + "a" + &")".repeat(many),
        "a".to_owned() + &"[5m:]".repeat(many),
        "a[".to_owned() + &"(".repeat(many) + "5m" + &")".repeat(many) + "]",
        "a[1m".to_owned() + &"+1m".repeat(many) + "]",
        "a[".to_owned() + &"-".repeat(many) + "5m]",
    ] {
        let error = parse(&text).unwrap_err();
        assert!(error.message.contains("nested more than"), "{error}");
    }
    let fine = "(".repeat(150) + "1" + &")".repeat(150);
    assert_eq!(parse(&fine).unwrap().canonical(), fine);
    let chain = "a".to_owned() + &" + a".repeat(150);
    assert_eq!(parse(&chain).unwrap().canonical(), chain);
}

/// Pieces of which queries are made, whole and broken.
fn piece() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "foo",
        "bar:baz",
        "sum",
        "topk",
        "rate",
        "abs",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "bool",
        "offset",
        "and",
        "or",
        "unless",
        "atan2",
        "start",
        "step",
        "range",
        "min_of",
        "fill",
        "fill_left",
        "anchored",
        "smoothed",
        "time",
        "scalar",
        "vector",
        "info",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "@",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "==",
        "!=",
        "<",
        ">=",
        "</",
        "=",
        "=~",
        "!~",
        "5m",
        "1h30m",
        "0",
        "1",
        "0.5",
        "0x1F",
        "1e3",
        "Inf",
        "NaN",
        "\"a\"",
        "'b'",
        "`c`",
        "\"\\n\"",
        "a=\"b\"",
        "#x\n",
        " ",
        "é",
    ])
}

/// Queries that are right, by construction.
fn query() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("1"),
        Just("0.5"),
        Just("5m"),
        Just("Inf"),
        Just("0x10"),
        Just("1e3")
    ];
    let length = prop_oneof![
        Just("5m".to_owned()),
        Just("90".to_owned()),
        Just("1m + step()".to_owned()),
        Just("(2 * 30s)".to_owned()),
        Just("max_of(1m, range())".to_owned()),
    ];
    let selector = (
        prop_oneof![
            Just("foo{a=\"b\"}"),
            Just("{\"x.y\",c!~`d|e`}"),
            Just("sum"),
            Just("a:b")
        ],
        prop_oneof![
            Just(""),
            Just(" offset 5m"),
            Just(" @ 10.5"),
            Just(" offset -1m30s @ end()"),
            Just(" smoothed")
        ],
    );
    let range = selector
        .clone()
        .prop_flat_map(move |(name, shift)| length.clone().prop_map(move |d| format!("{name}[{d}]{shift}")));
    let leaf = prop_oneof![
        selector.prop_map(|(name, shift)| format!("{name}{shift}")),
        range.prop_map(|range| format!("rate({range})")),
        number.prop_map(|n| format!("vector({n})")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let op = proptest::sample::select(vec![
            "+",
            "-",
            "*",
            "/",
            "%",
            "^",
            "atan2",
            "==",
            "!= bool",
            "<",
            "and",
            "or on (a)",
            "unless ignoring (b)",
            "/ on (a) group_left (c)",
            // Without its parentheses the next operand's would be taken for them, as Prometheus does too.
            ">=  ignoring (a) group_right ()",
            "+ fill (0)",
            "* on (x) fill_left (1) fill_right (2)",
        ]);
        prop_oneof![
            (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("-{a}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner
                .clone()
                .prop_map(|a| format!("sum without (a, \"b c\") ({a})")),
            inner.clone().prop_map(|a| format!("topk(3, {a})")),
            inner
                .clone()
                .prop_map(|a| format!("max_over_time(({a})[1h:5m] offset 1m)")),
            inner.prop_map(|a| format!("label_replace({a}, \"a\", \"$1\", 'b', `(\\d+)`)")),
        ]
    })
}

fn print_is_stable(expr: &Expr) -> Result<(), TestCaseError> {
    let print = expr.canonical();
    let again =
        parse_with(&print, EVERYTHING).map_err(|error| TestCaseError::fail(format!("{print}: {error}")))?;
    prop_assert_eq!(again.canonical(), print);
    prop_assert_eq!(again.value_type(), expr.value_type());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        if let Err(error) = parse_with(&text, EVERYTHING) {
            prop_assert!(text.get(error.at.clone()).is_some(), "{:?}", error);
        }
    }

    #[test]
    fn any_pieces_are_read_or_refused(pieces in proptest::collection::vec(piece(), 0..24)) {
        let text = pieces.concat();
        match parse_with(&text, EVERYTHING) {
            Ok(expr) => print_is_stable(&expr)?,
            Err(error) => prop_assert!(text.get(error.at.clone()).is_some(), "{:?}", error),
        }
    }

    #[test]
    fn queries_are_read_and_print_stably(text in query()) {
        match parse_with(&text, EVERYTHING) {
            Ok(expr) => {
                prop_assert_eq!(expr.at.clone(), 0..text.len());
                print_is_stable(&expr)?;
            }
            // Set operators take no fill and no group; numbers do not meet vectors: a few drawn queries are refused.
            Err(error) => prop_assert!(!error.message.contains("unexpected"), "{text}: {error}"),
        }
    }

    #[test]
    fn broken_queries_are_read_or_refused(text in query(), cut in any::<prop::sample::Index>(), piece in piece(), drop in 0_usize..4) {
        let mut places: Vec<usize> = text.char_indices().map(|(n, _)| n).collect();
        places.push(text.len());
        let at = cut.index(places.len());
        let resume = (at + drop).min(places.len() - 1);
        let broken = format!("{}{piece}{}", &text[..places[at]], &text[places[resume]..]);
        match parse_with(&broken, EVERYTHING) {
            Ok(expr) => print_is_stable(&expr)?,
            Err(error) => prop_assert!(broken.get(error.at.clone()).is_some(), "{:?}", error),
        }
    }
}
