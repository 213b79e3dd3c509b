//! Anything as an encrypted file: see [`cloze_fuzz::any_decrypt`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| cloze_fuzz::any_decrypt(input));
