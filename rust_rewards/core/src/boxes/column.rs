//! Parsed boxes of a batch as columns.

use super::{Form, Found, split};
use crate::error::{self, InputError};
use crate::geometry::Rect;
use crate::names::{Name, Names};
use crate::parallel;
use crate::reason::Reason;

/// Boxes of a batch of answers, in the frame in which they were written.
#[derive(Clone, Debug, Default)]
pub struct BoxColumn {
    reasons: Vec<u8>,
    /// Row i has the boxes `offsets[i]..offsets[i + 1]`; one entry more than rows.
    offsets: Vec<usize>,
    found: Found,
    invalid: Vec<usize>,
}

/// The boxes of one answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct BoxRow<'c> {
    /// Why the answer could not be read, as a code; 0 where it was.
    pub reason: u8,
    /// The boxes.
    pub rects: &'c [Rect],
    /// Their labels.
    pub labels: &'c [Name],
    /// Items that are no box.
    pub invalid: usize,
}

/// Read one answer for each of `0..n`; `answer` gives its text, or why there is none, and the extent of its frame.
///
/// ```
/// use rust_rewards::boxes::{parse, Form, Syntax};
/// let column = parse(1, 1, Form { syntax: Syntax::List5, one: false }, |_| (Ok("[[1, 2, 3, 4, 90]]"), [100.0, 100.0]));
/// assert_eq!(column.row(0).unwrap().rects, [[1.0, 2.0, 3.0, 4.0, 90.0]]);
/// ```
pub fn parse<'a>(
    n: usize,
    threads: usize,
    form: Form,
    answer: impl Fn(usize) -> (Result<&'a str, Reason>, [f64; 2]) + Sync,
) -> BoxColumn {
    let parts = parallel::chunks(n, threads, |range| {
        let mut column = BoxColumn::with_capacity(range.len());
        for i in range {
            let (text, extent) = answer(i);
            let invalid = text.and_then(|text| form.read(text, extent, &mut column.found));
            column.close(invalid.err().map_or(0, Reason::code), invalid.unwrap_or(0));
        }
        column
    });
    parts.into_iter().reduce(BoxColumn::joined).unwrap_or_default()
}

/// Read one grounded text for each of `0..n`: the words of each, and the boxes that are written among them.
///
/// ```
/// use rust_rewards::boxes::{Form, Syntax, parse_grounded};
/// let form = Form { syntax: Syntax::GeoChat, one: false };
/// let (words, boxes) = parse_grounded(1, 1, form, |_| (Ok("a <p>ship</p> {<1><2><3><4>|<5>} at sea"), [100.0, 100.0]));
/// assert_eq!(words, ["a ship at sea"]);
/// assert_eq!(boxes.rects(), [[1.0, 2.0, 3.0, 4.0, 5.0]]);
/// ```
pub fn parse_grounded<'a>(
    n: usize,
    threads: usize,
    form: Form,
    answer: impl Fn(usize) -> (Result<&'a str, Reason>, [f64; 2]) + Sync,
) -> (Vec<String>, BoxColumn) {
    let cut = parallel::map(n, threads, || (), |(), i| answer(i).0.map(|text| split(text, form.syntax)));
    let marks = |i: usize| match cut.get(i) {
        Some(cut) => cut.as_ref().map(|cut| cut.marks.as_str()).map_err(|reason| *reason),
        None => Err(Reason::NoAnswer),
    };
    let boxes = parse(n, threads, form, |i| (marks(i), answer(i).1));
    (cut.into_iter().map(|cut| cut.map(|cut| cut.words).unwrap_or_default()).collect(), boxes)
}

impl BoxColumn {
    fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, ..Self::default() }
    }

    /// A column of plain arrays: boxes, the offsets that cut them into rows, items that are no box, and labels.
    ///
    /// ```
    /// use rust_rewards::boxes::BoxColumn;
    /// let rects = vec![[0.0, 0.0, 1.0, 1.0, 0.0], [2.0, 2.0, 3.0, 3.0, 0.0]];
    /// let column = BoxColumn::from_arrays(rects, &[0, 2], &[1], Some(vec![vec!["ship", "car"]]))?;
    /// assert_eq!((column.labels(0), column.invalid()), (vec!["ship", "car"], &[1][..]));
    /// # Ok::<(), rust_rewards::error::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `Offsets` or `Length` where they do not belong together.
    pub fn from_arrays<'l>(
        rects: Vec<Rect>,
        offsets: &[i64],
        invalid: &[i64],
        labels: Option<impl IntoIterator<Item = Vec<&'l str>>>,
    ) -> Result<Self, InputError> {
        let offsets = error::offsets(offsets, rects.len())?;
        let rows = offsets.len() - 1;
        error::length("invalid", invalid.len(), rows, "the rows")?;
        let count = |(row, &count): (usize, &i64)| {
            let wrong = || InputError::Value { argument: "invalid", row, found: count.to_string(), needed: "a count" };
            usize::try_from(count).map_err(|_| wrong())
        };
        let invalid = invalid.iter().enumerate().map(count).collect::<Result<_, _>>()?;
        let mut names = Names::default();
        let labels = names.labels(labels, &offsets)?;
        Ok(Self { reasons: vec![0; rows], offsets, found: Found::new(rects, labels, names), invalid })
    }

    /// Number of answers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.reasons.len()
    }

    /// Whether there are no answers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    /// Reason codes, one an answer.
    #[must_use]
    pub fn reasons(&self) -> &[u8] {
        &self.reasons
    }

    /// Where each answer's boxes start, and the end.
    #[must_use]
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// All boxes.
    #[must_use]
    pub fn rects(&self) -> &[Rect] {
        &self.found.rects
    }

    /// Items that are no box, one count an answer.
    #[must_use]
    pub fn invalid(&self) -> &[usize] {
        &self.invalid
    }

    /// The distinct labels as written.
    #[must_use]
    pub fn names(&self) -> &[String] {
        self.found.names.texts()
    }

    /// One answer.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<BoxRow<'_>> {
        let range = *self.offsets.get(row)?..*self.offsets.get(row + 1)?;
        Some(BoxRow {
            reason: *self.reasons.get(row)?,
            rects: self.found.rects.get(range.clone())?,
            labels: self.found.labels.get(range)?,
            invalid: *self.invalid.get(row)?,
        })
    }

    /// The labels of one answer as written; empty where its syntax carries none.
    #[must_use]
    pub fn labels(&self, row: usize) -> Vec<&str> {
        let labels = self.row(row).map(|row| row.labels).unwrap_or_default();
        let written = labels.iter().map(|name| self.found.names.texts().get((*name)? as usize).map(String::as_str));
        written.collect::<Option<_>>().unwrap_or_default()
    }

    /// The named rows, in that order.
    ///
    /// # Errors
    /// `Index` where there is no such row.
    pub fn take(&self, rows: &[i64]) -> Result<Self, InputError> {
        let rows = error::rows("rows", rows, self.len())?;
        let mut taken = Self::with_capacity(rows.len());
        taken.found.names = self.found.names.clone();
        for row in rows.into_iter().filter_map(|row| self.row(row)) {
            taken.found.rects.extend_from_slice(row.rects);
            taken.found.labels.extend_from_slice(row.labels);
            taken.close(row.reason, row.invalid);
        }
        Ok(taken)
    }

    fn close(&mut self, reason: u8, invalid: usize) {
        self.reasons.push(reason);
        self.invalid.push(invalid);
        self.offsets.push(self.found.rects.len());
    }

    fn joined(mut self, other: Self) -> Self {
        let start = self.found.rects.len();
        let ids: Vec<u32> = other.found.names.texts().iter().map(|text| self.found.names.id(text)).collect();
        let renamed = |name: &Name| name.and_then(|id| ids.get(id as usize).copied());
        self.found.labels.extend(other.found.labels.iter().map(renamed));
        self.found.rects.extend(other.found.rects);
        self.reasons.extend(other.reasons);
        self.invalid.extend(other.invalid);
        self.offsets.extend(other.offsets.iter().skip(1).map(|offset| offset + start));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::Syntax;
    use super::*;

    fn read_one(text: &'static str, syntax: Syntax, one: bool) -> Result<(Vec<Rect>, usize), Reason> {
        let column = parse(1, 1, Form { syntax, one }, |_| (Ok(text), [512.0, 512.0]));
        let row = column.row(0).unwrap();
        match row.reason {
            0 => Ok((row.rects.to_vec(), row.invalid)),
            code => Err(Reason::ALL[usize::from(code) - 1]),
        }
    }

    const SHIP: Rect = [1.0, 2.0, 3.0, 4.0, 0.0];

    #[test]
    fn qwen_json() {
        let read = |text| read_one(text, Syntax::QwenJson, false);
        assert_eq!(read(r#"[{"bbox_2d": [1,2,3,4], "label": "ship", "score": 0.5}]"#), Ok((vec![SHIP], 0)));
        assert_eq!(read("```json\n[]\n```"), Ok((vec![], 0)));
        assert_eq!(read(r#"[{"bbox_2d": [1,2,3,4]}, 7, {"bbox_2d": [1,2,3], "label": ""}]"#), Ok((vec![], 3)));
        assert_eq!(read(r#"{"bbox_2d": [1,2,3,4], "label": "ship"}"#), Err(Reason::WrongType));
        assert_eq!(read("[[1,2,3,4]]"), Ok((vec![], 1)));
        assert_eq!(read(r#"[{"bbox_2d": [-5,2,600,4], "label": "ship"}]"#), Ok((vec![[0.0, 2.0, 512.0, 4.0, 0.0]], 0)));
        assert_eq!(read(r#"[{"bbox_2d": [1,2,3,4], "label": "ship"}"#), Err(Reason::BadJson));
    }

    #[test]
    fn qwen_json_of_one_box() {
        let read = |text| read_one(text, Syntax::QwenJson, true);
        assert_eq!(read("[1,2,3,4]"), Ok((vec![SHIP], 0)));
        assert_eq!(read(r#"{"bbox_2d": [1,2,3,4], "label": "ship"}"#), Ok((vec![SHIP], 0)));
        assert_eq!(read(r#"[{"bbox_2d": [1,2,3,4], "label": "ship"}]"#), Ok((vec![SHIP], 0)));
        assert_eq!(read("[1,2,3]"), Err(Reason::WrongArity));
        assert_eq!(
            read(r#"[{"bbox_2d": [1,2,3,4], "label": "a"}, {"bbox_2d": [1,2,3,4], "label": "b"}]"#),
            Err(Reason::TooMany)
        );
        assert_eq!(read("[1,1,1,1]"), Err(Reason::InvalidBox));
        assert_eq!(read("[[1,2,3,4]]"), Err(Reason::WrongType));
        assert_eq!(read("[]"), Err(Reason::Empty));
        assert_eq!(read("[1,2,3,4,\"x\"]"), Err(Reason::WrongType));
    }

    #[test]
    fn lists() {
        let read = |text| read_one(text, Syntax::List5, false);
        let (a, b) = ([1.0, 2.0, 3.0, 4.0, 9.0], [5.0, 6.0, 7.0, 8.0, 0.0]);
        for text in [
            "[1,2,3,4,9],[5,6,7,8,0]",
            "[[1,2,3,4,9]][[5,6,7,8,0]]",
            "[[[1,2,3,4,9], [5,6,7,8,0]]]",
            "[1,2,3,4,9] [5,6,7,8,0]",
        ] {
            assert_eq!(read(text), Ok((vec![a, b], 0)), "{text}");
        }
        assert_eq!(read("[]"), Ok((vec![], 0)));
        assert_eq!(read("[1,2,3,4]"), Ok((vec![], 1)));
        assert_eq!(read("[[[[1,2,3,4,9]]]]"), Err(Reason::TooDeep));
        for text in [
            "",
            "[1,2,3,4,9],",
            ",[1,2,3,4,9]",
            "[1,2,3,4,9],,[5,6,7,8,0]",
            "[[1,2,3,4,9],]",
            "[1,[2]]",
            "[1,2,3,4,9]]",
            "[[]",
            "[01,2,3,4,9]",
            "x",
        ] {
            assert_eq!(read(text), Err(Reason::BadJson), "{text}");
        }
    }

    #[test]
    fn geochat() {
        let read = |text| read_one(text, Syntax::GeoChat, false);
        let a = [1.0, 2.0, 3.0, 4.0, 9.0];
        assert_eq!(read("{<1><2><3><4>|<9>}<delim>{<1><2><3><4>}"), Ok((vec![a, SHIP], 0)));
        assert_eq!(read("<p>two ships</p> {<1><2><3><4>|<9>}{<1><2><3>}"), Ok((vec![a], 1)));
        assert_eq!(read("{<1><2><3><4><9>}"), Ok((vec![], 1)));
        for text in
            ["{<1><2><3><4>|<9>}<delim>", "<delim>{<1><2><3><4>}", "<p>x", "{<1><2><3><x>}", "{<1><2><3><4>|9}", "ship"]
        {
            assert_eq!(read(text), Err(Reason::BadJson), "{text}");
        }
    }

    #[test]
    fn internvl() {
        let read = |text| read_one(text, Syntax::InternVl, false);
        for text in [
            "<ref>a ship</ref><box>[[1, 2, 3, 4]]</box>",
            "<box>[1,2,3,4]</box>",
            "[[1, 2, 3, 4]]",
            "<ref>a ship</ref> [[1, 2, 3, 4]]",
        ] {
            assert_eq!(read(text), Ok((vec![SHIP], 0)), "{text}");
        }
        for text in [
            "<ref>a</ref><box>[[1,2,3,4]]</box>, <ref>b</ref><box>[[1,2,3,4]]</box>",
            "<ref>a</ref><box>[[1,2,3,4],[1,2,3,4]]</box>",
            "[[1,2,3,4]], <box>[[1,2,3,4]]</box>",
        ] {
            assert_eq!(read(text), Ok((vec![SHIP, SHIP], 0)), "{text}");
        }
        assert_eq!(read("<box>[[1,2,3,4,5]]</box>"), Ok((vec![], 1)));
        assert_eq!((read("[]"), read("<box>[]</box>")), (Ok((vec![], 0)), Ok((vec![], 0))));
        for text in
            ["", "<ref>a", "<ref>a</ref>", "<box>[[1,2,3,4]]", "a ship", "<box>x</box>", "<box>[[1,2,3,4]]</box>,"]
        {
            assert_eq!(read(text), Err(Reason::BadJson), "{text}");
        }
    }

    #[test]
    fn grounded_texts() {
        let texts = ["a ship [1,2,3,4,9].", "none", "x [1,,2] y"];
        let form = Form { syntax: Syntax::List5, one: false };
        let (words, boxes) = parse_grounded(4, 1, form, |i| (texts.get(i).copied().ok_or(Reason::Empty), [9.0, 9.0]));
        assert_eq!(words, ["a ship .", "none", "x y", ""]);
        assert_eq!(boxes.reasons(), [0, 0, Reason::BadJson.code(), Reason::Empty.code()]);
        assert_eq!(boxes.rects(), [[1.0, 2.0, 3.0, 4.0, 9.0]]);
    }

    #[test]
    fn earthdial_takes_digits_only() {
        let found = read_one("trees [[1, 2, 3, 4, 9]] near [1,2] [-1,2,3,4,5] [x", Syntax::EarthDial, false);
        assert_eq!(found, Ok((vec![[1.0, 2.0, 3.0, 4.0, 9.0]], 1)));
    }

    #[test]
    fn too_many_boxes() {
        let text: &'static str = "[1,2,3,4,0]".repeat(1001).leak();
        assert_eq!(read_one(text, Syntax::List5, false), Err(Reason::TooMany));
        assert!(read_one(&text[11..], Syntax::List5, false).is_ok());
    }

    #[test]
    fn chunks_join_and_rows_are_taken() {
        let texts: Vec<String> =
            (0..1000).map(|i| format!(r#"[{{"bbox_2d": [0,0,{i},9], "label": "l{}"}}]"#, i % 7)).collect();
        let run = |threads| {
            parse(1000, threads, Form { syntax: Syntax::QwenJson, one: false }, |i| (Ok(&texts[i]), [2000.0, 2000.0]))
        };
        let (one, four) = (run(1), run(4));
        assert_eq!((one.rects(), one.offsets(), one.invalid()), (four.rects(), four.offsets(), four.invalid()));
        assert_eq!(one.labels(998), ["l4"]);
        assert_eq!(one.labels(998), four.labels(998));
        let taken = four.take(&[998, 0, 998]).unwrap();
        assert_eq!((taken.labels(2), taken.invalid()), (vec!["l4"], &[0, 1, 0][..]));
    }
}
