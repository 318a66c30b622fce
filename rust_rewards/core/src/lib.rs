//! Rewards for vision-language models: from completion texts to scores, a batch at a time.
//!
//! A completion goes through three steps, each a function over plain Rust data:
//!
//! 1. [`structure`] finds the answer block;
//! 2. [`boxes`], [`labels`], [`answers`] read it; what cannot be read gets a [`Reason`] and is never an error;
//! 3. [`detection`], [`ap`], [`labels`], [`text`] and [`captions`] score it against references prepared once.
//!
//! Nothing recurses over its input, every cost is linear in the length of a text, and all bounds stand in [`limits`].
//! The crate knows no Python; `rust-rewards-python` is its binding.

#![forbid(unsafe_code)]

pub mod ahead;
pub mod answers;
pub mod ap;
pub mod boxes;
pub mod captions;
pub mod detection;
pub mod error;
pub mod geometry;
pub mod json;
pub mod labels;
pub mod lcs;
mod letters;
pub mod limits;
pub mod matching;
mod names;
mod neighbours;
mod normal;
mod number;
pub mod parallel;
pub mod pipeline;
pub mod porter;
mod reason;
pub mod repetition;
pub mod rows;
mod sigma;
pub mod structure;
pub mod text;
pub mod tokens;
pub mod unicode;
pub mod words;

pub use names::Name;
pub use reason::Reason;
