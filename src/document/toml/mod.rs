//! TOML 1.1 (docs/format.md, “TOML”). SOPS has no such format; the layout is that of rops.
//!
//! * [`read`] listens to the parser, [`build`] makes the tables of what it hears, [`value`] decodes
//!   keys and scalars.
//! * [`block`] finds the metadata block `[sops]` and its place.
//! * [`spell`] spells scalars and comments at their places, [`mod@print`] prints new tables.

mod block;
mod build;
mod change;
mod print;
mod read;
mod spell;
mod value;

use std::borrow::Cow;

use super::syntax::{EmitError, Layout, Splice, Syntax, SyntaxError};
use super::tree::Tree;
use super::{Content, Document, New, NodeId, Scalar};

/// The format.
pub(super) struct Toml;

/// The key of the metadata block.
const METADATA: &str = "sops";

impl Syntax for Toml {
    fn parse<'t>(&self, text: &'t [u8]) -> Result<Document<'t>, SyntaxError> {
        read::read(text)
    }

    fn spell(&self, document: &Document<'_>, node: NodeId, new: &New<'_>) -> Result<Splice, EmitError> {
        let place = document.node(node);
        let mut text = Vec::new();
        match (&place.content, new) {
            (Content::Comment { .. }, New::Comment(comment)) => spell::comment(&mut text, comment)?,
            (Content::Leaf { value, style }, New::Value(new)) => {
                let place = spell::Place { document, span: place.span, style: *style, old: value };
                place.spell(&mut text, new)?;
            }
            (Content::Comment { .. }, New::Value(_)) => {
                return Err(EmitError("a comment of a TOML file cannot become a value".into()));
            }
            _ => return Err(EmitError("a value of a TOML file can only become another value".into())),
        }
        Ok(Splice { span: place.span, text })
    }

    fn metadata(
        &self,
        document: &Document<'_>,
        part: usize,
        tree: &Tree,
        _layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        let printed = print::block(METADATA, tree, block::is_crlf(document.text))?;
        Ok(block::place(document, part, &printed))
    }

    /// As rops does, which refuses a file with an empty string among its encrypted values.
    fn seals_empty(&self) -> bool {
        true
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

    /// Infinities as rops has them; to it, SOPS's `+Inf` would be another value.
    fn canonical<'v>(&self, value: &'v Scalar<'_>) -> Option<Cow<'v, [u8]>> {
        match value {
            Scalar::Float(float) if float.is_infinite() => {
                Some(Cow::Borrowed(if *float > 0.0 { b"inf" } else { b"-inf" }))
            }
            _ => value.canonical(),
        }
    }

    fn emit(&self, document: &Document<'_>, node: NodeId, _layout: Layout) -> Result<Vec<u8>, EmitError> {
        match &document.node(node).content {
            Content::Leaf { value: Scalar::Text(text), .. } => Ok(text.to_vec()),
            Content::Map { .. } => print::document(document, node),
            _ => print::value(document, node),
        }
    }
}

#[cfg(test)]
mod tests;
