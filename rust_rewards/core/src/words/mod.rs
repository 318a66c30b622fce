//! Words of a text, as each family of scores cuts it.

mod ascii;
mod secret;
mod stems;
mod twice;
mod vocabulary;

pub(crate) use secret::Secret;
pub(crate) use twice::Twice;
pub use vocabulary::Vocabulary;
pub(crate) use vocabulary::hash;

use std::collections::HashMap;

use crate::limits;
use crate::unicode::{fold, split_words};
use ascii::Runs;
use stems::{Stems, Unstemmed};
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

/// A word as a number. A short one has its first letter lowest and its length in the top byte; a long one has a length that no short
/// one has, and a number that whoever reads the text gives it.
pub(crate) type Key = u128;

/// What follows a text, as long as a key.
const FILLING: &str = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Of a short word of each length: which bytes of sixteen belong to it, and what its length is as the top byte of its key.
const SHAPES: [[Key; 2]; 16] = shapes();

#[expect(clippy::indexing_slicing, reason = "the loop ends with the array")]
const fn shapes() -> [[Key; 2]; 16] {
    let (mut shapes, mut length) = ([[0; 2]; 16], 1);
    while length < shapes.len() {
        shapes[length] = [shapes[length - 1][0] << 8 | 0xff, (length as Key) << 120];
        length += 1;
    }
    shapes
}

/// A short word from sixteen bytes at its start, the first lowest, and its length; none where it is long.
#[inline]
fn short(bytes: Key, length: usize) -> Option<Key> {
    let [mask, top] = SHAPES.get(length)?;
    Some(bytes & mask | top)
}

/// The key of the long word of a number.
fn long(number: u32) -> Key {
    0xfe << 120 | Key::from(number)
}

/// A short word as a number; different words have different ones.
pub(crate) fn short_key(word: &str) -> Option<Key> {
    let mut bytes = [0; 16];
    bytes.get_mut(..word.len())?.copy_from_slice(word.as_bytes());
    short(Key::from_le_bytes(bytes), word.len())
}

/// The key of a word, by `long` where it is long.
fn key(word: &str, long: Long<'_>) -> Key {
    short_key(word).unwrap_or_else(|| long(word))
}

/// The keys of the words that `split` finds in a text, which is filled up so that short ones are read as wide as a key.
pub(crate) fn keys_of<'t, I: Iterator<Item = &'t str>>(text: &'t mut String, split: impl Fn(&'t str) -> I) -> Vec<Key> {
    let length = text.len();
    text.push_str(FILLING);
    let filled: &'t str = text;
    let mut longs = HashMap::new();
    let of = |word: &'t str| {
        let start = word.as_ptr() as usize - filled.as_ptr() as usize;
        let window = filled.as_bytes().get(start..).and_then(<[u8]>::first_chunk);
        window.and_then(|window| short(Key::from_le_bytes(*window), word.len())).unwrap_or_else(|| {
            let next = u32::try_from(longs.len()).unwrap_or(u32::MAX);
            long(*longs.entry(word).or_insert(next))
        })
    };
    split(filled.get(..length).unwrap_or_default()).map(of).collect()
}

/// Gives a long word its key.
type Long<'l> = &'l mut dyn FnMut(&str) -> Key;

/// Cuts texts into words; keeps what it learns about stems between them.
#[derive(Debug, Default)]
pub struct Reader {
    runs: Runs,
    stems: Stems,
    keys: Vec<Key>,
}

impl Reader {
    /// The vocabulary of a reference, and its words by number.
    pub fn number(&mut self, text: &str, cut: Cut) -> (Vocabulary, Vec<u32>) {
        let mut numbering = Numbering::default();
        self.cut(text, cut, &mut |word| numbering.long(word));
        let words = self.keys.clone();
        self.stem(cut);
        let ids: Vec<u32> = self.keys.iter().map(|&key| numbering.id(key)).collect();
        let mut vocabulary = numbering.vocabulary();
        if cut == Cut::Stems {
            let stems = ids.iter().copied().zip(self.keys.iter().copied());
            vocabulary.unstemmed = Some(Box::new(Unstemmed::new(&words, stems, vocabulary.unknown())));
        }
        (vocabulary, ids)
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
        self.cut(text, cut, &mut |word| vocabulary.long(word));
        match &vocabulary.unstemmed {
            Some(unstemmed) => self.stems.look_up(&self.keys, unstemmed, vocabulary, ids),
            None => ids.extend(vocabulary.ids(&self.keys)),
        }
    }

    /// Add the words of a text that the vocabulary has to `ids`; returns the number of different words that it lacks.
    pub fn look_up_known(&mut self, text: &str, cut: Cut, vocabulary: &Vocabulary, ids: &mut Vec<u32>) -> usize {
        let mut long_words = Vec::new();
        self.cut(text, cut, &mut |word| {
            let key = vocabulary.long(word);
            if vocabulary.known(key).is_none() {
                long_words.push(word.to_owned());
            }
            key
        });
        self.stem(cut);
        let Self { keys, .. } = self;
        ids.extend(keys.iter().filter_map(|&key| vocabulary.known(key)));
        keys.retain(|&key| key != vocabulary::STRANGE && vocabulary.known(key).is_none());
        keys.sort_unstable();
        keys.dedup();
        long_words.sort_unstable();
        long_words.dedup();
        keys.len() + long_words.len()
    }

    /// Words before the end of each line of the text that was read last, cut as `rouge-score` does.
    pub(crate) fn line_ends(&self) -> impl Iterator<Item = usize> {
        self.runs.line_ends()
    }

    /// Read the keys of the words of a text, as they stand.
    fn cut(&mut self, text: &str, cut: Cut, long: Long<'_>) {
        let Self { runs, stems, keys } = self;
        keys.clear();
        match cut {
            Cut::Rouge => {
                runs.take_letters(text);
                runs.read(usize::MAX, keys, long);
            }
            Cut::Stems => {
                runs.take_letters(text);
                runs.read(usize::MAX, keys, &mut |word| stems.note(word, long));
            }
            Cut::Unicode if runs.take(text) => runs.read(limits::WORDS, keys, long),
            Cut::Unicode => folded_words(&fold(text)).for_each(|word| keys.push(key(word, long))),
            Cut::Blanks => keys.extend(text.split(' ').map(|word| key(word, long))),
        }
    }

    /// Put stems in the place of the words that were read, if they are wanted.
    fn stem(&mut self, cut: Cut) {
        if cut == Cut::Stems {
            self.stems.replace(&mut self.keys);
        }
    }
}

/// The first [`limits::WORDS`] words `[^\W_]+` of a text that [`fold`] gave.
pub(crate) fn folded_words(folded: &str) -> impl Iterator<Item = &str> {
    split_words(folded).take(limits::WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, cut: Cut) -> Vec<String> {
        let (mut reader, mut long_words) = (Reader::default(), Vec::new());
        reader.cut(text, cut, &mut |word| {
            long_words.push(word.to_owned());
            long(u32::try_from(long_words.len() - 1).unwrap())
        });
        reader.stem(cut);
        let word = |key: &Key| match long_words.get(usize::try_from(key ^ long(0)).unwrap_or(usize::MAX)) {
            Some(word) => word.clone(),
            None => stems::letters(&key.to_le_bytes()).unwrap().to_owned(),
        };
        reader.keys.iter().map(word).collect()
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
