//! The laws of `labels`, for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rust_rewards_fuzz::labels::hold(&String::from_utf8_lossy(bytes)));
