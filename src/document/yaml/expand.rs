//! Writes out an alias in full, where the copies that it stands for are to differ from their model.

use super::emit::{INDENT, Printer};
use super::quoting::{self, Place};
use super::spell;
use crate::document::{Alias, Content, Document, EmitError, New, NodeId, Scalar, Span, Splice};

/// Writes out an alias.
pub(super) fn expand<'n>(
    document: &Document<'_>,
    alias: &Alias,
    change: &dyn Fn(NodeId) -> Option<&'n New<'n>>,
) -> Result<Splice, EmitError> {
    let change = |at: usize| change(NodeId(u32::try_from(at).ok()?));
    let node = alias.nodes.start as usize;
    let (start, end) = (alias.span.start as usize, alias.span.end as usize);
    let is_flow = spell::is_in_flow(document.text, end);
    let line_break = if is_flow { "\n" } else { spell::line_break_after(document.text, end) };
    let printer = Printer { nodes: &document.nodes, change: &change, indent: INDENT, line_break };
    let top = &document.nodes[node];
    if let Content::Leaf { value, .. } = &top.content {
        let value = match change(node) {
            Some(New::Value(value)) => value,
            Some(New::Comment(_)) => return Err(EmitError("an alias cannot become a comment".into())),
            None => value,
        };
        return Ok(Splice { span: alias.span, text: scalar(value, is_flow).into_bytes() });
    }
    let lead = Lead::read(document.text, start);
    let is_empty = document.extent(NodeId(alias.nodes.start)).len() == 1;
    match lead.filter(|_| !is_flow && !is_empty) {
        None => Ok(Splice { span: alias.span, text: printer.flow(node) }),
        Some(Lead::Dash(column)) => {
            let base = if matches!(top.content, Content::Map { .. }) { column } else { column + 2 };
            Ok(Splice { span: alias.span, text: printer.collection(node, column + 2, base, true) })
        }
        Some(Lead::Key { column, end }) => {
            let inner = column + INDENT;
            let text = printer.collection(node, inner, inner, false);
            Ok(Splice { span: Span::new(end..alias.span.end as usize), text })
        }
    }
}

fn scalar(value: &Scalar<'_>, is_flow: bool) -> String {
    match quoting::as_text(value) {
        Some(text) => quoting::fresh(text, if is_flow { Place::Flow } else { Place::Block }),
        None if matches!(value, Scalar::Text(_)) => quoting::fresh_scalar(value, Place::Block),
        None => quoting::canonical(value, true),
    }
}

/// What an alias stands behind, on its line.
enum Lead {
    /// A dash in this column.
    Dash(usize),
    /// A key in this column, which ends, with its colon, at this offset.
    Key { column: usize, end: usize },
}

impl Lead {
    fn read(text: &[u8], alias: usize) -> Option<Self> {
        let line = memchr::memrchr2(b'\n', b'\r', &text[..alias]).map_or(0, |at| at + 1);
        let prefix = &text[line..alias];
        let blanks = |at: usize| at + prefix[at..].iter().take_while(|byte| **byte == b' ').count();
        let mut at = blanks(0);
        let mut dash = None;
        while prefix.get(at) == Some(&b'-') && prefix.get(at + 1) == Some(&b' ') {
            dash = Some(at);
            at = blanks(at + 1);
        }
        if at == prefix.len() {
            return dash.map(Lead::Dash);
        }
        let colon = prefix.iter().rposition(|byte| !matches!(byte, b' ' | b'\t'))?;
        (prefix[colon] == b':' && colon > at).then_some(Lead::Key { column: at, end: line + colon + 1 })
    }
}
