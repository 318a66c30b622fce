//! Vocabularies and references, prepared once.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::column::Label;
use super::{SEPARATORS, bare, normalised};
use crate::error::{self, InputError};

/// Vocabularies and true labels, one entry a sample.
#[derive(Debug)]
pub struct LabelTruth {
    /// Index of every normal form in a vocabulary or a reference. Texts of a model are looked up here, never inserted, so that
    /// they cannot crowd a fast hash.
    ids: FxHashMap<String, u32>,
    /// The normal form of each id.
    normals: Vec<String>,
    vocabularies: Vec<Vocabulary>,
    vocabulary_of: Vec<Option<usize>>,
    /// Sorted, each label once.
    references: Vec<Vec<u32>>,
    /// The label of each sample that has but one, and that in ASCII and in its vocabulary: what a single label is compared with
    /// before all else.
    only: Vec<Option<u32>>,
    bad: Vec<bool>,
}

#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    spellings: FxHashMap<u32, String>,
    /// Most pieces between separators that one of its labels has.
    pub(super) pieces: usize,
    /// First bytes of the normal forms of labels that have more than one piece.
    starts: Vec<u8>,
}

/// Labels that two sets share, and their sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlap {
    /// Labels in both.
    pub shared: usize,
    /// Labels of the answer, each once, unknown ones included.
    pub predicted: usize,
    /// Labels of the reference, each once.
    pub truths: usize,
}

impl Overlap {
    /// 1 where the two sets are equal, and not both empty; else 0.
    #[must_use]
    pub fn equal(self) -> f64 {
        f64::from(u8::from(self.truths > 0 && self.shared == self.truths && self.predicted == self.truths))
    }
}

impl LabelTruth {
    /// Prepare vocabularies and references; `vocabulary_of[i]` is the vocabulary of sample i, or −1 for free labels.
    ///
    /// A sample without labels, or with one that is blank or not of its vocabulary, is bad even where `bad` does not say so.
    ///
    /// ```
    /// use rust_rewards::labels::LabelTruth;
    /// let truth = LabelTruth::new([vec!["river", "forest"]], &[0, -1], [vec!["river"], vec![]], None)?;
    /// assert_eq!(truth.bad(), [false, true]);
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Length` or `Index` where the arguments do not belong together.
    pub fn new<'t>(
        vocabularies: impl IntoIterator<Item = Vec<&'t str>>,
        vocabulary_of: &[i64],
        references: impl IntoIterator<Item = Vec<&'t str>>,
        bad: Option<Vec<bool>>,
    ) -> Result<Self, InputError> {
        let mut ids = FxHashMap::default();
        let vocabularies: Vec<_> = vocabularies.into_iter().map(|labels| Vocabulary::new(&labels, &mut ids)).collect();
        let mut empty = Vec::new();
        let references: Vec<_> = references
            .into_iter()
            .map(|labels| {
                let mut is_empty = labels.is_empty();
                let mut set: Vec<u32> = Vec::with_capacity(labels.len());
                for normal in labels.into_iter().map(normalised) {
                    is_empty |= normal.is_empty();
                    set.push(id_of_normal(&mut ids, normal));
                }
                empty.push(is_empty);
                set.sort_unstable();
                set.dedup();
                set
            })
            .collect();
        error::length("vocabulary_of", vocabulary_of.len(), references.len(), "the references")?;
        let vocabulary_of = vocabularies_by_sample(vocabulary_of, vocabularies.len())?;
        let mut bad = bad.unwrap_or_else(|| vec![false; references.len()]);
        error::length("bad", bad.len(), references.len(), "the references")?;
        bad.iter_mut().zip(empty).for_each(|(bad, empty)| *bad |= empty);
        let normals = by_id(&ids);
        let mut truth = Self { ids, normals, vocabularies, vocabulary_of, references, only: Vec::new(), bad };
        truth.bad = (0..truth.len()).map(|sample| truth.is_bad(sample)).collect();
        truth.only = (0..truth.len()).map(|sample| truth.only_reference(sample)).collect();
        Ok(truth)
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

    pub(super) fn vocabulary(&self, sample: usize) -> Option<&Vocabulary> {
        self.vocabularies.get((*self.vocabulary_of.get(sample)?)?)
    }

    /// How an id is spelled: by the sample's vocabulary, or in normal form where labels are free.
    pub(super) fn spelling(&self, id: u32, sample: usize) -> Option<&str> {
        let spelling = match self.vocabulary(sample) {
            Some(vocabulary) => vocabulary.spellings.get(&id),
            None => self.normals.get(id as usize),
        };
        spelling.map(String::as_str)
    }

    /// The id of a normal form in the sample's vocabulary, or anywhere where labels are free.
    pub(super) fn known(&self, normal: &str, sample: usize) -> Option<u32> {
        self.ids.get(normal).copied().filter(|&id| self.is_asked(id, sample))
    }

    /// Whether an id may stand in an answer to a sample.
    fn is_asked(&self, id: u32, sample: usize) -> bool {
        self.vocabulary(sample).is_none_or(|vocabulary| vocabulary.spellings.contains_key(&id))
    }

    /// The id of the sample's only label where a text is that label, its normal form not made; None says nothing of the text.
    pub(super) fn only_label(&self, text: &str, sample: usize) -> Option<u32> {
        let id = self.only.get(sample).copied().flatten()?;
        self.normals.get(id as usize)?.eq_ignore_ascii_case(bare(text)).then_some(id)
    }

    /// Whether a sample is flawed, or has a label that no answer to it may have.
    fn is_bad(&self, sample: usize) -> bool {
        let is_unmet = |labels: &Vec<u32>| labels.iter().any(|&id| !self.is_asked(id, sample));
        self.bad.get(sample).copied().unwrap_or(true) || self.references.get(sample).is_none_or(is_unmet)
    }

    fn only_reference(&self, sample: usize) -> Option<u32> {
        let [id] = self.references.get(sample)?.as_slice() else {
            return None;
        };
        let normal = self.normals.get(*id as usize).filter(|normal| normal.is_ascii() && !normal.is_empty())?;
        (self.known(normal, sample) == Some(*id)).then_some(*id)
    }

    pub(crate) fn overlap(&self, labels: &[Label], sample: usize) -> Overlap {
        let Some(truths) = self.truths(sample) else {
            return Overlap::default();
        };
        let is_true = |label: &&Label| matches!(label, Label::Known(id) if truths.binary_search(id).is_ok());
        Overlap { shared: labels.iter().filter(is_true).count(), predicted: labels.len(), truths: truths.len() }
    }

    /// As [`LabelTruth::overlap`], of one label: an id, or None for one that no truth knows.
    pub(super) fn overlap_of_one(&self, label: Option<u32>, sample: usize) -> Overlap {
        let Some(truths) = self.truths(sample) else {
            return Overlap::default();
        };
        let is_true = label.is_some_and(|id| truths.contains(&id));
        Overlap { shared: usize::from(is_true), predicted: 1, truths: truths.len() }
    }

    /// The labels of a sample, None where it is bad.
    fn truths(&self, sample: usize) -> Option<&[u32]> {
        let is_bad = self.bad.get(sample).copied().unwrap_or(true);
        self.references.get(sample).filter(|_| !is_bad).map(Vec::as_slice)
    }
}

impl Vocabulary {
    fn new(labels: &[&str], ids: &mut FxHashMap<String, u32>) -> Self {
        let mut vocabulary = Self::default();
        for label in labels {
            vocabulary.spellings.entry(id(ids, label)).or_insert_with(|| (*label).to_owned());
            let pieces = label.split(SEPARATORS).count();
            vocabulary.pieces = vocabulary.pieces.max(pieces);
            if pieces > 1 {
                vocabulary.starts.extend(normalised(label).bytes().next());
            }
        }
        vocabulary
    }

    /// Whether a label of more than one piece may stand at the start of a text, by its first bytes: a cheap look before the
    /// pieces are joined and looked up.
    pub(super) fn may_start(&self, text: &str) -> bool {
        let bytes = text.strip_prefix(' ').unwrap_or(text).as_bytes();
        match (bytes.first(), bytes.get(1)) {
            // Alone, such a byte stays the first of the normal form; a character that is not ASCII might combine with it.
            (Some(first), next) if is_firm(*first) && next.is_none_or(u8::is_ascii) => {
                self.starts.contains(&first.to_ascii_lowercase())
            }
            _ => true,
        }
    }
}

/// Whether folding, trimming and the reading of underscore and hyphen as blank leave a byte where it is.
fn is_firm(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'_' && byte != b'-'
}

fn id(ids: &mut FxHashMap<String, u32>, label: &str) -> u32 {
    id_of_normal(ids, normalised(label))
}

fn id_of_normal(ids: &mut FxHashMap<String, u32>, normal: Cow<'_, str>) -> u32 {
    if let Some(&known) = ids.get(&*normal) {
        return known;
    }
    let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    ids.insert(normal.into_owned(), next);
    next
}

fn by_id(ids: &FxHashMap<String, u32>) -> Vec<String> {
    let mut sorted: Vec<(&String, &u32)> = ids.iter().collect();
    sorted.sort_unstable_by_key(|&(_, id)| id);
    sorted.into_iter().map(|(normal, _)| normal.clone()).collect()
}

fn vocabularies_by_sample(indices: &[i64], count: usize) -> Result<Vec<Option<usize>>, InputError> {
    let check = |(row, &index): (usize, &i64)| match usize::try_from(index) {
        Ok(index) if index < count => Ok(Some(index)),
        Err(_) if index == -1 => Ok(None),
        _ => Err(InputError::Index { argument: "vocabulary_of", row, index, len: count }),
    };
    indices.iter().enumerate().map(check).collect()
}
