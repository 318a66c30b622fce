//! The few questions about characters that the scoring policy asks.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::letters::{folded, known};
use crate::normal::nfc;
use crate::sigma;

/// Whether a character shows: not of Unicode category C* (control, format, unassigned) or Z* (separators).
///
/// ```
/// use rust_rewards::unicode::is_visible;
/// assert!(is_visible('\u{e9}') && !is_visible('\u{200b}') && !is_visible('\u{a0}'));
/// ```
#[must_use]
pub fn is_visible(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_graphic() } else { known(c).is_visible() }
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

/// The words between white space.
pub(crate) fn split_at_spaces(text: &str) -> impl Iterator<Item = &str> {
    runs(text, |rest| rest.trim_start_matches(is_space), until_space)
}

/// The words `[^\W_]+` of Python's `re`.
pub(crate) fn split_words(text: &str) -> impl Iterator<Item = &str> {
    let until_other = |rest: &str| rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    runs(text, |rest| rest.trim_start_matches(|c| !is_word(c)), until_other)
}

/// What stands between gaps: `skip` takes off the gap at the start of a text, `until` finds the next one.
#[inline]
fn runs(mut rest: &str, skip: impl Fn(&str) -> &str, until: impl Fn(&str) -> usize) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        rest = skip(rest);
        let (run, after) = rest.split_at_checked(until(rest)).filter(|_| !rest.is_empty())?;
        rest = after;
        Some(run)
    })
}

/// Where the first white space stands, else the end.
fn until_space(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| may_start_space(byte))) {
        at += found;
        match text.get(at..).and_then(|rest| rest.chars().next()) {
            Some(letter) if !is_space(letter) => at += letter.len_utf8(),
            _ => return at,
        }
    }
    bytes.len()
}

/// Whether white space may start with a byte.
#[inline]
fn may_start_space(byte: u8) -> bool {
    matches!(byte, 0x09..=0x0d | 0x1c..=0x20 | 0xc2 | 0xe1 | 0xe2 | 0xe3)
}

/// Whether a character belongs to a word `[^\W_]+` of Python's `re`: a letter or a number.
///
/// ```
/// use rust_rewards::unicode::is_word;
/// assert!(is_word('\u{df}') && is_word('\u{b2}') && !is_word('_') && !is_word('-'));
/// ```
#[must_use]
pub fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { known(c).is_word() }
}

/// Whether a character is a decimal digit of some script (Unicode category Nd): `\d` of Python's `re`.
pub(crate) fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { c.general_category() == GeneralCategory::DecimalNumber }
}

/// The zero of the script that a decimal digit is of; None for another character.
///
/// The ten digits of a script stand in a row, and where rows touch (U+1D7CE) the first one starts with its zero.
pub(crate) fn zero_of(digit: char) -> Option<u32> {
    let code = u32::from(digit);
    let before = (0..code).rev().map_while(char::from_u32).take_while(|&c| is_digit(c)).count();
    is_digit(digit).then(|| code - u32::try_from(before % 10).unwrap_or_default())
}

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
    let text = nfc(text);
    let mut found = String::with_capacity(text.len());
    each_run(&text, |letter| known(letter).is_folded(), |_, letter, found| found.extend(folded(letter)), &mut found);
    found
}

/// Add a text in lower case, as Python's `str.lower` and Rust's [`str::to_lowercase`] give it.
pub(crate) fn push_lower(text: &str, lower: &mut String) {
    if text.is_ascii() {
        let start = lower.len();
        lower.push_str(text);
        lower.get_mut(start..).into_iter().for_each(str::make_ascii_lowercase);
    } else {
        let change = |at: usize, letter: char, lower: &mut String| match letter {
            sigma::CAPITAL => lower.push(sigma::lower_at(text, at)),
            _ => lower.extend(letter.to_lowercase()),
        };
        each_run(text, |letter| known(letter).is_lower(), change, lower);
    }
}

/// Add a text to another: runs of characters that stay as they are, and what `change` adds for each of the others, which gets its place.
#[inline]
fn each_run(text: &str, stays: impl Fn(char) -> bool, change: impl Fn(usize, char, &mut String), found: &mut String) {
    let mut copied = 0;
    for (at, letter) in text.char_indices().filter(|&(_, letter)| !stays(letter)) {
        found.push_str(text.get(copied..at).unwrap_or_default());
        change(at, letter, found);
        copied = at + letter.len_utf8();
    }
    found.push_str(text.get(copied..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_white_space_is_found() {
        for letter in '\0'..=char::MAX {
            let text = format!("\u{e9}{letter}\u{2013}x");
            assert!(split_at_spaces(&text).eq(text.split(is_space)), "{letter:?}");
            assert!(split_words(&text).eq(text.split(|c| !is_word(c)).filter(|word| !word.is_empty())), "{letter:?}");
        }
    }

    #[test]
    fn digits_count_from_the_zero_of_their_script() {
        let value = |c| zero_of(c).map(|zero| u32::from(c) - zero);
        assert_eq!(
            ['7', '\u{0663}', '\u{ff19}', '\u{1d7ce}', '\u{1d7ff}', 'x'].map(value),
            [7, 3, 9, 0, 9, 99].map(|n| (n < 99).then_some(n))
        );
    }

    #[test]
    fn gaps_at_the_ends() {
        assert!(split_at_spaces(" \u{3000}a  b\n").eq(["a", "b"]) && split_at_spaces(" ").next().is_none());
        assert!(split_words("-a--b_").eq(["a", "b"]) && split_words("").next().is_none());
    }

    #[test]
    fn lower_case_is_that_of_the_library() {
        for text in ["\u{c9}COLE A", "O\u{3a3} \u{3a3}.A", "\u{130}x\u{1e9e}", "Abc"] {
            let mut lower = "Z".to_owned();
            push_lower(text, &mut lower);
            assert_eq!(lower, format!("Z{}", text.to_lowercase()));
        }
    }
}
