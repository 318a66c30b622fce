//! Words that NLTK cuts in two: `can|not`, `wan|na`, `'t|is`.

use super::words::is_word_char;

/// Each with its letters before the cut, in the order of NLTK's rules.
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

/// Letters that Python's `re` takes for `i` and `s` where case does not matter; lower case leaves them as they are.
const ODD: [char; 2] = ['\u{131}', '\u{17f}'];

/// Whether a text in lower case may hold a contraction.
pub(super) fn may_stand_in(text: &str) -> bool {
    (has_their_marks(text) && CONTRACTIONS.iter().any(|(word, _)| text.contains(word)))
        || !text.is_ascii() && text.contains(ODD)
}

/// Whether a text has an apostrophe, or an m, n or t twice, as every contraction has: one look in place of a search for each.
fn has_their_marks(text: &str) -> bool {
    let twice = |pair: &[u8]| matches!(pair, [b'm', b'm'] | [b'n', b'n'] | [b't', b't']);
    text.contains('\'') || text.as_bytes().windows(2).any(twice)
}

/// Visit the parts of a token.
pub(super) fn cut(token: &str, visit: &mut impl FnMut(&str)) {
    let (mut start, mut at, mut first_rule) = (0, 0, 0);
    while let Some(passed) = token.as_bytes().get(at..).and_then(|rest| rest.iter().position(|&byte| may_start(byte))) {
        at += passed;
        let letter = token.get(start..at).and_then(|head| head.chars().next_back());
        let before = letter.map_or(Before::Blank(first_rule), Before::Letter);
        let Some(Found { rank, cut, length }) = token.get(at..).and_then(|rest| contraction(rest, before)) else {
            at += 1;
            continue;
        };
        for (from, to) in [(start, at), (at, at + cut), (at + cut, at + length)] {
            visit_some(token.get(from..to), visit);
        }
        at += length;
        (start, first_rule) = (at, rank + 1);
    }
    visit_some(token.get(start..), visit);
}

/// Whether a contraction may start with a byte.
fn may_start(byte: u8) -> bool {
    matches!(byte, b'c' | b'd' | b'g' | b'l' | b'm' | b'w' | b'\'')
}

/// What stands before a place.
#[derive(Clone, Copy)]
enum Before {
    /// What the rules from this number on see as a blank: 0 at the start of the token, else where a word was cut. Earlier rules see
    /// the word's last letter.
    Blank(usize),
    Letter(char),
}

struct Found {
    rank: usize,
    /// Bytes before the cut, and of the whole word.
    cut: usize,
    length: usize,
}

/// The contraction at the start of a text: `\b(can)(not)\b` and the like; `\b(wan)(na)(?=\s)`; ` ('t)(is)\b`.
fn contraction(text: &str, before: Before) -> Option<Found> {
    let follows = |rank: usize, word: &str| match before {
        Before::Blank(0) => true,
        Before::Blank(first) => word.starts_with('\'') && rank >= first,
        Before::Letter(letter) => !word.starts_with('\'') && !is_word_char(letter),
    };
    let found = |(rank, &(word, letters)): (usize, &(&str, usize))| {
        let length = matched(text, word).filter(|_| follows(rank, word))?;
        let after = text.get(length..)?.chars().next();
        let ends = if word == "wanna" { after.is_none() } else { !after.is_some_and(is_word_char) };
        let cut = text.char_indices().nth(letters)?.0;
        ends.then_some(Found { rank, cut, length })
    };
    CONTRACTIONS.iter().enumerate().find_map(found)
}

/// The bytes of a word at the start of a text.
fn matched(text: &str, word: &str) -> Option<usize> {
    let is_same = |a: char, b: char| a == b || matches!((a, b), ('\u{131}', 'i') | ('\u{17f}', 's'));
    let mut letters = text.chars();
    word.chars().all(|asked| letters.next().is_some_and(|letter| is_same(letter, asked))).then_some(())?;
    Some(text.len() - letters.as_str().len())
}

fn visit_some(part: Option<&str>, visit: &mut impl FnMut(&str)) {
    part.filter(|part| !part.is_empty()).into_iter().for_each(visit);
}

#[cfg(test)]
mod tests {
    #[test]
    fn parts() {
        for (token, expected) in [
            ("cannot", vec!["can", "not"]),
            ("scannot-cannot", vec!["scannot-", "can", "not"]),
            ("wanna-wanna", vec!["wanna-", "wan", "na"]),
            ("cannot'tis'tis", vec!["can", "not", "'t", "is", "'tis"]),
            ("'tis'twas'tis", vec!["'t", "is", "'t", "was", "'tis"]),
            ("g\u{131}mme", vec!["g\u{131}m", "me"]),
            ("/gonnas", vec!["/gonnas"]),
        ] {
            let mut found = Vec::new();
            super::cut(token, &mut |part: &str| found.push(part.to_owned()));
            assert_eq!(found, expected, "{token}");
        }
    }
    #[test]
    fn all_are_looked_for() {
        for (word, _) in super::CONTRACTIONS {
            assert!(super::may_stand_in(&format!("x{word}x")), "{word}");
            assert!(super::may_start(word.as_bytes()[0]), "{word}");
        }
        assert!(!super::may_stand_in("mixedforest,harbour"));
    }
}
