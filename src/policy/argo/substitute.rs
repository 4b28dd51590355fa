//! `{{args.x}}` in a metric.
//!
//! The controller writes the metric as JSON, replaces every tag with the argument's text in Go's quoting and reads the
//! JSON back (argo-rollouts `ResolveMetricArgs`, `utils/template`). So tags work in every text; and a lone `{{` runs on to
//! the next `}}` of the JSON, which never names an argument.

use std::ops::Range;

use super::arguments::Argument;
use super::go_json;
use crate::yaml::Node;

/// Replaces the tags of one text.
///
/// # Errors
///
/// The controller's words: an unknown tag, a tag that does not end, a value that JSON cannot hold.
pub fn text(text: &str, arguments: &[Argument]) -> Result<String, String> {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((tag, after)) = after.split_once("}}") else {
            return Err("Cannot find end tag=\"}}\" in the template=".to_owned() + &format!("{text:?}"));
        };
        done.push_str(before);
        done.push_str(value(tag, arguments)?);
        rest = after;
    }
    done.push_str(rest);
    Ok(done)
}

/// Where bytes `range` of the replaced text come from in `text`; a tag is one piece.
pub fn origin(text: &str, arguments: &[Argument], range: Range<usize>) -> Range<usize> {
    let (mut source, mut done) = (0, 0);
    let (mut start, mut end) = (None, text.len());
    while source < text.len() {
        let tag = text[source..].find("{{").map(|at| source + at);
        let literal = tag.unwrap_or(text.len()) - source;
        if start.is_none() && range.start < done + literal {
            start = Some(source + range.start.saturating_sub(done));
        }
        if range.end <= done + literal {
            end = source + range.end.saturating_sub(done);
            break;
        }
        source += literal;
        done += literal;
        let Some(inside) = tag.and_then(|tag| text[tag + 2..].split_once("}}").map(|(inside, _)| inside))
        else {
            break;
        };
        let written = inside.len() + 4;
        let replaced = value(inside, arguments).map_or(0, str::len);
        if start.is_none() && range.start < done + replaced {
            start = Some(source);
        }
        source += written;
        done += replaced;
        if range.end <= done {
            end = source;
            break;
        }
    }
    let start = start.unwrap_or(text.len()).min(text.len());
    start..end.clamp(start, text.len())
}

/// Whether every tag of a whole metric can be replaced. Of several that cannot the controller names the last.
///
/// # Errors
///
/// The controller's words.
pub fn check(metric: &Node, arguments: &[Argument]) -> Result<(), String> {
    let json = go_json::metric(metric);
    let mut rest = json.as_str();
    let mut last = Ok(());
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((tag, after)) = after.split_once("}}") else {
            return Err("Cannot find end tag=\"}}\" in the template".to_owned());
        };
        if let Err(message) = value(tag, arguments) {
            last = Err(message);
        }
        rest = after;
    }
    last
}

fn value<'a>(tag: &str, arguments: &'a [Argument]) -> Result<&'a str, String> {
    let name = tag.trim().strip_prefix("args.");
    let argument = name.and_then(|name| arguments.iter().find(|argument| argument.name == name));
    let Some(argument) = argument else {
        return Err(format!("failed to resolve {{{{{tag}}}}}"));
    };
    let text = argument
        .text()
        .ok_or_else(|| format!("argument \"{}\" was not supplied", argument.name))?;
    // Go quotes these in ways that JSON does not know.
    let odd =
        |c: char| c == '\u{7f}' || (c.is_control() && (c as u32) < 0x20 && !"\u{8}\u{c}\n\r\t".contains(c));
    match text.chars().find(|&c| odd(c)) {
        Some(c) => Err(format!(
            "the value of args.{} holds the character {c:?}, which JSON cannot quote",
            argument.name
        )),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{origin, text};
    use crate::diagnostic::{DocumentId, Span};
    use crate::policy::argo::arguments::Argument;

    #[test]
    fn replaces_tags() {
        let arguments = [argument("a", "1"), argument("b", "{{args.a}}")];
        assert_eq!(
            text("x{{args.a}}y{{ args.b }}", &arguments).unwrap(),
            "x1y{{args.a}}"
        );
        assert_eq!(text("no }} tag", &arguments).unwrap(), "no }} tag");
        assert_eq!(
            text("{{args.c}}", &arguments).unwrap_err(),
            "failed to resolve {{args.c}}"
        );
        assert!(text("{{args.a", &arguments).is_err());
        assert!(text("{{{args.a}}}", &arguments).is_err());
    }

    fn argument(name: &str, value: &str) -> Argument {
        Argument {
            name: name.into(),
            value: Some(value.into()),
            source: None,
            span: Span::new(DocumentId(0), 0..0),
            passed: None,
        }
    }

    #[test]
    fn knows_where_a_place_comes_from() {
        let arguments = [argument("a", "long value")];
        let written = "sum(x{y=\"{{args.a}}\"} oops";
        let replaced = text(written, &arguments).unwrap();
        let at = replaced.find("oops").unwrap();
        assert_eq!(&written[origin(written, &arguments, at..at + 4)], "oops");
        let inside = replaced.find("value").unwrap();
        assert_eq!(
            &written[origin(written, &arguments, inside..inside + 2)],
            "{{args.a}}"
        );
        assert_eq!(
            origin(written, &arguments, replaced.len()..replaced.len()),
            written.len()..written.len()
        );
        assert_eq!(&written[origin(written, &arguments, 0..3)], "sum");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(input in "([{}]{1,3}|args\\.a| |é|x){0,20}", start in 0usize..40, length in 0usize..9) {
            let arguments = [argument("a", "1é2")];
            let _ = text(&input, &arguments);
            let range = origin(&input, &arguments, start..start + length);
            assert!(range.start <= range.end && range.end <= input.len());
        }
    }
}
