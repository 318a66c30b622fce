//! What was found for the short words of a text, which says most of its words again.

use crate::words::{hash, short_key};

/// Places for words; a word that meets another in its place takes it over.
const PLACES: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Place<T> {
    word: u128,
    /// The text in which the word stands.
    text: u64,
    found: T,
}

/// The words of one text at a time.
#[derive(Debug)]
pub(super) struct Said<T> {
    places: Vec<Place<T>>,
    text: u64,
}

impl<T: Copy + Default> Said<T> {
    pub(super) fn new() -> Self {
        Self { places: vec![Place { word: 0, text: 0, found: T::default() }; PLACES], text: 0 }
    }

    /// Forget the words for those of another text.
    pub(super) fn forget(&mut self) {
        self.text += 1;
    }

    /// What was found for a word, by `find` where the text has not said it.
    pub(super) fn find(&mut self, word: &str, find: impl FnOnce() -> T) -> T {
        let Self { places, text } = self;
        let key = short_key(word);
        let number = key.and_then(|key| usize::try_from(hash(key, 0) % PLACES as u64).ok());
        let (Some(key), Some(place)) = (key, number.and_then(|number| places.get_mut(number))) else { return find() };
        if (place.word, place.text) != (key, *text) {
            *place = Place { word: key, text: *text, found: find() };
        }
        place.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_looked_for_once_a_text() {
        let (mut said, mut asked) = (Said::new(), 0);
        for _ in 0..2 {
            said.forget();
            for word in ["a", "b", "a", "", "a"] {
                assert_eq!(
                    said.find(word, || {
                        asked += 1;
                        word.len()
                    }),
                    word.len()
                );
            }
        }
        assert_eq!(asked, 6);
    }
}
