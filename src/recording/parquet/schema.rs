//! The columns of a file: a tree of names and types, written depth first.

use super::kind::{Kind, Meaning, Physical};
use super::thrift::{BINARY, I32, STRUCT, TRUE, Thrift};
use crate::recording::damage::Damage;

/// A column as people see it: what stands directly in a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    pub name: String,
    /// `None` for lists, maps and structs.
    pub kind: Option<Kind>,
    /// Whether a row may have none.
    pub optional: bool,
    /// Which of a group's chunks is (the first of) its own.
    pub chunk: usize,
}

/// A node of the tree.
#[derive(Debug, Default)]
pub(super) struct Element {
    at: usize,
    physical: Option<i64>,
    length: usize,
    /// 0 required, 1 optional, 2 repeated.
    repetition: i64,
    name: String,
    children: usize,
    converted: Option<i64>,
    logical: Option<Meaning>,
}

pub(super) fn element(thrift: &mut Thrift<'_>) -> Result<Element, Damage> {
    let mut element = Element {
        at: thrift.at(),
        ..Element::default()
    };
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        match (id, kind) {
            (1, I32) => element.physical = Some(thrift.integer()?),
            (2, I32) => element.length = thrift.count()?,
            (3, I32) => element.repetition = thrift.integer()?,
            (4, BINARY) => {
                let at = thrift.at();
                let name = std::str::from_utf8(thrift.bytes()?);
                name.map_err(|_| Damage::new(at, "the name of a column is not UTF-8"))?
                    .clone_into(&mut element.name);
            }
            (5, I32) => element.children = thrift.count()?,
            (6, I32) => element.converted = Some(thrift.integer()?),
            (10, STRUCT) => element.logical = logical(thrift)?,
            _ => thrift.skip(kind)?,
        }
    }
    Ok(element)
}

/// A union: its one field says which type it is.
fn logical(thrift: &mut Thrift<'_>) -> Result<Option<Meaning>, Damage> {
    let mut meaning = None;
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        meaning = Some(match (id, kind) {
            (8, STRUCT) => timestamp(thrift)?,
            (10, STRUCT) => integer(thrift)?,
            _ => {
                thrift.skip(kind)?;
                Meaning::logical(id)
            }
        });
    }
    Ok(meaning)
}

fn timestamp(thrift: &mut Thrift<'_>) -> Result<Meaning, Damage> {
    let mut meaning = Meaning::Other("times of an unknown unit");
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        if (id, kind) != (2, STRUCT) {
            thrift.skip(kind)?;
            continue;
        }
        let mut last = 0;
        while let Some((unit, kind)) = thrift.field(&mut last)? {
            thrift.skip(kind)?;
            meaning = match unit {
                1 => Meaning::Milliseconds,
                2 => Meaning::Microseconds,
                3 => Meaning::Nanoseconds,
                _ => meaning,
            };
        }
    }
    Ok(meaning)
}

fn integer(thrift: &mut Thrift<'_>) -> Result<Meaning, Damage> {
    let mut signed = true;
    let mut last = 0;
    while let Some((id, kind)) = thrift.field(&mut last)? {
        if id == 2 {
            signed = kind == TRUE;
        }
        thrift.skip(kind)?;
    }
    Ok(if signed { Meaning::Plain } else { Meaning::Unsigned })
}

/// The columns directly under the root, and how many chunks a group has.
pub(super) fn leaves(elements: &[Element], footer: usize) -> Result<(Vec<Leaf>, usize), Damage> {
    let malformed = || Damage::new(footer, "its columns are no tree");
    let (root, mut rest) = elements.split_first().ok_or_else(malformed)?;
    let (mut leaves, mut chunks) = (Vec::new(), 0);
    for _ in 0..root.children.min(elements.len()) {
        let (element, behind) = rest.split_first().ok_or_else(malformed)?;
        let chunk = chunks;
        // How many elements of the subtree are still to come.
        let mut open = element.children;
        chunks += usize::from(element.children == 0);
        rest = behind;
        while open > 0 {
            let (inner, behind) = rest.split_first().ok_or_else(malformed)?;
            open = (open - 1).checked_add(inner.children).ok_or_else(malformed)?;
            chunks += usize::from(inner.children == 0);
            rest = behind;
        }
        let flat = element.children == 0 && element.repetition != 2;
        leaves.push(Leaf {
            name: element.name.clone(),
            kind: if flat { Some(kind(element)?) } else { None },
            optional: element.repetition == 1,
            chunk,
        });
    }
    if !rest.is_empty() {
        return Err(malformed());
    }
    Ok((leaves, chunks))
}

fn kind(element: &Element) -> Result<Kind, Damage> {
    let physical = element
        .physical
        .and_then(|number| Physical::of(number, element.length));
    let physical = physical
        .ok_or_else(|| Damage::new(element.at, format!("column {:?} has no known type", element.name)))?;
    let converted = element.converted.map(Meaning::converted);
    let meaning = match element.logical {
        Some(Meaning::Plain) | None => converted.unwrap_or(Meaning::Plain),
        Some(meaning) => meaning,
    };
    Ok(Kind { physical, meaning })
}
