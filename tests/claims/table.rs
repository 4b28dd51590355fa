//! The table of a README.

use std::fmt::Write as _;
use std::fs;

use crate::case::folder;

const START: &str = "<!-- claims: written by tests/claims -->";
const END: &str = "<!-- end of claims -->";

/// A line of a table.
pub struct Claim {
    pub says: &'static str,
    pub does: String,
    pub figure: String,
    /// A trial that shows it.
    pub trial: String,
    pub word: Word,
}

/// What became of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Kept,
    Broken,
    /// The plan leaves open what happens here.
    Open,
}

impl Word {
    pub const fn kept(is: bool) -> Self {
        if is { Self::Kept } else { Self::Broken }
    }
}

pub fn table(claims: &[Claim]) -> String {
    let mut text =
        String::from("| the plan says | what happens | measured | a trial | |\n|:--|:--|:--|:--|:--|\n");
    for claim in claims {
        let word = match claim.word {
            Word::Kept => "kept",
            Word::Broken => "**broken**",
            Word::Open => "left open",
        };
        let Claim {
            says,
            does,
            figure,
            trial,
            ..
        } = claim;
        writeln!(text, "| {says} | {does} | {figure} | {trial} | {word} |").unwrap();
    }
    text
}

/// Compares what stands between the marks of a README with `written`, or writes it.
pub fn compare(case: &str, written: &str) {
    let path = folder(case).join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text
        .split_once(START)
        .expect("the README has a place for the table");
    let (_, after) = rest.split_once(END).expect("the table has an end");
    let played = format!("{before}{START}\n{written}{END}{after}");
    if std::env::var_os("COALMINE_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, played).unwrap();
    } else {
        assert!(
            text == played,
            "the claims of scenarios/{case} are not what the trials say; COALMINE_BLESS=1 cargo test --test claims \
             writes them anew:\n{played}"
        );
    }
}
