//! Runs a script against the engine.

use std::collections::BTreeMap;

use coalmine::promql::ast::{At, Expr, ExprKind, Shift};
use coalmine::promql::parse::Options;
use coalmine::promql::{Plan, QueryRange, Settings, parse_with};
use coalmine::series::{AsOf, Labels, Layout, Samples};
use coalmine::units::{Duration, Timestamp};

use super::compare::{Answer, compare};
use super::script::{self, Eval, Expected, Kind, Sequence, When};
use super::store::Store;

/// What became of the evals of one script.
#[derive(Default)]
pub struct Tally {
    pub passed: usize,
    /// Line, query and reason.
    pub failed: Vec<String>,
    /// Reasons and how often each occurred: what the engine refuses by name.
    pub outside: BTreeMap<String, usize>,
}

impl Tally {
    /// One line about a script.
    pub fn line(&self, name: &str) -> String {
        let outside: usize = self.outside.values().sum();
        let mut line = format!(
            "{name}: {} passed, {} failed, {outside} outside",
            self.passed,
            self.failed.len()
        );
        let reasons: Vec<String> = self
            .outside
            .iter()
            .map(|(why, count)| format!("{why} {count}"))
            .collect();
        if !reasons.is_empty() {
            line += &format!(" ({})", reasons.join(", "));
        }
        line
    }
}

enum Failure {
    /// Prometheus fails too, if the script says so.
    Query(String),
    /// The engine says that it does not do this.
    Outside(String),
}

/// Runs the commands of a script.
pub fn run(text: &str, settings: &Settings) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut store = Store::default();
    let mut series = store.series();
    for command in script::read(text)? {
        match command.kind {
            Kind::Clear => store.clear(),
            Kind::Load(load) => store.load(&load),
            Kind::Eval(eval) => {
                let run = Run {
                    layout: &series.0,
                    samples: &series.1,
                    store: &store,
                    settings,
                };
                match run.eval(&eval) {
                    Ok(()) => tally.passed += 1,
                    Err(Failure::Query(why)) => {
                        tally
                            .failed
                            .push(format!("line {}: {}: {why}", command.line, eval.query));
                    }
                    Err(Failure::Outside(why)) => *tally.outside.entry(why).or_default() += 1,
                }
                continue;
            }
        }
        series = store.series();
    }
    Ok(tally)
}

/// The answer to an instant query at a moment [ms], or why there is none.
pub fn ask(store: &Store, query: &str, at: i64, settings: &Settings) -> Result<Answer, String> {
    let series = store.series();
    let run = Run {
        layout: &series.0,
        samples: &series.1,
        store,
        settings,
    };
    let expr = parse_with(query, Options::default()).map_err(|error| error.to_string())?;
    run.instant(&expr, at).map_err(|failure| match failure {
        Failure::Query(why) | Failure::Outside(why) => why,
    })
}

struct Run<'a> {
    layout: &'a Layout,
    samples: &'a Samples,
    store: &'a Store,
    settings: &'a Settings,
}

/// Functions whose answer depends on the moment even if their argument does not.
const MOMENTARY: [&str; 15] = [
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "end",
    "hour",
    "minute",
    "month",
    "predict_linear",
    "range",
    "start",
    "step",
    "time",
    "timestamp",
    "year",
];

impl Run<'_> {
    fn eval(&self, eval: &Eval) -> Result<(), Failure> {
        if expects_histograms(&eval.expected) {
            return Err(Failure::Outside("native histograms".to_owned()));
        }
        let everything = Options {
            experimental_functions: true,
            extended_ranges: true,
            fill: true,
        };
        let expr = match parse_with(&eval.query, everything) {
            Ok(expr) => expr,
            Err(_) if eval.fails => return Ok(()),
            Err(error) => return Err(Failure::Query(error.to_string())),
        };
        let mut outside = None;
        expr.selectors(&mut |selector, _| outside = outside.or(self.store.outside(&selector.matchers)));
        if let Some(why) = outside {
            return Err(Failure::Outside(why.to_owned()));
        }
        match eval.when {
            When::Range { from, to, step } => self.check(eval, self.range(&expr, from, to, step)),
            When::At(at) => {
                self.check(eval, self.instant(&expr, at))?;
                self.with_at(eval, &expr, at)?;
                self.inside_a_range(eval, &expr, at)
            }
        }
    }

    fn check(&self, eval: &Eval, answer: Result<Answer, Failure>) -> Result<(), Failure> {
        match answer {
            Ok(answer) if eval.fails => Err(Failure::Query(format!(
                "an answer instead of an error: {answer:?}"
            ))),
            Ok(answer) => compare(eval, &answer).map_err(Failure::Query),
            Err(Failure::Query(_)) if eval.fails => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// With `@` on everything the answer is the same at any other moment.
    fn with_at(&self, eval: &Eval, expr: &Expr, at: i64) -> Result<(), Failure> {
        if momentary(expr) {
            return Ok(());
        }
        let mut pinned = expr.clone();
        pin(&mut pinned, at);
        let moments = if at == 0 {
            vec![-1000, 0, 1000]
        } else {
            vec![-10 * at, 0, at / 5, at, 10 * at]
        };
        for moment in moments {
            self.check(eval, self.instant(&pinned, moment))
                .map_err(|failure| said(failure, &format!("pinned to {at} and asked at {moment}")))?;
        }
        Ok(())
    }

    /// In the middle of a range query the answer is the same.
    fn inside_a_range(&self, eval: &Eval, expr: &Expr, at: i64) -> Result<(), Failure> {
        let speaks_of_the_query = ["start()", "end()", "range()", "step()"];
        let skip = eval.fails
            || eval.ordered
            || matches!(eval.expected, Expected::Window { .. } | Expected::Text(_))
            || speaks_of_the_query.iter().any(|call| eval.query.contains(call));
        if skip {
            return Ok(());
        }
        const MINUTE: i64 = 60_000;
        let said = |failure| said(failure, "in the middle of a range query");
        let Answer::Matrix(elements) = self.range(expr, at - MINUTE, at + MINUTE, MINUTE).map_err(said)?
        else {
            return Ok(());
        };
        let middle = elements.into_iter().filter_map(|(labels, points)| {
            let (_, value) = points.into_iter().find(|(time, _)| *time == at)?;
            Some((labels, value))
        });
        let middle: Vec<(Labels, f64)> = middle.collect();
        let answer = match (&eval.expected, middle.as_slice()) {
            (Expected::Scalar(_), [(_, value)]) => Answer::Scalar(*value),
            _ => Answer::Vector(middle),
        };
        self.check(eval, Ok(answer)).map_err(said)
    }

    fn plan(&self, expr: &Expr) -> Result<Plan, Failure> {
        Plan::new(expr, self.layout, self.settings).map_err(|errors| {
            let message = |unsupported| {
                let mut found = errors.iter().filter(|error| error.unsupported == unsupported);
                found.next().map(|error| error.message.clone())
            };
            // What Prometheus refuses too fails the query, whatever else is in it.
            match (message(false), message(true)) {
                (Some(message), _) => Failure::Query(message),
                (None, message) => Failure::Outside(message.unwrap_or_default()),
            }
        })
    }

    /// Everything is visible: scripts also look into the future (`offset -5m`, `@ end()`).
    fn view(&self) -> AsOf<'_> {
        let end = Timestamp::from_millis(i64::MAX / 4);
        AsOf::new(self.samples, end, end)
    }

    fn instant(&self, expr: &Expr, at: i64) -> Result<Answer, Failure> {
        let plan = self.plan(expr)?;
        let mut scratch = plan.scratch();
        let value = plan.evaluate(self.view(), Timestamp::from_millis(at), &mut scratch);
        value
            .map(Answer::from)
            .map_err(|error| Failure::Query(error.to_string()))
    }

    fn range(&self, expr: &Expr, from: i64, to: i64, step: i64) -> Result<Answer, Failure> {
        let plan = self.plan(expr)?;
        let mut scratch = plan.scratch();
        let query = QueryRange {
            start: Timestamp::from_millis(from),
            end: Timestamp::from_millis(to),
            step: Duration::from_millis(step),
        };
        let mut elements: BTreeMap<Labels, Vec<(i64, f64)>> = BTreeMap::new();
        for n in 0..=(to - from) / step.max(1) {
            let at = from + n * step;
            let value = plan
                .evaluate_step(self.view(), Timestamp::from_millis(at), query, &mut scratch)
                .map_err(|error| Failure::Query(error.to_string()))?;
            match Answer::from(value) {
                Answer::Scalar(value) => elements.entry(Labels::default()).or_default().push((at, value)),
                Answer::Vector(found) => {
                    for (labels, value) in found {
                        elements.entry(labels).or_default().push((at, value));
                    }
                }
                Answer::Matrix(_) | Answer::Text(_) => {
                    return Err(Failure::Query(
                        "a range query gives scalars or instant vectors".to_owned(),
                    ));
                }
            }
        }
        Ok(Answer::Matrix(elements.into_iter().collect()))
    }
}

fn said(failure: Failure, where_: &str) -> Failure {
    match failure {
        Failure::Query(why) => Failure::Query(format!("{where_}: {why}")),
        outside => outside,
    }
}

fn expects_histograms(expected: &Expected) -> bool {
    match expected {
        Expected::Series(series) | Expected::Window { series, .. } => series
            .iter()
            .any(|(_, values)| !matches!(values, Sequence::Floats(_))),
        Expected::Scalar(_) | Expected::Text(_) => false,
    }
}

fn momentary(expr: &Expr) -> bool {
    let here = matches!(&expr.kind, ExprKind::Call(call) if MOMENTARY.contains(&call.function.as_str()));
    here || expr.children().into_iter().any(momentary)
}

/// Puts `@` on every selector and subquery that has none; not on what stands in a subquery, which is pinned itself.
fn pin(expr: &mut Expr, at: i64) {
    let shift: Option<&mut Shift> = match &mut expr.kind {
        ExprKind::Selector(selector) => Some(&mut selector.shift),
        ExprKind::Range(range) => Some(&mut range.selector.shift),
        ExprKind::Subquery(subquery) => Some(&mut subquery.shift),
        ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => return pin(inner, at),
        ExprKind::Binary(binary) => {
            pin(&mut binary.left, at);
            return pin(&mut binary.right, at);
        }
        ExprKind::Aggregate(aggregate) => {
            if let Some(parameter) = &mut aggregate.parameter {
                pin(parameter, at);
            }
            return pin(&mut aggregate.expr, at);
        }
        ExprKind::Call(call) => return call.arguments.iter_mut().for_each(|argument| pin(argument, at)),
        ExprKind::Number(_) | ExprKind::Text(_) => None,
    };
    if let Some(shift) = shift
        && !matches!(shift.at, Some(At::Millis(_)))
    {
        shift.at = Some(At::Millis(at));
    }
}
