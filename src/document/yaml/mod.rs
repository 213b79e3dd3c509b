//! YAML 1.2 as go-yaml v3, and so SOPS, reads it. Everything is found as a span of the text; what
//! is replaced keeps its style where the style can hold it. Only this module knows granit-parser.

mod arrange;
mod comments;
mod compact;
mod parse;
mod resolve;
#[cfg(test)]
mod tests;

use super::syntax::{EmitError, Layout, Splice, Syntax, SyntaxError};
use super::tree::Tree;
use super::{Alias, Document, New, NodeId};

/// The format.
pub(super) struct Yaml;

impl Syntax for Yaml {
    fn parse<'t>(&self, text: &'t [u8]) -> Result<Document<'t>, SyntaxError> {
        parse::parse(text)
    }
    fn spell(&self, _document: &Document<'_>, _node: NodeId, _new: &New<'_>) -> Result<Splice, EmitError> {
        todo!()
    }
    fn expand<'n>(
        &self,
        _document: &Document<'_>,
        _alias: &Alias,
        _change: &dyn Fn(NodeId) -> Option<&'n New<'n>>,
    ) -> Result<Splice, EmitError> {
        todo!()
    }
    fn metadata(
        &self,
        _document: &Document<'_>,
        _part: usize,
        _tree: &Tree,
        _layout: Layout,
    ) -> Result<Vec<Splice>, EmitError> {
        todo!()
    }
    fn emit(&self, _document: &Document<'_>, _node: NodeId, _layout: Layout) -> Result<Vec<u8>, EmitError> {
        todo!()
    }
}
