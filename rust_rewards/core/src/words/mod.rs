//! Words of a text, as each family of scores cuts it.

mod ascii;
mod stems;
mod unicode;
mod vocabulary;

pub use vocabulary::Vocabulary;

use crate::limits;
use stems::Stems;
use unicode::Letters;
use vocabulary::Numbering;

/// How a text is cut into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// `[a-z0-9]+` of the lower-cased text, as the `rouge-score` package has it.
    Rouge,
    /// The same, words of more than three letters replaced by their Porter stems, as `rouge-score` does with its stemmer.
    Stems,
    /// `[^\W_]+` of the NFC, case-folded text, its first [`limits::WORDS`] words.
    Unicode,
    /// What stands between single blanks, as it is written; two blanks in a row have an empty word between them (`pycocoevalcap`).
    Blanks,
}

/// A word while a text is read: a number where it is short, which it nearly always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'w> {
    /// The first letter lowest, the length in the top byte.
    Short(u128),
    Long(&'w str),
}

/// Which bytes of sixteen belong to a short word, by its length.
const MASKS: [u128; 16] = masks();

#[expect(clippy::indexing_slicing, reason = "the loop ends with the array")]
const fn masks() -> [u128; 16] {
    let (mut masks, mut length) = ([0; 16], 1);
    while length < masks.len() {
        masks[length] = masks[length - 1] << 8 | 0xff;
        length += 1;
    }
    masks
}

/// A short word from sixteen bytes at its start and its length; none where it is long.
#[inline]
fn short(bytes: u128, length: usize) -> Option<u128> {
    Some(bytes & MASKS.get(length)? | (length as u128) << 120)
}

impl<'w> Word<'w> {
    fn of(word: &'w str) -> Self {
        let bytes = word.bytes().take(MASKS.len()).rev().fold(0, |packed, byte| packed << 8 | u128::from(byte));
        short(bytes, word.len()).map_or(Word::Long(word), Word::Short)
    }
}

/// Cuts texts into words; keeps what it learns about stems between them.
#[derive(Debug, Default)]
pub struct Reader {
    buffer: Vec<u8>,
    letters: Letters,
    stems: Stems,
}

impl Reader {
    /// The vocabulary of a reference, and its words by number.
    pub fn number(&mut self, text: &str, cut: Cut) -> (Vocabulary, Vec<u32>) {
        let (mut numbering, mut ids) = (Numbering::default(), Vec::new());
        self.each_word(text, cut, |word| ids.push(numbering.id(word)));
        (numbering.vocabulary(), ids)
    }

    /// Add the words of a text to `ids`; one that the vocabulary lacks is [`Vocabulary::len`].
    ///
    /// ```
    /// use rust_rewards::words::{Cut, Reader};
    /// let (mut reader, mut ids) = (Reader::default(), Vec::new());
    /// let (vocabulary, reference) = reader.number("the cat, the mat", Cut::Rouge);
    /// assert_eq!(reference, [0, 1, 0, 2]);
    /// reader.look_up("A cat: THE mat!", Cut::Rouge, &vocabulary, &mut ids);
    /// assert_eq!(ids, [3, 1, 0, 2]);
    /// ```
    pub fn look_up(&mut self, text: &str, cut: Cut, vocabulary: &Vocabulary, ids: &mut Vec<u32>) {
        self.each_word(text, cut, |word| ids.push(vocabulary.id(word)));
    }

    /// Add the words of a text that the vocabulary has to `ids`; returns the number of different words that it lacks.
    pub fn look_up_known(&mut self, text: &str, cut: Cut, vocabulary: &Vocabulary, ids: &mut Vec<u32>) -> usize {
        let (mut short, mut long) = (Vec::new(), Vec::new());
        self.each_word(text, cut, |word| match (vocabulary.known(word), word) {
            (Some(id), _) => ids.push(id),
            (None, Word::Short(key)) => short.push(key),
            (None, Word::Long(word)) => long.push(word.to_owned()),
        });
        short.sort_unstable();
        short.dedup();
        long.sort_unstable();
        long.dedup();
        short.len() + long.len()
    }

    #[inline]
    fn each_word(&mut self, text: &str, cut: Cut, mut visit: impl FnMut(Word<'_>)) {
        let Self { buffer, letters, stems } = self;
        match cut {
            Cut::Rouge => rouge(text, buffer, visit),
            Cut::Stems => rouge(text, buffer, |word| stems.stemmed(word, &mut visit)),
            Cut::Unicode if text.is_ascii() => ascii::each_word(text, limits::WORDS, buffer, visit),
            Cut::Unicode => letters.each_word(text, limits::WORDS, visit),
            Cut::Blanks => text.split(' ').for_each(|word| visit(Word::of(word))),
        }
    }
}

fn rouge(text: &str, buffer: &mut Vec<u8>, visit: impl FnMut(Word<'_>)) {
    // The only two characters beyond ASCII whose lower case holds an ASCII letter.
    if !text.is_ascii() && text.contains(['\u{130}', '\u{212a}']) {
        let text = text.replace('\u{130}', "i\u{307}").replace('\u{212a}', "k");
        ascii::each_word(&text, usize::MAX, buffer, visit);
    } else {
        ascii::each_word(text, usize::MAX, buffer, visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, cut: Cut) -> Vec<String> {
        let mut found = Vec::new();
        Reader::default().each_word(text, cut, |word| {
            found.push(match word {
                Word::Short(key) => stems::letters(key).collect(),
                Word::Long(word) => word.to_owned(),
            });
        });
        found
    }

    #[test]
    fn rouge_words_are_ascii() {
        assert_eq!(words("caf\u{e9} 45\u{b0}_X", Cut::Rouge), ["caf", "45", "x"]);
        assert_eq!(words("100 \u{212a}", Cut::Rouge), ["100", "k"]);
        assert_eq!(words("\u{130}x", Cut::Rouge), ["i", "x"]);
    }

    #[test]
    fn only_words_of_more_than_three_letters_are_stemmed() {
        assert_eq!(words("Its PLANES internationalizations as", Cut::Stems), ["its", "plane", "internation", "as"]);
    }

    #[test]
    fn unicode_words_are_folded() {
        assert_eq!(
            words("A\u{e9}roport STRASSE_x", Cut::Unicode),
            words("ae\u{301}roport stra\u{df}e x", Cut::Unicode)
        );
    }

    #[test]
    fn blanks_stand_alone() {
        assert_eq!(words("A  b\t", Cut::Blanks), ["A", "", "b\t"]);
    }

    #[test]
    fn words_are_found_wherever_blocks_of_bytes_end() {
        for gap in 0..140 {
            for length in [1, 2, 14, 15, 16, 17, 63, 64, 65, 130] {
                let (word, blank) = ("wX".repeat(length).split_at(length).0.to_owned(), "-".repeat(gap));
                let found = words(&format!("{blank}{word}.a{blank}{word}"), Cut::Rouge);
                let (word, joined) = (word.to_lowercase(), format!("a{}", word.to_lowercase()));
                assert_eq!(found, if gap == 0 { vec![word, joined] } else { vec![word.clone(), "a".to_owned(), word] });
            }
        }
    }

    #[test]
    fn only_the_first_words_count() {
        for (text, cut, count) in
            [("a ", Cut::Unicode, 4000), ("\u{e9} ", Cut::Unicode, 4000), ("a ", Cut::Rouge, 5000)]
        {
            assert_eq!(words(&text.repeat(5000), cut).len(), count);
        }
    }
}
