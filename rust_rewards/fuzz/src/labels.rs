//! Laws of labels, short answers and their normal form.

use std::sync::Arc;

use rust_rewards::answers::{Asked, Value};
use rust_rewards::labels::{self, LabelColumn, LabelTruth, normalised};
use rust_rewards::limits;
use rust_rewards::unicode::{fold, trim};

const VOCABULARY: [&str; 5] = ["airport", "Storage Tanks", "Beaches, dunes, sands", "Stra\u{df}e", "a, b; c, d"];
const SAMPLES: [usize; 2] = [0, 1];

/// Panics where a law does not hold.
pub fn hold(text: &str) {
    let references = [vec!["airport", "Storage Tanks"], vec!["airport", "river"]];
    let truth = Arc::new(LabelTruth::new([VOCABULARY.to_vec()], &[0, -1], references, None).expect("a sound truth"));
    for many in [false, true] {
        let column = read(&truth, many, text);
        for sample in SAMPLES {
            is_sound(&column, &truth, sample, many);
        }
        is_read_again(&column, &truth);
    }
    the_normal_form_keeps(text);
    answers(text);
}

fn read(truth: &Arc<LabelTruth>, many: bool, text: &str) -> LabelColumn {
    labels::parse(truth, &[0, 1], many, 1, |_| Ok(text)).expect("rows that fit")
}

fn is_sound(column: &LabelColumn, truth: &Arc<LabelTruth>, sample: usize, many: bool) {
    let (overlap, labels) = (column.overlap(truth, &[0, 1], 1).expect("rows that fit")[sample], column.labels(sample));
    assert_eq!(overlap.predicted, labels.len());
    assert!(overlap.shared <= overlap.predicted && overlap.shared <= overlap.truths);
    assert!(labels.len() <= limits::LABELS);
    if column.reasons()[sample] != 0 {
        assert!(labels.is_empty());
    } else if !many {
        assert_eq!(labels.len(), 1);
    }
    let equal = column.equal(truth, &[0, 1], 1).expect("rows that fit")[sample];
    assert!(equal == 0.0 || equal == 1.0);
    assert_eq!(equal == 1.0, overlap.shared == overlap.predicted && overlap.shared == overlap.truths);
}

/// Labels in the spelling of the vocabulary, or as written, are the same labels when they are read as a JSON list.
fn is_read_again(column: &LabelColumn, truth: &Arc<LabelTruth>) {
    let labels = column.labels(0);
    if !labels.is_empty() {
        let written = serde_json::to_string(&labels).expect("strings");
        assert_eq!(read(truth, true, &written).labels(0), labels, "{written}");
    }
}

fn the_normal_form_keeps(text: &str) {
    let normal = normalised(text);
    assert_eq!(normalised(&text.to_ascii_uppercase()), normal);
    assert_eq!(normalised(&text.replace('_', "-")), normal);
    assert_eq!(normalised(&format!(" {text}\n")), normal);
    assert!(normal.is_empty() || trim(&normal) == normal);
    // A short text and a long one, an ASCII one and another are folded by different code.
    let folded = fold(text);
    assert_eq!(fold(&format!("{text}\n{}", "A".repeat(600))), format!("{folded}\n{}", "a".repeat(600)));
    assert_eq!(fold(&format!("{text}\n\u{416}")), format!("{folded}\n\u{436}"));
}

fn answers(text: &str) {
    for (reference, count) in [("12", true), ("12", false), ("yes", false), ("rural", false), ("", false)] {
        let asked = Asked::by(reference, count);
        match asked.read(text) {
            Ok(Value::Count(number)) => {
                let written = trim(text);
                assert_eq!(written.strip_suffix('.').unwrap_or(written), number.to_string());
                assert_eq!(asked.is_met_by(&Value::Count(number)), number == 12);
            }
            Ok(value) => assert!(!count && (asked.is_met_by(&value) || !matches!(asked, Asked::Nothing))),
            Err(_) => {}
        }
    }
}
