//! Similarity by edit distance, over Unicode code points.

use rustc_hash::FxHashMap;

use crate::lcs::{self, Masks};
use crate::limits;
use crate::unicode::trim;

/// Which edits are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// Insertions and deletions, as a share of both lengths together (`ratio` of python-Levenshtein).
    Indel,
    /// Insertions, deletions and substitutions, as a share of the greater length.
    Classic,
}

impl Distance {
    /// The distance of a name, if there is one.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "indel" => Some(Self::Indel),
            "classic" => Some(Self::Classic),
            _ => None,
        }
    }

    /// 1 − distance / its greatest possible value, over the first [`limits::CHARACTERS`] of both texts; `ids` and `rows` are working memory.
    pub(super) fn similarity(self, text: &str, reference: &Letters, ids: &mut Vec<u32>, rows: &mut Vec<u64>) -> f64 {
        ids.clear();
        ids.extend(text.chars().take(limits::CHARACTERS).map(|letter| reference.id(letter)));
        let (count, most) = (ids.len() + reference.count, ids.len().max(reference.count));
        let (distance, greatest) = match self {
            Self::Indel => (count - 2 * lcs::length(ids.iter().copied(), &reference.masks, rows), count),
            Self::Classic => (levenshtein(ids, reference, rows), most),
        };
        if greatest == 0 { 1.0 } else { 1.0 - distance as f64 / greatest as f64 }
    }
}

/// The characters of a reference, ready for comparison with many texts.
#[derive(Debug)]
pub(super) struct Letters {
    count: usize,
    ascii: [u32; 128],
    others: FxHashMap<char, u32>,
    unknown: u32,
    masks: Masks,
}

impl Letters {
    pub(super) fn new(text: &str) -> Self {
        let mut numbers = FxHashMap::default();
        let mut ids = Vec::new();
        for letter in trim(text).chars().take(limits::CHARACTERS) {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            ids.push(*numbers.entry(letter).or_insert(next));
        }
        let unknown = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let ascii = std::array::from_fn(|code| {
            let letter = u8::try_from(code).map_or(char::REPLACEMENT_CHARACTER, char::from);
            numbers.get(&letter).copied().unwrap_or(unknown)
        });
        let masks = Masks::new(&ids, numbers.len());
        Self { count: ids.len(), ascii, others: numbers, unknown, masks }
    }

    #[inline]
    fn id(&self, letter: char) -> u32 {
        match self.ascii.get(letter as usize) {
            Some(&id) => id,
            None => self.others.get(&letter).copied().unwrap_or(self.unknown),
        }
    }
}

/// Levenshtein's distance by Myers' bit vectors in blocks of 64 places (Hyyrö 2003).
fn levenshtein(text: &[u32], reference: &Letters, rows: &mut Vec<u64>) -> usize {
    if reference.count == 0 {
        return text.len();
    }
    let last = 1 << ((reference.count - 1) % 64);
    rows.clear();
    rows.extend([u64::MAX, 0].repeat(reference.masks.blocks()));
    let (mut raised, mut lowered) = (reference.count, 0);
    for &symbol in text {
        let (plus, minus) = column(rows, reference.masks.of(symbol), last);
        raised += usize::from(plus);
        lowered += usize::from(minus);
    }
    raised - lowered
}

/// One symbol of the text: whether the distance at the end of the reference, which `last` marks in the last block, grows or falls.
/// `rows` holds where a column grows downwards and where it falls, block by block.
fn column(rows: &mut [u64], mask: &[u64], last: u64) -> (bool, bool) {
    // The first row of the table grows by one a symbol.
    let (mut grows, mut falls) = (1, 0);
    let (mut plus, mut minus) = (0, 0);
    let (blocks, _) = rows.as_chunks_mut();
    for ([down, up], &equal) in blocks.iter_mut().zip(mask) {
        let vertical = equal | *up;
        let equal = equal | falls;
        let horizontal = (((equal & *down).wrapping_add(*down)) ^ *down) | equal;
        (plus, minus) = (*up | !(horizontal | *down), *down & horizontal);
        let (shifted, lowered) = (plus << 1 | grows, minus << 1 | falls);
        (grows, falls) = (plus >> 63, minus >> 63);
        *down = lowered | !(vertical | shifted);
        *up = shifted & vertical;
    }
    (plus & last != 0, minus & last != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(distance: Distance, text: &str, reference: &str) -> f64 {
        distance.similarity(text, &Letters::new(reference), &mut Vec::new(), &mut Vec::new())
    }

    #[test]
    fn kitten_and_sitting() {
        assert!((similarity(Distance::Indel, "kitten", "sitting") - 8.0 / 13.0).abs() < 1e-15);
        assert!((similarity(Distance::Classic, "kitten", "sitting") - 4.0 / 7.0).abs() < 1e-15);
    }

    #[test]
    fn code_points_beyond_ascii_and_nothing() {
        assert!((similarity(Distance::Classic, "caf\u{e9}", "caf\u{e8}") - 0.75).abs() < 1e-15);
        assert!(similarity(Distance::Classic, "", "abc").abs() < 1e-15);
        assert!((similarity(Distance::Indel, "", "") - 1.0).abs() < 1e-15);
    }

    #[test]
    fn blocks_hand_on() {
        let reference = "abcdefghij".repeat(30);
        for cut in [1, 63, 64, 65, 200] {
            let text = format!("{}x{}", &reference[..cut], &reference[cut + 1..]);
            assert!((similarity(Distance::Classic, &text, &reference) - 299.0 / 300.0).abs() < 1e-15);
            assert!((similarity(Distance::Indel, &text, &reference) - 598.0 / 600.0).abs() < 1e-15);
        }
    }
}
