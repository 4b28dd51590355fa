use super::meta::Meta;
use crate::recording::Keep;

/// First wanted time [ms] and the first one after all that is wanted.
pub(super) fn bounds(meta: &Meta, keep: &Keep) -> (i64, i64) {
    match keep.range {
        Some(range) => (
            range.start.as_millis().max(meta.min_time),
            range.end.as_millis().min(meta.max_time),
        ),
        None => (meta.min_time, meta.max_time),
    }
}

/// Drops samples behind `from` whose time is not in `first..end`.
pub(super) fn trim(first: i64, end: i64, from: usize, times: &mut Vec<i64>, values: &mut Vec<f64>) {
    let inside = |time: i64| (first <= time) & (time < end);
    if !times[from..].iter().fold(true, |all, &time| all & inside(time)) {
        retain(from, times, values, inside);
    }
}

/// Drops samples behind `from` that were deleted.
pub(super) fn bury(deleted: &[(i64, i64)], from: usize, times: &mut Vec<i64>, values: &mut Vec<f64>) {
    if deleted.is_empty() {
        return;
    }
    retain(from, times, values, |time| {
        let before = deleted.partition_point(|&(first, _)| first <= time);
        before == 0 || deleted[before - 1].1 < time
    });
}

fn retain(from: usize, times: &mut Vec<i64>, values: &mut Vec<f64>, keep: impl Fn(i64) -> bool) {
    let mut to = from;
    for at in from..times.len() {
        if keep(times[at]) {
            (times[to], values[to]) = (times[at], values[at]);
            to += 1;
        }
    }
    times.truncate(to);
    values.truncate(to);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_just_added_is_looked_at() {
        let (mut times, mut values) = (vec![0, 5, 6, 7, 8, 9], vec![0.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        trim(6, 9, 2, &mut times, &mut values);
        assert_eq!(times, [0, 5, 6, 7, 8]);
        bury(&[(0, 0), (6, 7)], 1, &mut times, &mut values);
        assert_eq!((times, values), (vec![0, 5, 8], vec![0.0, 5.0, 8.0]));
    }
}
