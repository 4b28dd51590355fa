use minijinja::{Environment, Error, context};

use super::draw::STYLE;
use crate::report::against::{Against, NOTE, first, others, table, total};

const TEMPLATE: &str = include_str!("against.html.j2");

/// Theirs beside ours as a page of its own.
///
/// # Errors
///
/// If the template cannot be filled, which only a mistake of ours can cause.
pub fn against(answer: &Against<'_>) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.add_template("page.html", TEMPLATE)?;
    let (head, rows) = table(answer.laid);
    let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    let first = first(answer);
    let page = environment.get_template("page.html")?.render(context! {
        css => STYLE,
        title => format!("{} on {}: {} beside ours", answer.laid.policy, answer.recording, answer.file),
        version => env!("CARGO_PKG_VERSION"),
        head,
        rows,
        lead => first.first(),
        sides => first.get(1..).unwrap_or_default(),
        others => others(answer, usize::MAX),
        total => total(answer.laid),
        note => NOTE,
        command => answer.command,
    })?;
    Ok(page.trim_start().to_owned())
}
