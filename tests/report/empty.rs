use coalmine::report::{Look, Page, csv, json, markdown, terminal};

use super::fixture;

fn drawn_as_everything(page: &Page) {
    let look = Look {
        colour: false,
        width: 80,
    };
    terminal::draw(page, look);
    markdown::draw(page);
    json::draw(page).expect("a page can be written");
    csv::draw(page).expect("figures can be written");
    #[cfg(feature = "charts")]
    coalmine::report::html::draw(page).expect("the template is filled");
}

#[test]
fn what_was_not_measured_is_no_reason_to_fall() {
    for mut page in [fixture::one(), fixture::three()] {
        page.curves.clear();
        drawn_as_everything(&page);
        page.table.rows.truncate(5);
        drawn_as_everything(&page);
        for row in &mut page.table.rows {
            row.figures.clear();
            row.endings = None;
        }
        drawn_as_everything(&page);
        page.table.rows.clear();
        drawn_as_everything(&page);
        page.table.worlds.clear();
        page.table.comparisons.clear();
        drawn_as_everything(&page);
        page.table.policies.clear();
        drawn_as_everything(&page);
    }
}
