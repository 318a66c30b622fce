//! Parsed labels of a batch as columns.

use std::sync::Arc;

use super::truth::{LabelTruth, Overlap};
use crate::error::{self, InputError};
use crate::names::Names;
use crate::parallel;
use crate::reason::Reason;
use crate::unicode::trim;

/// One label of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// Id in the truth.
    Known(u32),
    /// Index among the column's own texts.
    Unknown(u32),
}

/// Labels of a batch of answers.
#[derive(Clone, Debug)]
pub struct LabelColumn {
    truth: Arc<LabelTruth>,
    samples: Vec<usize>,
    reasons: Vec<u8>,
    /// Row i has the labels `offsets[i]..offsets[i + 1]`, each once; one entry more than rows.
    offsets: Vec<usize>,
    labels: Vec<Label>,
    pub(super) unknown: Unknown,
}

/// Labels that the truth does not know, each kept once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unknown {
    normal: Names,
    written: Vec<String>,
}

impl Unknown {
    fn normal(&self, id: u32) -> Option<&str> {
        self.normal.texts().get(id as usize).map(String::as_str)
    }

    pub(super) fn id(&mut self, normal: &str, written: &str) -> u32 {
        let id = self.normal.id(normal);
        if self.normal.texts().len() > self.written.len() {
            self.written.push(trim(written).to_owned());
        }
        id
    }
}

impl LabelColumn {
    pub(super) fn new(truth: &Arc<LabelTruth>) -> Self {
        Self {
            truth: Arc::clone(truth),
            samples: Vec::new(),
            reasons: Vec::new(),
            offsets: vec![0],
            labels: Vec::new(),
            unknown: Unknown::default(),
        }
    }

    /// The truth that the answers were read against.
    #[must_use]
    pub fn truth(&self) -> &Arc<LabelTruth> {
        &self.truth
    }

    /// Number of answers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there are no answers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Reason codes, one an answer; 0 where it was read.
    #[must_use]
    pub fn reasons(&self) -> &[u8] {
        &self.reasons
    }

    /// The labels of one answer: in the vocabulary's spelling, unknown ones as written, free ones in normal form.
    #[must_use]
    pub fn labels(&self, row: usize) -> Vec<&str> {
        let sample = self.samples.get(row).copied().unwrap_or_default();
        self.row(row).iter().filter_map(|&label| self.spelling(label, sample)).collect()
    }

    fn row(&self, row: usize) -> &[Label] {
        match self.offsets.get(row..).unwrap_or_default() {
            [start, end, ..] => self.labels.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }

    fn spelling(&self, label: Label, sample: usize) -> Option<&str> {
        match label {
            Label::Known(id) => self.truth.spelling(id, sample),
            Label::Unknown(id) if self.truth.vocabulary(sample).is_none() => self.unknown.normal(id),
            Label::Unknown(id) => self.unknown.written.get(id as usize).map(String::as_str),
        }
    }

    /// The named rows, in that order.
    ///
    /// # Errors
    /// `Index` where there is no such row.
    pub fn take(&self, rows: &[i64]) -> Result<Self, InputError> {
        let mut taken = Self { unknown: self.unknown.clone(), ..Self::new(&self.truth) };
        for row in error::rows("rows", rows, self.len())? {
            taken.samples.extend(self.samples.get(row));
            taken.reasons.extend(self.reasons.get(row));
            taken.labels.extend_from_slice(self.row(row));
            taken.offsets.push(taken.labels.len());
        }
        Ok(taken)
    }

    pub(super) fn push(&mut self, sample: usize, labels: Result<&[Label], Reason>) {
        self.samples.push(sample);
        self.reasons.push(labels.err().map_or(0, Reason::code));
        self.labels.extend_from_slice(labels.unwrap_or_default());
        self.offsets.push(self.labels.len());
    }

    /// What each answer shares with its sample `rows[i]`; an unreadable answer has no labels, a bad sample nothing at all.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use rust_rewards::labels::{LabelTruth, parse};
    /// let truth = Arc::new(LabelTruth::new([], &[-1], [vec!["river", "forest"]], None)?);
    /// let column = parse(&truth, &[0], true, 1, |_| Ok("Forest, sea, forest."))?;
    /// let overlap = column.overlap(&truth, &[0], 1)?[0];
    /// assert_eq!((overlap.shared, overlap.predicted, overlap.truths), (1, 2, 2));
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Foreign` where the answers were read against another truth; `Length` or `Index` where `rows` does not fit.
    pub fn overlap(&self, truth: &Arc<LabelTruth>, rows: &[i64], threads: usize) -> Result<Vec<Overlap>, InputError> {
        self.compare(truth, rows, threads, |found| found)
    }

    /// 1 where an answer has just the labels of its sample, else 0.
    ///
    /// # Errors
    /// As [`LabelColumn::overlap`].
    pub fn equal(&self, truth: &Arc<LabelTruth>, rows: &[i64], threads: usize) -> Result<Vec<f64>, InputError> {
        self.compare(truth, rows, threads, Overlap::equal)
    }

    fn compare<T: Send>(
        &self,
        truth: &Arc<LabelTruth>,
        rows: &[i64],
        threads: usize,
        result: impl Fn(Overlap) -> T + Sync,
    ) -> Result<Vec<T>, InputError> {
        if !Arc::ptr_eq(truth, &self.truth) {
            return Err(InputError::Foreign("LabelTruth"));
        }
        error::length("rows", rows.len(), self.len(), "the answers")?;
        let samples = error::rows("rows", rows, truth.len())?;
        Ok(parallel::map(
            samples.len(),
            threads,
            || (),
            |(), i| result(samples.get(i).map(|&sample| truth.overlap(self.row(i), sample)).unwrap_or_default()),
        ))
    }

    pub(super) fn joined(mut self, other: Self) -> Self {
        let texts = other.unknown.normal.texts().iter().zip(&other.unknown.written);
        let ids: Vec<u32> = texts.map(|(normal, written)| self.unknown.id(normal, written)).collect();
        let renamed = |label: &Label| match *label {
            Label::Unknown(id) => Label::Unknown(ids.get(id as usize).copied().unwrap_or(id)),
            known @ Label::Known(_) => known,
        };
        let start = self.labels.len();
        self.labels.extend(other.labels.iter().map(renamed));
        self.samples.extend(other.samples);
        self.reasons.extend(other.reasons);
        self.offsets.extend(other.offsets.iter().skip(1).map(|offset| offset + start));
        self
    }
}
