use super::index::{Entry, Index};
use crate::recording::Keep;
use crate::series::{MatchOp, Matcher};

/// The wanted series of one block, in its own symbols: values are compared by number, and a pattern answers once for
/// each symbol, not once for each series.
pub(super) struct Select {
    /// Any of these lists accepts a series; absent: every series is wanted.
    any: Option<Vec<Vec<Condition>>>,
}

struct Condition {
    /// The symbol of the label's name, if any series of the block may have it.
    name: Option<u32>,
    /// Whether a series without the label passes.
    absent: bool,
    test: Test,
}

enum Test {
    /// The value is this symbol; of none it never is.
    Is(Option<u32>),
    IsNot(Option<u32>),
    /// A pattern, and what it said of each symbol.
    Passes(Box<Matcher>, Vec<Option<bool>>),
}

impl Select {
    /// The wish `keep` in the symbols of `index`; the series of the block have the `external` labels too.
    pub fn new(keep: &Keep, index: &Index, external: &[(&str, &str)]) -> Self {
        let outside = |name: &str| external.iter().find(|(label, _)| *label == name);
        let any = keep.selectors.as_ref().map(|selectors| {
            let lists = selectors.iter().filter_map(|matchers| {
                let mut list = Vec::new();
                for matcher in matchers {
                    match outside(&matcher.name) {
                        Some((_, value)) if matcher.accepts(value) => {}
                        Some(_) => return None,
                        None => list.push(Condition::new(matcher, index)),
                    }
                }
                Some(list)
            });
            lists.collect()
        });
        Self { any }
    }

    /// Whether a series is wanted.
    pub fn wants(&mut self, entry: &Entry, index: &Index) -> bool {
        let Some(any) = &mut self.any else { return true };
        any.iter_mut()
            .any(|all| all.iter_mut().all(|condition| condition.holds(entry, index)))
    }
}

impl Condition {
    fn new(matcher: &Matcher, index: &Index) -> Self {
        let value = || index.number(&matcher.value);
        Self {
            name: index.number(&matcher.name),
            absent: matcher.accepts(""),
            test: match matcher.op {
                MatchOp::Equal => Test::Is(value()),
                MatchOp::NotEqual => Test::IsNot(value()),
                MatchOp::Regex | MatchOp::NotRegex => {
                    Test::Passes(Box::new(matcher.clone()), vec![None; index.symbols()])
                }
            },
        }
    }

    fn holds(&mut self, entry: &Entry, index: &Index) -> bool {
        let label = entry.labels.iter().find(|(name, _)| Some(*name) == self.name);
        let Some(&(_, value)) = label else {
            return self.absent;
        };
        match &mut self.test {
            Test::Is(symbol) => Some(value) == *symbol,
            Test::IsNot(symbol) => Some(value) != *symbol,
            Test::Passes(matcher, said) => said.get_mut(value as usize).is_some_and(|said| {
                *said.get_or_insert_with(|| index.symbol(value).is_some_and(|value| matcher.accepts(value)))
            }),
        }
    }
}
