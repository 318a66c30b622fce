//! Core errors as Python exceptions, and the one way into the core.

use std::cell::Cell;

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use rust_rewards::error::InputError;
use rust_rewards::parallel;

pyo3::create_exception!(geovlm_cli._rust_rewards, RewardInputError, PyValueError);
pyo3::create_exception!(geovlm_cli._rust_rewards, RewardInternalError, PyException);

/// Run core code without the GIL; a panic in it becomes `RewardInternalError`.
pub(crate) fn run<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    let result = py.detach(|| parallel::guarded(work));
    result.map_err(|panicked| RewardInternalError::new_err(panicked.to_string()))
}

/// As [`run`], for core code that checks its input.
pub(crate) fn run_checked<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, InputError> + Send) -> PyResult<T> {
    run(py, work)?.map_err(|error| input(&error))
}

/// An error of the caller.
pub(crate) fn input(error: &InputError) -> PyErr {
    RewardInputError::new_err(error.to_string())
}

/// An option that has another value than those it may have.
pub(crate) fn option<T>(value: Option<T>, name: &str, found: &str, needed: &str) -> PyResult<T> {
    value.ok_or_else(|| RewardInputError::new_err(format!("{name} is {found}; it must be {needed}.")))
}

thread_local! {
    /// What [`default_threads`] gives on this thread while a caller has asked for a number; 0 where none has.
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// The threads of a call that names none: what [`set_threads`] said last on this thread, else `GEOVLM_THREADS`, else 1.
pub(crate) fn default_threads() -> usize {
    let asked = ASKED.get();
    if asked > 0 {
        return asked;
    }
    let named = std::env::var("GEOVLM_THREADS").ok().and_then(|count| count.parse().ok());
    named.filter(|&count| count > 0).unwrap_or(1)
}

/// Set the threads of calls of this Python thread that name none, 0 for no wish; gives what was set before.
#[pyfunction]
#[pyo3(signature = (threads, /))]
pub(crate) fn set_threads(threads: usize) -> usize {
    ASKED.replace(threads)
}

/// The number of threads that a caller asks for.
pub(crate) fn threads(threads: i64) -> PyResult<usize> {
    let count = usize::try_from(threads).ok().filter(|&count| count > 0);
    option(count, "threads", &threads.to_string(), "at least 1")
}

/// A place in a column, counted from the end where negative.
pub(crate) fn place(row: isize, len: usize) -> PyResult<usize> {
    let place = if row < 0 { len.checked_sub(row.unsigned_abs()) } else { usize::try_from(row).ok() };
    let error = || pyo3::exceptions::PyIndexError::new_err(format!("row {row} of a column of {len} rows"));
    place.filter(|&place| place < len).ok_or_else(error)
}
