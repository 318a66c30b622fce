//! What BLEU-1 to BLEU-4 of a sentence or of a corpus are computed from (Papineni et al., 2002).

#![expect(clippy::indexing_slicing, reason = "samples are checked rows; orders are below the longest n-gram")]

use std::collections::BTreeMap;

use crate::captions::Tokens;
use crate::captions::ngrams::{Count, Grams, LONGEST};
use crate::error::{self, InputError};
use crate::parallel;

/// Counts of one text: matched n-grams of one to four tokens, tokens of the text, tokens of the reference that is closest in length.
pub type Counts = [i64; LONGEST + 2];

/// Reference captions, one list a sample, as n-grams with the greatest count that any of them has.
#[derive(Debug)]
pub struct BleuTruth {
    tokens: Tokens,
    grams: Grams,
    samples: Vec<Sample>,
    bad: Vec<bool>,
}

#[derive(Debug)]
struct Sample {
    most: Vec<Count>,
    lengths: Vec<usize>,
}

impl BleuTruth {
    /// Prepare the references; every count of a bad sample is 0.
    ///
    /// # Errors
    /// `Length` where `bad` does not fit.
    pub fn new(references: &[Vec<&str>], bad: Vec<bool>, tokens: Tokens) -> Result<Self, InputError> {
        error::length("bad", bad.len(), references.len(), "the references")?;
        let mut grams = Grams::default();
        let samples = references.iter().map(|texts| Sample::new(texts, &mut grams, tokens)).collect();
        Ok(Self { tokens, grams, samples, bad })
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The counts of each text against its sample `rows[i]`; no text counts as the empty one.
    ///
    /// ```
    /// use rust_rewards::captions::{Tokens, bleu::BleuTruth};
    /// let truth = BleuTruth::new(&[vec!["the cat sat", "a cat"]], vec![false], Tokens::Blanks)?;
    /// assert_eq!(truth.counts(&[0], 1, |_| Some("the the cat"))?, [[2, 1, 0, 0, 3, 3]]);
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Index` where `rows` does not fit.
    pub fn counts<'a>(
        &self,
        rows: &[i64],
        threads: usize,
        text: impl Fn(usize) -> Option<&'a str> + Sync,
    ) -> Result<Vec<Counts>, InputError> {
        let samples = error::rows("rows", rows, self.len())?;
        let count = |(): &mut (), row: usize| {
            if self.bad[samples[row]] {
                Counts::default()
            } else {
                self.count(samples[row], text(row).unwrap_or_default())
            }
        };
        Ok(parallel::map(samples.len(), threads, || (), count))
    }

    fn count(&self, sample: usize, text: &str) -> Counts {
        let sample = &self.samples[sample];
        let counted = self.grams.known(text, self.tokens);
        let mut counts = Counts::default();
        for (gram, count) in counted.known {
            if let Ok(place) = sample.most.binary_search_by_key(&gram, |&(gram, _)| gram) {
                counts[self.grams.order(gram)] += i64::from(count.min(sample.most[place].1));
            }
        }
        counts[LONGEST] = integer(counted.tokens);
        counts[LONGEST + 1] = integer(sample.closest(counted.tokens));
        counts
    }
}

impl Sample {
    fn new(texts: &[&str], grams: &mut Grams, tokens: Tokens) -> Self {
        let (mut most, mut lengths) = (BTreeMap::new(), Vec::new());
        for text in texts {
            let counted = grams.learn(text, tokens);
            lengths.push(counted.tokens);
            for (gram, count) in counted.known {
                let greatest = most.entry(gram).or_insert(count);
                *greatest = count.max(*greatest);
            }
        }
        Self { most: most.into_iter().collect(), lengths }
    }

    /// The reference length closest to that of a text, the shorter one where two are equally close.
    fn closest(&self, tokens: usize) -> usize {
        self.lengths.iter().copied().min_by_key(|&length| (length.abs_diff(tokens), length)).unwrap_or(0)
    }
}

fn integer(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_clipped_and_the_closest_length_is_taken() {
        let truth =
            BleuTruth::new(&[vec!["a a b", "a b c d e"], vec!["x"]], vec![false, true], Tokens::Blanks).unwrap();
        let texts = ["a a a b", "x"];
        assert_eq!(
            truth.counts(&[0, 1], 1, |row| texts.get(row).copied()).unwrap(),
            [[3, 2, 1, 0, 4, 3], [0, 0, 0, 0, 0, 0]]
        );
        assert_eq!(truth.counts(&[0], 1, |_| None).unwrap(), [[0, 0, 0, 0, 0, 3]]);
    }
}
