//! Short answers: counts, yes or no, and labels; the reference decides which (scoring policy 10).

use std::borrow::Cow;

use crate::labels::normalised;
use crate::reason::Reason;
use crate::unicode::trim;

/// What a reference asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A count.
    Count(u32),
    /// Yes or no, in normal form.
    YesNo(String),
    /// A label, in normal form.
    Label(String),
    /// The reference is empty, or no count where a count is always asked.
    Nothing,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A count.
    Count(u32),
    /// A word or label in normal form.
    Word(String),
}

impl Asked {
    /// What a reference asks for; `count`: always a count.
    ///
    /// ```
    /// use rust_rewards::answers::Asked;
    /// assert_eq!(Asked::by("12", false), Asked::Count(12));
    /// assert_eq!(Asked::by("Yes", false), Asked::YesNo("yes".to_owned()));
    /// ```
    #[must_use]
    pub fn by(reference: &str, count: bool) -> Self {
        match (read_count(reference), normalised(reference)) {
            (Some(value), _) => Self::Count(value),
            (None, _) if count => Self::Nothing,
            (None, word) if word.is_empty() => Self::Nothing,
            (None, word) if is_yes_no(&word) => Self::YesNo(word.into_owned()),
            (None, word) => Self::Label(word.into_owned()),
        }
    }

    /// Read an answer as this reference asks.
    ///
    /// ```
    /// use rust_rewards::answers::{Asked, Value};
    /// assert_eq!(Asked::by("12", false).read("7."), Ok(Value::Count(7)));
    /// assert!(Asked::by("yes", false).read("maybe").is_err());
    /// ```
    ///
    /// # Errors
    /// `BadTruth` where nothing is asked, `BadNumber` where the text is no count, `UnknownLabel` where it is neither yes nor
    /// no, `Empty` where no label is left.
    pub fn read(&self, text: &str) -> Result<Value, Reason> {
        match self {
            Self::Nothing => Err(Reason::BadTruth),
            Self::Count(_) => read_count(text).map(Value::Count).ok_or(Reason::BadNumber),
            Self::YesNo(_) | Self::Label(_) => self.word(text).map(|word| Value::Word(word.into_owned())),
        }
    }

    /// The normal form of a word.
    fn word<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, Reason> {
        let word = normalised(text);
        match self {
            Self::YesNo(_) if !is_yes_no(&word) => Err(Reason::UnknownLabel),
            _ if word.is_empty() => Err(Reason::Empty),
            _ => Ok(word),
        }
    }

    /// Whether an answer is the one asked for.
    #[must_use]
    pub fn is_met_by(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Count(asked), Value::Count(value)) => asked == value,
            (Self::YesNo(asked) | Self::Label(asked), Value::Word(word)) => asked == word,
            _ => false,
        }
    }

    /// [`Asked::read`] and [`Asked::is_met_by`] at once.
    fn is_met(&self, text: &str) -> Result<bool, Reason> {
        match self {
            Self::YesNo(asked) | Self::Label(asked) => self.word(text).map(|word| word == *asked),
            _ => self.read(text).map(|value| self.is_met_by(&value)),
        }
    }
}

/// What each sample asks for.
#[derive(Debug)]
pub struct AnswerTruth(Vec<Asked>);

impl AnswerTruth {
    /// Prepare references; `count`: always a count.
    pub fn new<'t>(references: impl IntoIterator<Item = &'t str>, count: bool) -> Self {
        Self(references.into_iter().map(|reference| Asked::by(reference, count)).collect())
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a sample asks for, [`Asked::Nothing`] where there is no such sample.
    #[must_use]
    pub fn asked(&self, sample: usize) -> &Asked {
        self.0.get(sample).unwrap_or(&Asked::Nothing)
    }

    /// 1 where a text is the answer that a sample asks for, else 0.
    ///
    /// # Errors
    /// As [`Asked::read`].
    pub fn score(&self, text: &str, sample: usize) -> Result<f64, Reason> {
        self.asked(sample).is_met(text).map(|is_met| f64::from(u8::from(is_met)))
    }
}

fn is_yes_no(word: &str) -> bool {
    word == "yes" || word == "no"
}

/// `0|[1-9][0-9]{0,8}`, trimmed, one final stop allowed.
fn read_count(text: &str) -> Option<u32> {
    let text = trim(text);
    let digits = text.strip_suffix('.').unwrap_or(text);
    let is_count = !digits.is_empty()
        && digits.len() <= 9
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    if is_count { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        for (text, expected) in [("0", Some(0)), (" 12.\n", Some(12)), ("999999999", Some(999_999_999))] {
            assert_eq!(read_count(text), expected);
        }
        for text in ["", ".", "-1", "+1", "01", "1e3", "12..", "1 2", "\u{661}", "1234567890", "12 ."] {
            assert_eq!(read_count(text), None, "{text}");
        }
    }

    #[test]
    fn the_reference_decides() {
        let yes = Asked::by("yes", false);
        assert_eq!(yes.read("No."), Ok(Value::Word("no".to_owned())));
        assert_eq!(yes.read("north"), Err(Reason::UnknownLabel));
        assert_eq!(Asked::by("3", false).read("three"), Err(Reason::BadNumber));
        assert_eq!(Asked::by("", false).read("maybe"), Err(Reason::BadTruth));
        assert_eq!(Asked::by("many", true), Asked::Nothing);
        assert!(Asked::by("Rural area", false).is_met_by(&Asked::by("urban", false).read("rural_area").unwrap()));
    }
}
