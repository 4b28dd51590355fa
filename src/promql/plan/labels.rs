use crate::series::Labels;

/// The labels without the series' name.
pub fn without_name(labels: &Labels) -> Labels {
    labels.filter(|name| name != Labels::NAME)
}

/// The labels an aggregation or a match keeps: the listed ones, or (`without`, `ignoring`) all but those and the name.
pub fn kept(labels: &Labels, listed: &[String], without: bool) -> Labels {
    labels.filter(|name| {
        let listed = listed.iter().any(|label| label == name);
        if without {
            !listed && name != Labels::NAME
        } else {
            listed
        }
    })
}
