//! Labels: one normal form, equality only (scoring policy 8).

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::error::{self, InputError};
use crate::json::{Kind, Reader, unfence};
use crate::limits;
use crate::names::Names;
use crate::parallel;
use crate::reason::Reason;
use crate::unicode::{fold, is_space, trim};

/// The normal form of a label: NFC, full case folding, trimmed, one final stop off, underscore and hyphen as blank.
///
/// ```
/// assert_eq!(rust_rewards::labels::normalised(" Storage_Tanks.\n"), "storage tanks");
/// ```
#[must_use]
pub fn normalised(text: &str) -> Cow<'_, str> {
    let bare = trim(text);
    let bare = bare.strip_suffix('.').map_or(bare, |head| head.trim_end_matches(is_space));
    if bare.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase() && byte != b'_' && byte != b'-') {
        return Cow::Borrowed(bare);
    }
    Cow::Owned(trim(&fold(bare).replace(['_', '-'], " ")).to_owned())
}

/// Which characters stand between labels.
const SEPARATORS: [char; 3] = [',', ';', '\n'];

/// Vocabularies and true labels, one entry a sample.
#[derive(Debug)]
pub struct LabelTruth {
    /// Index of every normal form in a vocabulary or a reference. Texts of a model are looked up here, never inserted, so that
    /// they cannot crowd a fast hash.
    ids: FxHashMap<String, u32>,
    vocabularies: Vec<Vocabulary>,
    vocabulary_of: Vec<Option<usize>>,
    /// Sorted, each label once.
    references: Vec<Vec<u32>>,
    bad: Vec<bool>,
}

#[derive(Debug, Default)]
struct Vocabulary {
    spellings: FxHashMap<u32, String>,
    /// Most pieces between separators that one of its labels has.
    pieces: usize,
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

impl LabelTruth {
    /// Prepare vocabularies and references; `vocabulary_of[i]` is the vocabulary of sample i, or −1 for free labels.
    ///
    /// A sample without labels, or with one that is blank, is bad even where `bad` does not say so.
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
                empty.push(labels.is_empty() || labels.iter().any(|label| normalised(label).is_empty()));
                let mut set: Vec<u32> = labels.iter().map(|label| id(&mut ids, label)).collect();
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
        Ok(Self { ids, vocabularies, vocabulary_of, references, bad })
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

    fn vocabulary(&self, sample: usize) -> Option<&Vocabulary> {
        self.vocabularies.get((*self.vocabulary_of.get(sample)?)?)
    }

    /// The id of a normal form in the sample's vocabulary, or anywhere where labels are free.
    fn known(&self, normal: &str, sample: usize) -> Option<u32> {
        let id = *self.ids.get(normal)?;
        match self.vocabulary(sample) {
            Some(vocabulary) => vocabulary.spellings.contains_key(&id).then_some(id),
            None => Some(id),
        }
    }
}

impl Vocabulary {
    fn new(labels: &[&str], ids: &mut FxHashMap<String, u32>) -> Self {
        let mut vocabulary = Self::default();
        for label in labels {
            vocabulary.spellings.entry(id(ids, label)).or_insert_with(|| (*label).to_owned());
            vocabulary.pieces = vocabulary.pieces.max(label.split(SEPARATORS).count());
        }
        vocabulary
    }
}

fn id(ids: &mut FxHashMap<String, u32>, label: &str) -> u32 {
    let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    *ids.entry(normalised(label).into_owned()).or_insert(next)
}

fn vocabularies_by_sample(indices: &[i64], count: usize) -> Result<Vec<Option<usize>>, InputError> {
    let check = |(row, &index): (usize, &i64)| match usize::try_from(index) {
        Ok(index) if index < count => Ok(Some(index)),
        Err(_) if index == -1 => Ok(None),
        _ => Err(InputError::Index { argument: "vocabulary_of", row, index, len: count }),
    };
    indices.iter().enumerate().map(check).collect()
}

/// One label of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
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
    unknown: Unknown,
}

/// Labels that the truth does not know, each kept once.
#[derive(Clone, Debug, Default)]
struct Unknown {
    normal: Names,
    written: Vec<String>,
}

impl Unknown {
    fn id(&mut self, normal: &str, written: &str) -> u32 {
        let id = self.normal.id(normal);
        if self.normal.texts().len() > self.written.len() {
            self.written.push(trim(written).to_owned());
        }
        id
    }
}

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

impl LabelColumn {
    fn new(truth: &Arc<LabelTruth>) -> Self {
        Self {
            truth: Arc::clone(truth),
            samples: Vec::new(),
            reasons: Vec::new(),
            offsets: vec![0],
            labels: Vec::new(),
            unknown: Unknown::default(),
        }
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
        match (self.truth.vocabulary(sample), label) {
            (Some(vocabulary), Label::Known(id)) => vocabulary.spellings.get(&id).map(String::as_str),
            (None, Label::Known(id)) => {
                self.truth.ids.iter().find(|&(_, &other)| other == id).map(|(normal, _)| normal.as_str())
            }
            (Some(_), Label::Unknown(id)) => self.unknown.written.get(id as usize).map(String::as_str),
            (None, Label::Unknown(id)) => self.unknown.normal.texts().get(id as usize).map(String::as_str),
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

    fn push(&mut self, sample: usize, labels: Result<&[Label], Reason>) {
        self.samples.push(sample);
        self.reasons.push(labels.err().map_or(0, Reason::code));
        self.labels.extend_from_slice(labels.unwrap_or_default());
        self.offsets.push(self.labels.len());
    }

    /// What each answer shares with its sample `rows[i]`; an unreadable answer has no labels, a bad sample nothing at all.
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
        self.compare(truth, rows, threads, |found| {
            let is_equal = found.truths > 0 && found.shared == found.truths && found.predicted == found.truths;
            f64::from(u8::from(is_equal))
        })
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

    fn joined(mut self, other: Self) -> Self {
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

impl LabelTruth {
    fn overlap(&self, labels: &[Label], sample: usize) -> Overlap {
        let truths = self.references.get(sample).map(Vec::as_slice).unwrap_or_default();
        if self.bad.get(sample).copied().unwrap_or(true) {
            return Overlap::default();
        }
        let is_true = |label: &&Label| matches!(label, Label::Known(id) if truths.binary_search(id).is_ok());
        Overlap { shared: labels.iter().filter(is_true).count(), predicted: labels.len(), truths: truths.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAND: [&str; 3] = ["Beaches, dunes, sands", "Marine waters", "Mixed forest"];

    fn truth(references: &[&'static str]) -> Arc<LabelTruth> {
        Arc::new(LabelTruth::new([LAND.to_vec()], &[0], [references.to_vec()], None).unwrap())
    }

    fn read(text: &str, many: bool) -> LabelColumn {
        parse(&truth(&["Marine waters", "Mixed forest"]), &[0], many, 1, |_| Ok(text)).unwrap()
    }

    fn reason(text: &str, many: bool) -> u8 {
        read(text, many).reasons()[0]
    }

    #[test]
    fn normal_form() {
        for (text, expected) in
            [("Stra\u{df}e.", "strasse"), ("  _A-B_c. ", "a b c"), ("...", ".."), ("\u{212b}", "\u{e5}")]
        {
            assert_eq!(normalised(text), expected);
        }
    }

    #[test]
    fn a_label_may_hold_separators() {
        assert_eq!(
            read("marine_waters, Beaches, dunes, sands; Mixed forest", true).labels(0),
            ["Marine waters", LAND[0], "Mixed forest"]
        );
        assert_eq!(read("Beaches, dunes", true).labels(0), ["Beaches", "dunes"]);
    }

    #[test]
    fn repeated_labels_count_once_and_unknown_ones_count() {
        let column = read("Mixed forest, mixed forest., Atlantis\natlantis", true);
        assert_eq!(column.labels(0), ["Mixed forest", "Atlantis"]);
        let found = column.overlap(&column.truth, &[0], 1).unwrap();
        assert_eq!(found, [Overlap { shared: 1, predicted: 2, truths: 2 }]);
    }

    #[test]
    fn json_lists() {
        assert_eq!(read("[\"Mixed forest\", \"x\"]", true).labels(0), ["Mixed forest", "x"]);
        assert_eq!(reason("[]", true), 0);
        assert_eq!(reason("[\"Mixed forest\",]", true), Reason::BadJson.code());
        assert_eq!(reason("[[\"Mixed forest\"]]", true), Reason::WrongType.code());
        assert_eq!(reason("[\"Mixed forest\", 7]", true), Reason::WrongType.code());
    }

    #[test]
    fn refusals() {
        assert_eq!(reason(",,;", true), Reason::Empty.code());
        assert_eq!(reason(&"x,".repeat(1001), true), Reason::TooMany.code());
        assert_eq!(reason("[\"Mixed forest\"]", false), Reason::UnknownLabel.code());
        assert_eq!(reason("Mixed forest, Marine waters", false), Reason::UnknownLabel.code());
    }

    #[test]
    fn equality() {
        let column = read("Mixed forest;Marine waters", true);
        assert_eq!(column.equal(&column.truth, &[0], 1).unwrap(), [1.0]);
        assert_eq!(column.equal(&truth(&["Mixed forest"]), &[0], 1), Err(InputError::Foreign("LabelTruth")));
    }

    #[test]
    fn free_labels() {
        let truth = Arc::new(LabelTruth::new([], &[-1, -1], [vec!["Solar farm"], vec![]], None).unwrap());
        assert_eq!(truth.bad(), [false, true]);
        let column = parse(&truth, &[0, 0, 1], false, 1, |i| Ok(["solar_farm.", "Port", "x"][i])).unwrap();
        assert_eq!((column.labels(0), column.labels(1)), (vec!["solar farm"], vec!["port"]));
        assert_eq!(column.equal(&truth, &[0, 0, 1], 1).unwrap(), [1.0, 0.0, 0.0]);
    }

    #[test]
    fn chunks_join() {
        let texts: Vec<String> = (0..1000).map(|i| format!("x{}, Mixed forest", i % 5)).collect();
        let truth = truth(&["Mixed forest"]);
        let run = |threads| parse(&truth, &[0; 1000], true, threads, |i| Ok(texts[i].as_str())).unwrap();
        assert_eq!(run(3).labels(998), ["x3", "Mixed forest"]);
        assert_eq!(run(3).overlap(&truth, &[0; 1000], 2), run(1).overlap(&truth, &[0; 1000], 2));
    }
}
