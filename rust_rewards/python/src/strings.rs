//! Python strings as UTF-8: read in place where CPython keeps it, copied where a lone surrogate must be mended.

use std::borrow::Cow;
use std::ops::Deref;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use crate::arrays::type_name;
use crate::errors::RewardInputError;

/// The text of a Python string.
pub(crate) enum Source {
    /// The string's own UTF-8, held alive.
    Shared(PyBackedStr),
    /// A copy: one in which lone surrogates read as U+FFFD, or a text made here.
    Mended(String),
}

impl Deref for Source {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Shared(text) => text,
            Self::Mended(text) => text,
        }
    }
}

/// Take the text of a value that must be a str.
pub(crate) fn source(value: Bound<'_, PyAny>, name: impl Fn() -> String) -> PyResult<Source> {
    let text = value.cast_into::<PyString>().map_err(|error| no_text(&name(), &error.into_inner()))?;
    PyBackedStr::try_from(text.clone()).map(Source::Shared).or_else(|_| mend(text.as_any()).map(Source::Mended))
}

/// Each code point as it is, a lone surrogate as U+FFFD, which is as long in UTF-8: CPython passes surrogates on without calling a handler.
fn mend(text: &Bound<'_, PyAny>) -> PyResult<String> {
    let encoded = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
    let mut bytes = encoded.cast::<PyBytes>()?.as_bytes().to_vec();
    let mut rest = bytes.as_mut_slice();
    while let Some(at) = rest.iter().position(|&byte| byte == 0xed) {
        let Some((code, after)) = rest.split_at_mut(at).1.split_first_chunk_mut::<3>() else { break };
        if let [_, 0xa0..=0xbf, _] = code {
            *code = [0xef, 0xbf, 0xbd];
        }
        rest = after;
    }
    Ok(String::from_utf8(bytes)?)
}

/// Texts of a list or tuple of str.
pub(crate) fn sources(argument: &str, values: &Bound<'_, PyAny>) -> PyResult<Vec<Source>> {
    sources_of(|| argument.to_owned(), values)
}

fn sources_of(name: impl Fn() -> String, values: &Bound<'_, PyAny>) -> PyResult<Vec<Source>> {
    let read = |(row, value): (usize, Bound<'_, PyAny>)| source(value, || format!("{}[{row}]", name()));
    if let Ok(list) = values.cast::<PyList>() {
        return list.iter().enumerate().map(read).collect();
    }
    if let Ok(tuple) = values.cast::<PyTuple>() {
        return tuple.iter().enumerate().map(read).collect();
    }
    Err(no_texts(&name(), values))
}

/// The items of a list or tuple, held alive and safe from changes to the list.
pub(crate) fn held<'py>(argument: &str, values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    match (values.cast::<PyTuple>(), values.cast::<PyList>()) {
        (Ok(tuple), _) => Ok(tuple.clone()),
        (_, Ok(list)) => Ok(list.to_tuple()),
        _ => Err(no_texts(argument, values)),
    }
}

/// Texts of a tuple of str, which keeps them alive: nothing is counted, so each string is touched once less than by [`sources`].
pub(crate) fn texts<'t>(argument: &str, values: &'t Bound<'_, PyTuple>) -> PyResult<Vec<Cow<'t, str>>> {
    values.iter_borrowed().enumerate().map(|(row, value)| text(argument, row, value)).collect()
}

/// The text of an item of such a tuple.
pub(crate) fn text<'t>(argument: &str, row: usize, value: Borrowed<'t, '_, PyAny>) -> PyResult<Cow<'t, str>> {
    match value.extract::<&str>() {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) if value.is_instance_of::<PyString>() => Ok(Cow::Owned(mend(&value)?)),
        Err(_) => Err(no_text(&format!("{argument}[{row}]"), &value)),
    }
}

fn no_text(name: &str, value: &Bound<'_, PyAny>) -> PyErr {
    RewardInputError::new_err(format!("{name} must be a str; found {}.", type_name(value)))
}

fn no_texts(argument: &str, values: &Bound<'_, PyAny>) -> PyErr {
    RewardInputError::new_err(format!("{argument} must be a list or tuple of str; found {}.", type_name(values)))
}

/// Texts of a list or tuple of such lists.
pub(crate) fn lists(argument: &str, values: &Bound<'_, PyAny>) -> PyResult<Vec<Vec<Source>>> {
    let items: Vec<Bound<'_, PyAny>> = match (values.cast::<PyList>(), values.cast::<PyTuple>()) {
        (Ok(list), _) => list.iter().collect(),
        (_, Ok(tuple)) => tuple.iter().collect(),
        _ => {
            let found = type_name(values);
            let message = format!("{argument} must be a list or tuple of lists of str; found {found}.");
            return Err(RewardInputError::new_err(message));
        }
    };
    items.iter().enumerate().map(|(row, item)| sources_of(|| format!("{argument}[{row}]"), item)).collect()
}

/// The same texts as plain references.
pub(crate) fn borrowed(lists: &[Vec<Source>]) -> impl Iterator<Item = Vec<&str>> {
    lists.iter().map(|texts| texts.iter().map(|text| &**text).collect())
}
