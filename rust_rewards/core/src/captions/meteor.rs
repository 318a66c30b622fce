//! METEOR as `nltk` computes it (α 0.9, β 3, γ 0.5): equal words, then equal stems, then synonyms where they are given.
//!
//! Each stage walks the text from its end and gives every word the last place of the reference that is still free and has the
//! same key. Synonyms come from outside as a table from stem to stems, because `nltk` asks `WordNet` for the stems.

#![expect(
    clippy::indexing_slicing,
    reason = "keys are ids of the vocabulary that sized the table; places are those of the text and the reference at hand"
)]

use std::collections::{BTreeSet, HashMap};
use std::mem;

use rustc_hash::FxHashMap;

use crate::captions::Tokens;
use crate::captions::said::Said;
use crate::error::{self, InputError};
use crate::parallel;
use crate::porter;
use crate::text::Several;
use crate::unicode::push_lower;

const ALPHA: f64 = 0.9;
const BETA: i32 = 3;
const GAMMA: f64 = 0.5;

/// Strings numbered in order of their first appearance.
#[derive(Debug, Default)]
struct Names {
    ids: FxHashMap<Box<str>, usize>,
    texts: Vec<Box<str>>,
}

impl Names {
    fn add(&mut self, text: &str) -> usize {
        let next = self.texts.len();
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        self.ids.insert(text.into(), next);
        self.texts.push(text.into());
        next
    }

    fn get(&self, text: &str) -> Option<usize> {
        self.ids.get(text).copied()
    }
}

/// Reference captions, one list a sample, as numbered lower-case words and stems.
#[derive(Debug)]
pub struct MeteorTruth {
    tokens: Tokens,
    words: Names,
    stems: Names,
    /// The stem of each word, by word.
    stem_of: Vec<usize>,
    references: Vec<Vec<Vec<usize>>>,
    bad: Vec<bool>,
}

/// For stems of answers, the stems of the references that are synonyms.
#[derive(Debug, Default)]
pub struct Synonyms(HashMap<String, Vec<usize>>);

impl MeteorTruth {
    /// Prepare the references; a sample that is bad scores 0.
    ///
    /// # Errors
    /// `Length` where `bad` does not fit.
    pub fn new(references: &[Vec<&str>], bad: Vec<bool>, tokens: Tokens) -> Result<Self, InputError> {
        error::length("bad", bad.len(), references.len(), "the references")?;
        let (words, stems) = (Names::default(), Names::default());
        let mut truth = Self { tokens, words, stems, stem_of: Vec::new(), references: Vec::new(), bad };
        for texts in references {
            let read = texts.iter().map(|text| truth.read(text)).collect();
            truth.references.push(read);
        }
        Ok(truth)
    }

    fn read(&mut self, text: &str) -> Vec<usize> {
        let mut ids = Vec::new();
        self.tokens.each(text, |token| {
            let mut word = String::new();
            lower(token, &mut word);
            let id = self.words.add(&word);
            if id == self.stem_of.len() {
                porter::stem(&mut word);
                self.stem_of.push(self.stems.add(&word));
            }
            ids.push(id);
        });
        ids
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

    /// A table of synonyms: each entry is a stem of an answer and the words that mean the same. Words that are no stem of a
    /// reference can match nothing and are left out.
    #[must_use]
    pub fn synonyms(&self, entries: &[(String, Vec<String>)]) -> Synonyms {
        let known = |words: &[String]| words.iter().filter_map(|word| self.stems.get(word)).collect();
        Synonyms(entries.iter().map(|(stem, words)| (stem.clone(), known(words))).collect())
    }

    /// METEOR of each text against its sample `rows[i]`; 0 where there is no text and for a bad sample.
    ///
    /// ```
    /// use rust_rewards::captions::{Tokens, meteor::MeteorTruth};
    /// use rust_rewards::text::Several;
    /// let truth = MeteorTruth::new(&[vec!["two ships in a port"]], vec![false], Tokens::Blanks)?;
    /// let scores = truth.scores(&[0, 0], Several::Best, None, 1, |row| ["two ships in a port", "cars"].get(row).copied())?;
    /// assert!(scores[0] > 0.99 && scores[1] == 0.0);
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Index` where `rows` does not fit.
    pub fn scores<'a>(
        &self,
        rows: &[i64],
        several: Several,
        synonyms: Option<&Synonyms>,
        threads: usize,
        text: impl Fn(usize) -> Option<&'a str> + Sync,
    ) -> Result<Vec<f64>, InputError> {
        let samples = error::rows("rows", rows, self.len())?;
        Ok(parallel::map(
            samples.len(),
            threads,
            || Aligner::new(self, synonyms),
            |aligner, i| match text(i) {
                Some(text) if !self.bad[samples[i]] => {
                    aligner.read(text);
                    several.combine(self.references[samples[i]].iter().map(|reference| aligner.score(reference)))
                }
                _ => 0.0,
            },
        ))
    }

    /// The stems of the texts that find neither an equal word nor an equal stem in some reference: what a table of synonyms is
    /// asked for. In alphabetical order, each once.
    ///
    /// # Errors
    /// `Index` where `rows` does not fit.
    pub fn unmatched<'a>(
        &self,
        rows: &[i64],
        text: impl Fn(usize) -> Option<&'a str>,
    ) -> Result<Vec<String>, InputError> {
        let mut aligner = Aligner::new(self, None);
        let mut stems = BTreeSet::new();
        for (row, sample) in error::rows("rows", rows, self.len())?.into_iter().enumerate() {
            let Some(text) = text(row).filter(|_| !self.bad[sample]) else { continue };
            aligner.read(text);
            for reference in &self.references[sample] {
                aligner.align(reference);
                stems.extend(aligner.pairs.free.iter().map(|&place| aligner.stem(place).to_owned()));
            }
        }
        Ok(stems.into_iter().collect())
    }
}

/// One text on its way through the stages, with the memory that texts share.
struct Aligner<'m> {
    truth: &'m MeteorTruth,
    synonyms: Option<&'m Synonyms>,
    /// Word and stem of each place of the text; an id beyond the vocabulary matches nothing.
    words: Vec<usize>,
    stems: Vec<usize>,
    /// The stems that are not in the vocabulary, one after another; the first has the id after its last.
    strange: String,
    /// Where each of them ends.
    ends: Vec<usize>,
    pairs: Pairs,
    buffer: String,
    said: Said<(usize, usize)>,
}

impl<'m> Aligner<'m> {
    fn new(truth: &'m MeteorTruth, synonyms: Option<&'m Synonyms>) -> Self {
        let latest = vec![NONE; truth.words.texts.len().max(truth.stems.texts.len())];
        let pairs = Pairs { latest, ..Pairs::default() };
        Self {
            truth,
            synonyms,
            words: Vec::new(),
            stems: Vec::new(),
            strange: String::new(),
            ends: Vec::new(),
            pairs,
            buffer: String::new(),
            said: Said::new(),
        }
    }

    fn read(&mut self, text: &str) {
        let Self { truth, words, stems, strange, ends, buffer, said, .. } = self;
        words.clear();
        stems.clear();
        strange.clear();
        ends.clear();
        said.forget();
        truth.tokens.each(text, |token| {
            let (word, stem) = said.find(token, || {
                lower(token, buffer);
                match truth.words.get(buffer) {
                    Some(id) => (id, truth.stem_of[id]),
                    None => (usize::MAX, truth.stem_id(buffer, strange, ends)),
                }
            });
            words.push(word);
            stems.push(stem);
        });
    }

    fn stem(&self, place: usize) -> &str {
        let (id, known) = (self.stems[place], &self.truth.stems.texts);
        match known.get(id) {
            Some(text) => text,
            None => self.strange_stem(id - known.len()),
        }
    }

    fn strange_stem(&self, number: usize) -> &str {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.strange[start..self.ends[number]]
    }

    fn align(&mut self, reference: &[usize]) {
        let stem_of = &self.truth.stem_of;
        self.pairs.start(self.words.len(), reference.len());
        self.pairs.stage(|i| [self.words[i]], |j| reference[j]);
        self.pairs.stage(|i| [self.stems[i]], |j| stem_of[reference[j]]);
        if let Some(Synonyms(table)) = self.synonyms {
            let mut pairs = mem::take(&mut self.pairs);
            let candidates = |i| table.get(self.stem(i)).map(Vec::as_slice).unwrap_or_default().iter().copied();
            pairs.stage(candidates, |j| stem_of[reference[j]]);
            self.pairs = pairs;
        }
    }

    fn score(&mut self, reference: &[usize]) -> f64 {
        self.align(reference);
        let (matched, chunks) = self.pairs.matched_and_chunks();
        if matched == 0 {
            return 0.0;
        }
        let matched = matched as f64;
        let (precision, recall) = (matched / self.words.len() as f64, matched / reference.len() as f64);
        let mean = (precision * recall) / (ALPHA * precision + (1.0 - ALPHA) * recall);
        (1.0 - GAMMA * (chunks as f64 / matched).powi(BETA)) * mean
    }
}

impl MeteorTruth {
    /// The id of a word's stem; a stem that no reference has joins `strange`.
    fn stem_id(&self, word: &mut String, strange: &mut String, ends: &mut Vec<usize>) -> usize {
        porter::stem(word);
        self.stems.get(word).unwrap_or_else(|| {
            strange.push_str(word);
            ends.push(strange.len());
            self.stems.texts.len() + ends.len() - 1
        })
    }
}

/// Write a token in lower case.
fn lower(token: &str, lowered: &mut String) {
    lowered.clear();
    push_lower(token, lowered);
}

/// No place; others count from 1.
const NONE: usize = 0;
/// In `before`: the place has its partner.
const TAKEN: usize = usize::MAX;

/// The one-to-one pairing of a text's places with a reference's.
#[derive(Default)]
struct Pairs {
    /// The last open place of the reference with a key, by key; all [`NONE`] between stages.
    latest: Vec<usize>,
    /// The open place of equal key before each place of the reference.
    before: Vec<usize>,
    /// The partner of each place of the text.
    partner: Vec<usize>,
    /// Places of the text without partner, ascending.
    free: Vec<usize>,
    /// Places of the reference without partner, ascending.
    open: Vec<usize>,
}

impl Pairs {
    fn start(&mut self, text: usize, reference: usize) {
        self.partner.clear();
        self.partner.resize(text, NONE);
        self.before.clear();
        self.before.resize(reference, NONE);
        self.free.clear();
        self.free.extend(0..text);
        self.open.clear();
        self.open.extend(0..reference);
    }

    /// Give each free place of the text, from its end, the last open place of the reference that has one of its candidate keys.
    fn stage<I: IntoIterator<Item = usize>>(&mut self, candidates: impl Fn(usize) -> I, key: impl Fn(usize) -> usize) {
        if self.free.is_empty() || self.open.is_empty() {
            return;
        }
        for &place in &self.open {
            self.before[place] = mem::replace(&mut self.latest[key(place)], place + 1);
        }
        for &place in self.free.iter().rev() {
            let latest = |key: usize| self.latest.get(key).map_or((NONE, key), |&found| (found, key));
            if let Some((found, key)) =
                candidates(place).into_iter().map(latest).max().filter(|&(found, _)| found > NONE)
            {
                self.latest[key] = mem::replace(&mut self.before[found - 1], TAKEN);
                self.partner[place] = found;
            }
        }
        for &place in &self.open {
            self.latest[key(place)] = NONE;
        }
        self.free.retain(|&place| self.partner[place] == NONE);
        self.open.retain(|&place| self.before[place] != TAKEN);
    }

    /// How many pairs there are, and in how many runs of adjacent pairs they stand.
    fn matched_and_chunks(&self) -> (usize, usize) {
        let (mut matched, mut chunks, mut previous) = (0, 0, NONE);
        for &partner in &self.partner {
            if partner > NONE {
                matched += 1;
                chunks += usize::from(previous == NONE || partner != previous + 1);
            }
            previous = partner;
        }
        (matched, chunks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYPOTHESIS: &str =
        "It is a guide to action which ensures that the military always obeys the commands of the party";
    const REFERENCES: [&str; 3] = [
        "It is a guide to action that ensures that the military will forever heed Party commands",
        "It is the guiding principle which guarantees the military forces always being under the command of the Party",
        "It is the practical guide for the army always to heed the directions of the party",
    ];

    fn truth(references: &[&str]) -> MeteorTruth {
        MeteorTruth::new(&[references.to_vec()], vec![false], Tokens::Blanks).unwrap()
    }

    fn score(text: &str, references: &[&str], several: Several) -> f64 {
        truth(references).scores(&[0], several, None, 1, |_| Some(text)).unwrap()[0]
    }

    #[test]
    fn the_example_of_nltk() {
        assert!((score(HYPOTHESIS, &REFERENCES, Several::Best) - 0.6944).abs() < 5e-5);
        assert!(score(HYPOTHESIS, &REFERENCES, Several::Mean) < score(HYPOTHESIS, &REFERENCES, Several::Best));
        assert!(score("non matching hypothesis", &["this is a cat"], Several::Best).abs() < 1e-15);
    }

    #[test]
    fn equal_words_pair_from_the_end() {
        // "a" takes the second "a" of the reference, so that the pairs cross and fall into two chunks.
        let expected = (1.0 - 0.5 * (2.0_f64 / 2.0).powi(3)) * (1.0 * (2.0 / 3.0)) / (0.9 + 0.1 * 2.0 / 3.0);
        assert!((score("a b", &["a b a"], Several::Best) - expected).abs() < 1e-15);
    }

    #[test]
    fn synonyms_are_asked_by_stem() {
        let truth = truth(&["two boats"]);
        assert_eq!(truth.unmatched(&[0], |_| Some("two ships")).unwrap(), ["ship"]);
        let table = truth.synonyms(&[("ship".to_owned(), vec!["boat".to_owned(), "vessel".to_owned()])]);
        let found = truth.scores(&[0], Several::Best, Some(&table), 1, |_| Some("two ships")).unwrap();
        assert!((found[0] - (1.0 - 0.5 / 8.0)).abs() < 1e-15);
    }

    #[test]
    fn nothing_to_read() {
        let truth = MeteorTruth::new(&[vec!["a"], vec![""]], vec![true, false], Tokens::Blanks).unwrap();
        assert_eq!(
            truth.scores(&[0, 1, 1], Several::Best, None, 1, |i| ["a", "a", ""].get(i).copied()).unwrap(),
            [0.0; 3]
        );
        assert_eq!(truth.scores(&[1], Several::Best, None, 1, |_| None).unwrap(), [0.0]);
    }
}
