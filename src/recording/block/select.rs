use super::index::{Entry, Index};
use crate::recording::Keep;
use crate::series::Matcher;

/// The wanted series of one block: matchers answer once for each symbol, not once for each series.
pub(super) struct Select {
    /// Any of these lists accepts a series; absent: every series is wanted.
    any: Option<Vec<Vec<Condition>>>,
}

struct Condition {
    matcher: Matcher,
    /// The symbol of the label's name, if any series of the block may have it.
    name: Option<u32>,
    /// Whether a series without the label passes.
    absent: bool,
    /// What was said of each symbol.
    said: Vec<Option<bool>>,
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
        Self {
            name: index.number(&matcher.name),
            absent: matcher.accepts(""),
            said: vec![None; index.symbols()],
            matcher: matcher.clone(),
        }
    }

    fn holds(&mut self, entry: &Entry, index: &Index) -> bool {
        let label = entry.labels.iter().find(|(name, _)| Some(*name) == self.name);
        let Some(&(_, value)) = label else {
            return self.absent;
        };
        let Some(said) = self.said.get_mut(value as usize) else {
            return false;
        };
        *said.get_or_insert_with(|| {
            index
                .symbol(value)
                .is_some_and(|value| self.matcher.accepts(value))
        })
    }
}
