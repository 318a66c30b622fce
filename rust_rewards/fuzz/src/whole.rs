//! Laws of the one pass: it equals the steps taken one by one.

use std::sync::{Arc, LazyLock};

use rust_rewards::boxes::{Form, parse};
use rust_rewards::detection::{BoxTruth, Options};
use rust_rewards::geometry::Angles;
use rust_rewards::labels::{self, LabelTruth};
use rust_rewards::pipeline::{Batch, Layout, Scored};
use rust_rewards::structure::{Reading, read};
use rust_rewards::text::{Several, TextTruth};

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
        texts(batch, reading);
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
        assert_eq!(batch.boxes(&BOXES, form, &EXTENTS, options).expect("rows that fit"), expected, "{form:?}");
    }
}

fn format(reading: Reading) -> Vec<f64> {
    vec![f64::from(u8::from(reading.format))]
}

fn labels(batch: Batch<'_, &str>, reading: Reading) {
    for truth in &*LABELS {
        for many in [false, true] {
            let answer = |_| reading.answer.map(|span| span.of(batch.completions[0]));
            let column = labels::parse(truth, &[0], many, 1, answer).expect("rows that fit");
            let overlap = column.overlap(truth, &[0], 1).expect("rows that fit");
            let found = batch.labels(truth, many, |overlap| overlap).expect("rows that fit");
            assert_eq!((&found.format, &found.reasons[..]), (&format(reading), column.reasons()));
            assert!(found.reasons != [0] || found.scores == overlap, "{found:?} {overlap:?}");
        }
    }
}

fn texts(batch: Batch<'_, &str>, reading: Reading) {
    for score in SCORES.into_iter().step_by(4) {
        let text = |_| reading.answer.ok().map(|span| span.of(batch.completions[0]));
        let expected = TEXTS.scores(score, &[0], Several::Mean, 1, text).expect("rows that fit")[0];
        let found = batch.texts(&TEXTS, score, Several::Mean).expect("rows that fit");
        assert_eq!((found.format, found.scores[0].to_bits()), (format(reading), expected.to_bits()), "{score:?}");
    }
}
