//! Words `[^\W_]+` of NFC, case-folded text beyond ASCII.

use std::mem::take;

use crate::letters;

#[derive(Debug, Default)]
pub(crate) struct FoldedWords {
    letters: letters::Letters,
    word: String,
}

impl FoldedWords {
    /// Visit the first `most` words.
    pub(crate) fn each_word(&mut self, text: &str, most: usize, mut visit: impl FnMut(&str)) {
        let text = self.letters.nfc(text);
        let (mut left, mut word) = (most, take(&mut self.word));
        word.clear();
        for letter in text.chars().chain([' ']) {
            for &(letter, in_word) in self.letters.known(letter).folded() {
                if in_word {
                    word.push(letter);
                } else if !word.is_empty() && left > 0 {
                    visit(&word);
                    word.clear();
                    left -= 1;
                }
            }
            if left == 0 {
                break;
            }
        }
        self.word = word;
    }
}
