//! ROUGE as the `rouge-score` package and as COCO's caption evaluation compute it.

use super::reference::{Reference, neighbours, tally};
use super::{Scratch, Several};
use crate::lcs::{self, Masks};
use crate::limits;
use crate::words::Cut;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Shared words.
    Rouge1,
    /// Shared pairs of neighbouring words.
    Rouge2,
    /// The longest common subsequence of the first [`limits::WORDS`] words of each text.
    RougeL,
    /// The union over lines of longest common subsequences; of the first [`limits::WORDS`] words of each text.
    RougeLsum,
}

impl Variant {
    /// The variant of a name, if there is one.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "rouge1" => Some(Self::Rouge1),
            "rouge2" => Some(Self::Rouge2),
            "rougeL" => Some(Self::RougeL),
            "rougeLsum" => Some(Self::RougeLsum),
            _ => None,
        }
    }
}

/// Which of the three figures of ROUGE is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// The harmonic mean of the two others.
    F,
    /// Share of the text's units that are shared.
    Precision,
    /// Share of the reference's units that are shared.
    Recall,
}

impl Rate {
    /// The rate of a name, if there is one.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "f" => Some(Self::F),
            "precision" => Some(Self::Precision),
            "recall" => Some(Self::Recall),
            _ => None,
        }
    }
}

/// A score of the `rouge-score` package, bit for bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rouge {
    /// What is counted.
    pub variant: Variant,
    /// Whether words of more than three letters are replaced by their Porter stems.
    pub stemmer: bool,
    /// Which figure.
    pub rate: Rate,
}

/// Units of a text and its reference, and those that they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) shared: usize,
    pub(super) text: usize,
    pub(super) reference: usize,
}

impl Counts {
    fn precision(self) -> f64 {
        self.shared as f64 / self.text.max(1) as f64
    }

    fn recall(self) -> f64 {
        self.shared as f64 / self.reference.max(1) as f64
    }

    /// In the order of operations of `rouge-score`.
    fn f(self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
    }

    fn rate(self, rate: Rate) -> f64 {
        match rate {
            Rate::F => self.f(),
            Rate::Precision => self.precision(),
            Rate::Recall => self.recall(),
        }
    }
}

impl Rouge {
    pub(super) fn cut(self) -> Cut {
        if self.stemmer { Cut::Stems } else { Cut::Rouge }
    }

    /// The figure over several references; the best is that of the first reference with the best F, as `score_multi` has it.
    pub(super) fn combine(self, several: Several, counts: impl ExactSizeIterator<Item = Counts>) -> f64 {
        if several == Several::Mean {
            return several.combine(counts.map(|counts| counts.rate(self.rate)));
        }
        let first = |best: Option<Counts>, next: Counts| Some(best.filter(|best| best.f() >= next.f()).unwrap_or(next));
        counts.fold(None, first).map_or(0.0, |best| best.rate(self.rate))
    }

    /// The figure of a text against the references of a sample.
    pub(super) fn score(self, text: &str, references: &[Reference], several: Several, scratch: &mut Scratch) -> f64 {
        let subsequence = self.variant == Variant::RougeL;
        match self.variant {
            Variant::Rouge1 | Variant::RougeL => {
                let found = scratch.overlaps(text, self.cut(), references);
                self.combine(several, found.iter().map(|overlap| overlap.counts(subsequence)))
            }
            Variant::Rouge2 => {
                let of_one = |reference| shared_pairs(text, self.cut(), reference, scratch);
                self.combine(several, references.iter().map(of_one))
            }
            Variant::RougeLsum => {
                self.combine(several, references.iter().map(|reference| lines(text, self.cut(), reference, scratch)))
            }
        }
    }
}

fn shared_pairs(text: &str, cut: Cut, reference: &Reference, scratch: &mut Scratch) -> Counts {
    let Scratch { reader, ids, counts, .. } = scratch;
    ids.clear();
    reader.look_up(text, cut, reference.vocabulary(), ids);
    let pairs = reference.pairs();
    let numbers = neighbours(ids).filter_map(|pair| pairs.number(pair));
    let shared = shared(numbers, &pairs.counts, counts);
    Counts { shared, text: ids.len().saturating_sub(1), reference: reference.words().saturating_sub(1) }
}

/// Size of the intersection of two multisets; `left` is working memory.
pub(super) fn shared(items: impl Iterator<Item = usize>, available: &[u32], left: &mut Vec<u32>) -> usize {
    left.clear();
    left.extend_from_slice(available);
    items.map(|item| usize::from(take(left, item))).sum()
}

/// Take one of a number, if there is one left.
fn take(left: &mut [u32], place: usize) -> bool {
    let Some(left) = left.get_mut(place) else { return false };
    let some = *left > 0;
    *left -= u32::from(some);
    some
}

/// `rougeLsum`: words of each line of the reference that are in a longest common subsequence with any line of the text, none counted
/// more often than both texts have it.
fn lines(text: &str, cut: Cut, reference: &Reference, scratch: &mut Scratch) -> Counts {
    let Scratch { reader, ids, .. } = scratch;
    ids.clear();
    reader.look_up(text, cut, reference.vocabulary(), ids);
    ids.truncate(limits::WORDS);
    let mut ends: Vec<usize> = reader.line_ends().map(|end| end.min(ids.len())).collect();
    ends.dedup();
    let mut left = tally(ids, reference.counts().len());
    let mut shared = 0;
    for line in reference.lines(limits::WORDS) {
        let found = union(line, ids, &ends, reference.counts().len());
        shared += line.iter().zip(found).filter(|&(&id, found)| found && take(&mut left, id as usize)).count();
    }
    Counts { shared, text: ids.len(), reference: reference.first_words() }
}

/// Which words of a line of the reference are in a longest common subsequence with some line of the text.
fn union(line: &[u32], text: &[u32], ends: &[usize], symbols: usize) -> Vec<bool> {
    let masks = Masks::new(line, symbols);
    let (mut found, mut history, mut start) = (vec![false; line.len()], Vec::new(), 0);
    for &end in ends {
        let other = text.get(start..end).unwrap_or_default();
        lcs::history(other, &masks, &mut history);
        mark(&masks, other, &history, &mut found);
        start = end;
    }
    found
}

/// Mark the subsequence that `rouge-score` finds among the longest, walking back from both ends.
///
/// Its table grows at a place of the line where the row's bit is 0. Its rule, "where the words differ, to the left if that is greater,
/// else up", so goes up to the next place where the table grows or the words agree, and then one word to the left.
fn mark(masks: &Masks, other: &[u32], history: &[u64], found: &mut [bool]) {
    let mut end = found.len();
    for (&symbol, rows) in other.iter().zip(history.chunks_exact(masks.blocks()).skip(1)).rev() {
        let Some((place, agrees)) = masks.last_stop(symbol, rows, end) else { return };
        end = place + usize::from(!agrees);
        if agrees && let Some(found) = found.get_mut(place) {
            *found = true;
        }
    }
}

/// ROUGE-L as `pycocoevalcap` computes it, of the first [`limits::WORDS`] words of each text.
pub(super) fn coco(text: &str, references: &[Reference], scratch: &mut Scratch) -> f64 {
    const BETA: f64 = 1.2;
    let (mut precision, mut recall) = (0.0_f64, 0.0_f64);
    for overlap in scratch.overlaps(text, Cut::Blanks, references) {
        let Counts { shared, text, reference } = overlap.counts(true);
        precision = precision.max(shared as f64 / text as f64);
        recall = recall.max(shared as f64 / reference as f64);
    }
    if precision > 0.0 && recall > 0.0 {
        (1.0 + BETA * BETA) * precision * recall / (recall + BETA * BETA * precision)
    } else {
        0.0
    }
}
