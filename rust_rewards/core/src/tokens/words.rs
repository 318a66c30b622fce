//! What a rule takes for a letter or a digit.

pub(super) use crate::unicode::is_digit;
use crate::unicode::is_word;

/// Python's `\w`.
pub(super) fn is_word_char(c: char) -> bool {
    c == '_' || is_word(c)
}
