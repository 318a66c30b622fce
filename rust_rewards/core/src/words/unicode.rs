//! Words `[^\W_]+` of NFC, case-folded text beyond ASCII.

use std::mem::take;

use caseless::Caseless;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::Word;
use crate::unicode::is_word;

/// Places for characters; each question about a character costs a search in a table of Unicode's.
const PLACES: usize = 512;

/// What is known of a character.
#[derive(Clone, Copy, Debug)]
struct Known {
    letter: char,
    /// Whether text of such characters alone is NFC.
    stable: bool,
    /// Its case-folded form, and which characters of that belong to words.
    folded: [Option<(char, bool)>; 3],
}

impl Known {
    fn new(letter: char) -> Self {
        let mut folded = [letter].into_iter().default_case_fold().map(|letter| (letter, is_word(letter)));
        let quick = is_nfc_quick([letter].into_iter()) == IsNormalized::Yes;
        let stable = quick && canonical_combining_class(letter) == 0;
        Self { letter, stable, folded: std::array::from_fn(|_| folded.next()) }
    }
}

#[derive(Debug, Default)]
pub(super) struct Letters {
    known: Vec<Known>,
    word: String,
}

impl Letters {
    /// Visit the first `most` words.
    pub(super) fn each_word(&mut self, text: &str, most: usize, visit: impl FnMut(Word<'_>)) {
        if text.chars().all(|letter| self.known(letter).stable) {
            self.words(text.chars(), most, visit);
        } else {
            self.words(text.chars().nfc(), most, visit);
        }
    }

    fn words(&mut self, letters: impl Iterator<Item = char>, most: usize, mut visit: impl FnMut(Word<'_>)) {
        let (mut left, mut word) = (most, take(&mut self.word));
        word.clear();
        for (letter, in_word) in letters.chain([' ']).flat_map(|letter| self.known(letter).folded).flatten() {
            if in_word {
                word.push(letter);
            } else if !word.is_empty() {
                visit(Word::of(&word));
                word.clear();
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        self.word = word;
    }

    fn known(&mut self, letter: char) -> Known {
        if self.known.is_empty() {
            self.known.resize(PLACES, Known::new('\0'));
        }
        match self.known.get_mut(letter as usize % PLACES) {
            Some(known) if known.letter == letter => *known,
            Some(known) => {
                *known = Known::new(letter);
                *known
            }
            None => Known::new(letter),
        }
    }
}
