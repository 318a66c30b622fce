//! Labels out of answer texts.

use std::sync::Arc;

use memchr::memchr3_iter;

use super::column::{Label, LabelColumn, Unknown};
use super::truth::{LabelTruth, Overlap};
use super::{SEPARATORS, normalise};
use crate::error::{self, InputError};
use crate::json::{Kind, Reader, unfence};
use crate::limits;
use crate::parallel;
use crate::reason::Reason;
use crate::unicode::trim;

/// Read the labels of each answer; `many`: a list of them, else exactly one.
///
/// ```
/// use std::sync::Arc;
/// use rust_rewards::labels::{LabelTruth, parse};
/// let truth = LabelTruth::new([vec!["Marine waters", "Beaches, dunes, sands"]], &[0], [vec!["Marine waters"]], None)?;
/// let column = parse(&Arc::new(truth), &[0], true, 1, |_| Ok("beaches, dunes, sands; port"))?;
/// assert_eq!(column.labels(0), ["Beaches, dunes, sands", "port"]);
/// # Ok::<(), rust_rewards::error::InputError>(())
/// ```
///
/// # Errors
/// `Length` or `Index` where `rows` does not fit.
pub fn parse<'a>(
    truth: &Arc<LabelTruth>,
    rows: &[i64],
    many: bool,
    threads: usize,
    answer: impl Fn(usize) -> Result<&'a str, Reason> + Sync,
) -> Result<LabelColumn, InputError> {
    let samples = error::rows("rows", rows, truth.len())?;
    let parts = parallel::chunks(samples.len(), threads, |range| {
        let mut column = LabelColumn::new(truth);
        let mut reader = LabelReader::default();
        for (i, &sample) in samples.iter().enumerate().take(range.end).skip(range.start) {
            let labels = answer(i).and_then(|text| reader.read(truth, sample, many, text));
            column.push(sample, labels);
        }
        column.unknown = reader.unknown;
        column
    });
    Ok(parts.into_iter().reduce(LabelColumn::joined).unwrap_or_else(|| LabelColumn::new(truth)))
}

/// Reads one answer after another; keeps its working memory, and the labels that no truth knows.
#[derive(Debug, Default)]
pub(crate) struct LabelReader {
    unknown: Unknown,
    labels: Vec<Label>,
    normal: String,
}

impl LabelReader {
    /// The labels of an answer, each once.
    pub(crate) fn read(
        &mut self,
        truth: &LabelTruth,
        sample: usize,
        many: bool,
        text: &str,
    ) -> Result<&[Label], Reason> {
        self.labels.clear();
        let mut reading = Reading { truth, sample, reader: self, count: 0 };
        let read = if many { reading.many(text) } else { reading.one(text) };
        read.map(|()| self.labels.as_slice())
    }

    /// What the labels of an answer share with those of its sample.
    pub(crate) fn overlap(
        &mut self,
        truth: &LabelTruth,
        sample: usize,
        many: bool,
        text: &str,
    ) -> Result<Overlap, Reason> {
        if many {
            return self.read(truth, sample, many, text).map(|labels| truth.overlap(labels, sample));
        }
        self.single(truth, sample, text).map(|known| truth.overlap_of_one(known, sample))
    }

    /// The id of the one label that an answer is, None for a free one that no truth knows; its normal form stays in `normal`.
    fn single(&mut self, truth: &LabelTruth, sample: usize, text: &str) -> Result<Option<u32>, Reason> {
        let right = truth.only_label(text, sample);
        if right.is_some() {
            return Ok(right);
        }
        normalise(text, &mut self.normal);
        match truth.known(&self.normal, sample) {
            _ if self.normal.is_empty() => Err(Reason::Empty),
            None if truth.vocabulary(sample).is_some() => Err(Reason::UnknownLabel),
            known => Ok(known),
        }
    }
}

struct Reading<'t> {
    truth: &'t LabelTruth,
    sample: usize,
    reader: &'t mut LabelReader,
    count: usize,
}

impl Reading<'_> {
    fn one(&mut self, text: &str) -> Result<(), Reason> {
        let known = self.reader.single(self.truth, self.sample, text)?;
        self.add(known, text)
    }

    /// The id of a label that the truth knows; its normal form stays in `normal`.
    fn known(&mut self, text: &str) -> Option<u32> {
        normalise(text, &mut self.reader.normal);
        self.truth.known(&self.reader.normal, self.sample)
    }

    fn many(&mut self, text: &str) -> Result<(), Reason> {
        let text = trim(text);
        if text.starts_with(['[', '`']) {
            return self.json(unfence(text)?);
        }
        self.pieces(text)?;
        if self.reader.labels.is_empty() { Err(Reason::Empty) } else { Ok(()) }
    }

    fn json(&mut self, text: &str) -> Result<(), Reason> {
        let mut reader = Reader::new(text);
        let mut is_list_of_strings = reader.peek()? == Kind::Array;
        if !is_list_of_strings {
            reader.skip()?;
            return reader.end().and(Err(Reason::WrongType));
        }
        reader.enter_array()?;
        let mut counted = Ok(());
        while reader.next_item()? {
            if reader.peek()? == Kind::String {
                let label = reader.string()?;
                counted = counted.and_then(|()| {
                    let known = self.known(&label);
                    self.add(known, &label)
                });
            } else {
                reader.skip()?;
                is_list_of_strings = false;
            }
        }
        reader.end()?;
        if is_list_of_strings { counted } else { Err(Reason::WrongType) }
    }

    /// Cut at separators, keeping together the longest run of pieces that is a label of the vocabulary.
    fn pieces(&mut self, text: &str) -> Result<(), Reason> {
        let vocabulary = self.truth.vocabulary(self.sample);
        let mut rest = text;
        loop {
            let most = match vocabulary {
                Some(vocabulary) if vocabulary.may_start(rest) => vocabulary.pieces.min(limits::LABEL_PIECES),
                _ => 1,
            };
            // An empty piece that starts no longer label is none.
            if most < 2
                && let Some(tail) = rest.strip_prefix(SEPARATORS)
            {
                rest = tail;
                continue;
            }
            let taken = (2..=most).rev().find_map(|count| self.run(rest, count));
            let head = taken.unwrap_or_else(|| first_pieces(rest, 1).unwrap_or(rest));
            let known = self.known(head);
            if !self.reader.normal.is_empty() {
                self.add(known, head)?;
            }
            match rest.get(head.len()..).and_then(|tail| tail.strip_prefix(SEPARATORS)) {
                Some(tail) => rest = tail,
                None => return Ok(()),
            }
        }
    }

    /// The first `count` pieces where they are one label of the vocabulary.
    fn run<'r>(&mut self, rest: &'r str, count: usize) -> Option<&'r str> {
        let head = first_pieces(rest, count)?;
        self.known(head).map(|_| head)
    }

    /// Add the label whose normal form was made last.
    fn add(&mut self, known: Option<u32>, written: &str) -> Result<(), Reason> {
        self.count += 1;
        if self.count > limits::LABELS {
            return Err(Reason::TooMany);
        }
        let LabelReader { unknown, labels, normal } = &mut *self.reader;
        let label = known.map_or_else(|| Label::Unknown(unknown.id(normal, written)), Label::Known);
        if !labels.contains(&label) {
            labels.push(label);
        }
        Ok(())
    }
}

/// The text up to the `count`-th separator, or all of it where it has just as many pieces.
fn first_pieces(text: &str, count: usize) -> Option<&str> {
    let [a, b, c] = SEPARATORS.map(|separator| separator as u8);
    let mut ends = memchr3_iter(a, b, c, text.as_bytes()).chain([text.len()]);
    ends.nth(count - 1).and_then(|end| text.get(..end))
}
