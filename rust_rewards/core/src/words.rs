//! Words of a text, and the longest common subsequence of two lists of them.

#![expect(
    clippy::indexing_slicing,
    reason = "the table's places are masked by its size; its ids index their own masks"
)]

use std::collections::HashMap;

use crate::limits;
use crate::unicode::{fold, is_word};

/// How a text is cut into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// `[a-z0-9]+` of the lower-cased text, as the `rouge-score` package has it.
    Rouge,
    /// `[^\W_]+` of the NFC, case-folded text, its first [`limits::WORDS`] words.
    Unicode,
}

/// Lower-case letter or digit of an ASCII byte; 0 for any other byte.
const LOWER: [u8; 256] = lower_table();

const fn lower_table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            table[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    table
}

/// Bytes of a word that fit a key beside its length.
const KEY_BYTES: usize = 15;

/// A word as a number where it is short, which it nearly always is: its bytes, and its length in the top byte.
fn key(packed: u128, length: usize) -> u128 {
    packed | (length as u128) << 120
}

/// The mark of a free place.
const FREE: u32 = u32::MAX;

/// A word while a text is read.
#[derive(Clone, Copy)]
enum Word<'w> {
    Short(u128),
    Long(&'w str),
}

fn each_word(text: &str, cut: Cut, mut visit: impl FnMut(Word<'_>)) {
    match cut {
        Cut::Rouge if !text.is_ascii() && text.contains(['\u{130}', '\u{212a}']) => {
            // The only two characters beyond ASCII whose lower case holds an ASCII letter.
            let text = text.replace('\u{130}', "i\u{307}").replace('\u{212a}', "k");
            each_ascii_word(&text, usize::MAX, visit);
        }
        Cut::Rouge => each_ascii_word(text, usize::MAX, visit),
        Cut::Unicode if text.is_ascii() => each_ascii_word(text, limits::WORDS, visit),
        Cut::Unicode => {
            let folded = fold(text);
            let words = folded.split(|c| !is_word(c)).filter(|word| !word.is_empty());
            words.take(limits::WORDS).for_each(|word| visit(unicode_word(word)));
        }
    }
}

/// Runs of ASCII letters and digits, lower-cased; every other byte separates.
fn each_ascii_word(text: &str, most: usize, mut visit: impl FnMut(Word<'_>)) {
    let bytes = text.as_bytes();
    let (mut at, mut count) = (0, 0);
    while at < bytes.len() && count < most {
        let (start, mut packed) = (at, 0_u128);
        while let Some(lower) = bytes.get(at).map(|&byte| LOWER[usize::from(byte)]).filter(|&lower| lower != 0) {
            packed = packed << 8 | u128::from(lower);
            at += 1;
        }
        let length = at - start;
        if length > KEY_BYTES {
            visit(Word::Long(&text[start..at].to_ascii_lowercase()));
        } else if length > 0 {
            visit(Word::Short(key(packed, length)));
        }
        count += usize::from(length > 0);
        at += 1;
    }
}

fn unicode_word(word: &str) -> Word<'_> {
    if word.len() > KEY_BYTES {
        return Word::Long(word);
    }
    let packed = word.bytes().fold(0, |packed, byte| packed << 8 | u128::from(byte));
    Word::Short(key(packed, word.len()))
}

/// A reference's words, ready for comparison with many texts.
#[derive(Debug)]
pub struct Words {
    count: usize,
    /// Keys of the distinct short words, by id; a long word's is 0, which no word has.
    keys: Vec<u128>,
    /// Open addressing: an id, or [`FREE`]. Filled from the reference alone, to a quarter at most, so that no answer can make
    /// it slow; and apart from the keys, so that it stays small.
    places: Vec<u32>,
    long: HashMap<String, u32>,
    /// For each distinct word, one bit for each place of the reference where it stands.
    masks: Vec<u64>,
    blocks: usize,
}

impl Words {
    /// Prepare the words of a reference.
    #[must_use]
    pub fn new(text: &str, cut: Cut) -> Self {
        let mut count = 0_usize;
        each_word(text, cut, |_| count += 1);
        let size = (4 * count).next_power_of_two().max(16);
        let blocks = count.div_ceil(64).max(1);
        let (keys, places) = (Vec::new(), vec![FREE; size]);
        let mut words = Self { count, keys, places, long: HashMap::new(), masks: Vec::new(), blocks };
        let mut position = 0;
        each_word(text, cut, |word| {
            words.insert(word, position);
            position += 1;
        });
        words
    }

    /// Number of words.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    fn insert(&mut self, word: Word<'_>, position: usize) {
        let next = u32::try_from(self.keys.len()).unwrap_or(FREE);
        let (id, key) = match word {
            Word::Long(word) => (*self.long.entry(word.to_owned()).or_insert(next), 0),
            Word::Short(key) => {
                let place = self.place(key);
                if self.places[place] == FREE {
                    self.places[place] = next;
                }
                (self.places[place], key)
            }
        };
        if id == next {
            self.keys.push(key);
            self.masks.resize(self.masks.len() + self.blocks, 0);
        }
        self.masks[id as usize * self.blocks + position / 64] |= 1 << (position % 64);
    }

    #[inline]
    fn id(&self, word: Word<'_>) -> Option<u32> {
        match word {
            Word::Long(word) => self.long.get(word).copied(),
            Word::Short(key) => Some(self.places[self.place(key)]).filter(|&id| id != FREE),
        }
    }

    /// The place of a key, or the free place where it belongs.
    #[inline]
    fn place(&self, key: u128) -> usize {
        let mask = self.places.len() - 1;
        let mut place = hash(key) & mask;
        while self.places[place] != FREE && self.keys[self.places[place] as usize] != key {
            place = (place + 1) & mask;
        }
        place
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a hash takes the bits that it needs")]
fn hash(key: u128) -> usize {
    let mixed =
        (key as u64 ^ ((key >> 64) as u64).wrapping_mul(0x9FB2_1C65_1E98_DF25)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as usize
}

/// Length of the longest common subsequence of a text's words with a reference's, and the text's number of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    /// Length of the subsequence.
    pub length: usize,
    /// Words of the text.
    pub words: usize,
}

/// Compares texts with references; keeps its working memory between them.
#[derive(Debug, Default)]
pub struct Comparison {
    rows: Vec<u64>,
}

impl Comparison {
    /// The longest common subsequence of a text with a reference, 64 words at a time (Hyyrö's bit-parallel recurrence).
    ///
    /// ```
    /// use rust_rewards::words::{Comparison, Cut, Words};
    /// let reference = Words::new("the cat sat on the mat", Cut::Rouge);
    /// let common = Comparison::default().common("The mat sat on a cat.", &reference, Cut::Rouge);
    /// assert_eq!((common.length, common.words), (3, 6));
    /// ```
    pub fn common(&mut self, text: &str, reference: &Words, cut: Cut) -> Common {
        let mut words = 0;
        if reference.blocks == 1 {
            let mut row = u64::MAX;
            each_word(text, cut, |word| {
                words += 1;
                if let Some(id) = reference.id(word) {
                    let hits = row & reference.masks[id as usize];
                    row = row.wrapping_add(hits) | (row - hits);
                }
            });
            return Common { length: row.count_zeros() as usize, words };
        }
        self.rows.clear();
        self.rows.resize(reference.blocks, u64::MAX);
        each_word(text, cut, |word| {
            words += 1;
            if let Some(id) = reference.id(word) {
                let start = id as usize * reference.blocks;
                self.step(&reference.masks[start..start + reference.blocks]);
            }
        });
        Common { length: self.rows.iter().map(|row| row.count_zeros() as usize).sum(), words }
    }

    /// One word of the text: the same addition as for one block, with a carry from block to block.
    fn step(&mut self, mask: &[u64]) {
        let mut carry = false;
        for (row, mask) in self.rows.iter_mut().zip(mask) {
            let hits = *row & mask;
            let (sum, first) = row.overflowing_add(hits);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            carry = first | second;
            *row = sum | (*row - hits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(text: &str, reference: &str, cut: Cut) -> (usize, usize, usize) {
        let reference = Words::new(reference, cut);
        let found = Comparison::default().common(text, &reference, cut);
        (found.length, found.words, reference.count())
    }

    #[test]
    fn rouge_words_are_ascii() {
        assert_eq!(common("caf\u{e9} 45\u{b0}_x", "caf 45 x", Cut::Rouge), (3, 3, 3));
        assert_eq!(common("100 \u{212a}", "100 k", Cut::Rouge), (2, 2, 2));
        assert_eq!(common("\u{130}x", "i x", Cut::Rouge), (2, 2, 2));
    }

    #[test]
    fn unicode_words_are_folded() {
        assert_eq!(common("A\u{e9}roport STRASSE_x", "ae\u{301}roport stra\u{df}e x", Cut::Unicode), (3, 3, 3));
    }

    #[test]
    fn long_words_are_compared_in_full() {
        let (a, b) = ("a".repeat(40), "a".repeat(39) + "b");
        assert_eq!(common(&a, &b, Cut::Rouge), (0, 1, 1));
        assert_eq!(common(&a.to_uppercase(), &a, Cut::Rouge), (1, 1, 1));
    }

    #[test]
    fn blocks_carry() {
        let reference: Vec<String> = (0..300).map(|i| format!("w{}", i % 50)).collect();
        let text: Vec<String> = (0..300).filter(|i| i % 3 > 0).map(|i| format!("w{}", i % 50)).collect();
        assert_eq!(common(&text.join(" "), &reference.join(" "), Cut::Unicode), (200, 200, 300));
    }

    #[test]
    fn only_the_first_words_count() {
        assert_eq!(common(&"a ".repeat(5000), "a", Cut::Unicode), (1, 4000, 1));
        assert_eq!(common(&"\u{e9} ".repeat(5000), "\u{e9}", Cut::Unicode), (1, 4000, 1));
        assert_eq!(common(&"a ".repeat(5000), "a", Cut::Rouge), (1, 5000, 1));
    }
}
