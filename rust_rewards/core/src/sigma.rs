//! The capital sigma, whose lower case is another at the end of a word (Unicode's condition `Final_Sigma`).
//!
//! [`str::to_lowercase`] searches its tables for what stands around each; here each character is asked about once, in pages that are made
//! when a text first needs them.

use std::array::from_fn;
use std::sync::OnceLock;

use crate::letters::{PAGE, PAGES};

pub(crate) const CAPITAL: char = '\u{3a3}';
const WITHIN: char = '\u{3c3}';
const FINAL: char = '\u{3c2}';

/// What a character beside a sigma is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    /// A letter of the same word.
    Cased,
    /// Passed over: what stands behind it decides.
    Ignorable,
    Other,
}

static MADE: [OnceLock<Box<[Beside; PAGE]>>; PAGES] = [const { OnceLock::new() }; PAGES];

/// The lower case of the capital sigma at a place of a text, as [`str::to_lowercase`] gives it there.
pub(crate) fn lower_at(text: &str, at: usize) -> char {
    let (before, after) = text.split_at_checked(at).unwrap_or_default();
    let ends = !is_cased(after.chars().skip(1)) && is_cased(before.chars().rev());
    if ends { FINAL } else { WITHIN }
}

fn is_cased(letters: impl Iterator<Item = char>) -> bool {
    letters.map(beside).find(|&beside| beside != Beside::Ignorable) == Some(Beside::Cased)
}

#[inline]
#[expect(
    clippy::indexing_slicing,
    reason = "there is a page for each character, and its place is below the size of a page"
)]
fn beside(letter: char) -> Beside {
    let number = letter as usize / PAGE;
    let page = MADE[number].get_or_init(|| {
        let letter = |place| u32::try_from(number * PAGE + place).ok().and_then(char::from_u32);
        Box::new(from_fn(|place| letter(place).map_or(Beside::Other, ask)))
    });
    page[letter as usize % PAGE]
}

/// What the library takes a character for, by the sigma that it finds behind it.
fn ask(letter: char) -> Beside {
    let ends_word = |before: &[char]| {
        let text: String = before.iter().chain(&[CAPITAL]).collect();
        text.to_lowercase().ends_with(FINAL)
    };
    match (ends_word(&[letter]), ends_word(&['a', letter])) {
        (true, _) => Beside::Cased,
        (false, true) => Beside::Ignorable,
        (false, false) => Beside::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lower(text: &str) -> String {
        let form = |(at, letter)| if letter == CAPITAL { lower_at(text, at) } else { letter };
        text.char_indices().map(form).collect()
    }

    /// All but the sigmas of a text that has no other capital letters is left as it is.
    #[test]
    fn beside_any_two_characters() {
        let letters =
            ['a', '\u{3c2}', '.', '\'', '\u{301}', '\u{2b0}', '\u{ad}', '\u{1d7ce}', ' ', '1', '\u{aa}', CAPITAL];
        for first in letters {
            for second in letters {
                for third in letters {
                    let parts = [first, second, CAPITAL, third, CAPITAL, second, first];
                    for length in 1..=parts.len() {
                        let text: String = parts.iter().take(length).collect();
                        assert_eq!(lower(&text), text.to_lowercase(), "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn beside_every_character() {
        for letter in ('\0'..=char::MAX).filter(|letter| letter.to_lowercase().eq([*letter])) {
            let text = format!("a{letter}{CAPITAL} {letter}{CAPITAL} a{CAPITAL}{letter} {CAPITAL}{letter}a");
            assert_eq!(lower(&text), text.to_lowercase(), "{letter:?}");
        }
    }
}
