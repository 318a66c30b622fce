//! Short answers: counts, yes or no, labels.

use numpy::PyArray1;
use pyo3::prelude::*;
use rust_rewards::answers::{self, Value};
use rust_rewards::{Reason, error, parallel};

use crate::arrays::integers;
use crate::errors::{default_threads, input, place, run};
use crate::strings::sources;
use crate::texts::{Texts, thread_count};

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct AnswerColumn(Vec<Result<Value, Reason>>);

/// A value for Python.
#[derive(IntoPyObject)]
enum Plain<'a> {
    Count(u32),
    Word(&'a str),
}

#[pymethods]
impl AnswerColumn {
    #[getter]
    fn reasons<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        PyArray1::from_iter(py, self.0.iter().map(|value| value.as_ref().err().map_or(0, |reason| reason.code())))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __getitem__(&self, row: isize) -> PyResult<Option<Plain<'_>>> {
        let value = self.0.get(place(row, self.0.len())?).and_then(|value| value.as_ref().ok());
        Ok(value.map(|value| match value {
            Value::Count(count) => Plain::Count(*count),
            Value::Word(word) => Plain::Word(word),
        }))
    }

    #[pyo3(signature = (rows, /))]
    fn take(&self, rows: &Bound<'_, PyAny>) -> PyResult<Self> {
        let rows = error::rows("rows", &integers("rows", rows)?, self.0.len()).map_err(|error| input(&error))?;
        Ok(Self(rows.into_iter().filter_map(|row| self.0.get(row).cloned()).collect()))
    }

    #[pyo3(signature = (truth, /, *, rows))]
    fn equal<'py>(
        &self,
        py: Python<'py>,
        truth: &Bound<'_, AnswerTruth>,
        rows: &Bound<'_, PyAny>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let truth = truth.get();
        let samples = truth.samples(rows, self.0.len())?;
        let is_met = |(value, sample): (&Result<Value, Reason>, usize)| {
            let is_met = value.as_ref().is_ok_and(|value| truth.0.asked(sample).is_met_by(value));
            f64::from(u8::from(is_met))
        };
        let scores = run(py, || self.0.iter().zip(samples).map(is_met).collect::<Vec<f64>>())?;
        Ok(PyArray1::from_vec(py, scores))
    }
}

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct AnswerTruth(pub(crate) answers::AnswerTruth);

#[pymethods]
impl AnswerTruth {
    #[new]
    #[pyo3(signature = (references, /, *, count = false))]
    fn new(py: Python<'_>, references: &Bound<'_, PyAny>, count: bool) -> PyResult<Self> {
        let references = sources("references", references)?;
        run(py, || answers::AnswerTruth::new(references.iter().map(|reference| &**reference), count)).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }
}

impl AnswerTruth {
    /// The checked sample of each row, of which there must be as many as answers.
    fn samples(&self, rows: &Bound<'_, PyAny>, answers: usize) -> PyResult<Vec<usize>> {
        let rows = integers("rows", rows)?;
        error::length("rows", rows.len(), answers, "the answers").map_err(|error| input(&error))?;
        error::rows("rows", &rows, self.0.len()).map_err(|error| input(&error))
    }
}

#[pyfunction]
#[pyo3(signature = (texts, /, *, truth, rows, threads = default_threads()))]
pub(crate) fn parse_answers(
    py: Python<'_>,
    texts: &Bound<'_, Texts>,
    truth: &Bound<'_, AnswerTruth>,
    rows: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<AnswerColumn> {
    let (texts, truth) = (texts.get().answers(py)?, truth.get());
    let samples = truth.samples(rows, texts.count())?;
    let values = run(py, || {
        parallel::map(
            samples.len(),
            threads,
            || (),
            |(), row| {
                let sample = samples.get(row).copied().unwrap_or(usize::MAX);
                texts.answer(row).and_then(|text| truth.0.asked(sample).read(text))
            },
        )
    })?;
    Ok(AnswerColumn(values))
}
