//! Bit vectors of a long reference in four lanes that do not wait for each other.
//!
//! Each block of 64 places needs what the block before it hands on within a column, so that one after another they take as long as all
//! of them wait. Here a lane holds a quarter of the blocks and is one symbol of the text behind the lane before it: what that handed on
//! is there.

#![expect(clippy::indexing_slicing, reason = "a reference has a row of blocks for each symbol that a text is read as")]

use std::iter::repeat_n;

use wide::u64x4;

/// Lanes of a vector.
const LANES: usize = 4;

/// Places of a block.
const BLOCK: usize = 64;

/// A number of each lane.
pub(super) type Lanes = u64x4;

/// For each symbol, one bit for each place of a reference where it stands.
///
/// The reference is filled up in front to four equal quarters of whole blocks, so that its last place is the last one of all.
#[derive(Debug)]
pub(super) struct Quarters {
    /// The first block of each quarter, then the second, and so on; symbol after symbol.
    bits: Vec<[u64; LANES]>,
    depth: usize,
    /// The symbol that stands where the reference is filled up.
    filling: u32,
}

impl Quarters {
    /// A reference whose symbols are below `unknown`, which stands at none of its places.
    pub(super) fn new(reference: &[u32], unknown: u32) -> Self {
        let depth = reference.len().div_ceil(BLOCK * LANES).max(1);
        let filling = unknown + 1;
        let mut bits = vec![[0; LANES]; (filling as usize + 1) * depth];
        let symbols = repeat_n(filling, depth * BLOCK * LANES - reference.len()).chain(reference.iter().copied());
        for (place, symbol) in symbols.enumerate() {
            let (quarter, block) = (place / BLOCK / depth, place / BLOCK % depth);
            bits[symbol as usize * depth + block][quarter] |= 1 << (place % BLOCK);
        }
        Self { bits, depth, filling }
    }

    /// The symbol that stands where the reference is filled up.
    pub(super) fn filling(&self) -> u32 {
        self.filling
    }

    /// The places where it stands.
    pub(super) fn filled(&self) -> impl Iterator<Item = Lanes> {
        self.of(self.filling).iter().copied().map(Lanes::new)
    }

    /// Length of the longest common subsequence with a text (Hyyrö's recurrence, as in [`crate::lcs`]).
    pub(super) fn subsequence(&self, text: &[u32]) -> usize {
        let (mut rows, mut carry) = (vec![Lanes::MAX; self.depth], Lanes::ZERO);
        // No carry leaves what was filled up, nor the lanes that have not reached the text.
        self.sweep(text, self.filling - 1, |masks| {
            carry = behind(carry, 0);
            for (row, mask) in rows.iter_mut().zip(blocks(masks)) {
                let both = *row & mask;
                let (sum, rest) = (*row + both + carry, *row ^ both);
                carry = (both | (!sum & rest)) >> 63_u32;
                *row = sum | rest;
            }
        });
        rows.into_iter().flat_map(Lanes::to_array).map(|row| row.count_zeros() as usize).sum()
    }

    /// Visit each symbol of a text with all four lanes, the last of them three symbols after the first.
    ///
    /// `visit` gets the mask that each lane sees: of `around` before it has reached the text and after it has passed it.
    #[inline]
    pub(super) fn sweep<'q>(&'q self, text: &[u32], around: u32, mut visit: impl FnMut([&'q [[u64; LANES]]; LANES])) {
        let around = self.of(around);
        let mut seen = [around; LANES];
        for place in 0..text.len() + LANES - 1 {
            let [first, second, third, _] = seen;
            seen = [text.get(place).map_or(around, |&symbol| self.of(symbol)), first, second, third];
            visit(seen);
        }
    }

    fn of(&self, symbol: u32) -> &[[u64; LANES]] {
        &self.bits[symbol as usize * self.depth..][..self.depth]
    }
}

/// The blocks that each lane has in its own quarter of its mask: the first of all lanes, then the second.
#[inline]
pub(super) fn blocks(masks: [&[[u64; LANES]]; LANES]) -> impl Iterator<Item = Lanes> {
    let [first, second, third, fourth] = masks;
    let pairs = first.iter().zip(second).zip(third.iter().zip(fourth));
    pairs.map(|((first, second), (third, fourth))| Lanes::new([first[0], second[1], third[2], fourth[3]]))
}

/// What each lane gets from the one before it, and the first from outside.
#[inline]
pub(super) fn behind(handed: Lanes, outside: u64) -> Lanes {
    let [first, second, third, _] = handed.to_array();
    Lanes::new([outside, first, second, third])
}
