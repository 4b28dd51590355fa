//! Which worlds a call plays.

use regex::Regex;

use super::request::STATED;
use crate::diagnostic::Finding;
use crate::policy::words;
use crate::scenario::Scenario;

/// Among names of worlds: all that come with the program, and those of them that are played unless others are named.
const WHOLE: &str = "battery";
const SHORT: &str = "battery/short";

/// The worlds that are `asked` for: `battery` is played unless others are named, `more` where it is named. Of those that are
/// stated, `own` can be played; `broken` are the names of the others.
pub(super) fn choose(
    asked: &[String],
    battery: Vec<(&'static str, Scenario)>,
    more: Vec<(&'static str, Scenario)>,
    own: Vec<Scenario>,
    broken: &[&str],
    findings: &mut Vec<Finding>,
) -> Vec<Scenario> {
    let only_stated = asked.iter().all(|world| world == STATED);
    if only_stated && !(own.is_empty() || asked.is_empty()) {
        return own;
    }
    if only_stated {
        return battery.into_iter().map(|(_, world)| world).chain(own).collect();
    }
    let named = |of: Of| move |(name, world): (&str, Scenario)| (name.to_owned(), world, of);
    let mut known: Vec<(String, Scenario, Of)> = battery.into_iter().map(named(Of::Short)).collect();
    known.extend(more.into_iter().map(named(Of::Whole)));
    known.sort_by_key(|(_, world, _)| world.truth);
    known.extend(
        own.into_iter()
            .map(|world| (world.name.clone(), world, Of::Stated)),
    );
    let mut chosen: Vec<Scenario> = Vec::new();
    for pattern in asked {
        let glob = glob(pattern.strip_prefix("battery/").unwrap_or(pattern));
        let is_meant = |(name, world, of): &&(String, Scenario, Of)| match pattern.as_str() {
            SHORT => *of == Of::Short,
            WHOLE => *of != Of::Stated,
            STATED if *of == Of::Stated => true,
            _ => glob.is_match(name) || glob.is_match(&world.name),
        };
        let mut meant = known.iter().filter(is_meant).peekable();
        // Documents that state the service alone name no world.
        let service_alone = pattern == STATED && known.iter().all(|(.., of)| *of != Of::Stated);
        if meant.peek().is_none() && !service_alone {
            if broken.iter().any(|name| glob.is_match(name)) {
                let message = format!("the world {pattern:?} cannot be played: its document has errors");
                findings.push(Finding::error(message));
                continue;
            }
            let names: Vec<&str> = known.iter().map(|(name, ..)| name.as_str()).collect();
            let mut finding = Finding::error(format!("there is no world {pattern:?}"));
            if let Some(near) = near(pattern, &names) {
                finding = finding.help(format!("did you mean {near:?}?"));
            }
            findings.push(finding.help(format!("the worlds are: {}", names.join(", "))));
        }
        for (_, world, _) in meant {
            if !chosen.iter().any(|chosen| chosen.name == world.name) {
                chosen.push(world.clone());
            }
        }
    }
    chosen
}

/// The name that was meant, or the glob, where a part of a name stands before its star.
fn near(pattern: &str, names: &[&str]) -> Option<String> {
    let Some(stem) = pattern.strip_suffix('*') else {
        return words::nearest(pattern, names.iter().copied()).map(str::to_owned);
    };
    let stems = names.iter().filter_map(|name| name.get(..stem.len()));
    words::nearest(stem, stems).map(|near| format!("{near}*"))
}

/// Where a world comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// It is played unless others are named.
    Short,
    /// It comes with the program too.
    Whole,
    /// A Scenario document states it.
    Stated,
}

/// `*` stands for anything, `?` for one character.
fn glob(pattern: &str) -> Regex {
    let escaped = regex::escape(pattern).replace(r"\*", ".*").replace(r"\?", ".");
    Regex::new(&format!("^(?s:{escaped})$")).expect("an escaped pattern is a regular expression")
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn a_slip_in_a_name_or_a_glob_is_seen() {
        let names = ["plain", "latency-1.2", "latency-3", "ä"];
        let told = |pattern| near(pattern, &names);
        assert_eq!(told("latency3").as_deref(), Some("latency-3"));
        assert_eq!(told("latancy-*").as_deref(), Some("latency-*"));
        assert_eq!(told("nope*"), None);
        assert_eq!(told("everything"), None);
    }
}
