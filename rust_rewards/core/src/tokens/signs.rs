//! The signs of a sentence: what NLTK's rules set apart from the letters around it.

use super::words::is_digit;
use crate::unicode::is_space;

/// What stands before a character, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Start,
    /// `"` as the first character.
    FirstQuote,
    /// An opening bracket or quote.
    Opening,
    /// A colon or comma that is a token and takes the next character into its rule's match.
    Colon,
    Other,
}

impl Before {
    /// Whether two apostrophes after it open a quotation.
    pub(super) fn opens(self) -> bool {
        matches!(self, Self::FirstQuote | Self::Opening)
    }
}

pub(super) enum Token {
    /// Part of the token around it.
    Letter,
    /// White space.
    Blank,
    /// A token as it is written.
    Own,
    /// A token that is written otherwise.
    Quote(&'static str),
}

pub(super) struct Sign {
    pub(super) length: usize,
    pub(super) token: Token,
    pub(super) next: Before,
    /// Whether its rule sets blanks before the rule that sets apart an apostrophe before a blank.
    pub(super) early: bool,
}

impl Sign {
    const fn own(length: usize, next: Before, early: bool) -> Self {
        Self { length, token: Token::Own, next, early }
    }

    const fn of(token: Token, length: usize) -> Self {
        Self { length, token, next: Before::Other, early: false }
    }
}

/// How many bytes of a text are letters, up to the first that may belong to a sign.
#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
pub(super) fn letters(text: &[u8]) -> usize {
    text.iter().position(|&byte| !LETTERS[usize::from(byte)]).unwrap_or(text.len())
}

/// Bytes that belong to no sign. What starts like a quotation mark, a dash or white space beyond ASCII may be one.
const LETTERS: [bool; 256] = letter_bytes();

#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
const fn letter_bytes() -> [bool; 256] {
    let signs = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \"':,.;@#$%&?!*()[]{}<>-`\xc2\xe1\xe2\xe3";
    let (mut letters, mut place) = ([true; 256], 0);
    while place < signs.len() {
        letters[signs[place] as usize] = false;
        place += 1;
    }
    letters
}

/// The sign or letter at the start of a text, which is no apostrophe; `stops`: whether it is the final stop.
#[inline]
pub(super) fn sign(text: &str, before: Before, stops: bool) -> Sign {
    match text.as_bytes() {
        [b'"', ..] => quote(before),
        [b':' | b',', ..] => colon(text, before),
        [b'.', ..] if stops => Sign::own(1, Before::Other, true),
        [b'.', b'.', ..] => Sign::own(run(text, b'.'), Before::Other, true),
        [b'-', b'-', ..] => Sign::own(2, Before::Other, false),
        [b'`', b'`', ..] => Sign::own(2, Before::Opening, true),
        [b'`', ..] => Sign::own(1, Before::Opening, true),
        [b';' | b'@' | b'#' | b'$' | b'%' | b'&' | b'?' | b'!', ..] => Sign::own(1, Before::Other, true),
        [b'(' | b'[' | b'{' | b'<', ..] => Sign::own(1, Before::Opening, false),
        [b'*' | b')' | b']' | b'}' | b'>', ..] => Sign::own(1, Before::Other, false),
        [] => Sign::of(Token::Blank, 0),
        _ => other_sign(text),
    }
}

/// White space, a letter, or a sign beyond ASCII.
fn other_sign(text: &str) -> Sign {
    let first = text.chars().next().unwrap_or_default();
    let length = first.len_utf8();
    match first {
        '«' | '“' | '‘' | '„' => Sign::own(length, Before::Opening, true),
        '\u{2012}'..='\u{2015}' => Sign::own(length, Before::Other, true),
        '»' | '”' | '’' => Sign::own(length, Before::Other, false),
        blank if is_space(blank) => Sign::of(Token::Blank, length),
        _ => Sign::of(Token::Letter, length),
    }
}

/// `"` opens as the first character, after that and after an opening bracket or quote.
fn quote(before: Before) -> Sign {
    let token = Token::Quote(if before == Before::Start || before.opens() { "``" } else { "''" });
    let next = if before == Before::Start { Before::FirstQuote } else { Before::Other };
    Sign { next, ..Sign::of(token, 1) }
}

/// A colon or comma is a token at the end, and before anything but a digit unless the one before it has taken it.
fn colon(text: &str, before: Before) -> Sign {
    let following = text.chars().nth(1);
    if following.is_some_and(|following| before == Before::Colon || is_digit(following)) {
        return Sign::of(Token::Letter, 1);
    }
    Sign::own(1, Before::Colon, true)
}

/// How often a byte stands at the start of a text.
pub(super) fn run(text: &str, of: u8) -> usize {
    text.bytes().take_while(|&byte| byte == of).count()
}

/// Where the stop is that only closing signs and white space follow, unless it starts the sentence or follows another.
pub(super) fn final_stop(sentence: &str) -> Option<usize> {
    let (head, tail) = sentence.rsplit_once('.')?;
    let closers = tail.trim_start_matches([']', ')', '}', '>', '"', '\'', '»', '”', '’']);
    let is_final = !head.is_empty() && !head.ends_with('.') && closers.chars().all(is_space);
    is_final.then_some(head.len())
}
