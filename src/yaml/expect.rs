//! Values of the kind a field wants, or a finding that says what stands there instead.

use super::{Kind, Node, Plain};
use crate::diagnostic::Finding;

/// A value, or what is wrong with it.
pub type Expected<T> = Result<T, Box<Finding>>;

impl Node {
    /// A text. Kubernetes takes no number or boolean for one: those want quotes.
    pub fn expect_text(&self) -> Expected<&str> {
        match self.plain() {
            Some(Plain::Text(text)) => Ok(text),
            Some(Plain::Int(_) | Plain::Float(_) | Plain::Bool(_)) => {
                let finding = *self.unexpected("a string");
                Err(Box::new(finding.help(format!(
                    "put it in quotes: \"{}\"",
                    self.text().unwrap_or("")
                ))))
            }
            _ => Err(self.unexpected("a string")),
        }
    }

    /// A whole number (`20.0` is one too).
    pub fn expect_integer(&self) -> Expected<i64> {
        match self.plain() {
            Some(Plain::Int(number)) => Ok(number),
            Some(Plain::Float(number)) if number == number.trunc() && number.abs() < 9e15 => {
                Ok(number as i64)
            }
            Some(Plain::Text(text)) if text.parse::<i64>().is_ok() => {
                Err(Box::new(self.unexpected("an integer").help("remove the quotes")))
            }
            _ => Err(self.unexpected("an integer")),
        }
    }

    /// A whole number from 0 to 2³¹ − 1, as Kubernetes' `int32` fields that count something.
    pub fn expect_count(&self) -> Expected<u32> {
        let number = self.expect_integer()?;
        u32::try_from(number)
            .ok()
            .filter(|&number| i32::try_from(number).is_ok())
            .ok_or_else(|| self.unexpected("an integer from 0 to 2147483647"))
    }

    /// A number.
    pub fn expect_number(&self) -> Expected<f64> {
        match self.plain() {
            Some(Plain::Int(number)) => Ok(number as f64),
            Some(Plain::Float(number)) => Ok(number),
            _ => Err(self.unexpected("a number")),
        }
    }

    /// A boolean.
    pub fn expect_boolean(&self) -> Expected<bool> {
        match self.plain() {
            Some(Plain::Bool(value)) => Ok(value),
            _ => Err(self.unexpected("true or false")),
        }
    }

    /// A list; null is an empty one.
    pub fn expect_items(&self) -> Expected<&[Self]> {
        match &self.kind {
            Kind::Sequence(items) => Ok(items),
            _ if self.is_null() => Ok(&[]),
            _ => Err(self.unexpected("a list")),
        }
    }

    /// A mapping; null is an empty one.
    pub fn expect_entries(&self) -> Expected<&[(Self, Self)]> {
        match &self.kind {
            Kind::Mapping(entries) => Ok(entries),
            _ if self.is_null() => Ok(&[]),
            _ => Err(self.unexpected("a mapping")),
        }
    }

    /// The finding that `wanted` was expected here.
    pub fn unexpected(&self, wanted: &str) -> Box<Finding> {
        Box::new(Finding::error(format!("expected {wanted}, found {}", self.describe())).at(self.span, ""))
    }

    /// What stands here, in words: `a string 'abc'`, `the number 3`, `a list`.
    pub fn describe(&self) -> String {
        match (&self.kind, self.plain()) {
            (Kind::Sequence(_), _) => "a list".to_owned(),
            (Kind::Mapping(_), _) => "a mapping".to_owned(),
            (_, Some(Plain::Null)) => "nothing".to_owned(),
            (Kind::Scalar { text, .. }, Some(Plain::Bool(_))) => format!("the boolean {text}"),
            (Kind::Scalar { text, .. }, Some(Plain::Int(_) | Plain::Float(_))) => {
                format!("the number {text}")
            }
            (Kind::Scalar { text, .. }, _) => {
                let mut words: String = text
                    .chars()
                    .take(40)
                    .map(|c| if c.is_control() { ' ' } else { c })
                    .collect();
                if words.len() < text.len() {
                    words.push('…');
                }
                format!("a string '{words}'")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Documents;
    use crate::yaml::{Content, Node, read};

    fn tree(text: &str) -> Node {
        let mut documents = Documents::default();
        let id = documents.add("a.yaml", text);
        match read(&documents, id).remove(0).content {
            Content::Tree(node) => node,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn says_what_stands_there_instead() {
        let root = tree("a: abc\nb: 20.0\nc: 0.95\nd: yes\ne: [1]\nf:\ng: '3'\nh: -1");
        let at = |key: &str| root.get(key).unwrap();
        let message = |finding: Box<crate::diagnostic::Finding>| finding.message;
        assert_eq!(
            message(at("a").expect_integer().unwrap_err()),
            "expected an integer, found a string 'abc'"
        );
        assert_eq!(at("b").expect_integer().unwrap(), 20);
        assert_eq!(
            message(at("c").expect_integer().unwrap_err()),
            "expected an integer, found the number 0.95"
        );
        let text = at("c").expect_text().unwrap_err();
        assert_eq!(text.help, ["put it in quotes: \"0.95\""]);
        assert_eq!(
            message(at("d").expect_text().unwrap_err()),
            "expected a string, found the boolean yes"
        );
        assert_eq!(
            message(at("e").expect_entries().unwrap_err()),
            "expected a mapping, found a list"
        );
        assert!(at("f").expect_items().unwrap().is_empty());
        assert_eq!(
            message(at("g").expect_integer().unwrap_err()),
            "expected an integer, found a string '3'"
        );
        assert!(at("h").expect_count().is_err());
    }
}
