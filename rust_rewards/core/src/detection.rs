//! Scores of predicted boxes against the boxes of the references.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::boxes::{BoxColumn, BoxRow};
use crate::error::{self, InputError};
use crate::geometry::{Angles, Rect, Shape};
use crate::labels::normalised;
use crate::matching::{Edges, Matcher, Pair, is_allowed};
use crate::names::{Name, Names};
use crate::neighbours::Neighbourhood;
use crate::parallel;

/// Boxes of the references, one entry a sample, made ready for comparison.
#[derive(Debug)]
pub struct BoxTruth {
    offsets: Vec<usize>,
    rects: Vec<Rect>,
    labels: Vec<Name>,
    names: HashMap<String, u32>,
    scales: Vec<[f64; 2]>,
    bad: Vec<bool>,
    rotated: OnceLock<Ready>,
    hulls: OnceLock<Ready>,
    dropped: OnceLock<Ready>,
}

/// The true boxes under one mode of angles.
#[derive(Debug)]
struct Ready {
    shapes: Vec<Shape>,
    neighbours: Neighbourhood,
}

/// How many boxes of an answer met how many of its reference.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Matches {
    /// Summed IoU of the matched pairs.
    pub iou_sum: f64,
    /// Matched pairs.
    pub matched: usize,
    /// Items of the answer, those that are no box included.
    pub predicted: usize,
    /// Boxes of the reference.
    pub truths: usize,
}

impl Matches {
    /// 2·ΣIoU / (predicted + true); 1 where there is nothing of either.
    ///
    /// ```
    /// use rust_rewards::detection::Matches;
    /// let matches = Matches { iou_sum: 0.5, matched: 1, predicted: 2, truths: 1 };
    /// assert!((matches.score() - 1.0 / 3.0).abs() < 1e-15);
    /// assert_eq!(Matches::default().score(), 1.0);
    /// ```
    #[must_use]
    pub fn score(&self) -> f64 {
        match self.predicted + self.truths {
            0 => 1.0,
            count => (2.0 * self.iou_sum / count as f64).min(1.0),
        }
    }
}

/// What a comparison of boxes is to do.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Least IoU of a matched pair.
    pub min_iou: f64,
    /// Which shape stands for a turned box.
    pub angles: Angles,
    /// Match greedily instead of by the assignment of greatest summed IoU.
    pub greedy: bool,
    /// Threads for a batch.
    pub threads: usize,
}

impl BoxTruth {
    /// Prepare the boxes of the references.
    ///
    /// `scales`: what a predicted x and y is multiplied with to reach the frame of the reference. A sample with a box that
    /// is inverted, empty or not finite is bad even where `bad` does not say so.
    ///
    /// # Errors
    /// `Offsets`, `Length` or `Value` where the arguments do not belong together.
    pub fn new<'l>(
        rects: Vec<Rect>,
        offsets: &[i64],
        scales: Vec<[f64; 2]>,
        labels: Option<impl IntoIterator<Item = Vec<&'l str>>>,
        bad: Option<Vec<bool>>,
    ) -> Result<Self, InputError> {
        let offsets = error::offsets(offsets, rects.len())?;
        let samples = offsets.len() - 1;
        error::length("scales", scales.len(), samples, "the samples")?;
        if let Some(row) = scales.iter().position(|scale| !scale.iter().all(|value| value.is_finite() && *value > 0.0))
        {
            let found = format!("{:?}", scales.get(row).unwrap_or(&[f64::NAN; 2]));
            return Err(InputError::Value { argument: "scales", row, found, needed: "two finite numbers above 0" });
        }
        let mut bad = bad.unwrap_or_else(|| vec![false; samples]);
        error::length("bad", bad.len(), samples, "the samples")?;
        for (bad, bounds) in bad.iter_mut().zip(offsets.windows(2)) {
            *bad |= slice(&rects, bounds).iter().any(|rect| Shape::new(rect, Angles::Rotated).area <= 0.0);
        }
        let mut written = Names::default();
        let labels = written.labels(labels, &offsets)?;
        let (names, labels) = normalise(&written, &labels);
        let (rotated, hulls, dropped) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Ok(Self { offsets, rects, labels, names, scales, bad, rotated, hulls, dropped })
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// Whether there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// Which samples are flawed.
    #[must_use]
    pub fn bad(&self) -> &[bool] {
        &self.bad
    }

    /// Match each answer with its sample `rows[i]`; an unreadable answer has only its true boxes, a bad sample nothing.
    ///
    /// ```
    /// use rust_rewards::boxes::{Form, Syntax, parse};
    /// use rust_rewards::detection::{BoxTruth, Options};
    /// use rust_rewards::geometry::Angles;
    /// let truth = BoxTruth::new(vec![[0.0, 0.0, 10.0, 10.0, 0.0]], &[0, 1], vec![[1.0; 2]], None::<Vec<Vec<&str>>>, None)?;
    /// let form = Form { syntax: Syntax::List4, one: false };
    /// let answers = parse(1, 1, form, |_| (Ok("[0, 0, 10, 5], [50, 50, 60, 60]"), [100.0, 100.0]));
    /// let options = Options { min_iou: 0.5, angles: Angles::Rotated, greedy: false, threads: 1 };
    /// let found = truth.matches(&answers, &[0], options)?;
    /// assert_eq!((found[0].iou_sum, found[0].matched, found[0].predicted, found[0].truths), (0.5, 1, 2, 1));
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` does not fit.
    pub fn matches(&self, answers: &BoxColumn, rows: &[i64], options: Options) -> Result<Vec<Matches>, InputError> {
        self.for_each(answers, rows, options, Bench::matches)
    }

    /// The detection score of each answer (scoring policy 6); 0 for an unreadable answer and for a bad sample.
    ///
    /// ```
    /// use rust_rewards::boxes::{Form, Syntax, parse};
    /// use rust_rewards::detection::{BoxTruth, Options};
    /// use rust_rewards::geometry::Angles;
    /// let truth = BoxTruth::new(vec![[0.0, 0.0, 10.0, 10.0, 0.0]], &[0, 1], vec![[1.0; 2]], None::<Vec<Vec<&str>>>, None)?;
    /// let form = Form { syntax: Syntax::List4, one: false };
    /// let answers = parse(1, 1, form, |_| (Ok("[0, 0, 10, 5], [50, 50, 60, 60]"), [100.0, 100.0]));
    /// let options = Options { min_iou: 0.5, angles: Angles::Rotated, greedy: false, threads: 1 };
    /// assert_eq!(truth.detection(&answers, &[0], options)?, [2.0 * 0.5 / 3.0]);
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` does not fit.
    pub fn detection(&self, answers: &BoxColumn, rows: &[i64], options: Options) -> Result<Vec<f64>, InputError> {
        self.for_each(answers, rows, options, Bench::detection)
    }

    /// IoU of the one predicted with the one true box (scoring policy 7); 0 where either side has another number of boxes.
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` does not fit.
    pub fn referring(&self, answers: &BoxColumn, rows: &[i64], options: Options) -> Result<Vec<f64>, InputError> {
        self.for_each(answers, rows, options, |bench, answer, sample| bench.referring(answer, sample))
    }

    /// Predictions that reach `min_iou` with any true box, labels aside, and predictions (EarthDial's count).
    ///
    /// ```
    /// use rust_rewards::boxes::{Form, Syntax, parse};
    /// use rust_rewards::detection::{BoxTruth, Options};
    /// use rust_rewards::geometry::Angles;
    /// let truth = BoxTruth::new(vec![[0.0, 0.0, 10.0, 10.0, 0.0]], &[0, 1], vec![[1.0; 2]], None::<Vec<Vec<&str>>>, None)?;
    /// let form = Form { syntax: Syntax::List4, one: false };
    /// let answers = parse(1, 1, form, |_| (Ok("[0, 0, 10, 5], [50, 50, 60, 60]"), [100.0, 100.0]));
    /// let options = Options { min_iou: 0.5, angles: Angles::Rotated, greedy: false, threads: 1 };
    /// assert_eq!(truth.any_match(&answers, &[0], options)?, [(1, 2)]);
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` does not fit.
    pub fn any_match(
        &self,
        answers: &BoxColumn,
        rows: &[i64],
        options: Options,
    ) -> Result<Vec<(usize, usize)>, InputError> {
        self.for_each(answers, rows, options, |bench, answer, sample| {
            (bench.hits(answer, sample), answer.rects.len() + answer.invalid)
        })
    }

    /// The matched pairs of one answer with one sample: index of the prediction, in order, index of the true box, IoU.
    ///
    /// ```
    /// use rust_rewards::boxes::{Form, Syntax, parse};
    /// use rust_rewards::detection::{BoxTruth, Options};
    /// use rust_rewards::geometry::Angles;
    /// let truth = BoxTruth::new(vec![[0.0, 0.0, 10.0, 10.0, 0.0]], &[0, 1], vec![[1.0; 2]], None::<Vec<Vec<&str>>>, None)?;
    /// let form = Form { syntax: Syntax::List4, one: false };
    /// let answers = parse(1, 1, form, |_| (Ok("[0, 0, 10, 5], [50, 50, 60, 60]"), [100.0, 100.0]));
    /// let options = Options { min_iou: 0.5, angles: Angles::Rotated, greedy: false, threads: 1 };
    /// assert_eq!(truth.pairs(&answers, 0, 0, options)?, [(0, 0, 0.5)]);
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Index` where there is no such answer or sample.
    pub fn pairs(
        &self,
        answers: &BoxColumn,
        row_of_answer: i64,
        row_of_truth: i64,
        options: Options,
    ) -> Result<Vec<Pair>, InputError> {
        let answer = error::rows("row_of_answer", &[row_of_answer], answers.len())?;
        let sample = error::rows("row_of_truth", &[row_of_truth], self.len())?;
        let mut bench = Bench::knowing(self, answers.names(), options);
        let (Some(answer), Some(&sample)) = (answer.first().and_then(|&row| answers.row(row)), sample.first()) else {
            return Ok(Vec::new());
        };
        Ok(bench.pairs(&answer, sample).to_vec())
    }

    fn for_each<'t, T: Send>(
        &'t self,
        answers: &BoxColumn,
        rows: &[i64],
        options: Options,
        score: impl Fn(&mut Bench<'t>, &BoxRow<'_>, usize) -> T + Sync,
    ) -> Result<Vec<T>, InputError> {
        self.for_each_with(answers, rows, options, || (), |(), bench, answer, sample| score(bench, answer, sample))
    }

    /// Compare each answer with its sample `rows[i]`, with working memory beside that of the comparison.
    pub(crate) fn for_each_with<'t, T: Send, S>(
        &'t self,
        answers: &BoxColumn,
        rows: &[i64],
        options: Options,
        scratch: impl Fn() -> S + Sync,
        score: impl Fn(&mut S, &mut Bench<'t>, &BoxRow<'_>, usize) -> T + Sync,
    ) -> Result<Vec<T>, InputError> {
        error::length("rows", rows.len(), answers.len(), "the answers")?;
        let rows = error::rows("rows", rows, self.len())?;
        let empty = BoxRow::default();
        let bench = || (scratch(), Bench::knowing(self, answers.names(), options));
        Ok(parallel::map(rows.len(), options.threads, bench, |(scratch, bench), i| {
            let sample = rows.get(i).copied().unwrap_or_default();
            score(scratch, bench, &answers.row(i).unwrap_or(empty), sample)
        }))
    }

    /// The true boxes under a mode of angles, prepared at first use.
    fn ready(&self, angles: Angles) -> &Ready {
        let place = match angles {
            Angles::Rotated => &self.rotated,
            Angles::Hull => &self.hulls,
            Angles::Drop => &self.dropped,
        };
        place.get_or_init(|| {
            let shapes: Vec<Shape> = self.rects.iter().map(|rect| Shape::new(rect, angles)).collect();
            let neighbours = Neighbourhood::new(&shapes, &self.offsets);
            Ready { shapes, neighbours }
        })
    }

    fn row<'t>(&'t self, sample: usize, shapes: &'t [Shape]) -> TruthRow<'t> {
        let bounds = self.offsets.get(sample..sample + 2).unwrap_or_default();
        TruthRow {
            shapes: slice(shapes, bounds),
            labels: slice(&self.labels, bounds),
            scale: self.scales.get(sample).copied().unwrap_or([1.0; 2]),
            bad: self.bad.get(sample).copied().unwrap_or(true),
        }
    }
}

pub(crate) struct TruthRow<'t> {
    pub(crate) shapes: &'t [Shape],
    pub(crate) labels: &'t [Name],
    pub(crate) scale: [f64; 2],
    pub(crate) bad: bool,
}

/// The comparison of one answer with one sample, with its working memory.
pub(crate) struct Bench<'t> {
    truth: &'t BoxTruth,
    ready: &'t Ready,
    /// For each distinct label of the answers, the same label of the truth.
    pub(crate) true_names: Vec<Name>,
    options: Options,
    pub(crate) predicted: Vec<Shape>,
    /// Predicted and true boxes that may meet.
    pub(crate) near: Vec<(usize, usize)>,
    edges: Edges,
    matcher: Matcher,
}

impl<'t> Bench<'t> {
    pub(crate) fn new(truth: &'t BoxTruth, options: Options) -> Self {
        Self {
            truth,
            ready: truth.ready(options.angles),
            true_names: Vec::new(),
            options,
            predicted: Vec::new(),
            near: Vec::new(),
            edges: Edges::default(),
            matcher: Matcher::default(),
        }
    }

    fn knowing(truth: &'t BoxTruth, names: &[String], options: Options) -> Self {
        let mut bench = Self::new(truth, options);
        bench.learn(names);
        bench
    }

    /// Take note of the distinct labels of the answers: all that were given before, and new ones at the end.
    pub(crate) fn learn(&mut self, names: &[String]) {
        for name in names.iter().skip(self.true_names.len()) {
            self.true_names.push(self.truth.names.get(normalised(name).as_ref()).copied());
        }
    }

    /// The detection score; 0 for an unreadable answer and for a bad sample.
    pub(crate) fn detection(&mut self, answer: &BoxRow<'_>, sample: usize) -> f64 {
        if self.is_scored(answer, sample) { self.matches(answer, sample).score() } else { 0.0 }
    }

    /// IoU of the one predicted with the one true box; 0 where either side has another number of boxes.
    pub(crate) fn referring(&self, answer: &BoxRow<'_>, sample: usize) -> f64 {
        let truth = self.row(sample);
        match (answer.rects, truth.shapes) {
            ([rect], [shape]) if answer.invalid == 0 && self.is_scored(answer, sample) => {
                Shape::new(&scaled(rect, truth.scale), self.options.angles).iou(shape)
            }
            _ => 0.0,
        }
    }

    pub(crate) fn row(&self, sample: usize) -> TruthRow<'t> {
        self.truth.row(sample, &self.ready.shapes)
    }

    pub(crate) fn is_scored(&self, answer: &BoxRow<'_>, sample: usize) -> bool {
        answer.reason == 0 && !self.row(sample).bad
    }

    fn matches(&mut self, answer: &BoxRow<'_>, sample: usize) -> Matches {
        let truth = self.row(sample);
        if truth.bad {
            return Matches::default();
        }
        let pairs = self.pairs(answer, sample);
        Matches {
            iou_sum: pairs.iter().fold(0.0, |sum, &(_, _, iou)| sum + iou), // `sum()` of nothing is −0.0
            matched: pairs.len(),
            predicted: answer.rects.len() + answer.invalid,
            truths: truth.shapes.len(),
        }
    }

    fn pairs(&mut self, answer: &BoxRow<'_>, sample: usize) -> &[Pair] {
        let truth = self.row(sample);
        self.find_near(answer, truth.scale, sample);
        self.edges.reset(answer.rects.len(), truth.shapes.len(), self.options.min_iou);
        for &(row, column) in &self.near {
            if let (Some(shape), Some(other)) = (self.predicted.get(row), truth.shapes.get(column)) {
                let label = |labels: &[Name], place: usize| labels.get(place).copied().flatten();
                let (name, true_name) = (label(answer.labels, row), label(truth.labels, column));
                let wanted = name.and_then(|name| self.true_names.get(name as usize).copied().flatten());
                // Labels are compared only where both sides carry one.
                let may_meet = name.is_none() || true_name.is_none() || wanted == true_name;
                let iou = shape.iou(other);
                self.edges.offer(row, column, if may_meet { iou } else { 0.0 });
            }
        }
        if self.options.greedy { self.matcher.greedy(&self.edges) } else { self.matcher.assign(&self.edges) }
    }

    /// How many predicted boxes reach the threshold with any true box, labels aside.
    fn hits(&mut self, answer: &BoxRow<'_>, sample: usize) -> usize {
        let truth = self.row(sample);
        self.find_near(answer, truth.scale, sample);
        let is_hit = |&(row, column): &(usize, usize)| {
            let pair = self.predicted.get(row).zip(truth.shapes.get(column));
            pair.is_some_and(|(shape, other)| is_allowed(shape.iou(other), self.options.min_iou))
        };
        self.near.chunk_by(|a, b| a.0 == b.0).filter(|near| near.iter().any(is_hit)).count()
    }

    /// Make the predicted boxes ready and find the pairs that may meet, by predicted box, then by true box.
    pub(crate) fn find_near(&mut self, answer: &BoxRow<'_>, scale: [f64; 2], sample: usize) {
        self.load(answer, scale);
        self.near.clear();
        for (row, shape) in self.predicted.iter().enumerate() {
            self.ready.neighbours.find(sample, row, shape, &mut self.near);
        }
    }

    /// Make the predicted boxes ready, in the frame of the reference.
    fn load(&mut self, answer: &BoxRow<'_>, scale: [f64; 2]) {
        let angles = self.options.angles;
        self.predicted.clear();
        self.predicted.extend(answer.rects.iter().map(|rect| Shape::new(&scaled(rect, scale), angles)));
    }
}

fn scaled([x1, y1, x2, y2, angle]: &Rect, [x, y]: [f64; 2]) -> Rect {
    [x1 * x, y1 * y, x2 * x, y2 * y, *angle]
}

fn slice<'s, T>(values: &'s [T], bounds: &[usize]) -> &'s [T] {
    match bounds {
        [start, end] => values.get(*start..*end).unwrap_or_default(),
        _ => &[],
    }
}

/// Labels that are equal under scoring policy 8 get one index.
fn normalise(written: &Names, labels: &[Name]) -> (HashMap<String, u32>, Vec<Name>) {
    let mut names: HashMap<String, u32> = HashMap::new();
    let ids: Vec<u32> = written
        .texts()
        .iter()
        .map(|text| {
            let next = u32::try_from(names.len()).unwrap_or(u32::MAX);
            *names.entry(normalised(text).into_owned()).or_insert(next)
        })
        .collect();
    let labels = labels.iter().map(|name| name.and_then(|id| ids.get(id as usize).copied())).collect();
    (names, labels)
}

/// Pairwise IoU in row-major order.
///
/// ```
/// use rust_rewards::detection::pairwise;
/// let a = [[0.0, 0.0, 2.0, 2.0, 0.0]];
/// assert_eq!(pairwise(&a, &a), [1.0]);
/// ```
#[must_use]
pub fn pairwise(a: &[Rect], b: &[Rect]) -> Vec<f64> {
    let shapes: Vec<Shape> = b.iter().map(|rect| Shape::new(rect, Angles::Rotated)).collect();
    let row = |rect: &Rect| {
        let shape = Shape::new(rect, Angles::Rotated);
        shapes.iter().map(move |other| shape.iou(other)).collect::<Vec<f64>>()
    };
    a.iter().flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: Options = Options { min_iou: 0.0, angles: Angles::Rotated, greedy: false, threads: 1 };
    const A: Rect = [0.0, 0.0, 10.0, 10.0, 0.0];
    const B: Rect = [20.0, 0.0, 30.0, 10.0, 0.0];

    type Labels<'l> = Option<Vec<Vec<&'l str>>>;

    fn truth(rects: &[Rect], labels: Labels<'_>) -> BoxTruth {
        let offsets = [0, i64::try_from(rects.len()).unwrap()];
        BoxTruth::new(rects.to_vec(), &offsets, vec![[1.0, 1.0]], labels, None).unwrap()
    }

    fn answers(rects: &[Rect], invalid: i64, labels: Labels<'_>) -> BoxColumn {
        let offsets = [0, i64::try_from(rects.len()).unwrap()];
        BoxColumn::from_arrays(rects.to_vec(), &offsets, &[invalid], labels).unwrap()
    }

    fn score(truth: &BoxTruth, answers: &BoxColumn) -> f64 {
        truth.detection(answers, &[0], OPTIONS).unwrap()[0]
    }

    #[test]
    fn every_box_without_a_partner_costs() {
        let truth = truth(&[A, B], None);
        assert!((score(&truth, &answers(&[B, A], 0, None)) - 1.0).abs() < 1e-15);
        assert!((score(&truth, &answers(&[A], 0, None)) - 2.0 / 3.0).abs() < 1e-15);
        assert!((score(&truth, &answers(&[A, B, B], 1, None)) - 4.0 / 6.0).abs() < 1e-15);
    }

    #[test]
    fn nothing_and_nothing_is_one() {
        assert!((score(&truth(&[], None), &answers(&[], 0, None)) - 1.0).abs() < 1e-15);
        assert!(score(&truth(&[], None), &answers(&[], 1, None)) == 0.0);
    }

    #[test]
    fn labels_are_compared_where_both_sides_have_them() {
        let truth = truth(&[A], Some(vec![vec!["Storage Tank"]]));
        for (label, expected) in [("storage_tank.", 1.0), ("ship", 0.0)] {
            assert!((score(&truth, &answers(&[A], 0, Some(vec![vec![label]]))) - expected).abs() < 1e-15, "{label}");
        }
        assert!((score(&truth, &answers(&[A], 0, None)) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn predictions_are_scaled_to_the_frame_of_the_reference() {
        let scaled = BoxTruth::new(vec![A], &[0, 1], vec![[0.1, 0.2]], None::<Vec<Vec<&str>>>, None).unwrap();
        assert!((score(&scaled, &answers(&[[0.0, 0.0, 100.0, 50.0, 0.0]], 0, None)) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn bad_truth_scores_nothing() {
        let inverted = truth(&[[5.0, 0.0, 1.0, 1.0, 0.0]], None);
        assert_eq!(inverted.bad(), [true]);
        assert!(score(&inverted, &answers(&[[5.0, 0.0, 1.0, 1.0, 0.0]], 0, None)) == 0.0);
        assert_eq!(inverted.matches(&answers(&[A], 0, None), &[0], OPTIONS).unwrap()[0], Matches::default());
    }

    #[test]
    fn any_match_counts_repeated_hits() {
        let hits =
            truth(&[A], None).any_match(&answers(&[A, A, B], 1, None), &[0], Options { min_iou: 0.5, ..OPTIONS });
        assert_eq!(hits.unwrap(), [(2, 4)]);
    }

    #[test]
    fn pairs_are_named() {
        let pairs = truth(&[A, B], None).pairs(&answers(&[B], 0, None), 0, 0, OPTIONS).unwrap();
        assert_eq!(pairs, [(0, 1, 1.0)]);
    }

    #[test]
    fn greedy_takes_the_best_pair_first() {
        let truth = truth(&[A, [0.0, 0.0, 10.0, 8.0, 0.0]], None);
        let answers = answers(&[[0.0, 0.0, 10.0, 9.0, 0.0], [0.0, 0.0, 10.0, 20.0, 0.0]], 0, None);
        let pairs = |greedy| truth.pairs(&answers, 0, 0, Options { greedy, ..OPTIONS }).unwrap();
        assert_eq!(pairs(true), [(0, 0, 0.9), (1, 1, 0.4)]);
        assert_eq!(pairs(false), [(0, 1, 80.0 / 90.0), (1, 0, 0.5)]);
    }

    #[test]
    fn rows_must_fit() {
        let (truth, answers) = (truth(&[A], None), answers(&[A], 0, None));
        assert!(truth.detection(&answers, &[1], OPTIONS).is_err());
        assert!(truth.detection(&answers, &[0, 0], OPTIONS).is_err());
    }
}
