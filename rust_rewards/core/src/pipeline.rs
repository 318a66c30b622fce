//! From completion to score in one pass, while the text is in the processor's cache.
//!
//! The three steps are those of the modules that own them, composed answer by answer instead of column by column; what they
//! give is the same. Nothing is kept of an answer but its score, so a batch costs no memory beyond its results.

use std::ops::Deref;

use crate::ahead;
use crate::answers::AnswerTruth;
use crate::boxes::{BoxRow, Form, Found, Syntax, split};
use crate::detection::{Bench, BoxTruth, Options};
use crate::error::{self, InputError};
use crate::labels::{LabelReader, LabelTruth, Overlap};
use crate::parallel;
use crate::reason::Reason;
use crate::structure::{Structure, read};
use crate::text::{Score, Scratch, Several, TextTruth};
use crate::unicode::has_visible;

/// How completions are laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The structure that the profile declares.
    pub structure: Structure,
    /// Whether the chat template opens the think block.
    pub opens_think: bool,
}

/// What is known of the completions of a batch, by columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    /// 1 where a completion keeps the structure, else 0.
    pub format: Vec<f64>,
    /// Why an answer could not be read, as a code; 0 where it was.
    pub reasons: Vec<u8>,
    /// The scores of each answer, row after row; 0 where there is none.
    pub scores: Vec<f64>,
}

impl Scored {
    fn with_capacity(rows: usize, width: usize) -> Self {
        let (format, reasons) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        Self { format, reasons, scores: Vec::with_capacity(rows * width) }
    }

    fn joined(mut self, other: Self) -> Self {
        self.format.extend(other.format);
        self.reasons.extend(other.reasons);
        self.scores.extend(other.scores);
        self
    }
}

/// A batch of completions, with what it takes to read them.
///
/// ```
/// use rust_rewards::labels::LabelTruth;
/// use rust_rewards::pipeline::{Batch, Layout};
/// use rust_rewards::structure::Structure;
/// let truth = LabelTruth::new([vec!["ship", "port"]], &[0], [vec!["ship"]], None)?;
/// let layout = Layout { structure: Structure::Answer, opens_think: false };
/// let batch = Batch { completions: &["<answer>Ship</answer>", "ship"], rows: &[0, 0], layout, threads: 1 };
/// let found = batch.labels(&truth, false)?;
/// assert_eq!((found.scores, found.format), (vec![1.0, 0.0], vec![1.0, 0.0]));
/// # Ok::<(), rust_rewards::error::InputError>(())
/// ```
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
    /// `judge` gets its working memory, the answer text, the sample of its row and the place of its `width` scores, into which it
    /// writes nothing where it fails.
    fn scored<M>(
        &self,
        samples: usize,
        width: usize,
        memory: impl Fn() -> M + Sync,
        judge: impl Fn(&mut M, &str, usize, &mut [f64]) -> Result<(), Reason> + Sync,
    ) -> Result<Scored, InputError> {
        self.scored_asking(samples, width, memory, |_| (), judge)
    }

    /// The same; `ask` asks for the truth of a sample that will be needed soon.
    fn scored_asking<M>(
        &self,
        samples: usize,
        width: usize,
        memory: impl Fn() -> M + Sync,
        ask: impl Fn(usize) + Sync,
        judge: impl Fn(&mut M, &str, usize, &mut [f64]) -> Result<(), Reason> + Sync,
    ) -> Result<Scored, InputError> {
        error::length("rows", self.rows.len(), self.completions.len(), "the completions")?;
        let rows = error::rows("rows", self.rows, samples)?;
        let Layout { structure, opens_think } = self.layout;
        let parts = parallel::chunks(rows.len(), self.threads, |range| {
            let (mut found, mut memory) = (Scored::with_capacity(range.len(), width), memory());
            let texts = self.completions.get(range.clone()).unwrap_or_default();
            let rows = rows.get(range).unwrap_or_default();
            for (place, (text, &sample)) in texts.iter().zip(rows).enumerate() {
                ahead::ask_behind(texts, place);
                if let Some([before, next]) = rows.get(place + ahead::STEPS - 1..).and_then(<[_]>::first_chunk)
                    && before != next
                {
                    ask(*next);
                }
                let start = found.scores.len();
                found.scores.resize(start + width, 0.0);
                let scores = found.scores.get_mut(start..).unwrap_or_default();
                let reading = read(text, structure, opens_think);
                let judged = reading.answer.and_then(|span| judge(&mut memory, span.of(text), sample, scores));
                found.format.push(f64::from(u8::from(reading.format)));
                found.reasons.push(judged.err().map_or(0, Reason::code));
            }
            found
        });
        Ok(parts.into_iter().reduce(Scored::joined).unwrap_or_default())
    }

    /// As [`Batch::scored`], of one score.
    fn scored_once<M>(
        &self,
        samples: usize,
        memory: impl Fn() -> M + Sync,
        judge: impl Fn(&mut M, &str, usize) -> Result<f64, Reason> + Sync,
    ) -> Result<Scored, InputError> {
        self.scored(samples, 1, memory, |memory, text, sample, scores| {
            judge(memory, text, sample).map(|score| scores.fill(score))
        })
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
    ) -> Result<Scored, InputError> {
        error::length("extents", extents.len(), truth.len(), "the samples")?;
        let scratch = || (Found::default(), Bench::new(truth, options));
        self.scored_once(truth.len(), scratch, |(found, bench), text, sample| {
            found.truncate(0);
            let invalid = form.read(text, extents.get(sample).copied().unwrap_or_default(), found)?;
            bench.learn(found.names.texts());
            let answer = BoxRow { reason: 0, rects: &found.rects, labels: &found.labels, invalid };
            Ok(if form.one { bench.referring(&answer, sample) } else { bench.detection(&answer, sample) })
        })
    }

    /// Whether the labels of each completion are those of its sample, as [`crate::labels::parse`] and
    /// [`crate::labels::LabelColumn::equal`] give it.
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` does not fit.
    pub fn labels(&self, truth: &LabelTruth, many: bool) -> Result<Scored, InputError> {
        self.scored_once(truth.len(), LabelReader::default, |reader, text, sample| {
            reader.overlap(truth, sample, many, text).map(Overlap::equal)
        })
    }

    /// What the labels of each completion share with those of its sample, as [`crate::labels::LabelColumn::overlap`] gives it:
    /// shared, predicted and true labels.
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` does not fit.
    pub fn label_counts(&self, truth: &LabelTruth, many: bool) -> Result<Scored, InputError> {
        self.scored(truth.len(), 3, LabelReader::default, |reader, text, sample, scores| {
            let Overlap { shared, predicted, truths } = reader.overlap(truth, sample, many, text)?;
            let counts = [shared, predicted, truths].map(|count| count as f64);
            scores.iter_mut().zip(counts).for_each(|(score, count)| *score = count);
            Ok(())
        })
    }

    /// Whether each completion is the short answer that its sample asks for, as [`crate::answers::Asked`] gives it.
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` does not fit.
    pub fn answers(&self, truth: &AnswerTruth) -> Result<Scored, InputError> {
        self.scored_once(truth.len(), || (), |(), text, sample| truth.score(text, sample))
    }

    /// Some scores of the text of each completion, as [`TextTruth::scores`] gives them.
    ///
    /// # Errors
    /// `Length` or `Index` where `rows` does not fit.
    pub fn texts(&self, truth: &TextTruth, asked: &[(Score, Several)]) -> Result<Scored, InputError> {
        let ask = |sample| truth.ask(asked, sample);
        self.scored_asking(truth.len(), asked.len(), Scratch::default, ask, |scratch, text, sample, scores| {
            truth.all(asked, sample, text, scratch, scores); // a readable text shows something
            Ok(())
        })
    }

    /// Of texts that speak of boxes: the detection score of the boxes and one score of the words, as
    /// [`crate::boxes::parse_grounded`], [`BoxTruth::detection`] and [`TextTruth::scores`] give them.
    ///
    /// # Errors
    /// `Length` or `Index` where `rows`, `extents` or the words do not fit.
    pub fn grounded(
        &self,
        (truth, words): (&BoxTruth, &TextTruth),
        syntax: Syntax,
        extents: &[[f64; 2]],
        options: Options,
        score: Score,
    ) -> Result<Scored, InputError> {
        error::length("extents", extents.len(), truth.len(), "the samples")?;
        error::length("words", words.len(), truth.len(), "the samples")?;
        let scratch = || (Found::default(), Bench::new(truth, options), Scratch::default());
        let form = Form { syntax, one: false };
        self.scored(truth.len(), 2, scratch, |(found, bench, scratch), text, sample, scores| {
            let cut = split(text, syntax);
            found.truncate(0);
            let invalid = form.read(&cut.marks, extents.get(sample).copied().unwrap_or_default(), found)?;
            if !has_visible(&cut.words) {
                return Err(Reason::Empty);
            }
            bench.learn(found.names.texts());
            let answer = BoxRow { reason: 0, rects: &found.rects, labels: &found.labels, invalid };
            let both =
                [bench.detection(&answer, sample), words.score(score, sample, Several::Best, &cut.words, scratch)];
            scores.iter_mut().zip(both).for_each(|(place, score)| *place = score);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boxes::parse;
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
            let format = readings.iter().map(|reading| f64::from(u8::from(reading.format))).collect();
            let expected = Scored { format, reasons: column.reasons().to_vec(), scores: scores.clone() };
            assert_eq!(batch.boxes(&truth, form, &[[50.0, 50.0]], options).unwrap(), expected);
        }
    }
}
