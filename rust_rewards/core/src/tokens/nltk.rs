//! NLTK's English word tokenizer over texts without blanks, rule by rule in its order (`nltk.tokenize.destructive`, NLTK 3.9).
//!
//! A sentence ends at `.`, `?` or `!` before white space; NLTK's trained splitter also knows abbreviations.

use super::signs;
use crate::unicode::{is_space, is_word, trim};

/// One rule: it reads a sentence and writes it anew.
type Rule = fn(&[char], &mut Vec<char>);

/// Kinds of characters, a bit each: a rule is skipped where none of those that it reads stands in the sentence.
type Kinds = u16;

const OPENING: Kinds = 1;
const DOUBLE: Kinds = 1 << 1;
const APOSTROPHE: Kinds = 1 << 2;
const STOP: Kinds = 1 << 3;
const COLON: Kinds = 1 << 4;
const SIGN: Kinds = 1 << 5;
const QUESTION: Kinds = 1 << 6;
const BRACKET: Kinds = 1 << 7;
const CLOSING: Kinds = 1 << 8;
/// What makes the rules work together: only they cut a sentence that has one of these.
const QUOTES: Kinds = OPENING | APOSTROPHE | CLOSING;
/// An apostrophe, or what a rule turns into two.
const ANY_APOSTROPHE: Kinds = APOSTROPHE | DOUBLE;

fn kind(c: char) -> Kinds {
    match c {
        '«' | '“' | '‘' | '„' | '`' => OPENING,
        '"' => DOUBLE,
        '\'' => APOSTROPHE,
        '.' => STOP,
        ':' | ',' => COLON,
        ';' | '@' | '#' | '$' | '%' | '&' | '\u{2012}'..='\u{2015}' => SIGN,
        '?' | '!' => QUESTION,
        '*' | ']' | '[' | '(' | ')' | '{' | '}' | '<' | '>' | '-' => BRACKET,
        '»' | '”' | '’' => CLOSING,
        _ => 0,
    }
}

/// The rules that can change more than the space around single characters, in NLTK's order, with the characters that they read. Blanks
/// at the ends and single blanks matter to clitics only.
const RULES: [(Kinds, Rule); 19] = [
    (OPENING, opening_quotes),
    (DOUBLE, first_quote),
    (OPENING | DOUBLE, backquotes),
    (ANY_APOSTROPHE, quote_after_opening),
    (APOSTROPHE, opening_apostrophe),
    (STOP, final_stop),
    (COLON, colon_or_comma),
    (COLON, final_colon_or_comma),
    (STOP | SIGN, stops_and_signs),
    (STOP, final_stop_again),
    (QUESTION, question_and_exclamation),
    (APOSTROPHE, apostrophe_before_blank),
    (BRACKET, brackets_and_dashes),
    (ANY_APOSTROPHE, ends),
    (CLOSING, closing_quotes),
    (ANY_APOSTROPHE, double_quotes),
    (ANY_APOSTROPHE, one_blank),
    (ANY_APOSTROPHE, short_clitics),
    (ANY_APOSTROPHE, long_clitics),
];

/// Words that are cut after so many letters: `wanna` only before white space, `'tis` and `'twas` only after a blank.
const CONTRACTIONS: [(&str, usize); 10] = [
    ("cannot", 3),
    ("d'ye", 1),
    ("gimme", 3),
    ("gonna", 3),
    ("gotta", 3),
    ("lemme", 3),
    ("more'n", 4),
    ("wanna", 3),
    ("'tis", 2),
    ("'twas", 2),
];

/// The tokens of one text at a time; keeps its working memory.
#[derive(Debug, Default)]
pub struct Tokens {
    bare: String,
    from: Vec<char>,
    to: Vec<char>,
    cut: String,
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
        let contractions = CONTRACTIONS.map(|(word, length)| (word, length, self.bare.contains(word)));
        let contracted = contractions.iter().any(|&(_, _, stands)| stands);
        let mut rest = self.bare.as_str();
        while !rest.is_empty() {
            let (sentence, after) = first_sentence(rest);
            rest = after;
            if !contracted && is_plain(sentence) {
                plain_tokens(sentence, &mut visit);
                continue;
            }
            let found = sentence.chars().fold(0, |found, c| found | kind(c));
            if !contracted && found & QUOTES == 0 {
                signs::tokens(sentence, &mut visit);
                continue;
            }
            // A contraction may need the blank that follows the sentence.
            let found = if contracted { found | APOSTROPHE } else { found };
            self.from.clear();
            self.from.extend(sentence.chars());
            for (_, rule) in RULES.iter().filter(|(kinds, _)| kinds & found != 0) {
                self.to.clear();
                rule(&self.from, &mut self.to);
                std::mem::swap(&mut self.from, &mut self.to);
            }
            for (word, length, _) in contractions.iter().filter(|(_, _, stands)| *stands) {
                self.to.clear();
                contraction(&self.from, &mut self.to, word, *length);
                std::mem::swap(&mut self.from, &mut self.to);
            }
            self.cut.clear();
            self.cut.extend(&self.from);
            self.cut.split(is_space).filter(|token| !token.is_empty()).for_each(&mut visit);
        }
    }

    fn prepare(&mut self, text: &str) {
        let text = trim(text);
        self.bare.clear();
        if text.is_ascii() {
            self.bare
                .extend(text.bytes().filter(|&byte| byte != b' ').map(|byte| char::from(byte.to_ascii_lowercase())));
        } else {
            self.bare.extend(text.to_lowercase().chars().filter(|&c| c != ' '));
        }
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
    let mut ended = false;
    for (at, c) in text.char_indices() {
        if ended && is_space(c) {
            let (sentence, rest) = text.split_at(at);
            return (sentence, rest.trim_start_matches(is_space));
        }
        ended = matches!(c, '.' | '?' | '!');
    }
    (text, "")
}

// --- the rules, each beside its pattern ---

/// ``([«“‘„]|`+)`` → ` \1 `
fn opening_quotes(from: &[char], to: &mut Vec<char>) {
    for run in from.chunk_by(|a, b| *a == '`' && *b == '`') {
        match run {
            ['«' | '“' | '‘' | '„' | '`', ..] => spaced(run, to),
            _ => to.extend(run),
        }
    }
}

/// `^"` → ``` `` ```
fn first_quote(from: &[char], to: &mut Vec<char>) {
    match from {
        ['"', rest @ ..] => {
            to.extend(['`', '`']);
            to.extend(rest);
        }
        _ => to.extend(from),
    }
}

/// ``` (``) ``` → ` \1 `
fn backquotes(from: &[char], to: &mut Vec<char>) {
    each_pair(from, to, '`');
}

/// `([ (\[{<])("|'{2})` → ``` \1 `` ```
fn quote_after_opening(from: &[char], to: &mut Vec<char>) {
    let mut rest = from;
    while let [first, tail @ ..] = rest {
        to.push(*first);
        let quoted = match tail {
            ['"', after @ ..] | ['\'', '\'', after @ ..] if matches!(first, ' ' | '(' | '[' | '{' | '<') => Some(after),
            _ => None,
        };
        if quoted.is_some() {
            to.extend([' ', '`', '`', ' ']);
        }
        rest = quoted.unwrap_or(tail);
    }
}

/// `(?<!\w)(')(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)` → `\1 `
fn opening_apostrophe(from: &[char], to: &mut Vec<char>) {
    let mut before = ' ';
    for (at, &c) in from.iter().enumerate() {
        to.push(c);
        let after = from.get(at + 1..).unwrap_or_default();
        let opens = c == '\'' && !is_word_char(before) && after.first().is_some_and(|&next| is_word_char(next));
        if opens && !starts_with_clitic(after) {
            to.push(' ');
        }
        before = c;
    }
}

fn starts_with_clitic(text: &[char]) -> bool {
    let length = match text {
        ['r' | 'v', 'e', ..] | ['l', 'l', ..] => 2,
        ['m' | 't' | 's' | 'd' | 'n', ..] => 1,
        _ => return false,
    };
    !text.get(length).is_some_and(|&next| is_word_char(next))
}

/// `([^.])(\.)([\])}>"'»”’ ]*+)\s*$` → `\1 \2 \3 `
fn final_stop(from: &[char], to: &mut Vec<char>) {
    match stop_at_end(from, &[']', ')', '}', '>', '"', '\'', '»', '”', '’', ' ']) {
        Some((head, closers)) => {
            to.extend(head);
            to.extend([' ', '.', ' ']);
            to.extend(closers);
            to.push(' ');
        }
        None => to.extend(from),
    }
}

/// `([^.])(\.)([\])}>"']*)\s*$` → `\1 \2\3 `
fn final_stop_again(from: &[char], to: &mut Vec<char>) {
    match stop_at_end(from, &[']', ')', '}', '>', '"', '\'']) {
        Some((head, closers)) => {
            to.extend(head);
            to.extend([' ', '.']);
            to.extend(closers);
            to.push(' ');
        }
        None => to.extend(from),
    }
}

/// What stands before a stop that only closing characters and white space follow, and those closing characters.
fn stop_at_end<'c>(text: &'c [char], closing: &[char]) -> Option<(&'c [char], &'c [char])> {
    let stop = text.iter().rposition(|&c| c == '.')?;
    let (head, tail) = (text.get(..stop)?, text.get(stop + 1..)?);
    if head.last().is_none_or(|&before| before == '.') {
        return None;
    }
    let closers = tail.iter().take_while(|c| closing.contains(c)).count();
    let (closers, rest) = tail.split_at_checked(closers)?;
    rest.iter().all(|&c| is_space(c)).then_some((head, closers))
}

/// `([:,])([^\d])` → ` \1 \2`
fn colon_or_comma(from: &[char], to: &mut Vec<char>) {
    let mut rest = from;
    loop {
        rest = match rest {
            [] => return,
            [c @ (':' | ','), next, after @ ..] if !is_digit(*next) => {
                to.extend([' ', *c, ' ', *next]);
                after
            }
            [c, after @ ..] => {
                to.push(*c);
                after
            }
        };
    }
}

/// `([:,])$` → ` \1 `
fn final_colon_or_comma(from: &[char], to: &mut Vec<char>) {
    match from {
        [head @ .., c @ (':' | ',')] => {
            to.extend(head);
            to.extend([' ', *c, ' ']);
        }
        _ => to.extend(from),
    }
}

/// `\.{2,}`, `[;@#$%&]`, `[\u2012-\u2015]` → ` \g<0> `
fn stops_and_signs(from: &[char], to: &mut Vec<char>) {
    for run in from.chunk_by(|a, b| *a == '.' && *b == '.') {
        match run {
            ['.', '.', ..] | [';' | '@' | '#' | '$' | '%' | '&' | '\u{2012}'..='\u{2015}'] => spaced(run, to),
            _ => to.extend(run),
        }
    }
}

/// `[?!]` → ` \g<0> `
fn question_and_exclamation(from: &[char], to: &mut Vec<char>) {
    each_char(from, to, |c| matches!(c, '?' | '!'));
}

/// `([^'])' ` → `\1 ' `
fn apostrophe_before_blank(from: &[char], to: &mut Vec<char>) {
    let mut rest = from;
    loop {
        rest = match rest {
            [] => return,
            [c, '\'', ' ', after @ ..] if *c != '\'' => {
                to.extend([*c, ' ', '\'', ' ']);
                after
            }
            [c, after @ ..] => {
                to.push(*c);
                after
            }
        };
    }
}

/// `\*`, `[\]\[(){}<>]`, `--` → ` \g<0> `
fn brackets_and_dashes(from: &[char], to: &mut Vec<char>) {
    let mut rest = from;
    loop {
        rest = match rest {
            [] => return,
            ['-', '-', after @ ..] => {
                spaced(&['-', '-'], to);
                after
            }
            [c @ ('*' | ']' | '[' | '(' | ')' | '{' | '}' | '<' | '>'), after @ ..] => {
                spaced(&[*c], to);
                after
            }
            [c, after @ ..] => {
                to.push(*c);
                after
            }
        };
    }
}

/// `$` → ` `, `^` → ` `
fn ends(from: &[char], to: &mut Vec<char>) {
    spaced(from, to);
}

/// `([»”’])` → ` \1 `
fn closing_quotes(from: &[char], to: &mut Vec<char>) {
    each_char(from, to, |c| matches!(c, '»' | '”' | '’'));
}

/// `''` → ` '' `, then `"` → ` '' `
fn double_quotes(from: &[char], to: &mut Vec<char>) {
    let mut rest = from;
    loop {
        rest = match rest {
            [] => return,
            ['\'', '\'', after @ ..] | ['"', after @ ..] => {
                spaced(&['\'', '\''], to);
                after
            }
            [c, after @ ..] => {
                to.push(*c);
                after
            }
        };
    }
}

/// `\s+` → ` `
fn one_blank(from: &[char], to: &mut Vec<char>) {
    for run in from.chunk_by(|a, b| is_space(*a) && is_space(*b)) {
        match run {
            [c, ..] if is_space(*c) => to.push(' '),
            _ => to.extend(run),
        }
    }
}

/// `([^' ])('s|'m|'d|') ` → `\1 \2 `
fn short_clitics(from: &[char], to: &mut Vec<char>) {
    clitics(from, to, |text| match text {
        ['\'', 's' | 'm' | 'd', ' ', ..] => 2,
        ['\'', ' ', ..] => 1,
        _ => 0,
    });
}

/// `([^' ])('ll|'re|'ve|n't) ` → `\1 \2 `
fn long_clitics(from: &[char], to: &mut Vec<char>) {
    clitics(from, to, |text| match text {
        ['\'', 'l', 'l', ' ', ..] | ['\'', 'r' | 'v', 'e', ' ', ..] | ['n', '\'', 't', ' ', ..] => 3,
        _ => 0,
    });
}

/// Set apart what `length` finds after a character that is neither apostrophe nor blank, with the blank that follows it.
fn clitics(from: &[char], to: &mut Vec<char>, length: impl Fn(&[char]) -> usize) {
    let mut rest = from;
    while let [c, tail @ ..] = rest {
        to.push(*c);
        rest = tail;
        let found = if matches!(c, '\'' | ' ') { 0 } else { length(tail) };
        if let Some((clitic, [_, after @ ..])) = tail.split_at_checked(found).filter(|_| found > 0) {
            to.push(' ');
            to.extend(clitic);
            to.push(' ');
            rest = after;
        }
    }
}

/// `\b(can)(not)\b` → ` \1 \2 ` and the like; `\b(wan)(na)(?=\s)`; ` ('t)(is)\b`.
fn contraction(from: &[char], to: &mut Vec<char>, word: &str, length: usize) {
    let mut before = ' ';
    let mut rest = from;
    while let [c, tail @ ..] = rest {
        if let Some((first, second, after)) = cut_word(rest, before, word, length) {
            to.push(' ');
            to.extend(first);
            to.push(' ');
            to.extend(second);
            to.push(' ');
            before = second.last().copied().unwrap_or(' ');
            rest = after;
        } else {
            to.push(*c);
            before = *c;
            rest = tail;
        }
    }
}

type Cut<'c> = (&'c [char], &'c [char], &'c [char]);

fn cut_word<'c>(text: &'c [char], before: char, word: &str, length: usize) -> Option<Cut<'c>> {
    let may_start = if word.starts_with('\'') { before == ' ' } else { !is_word_char(before) };
    let starts = may_start && text.iter().copied().take(word.len()).eq(word.chars());
    let (found, after) = text.split_at_checked(word.len()).filter(|_| starts)?;
    let ends = match (word, after.first()) {
        ("wanna", next) => next.is_some_and(|&next| is_space(next)),
        (_, next) => !next.is_some_and(|&next| is_word_char(next)),
    };
    let (first, second) = found.split_at_checked(length).filter(|_| ends)?;
    Some((first, second, after))
}

fn each_char(from: &[char], to: &mut Vec<char>, is_token: impl Fn(char) -> bool) {
    for &c in from {
        if is_token(c) {
            spaced(&[c], to);
        } else {
            to.push(c);
        }
    }
}

fn each_pair(from: &[char], to: &mut Vec<char>, of: char) {
    let mut rest = from;
    loop {
        rest = match rest {
            [] => return,
            [a, b, after @ ..] if *a == of && *b == of => {
                spaced(&[of, of], to);
                after
            }
            [c, after @ ..] => {
                to.push(*c);
                after
            }
        };
    }
}

fn spaced(run: &[char], to: &mut Vec<char>) {
    to.push(' ');
    to.extend(run);
    to.push(' ');
}

fn is_word_char(c: char) -> bool {
    c == '_' || is_word(c)
}

/// Python's `\d`: a decimal digit of any script.
pub(super) fn is_digit(c: char) -> bool {
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
    c.is_ascii_digit() || (!c.is_ascii() && c.general_category() == GeneralCategory::DecimalNumber)
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
