use coalmine::report::html;

use super::fixture;

/// Draws `page`, and leaves it where a person can look at it.
fn drawn(name: &str, page: &coalmine::report::Page) -> String {
    let text = html::draw(page).expect("the template is filled");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, &text).expect("a folder for tests can be written");
    text
}

/// The template's way to write a slash.
fn escaped(text: &str) -> String {
    text.replace('/', "&#x2f;")
}

#[test]
fn the_page_says_everything_and_asks_nobody() {
    let page = fixture::three();
    let text = drawn("three.html", &page);
    for policy in &page.table.policies {
        assert!(text.contains(&policy.name));
    }
    for world in &page.table.worlds {
        assert!(text.contains(&escaped(&world.name)), "{}", world.name);
    }
    for row in &page.table.rows {
        assert!(text.contains(&escaped(&row.address)), "{}", row.address);
    }
    for line in page.assumptions.lines.iter().chain(&page.notices) {
        assert!(text.contains(&escaped(line)), "{line}");
    }
    let without_names_of_svg = text.replace("http://www.w3.org/2000/svg", "");
    for loads in ["http:", "https:", "<script", "<link", "<img", "url(", "@import"] {
        assert!(!without_names_of_svg.contains(loads), "{loads}");
    }
    drawn("one.html", &fixture::one());
    let names: Vec<String> = (0..10).map(|n| format!("checkout-limit-0.0{n}")).collect();
    let many: Vec<(&str, f64)> = names
        .iter()
        .zip(4..)
        .map(|(name, n)| (name.as_str(), 0.15 * f64::from(n)))
        .collect();
    drawn("ten.html", &fixture::page(&many));
}

#[test]
fn a_name_cannot_inject_markup() {
    let nasty = "</style></title></svg><script>alert('1')</script>\"'&";
    let mut page = fixture::page(&[(nasty, 1.0), ("plain", 0.5)]);
    page.table.worlds[0].name = nasty.to_owned();
    page.table.worlds[9].name = nasty.to_owned();
    page.command = nasty.to_owned();
    page.notices.push(nasty.to_owned());
    page.assumptions.lines.push(nasty.to_owned());
    page.table.policies[0].verdict.sentence = nasty.to_owned();
    page.table.rows[3].address = nasty.to_owned();
    page.digests[0].of = nasty.to_owned();
    let text = drawn("nasty.html", &page);
    assert!(!text.contains("<script"));
    assert_eq!(text.matches("</style>").count(), 1);
    assert_eq!(text.matches("<svg ").count(), text.matches("</svg>").count());
}

#[test]
fn what_all_panels_say_alike_is_said_once() {
    let mut page = fixture::one();
    page.table.policies[0].verdict.sentence = "Nothing can fail `errors`: set `failureLimit: 0`.".to_owned();
    let text = html::draw(&page).expect("the template is filled");
    for said in [
        "fail <code>errors</code>: set <code>failureLimit: 0</code>.",
        "* harm within every limit that the policies state (errors 1 %, p95 500ms)",
        "<span class=\"about\">What happens in plain</span>",
    ] {
        assert!(text.contains(said), "{said}");
    }
    assert!(!text.contains("Show the 9 panels"));
    for curve in &mut page.curves {
        curve.steps.clear();
    }
    let text = html::draw(&page).expect("the template is filled");
    assert!(text.contains("In none of the 9 harmful worlds was any harm caught."));
    assert!(text.contains("<summary>Show the 9 panels</summary>"));
}
