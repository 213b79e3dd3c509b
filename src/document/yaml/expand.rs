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
) -> Result<Vec<Splice>, EmitError> {
    let change = |at: usize| change(NodeId(u32::try_from(at).ok()?));
    let node = alias.nodes.start as usize;
    let (start, end) = (alias.span.start as usize, alias.span.end as usize);
    let is_flow = spell::is_in_flow(document.text, end);
    let line_break = spell::line_break_after(document.text, end);
    let printer = Printer { nodes: &document.nodes, change: &change, indent: INDENT, line_break };
    let top = &document.nodes[node];
    if let Content::Leaf { value, .. } = &top.content {
        let value = match change(node) {
            Some(New::Value(value)) => value,
            Some(New::Comment(_)) => return Err(EmitError("an alias cannot become a comment".into())),
            None => value,
        };
        return Ok(vec![Splice { span: alias.span, text: scalar(value, is_flow).into_bytes() }]);
    }
    let lead = Lead::read(document.text, start);
    let is_empty = document.extent(NodeId(alias.nodes.start)).len() == 1;
    let commented = end_of_comment(document.text, end);
    match (lead.filter(|_| !is_flow && !is_empty), commented) {
        (Some(Lead::Dash(column)), None) => {
            let base = if matches!(top.content, Content::Map { .. }) { column } else { column + 2 };
            Ok(vec![Splice { span: alias.span, text: printer.collection(node, column + 2, base, true) }])
        }
        (Some(Lead::Key { column, end: colon }), commented) => {
            let inner = column + INDENT;
            let text = printer.collection(node, inner, inner, false);
            // The comment stays behind the key, and not behind the last value.
            let Some(line) = commented else { return Ok(vec![Splice { span: Span::new(colon..end), text }]) };
            let gone = Splice { span: Span::new(colon..end), text: Vec::new() };
            Ok(vec![gone, Splice { span: Span::new(line..line), text }])
        }
        // Behind an entry in brackets it would count to what is in them.
        (_, Some(_)) if top.key.is_some() => Err(EmitError(COMMENTED.into())),
        _ => {
            let text = printer.flow_with_comments(node, spell::column(document.text, start));
            Ok(vec![Splice { span: alias.span, text }])
        }
    }
}

/// Said where brackets would come before the comment.
const COMMENTED: &str = "a comment stands behind an alias that has to be written out: put the comment above it";

/// Where the comment on the line of something that ends here ends, if there is one.
fn end_of_comment(text: &[u8], end: usize) -> Option<usize> {
    let line = memchr::memchr2(b'\n', b'\r', &text[end..]).map_or(text.len(), |length| end + length);
    let rest = text[end..line].trim_ascii_start();
    rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start().starts_with(b"#").then_some(line)
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
