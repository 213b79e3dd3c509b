//! Dotenv. (stub)

use super::syntax::{EmitError, Layout, Splice, Syntax, SyntaxError};
use super::tree::Tree;
use super::{Alias, Document, New, NodeId};

/// The format.
pub(super) struct Dotenv;

impl Syntax for Dotenv {
    fn parse<'t>(&self, _text: &'t [u8]) -> Result<Document<'t>, SyntaxError> {
        todo!()
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
