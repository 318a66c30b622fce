//! Boxes: parsing, truth, scores.

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rust_rewards::boxes::{self, Form, Syntax};
use rust_rewards::detection::{self, Options};
use rust_rewards::error::{self, InputError};
use rust_rewards::geometry::Angles;
use rust_rewards::matching::{Edges, Matcher};

use crate::arrays::{flags, integers, matrix, rows as rect_rows, to_integer, to_integers, to_matrix};
use crate::errors::{RewardInputError, default_threads, input, option, place, run, run_checked};
use crate::strings::{borrowed, lists};
use crate::text::TextColumn;
use crate::texts::{Texts, thread_count};

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct BoxColumn(pub(crate) boxes::BoxColumn);

#[pymethods]
impl BoxColumn {
    #[getter]
    fn reasons<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        PyArray1::from_slice(py, self.0.reasons())
    }

    #[getter]
    fn offsets<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        to_integers(py, self.0.offsets())
    }

    #[getter]
    fn array<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        to_matrix(py, self.0.rects().iter().copied())
    }

    #[getter]
    fn invalid<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        to_integers(py, self.0.invalid())
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[pyo3(signature = (row, /))]
    fn boxes<'py>(&self, py: Python<'py>, row: isize) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let row = self.0.row(place(row, self.0.len())?);
        to_matrix(py, row.map(|row| row.rects).unwrap_or_default().iter().copied())
    }

    #[pyo3(signature = (row, /))]
    fn labels<'py>(&self, py: Python<'py>, row: isize) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.labels(place(row, self.0.len())?))
    }

    #[pyo3(signature = (rows, /))]
    fn take(&self, rows: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (py, rows) = (rows.py(), integers("rows", rows)?);
        run_checked(py, || self.0.take(&rows)).map(Self)
    }

    #[staticmethod]
    #[pyo3(signature = (array, offsets, invalid, labels = None))]
    fn from_arrays(
        array: &Bound<'_, PyAny>,
        offsets: &Bound<'_, PyAny>,
        invalid: &Bound<'_, PyAny>,
        labels: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let labels = labels.map(|labels| lists("labels", labels)).transpose()?;
        let (rects, py) = (rect_rows("array", array)?, array.py());
        let (offsets, invalid) = (integers("offsets", offsets)?, integers("invalid", invalid)?);
        let labels = labels.as_deref().map(borrowed);
        run_checked(py, || boxes::BoxColumn::from_arrays(rects, &offsets, &invalid, labels)).map(Self)
    }
}

/// The names of the syntaxes.
pub(crate) const SYNTAXES: &str = "qwen-json, list4, list5, geochat, internvl or earthdial";

#[pyfunction]
#[pyo3(signature = (texts, /, *, syntax, extents, rows, one = false, threads = default_threads()))]
pub(crate) fn parse_boxes(
    py: Python<'_>,
    texts: &Bound<'_, Texts>,
    syntax: &str,
    extents: &Bound<'_, PyAny>,
    rows: &Bound<'_, PyAny>,
    one: bool,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<BoxColumn> {
    let texts = texts.get().answers(py)?;
    let form = Form { syntax: option(Syntax::of(syntax), "syntax", syntax, SYNTAXES)?, one };
    let extents = checked_extents(extents)?;
    let rows = integers("rows", rows)?;
    run_checked(py, || {
        error::length("rows", rows.len(), texts.count(), "the texts")?;
        let samples = error::rows("rows", &rows, extents.len())?;
        let extent = |row: usize| samples.get(row).and_then(|&sample| extents.get(sample)).copied().unwrap_or_default();
        Ok(BoxColumn(boxes::parse(rows.len(), threads, form, |row| (texts.answer(row), extent(row)))))
    })
}

#[pyfunction]
#[pyo3(signature = (texts, /, *, syntax, extents, rows, threads = default_threads()))]
pub(crate) fn parse_grounded(
    py: Python<'_>,
    texts: &Bound<'_, Texts>,
    syntax: &str,
    extents: &Bound<'_, PyAny>,
    rows: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<(TextColumn, BoxColumn)> {
    let texts = texts.get().answers(py)?;
    let syntax = grounded_syntax(syntax)?;
    let (extents, rows) = (checked_extents(extents)?, integers("rows", rows)?);
    let (words, boxes) = run_checked(py, || {
        error::length("rows", rows.len(), texts.count(), "the texts")?;
        let samples = error::rows("rows", &rows, extents.len())?;
        let extent = |row: usize| samples.get(row).and_then(|&sample| extents.get(sample)).copied().unwrap_or_default();
        let form = Form { syntax, one: false };
        Ok(boxes::parse_grounded(rows.len(), threads, form, |row| (texts.answer(row), extent(row))))
    })?;
    Ok((TextColumn::owned(words), BoxColumn(boxes)))
}

/// A syntax in which boxes stand among words.
pub(crate) fn grounded_syntax(name: &str) -> PyResult<Syntax> {
    option(Syntax::of(name), "syntax", name, "qwen-json, list4, list5, geochat or internvl")
}

pub(crate) fn checked_extents(extents: &Bound<'_, PyAny>) -> PyResult<Vec<[f64; 2]>> {
    let extents = rect_rows::<2>("extents", extents)?;
    match extents.iter().position(|extent| !extent.iter().all(|&side| side > 0.0)) {
        None => Ok(extents),
        Some(row) => {
            let found = extents.get(row).unwrap_or(&[f64::NAN; 2]);
            let message = format!("extents[{row}] is {found:?}; width and height must be above 0.");
            Err(RewardInputError::new_err(message))
        }
    }
}

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct BoxTruth(pub(crate) detection::BoxTruth);

#[pymethods]
impl BoxTruth {
    #[new]
    #[pyo3(signature = (array, offsets, scales, *, labels = None, bad = None))]
    fn new(
        array: &Bound<'_, PyAny>,
        offsets: &Bound<'_, PyAny>,
        scales: &Bound<'_, PyAny>,
        labels: Option<&Bound<'_, PyAny>>,
        bad: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let labels = labels.map(|labels| lists("labels", labels)).transpose()?;
        let (rects, py) = (rect_rows("array", array)?, array.py());
        let (offsets, scales, bad) = (integers("offsets", offsets)?, rect_rows("scales", scales)?, flags("bad", bad)?);
        let labels = labels.as_deref().map(borrowed);
        run_checked(py, || detection::BoxTruth::new(rects, &offsets, scales, labels, bad)).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[getter]
    fn bad<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<bool>> {
        PyArray1::from_slice(py, self.0.bad())
    }

    #[pyo3(signature = (answers, /, *, rows, min_iou = 0.0, angles = "rotated", threads = default_threads()))]
    fn detection<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, BoxColumn>,
        rows: &Bound<'_, PyAny>,
        min_iou: f64,
        angles: &str,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let (answers, rows) = (answers.get(), integers("rows", rows)?);
        let options = options("min_iou", min_iou, angles, threads)?;
        let scores = run_checked(py, || self.0.detection(&answers.0, &rows, options))?;
        Ok(PyArray1::from_vec(py, scores))
    }

    #[pyo3(signature = (answers, /, *, rows, min_iou = 0.5, angles = "rotated", greedy = false, threads = default_threads()))]
    #[expect(clippy::too_many_arguments, reason = "one a keyword of the Python method")]
    fn matches<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, BoxColumn>,
        rows: &Bound<'_, PyAny>,
        min_iou: f64,
        angles: &str,
        greedy: bool,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (answers, rows) = (answers.get(), integers("rows", rows)?);
        let options = Options { greedy, ..options("min_iou", min_iou, angles, threads)? };
        let found = run_checked(py, || self.0.matches(&answers.0, &rows, options))?;
        let counts = |found: detection::Matches| {
            [found.iou_sum, found.matched as f64, found.predicted as f64, found.truths as f64]
        };
        to_matrix(py, found.into_iter().map(counts))
    }

    #[pyo3(signature = (answers, /, *, rows, angles = "rotated", threads = default_threads()))]
    fn referring<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, BoxColumn>,
        rows: &Bound<'_, PyAny>,
        angles: &str,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let (answers, rows) = (answers.get(), integers("rows", rows)?);
        let options = options("min_iou", 0.0, angles, threads)?;
        let scores = run_checked(py, || self.0.referring(&answers.0, &rows, options))?;
        Ok(PyArray1::from_vec(py, scores))
    }

    #[pyo3(signature = (answers, /, *, rows, threshold = 0.5, angles = "rotated", threads = default_threads()))]
    fn any_match<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, BoxColumn>,
        rows: &Bound<'_, PyAny>,
        threshold: f64,
        angles: &str,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let (answers, rows) = (answers.get(), integers("rows", rows)?);
        let options = options("threshold", threshold, angles, threads)?;
        let found = run_checked(py, || self.0.any_match(&answers.0, &rows, options))?;
        to_matrix(py, found.into_iter().map(|(hits, predicted)| [hits, predicted].map(to_integer)))
    }

    #[pyo3(signature = (answers, row_of_answer, row_of_truth, /, *, min_iou = 0.0, angles = "rotated"))]
    fn pairs<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, BoxColumn>,
        row_of_answer: i64,
        row_of_truth: i64,
        min_iou: f64,
        angles: &str,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let answers = answers.get();
        let options = options("min_iou", min_iou, angles, 1)?;
        let pairs = run_checked(py, || self.0.pairs(&answers.0, row_of_answer, row_of_truth, options))?;
        to_matrix(py, pairs.into_iter().map(|(predicted, truth, iou)| [predicted as f64, truth as f64, iou]))
    }
}

pub(crate) fn options(name: &str, min_iou: f64, angles: &str, threads: usize) -> PyResult<Options> {
    let in_range = (0.0..=1.0).contains(&min_iou).then_some(min_iou);
    Ok(Options {
        min_iou: option(in_range, name, &min_iou.to_string(), "between 0 and 1")?,
        angles: option(Angles::of(angles), "angles", angles, "rotated, hull or drop")?,
        greedy: false,
        threads,
    })
}

#[pyfunction]
#[pyo3(signature = (a, b, /))]
pub(crate) fn iou<'py>(
    py: Python<'py>,
    a: &Bound<'_, PyAny>,
    b: &Bound<'_, PyAny>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (a, b) = (rect_rows("a", a)?, rect_rows("b", b)?);
    let values = run(py, || detection::pairwise(&a, &b))?;
    PyArray1::from_vec(py, values).reshape([a.len(), b.len()])
}

#[pyfunction]
#[pyo3(signature = (iou, /, *, min_iou = 0.0, greedy = false))]
pub(crate) fn assign<'py>(
    py: Python<'py>,
    iou: &Bound<'_, PyAny>,
    min_iou: f64,
    greedy: bool,
) -> PyResult<Bound<'py, PyArray2<i64>>> {
    let (values, columns) = matrix("iou", iou)?;
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        let (row, found) = (at / columns.max(1), values.get(at).map(f64::to_string).unwrap_or_default());
        return Err(input(&InputError::Value { argument: "iou", row, found, needed: "finite" }));
    }
    let pairs = run(py, || {
        let edges = Edges::of_matrix(&values, columns, min_iou);
        let mut matcher = Matcher::default();
        (if greedy { matcher.greedy(&edges) } else { matcher.assign(&edges) }).to_vec()
    })?;
    to_matrix(py, pairs.into_iter().map(|(row, column, _)| [row, column].map(to_integer)))
}
