//! Rows of JSON lines as Python values.

use std::borrow::Cow;

use numpy::PyArray2;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use rust_rewards::rows::{self, Reference, Row, read};

use crate::arrays::to_matrix;
use crate::errors::run;

/// One text after the other; the same as the one before is the same object.
#[derive(Default)]
pub(crate) struct Column<'py> {
    last: Option<(String, Bound<'py, PyString>)>,
}

impl<'py> Column<'py> {
    pub(crate) fn text(&mut self, py: Python<'py>, text: Option<&str>) -> Option<Bound<'py, PyString>> {
        let text = text?;
        if let Some((_, made)) = self.last.as_ref().filter(|(last, _)| last == text) {
            return Some(made.clone());
        }
        let made = PyString::new(py, text);
        self.last = Some((text.to_owned(), made.clone()));
        Some(made)
    }
}

/// The columns in which neighbours often hold the same, and the boxes of all rows.
#[derive(Default)]
struct Columns<'py> {
    task: Column<'py>,
    question: Column<'py>,
    choices: Column<'py>,
    meta: Column<'py>,
    frame: Column<'py>,
    boxes: Vec<[f64; 5]>,
}

impl<'py> Columns<'py> {
    fn row(&mut self, py: Python<'py>, row: &Row<'_>) -> PyResult<Bound<'py, PyTuple>> {
        let plain = |text: &Option<Cow<'_, str>>| text.as_deref().map(|text| PyString::new(py, text));
        let (form, reference) = self.reference(py, &row.reference)?;
        (
            row.line,
            &*row.id,
            self.task.text(py, row.task.as_deref()),
            PyTuple::new(py, row.images.iter().map(|path| &**path))?,
            self.question.text(py, row.question.as_deref()),
            form,
            reference,
            plain(&row.reasoning),
            self.choices.text(py, row.choices),
            plain(&row.completion),
            self.meta.text(py, row.meta),
        )
            .into_pyobject(py)
    }

    fn reference(
        &mut self,
        py: Python<'py>,
        found: &Reference<'_>,
    ) -> PyResult<(&'py Bound<'py, PyString>, Bound<'py, PyAny>)> {
        Ok(match found {
            Reference::Missing => (intern!(py, ""), py.None().into_bound(py)),
            Reference::Text(text) => (intern!(py, "text"), PyString::new(py, text).into_any()),
            Reference::Other(json) => (intern!(py, "json"), PyString::new(py, json).into_any()),
            Reference::Boxes(frame, rows) => {
                let start = self.boxes.len();
                self.boxes.extend_from_slice(rows);
                let frame = self.frame.text(py, frame.as_deref());
                (intern!(py, "boxes"), (frame, start, self.boxes.len()).into_pyobject(py)?.into_any())
            }
        })
    }
}

#[pyfunction]
#[pyo3(signature = (block, /))]
pub(crate) fn read_rows<'py>(
    py: Python<'py>,
    block: &Bound<'py, PyBytes>,
) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyArray2<f64>>)> {
    let bytes = block.as_bytes();
    let rows = run(py, || read(bytes))?;
    let mut columns = Columns::default();
    let made = rows.iter().map(|row| columns.row(py, row)).collect::<PyResult<Vec<_>>>()?;
    Ok((PyList::new(py, made)?, to_matrix(py, columns.boxes)?))
}

#[pyfunction]
#[pyo3(signature = (line, /))]
pub(crate) fn may_repeat_keys(py: Python<'_>, line: &[u8]) -> PyResult<bool> {
    run(py, || rows::may_repeat_keys(line))
}
