//! What must hold for any text that a model may write, one module a part of the engine.
//!
//! `fuzz_targets/` looks for texts that break a law; `rust_rewards/core/tests/corpus.rs` checks the kept ones on every test run.
//! A law is broken by a panic.

#![allow(clippy::expect_used, clippy::float_cmp, clippy::indexing_slicing, reason = "a law may fail loudly")]
#![allow(unreachable_pub, reason = "also a module of a test")]

pub mod boxes;
pub mod json;
pub mod labels;
pub mod structure;
pub mod texts;
pub mod whole;
