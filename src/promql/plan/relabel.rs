use regex::Regex;

use super::expression::{plan, vector};
use super::planner::{Elements, Planned, Planner, Refused};
use crate::promql::ast::Expr;
use crate::series::Labels;

/// `label_replace(input, to, replacement, from, pattern)`: where the whole of a label matches, another is written.
pub fn replace(planner: &mut Planner<'_>, input: &Expr, texts: &[Expr]) -> Result<Elements, Refused> {
    let [to, replacement, from, pattern] = texts else {
        return Err(planner.invalid(&input.at, "`label_replace` takes a vector and four texts"));
    };
    let [name, replacement, from, regex] = [to, replacement, from, pattern].map(|expr| text(planner, expr));
    let input = vector(planner, input);
    let (name, replacement, from, regex) = (name?, replacement?, from?, regex?);
    check_name(planner, to, &name)?;
    let Ok(regex) = Regex::new(&format!("^(?s:{regex})$")) else {
        let message = format!("invalid regular expression in `label_replace`: {regex}");
        return Err(planner.invalid(&pattern.at, message));
    };
    let replaced = |labels: &Labels| {
        let Some(captures) = regex.captures(labels.get(&from).unwrap_or("")) else {
            return labels.clone();
        };
        let mut value = String::new();
        captures.expand(&replacement, &mut value);
        labels.with(&name, &value)
    };
    Ok(relabelled(planner, &input?, replaced))
}

/// `label_join(input, to, separator, from...)`: the values of labels, joined, written to another.
pub fn join(planner: &mut Planner<'_>, input: &Expr, texts: &[Expr]) -> Result<Elements, Refused> {
    let [to, separator, from @ ..] = texts else {
        return Err(planner.invalid(
            &input.at,
            "`label_join` takes a vector, a label and a separator at least",
        ));
    };
    let (name, separator) = (text(planner, to), text(planner, separator));
    let from: Vec<_> = from.iter().map(|expr| text(planner, expr)).collect();
    let input = vector(planner, input);
    let from = from.into_iter().collect::<Result<Vec<_>, _>>()?;
    let (name, separator) = (name?, separator?);
    check_name(planner, to, &name)?;
    let joined = |labels: &Labels| {
        let values: Vec<_> = from.iter().map(|label| labels.get(label).unwrap_or("")).collect();
        labels.with(&name, &values.join(&separator))
    };
    Ok(relabelled(planner, &input?, joined))
}

fn text(planner: &mut Planner<'_>, expr: &Expr) -> Result<String, Refused> {
    match plan(planner, expr)? {
        Planned::Text(text) => Ok(text),
        _ => Err(planner.invalid(&expr.at, "expected a text in quotes here")),
    }
}

fn check_name(planner: &mut Planner<'_>, expr: &Expr, name: &str) -> Result<(), Refused> {
    if name.is_empty() {
        return Err(planner.invalid(&expr.at, "the label to write has no name"));
    }
    Ok(())
}

fn relabelled(planner: &mut Planner<'_>, input: &Elements, relabel: impl Fn(&Labels) -> Labels) -> Elements {
    let labels = input.labels.iter().map(relabel).collect();
    planner.elements(input.slots, labels)
}
