//! INI as SOPS reads it (sops-compat.md §4.5), without what SOPS loses: see `docs/format-ini.md`.
//! The metadata block is the section `sops`.
//!
//! * [`read`] finds the nodes and the block, [`value`] reads and spells one value.
//! * [`write`] prints what is new.

mod read;
mod space;
mod value;
mod write;

use super::json::Json;
use super::syntax::{EmitError, Layout, Splice, Syntax, SyntaxError};
use super::tree::Tree;
use super::{Alias, Block, Content, Document, New, NodeId, Span};

/// The format.
pub(super) struct Ini;

/// The section of the metadata.
const METADATA: &str = "sops";
/// The section of the keys before any header. It is always there and always first.
const DEFAULT: &str = "DEFAULT";
/// The byte order mark of UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

impl Syntax for Ini {
    fn parse<'t>(&self, text: &'t [u8]) -> Result<Document<'t>, SyntaxError> {
        read::read(text)
    }

    fn spell(&self, document: &Document<'_>, node: NodeId, new: &New<'_>) -> Result<Splice, EmitError> {
        let Span { start, end } = document.node(node).span;
        let (text, place) = (document.text, document.node(node).span.range());
        let text = match (&document.node(node).content, new) {
            (Content::Leaf { style, .. }, New::Value(value)) => {
                let rest = &text[place.end..space::after_line(text, place.end)];
                write::scalar(value, &text[place], *style, rest)?
            }
            (Content::Comment { .. }, New::Comment(comment)) => {
                let marker = text[..place.start].iter().rev().find(|byte| value::is_marker(**byte));
                write::comment(comment, marker.copied().unwrap_or(b';'))
            }
            (Content::Comment { .. }, New::Value(_)) => {
                return Err(EmitError("a comment of an INI file cannot become a value".into()));
            }
            _ => return Err(EmitError("a value of an INI file can only become another value".into())),
        };
        Ok(Splice { span: Span { start, end }, text })
    }

    fn misread_in_clear(&self, document: &Document<'_>, node: NodeId) -> Option<&'static str> {
        let node = document.node(node);
        let read = value::read(document.text, node.span.range().start).ok()?;
        (matches!(node.content, Content::Leaf { .. }) && !node.span.range().is_empty() && !read.agreed).then_some(
            "holds `#` or `;`, where SOPS would end a value that is not encrypted; \
             put it in backticks, or a blank in front of a comment",
        )
    }

    fn expand<'n>(
        &self,
        _document: &Document<'_>,
        _alias: &Alias,
        _change: &dyn Fn(NodeId) -> Option<&'n New<'n>>,
    ) -> Result<Splice, EmitError> {
        Err(EmitError("an INI file has no aliases".into()))
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
