use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::cursor::Cursor;

const MAGIC: [u8; 4] = [0x85, 0xbd, 0x40, 0xdd];
const HEADER: u64 = 8;
/// Longest prefix of a chunk: the length of its data (at most 5 bytes) and its encoding.
const PREFIX: u64 = 6;
/// Bytes that are read at once: some ten thousand samples.
const WINDOW: u64 = 64 << 10;

fn unreadable(error: &io::Error) -> String {
    format!("cannot be read: {error}")
}

/// One file of chunks, seen through a window: chunks of a block lie in the order of its series, so that a window
/// serves many of them, and a file is neither held open nor in memory as a whole.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    length: u64,
    start: u64,
    window: Vec<u8>,
    /// Bytes of chunks that may still be asked for: as many as there are. An index that names one chunk a thousand
    /// times must not fill the memory from a small file.
    left: u64,
}

impl Segment {
    /// Opens a file of chunks.
    ///
    /// # Errors
    ///
    /// Words that follow the file's name: it cannot be read, or is no such file.
    pub fn open(path: &Path) -> Result<Self, String> {
        let length = path.metadata().map_err(|error| unreadable(&error))?.len();
        let mut segment = Self {
            path: path.to_owned(),
            length,
            start: 0,
            window: Vec::new(),
            left: length,
        };
        let head = segment
            .bytes(0, HEADER.min(length))
            .map_err(|error| unreadable(&error))?;
        if !head.starts_with(&MAGIC) {
            return Err("is not a file of chunks: it would begin with 85 bd 40 dd".into());
        }
        match head.get(4) {
            Some(1) => Ok(segment),
            Some(version) => Err(format!("is a file of chunks of version {version}, expected 1")),
            None => Err("ends inside its header".into()),
        }
    }

    /// Encoding and data of the chunk at a byte of the file; its checksum is verified.
    ///
    /// # Errors
    ///
    /// In words: the file ends too early, the checksum is wrong, or the file cannot be read.
    pub fn chunk(&mut self, at: u64) -> Result<(u8, &[u8]), String> {
        let cut = || "the file ends before the chunk does".to_owned();
        let prefix = self.length.saturating_sub(at).min(PREFIX);
        let mut cursor = Cursor::new(self.bytes(at, prefix).map_err(|error| unreadable(&error))?);
        let data = cursor.uvarint().ok_or_else(cut)?;
        let prefix = prefix - cursor.rest().len() as u64;
        let length = data
            .checked_add(prefix + 1 + 4)
            .filter(|length| at.checked_add(*length).is_some_and(|end| end <= self.length));
        let length = length.ok_or_else(cut)?;
        let left = self.left.checked_sub(length);
        self.left = left.ok_or("the index names more chunks than the file holds")?;
        let chunk = &self.bytes(at, length).map_err(|error| unreadable(&error))?[prefix as usize..];
        let (summed, sum) = chunk.split_last_chunk::<4>().ok_or_else(cut)?;
        if crc32c::crc32c(summed).to_be_bytes() != *sum {
            return Err("the checksum of the chunk is wrong".into());
        }
        let (&encoding, data) = summed.split_first().ok_or_else(cut)?;
        Ok((encoding, data))
    }

    /// Bytes of the file, which has them.
    fn bytes(&mut self, at: u64, length: u64) -> io::Result<&[u8]> {
        let held = self.window.len() as u64;
        if at < self.start || at + length > self.start + held {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(at))?;
            self.window.clear();
            self.start = at;
            let wanted = length.max(WINDOW).min(self.length.saturating_sub(at));
            self.window.reserve_exact(wanted as usize);
            file.take(wanted).read_to_end(&mut self.window)?;
        }
        let from = (at - self.start) as usize;
        self.window
            .get(from..from + length as usize)
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
