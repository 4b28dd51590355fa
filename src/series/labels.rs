use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A label set: names ascending, each once, no empty value (an empty label is an absent one).
///
/// Cheap to clone. Ordered by names and values, as Prometheus orders series.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Arc<[(Arc<str>, Arc<str>)]>);

impl Labels {
    /// The label under which Prometheus keeps a series' name.
    pub const NAME: &'static str = "__name__";

    /// A label set of `pairs`, in any order. A later pair replaces an earlier one of the same name.
    pub fn new<N: Into<Arc<str>>, V: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        let mut pairs: Vec<(Arc<str>, Arc<str>)> = pairs.collect();
        if !pairs.is_sorted_by(|one, next| one.0 < next.0) {
            let sorted: BTreeMap<_, _> = pairs.into_iter().collect();
            pairs = sorted.into_iter().collect();
        }
        pairs.retain(|(_, value)| !value.is_empty());
        Self(pairs.into())
    }

    /// Value of a label, if the set has it.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.binary_search_by(|(have, _)| (**have).cmp(name)).ok()?;
        Some(&self.0[found].1)
    }

    /// The series' name (`__name__`), if it has one.
    pub fn name(&self) -> Option<&str> {
        self.get(Self::NAME)
    }

    /// Names and values, ascending by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Number of labels, `__name__` included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no label at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels for which `keep` holds.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|(name, _)| keep(name)).cloned().collect())
    }

    /// The same set with one label set, or removed when `value` is empty.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let others = self.0.iter().filter(|(have, _)| &**have != name).cloned();
        Self::new(others.chain(std::iter::once((Arc::from(name), Arc::from(value)))))
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or(""))?;
        let others: Vec<_> = self.iter().filter(|(name, _)| *name != Self::NAME).collect();
        if others.is_empty() && self.name().is_some() {
            return Ok(());
        }
        f.write_str("{")?;
        for (n, (name, value)) in others.into_iter().enumerate() {
            write!(f, "{}{name}={value:?}", if n == 0 { "" } else { ", " })?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
