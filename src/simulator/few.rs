use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

/// A few values; up to `N` of them need no memory of their own.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(from = "Vec<T>", into = "Vec<T>")]
#[serde(bound(
    serialize = "T: Copy + Serialize",
    deserialize = "T: Copy + Default + Deserialize<'de>"
))]
pub struct Few<T: Copy, const N: usize>(Kept<T, N>);

#[derive(Clone, Debug)]
enum Kept<T: Copy, const N: usize> {
    Here { len: u8, values: [T; N] },
    There(Box<[T]>),
}

impl<T: Copy + Default, const N: usize> Few<T, N> {
    /// `len` times `value`.
    pub fn repeat(value: T, len: usize) -> Self {
        if len > N.min(usize::from(u8::MAX)) {
            return Self(Kept::There(vec![value; len].into()));
        }
        let mut values = [T::default(); N];
        values[..len].fill(value);
        Self(Kept::Here {
            len: len as u8,
            values,
        })
    }
}

impl<T: Copy + Default, const N: usize> From<&[T]> for Few<T, N> {
    fn from(values: &[T]) -> Self {
        let mut few = Self::repeat(T::default(), values.len());
        few.copy_from_slice(values);
        few
    }
}

impl<T: Copy + Default, const N: usize> From<Vec<T>> for Few<T, N> {
    fn from(values: Vec<T>) -> Self {
        values.as_slice().into()
    }
}

impl<T: Copy + Default, const N: usize> FromIterator<T> for Few<T, N> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        values.into_iter().collect::<Vec<_>>().into()
    }
}

impl<T: Copy, const N: usize> From<Few<T, N>> for Vec<T> {
    fn from(few: Few<T, N>) -> Self {
        few.to_vec()
    }
}

impl<T: Copy + Default, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self::repeat(T::default(), 0)
    }
}

impl<T: Copy, const N: usize> Deref for Few<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Kept::Here { len, values } => &values[..usize::from(*len)],
            Kept::There(values) => values,
        }
    }
}

impl<T: Copy, const N: usize> DerefMut for Few<T, N> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Kept::Here { len, values } => &mut values[..usize::from(*len)],
            Kept::There(values) => values,
        }
    }
}

impl<'a, T: Copy, const N: usize> IntoIterator for &'a Few<T, N> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Copy + PartialEq, const N: usize> PartialEq for Few<T, N> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::Few;

    #[test]
    fn a_few_and_many_are_the_same_values() {
        for len in 0..6_u32 {
            let values: Vec<u32> = (0..len).collect();
            let few = Few::<u32, 3>::from(values.as_slice());
            assert_eq!(*few, *values);
            assert_eq!(few, values.iter().copied().collect());
            let text = serde_json::to_string(&few).expect("plain data");
            assert_eq!(text, serde_json::to_string(&values).expect("plain data"));
            assert_eq!(few, serde_json::from_str(&text).expect("it was written so"));
        }
    }
}
