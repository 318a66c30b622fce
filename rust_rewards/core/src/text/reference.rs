//! A reference text, ready for comparison with many texts.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::Scratch;
use crate::lcs::Masks;
use crate::limits;
use crate::unicode::trim;
use crate::words::{Cut, Reader, Vocabulary};

#[derive(Debug)]
pub(super) struct Reference {
    vocabulary: Vocabulary,
    ids: Vec<u32>,
    /// Words before the end of each line; only `rouge-score` looks at lines.
    ends: Vec<usize>,
    masks: Masks,
    /// How often each word stands in the reference; never for the unknown word.
    counts: Vec<u32>,
    pairs: OnceLock<Pairs>,
}

/// Neighbouring words of a reference.
#[derive(Debug)]
pub(super) struct Pairs {
    numbers: FxHashMap<(u32, u32), usize>,
    /// How often each pair stands in the reference.
    pub(super) counts: Vec<u32>,
}

impl Reference {
    /// Prepare a reference, trimmed unless each of its blanks counts.
    pub(super) fn new(text: &str, cut: Cut, reader: &mut Reader) -> Self {
        let text = if cut == Cut::Blanks { text } else { trim(text) };
        let (vocabulary, ids) = reader.number(text, cut);
        let counts = tally(&ids, vocabulary.len() + 1);
        let masks = masks(&ids);
        let ends = if matches!(cut, Cut::Rouge | Cut::Stems) { reader.line_ends().collect() } else { vec![ids.len()] };
        Self { vocabulary, ids, ends, masks, counts, pairs: OnceLock::new() }
    }

    /// Ask for the tables that each text is held against.
    pub(super) fn ask(&self) {
        self.vocabulary.ask();
        self.masks.ask();
    }

    /// Read the words of a text that the reference has into `scratch.ids`; returns the number of different words that it lacks.
    pub(super) fn look_up_known(&self, text: &str, cut: Cut, scratch: &mut Scratch) -> usize {
        scratch.ids.clear();
        scratch.reader.look_up_known(text, cut, &self.vocabulary, &mut scratch.ids)
    }

    pub(super) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    pub(super) fn masks(&self) -> &Masks {
        &self.masks
    }

    /// Number of different words.
    pub(super) fn different(&self) -> usize {
        self.vocabulary.len()
    }

    /// Number of words.
    pub(super) fn words(&self) -> usize {
        self.ids.len()
    }

    /// Number of words that a longest common subsequence may take.
    pub(super) fn first_words(&self) -> usize {
        self.words().min(limits::WORDS)
    }

    pub(super) fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The words of each line, of the first `most` words.
    pub(super) fn lines(&self, most: usize) -> impl Iterator<Item = &[u32]> {
        self.ends.iter().scan(0, move |start, &end| {
            let line = self.ids.get(*start..end.min(most)).unwrap_or_default();
            *start = end;
            Some(line)
        })
    }

    pub(super) fn pairs(&self) -> &Pairs {
        self.pairs.get_or_init(|| Pairs::new(&self.ids))
    }
}

impl Pairs {
    fn new(ids: &[u32]) -> Self {
        let (mut numbers, mut counts) = (FxHashMap::default(), Vec::new());
        for pair in neighbours(ids) {
            let number = *numbers.entry(pair).or_insert(counts.len());
            if number == counts.len() {
                counts.push(0);
            }
            add(&mut counts, number);
        }
        Self { numbers, counts }
    }

    /// The number of a pair, if the reference has it.
    pub(super) fn number(&self, pair: (u32, u32)) -> Option<usize> {
        self.numbers.get(&pair).copied()
    }
}

/// The masks of the first words, whose numbers are the lowest; to them the others are unknown.
fn masks(ids: &[u32]) -> Masks {
    let first = ids.get(..limits::WORDS).unwrap_or(ids);
    Masks::new(first, first.iter().max().map_or(0, |&last| last as usize + 1))
}

/// Each word with the next.
pub(super) fn neighbours(ids: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    ids.iter().copied().zip(ids.iter().copied().skip(1))
}

/// How often each id stands in a text.
pub(super) fn tally(ids: &[u32], different: usize) -> Vec<u32> {
    let mut counts = vec![0; different];
    for &id in ids {
        add(&mut counts, id as usize);
    }
    counts
}

fn add(counts: &mut [u32], place: usize) {
    if let Some(count) = counts.get_mut(place) {
        *count += 1;
    }
}
