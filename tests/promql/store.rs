//! What a script has loaded, as series for the engine.

use std::collections::BTreeMap;

use coalmine::series::{Labels, Layout, Matcher, Samples};

use super::script::{Load, Sequence};

/// Loaded so far. Series the engine does not know are kept by their labels only.
#[derive(Default)]
pub struct Store {
    floats: BTreeMap<Labels, BTreeMap<i64, f64>>,
    outside: Vec<(Labels, &'static str)>,
}

impl Store {
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub fn load(&mut self, load: &Load) {
        for (labels, sequence) in &load.series {
            match sequence {
                Sequence::Histograms => self.outside.push((labels.clone(), "native histograms")),
                Sequence::StartTimestamps => self.outside.push((labels.clone(), "start timestamps")),
                Sequence::Floats(values) => {
                    let times = (0..).map(|n| n * load.step);
                    let samples = times
                        .zip(values)
                        .filter_map(|(time, value)| value.map(|value| (time, value)));
                    self.floats.entry(labels.clone()).or_default().extend(samples);
                    if load.with_native_histograms {
                        self.native(labels);
                    }
                }
            }
        }
    }

    /// A native histogram stands beside the series of a classic one.
    fn native(&mut self, labels: &Labels) {
        let name = labels.name().unwrap_or_default();
        let base = ["_bucket", "_count", "_sum"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        if let Some(base) = base {
            let labels = labels.with("le", "").with(Labels::NAME, base);
            self.outside.push((labels, "native histograms"));
        }
    }

    /// Why a selector reads what the engine does not know, if it does.
    pub fn outside(&self, matchers: &[Matcher]) -> Option<&'static str> {
        let reads = |labels: &Labels| matchers.iter().all(|matcher| matcher.matches(labels));
        self.outside
            .iter()
            .find(|(labels, _)| reads(labels))
            .map(|(_, why)| *why)
    }

    /// All series, each on an axis of its own.
    pub fn series(&self) -> (Layout, Samples) {
        let mut layout = Layout::default();
        let mut axes = Vec::new();
        for labels in self.floats.keys() {
            let axis = layout.add_axis();
            layout.add_series(axis, labels.clone());
            axes.push(axis);
        }
        let mut samples = Samples::new(&layout);
        for (axis, values) in axes.into_iter().zip(self.floats.values()) {
            for (&time, &value) in values {
                samples.push(axis, time, std::iter::once(value));
            }
        }
        (layout, samples)
    }
}
