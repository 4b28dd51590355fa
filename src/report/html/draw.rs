use minijinja::{Environment, Value, context};

use super::{pictures, rows, told};
use crate::report::caveats::Caveats;
use crate::report::say::{self, Mood};
use crate::report::{Page, charts};

const TEMPLATE: &str = include_str!("page.html.j2");
pub(super) const STYLE: &str = include_str!("page.css");

/// Draws `page`. What people wrote is escaped; only the style and the charts go in as they are.
///
/// # Errors
///
/// If the template cannot be filled, which only a mistake of ours can cause.
pub fn draw(page: &Page) -> Result<String, minijinja::Error> {
    let table = &page.table;
    let names: Vec<&str> = table.policies.iter().map(|policy| policy.name.as_str()).collect();
    let many = names.len() > 1;
    let verdicts: Vec<_> = say::verdicts(table)
        .into_iter()
        .map(|verdict| {
            let mood = match verdict.mood {
                Mood::Good => "good",
                Mood::Bad => "bad",
                Mood::Open => "open",
            };
            let policy = many.then_some(verdict.policy);
            context! { mood, policy, note => verdict.note.map(pieces), sentence => pieces(verdict.sentence) }
        })
        .collect();
    let legend: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(index, name)| context! { name, marker => charts::marker(index, name) })
        .collect();
    let said = |sentences: Vec<(Vec<&str>, String)>| -> Vec<_> {
        let lines = sentences.into_iter();
        lines
            .map(|(policies, sentence)| context! { policy => many.then(|| policies.join(", ")), sentence })
            .collect()
    };
    let caveats = Caveats::of(table);
    let groups: Vec<Value> = caveats
        .rest
        .iter()
        .map(|group| context! { advice => group.advice, lines => group.lines })
        .collect();

    let mut environment = Environment::new();
    // Its name ends in .html, so that everything is escaped.
    environment.add_template("told.html", told::PIECES)?;
    environment.add_template("page.html", TEMPLATE)?;
    let hardest: Vec<_> = page.hardest.iter().map(told::shown).collect();
    let drawn = environment.get_template("page.html")?.render(context! {
        css => format!("{STYLE}{}", told::TIMELINE_STYLE),
        switches => page.hardest.iter().any(|told| !told.timeline.switches.is_empty()),
        hardest,
        chosen_by => page.chosen_by,
        verdict_signs => told::legend(),
        names => say::few(&names),
        version => page.version,
        command => page.command,
        seed => page.seed,
        digests => page.digests,
        assumptions => page.assumptions,
        notices => page.notices,
        cut_short => say::cut_short(page),
        verdicts,
        beside => said(say::beside_first(table)),
        legend,
        many,
        trials => say::trials(table),
        tables => rows::tables(page),
        marks => say::marks(table),
        caveats => context! { first => caveats.first, title => caveats.title(), groups },
        charts => pictures::charts(page),
        deciders => said(say::deciders(table)),
        appendix => rows::appendix(table),
    })?;
    Ok(drawn.trim_start().to_owned())
}

/// A text whose code stands between backticks, piece by piece.
fn pieces(text: &str) -> Vec<Value> {
    // Where a backtick has no partner, none is code.
    if text.matches('`').count() % 2 == 1 {
        return vec![context! { code => false, text }];
    }
    let pieces = text.split('`').enumerate();
    pieces
        .filter(|(_, text)| !text.is_empty())
        .map(|(index, text)| context! { code => index % 2 == 1, text })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::TEMPLATE;

    #[test]
    fn only_our_own_markup_goes_in_unescaped() {
        let unescaped = TEMPLATE.matches("| safe").count();
        let ours = ["{{ css | safe }}", "marker | safe }}", "svg | safe }}"];
        let counted: usize = ours.iter().map(|ours| TEMPLATE.matches(ours).count()).sum();
        assert_eq!(unescaped, counted);
        assert!(!TEMPLATE.contains("<script") && !TEMPLATE.contains("http"));
    }
}
