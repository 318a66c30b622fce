//! Runs of ASCII letters and digits, found 64 bytes at a time.

use super::{Word, short};

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// Visit the first `most` runs of ASCII letters and digits, lower-cased; every other byte separates. `buffer` is working memory.
#[inline]
pub(super) fn each_word(text: &str, most: usize, buffer: &mut Vec<u8>, mut visit: impl FnMut(Word<'_>)) {
    lower(text, buffer);
    let (blocks, _) = buffer.as_chunks();
    let (mut open, mut before, mut left) = (None, 0, most);
    for (i, block) in blocks.iter().enumerate() {
        let letters = alphanumeric(block);
        let shifted = letters << 1 | before;
        let (mut starts, mut ends) = (letters & !shifted, shifted & !letters);
        before = letters >> 63;
        while ends != 0 {
            let start = open.take().unwrap_or_else(|| i * BLOCK + pop(&mut starts));
            let end = i * BLOCK + pop(&mut ends);
            if left == 0 {
                return;
            }
            left -= 1;
            visit(word(buffer, start, end - start));
        }
        if starts != 0 {
            open = Some(i * BLOCK + pop(&mut starts));
        }
    }
}

/// The text with ASCII letters in lower case, zeros after it to the end of a block and one block more: every run ends in a block, and
/// the bytes that a word is made of can be read together.
fn lower(text: &str, buffer: &mut Vec<u8>) {
    buffer.clear();
    buffer.extend(text.bytes().map(|byte| byte.to_ascii_lowercase()));
    buffer.resize((text.len() / BLOCK + 2) * BLOCK, 0);
}

/// One bit for each byte, the first lowest: whether it is an ASCII letter or digit.
#[inline]
fn alphanumeric(block: &[u8; BLOCK]) -> u64 {
    let mut flags = [0; BLOCK];
    for (flag, byte) in flags.iter_mut().zip(block) {
        *flag = u8::from(byte.is_ascii_alphanumeric());
    }
    let (eights, _) = flags.as_chunks();
    // The product moves the lowest bits of eight bytes into the top byte.
    let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.iter().rev().fold(0, |all, eight| all << 8 | bits(eight))
}

/// Take the lowest bit out; returns its place.
#[inline]
fn pop(bits: &mut u64) -> usize {
    let place = bits.trailing_zeros() as usize;
    *bits &= bits.wrapping_sub(1);
    place
}

#[inline]
fn word(buffer: &[u8], start: usize, length: usize) -> Word<'_> {
    let bytes = buffer.get(start..).unwrap_or_default();
    match bytes.first_chunk().and_then(|window| short(u128::from_le_bytes(*window), length)) {
        Some(key) => Word::Short(key),
        None => Word::Long(bytes.get(..length).and_then(|word| str::from_utf8(word).ok()).unwrap_or_default()),
    }
}
