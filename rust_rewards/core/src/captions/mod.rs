//! Metrics of caption evaluation: METEOR, BLEU and CIDEr-D, over references that are prepared once.
//!
//! They read tokens, not characters; [`Tokens`] says how a text is cut, and the first [`limits::WORDS`] tokens count.

pub mod bleu;
pub mod cider;
pub mod meteor;
pub mod ngrams;
mod said;

use crate::limits;
use crate::unicode::{fold, split_at_spaces};
use crate::words::folded_words;

/// How a text is cut into tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// What stands between white space, as Python's `str.split` has it.
    Blanks,
    /// `[^\W_]+` of the NFC, case-folded text.
    Words,
}

impl Tokens {
    /// The cut of a name, if there is one.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "blanks" => Some(Self::Blanks),
            "words" => Some(Self::Words),
            _ => None,
        }
    }

    /// Visit the tokens of a text in order.
    ///
    /// ```
    /// use rust_rewards::captions::Tokens;
    /// let mut tokens = Vec::new();
    /// Tokens::Words.each("Two ships, one Port.", |token| tokens.push(token.to_owned()));
    /// assert_eq!(tokens, ["two", "ships", "one", "port"]);
    /// ```
    pub fn each(self, text: &str, visit: impl FnMut(&str)) {
        match self {
            Self::Blanks => split_at_spaces(text).take(limits::WORDS).for_each(visit),
            Self::Words => folded_words(&fold(text)).for_each(visit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(cut: Tokens, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        cut.each(text, |token| found.push(token.to_owned()));
        found
    }

    #[test]
    fn blanks_are_those_of_python() {
        assert_eq!(tokens(Tokens::Blanks, " a\u{1c}B.\u{a0}c\u{200b}d "), ["a", "B.", "c\u{200b}d"]);
    }

    #[test]
    fn only_the_first_tokens_count() {
        assert_eq!(tokens(Tokens::Blanks, &"a ".repeat(5000)).len(), limits::WORDS);
        assert_eq!(tokens(Tokens::Words, &"a ".repeat(5000)).len(), limits::WORDS);
    }
}
