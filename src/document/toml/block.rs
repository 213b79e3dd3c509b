//! Where the metadata block stands, or is to stand.

use std::ops::Range;

use super::super::syntax::Splice;
use super::super::tree::Tree;
use super::super::{Block, Document, Span};

/// A run of statements that belong to the block.
pub(super) struct Piece {
    range: Range<usize>,
    /// Whether it starts with a header, and so with a blank line before it.
    is_table: bool,
    /// Whether the next statement would belong to it too.
    is_open: bool,
}

/// Notes a statement of the block, or one that ends a piece of it.
pub(super) fn note(pieces: &mut Vec<Piece>, is_inside: bool, range: Range<usize>, is_table: bool) {
    match pieces.last_mut() {
        Some(last) if last.is_open && is_inside => last.range.end = range.end,
        Some(last) if !is_inside => last.is_open = false,
        _ if is_inside => pieces.push(Piece { range, is_table, is_open: true }),
        _ => {}
    }
}

/// Notes a comment beside the last statement, which is one of the block.
pub(super) fn note_comment(pieces: &mut [Piece], end: usize) {
    if let Some(last) = pieces.last_mut() {
        last.range.end = end;
    }
}

/// Ends the last piece: what follows it is not of the block.
pub(super) fn end(pieces: &mut [Piece]) {
    if let Some(last) = pieces.last_mut() {
        last.is_open = false;
    }
}

/// The block with all that must go for it to be gone.
pub(super) fn found(text: &[u8], pieces: &[Piece], tree: Tree) -> Block {
    Block { spans: pieces.iter().map(|piece| Span::new(surroundings(text, piece))).collect(), tree }
}

/// A piece with the line breaks that came with it: those before it, two before a table.
fn surroundings(text: &[u8], piece: &Piece) -> Range<usize> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let Range { mut start, mut end } = piece.range;
    end += text[end..].iter().take_while(|byte| is_blank(byte)).count();
    let indent = text[..start].iter().rev().take_while(|byte| is_blank(byte)).count();
    let line = start - indent;
    if line == content_start(text) {
        start = line;
        if !piece.is_table {
            end += break_at_start(&text[end..]);
        }
        return start..end;
    }
    start = line;
    for _ in 0..if piece.is_table { 2 } else { 1 } {
        start -= break_at_end(&text[..start]);
    }
    start..end
}

/// Where a text starts after its byte order mark.
fn content_start(text: &[u8]) -> usize {
    if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

fn break_at_start(text: &[u8]) -> usize {
    if text.starts_with(b"\r\n") { 2 } else { usize::from(text.starts_with(b"\n")) }
}

fn break_at_end(text: &[u8]) -> usize {
    if text.ends_with(b"\r\n") { 2 } else { usize::from(text.ends_with(b"\n")) }
}

/// Whether the lines of a text end with CRLF: its first one tells. This is asked for single values,
/// and looks no further than an ordinary line is long.
pub(super) fn is_crlf(text: &[u8]) -> bool {
    let head = &text[..text.len().min(1 << 16)];
    memchr::memchr(b'\n', head).is_some_and(|at| head[..at].ends_with(b"\r"))
}

/// The replacements that put a printed block into a document, in place of the one that it has: at
/// the end, for what follows a table in TOML belongs to it, before the last line breaks.
pub(super) fn place(document: &Document<'_>, part: usize, printed: &[u8]) -> Vec<Splice> {
    let text = document.text;
    let start = content_start(text);
    let mut end = text.len();
    while end > start && break_at_end(&text[..end]) > 0 {
        end -= break_at_end(&text[..end]);
    }
    let old = document.parts[part].metadata.iter().flat_map(|block| &block.spans);
    let mut splices: Vec<Splice> = old.map(|&span| Splice { span, text: Vec::new() }).collect();
    if splices.last().is_none_or(|last| last.span.range().end < end) {
        splices.push(Splice { span: Span::new(end..end), text: Vec::new() });
    }
    if let Some(last) = splices.last_mut() {
        let feed: &[u8] = if is_crlf(text) { b"\r\n\r\n" } else { b"\n\n" };
        let before: &[u8] = if last.span.range().start == start { b"" } else { feed };
        last.text = [before, printed].concat();
    }
    splices
}
