//! Completions and where their answers stand.

use std::sync::Arc;

use numpy::PyArray1;
use pyo3::prelude::*;
use rust_rewards::structure::{Reading, Structure, read};
use rust_rewards::{Reason, error, parallel};

use crate::arrays::{integers, type_name};
use crate::errors::{RewardInputError, default_threads, input, option, place, run, threads};
use crate::strings::{Source, sources};

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct Texts {
    completions: Arc<Vec<Source>>,
    rows: Vec<Row>,
}

#[derive(Clone, Copy)]
struct Row {
    completion: usize,
    reading: Reading,
}

impl Texts {
    /// The completions, which columns made of these texts keep alive.
    pub(crate) fn completions(&self) -> &Arc<Vec<Source>> {
        &self.completions
    }

    pub(crate) fn count(&self) -> usize {
        self.rows.len()
    }

    /// The answer of a row, or why there is none.
    pub(crate) fn answer(&self, row: usize) -> Result<&str, Reason> {
        let (text, reading) = self.row(row).ok_or(Reason::NoAnswer)?;
        reading.answer.map(|span| span.of(text))
    }

    /// The whole completion of a row, read or not.
    pub(crate) fn completion(&self, row: usize) -> Option<&str> {
        self.row(row).map(|(text, _)| text)
    }

    /// Where the answer of a row stands: index of the completion, first byte.
    pub(crate) fn origin(&self, row: usize) -> Option<(usize, usize)> {
        let row = self.rows.get(row)?;
        Some((row.completion, row.reading.answer.ok()?.start))
    }

    fn row(&self, row: usize) -> Option<(&str, Reading)> {
        let row = self.rows.get(row)?;
        Some((self.completions.get(row.completion)?, row.reading))
    }
}

#[pymethods]
impl Texts {
    #[getter]
    fn format<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_iter(py, self.rows.iter().map(|row| f64::from(u8::from(row.reading.format))))
    }

    #[getter]
    fn reasons<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        PyArray1::from_iter(py, self.rows.iter().map(|row| row.reading.answer.err().map_or(0, Reason::code)))
    }

    fn __len__(&self) -> usize {
        self.count()
    }

    fn __getitem__(&self, row: isize) -> PyResult<Option<&str>> {
        Ok(self.answer(place(row, self.count())?).ok())
    }

    #[pyo3(signature = (row, /))]
    fn think(&self, row: isize) -> PyResult<Option<&str>> {
        let found = self.row(place(row, self.count())?);
        Ok(found.and_then(|(text, reading)| Some(reading.think?.of(text))))
    }

    #[pyo3(signature = (rows, /))]
    fn take(&self, rows: &Bound<'_, PyAny>) -> PyResult<Self> {
        let rows = error::rows("rows", &integers("rows", rows)?, self.count()).map_err(|error| input(&error))?;
        let rows = rows.into_iter().filter_map(|row| self.rows.get(row).copied()).collect();
        Ok(Self { completions: Arc::clone(&self.completions), rows })
    }
}

/// The names of the structures.
pub(crate) const STRUCTURES: &str = "think_answer, answer, plain or any";

#[pyfunction]
#[pyo3(signature = (completions, /, *, structure, opens_think = false, threads = default_threads()))]
pub(crate) fn read_structure(
    py: Python<'_>,
    completions: &Bound<'_, PyAny>,
    structure: &str,
    opens_think: bool,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<Texts> {
    let layout = option(Structure::of(structure), "structure", structure, STRUCTURES)?;
    let completions = sources("completions", completions)?;
    let rows = run(py, || {
        parallel::map(
            completions.len(),
            threads,
            || (),
            |(), completion| {
                let text = completions.get(completion).map(|text| &**text).unwrap_or_default();
                Row { completion, reading: read(text, layout, opens_think) }
            },
        )
    })?;
    Ok(Texts { completions: Arc::new(completions), rows })
}

/// The argument `threads` of every function.
pub(crate) fn thread_count(value: &Bound<'_, PyAny>) -> PyResult<usize> {
    let found = || format!("threads must be an int; found {}.", type_name(value));
    threads(value.extract().map_err(|_| RewardInputError::new_err(found()))?)
}
