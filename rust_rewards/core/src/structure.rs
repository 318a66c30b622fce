//! Where the answer of a completion stands: think and answer blocks.

use std::ops::{Deref, Range};

use memchr::{memchr, memchr_iter};

use crate::ahead;
use crate::limits;
use crate::parallel;
use crate::reason::Reason;
use crate::unicode::has_visible;

/// How a completion is laid out; declared by the model profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// Exactly one think block, then exactly one answer block.
    ThinkAnswer,
    /// Exactly one answer block; a think block before it is optional.
    Answer,
    /// The whole text is the answer.
    Plain,
    /// One answer block, or the whole text where none of the four tags stands.
    Any,
}

impl Structure {
    /// The structure of a name, if there is one.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "think_answer" => Some(Self::ThinkAnswer),
            "answer" => Some(Self::Answer),
            "plain" => Some(Self::Plain),
            "any" => Some(Self::Any),
            _ => None,
        }
    }
}

/// A range of bytes of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The text that the span covers; empty where it does not fit `text`.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(Range::from(self)).unwrap_or_default()
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Self {
        span.start..span.end
    }
}

/// What the structure of one completion says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whether the whole completion keeps the structure.
    pub format: bool,
    /// The answer body, or why it cannot be read.
    pub answer: Result<Span, Reason>,
    /// The think body, where there is exactly one.
    pub think: Option<Span>,
}

impl Reading {
    fn unreadable(reason: Reason, think: Option<Block>) -> Self {
        Self { format: false, answer: Err(reason), think: think.map(|block| block.inner) }
    }

    fn whole(text: &str) -> Self {
        if has_visible(text) {
            Self { format: true, answer: Ok(Span { start: 0, end: text.len() }), think: None }
        } else {
            Self::unreadable(Reason::Empty, None)
        }
    }
}

/// Find the answer of a completion.
///
/// `opens_think`: the chat template opened the think block, so the completion starts inside it.
///
/// ```
/// use rust_rewards::structure::{read, Structure};
/// let text = "<think>two runways</think><answer>airport</answer>";
/// let reading = read(text, Structure::ThinkAnswer, false);
/// assert!(reading.format);
/// assert_eq!(reading.answer.unwrap().of(text), "airport");
/// ```
#[must_use]
pub fn read(text: &str, structure: Structure, opens_think: bool) -> Reading {
    if text.len() > limits::COMPLETION_BYTES {
        return Reading::unreadable(Reason::TooLong, None);
    }
    if structure == Structure::Plain {
        return Reading::whole(text);
    }
    if let Some(reading) = usual(text, opens_think) {
        return reading;
    }
    let tags = Tags::find(text);
    if structure == Structure::Any && tags == Tags::default() {
        return Reading::whole(text);
    }
    tags.read(text, structure, opens_think)
}

/// Find the answer of each completion, as [`read`] does.
#[must_use]
pub fn read_all<S>(completions: &[S], structure: Structure, opens_think: bool, threads: usize) -> Vec<Reading>
where
    S: Deref<Target = str> + Sync,
{
    let reading = |(): &mut (), place: usize| {
        ahead::ask_behind(completions, place);
        read(completions.get(place).map(|text| &**text).unwrap_or_default(), structure, opens_think)
    };
    parallel::map(completions.len(), threads, || (), reading)
}

/// A completion as models are taught to write it, and without `<` in its thought, read with two searches; None says nothing
/// of it. The ends are looked at first: most faults show there.
fn usual(text: &str, opens_think: bool) -> Option<Reading> {
    let head = if opens_think { &[] } else { THINK_OPEN };
    let inside = without_blanks_at_end(text.as_bytes()).strip_suffix(ANSWER_CLOSE)?;
    let thought = memchr(b'<', inside.strip_prefix(head)?)?;
    let think = Span { start: head.len(), end: head.len() + thought };
    let between = inside.get(think.end..)?.strip_prefix(THINK_CLOSE)?;
    let body = without_blanks_at_start(between).strip_prefix(ANSWER_OPEN)?;
    let answer = Span { start: inside.len() - body.len(), end: inside.len() };
    let reading = Reading { format: true, answer: Ok(answer), think: Some(think) };
    let holds_tag = next_sign(text, answer.start) < answer.end && may_hold_tag(body);
    (!holds_tag && shows(think.of(text)) && shows(answer.of(text))).then_some(reading)
}

/// Where the next `<` stands, its tag included in what is searched: a search of some length is faster than one of a few bytes.
fn next_sign(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    from + memchr(b'<', rest).unwrap_or(rest.len())
}

/// As [`has_visible`], after a look at the first bytes together: a line feed before the text is as likely as not.
fn shows(text: &str) -> bool {
    let head = text.as_bytes().first_chunk::<4>();
    let sees = head.is_some_and(|head| head.iter().fold(false, |found, byte| found | byte.is_ascii_graphic()));
    sees || has_visible(text)
}

/// Whether the head of one of the four tags stands in `bytes`; all of it is compared, without branches.
fn may_hold_tag(bytes: &[u8]) -> bool {
    let [a, b, c] = [0, 1, 2].map(|from| bytes.get(from..).unwrap_or_default());
    let is_name = |byte: &u8| matches!(byte, b't' | b'a');
    let is_head = |(a, (b, c)): (&u8, (&u8, &u8))| (*a == b'<') & (is_name(b) | ((*b == b'/') & is_name(c)));
    a.iter().zip(b.iter().zip(c)).fold(false, |found, place| found | is_head(place))
}

fn without_blanks_at_start(mut bytes: &[u8]) -> &[u8] {
    while let [blank, rest @ ..] = bytes
        && is_blank_byte(*blank)
    {
        bytes = rest;
    }
    bytes
}

fn without_blanks_at_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., blank] = bytes
        && is_blank_byte(*blank)
    {
        bytes = rest;
    }
    bytes
}

/// Where one of the four tags stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Seen {
    #[default]
    Never,
    Once(usize),
    Often,
}

impl Seen {
    fn note(&mut self, at: usize) {
        *self = match self {
            Self::Never => Self::Once(at),
            _ => Self::Often,
        };
    }
}

/// A block with its tags (`outer`) and its body (`inner`).
#[derive(Clone, Copy, Debug)]
struct Block {
    outer: Span,
    inner: Span,
}

impl Block {
    fn new(open: usize, open_len: usize, close: usize, close_len: usize) -> Self {
        Self { outer: Span { start: open, end: close + close_len }, inner: Span { start: open + open_len, end: close } }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Tags {
    think_open: Seen,
    think_close: Seen,
    answer_open: Seen,
    answer_close: Seen,
}

const THINK_OPEN: &[u8] = b"<think>";
const THINK_CLOSE: &[u8] = b"</think>";
const ANSWER_OPEN: &[u8] = b"<answer>";
const ANSWER_CLOSE: &[u8] = b"</answer>";

impl Tags {
    fn find(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut tags = Self::default();
        for at in memchr_iter(b'<', bytes) {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.starts_with(THINK_OPEN) {
                tags.think_open.note(at);
            } else if rest.starts_with(THINK_CLOSE) {
                tags.think_close.note(at);
            } else if rest.starts_with(ANSWER_OPEN) {
                tags.answer_open.note(at);
            } else if rest.starts_with(ANSWER_CLOSE) {
                tags.answer_close.note(at);
            }
        }
        tags
    }

    fn read(&self, text: &str, structure: Structure, opens_think: bool) -> Reading {
        let think = self.think(opens_think);
        let found = think.unwrap_or_default();
        let answer = match self.answer(think, structure) {
            Ok(block) => block,
            Err(reason) => return Reading::unreadable(reason, found),
        };
        if !has_visible(answer.inner.of(text)) {
            return Reading::unreadable(Reason::Empty, found);
        }
        let template_block_missing = opens_think && found.is_none();
        Reading {
            format: !template_block_missing && keeps_format(text, found, answer),
            answer: Ok(answer.inner),
            think: found.map(|block| block.inner),
        }
    }

    /// The answer block, after the think block where there is one.
    fn answer(&self, think: Result<Option<Block>, Reason>, structure: Structure) -> Result<Block, Reason> {
        let answer = match (self.answer_open, self.answer_close) {
            (Seen::Often, _) | (_, Seen::Often) => return Err(Reason::ManyAnswers),
            (Seen::Never, _) => return Err(Reason::NoAnswer),
            (Seen::Once(_), Seen::Never) => return Err(Reason::Unclosed),
            (Seen::Once(open), Seen::Once(close)) if close < open => return Err(Reason::BadOrder),
            (Seen::Once(open), Seen::Once(close)) => Block::new(open, ANSWER_OPEN.len(), close, ANSWER_CLOSE.len()),
        };
        match think? {
            Some(block) if block.outer.end > answer.outer.start => Err(Reason::BadOrder),
            None if structure == Structure::ThinkAnswer => Err(self.why_no_think()),
            None if self.think_tag_inside(answer) => Err(Reason::BadOrder),
            _ => Ok(answer),
        }
    }

    /// The think block; None where it is not complete.
    fn think(&self, opens_think: bool) -> Result<Option<Block>, Reason> {
        match (self.think_open, self.think_close) {
            (Seen::Often, _) | (_, Seen::Often) => Err(Reason::ManyThinks),
            (Seen::Once(_), _) if opens_think => Err(Reason::ManyThinks),
            (Seen::Never, Seen::Once(close)) if opens_think => Ok(Some(Block::new(0, 0, close, THINK_CLOSE.len()))),
            (Seen::Once(open), Seen::Once(close)) if close < open => Err(Reason::BadOrder),
            (Seen::Once(open), Seen::Once(close)) => {
                Ok(Some(Block::new(open, THINK_OPEN.len(), close, THINK_CLOSE.len())))
            }
            _ => Ok(None),
        }
    }

    fn why_no_think(&self) -> Reason {
        match self.think_open {
            Seen::Never => Reason::NoThink,
            _ => Reason::Unclosed,
        }
    }

    fn think_tag_inside(&self, answer: Block) -> bool {
        [self.think_open, self.think_close]
            .iter()
            .any(|tag| matches!(tag, Seen::Once(at) if Range::from(answer.inner).contains(at)))
    }
}

/// Whether only blank, tab, CR and LF stand outside the blocks and the think body shows something.
fn keeps_format(text: &str, think: Option<Block>, answer: Block) -> bool {
    let before_answer = match think {
        Some(block) => {
            let before = Span { start: 0, end: block.outer.start };
            if !is_blank(before.of(text)) || !has_visible(block.inner.of(text)) {
                return false;
            }
            block.outer.end
        }
        None => 0,
    };
    let between = Span { start: before_answer, end: answer.outer.start };
    let after = Span { start: answer.outer.end, end: text.len() };
    is_blank(between.of(text)) && is_blank(after.of(text))
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(is_blank_byte)
}

fn is_blank_byte(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str, structure: Structure, opens_think: bool) -> Option<Reason> {
        read(text, structure, opens_think).answer.err()
    }

    #[test]
    fn reasons_of_think_answer() {
        let cases = [
            ("airport", Reason::NoAnswer),
            ("<think>x</think><answer>a</answer><answer>b</answer>", Reason::ManyAnswers),
            ("<think>x</think><answer>a</answer", Reason::Unclosed),
            ("<think>x<answer>a</answer>", Reason::Unclosed),
            ("<answer>a</answer>", Reason::NoThink),
            ("<think>x<think></think><answer>a</answer>", Reason::ManyThinks),
            ("<answer>a</answer><think>x</think>", Reason::BadOrder),
            ("<think>x<answer></think>a</answer>", Reason::BadOrder),
            ("<think>x</think><answer>\u{200b}</answer>", Reason::Empty),
        ];
        for (text, expected) in cases {
            assert_eq!(reason(text, Structure::ThinkAnswer, false), Some(expected), "{text}");
        }
    }

    #[test]
    fn template_opens_think() {
        let reading = read("x</think><answer>a</answer>", Structure::ThinkAnswer, true);
        assert!(reading.format);
        assert_eq!(reading.think, Some(Span { start: 0, end: 1 }));
        assert_eq!(
            reason("<think>x</think><answer>a</answer>", Structure::ThinkAnswer, true),
            Some(Reason::ManyThinks)
        );
        assert_eq!(reason("<answer>a</answer>", Structure::ThinkAnswer, true), Some(Reason::NoThink));
    }

    #[test]
    fn looser_structures() {
        let reading = read("so </think> <answer>a</answer>", Structure::Answer, false);
        assert!(reading.answer.is_ok() && !reading.format);
        assert!(read("<answer>a</answer>", Structure::Answer, false).format);
        assert_eq!(reason("<answer><think>a</answer>", Structure::Any, false), Some(Reason::BadOrder));
        assert!(read("airport", Structure::Any, false).format);
        assert_eq!(reason("airport<think>", Structure::Any, false), Some(Reason::NoAnswer));
        assert!(read("<think>", Structure::Plain, false).format);
    }

    #[test]
    fn empty_think_costs_format_only() {
        let reading = read("<think> </think><answer>a</answer>", Structure::ThinkAnswer, false);
        assert!(reading.answer.is_ok() && !reading.format);
    }

    #[test]
    fn the_usual_way_reads_what_the_general_way_reads() {
        let pieces =
            ["<think>", "</think>", "<answer>", "</answer>", "<", "</a", "<t", "x", "\n", "\u{c}", "\u{200b}", "<p>"];
        let mut read = 0;
        for number in 0..12_usize.pow(5) {
            let middle: String = (0..5).map(|place| pieces[number / 12_usize.pow(place) % 12]).collect();
            for text in [format!("<think>x</think>{middle}</answer>"), format!("<think>{middle}<answer>x</answer> ")] {
                for opens_think in [false, true] {
                    if let Some(reading) = usual(&text, opens_think) {
                        let expected = Tags::find(&text).read(&text, Structure::ThinkAnswer, opens_think);
                        assert_eq!(reading, expected, "{text:?}");
                        read += 1;
                    }
                }
            }
        }
        assert!(read > 1000, "{read}");
    }

    #[test]
    fn too_long() {
        let text = "a".repeat(limits::COMPLETION_BYTES + 1);
        assert_eq!(reason(&text, Structure::Plain, false), Some(Reason::TooLong));
    }
}
