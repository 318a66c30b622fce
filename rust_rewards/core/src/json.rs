//! A strict, bounded JSON reader that is pulled value by value.
//!
//! RFC 8259 to the letter: no NaN, no trailing comma, no comment. A key that stands twice, nesting deeper than
//! [`limits::JSON_DEPTH`] and over-long numbers are refused. Nothing recurses over the input, and time is linear in it.

use std::borrow::Cow;
use std::collections::HashSet;

use memchr::memchr3;

use crate::limits;
use crate::number;
use crate::reason::Reason;
use crate::unicode::is_word;

/// What the next value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Literal,
}

enum Frame<'a> {
    Array { started: bool },
    Object { started: bool, keys: Keys<'a> },
}

/// The keys of one object so far: a short list first, a set when it grows.
#[derive(Default)]
struct Keys<'a> {
    few: Vec<Cow<'a, str>>,
    many: Option<HashSet<Cow<'a, str>>>,
}

impl<'a> Keys<'a> {
    const FEW: usize = 8;

    /// False if the key was there.
    fn insert(&mut self, key: Cow<'a, str>) -> bool {
        if self.few.contains(&key) {
            return false;
        }
        if self.few.len() < Self::FEW {
            self.few.push(key);
            return true;
        }
        self.many.get_or_insert_default().insert(key)
    }
}

/// A reader at some place of a JSON text.
///
/// ```
/// use rust_rewards::json::Reader;
/// let mut reader = Reader::new("[1, {\"a\": 2}]");
/// reader.enter_array().unwrap();
/// assert!(reader.next_item().unwrap());
/// assert_eq!(reader.number().unwrap(), 1.0);
/// assert!(reader.next_item().unwrap());
/// reader.skip().unwrap();
/// assert!(!reader.next_item().unwrap());
/// reader.end().unwrap();
/// ```
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    stack: Vec<Frame<'a>>,
}

impl<'a> Reader<'a> {
    /// A reader at the start of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, stack: Vec::new() }
    }

    /// Go to the start of another text, with the memory of this one.
    pub(crate) fn restart(&mut self, text: &'a str) {
        (self.text, self.at) = (text, 0);
        self.stack.clear();
    }

    /// What the next value is.
    ///
    /// # Errors
    /// `BadJson` where no value starts.
    pub fn peek(&mut self) -> Result<Kind, Reason> {
        match self.byte() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b't' | b'f' | b'n') => Ok(Kind::Literal),
            Some(byte) if number::starts_number(byte) => Ok(Kind::Number),
            _ => Err(Reason::BadJson),
        }
    }

    /// Go into the array that comes next.
    ///
    /// # Errors
    /// `BadJson` where none starts, `TooDeep` beyond the limit.
    pub fn enter_array(&mut self) -> Result<(), Reason> {
        self.enter(b'[', Frame::Array { started: false })
    }

    /// Go into the object that comes next.
    ///
    /// # Errors
    /// `BadJson` where none starts, `TooDeep` beyond the limit.
    pub fn enter_object(&mut self) -> Result<(), Reason> {
        self.enter(b'{', Frame::Object { started: false, keys: Keys::default() })
    }

    /// Go to the next item of the array; false, and out of the array, where there is none.
    ///
    /// # Errors
    /// `BadJson` where neither a comma nor the closing bracket stands.
    pub fn next_item(&mut self) -> Result<bool, Reason> {
        let byte = self.byte();
        match (self.stack.last_mut(), byte) {
            (Some(Frame::Array { .. }), Some(b']')) => {
                self.leave();
                Ok(false)
            }
            (Some(Frame::Array { started: started @ false }), Some(_)) => {
                *started = true;
                Ok(true)
            }
            (Some(Frame::Array { .. }), Some(b',')) => {
                self.at += 1;
                match self.byte() {
                    Some(b']') => Err(Reason::BadJson),
                    _ => Ok(true),
                }
            }
            _ => Err(Reason::BadJson),
        }
    }

    /// Go to the next key of the object; None, and out of the object, where there is none.
    ///
    /// # Errors
    /// `BadJson` where the grammar is broken, `DuplicateKey` where the key was there before.
    pub fn next_key(&mut self) -> Result<Option<Cow<'a, str>>, Reason> {
        let Some(key) = self.next_name()? else { return Ok(None) };
        match self.stack.last_mut() {
            Some(Frame::Object { keys, .. }) => {
                keys.insert(key.clone()).then_some(Some(key)).ok_or(Reason::DuplicateKey)
            }
            _ => Err(Reason::BadJson),
        }
    }

    /// As [`Reader::next_key`], for who looks himself whether a key stands twice.
    pub(crate) fn next_name(&mut self) -> Result<Option<Cow<'a, str>>, Reason> {
        let byte = self.byte();
        match (self.stack.last_mut(), byte) {
            (Some(Frame::Object { .. }), Some(b'}')) => {
                self.leave();
                return Ok(None);
            }
            (Some(Frame::Object { started: started @ false, .. }), Some(_)) => *started = true,
            (Some(Frame::Object { .. }), Some(b',')) => self.at += 1,
            _ => return Err(Reason::BadJson),
        }
        let key = self.string()?;
        if self.byte() != Some(b':') {
            return Err(Reason::BadJson);
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Read a number.
    ///
    /// # Errors
    /// `BadJson` where the grammar is broken, `BadNumber` for an over-long literal.
    pub fn number(&mut self) -> Result<f64, Reason> {
        self.byte();
        let (value, end) = number::scan(self.text, self.at)?;
        self.at = end;
        Ok(value)
    }

    /// Read a string; a lone surrogate escape becomes U+FFFD.
    ///
    /// # Errors
    /// `BadJson` where the grammar is broken.
    pub fn string(&mut self) -> Result<Cow<'a, str>, Reason> {
        if self.byte() != Some(b'"') {
            return Err(Reason::BadJson);
        }
        let start = self.at + 1;
        let end = self.plain_run(start)?;
        let head = self.text.get(start..end).unwrap_or_default();
        if self.raw(end) == Some(b'"') {
            self.at = end + 1;
            return Ok(Cow::Borrowed(head));
        }
        self.escaped_string(head.to_owned(), end).map(Cow::Owned)
    }

    /// Pass over the next value, whatever it is, checking all of it.
    ///
    /// # Errors
    /// As the other methods.
    pub fn skip(&mut self) -> Result<(), Reason> {
        let outer = self.stack.len();
        self.begin()?;
        while self.stack.len() > outer {
            let goes_on = match self.stack.last() {
                Some(Frame::Array { .. }) => self.next_item()?,
                _ => self.next_key()?.is_some(),
            };
            if goes_on {
                self.begin()?;
            }
        }
        Ok(())
    }

    /// The text from the next value on.
    pub(crate) fn rest(&mut self) -> &'a str {
        self.byte();
        self.text.get(self.at..).unwrap_or_default()
    }

    /// How many bytes are left.
    pub(crate) fn unread(&self) -> usize {
        self.text.len() - self.at
    }

    /// Pass over a value that the caller has read from [`Reader::rest`].
    pub(crate) fn pass(&mut self, length: usize) {
        self.at += length;
    }

    /// Check that nothing but white space is left.
    ///
    /// # Errors
    /// `BadJson` where something is.
    pub fn end(&mut self) -> Result<(), Reason> {
        if self.byte().is_none() { Ok(()) } else { Err(Reason::BadJson) }
    }

    /// Pass over a scalar, or go into a container.
    fn begin(&mut self) -> Result<(), Reason> {
        match self.peek()? {
            Kind::Object => self.enter_object(),
            Kind::Array => self.enter_array(),
            Kind::String => self.string().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::Literal => self.literal(),
        }
    }

    fn literal(&mut self) -> Result<(), Reason> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word)).ok_or(Reason::BadJson)?;
        self.at += word.len();
        Ok(())
    }

    fn enter(&mut self, open: u8, frame: Frame<'a>) -> Result<(), Reason> {
        if self.byte() != Some(open) {
            return Err(Reason::BadJson);
        }
        if self.stack.len() == limits::JSON_DEPTH {
            return Err(Reason::TooDeep);
        }
        self.at += 1;
        self.stack.push(frame);
        Ok(())
    }

    fn leave(&mut self) {
        self.stack.pop();
        self.at += 1;
    }

    /// The next byte that is no white space; the reader stands on it.
    fn byte(&mut self) -> Option<u8> {
        loop {
            match self.raw(self.at)? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    fn raw(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The end of the run of ordinary characters of a string: a quote or a backslash.
    fn plain_run(&self, start: usize) -> Result<usize, Reason> {
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let length = memchr3(b'"', b'\\', b'\n', rest).ok_or(Reason::BadJson)?;
        let run = rest.get(..length).unwrap_or_default();
        if rest.get(length) == Some(&b'\n') || run.iter().any(|&byte| byte < b' ') {
            return Err(Reason::BadJson);
        }
        Ok(start + length)
    }

    fn escaped_string(&mut self, mut value: String, mut at: usize) -> Result<String, Reason> {
        while self.raw(at) == Some(b'\\') {
            let (character, after) = self.escape(at + 1)?;
            value.push(character);
            let end = self.plain_run(after)?;
            value.push_str(self.text.get(after..end).unwrap_or_default());
            at = end;
        }
        self.at = at + 1;
        Ok(value)
    }

    /// The character of the escape whose letter stands at `at`, and the position after it.
    fn escape(&self, at: usize) -> Result<(char, usize), Reason> {
        let character = match self.raw(at) {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(at + 1),
            _ => return Err(Reason::BadJson),
        };
        Ok((character, at + 1))
    }

    fn unicode_escape(&self, at: usize) -> Result<(char, usize), Reason> {
        let unit = self.hex(at)?;
        let after = at + 4;
        if let Some(character) = char::from_u32(unit) {
            return Ok((character, after));
        }
        let is_pair = unit < 0xDC00 && self.raw(after) == Some(b'\\') && self.raw(after + 1) == Some(b'u');
        if is_pair {
            let low = self.hex(after + 2)?;
            if (0xDC00..0xE000).contains(&low) {
                let code = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                return Ok((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), after + 6));
            }
        }
        Ok((char::REPLACEMENT_CHARACTER, after))
    }

    fn hex(&self, at: usize) -> Result<u32, Reason> {
        let digits = self.text.get(at..at + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        u32::from_str_radix(digits.ok_or(Reason::BadJson)?, 16).map_err(|_| Reason::BadJson)
    }
}

/// The text inside one surrounding code fence (bare or `json`), or the text itself where none opens.
///
/// ```
/// use rust_rewards::{Reason, json::unfence};
/// assert_eq!(unfence("```json\n[]\n```"), Ok("[]"));
/// assert_eq!(unfence("```python\n[]\n```"), Err(Reason::BadFence));
/// ```
///
/// # Errors
/// `BadFence` where the fence is of another language or not closed.
pub fn unfence(text: &str) -> Result<&str, Reason> {
    let text = text.trim_matches(JSON_SPACE);
    let Some(fenced) = text.strip_prefix("```") else {
        return Ok(text);
    };
    let body = fenced.strip_suffix("```").ok_or(Reason::BadFence)?;
    let body = body.strip_prefix("json").unwrap_or(body);
    if body.starts_with(|c: char| is_word(c) || c == '`') {
        return Err(Reason::BadFence);
    }
    Ok(body.trim_matches(JSON_SPACE))
}

/// White space of JSON.
const JSON_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), Reason> {
        let mut reader = Reader::new(text);
        reader.skip()?;
        reader.end()
    }

    #[test]
    fn accepts() {
        for text in ["[]", "{}", " [1, -2.5e3, \"\\u00e9\", true, {\"a\": null}] ", "\"x\"", "0"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn refuses() {
        let cases = [
            ("[1,]", Reason::BadJson),
            ("[,1]", Reason::BadJson),
            ("[1}", Reason::BadJson),
            ("{\"a\":1,}", Reason::BadJson),
            ("{a:1}", Reason::BadJson),
            ("[NaN]", Reason::BadJson),
            ("[1] x", Reason::BadJson),
            ("\"\\x\"", Reason::BadJson),
            ("\"\n\"", Reason::BadJson),
            ("\"\u{1}\"", Reason::BadJson),
            ("{\"a\":1,\"\\u0061\":2}", Reason::DuplicateKey),
            ("[111111111111111111111]", Reason::BadNumber),
        ];
        for (text, reason) in cases {
            assert_eq!(check(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn depth() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(check(&nested(32)), Ok(()));
        assert_eq!(check(&nested(33)), Err(Reason::TooDeep));
        assert_eq!(check(&"[".repeat(1_000_000)), Err(Reason::TooDeep));
    }

    #[test]
    fn strings() {
        let read = |text: &str| Reader::new(text).string().unwrap().into_owned();
        assert_eq!(read(r#""a\u00e9\n""#), "a\u{e9}\n");
        assert_eq!(read(r#""\ud83d\ude00""#), "\u{1f600}");
        assert_eq!(read(r#""\ud800x""#), "\u{fffd}x");
        assert_eq!(read(r#""\ud800\u0041""#), "\u{fffd}A");
    }

    #[test]
    fn many_keys_are_compared() {
        let keys: Vec<String> = (0..20).map(|k| format!("\"k{k}\":0")).collect();
        assert_eq!(check(&format!("{{{}}}", keys.join(","))), Ok(()));
        assert_eq!(check(&format!("{{{},\"k15\":0}}", keys.join(","))), Err(Reason::DuplicateKey));
    }

    #[test]
    fn fences() {
        assert_eq!(unfence("```json\n[]\n```\n"), Ok("[]"));
        assert_eq!(unfence(" ```\n[]```"), Ok("[]"));
        assert_eq!(unfence("[]"), Ok("[]"));
        for text in ["```json\n[]", "```python\n[]\n```", "```", "````[]````"] {
            assert_eq!(unfence(text), Err(Reason::BadFence), "{text}");
        }
    }
}
