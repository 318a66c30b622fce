//! The shape in which models nearly always write an item, read without bookkeeping: `{"bbox_2d": [1, 2, 3, 4], "label": "ship"}`.
//!
//! Whatever differs (another order of keys, signs, fractions, escapes …) is left to the strict reader, which reads this shape
//! to the same result: this is speed, not grammar.

use crate::number::few_digits;

/// The four numbers, the label and the length of the item that `text` starts with, if it has the usual shape.
///
/// `latest`: the label before, which mostly comes again.
pub(super) fn item<'t>(text: &'t str, latest: &str) -> Option<([f64; 4], &'t str, usize)> {
    let bytes = text.as_bytes();
    let mut rest = blank(bytes.strip_prefix(b"{\"bbox_2d\":")?).strip_prefix(b"[")?;
    let mut numbers = [0.0; 4];
    for (place, number) in numbers.iter_mut().enumerate() {
        let (value, length) = few_digits(rest)?;
        *number = f64::from(value);
        let after = rest.get(length..)?;
        rest = if place < 3 { blank(after.strip_prefix(b",")?) } else { after.strip_prefix(b"]")? };
    }
    let rest = blank(rest.strip_prefix(b",")?).strip_prefix(b"\"label\":")?;
    let rest = blank(rest).strip_prefix(b"\"")?;
    let length = label(rest, latest.as_bytes())?;
    let after = rest.get(length..)?.strip_prefix(b"\"}")?;
    let start = bytes.len() - rest.len();
    Some((numbers, text.get(start..start + length)?, bytes.len() - after.len()))
}

/// The length of the label that stands before a quote, if it has no escape in it.
fn label(rest: &[u8], latest: &[u8]) -> Option<usize> {
    let comes_again = rest.strip_prefix(latest).is_some_and(|after| after.first() == Some(&b'"'));
    let is_plain = |label: &[u8]| label.iter().all(|&byte| byte >= b' ' && byte != b'\\' && byte != b'"');
    if comes_again && is_plain(latest) {
        return Some(latest.len());
    }
    let length = rest.iter().position(|&byte| byte == b'"')?;
    rest.get(..length).is_some_and(is_plain).then_some(length)
}

fn blank(text: &[u8]) -> &[u8] {
    text.strip_prefix(b" ").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_shapes() {
        for text in
            [r#"{"bbox_2d": [1, 20, 300, 4], "label": "ship"}, x"#, r#"{"bbox_2d":[1,20,300,4],"label":"ship"}, x"#]
        {
            for latest in ["", "ship", "shi", "plane", "ship\"}, x"] {
                let (numbers, label, length) = item(text, latest).unwrap();
                assert_eq!((numbers, label, &text[length..]), ([1.0, 20.0, 300.0, 4.0], "ship", ", x"));
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
            assert!(item(text, "").is_none(), "{text}");
        }
    }
}
