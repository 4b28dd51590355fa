use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Builder, Keep, Recording};
use crate::series::Labels;

/// What a reader hands its samples to: knows series by the bytes they were written as, and keeps what is wanted.
///
/// Files repeat a series line after line, or all series in the same order scrape after scrape: the series of the last
/// line and the one that followed it before are tried first.
#[derive(Debug)]
pub(super) struct Intake<'k> {
    keep: &'k Keep,
    builder: Builder,
    known: BTreeMap<Arc<[u8]>, usize>,
    places: Vec<Place>,
    last: usize,
    seen: usize,
    /// By number in the builder: the time it was given last.
    latest: Vec<i64>,
    late_marks: usize,
}

/// A series as written.
#[derive(Debug)]
struct Place {
    text: Arc<[u8]>,
    fate: Fate,
    /// The series that followed it last time.
    next: usize,
}

#[derive(Debug)]
enum Fate {
    Unwanted,
    /// Wanted, and without a sample so far.
    Wanted(Labels),
    /// Its number in the builder.
    Series(usize),
}

/// A series of an [`Intake`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written(usize);

impl<'k> Intake<'k> {
    pub fn new(keep: &'k Keep) -> Self {
        Self {
            keep,
            builder: Builder::default(),
            known: BTreeMap::new(),
            places: Vec::new(),
            last: 0,
            seen: 0,
            latest: Vec::new(),
            late_marks: 0,
        }
    }

    /// The series whose text `line` likely starts with, and how long that text is. `ends` says whether the text of a
    /// series may end before these bytes.
    pub fn guess(&mut self, line: &[u8], ends: impl Fn(&[u8], &[u8]) -> bool) -> Option<(Written, usize)> {
        let last = self.places.get(self.last)?;
        for place in [self.last, last.next] {
            let text = &*self.places[place].text;
            if line.starts_with(text) && ends(text, &line[text.len()..]) {
                let length = text.len();
                return Some((self.follow(place), length));
            }
        }
        None
    }

    /// The series written as `text`, if it was written before.
    pub fn find(&mut self, text: &[u8]) -> Option<Written> {
        if let Some(last) = self.places.get(self.last) {
            for place in [self.last, last.next] {
                if *self.places[place].text == *text {
                    return Some(self.follow(place));
                }
            }
        }
        let place = *self.known.get(text)?;
        Some(self.follow(place))
    }

    fn follow(&mut self, place: usize) -> Written {
        if place != self.last {
            self.places[self.last].next = place;
            self.last = place;
        }
        Written(place)
    }

    /// A series not found before, and what its text means.
    pub fn add(&mut self, text: &[u8], labels: Labels) -> Written {
        let fate = if self.keep.series(&labels) {
            Fate::Wanted(labels)
        } else {
            Fate::Unwanted
        };
        let text: Arc<[u8]> = text.into();
        let place = self.places.len();
        self.known.insert(text.clone(), place);
        self.places.push(Place {
            text,
            fate,
            next: place,
        });
        self.follow(place)
    }

    /// Takes a sample; `time` in milliseconds since 1970.
    pub fn push(&mut self, series: Written, time: i64, value: f64) {
        self.seen += 1;
        if !self.keep.time(time) {
            return;
        }
        let fate = &mut self.places[series.0].fate;
        let number = match fate {
            Fate::Unwanted => return,
            Fate::Series(number) => *number,
            Fate::Wanted(labels) => {
                let number = self.builder.series(std::mem::take(labels));
                *fate = Fate::Series(number);
                self.latest.resize(self.latest.len().max(number + 1), time);
                number
            }
        };
        self.latest[number] = time;
        self.builder.push(number, time, value);
    }

    /// Takes the mark that says that a series ended at `time`; `unknown` ones, of series without a sample, only when
    /// asked to.
    pub fn mark(&mut self, labels: Labels, time: i64, unknown: bool) {
        let known = self.builder.knows(&labels);
        if self.keep.time(time) && (known || unknown && self.keep.series(&labels)) {
            let series = self.builder.series(labels);
            self.latest.resize(self.latest.len().max(series + 1), time);
            self.late_marks += usize::from(time < self.latest[series]);
            self.latest[series] = time;
            self.builder.push_stale(series, time);
        }
    }

    /// Samples handed over, wanted or not.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// All that was kept; `None` when there is no sample. That marks came after the samples is not counted as disorder.
    pub fn finish(self) -> Option<Recording> {
        let mut recording = self.builder.build()?;
        recording.unordered -= self.late_marks.min(recording.unordered);
        Some(recording)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_series_in_any_order_and_two_texts_of_one_series() {
        let keep = Keep::default();
        let mut intake = Intake::new(&keep);
        let labels = Labels::new([("__name__", "up"), ("job", "a")]);
        let one = intake.add(b"up{job=\"a\"}", labels.clone());
        let two = intake.add(b"up{job=\"a\",}", labels);
        assert_eq!(intake.find(b"up{job=\"a\"}"), Some(one));
        assert_eq!(intake.find(b"up{job=\"a\",}"), Some(two));
        assert_eq!(intake.find(b"up"), None);
        let any = |_: &[u8], _: &[u8]| true;
        assert_eq!(intake.guess(b"up{job=\"a\"} 1", any), Some((one, 11)));
        intake.push(one, 1, 1.0);
        intake.push(two, 2, 1.0);
        let recording = intake.finish().unwrap();
        assert_eq!((recording.layout.series().len(), recording.count), (1, 2));
    }
}
