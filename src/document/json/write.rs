//! From nodes to text: scalars in JSON's spelling, and objects and lists over lines or on one.

use std::io::Write as _;

use super::super::scalar::{float_digits, float_parts};
use super::super::syntax::{EmitError, Layout};
use super::super::tree::Tree;
use super::super::{Scalar, Text};

/// Which characters of a string are escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// What JSON does not allow as it is.
    Needed,
    /// Also what is special in HTML and JavaScript: what SOPS prints.
    Sops,
}

/// How objects and lists are laid out.
pub(super) enum Lines {
    /// All on one line.
    One {
        /// With a blank after commas.
        spaced: bool,
    },
    /// Each entry on its own line.
    Many {
        /// The line break.
        feed: &'static str,
        /// The indentation of one level.
        indent: Vec<u8>,
    },
}

impl Lines {
    /// Writes what stands before an entry at this depth.
    pub(super) fn gap(&self, out: &mut Vec<u8>, depth: usize) {
        match self {
            Lines::One { spaced: true } => out.push(b' '),
            Lines::One { spaced: false } => {}
            Lines::Many { feed, indent } => {
                out.extend_from_slice(feed.as_bytes());
                for _ in 0..depth {
                    out.extend_from_slice(indent);
                }
            }
        }
    }
}

/// The indentation that was asked for.
pub(super) fn indent(layout: Layout) -> Result<Option<Vec<u8>>, EmitError> {
    match layout.indent {
        None => Ok(None),
        Some(-1) => Ok(Some(b"\t".to_vec())),
        Some(spaces) => match usize::try_from(spaces) {
            Ok(spaces) => Ok(Some(b" ".repeat(spaces))),
            Err(_) => Err(EmitError("the indentation of JSON must be -1 (a tab) or a number of spaces".into())),
        },
    }
}

/// Prints values one after the other.
pub(super) struct Writer {
    out: Vec<u8>,
    lines: Lines,
    escapes: Escapes,
    /// The depth of the place where printing starts.
    depth: usize,
    /// The containers that are open: how they are closed, and whether they are empty.
    open: Vec<(u8, bool)>,
}

impl Writer {
    /// Prints after `out`, which is at this depth of a file.
    pub(super) fn new(out: Vec<u8>, lines: Lines, escapes: Escapes, depth: usize) -> Self {
        Writer { out, lines, escapes, depth, open: Vec::new() }
    }

    /// Starts the next entry or element of the open container.
    pub(super) fn next(&mut self, key: Option<&str>) {
        let depth = self.depth + self.open.len();
        if let Some((_, empty)) = self.open.last_mut() {
            let first = std::mem::replace(empty, false);
            if !first {
                self.out.push(b',');
            }
            if !first || matches!(self.lines, Lines::Many { .. }) {
                self.lines.gap(&mut self.out, depth);
            }
        }
        if let Some(key) = key {
            self.entry(key);
        }
    }

    /// A key with its colon and one blank: programs search for `"mac": "ENC[` in every layout.
    pub(super) fn entry(&mut self, key: &str) {
        string(&mut self.out, key.as_bytes(), self.escapes);
        self.out.extend_from_slice(b": ");
    }

    /// The start of a container.
    pub(super) fn open(&mut self, opener: u8, closer: u8) {
        self.out.push(opener);
        self.open.push((closer, true));
    }

    /// The end of the innermost container.
    pub(super) fn close(&mut self) {
        let Some((closer, empty)) = self.open.pop() else { return };
        if !empty && matches!(self.lines, Lines::Many { .. }) {
            self.lines.gap(&mut self.out, self.depth + self.open.len());
        }
        self.out.push(closer);
    }

    /// A scalar.
    pub(super) fn scalar(&mut self, value: &Scalar<'_>) -> Result<(), EmitError> {
        scalar(&mut self.out, value, self.escapes)
    }

    /// A tree. Trees are shallow: the readers of metadata see to it.
    pub(super) fn tree(&mut self, tree: &Tree) -> Result<(), EmitError> {
        match tree {
            Tree::Leaf(value) => return self.scalar(value),
            Tree::List(items) => {
                self.open(b'[', b']');
                for item in items {
                    self.next(None);
                    self.tree(item)?;
                }
            }
            Tree::Map(entries) => {
                self.open(b'{', b'}');
                for (key, value) in entries {
                    self.next(Some(key));
                    self.tree(value)?;
                }
            }
        }
        self.close();
        Ok(())
    }

    /// What was printed.
    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }
}

/// A scalar as SOPS spells it.
pub(super) fn scalar(out: &mut Vec<u8>, value: &Scalar<'_>, escapes: Escapes) -> Result<(), EmitError> {
    let text = match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => {
            write!(out, "{value}").expect("impossible: a vector takes everything");
            return Ok(());
        }
        Scalar::Uint(value) => value.to_string(),
        Scalar::Float(value) if value.is_finite() => float(*value),
        Scalar::Float(_) => return Err(EmitError("JSON has no number for infinity or NaN".into())),
        Scalar::Time(value) => format!("\"{value}\""),
        Scalar::Text(text) => {
            let text: &Text<'_> = text;
            string(out, text, escapes);
            return Ok(());
        }
    };
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// A double as ECMAScript prints it, except that the sign of negative zero is kept: SOPS prints
/// `-0`, which it reads back as the integer 0, and then the MAC does not match.
fn float(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return if value.is_sign_negative() { "-0.0" } else { "0" }.to_owned();
    }
    if (1e-6..1e21).contains(&size) {
        return float_digits(value);
    }
    let (digits, exponent) = float_parts(value);
    format!("{digits}e{exponent:+}")
}

/// Writes a string of which every character stands for itself in JSON; false if it may be another.
pub(super) fn plain_string(out: &mut Vec<u8>, text: &[u8]) -> bool {
    // Most strings are plain, ciphertexts above all; this test has no branch in its loop.
    let needs_a_look = |byte: u8| !(0x20..0x80).contains(&byte) | (byte == b'"') | (byte == b'\\');
    if text.iter().fold(false, |special, byte| special | needs_a_look(*byte)) {
        return false;
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
    true
}

/// A string in quotes. Bytes that are not UTF-8 become replacement characters.
fn string(out: &mut Vec<u8>, text: &[u8], escapes: Escapes) {
    let is_marked = || memchr::memchr3(b'<', b'>', b'&', text).is_some();
    if !(escapes == Escapes::Sops && is_marked()) && plain_string(out, text) {
        return;
    }
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        valid(out, chunk.valid(), escapes);
        out.extend(br"\ufffd".repeat(chunk.invalid().len()));
    }
    out.push(b'"');
}

/// The inside of a string.
fn valid(out: &mut Vec<u8>, mut rest: &str, escapes: Escapes) {
    // Most bytes are looked at once, and only as bytes. 0xe2 starts U+2028 and U+2029.
    let suspicious = |byte: u8| byte < 0x20 || matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&' | 0xe2);
    while let Some(at) = rest.bytes().position(suspicious) {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before.as_bytes());
        let mut characters = from.chars();
        let Some(character) = characters.next() else { break };
        match escape(character, escapes) {
            Some(escape) => out.extend_from_slice(escape.as_bytes()),
            None => out.extend_from_slice(&from.as_bytes()[..character.len_utf8()]),
        }
        rest = characters.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}

/// How a character has to be written, if not as itself.
fn escape(character: char, escapes: Escapes) -> Option<String> {
    let short = match character {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\0'..='\u{1f}' => return Some(format!("\\u{:04x}", u32::from(character))),
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if escapes == Escapes::Sops => {
            return Some(format!("\\u{:04x}", u32::from(character)));
        }
        _ => return None,
    };
    Some(short.to_owned())
}
