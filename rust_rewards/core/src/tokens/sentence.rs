//! What NLTK's rules make of a sentence without blanks: found in one pass.
//!
//! The rules rewrite the sentence one after another, and some see what others have done. Here each sign is judged by its neighbours:
//! what matters of the order is which blanks stand when the three rules of the apostrophe have their turns, first that of an apostrophe
//! before a blank, then that of `'s`, `'m`, `'d` and `'`, then that of `'ll`, `'re`, `'ve` and `n't`.

use super::signs::{Before, Sign, Token, final_stop, letters, run, sign};
use super::words::is_word_char;

/// Visit each token of the sentence, contractions uncut.
pub(super) fn tokens(sentence: &str, visit: impl FnMut(&str)) {
    let mut pieces = Pieces { sentence, start: 0, has_apostrophe: false, stop: final_stop(sentence), visit };
    let (mut before, mut at) = (Before::Start, 0);
    while let Some(rest) = sentence.get(at..).filter(|rest| !rest.is_empty()) {
        let passed = letters(rest.as_bytes());
        if passed > 0 {
            (before, at) = (Before::Other, at + passed);
        } else if rest.starts_with('\'') {
            at = pieces.apostrophes(at, before);
            before = Before::Other;
        } else {
            let Sign { length, token, next, .. } = sign(rest, before, Some(at) == pieces.stop);
            match token {
                Token::Letter => {}
                Token::Blank => pieces.cut(at, at + length, None),
                Token::Own => pieces.cut(at, at + length, sentence.get(at..at + length)),
                Token::Quote(quote) => pieces.cut(at, at + length, Some(quote)),
            }
            (before, at) = (next, at + length);
        }
    }
    pieces.cut(at, at, None);
}

/// What follows an apostrophe.
#[derive(PartialEq, Eq)]
enum Follows {
    Letter,
    /// What is a blank when the first rule of the apostrophe has its turn.
    Early,
    /// What is one when the second has.
    Late,
}

/// The tokens between signs.
struct Pieces<'t, V> {
    sentence: &'t str,
    start: usize,
    /// Whether an apostrophe stands in the piece that has started.
    has_apostrophe: bool,
    stop: Option<usize>,
    visit: V,
}

impl<V: FnMut(&str)> Pieces<'_, V> {
    /// Read a run of apostrophes; gives its end. Two are a token, the first two an opening one where a quotation may open.
    fn apostrophes(&mut self, mut at: usize, before: Before) -> usize {
        let end = at + self.sentence.get(at..).map_or(1, |rest| run(rest, b'\''));
        let mut pair = if before.opens() { "``" } else { "''" };
        while at + 1 < end {
            self.cut(at, at + 2, Some(pair));
            (at, pair) = (at + 2, "''");
        }
        if at < end {
            self.apostrophe(at);
        }
        end
    }

    /// An apostrophe is a token before a blank; else part of a word.
    fn apostrophe(&mut self, at: usize) {
        match self.follows(at) {
            Follows::Letter => self.has_apostrophe = true,
            Follows::Early => self.cut(at, at + 1, Some("'")),
            Follows::Late => {
                self.end(at, false);
                (self.visit)("'");
                self.start = at + 1;
            }
        }
    }

    /// What follows the last apostrophe of a run; a blank is set after one that opens a word which is no clitic.
    fn follows(&self, at: usize) -> Follows {
        let (head, tail) = self.sentence.split_at_checked(at).unwrap_or_default();
        let after = tail.strip_prefix('\'').unwrap_or_default();
        let is_after_word = head.chars().next_back().is_some_and(is_word_char);
        let opens = !is_after_word && after.chars().next().is_some_and(is_word_char) && !starts_with_clitic(after);
        if opens {
            return Follows::Early;
        }
        match sign(after, Before::Other, Some(at + 1) == self.stop) {
            Sign { token: Token::Letter, .. } => Follows::Letter,
            Sign { early: true, .. } => Follows::Early,
            _ => Follows::Late,
        }
    }

    /// End a token at `from`, add one of its own if there is one, and start the next at `to`.
    fn cut(&mut self, from: usize, to: usize, own: Option<&str>) {
        self.end(from, true);
        own.into_iter().for_each(&mut self.visit);
        self.start = to;
    }

    /// End a token; `short`: whether a blank follows it when the rule of the short clitics has its turn.
    fn end(&mut self, from: usize, short: bool) {
        if self.start == from {
            return;
        }
        let piece = self.sentence.get(self.start..from).unwrap_or_default();
        if !std::mem::take(&mut self.has_apostrophe) {
            (self.visit)(piece);
            return;
        }
        let (piece, last) = if short { without_clitic(piece, &["'s", "'m", "'d"]) } else { (piece, "") };
        let (piece, long) = without_clitic(piece, &["'ll", "'re", "'ve", "n't"]);
        [piece, long, last].into_iter().filter(|part| !part.is_empty()).for_each(&mut self.visit);
    }
}

/// A piece and the clitic at its end, which follows something other than an apostrophe.
fn without_clitic<'p>(piece: &'p str, clitics: &[&str]) -> (&'p str, &'p str) {
    let ended = clitics.iter().find_map(|clitic| piece.strip_suffix(clitic));
    match ended.filter(|head| !head.is_empty() && !head.ends_with('\'')) {
        Some(head) => piece.split_at(head.len()),
        None => (piece, ""),
    }
}

/// Whether one of `re`, `ve`, `ll`, `m`, `t`, `s`, `d` and `n` is the whole word at the start of a text; `re` takes `ſ` for `s`.
fn starts_with_clitic(text: &str) -> bool {
    let mut letters = text.chars();
    let is_clitic = match letters.next() {
        Some('r' | 'v') => letters.next() == Some('e'),
        Some('l') => letters.next() == Some('l'),
        first => matches!(first, Some('m' | 't' | 's' | '\u{17f}' | 'd' | 'n')),
    };
    is_clitic && !letters.next().is_some_and(is_word_char)
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
            ("```“''a”'b", vec!["``", "`", "“", "``", "a", "”", "'", "b"]),
            ("a's';b's'", vec!["a", "'s", "'", ";", "b's", "'"]),
            ("x'll's,n't,don't'm", vec!["x", "'ll", "'s", ",", "n't", ",", "do", "n't", "'m"]),
            ("'''x('''y", vec!["''", "'", "x", "(", "``", "'", "y"]),
        ] {
            let mut found = Vec::new();
            super::tokens(sentence, |token| found.push(token.to_owned()));
            assert_eq!(found, expected, "{sentence}");
        }
    }
}
