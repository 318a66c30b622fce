//! Stems of the words that a batch repeats.

use std::collections::VecDeque;

use super::vocabulary::{Numbering, hash};
use super::{Key, Long, Vocabulary};
use crate::porter;

/// Places for stems; a power of two. A word that meets another in its place takes it over: no answer can make the table grow.
const PLACES: usize = 4096;

/// Words of at most this many letters are their own stems in `rouge-score`.
const UNSTEMMED: usize = 3;

/// Stands for a long word until its stem does.
const LONG: Key = Key::MAX - 2;

/// The words of a reference as they stand.
#[derive(Debug)]
pub(super) struct Unstemmed {
    words: Vocabulary,
    /// The ids of their stems, and last that of the unknown stem: no branch depends on whether a word is known.
    stems: Vec<u32>,
}

impl Unstemmed {
    /// `stems`: the id of the stem of each word.
    pub(super) fn new(words: &[Key], stems: &[u32], unknown: u32) -> Self {
        let (mut numbering, mut ids) = (Numbering::default(), Vec::new());
        for (&word, &stem) in words.iter().zip(stems).filter(|&(&word, _)| word != LONG) {
            if numbering.id(word) as usize == ids.len() {
                ids.push(stem);
            }
        }
        ids.push(unknown);
        Self { words: numbering.vocabulary(), stems: ids }
    }
}

#[derive(Debug, Default)]
pub(super) struct Stems {
    /// Word and stem.
    known: Vec<[Key; 2]>,
    /// The stems of a text's long words, in order.
    long: VecDeque<Key>,
    /// Places of the words of a text that the reference lacks as they stand.
    others: Vec<usize>,
    buffer: String,
}

impl Stems {
    /// Take a long word of a text; returns what stands for it.
    pub(super) fn note(&mut self, word: &str, long: Long<'_>) -> Key {
        word.clone_into(&mut self.buffer);
        porter::stem(&mut self.buffer);
        self.long.push_back(super::key(&self.buffer, long));
        LONG
    }

    /// Put the stems of a text's words in their place.
    pub(super) fn replace(&mut self, keys: &mut [Key]) {
        for key in keys {
            *key = self.stem(*key);
        }
    }

    /// Add the ids of the stems of a text's words. Most words stand in the reference as they are; only the others are stemmed.
    pub(super) fn look_up(&mut self, keys: &[Key], reference: &Unstemmed, stems: &Vocabulary, ids: &mut Vec<u32>) {
        let (first, unknown) = (ids.len(), stems.unknown());
        let id = |word: u32| reference.stems.get(word as usize).copied().unwrap_or(unknown);
        ids.extend(reference.words.ids(keys).map(id));
        let ids = ids.get_mut(first..).unwrap_or_default();
        let count = self.find_others(ids, unknown);
        for other in 0..count {
            let place = self.others.get(other).copied().unwrap_or_default();
            if let (Some(&key), Some(id)) = (keys.get(place), ids.get_mut(place)) {
                *id = stems.id(self.stem(key));
            }
        }
    }

    /// Note the places of an id, whether it stands there or not; returns their number. No branch depends on the words.
    fn find_others(&mut self, ids: &[u32], unknown: u32) -> usize {
        self.others.resize(self.others.len().max(ids.len()), 0);
        ids.iter().enumerate().fold(0, |count, (place, &id)| {
            if let Some(next) = self.others.get_mut(count) {
                *next = place;
            }
            count + usize::from(id == unknown)
        })
    }

    /// The stem of a word; of long words, one after the other.
    #[inline]
    fn stem(&mut self, key: Key) -> Key {
        if key == LONG {
            return self.long.pop_front().unwrap_or_default();
        }
        if self.known.is_empty() {
            self.known.resize(PLACES, [0; 2]);
        }
        let place = usize::try_from(hash(key, 0) % PLACES as u64).unwrap_or_default();
        let Some([word, stem]) = self.known.get_mut(place) else { return key };
        if *word != key {
            (*word, *stem) = (key, stem_of(key, &mut self.buffer));
        }
        *stem
    }
}

/// The stem of a short word, which is as short.
#[cold]
fn stem_of(key: Key, buffer: &mut String) -> Key {
    let bytes = key.to_le_bytes();
    let Some(word) = letters(&bytes).filter(|word| word.len() > UNSTEMMED) else { return key };
    word.clone_into(buffer);
    porter::stem(buffer);
    super::key(buffer, &mut |_| key)
}

/// The letters of a short word from the bytes of its key.
pub(super) fn letters(key: &[u8; 16]) -> Option<&str> {
    let [bytes @ .., length] = key;
    bytes.get(..usize::from(*length)).and_then(|word| str::from_utf8(word).ok())
}
