//! What BLEU-1 to BLEU-4 of a sentence or of a corpus are computed from (Papineni et al., 2002).

#![expect(clippy::indexing_slicing, reason = "samples are checked rows; orders are below the longest n-gram")]

use std::collections::BTreeMap;

use crate::captions::Tokens;
use crate::captions::ngrams::{Count, Grams, LONGEST};
use crate::error::{self, InputError};
use crate::parallel;

const EPSILON: f64 = 0.1;

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

/// What stands in for n-grams without a match in the BLEU of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smoothing {
    /// Nothing: a length of n-gram without a match makes the score 0.
    None,
    /// A tenth of a match (nltk's method 1).
    Epsilon,
    /// One match and one n-gram more for each length above 1 (nltk's method 2).
    AddOne,
}

impl Smoothing {
    /// The smoothing of a name, if there is one.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "epsilon" => Some(Self::Epsilon),
            "add-one" => Some(Self::AddOne),
            _ => None,
        }
    }

    /// The share of n-grams that match.
    fn precision(self, place: usize, matched: f64, total: f64) -> f64 {
        match self {
            Self::Epsilon if matched == 0.0 => EPSILON / total,
            Self::AddOne if place > 0 => (matched + 1.0) / (total + 1.0),
            _ => matched / total,
        }
    }
}

/// Sentence BLEU over n-grams of 1 to `order` ≤ 4 tokens with equal weights; 0 for a text without a known token.
///
/// ```
/// use rust_rewards::captions::bleu::{Smoothing, sentence};
/// assert_eq!(sentence(&[3, 2, 1, 0, 3, 3], 3, Smoothing::None), 1.0);
/// assert_eq!(sentence(&[3, 2, 1, 0, 3, 3], 4, Smoothing::None), 0.0);
/// ```
#[must_use]
pub fn sentence(counts: &Counts, order: usize, smoothing: Smoothing) -> f64 {
    let [matched @ .., length, closest] = counts.map(|count| count as f64);
    if matched[0] == 0.0 {
        return 0.0;
    }
    let precisions = matched.iter().enumerate().take(order).map(|(place, &matched)| {
        let total = (length - place as f64).max(1.0);
        smoothing.precision(place, matched, total)
    });
    let mean = precisions.map(f64::ln).sum::<f64>() / order as f64;
    (mean + (1.0 - closest / length).min(0.0)).exp()
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

    /// [`sentence`] of each text against its sample `rows[i]`.
    ///
    /// # Errors
    /// `Index` where `rows` does not fit.
    pub fn scores<'a>(
        &self,
        rows: &[i64],
        order: usize,
        smoothing: Smoothing,
        threads: usize,
        text: impl Fn(usize) -> Option<&'a str> + Sync,
    ) -> Result<Vec<f64>, InputError> {
        let counts = self.counts(rows, threads, text)?;
        Ok(counts.iter().map(|counts| sentence(counts, order, smoothing)).collect())
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
        let scores = truth.scores(&[0, 1], 2, Smoothing::None, 1, |row| texts.get(row).copied()).unwrap();
        assert!((scores[0] - 0.5_f64.sqrt()).abs() < 1e-15);
        assert_eq!(scores[1..], [0.0]);
    }

    #[test]
    fn a_length_without_a_match_is_smoothed() {
        let (short, brevity) = ([2, 0, 0, 0, 2, 4], -1.0_f64);
        let cases = [
            (short, 2, Smoothing::None, 0.0),
            (short, 2, Smoothing::Epsilon, (0.1_f64.ln() / 2.0 + brevity).exp()),
            (short, 2, Smoothing::AddOne, (0.5_f64.ln() / 2.0 + brevity).exp()),
            ([0, 0, 0, 0, 2, 4], 2, Smoothing::Epsilon, 0.0),
            (Counts::default(), 4, Smoothing::AddOne, 0.0),
        ];
        for (counts, order, smoothing, expected) in cases {
            let found = sentence(&counts, order, smoothing);
            assert!((found - expected).abs() < 1e-15, "{counts:?}, {smoothing:?}: {found}");
        }
    }
}
