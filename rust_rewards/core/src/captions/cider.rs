//! CIDEr-D as `pycocoevalcap` computes it (σ = 6, n-grams of one to four tokens), as a fraction: without its factor 10.

#![expect(clippy::indexing_slicing, reason = "samples are checked rows; orders are below the longest n-gram")]

use std::sync::Arc;

use crate::captions::Tokens;
use crate::captions::ngrams::{Counted, Grams, LONGEST};
use crate::captions::said::Said;
use crate::error::{self, InputError};
use crate::parallel;

/// Width of the penalty for a difference in length.
const SIGMA: f64 = 6.0;

/// In how many documents, which are the references of one sample, each n-gram stands.
#[derive(Clone, Debug)]
pub struct DocumentFrequencies {
    tokens: Tokens,
    grams: Grams,
    frequencies: Vec<u32>,
    documents: usize,
}

impl DocumentFrequencies {
    /// Count the n-grams of the documents.
    #[must_use]
    pub fn new(documents: &[Vec<&str>], tokens: Tokens) -> Self {
        let mut found = Self { tokens, grams: Grams::default(), frequencies: Vec::new(), documents: documents.len() };
        for texts in documents {
            let mut grams: Vec<u32> = Vec::new();
            for text in texts {
                grams.extend(found.grams.learn(text, tokens).known.iter().map(|&(gram, _)| gram));
            }
            grams.sort_unstable();
            grams.dedup();
            found.frequencies.resize(found.grams.len(), 0);
            for gram in grams {
                found.frequencies[gram as usize] += 1;
            }
        }
        found
    }

    /// Number of documents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents
    }

    /// Whether there are no documents.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents == 0
    }

    /// How the texts are cut.
    #[must_use]
    pub fn tokens(&self) -> Tokens {
        self.tokens
    }

    /// Weight of an n-gram that stands in no document.
    fn rarest(&self) -> f64 {
        (self.documents.max(1) as f64).ln()
    }

    fn weight(&self, gram: u32) -> f64 {
        let found = self.frequencies.get(gram as usize).copied().unwrap_or(0);
        self.rarest() - f64::from(found.max(1)).ln()
    }
}

/// Reference captions, one list a sample, as vectors of weighted n-grams.
#[derive(Debug)]
pub struct CiderTruth {
    frequencies: Arc<DocumentFrequencies>,
    /// Those of the documents, then those that only these references have.
    grams: Grams,
    samples: Vec<Vec<Vector>>,
    bad: Vec<bool>,
}

/// A text: its n-grams ascending, each with its count times its weight.
#[derive(Debug, Default)]
struct Vector {
    grams: Vec<(u32, f64)>,
    norms: [f64; LONGEST],
    /// Its bigrams; `pycocoevalcap` takes their number for the length.
    length: f64,
}

impl CiderTruth {
    /// Prepare the references; a sample that is bad scores 0.
    ///
    /// # Errors
    /// `Length` where `bad` does not fit.
    pub fn new(
        references: &[Vec<&str>],
        bad: Vec<bool>,
        frequencies: Arc<DocumentFrequencies>,
    ) -> Result<Self, InputError> {
        error::length("bad", bad.len(), references.len(), "the references")?;
        let mut grams = frequencies.grams.clone();
        let samples = references.iter().map(|texts| {
            let read = |text: &&str| {
                let counted = grams.learn(text, frequencies.tokens);
                Vector::new(&counted, &grams, &frequencies)
            };
            texts.iter().map(read).collect()
        });
        let samples = samples.collect();
        Ok(Self { frequencies, grams, samples, bad })
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

    /// CIDEr-D / 10 of each text against its sample `rows[i]`: the mean over its references and the four lengths of n-grams;
    /// 0 where there is no text and for a bad sample.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use rust_rewards::captions::Tokens;
    /// use rust_rewards::captions::cider::{CiderTruth, DocumentFrequencies};
    /// let references = [vec!["two ships in a port"], vec!["a road in a forest"]];
    /// let frequencies = Arc::new(DocumentFrequencies::new(&references, Tokens::Blanks));
    /// let truth = CiderTruth::new(&references, vec![false; 2], frequencies)?;
    /// let scores = truth.scores(&[0, 1], 1, |_| Some("two ships in a port"))?;
    /// assert!((scores[0] - 1.0).abs() < 1e-12 && scores[1] < 0.1);
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Index` where `rows` does not fit.
    pub fn scores<'a>(
        &self,
        rows: &[i64],
        threads: usize,
        text: impl Fn(usize) -> Option<&'a str> + Sync,
    ) -> Result<Vec<f64>, InputError> {
        let samples = error::rows("rows", rows, self.len())?;
        let score = |said: &mut Said<u32>, row: usize| match text(row) {
            Some(text) if !self.bad[samples[row]] => self.score(&self.samples[samples[row]], text, said),
            _ => 0.0,
        };
        Ok(parallel::map(samples.len(), threads, Said::new, score))
    }

    fn score(&self, references: &[Vector], text: &str, said: &mut Said<u32>) -> f64 {
        let counted = self.grams.all(text, self.frequencies.tokens, said);
        let vector = Vector::new(&counted, &self.grams, &self.frequencies);
        let sum: f64 = references.iter().map(|reference| vector.similarity(reference, &self.grams)).sum();
        (sum / references.len().max(1) as f64).min(1.0) // rounding passes it
    }
}

impl Vector {
    fn new(counted: &Counted, grams: &Grams, frequencies: &DocumentFrequencies) -> Self {
        let mut vector = Self::default();
        for &(gram, count) in &counted.known {
            let weight = f64::from(count) * frequencies.weight(gram);
            vector.grams.push((gram, weight));
            vector.norms[grams.order(gram)] += weight * weight;
        }
        let rarest = frequencies.rarest();
        for strange in &counted.strange {
            vector.norms[strange.order] += f64::from(strange.grams) * (f64::from(strange.count) * rarest).powi(2);
        }
        vector.norms = vector.norms.map(f64::sqrt);
        vector.length = counted.tokens.saturating_sub(1) as f64;
        vector
    }

    /// Mean over the lengths of n-grams of the clipped cosine, times the penalty for the difference in length.
    fn similarity(&self, reference: &Self, grams: &Grams) -> f64 {
        let mut products = [0.0; LONGEST];
        for &(gram, weight) in &self.grams {
            if let Ok(place) = reference.grams.binary_search_by_key(&gram, |&(gram, _)| gram) {
                let other = reference.grams[place].1;
                products[grams.order(gram)] += weight.min(other) * other;
            }
        }
        let norms = self.norms.iter().zip(&reference.norms).map(|(own, other)| own * other);
        let cosines = products.iter().zip(norms).map(|(product, norm)| if norm > 0.0 { product / norm } else { 0.0 });
        let apart = self.length - reference.length;
        let penalty = (-(apart * apart) / (2.0 * SIGMA * SIGMA)).exp();
        cosines.sum::<f64>() / LONGEST as f64 * penalty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(references: &[Vec<&str>]) -> CiderTruth {
        let frequencies = DocumentFrequencies::new(references, Tokens::Blanks);
        CiderTruth::new(references, vec![false; references.len()], Arc::new(frequencies)).unwrap()
    }

    #[test]
    fn the_reference_itself_has_all() {
        let truth = truth(&[vec!["two ships in a port"], vec!["one airport with planes"]]);
        let found = truth.scores(&[0, 1, 0, 0], 1, |row| {
            ["two ships in a port", "one airport with planes", "one airport", "two ships in a big port"]
                .get(row)
                .copied()
        });
        let found = found.unwrap();
        assert!((found[0] - 1.0).abs() < 1e-12 && (found[1] - 1.0).abs() < 1e-12);
        assert!(found[2].abs() < 1e-12);
        assert!(found[3] > 0.3 && found[3] < 0.9);
    }

    #[test]
    fn documents_may_be_others_than_the_references() {
        let documents = DocumentFrequencies::new(&[vec!["a b"], vec!["a c"], vec!["d"]], Tokens::Blanks);
        assert!(documents.weight(0).to_bits() == (3.0_f64.ln() - 2.0_f64.ln()).to_bits());
        let truth = CiderTruth::new(&[vec!["a new caption here"]], vec![false], Arc::new(documents)).unwrap();
        assert!((truth.scores(&[0], 1, |_| Some("a new caption here")).unwrap()[0] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_document_weighs_nothing() {
        let truth = truth(&[vec!["a b c d"]]);
        assert!(truth.scores(&[0], 1, |_| Some("a b c d")).unwrap()[0].abs() < 1e-12);
    }
}
