//! Anything as an encrypted file, and encrypted files with changes: see [`cloze_fuzz::any_sealed`].

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| cloze_fuzz::any_sealed(input));
