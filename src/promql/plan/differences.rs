use super::ResolvedLength;
use super::program::{Block, Op, Over, Plan, Root, Selection, Shift, Taken};
use super::reads::Anchor;
use crate::promql::functions::OverWindow;
use crate::series::AxisId;

impl Plan {
    /// Whether only differences of series' values reach the answer, and whether and when there are samples: never how
    /// high a counter stands. Then a constant added to all values of a series changes nothing, as long as sums are exact
    /// (the one place where a rate looks at a height, its cut at zero, apart).
    pub fn reads_differences(&self) -> bool {
        self.reads_differences_but_of(&|_, _| false)
    }

    /// As [`Plan::reads_differences`], of all series but those for which `may` says that their heights may be seen, by
    /// axis and column.
    pub fn reads_differences_but_of(&self, may: &dyn Fn(AxisId, usize) -> bool) -> bool {
        let of_root = match &self.root {
            Root::Matrix {
                over: Over::Series(from),
                ..
            } => all(from, may),
            Root::Matrix {
                over: Over::Subquery { block, .. },
                ..
            } => differences(block, may),
            Root::Scalar(_) | Root::Text(_) | Root::Vector { .. } => true,
        };
        of_root && differences(&self.block, may)
    }

    /// Whether every window it reads ends at the moment of evaluation: no offset, no `@`, no subquery, no
    /// range query, no newest value.
    pub fn reads_whole_windows(&self) -> bool {
        let here = |shift: &Shift| shift.anchor == Anchor::Evaluation && shift.offset == ResolvedLength::ZERO;
        let of_root = !matches!(self.root, Root::Matrix { .. });
        of_root
            && self.trail.is_none()
            && self.block.steps.iter().all(|step| match &step.op {
                Op::Select { .. } => false,
                Op::Window { over, shift, .. } => subquery(over).is_none() && here(shift),
                _ => true,
            })
    }
}

fn differences(block: &Block, may: &dyn Fn(AxisId, usize) -> bool) -> bool {
    block.steps.iter().all(|step| match &step.op {
        Op::Select { taken, from, .. } => *taken == Taken::Timestamp || all(from, may),
        Op::Window { function, over, .. } => match over {
            Over::Subquery { block, .. } => differences(block, may),
            Over::Series(from) => {
                let of_differences = matches!(
                    function,
                    OverWindow::Rate
                        | OverWindow::Increase
                        | OverWindow::Delta
                        | OverWindow::Irate
                        | OverWindow::Idelta
                        | OverWindow::Changes
                        | OverWindow::Resets
                        | OverWindow::Present
                        | OverWindow::Count
                );
                of_differences || all(from, may)
            }
        },
        _ => true,
    })
}

fn all(from: &Selection, may: &dyn Fn(AxisId, usize) -> bool) -> bool {
    let mut axes = from.axes.iter();
    axes.all(|of| {
        of.columns
            .iter()
            .all(|&(column, _)| may(of.axis, column as usize))
    })
}

fn subquery(over: &Over) -> Option<&Block> {
    match over {
        Over::Series(_) => None,
        Over::Subquery { block, .. } => Some(block),
    }
}

#[cfg(test)]
mod tests {
    use crate::promql::{Plan, Settings, parse};
    use crate::series::{Labels, Layout};

    fn planned(query: &str) -> Plan {
        let mut layout = Layout::default();
        let axis = layout.add_axis();
        layout.add_series(axis, Labels::new([("__name__", "x"), ("le", "1")]));
        let query = parse(query).expect("it parses");
        Plan::new(&query, &layout, &Settings::default()).expect("it is planned")
    }

    #[test]
    fn whole_windows_end_now() {
        assert!(planned("rate(x[1m]) / on () group_left sum(increase(x[5m]))").reads_whole_windows());
        for query in [
            "x",
            "x[1m]",
            "rate(x[1m] offset 1m)",
            "rate(x[1m] @ 100)",
            "max_over_time(rate(x[1m])[5m:30s])",
        ] {
            assert!(!planned(query).reads_whole_windows(), "{query}");
        }
    }

    #[test]
    fn heights_are_seen_wherever_they_hide() {
        for query in [
            "sum(rate(x[1m])) / sum(increase(x[5m]))",
            "histogram_quantile(0.95, sum by (le) (rate(x[1m])))",
            "max_over_time(sum(rate(x[1m]))[5m:30s]) + absent_over_time(x[1m])",
            "rate(x[1m])[5m:30s]",
            "absent(irate(x[1m])) or vector(0)",
        ] {
            assert!(planned(query).reads_differences(), "{query}");
        }
        for query in [
            "x",
            "x[5m]",
            "absent(x)",
            "rate(x[1m]) and x > 3",
            "max_over_time(x[5m])",
            "deriv(x[5m])",
            "rate(x[5m:30s])",
            "rate(x[1m]) * scalar(sum(x))",
            "(x - x offset 1m)[5m:1m]",
        ] {
            assert!(!planned(query).reads_differences(), "{query}");
        }
    }
}
