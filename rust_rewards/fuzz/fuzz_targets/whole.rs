//! The laws of `whole`, for any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rust_rewards_fuzz::whole::hold(&String::from_utf8_lossy(bytes)));
