//! From completion to score in one pass, while the text is in the processor's cache.
//!
//! The three steps are those of the modules that own them, composed answer by answer instead of column by column; what they
//! give is the same. Nothing is kept of an answer but its score, so a batch costs no memory beyond its results.

use std::ops::Deref;

use crate::boxes::{BoxRow, Form, Found};
use crate::detection::{Bench, BoxTruth, Options};
use crate::error::{self, InputError};
use crate::labels::{LabelReader, LabelTruth, Overlap};
use crate::parallel;
use crate::reason::Reason;
use crate::structure::{Structure, read};
use crate::text::{Score, Scratch, Several, TextTruth};

/// How completions are laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The structure that the profile declares.
    pub structure: Structure,
    /// Whether the chat template opens the think block.
    pub opens_think: bool,
}

/// What is known of one completion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored<T> {
    /// Whether it keeps the structure.
    pub format: bool,
    /// Why its answer could not be read, as a code; 0 where it was.
    pub reason: u8,
    /// The score of its answer; that of nothing where there is none.
    pub score: T,
}

/// A batch of completions, with what it takes to read them.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'b, S> {
    /// The completions.
    pub completions: &'b [S],
    /// The sample of each row.
    pub rows: &'b [i64],
    /// How completions are laid out.
    pub layout: Layout,
    /// Threads for the batch.
    pub threads: usize,
}

impl<S: Deref<Target = str> + Sync> Batch<'_, S> {
    /// `judge` gets its working memory, the answer text and the sample of its row.
    fn scored<T: Default + Send, M>(
        &self,
        samples: usize,
        memory: impl Fn() -> M + Sync,
        judge: impl Fn(&mut M, &str, usize) -> Result<T, Reason> + Sync,
    ) -> Result<Vec<Scored<T>>, InputError> {
        error::length("rows", self.rows.len(), self.completions.len(), "the completions")?;
        let rows = error::rows("rows", self.rows, samples)?;
        let Layout { structure, opens_think } = self.layout;
        Ok(parallel::map(rows.len(), self.threads, memory, |memory, i| {
            let text = self.completions.get(i).map(|text| &**text).unwrap_or_default();
            let sample = rows.get(i).copied().unwrap_or_default();
            let reading = read(text, structure, opens_think);
            let judged = reading.answer.and_then(|span| judge(memory, span.of(text), sample));
            Scored {
                format: reading.format,
                reason: judged.as_ref().err().map_or(0, |reason| reason.code()),
                score: judged.unwrap_or_default(),
            }
        }))
    }

    /// The detection score of each completion, as [`crate::boxes::parse`] and [`BoxTruth::detection`] give it, or with
    /// `form.one` its IoU, as [`BoxTruth::referring`] gives it; `extents`: of the frame of the answers, one a sample.
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` or `extents` do not fit.
    pub fn boxes(
        &self,
        truth: &BoxTruth,
        form: Form,
        extents: &[[f64; 2]],
        options: Options,
    ) -> Result<Vec<Scored<f64>>, InputError> {
        error::length("extents", extents.len(), truth.len(), "the samples")?;
        let scratch = || (Found::default(), Bench::new(truth, options));
        self.scored(truth.len(), scratch, |(found, bench), text, sample| {
            found.truncate(0);
            let invalid = form.read(text, extents.get(sample).copied().unwrap_or_default(), found)?;
            bench.learn(found.names.texts());
            let answer = BoxRow { reason: 0, rects: &found.rects, labels: &found.labels, invalid };
            Ok(if form.one { bench.referring(&answer, sample) } else { bench.detection(&answer, sample) })
        })
    }

    /// What the labels of each completion share with those of its sample, as [`crate::labels::parse`] and
    /// [`crate::labels::LabelColumn::overlap`] give it.
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` does not fit.
    pub fn labels(&self, truth: &LabelTruth, many: bool) -> Result<Vec<Scored<Overlap>>, InputError> {
        self.scored(truth.len(), LabelReader::default, |reader, text, sample| {
            let labels = reader.read(truth, sample, many, text)?;
            Ok(truth.overlap(labels, sample))
        })
    }

    /// One score of the text of each completion, as [`TextTruth::scores`] gives it.
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` does not fit.
    pub fn texts(&self, truth: &TextTruth, score: Score, several: Several) -> Result<Vec<Scored<f64>>, InputError> {
        self.scored(truth.len(), Scratch::default, |scratch, text, sample| {
            Ok(truth.score(score, sample, several, text, scratch)) // a readable text shows something
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boxes::{Syntax, parse};
    use crate::geometry::Angles;

    #[test]
    fn equals_the_steps_taken_one_by_one() {
        let answers = ["[1,2,30,40,0]", "[1,2,30,40,0],[5,5,9,9,45]", "[", "[]", "[3,2,1,4,0]"];
        let wrap = |(i, answer): (usize, &&str)| match i % 3 {
            0 => format!("<think>x</think><answer>{answer}</answer>"),
            1 => format!("<think>x</think><answer>{answer}</answer> ."),
            _ => (*answer).to_owned(),
        };
        let texts: Vec<String> = answers.iter().cycle().take(600).enumerate().map(wrap).collect();
        let rects = vec![[1.0, 2.0, 31.0, 42.0, 0.0], [4.0, 4.0, 9.0, 9.0, 30.0]];
        let truth = BoxTruth::new(rects, &[0, 2], vec![[1.0; 2]], None::<Vec<Vec<&str>>>, None).unwrap();
        let form = Form { syntax: Syntax::List5, one: false };
        let options = Options { min_iou: 0.0, angles: Angles::Rotated, greedy: false, threads: 1 };
        let layout = Layout { structure: Structure::ThinkAnswer, opens_think: false };
        let rows = vec![0; texts.len()];
        let readings: Vec<_> = texts.iter().map(|text| read(text, layout.structure, false)).collect();
        let column = parse(texts.len(), 1, form, |i| (readings[i].answer.map(|span| span.of(&texts[i])), [50.0, 50.0]));
        let scores = truth.detection(&column, &rows, options).unwrap();
        for threads in [1, 2] {
            let batch = Batch { completions: &texts, rows: &rows, layout, threads };
            let whole = batch.boxes(&truth, form, &[[50.0, 50.0]], options).unwrap();
            for (i, scored) in whole.iter().enumerate() {
                let expected = Scored { format: readings[i].format, reason: column.reasons()[i], score: scores[i] };
                assert_eq!(scored, &expected, "{}", texts[i]);
            }
        }
    }
}
