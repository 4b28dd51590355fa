use coalmine::report::{Look, csv, json, markdown, terminal};
use coalmine::score::Caveat;
use serde_json::Value;

use super::fixture;

#[test]
fn markdown_of_one_policy() {
    insta::assert_snapshot!(markdown::draw(&fixture::one()));
}

#[test]
fn markdown_of_three_policies() {
    insta::assert_snapshot!(markdown::draw(&fixture::three()));
}

#[test]
fn csv_has_a_line_a_figure() {
    let page = fixture::one();
    let text = csv::draw(&page).expect("figures can be written");
    let figures: usize = page.table.rows.iter().map(|row| row.figures.len()).sum();
    assert_eq!(text.lines().count(), figures + 1);
    insta::assert_snapshot!(text);
}

#[test]
fn csv_quotes_what_needs_quotes_and_comes_back() {
    let nasty = "a,\"b\"\nc";
    let page = fixture::page(&[(nasty, 1.0)]);
    let text = csv::draw(&page).expect("figures can be written");
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let first = reader.records().next().expect("a line").expect("it is CSV");
    assert_eq!(&first[0], nasty);
}

#[test]
fn json_holds_every_number_with_its_interval_and_n_and_no_place() {
    let page = fixture::three();
    let text = json::draw(&page).expect("a page can be written");
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(value["format"], 1);
    assert_eq!(value["seed"], 1);
    for (row, drawn) in page
        .table
        .rows
        .iter()
        .zip(value["rows"].as_array().expect("rows"))
    {
        assert_eq!(drawn["address"], row.address);
        for (figure, drawn) in row
            .figures
            .iter()
            .zip(drawn["figures"].as_array().expect("figures"))
        {
            assert_eq!(drawn["name"], figure.name.key());
            for field in ["point", "low", "high", "level", "n", "unit", "direction"] {
                assert!(drawn.get(field).is_some(), "{field}");
            }
            let point = figure.number.point();
            assert_eq!(drawn["point"].as_f64(), point.is_finite().then_some(point));
        }
    }
    assert!(!text.contains("coalmine-out") && !text.contains("k8s/"));
}

/// Harm taken back by query errors as often as with nothing wrong is marked; more often it is not.
#[test]
fn detections_that_come_without_harm_too_are_no_detections() {
    let mut page = fixture::one();
    let by_errors = Caveat::DetectedByErrors {
        errors: 9,
        detected: 9,
    };
    let half = page.table.rows[13]
        .endings
        .expect("there are trials")
        .rolled_back_by_check;
    for (world, often) in [(11, None), (13, Some(half))] {
        let row = &mut page.table.rows[world];
        row.caveats.push(by_errors);
        let endings = row.endings.as_mut().expect("there are trials");
        endings.rolled_back_by_errors = often.unwrap_or(endings.rolled_back_by_errors);
    }
    let text = markdown::draw(&page);
    assert!(text.contains("| latency × 1.5 \\* | 98 % (97–99) † |"), "{text}");
    assert!(text.contains("| slow leak | **45 % (41–49)** |"), "{text}");
    assert!(
        text.contains("† rolled back by query errors, but as often in plain"),
        "{text}"
    );
}

/// Fewer trials than were asked for: every form says so, and how many.
#[test]
fn a_run_cut_short_says_so_in_every_form() {
    let mut page = fixture::three();
    assert_eq!(page.cut_short(), None);
    let told = "Cut short: 500 of 12,000 trials in each world were played.";
    let look = Look {
        colour: false,
        width: 120,
    };
    assert!(
        !terminal::draw(&page, look).contains("Cut short") && !markdown::draw(&page).contains("Cut short")
    );
    page.trials_planned = 12_000;
    assert_eq!(page.cut_short(), Some((500, 12_000)));
    assert!(terminal::draw(&page, look).contains(told));
    assert!(markdown::draw(&page).starts_with(&format!("❔ {told}\n")));
    let value: Value =
        serde_json::from_str(&json::draw(&page).expect("a page can be written")).expect("it is JSON");
    assert_eq!(value["trials_planned"], 12_000);
    let text = csv::draw(&page).expect("figures can be written");
    let mut lines = text.lines();
    assert!(
        lines
            .next()
            .is_some_and(|head| head.ends_with(",n,address,planned"))
    );
    assert!(lines.all(|line| line.ends_with(",12000")), "{text}");
    #[cfg(feature = "charts")]
    assert!(
        coalmine::report::html::draw(&page)
            .expect("the template is filled")
            .contains(told)
    );
}
