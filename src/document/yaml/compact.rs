//! Shortens ciphertexts before the parser sees them: nine tenths of an encrypted file are base64
//! in which no YAML can stand. Each `ENC[AES256_GCM,…]` becomes `ENC[]`, and every offset is mapped
//! back, so that spans and texts are those of the file.

use std::borrow::Cow;

use memchr::{memchr, memmem};

/// What stands in for a ciphertext: it has the same first and last character.
const STAND_IN: &str = "ENC[]";
const HEAD: &[u8] = b"ENC[AES256_GCM,data:";

/// A text with its ciphertexts shortened.
pub(super) struct Compact<'t> {
    /// The text to parse.
    pub(super) text: Cow<'t, str>,
    cuts: Vec<Cut>,
}

/// One ciphertext that was shortened.
#[derive(Clone, Copy)]
struct Cut {
    /// The end of the stand-in in the short text.
    end: usize,
    /// The ciphertext in the file.
    source: (usize, usize),
}

impl Cut {
    /// How far the file is ahead of the short text after this cut.
    fn ahead(&self) -> usize {
        self.source.1 - self.end
    }
}

impl<'t> Compact<'t> {
    /// The text as it is.
    pub(super) fn none(text: &'t str) -> Self {
        Compact { text: Cow::Borrowed(text), cuts: Vec::new() }
    }

    /// The text with every ciphertext shortened that ends its line or a quoted string, so that it
    /// can be no part of a key, whose length is limited.
    pub(super) fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let mut found = memmem::find_iter(bytes, HEAD).peekable();
        if found.peek().is_none() || memmem::find(bytes, STAND_IN.as_bytes()).is_some() {
            return Self::none(text);
        }
        let (mut short, mut cuts) = (String::new(), Vec::new());
        let mut copied = 0;
        for start in found {
            let Some(end) = ciphertext_end(bytes, start) else { continue };
            if start < copied || !ends_value(&bytes[end..]) {
                continue;
            }
            short.push_str(&text[copied..start]);
            short.push_str(STAND_IN);
            cuts.push(Cut { end: short.len(), source: (start, end) });
            copied = end;
        }
        short.push_str(&text[copied..]);
        Compact { text: Cow::Owned(short), cuts }
    }

    /// Whether anything was shortened.
    pub(super) fn is_shortened(&self) -> bool {
        !self.cuts.is_empty()
    }

    /// A reader of offsets.
    pub(super) fn offsets(&self) -> Offsets<'_> {
        Offsets { cuts: &self.cuts, passed: 0 }
    }
}

/// Maps offsets of the short text to the file. Quick when asked in order, or nearly so.
pub(super) struct Offsets<'c> {
    cuts: &'c [Cut],
    /// How many cuts end at or before the offset that was asked for last.
    passed: usize,
}

impl Offsets<'_> {
    /// The offset in the file.
    pub(super) fn source(&mut self, at: usize) -> usize {
        self.seek(at);
        let ahead = self.passed.checked_sub(1).map_or(0, |last| self.cuts[last].ahead());
        at + ahead
    }

    fn seek(&mut self, at: usize) {
        while self.cuts.get(self.passed).is_some_and(|cut| cut.end <= at) {
            self.passed += 1;
        }
        while self.passed > 0 && self.cuts[self.passed - 1].end > at {
            self.passed -= 1;
        }
    }

    /// A decoded value with the ciphertexts back in it, given its place in the short text; nothing
    /// if stand-ins and ciphertexts do not match, because an escape spelled a stand-in.
    pub(super) fn restore<'v>(
        &mut self,
        value: Cow<'v, str>,
        place: std::ops::Range<usize>,
        source: &str,
    ) -> Option<Cow<'v, str>> {
        self.seek(place.start);
        let first = self.passed;
        self.seek(place.end);
        let cuts = &self.cuts[first..self.passed];
        if cuts.is_empty() {
            return Some(value);
        }
        let mut pieces = value.split(STAND_IN);
        let mut whole = String::from(pieces.next().unwrap_or_default());
        let mut cuts = cuts.iter();
        for piece in pieces {
            let (start, end) = cuts.next()?.source;
            whole.push_str(&source[start..end]);
            whole.push_str(piece);
        }
        cuts.next().is_none().then_some(Cow::Owned(whole))
    }
}

/// The end of a well-formed ciphertext that starts here.
fn ciphertext_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + HEAD.len();
    for next in [&b",iv:"[..], b",tag:", b",type:"] {
        at = base64_end(bytes, at)?;
        at = bytes[at..].starts_with(next).then_some(at + next.len())?;
    }
    let letters = bytes[at..].iter().take_while(|byte| byte.is_ascii_lowercase()).count();
    at += letters;
    (letters > 0 && bytes.get(at) == Some(&b']')).then_some(at + 1)
}

/// The end of a run of base64 that is not empty, and that a comma ends.
fn base64_end(bytes: &[u8], start: usize) -> Option<usize> {
    let length = memchr(b',', &bytes[start..])?;
    // Without a way out of the loop, so that it is done many bytes at a time.
    let is_base64 = bytes[start..start + length].iter().fold(length > 0, |all, &byte| {
        all & (byte.is_ascii_alphanumeric() | (byte == b'+') | (byte == b'/') | (byte == b'='))
    });
    is_base64.then_some(start + length)
}

/// Whether what follows cannot continue the scalar into a key.
fn ends_value(rest: &[u8]) -> bool {
    let is_quoted = matches!(rest.first(), Some(b'"' | b'\''));
    let rest = &rest[usize::from(is_quoted)..];
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match rest.get(blanks) {
        None | Some(b'\n' | b'\r') => true,
        Some(b',' | b'}' | b']') => is_quoted,
        _ => false,
    }
}
