//! What fuzzing has kept (docs/decisions/0006-fuzzing.md): none of it breaks a law.

#[path = "../../fuzz/src/lib.rs"]
mod laws;

use serde_json::Value;

/// The texts of a file of JSON lines: strings, or objects that hold a completion.
fn texts(lines: &str) -> Vec<String> {
    let text = |line: &str| match serde_json::from_str::<Value>(line) {
        Ok(Value::String(text)) => Some(text),
        Ok(row) => row.get("completion").and_then(Value::as_str).map(str::to_owned),
        Err(_) => None,
    };
    lines.lines().filter_map(text).collect()
}

#[test]
fn no_kept_text_breaks_a_law() {
    let mut kept = texts(include_str!("../../fuzz/corpus.jsonl"));
    kept.extend(texts(include_str!("../../../tests/fuzz/corpus.jsonl")));
    assert!(kept.len() > 900);
    for text in &kept {
        laws::boxes::hold(text);
        laws::json::hold(text);
        laws::labels::hold(text);
        laws::structure::hold(text);
        laws::texts::hold(text);
        laws::whole::hold(text);
    }
}
