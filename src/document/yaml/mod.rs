//! YAML 1.2 as go-yaml v3, and so SOPS, reads it. Everything is found as a span of the text; what
//! is replaced keeps its style where the style can hold it. Only this module knows granit-parser.

mod arrange;
mod breaks;
mod change;
mod comments;
mod compact;
mod emit;
mod expand;
mod lenient;
mod metadata;
mod parse;
mod quoting;
mod resolve;
mod spell;
#[cfg(test)]
mod tests;
mod unread;

use super::syntax::{EmitError, Layout, Splice, Syntax, SyntaxError};
use super::tree::Tree;
use super::{Alias, Content, Document, New, NodeId, Scalar, Style};

/// The format.
pub(super) struct Yaml;

impl Syntax for Yaml {
    fn parse<'t>(&self, text: &'t [u8]) -> Result<Document<'t>, SyntaxError> {
        parse::parse(text)
    }

    fn spell(&self, document: &Document<'_>, node: NodeId, new: &New<'_>) -> Result<Splice, EmitError> {
        spell::spell(document, node, new)
    }

    fn misread_in_clear(&self, document: &Document<'_>, node: NodeId) -> Option<&'static str> {
        breaks::misread(document, node).or_else(|| unread::misread(document, node))
    }

    /// A block that the file ends without a line break has none at its end; with the metadata behind
    /// it, it would get one.
    fn must_be_respelled(&self, document: &Document<'_>, id: NodeId) -> bool {
        let node = document.node(id);
        let is_open = matches!(&node.content, Content::Leaf { style: Style::Literal | Style::Folded, .. })
            && node.span.end as usize == document.text.len()
            && !document.text.ends_with(b"\n")
            && !document.text.ends_with(b"\r");
        is_open || breaks::must_be_escaped(document, id) || unread::must_be_respelled(document, id)
    }

    fn expand<'n>(
        &self,
        document: &Document<'_>,
        alias: &Alias,
        change: &dyn Fn(NodeId) -> Option<&'n New<'n>>,
    ) -> Result<Vec<Splice>, EmitError> {
        expand::expand(document, alias, change)
    }

    fn metadata(
        &self,
        document: &Document<'_>,
        part: usize,
        tree: &Tree,
        layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        metadata::metadata(document, part, tree, layout)
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
        let no_change = |_: usize| None;
        let indent = layout.indent.map_or(Ok(emit::INDENT), metadata::asked_indentation)?;
        let printer = emit::Printer { nodes: &document.nodes, change: &no_change, indent, line_break: "\n" };
        let mut out = match &document.node(node).content {
            Content::Map { .. } | Content::List { .. } => printer.collection(node.index(), 0, 0, true),
            Content::Leaf { value: Scalar::Text(text), .. } | Content::Comment { text } => return Ok(text.to_vec()),
            Content::Leaf { value, .. } => quoting::canonical(value, false).into_bytes(),
        };
        out.push(b'\n');
        Ok(out)
    }
}
