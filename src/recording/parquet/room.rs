//! How much a file may ask for.
//!
//! Packing and run lengths let a few bytes stand for many. What real files reach is bounded: a constant column on a
//! regular grid, packed, holds some hundred rows in a byte once it is longer than a few kilobytes. So a file may unpack to
//! so many cells and bytes by its length, beside a floor for small ones, and what asks for more is refused before room is
//! made for it.

/// Cells of all columns that any file may hold: a year of one series, scraped every 15 s, has 6.3 million.
const CELLS: usize = 1 << 23;
/// Further cells for a byte of the file.
const CELLS_A_BYTE: usize = 256;
/// Bytes that the columns of one group of rows may take while they are read.
const BYTES: usize = 128 << 20;
/// Further ones for a byte of the file.
const BYTES_A_BYTE: usize = 1024;

/// Cells that a file of this length may hold, in all of its columns together.
pub(super) fn cells(file: usize) -> usize {
    CELLS.saturating_add(file.saturating_mul(CELLS_A_BYTE))
}

/// Memory for one group of rows, taken in pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    left: usize,
}

impl Room {
    /// For a file of this length.
    pub fn new(file: usize) -> Self {
        Self {
            left: BYTES.saturating_add(file.saturating_mul(BYTES_A_BYTE)),
        }
    }

    /// Takes `count` times `size` bytes.
    ///
    /// # Errors
    ///
    /// So much is not left; in words.
    pub fn take(&mut self, count: usize, size: usize) -> Result<(), String> {
        match count
            .checked_mul(size)
            .and_then(|bytes| self.left.checked_sub(bytes))
        {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(format!(
                "{count} values are stated, more than a file of this length has in a group of rows"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_ends() {
        let mut room = Room::new(100);
        room.take(BYTES / 8, 8).unwrap();
        room.take(100, BYTES_A_BYTE).unwrap();
        assert!(room.take(1, 1).is_err());
        assert!(Room::new(0).take(usize::MAX, 16).is_err());
        assert_eq!(Room::new(usize::MAX).left, usize::MAX);
    }
}
