//! Texts as EarthDial's and GeoChat's scorers compare them.

use numpy::PyArray1;
use pyo3::prelude::*;
use rust_rewards::tokens;

use crate::errors::{default_threads, run};
use crate::strings::sources;
use crate::text::TextColumn;
use crate::texts::thread_count;

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct TokenTruth(tokens::TokenTruth);

#[pymethods]
impl TokenTruth {
    #[new]
    #[pyo3(signature = (references, /))]
    fn new(py: Python<'_>, references: &Bound<'_, PyAny>) -> PyResult<Self> {
        let references = sources("references", references)?;
        run(py, || Self(tokens::TokenTruth::new(references.iter().map(|text| &**text))))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[pyo3(signature = (answers, /, *, rows, threads = default_threads()))]
    fn recall<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, TextColumn>,
        rows: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let scores =
            TextColumn::judged(answers, rows, |answers, rows| self.0.recall(rows, threads, |row| answers.text(row)))?;
        Ok(PyArray1::from_vec(py, scores))
    }

    #[pyo3(signature = (answers, /, *, rows, threads = default_threads()))]
    fn spaceless_equal<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, TextColumn>,
        rows: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let scores = TextColumn::judged(answers, rows, |answers, rows| {
            self.0.spaceless_equal(rows, threads, |row| answers.text(row))
        })?;
        Ok(PyArray1::from_vec(py, scores))
    }
}
