use std::fmt::Write as _;

use super::cells::{clients, would};
use super::laid::PAST;
use super::several::{differences, rows, summaries};
use super::sums::sentence;
use super::{Answer, Detail};
use crate::report::markdown::escaped;
use crate::report::trial::looks;

/// All of it as Markdown, for the document that is written after an incident.
pub fn markdown(answer: &Answer) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, answer);
    out
}

fn write(out: &mut String, answer: &Answer) -> std::fmt::Result {
    writeln!(
        out,
        "## {}: what other policies would have done\n",
        escaped(&answer.recording)
    )?;
    for laid in &answer.laid {
        writeln!(
            out,
            "- **{}** {}",
            escaped(&laid.policy),
            escaped(&sentence(&answer.truth, laid))
        )?;
    }
    for difference in differences(answer) {
        writeln!(out, "- {}", escaped(&difference))?;
    }
    writeln!(out)?;
    let names: Vec<&str> = answer.laid.iter().map(|laid| laid.policy.as_str()).collect();
    table(out, &[&[""], names.as_slice()].concat(), &summaries(answer))?;
    if let Some(found) = &answer.detail {
        detail(out, answer, found)?;
    }
    writeln!(out, "\n<details><summary>All deployments</summary>\n")?;
    let head = ["deployment", "at (UTC)", "clients", "10th client failure"];
    table(out, &[&head, names.as_slice()].concat(), &rows(answer))?;
    writeln!(out, "\n</details>\n\n{PAST}")?;
    if !answer.truth.rule.is_empty() {
        writeln!(out, "Ground truth: {}.", escaped(&answer.truth.rule))?;
    }
    writeln!(out, "\n`{}`", answer.command.replace('`', "'"))
}

fn detail(out: &mut String, answer: &Answer, found: &Detail) -> std::fmt::Result {
    let deployment = &answer.truth.deployments[found.deployment];
    writeln!(
        out,
        "\n### {} look by look\n\nClients: {}. Shown because it is {}.",
        escaped(&deployment.id),
        escaped(&clients(deployment)),
        escaped(&found.why)
    )?;
    for (laid, timeline) in answer.laid.iter().zip(&found.timelines) {
        let seen = &laid.hindsight[found.deployment];
        writeln!(
            out,
            "\n**{}**: {}",
            escaped(&laid.policy),
            escaped(&would(laid, deployment, seen))
        )?;
        looks(out, &timeline.lanes)?;
    }
    Ok(())
}

fn table(out: &mut String, head: &[&str], rows: &[Vec<String>]) -> std::fmt::Result {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| escaped(cell)).collect();
    writeln!(out, "{}\n|{}", line(&head), "---|".repeat(head.len()))?;
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
        writeln!(out, "{}", line(&cells))?;
    }
    Ok(())
}
