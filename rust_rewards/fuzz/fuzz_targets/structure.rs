//! The laws of `structure`, for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rust_rewards_fuzz::structure::hold(&String::from_utf8_lossy(bytes)));
