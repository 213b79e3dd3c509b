//! Writes out an alias in full, where the copies that it stands for are to differ from their model.

use std::ops::Range;

use super::emit::{INDENT, Printer};
use super::quoting::{self, Place};
use super::spell;
use crate::document::{Alias, Content, Document, EmitError, New, Node, NodeId, Scalar, Span, Splice};

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
        let text = if is_flow && spell::is_before_tab(document.text, end) {
            quoting::quoted(value)
        } else {
            scalar(value, is_flow)
        };
        return Ok(vec![Splice { span: alias.span, text: text.into_bytes() }]);
    }
    let lead = Lead::read(document.text, start);
    if !is_flow && is_behind_properties(document, alias) {
        return Err(EmitError(COMMENTED.into()));
    }
    let commented = end_of_comment(document.text, end, is_flow);
    // Such a value would have to be the last line, or to have no blank line below, and blanks behind the
    // alias would become a part of it.
    let last = alias.nodes.end as usize - 1;
    let has_blanks = commented.is_none() && matches!(document.text.get(end), Some(b' ' | b'\t'));
    let ends_in_block = match (change(last), &document.nodes[last].content) {
        (Some(New::Value(value)), _) | (None, Content::Leaf { value, .. }) => {
            quoting::as_text(value).is_some_and(|text| text.ends_with('\n') || has_blanks && text.contains('\n'))
        }
        (_, Content::Comment { .. }) => has_blanks,
        _ => false,
    };
    let is_block = |lead: &Lead| {
        let is_empty = document.extent(NodeId(alias.nodes.start)).len() == 1;
        !is_flow
            && !is_empty
            && is_free_below(document.text, end, lead.column())
            && !ends_in_block
            && !has_foot(&document.nodes, alias.nodes.start as usize..alias.nodes.end as usize)
    };
    let lead = lead.filter(is_block);
    match (lead, commented) {
        (Some(Lead::Dash(column)), None) => {
            let inner = spell::column(document.text, start);
            let base = if matches!(top.content, Content::Map { .. }) { column } else { inner };
            Ok(vec![Splice { span: alias.span, text: printer.collection(node, inner, base, true) }])
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
        (_, commented)
            if top.key.is_some()
                && (commented.is_some()
                    || is_below_comment(document, alias, is_flow)
                    || is_between_feet(document, alias)) =>
        {
            Err(EmitError(COMMENTED.into()))
        }
        _ => {
            // Further out than the lines around it, a comment would count to what they stand in.
            let has_comment = document.nodes[document.extent(NodeId(alias.nodes.start))].iter().any(Node::is_comment);
            let around = if has_comment { column_around(document, node) } else { 0 };
            let column = spell::column(document.text, start).max(around);
            let text = printer.flow_with_comments(node, column);
            Ok(vec![Splice { span: alias.span, text }])
        }
    }
}

/// The alias that a node is a copy for.
pub(super) fn alias_of<'d>(document: &'d Document<'_>, node: NodeId) -> Option<&'d Alias> {
    let next = document.aliases.partition_point(|alias| alias.nodes.end <= node.0);
    document.aliases.get(next).filter(|alias| alias.nodes.contains(&node.0))
}

/// The first column that is inside of all the collections in lines around a node.
fn column_around(document: &Document<'_>, node: usize) -> usize {
    let around = document.nodes[..node].iter().filter(|outer| match outer.content {
        Content::Map { end } | Content::List { end } => {
            end.index() > node && !matches!(document.text.get(outer.span.start as usize), Some(b'{' | b'['))
        }
        _ => false,
    });
    around.map(|outer| spell::column(document.text, outer.span.start as usize) + 1).max().unwrap_or(0)
}

/// Said where the comment would count to what is in the brackets.
const COMMENTED: &str = "a comment stands beside an alias that has to be written out: put the comment above the key";

/// Whether the last of the comments before an alias stands below its key, on a line of its own; between
/// brackets anywhere.
fn is_below_comment(document: &Document<'_>, alias: &Alias, is_flow: bool) -> bool {
    let before = document.text[..alias.span.start as usize].trim_ascii_end();
    // The colon of a key that is marked with `?` may stand behind it.
    let marked = before.strip_suffix(b":").unwrap_or(before).trim_ascii_end();
    let last = alias.nodes.start.checked_sub(1).map(|last| document.node(NodeId(last)));
    // Blanks at its end are a part of it.
    let end = |comment: &Node<'_>| document.text[..comment.span.end as usize].trim_ascii_end().len();
    let ends = |last: &Node<'_>| end(last) == before.len() || end(last) == marked.len();
    let mut feet = document.nodes[alias.nodes.end as usize..].iter().take_while(|node| node.is_comment());
    last.is_some_and(|last| last.is_comment() && ends(last) && (is_flow || begins_line(document.text, last)))
        || marked.len() < before.len() && feet.any(|foot| end(foot) == marked.len())
}

/// Whether a comment is counted to an element that stands behind the anchor or tag of the whole list.
fn is_behind_properties(document: &Document<'_>, alias: &Alias) -> bool {
    let is_comment = |node: &&Node<'_>| node.is_comment();
    let is_above = |node: &Node<'_>| node.span.end <= alias.span.start;
    let mut before = document.nodes[..alias.nodes.start as usize].iter().rev().take_while(is_comment);
    let mut after = document.nodes[alias.nodes.end as usize..].iter().take_while(is_comment);
    document.nodes[alias.nodes.start as usize].key.is_none()
        && (before.any(|comment| is_above(comment) && !begins_line(document.text, comment)) || after.any(is_above))
}

/// Whether comments above and below an entry both count as what comes after it: the second would
/// count to what is in the brackets.
fn is_between_feet(document: &Document<'_>, alias: &Alias) -> bool {
    let after = document.nodes[alias.nodes.end as usize..].iter();
    let mut feet = after.take_while(|node| matches!(node.content, Content::Comment { .. }));
    let is_above = |node: &Node<'_>| node.span.end <= alias.span.start;
    feet.next().is_some_and(is_above) && feet.any(|foot| !is_above(foot))
}

/// Whether a node is the first on its line.
fn begins_line(text: &[u8], node: &Node<'_>) -> bool {
    let start = node.span.start as usize;
    let line = spell::start_of_line(text, start);
    text[line..start].trim_ascii().is_empty()
}

/// Whether a map or list ends with comments behind a map or list, which in lines would count to that,
/// or holds comments alone, which would count to what is around it.
fn has_foot(nodes: &[Node<'_>], range: Range<usize>) -> bool {
    let mut open = Vec::new();
    let (mut is_behind, mut is_foot) = (false, false);
    for at in range {
        while open.pop_if(|end| *end == at).is_some() {
            if is_foot {
                return true;
            }
            is_behind = true;
        }
        match &nodes[at].content {
            Content::Comment { .. } => is_foot = is_behind,
            Content::Leaf { .. } => (is_behind, is_foot) = (false, false),
            Content::Map { end } | Content::List { end } => {
                (is_behind, is_foot) = (false, false);
                open.push(end.index());
                if end.index() > at + 1 && nodes[at + 1..end.index()].iter().all(Node::is_comment) {
                    return true;
                }
            }
        }
    }
    is_foot
}

/// Whether the comments below something that ends here are at once followed by a line in this column,
/// its sibling. Others may be the foot of it, and would be that of its last value in lines of its own.
fn is_free_below(text: &[u8], end: usize, column: usize) -> bool {
    let mut at = spell::end_of_line(text, end);
    let (mut has_comment, mut has_gap) = (false, false);
    loop {
        let blanks = text[at..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let (breaks, next) = (&text[at..at + blanks], at + blanks);
        has_gap |= has_comment && breaks.len() > if breaks.starts_with(b"\r\n") { 2 } else { 1 };
        let indent = text[next..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        match text.get(next + indent) {
            Some(b'#') if indent != column => return false,
            Some(b'#') => has_comment = true,
            Some(b'\n' | b'\r') => has_gap |= has_comment,
            // Behind the last line comes the metadata block.
            None => return !has_comment || column == 0 && !has_gap,
            Some(_) => return !has_comment || !has_gap && column == indent,
        }
        at = spell::end_of_line(text, next + indent);
    }
}

/// Where the comment on the line of something that ends here ends, if there is one. Between brackets it may
/// be that of the comma behind it.
fn end_of_comment(text: &[u8], end: usize, is_flow: bool) -> Option<usize> {
    let skip = |at: usize, signs: &[u8]| at + text[at..].iter().take_while(|byte| signs.contains(byte)).count();
    let next = skip(end, if is_flow { b" \t\r\n" } else { b" \t" });
    let behind = if text.get(next) == Some(&b',') { skip(next + 1, b" \t") } else { skip(end, b" \t") };
    (text.get(behind) == Some(&b'#')).then(|| spell::end_of_line(text, behind))
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
    fn column(&self) -> usize {
        match self {
            Lead::Dash(column) | Lead::Key { column, .. } => *column,
        }
    }

    fn read(text: &[u8], alias: usize) -> Option<Self> {
        let line = spell::start_of_line(text, alias);
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
        // A tab counts in two ways.
        let has_tab = prefix[at..].starts_with(b"\t") || prefix[at..].starts_with(b"-\t");
        (prefix[colon] == b':' && colon > at && !has_tab).then_some(Lead::Key { column: at, end: line + colon + 1 })
    }
}
