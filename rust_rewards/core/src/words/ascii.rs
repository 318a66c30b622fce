//! Runs of ASCII letters and digits, found 64 bytes at a time.

use super::{Key, Long, short};

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// Edges that are written together, whether they are there or not.
const EDGES: usize = 8;

type Block = [u8; BLOCK];

/// A text with its runs of letters and digits.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// In lower case, zeros after it, and one block more: the bytes of a word can be read together wherever it ends.
    lowered: Vec<Block>,
    /// Where runs start and end, in turn.
    edges: Vec<u32>,
}

impl Runs {
    /// Add the keys of the first `most` runs of ASCII letters and digits, lower-cased; every other byte separates.
    pub(super) fn read(&mut self, text: &str, most: usize, keys: &mut Vec<Key>, long: Long<'_>) {
        let edges = self.find(text.as_bytes());
        let (words, _) = self.edges.get(..edges).unwrap_or_default().as_chunks();
        let lowered = self.lowered.as_flattened();
        keys.extend(words.iter().take(most).map(|&[start, end]| {
            let (start, end) = (start as usize, end as usize);
            let bytes = lowered.get(start..).unwrap_or_default();
            let key = bytes.first_chunk().and_then(|window| short(*window, end - start));
            key.unwrap_or_else(|| long(of_bytes(lowered, start, end)))
        }));
    }

    /// Find the edges; returns their number.
    fn find(&mut self, text: &[u8]) -> usize {
        let (blocks, rest) = text.as_chunks();
        let mut last = [0; BLOCK];
        last.iter_mut().zip(rest).for_each(|(byte, &given)| *byte = given);
        self.lowered.resize(self.lowered.len().max(blocks.len() + 2), [0; BLOCK]);
        self.edges.resize(self.edges.len().max((blocks.len() + 1) * BLOCK + EDGES), 0);
        let (mut found, mut base, mut before) = (0, 0, 0);
        for (block, lowered) in blocks.iter().chain([&last]).zip(&mut self.lowered) {
            *lowered = block.map(|byte| byte.to_ascii_lowercase());
            let letters = alphanumeric(lowered);
            found += write(letters ^ (letters << 1 | before), base, self.edges.get_mut(found..).unwrap_or_default());
            before = letters >> 63;
            base += 64;
        }
        found
    }
}

/// One bit for each byte, the first lowest: whether it is a small ASCII letter or a digit.
#[inline]
fn alphanumeric(block: &Block) -> u64 {
    let flags = block.map(|byte| u8::from(byte.is_ascii_lowercase() | byte.is_ascii_digit()));
    let (eights, _) = flags.as_chunks();
    // The product moves the lowest bits of eight bytes into the top byte.
    let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.iter().rev().fold(0, |all, eight| all << 8 | bits(eight))
}

/// Write the places of the bits; returns their number.
#[inline]
fn write(mut bits: u64, base: u32, places: &mut [u32]) -> usize {
    let count = bits.count_ones() as usize;
    let (chunks, _) = places.as_chunks_mut::<EDGES>();
    for chunk in chunks.iter_mut().take(count.div_ceil(EDGES)) {
        for place in chunk {
            *place = base + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
    }
    count
}

#[cold]
fn of_bytes(lowered: &[u8], start: usize, end: usize) -> &str {
    lowered.get(start..end).and_then(|word| str::from_utf8(word).ok()).unwrap_or_default()
}
