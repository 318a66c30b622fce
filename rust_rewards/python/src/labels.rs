//! Labels: parsing, truth, overlap.

use std::sync::Arc;

use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rust_rewards::error;
use rust_rewards::labels;

use crate::arrays::{flags, integers, to_integer, to_matrix};
use crate::errors::{default_threads, place, run_checked};
use crate::strings::{borrowed, lists};
use crate::texts::{Texts, thread_count};

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct LabelColumn(labels::LabelColumn);

#[pymethods]
impl LabelColumn {
    #[getter]
    fn reasons<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        PyArray1::from_slice(py, self.0.reasons())
    }

    fn __len__(&self) -> usize {
        self.0.len()
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
}

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct LabelTruth(pub(crate) Arc<labels::LabelTruth>);

#[pymethods]
impl LabelTruth {
    #[new]
    #[pyo3(signature = (vocabularies, vocabulary_of, references, *, bad = None))]
    fn new(
        vocabularies: &Bound<'_, PyAny>,
        vocabulary_of: &Bound<'_, PyAny>,
        references: &Bound<'_, PyAny>,
        bad: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let vocabularies = lists("vocabularies", vocabularies)?;
        let references = lists("references", references)?;
        let (py, bad) = (vocabulary_of.py(), flags("bad", bad)?);
        let vocabulary_of = integers("vocabulary_of", vocabulary_of)?;
        let (vocabularies, references) = (borrowed(&vocabularies), borrowed(&references));
        let truth = run_checked(py, || labels::LabelTruth::new(vocabularies, &vocabulary_of, references, bad))?;
        Ok(Self(Arc::new(truth)))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[getter]
    fn bad<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<bool>> {
        PyArray1::from_slice(py, self.0.bad())
    }

    #[pyo3(signature = (answers, /, *, rows, threads = default_threads()))]
    fn equal<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, LabelColumn>,
        rows: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let (answers, rows) = (answers.get(), integers("rows", rows)?);
        let scores = run_checked(py, || answers.0.equal(&self.0, &rows, threads))?;
        Ok(PyArray1::from_vec(py, scores))
    }

    #[pyo3(signature = (answers, /, *, rows, threads = default_threads()))]
    fn overlap<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, LabelColumn>,
        rows: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let (answers, rows) = (answers.get(), integers("rows", rows)?);
        let found = run_checked(py, || answers.0.overlap(&self.0, &rows, threads))?;
        to_matrix(py, found.into_iter().map(|found| [found.shared, found.predicted, found.truths].map(to_integer)))
    }
}

#[pyfunction]
#[pyo3(signature = (texts, /, *, truth, rows, many, threads = default_threads()))]
pub(crate) fn parse_labels(
    py: Python<'_>,
    texts: &Bound<'_, Texts>,
    truth: &Bound<'_, LabelTruth>,
    rows: &Bound<'_, PyAny>,
    many: bool,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<LabelColumn> {
    let (texts, truth, rows) = (texts.get().answers(py)?, truth.get(), integers("rows", rows)?);
    run_checked(py, || {
        error::length("rows", rows.len(), texts.count(), "the texts")?;
        labels::parse(&truth.0, &rows, many, threads, |row| texts.answer(row)).map(LabelColumn)
    })
}
