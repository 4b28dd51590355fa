//! Tables that people write: CSV with a head, read by the names of its columns, with the line of whatever is wrong.

use crate::diagnostic::Finding;
use crate::units::Timestamp;

/// A row: its line from 1, and a field for each column asked for; empty where the table lacks the column.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) fields: Vec<String>,
}

/// A column: its name, and whether there must be one.
pub(super) type Column = (&'static str, bool);

/// The rows of a table. Lines that begin with `#` are comments.
///
/// # Errors
///
/// All that is wrong with its head and with the number of fields.
pub(super) fn rows(name: &str, text: &str, columns: &[Column]) -> Result<Vec<Row>, Vec<Finding>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let known: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let expected = format!("its first line names its columns: {}", known.join(","));
    let mut head: Option<Vec<Option<usize>>> = None;
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                wrong.push(Finding::error(format!("is no table: {error}")).about(name));
                break;
            }
        };
        let line = record.position().map_or(0, |position| line(text, position));
        let Some(head) = &head else {
            match heads(&record, columns) {
                Ok(found) => head = Some(found),
                Err(what) => {
                    let finding = Finding::error(format!("line {line}: {what}"));
                    wrong.push(finding.about(format!("{name}:{line}")).help(&expected));
                    break;
                }
            }
            continue;
        };
        if record.len() != head.len() {
            let message = format!("line {line} has {} fields, not {}", record.len(), head.len());
            let finding = Finding::error(message).about(format!("{name}:{line}"));
            wrong.push(finding.help("a field that holds a comma stands in double quotes"));
            continue;
        }
        let mut fields = vec![String::new(); columns.len()];
        for (field, column) in record.iter().zip(head) {
            if let Some(column) = column {
                field.clone_into(&mut fields[*column]);
            }
        }
        rows.push(Row { line, fields });
    }
    if head.is_none() && wrong.is_empty() {
        wrong.push(Finding::error("is empty").about(name).help(expected));
    }
    if wrong.is_empty() { Ok(rows) } else { Err(wrong) }
}

/// The line of a record: its position is that of the empty lines and comments before it.
fn line(text: &str, position: &csv::Position) -> u64 {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.get(at..).unwrap_or_default();
    let skipped = rest
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with('#'));
    position.line() + skipped.count() as u64
}

/// For each column of the head, which of `columns` it is.
fn heads(record: &csv::StringRecord, columns: &[Column]) -> Result<Vec<Option<usize>>, String> {
    let mut found = Vec::new();
    for head in record {
        let known = columns.iter().position(|(name, _)| *name == head);
        let Some(known) = known else {
            return Err(format!("there is no column {head:?}"));
        };
        if found.contains(&Some(known)) {
            return Err(format!("two columns are named {head:?}"));
        }
        found.push(Some(known));
    }
    let missing = columns
        .iter()
        .enumerate()
        .find(|(at, (_, needed))| *needed && !found.contains(&Some(*at)));
    match missing {
        Some((_, (name, _))) => Err(format!("the column {name:?} is missing")),
        None => Ok(found),
    }
}

/// A moment as people write it: RFC 3339, or seconds since 1970.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<f64>() {
        // Beyond, it is no second of any year that a server holds.
        let known = seconds.abs() < 1e11;
        return known.then(|| Timestamp::from_millis((seconds * 1000.0).round() as i64));
    }
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(moment.as_millisecond()))
}

/// A moment in RFC 3339 (UTC); one outside of the calendar's years in seconds since 1970.
pub(super) fn moment_text(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| at.as_secs_f64().to_string(), |moment| moment.to_string())
}
