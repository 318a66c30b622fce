//! Rows of geovlm's own JSON lines, as most of them are: borrowed from the line, nothing of them copied.
//!
//! What is read here is read as any JSON reader would; a row that is not plain (a key of another name or type, a key that stands twice, images with
//! roles, boxes with labels, broken JSON, …) is left to the caller, who finds the words for what is wrong.

use std::borrow::Cow;

use memchr::memchr;

use crate::json::{Kind, Reader};
use crate::reason::Reason;

/// A row. Keys that may hold null are None where they do.
#[derive(Debug, Default, PartialEq)]
pub struct Row<'a> {
    /// Its line in the block, from 0.
    pub line: usize,
    /// `id`, not empty.
    pub id: Cow<'a, str>,
    /// `task`.
    pub task: Option<Cow<'a, str>>,
    /// `images`: paths, none of them empty.
    pub images: Vec<Cow<'a, str>>,
    /// `question`.
    pub question: Option<Cow<'a, str>>,
    /// `reference`.
    pub reference: Reference<'a>,
    /// `reasoning`.
    pub reasoning: Option<Cow<'a, str>>,
    /// `choices`: the JSON of a list.
    pub choices: Option<&'a str>,
    /// `completion`.
    pub completion: Option<Cow<'a, str>>,
    /// `meta`: the JSON of an object.
    pub meta: Option<&'a str>,
}

/// The truth of a row.
#[derive(Debug, Default, PartialEq)]
pub enum Reference<'a> {
    /// There is none.
    #[default]
    Missing,
    /// A text.
    Text(Cow<'a, str>),
    /// `{"frame": …, "boxes": [[x1, y1, x2, y2(, angle)], …]}`
    Boxes(Option<Cow<'a, str>>, Vec<[f64; 5]>),
    /// The JSON of another value: a number or a list.
    Other(&'a str),
}

/// The plain rows of a block of lines.
///
/// ```
/// let rows = rust_rewards::rows::read(b"{\"id\": \"a\", \"reference\": \"pond\"}\n[1]\n{\"id\": \"b\", \"odd\": 1}");
/// assert_eq!(rows.len(), 1);
/// assert_eq!((rows[0].line, &*rows[0].id), (0, "a"));
/// ```
#[must_use]
pub fn read(block: &[u8]) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let (mut rest, mut line, mut reader) = (block, 0, Reader::new(""));
    loop {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let text = rest.get(..end).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let known = rows.last().and_then(|row| row.choices).unwrap_or_default();
        rows.extend(text.and_then(|text| row(&mut reader, text, known)).map(|row| Row { line, ..row }));
        match rest.get(end + 1..) {
            Some(after) => (rest, line) = (after, line + 1),
            None => return rows,
        }
    }
}

/// Is a JSON text one that the strict reader cannot pass over: a key stands twice in an object, or the text is broken or beyond a limit?
///
/// ```
/// use rust_rewards::rows::may_repeat_keys;
/// assert!(may_repeat_keys(b"{\"a\": {\"b\": 1, \"b\": 2}}"));
/// assert!(!may_repeat_keys(b"{\"a\": {\"b\": 1}, \"b\": 2}"));
/// ```
#[must_use]
pub fn may_repeat_keys(text: &[u8]) -> bool {
    std::str::from_utf8(text).map_or(true, |text| Reader::new(text).skip().is_err())
}

/// The keys of a row that were read, each of them once.
#[derive(Default)]
struct Read(u16);

impl Read {
    const NAMES: [&str; 9] =
        ["id", "task", "images", "question", "reference", "reasoning", "choices", "completion", "meta"];

    /// None for a key that was read before and for one of another name.
    fn once(&mut self, key: &str) -> Option<()> {
        let bit = 1 << Self::NAMES.iter().position(|&name| name == key)?;
        let is_new = self.0 & bit == 0;
        self.0 |= bit;
        is_new.then_some(())
    }
}

fn row<'a>(reader: &mut Reader<'a>, text: &'a str, known: &str) -> Option<Row<'a>> {
    let (mut row, mut read) = (Row::default(), Read::default());
    reader.restart(text);
    reader.enter_object().ok()?;
    while let Some(key) = reader.next_name().ok()? {
        read.once(&key)?;
        match &*key {
            "id" => row.id = reader.string().ok()?,
            "task" => row.task = Some(reader.string().ok()?),
            "images" => row.images = paths(reader).ok()?,
            "question" => row.question = text_or_null(reader).ok()?,
            "reference" => row.reference = reference(reader)?,
            "reasoning" => row.reasoning = text_or_null(reader).ok()?,
            "choices" => row.choices = Some(again(reader, known).or_else(|| raw(reader, Kind::Array))?),
            "completion" => row.completion = text_or_null(reader).ok()?,
            "meta" => row.meta = Some(raw(reader, Kind::Object)?),
            _ => return None,
        }
    }
    reader.end().ok()?;
    let is_plain = !row.id.is_empty() && row.images.iter().all(|path| !path.is_empty());
    is_plain.then_some(row)
}

/// The list of the row before, where it stands here again: it need not be read twice.
fn again<'a>(reader: &mut Reader<'a>, known: &str) -> Option<&'a str> {
    let list = reader.rest().get(..known.len()).filter(|list| !known.is_empty() && *list == known)?;
    reader.pass(known.len());
    Some(list)
}

/// The JSON of the next value, which must be of a kind.
fn raw<'a>(reader: &mut Reader<'a>, kind: Kind) -> Option<&'a str> {
    if reader.peek().ok()? != kind {
        return None;
    }
    let rest = reader.rest();
    reader.skip().ok()?;
    rest.get(..rest.len() - reader.unread())
}

/// None for null.
fn text_or_null<'a>(reader: &mut Reader<'a>) -> Result<Option<Cow<'a, str>>, Reason> {
    match reader.peek()? {
        Kind::String => reader.string().map(Some),
        Kind::Literal if raw(reader, Kind::Literal) == Some("null") => Ok(None),
        _ => Err(Reason::WrongType),
    }
}

fn paths<'a>(reader: &mut Reader<'a>) -> Result<Vec<Cow<'a, str>>, Reason> {
    let mut paths = Vec::new();
    reader.enter_array()?;
    while reader.next_item()? {
        paths.push(reader.string()?);
    }
    Ok(paths)
}

fn reference<'a>(reader: &mut Reader<'a>) -> Option<Reference<'a>> {
    match reader.peek().ok()? {
        Kind::String => reader.string().ok().map(Reference::Text),
        Kind::Object => boxes(reader),
        kind @ (Kind::Number | Kind::Array) => raw(reader, kind).map(Reference::Other),
        Kind::Literal => None,
    }
}

fn boxes<'a>(reader: &mut Reader<'a>) -> Option<Reference<'a>> {
    let (mut frame, mut boxes) = (None, None);
    reader.enter_object().ok()?;
    while let Some(key) = reader.next_name().ok()? {
        match &*key {
            "frame" if frame.is_none() => frame = Some(reader.string().ok()?),
            "boxes" if boxes.is_none() => boxes = Some(numbers(reader)?),
            _ => return None,
        }
    }
    Some(Reference::Boxes(frame, boxes?))
}

/// Rows of five numbers; a missing angle is 0.
fn numbers(reader: &mut Reader<'_>) -> Option<Vec<[f64; 5]>> {
    let mut rows = Vec::new();
    reader.enter_array().ok()?;
    while reader.next_item().ok()? {
        let (mut row, mut count) = ([0.0; 5], 0);
        reader.enter_array().ok()?;
        while reader.next_item().ok()? {
            *row.get_mut(count)? = reader.number().ok()?;
            count += 1;
        }
        if count < 4 {
            return None;
        }
        rows.push(row);
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<Row<'_>> {
        read(text.as_bytes()).pop()
    }

    #[test]
    fn every_key() {
        let text =
            r#"{"id": "a", "task": "t", "images": ["1.png"], "question": "q\n", "reference": [1], "reasoning": null,
            "choices": ["x", "y"] , "completion": "c", "meta": {"k": 1}}"#
                .replace('\n', " ");
        let row = one(&text).unwrap();
        assert_eq!((&*row.id, row.task.as_deref(), row.question.as_deref()), ("a", Some("t"), Some("q\n")));
        assert_eq!((row.reasoning, row.completion.as_deref()), (None, Some("c")));
        assert_eq!((row.choices, row.meta), (Some(r#"["x", "y"]"#), Some(r#"{"k": 1}"#)));
        assert_eq!((row.images, row.reference), (vec![Cow::Borrowed("1.png")], Reference::Other("[1]")));
    }

    #[test]
    fn boxes_are_numbers() {
        let row = one(r#"{"id":"a","reference":{"boxes":[[1,2,3.5,-4e1,5],[1,2,3,4]],"frame":"unit"}}"#).unwrap();
        assert_eq!(
            row.reference,
            Reference::Boxes(Some("unit".into()), vec![[1.0, 2.0, 3.5, -40.0, 5.0], [1.0, 2.0, 3.0, 4.0, 0.0]])
        );
    }

    #[test]
    fn a_key_that_stands_twice_is_not_plain() {
        for key in Read::NAMES {
            let value = match key {
                "images" | "choices" => "[\"x\"]",
                "meta" => "{}",
                _ => "\"x\"",
            };
            let pair = format!("\"{key}\":{value}");
            let named = if key == "id" { String::new() } else { ",\"id\":\"a\"".to_owned() };
            assert!(one(&format!("{{{pair}{named}}}")).is_some(), "{key}");
            assert_eq!(one(&format!("{{{pair}{named},{pair}}}")), None, "{key}");
        }
        for inner in [r#"{"frame":"unit","boxes":[],"frame":"unit"}"#, r#"{"boxes":[],"boxes":[]}"#] {
            assert_eq!(one(&format!(r#"{{"id":"a","reference":{inner}}}"#)), None, "{inner}");
        }
        assert_eq!(one(r#"{"id":"a","meta":{"k":1,"\u006b":2}}"#), None);
    }

    #[test]
    fn keys_that_may_repeat() {
        for text in [r#"{"a":[{"b":1,"b":1}]}"#, r#"{"a":1,"\u0061":2}"#, "{\"a\":\"\u{0}\"}", "", "{\"a\""] {
            assert!(may_repeat_keys(text.as_bytes()), "{text}");
        }
        assert!(may_repeat_keys(b"{\"\xff\":1}"));
        assert!(may_repeat_keys("[".repeat(99).as_bytes()));
        assert!(!may_repeat_keys(br#" {"a":[{"b":1},{"b":1}],"b":{"a":1}} "#));
    }

    #[test]
    fn choices_that_begin_like_the_ones_before_are_their_own() {
        let block = concat!(
            "{\"id\":\"a\",\"choices\":[\"x\"]}\n",
            "{\"id\":\"b\",\"choices\":[\"x\"]}\n",
            "{\"id\":\"c\",\"choices\":[\"x\",\"y\"]}\n",
            "{\"id\":\"d\",\"choices\":[\"x\"]]}",
        );
        let found: Vec<_> = read(block.as_bytes()).into_iter().map(|row| (row.line, row.choices)).collect();
        assert_eq!(found, [(0, Some("[\"x\"]")), (1, Some("[\"x\"]")), (2, Some("[\"x\",\"y\"]"))]);
    }

    #[test]
    fn what_is_not_plain_is_left() {
        let odd = [
            "",
            "[1]",
            "{}",
            r#"{"id":1}"#,
            r#"{"id":""}"#,
            r#"{"id":"a","odd":1}"#,
            r#"{"id":"a","images":[""]}"#,
            r#"{"id":"a","images":[{"path":"x"}]}"#,
            r#"{"id":"a","question":true}"#,
            r#"{"id":"a","reference":null}"#,
            r#"{"id":"a","reference":{"boxes":[[1,2,3]]}}"#,
            r#"{"id":"a","reference":{"boxes":[[1,2,3,4,5,6]]}}"#,
            r#"{"id":"a","reference":{"frame":"unit"}}"#,
            r#"{"id":"a","reference":{"boxes":[],"labels":[]}}"#,
            r#"{"id":"a","choices":{}}"#,
            r#"{"id":"a","meta":[]}"#,
            r#"{"id":"a"} x"#,
        ];
        for text in odd {
            assert_eq!(one(text), None, "{text}");
        }
        assert_eq!(read(b"{\"id\":\"\xff\"}\n{\"id\":\"b\"}").len(), 1);
    }
}
