//! Labels out of answer texts.

use std::sync::Arc;

use super::column::{Label, LabelColumn, Unknown};
use super::truth::LabelTruth;
use super::{SEPARATORS, normalised};
use crate::error::{self, InputError};
use crate::json::{Kind, Reader, unfence};
use crate::limits;
use crate::parallel;
use crate::reason::Reason;
use crate::unicode::trim;

/// Read the labels of each answer; `many`: a list of them, else exactly one.
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
        let mut labels = Vec::new();
        for (i, &sample) in samples.iter().enumerate().take(range.end).skip(range.start) {
            labels.clear();
            let mut reader = LabelReader { truth, sample, unknown: &mut column.unknown, labels: &mut labels, count: 0 };
            let read = answer(i).and_then(|text| if many { reader.many(text) } else { reader.one(text) });
            column.push(sample, read.map(|()| labels.as_slice()));
        }
        column
    });
    Ok(parts.into_iter().reduce(LabelColumn::joined).unwrap_or_else(|| LabelColumn::new(truth)))
}

struct LabelReader<'t> {
    truth: &'t LabelTruth,
    sample: usize,
    unknown: &'t mut Unknown,
    labels: &'t mut Vec<Label>,
    count: usize,
}

impl LabelReader<'_> {
    fn one(&mut self, text: &str) -> Result<(), Reason> {
        let normal = normalised(text);
        if normal.is_empty() {
            return Err(Reason::Empty);
        }
        let is_free = self.truth.vocabulary(self.sample).is_none();
        if !is_free && self.truth.known(&normal, self.sample).is_none() {
            return Err(Reason::UnknownLabel);
        }
        self.add(&normal, text)
    }

    fn many(&mut self, text: &str) -> Result<(), Reason> {
        let text = trim(text);
        if text.starts_with(['[', '`']) {
            return self.json(unfence(text)?);
        }
        self.pieces(text)?;
        if self.labels.is_empty() { Err(Reason::Empty) } else { Ok(()) }
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
                counted = counted.and_then(|()| self.add(&normalised(&label), &label));
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
        let most =
            self.truth.vocabulary(self.sample).map_or(1, |vocabulary| vocabulary.pieces.min(limits::LABEL_PIECES));
        let mut rest = text;
        loop {
            let taken = (2..=most).rev().find_map(|count| self.run(rest, count));
            let head = taken.unwrap_or_else(|| first_pieces(rest, 1).unwrap_or(rest));
            let normal = normalised(head);
            if !normal.is_empty() {
                self.add(&normal, head)?;
            }
            match rest.get(head.len()..).and_then(|tail| tail.strip_prefix(SEPARATORS)) {
                Some(tail) => rest = tail,
                None => return Ok(()),
            }
        }
    }

    /// The first `count` pieces where they are one label of the vocabulary.
    fn run<'r>(&self, rest: &'r str, count: usize) -> Option<&'r str> {
        let head = first_pieces(rest, count)?;
        self.truth.known(&normalised(head), self.sample).map(|_| head)
    }

    fn add(&mut self, normal: &str, written: &str) -> Result<(), Reason> {
        self.count += 1;
        if self.count > limits::LABELS {
            return Err(Reason::TooMany);
        }
        let label = match self.truth.known(normal, self.sample) {
            Some(id) => Label::Known(id),
            None => Label::Unknown(self.unknown.id(normal, written)),
        };
        if !self.labels.contains(&label) {
            self.labels.push(label);
        }
        Ok(())
    }
}

/// The text up to the `count`-th separator, or all of it where it has just as many pieces.
fn first_pieces(text: &str, count: usize) -> Option<&str> {
    let mut ends = text.match_indices(SEPARATORS).map(|(at, _)| at).chain([text.len()]);
    ends.nth(count - 1).and_then(|end| text.get(..end))
}
