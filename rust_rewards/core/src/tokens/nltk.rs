//! NLTK's English word tokenizer over texts without blanks (`nltk.tokenize.destructive`, NLTK 3.9).
//!
//! A sentence ends at `.`, `?` or `!` before white space; NLTK's trained splitter also knows abbreviations.

use super::{contractions, sentence};
use crate::unicode::{is_space, push_lower, trim};

/// The tokens of one text at a time; keeps its working memory.
#[derive(Debug, Default)]
pub struct Tokens {
    bare: String,
}

impl Tokens {
    /// Visit each token of a text as EarthDial prepares it: trimmed, lower case, without blanks.
    ///
    /// ```
    /// let mut tokens = Vec::new();
    /// rust_rewards::tokens::Tokens::default().each("Sparse Residential, Port.", |token| tokens.push(token.to_owned()));
    /// assert_eq!(tokens, ["sparseresidential", ",", "port", "."]);
    /// ```
    pub fn each(&mut self, text: &str, mut visit: impl FnMut(&str)) {
        self.prepare(text);
        let contracted = contractions::may_stand_in(&self.bare);
        let mut rest = self.bare.as_str();
        while !rest.is_empty() {
            let (first, after) = first_sentence(rest);
            rest = after;
            if contracted {
                sentence::tokens(first, |token| contractions::cut(token, &mut visit));
            } else if is_plain(first) {
                plain_tokens(first, &mut visit);
            } else {
                sentence::tokens(first, &mut visit);
            }
        }
    }

    fn prepare(&mut self, text: &str) {
        self.bare.clear();
        // A blank has no say in the lower case of what stands beside it.
        trim(text).split(' ').for_each(|part| push_lower(part, &mut self.bare));
    }
}

/// Whether only commas and one final stop can cut a text without contractions: the common case.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut before = b',';
    for (at, &byte) in bytes.iter().enumerate() {
        let is_usual = match byte {
            b',' => !matches!(before, b',' | b'.'),
            b'.' => !matches!(before, b',' | b'.') && at > 0,
            b'-' => before != b'-',
            _ => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'+' | b'='),
        };
        if !is_usual {
            return false;
        }
        before = byte;
    }
    true
}

/// The tokens of a plain text: a comma is one unless a digit follows it, a stop is one where it ends the text.
fn plain_tokens(text: &str, mut visit: impl FnMut(&str)) {
    let body = text.strip_suffix('.').unwrap_or(text);
    let mut start = 0;
    for (at, _) in body.match_indices(',') {
        if text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit) {
            continue;
        }
        visit_some(body.get(start..at), &mut visit);
        visit(",");
        start = at + 1;
    }
    visit_some(body.get(start..), &mut visit);
    if body.len() < text.len() {
        visit(".");
    }
}

fn visit_some(token: Option<&str>, visit: &mut impl FnMut(&str)) {
    if let Some(token) = token.filter(|token| !token.is_empty()) {
        visit(token);
    }
}

/// The text up to the white space after its first sentence, and what follows that.
fn first_sentence(text: &str) -> (&str, &str) {
    let ends = text.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'.' | b'?' | b'!'));
    for (at, _) in ends {
        let (sentence, rest) = text.split_at_checked(at + 1).unwrap_or((text, ""));
        if rest.starts_with(is_space) {
            return (sentence, rest.trim_start_matches(is_space));
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        Tokens::default().each(text, |token| found.push(token.to_owned()));
        found
    }

    #[test]
    fn labels() {
        assert_eq!(tokens("Airport."), ["airport", "."]);
        assert_eq!(tokens("Marine waters, Mixed forest"), ["marinewaters", ",", "mixedforest"]);
        assert_eq!(tokens("a,1,b,"), ["a,1", ",", "b", ","]);
        assert_eq!(tokens(""), [""; 0]);
    }

    #[test]
    fn punctuation() {
        assert_eq!(tokens("a,,b"), ["a", ",", ",b"]);
        assert_eq!(tokens("(a)...b; c--d!"), ["(", "a", ")", "...", "b", ";", "c", "--", "d", "!"]);
        assert_eq!(tokens("one.\ntwo?"), ["one", ".", "two", "?"]);
        assert_eq!(tokens("\"x\" don't 'tis"), ["``", "x", "''", "don't'tis"]);
    }

    #[test]
    fn contractions() {
        assert_eq!(tokens("cannot"), ["can", "not"]);
        assert_eq!(tokens("cannot-go,wanna"), ["can", "not", "-go", ",", "wan", "na"]);
        assert_eq!(tokens("scannot"), ["scannot"]);
    }
}
