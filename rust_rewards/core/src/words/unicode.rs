//! Words `[^\W_]+` of NFC, case-folded text beyond ASCII.

use std::mem::take;

use crate::letters;

#[derive(Debug, Default)]
pub(super) struct Letters {
    letters: letters::Letters,
    word: String,
}

impl Letters {
    /// Visit the first `most` words.
    pub(super) fn each_word(&mut self, text: &str, most: usize, mut visit: impl FnMut(&str)) {
        let text = self.letters.nfc(text);
        let (mut left, mut word) = (most, take(&mut self.word));
        word.clear();
        for (letter, in_word) in
            text.chars().chain([' ']).flat_map(|letter| self.letters.known(letter).folded).flatten()
        {
            if in_word {
                word.push(letter);
            } else if !word.is_empty() {
                visit(&word);
                word.clear();
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        self.word = word;
    }
}
