//! Whole rewards: a list of completions in, columns out, in one pass.

use std::borrow::Cow;

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rust_rewards::boxes::{Form, Syntax};
use rust_rewards::error::InputError;
use rust_rewards::pipeline::{Batch, Layout, Scored};
use rust_rewards::structure::Structure;
use rust_rewards::text::{Rate, Rouge, Score, Variant};

use crate::answers::AnswerTruth;
use crate::arrays::integers;
use crate::boxes::{BoxTruth, SYNTAXES, checked_extents, grounded_syntax, options};
use crate::errors::{default_threads, option, run_checked};
use crate::labels::LabelTruth;
use crate::strings::{held, texts};
use crate::text::{TextTruth, combination};
use crate::texts::{STRUCTURES, thread_count};

/// format float64[n], reason codes uint8[n], scores float64[n]
type Columns<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<u8>>, Bound<'py, PyArray1<f64>>);
/// format float64[n], reason codes uint8[n], m scores float64[m, n]
type Matrix<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<u8>>, Bound<'py, PyArray2<f64>>);

/// What every whole reward takes.
struct Work<'t> {
    completions: Vec<Cow<'t, str>>,
    rows: Vec<i64>,
    layout: Layout,
    threads: usize,
}

impl<'t> Work<'t> {
    fn new(
        completions: &'t Bound<'_, PyTuple>,
        rows: &Bound<'_, PyAny>,
        structure: &str,
        opens_think: bool,
        threads: usize,
    ) -> PyResult<Self> {
        let layout =
            Layout { structure: option(Structure::of(structure), "structure", structure, STRUCTURES)?, opens_think };
        Ok(Self { completions: texts("completions", completions)?, rows: integers("rows", rows)?, layout, threads })
    }

    /// Score all completions without the GIL.
    fn run<'py>(
        &self,
        py: Python<'py>,
        score: impl FnOnce(Batch<'_, Cow<'t, str>>) -> Result<Scored, InputError> + Send,
    ) -> PyResult<Columns<'py>> {
        let Self { completions, rows, layout, threads } = self;
        let found = run_checked(py, || score(Batch { completions, rows, layout: *layout, threads: *threads }))?;
        let (format, codes) = (PyArray1::from_vec(py, found.format), PyArray1::from_vec(py, found.reasons));
        Ok((format, codes, PyArray1::from_vec(py, found.scores)))
    }

    /// As [`Work::run`], of several scores: float64[width, n], so that each is one piece of memory.
    fn run_several<'py>(
        &self,
        py: Python<'py>,
        width: usize,
        score: impl FnOnce(Batch<'_, Cow<'t, str>>) -> Result<Scored, InputError> + Send,
    ) -> PyResult<Matrix<'py>> {
        let by_score = |found: Scored| {
            let column = |place| found.scores.iter().skip(place).step_by(width).copied();
            Scored { scores: (0..width).flat_map(column).collect(), ..found }
        };
        let (format, codes, scores) = self.run(py, |batch| score(batch).map(by_score))?;
        Ok((format, codes, scores.reshape([width, self.completions.len()])?))
    }
}

#[pyfunction]
#[pyo3(signature = (completions, truth, /, *, rows, structure, opens_think = false, syntax, extents, one = false, min_iou = 0.0, angles = "rotated", threads = default_threads()))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn score_boxes<'py>(
    py: Python<'py>,
    completions: &Bound<'py, PyAny>,
    truth: &Bound<'py, BoxTruth>,
    rows: &Bound<'py, PyAny>,
    structure: &str,
    opens_think: bool,
    syntax: &str,
    extents: &Bound<'py, PyAny>,
    one: bool,
    min_iou: f64,
    angles: &str,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<Columns<'py>> {
    let form = Form { syntax: option(Syntax::of(syntax), "syntax", syntax, SYNTAXES)?, one };
    let options = options("min_iou", min_iou, angles, 1)?;
    let (extents, truth) = (checked_extents(extents)?, truth.get());
    let completions = held("completions", completions)?;
    let work = Work::new(&completions, rows, structure, opens_think, threads)?;
    work.run(py, |batch| batch.boxes(&truth.0, form, &extents, options))
}

#[pyfunction]
#[pyo3(signature = (completions, truth, /, *, rows, structure, opens_think = false, many, threads = default_threads()))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn score_labels<'py>(
    py: Python<'py>,
    completions: &Bound<'py, PyAny>,
    truth: &Bound<'py, LabelTruth>,
    rows: &Bound<'py, PyAny>,
    structure: &str,
    opens_think: bool,
    many: bool,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<Columns<'py>> {
    let truth = truth.get();
    let completions = held("completions", completions)?;
    let work = Work::new(&completions, rows, structure, opens_think, threads)?;
    work.run(py, |batch| batch.labels(&truth.0, many))
}

#[pyfunction]
#[pyo3(signature = (completions, truth, /, *, rows, structure, opens_think = false, many, threads = default_threads()))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn count_labels<'py>(
    py: Python<'py>,
    completions: &Bound<'py, PyAny>,
    truth: &Bound<'py, LabelTruth>,
    rows: &Bound<'py, PyAny>,
    structure: &str,
    opens_think: bool,
    many: bool,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<Matrix<'py>> {
    let truth = truth.get();
    let completions = held("completions", completions)?;
    let work = Work::new(&completions, rows, structure, opens_think, threads)?;
    work.run_several(py, 3, |batch| batch.label_counts(&truth.0, many))
}

#[pyfunction]
#[pyo3(signature = (completions, truth, /, *, rows, structure, opens_think = false, threads = default_threads()))]
pub(crate) fn score_answers<'py>(
    py: Python<'py>,
    completions: &Bound<'py, PyAny>,
    truth: &Bound<'py, AnswerTruth>,
    rows: &Bound<'py, PyAny>,
    structure: &str,
    opens_think: bool,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<Columns<'py>> {
    let truth = truth.get();
    let completions = held("completions", completions)?;
    let work = Work::new(&completions, rows, structure, opens_think, threads)?;
    work.run(py, |batch| batch.answers(&truth.0))
}

#[pyfunction]
#[pyo3(signature = (completions, truth, /, *, rows, structure, opens_think = false, scores, threads = default_threads()))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn score_texts<'py>(
    py: Python<'py>,
    completions: &Bound<'py, PyAny>,
    truth: &Bound<'py, TextTruth>,
    rows: &Bound<'py, PyAny>,
    structure: &str,
    opens_think: bool,
    scores: Vec<(String, bool, String, String)>,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<Matrix<'py>> {
    let scores = scores
        .into_iter()
        .map(|(name, stemmer, rate, several)| Ok((text_score(&name, stemmer, &rate)?, combination(&several)?)));
    let (scores, truth) = (scores.collect::<PyResult<Vec<_>>>()?, truth.get());
    let completions = held("completions", completions)?;
    let work = Work::new(&completions, rows, structure, opens_think, threads)?;
    work.run_several(py, scores.len(), |batch| batch.texts(&truth.0, &scores))
}

fn text_score(name: &str, stemmer: bool, rate: &str) -> PyResult<Score> {
    let rate = option(Rate::of(rate), "rate", rate, "f, precision or recall")?;
    let rouge = Variant::of(name).map(|variant| Score::Rouge(Rouge { variant, stemmer, rate }));
    let score = match name {
        "lcs_f" => Some(Score::LcsF),
        "jaccard" => Some(Score::Jaccard),
        _ => rouge,
    };
    option(score, "score", name, "lcs_f, jaccard, rouge1, rouge2, rougeL or rougeLsum")
}

#[pyfunction]
#[pyo3(signature = (completions, boxes, texts, /, *, rows, structure, opens_think = false, syntax, extents, threads = default_threads()))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn score_grounded<'py>(
    py: Python<'py>,
    completions: &Bound<'py, PyAny>,
    boxes: &Bound<'py, BoxTruth>,
    texts: &Bound<'py, TextTruth>,
    rows: &Bound<'py, PyAny>,
    structure: &str,
    opens_think: bool,
    syntax: &str,
    extents: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<Matrix<'py>> {
    let (syntax, options) = (grounded_syntax(syntax)?, options("min_iou", 0.0, "rotated", 1)?);
    let (extents, truth) = (checked_extents(extents)?, (&boxes.get().0, &texts.get().0));
    let completions = held("completions", completions)?;
    let work = Work::new(&completions, rows, structure, opens_think, threads)?;
    work.run_several(py, 2, |batch| batch.grounded(truth, syntax, &extents, options, Score::LcsF))
}
