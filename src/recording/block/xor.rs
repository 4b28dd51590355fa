//! Chunks of float samples (encoding 1): delta-of-delta times, values XORed with the one before, bits from the top.

use super::cursor::Cursor;

/// Why a chunk cannot be decoded though its checksum may be right: words that follow 'the chunk '.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

const SHORT: Malformed = Malformed("ends before its last sample");

/// Payload bits behind one, two, three and four leading ones of a time field.
const TIME_BITS: [u32; 5] = [0, 14, 17, 20, 64];

/// Appends the samples of a chunk: times [ms] and values, as many of each. Values keep their bits.
///
/// # Errors
///
/// The bytes end before the last sample or say something impossible; nothing is appended then.
pub fn decode(data: &[u8], times: &mut Vec<i64>, values: &mut Vec<f64>) -> Result<(), Malformed> {
    let mut head = Cursor::new(data);
    let count = usize::from(head.u16().ok_or(SHORT)?);
    if count == 0 {
        return Ok(());
    }
    let time = head.varint().ok_or(SHORT)?;
    let value = head.u64().ok_or(SHORT)?;
    if count == 1 {
        times.push(time);
        values.push(f64::from_bits(value));
        return Ok(());
    }
    let delta = head.uvarint().ok_or(SHORT)? as i64;
    // Each sample takes two bits at least, the second one: nothing is allocated for a count that the bytes deny.
    if 2 * (count - 2) + 1 > 8 * head.rest().len() {
        return Err(SHORT);
    }
    let before = times.len();
    times.resize(before + count, 0);
    values.resize(before + count, 0.0);
    let decoded = packed(
        Bits::new(head.rest()),
        (time, value, delta),
        &mut times[before..],
        &mut values[before..],
    );
    if decoded.is_err() {
        times.truncate(before);
        values.truncate(before);
    }
    decoded
}

/// The first sample and the first difference of times are known; all that follows is packed by the bit.
fn packed(
    mut bits: Bits,
    (mut time, mut value, mut delta): (i64, u64, i64),
    times: &mut [i64],
    values: &mut [f64],
) -> Result<(), Malformed> {
    let mut window = Window {
        width: 64,
        trailing: 0,
    };
    times[0] = time;
    values[0] = f64::from_bits(value);
    time = time.wrapping_add(delta);
    value ^= window.next(&mut bits)?;
    times[1] = time;
    values[1] = f64::from_bits(value);
    for (to_time, to_value) in times[2..].iter_mut().zip(&mut values[2..]) {
        bits.fill(26);
        delta = delta.wrapping_add(bits.time());
        time = time.wrapping_add(delta);
        value ^= window.next(&mut bits)?;
        *to_time = time;
        *to_value = f64::from_bits(value);
    }
    if bits.overrun() { Err(SHORT) } else { Ok(()) }
}

/// Where the meaningful bits of a value's XOR lie: the last ones that were spelled out.
struct Window {
    width: u32,
    trailing: u32,
}

impl Window {
    /// The XOR of the next value with the one before.
    #[inline(always)]
    fn next(&mut self, bits: &mut Bits) -> Result<u64, Malformed> {
        bits.fill(13);
        if bits.top >> 63 == 0 {
            bits.skip(1);
            return Ok(0);
        }
        if bits.top >> 62 == 0b10 {
            bits.skip(2);
        } else {
            let leading = (bits.top >> 57) as u32 & 31;
            let width = (bits.top >> 51) as u32 & 63;
            bits.skip(13);
            self.width = if width == 0 { 64 } else { width };
            self.trailing = 64u32
                .checked_sub(leading + self.width)
                .ok_or(Malformed("has a value wider than 64 bits"))?;
        }
        Ok(bits.take(self.width) << self.trailing)
    }
}

/// Bits of a slice, the highest of each byte first, from a register that is refilled by the word.
struct Bits<'a> {
    bytes: &'a [u8],
    /// Bytes counted into `have`; may run past the end, where zeros follow.
    at: usize,
    /// The next bits, from the top. Below the `have` that count lie more of the same stream or zeros.
    top: u64,
    have: u32,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            top: 0,
            have: 0,
        }
    }

    /// Makes `need` bits (at most 56) be there.
    #[inline(always)]
    fn fill(&mut self, need: u32) {
        if self.have < need {
            self.refill();
        }
    }

    /// Loads a word behind the bits that are there, and counts as many whole bytes of it as fit: 56 bits or more.
    #[inline(always)]
    fn refill(&mut self) {
        let word = match self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            Some(word) => u64::from_be_bytes(*word),
            None => self.last_word(),
        };
        self.top |= word >> self.have;
        self.at += ((63 - self.have) >> 3) as usize;
        self.have |= 56;
    }

    #[cold]
    fn last_word(&self) -> u64 {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        rest.iter()
            .zip([56, 48, 40, 32, 24, 16, 8])
            .fold(0, |word, (&byte, shift)| word | u64::from(byte) << shift)
    }

    /// Drops `count` bits of those that are there, at most 56.
    #[inline(always)]
    fn skip(&mut self, count: u32) {
        self.top <<= count;
        self.have -= count;
    }

    /// The next `count` bits, 1 to 64.
    #[inline(always)]
    fn take(&mut self, count: u32) -> u64 {
        if count > 56 {
            let high = self.take_small(32);
            return high << (count - 32) | self.take_small(count - 32);
        }
        self.take_small(count)
    }

    #[inline(always)]
    fn take_small(&mut self, count: u32) -> u64 {
        self.fill(count);
        let bits = self.top >> (64 - count);
        self.skip(count);
        bits
    }

    /// The next delta of deltas. At least 26 bits are there.
    #[inline(always)]
    fn time(&mut self) -> i64 {
        if self.top >> 63 == 0 {
            self.skip(1);
            return 0;
        }
        let ones = (!self.top).leading_zeros().min(4);
        self.skip((ones + 1).min(4));
        let width = TIME_BITS[ones as usize];
        if width == 64 {
            return self.take(64) as i64;
        }
        let payload = self.take_small(width) as i64;
        // Not two's complement: 2^(width-1) itself is positive.
        if payload > 1 << (width - 1) {
            payload - (1 << width)
        } else {
            payload
        }
    }

    /// Whether more bits were taken than there are.
    fn overrun(&self) -> bool {
        8 * self.at - self.have as usize > 8 * self.bytes.len()
    }
}
