//! The words of a reference, numbered.

#![expect(clippy::indexing_slicing, reason = "places are masked by their number; ids are below the number of keys")]

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hint::select_unpredictable;

use rustc_hash::FxHashMap;

use crate::ahead;

use super::stems::Unstemmed;
use super::{Key, long};

/// The key at places where no word stands; no word has it.
const NO_KEY: Key = Key::MAX;

/// The key of a long word that the vocabulary lacks.
pub(super) const STRANGE: Key = NO_KEY - 1;

/// The different words of a reference, numbered from 0 in the order of their first places.
///
/// A perfect hash: a word has one place, so a look-up is one comparison, and no branch depends on whether the word is known. A guess that
/// the processor gets wrong costs more than all the rest of a look-up. The tables are small, about a kB for a caption: a batch has as many
/// of them as prompts, and what is out of the cache when its turn comes costs as much again.
#[derive(Debug)]
pub struct Vocabulary {
    /// The key of each word, and last that of the unknown one.
    keys: Vec<Key>,
    /// The id at each place; the unknown word's where none is.
    places: Vec<u32>,
    /// What is added to the places of a bucket's words so that no other has them.
    shifts: Vec<u32>,
    seed: u64,
    /// The keys of long words.
    long: HashMap<String, Key>,
    /// Where the words are stems: those that have them.
    pub(super) unstemmed: Option<Box<Unstemmed>>,
}

/// The hash of a word, and its id.
type Hashed = (u64, u32);

impl Vocabulary {
    fn new(mut keys: Vec<Key>, long: HashMap<String, Key>) -> Self {
        let size = (2 * keys.len()).next_power_of_two().max(16);
        keys.push(NO_KEY);
        let (places, shifts) = (vec![0; size], vec![0; size / 4]);
        let mut vocabulary = Self { keys, places, shifts, seed: 0, long, unstemmed: None };
        while !vocabulary.settle() {
            vocabulary.seed += 1;
        }
        vocabulary
    }

    /// Find a shift for every bucket, the fullest first; false where words get in each other's way.
    fn settle(&mut self) -> bool {
        let unknown = self.unknown();
        self.places.fill(unknown);
        let mut hashes: Vec<Hashed> = (0..unknown).map(|id| (hash(self.keys[id as usize], self.seed), id)).collect();
        hashes.sort_unstable_by_key(|&(hash, _)| self.bucket(hash));
        let mut buckets: Vec<&[Hashed]> = hashes.chunk_by(|a, b| self.bucket(a.0) == self.bucket(b.0)).collect();
        buckets.sort_by_key(|bucket| Reverse(bucket.len()));
        buckets.into_iter().all(|bucket| self.settle_bucket(bucket))
    }

    fn settle_bucket(&mut self, bucket: &[Hashed]) -> bool {
        let shifts = 0..u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        for shift in shifts {
            let put = bucket.iter().take_while(|&&hashed| self.put(hashed, shift)).count();
            if let (true, Some(&(hash, _))) = (put == bucket.len(), bucket.first()) {
                let bucket = self.bucket(hash);
                self.shifts[bucket] = shift;
                return true;
            }
            bucket.iter().take(put).for_each(|&(hash, _)| self.clear(hash, shift));
        }
        false
    }

    /// Put a word where a shift moves it; false where another is.
    fn put(&mut self, (hash, id): Hashed, shift: u32) -> bool {
        let (place, unknown) = (self.place(hash, shift), self.unknown());
        let free = self.places[place] == unknown;
        if free {
            self.places[place] = id;
        }
        free
    }

    fn clear(&mut self, hash: u64, shift: u32) {
        let place = self.place(hash, shift);
        self.places[place] = self.unknown();
    }

    /// Ask for the tables before they are needed.
    pub(crate) fn ask(&self) {
        ahead::ask_table(&self.shifts);
        ahead::ask_table(&self.places);
        ahead::ask_table(&self.keys);
        if let Some(unstemmed) = &self.unstemmed {
            unstemmed.ask();
        }
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

    /// The id of a word that it lacks.
    pub(super) fn unknown(&self) -> u32 {
        number(self.len())
    }

    /// The key of a long word.
    pub(super) fn long(&self, word: &str) -> Key {
        self.long.get(word).copied().unwrap_or(STRANGE)
    }

    /// The ids of words by their keys.
    pub(super) fn ids<'v>(&'v self, keys: &'v [Key]) -> impl ExactSizeIterator<Item = u32> + use<'v> {
        let table = self.table();
        keys.iter().map(move |&key| table.id(key))
    }

    /// The id of a word by its key.
    #[inline]
    pub(super) fn id(&self, key: Key) -> u32 {
        self.table().id(key)
    }

    /// The id of a word that it has.
    pub(super) fn known(&self, key: Key) -> Option<u32> {
        Some(self.id(key)).filter(|&id| id != self.unknown())
    }

    fn bucket(&self, hash: u64) -> usize {
        bucket(hash, &self.shifts)
    }

    fn place(&self, hash: u64, shift: u32) -> usize {
        place(hash, shift, &self.places)
    }

    #[inline]
    fn table(&self) -> Table<'_> {
        let Self { keys, places, shifts, seed, .. } = self;
        Table { keys, places, shifts, seed: *seed, unknown: self.unknown() }
    }
}

/// A vocabulary in registers.
#[derive(Clone, Copy)]
struct Table<'v> {
    keys: &'v [Key],
    places: &'v [u32],
    shifts: &'v [u32],
    seed: u64,
    unknown: u32,
}

impl Table<'_> {
    /// The id of a word by its key.
    #[inline]
    fn id(self, key: Key) -> u32 {
        let hash = hash(key, self.seed);
        let shift = self.shifts[bucket(hash, self.shifts)];
        let id = self.places[place(hash, shift, self.places)];
        select_unpredictable(self.keys[id as usize] == key, id, self.unknown)
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a bucket takes the bits that it needs")]
fn bucket(hash: u64, shifts: &[u32]) -> usize {
    hash as usize & (shifts.len() - 1)
}

#[inline]
fn place(hash: u64, shift: u32, places: &[u32]) -> usize {
    ((hash >> 32) as usize ^ shift as usize) & (places.len() - 1)
}

/// Numbers the words of one text.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    ids: FxHashMap<Key, u32>,
    long: HashMap<String, Key>,
    keys: Vec<Key>,
}

impl Numbering {
    /// The key of a long word.
    pub(super) fn long(&mut self, word: &str) -> Key {
        let next = long(number(self.long.len()));
        *self.long.entry(word.to_owned()).or_insert(next)
    }

    /// The id of a word by its key.
    pub(super) fn id(&mut self, key: Key) -> u32 {
        let next = number(self.keys.len());
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            self.keys.push(key);
        }
        id
    }

    pub(super) fn vocabulary(self) -> Vocabulary {
        Vocabulary::new(self.keys, self.long)
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Both halves of the product of both halves of a key.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves of a number")]
pub(crate) fn hash(key: Key, seed: u64) -> u64 {
    let (low, high) = (key as u64 ^ 0x9FB2_1C65_1E98_DF25 ^ seed, (key >> 64) as u64 ^ 0x9E37_79B9_7F4A_7C15);
    let product = u128::from(low) * u128::from(high);
    product as u64 ^ (product >> 64) as u64
}
