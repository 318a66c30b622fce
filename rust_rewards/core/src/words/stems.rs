//! Stems of the words that a batch repeats.

use super::vocabulary::hash;
use super::{Key, Long};
use crate::porter;

/// Places for stems; a power of two. A word that meets another in its place takes it over: no answer can make the table grow.
const PLACES: usize = 4096;

/// Words of at most this many letters are their own stems in `rouge-score`.
const UNSTEMMED: usize = 3;

/// Stands for a long word until its stem does.
const LONG: Key = Key::MAX - 2;

#[derive(Debug, Default)]
pub(super) struct Stems {
    /// Word and stem.
    known: Vec<[Key; 2]>,
    /// The stems of a text's long words, in order.
    long: Vec<Key>,
    buffer: String,
}

impl Stems {
    /// Take a long word of a text; returns what stands for it.
    pub(super) fn note(&mut self, word: &str, long: Long<'_>) -> Key {
        word.clone_into(&mut self.buffer);
        porter::stem(&mut self.buffer);
        self.long.push(super::key(&self.buffer, long));
        LONG
    }

    /// Put the stems of a text's words in their place.
    pub(super) fn replace(&mut self, keys: &mut [Key]) {
        if self.known.is_empty() {
            self.known.resize(PLACES, [0; 2]);
        }
        let Self { known, long, buffer } = self;
        let mut long = long.drain(..);
        for key in keys {
            *key = if *key == LONG { long.next().unwrap_or_default() } else { known_stem(*key, known, buffer) };
        }
    }
}

/// The stem of a short word, which is as short.
#[inline]
fn known_stem(key: Key, known: &mut [[Key; 2]], buffer: &mut String) -> Key {
    let place = usize::try_from(hash(key, 0) % PLACES as u64).unwrap_or_default();
    let Some([word, stem]) = known.get_mut(place) else { return key };
    if *word != key {
        (*word, *stem) = (key, stem_of(key, buffer));
    }
    *stem
}

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
