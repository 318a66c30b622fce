//! Texts that speak of boxes: the words, and the box marks among them as one answer in their syntax.

use std::borrow::Cow;

use memchr::{memchr_iter, memchr2};

use super::Syntax;
use crate::unicode::{is_space, split_at_spaces};

/// Tags that may stand round phrases and boxes.
const WRAPPERS: [&str; 7] = ["<p>", "</p>", "<ref>", "</ref>", "<box>", "</box>", "<delim>"];
const FENCE: &str = "```";

/// A grounded text, cut apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grounded {
    /// The text without its marks and tags, its white space as single blanks.
    pub words: String,
    /// The marks as one answer in the syntax, `[]` where there is none.
    pub marks: String,
}

/// A mark: what it takes out of the text, and what of that is an answer.
struct Mark<'t> {
    end: usize,
    body: &'t str,
}

/// Cut a text apart.
///
/// ```
/// use rust_rewards::boxes::{Syntax, split};
/// let cut = split("A <p>ship</p> [[1,2,3,4,0]] at sea.", Syntax::List5);
/// assert_eq!((cut.words.as_str(), cut.marks.as_str()), ("A ship at sea.", "[[1,2,3,4,0]]"));
/// ```
#[must_use]
pub fn split(text: &str, syntax: Syntax) -> Grounded {
    let (mut kept, mut marks) = (String::with_capacity(text.len()), String::new());
    let (mut copied, mut at) = (0, 0);
    while let Some(start) = candidate(text.as_bytes(), at, syntax) {
        let from = text.get(start..).unwrap_or_default();
        if let Some(mark) = mark(from, syntax) {
            kept.push_str(text.get(copied..start).unwrap_or_default());
            kept.push(' ');
            join(&mut marks, mark.body, syntax);
            at = start + mark.end;
            copied = at;
        } else {
            at = start + unmarked(from, syntax);
        }
    }
    kept.push_str(text.get(copied..).unwrap_or_default());
    Grounded { words: words(&kept), marks: finished(marks, syntax) }
}

/// Where the next mark may start, at a place or after it. What starts there is looked at before a search is begun.
fn candidate(text: &[u8], from: usize, syntax: Syntax) -> Option<usize> {
    let (a, b) = match syntax {
        Syntax::QwenJson => (b'[', b'`'),
        Syntax::GeoChat => (b'{', b'{'),
        Syntax::InternVl => (b'[', b'<'),
        Syntax::List4 | Syntax::List5 | Syntax::EarthDial => (b'[', b'['),
    };
    let rest = text.get(from..)?;
    match rest.first() {
        Some(first) if *first == a || *first == b => Some(from),
        _ => memchr2(a, b, rest).map(|at| from + at),
    }
}

/// The mark that the text starts with.
fn mark(text: &str, syntax: Syntax) -> Option<Mark<'_>> {
    match syntax {
        Syntax::QwenJson if !may_be_json(text.as_bytes()) => None,
        Syntax::QwenJson => json_list(text),
        Syntax::GeoChat => braces(text),
        Syntax::InternVl if text.starts_with('<') => text.starts_with("<box>").then(|| tagged(text)),
        _ => lists(text),
    }
}

/// How much of a text is passed over that starts like a mark and is none.
fn unmarked(text: &str, syntax: Syntax) -> usize {
    match syntax {
        Syntax::QwenJson | Syntax::GeoChat => 1,
        _ if text.starts_with('<') => 1,
        _ => run(text).len().max(1),
    }
}

/// Brackets, numbers, commas and white space as far as they go.
fn run(text: &str) -> &str {
    let goes_on =
        |c: char| c.is_ascii_digit() || matches!(c, '[' | ']' | ',' | '.' | 'e' | 'E' | '+' | '-') || is_space(c);
    text.find(|c| !goes_on(c)).and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Lists, up to the last closing bracket of the run.
fn lists(text: &str) -> Option<Mark<'_>> {
    let end = run(text).rfind(']')? + 1;
    Some(Mark { end, body: text.get(..end)? })
}

/// `<box>…</box>`, to the end of the text where it is never closed.
fn tagged(text: &str) -> Mark<'_> {
    const CLOSE: &str = "</box>";
    let end = text.find(CLOSE).map_or(text.len(), |at| at + CLOSE.len());
    Mark { end, body: text.get(..end).unwrap_or(text) }
}

/// `{…}` without braces inside, perhaps with a `<delim>` after it.
fn braces(text: &str) -> Option<Mark<'_>> {
    let close = memchr2(b'{', b'}', text.as_bytes().get(1..)?)? + 1;
    let body = text.get(..=close).filter(|body| body.ends_with('}'))?;
    let after = text.get(close + 1..)?.trim_start_matches(is_space).strip_prefix("<delim>");
    Some(Mark { end: after.map_or(body.len(), |after| text.len() - after.len()), body })
}

/// Whether a JSON list or its fence may start a text: a cheap look that most of a heap of brackets fails.
fn may_be_json(text: &[u8]) -> bool {
    match text {
        [b'[', next, ..] => matches!(next, b'{' | b']') || !next.is_ascii_graphic(),
        [b'`', b'`', b'`', next, ..] => matches!(next, b'[' | b'j') || !next.is_ascii_graphic(),
        _ => false,
    }
}

/// A JSON list of flat objects, perhaps in a fence; the body is what stands between its brackets.
fn json_list(text: &str) -> Option<Mark<'_>> {
    let unfenced = text.strip_prefix(FENCE).map(|inside| {
        let inside = inside.strip_prefix("json").unwrap_or(inside);
        inside.trim_start_matches(is_space)
    });
    let inside = unfenced.unwrap_or(text).strip_prefix('[')?;
    let mut rest = inside.trim_start_matches(is_space);
    while rest.starts_with('{') {
        let close = memchr2(b'{', b'}', rest.as_bytes().get(1..)?)? + 1;
        let after = rest.get(close..)?.strip_prefix('}')?;
        rest = after.trim_start_matches(|c| is_space(c) || c == ',');
    }
    let after = rest.strip_prefix(']')?;
    let body = inside.get(..inside.len() - rest.len())?.trim_matches(is_space);
    let end = after.trim_start_matches(is_space).strip_prefix(FENCE).unwrap_or(after);
    Some(Mark { end: text.len() - end.len(), body })
}

fn join(marks: &mut String, body: &str, syntax: Syntax) {
    if !marks.is_empty() && !body.is_empty() && syntax != Syntax::GeoChat {
        marks.push(',');
    }
    marks.push_str(body);
}

fn finished(marks: String, syntax: Syntax) -> String {
    match syntax {
        Syntax::QwenJson => format!("[{marks}]"),
        _ if marks.is_empty() => "[]".to_owned(),
        _ => marks,
    }
}

/// The text without tags, its white space as single blanks.
fn words(text: &str) -> String {
    let bare = without_tags(text);
    let mut words = String::with_capacity(bare.len());
    for word in split_at_spaces(&bare) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}

/// The text with a blank for each tag.
fn without_tags(text: &str) -> Cow<'_, str> {
    let (mut bare, mut copied) = (String::new(), 0);
    for at in memchr_iter(b'<', text.as_bytes()) {
        let Some(tag) = text.get(at..).and_then(tag) else { continue };
        bare.push_str(text.get(copied..at).unwrap_or_default());
        bare.push(' ');
        copied = at + tag.len();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    bare.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(bare)
}

/// The tag that a text starts with.
fn tag(text: &str) -> Option<&'static str> {
    let may_be_tag = matches!(text.as_bytes(), [b'<', b'p' | b'/' | b'r' | b'b' | b'd', ..]);
    WRAPPERS.into_iter().filter(|_| may_be_tag).find(|tag| text.starts_with(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, syntax: Syntax) -> (String, String) {
        let Grounded { words, marks } = split(text, syntax);
        (words, marks)
    }

    fn pair(words: &str, marks: &str) -> (String, String) {
        (words.to_owned(), marks.to_owned())
    }

    #[test]
    fn lists_among_words() {
        let text = "One <ref>ship</ref> <box>[[1,2,3,4,0]]</box> and two [5, 6, 7, 8, 9], [1,1,2,2,0] more";
        assert_eq!(
            cut(text, Syntax::List5),
            pair("One ship and two more", "[[1,2,3,4,0]],[5, 6, 7, 8, 9], [1,1,2,2,0]")
        );
        assert_eq!(cut("[sic] no boxes", Syntax::List5), pair("[sic] no boxes", "[]"));
    }

    #[test]
    fn json_among_words() {
        let text = "Ships: ```json\n[{\"bbox_2d\": [1,2,3,4], \"label\": \"a\"}]\n``` and [] or [{\"x\": 1}].";
        let marks = "[{\"bbox_2d\": [1,2,3,4], \"label\": \"a\"},{\"x\": 1}]";
        assert_eq!(cut(text, Syntax::QwenJson), pair("Ships: and or .", marks));
        assert_eq!(cut("[[1,2]] ```x", Syntax::QwenJson), pair("[[1,2]] ```x", "[]"));
    }

    #[test]
    fn braces_among_words() {
        let text = "<p>two ships</p> {<1><2><3><4>|<9>} <delim>{<1><2><3><4>} {{x}";
        assert_eq!(cut(text, Syntax::GeoChat), pair("two ships {", "{<1><2><3><4>|<9>}{<1><2><3><4>}{x}"));
    }

    #[test]
    fn tags_among_words() {
        let text = "<ref>a ship</ref><box>[[1, 2, 3, 4]]</box> near [[5,6,7,8]] <box>[[1,";
        assert_eq!(cut(text, Syntax::InternVl), pair("a ship near", "<box>[[1, 2, 3, 4]]</box>,[[5,6,7,8]],<box>[[1,"));
    }
}
