//! COCO's average precision, of one answer and of a corpus.

use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use rust_rewards::ap::{self, Entry, Summary};

use crate::arrays::{floats, integers, rows as matrix_rows, to_matrix};
use crate::boxes::{BoxColumn, BoxTruth, options};
use crate::errors::{default_threads, run_checked};
use crate::texts::thread_count;

/// An entry as numbers: answer, class, rank (−1 for a true box), then a code for each range of areas: hits + 1024 · ignored.
const COLUMNS: usize = 7;
const IGNORED: u32 = 1 << ap::THRESHOLDS;

#[pyfunction]
#[pyo3(signature = (truth, answers, /, *, rows, threshold = None, by_class = true, angles = "rotated", threads = default_threads()))]
#[expect(clippy::too_many_arguments, reason = "one a keyword of the Python function")]
pub(crate) fn average_precision<'py>(
    py: Python<'py>,
    truth: &Bound<'_, BoxTruth>,
    answers: &Bound<'_, BoxColumn>,
    rows: &Bound<'_, PyAny>,
    threshold: Option<f64>,
    by_class: bool,
    angles: &str,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (truth, answers, rows) = (truth.get(), answers.get(), integers("rows", rows)?);
    let options = options("threshold", threshold.unwrap_or_default(), angles, threads)?;
    let thresholds = threshold.map_or_else(|| ap::thresholds().to_vec(), |threshold| vec![threshold]);
    let scores = run_checked(py, || truth.0.ap(&answers.0, &rows, options, &thresholds, by_class))?;
    Ok(PyArray1::from_vec(py, scores))
}

#[pyfunction]
#[pyo3(signature = (truth, answers, /, *, rows, pixels, by_class = true, angles = "rotated", threads = default_threads()))]
#[expect(clippy::too_many_arguments, reason = "one a keyword of the Python function")]
pub(crate) fn coco_entries<'py>(
    py: Python<'py>,
    truth: &Bound<'_, BoxTruth>,
    answers: &Bound<'_, BoxColumn>,
    rows: &Bound<'_, PyAny>,
    pixels: &Bound<'_, PyAny>,
    by_class: bool,
    angles: &str,
    #[pyo3(from_py_with = thread_count)] threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (truth, answers, rows) = (truth.get(), answers.get(), integers("rows", rows)?);
    let (options, pixels) = (options("threshold", 0.0, angles, threads)?, floats("pixels", pixels)?);
    let found = run_checked(py, || truth.0.graded(&answers.0, &rows, options, &pixels, by_class))?;
    to_matrix(py, found.rows.iter().zip(&found.entries).map(|(&row, entry)| coded(row, entry)))
}

#[pyfunction]
#[pyo3(signature = (entries, weights, /))]
pub(crate) fn coco_summary<'py>(
    py: Python<'py>,
    entries: &Bound<'_, PyAny>,
    weights: &Bound<'_, PyAny>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (entries, weights) = (matrix_rows::<COLUMNS>("entries", entries)?, floats("weights", weights)?);
    let summary = run_checked(py, || {
        let (rows, entries): (Vec<i64>, Vec<Entry>) = entries.iter().map(decoded).unzip();
        ap::summarise(&rows, &entries, &weights)
    })?;
    Ok(PyArray1::from_iter(py, figures(&summary)))
}

fn figures(summary: &Summary) -> impl Iterator<Item = f64> {
    let Summary { ap: [ap, small, medium, large], ap_at: [half, three_quarters], ar_at, ar, truths } = *summary;
    [ap, half, three_quarters, small, medium, large].into_iter().chain(ar_at).chain(ar).chain(truths)
}

fn coded(row: usize, entry: &Entry) -> [f64; COLUMNS] {
    let code = |area: usize| {
        let bits = |of: &[u16; 4]| of.get(area).copied().unwrap_or_default();
        f64::from(u32::from(bits(&entry.hits)) + IGNORED * u32::from(bits(&entry.ignored)))
    };
    let rank = entry.rank.map_or(-1.0, f64::from);
    [row as f64, f64::from(entry.class), rank, code(0), code(1), code(2), code(3)]
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small whole numbers, made by `coded`")]
fn decoded(values: &[f64; COLUMNS]) -> (i64, Entry) {
    let [row, class, rank, codes @ ..] = *values;
    let rank = (rank >= 0.0).then_some(rank as u32);
    let part = |code: f64, ignored: bool| {
        let code = code as u32;
        (if ignored { code / IGNORED } else { code % IGNORED }) as u16
    };
    let entry = Entry {
        class: class as u32,
        rank,
        hits: codes.map(|code| part(code, false)),
        ignored: codes.map(|code| part(code, true)),
    };
    (row as i64, entry)
}
