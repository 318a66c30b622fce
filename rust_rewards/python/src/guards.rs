//! What completions are as texts, read or not: how long, how repetitive.

use numpy::PyArray1;
use pyo3::prelude::*;
use rust_rewards::{parallel, repetition};

use crate::boxes::BoxColumn;
use crate::errors::{default_threads, option, run};
use crate::texts::{Texts, thread_count};

#[pyfunction]
#[pyo3(signature = (texts, /, *, words = 6, threads = default_threads()))]
pub(crate) fn repeated_words<'py>(
    py: Python<'py>,
    texts: &Bound<'_, Texts>,
    words: i64,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let length = usize::try_from(words).ok().filter(|&length| length > 0);
    let length = option(length, "words", &words.to_string(), "at least 1")?;
    let texts = texts.get().answers(py)?;
    let shares = run(py, || {
        let share = |row: usize| repetition::of_words(texts.completion(row), length);
        parallel::map(texts.count(), threads, || (), |(), row| share(row))
    })?;
    Ok(PyArray1::from_vec(py, shares))
}

#[pyfunction]
#[pyo3(signature = (answers, /))]
pub(crate) fn repeated_boxes<'py>(
    py: Python<'py>,
    answers: &Bound<'_, BoxColumn>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let answers = answers.get();
    Ok(PyArray1::from_vec(py, run(py, || repetition::of_column(&answers.0))?))
}

#[pyfunction]
#[pyo3(signature = (texts, /))]
pub(crate) fn completion_bytes<'py>(py: Python<'py>, texts: &Bound<'_, Texts>) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let texts = texts.get().answers(py)?;
    let lengths = (0..texts.count()).map(|row| texts.completion(row).len() as f64);
    Ok(PyArray1::from_iter(py, lengths))
}
