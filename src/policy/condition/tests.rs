//! The rows of the reference's tables, as conditions.

use proptest::prelude::*;

use super::{Answer, AnswerType, Comparison, Condition, ErrorClass, Phase, Subject, verdict};

const NAN: f64 = f64::NAN;

/// `true`, `false`, or the class of the error.
fn says(text: &str, answer: &Answer<'_>) -> String {
    match Condition::new(text).evaluate(answer) {
        Ok(holds) => holds.to_string(),
        Err(error) => format!("{:?}", error.class),
    }
}

fn vector(text: &str, values: &[f64]) -> String {
    says(text, &Answer::Vector(values))
}

fn scalar(text: &str, value: f64) -> String {
    says(text, &Answer::Scalar(value))
}

/// What `success` and `failure` (empty: not set) make of an answer.
fn phase(success: &str, failure: &str, values: &[f64]) -> Phase {
    let condition = |text: &str| (!text.is_empty()).then(|| Condition::new(text));
    let (success, failure) = (condition(success), condition(failure));
    verdict(success.as_ref(), failure.as_ref(), &Answer::Vector(values)).0
}

#[test]
fn two_conditions_make_a_phase() {
    let rows = [
        ("", "", Phase::Successful),
        ("true", "", Phase::Successful),
        ("false", "", Phase::Failed),
        ("", "true", Phase::Failed),
        ("", "false", Phase::Successful),
        ("true", "true", Phase::Failed),
        ("false", "true", Phase::Failed),
        ("true", "false", Phase::Successful),
        ("false", "false", Phase::Inconclusive),
        // An error in either wins over everything.
        ("nonsense", "true", Phase::Error),
        ("true", "nonsense", Phase::Error),
    ];
    for (success, failure, expected) in rows {
        assert_eq!(
            phase(success, failure, &[1.0]),
            expected,
            "{success:?} and {failure:?}"
        );
    }
}

#[test]
fn types_are_known_before_values_are() {
    // The condition; on a vector; on a scalar.
    let rows = [
        ("result < 0.05", "Other", "true"),
        ("result[0] < 0.05", "true", "Other"),
        ("isNaN(result)", "Other", "false"),
        ("isNaN(result) || result[0] >= 0.95", "Other", "Other"),
        ("len(result) == 0 || result < 0.05", "Other", "Other"),
        ("len(result) == 0 || result[0] >= 0.95", "false", "Other"),
        ("result[0] >= 0.95 || len(result) == 0", "false", "Other"),
        ("result && result[0] >= 0.9", "Other", "Other"),
        ("result == nil", "false", "false"),
        ("isNil(result)", "false", "false"),
        ("result == []", "false", "Other"),
        ("result[0] == '5'", "Other", "Other"),
        ("default(result, 0) < 0.05", "Other", "true"),
        ("default(result[0], 0) < 0.05", "Other", "Other"),
    ];
    for (text, on_vector, on_scalar) in rows {
        assert_eq!(vector(text, &[0.01]), on_vector, "{text} on a vector");
        assert_eq!(scalar(text, 0.01), on_scalar, "{text} on a scalar");
    }
}

#[test]
fn what_the_compiler_refuses_is_known_without_a_value() {
    let vector_only = Condition::new("len(result) == 0 || result[0] >= 0.95");
    assert_eq!(vector_only.check(AnswerType::Vector), Ok(()));
    assert_eq!(
        vector_only.check(AnswerType::Scalar).map_err(|error| error.class),
        Err(ErrorClass::Other)
    );
    let bare = Condition::new("result < 0.05")
        .check(AnswerType::Vector)
        .expect_err("a vector is no number");
    assert_eq!(bare.at, 0..13);
    assert_eq!(
        bare.message,
        "invalid operation: < (mismatched types []float64 and float64)"
    );
    assert_eq!(
        bare.help.as_deref(),
        Some("the query gives a vector: compare result[0]")
    );
    let scalar = Condition::new("result[0] < 1")
        .check(AnswerType::Scalar)
        .expect_err("a scalar has no elements");
    assert_eq!(scalar.message, "type float64[int] is undefined");
}

#[test]
fn numbers_are_those_of_ieee() {
    let rows = [
        ("result[0] < 0.05", NAN, "false"),
        ("result[0] > 0.05", NAN, "false"),
        ("result[0] == result[0]", NAN, "false"),
        ("result[0] != 5", NAN, "true"),
        ("!(result[0] <= 0.05)", NAN, "true"),
        ("all(result, # < 10)", NAN, "false"),
        ("none(result, # > 10)", NAN, "true"),
        ("result[0] >= 0.95", f64::INFINITY, "true"),
        ("isInf(result[0])", f64::NEG_INFINITY, "true"),
        ("0.1 + 0.2 == 0.3", 0.0, "false"),
        ("1 / 2 == 0.5", 0.0, "true"),
        ("asInt(result[0]) % 2 == 1", 7.0, "true"),
        ("result[0] % 3 == 1", 10.0, "Other"),
        ("asInt(result[0]) % 0 == 1", 10.0, "Other"),
        ("2 ** 3 ^ 2 == 512", 0.0, "true"),
        ("-2 ^ 2 == -4", 0.0, "true"),
        ("asInt(result[0]) == -9223372036854775808", NAN, "Other"),
        ("asInt(result[0]) < -9e18", NAN, "true"),
        ("asInt('1.1') == 1", 0.0, "Other"),
        ("asFloat('1.1') == 1.1", 0.0, "true"),
        ("round(result[0]) == 3", 2.5, "true"),
        ("result[0] == 5", 5.0, "true"),
    ];
    for (text, value, expected) in rows {
        assert_eq!(vector(text, &[value]), expected, "{text} on {value}");
    }
    // The greatest of a list with NaN depends on where the NaN stands.
    assert_eq!(vector("isNaN(max(result))", &[NAN, 1.0]), "true");
    assert_eq!(vector("max(result) == 1", &[1.0, NAN]), "true");
}

#[test]
fn nan_decides_by_the_shape_of_the_pair() {
    let rows = [
        ("result[0] < 0.05", "", Phase::Failed),
        ("", "result[0] > 0.05", Phase::Successful),
        ("", "!(result[0] <= 0.05)", Phase::Failed),
        ("result[0] < 0.05", "result[0] >= 0.05", Phase::Inconclusive),
    ];
    for (success, failure, expected) in rows {
        assert_eq!(
            phase(success, failure, &[NAN]),
            expected,
            "{success:?} and {failure:?}"
        );
    }
}

#[test]
fn an_empty_vector_is_not_zero() {
    let rows = [
        ("result[0] < 0.05", "", Phase::Error),
        ("(result[0] ?? 0) < 0.05", "", Phase::Error),
        ("len(result) == 0 || result[0] < 0.05", "", Phase::Successful),
        ("len(result) > 0 && result[0] < 0.05", "", Phase::Failed),
        ("", "len(result) > 0 && result[0] > 0.05", Phase::Successful),
        (
            "len(result) > 0 && result[0] < 1",
            "len(result) > 0 && result[0] > 2",
            Phase::Inconclusive,
        ),
        ("all(result, # < 5)", "", Phase::Successful),
        ("none(result, # < 5)", "", Phase::Successful),
        ("any(result, # < 5)", "", Phase::Failed),
        ("", "", Phase::Successful),
    ];
    for (success, failure, expected) in rows {
        assert_eq!(
            phase(success, failure, &[]),
            expected,
            "{success:?} and {failure:?}"
        );
    }
    // Whatever goes wrong on an empty answer has one name.
    assert_eq!(vector("result <", &[]), "EmptyResult");
    assert_eq!(vector("result == []", &[]), "true");
    assert_eq!(
        vector("mean(result) == 0 && sum(result) == 0 && max(result) == nil", &[]),
        "true"
    );
}

#[test]
fn nothing_at_all_is_nil() {
    let rows = [
        ("default(result, 0) < 0.05", "true"),
        ("isNil(result)", "true"),
        ("result == nil", "true"),
        ("result < 0.05", "EmptyResult"),
        ("asInt(result) == 1", "EmptyResult"),
    ];
    for (text, expected) in rows {
        assert_eq!(says(text, &Answer::Nil), expected, "{text}");
    }
}

#[test]
fn the_grammar_is_the_languages() {
    let values = [1.0, 2.0, 10.0];
    let rows = [
        // Literals.
        (".5 < 1e3 and 0x1F == 31 and 1_000 == 1e3 and 0b11 == 3", "true"),
        ("'a' == \"a\" && 'it\\'s' == \"it's\" && `a` == 'a'", "true"),
        ("[1, 2,] == [1, 2.0]", "true"),
        ("result == [1, 2, 10]", "true"),
        // Precedence.
        ("true || true && false", "true"),
        ("1 + 2 * 3 == 7", "true"),
        ("not result[0] > 10", "Other"),
        ("not (result[0] > 10)", "true"),
        ("!(result[0] > 10)", "true"),
        ("result[0] ?? 1 > 0", "Other"),
        ("(result[0] ?? 1) > 0", "true"),
        // Words and signs.
        ("result[0] > 0 AND true", "Other"),
        ("result[0] = 1", "Other"),
        ("\"result[0] > 0\"", "NotBool"),
        ("result[0]", "NotBool"),
        ("nil", "NotBool"),
        ("result[0] >", "Other"),
        ("result[0] > 0;", "true"),
        ("// a comment\nresult[0] == 1 /* here */", "true"),
        // Chains of comparisons.
        ("0 < result[0] < 2", "true"),
        ("0 < result[0] < 1", "false"),
        ("0 < result[0] < 2 < 3", "true"),
        // Access.
        ("result[-1] == 10", "true"),
        ("result[3] > 0", "IndexOutOfRange"),
        ("result[-4] > 0", "IndexOutOfRange"),
        (
            "result[1:3] == [2, 10] && result[:1] == [1] && result[5:] == []",
            "true",
        ),
        ("result.value > 0", "Other"),
        ("{a: {b: 1}}.a.b == 1 && {a: 1}?.b?.c == nil", "true"),
        ("{a: 1}.b.c == nil", "Other"),
        // Choices.
        ("len(result) == 0 ? true : result[0] < 2", "true"),
        ("if len(result) == 0 {true} else {result[0] > 2}", "false"),
        ("let x = result[0]; x * 2 == 2", "true"),
        // Predicates.
        ("all(result, # < 11) && all(result, {# < 11})", "true"),
        (
            "any(result, # > 9) && one(result, # > 9) && none(result, # > 10)",
            "true",
        ),
        (
            "len(filter(result, # > 1)) == 2 && count(result, # > 1) == 2",
            "true",
        ),
        (
            "map(result, # * 2) == [2, 4, 20] && map(result, #index) == [0, 1, 2]",
            "true",
        ),
        ("all(result, any(result, # == 1))", "true"),
        (
            "find(result, # > 1) == 2 && findIndex(result, # > 1) == 1",
            "true",
        ),
        ("findIndex(result, # > 99) == -1", "Other"),
        (
            "reduce(result, #acc + #) == 13 && reduce(result, #acc + #, 1) == 14",
            "true",
        ),
        ("sum(result) == 13 && sum(result, # * 2) == 26", "true"),
        ("all(result >= 1)", "Other"),
        ("all(result, #) ", "Other"),
        ("# > 1", "Other"),
        // Functions.
        (
            "max(result) == 10 && min(result) == 1 && mean(result) < 4.34 && median(result) == 2",
            "true",
        ),
        ("max(result, 11) == 11 && min(3, 2) == 2", "true"),
        (
            "abs(-2) == 2 && ceil(1.2) == 2 && floor(1.8) == 1 && round(1.5) == 2",
            "true",
        ),
        (
            "int(2.9) == 2 && int('3') == 3 && float('1.5') == 1.5 && float(2) == 2",
            "true",
        ),
        (
            "first(result) == 1 && last(result) == 10 && take(result, 2) == [1, 2]",
            "true",
        ),
        (
            "type(result) == 'array' && type(result[0]) == 'float' && type(1) == 'int' && type(nil) == 'nil'",
            "true",
        ),
        (
            "string(result) == '[1 2 10]' && string(1e21) == '1e+21' && string(0.00001) == '1e-05'",
            "true",
        ),
        (
            "sort(result)[0] == 1 && sort(result, 'desc')[0] == 10 && reverse(result)[0] == 10",
            "true",
        ),
        (
            "len(uniq([1, 1.0, 2])) == 2 && concat([1], [2]) == [1, 2] && (result | len()) == 3",
            "true",
        ),
        ("get(result, 5) == nil && get(result, -1) == 10", "true"),
        ("avg(result) < 5", "Other"),
        ("results[0] < 5", "Other"),
        // Membership and texts.
        ("2 in result && 3 not in result && result[0] in [0.5, 1]", "true"),
        ("any(1..3, # == len(result))", "true"),
        (
            "'canary-1' contains 'ary' && 'abc' startsWith 'a' && 'abc' endsWith 'c' && 'abc' matches '^a.c$'",
            "true",
        ),
        ("'abc' matches '['", "Other"),
        // A list of texts is a set: only a text can be looked for in it.
        ("'a' in ['a', 'b'] && nil not in ['a']", "true"),
        ("max(result) in ['a', 'b']", "Other"),
        // Folding removes what would fail, and finds what fails for certain.
        ("result[9] > 1 && false", "false"),
        ("true || result[9] > 1", "true"),
        ("false && 1 % 0 == 1", "Other"),
        ("isNaN(1 + 1)", "false"),
        ("isNaN(3 % 2)", "Other"),
        // What is not supported has a name of its own.
        ("trim(' a ') == 'a' && trim('xax', 'x') == 'a'", "true"),
        (
            "hasPrefix('abc', 'ab') && hasSuffix('abc', 'bc') && upper('a') + lower('B') == 'Ab'",
            "true",
        ),
        ("'a' in keys({a: 1}) && values({a: 1})[0] == 1", "true"),
        (
            "toJSON({a: 1}) contains '\"a\": 1' && toJSON(0.5) == '0.5'",
            "true",
        ),
        ("keys(result) == []", "Other"),
        ("split('a', 'b') == ['a']", "Unsupported"),
        ("$env.result[0] > 1", "Unsupported"),
    ];
    for (text, expected) in rows {
        assert_eq!(vector(text, &values), expected, "{text}");
    }
}

#[test]
fn unsupported_functions_are_named() {
    let error = Condition::parse("now() > 0").expect_err("there is no clock in a simulation");
    assert_eq!(error.message, "unsupported: the function now");
    assert_eq!(error.at, 0..3);
}

#[test]
fn a_function_without_arguments_has_no_threshold() {
    let names = [
        "len", "count", "first", "last", "max", "min", "mean", "median", "sum", "float", "asFloat",
        "default", "filter", "all", "any", "none", "isNaN",
    ];
    for name in names {
        for text in [format!("{name}() < 0.5"), format!("max(filter()) > {name}()")] {
            assert_eq!(Condition::new(&text).thresholds().len(), 0, "{text}");
            assert!(
                Condition::new(&text).evaluate(&Answer::Scalar(0.5)).is_err(),
                "{text}"
            );
        }
    }
}

#[test]
fn thresholds_are_read_and_moved() {
    use Comparison::{Greater, GreaterEqual, Less, LessEqual};
    let rows = [
        ("result[0] < 0.05", Subject::Element(0), Less, 0.05),
        ("0.05 >= result[0]", Subject::Element(0), LessEqual, 0.05),
        ("result <= 5", Subject::Scalar, LessEqual, 5.0),
        ("!(result[0] <= 0.05)", Subject::Element(0), Greater, 0.05),
        (
            "result[0] >= asFloat('0.95')",
            Subject::Element(0),
            GreaterEqual,
            0.95,
        ),
        ("result[0] * 100 < 5", Subject::Element(0), Less, 0.05),
        ("1 - result[0] < 0.25", Subject::Element(0), Greater, 0.75),
        ("all(result, # < 500)", Subject::Each("all"), Less, 500.0),
        ("none(result, # > 500)", Subject::Each("none"), LessEqual, 500.0),
        ("max(result) < 2", Subject::Aggregate("max"), Less, 2.0),
        ("result[-1] > -1", Subject::Element(-1), Greater, -1.0),
        ("result.errorRate < 5", Subject::Field, Less, 5.0),
        ("result[0].Values[0] * 100 <= 5", Subject::Field, LessEqual, 0.05),
        ("all(result, .errorRate < 5)", Subject::Field, Less, 5.0),
        ("all(result[0].Values, # < 5)", Subject::Each("all"), Less, 5.0),
    ];
    for (text, subject, side, limit) in rows {
        let condition = Condition::new(text);
        let thresholds = condition.thresholds();
        assert_eq!(thresholds.len(), 1, "{text}");
        assert_eq!(thresholds[0].subject, subject, "{text}");
        assert_eq!(thresholds[0].side(), side, "{text}");
        assert_eq!(thresholds[0].limit(), Some(limit), "{text}");
        let moved = condition.with_threshold(0, 7.0).thresholds();
        assert_eq!(moved[0].value, 7.0, "{text}");
        assert_eq!(moved[0].subject, subject, "{text}");
    }
    let guarded = Condition::new("len(result) == 0 || result[0] < 0.05");
    assert_eq!(guarded.thresholds()[0].subject, Subject::Count);
    assert_eq!(
        guarded.with_threshold(1, 0.1).text(),
        "len(result) == 0 || result[0] < 0.1"
    );
    assert_eq!(guarded.with_threshold(9, 0.1).text(), guarded.text());
}

/// Words that conditions are made of, so that random texts parse now and then.
fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "result",
        "[0]",
        "[-1]",
        "0.05",
        "1",
        "'a'",
        "<",
        ">=",
        "==",
        "&&",
        "||",
        "!",
        "not ",
        "(",
        ")",
        "all(",
        "#",
        ",",
        "len(",
        "isNaN(",
        "??",
        "?",
        ":",
        "in ",
        "[",
        "]",
        "..",
        "-",
        "+",
        "/",
        "%",
        "**",
        "max(",
        "nil",
        "true",
        ".",
        "?.",
        "{",
        "}",
        ";",
        "|",
        "filter(",
        "sort(",
        "let x = ",
        "if ",
        "else ",
        " ",
        "1e300",
        "9223372036854775807",
    ]);
    prop_oneof![
        any::<String>(),
        prop::collection::vec(word, 0..24).prop_map(|words| words.concat()),
    ]
}

proptest! {
    #[test]
    fn no_text_panics(text in text(), values in prop::collection::vec(any::<f64>(), 0..4)) {
        let condition = Condition::new(&text);
        let _ = condition.evaluate(&Answer::Vector(&values));
        let _ = condition.evaluate(&Answer::Nil);
        let _ = condition.evaluate(&Answer::Scalar(values.first().copied().unwrap_or(NAN)));
        for index in 0..condition.thresholds().len() {
            let _ = condition.with_threshold(index, 0.5).thresholds();
        }
    }

    #[test]
    fn errors_point_into_the_text(text in text()) {
        for answer in [AnswerType::Scalar, AnswerType::Vector] {
            if let Err(error) = Condition::new(&text).check(answer) {
                prop_assert!(error.at.start <= error.at.end && error.at.end <= text.len());
                prop_assert!(text.get(error.at).is_some());
            }
        }
    }

    #[test]
    fn one_comparison_is_what_it_says(value in any::<f64>(), limit in -1e6..1e6) {
        let condition = Condition::new(&format!("result[0] < {limit}"));
        prop_assert_eq!(condition.evaluate(&Answer::Vector(&[value])), Ok(value < limit));
    }
}

#[test]
fn deep_nesting_is_refused() {
    for text in [
        "(".repeat(5000),
        "!".repeat(5000),
        "-".repeat(5000),
        "1 + ".repeat(5000),
        "[".repeat(5000),
    ] {
        assert_eq!(scalar(&format!("{text}1"), 0.0), "Unsupported");
    }
    assert_eq!(scalar("all(1..1000000, all(1..1000000, true))", 0.0), "Other");
}
