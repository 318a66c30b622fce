//! Stems of the words that a batch repeats.

use std::collections::VecDeque;

use super::vocabulary::{Numbering, hash};
use super::{Key, Long, Vocabulary};
use crate::{ahead, porter};

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
    starts: Starts,
}

impl Unstemmed {
    /// `stems`: id and key of the stem of each word.
    pub(super) fn new(words: &[Key], stems: impl Iterator<Item = (u32, Key)>, unknown: u32) -> Self {
        let (mut numbering, mut ids, mut starts) = (Numbering::default(), Vec::new(), Starts::default());
        for (&word, (id, stem)) in words.iter().zip(stems) {
            starts.admit(stem);
            if word != LONG && numbering.id(word) as usize == ids.len() {
                ids.push(id);
            }
        }
        ids.push(unknown);
        Self { words: numbering.vocabulary(), stems: ids, starts }
    }

    /// Ask for the tables before they are needed.
    pub(super) fn ask(&self) {
        self.words.ask();
        ahead::ask_table(&self.stems);
    }
}

/// With which two letters a word starts whose stem the reference has: by the first letter, a bit for each second one.
///
/// A stem starts as its word does, but where it is one letter (`aing`, `aed`) or irregular (`dying`, `die`). Most of the words that a
/// reference lacks start otherwise than all of its stems do, and so need none.
#[derive(Debug)]
struct Starts([u32; 32]);

impl Default for Starts {
    fn default() -> Self {
        let mut starts = Self([0; 32]);
        starts.allow(LONG.to_le_bytes().first_chunk().copied().unwrap_or_default()); // no letters, and always stemmed
        starts
    }
}

impl Starts {
    fn admit(&mut self, stem: Key) {
        let [first, second, ..] = stem.to_le_bytes();
        let others = match second {
            0 => [second, b'e', b'i'],
            b'i' => [second, second, b'y'],
            _ => [second; 3],
        };
        for second in others {
            self.allow([first, second]);
        }
    }

    fn allow(&mut self, [first, second]: [u8; 2]) {
        if let Some(row) = self.0.get_mut(usize::from(first % 32)) {
            *row |= 1 << (second % 32);
        }
    }

    /// Whether the stem of a word may be one of the reference's.
    #[inline]
    fn admits(&self, word: Key) -> bool {
        let [first, second, ..] = word.to_le_bytes();
        self.0.get(usize::from(first % 32)).is_some_and(|row| row >> (second % 32) & 1 == 1)
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
            if let (Some(&key), Some(id)) = (keys.get(place), ids.get_mut(place))
                && reference.starts.admits(key)
            {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::short_key;

    /// Each word of so many of the letters.
    fn words(letters: &'static str, length: usize) -> Box<dyn Iterator<Item = String>> {
        if length == 0 {
            return Box::new(std::iter::once(String::new()));
        }
        Box::new(
            words(letters, length - 1)
                .flat_map(move |word| letters.chars().map(move |letter| format!("{word}{letter}"))),
        )
    }

    fn admits(stem: Key, word: Key) -> bool {
        let mut starts = Starts::default();
        starts.admit(stem);
        starts.admits(word)
    }

    #[test]
    fn no_word_is_passed_over_whose_stem_the_reference_has() {
        let irregular = ["dying", "lying", "tying", "skies", "innings", "proceed"].map(str::to_owned);
        let short = (1..4).flat_map(|length| words("adegilnsy", length));
        let every = short.chain(words("abdegilnrsty1", 4)).chain(words("adegilnsy", 5)).chain(words("deginsy", 6));
        for word in every.chain(irregular) {
            let key = short_key(&word).unwrap();
            assert!(admits(stem_of(key, &mut String::new()), key), "{word}");
        }
    }

    #[test]
    fn words_that_start_otherwise_are_passed_over() {
        let [plane, planes, place, pine, line] =
            ["plane", "planes", "place", "pine", "line"].map(|word| short_key(word).unwrap());
        assert!(admits(plane, planes) && admits(plane, place) && admits(plane, LONG));
        assert!(!admits(plane, pine) && !admits(plane, line));
    }
}
