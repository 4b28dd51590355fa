use super::scratch::Answer;
use crate::series::Labels;

/// The answer to a query at one moment.
#[derive(Clone, Copy, Debug)]
pub enum Value<'s> {
    /// A number.
    Scalar(f64),
    /// Elements, each with one value.
    Vector(Vector<'s>),
    /// Elements, each with samples.
    Matrix(Matrix<'s>),
    /// A text.
    Text(&'s str),
}

/// An instant vector. Its order is that of labels, unless the query says otherwise (`sort`, `topk`).
#[derive(Clone, Copy, Debug)]
pub struct Vector<'s> {
    labels: &'s [Labels],
    answer: &'s Answer,
}

impl<'s> Vector<'s> {
    pub(super) fn new(labels: &'s [Labels], answer: &'s Answer) -> Self {
        Self { labels, answer }
    }

    /// The values in the answer's order.
    pub fn values(self) -> &'s [f64] {
        &self.answer.values
    }

    /// Number of elements.
    pub fn len(self) -> usize {
        self.answer.values.len()
    }

    /// Whether there is no element.
    pub fn is_empty(self) -> bool {
        self.answer.values.is_empty()
    }

    /// Places of labels among those of the plan, and values, in the answer's order.
    pub(super) fn places(self) -> impl ExactSizeIterator<Item = (u32, f64)> {
        let places = self.answer.labels.iter().zip(&self.answer.values);
        places.map(|(&place, &value)| (place, value))
    }

    /// Labels and values in the answer's order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (&'s Labels, f64)> {
        let places = self.answer.labels.iter().zip(&self.answer.values);
        places.map(move |(&place, &value)| (&self.labels[place as usize], value))
    }
}

/// A range vector, in the order of labels.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'s> {
    labels: &'s [Labels],
    answer: &'s Answer,
}

impl<'s> Matrix<'s> {
    pub(super) fn new(labels: &'s [Labels], answer: &'s Answer) -> Self {
        Self { labels, answer }
    }

    /// Number of elements.
    pub fn len(self) -> usize {
        self.answer.spans.len()
    }

    /// Whether there is no element.
    pub fn is_empty(self) -> bool {
        self.answer.spans.is_empty()
    }

    /// Labels, times [ms] and, equally many, values.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (&'s Labels, &'s [i64], &'s [f64])> {
        let Answer {
            times, values, spans, ..
        } = self.answer;
        spans.iter().map(move |&(place, start, end)| {
            (
                &self.labels[place as usize],
                &times[start..end],
                &values[start..end],
            )
        })
    }
}
