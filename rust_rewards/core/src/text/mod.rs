//! Scores of free text against one or more references.

mod edits;
mod levenshtein;
mod overlap;
mod reference;
mod rouge;
mod wavefront;

pub use edits::Distance;
pub use rouge::{Rate, Rouge, Variant};

use std::sync::OnceLock;

use crate::error::{self, InputError};
use crate::parallel;
use crate::unicode::{has_visible, trim};
use crate::words::{Cut, Reader};
use edits::Letters;
use overlap::{Overlap, Overlaps};
use reference::Reference;
use rouge::Counts;

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

    pub(crate) fn combine(self, scores: impl ExactSizeIterator<Item = f64>) -> f64 {
        let count = scores.len().max(1) as f64;
        match self {
            Self::Best => scores.fold(0.0, f64::max),
            Self::Mean => scores.sum::<f64>() / count,
        }
    }
}

/// A score of a text against its references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// F1 of the longest common subsequence of words (scoring policy 9).
    LcsF,
    /// Jaccard index of the two sets of words, 0 where both are empty.
    Jaccard,
    /// One of the `rouge-score` package.
    Rouge(Rouge),
    /// ROUGE-L of COCO's caption evaluation, β = 1.2: the best precision and the best recall of all references. Texts are not trimmed.
    CocoRouge,
    /// Similarity by edit distance.
    Levenshtein(Distance),
}

impl Score {
    /// How texts are cut into words; None where they are not.
    fn cut(self) -> Option<Cut> {
        match self {
            Self::Rouge(rouge) => Some(rouge.cut()),
            Self::LcsF | Self::Jaccard => Some(Cut::Unicode),
            Self::CocoRouge => Some(Cut::Blanks),
            Self::Levenshtein(_) => None,
        }
    }
}

/// Reference texts, one list a sample; what a score needs of them is prepared at first use.
#[derive(Debug)]
pub struct TextTruth {
    texts: Vec<Vec<String>>,
    bad: Vec<bool>,
    rouge: OnceLock<Vec<Vec<Reference>>>,
    stems: OnceLock<Vec<Vec<Reference>>>,
    unicode: OnceLock<Vec<Vec<Reference>>>,
    blanks: OnceLock<Vec<Vec<Reference>>>,
    letters: OnceLock<Vec<Vec<Letters>>>,
}

/// Working memory of a thread.
#[derive(Debug, Default)]
pub struct Scratch {
    reader: Reader,
    overlaps: Overlaps,
    ids: Vec<u32>,
    rows: Vec<u64>,
    counts: Vec<u32>,
}

impl Scratch {
    /// What the text that is being scored shares with the references of its sample.
    fn overlaps(&mut self, text: &str, cut: Cut, references: &[Reference]) -> &[Overlap] {
        self.overlaps.of(text, cut, references, &mut self.reader)
    }
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
        Ok(Self {
            texts: references,
            bad,
            rouge: OnceLock::new(),
            stems: OnceLock::new(),
            unicode: OnceLock::new(),
            blanks: OnceLock::new(),
            letters: OnceLock::new(),
        })
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Which samples are flawed.
    #[must_use]
    pub fn bad(&self) -> &[bool] {
        &self.bad
    }

    /// A score of each text against its sample `rows[i]`; 0 where there is no text and for a bad sample.
    ///
    /// ```
    /// use rust_rewards::text::{Rate, Rouge, Score, Several, TextTruth, Variant};
    /// let references = vec![vec!["two ships in a port".to_owned(), "a ship".to_owned()]];
    /// let truth = TextTruth::new(references, None)?;
    /// let rouge = Score::Rouge(Rouge { variant: Variant::Rouge1, stemmer: true, rate: Rate::F });
    /// assert_eq!(truth.scores(rouge, &[0], Several::Best, 1, |_| Some("One ship"))?, [0.5]);
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Index` where `rows` does not fit.
    pub fn scores<'a>(
        &self,
        score: Score,
        rows: &[i64],
        several: Several,
        threads: usize,
        text: impl Fn(usize) -> Option<&'a str> + Sync,
    ) -> Result<Vec<f64>, InputError> {
        let samples = error::rows("rows", rows, self.len())?;
        Ok(parallel::map(samples.len(), threads, Scratch::default, |scratch, i| match (text(i), samples.get(i)) {
            (Some(text), Some(&sample)) => self.score(score, sample, several, text, scratch),
            _ => 0.0,
        }))
    }

    /// Several scores of each text, row after row, as [`TextTruth::scores`] gives each alone; a text that they cut alike is read once.
    ///
    /// # Errors
    /// `Index` where `rows` does not fit.
    pub fn several_scores<'a>(
        &self,
        asked: &[(Score, Several)],
        rows: &[i64],
        threads: usize,
        text: impl Fn(usize) -> Option<&'a str> + Sync,
    ) -> Result<Vec<f64>, InputError> {
        let samples = error::rows("rows", rows, self.len())?;
        let parts = parallel::chunks(samples.len(), threads, |range| {
            let (mut scratch, mut found) = (Scratch::default(), vec![0.0; range.len() * asked.len()]);
            for (i, places) in range.zip(found.chunks_exact_mut(asked.len().max(1))) {
                if let (Some(text), Some(&sample)) = (text(i), samples.get(i)) {
                    self.all(asked, sample, text, &mut scratch, places);
                }
            }
            found
        });
        Ok(parts.concat())
    }

    /// A score of one text against the references of one sample; 0 where that is bad or none.
    #[must_use]
    pub fn score(&self, score: Score, sample: usize, several: Several, text: &str, scratch: &mut Scratch) -> f64 {
        scratch.overlaps.forget();
        self.one_of_many(score, sample, several, text, scratch)
    }

    /// The same for several scores, which read the text together where they cut it alike; there must be as many places as scores.
    pub fn all(
        &self,
        asked: &[(Score, Several)],
        sample: usize,
        text: &str,
        scratch: &mut Scratch,
        places: &mut [f64],
    ) {
        scratch.overlaps.forget();
        for (&(score, several), place) in asked.iter().zip(places) {
            *place = self.one_of_many(score, sample, several, text, scratch);
        }
    }

    /// Ask for what scores need of a sample's references, which will be read soon. Changes nothing but the processor's cache.
    pub(crate) fn ask(&self, asked: &[(Score, Several)], sample: usize) {
        let cuts = asked.iter().filter_map(|(score, _)| score.cut());
        cuts.flat_map(|cut| self.of(sample, cut)).for_each(Reference::ask);
    }

    /// A score of the text that `scratch` read last, or of another after [`Overlaps::forget`].
    fn one_of_many(&self, score: Score, sample: usize, several: Several, text: &str, scratch: &mut Scratch) -> f64 {
        if self.bad.get(sample).copied().unwrap_or(true) {
            return 0.0;
        }
        match score {
            Score::Rouge(rouge) => rouge.score(text, self.of(sample, rouge.cut()), several, scratch),
            Score::LcsF => {
                let found = scratch.overlaps(text, Cut::Unicode, self.of(sample, Cut::Unicode));
                several.combine(found.iter().map(|overlap| lcs_f(overlap.counts(true))))
            }
            Score::Jaccard => {
                several.combine(self.of(sample, Cut::Unicode).iter().map(|reference| jaccard(text, reference, scratch)))
            }
            Score::CocoRouge => rouge::coco(text, self.of(sample, Cut::Blanks), scratch),
            Score::Levenshtein(distance) => {
                let (Scratch { ids, rows, .. }, text) = (scratch, trim(text));
                several
                    .combine(self.letters(sample).iter().map(|letters| distance.similarity(text, letters, ids, rows)))
            }
        }
    }

    fn of(&self, sample: usize, cut: Cut) -> &[Reference] {
        let place = match cut {
            Cut::Rouge => &self.rouge,
            Cut::Stems => &self.stems,
            Cut::Unicode => &self.unicode,
            Cut::Blanks => &self.blanks,
        };
        let prepared = place.get_or_init(|| {
            let mut reader = Reader::default();
            let mut prepare = |text: &String| Reference::new(text, cut, &mut reader);
            self.texts.iter().map(|texts| texts.iter().map(&mut prepare).collect()).collect()
        });
        prepared.get(sample).map(Vec::as_slice).unwrap_or_default()
    }

    fn letters(&self, sample: usize) -> &[Letters] {
        let prepare = |texts: &Vec<String>| texts.iter().map(|text| Letters::new(text)).collect();
        let prepared = self.letters.get_or_init(|| self.texts.iter().map(prepare).collect());
        prepared.get(sample).map(Vec::as_slice).unwrap_or_default()
    }
}

fn lcs_f(counts: Counts) -> f64 {
    match counts.text + counts.reference {
        0 => 0.0,
        both => 2.0 * counts.shared as f64 / both as f64,
    }
}

fn jaccard(text: &str, reference: &Reference, scratch: &mut Scratch) -> f64 {
    let unknown = reference.look_up_known(text, Cut::Unicode, scratch);
    let ids = &mut scratch.ids;
    ids.sort_unstable();
    ids.dedup();
    match reference.different() + unknown {
        0 => 0.0,
        union => ids.len() as f64 / union as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(score: Score, references: &[&str], several: Several, text: &str) -> f64 {
        let references = references.iter().map(|&text| text.to_owned()).collect();
        TextTruth::new(vec![references], None).unwrap().scores(score, &[0], several, 1, |_| Some(text)).unwrap()[0]
    }

    #[test]
    fn several_references() {
        let lcs_f = |several| score(Score::LcsF, &["a b", "a b c d e f"], several, "a b");
        assert!((lcs_f(Several::Best) - 1.0).abs() < 1e-15);
        assert!((lcs_f(Several::Mean) - 0.75).abs() < 1e-15);
    }

    #[test]
    fn bad_and_missing() {
        let truth = TextTruth::new(vec![vec![" ".to_owned()], vec!["...".to_owned()]], None).unwrap();
        assert_eq!(truth.bad(), [true, false]);
        assert_eq!(truth.scores(Score::LcsF, &[0, 1], Several::Best, 1, |_| Some("x")).unwrap(), [0.0, 0.0]);
        assert_eq!(truth.scores(Score::Jaccard, &[1], Several::Best, 1, |_| None).unwrap(), [0.0]);
    }

    #[test]
    fn scores_together_are_those_alone() {
        let references = ["two internationalizations of a port", "internationalisations of ports", "a port"];
        let truth = TextTruth::new(vec![references.map(str::to_owned).to_vec()], None).unwrap();
        let rouge = |variant, stemmer| Score::Rouge(Rouge { variant, stemmer, rate: Rate::F });
        let asked = [
            rouge(Variant::RougeL, true),
            rouge(Variant::Rouge1, true),
            rouge(Variant::Rouge1, false),
            rouge(Variant::RougeLsum, false),
            rouge(Variant::RougeL, false),
            Score::LcsF,
            Score::Jaccard,
            Score::LcsF,
        ];
        let mut scratch = Scratch::default();
        for text in ["internationalizations of two ports", "a port of internationalisations", "a port"] {
            let mut found = [0.0; 8];
            truth.all(&asked.map(|score| (score, Several::Best)), 0, text, &mut scratch, &mut found);
            let alone = asked.map(|one| score(one, &references, Several::Best, text));
            let rows =
                truth.several_scores(&asked.map(|one| (one, Several::Best)), &[0, 0], 1, |_| Some(text)).unwrap();
            assert_eq!(rows, alone.repeat(2), "{text}");
            assert_eq!(found.map(f64::to_bits), alone.map(f64::to_bits), "{text}");
        }
    }

    #[test]
    fn sets_of_words() {
        let jaccard = |text| score(Score::Jaccard, &["Two ships, two planes."], Several::Best, text);
        assert!((jaccard("ships! SHIPS and two cars cars") - 0.4).abs() < 1e-15);
        assert!((jaccard("planes two ships") - 1.0).abs() < 1e-15);
        assert!(jaccard("...").abs() < 1e-15);
    }
}
