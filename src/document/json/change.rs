//! Entries and elements that come or go, laid out as their neighbours are.

use std::ops::Range;

use super::super::change::{self, Excerpt, STAND_IN};
use super::super::syntax::{EmitError, Layout, Splice};
use super::super::tree::Tree;
use super::super::{Content, Document, NodeId, Scalar, Span};
use super::write::{self, Escapes, Lines, Writer};
use super::{Json, is_space, trailing_space};

/// A new entry at the end.
pub(super) fn insert(
    document: &Document<'_>,
    container: NodeId,
    key: Option<&str>,
    value: &Tree,
    layout: Layout,
) -> Result<Vec<Splice>, EmitError> {
    let text = document.text;
    let last = document.children(container).last();
    let block = block_of(document).filter(|_| is_root(document, container));
    let Some(neighbour) = last.map(|last| entry(document, last)).or_else(|| block.clone()) else {
        return fill(document, container, key, value, layout);
    };
    let gap = gap(document, container, neighbour.start);
    let new = printed(document, key, value, gap, colon(text, &neighbour), layout)?;
    let (at, new) = match last {
        Some(_) => (neighbour.end, [b",", gap, &new].concat()),
        None => (neighbour.start, [&new, &b","[..], gap].concat()),
    };
    Ok(vec![Splice { span: Span::new(at..at), text: new }])
}

/// The first entry of an object or list that is empty.
fn fill(
    document: &Document<'_>,
    container: NodeId,
    key: Option<&str>,
    value: &Tree,
    layout: Layout,
) -> Result<Vec<Splice>, EmitError> {
    let value = match key {
        Some(key) => Tree::Map(vec![(key.to_owned(), value.clone())]),
        None => Tree::List(vec![value.clone()]),
    };
    let span = document.node(container).span;
    let gap = trailing_space(&document.text[..entry(document, container).start]);
    let is_alone = is_root(document, container);
    let gap = if is_alone && !gap.contains(&b'\n') { b"\n" } else { gap };
    Ok(vec![Splice { span, text: printed(document, None, &value, gap, b": ", layout)? }])
}

/// Another value at the place of one.
pub(super) fn replace(
    document: &Document<'_>,
    parent: NodeId,
    node: NodeId,
    value: &Tree,
    layout: Layout,
) -> Result<Vec<Splice>, EmitError> {
    let own = entry(document, node);
    let gap = gap(document, parent, own.start);
    let text = printed(document, None, value, gap, colon(document.text, &own), layout)?;
    Ok(vec![Splice { span: document.node(node).span, text }])
}

/// An entry goes with one of its commas, and with the white space that came with it.
pub(super) fn remove(document: &Document<'_>, _parent: NodeId, node: NodeId) -> Result<Vec<Splice>, EmitError> {
    let text = document.text;
    let Range { start, end } = entry(document, node);
    let space = |at: usize| text[at..].iter().take_while(|byte| is_space(**byte)).count();
    let after = end + space(end);
    let before = start - trailing_space(&text[..start]).len();
    let span = if text.get(after) == Some(&b',') {
        start..after + 1 + space(after + 1)
    } else if before > 0 && text[before - 1] == b',' {
        before - 1..end
    } else {
        before..after
    };
    Ok(vec![Splice { span: Span::new(span), text: Vec::new() }])
}

/// Single fields of the block.
pub(super) fn set_fields(
    document: &Document<'_>,
    _part: usize,
    fields: &[(&str, Option<&str>)],
) -> Option<Vec<Splice>> {
    let block = block_of(document)?;
    let source = [b"{", &document.text[block.clone()], b"}"].concat();
    let excerpt = Excerpt { text: change::masked(source)?, offset: block.start - 1, block: vec![STAND_IN], prefix: "" };
    change::set_fields(&Json, &excerpt, fields)
}

fn is_root(document: &Document<'_>, node: NodeId) -> bool {
    document.parts.iter().any(|part| part.root == node)
}

/// The entry of the metadata block, from its key to its last brace.
fn block_of(document: &Document<'_>) -> Option<Range<usize>> {
    let block = document.parts.first()?.metadata.as_ref()?;
    let whole = block.spans.first()?.range();
    let source = &document.text[whole.clone()];
    let start = whole.start + source.iter().position(|byte| *byte == b'"')?;
    let end = whole.start + source.iter().rposition(|byte| *byte == b'}')? + 1;
    Some(start..end)
}

/// From the key, if there is one, to the end of the value.
fn entry(document: &Document<'_>, node: NodeId) -> Range<usize> {
    let text = document.text;
    let Range { start, end } = document.node(node).span.range();
    if document.node(node).key.is_none() {
        return start..end;
    }
    let colon = start - trailing_space(&text[..start]).len() - 1;
    let close = colon - trailing_space(&text[..colon]).len() - 1;
    // A quote inside of the key has an odd number of backslashes before it.
    let is_open = |at: usize| text[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0;
    let open = memchr::memrchr_iter(b'"', &text[..close]).find(|at| is_open(*at)).unwrap_or(close);
    open..end
}

/// The white space that parts a further entry from the one that starts here.
fn gap<'d>(document: &Document<'d>, container: NodeId, start: usize) -> &'d [u8] {
    let gap = trailing_space(&document.text[..start]);
    // The only entry of `{"a": 1}` has none before it, which says nothing about a second one.
    let is_first =
        document.text[..start - gap.len()].ends_with(b"{") || document.text[..start - gap.len()].ends_with(b"[");
    let is_spaced =
        || document.source(document.node(container).span).windows(2).any(|pair| matches!(pair, b": " | b", "));
    let is_list = matches!(document.node(container).content, Content::List { .. });
    if is_first && !gap.contains(&b'\n') && (is_list || is_spaced()) { b" " } else { gap }
}

/// What stands between the key and the value of an entry.
fn colon<'d>(text: &'d [u8], entry: &Range<usize>) -> &'d [u8] {
    let source = &text[entry.clone()];
    let mut escaped = false;
    let close = source.iter().skip(1).position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    });
    let Some(after) = close.filter(|_| source.starts_with(b"\"")).map(|close| &source[close + 2..]) else {
        return b": ";
    };
    let length = after.iter().take_while(|byte| is_space(**byte) || **byte == b':').count();
    let found = &after[..length];
    if found.contains(&b':') && !found.contains(&b'\n') { found } else { b": " }
}

/// A value, perhaps with its key, as it stands behind this white space.
fn printed(
    document: &Document<'_>,
    key: Option<&str>,
    value: &Tree,
    gap: &[u8],
    colon: &[u8],
    layout: Layout,
) -> Result<Vec<u8>, EmitError> {
    refuse_broken_text(value)?;
    let line = gap.iter().rposition(|byte| *byte == b'\n');
    let lines = match line {
        None => Lines::One { spaced: colon.ends_with(b" ") },
        Some(_) => Lines::Many { feed: "\n", indent: indent(document, layout)? },
    };
    let mut writer = Writer::new(Vec::new(), lines, Escapes::Needed, 0);
    writer.tree(value)?;
    let value = writer.finish();
    let mut out = Vec::with_capacity(value.len());
    if let Some(key) = key {
        write::scalar(&mut out, &Scalar::Text(key.into()), Escapes::Needed)?;
        out.extend_from_slice(colon);
    }
    // No string holds a line break as it is: those in the value part lines.
    let feed: &[u8] = if line.is_some_and(|at| gap[..at].ends_with(b"\r")) { b"\r\n" } else { b"\n" };
    for (number, part) in value.split(|byte| *byte == b'\n').enumerate() {
        if number > 0 {
            out.extend_from_slice(feed);
            out.extend_from_slice(line.map_or(&b""[..], |at| &gap[at + 1..]));
        }
        out.extend_from_slice(part);
    }
    Ok(out)
}

/// The indentation of one level: as asked for, or as the first entry of the file has it.
fn indent(document: &Document<'_>, layout: Layout) -> Result<Vec<u8>, EmitError> {
    if let Some(asked) = write::indent(layout)? {
        return Ok(asked);
    }
    let root = document.parts.first().map_or(NodeId(0), |part| part.root);
    let first = document.children(root).next().map(|first| entry(document, first));
    let start = first.or_else(|| block_of(document)).map_or(0, |entry| entry.start);
    let gap = trailing_space(&document.text[..start]);
    let own = gap.iter().rposition(|byte| *byte == b'\n').map(|at| gap[at + 1..].to_vec());
    Ok(own.filter(|own| !own.is_empty()).unwrap_or_else(|| b"\t".to_vec()))
}

/// SOPS would write replacement characters, and the bytes would be lost.
fn refuse_broken_text(value: &Tree) -> Result<(), EmitError> {
    let mut open = vec![value];
    while let Some(tree) = open.pop() {
        match tree {
            Tree::Leaf(Scalar::Text(text)) if text.as_str().is_none() => {
                return Err(EmitError("a JSON string cannot hold bytes that are not UTF-8".into()));
            }
            Tree::Leaf(_) => {}
            Tree::List(items) => open.extend(items),
            Tree::Map(entries) => open.extend(entries.iter().map(|(_, value)| value)),
        }
    }
    Ok(())
}
