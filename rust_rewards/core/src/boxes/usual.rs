//! The shape in which models nearly always write items, read without bookkeeping: `{"bbox_2d": [1, 2, 3, 4], "label": "ship"}`.
//!
//! Whatever differs (another order of keys, signs, fractions, escapes …) is left to the strict reader, which reads this shape
//! to the same result: this is speed, not grammar.

use std::str;

use super::items::Items;
use super::runs::corners;

/// What ends an item after its label.
const ENDING: &str = "\"}";

/// Read the items of the usual shape that `text` starts with, and the commas between them; gives how far they go.
pub(super) fn items(text: &str, items: &mut Items<'_>) -> usize {
    let (mut rest, mut length) = (text.as_bytes(), 0);
    while let Some((list, after)) = boxed(rest) {
        let Some((name, after)) = label(after, items) else {
            break;
        };
        items.offer_upright(list, Some(name));
        length = text.len() - after.len();
        match after.strip_prefix(b",") {
            Some(after) => rest = trimmed(after),
            None => break,
        }
    }
    length
}

/// The four numbers of the item that `text` starts with, and the text from the label on.
#[inline]
fn boxed(text: &[u8]) -> Option<([f64; 4], &[u8])> {
    let list = text.strip_prefix(b"{\"bbox_2d\": [").or_else(|| text.strip_prefix(b"{\"bbox_2d\":["))?;
    let (numbers, length) = corners(list)?;
    let after = list.get(length..)?;
    let label = after.strip_prefix(b"], \"label\": \"").or_else(|| after.strip_prefix(b"],\"label\":\""))?;
    Some((numbers, label))
}

/// The label without an escape that `text` starts with, and what comes after its item.
#[inline]
fn label<'t>(text: &'t [u8], items: &mut Items<'_>) -> Option<(u32, &'t [u8])> {
    if let Some((name, length)) = items.known_label(text) {
        return Some((name, text.get(length..)?));
    }
    let length = text.iter().position(|&byte| byte < b' ' || byte == b'"' || byte == b'\\')?;
    let (label, after) = text.split_at_checked(length)?;
    Some((items.name_again(str::from_utf8(label).ok()?, ENDING), after.strip_prefix(ENDING.as_bytes())?))
}

/// The text without the white space at its start.
fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', after @ ..] = text {
        text = after;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::boxes::{Found, Syntax};

    /// How far the items go, their boxes and their labels.
    fn read(text: &str) -> (usize, Vec<[f64; 4]>, Vec<String>) {
        let mut found = Found::default();
        let length = items(text, &mut Items::new(Syntax::QwenJson, [4096.0; 2], &mut found));
        let label = |name: &Option<u32>| found.names.texts()[name.unwrap() as usize].clone();
        let rects = found.rects.iter().map(|&[x1, y1, x2, y2, _]| [x1, y1, x2, y2]).collect();
        (length, rects, found.labels.iter().map(label).collect())
    }

    #[test]
    fn usual_shapes() {
        let long = "a label of more than thirty-two bytes";
        let styles = [("", ""), (" ", " "), (" ", "\n  ")];
        for (blank, gap) in styles {
            let item = |numbers: [u32; 4], label: &str| {
                let [a, b, c, d] = numbers;
                format!(
                    r#"{{"bbox_2d":{blank}[{a},{blank}{b},{blank}{c},{blank}{d}],{blank}"label":{blank}"{label}"}}"#
                )
            };
            let labels = ["ship", "ship", "plane", "shi", "", "", long, long, "plane"];
            let boxes = (0..9).map(|k| [k, 10 * k, 200 + k, 4000 - k]);
            let written: Vec<String> = boxes.clone().zip(labels).map(|(numbers, label)| item(numbers, label)).collect();
            let text = written.join(&format!(",{gap}"));
            let expected: Vec<[f64; 4]> = boxes.map(|numbers| numbers.map(f64::from)).collect();
            for after in ["", "]", " x", "}", &",".repeat(40)] {
                let labels = labels.map(str::to_owned).to_vec();
                assert_eq!(read(&format!("{text}{after}")), (text.len(), expected.clone(), labels), "{text}{after}");
            }
        }
    }

    #[test]
    fn anything_else_is_left_to_the_reader() {
        for text in [
            r#"{"label": "ship", "bbox_2d": [1, 2, 3, 4]}"#,
            r#"{"bbox_2d": [01, 2, 3, 4], "label": "ship"}"#,
            r#"{"bbox_2d": [1, 2, 3, -4], "label": "ship"}"#,
            r#"{"bbox_2d": [1, 2, 3, 4.5], "label": "ship"}"#,
            r#"{"bbox_2d": [1, 2, 3, 12345678], "label": "ship"}"#,
            r#"{"bbox_2d": [1, 2, 3], "label": "ship"}"#,
            r#"{"bbox_2d": [1, 2, 3, 4], "label": "\u0041"}"#,
            r#"{"bbox_2d": [1, 2, 3, 4], "label": "ship", "score": 1}"#,
            r#"{"bbox_2d": [1, 2, 3, 4], "label": "ship"#,
        ] {
            assert_eq!(read(text).0, 0, "{text}");
            let usual = r#"{"bbox_2d": [1, 2, 3, 4], "label": "ship"}"#;
            assert_eq!(read(&format!("{usual}, {text}, {usual}")).0, usual.len(), "{text}");
        }
    }
}
