//! What a rule takes for a letter or a digit.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::unicode::is_word;

/// Python's `\w`.
pub(super) fn is_word_char(c: char) -> bool {
    c == '_' || is_word(c)
}

/// Python's `\d`: a decimal digit of any script.
pub(super) fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && c.general_category() == GeneralCategory::DecimalNumber)
}
