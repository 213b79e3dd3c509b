//! INI as SOPS reads it (sops-compat.md §4.5), without what SOPS loses: see `docs/format-ini.md`.
//! The metadata block is the section `sops`.
//!
//! * [`read`] finds the nodes and the block, [`value`] reads and spells one value.
//! * [`mod@write`] prints what is new.

mod change;
mod read;
mod space;
mod value;
mod write;

use std::ops::Range;

use memchr::memrchr;

use super::json::Json;
use super::syntax::{EmitError, Layout, Reading, Splice, Syntax, SyntaxError};
use super::tree::Tree;
use super::{Block, Content, Document, New, NodeId, Span};

/// The format.
pub(super) struct Ini;

/// The format with values in clear as SOPS reads them: they end at the first `#` or `;`. What it
/// spells, both read as the same.
pub(super) struct SopsIni;

/// The section of the metadata.
const METADATA: &str = "sops";
/// The section of the keys before any header. It is always there and always first.
const DEFAULT: &str = "DEFAULT";
/// The byte order mark of UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

impl Syntax for Ini {
    fn parse<'t>(&self, text: &'t [u8]) -> Result<Document<'t>, SyntaxError> {
        read::read(text, Reading::Own)
    }

    fn spell(&self, document: &Document<'_>, node: NodeId, new: &New<'_>) -> Result<Splice, EmitError> {
        let (text, span) = (document.text, document.node(node).span);
        let place = span.range();
        match (&document.node(node).content, new) {
            (Content::Leaf { style, .. }, New::Value(value)) => {
                let rest = &text[place.end..space::after_line(text, place.end)];
                Ok(Splice { span, text: write::scalar(value, &text[place], *style, rest)? })
            }
            (Content::Comment { .. }, New::Comment(comment)) => {
                let marker = text[..place.start].iter().rev().find(|byte| value::is_marker(**byte));
                let comment = write::comment(comment, marker.copied().unwrap_or(b';'));
                match header_beside(document, node) {
                    Some(line) if comment.contains(&b']') => {
                        Ok(above_header(text, line..place.end, place.start, &comment))
                    }
                    _ => Ok(Splice { span, text: comment }),
                }
            }
            (Content::Comment { .. }, New::Value(_)) => {
                Err(EmitError("a comment of an INI file cannot become a value".into()))
            }
            _ => Err(EmitError("a value of an INI file can only become another value".into())),
        }
    }

    fn misread_in_clear(&self, document: &Document<'_>, node: NodeId) -> Option<&'static str> {
        let node = document.node(node);
        if !matches!(node.content, Content::Leaf { .. }) || node.span.range().is_empty() {
            return None;
        }
        let read = value::read(document.text, node.span.range().start, Reading::Own).ok()?;
        (!read.agreed).then_some(
            "holds `#` or `;`, where SOPS would end a value that is not encrypted; \
             put it in backticks, or a blank in front of a comment",
        )
    }

    fn metadata(
        &self,
        document: &Document<'_>,
        part: usize,
        tree: &Tree,
        _layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        let place = match &document.parts[part].metadata {
            Some(block) => Place::of_block(document, block),
            None => Place::at_end(document.text),
        };
        let mut text = [place.before, &write::metadata(tree, place.feed)?].concat();
        if !place.feed_after {
            text.truncate(text.len() - place.feed.len());
        }
        Ok(vec![Splice { span: place.span, text }])
    }

    fn insert(
        &self,
        document: &Document<'_>,
        container: NodeId,
        key: Option<&str>,
        value: &Tree,
        _layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        change::insert(document, container, key, value)
    }

    fn replace(
        &self,
        document: &Document<'_>,
        parent: NodeId,
        node: NodeId,
        value: &Tree,
        _layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        change::replace(document, parent, node, value)
    }

    fn remove(&self, document: &Document<'_>, parent: NodeId, node: NodeId) -> Result<Vec<Splice>, EmitError> {
        change::remove(document, parent, node)
    }

    fn set_fields(&self, document: &Document<'_>, part: usize, fields: &[(&str, Option<&str>)]) -> Option<Vec<Splice>> {
        change::set_fields(document, part, fields)
    }

    fn emit(&self, document: &Document<'_>, node: NodeId, layout: Layout) -> Result<Vec<u8>, EmitError> {
        match &document.node(node).content {
            Content::Map { .. } if document.parts.iter().any(|part| part.root == node) => write::file(document, node),
            Content::Map { .. } => write::entries(document, node),
            Content::Leaf { .. } => Json.emit(document, node, layout),
            Content::List { .. } | Content::Comment { .. } => {
                Err(EmitError("an INI file can be printed from a map only".into()))
            }
        }
    }
}

impl Syntax for SopsIni {
    fn parse<'t>(&self, text: &'t [u8]) -> Result<Document<'t>, SyntaxError> {
        read::read(text, Reading::Sops)
    }

    fn spell(&self, document: &Document<'_>, node: NodeId, new: &New<'_>) -> Result<Splice, EmitError> {
        Ini.spell(document, node, new)
    }

    fn must_be_respelled(&self, document: &Document<'_>, node: NodeId) -> bool {
        let start = document.node(node).span.range().start;
        value::read(document.text, start, Reading::Sops).is_ok_and(|read| !read.agreed)
    }

    fn metadata(
        &self,
        document: &Document<'_>,
        part: usize,
        tree: &Tree,
        layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        Ini.metadata(document, part, tree, layout)
    }

    fn insert(
        &self,
        document: &Document<'_>,
        container: NodeId,
        key: Option<&str>,
        value: &Tree,
        layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        Ini.insert(document, container, key, value, layout)
    }

    fn replace(
        &self,
        document: &Document<'_>,
        parent: NodeId,
        node: NodeId,
        value: &Tree,
        layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        Ini.replace(document, parent, node, value, layout)
    }

    fn remove(&self, document: &Document<'_>, parent: NodeId, node: NodeId) -> Result<Vec<Splice>, EmitError> {
        Ini.remove(document, parent, node)
    }

    fn set_fields(&self, document: &Document<'_>, part: usize, fields: &[(&str, Option<&str>)]) -> Option<Vec<Splice>> {
        Ini.set_fields(document, part, fields)
    }

    fn emit(&self, document: &Document<'_>, node: NodeId, layout: Layout) -> Result<Vec<u8>, EmitError> {
        Ini.emit(document, node, layout)
    }
}

/// Where the section header starts beside which a comment stands, if it stands beside one.
fn header_beside(document: &Document<'_>, comment: NodeId) -> Option<usize> {
    let start = document.node(comment).span.range().start;
    let line = memrchr(b'\n', &document.text[..start]).map_or(0, |at| at + 1);
    // Cheap, and enough for most: only then is it worth while to look at the nodes before.
    if !space::trim_start(document.text[line..].strip_prefix(BOM).unwrap_or(&document.text[line..])).starts_with(b"[") {
        return None;
    }
    let before = &document.nodes[..comment.index()];
    let section = before.iter().rev().find(|node| !matches!(node.content, Content::Comment { .. }))?;
    let header = section.span.range().start;
    (matches!(section.content, Content::Map { .. }) && header < start).then_some(header)
}

/// A comment on a line of its own, above the header beside which it stood: with a `]` in it, it
/// would become a part of the name.
fn above_header(text: &[u8], whole: Range<usize>, start: usize, comment: &[u8]) -> Splice {
    let header = &text[whole.start..start];
    let kept = header.iter().rposition(|byte| !value::is_marker(*byte) && *byte != b' ').map_or(0, |last| last + 1);
    let feed: &[u8] = if text[whole.end..].starts_with(b"\r\n") { b"\r\n" } else { b"\n" };
    Splice { span: Span::new(whole), text: [b"; ", comment, feed, space::trim_end(&header[..kept])].concat() }
}

/// Where the metadata section is to stand.
struct Place<'d> {
    /// What it replaces.
    span: Span,
    /// What parts it from the text before.
    before: &'d [u8],
    /// The line break.
    feed: &'static str,
    /// Whether one stands at its end.
    feed_after: bool,
}

impl<'d> Place<'d> {
    fn of_block(document: &Document<'d>, block: &Block) -> Self {
        let span = block.spans.first().copied().unwrap_or_default();
        let old = document.source(span);
        let header = old.iter().position(|byte| *byte == b'[').unwrap_or(0);
        let feed = if old.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
        Place { span, before: &old[..header], feed, feed_after: old.ends_with(b"\n") }
    }

    /// At the end, after a blank line. A text without a last line break gets a block without one,
    /// which is how the reader knows what to take out again.
    fn at_end(text: &'d [u8]) -> Self {
        let span = Span::new(text.len()..text.len());
        let (before, feed, feed_after): (&[u8], _, _) = match text {
            [] | BOM => (b"", "\n", true),
            [.., b'\r', b'\n'] => (b"\r\n", "\r\n", true),
            [.., b'\n'] => (b"\n", "\n", true),
            _ => (b"\n\n", "\n", false),
        };
        Place { span, before, feed, feed_after }
    }
}

#[cfg(test)]
mod tests;
