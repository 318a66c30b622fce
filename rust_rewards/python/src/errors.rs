//! Core errors as Python exceptions, and the one way into the core.

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
