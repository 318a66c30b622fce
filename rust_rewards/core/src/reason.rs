//! Why an answer could not be read: one closed list, the same names everywhere.

/// Why an answer could not be read.
///
/// The codes start at 1, so that 0 can mean "read" in a column of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// No answer block is opened.
    NoAnswer = 1,
    /// An answer tag stands twice.
    ManyAnswers,
    /// A block is opened and never closed.
    Unclosed,
    /// The think block is missing.
    NoThink,
    /// A think tag stands twice.
    ManyThinks,
    /// Blocks are nested, crossed or in the wrong order.
    BadOrder,
    /// Nothing visible is written, or nothing that names an item.
    Empty,
    /// The completion is longer than [`crate::limits::COMPLETION_BYTES`].
    TooLong,
    /// More items than the limit allows, or more than one where one is asked.
    TooMany,
    /// The text does not follow the grammar of its syntax.
    BadJson,
    /// A code fence is of another language or not closed.
    BadFence,
    /// A key stands twice in one JSON object.
    DuplicateKey,
    /// JSON is nested deeper than [`crate::limits::JSON_DEPTH`].
    TooDeep,
    /// A number literal is too long, or a count is no count.
    BadNumber,
    /// A value has another type than the one asked for.
    WrongType,
    /// A box has a wrong count of numbers.
    WrongArity,
    /// The numbers do not make a box inside the image.
    InvalidBox,
    /// The label is not in the vocabulary.
    UnknownLabel,
    /// The reference itself is flawed.
    BadTruth,
    /// A plugin failed; set by the host only.
    PluginError,
}

impl Reason {
    /// Every reason, in order of code.
    pub const ALL: [Self; 20] = [
        Self::NoAnswer,
        Self::ManyAnswers,
        Self::Unclosed,
        Self::NoThink,
        Self::ManyThinks,
        Self::BadOrder,
        Self::Empty,
        Self::TooLong,
        Self::TooMany,
        Self::BadJson,
        Self::BadFence,
        Self::DuplicateKey,
        Self::TooDeep,
        Self::BadNumber,
        Self::WrongType,
        Self::WrongArity,
        Self::InvalidBox,
        Self::UnknownLabel,
        Self::BadTruth,
        Self::PluginError,
    ];

    /// The code in a column of reasons.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The name in logs, reports and result files.
    ///
    /// ```
    /// use rust_rewards::Reason;
    /// assert_eq!(Reason::TooDeep.name(), "too_deep");
    /// assert_eq!(Reason::ALL[Reason::TooDeep.code() as usize - 1], Reason::TooDeep);
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::ManyAnswers => "many_answers",
            Self::Unclosed => "unclosed",
            Self::NoThink => "no_think",
            Self::ManyThinks => "many_thinks",
            Self::BadOrder => "bad_order",
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::TooMany => "too_many",
            Self::BadJson => "bad_json",
            Self::BadFence => "bad_fence",
            Self::DuplicateKey => "duplicate_key",
            Self::TooDeep => "too_deep",
            Self::BadNumber => "bad_number",
            Self::WrongType => "wrong_type",
            Self::WrongArity => "wrong_arity",
            Self::InvalidBox => "invalid_box",
            Self::UnknownLabel => "unknown_label",
            Self::BadTruth => "bad_truth",
            Self::PluginError => "plugin_error",
        }
    }
}
