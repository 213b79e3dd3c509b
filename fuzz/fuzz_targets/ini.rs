//! Anything as ini: see [`cloze_fuzz::any_text`].

#![no_main]

use cloze::document::Format;

libfuzzer_sys::fuzz_target!(|text: &[u8]| cloze_fuzz::any_text(Format::Ini, text));
