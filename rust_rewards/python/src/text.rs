//! Free text: captions and their references.

use std::borrow::Cow;
use std::sync::Arc;

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use rust_rewards::error::InputError;
use rust_rewards::structure::Span;
use rust_rewards::text::{self, Distance, Rate, Rouge, Score, Several, Variant};
use rust_rewards::unicode::{has_visible, trim};
use rust_rewards::{Reason, error, limits};

use crate::arrays::{flags, integers};
use crate::errors::{default_threads, input, option, place, run, run_checked};
use crate::strings::{Source, lists, sources};
use crate::texts::{Texts, thread_count};

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct TextColumn {
    sources: Arc<Vec<Source>>,
    rows: Vec<Result<Place, Reason>>,
    /// Whether each source is one text as somebody gave it, not a completion.
    given: bool,
}

/// A part of one of the sources.
#[derive(Clone, Copy)]
struct Place {
    source: usize,
    span: Span,
}

impl Place {
    /// The trimmed text, where it shows anything.
    fn trimmed(source: usize, start: usize, text: &str) -> Result<Self, Reason> {
        if text.len() > limits::COMPLETION_BYTES {
            return Err(Reason::TooLong);
        }
        if !has_visible(text) {
            return Err(Reason::Empty);
        }
        let body = trim(text);
        let start = start + (body.as_ptr() as usize - text.as_ptr() as usize);
        Ok(Self { source, span: Span { start, end: start + body.len() } })
    }
}

impl TextColumn {
    /// A column of texts that nobody else keeps.
    pub(crate) fn owned(texts: Vec<String>) -> Self {
        let rows = texts.iter().enumerate().map(|(row, text)| Place::trimmed(row, 0, text)).collect();
        Self { sources: Arc::new(texts.into_iter().map(Source::Mended).collect()), rows, given: false }
    }

    /// Number of answers.
    pub(crate) fn count(&self) -> usize {
        self.rows.len()
    }

    /// The trimmed text of an answer that was read.
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        let place = self.rows.get(row)?.ok()?;
        Some(place.span.of(self.sources.get(place.source)?))
    }

    /// The same, but as it was given where it is no part of a completion.
    fn untrimmed(&self, row: usize) -> Option<&str> {
        if !self.given {
            return self.text(row);
        }
        let place = self.rows.get(row)?.ok()?;
        self.sources.get(place.source).map(|text| &**text)
    }
}

impl TextColumn {
    /// Do `work` with the rows' numbers, which must be as many as the answers, while others may run Python.
    pub(crate) fn judged<T: Send>(
        column: &Bound<'_, Self>,
        rows: &Bound<'_, PyAny>,
        work: impl FnOnce(&Self, &[i64]) -> Result<T, InputError> + Send,
    ) -> PyResult<T> {
        let (answers, rows) = (column.get(), integers("rows", rows)?);
        run_checked(column.py(), || {
            error::length("rows", rows.len(), answers.count(), "the answers")?;
            work(answers, &rows)
        })
    }
}

#[pymethods]
impl TextColumn {
    #[getter]
    fn reasons<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        PyArray1::from_iter(py, self.rows.iter().map(|row| row.err().map_or(0, Reason::code)))
    }

    fn __len__(&self) -> usize {
        self.rows.len()
    }

    fn __getitem__(&self, row: isize) -> PyResult<Option<&str>> {
        Ok(self.text(place(row, self.rows.len())?))
    }

    #[pyo3(signature = (rows, /))]
    fn take(&self, rows: &Bound<'_, PyAny>) -> PyResult<Self> {
        let rows = error::rows("rows", &integers("rows", rows)?, self.rows.len()).map_err(|error| input(&error))?;
        let rows = rows.into_iter().filter_map(|row| self.rows.get(row).copied()).collect();
        Ok(Self { sources: Arc::clone(&self.sources), rows, given: self.given })
    }

    #[staticmethod]
    #[pyo3(signature = (texts, /))]
    fn from_list(texts: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (py, sources) = (texts.py(), sources("texts", texts)?);
        let trimmed = |(row, text): (usize, &Source)| Place::trimmed(row, 0, text);
        let rows = run(py, || sources.iter().enumerate().map(trimmed).collect())?;
        Ok(Self { sources: Arc::new(sources), rows, given: true })
    }
}

#[pyfunction]
#[pyo3(signature = (texts, /))]
pub(crate) fn parse_text(py: Python<'_>, texts: &Bound<'_, Texts>) -> PyResult<TextColumn> {
    let sources = sources("texts", texts.get().completions(py))?;
    let answers = texts.get().answers_in(sources.iter().map(|text| Cow::Borrowed(&**text)).collect());
    let read = |row: usize| {
        let text = answers.answer(row)?;
        Place::trimmed(row, answers.start(row), text)
    };
    let rows = run(py, || (0..answers.count()).map(read).collect())?;
    Ok(TextColumn { sources: Arc::new(sources), rows, given: false })
}

#[pyclass(frozen, module = "geovlm_cli._rust_rewards")]
pub(crate) struct TextTruth(pub(crate) text::TextTruth);

#[pymethods]
impl TextTruth {
    #[new]
    #[pyo3(signature = (references, *, bad = None))]
    fn new(references: &Bound<'_, PyAny>, bad: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let (py, bad) = (references.py(), flags("bad", bad)?);
        let references = lists("references", references)?;
        let owned = references.iter().map(|texts| texts.iter().map(|text| text.to_string()).collect()).collect();
        run_checked(py, || text::TextTruth::new(owned, bad)).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[getter]
    fn bad<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<bool>> {
        PyArray1::from_slice(py, self.0.bad())
    }

    #[pyo3(signature = (answers, /, *, rows, several = "best", threads = default_threads()))]
    fn lcs_f<'py>(
        &self,
        answers: &Bound<'py, TextColumn>,
        rows: &Bound<'py, PyAny>,
        several: &str,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> Scores<'py> {
        self.scores(Score::LcsF, answers, rows, several, threads)
    }

    #[pyo3(signature = (answers, /, *, rows, several = "best", threads = default_threads()))]
    fn jaccard<'py>(
        &self,
        answers: &Bound<'py, TextColumn>,
        rows: &Bound<'py, PyAny>,
        several: &str,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> Scores<'py> {
        self.scores(Score::Jaccard, answers, rows, several, threads)
    }

    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    #[pyo3(signature = (answers, /, *, rows, variant, stemmer = false, rate = "f", several = "best", threads = default_threads()))]
    fn rouge<'py>(
        &self,
        answers: &Bound<'py, TextColumn>,
        rows: &Bound<'py, PyAny>,
        variant: &str,
        stemmer: bool,
        rate: &str,
        several: &str,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> Scores<'py> {
        self.scores(Score::Rouge(rouge(variant, stemmer, rate)?), answers, rows, several, threads)
    }

    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    #[pyo3(signature = (answers, /, *, rows, variants, stemmer = false, rate = "f", several = "best", threads = default_threads()))]
    fn rouges<'py>(
        &self,
        answers: &Bound<'py, TextColumn>,
        rows: &Bound<'py, PyAny>,
        variants: Vec<String>,
        stemmer: bool,
        rate: &str,
        several: &str,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let several = combination(several)?;
        let asked = variants.into_iter().map(|variant| Ok((Score::Rouge(rouge(&variant, stemmer, rate)?), several)));
        let asked = asked.collect::<PyResult<Vec<_>>>()?;
        let found = TextColumn::judged(answers, rows, |answers, rows| {
            self.0.several_scores(&asked, rows, threads, |row| answers.text(row))
        })?;
        let by_score = (0..asked.len()).flat_map(|place| found.iter().skip(place).step_by(asked.len()).copied());
        PyArray1::from_iter(answers.py(), by_score).reshape([asked.len(), answers.get().count()])
    }

    #[pyo3(signature = (answers, /, *, rows, threads = default_threads()))]
    fn coco_rouge<'py>(
        &self,
        answers: &Bound<'py, TextColumn>,
        rows: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> Scores<'py> {
        self.scores(Score::CocoRouge, answers, rows, "best", threads)
    }

    #[pyo3(signature = (answers, /, *, rows, variant = "indel", several = "best", threads = default_threads()))]
    fn levenshtein<'py>(
        &self,
        answers: &Bound<'py, TextColumn>,
        rows: &Bound<'py, PyAny>,
        variant: &str,
        several: &str,
        #[pyo3(from_py_with = thread_count)] threads: usize,
    ) -> Scores<'py> {
        let distance = option(Distance::of(variant), "variant", variant, "indel or classic")?;
        self.scores(Score::Levenshtein(distance), answers, rows, several, threads)
    }
}

/// float64[n]
type Scores<'py> = PyResult<Bound<'py, PyArray1<f64>>>;

impl TextTruth {
    fn scores<'py>(
        &self,
        score: Score,
        answers: &Bound<'py, TextColumn>,
        rows: &Bound<'py, PyAny>,
        several: &str,
        threads: usize,
    ) -> Scores<'py> {
        let py = answers.py();
        let (answers, rows) = (answers.get(), integers("rows", rows)?);
        let several = combination(several)?;
        let scores = run_checked(py, || {
            error::length("rows", rows.len(), answers.rows.len(), "the answers")?;
            self.0.scores(score, &rows, several, threads, |row| match score {
                Score::CocoRouge => answers.untrimmed(row),
                _ => answers.text(row),
            })
        })?;
        Ok(PyArray1::from_vec(py, scores))
    }
}

fn rouge(variant: &str, stemmer: bool, rate: &str) -> PyResult<Rouge> {
    let variant = option(Variant::of(variant), "variant", variant, "rouge1, rouge2, rougeL or rougeLsum")?;
    Ok(Rouge { variant, stemmer, rate: option(Rate::of(rate), "rate", rate, "f, precision or recall")? })
}

pub(crate) fn combination(name: &str) -> PyResult<Several> {
    option(Several::of(name), "several", name, "best or mean")
}
