//! The few questions about characters that the scoring policy asks.

use caseless::Caseless;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::letters::Letters;

/// Whether a character shows: not of Unicode category C* (control, format, unassigned) or Z* (separators).
///
/// ```
/// use rust_rewards::unicode::is_visible;
/// assert!(is_visible('\u{e9}') && !is_visible('\u{200b}') && !is_visible('\u{a0}'));
/// ```
#[must_use]
pub fn is_visible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    let group = c.general_category_group();
    group != GeneralCategoryGroup::Other && group != GeneralCategoryGroup::Separator
}

/// Whether a text holds a visible character.
///
/// ```
/// assert!(!rust_rewards::unicode::has_visible("\u{200b}\n "));
/// ```
#[must_use]
pub fn has_visible(text: &str) -> bool {
    text.chars().any(is_visible)
}

/// Whether Python's `str.strip` takes a character off: Unicode white space and the four ASCII separators.
#[must_use]
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The text without surrounding white space, as Python's `str.strip` gives it.
///
/// ```
/// assert_eq!(rust_rewards::unicode::trim("\u{1c}\u{a0} ship\n"), "ship");
/// ```
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Whether a character belongs to a word `[^\W_]+` of Python's `re`: a letter or a number.
///
/// ```
/// use rust_rewards::unicode::is_word;
/// assert!(is_word('\u{df}') && is_word('\u{b2}') && !is_word('_') && !is_word('-'));
/// ```
#[must_use]
pub fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    let group = c.general_category_group();
    group == GeneralCategoryGroup::Letter || group == GeneralCategoryGroup::Number
}

/// Bytes of a text for which it does not pay to remember what is known of its characters.
pub(crate) const SHORT: usize = 512;

/// The NFC form of a text under full case folding.
///
/// ```
/// assert_eq!(rust_rewards::unicode::fold("Stra\u{df}e"), "strasse");
/// ```
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    if text.len() < SHORT {
        return match is_nfc_quick(text.chars()) {
            IsNormalized::Yes => text.chars().default_case_fold().collect(),
            _ => text.chars().nfc().default_case_fold().collect(),
        };
    }
    let mut letters = Letters::default();
    let (text, mut folded) = (letters.nfc(text), String::with_capacity(text.len()));
    for letter in text.chars() {
        folded.extend(letters.known(letter).folded().iter().map(|&(letter, _)| letter));
    }
    folded
}
