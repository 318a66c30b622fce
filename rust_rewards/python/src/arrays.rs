//! numpy arrays as plain Rust data. They are copied: small beside the texts, and free of races once the GIL is gone.

use numpy::{Element, Ix1, Ix2, PyArray, PyArray1, PyArray2, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::errors::RewardInputError;

/// int64[n]
pub(crate) fn integers(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<i64>> {
    vector(argument, value, "int64[n]")
}

/// float64[n]
pub(crate) fn floats(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    vector(argument, value, "float64[n]")
}

/// bool[n]
pub(crate) fn flags(argument: &str, value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Vec<bool>>> {
    value.map(|value| vector(argument, value, "bool[n]")).transpose()
}

/// float64[n, COLUMNS]
pub(crate) fn rows<const COLUMNS: usize>(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<[f64; COLUMNS]>> {
    let needed = format!("float64[n, {COLUMNS}]");
    let (values, columns) = matrix_as(argument, value, &needed)?;
    if columns != COLUMNS {
        return Err(wrong(argument, value, &needed));
    }
    let (rows, _) = values.as_chunks();
    Ok(rows.to_vec())
}

/// float64[n, m] in row-major order, with m.
pub(crate) fn matrix(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<(Vec<f64>, usize)> {
    matrix_as(argument, value, "float64[n, m]")
}

fn matrix_as(argument: &str, value: &Bound<'_, PyAny>, needed: &str) -> PyResult<(Vec<f64>, usize)> {
    let array = value.cast::<PyArray<f64, Ix2>>().map_err(|_| wrong(argument, value, needed))?;
    let array = array.try_readonly().map_err(|_| wrong(argument, value, needed))?;
    let columns = array.as_array().ncols();
    Ok((array.as_array().iter().copied().collect(), columns))
}

fn vector<T: Element + Copy>(argument: &str, value: &Bound<'_, PyAny>, needed: &str) -> PyResult<Vec<T>> {
    let array = value.cast::<PyArray<T, Ix1>>().map_err(|_| wrong(argument, value, needed))?;
    let array = array.try_readonly().map_err(|_| wrong(argument, value, needed))?;
    Ok(array.as_array().iter().copied().collect())
}

fn wrong(argument: &str, value: &Bound<'_, PyAny>, needed: &str) -> PyErr {
    let found = match value.cast::<PyUntypedArray>() {
        Ok(array) => format!("{}{:?}", array.dtype(), array.shape()),
        Err(_) => type_name(value),
    };
    RewardInputError::new_err(format!("{argument} must be a numpy array {needed}; found {found}."))
}

/// The name of a value's type, for messages.
pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    let name = value.get_type().name().map(|name| name.to_string());
    name.unwrap_or_else(|_| PyType::new::<PyAny>(value.py()).to_string())
}

/// Rows of equal length as a matrix.
pub(crate) fn to_matrix<T: Element + Copy, const COLUMNS: usize>(
    py: Python<'_>,
    rows: impl IntoIterator<Item = [T; COLUMNS]>,
) -> PyResult<Bound<'_, PyArray2<T>>> {
    let values = rows.into_iter().collect::<Vec<_>>().into_flattened();
    let count = values.len() / COLUMNS;
    PyArray1::from_vec(py, values).reshape([count, COLUMNS])
}

/// Counts or offsets as int64[n].
pub(crate) fn to_integers<'py>(py: Python<'py>, values: &[usize]) -> Bound<'py, PyArray1<i64>> {
    PyArray1::from_iter(py, values.iter().map(|&value| to_integer(value)))
}

/// A count as int64; one beyond it cannot be held in memory.
pub(crate) fn to_integer(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
