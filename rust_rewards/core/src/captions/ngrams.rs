//! N-grams of one to four tokens as numbers, and how often a text holds each.

#![expect(
    clippy::indexing_slicing,
    reason = "places come from enumerating the same list; grams are numbered by this module"
)]

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use crate::captions::Tokens;

/// The longest n-gram, in tokens.
pub const LONGEST: usize = 4;

/// What comes before the first token of an n-gram.
const START: u32 = u32::MAX;

/// An n-gram and how often it stands in a text.
pub type Count = (u32, u32);

/// The words and n-grams of reference texts: a tree in which an n-gram is the child of the one that lacks its last token.
#[derive(Clone, Debug, Default)]
pub struct Grams {
    words: FxHashMap<Box<str>, u32>,
    children: FxHashMap<(u32, u32), u32>,
    /// Length of each n-gram in tokens, less 1.
    orders: Vec<u8>,
}

/// The n-grams of a text.
#[derive(Debug, Default)]
pub struct Counted {
    /// The known ones, ascending, and how often each stands there.
    pub known: Vec<Count>,
    /// How often each of the others stands there, with its length in tokens, less 1.
    pub strange: Vec<(usize, u32)>,
    /// Tokens of the text.
    pub tokens: usize,
}

impl Grams {
    /// Number of different n-grams.
    #[must_use]
    pub fn len(&self) -> usize {
        self.orders.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// Length of an n-gram in tokens, less 1.
    #[must_use]
    pub fn order(&self, gram: u32) -> usize {
        self.orders.get(gram as usize).copied().map_or(0, usize::from)
    }

    /// The n-grams of a text, all of which are known afterwards.
    pub fn learn(&mut self, text: &str, tokens: Tokens) -> Counted {
        let mut words = Vec::new();
        tokens.each(text, |token| words.push(self.word(token)));
        let mut grams = Vec::with_capacity(LONGEST * words.len());
        for start in 0..words.len() {
            let mut gram = START;
            for (order, &word) in words[start..].iter().take(LONGEST).enumerate() {
                gram = self.child(gram, word, order);
                grams.push(gram);
            }
        }
        Counted { known: run_lengths(grams), strange: Vec::new(), tokens: words.len() }
    }

    fn word(&mut self, token: &str) -> u32 {
        if let Some(&id) = self.words.get(token) {
            return id;
        }
        let id = number(self.words.len());
        self.words.insert(token.into(), id);
        id
    }

    fn child(&mut self, gram: u32, word: u32, order: usize) -> u32 {
        let next = number(self.orders.len());
        let id = *self.children.entry((gram, word)).or_insert(next);
        if id == next {
            self.orders.push(u8::try_from(order).unwrap_or(u8::MAX));
        }
        id
    }

    /// The known n-grams of a text; the strange ones are not looked at.
    #[must_use]
    pub fn known(&self, text: &str, tokens: Tokens) -> Counted {
        let mut words = Vec::new();
        tokens.each(text, |token| words.push(self.words.get(token).copied()));
        let mut grams = Vec::new();
        for start in 0..words.len() {
            let mut gram = START;
            for word in words[start..].iter().take(LONGEST) {
                let Some(&next) = word.and_then(|word| self.children.get(&(gram, word))) else { break };
                gram = next;
                grams.push(gram);
            }
        }
        Counted { known: run_lengths(grams), strange: Vec::new(), tokens: words.len() }
    }

    /// All n-grams of a text.
    #[must_use]
    pub fn all(&self, text: &str, tokens: Tokens) -> Counted {
        let mut strange =
            Strange { words: HashMap::new(), children: FxHashMap::default(), orders: Vec::new(), grams: self };
        let mut words = Vec::new();
        tokens.each(text, |token| words.push(strange.word(token)));
        let mut grams = Vec::new();
        for start in 0..words.len() {
            let mut gram = START;
            for (order, &word) in words[start..].iter().take(LONGEST).enumerate() {
                gram = strange.child(gram, word, order);
                grams.push(gram);
            }
        }
        let mut known = run_lengths(grams);
        let first = known.partition_point(|&(gram, _)| (gram as usize) < self.len());
        let orders = |(gram, count): Count| (strange.orders[gram as usize - self.len()], count);
        let strange = known.split_off(first).into_iter().map(orders).collect();
        Counted { known, strange, tokens: words.len() }
    }
}

/// What a text holds beyond the known words and n-grams, numbered after them. The text chooses its words, so they are hashed with
/// a secret; the numbers of n-grams are ours.
struct Strange<'g> {
    words: HashMap<String, u32>,
    children: FxHashMap<(u32, u32), u32>,
    orders: Vec<usize>,
    grams: &'g Grams,
}

impl Strange<'_> {
    fn word(&mut self, token: &str) -> u32 {
        let next = number(self.grams.words.len() + self.words.len());
        self.grams.words.get(token).copied().unwrap_or_else(|| *self.words.entry(token.to_owned()).or_insert(next))
    }

    fn child(&mut self, gram: u32, word: u32, order: usize) -> u32 {
        if let Some(&known) = self.grams.children.get(&(gram, word)) {
            return known;
        }
        let next = number(self.grams.len() + self.orders.len());
        let id = *self.children.entry((gram, word)).or_insert(next);
        if id == next {
            self.orders.push(order);
        }
        id
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(START)
}

fn run_lengths(mut grams: Vec<u32>) -> Vec<Count> {
    grams.sort_unstable();
    grams.chunk_by(|a, b| a == b).map(|run| (run[0], number(run.len()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_counted() {
        let mut grams = Grams::default();
        let counted = grams.learn("a b a b", Tokens::Blanks);
        // a, a b, a b a, a b a b, b, b a, b a b
        assert_eq!(counted.known, [(0, 2), (1, 2), (2, 1), (3, 1), (4, 2), (5, 1), (6, 1)]);
        assert_eq!((0..7).map(|gram| grams.order(gram)).collect::<Vec<_>>(), [0, 1, 2, 3, 0, 1, 2]);
        assert_eq!(grams.known("b c a b", Tokens::Blanks).known, [(0, 1), (1, 1), (4, 2)]);
    }

    #[test]
    fn strange_grams_are_told_apart() {
        let mut grams = Grams::default();
        grams.learn("a b", Tokens::Blanks);
        let counted = grams.all("c a c a", Tokens::Blanks);
        assert_eq!(counted.known, [(0, 2)]);
        let mut strange = counted.strange;
        strange.sort_unstable();
        // c twice; c a twice, a c; c a c, a c a; c a c a
        assert_eq!(strange, [(0, 2), (1, 1), (1, 2), (2, 1), (2, 1), (3, 1)]);
    }
}
