//! The laws of `json`, for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rust_rewards_fuzz::json::hold(&String::from_utf8_lossy(bytes)));
