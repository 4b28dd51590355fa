use sha2::{Digest as _, Sha256};

use super::Recording;

/// SHA-256 over all samples, as hexadecimal digits: the same whatever form a recording was read from.
///
/// Series come in the order of their labels: a line with the labels as JSON, names ascending, then a line
/// `TIME BITS` for each sample, stale marks too; time in milliseconds, the value's bits as 16 hexadecimal digits.
pub fn digest(recording: &Recording) -> String {
    let mut series: Vec<_> = recording.layout.series().collect();
    series.sort_by_key(|&(_, labels)| labels);
    let mut sum = Sha256::new();
    for (id, labels) in series {
        let labels: serde_json::Map<_, _> = labels
            .iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        sum.update(format!("{}\n", serde_json::Value::Object(labels)));
        for (time, value) in recording.series(id) {
            sum.update(format!("{time} {:016x}\n", value.to_bits()));
        }
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
