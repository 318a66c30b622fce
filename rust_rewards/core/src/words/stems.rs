//! Stems of the words that a batch repeats.

use super::Word;
use super::vocabulary::hash;
use crate::porter;

/// Places for stems; a power of two. A word that meets another in its place takes it over: no answer can make the table grow.
const PLACES: usize = 4096;

/// Words of at most this many letters are their own stems in `rouge-score`.
const UNSTEMMED: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Stems {
    /// Word and stem.
    known: Vec<[u128; 2]>,
    buffer: String,
}

impl Stems {
    /// Visit the stem of a word.
    #[inline]
    pub(super) fn stemmed(&mut self, word: Word<'_>, visit: &mut impl FnMut(Word<'_>)) {
        match word {
            Word::Short(key) => visit(Word::Short(self.known_stem(key))),
            Word::Long(word) => {
                word.clone_into(&mut self.buffer);
                porter::stem(&mut self.buffer);
                visit(Word::of(&self.buffer));
            }
        }
    }

    #[inline]
    fn known_stem(&mut self, key: u128) -> u128 {
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
fn stem_of(key: u128, buffer: &mut String) -> u128 {
    buffer.clear();
    buffer.extend(letters(key));
    if buffer.len() > UNSTEMMED {
        porter::stem(buffer);
    }
    match Word::of(buffer) {
        Word::Short(stem) => stem,
        Word::Long(_) => key,
    }
}

/// The letters of a short word, which is ASCII.
pub(super) fn letters(key: u128) -> impl Iterator<Item = char> {
    let [bytes @ .., length] = key.to_le_bytes();
    bytes.into_iter().take(usize::from(length)).map(char::from)
}
