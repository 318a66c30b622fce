//! Laws of the one pass: it equals the steps taken one by one.

use std::sync::{Arc, LazyLock};

use rust_rewards::Reason;
use rust_rewards::answers::{AnswerTruth, Asked};
use rust_rewards::boxes::{Form, parse, parse_grounded};
use rust_rewards::detection::{BoxTruth, Options};
use rust_rewards::geometry::Angles;
use rust_rewards::labels::{self, LabelTruth};
use rust_rewards::pipeline::{Batch, Layout, Scored};
use rust_rewards::structure::{Reading, read};
use rust_rewards::text::{Score, Several, TextTruth};
use rust_rewards::unicode::has_visible;

use super::boxes::SYNTAXES;
use super::structure::STRUCTURES;
use super::texts::SCORES;

const EXTENTS: [[f64; 2]; 1] = [[100.0, 80.0]];

static BOXES: LazyLock<BoxTruth> = LazyLock::new(|| {
    let rects = vec![[1.0, 2.0, 31.0, 42.0, 0.0], [4.0, 4.0, 9.0, 9.0, 30.0]];
    let labels = Some(vec![vec!["ship", "plane"]]);
    BoxTruth::new(rects, &[0, 2], vec![[1.0; 2]], labels, None).expect("a sound truth")
});
/// With a vocabulary, and without.
static LABELS: LazyLock<[Arc<LabelTruth>; 2]> = LazyLock::new(|| {
    [0, -1].map(|vocabulary| {
        let truth = LabelTruth::new([vec!["ship", "a, b"]], &[vocabulary], [vec!["ship"]], None);
        Arc::new(truth.expect("a sound truth"))
    })
});
static TEXTS: LazyLock<TextTruth> = LazyLock::new(|| {
    let references = vec![vec!["two ships".to_owned(), "a port".to_owned()]];
    TextTruth::new(references, None).expect("a sound truth")
});

/// Panics where a law does not hold.
pub fn hold(text: &str) {
    for structure in STRUCTURES {
        let batch =
            Batch { completions: &[text], rows: &[0], layout: Layout { structure, opens_think: false }, threads: 1 };
        let reading = read(text, structure, false);
        boxes(batch, reading);
        labels(batch, reading);
        answers(batch, reading);
        texts(batch, reading);
        grounded(batch, reading);
    }
}

fn boxes(batch: Batch<'_, &str>, reading: Reading) {
    let options = Options { min_iou: 0.0, angles: Angles::Rotated, greedy: false, threads: 1 };
    for (syntax, one) in SYNTAXES.into_iter().flat_map(|syntax| [(syntax, false), (syntax, true)]) {
        let form = Form { syntax, one };
        let column = parse(1, 1, form, |_| (reading.answer.map(|span| span.of(batch.completions[0])), EXTENTS[0]));
        let score = if one { BOXES.referring(&column, &[0], options) } else { BOXES.detection(&column, &[0], options) };
        let scores = score.expect("a row that fits");
        let expected = Scored { format: format(reading), reasons: column.reasons().to_vec(), scores };
        let whole = batch.boxes(&BOXES, form, &EXTENTS, options).expect("rows that fit");
        assert_eq!(whole, expected, "{form:?}");
    }
}

fn format(reading: Reading) -> Vec<f64> {
    vec![if reading.format { 1.0 } else { 0.0 }]
}

fn labels(batch: Batch<'_, &str>, reading: Reading) {
    for truth in &*LABELS {
        for many in [false, true] {
            let answer = |_| reading.answer.map(|span| span.of(batch.completions[0]));
            let column = labels::parse(truth, &[0], many, 1, answer).expect("rows that fit");
            let overlap = column.overlap(truth, &[0], 1).expect("rows that fit")[0];
            let counts = [overlap.shared, overlap.predicted, overlap.truths].map(|count| count as f64);
            let found = batch.label_counts(truth, many).expect("rows that fit");
            assert_eq!((&found.format, found.reasons.as_slice()), (&format(reading), column.reasons()));
            assert!(found.reasons != [0] || found.scores == counts, "{found:?} {overlap:?}");
            let scores = column.equal(truth, &[0], 1).expect("rows that fit");
            assert_eq!(batch.labels(truth, many).expect("rows that fit"), Scored { scores, ..found });
        }
    }
}

fn answers(batch: Batch<'_, &str>, reading: Reading) {
    for (reference, count) in [("yes", false), ("3", true), ("3", false), ("a ship", false), ("many", true)] {
        let asked = Asked::by(reference, count);
        let read = reading.answer.and_then(|span| asked.read(span.of(batch.completions[0])));
        let scores = vec![if read.as_ref().is_ok_and(|value| asked.is_met_by(value)) { 1.0 } else { 0.0 }];
        let reasons = vec![read.err().map_or(0, Reason::code)];
        let found = batch.answers(&AnswerTruth::new([reference], count)).expect("rows that fit");
        assert_eq!(found, Scored { format: format(reading), reasons, scores }, "{reference}");
    }
}

fn texts(batch: Batch<'_, &str>, reading: Reading) {
    let asked: Vec<_> = SCORES.into_iter().step_by(4).map(|score| (score, Several::Mean)).collect();
    let text = |_| reading.answer.ok().map(|span| span.of(batch.completions[0]));
    let score = |&(score, several)| TEXTS.scores(score, &[0], several, 1, text).expect("rows that fit")[0];
    let found = batch.texts(&TEXTS, &asked).expect("rows that fit");
    assert_eq!(found.format, format(reading));
    for (found, expected) in found.scores.iter().zip(asked.iter().map(score)) {
        assert_eq!(found.to_bits(), expected.to_bits(), "{asked:?}");
    }
}

fn grounded(batch: Batch<'_, &str>, reading: Reading) {
    let options = Options { min_iou: 0.0, angles: Angles::Rotated, greedy: false, threads: 1 };
    for syntax in SYNTAXES {
        let form = Form { syntax, one: false };
        let answer = reading.answer.map(|span| span.of(batch.completions[0]));
        let (words, column) = parse_grounded(1, 1, form, |_| (answer, EXTENTS[0]));
        let found = batch.grounded((&BOXES, &TEXTS), syntax, &EXTENTS, options, Score::LcsF).expect("rows that fit");
        let is_read = column.reasons() == [0] && has_visible(&words[0]);
        assert_eq!((found.format, found.reasons == [0]), (format(reading), is_read), "{syntax:?}");
        if is_read {
            let boxes = BOXES.detection(&column, &[0], options).expect("a row that fits")[0];
            let said = TEXTS.scores(Score::LcsF, &[0], Several::Best, 1, |_| Some(words[0].as_str()));
            assert_eq!(found.scores, [boxes, said.expect("a row that fits")[0]], "{syntax:?}");
        }
    }
}
