//! Caption metrics: METEOR, BLEU, CIDEr-D.

use std::sync::Arc;

use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use rust_rewards::captions::ngrams::LONGEST;
use rust_rewards::captions::{Tokens, bleu, cider, meteor};

use crate::arrays::{flags, to_matrix};
use crate::errors::{default_threads, option, run, run_checked};
use crate::strings::{borrowed, lists};
use crate::text::{TextColumn, combination};
use crate::texts::thread_count;

/// A stem of an answer, and the words that mean the same.
type SynonymEntries = Vec<(String, Vec<String>)>;

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct MeteorTruth(meteor::MeteorTruth);

#[pymethods]
impl MeteorTruth {
    #[new]
    #[pyo3(signature = (references, *, bad, tokens = "blanks"))]
    fn new(py: Python<'_>, references: &Bound<'_, PyAny>, bad: &Bound<'_, PyAny>, tokens: &str) -> PyResult<Self> {
        let (references, bad) = (lists("references", references)?, flags("bad", Some(bad))?.unwrap_or_default());
        let texts: Vec<_> = borrowed(&references).collect();
        let tokens = cut(tokens)?;
        run_checked(py, || meteor::MeteorTruth::new(&texts, bad, tokens)).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[pyo3(signature = (answers, /, *, rows))]
    fn unmatched(&self, answers: &Bound<'_, TextColumn>, rows: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
        TextColumn::judged(answers, rows, |answers, rows| self.0.unmatched(rows, |row| answers.text(row)))
    }

    #[pyo3(signature = (answers, /, *, rows, several = "best", synonyms = None, threads = default_threads()))]
    fn scores<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, TextColumn>,
        rows: &Bound<'_, PyAny>,
        several: &str,
        synonyms: Option<SynonymEntries>,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let several = combination(several)?;
        let scores = TextColumn::judged(answers, rows, |answers, rows| {
            let table = synonyms.map(|entries| self.0.synonyms(&entries));
            self.0.scores(rows, several, table.as_ref(), threads, |row| answers.text(row))
        })?;
        Ok(PyArray1::from_vec(py, scores))
    }
}

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct BleuTruth(bleu::BleuTruth);

#[pymethods]
impl BleuTruth {
    #[new]
    #[pyo3(signature = (references, *, bad, tokens = "blanks"))]
    fn new(py: Python<'_>, references: &Bound<'_, PyAny>, bad: &Bound<'_, PyAny>, tokens: &str) -> PyResult<Self> {
        let (references, bad) = (lists("references", references)?, flags("bad", Some(bad))?.unwrap_or_default());
        let texts: Vec<_> = borrowed(&references).collect();
        let tokens = cut(tokens)?;
        run_checked(py, || bleu::BleuTruth::new(&texts, bad, tokens)).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[pyo3(signature = (answers, /, *, rows, threads = default_threads()))]
    fn counts<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, TextColumn>,
        rows: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let counts =
            TextColumn::judged(answers, rows, |answers, rows| self.0.counts(rows, threads, |row| answers.text(row)))?;
        to_matrix(py, counts)
    }

    #[pyo3(signature = (answers, /, *, rows, order = 4, smoothing = "none", threads = default_threads()))]
    fn scores<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, TextColumn>,
        rows: &Bound<'_, PyAny>,
        order: usize,
        smoothing: &str,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let known = Some(order).filter(|order| (1..=LONGEST).contains(order));
        let order = option(known, "order", &order.to_string(), "1, 2, 3 or 4")?;
        let smoothing = option(bleu::Smoothing::of(smoothing), "smoothing", smoothing, "none, epsilon or add-one")?;
        let scores = TextColumn::judged(answers, rows, |answers, rows| {
            self.0.scores(rows, order, smoothing, threads, |row| answers.text(row))
        })?;
        Ok(PyArray1::from_vec(py, scores))
    }
}

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct DocumentFrequencies(Arc<cider::DocumentFrequencies>);

#[pymethods]
impl DocumentFrequencies {
    #[new]
    #[pyo3(signature = (documents, /, *, tokens = "blanks"))]
    fn new(py: Python<'_>, documents: &Bound<'_, PyAny>, tokens: &str) -> PyResult<Self> {
        let (documents, tokens) = (lists("documents", documents)?, cut(tokens)?);
        let texts: Vec<_> = borrowed(&documents).collect();
        let counted = run(py, || cider::DocumentFrequencies::new(&texts, tokens))?;
        Ok(Self(Arc::new(counted)))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }
}

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct CiderTruth(cider::CiderTruth);

#[pymethods]
impl CiderTruth {
    #[new]
    #[pyo3(signature = (references, *, bad, frequencies))]
    fn new(
        py: Python<'_>,
        references: &Bound<'_, PyAny>,
        bad: &Bound<'_, PyAny>,
        frequencies: &Bound<'_, DocumentFrequencies>,
    ) -> PyResult<Self> {
        let (references, bad) = (lists("references", references)?, flags("bad", Some(bad))?.unwrap_or_default());
        let texts: Vec<_> = borrowed(&references).collect();
        let frequencies = Arc::clone(&frequencies.get().0);
        run_checked(py, || cider::CiderTruth::new(&texts, bad, frequencies)).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[pyo3(signature = (answers, /, *, rows, threads = default_threads()))]
    fn scores<'py>(
        &self,
        py: Python<'py>,
        answers: &Bound<'_, TextColumn>,
        rows: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let scores =
            TextColumn::judged(answers, rows, |answers, rows| self.0.scores(rows, threads, |row| answers.text(row)))?;
        Ok(PyArray1::from_vec(py, scores))
    }
}

fn cut(name: &str) -> PyResult<Tokens> {
    option(Tokens::of(name), "tokens", name, "blanks or words")
}
