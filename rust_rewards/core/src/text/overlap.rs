//! What a text shares with the references of its sample, found in one pass over its words.

use super::reference::Reference;
use super::rouge::{Counts, shared};
use crate::lcs;
use crate::limits;
use crate::words::{Cut, Reader};

/// A text beside one reference.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overlap {
    /// Words of the text.
    text: usize,
    /// Words of the reference.
    reference: usize,
    /// Words that they share, each as often as both have it.
    shared: usize,
    /// Length of the longest common subsequence of the first [`limits::WORDS`] words of each.
    subsequence: usize,
}

impl Overlap {
    /// Of all words, or of those that the longest common subsequence is sought among.
    pub(super) fn counts(self, subsequence: bool) -> Counts {
        let (shared, most) = if subsequence { (self.subsequence, limits::WORDS) } else { (self.shared, usize::MAX) };
        Counts { shared, text: self.text.min(most), reference: self.reference.min(most) }
    }
}

/// Working memory.
#[derive(Debug, Default)]
pub(super) struct Overlaps {
    /// Of the text that was read last, if it is still the one asked about, and how it was cut.
    found: Vec<Overlap>,
    cut: Option<Cut>,
    ids: Vec<u32>,
    rows: Vec<u64>,
    left: Vec<u32>,
}

impl Overlaps {
    /// Take the next text for another one.
    pub(super) fn forget(&mut self) {
        self.cut = None;
    }

    /// Of a text with each reference; asked again with the same cut, the text is not read again.
    pub(super) fn of<'o>(
        &'o mut self,
        text: &str,
        cut: Cut,
        references: &[Reference],
        reader: &mut Reader,
    ) -> &'o [Overlap] {
        if self.cut != Some(cut) {
            self.found.clear();
            for reference in references {
                let overlap = self.of_one(text, cut, reference, reader);
                self.found.push(overlap);
            }
            self.cut = Some(cut);
        }
        &self.found
    }

    fn of_one(&mut self, text: &str, cut: Cut, reference: &Reference, reader: &mut Reader) -> Overlap {
        let Self { ids, rows, left, .. } = self;
        ids.clear();
        reader.look_up(text, cut, reference.vocabulary(), ids);
        let first = ids.get(..limits::WORDS).unwrap_or(ids);
        let both = lcs::overlap(first, reference.masks()).filter(|_| first.len() == ids.len());
        let (subsequence, shared) = both.unwrap_or_else(|| {
            let subsequence = lcs::length(first.iter().copied(), reference.masks(), rows);
            (subsequence, shared(ids.iter().map(|&id| id as usize), reference.counts(), left))
        });
        Overlap { text: ids.len(), reference: reference.words(), shared, subsequence }
    }
}
