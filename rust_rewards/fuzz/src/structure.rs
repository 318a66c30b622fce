//! Laws of the structure.

use std::ops::Range;

use rust_rewards::structure::{Reading, Structure, read};
use rust_rewards::unicode::has_visible;

/// Every structure.
pub const STRUCTURES: [Structure; 4] = [Structure::ThinkAnswer, Structure::Answer, Structure::Plain, Structure::Any];
const TAGS: [&str; 4] = ["<think>", "</think>", "<answer>", "</answer>"];

/// Panics where a law does not hold.
pub fn hold(text: &str) {
    for opens_think in [false, true] {
        let [strict, loose, plain, any] = STRUCTURES.map(|structure| read(text, structure, opens_think));
        for reading in [strict, loose, plain, any] {
            lies_inside(text, reading);
        }
        // What a stricter structure takes, a looser one reads alike.
        assert!(strict.answer.is_err() || strict == loose);
        assert!(loose.answer.is_err() || loose == any);
        assert_eq!(plain.answer.is_ok(), has_visible(text));
        if let Ok(span) = loose.answer {
            is_alone(text, span.of(text));
            again(span.of(text));
        }
        if !opens_think {
            a_prefix_changes_no_answer(text, loose);
        }
    }
}

fn lies_inside(text: &str, reading: Reading) {
    assert!(reading.answer.is_ok() || !reading.format);
    for span in [reading.answer.ok(), reading.think].into_iter().flatten() {
        assert!(text.get(Range::from(span)).is_some(), "a span cuts the text where it must not");
    }
    assert!(reading.answer.is_err() || reading.answer.is_ok_and(|span| has_visible(span.of(text))));
}

/// Exactly one answer block stands in the text, and no tag stands in its body.
fn is_alone(text: &str, answer: &str) {
    for tag in ["<answer>", "</answer>"] {
        assert_eq!(text.matches(tag).count(), 1);
    }
    assert!(TAGS.iter().all(|tag| !answer.contains(tag)));
}

/// An answer read once more is itself.
fn again(answer: &str) {
    let reading = read(answer, Structure::Any, false);
    assert_eq!(reading.answer.map(|span| span.of(answer)), Ok(answer));
    assert!(reading.format);
}

fn a_prefix_changes_no_answer(text: &str, reading: Reading) {
    let longer = format!("so \u{e9} {text}");
    let prefixed = read(&longer, Structure::Answer, false);
    assert_eq!(prefixed.answer.map(|span| span.of(&longer)), reading.answer.map(|span| span.of(text)));
    assert!(!prefixed.format);
}
