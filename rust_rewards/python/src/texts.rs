//! Completions and where their answers stand.

use std::borrow::Cow;

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rust_rewards::structure::{Reading, Span, Structure, read_all};
use rust_rewards::{Reason, ahead, error};

use crate::arrays::{integers, type_name};
use crate::errors::{RewardInputError, default_threads, input, option, place, run, threads};
use crate::strings::{self, held, texts};

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct Texts {
    /// Kept as Python has them: a view of each is had for a few nanoseconds, an owner of its own would be counted twice.
    completions: Py<PyTuple>,
    readings: Vec<Reading>,
}

/// The same with the UTF-8 of the completions in view, to be read without the GIL.
pub(crate) struct Answers<'t> {
    completions: Vec<Cow<'t, str>>,
    readings: &'t [Reading],
}

impl Answers<'_> {
    pub(crate) fn count(&self) -> usize {
        self.readings.len()
    }

    /// The answer of a row, or why there is none. Answers are read in turn, so one of the next is asked for.
    pub(crate) fn answer(&self, row: usize) -> Result<&str, Reason> {
        if let Ok(next) = self.peek(row + ahead::STEPS) {
            ahead::ask(next);
        }
        self.peek(row)
    }

    fn peek(&self, row: usize) -> Result<&str, Reason> {
        self.readings.get(row).ok_or(Reason::NoAnswer)?.answer.map(|span| span.of(self.completion(row)))
    }

    /// Where the answer of a row starts in its completion.
    pub(crate) fn start(&self, row: usize) -> usize {
        self.readings.get(row).and_then(|reading| reading.answer.ok()).map_or(0, |span| span.start)
    }

    /// The whole completion of a row, read or not.
    pub(crate) fn completion(&self, row: usize) -> &str {
        self.completions.get(row).map(|text| &**text).unwrap_or_default()
    }
}

impl Texts {
    /// The completions.
    pub(crate) fn completions<'py>(&self, py: Python<'py>) -> &Bound<'py, PyTuple> {
        self.completions.bind(py)
    }

    pub(crate) fn count(&self) -> usize {
        self.readings.len()
    }

    pub(crate) fn answers<'t>(&'t self, py: Python<'t>) -> PyResult<Answers<'t>> {
        Ok(self.answers_in(texts("completions", self.completions(py))?))
    }

    /// The same for who has the completions in view already.
    pub(crate) fn answers_in<'t>(&'t self, completions: Vec<Cow<'t, str>>) -> Answers<'t> {
        Answers { completions, readings: &self.readings }
    }

    /// The part of a row's completion that `part` names.
    fn part(&self, py: Python<'_>, row: isize, part: impl Fn(Reading) -> Option<Span>) -> PyResult<Option<String>> {
        let row = place(row, self.count())?;
        let text = strings::text("completions", row, self.completions(py).get_borrowed_item(row)?)?;
        let span = self.readings.get(row).copied().and_then(part);
        Ok(span.map(|span| span.of(&text).to_owned()))
    }
}

#[pymethods]
impl Texts {
    #[getter]
    fn format<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_iter(py, self.readings.iter().map(|reading| f64::from(u8::from(reading.format))))
    }

    #[getter]
    fn reasons<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        PyArray1::from_iter(py, self.readings.iter().map(|reading| reading.answer.err().map_or(0, Reason::code)))
    }

    fn __len__(&self) -> usize {
        self.count()
    }

    fn __getitem__(&self, py: Python<'_>, row: isize) -> PyResult<Option<String>> {
        self.part(py, row, |reading| reading.answer.ok())
    }

    #[pyo3(signature = (row, /))]
    fn think(&self, py: Python<'_>, row: isize) -> PyResult<Option<String>> {
        self.part(py, row, |reading| reading.think)
    }

    #[pyo3(signature = (rows, /))]
    fn take(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<Self> {
        let rows = error::rows("rows", &integers("rows", rows)?, self.count()).map_err(|error| input(&error))?;
        let completions = self.completions(py);
        let taken = rows.iter().map(|&row| completions.get_borrowed_item(row)).collect::<PyResult<Vec<_>>>()?;
        let readings = rows.iter().filter_map(|&row| self.readings.get(row).copied()).collect();
        Ok(Self { completions: PyTuple::new(py, taken)?.unbind(), readings })
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
    let completions = held("completions", completions)?;
    let texts = texts("completions", &completions)?;
    let readings = run(py, || read_all(&texts, layout, opens_think, threads))?;
    drop(texts);
    Ok(Texts { completions: completions.unbind(), readings })
}

/// The argument `threads` of every function.
pub(crate) fn thread_count(value: &Bound<'_, PyAny>) -> PyResult<usize> {
    let found = || format!("threads must be an int; found {}.", type_name(value));
    threads(value.extract().map_err(|_| RewardInputError::new_err(found()))?)
}
