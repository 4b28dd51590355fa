use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::diagnostic::Finding;

/// Largest text that is unpacked: a file that unpacks to more is not a recording but an attack.
const LIMIT: u64 = 4 << 30;

/// How much of a source is looked at to tell its form.
const HEAD: u64 = 64 << 10;

/// The bytes of a file, unpacked as they are read.
pub(super) struct Source<'a> {
    pub name: &'a str,
    /// The first bytes, to tell the form by.
    pub head: Vec<u8>,
    packing: &'static str,
    rest: Box<dyn BufRead + 'a>,
}

impl<'a> Source<'a> {
    /// Opens `bytes`; gzip and zstd are recognised by their first bytes, whatever the file is called.
    ///
    /// # Errors
    ///
    /// A finding: the bytes cannot be had or unpacked.
    pub fn new(name: &'a str, bytes: impl Read + 'a) -> Result<Self, Finding> {
        let mut bytes = BufReader::with_capacity(256 << 10, bytes);
        let magic = bytes.fill_buf();
        let magic = magic.map_err(|error| unreadable(name, "", &error))?;
        let (packing, mut rest): (_, Box<dyn BufRead + 'a>) = match magic {
            [0x1f, 0x8b, ..] => ("gzip", unpacked(MultiGzDecoder::new(bytes))),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => ("zstd", unpacked(Frames::new(bytes))),
            _ => ("", Box::new(bytes)),
        };
        let mut head = Vec::new();
        let read = (&mut rest).take(HEAD).read_to_end(&mut head);
        read.map_err(|error| unreadable(name, packing, &error))?;
        if head.starts_with(b"\xef\xbb\xbf") {
            head.drain(..3);
        }
        Ok(Self {
            name,
            head,
            packing,
            rest,
        })
    }

    /// All bytes from the first on.
    pub fn stream(self) -> (impl BufRead + 'a, impl Fn(&io::Error) -> Finding + 'a) {
        let (name, packing) = (self.name, self.packing);
        let all = Cursor::new(self.head).chain(self.rest);
        (all, move |error: &io::Error| unreadable(name, packing, error))
    }

    /// All bytes at once.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn whole(self) -> Result<Vec<u8>, Finding> {
        let (name, packing) = (self.name, self.packing);
        let Self {
            mut head, mut rest, ..
        } = self;
        let read = rest.read_to_end(&mut head);
        read.map_err(|error| unreadable(name, packing, &error))?;
        Ok(head)
    }
}

fn unreadable(name: &str, packing: &str, error: &io::Error) -> Finding {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return Finding::error("unpacks to more than 4 GiB")
            .about(name)
            .help("cut the recording to the hours that matter");
    }
    let message = match packing {
        "" => format!("cannot be read: {error}"),
        packing => format!("is {packing} but cannot be unpacked: {error}"),
    };
    Finding::error(message).about(name)
}

fn unpacked<'a>(plain: impl Read + 'a) -> Box<dyn BufRead + 'a> {
    let limited = Limited { plain, left: LIMIT };
    Box::new(BufReader::with_capacity(256 << 10, limited))
}

/// Fails, rather than ends, at the limit.
struct Limited<R> {
    plain: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.plain.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

/// The frames of a zstd file, one after the other.
pub(super) struct Frames<R: Read> {
    source: Option<R>,
    frame: Option<StreamingDecoder<R, FrameDecoder>>,
}

impl<R: BufRead> Frames<R> {
    pub fn new(source: R) -> Self {
        Self {
            source: Some(source),
            frame: None,
        }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(mut source) = self.source.take() {
                if source.fill_buf()?.is_empty() {
                    self.source = Some(source);
                    return Ok(0);
                }
                self.frame = Some(StreamingDecoder::new(source).map_err(io::Error::other)?);
            }
            let Some(frame) = &mut self.frame else {
                return Ok(0);
            };
            let read = frame.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.source = self.frame.take().map(StreamingDecoder::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
    }

    fn read(bytes: &[u8]) -> Result<Vec<u8>, Finding> {
        Source::new("file", bytes)?.whole()
    }

    #[test]
    fn packed_or_not_the_bytes_are_the_same() {
        let text: Vec<u8> = (0..200_000u32).flat_map(|n| (n % 7001).to_le_bytes()).collect();
        let again = [&text[..], &text[..]].concat();
        for bytes in [gzip(&text), zstd(&text), text.clone()] {
            assert!(read(&bytes).unwrap() == text);
            let twice = [&bytes[..], &bytes[..]].concat();
            assert!(read(&twice).unwrap() == again);
        }
        assert_eq!(read(b"\xef\xbb\xbfup 1 1").unwrap(), b"up 1 1");
        let finding = read(&zstd(&text)[..20]).unwrap_err();
        assert!(finding.message.starts_with("is zstd but cannot be unpacked"));
    }

    proptest! {
        #[test]
        fn damaged_packings_are_findings(at in 4usize..400, with in any::<u8>(), cut in 5usize..400) {
            let text: Vec<u8> = (0..3000u32).flat_map(|n| n.to_le_bytes()).collect();
            for mut bytes in [gzip(&text), zstd(&text)] {
                let at = at.min(bytes.len() - 1);
                bytes[at] = with;
                let _ = read(&bytes);
                bytes.truncate(cut);
                let _ = read(&bytes);
            }
        }
    }
}
