//! Runs of ASCII letters and digits, found 64 bytes at a time.

use memchr::memchr_iter;

use super::{Key, Long, short};

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// Edges that are written together, whether they are there or not.
const EDGES: usize = 8;

/// Bytes of a short word's key.
const WINDOW: usize = 16;

/// What makes a letter small and leaves a digit as it is.
const SMALL: u8 = 0x20;
const SMALL_LETTERS: Key = Key::from_ne_bytes([SMALL; WINDOW]);

type Block = [u8; BLOCK];

/// A text with its runs of letters and digits.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// Its bytes and a window more: those of a word can be read together wherever it ends.
    bytes: Vec<u8>,
    /// Which bytes of each block are letters or digits.
    blocks: Vec<u64>,
    /// Where runs start and end, in turn.
    edges: Vec<u32>,
    /// Number of edges of the text that was read.
    found: usize,
}

impl Runs {
    /// Take a text; says whether all of it is ASCII.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let Self { bytes, blocks, .. } = self;
        let (whole, rest) = text.as_bytes().as_chunks();
        bytes.clear();
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&[0; WINDOW]);
        blocks.clear();
        let mut all = [0; BLOCK];
        blocks.extend(whole.iter().map(|block| {
            all.iter_mut().zip(block).for_each(|(all, byte)| *all |= byte);
            alphanumeric(block)
        }));
        blocks.push(last(text.as_bytes(), rest));
        all.is_ascii() && rest.is_ascii()
    }

    /// Take a text with an ASCII letter for the only two characters beyond ASCII whose lower case holds one.
    pub(super) fn take_letters(&mut self, text: &str) {
        if !self.take(text) && text.contains(['\u{130}', '\u{212a}']) {
            self.take(&text.replace('\u{130}', "i\u{307}").replace('\u{212a}', "k"));
        }
    }

    /// Add the keys of the first `most` runs of ASCII letters and digits, lower-cased; every other byte separates.
    pub(super) fn read(&mut self, most: usize, keys: &mut Vec<Key>, long: Long<'_>) {
        self.found = self.find();
        let (words, _) = self.edges.get(..self.found).unwrap_or_default().as_chunks();
        let text = &*self.bytes;
        keys.extend(words.iter().take(most).map(|&[start, end]| {
            let (start, end) = (start as usize, end as usize);
            let window = text.get(start..start + WINDOW).and_then(<[u8]>::first_chunk);
            let key = window.and_then(|window| short(Key::from_le_bytes(*window) | SMALL_LETTERS, end - start));
            key.unwrap_or_else(|| long(&lowered(text, start, end)))
        }));
    }

    /// How many runs start before the end of each line of the text that was read.
    pub(super) fn line_ends(&self) -> impl Iterator<Item = usize> {
        let (runs, _) = self.edges.get(..self.found).unwrap_or_default().as_chunks::<2>();
        let text = self.bytes.get(..self.bytes.len().saturating_sub(WINDOW)).unwrap_or_default();
        let mut passed = 0;
        memchr_iter(b'\n', text).chain([text.len()]).map(move |end| {
            let rest = runs.get(passed..).unwrap_or_default();
            passed += rest.iter().take_while(|[start, _]| (*start as usize) < end).count();
            passed
        })
    }

    /// Find the edges; returns their number.
    fn find(&mut self) -> usize {
        let Self { blocks, edges, .. } = self;
        edges.resize(edges.len().max(blocks.len() * BLOCK + EDGES), 0);
        let (mut found, mut base, mut before) = (0, 0, 0);
        for &letters in &*blocks {
            found += write(letters ^ (letters << 1 | before), base, edges.get_mut(found..).unwrap_or_default());
            before = letters >> 63;
            base += 64;
        }
        found
    }
}

/// As [`alphanumeric`], of the bytes after the last whole block.
fn last(text: &[u8], rest: &[u8]) -> u64 {
    if let Some(block) = text.last_chunk() {
        return alphanumeric(block) >> 1 >> (BLOCK - 1 - rest.len()); // by 64 at once is no shift
    }
    let mut block = [0; BLOCK];
    block.iter_mut().zip(rest).for_each(|(byte, &given)| *byte = given);
    alphanumeric(&block)
}

/// One bit for each byte, the first lowest: whether it is an ASCII letter or a digit.
#[inline]
fn alphanumeric(block: &Block) -> u64 {
    let flags = block.map(|byte| u8::from((byte | SMALL).is_ascii_lowercase() | byte.is_ascii_digit()));
    let (eights, _) = flags.as_chunks();
    // The product moves the lowest bits of eight bytes into the top byte.
    let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.iter().enumerate().fold(0, |all, (place, eight)| all | bits(eight) << (8 * place))
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
fn lowered(text: &[u8], start: usize, end: usize) -> String {
    let word = text.get(start..end).and_then(|word| str::from_utf8(word).ok());
    word.unwrap_or_default().to_ascii_lowercase()
}
