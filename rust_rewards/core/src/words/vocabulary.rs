//! The words of a reference, numbered.

#![expect(clippy::indexing_slicing, reason = "places are masked by their number; every id in them has a key")]

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::Word;

/// The key of a word that is long or unknown; no short word is that long.
const NO_KEY: u128 = u128::MAX;

/// The different words of a reference, numbered from 0 in the order of their first places.
#[derive(Debug)]
pub struct Vocabulary {
    /// Keys by id, and one more for unknown words.
    keys: Vec<u128>,
    /// Open addressing: ids, that of unknown words where a place is free. Filled from the reference alone, to a quarter at most, so
    /// that no answer can make it slow; and apart from the keys, so that it stays small.
    places: Vec<u32>,
    long: HashMap<String, u32>,
    unknown: u32,
}

impl Vocabulary {
    fn new(mut keys: Vec<u128>, long: HashMap<String, u32>) -> Self {
        let unknown = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let size = (4 * keys.len()).next_power_of_two().max(16);
        keys.push(NO_KEY);
        let mut vocabulary = Self { keys, places: vec![unknown; size], long, unknown };
        for id in 0..unknown {
            let key = vocabulary.keys[id as usize];
            if key != NO_KEY {
                let place = vocabulary.place(key);
                vocabulary.places[place] = id;
            }
        }
        vocabulary
    }

    /// Number of different words.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len() - 1
    }

    /// Whether there are no words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a word; [`Self::len`] where it is unknown.
    #[inline]
    pub(super) fn id(&self, word: Word<'_>) -> u32 {
        match word {
            Word::Short(key) => self.places[self.place(key)],
            Word::Long(word) => self.long.get(word).copied().unwrap_or(self.unknown),
        }
    }

    pub(super) fn knows(&self, word: Word<'_>) -> bool {
        self.id(word) != self.unknown
    }

    /// The place of a key, or the free place where it belongs.
    #[inline]
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "one branch that nearly always goes the same way, whether the word is known or not"
    )]
    fn place(&self, key: u128) -> usize {
        let last = self.places.len() - 1;
        let mut place = hash(key) & last;
        loop {
            let id = self.places[place];
            if (self.keys[id as usize] == key) | (id == self.unknown) {
                return place;
            }
            place = (place + 1) & last;
        }
    }
}

/// Numbers the words of one text.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    short: FxHashMap<u128, u32>,
    long: HashMap<String, u32>,
    keys: Vec<u128>,
}

impl Numbering {
    pub(super) fn id(&mut self, word: Word<'_>) -> u32 {
        let next = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        let (id, key) = match word {
            Word::Short(key) => (*self.short.entry(key).or_insert(next), key),
            Word::Long(word) => (*self.long.entry(word.to_owned()).or_insert(next), NO_KEY),
        };
        if id == next {
            self.keys.push(key);
        }
        id
    }

    pub(super) fn vocabulary(self) -> Vocabulary {
        Vocabulary::new(self.keys, self.long)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a hash takes the bits that it needs")]
pub(super) fn hash(key: u128) -> usize {
    let mixed =
        (key as u64 ^ ((key >> 64) as u64).wrapping_mul(0x9FB2_1C65_1E98_DF25)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as usize
}
