//! A small writer of TSDB blocks, byte by byte as the format's description has it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that goes when the test does.
pub struct Temp(pub PathBuf);

impl Temp {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("coalmine-block-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn uvarint(mut value: u64, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

pub fn varint(value: i64, to: &mut Vec<u8>) {
    uvarint(((value << 1) ^ (value >> 63)) as u64, to);
}

/// Bits, the highest of each byte first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn put(&mut self, value: u64, count: u32) {
        for n in (0..count).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = (value >> n & 1) as u8;
            *self.bytes.last_mut().unwrap() |= bit << (7 - self.used % 8);
            self.used += 1;
        }
    }
}

/// Data of a chunk of float samples.
pub fn xor(samples: &[(i64, f64)]) -> Vec<u8> {
    let mut data = (samples.len() as u16).to_be_bytes().to_vec();
    let mut bits = Bits::default();
    let mut delta = 0i64;
    let mut window: Option<(u32, u32)> = None;
    for (n, &(time, value)) in samples.iter().enumerate() {
        if n == 0 {
            varint(time, &mut data);
            data.extend(value.to_bits().to_be_bytes());
            continue;
        }
        let (before, old) = samples[n - 1];
        let next = time.wrapping_sub(before);
        if n == 1 {
            uvarint(next as u64, &mut data);
        } else {
            let dod = next.wrapping_sub(delta);
            match dod {
                0 => bits.put(0, 1),
                -8191..=8192 => {
                    bits.put(0b10, 2);
                    bits.put(dod as u64, 14);
                }
                -65535..=65536 => {
                    bits.put(0b110, 3);
                    bits.put(dod as u64, 17);
                }
                -524_287..=524_288 => {
                    bits.put(0b1110, 4);
                    bits.put(dod as u64, 20);
                }
                _ => {
                    bits.put(0b1111, 4);
                    bits.put(dod as u64, 64);
                }
            }
        }
        delta = next;
        let change = value.to_bits() ^ old.to_bits();
        if change == 0 {
            bits.put(0, 1);
            continue;
        }
        let (leading, trailing) = (change.leading_zeros().min(31), change.trailing_zeros());
        match window {
            Some((have_leading, have_trailing)) if leading >= have_leading && trailing >= have_trailing => {
                bits.put(0b10, 2);
                bits.put(change >> have_trailing, 64 - have_leading - have_trailing);
            }
            _ => {
                let width = 64 - leading - trailing;
                bits.put(0b11, 2);
                bits.put(leading.into(), 5);
                bits.put((width % 64).into(), 6);
                bits.put(change >> trailing, width);
                window = Some((leading, trailing));
            }
        }
    }
    data.extend(bits.bytes);
    data
}

/// A chunk as it is written: its encoding, its data, its first and last time.
#[derive(Clone)]
pub struct Chunk {
    pub encoding: u8,
    pub data: Vec<u8>,
    pub first: i64,
    pub last: i64,
}

impl Chunk {
    pub fn of(samples: &[(i64, f64)]) -> Self {
        Self {
            encoding: 1,
            data: xor(samples),
            first: samples.first().map_or(0, |sample| sample.0),
            last: samples.last().map_or(0, |sample| sample.0),
        }
    }
}

/// A block to be written.
#[derive(Clone)]
pub struct Plan {
    pub ulid: &'static str,
    pub range: (i64, i64),
    /// Series by their labels, `__name__` included.
    pub series: BTreeMap<BTreeMap<String, String>, Vec<Chunk>>,
    pub index_version: u8,
    pub chunks_in_a_segment: usize,
    /// The index names the first chunk instead of every other one.
    pub first_chunk_only: bool,
    /// Series by their place in the order of labels, and closed intervals.
    pub tombstones: Vec<(usize, i64, i64)>,
    /// More of `meta.json`, as JSON members with a leading comma.
    pub extras: &'static str,
}

impl Plan {
    pub fn new(ulid: &'static str, range: (i64, i64)) -> Self {
        Self {
            ulid,
            range,
            series: BTreeMap::new(),
            index_version: 2,
            chunks_in_a_segment: 1000,
            first_chunk_only: false,
            tombstones: Vec::new(),
            extras: "",
        }
    }

    /// Adds a series, cut into chunks of `chunk` samples.
    pub fn with(mut self, labels: &[(&str, &str)], samples: &[(i64, f64)], chunk: usize) -> Self {
        let chunks = samples.chunks(chunk).map(Chunk::of).collect();
        self.series.insert(owned(labels), chunks);
        self
    }

    /// Adds a chunk to a series.
    pub fn with_chunk(mut self, labels: &[(&str, &str)], chunk: Chunk) -> Self {
        self.series.entry(owned(labels)).or_default().push(chunk);
        self
    }

    /// Writes the block into a folder of its name and says which.
    pub fn write(&self, parent: &Path) -> PathBuf {
        let folder = parent.join(self.ulid);
        fs::create_dir_all(folder.join("chunks")).unwrap();
        let meta = format!(
            "{{\"ulid\":\"{}\",\"minTime\":{},\"maxTime\":{},\"version\":1,\"compaction\":{{\"level\":1,\"sources\":[\"{}\"]}}{}}}",
            self.ulid, self.range.0, self.range.1, self.ulid, self.extras
        );
        fs::write(folder.join("meta.json"), meta).unwrap();
        let mut references = self.write_chunks(&folder.join("chunks"));
        if self.first_chunk_only {
            references.fill(8);
        }
        let series = self.write_index(&folder.join("index"), &references);
        let mut stones = Vec::new();
        for &(place, first, last) in &self.tombstones {
            uvarint(series[place].into(), &mut stones);
            varint(first, &mut stones);
            varint(last, &mut stones);
        }
        let sum = crc32c::crc32c(&stones).to_be_bytes();
        let file = [&[0x01, 0x30, 0xba, 0x30, 1][..], &stones, &sum].concat();
        fs::write(folder.join("tombstones"), file).unwrap();
        folder
    }

    fn write_chunks(&self, folder: &Path) -> Vec<u64> {
        let chunks: Vec<_> = self.series.values().flatten().collect();
        let mut references = Vec::new();
        for (segment, chunks) in chunks.chunks(self.chunks_in_a_segment).enumerate() {
            let mut file = vec![0x85, 0xbd, 0x40, 0xdd, 1, 0, 0, 0];
            for chunk in chunks {
                references.push((segment as u64) << 32 | file.len() as u64);
                uvarint(chunk.data.len() as u64, &mut file);
                let from = file.len();
                file.push(chunk.encoding);
                file.extend(&chunk.data);
                let sum = crc32c::crc32c(&file[from..]);
                file.extend(sum.to_be_bytes());
            }
            fs::write(folder.join(format!("{:06}", segment + 1)), file).unwrap();
        }
        references
    }

    fn write_index(&self, path: &Path, chunks: &[u64]) -> Vec<u32> {
        let pairs = || self.series.keys().flatten();
        let symbols: BTreeSet<&str> = pairs().flat_map(|(name, value)| [&**name, &**value]).collect();
        let numbers: BTreeMap<_, _> = symbols
            .iter()
            .zip(0u64..)
            .map(|(symbol, n)| (*symbol, n))
            .collect();
        let mut file = vec![0xba, 0xaa, 0xd7, 0x00, self.index_version];
        let mut contents = vec![file.len()];
        let mut body = (symbols.len() as u32).to_be_bytes().to_vec();
        for symbol in &symbols {
            uvarint(symbol.len() as u64, &mut body);
            body.extend(symbol.as_bytes());
        }
        section(&body, &mut file);

        contents.push(file.len());
        let mut references = Vec::new();
        let mut chunks = chunks.iter();
        for (labels, own) in &self.series {
            file.resize(file.len().next_multiple_of(16), 0);
            references.push((file.len() / 16) as u32);
            let mut body = Vec::new();
            uvarint(labels.len() as u64, &mut body);
            for (name, value) in labels {
                uvarint(numbers[&**name], &mut body);
                uvarint(numbers[&**value], &mut body);
            }
            uvarint(own.len() as u64, &mut body);
            let mut before: Option<(i64, u64)> = None;
            for chunk in own {
                let reference = *chunks.next().unwrap();
                match before {
                    None => varint(chunk.first, &mut body),
                    Some((last, _)) => uvarint((chunk.first - last) as u64, &mut body),
                }
                uvarint((chunk.last - chunk.first) as u64, &mut body);
                match before {
                    None => uvarint(reference, &mut body),
                    Some((_, before)) => varint(reference as i64 - before as i64, &mut body),
                }
                before = Some((chunk.last, reference));
            }
            uvarint(body.len() as u64, &mut file);
            file.extend(&body);
            file.extend(crc32c::crc32c(&body).to_be_bytes());
        }

        file.resize(file.len().next_multiple_of(4), 0);
        // Label indices are written no longer: their slots point at what follows.
        contents.extend([file.len(), 0, file.len()]);
        let mut lists: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::from([(("", ""), references.clone())]);
        for (labels, reference) in self.series.keys().zip(&references) {
            for (name, value) in labels {
                lists.entry((name, value)).or_default().push(*reference);
            }
        }
        let mut table = (lists.len() as u32).to_be_bytes().to_vec();
        for ((name, value), list) in &lists {
            uvarint(2, &mut table);
            for text in [name, value] {
                uvarint(text.len() as u64, &mut table);
                table.extend(text.as_bytes());
            }
            uvarint(file.len() as u64, &mut table);
            let mut body = (list.len() as u32).to_be_bytes().to_vec();
            body.extend(list.iter().flat_map(|reference| reference.to_be_bytes()));
            section(&body, &mut file);
        }
        contents[3] = file.len();
        contents.push(file.len());
        section(&table, &mut file);
        let table: Vec<u8> = contents
            .iter()
            .flat_map(|&at| (at as u64).to_be_bytes())
            .collect();
        file.extend(&table);
        file.extend(crc32c::crc32c(&table).to_be_bytes());
        fs::write(path, file).unwrap();
        references
    }
}

fn owned(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    let labels = labels.iter();
    labels
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn section(body: &[u8], file: &mut Vec<u8>) {
    file.extend((body.len() as u32).to_be_bytes());
    file.extend(body);
    file.extend(crc32c::crc32c(body).to_be_bytes());
}
