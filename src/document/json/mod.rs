//! JSON, RFC 8259 and nothing beyond, with an object at the top (sops-compat.md §4.3). The
//! metadata block is the entry `sops` of that object.
//!
//! * [`read`] finds the nodes and the block.
//! * [`change`] puts entries in and takes them out.
//! * [`mod@write`] spells scalars, and prints objects and lists.
//!
//! Neither recurses over a document, so its depth costs no stack.

mod change;
mod read;
mod write;

use self::write::{Escapes, Lines, Writer};
use super::syntax::{EmitError, Layout, Splice, Syntax, SyntaxError};
use super::tree::Tree;
use super::{Block, Content, Document, Event, New, NodeId, Scalar, Span};

/// The format.
pub(super) struct Json;

/// The key of the metadata block.
const METADATA: &str = "sops";

impl Syntax for Json {
    fn parse<'t>(&self, text: &'t [u8]) -> Result<Document<'t>, SyntaxError> {
        read::read(text)
    }

    fn spell(&self, document: &Document<'_>, node: NodeId, new: &New<'_>) -> Result<Splice, EmitError> {
        if document.parts.iter().any(|part| part.root == node) {
            return Err(EmitError("the top of a JSON file is an object".into()));
        }
        let mut text = Vec::new();
        let span = self.spell_into(document, node, new, &mut text)?;
        Ok(Splice { span, text })
    }

    fn spell_into(
        &self,
        document: &Document<'_>,
        node: NodeId,
        new: &New<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Span, EmitError> {
        spelled(new, out)?;
        Ok(document.node(node).span)
    }

    fn lexeme<'t>(&self, text: &'t [u8]) -> Option<(Scalar<'t>, usize)> {
        read::lexeme(text)
    }

    fn stand_in(&self, document: &Document<'_>, leaf: NodeId) -> Option<Vec<u8>> {
        let around = document.nodes[..leaf.index()].iter().filter_map(|node| match node.content {
            Content::Map { end } if end > leaf => Some(&b"{\"\":"[..]),
            Content::List { end } if end > leaf => Some(&b"["[..]),
            _ => None,
        });
        let mut text = around.collect::<Vec<_>>().concat();
        text.extend_from_slice(b"null");
        Some(text)
    }

    fn metadata(
        &self,
        document: &Document<'_>,
        part: usize,
        tree: &Tree,
        layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        let place = match &document.parts[part].metadata {
            Some(block) => Place::of_block(document, block),
            None => Place::after_last(document, document.parts[part].root),
        };
        let lines = place.lines(layout)?;
        let mut text = Vec::new();
        if place.follows_entry {
            text.push(b',');
        }
        if place.span.start == place.span.end {
            lines.gap(&mut text, 1);
        }
        let mut writer = Writer::new(text, lines, Escapes::Needed, 1);
        writer.entry(METADATA);
        writer.tree(tree)?;
        Ok(vec![Splice { span: place.span, text: writer.finish() }])
    }

    fn insert(
        &self,
        document: &Document<'_>,
        container: NodeId,
        key: Option<&str>,
        value: &Tree,
        layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        change::insert(document, container, key, value, layout)
    }

    fn replace(
        &self,
        document: &Document<'_>,
        parent: NodeId,
        node: NodeId,
        value: &Tree,
        layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        change::replace(document, parent, node, value, layout)
    }

    fn remove(&self, document: &Document<'_>, parent: NodeId, node: NodeId) -> Result<Vec<Splice>, EmitError> {
        change::remove(document, parent, node)
    }

    fn set_fields(&self, document: &Document<'_>, part: usize, fields: &[(&str, Option<&str>)]) -> Option<Vec<Splice>> {
        change::set_fields(document, part, fields)
    }

    fn emit(&self, document: &Document<'_>, node: NodeId, layout: Layout) -> Result<Vec<u8>, EmitError> {
        if let Content::Leaf { value: Scalar::Text(text), .. } = &document.node(node).content {
            return Ok(text.to_vec());
        }
        let indent = write::indent(layout)?.unwrap_or_else(|| b"\t".to_vec());
        let mut writer = Writer::new(Vec::new(), Lines::Many { feed: "\n", indent }, Escapes::Sops, 0);
        for event in document.walk_range(document.extent(node)) {
            if let Event::Enter(id, inside) | Event::Leaf(id, inside, _) = event
                && id != node
            {
                writer.next(inside.key.as_deref());
            }
            match event {
                Event::Enter(_, inside) if matches!(inside.content, Content::Map { .. }) => writer.open(b'{', b'}'),
                Event::Enter(..) => writer.open(b'[', b']'),
                Event::Leave => writer.close(),
                Event::Leaf(_, _, value) => writer.scalar(value)?,
                Event::Comment(..) => {}
            }
        }
        let mut out = writer.finish();
        if matches!(document.node(node).content, Content::Map { .. }) {
            out.push(b'\n');
        }
        Ok(out)
    }
}

/// A new content in JSON's spelling.
pub(super) fn spelled(new: &New<'_>, out: &mut Vec<u8>) -> Result<(), EmitError> {
    if let New::Value(Scalar::Text(text)) = new
        && write::plain_string(out, text)
    {
        return Ok(());
    }
    let value = match new {
        New::Comment(_) => return Err(EmitError("JSON has no comments".into())),
        // SOPS would write a replacement character, and the bytes would be lost.
        New::Value(Scalar::Text(text)) if text.as_str().is_none() => {
            return Err(EmitError("a JSON string cannot hold bytes that are not UTF-8".into()));
        }
        New::Value(value) => value,
    };
    write::scalar(out, value, Escapes::Needed)
}

/// Where the metadata block is to stand, and what the file around it looks like.
struct Place<'d> {
    /// The entry to replace; empty for a new one.
    span: Span,
    /// Whether a new entry comes after another one.
    follows_entry: bool,
    /// The white space that stands, or for a new one would stand, before the entry.
    gap: &'d [u8],
    /// Whether the file puts blanks between things on one line.
    spaced: bool,
}

impl<'d> Place<'d> {
    /// The place of the block that is there.
    fn of_block(document: &Document<'d>, block: &Block) -> Self {
        let text = document.text;
        // What has to go for the block to be gone, less the comma on either side.
        let whole = block.spans.first().map_or(0..0, |span| span.range());
        let source = &text[whole.clone()];
        let start = whole.start + source.iter().position(|byte| *byte == b'"').unwrap_or(0);
        let end = whole.start + source.iter().rposition(|byte| *byte == b'}').map_or(0, |at| at + 1);
        let gap = trailing_space(&text[..start]);
        Place { span: Span::new(start..end), follows_entry: false, gap, spaced: !gap.is_empty() }
    }

    /// The place after the last entry of an object.
    fn after_last(document: &Document<'d>, root: NodeId) -> Self {
        let text = document.text;
        let inside = document.node(root).span.range();
        let (mut last, mut before) = (None, inside.start + 1);
        for child in document.children(root) {
            before = last.map_or(before, |last: Span| last.range().end);
            last = Some(document.node(child).span);
        }
        let Some(last) = last.map(Span::range) else {
            let gap = &text[before..inside.end - 1];
            return Place { span: Span::new(before..before), follows_entry: false, gap, spaced: false };
        };
        let start = before + text[before..].iter().take_while(|byte| is_space(**byte) || **byte == b',').count();
        let gap = trailing_space(&text[..start]);
        let alone = before == inside.start + 1;
        let spaced = if alone { text[..last.start].ends_with(b" ") } else { !gap.is_empty() };
        Place { span: Span::new(last.end..last.end), follows_entry: true, gap, spaced }
    }

    /// How the lines of the block are laid out: as the file is, and as asked for.
    fn lines(&self, layout: Layout) -> Result<Lines, EmitError> {
        let asked = write::indent(layout)?;
        let Some(feed) = self.gap.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(Lines::One { spaced: self.spaced });
        };
        let empty_object = !self.follows_entry && self.span.start == self.span.end;
        let own = if empty_object { b"\t" } else { &self.gap[feed + 1..] };
        let crlf = self.gap[..feed].ends_with(b"\r");
        Ok(Lines::Many { feed: if crlf { "\r\n" } else { "\n" }, indent: asked.unwrap_or_else(|| own.to_vec()) })
    }
}

/// White space in the sense of JSON.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The white space at the end of a text.
fn trailing_space(text: &[u8]) -> &[u8] {
    let length = text.iter().rev().take_while(|byte| is_space(**byte)).count();
    &text[text.len() - length..]
}

#[cfg(test)]
mod tests;
