//! What a `web` metric makes of an answer over HTTP: the first value that its path finds in the body (argo-rollouts
//! `metricproviders/webmetric`, whose paths are those of `k8s.io/client-go/util/jsonpath`).

use std::fmt;

use serde_json::Value as Json;

/// A path such as `{$.data.items[0].value}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebPath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    /// One element, or a range of them; negative numbers count from the end.
    Range {
        from: i64,
        to: Option<i64>,
        one: bool,
    },
    All,
}

/// Why a body gives no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebError {
    /// Nothing stands where the path leads; in the controller's words.
    NotFound(String),
    /// The body is `null`: the controller's provider panics, and its process dies.
    Panics,
}

impl fmt::Display for WebError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(why) => write!(f, "Could not find JSONPath in body: {why}"),
            Self::Panics => f.write_str("the body is null: the controller's process dies"),
        }
    }
}

impl std::error::Error for WebError {}

impl WebPath {
    /// Reads a path; an empty one is `{$}`.
    ///
    /// # Errors
    ///
    /// What of it is not simulated: text around the braces, filters, recursion, unions, steps of ranges.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self { steps: Vec::new() });
        }
        let inner = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'))
            .filter(|inner| !inner.contains(['{', '}']))
            .ok_or("a path is one pair of braces, such as {$.data.value}")?;
        let mut rest = inner.trim();
        rest = rest.strip_prefix('$').or(rest.strip_prefix('@')).unwrap_or(rest);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, left) = step(rest)?;
            steps.extend(step);
            rest = left;
        }
        Ok(Self { steps })
    }

    /// The first value that it finds in a body. A body that is no JSON is a text, whatever the path.
    ///
    /// # Errors
    ///
    /// It finds nothing.
    pub fn answer(&self, body: &str) -> Result<Json, WebError> {
        match serde_json::from_str::<Json>(body) {
            Ok(json) => self.find(&json).cloned(),
            Err(_) => Ok(Json::String(body.to_owned())),
        }
    }

    /// The first value that it finds in a document.
    ///
    /// # Errors
    ///
    /// It finds nothing.
    pub fn find<'a>(&self, json: &'a Json) -> Result<&'a Json, WebError> {
        if json.is_null() && self.steps.is_empty() {
            return Err(WebError::Panics);
        }
        let mut found = vec![json];
        for step in &self.steps {
            found = step.of(&found)?;
        }
        let nothing = || WebError::NotFound("result of web metric produced no value".to_owned());
        found.first().copied().ok_or_else(nothing)
    }
}

/// The first step of `rest`, if it says anything, and what is left.
fn step(rest: &str) -> Result<(Option<Step>, &str), String> {
    if rest.starts_with("..") {
        return Err("recursion (..) is not simulated".to_owned());
    }
    if let Some(rest) = rest.strip_prefix('.') {
        if rest.is_empty() {
            return Ok((None, rest));
        }
        if let Some(rest) = rest.strip_prefix('*') {
            return Ok((Some(Step::All), rest));
        }
        if rest.starts_with('[') {
            return step(rest);
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let name = &rest[..end];
        let plain = |letter: char| letter.is_alphanumeric() || "_-/".contains(letter);
        if !name.chars().all(plain) {
            return Err(format!("{name:?} is no name of a field"));
        }
        return Ok((Some(Step::Field(name.to_owned())), &rest[end..]));
    }
    let Some(rest) = rest.strip_prefix('[') else {
        return Err(format!("{rest:?} follows no step"));
    };
    let (inside, left) = rest.split_once(']').ok_or("a bracket is not closed")?;
    let inside = inside.trim();
    let quoted = inside
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
        .or_else(|| inside.strip_prefix('"').and_then(|text| text.strip_suffix('"')));
    if let Some(name) = quoted.filter(|name| !name.contains(['\'', '"', '\\'])) {
        return Ok((Some(Step::Field(name.to_owned())), left));
    }
    if inside == "*" {
        return Ok((Some(Step::All), left));
    }
    let unknown = || format!("[{inside}] is not simulated");
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| unknown());
    let range = match inside.split_once(':') {
        None => Step::Range {
            from: number(inside)?,
            to: None,
            one: true,
        },
        Some((from, to)) => Step::Range {
            from: if from.trim().is_empty() { 0 } else { number(from)? },
            to: if to.trim().is_empty() {
                None
            } else {
                Some(number(to)?)
            },
            one: false,
        },
    };
    Ok((Some(range), left))
}

impl Step {
    fn of<'a>(&self, found: &[&'a Json]) -> Result<Vec<&'a Json>, WebError> {
        let missing = |why: String| Err(WebError::NotFound(why));
        let mut next = Vec::new();
        // A null is passed over.
        let values = found.iter().filter(|value| !value.is_null());
        match self {
            Self::Field(name) => {
                next.extend(values.filter_map(|value| value.get(name)));
                if next.is_empty() {
                    return missing(format!("{name} is not found"));
                }
            }
            Self::All => {
                for value in values {
                    match value {
                        Json::Array(items) => next.extend(items),
                        Json::Object(fields) => next.extend(fields.values()),
                        _ => {}
                    }
                }
            }
            Self::Range { from, to, one } => {
                for value in values {
                    let Json::Array(items) = value else {
                        return missing(format!("{} is not array or slice", go_type(value)));
                    };
                    let length = items.len() as i64;
                    let place = |number: i64| if number < 0 { number + length } else { number };
                    let from = place(*from);
                    if *one && !(0..length).contains(&from) {
                        return missing(format!(
                            "array index out of bounds: index {from}, length {length}"
                        ));
                    }
                    let to = if *one { from + 1 } else { to.map_or(length, place) };
                    let (from, to) = (from.clamp(0, length) as usize, to.clamp(0, length) as usize);
                    next.extend(items.get(from..to).unwrap_or(&[]));
                }
            }
        }
        Ok(next)
    }
}

fn go_type(value: &Json) -> &'static str {
    match value {
        Json::Null => "nil",
        Json::Bool(_) => "bool",
        Json::Number(_) => "float64",
        Json::String(_) => "string",
        Json::Array(_) => "[]interface {}",
        Json::Object(_) => "map[string]interface {}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn found(path: &str, body: &str) -> Result<Json, WebError> {
        WebPath::parse(path).unwrap().answer(body)
    }

    #[test]
    fn paths_find_the_first_value() {
        let body = r#"{"data": {"items": [{"v": 1}, {"v": 12}], "a b": null}, "ok": true}"#;
        for (path, value) in [
            ("{$.ok}", json!(true)),
            ("{.ok}", json!(true)),
            ("{$.data.items[1].v}", json!(12)),
            ("{$.data.items[-1].v}", json!(12)),
            ("{$.data.items[*].v}", json!(1)),
            ("{$.data.items[1:].v}", json!(12)),
            ("{$['data']['a b']}", Json::Null),
        ] {
            assert_eq!(found(path, body), Ok(value), "{path}");
        }
        assert_eq!(found("", "5"), Ok(json!(5)));
        assert_eq!(found("{$.ok}", "all is well"), Ok(json!("all is well")));
        for path in [
            "{$.no}",
            "{$.ok.more}",
            "{$.data.items[2]}",
            "{$.data[0]}",
            "{$.data.items[5:]}",
        ] {
            assert!(matches!(found(path, body), Err(WebError::NotFound(_))), "{path}");
        }
        assert_eq!(found("{$}", "null"), Err(WebError::Panics));
    }

    #[test]
    fn what_is_not_simulated_is_said() {
        for path in [
            "{$..v}",
            "{$.a[?(@.b)]}",
            "$.a",
            "{$.a}{$.b}",
            "{$.a[0,1]}",
            "{$.a[",
            "{$a}",
            "{$.a[::2]}",
        ] {
            assert!(WebPath::parse(path).is_err(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_path_meets_any_body(path in "\\{\\$[.\\[\\]'*a-c0-9:-]{0,12}\\}|.{0,12}", body in ".{0,24}") {
            if let Ok(path) = WebPath::parse(&path) {
                let _ = path.answer(&body);
            }
        }
    }
}
