//! N-grams of one to four tokens as numbers, and how often a text holds each.

#![expect(
    clippy::indexing_slicing,
    reason = "places come from enumerating the same list; grams are numbered by this module"
)]

use std::collections::HashMap;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::captions::Tokens;
use crate::captions::said::Said;
use crate::limits;
use crate::words::{Secret, short_key};

/// The longest n-gram, in tokens.
pub const LONGEST: usize = 4;

/// What comes before the first token of an n-gram.
const START: u32 = u32::MAX;

/// A strange n-gram that stands once. What holds it stands once, too, so it needs no number.
const ONCE: u32 = START - 1;

/// Strange n-grams that a table has room for before it grows.
const ROOM: usize = 256;

/// Bytes of a usual word and the blank after it.
const LETTERS: usize = 6;

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
    /// The others.
    pub strange: Vec<Strange>,
    /// Tokens of the text.
    pub tokens: usize,
}

/// Different n-grams of a text that no reference has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Strange {
    /// Their length in tokens, less 1.
    pub order: usize,
    /// How often each of them stands there.
    pub count: u32,
    /// How many they are.
    pub grams: u32,
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

    /// All n-grams of a text; `said` is working memory.
    #[must_use]
    pub(super) fn all(&self, text: &str, tokens: Tokens, said: &mut Said<u32>) -> Counted {
        said.forget();
        let mut reader = Words::new(&self.words, text);
        let mut words = Vec::new();
        tokens.each(text, |token| words.push(said.find(token, || reader.id(token))));
        let mut counted = Counted { tokens: words.len(), ..Counted::default() };
        let mut grams = self.singles(&words, &mut counted.strange);
        let mut known = Vec::with_capacity(LONGEST * words.len());
        known.extend(grams.iter().filter(|&&gram| (gram as usize) < self.len()));
        for order in 1..LONGEST.min(words.len()) {
            grams = self.longer(order, &grams, &words, &mut counted.strange);
            known.extend(grams.iter().filter(|&&gram| (gram as usize) < self.len()));
        }
        counted.known = run_lengths(known);
        counted
    }

    /// The words as n-grams of one token; strange ones are numbered after the known n-grams, as they are after the known words, and counted.
    fn singles(&self, words: &[u32], counts: &mut Vec<Strange>) -> Vec<u32> {
        let (first, first_word, mut stand) = (number(self.len()), number(self.words.len()), Vec::new());
        let gram = |&word: &u32| match word.checked_sub(first_word) {
            None => self.children.get(&(START, word)).copied().unwrap_or(ONCE),
            Some(place) => first + count(&mut stand, place as usize),
        };
        let mut singles: Vec<u32> = words.iter().map(gram).collect();
        self.mark(0, &mut singles, &stand, counts);
        singles
    }

    /// N-grams one token longer, by the place where they start; strange ones are numbered after the known ones and counted.
    fn longer(&self, order: usize, grams: &[u32], words: &[u32], counts: &mut Vec<Strange>) -> Vec<u32> {
        let first = number(self.len());
        let room = words.len().min(ROOM);
        let (mut numbers, mut stand) = (FxHashMap::with_capacity_and_hasher(room, FxBuildHasher), Vec::new());
        let pairs = grams.iter().zip(grams.iter().skip(1)).zip(words.iter().skip(order));
        let extended = pairs.map(|((&prefix, &suffix), &word)| {
            if prefix == ONCE || suffix == ONCE {
                return ONCE;
            }
            // A known n-gram is made of known ones.
            let may_be_known = prefix < first && suffix < first;
            let known = if may_be_known { self.children.get(&(prefix, word)).copied() } else { None };
            known.unwrap_or_else(|| {
                let place = *numbers.entry((prefix, word)).or_insert(stand.len());
                first + count(&mut stand, place)
            })
        });
        let mut longer: Vec<u32> = extended.collect();
        self.mark(order, &mut longer, &stand, counts);
        longer
    }

    /// Mark the strange n-grams that stand once, of which `stand` says how often each stands, and count them all.
    fn mark(&self, order: usize, grams: &mut [u32], stand: &[u32], counts: &mut Vec<Strange>) {
        let first = number(self.len());
        for gram in grams.iter_mut().filter(|gram| **gram >= first && **gram != ONCE) {
            *gram = if stand[(*gram - first) as usize] == 1 { ONCE } else { *gram };
        }
        let once = grams.iter().filter(|&&gram| gram == ONCE).count();
        counts.push(Strange { order, count: 1, grams: number(once) });
        counts.extend(stand.iter().filter(|&&count| count > 1).map(|&count| Strange { order, count, grams: 1 }));
    }
}

/// Count one more at a place, the next one at most; gives the place.
fn count(stand: &mut Vec<u32>, place: usize) -> u32 {
    if place == stand.len() {
        stand.push(0);
    }
    stand[place] += 1;
    number(place)
}

/// Numbers the words of a text: those of the references keep their numbers, others come after them. The text chooses its words, so
/// they are hashed with a secret.
struct Words<'g> {
    known: &'g FxHashMap<Box<str>, u32>,
    others: HashMap<u128, u32, Secret>,
    long: HashMap<String, u32>,
}

impl<'g> Words<'g> {
    fn new(known: &'g FxHashMap<Box<str>, u32>, text: &str) -> Self {
        let most = limits::WORDS.min(text.len() / LETTERS);
        Self { known, others: HashMap::with_capacity_and_hasher(most, Secret::default()), long: HashMap::new() }
    }

    fn id(&mut self, token: &str) -> u32 {
        let Self { known, others, long } = self;
        let next = number(known.len() + others.len() + long.len());
        known.get(token).copied().unwrap_or_else(|| match short_key(token) {
            Some(key) => *others.entry(key).or_insert(next),
            None => *long.entry(token.to_owned()).or_insert(next),
        })
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
        let counted = grams.all("c a c a", Tokens::Blanks, &mut Said::new());
        assert_eq!(counted.known, [(0, 2)]);
        let mut strange: Vec<_> = counted.strange.iter().map(|all| (all.order, all.count, all.grams)).collect();
        strange.sort_unstable();
        // c twice; c a twice, a c; c a c, a c a; c a c a
        assert_eq!(strange, [(0, 1, 0), (0, 2, 1), (1, 1, 1), (1, 2, 1), (2, 1, 2), (3, 1, 1)]);
    }
}
