use super::{EvalError, QueryRange, Scratch, Value};
use crate::promql::Plan;
use crate::series::AsOf;
use crate::units::Timestamp;

impl Plan {
    /// A range query asked at `now`, of a plan that was made for one: to `numbers` go all samples of the first series in
    /// the order of labels, then those of the second, and so on.
    ///
    /// # Errors
    ///
    /// The API refuses the range, the samples there are do not fit the query, or its subqueries load more samples at all
    /// moments together than one evaluation may: see [`EvalError`].
    ///
    /// # Panics
    ///
    /// If `scratch` belongs to another plan.
    pub fn evaluate_trail(
        &self,
        view: AsOf<'_>,
        now: Timestamp,
        scratch: &mut Scratch,
        numbers: &mut Vec<f64>,
    ) -> Result<(), EvalError> {
        numbers.clear();
        let Some(trail) = self.trail() else { return Ok(()) };
        let range = trail.seen_from(now).map_err(EvalError::Range)?;
        let mut found = std::mem::take(&mut scratch.trail);
        found.clear();
        scratch.refill();
        let taken = self.take_steps(view, range, scratch, &mut found);
        // By the moment too, since a sort that keeps the order of equals allocates.
        found.sort_unstable_by_key(|&(place, moment, _)| (place, moment));
        numbers.extend(found.iter().map(|&(.., value)| value));
        scratch.trail = found;
        taken
    }

    fn take_steps(
        &self,
        view: AsOf<'_>,
        range: QueryRange,
        scratch: &mut Scratch,
        found: &mut Vec<(u32, u32, f64)>,
    ) -> Result<(), EvalError> {
        let mut at = range.start;
        let mut moment = 0;
        while at <= range.end {
            match self.next_step(view, at, range, scratch)? {
                Value::Scalar(value) => found.push((0, moment, value)),
                Value::Vector(vector) => {
                    found.extend(vector.places().map(|(place, value)| (place, moment, value)));
                }
                // `next_step` has refused these.
                Value::Matrix(_) | Value::Text(_) => return Err(EvalError::NoStepOfRange),
            }
            at = at + range.step;
            moment += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::EvalError;
    use crate::promql::{Plan, QueryRange, Reply, Settings, Trail, When, ask, parse};
    use crate::recording;
    use crate::series::AsOf;
    use crate::units::{Duration, Timestamp};

    const TEXT: &[u8] = b"load 15s\nreq{code=\"200\"} 0+15x40\nreq{code=\"500\"} _x20 0+3x20\nup 10+1x40\n";

    fn trail(start: i64, end: i64, step: i64) -> Trail {
        let [start, end, step] = [start, end, step].map(Duration::from_secs);
        Trail { start, end, step }
    }

    fn numbers(query: &str, trail: Trail, now: i64) -> Result<Vec<f64>, String> {
        let (recording, _) = recording::read("file", TEXT, None).unwrap();
        let plan = Plan::of(
            &parse(query).unwrap(),
            &recording.layout,
            &Settings::default(),
            Some(trail),
        );
        let plan = plan.expect("it is planned");
        let now = Timestamp::from_secs(now);
        let (mut scratch, mut numbers) = (plan.scratch(), vec![7.0]);
        let view = AsOf::new(&recording.samples, now, now);
        let taken = plan.evaluate_trail(view, now, &mut scratch, &mut numbers);
        taken.map(|()| numbers).map_err(|error| error.to_string())
    }

    /// `up` is 10 at 0 s and one more every 15 s; both ends count; samples of one series stand before those of the next.
    #[test]
    fn all_samples_of_all_series_end_to_end() {
        assert_eq!(
            numbers("up", trail(45, 0, 15), 60),
            Ok(vec![11.0, 12.0, 13.0, 14.0])
        );
        assert_eq!(numbers("up", trail(45, 10, 15), 60), Ok(vec![11.0, 12.0, 13.0]));
        assert_eq!(numbers("up", trail(15, 15, 60), 60), Ok(vec![13.0]));
        assert_eq!(numbers("1 + 1", trail(60, 0, 30), 60), Ok(vec![2.0; 3]));
        assert_eq!(numbers("nothing", trail(60, 0, 30), 60), Ok(vec![]));
        // The series of failures begins at 300 s.
        assert_eq!(
            numbers("req", trail(30, 0, 15), 315),
            Ok(vec![285.0, 300.0, 315.0, 0.0, 3.0])
        );
        assert_eq!(
            numbers("sort_desc(req)", trail(0, 0, 15), 315),
            Ok(vec![315.0, 3.0])
        );
    }

    #[test]
    fn the_api_refuses_some_ranges() {
        assert!(
            numbers("up", trail(0, 60, 15), 60)
                .unwrap_err()
                .contains("end timestamp")
        );
        assert!(
            numbers("up", trail(60, 0, 0), 60)
                .unwrap_err()
                .contains("zero or negative")
        );
        assert!(
            numbers("up", trail(11_001, 0, 1), 60)
                .unwrap_err()
                .contains("11,000 points")
        );
        assert!(numbers("up", trail(11_000, 0, 1), 60).is_ok());
        assert!(
            numbers("up[1m]", trail(60, 0, 15), 60)
                .unwrap_err()
                .contains("range query")
        );
    }

    /// 41 moments with 5 samples each: what one moment leaves is what the next one has.
    #[test]
    fn all_moments_share_what_may_be_loaded() {
        let (recording, _) = recording::read("file", TEXT, None).unwrap();
        let query = parse("max_over_time(up[1m:12s])").unwrap();
        let asked = trail(400, 0, 10);
        let plan = Plan::of(&query, &recording.layout, &Settings::default(), Some(asked)).unwrap();
        let now = Timestamp::from_secs(500);
        let view = AsOf::new(&recording.samples, now, now);
        for (budget, enough) in [(205, true), (204, false), (5, false)] {
            let mut scratch = plan.scratch();
            scratch.budget = budget;
            let taken = plan.take_steps(view, asked.seen_from(now).unwrap(), &mut scratch, &mut Vec::new());
            assert_eq!(
                taken.err(),
                (!enough).then_some(EvalError::TooManySamples),
                "{budget}"
            );
        }
    }

    /// The same as what `query_range` answers, which is held against Prometheus elsewhere.
    #[test]
    fn it_says_what_a_range_query_says() {
        let (recording, _) = recording::read("file", TEXT, None).unwrap();
        for query in [
            "req",
            "sum(rate(req[1m]))",
            "rate(req[1m] offset 30s)",
            "req @ start()",
            "req @ end()",
            "max_over_time(req[1m:10s])",
            "req / on () group_left sum(req)",
            "topk(1, req)",
        ] {
            for (start, end, step) in [(120, 0, 15), (100, 30, 7), (300, 60, 60)] {
                let range = QueryRange {
                    start: Timestamp::from_secs(400 - start),
                    end: Timestamp::from_secs(400 - end),
                    step: Duration::from_secs(step),
                };
                let settings = Settings::default();
                let reply = ask(
                    query,
                    &recording.layout,
                    &recording.samples,
                    &settings,
                    When::Over(range),
                );
                let Ok(Reply::Matrix(found)) = reply else {
                    panic!("{query}: {reply:?}");
                };
                let expected: Vec<f64> = found
                    .iter()
                    .flat_map(|(_, samples)| samples.iter().map(|&(_, value)| value))
                    .collect();
                assert_eq!(
                    numbers(query, trail(start, end, step), 400),
                    Ok(expected),
                    "{query}"
                );
            }
        }
    }

    /// What looks back is counted from the oldest moment.
    #[test]
    fn a_range_reads_from_its_first_moment() {
        let (recording, _) = recording::read("file", TEXT, None).unwrap();
        for (query, from, to) in [
            ("rate(up[1m])", 360, 60),
            ("rate(up[1m] offset 30s)", 390, 90),
            ("up @ start()", 600, 300),
            ("up @ end()", 360, 60),
        ] {
            let expr = parse(query).unwrap();
            let trail = trail(300, 60, 30);
            let plan = Plan::of(&expr, &recording.layout, &Settings::default(), Some(trail)).unwrap();
            let read = plan.reads()[0];
            assert_eq!(
                (read.from.as_millis() / 1000, read.to.as_millis() / 1000),
                (from, to),
                "{query}"
            );
            assert!(!plan.reads_whole_windows());
        }
    }
}
