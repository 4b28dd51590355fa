use coalmine::report::{Look, terminal};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::fixture;

fn drawn(page: &coalmine::report::Page, width: usize) -> String {
    terminal::draw(page, Look { colour: false, width })
}

fn widest(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

#[test]
fn one_policy_in_80_columns() {
    let text = drawn(&fixture::one(), 80);
    assert!(widest(&text) <= 80, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn one_policy_in_120_columns() {
    let text = drawn(&fixture::one(), 120);
    assert!(widest(&text) <= 120, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn three_policies_in_80_columns() {
    let text = drawn(&fixture::three(), 80);
    assert!(widest(&text) <= 80, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn three_policies_in_120_columns() {
    let text = drawn(&fixture::three(), 120);
    assert!(widest(&text) <= 120, "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn colour_only_when_asked() {
    let page = fixture::three();
    let plain = drawn(&page, 80);
    let coloured = terminal::draw(
        &page,
        Look {
            colour: true,
            width: 80,
        },
    );
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains("\u{1b}[31m"));
    let mut stripped = coloured;
    for code in [0, 1, 2, 31, 32, 33] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, plain);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_line_is_wider_than_asked(
        width in 40usize..200,
        names in prop::collection::vec("(\\PC|[\u{1b}漢\u{202e}\\n ]){1,50}", 1..5),
        world in "(\\PC|漢| ){0,60}",
        colour in any::<bool>(),
    ) {
        let policies: Vec<_> = names.iter().map(|name| (name.as_str(), 1.0)).collect();
        let mut page = fixture::page(&policies);
        page.table.worlds[3].name = world;
        page.notices.push(names.join(" "));
        let text = drawn(&page, width);
        prop_assert!(widest(&text) <= width, "{width}: {} in\n{text}", widest(&text));
        prop_assert!(!text.contains('\u{1b}'), "escape");
        terminal::draw(&page, Look { colour, width });
    }
}
