//! The words of a reference, numbered.

#![expect(clippy::indexing_slicing, reason = "places are masked by their number")]

use std::collections::HashMap;
use std::hint::select_unpredictable;
use std::mem::swap;

use rustc_hash::FxHashMap;

use super::Word;

/// The key of a place where no short word stands; no word is that long.
const NO_KEY: u128 = u128::MAX;

/// How often a word may push another one out before the table is made anew.
const MOVES: usize = 32;

/// The different words of a reference, numbered from 0 in the order of their first places.
///
/// A cuckoo table: a short word stands at one of its two places, so a look-up is two comparisons and no branch that depends on
/// whether the word is known. A guess that the processor gets wrong costs more than all the rest of a look-up.
#[derive(Debug)]
pub struct Vocabulary {
    places: Vec<Place>,
    seed: u64,
    long: HashMap<String, u32>,
    unknown: u32,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    key: u128,
    id: u32,
}

impl Vocabulary {
    fn new(keys: &[u128], long: HashMap<String, u32>) -> Self {
        let unknown = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let free = Place { key: NO_KEY, id: unknown };
        let mut size = (5 * keys.len() / 2).next_power_of_two().max(16);
        let mut vocabulary = Self { places: vec![free; size], seed: 0, long, unknown };
        while !(0..).zip(keys).all(|(id, &key)| vocabulary.settle(Place { key, id })) {
            vocabulary.seed += 1;
            size <<= u32::from(vocabulary.seed.is_multiple_of(4));
            vocabulary.places = vec![free; size];
        }
        vocabulary
    }

    /// Give a word one of its places, and the words that it pushes out their other ones; false where that does not end.
    fn settle(&mut self, mut word: Place) -> bool {
        let mut left = usize::MAX;
        for _ in 0..MOVES {
            if word.key == NO_KEY {
                return true;
            }
            let [first, second] = self.places_of(word.key);
            let taken = self.places[first].key != NO_KEY;
            let place = if first == left || (taken && second != left) { second } else { first };
            swap(&mut word, &mut self.places[place]);
            left = place;
        }
        false
    }

    /// Number of different words.
    #[must_use]
    pub fn len(&self) -> usize {
        self.unknown as usize
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
            Word::Short(key) => {
                let [first, second] = self.places_of(key).map(|place| self.places[place]);
                let other = select_unpredictable(second.key == key, second.id, self.unknown);
                select_unpredictable(first.key == key, first.id, other)
            }
            Word::Long(word) => self.long.get(word).copied().unwrap_or(self.unknown),
        }
    }

    /// The id of a word that it has.
    pub(super) fn known(&self, word: Word<'_>) -> Option<u32> {
        Some(self.id(word)).filter(|&id| id != self.unknown)
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a place takes the bits that it needs")]
    fn places_of(&self, key: u128) -> [usize; 2] {
        let (last, hash) = (self.places.len() - 1, hash(key, self.seed));
        [hash as usize & last, (hash >> 32) as usize & last]
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
        Vocabulary::new(&self.keys, self.long)
    }
}

/// Both halves of the product of both halves of a key.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves of a number")]
pub(super) fn hash(key: u128, seed: u64) -> u64 {
    let (low, high) = (key as u64 ^ 0x9FB2_1C65_1E98_DF25 ^ seed, (key >> 64) as u64 ^ 0x9E37_79B9_7F4A_7C15);
    let product = u128::from(low) * u128::from(high);
    product as u64 ^ (product >> 64) as u64
}
