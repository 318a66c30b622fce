//! Whole rewards: a list of completions in, columns out, in one pass.

use std::borrow::Cow;

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rust_rewards::boxes::{Form, Syntax};
use rust_rewards::error::InputError;
use rust_rewards::labels::Overlap;
use rust_rewards::pipeline::{Batch, Layout, Scored};
use rust_rewards::structure::Structure;
use rust_rewards::text::{Rate, Rouge, Score, Variant};

use crate::arrays::{integers, to_matrix};
use crate::boxes::{BoxTruth, SYNTAXES, checked_extents, options};
use crate::errors::{default_threads, option, run_checked};
use crate::labels::LabelTruth;
use crate::strings::{held, texts};
use crate::text::{TextTruth, combination};
use crate::texts::{STRUCTURES, thread_count};

type Floats<'py> = Bound<'py, PyArray1<f64>>;
type Codes<'py> = Bound<'py, PyArray1<u8>>;

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
    fn run<T: Send>(
        &self,
        py: Python<'_>,
        score: impl FnOnce(Batch<'_, Cow<'t, str>>) -> Result<Scored<T>, InputError> + Send,
    ) -> PyResult<Scored<T>> {
        let Self { completions, rows, layout, threads } = self;
        run_checked(py, || score(Batch { completions, rows, layout: *layout, threads: *threads }))
    }
}

/// The columns for Python: float64[n], uint8[n], and the scores.
fn columns<T>(py: Python<'_>, found: Scored<T>) -> (Floats<'_>, Codes<'_>, Vec<T>) {
    (PyArray1::from_vec(py, found.format), PyArray1::from_vec(py, found.reasons), found.scores)
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
) -> PyResult<(Floats<'py>, Codes<'py>, Floats<'py>)> {
    let form = Form { syntax: option(Syntax::of(syntax), "syntax", syntax, SYNTAXES)?, one };
    let options = options("min_iou", min_iou, angles, 1)?;
    let (extents, truth) = (checked_extents(extents)?, truth.get());
    let completions = held("completions", completions)?;
    let work = Work::new(&completions, rows, structure, opens_think, threads)?;
    let found = work.run(py, |batch| batch.boxes(&truth.0, form, &extents, options))?;
    let (format, codes, scores) = columns(py, found);
    Ok((format, codes, PyArray1::from_vec(py, scores)))
}

#[pyfunction]
#[pyo3(signature = (completions, truth, /, *, rows, structure, opens_think = false, many, counts = false, threads = default_threads()))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn score_labels<'py>(
    py: Python<'py>,
    completions: &Bound<'py, PyAny>,
    truth: &Bound<'py, LabelTruth>,
    rows: &Bound<'py, PyAny>,
    structure: &str,
    opens_think: bool,
    many: bool,
    counts: bool,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<(Floats<'py>, Codes<'py>, Bound<'py, PyAny>)> {
    let truth = truth.get();
    let completions = held("completions", completions)?;
    let work = Work::new(&completions, rows, structure, opens_think, threads)?;
    if counts {
        let of_labels =
            |overlap: Overlap| [overlap.shared, overlap.predicted, overlap.truths].map(|count| count as f64);
        let (format, codes, counts) = columns(py, work.run(py, |batch| batch.labels(&truth.0, many, of_labels))?);
        return Ok((format, codes, to_matrix(py, counts)?.into_any()));
    }
    let (format, codes, equal) = columns(py, work.run(py, |batch| batch.labels(&truth.0, many, Overlap::equal))?);
    Ok((format, codes, PyArray1::from_vec(py, equal).into_any()))
}

#[pyfunction]
#[pyo3(signature = (completions, truth, /, *, rows, structure, opens_think = false, score, stemmer = false, rate = "f", several = "best", threads = default_threads()))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn score_texts<'py>(
    py: Python<'py>,
    completions: &Bound<'py, PyAny>,
    truth: &Bound<'py, TextTruth>,
    rows: &Bound<'py, PyAny>,
    structure: &str,
    opens_think: bool,
    score: &str,
    stemmer: bool,
    rate: &str,
    several: &str,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<(Floats<'py>, Codes<'py>, Floats<'py>)> {
    let rate = option(Rate::of(rate), "rate", rate, "f, precision or recall")?;
    let rouge = Variant::of(score).map(|variant| Score::Rouge(Rouge { variant, stemmer, rate }));
    let chosen = match score {
        "lcs_f" => Some(Score::LcsF),
        "jaccard" => Some(Score::Jaccard),
        _ => rouge,
    };
    let needed = "lcs_f, jaccard, rouge1, rouge2, rougeL or rougeLsum";
    let (chosen, several, truth) = (option(chosen, "score", score, needed)?, combination(several)?, truth.get());
    let completions = held("completions", completions)?;
    let work = Work::new(&completions, rows, structure, opens_think, threads)?;
    let found = work.run(py, |batch| batch.texts(&truth.0, chosen, several))?;
    let (format, codes, scores) = columns(py, found);
    Ok((format, codes, PyArray1::from_vec(py, scores)))
}
