//! What the fuzz targets check is what the integration tests hold every known case against
//! (`tests/invariants`, `tests/fuzz_cases.rs`): one home, so that a finding is a test by itself.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

#[path = "../../tests/engine.rs"]
mod engine;
#[path = "../../tests/invariants/mod.rs"]
mod invariants;

use cloze::document::Format;

/// See [`invariants::any_text`].
pub fn any_text(format: Format, text: &[u8]) {
    invariants::any_text(format, text);
}

/// See [`invariants::any_sealed`].
pub fn any_sealed(input: &[u8]) {
    invariants::any_sealed(input);
}
