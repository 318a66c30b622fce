//! Every bound on what a model may write, in one place.

/// Bytes of UTF-8 in a completion; a longer one is `too_long`.
pub const COMPLETION_BYTES: usize = 1 << 20;
/// Nesting of a JSON answer; one level more is `too_deep`.
pub const JSON_DEPTH: usize = 32;
/// Characters of a number literal; a longer one is `bad_number`.
pub const NUMBER_CHARS: usize = 40;
/// Characters of an integer literal; a longer one is `bad_number`.
pub const INTEGER_CHARS: usize = 20;
/// Box items in an answer, valid or not; more is `too_many`.
pub const BOXES: usize = 1000;
/// Labels in an answer, repeated ones included; more is `too_many`.
pub const LABELS: usize = 1000;
/// Comma-separated pieces that one label of a vocabulary may span.
pub const LABEL_PIECES: usize = 4;
/// Words of a text that the scoring policy's own text scores and every longest common subsequence read.
pub const WORDS: usize = 4000;
/// Characters of a text that edit distances read.
pub const CHARACTERS: usize = 1 << 14;
/// Magnitude of a coordinate; a larger one is no box.
pub const COORDINATE: f64 = 1e6;
/// What an IoU may lack when it is compared with a threshold.
pub const TOLERANCE: f64 = 1e-9;
