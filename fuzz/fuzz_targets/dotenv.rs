//! Anything as dotenv: see [`cloze_fuzz::round_trip`].

#![no_main]

use cloze::document::Format;

libfuzzer_sys::fuzz_target!(|text: &[u8]| cloze_fuzz::round_trip(Format::Dotenv, text));
