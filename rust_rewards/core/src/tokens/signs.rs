//! What NLTK's rules make of a sentence without blanks, apostrophes, other quotes than `"` and contractions: found in one pass.

use super::nltk::is_digit;
use crate::unicode::is_space;

/// Visit each token of the sentence.
pub(super) fn tokens(sentence: &str, mut visit: impl FnMut(&str)) {
    let mut pieces = Pieces { sentence, start: 0, visit: &mut visit };
    let stop = final_stop(sentence);
    let mut before = Before::Start;
    let mut at = 0;
    while let Some(rest) = sentence.get(at..).filter(|rest| !rest.is_empty()) {
        let Sign { length, token, next } = sign(rest, before, Some(at) == stop);
        match token {
            Token::Letter => {}
            Token::Blank => pieces.cut(at, at + length, None),
            Token::Own => pieces.cut(at, at + length, sentence.get(at..at + length)),
            Token::Quote(quote) => pieces.cut(at, at + length, Some(quote)),
        }
        (before, at) = (next, at + length);
    }
    pieces.cut(at, at, None);
}

/// What stands before a character, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Start,
    /// `"` as the first character.
    FirstQuote,
    /// An opening bracket.
    Opening,
    /// A colon or comma that is a token and takes the next character into its rule's match.
    Colon,
    Other,
}

enum Token<'t> {
    /// Part of the token around it.
    Letter,
    /// White space.
    Blank,
    /// A token as it is written.
    Own,
    /// A token that is written otherwise.
    Quote(&'t str),
}

struct Sign {
    length: usize,
    token: Token<'static>,
    next: Before,
}

/// The sign or letter at the start of a text; `stops`: whether it is the final stop.
fn sign(text: &str, before: Before, stops: bool) -> Sign {
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return Sign { length: 0, token: Token::Blank, next: Before::Other } };
    let following = letters.next();
    let own = |length| Sign { length, token: Token::Own, next: Before::Other };
    let length = first.len_utf8();
    match first {
        '"' => quote(before),
        ':' | ',' => colon(before, following),
        '.' if stops => own(1),
        '.' if following == Some('.') => own(text.bytes().take_while(|&byte| byte == b'.').count()),
        '-' if following == Some('-') => own(2),
        '(' | '[' | '{' | '<' => Sign { next: Before::Opening, ..own(1) },
        ';' | '@' | '#' | '$' | '%' | '&' | '?' | '!' | '*' | ')' | ']' | '}' | '>' => own(1),
        '\u{2012}'..='\u{2015}' => own(length),
        blank if is_space(blank) => Sign { token: Token::Blank, ..own(length) },
        _ => Sign { token: Token::Letter, ..own(length) },
    }
}

/// `"` opens as the first character, after that and after an opening bracket.
fn quote(before: Before) -> Sign {
    let opens = matches!(before, Before::Start | Before::FirstQuote | Before::Opening);
    let next = if before == Before::Start { Before::FirstQuote } else { Before::Other };
    Sign { length: 1, token: Token::Quote(if opens { "``" } else { "''" }), next }
}

/// A colon or comma is a token at the end, and before anything but a digit unless the one before it has taken it.
fn colon(before: Before, following: Option<char>) -> Sign {
    let taken = before == Before::Colon || following.is_some_and(is_digit);
    if following.is_some() && taken {
        return Sign { length: 1, token: Token::Letter, next: Before::Other };
    }
    Sign { length: 1, token: Token::Own, next: Before::Colon }
}

/// Where the stop is that only closing signs and white space follow, unless it starts the sentence or follows another.
fn final_stop(sentence: &str) -> Option<usize> {
    let (head, tail) = sentence.rsplit_once('.')?;
    let closers = tail.trim_start_matches([']', ')', '}', '>', '"']);
    let is_final = !head.is_empty() && !head.ends_with('.') && closers.chars().all(is_space);
    is_final.then_some(head.len())
}

/// The tokens between signs.
struct Pieces<'t, V> {
    sentence: &'t str,
    start: usize,
    visit: &'t mut V,
}

impl<V: FnMut(&str)> Pieces<'_, V> {
    /// End a token at `from`, add one of its own if there is one, and start the next at `to`.
    fn cut(&mut self, from: usize, to: usize, own: Option<&str>) {
        if let Some(letters) = self.sentence.get(self.start..from).filter(|letters| !letters.is_empty()) {
            (self.visit)(letters);
        }
        if let Some(own) = own {
            (self.visit)(own);
        }
        self.start = to;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn tokens() {
        for (sentence, expected) in [
            ("\"\"a\"(\"b", vec!["``", "``", "a", "''", "(", "``", "b"]),
            ("a,,b:1,", vec!["a", ",", ",b:1", ","]),
            ("a.b..c.\")", vec!["a.b", "..", "c", ".", "''", ")"]),
            (".", vec!["."]),
            ("a---b\tc\u{2013}", vec!["a", "--", "-b", "c", "\u{2013}"]),
            ("[1,2],3%", vec!["[", "1,2", "]", ",3", "%"]),
        ] {
            let mut found = Vec::new();
            super::tokens(sentence, |token| found.push(token.to_owned()));
            assert_eq!(found, expected, "{sentence}");
        }
    }
}
