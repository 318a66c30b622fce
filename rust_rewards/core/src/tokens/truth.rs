//! Reference texts as EarthDial's and GeoChat's scorers compare them.

use std::cmp::Ordering;

use super::Tokens;
use crate::error::{self, InputError};
use crate::parallel;
use crate::unicode::{push_lower, trim};

/// Reference texts, one a sample, cut into tokens once.
#[derive(Debug)]
pub struct TokenTruth {
    references: Vec<Reference>,
}

#[derive(Debug)]
struct Reference {
    /// Distinct tokens by length and then in order, so that a token is found by halving: no answer can crowd a hash.
    tokens: Vec<String>,
    /// A bit for each byte that a token starts with: most tokens of other texts need no search.
    firsts: [u64; 4],
    /// All tokens, repeated ones counted.
    count: usize,
    /// Trimmed, lower case, without blanks and stops.
    spaceless: String,
}

impl TokenTruth {
    /// Prepare the references.
    pub fn new<'t>(references: impl IntoIterator<Item = &'t str>) -> Self {
        let mut cutter = Tokens::default();
        Self { references: references.into_iter().map(|text| Reference::new(text, &mut cutter)).collect() }
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

    /// Distinct tokens that answer and reference share, over all tokens of the reference (EarthDial's `evaluate_f1`); 0 where there
    /// is no text or the reference has no token.
    ///
    /// ```
    /// use rust_rewards::tokens::TokenTruth;
    /// let truth = TokenTruth::new(["forest, river"]);
    /// assert_eq!(truth.recall(&[0], 1, |_| Some("River"))?, [1.0 / 3.0]); // a comma is a token
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Index` where `rows` does not fit.
    pub fn recall<'a>(
        &self,
        rows: &[i64],
        threads: usize,
        text: impl Fn(usize) -> Option<&'a str> + Sync,
    ) -> Result<Vec<f64>, InputError> {
        let samples = error::rows("rows", rows, self.len())?;
        let scratch = || (Tokens::default(), Vec::new());
        Ok(parallel::map(samples.len(), threads, scratch, |(cutter, named), i| {
            match (text(i), samples.get(i).and_then(|&sample| self.references.get(sample))) {
                (Some(text), Some(reference)) => reference.recall(text, cutter, named),
                _ => 0.0,
            }
        }))
    }

    /// 1 where answer and reference are equal when trimmed and in lower case without blanks and stops (GeoChat's scene scorer), else 0.
    ///
    /// ```
    /// use rust_rewards::tokens::TokenTruth;
    /// let truth = TokenTruth::new(["MediumResidential"]);
    /// assert_eq!(truth.spaceless_equal(&[0], 1, |_| Some("medium residential."))?, [1.0]);
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Index` where `rows` does not fit.
    pub fn spaceless_equal<'a>(
        &self,
        rows: &[i64],
        threads: usize,
        text: impl Fn(usize) -> Option<&'a str> + Sync,
    ) -> Result<Vec<f64>, InputError> {
        let samples = error::rows("rows", rows, self.len())?;
        Ok(parallel::map(samples.len(), threads, String::new, |bare, i| {
            let reference = samples.get(i).and_then(|&sample| self.references.get(sample));
            bare.clear();
            extend_spaceless(bare, text(i).unwrap_or_default());
            let is_equal = reference.is_some_and(|reference| !bare.is_empty() && reference.spaceless == *bare);
            f64::from(u8::from(is_equal))
        }))
    }
}

impl Reference {
    fn new(text: &str, cutter: &mut Tokens) -> Self {
        let mut tokens = Vec::new();
        cutter.each(text, |token| tokens.push(token.to_owned()));
        let count = tokens.len();
        tokens.sort_unstable_by(|a, b| by_length(a, b));
        tokens.dedup();
        let mut firsts = [0; 4];
        for (block, bit) in tokens.iter().filter_map(|token| first_bit(token)) {
            firsts.get_mut(block).into_iter().for_each(|block| *block |= bit);
        }
        let mut spaceless = String::new();
        extend_spaceless(&mut spaceless, text);
        Self { tokens, firsts, count, spaceless }
    }

    fn recall(&self, text: &str, cutter: &mut Tokens, named: &mut Vec<bool>) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        named.clear();
        named.resize(self.tokens.len(), false);
        let mut shared = 0_usize;
        cutter.each(text, |token| {
            if let Some(named) = self.place(token).and_then(|place| named.get_mut(place)) {
                shared += usize::from(!std::mem::replace(named, true));
            }
        });
        shared as f64 / self.count as f64
    }

    /// Where a token stands among the reference's.
    fn place(&self, token: &str) -> Option<usize> {
        let (block, bit) = first_bit(token)?;
        if self.firsts.get(block)? & bit == 0 {
            return None;
        }
        self.tokens.binary_search_by(|known| by_length(known, token)).ok()
    }
}

/// Most comparisons then end without a look at the text.
fn by_length(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// The place of a token's first byte in a set of bytes.
fn first_bit(token: &str) -> Option<(usize, u64)> {
    let first = *token.as_bytes().first()?;
    Some((usize::from(first) / 64, 1 << (first % 64)))
}

/// Fill an empty buffer.
fn extend_spaceless(bare: &mut String, text: &str) {
    // A blank has no say in the lower case of what stands beside it; a stop has.
    trim(text).split(' ').for_each(|part| push_lower(part, bare));
    if bare.contains('.') {
        bare.retain(|c| c != '.');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_answer_of_many_labels_does_not_reach_one() {
        let labels = ["a", "a, b", "a, b, c", "a, b, c, d"];
        let truth = TokenTruth::new(labels);
        let found = truth.recall(&[0, 1, 2, 3], 1, |row| labels.get(row).copied()).unwrap();
        assert_eq!(found, [1.0, 1.0, 4.0 / 5.0, 5.0 / 7.0]);
    }

    #[test]
    fn spaces_and_stops_do_not_count() {
        let truth = TokenTruth::new(["MediumResidential"]);
        let texts = [Some("medium residential."), Some("medium-residential"), None, Some("")];
        assert_eq!(truth.spaceless_equal(&[0; 4], 1, |row| texts[row]).unwrap(), [1.0, 0.0, 0.0, 0.0]);
    }
}
