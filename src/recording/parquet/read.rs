//! Columns to samples.

use super::column::{Column, Words};
use super::footer::Footer;
use super::kind::{Kind, Meaning, Physical};
use super::room::Room;
use super::schema::Leaf;
use crate::recording::clock::Clock;
use crate::recording::damage::Damage;
use crate::recording::intake::{Intake, Written};
use crate::recording::table::{Part, Roles, RowSeries, Shape, Unclear};
use crate::recording::{Mapping, number};

/// Reads the rows of a Parquet file into `intake`; null is no sample. Says how the times were read; `None` where there
/// is no row, or the file says it itself.
///
/// # Errors
///
/// What is wrong, and what to do about it. A damaged file is told by column, group of rows and byte.
pub(in crate::recording) fn read(
    file: &[u8],
    columns: &Mapping,
    intake: &mut Intake<'_>,
) -> Result<Option<(String, Clock)>, Unclear> {
    let footer = Footer::read(file).map_err(|damage| damaged(&format!("the footer, {damage}")))?;
    let headers: Vec<String> = footer.columns.iter().map(|leaf| leaf.name.clone()).collect();
    let roles = Roles::new(&headers, columns)?;
    let mut table = Table {
        file,
        footer: &footer,
        group: 0,
        room: Room::new(file.len()),
        clock: None,
    };
    let mut finder = RowSeries::default();
    let mut wide: Vec<Written> = Vec::new();
    if let Shape::Wide(series) = &roles.shape {
        wide = series
            .iter()
            .map(|(column, labels)| intake.add(headers[*column].as_bytes(), labels.clone()))
            .collect();
    }
    let mut before = 0;
    for group in 0..footer.groups.len() {
        (table.group, table.room) = (group, Room::new(file.len()));
        let times = table.times(roles.time)?;
        match &roles.shape {
            Shape::Wide(series) => {
                for ((column, _), series) in series.iter().zip(&wide) {
                    // A column is let go before the next is read.
                    let room = table.room;
                    let values = table.numbers(*column)?;
                    for (row, time) in times.iter().enumerate() {
                        if let Some(value) = values.number(row) {
                            intake.push(*series, *time, value);
                        }
                    }
                    table.room = room;
                }
            }
            Shape::Long { value, series } => {
                let mut texts: Vec<Option<(Column, Words)>> = headers.iter().map(|_| None).collect();
                for column in series.iter().filter_map(Part::column) {
                    if texts[column].is_none() {
                        texts[column] = Some(table.texts(column)?);
                    }
                }
                let values = table.numbers(*value)?;
                for (row, time) in times.iter().enumerate() {
                    let Some(value) = values.number(row) else { continue };
                    let cell = |column: usize| {
                        let (rows, words) = texts[column].as_ref()?;
                        Some(words.get(rows.place(row)?))
                    };
                    let found = finder.find(series, |column| cell(column).unwrap_or(""), intake);
                    let found = found.map_err(|expected| {
                        (
                            format!("row {} is not a sample: expected {expected}", before + row + 1),
                            "mend it, or leave it out".to_owned(),
                        )
                    })?;
                    intake.push(found, *time, value);
                }
            }
        }
        before += times.len();
    }
    Ok(table.clock.map(|clock| (headers[roles.time].clone(), clock)))
}

fn damaged(why: &str) -> Unclear {
    (
        format!("is Parquet but cannot be read: {why}"),
        "write or copy it again".to_owned(),
    )
}

/// A file, and the group of rows that is being read.
struct Table<'f> {
    file: &'f [u8],
    footer: &'f Footer,
    group: usize,
    /// What the columns of this group may still take.
    room: Room,
    /// How times are written, where the file does not say it and a first one was seen.
    clock: Option<Clock>,
}

impl<'f> Table<'f> {
    /// A column of the group, if `fits` says that its kind is the right one.
    fn column(
        &mut self,
        number: usize,
        wanted: &str,
        fits: fn(Kind) -> bool,
        help: &str,
    ) -> Result<Column, Unclear> {
        let leaf = self.leaf(number);
        let held = leaf
            .kind
            .map_or_else(|| "lists or structs".to_owned(), |kind| kind.to_string());
        let Some(kind) = leaf.kind.filter(|&kind| fits(kind)) else {
            let message = format!("the column {:?} holds {held}, not {wanted}", leaf.name);
            return Err((message, help.to_owned()));
        };
        let group = &self.footer.groups[self.group];
        let chunk = &group.chunks[leaf.chunk];
        let read = if chunk.values == group.rows {
            Column::read(self.file, leaf, kind, chunk, &mut self.room)
        } else {
            let what = format!("{} values are stated for {} rows", chunk.values, group.rows);
            Err(Damage::new(chunk.start, what))
        };
        read.map_err(|damage| self.damaged(number, &damage.to_string()))
    }

    fn leaf(&self, number: usize) -> &'f Leaf {
        &self.footer.columns[number]
    }

    fn damaged(&self, number: usize, what: &str) -> Unclear {
        let name = &self.leaf(number).name;
        damaged(&format!(
            "column {name:?}, group {} of rows, {what}",
            self.group + 1
        ))
    }

    fn numbers(&mut self, number: usize) -> Result<Column, Unclear> {
        let help = "say which column is the value: --columns value=COLUMN";
        self.column(number, "numbers", Kind::is_number, help)
    }

    /// A column and its values as texts.
    fn texts(&mut self, number: usize) -> Result<(Column, Words), Unclear> {
        let is_text = |kind: Kind| {
            matches!(kind.meaning, Meaning::Plain | Meaning::Unsigned)
                && !matches!(kind.physical, Physical::Int96 | Physical::Fixed(_))
        };
        let help = "say which columns are labels: --columns labels=A+B";
        let mut column = self.column(number, "labels", is_text, help)?;
        let words = column.words(&mut self.room).ok_or_else(|| {
            self.damaged(
                number,
                "not all of its texts are UTF-8, or they are too long for the file",
            )
        })?;
        Ok((column, words))
    }

    /// The times of the group's rows in milliseconds since 1970.
    fn times(&mut self, number: usize) -> Result<Vec<i64>, Unclear> {
        let help = "times are seconds or milliseconds since 1970, RFC 3339, or Parquet's own";
        let is_time = |kind: Kind| {
            !matches!(kind.meaning, Meaning::Other(_))
                && !matches!(kind.physical, Physical::Truth | Physical::Fixed(_))
        };
        let mut column = self.column(number, "times", is_time, help)?;
        let leaf = self.leaf(number);
        self.room
            .take(column.len(), 8)
            .map_err(|what| self.damaged(number, &what))?;
        let none = || {
            let message = format!("the column {:?} does not hold a time in every row", leaf.name);
            (message, help.to_owned())
        };
        let Some(kind) = leaf.kind else { return Err(none()) };
        let clock = match (kind.meaning, kind.physical) {
            (Meaning::Date, _) => {
                let day = |row| number::millis(column.number(row)? * 86_400_000.0);
                return (0..column.len()).map(day).collect::<Option<_>>().ok_or_else(none);
            }
            (_, Physical::Int96) | (Meaning::Nanoseconds, _) => Clock::Nanoseconds,
            (Meaning::Milliseconds, _) => Clock::Milliseconds,
            (Meaning::Microseconds, _) => Clock::Microseconds,
            (_, Physical::Bytes) => return self.written(leaf, &mut column).ok_or_else(none),
            _ => match (self.clock, column.len()) {
                (Some(clock), _) => clock,
                (None, 0) => return Ok(Vec::new()),
                (None, _) => {
                    let first = column.number(0).ok_or_else(none)?;
                    let clock = Clock::of(&leaf.name, &first.to_string()).ok_or_else(none)?;
                    *self.clock.insert(clock)
                }
            },
        };
        let time = |row| clock.number(column.number(row)?);
        (0..column.len())
            .map(time)
            .collect::<Option<_>>()
            .ok_or_else(none)
    }

    /// Times written as texts; `None` where one is none.
    fn written(&mut self, leaf: &Leaf, column: &mut Column) -> Option<Vec<i64>> {
        let words = column.words(&mut self.room)?;
        let cell = |row| column.place(row).map(|place| words.get(place));
        if column.len() == 0 {
            return Some(Vec::new());
        }
        let clock = match self.clock {
            Some(clock) => clock,
            None => *self.clock.insert(Clock::of(&leaf.name, cell(0)?)?),
        };
        (0..column.len()).map(|row| clock.read(cell(row)?)).collect()
    }
}
