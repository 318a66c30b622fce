//! The shape in which models nearly always write an item, read without bookkeeping: `{"bbox_2d": [1, 2, 3, 4], "label": "ship"}`.
//!
//! Whatever differs (another order of keys, signs, fractions, escapes …) is left to the strict reader, which reads this shape
//! to the same result: this is speed, not grammar.

use memchr::memchr;

/// The four numbers, the label and the length of the item that `text` starts with, if it has the usual shape.
pub(super) fn item(text: &str) -> Option<([f64; 4], &str, usize)> {
    let mut rest = blank(text.strip_prefix("{\"bbox_2d\":")?).strip_prefix('[')?;
    let mut numbers = [0.0; 4];
    for (place, number) in numbers.iter_mut().enumerate() {
        let (value, after) = integer(rest)?;
        *number = value;
        rest = if place < 3 { blank(after.strip_prefix(',')?) } else { after.strip_prefix(']')? };
    }
    let rest = blank(rest.strip_prefix(',')?).strip_prefix("\"label\":")?;
    let rest = blank(rest).strip_prefix('"')?;
    let label = rest.get(..memchr(b'"', rest.as_bytes())?)?;
    let after = rest.get(label.len()..)?.strip_prefix("\"}")?;
    let is_plain = label.bytes().all(|byte| byte >= b' ' && byte != b'\\');
    is_plain.then_some((numbers, label, text.len() - after.len()))
}

fn blank(text: &str) -> &str {
    text.strip_prefix(' ').unwrap_or(text)
}

/// Up to six digits without a leading zero.
fn integer(text: &str) -> Option<(f64, &str)> {
    let (mut value, mut length) = (0_u32, 0);
    for byte in text.bytes().take(7) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value * 10 + u32::from(digit);
        length += 1;
    }
    let is_usual = (1..=6).contains(&length) && (length == 1 || !text.starts_with('0'));
    is_usual.then_some((f64::from(value), text.get(length..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_shapes() {
        for text in
            [r#"{"bbox_2d": [1, 20, 300, 4], "label": "ship"}, x"#, r#"{"bbox_2d":[1,20,300,4],"label":"ship"}, x"#]
        {
            let (numbers, label, length) = item(text).unwrap();
            assert_eq!((numbers, label, &text[length..]), ([1.0, 20.0, 300.0, 4.0], "ship", ", x"));
        }
    }

    #[test]
    fn anything_else_is_left_to_the_reader() {
        for text in [
            r#"{"label": "ship", "bbox_2d": [1, 2, 3, 4]}"#,
            r#"{"bbox_2d": [01, 2, 3, 4], "label": "ship"}"#,
            r#"{"bbox_2d": [1, 2, 3, -4], "label": "ship"}"#,
            r#"{"bbox_2d": [1, 2, 3, 4.5], "label": "ship"}"#,
            r#"{"bbox_2d": [1, 2, 3, 1234567], "label": "ship"}"#,
            r#"{"bbox_2d": [1, 2, 3], "label": "ship"}"#,
            r#"{"bbox_2d": [1, 2, 3, 4], "label": "\u0041"}"#,
            r#"{"bbox_2d": [1, 2, 3, 4], "label": "ship", "score": 1}"#,
            r#"{"bbox_2d": [1, 2, 3, 4], "label": "ship"#,
        ] {
            assert!(item(text).is_none(), "{text}");
        }
    }
}
