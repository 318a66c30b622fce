//! Scores of free text against one or more references.

use std::sync::OnceLock;

use crate::error::{self, InputError};
use crate::parallel;
use crate::unicode::has_visible;
use crate::words::{Common, Comparison, Cut, Words};

/// What several references of one sample give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Several {
    /// The best score.
    Best,
    /// The mean of the scores.
    Mean,
}

impl Several {
    /// The rule of a name, if there is one.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "best" => Some(Self::Best),
            "mean" => Some(Self::Mean),
            _ => None,
        }
    }

    fn combine(self, scores: impl ExactSizeIterator<Item = f64>) -> f64 {
        let count = scores.len().max(1) as f64;
        match self {
            Self::Best => scores.fold(0.0, f64::max),
            Self::Mean => scores.sum::<f64>() / count,
        }
    }
}

/// Reference texts, one list a sample; words are prepared at first use.
#[derive(Debug)]
pub struct TextTruth {
    references: Vec<Vec<String>>,
    bad: Vec<bool>,
    rouge: OnceLock<Vec<Vec<Words>>>,
    unicode: OnceLock<Vec<Vec<Words>>>,
}

impl TextTruth {
    /// Keep the references; a sample without a visible character in any of them is bad even where `bad` does not say so.
    ///
    /// # Errors
    /// `Length` where `bad` does not fit.
    pub fn new(references: Vec<Vec<String>>, bad: Option<Vec<bool>>) -> Result<Self, InputError> {
        let mut bad = bad.unwrap_or_else(|| vec![false; references.len()]);
        error::length("bad", bad.len(), references.len(), "the references")?;
        for (bad, texts) in bad.iter_mut().zip(&references) {
            *bad |= !texts.iter().any(|text| has_visible(text));
        }
        Ok(Self { references, bad, rouge: OnceLock::new(), unicode: OnceLock::new() })
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.references.len()
    }

    /// Whether there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.references.is_empty()
    }

    /// Which samples are flawed.
    #[must_use]
    pub fn bad(&self) -> &[bool] {
        &self.bad
    }

    /// `rougeL` F of each text against its sample `rows[i]`, equal to the `rouge-score` package without stemmer bit for bit;
    /// 0 where there is no text and for a bad sample.
    ///
    /// # Errors
    /// `Index` where `rows` does not fit.
    pub fn rouge_l<'a>(
        &self,
        rows: &[i64],
        several: Several,
        threads: usize,
        text: impl Fn(usize) -> Option<&'a str> + Sync,
    ) -> Result<Vec<f64>, InputError> {
        self.scores(Cut::Rouge, rows, several, threads, text, rouge_f)
    }

    /// F1 of the longest common subsequence of words (scoring policy 9); 0 where there is no text and for a bad sample.
    ///
    /// # Errors
    /// `Index` where `rows` does not fit.
    pub fn lcs_f<'a>(
        &self,
        rows: &[i64],
        several: Several,
        threads: usize,
        text: impl Fn(usize) -> Option<&'a str> + Sync,
    ) -> Result<Vec<f64>, InputError> {
        self.scores(Cut::Unicode, rows, several, threads, text, lcs_f)
    }

    fn scores<'a>(
        &self,
        cut: Cut,
        rows: &[i64],
        several: Several,
        threads: usize,
        text: impl Fn(usize) -> Option<&'a str> + Sync,
        score: impl Fn(Common, usize) -> f64 + Sync,
    ) -> Result<Vec<f64>, InputError> {
        let samples = error::rows("rows", rows, self.len())?;
        let prepared = self.prepared(cut);
        Ok(parallel::map(samples.len(), threads, Comparison::default, |comparison, i| {
            let sample = samples.get(i).copied().unwrap_or_default();
            let references = prepared.get(sample).map(Vec::as_slice).unwrap_or_default();
            match text(i) {
                Some(text) if !self.bad.get(sample).copied().unwrap_or(true) => several
                    .combine(references.iter().map(|words| score(comparison.common(text, words, cut), words.count()))),
                _ => 0.0,
            }
        }))
    }

    fn prepared(&self, cut: Cut) -> &[Vec<Words>] {
        let place = match cut {
            Cut::Rouge => &self.rouge,
            Cut::Unicode => &self.unicode,
        };
        let words = |texts: &Vec<String>| texts.iter().map(|text| Words::new(text, cut)).collect();
        place.get_or_init(|| self.references.iter().map(words).collect())
    }
}

/// `rouge-score`'s F, in its order of operations.
fn rouge_f(common: Common, reference_words: usize) -> f64 {
    if common.words == 0 || reference_words == 0 {
        return 0.0;
    }
    let precision = common.length as f64 / common.words as f64;
    let recall = common.length as f64 / reference_words as f64;
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}

fn lcs_f(common: Common, reference_words: usize) -> f64 {
    match common.words + reference_words {
        0 => 0.0,
        count => 2.0 * common.length as f64 / count as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_references() {
        let truth = TextTruth::new(vec![vec!["a b".to_owned(), "a b c d e f".to_owned()]], None).unwrap();
        let score = |several| truth.lcs_f(&[0], several, 1, |_| Some("a b")).unwrap()[0];
        assert!((score(Several::Best) - 1.0).abs() < 1e-15);
        assert!((score(Several::Mean) - 0.75).abs() < 1e-15);
    }

    #[test]
    fn bad_and_missing() {
        let truth = TextTruth::new(vec![vec![" ".to_owned()], vec!["...".to_owned()]], None).unwrap();
        assert_eq!(truth.bad(), [true, false]);
        assert_eq!(truth.lcs_f(&[0, 1], Several::Best, 1, |_| Some("x")).unwrap(), [0.0, 0.0]);
        assert_eq!(truth.rouge_l(&[1], Several::Best, 1, |_| None).unwrap(), [0.0]);
    }
}
