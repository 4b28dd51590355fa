//! An answer as JSON: every number with interval, level and n; `null` is never.

use serde::Serialize;

use super::Page;

/// Grows when a field changes its meaning or goes away; new fields do not change it.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Answer<'a> {
    format: u32,
    #[serde(flatten)]
    page: &'a Page,
}

/// Draws `page`, with neither the command nor places: same address, same bytes.
///
/// # Errors
///
/// If serde_json cannot write a value, which only a mistake of ours can cause.
pub fn draw(page: &Page) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&Answer { format: FORMAT, page })?;
    text.push('\n');
    Ok(text)
}
