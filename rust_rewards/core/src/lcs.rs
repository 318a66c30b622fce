//! The longest common subsequence of two lists of symbols, 64 places at a time (Hyyrö's bit-parallel recurrence).

#![expect(clippy::indexing_slicing, reason = "masks have a row of their blocks for each symbol")]

use crate::ahead;

/// For each symbol, one bit for each place of a reference where it stands; none for the unknown symbol after them.
#[derive(Debug)]
pub struct Masks {
    bits: Vec<u64>,
    blocks: usize,
}

impl Masks {
    /// The masks of a reference whose symbols are below `symbols`.
    #[must_use]
    pub fn new(reference: &[u32], symbols: usize) -> Self {
        let blocks = reference.len().div_ceil(64).max(1);
        let mut bits = vec![0; (symbols + 1) * blocks];
        for (place, &symbol) in reference.iter().enumerate() {
            bits[symbol as usize * blocks + place / 64] |= 1 << (place % 64);
        }
        Self { bits, blocks }
    }

    /// Words of 64 places that the reference takes.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// Ask for the masks before they are needed.
    pub(crate) fn ask(&self) {
        ahead::ask_table(&self.bits);
    }

    /// The last place before `end` where a symbol stands or its row is 0, and whether it stands there.
    pub(crate) fn last_stop(&self, symbol: u32, row: &[u64], end: usize) -> Option<(usize, bool)> {
        let blocks = row.iter().zip(self.of(symbol)).enumerate().take(end.div_ceil(64)).rev();
        for (block, (row, mask)) in blocks {
            let stops = (!row | mask) & (u64::MAX >> (64 - (end - 64 * block).min(64)));
            if let Some(bit) = stops.checked_ilog2() {
                return Some((64 * block + bit as usize, mask >> bit & 1 == 1));
            }
        }
        None
    }

    /// The places of a symbol; of the unknown symbol where it is none of the reference's.
    #[inline]
    pub(crate) fn of(&self, symbol: u32) -> &[u64] {
        let start = (symbol as usize * self.blocks).min(self.bits.len() - self.blocks);
        &self.bits[start..start + self.blocks]
    }
}

/// Length of the longest common subsequence of a text with the reference of some masks; `rows` is working memory.
///
/// ```
/// use rust_rewards::lcs::{Masks, length};
/// assert_eq!(length([0, 3, 1, 2, 0].into_iter(), &Masks::new(&[0, 1, 0, 2], 3), &mut Vec::new()), 3);
/// ```
#[must_use]
pub fn length(text: impl Iterator<Item = u32>, reference: &Masks, rows: &mut Vec<u64>) -> usize {
    match reference.blocks {
        1 => few::<1>(text, reference),
        2 => few::<2>(text, reference),
        3 => few::<3>(text, reference),
        4 => few::<4>(text, reference),
        5 => few::<5>(text, reference),
        6 => few::<6>(text, reference),
        7 => few::<7>(text, reference),
        8 => few::<8>(text, reference),
        9 => few::<9>(text, reference),
        10 => few::<10>(text, reference),
        11 => few::<11>(text, reference),
        12 => few::<12>(text, reference),
        blocks => {
            rows.clear();
            rows.resize(blocks, u64::MAX);
            for symbol in text {
                long_step(rows, reference.of(symbol));
            }
            zeros(rows)
        }
    }
}

/// The same with as many rows as the compiler knows of: the first few stay in registers, and no carry goes through memory.
fn few<const BLOCKS: usize>(text: impl Iterator<Item = u32>, reference: &Masks) -> usize {
    let mut rows = [u64::MAX; BLOCKS];
    let (masks, _) = reference.bits.as_chunks::<BLOCKS>();
    for symbol in text {
        step(&mut rows, &masks[symbol as usize], false);
    }
    zeros(&rows)
}

/// The row before the text and that after each symbol, one after another: a bit is 0 where the subsequence with the reference grows at
/// its place.
pub(crate) fn history(text: &[u32], reference: &Masks, rows: &mut Vec<u64>) {
    rows.clear();
    rows.resize(reference.blocks, u64::MAX);
    for &symbol in text {
        let last = rows.len() - reference.blocks;
        rows.extend_from_within(last..);
        long_step(&mut rows[last + reference.blocks..], reference.of(symbol));
    }
}

/// [`length`], and how many symbols both have, each as often as both have it; none for a reference of more than 64.
pub(crate) fn overlap(text: &[u32], reference: &Masks) -> Option<(usize, usize)> {
    if reference.blocks > 1 {
        return None;
    }
    let (mut row, mut free) = ([u64::MAX], u64::MAX);
    let (masks, _) = reference.bits.as_chunks();
    for &symbol in text {
        let mask: &[u64; 1] = &masks[symbol as usize];
        step(&mut row, mask, false);
        let places = free & mask[0];
        free ^= places & places.wrapping_neg(); // the symbol takes the first place that none took before
    }
    Some((zeros(&row), zeros(&[free])))
}

/// One symbol of the text: `row + (row & mask) | row & !mask` over all blocks as one long number; gives what is carried out of it.
#[inline]
fn step(rows: &mut [u64], mask: &[u64], mut carry: bool) -> bool {
    for (row, mask) in rows.iter_mut().zip(mask) {
        let both = *row & mask;
        let (sum, first) = row.overflowing_add(both);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        carry = first | second;
        *row = sum | (*row ^ both);
    }
    carry
}

/// The same of many blocks, eight by eight.
fn long_step(rows: &mut [u64], mask: &[u64]) {
    let ((rows, last_rows), (mask, last_mask)) = (rows.as_chunks_mut::<8>(), mask.as_chunks::<8>());
    let carry = rows.iter_mut().zip(mask).fold(false, |carry, (rows, mask)| step(rows, mask, carry));
    step(last_rows, last_mask, carry);
}

fn zeros(rows: &[u64]) -> usize {
    rows.iter().map(|row| row.count_zeros() as usize).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_carry() {
        for length in [63, 64, 65, 128, 300, 384, 385, 450, 512, 576, 640, 700, 768, 769, 1000, 1024, 1500] {
            let reference: Vec<u32> = (0..length).map(|i| i % 50).collect();
            let text: Vec<u32> = (0..length).filter(|i| i % 3 > 0).map(|i| i % 50).collect();
            assert_eq!(
                super::length(text.iter().copied(), &Masks::new(&reference, 50), &mut Vec::new()),
                text.len(),
                "{length}"
            );
        }
    }

    #[test]
    fn overlaps_are_those_of_multisets() {
        let masks = Masks::new(&[0, 1, 0, 2, 0], 3);
        assert_eq!(overlap(&[2, 0, 0, 3, 0, 0, 1], &masks), Some((3, 5)));
        assert_eq!(overlap(&[0], &Masks::new(&[0; 64], 1)), Some((1, 1)));
        assert_eq!(overlap(&[0], &Masks::new(&[0; 65], 1)), None);
    }

    #[test]
    fn unknown_symbols_never_match() {
        assert_eq!(length([2, 2].into_iter(), &Masks::new(&[0, 1], 2), &mut Vec::new()), 0);
        assert_eq!(length([].into_iter(), &Masks::new(&[], 0), &mut Vec::new()), 0);
    }
}
