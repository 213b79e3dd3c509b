//! Regular expressions as SOPS means them: the dialect of Go, matched by the `regex` crate.
//!
//! Both are descendants of RE2 and agree on what most patterns mean, but not on all. So a pattern
//! is read here by Go's grammar and written out again, atom by atom, in the plainest words that
//! the other dialect has. What Go refuses is refused: SOPS takes such a rule for one that never
//! matches, and writes secrets in the clear.

mod escape;
mod translate;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use regex::{Regex, RegexBuilder};

/// The `regex` crate's limit for nesting; far above what `translate` lets through.
const NEST_LIMIT: u32 = 1000;

/// The longest expression that is read, in bytes: a file from anywhere brings its own, and a very
/// long one takes seconds to compile and to match.
const MAX_BYTES: usize = 16 << 10;

/// A regular expression in Go's dialect.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// Why a regular expression cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong, lower case, without a full stop; names the construct.
    pub message: String,
    /// Where in the pattern.
    pub range: Range<usize>,
}

impl Pattern {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// It is not valid in Go's dialect, or one of the few things that have no exact counterpart
    /// here, or too large.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        if text.len() > MAX_BYTES {
            let message = "the regular expression is too large".to_owned();
            return Err(PatternError { message, range: 0..text.len() });
        }
        let translated = translate::translate(text)?;
        let builder = RegexBuilder::new(&translated).nest_limit(NEST_LIMIT).build();
        let regex = builder.map_err(|error| {
            let message = match error {
                regex::Error::CompiledTooBig(_) => "the regular expression is too large".to_owned(),
                _ => "the regular expression is not supported".to_owned(),
            };
            PatternError { message, range: 0..text.len() }
        })?;
        Ok(Pattern { text: text.to_owned(), regex })
    }

    /// The one that matches anything.
    #[must_use]
    pub fn everything() -> Self {
        Self::new(".*").expect("impossible: it is a valid expression")
    }

    /// Whether it matches anywhere in a text. As in Go, each byte that is not part of UTF-8 counts
    /// as one U+FFFD.
    #[must_use]
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(&decode(text))
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

/// Bytes as the characters that Go sees in them.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() * 2);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests;
