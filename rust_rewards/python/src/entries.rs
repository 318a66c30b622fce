//! The entries of a JSON list, for the rewards of VLM-R1.

use numpy::PyArray2;
use pyo3::prelude::*;
use pyo3::types::PyList;
use rust_rewards::boxes;

use crate::arrays::to_matrix;
use crate::errors::run;
use crate::rows::Column;
use crate::strings::source;

/// float64[n, 4], and one label or None each.
type Found<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyList>);

#[pyfunction]
#[pyo3(signature = (text, /))]
pub(crate) fn read_entries(text: Bound<'_, PyAny>) -> PyResult<Option<Found<'_>>> {
    let py = text.py();
    let text = source(text, || "text".to_owned())?;
    let Ok(entries) = run(py, || boxes::entries(&text))? else { return Ok(None) };
    let mut labels = Column::default();
    let labels =
        PyList::new(py, entries.iter().map(|entry| labels.text(py, entry.label.as_deref())).collect::<Vec<_>>())?;
    let corners = to_matrix(py, entries.iter().map(|entry| entry.corners.unwrap_or([f64::NAN; 4])))?;
    Ok(Some((corners, labels)))
}
