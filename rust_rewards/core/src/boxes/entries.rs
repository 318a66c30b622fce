//! The entries of a JSON list as they stand there: what VLM-R1's rewards compare, who ask neither for an image nor for the order of corners.

use std::borrow::Cow;

use super::items::Numbers;
use super::qwen::numbers_of;
use crate::json::{Kind, Reader, unfence};
use crate::reason::Reason;

/// An entry of a list: its box and its label, each where it has one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry<'t> {
    /// x1, y1, x2, y2, all finite.
    pub corners: Option<[f64; 4]>,
    /// Its label as written.
    pub label: Option<Cow<'t, str>>,
}

/// Read a JSON list, perhaps in a fence. An entry that is no object has neither box nor label; other keys do not matter.
///
/// ```
/// use rust_rewards::{Reason, boxes::entries};
/// let read = entries(r#"[{"label": "ship", "bbox_2d": [1, 2, 3, 4], "more": []}, 5]"#).unwrap();
/// assert_eq!((read[0].corners, read[0].label.as_deref()), (Some([1.0, 2.0, 3.0, 4.0]), Some("ship")));
/// assert_eq!((read[1].corners, read[1].label.as_deref()), (None, None));
/// assert_eq!(entries("{}"), Err(Reason::WrongType));
/// ```
///
/// # Errors
/// Why the text is no such list.
pub fn entries(text: &str) -> Result<Vec<Entry<'_>>, Reason> {
    let mut reader = Reader::new(unfence(text)?);
    let mut found = Vec::new();
    let is_list = reader.peek()? == Kind::Array;
    if is_list {
        reader.enter_array()?;
        while reader.next_item()? {
            found.push(entry(&mut reader)?);
        }
    } else {
        reader.skip()?;
    }
    reader.end()?;
    if is_list { Ok(found) } else { Err(Reason::WrongType) }
}

fn entry<'t>(reader: &mut Reader<'t>) -> Result<Entry<'t>, Reason> {
    let mut found = Entry::default();
    if reader.peek()? != Kind::Object {
        reader.skip()?;
        return Ok(found);
    }
    reader.enter_object()?;
    while let Some(key) = reader.next_key()? {
        match (&*key, reader.peek()?) {
            ("bbox_2d", Kind::Array) => found.corners = numbers_of(reader)?.and_then(finite),
            ("label", Kind::String) => found.label = Some(reader.string()?),
            _ => reader.skip()?,
        }
    }
    Ok(found)
}

fn finite(numbers: Numbers) -> Option<[f64; 4]> {
    numbers.four().filter(|corners| corners.iter().all(|value| value.is_finite()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(Option<[f64; 4]>, Option<String>)> {
        let known = |entry: Entry<'_>| (entry.corners, entry.label.map(Cow::into_owned));
        entries(text).unwrap().into_iter().map(known).collect()
    }

    #[test]
    fn boxes_and_labels_in_any_order() {
        let ship = Some("ship".to_owned());
        let (one, turned) = (Some([1.0, 2.0, 3.0, 4.5]), Some([3.0, 2.0, -1.0, 4e7]));
        assert_eq!(read(r#"[{"bbox_2d": [1, 2, 3, 4.5], "label": "ship", "x": {"label": 1}}]"#), [(one, ship.clone())]);
        assert_eq!(read(r#"```json [{"label": "sh\u0069p", "bbox_2d": [3, 2, -1, 4e7]}] ```"#), [(turned, ship)]);
        assert_eq!(read("[]"), []);
    }

    #[test]
    fn what_is_no_box_and_no_label() {
        for text in ["1", "null", "[1, 2, 3, 4]", "{}", r#"{"label": 1}"#, r#"{"label": null, "bbox_2d": 7}"#] {
            assert_eq!(read(&format!("[{text}]")), [(None, None)], "{text}");
        }
        for list in ["[1, 2, 3]", "[1, 2, 3, 4, 5]", "[1, 2, 3, \"4\"]", "[]", "[1, 2, 3, 1e400]"] {
            let item = format!(r#"[{{"bbox_2d": {list}, "label": "ship"}}]"#);
            assert_eq!(read(&item), [(None, Some("ship".to_owned()))], "{list}");
        }
    }

    #[test]
    fn refusals() {
        let cases = [
            ("", Reason::BadJson),
            ("[{]", Reason::BadJson),
            ("[1] x", Reason::BadJson),
            ("7", Reason::WrongType),
            ("```python\n[]```", Reason::BadFence),
            (r#"[{"a": 1, "a": 2}]"#, Reason::DuplicateKey),
        ];
        for (text, reason) in cases {
            assert_eq!(entries(text), Err(reason), "{text}");
        }
    }
}
