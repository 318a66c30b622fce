//! Similarity by edit distance, over Unicode code points.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::levenshtein;
use super::wavefront::Quarters;
use crate::lcs::{self, Masks};
use crate::limits;
use crate::unicode::trim;

/// Blocks whose subsequences are counted faster one after another than in lanes.
const FEW: usize = 6;

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
        reference.read(text, ids);
        let (count, most) = (ids.len() + reference.ids.len(), ids.len().max(reference.ids.len()));
        let (distance, greatest) = match self {
            Self::Indel => ((count - 2 * reference.subsequence(ids, rows)) as u64, count),
            Self::Classic => (reference.distance(ids), most),
        };
        if greatest == 0 { 1.0 } else { 1.0 - distance as f64 / greatest as f64 }
    }
}

/// The characters of a reference, ready for comparison with many texts.
#[derive(Debug)]
pub(super) struct Letters {
    ids: Vec<u32>,
    ascii: [u32; 128],
    others: FxHashMap<char, u32>,
    unknown: u32,
    masks: Masks,
    quarters: OnceLock<Quarters>,
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
        Self { ids, ascii, others: numbers, unknown, masks, quarters: OnceLock::new() }
    }

    fn subsequence(&self, text: &[u32], rows: &mut Vec<u64>) -> usize {
        match self.masks.blocks() {
            ..=FEW => lcs::length(text.iter().copied(), &self.masks, rows),
            _ => self.quarters().subsequence(text),
        }
    }

    fn distance(&self, text: &[u32]) -> u64 {
        match self.masks.blocks() {
            1 => levenshtein::of_one_block(text, self.ids.len(), &self.masks),
            _ => levenshtein::of_quarters(text, self.ids.len(), self.quarters()),
        }
    }

    fn quarters(&self) -> &Quarters {
        self.quarters.get_or_init(|| Quarters::new(&self.ids, self.unknown))
    }

    /// Number the characters of a text as those of the reference.
    fn read(&self, text: &str, ids: &mut Vec<u32>) {
        ids.clear();
        if text.is_ascii() {
            let known = |byte: &u8| self.ascii.get(usize::from(*byte)).copied().unwrap_or(self.unknown);
            ids.extend(text.as_bytes().iter().take(limits::CHARACTERS).map(known));
        } else {
            ids.extend(text.chars().take(limits::CHARACTERS).map(|letter| self.id(letter)));
        }
    }

    #[inline]
    fn id(&self, letter: char) -> u32 {
        match self.ascii.get(letter as usize) {
            Some(&id) => id,
            None => self.others.get(&letter).copied().unwrap_or(self.unknown),
        }
    }
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
