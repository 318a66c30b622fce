//! Runs of ASCII letters and digits, found 64 bytes at a time.

#![expect(clippy::indexing_slicing, reason = "both ends of a run lie in the text, between ASCII bytes")]

use super::{SHORT, Word, short};

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// Sets the bit that tells lower case from upper; a digit has it already.
const LOWER: u128 = u128::from_ne_bytes([0x20; 16]);

/// The first `most` runs of ASCII letters and digits, lower-cased; every other byte separates.
#[inline]
pub(super) fn each_word(text: &str, most: usize, mut visit: impl FnMut(Word<'_>)) {
    let (blocks, rest) = text.as_bytes().as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    let (mut start, mut inside, mut left) = (0, false, most);
    for (i, block) in blocks.iter().chain([&last]).enumerate() {
        let bits = alphanumeric(block);
        let mut edges = bits ^ (bits << 1 | u64::from(inside));
        while edges != 0 {
            let at = i * BLOCK + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            if !inside {
                (start, inside) = (at, true);
                continue;
            }
            if left == 0 {
                return;
            }
            (inside, left) = (false, left - 1);
            run(text, start, at, &mut visit);
        }
    }
    if inside && left > 0 {
        run(text, start, text.len(), &mut visit);
    }
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

#[inline]
fn run(text: &str, start: usize, end: usize, visit: &mut impl FnMut(Word<'_>)) {
    let length = end - start;
    if length > SHORT {
        visit(Word::Long(&text[start..end].to_ascii_lowercase()));
        return;
    }
    let bytes = match text.as_bytes()[start..].first_chunk() {
        Some(bytes) => u128::from_le_bytes(*bytes),
        None => text.as_bytes()[start..end].iter().rev().fold(0, |packed, &byte| packed << 8 | u128::from(byte)),
    };
    visit(Word::Short(short(bytes | LOWER, length)));
}
