//! Entries, elements and tables that come or go. A table may be spread over the text, so that what
//! goes are statements: the lines of its headers and of its values.

use std::collections::HashMap;
use std::ops::Range;

use super::super::change::{self, Excerpt, STAND_IN, as_leaves, feed, line_end, line_start, lines, nodes_of};
use super::super::syntax::{EmitError, Splice, Syntax as _};
use super::super::tree::Tree;
use super::super::{Content, Document, NodeId, Scalar, Span};
use super::{METADATA, Toml, print};

/// How a map or list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The top of the file.
    Top,
    /// Between brackets, behind an `=`.
    Inline,
    /// A table under a header of its own.
    Table,
    /// A table that is named by dotted keys or by the headers of other tables.
    Named,
    /// An array of tables.
    Tables,
}

/// A new entry at the end of a map, or element at the end of a list.
pub(super) fn insert(
    document: &Document<'_>,
    container: NodeId,
    key: Option<&str>,
    value: &Tree,
) -> Result<Vec<Splice>, EmitError> {
    let kinds = kinds(document);
    let kind = kinds[container.index()];
    let path = ancestors(document, container);
    if kind == Kind::Inline {
        return into_brackets(document, container, key, value);
    }
    let in_tables = path.iter().any(|node| matches!(document.node(*node).content, Content::List { .. }));
    match (kind, value) {
        (Kind::Tables, Tree::Map(entries)) => {
            let name = header_name(document, &path, None);
            let after = statements(document, &kinds, container).iter().map(|(range, _)| range.end).max();
            append(document, after, &format!("[[{name}]]"), entries)
        }
        (Kind::Tables, _) => Err(EmitError("an array of tables can only hold tables".into())),
        (_, Tree::Map(entries)) if !entries.is_empty() && !in_tables && kind != Kind::Named => {
            let name = header_name(document, &path, key);
            append(document, content_end(document, &kinds), &format!("[{name}]"), entries)
        }
        _ => statement(document, &kinds, container, &path, key.unwrap_or_default(), value),
    }
}

/// Another value at the place of one.
pub(super) fn replace(
    document: &Document<'_>,
    parent: NodeId,
    node: NodeId,
    value: &Tree,
) -> Result<Vec<Splice>, EmitError> {
    if let Some(new) = as_leaves(document, node, value) {
        return Ok(vec![Toml.spell(document, node, &new)?]);
    }
    let kinds = kinds(document);
    if kinds[node.index()] == Kind::Inline {
        return Ok(vec![Splice { span: document.node(node).span, text: inline(value)? }]);
    }
    let mut splices = remove(document, parent, node)?;
    let key = document.node(node).key.as_deref();
    if kinds[parent.index()] == Kind::Tables {
        return Err(EmitError("a table of an array of tables cannot be replaced as a whole: set its values".into()));
    }
    splices.extend(insert(document, parent, key, value)?);
    Ok(splices)
}

/// An entry goes with its line, a table with all its lines.
pub(super) fn remove(document: &Document<'_>, parent: NodeId, node: NodeId) -> Result<Vec<Splice>, EmitError> {
    let kinds = kinds(document);
    if kinds[parent.index()] == Kind::Inline {
        return Ok(vec![out_of_brackets(document, parent, node)]);
    }
    let text = document.text;
    let mut gone: Vec<Range<usize>> = Vec::new();
    for (statement, _) in statements(document, &kinds, node) {
        let mut range = lines(text, statement.start, statement.end).range();
        // The blank line above a header was put there for it.
        if text[line_start(text, statement.start)..].trim_ascii_start().starts_with(b"[") {
            let before = &text[..range.start];
            let blank = if before.ends_with(b"\r\n\r\n") { 2 } else { usize::from(before.ends_with(b"\n\n")) };
            range.start -= blank;
        }
        gone.push(range);
    }
    gone.sort_by_key(|range| range.start);
    let mut splices: Vec<Splice> = Vec::new();
    for range in gone {
        match splices.last_mut() {
            Some(last) if range.start <= last.span.range().end => {
                last.span = Span::new(last.span.range().start..range.end.max(last.span.range().end));
            }
            _ => splices.push(Splice { span: Span::new(range), text: Vec::new() }),
        }
    }
    Ok(splices)
}

/// Single fields of the block.
pub(super) fn set_fields(document: &Document<'_>, part: usize, fields: &[(&str, Option<&str>)]) -> Option<Vec<Splice>> {
    let mut text = document.text.to_vec();
    for span in &document.parts[part].metadata.as_ref()?.spans {
        for at in memchr::memmem::find_iter(document.source(*span), METADATA) {
            let at = span.range().start + at;
            let before = &document.text[line_start(document.text, at)..at];
            if before.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'[' | b'"' | b'\'')) {
                text[at..at + STAND_IN.len()].copy_from_slice(STAND_IN.as_bytes());
            }
        }
    }
    let excerpt = Excerpt { text, offset: 0, block: vec![STAND_IN], prefix: "" };
    change::set_fields(&Toml, &excerpt, fields)
}

/// How each map and list is written; what is said of other nodes means nothing.
fn kinds(document: &Document<'_>) -> Vec<Kind> {
    let text = document.text;
    let mut kinds = vec![Kind::Inline; document.nodes.len()];
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (at, node) in document.nodes.iter().enumerate() {
        while open.last().is_some_and(|(end, _)| *end <= at) {
            open.pop();
        }
        let (is_map, end) = match node.content {
            Content::Map { end } => (true, end.index()),
            Content::List { end } => (false, end.index()),
            _ => continue,
        };
        let start = node.span.range().start;
        let around = open.last().map(|(_, around)| *around);
        // A table that only longer headers name has the place of the first of them.
        if let Some(around) = around.filter(|around| kinds[*around] == Kind::Table)
            && document.nodes[around].span.range().start == start
        {
            kinds[around] = Kind::Named;
        }
        kinds[at] = match (around.map(|around| kinds[around]), text.get(start)) {
            (None, _) => Kind::Top,
            (Some(Kind::Inline), _) => Kind::Inline,
            (_, Some(b'{')) if is_map => Kind::Inline,
            (_, Some(b'[')) if !starts_line(text, start) => Kind::Inline,
            (_, Some(b'[')) if is_map => Kind::Table,
            (_, Some(b'[')) => Kind::Tables,
            _ => Kind::Named,
        };
        open.push((end, at));
    }
    kinds
}

/// Whether nothing but blanks is on this line so far.
fn starts_line(text: &[u8], at: usize) -> bool {
    let line = &text[line_start(text, at)..at];
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).iter().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// The maps and lists from the top to a node, which is the last.
fn ancestors(document: &Document<'_>, node: NodeId) -> Vec<NodeId> {
    let mut path = Vec::new();
    let mut at = document.parts[0].root;
    loop {
        path.push(at);
        if at == node {
            return path;
        }
        match document.children(at).find(|child| document.extent(*child).contains(&node.index())) {
            Some(child) => at = child,
            None => return path,
        }
    }
}

/// The keys on a path as a header has them.
fn header_name(document: &Document<'_>, path: &[NodeId], key: Option<&str>) -> String {
    let keys = path.iter().filter_map(|node| document.node(*node).key.as_deref());
    keys.chain(key).map(print::key).collect::<Vec<_>>().join(".")
}

/// The statements of a node and of all inside it: headers, and keys with their values.
fn statements(document: &Document<'_>, kinds: &[Kind], node: NodeId) -> Vec<(Range<usize>, NodeId)> {
    let text = document.text;
    let mut found = Vec::new();
    let extent = document.extent(node);
    let mut at = extent.start;
    while at < extent.end {
        let id = NodeId(u32::try_from(at).expect("impossible: there are fewer nodes than bytes"));
        let span = document.node(id).span.range();
        match &document.node(id).content {
            Content::Comment { .. } => at += 1,
            Content::Leaf { .. } => {
                found.push((line_start(text, span.start)..span.end, id));
                at += 1;
            }
            Content::Map { .. } | Content::List { .. } => match kinds[at] {
                Kind::Inline => {
                    found.push((line_start(text, span.start)..span.end, id));
                    at = document.extent(id).end;
                }
                Kind::Table => {
                    found.push((span.start..line_end(text, span.start), id));
                    at += 1;
                }
                Kind::Top | Kind::Named | Kind::Tables => at += 1,
            },
        }
    }
    found
}

/// Where the file ends but for the metadata: behind the last statement and the comments below it.
fn content_end(document: &Document<'_>, kinds: &[Kind]) -> Option<usize> {
    let text = document.text;
    let statements = statements(document, kinds, document.parts[0].root);
    let last = statements.into_iter().map(|(range, _)| range.end).max()?;
    let block = document.parts[0].metadata.iter().flat_map(|block| &block.spans).map(|span| span.range().start);
    let end = block.filter(|start| *start >= last).min().unwrap_or(text.len());
    Some(last + text[last..end].trim_ascii_end().len())
}

/// A table behind the statement that ends here.
fn append(
    document: &Document<'_>,
    after: Option<usize>,
    header: &str,
    entries: &[(String, Tree)],
) -> Result<Vec<Splice>, EmitError> {
    let text = document.text;
    let at = after.map_or_else(|| content_start(text), |after| line_end(text, after));
    let feed = feed(text, at);
    let mut new = Vec::new();
    if after.is_some() {
        new.extend_from_slice([feed, feed].concat().as_bytes());
    }
    new.extend_from_slice(header.as_bytes());
    for (key, value) in entries {
        new.extend_from_slice(format!("{feed}{} = ", print::key(key)).as_bytes());
        new.extend(inline(value)?);
    }
    if after.is_none() {
        let blank = if text[at..].trim_ascii().is_empty() { "" } else { feed };
        new.extend_from_slice([feed, blank].concat().as_bytes());
    }
    Ok(vec![Splice { span: Span::new(at..at), text: new }])
}

/// Where a text starts after its byte order mark.
fn content_start(text: &[u8]) -> usize {
    if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

/// A key with its value among those of a table.
fn statement(
    document: &Document<'_>,
    kinds: &[Kind],
    container: NodeId,
    path: &[NodeId],
    key: &str,
    value: &Tree,
) -> Result<Vec<Splice>, EmitError> {
    let text = document.text;
    let kind = kinds[container.index()];
    let value = inline(value)?;
    let key = print::key(key);
    let last = last_in(document, kinds, container, path.len() - 1);
    let named_at = document.node(container).span.range().start;
    let by_header = text[line_start(text, named_at)..].trim_ascii_start().starts_with(b"[");
    if kind == Kind::Named && last.is_none() && by_header {
        // Its own header stands best before those that name it.
        let at = with_comments_above(text, named_at);
        let feed = feed(text, at);
        let header = format!("[{}]", header_name(document, path, None));
        let new = [format!("{header}{feed}{key} = ").into_bytes(), value, [feed, feed].concat().into()].concat();
        return Ok(vec![Splice { span: Span::new(at..at), text: new }]);
    }
    if let Some((range, start, prefix)) = last {
        let line = &text[range.start..start];
        let indent = &line[..line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()];
        let keys = path[path.len() - prefix..].iter().filter_map(|node| document.node(*node).key.as_deref());
        let dotted: String = keys.map(|key| print::key(key) + ".").collect();
        let equals = if line.ends_with(b"=") && !line.ends_with(b" =") { "=" } else { " = " };
        let at = line_end(text, range.end);
        let new = [feed(text, at).as_bytes(), indent, format!("{dotted}{key}{equals}").as_bytes(), &value].concat();
        return Ok(vec![Splice { span: Span::new(at..at), text: new }]);
    }
    let entry = [format!("{key} = ").into_bytes(), value].concat();
    if kind == Kind::Table {
        let at = line_end(text, document.node(container).span.range().start);
        let new = [feed(text, at).as_bytes(), &entry].concat();
        return Ok(vec![Splice { span: Span::new(at..at), text: new }]);
    }
    // At the top, where only tables follow.
    let at = first_table(document, kinds);
    let feed = feed(text, at).as_bytes();
    let blank = if text[at..].trim_ascii().is_empty() { b"" } else { feed };
    Ok(vec![Splice { span: Span::new(at..at), text: [&entry, feed, blank].concat() }])
}

/// The last statement behind which one more of this table can stand: its lines, where its value
/// starts, and how many keys lead from the header above it to the table.
fn last_in(
    document: &Document<'_>,
    kinds: &[Kind],
    container: NodeId,
    depth: usize,
) -> Option<(Range<usize>, usize, usize)> {
    let mut depths: HashMap<NodeId, usize> = HashMap::new();
    let mut open: Vec<usize> = Vec::new();
    for at in document.extent(container) {
        while open.last().is_some_and(|end| *end <= at) {
            open.pop();
        }
        let id = NodeId(u32::try_from(at).expect("impossible: there are fewer nodes than bytes"));
        depths.insert(id, open.len());
        if let Content::Map { end } | Content::List { end } = document.node(id).content {
            open.push(end.index());
        }
    }
    let fits = |(range, id): (Range<usize>, NodeId)| {
        let start = document.node(id).span.range().start;
        let prefix = segments(document.text.get(range.start..start)?).checked_sub(*depths.get(&id)?)?;
        (kinds[id.index()] == Kind::Inline && prefix <= depth).then_some((range, start, prefix))
    };
    statements(document, kinds, container).into_iter().filter_map(fits).max_by_key(|(range, _, _)| range.start)
}

/// How many keys stand before an `=`.
fn segments(line: &[u8]) -> usize {
    let (mut quote, mut escaped, mut count) = (None, false, 1);
    for byte in line {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'.') => count += 1,
            (None, b'=') => break,
            (Some(open), byte) if open == *byte && !escaped => quote = None,
            _ => {}
        }
        escaped = *byte == b'\\' && !escaped && quote == Some(b'"');
    }
    count
}

/// Where the first header stands, with the comments right above it.
fn first_table(document: &Document<'_>, kinds: &[Kind]) -> usize {
    let text = document.text;
    let headers = statements(document, kinds, document.parts[0].root);
    let block = document.parts[0].metadata.iter().flat_map(|block| &block.spans).map(|span| span.range().start);
    let Some(first) = headers.iter().map(|(range, _)| range.start).chain(block).min() else {
        return content_start(text);
    };
    with_comments_above(text, first)
}

/// Where the line with this place starts, or the comments right above it.
fn with_comments_above(text: &[u8], at: usize) -> usize {
    let mut at = line_start(text, at);
    while at > content_start(text) {
        let above = line_start(text, at - 1);
        if !text[above..at].trim_ascii_start().starts_with(b"#") {
            break;
        }
        at = above;
    }
    at.max(content_start(text))
}

/// A value on one line.
fn inline(value: &Tree) -> Result<Vec<u8>, EmitError> {
    let nodes = nodes_of(None, value);
    if nodes.iter().any(|node| matches!(node.content, Content::Leaf { value: Scalar::Null, .. })) {
        return Err(EmitError("TOML has no null".into()));
    }
    let document = Document { text: b"", nodes, parts: Vec::new(), ..Document::default() };
    let mut printed = print::value(&document, NodeId(1))?;
    printed.truncate(printed.trim_ascii_end().len());
    Ok(printed)
}

/// A new entry or element between brackets.
fn into_brackets(
    document: &Document<'_>,
    container: NodeId,
    key: Option<&str>,
    value: &Tree,
) -> Result<Vec<Splice>, EmitError> {
    let text = document.text;
    if !matches!(text.get(document.node(container).span.start as usize), Some(b'{' | b'[')) {
        return Err(EmitError("a table that dotted keys name inside of an inline table cannot grow".into()));
    }
    let mut entry = key.map_or(Vec::new(), |key| format!("{} = ", print::key(key)).into_bytes());
    entry.extend(inline(value)?);
    let is_comment = |child: &NodeId| matches!(document.node(*child).content, Content::Comment { .. });
    let last = document.children(container).filter(|child| !is_comment(child)).last();
    let Some(last) = last else {
        let at = document.node(container).span.range().start + 1;
        let new = if key.is_some() { [b" ", &entry[..], b" "].concat() } else { entry };
        return Ok(vec![Splice { span: Span::new(at..at), text: new }]);
    };
    let span = document.node(last).span.range();
    let line = &text[line_start(text, span.start)..span.start];
    let is_alone = key.is_none() && line.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    let gap = if is_alone { [feed(text, span.start).as_bytes(), line].concat() } else { b" ".to_vec() };
    Ok(change::behind_element(text, span.end, b",", &gap, &entry))
}

/// What must go for an entry or element between brackets to be gone.
fn out_of_brackets(document: &Document<'_>, parent: NodeId, node: NodeId) -> Splice {
    let text = document.text;
    let span = document.node(node).span.range();
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let outer = document.node(parent).span.range();
    let is_comment = |child: &NodeId| matches!(document.node(*child).content, Content::Comment { .. });
    let mut start = span.start;
    if document.node(node).key.is_some() {
        // Back over the key: to the comma or brace before it, which no neighbour's value hides.
        let before = document.children(parent).filter(|child| *child < node && !is_comment(child)).last();
        let from = before.map_or(outer.start + 1, |before| document.node(before).span.range().end);
        start = from + text[from..start].iter().take_while(|byte| is_blank(byte) || **byte == b',').count();
    }
    let blanks = |at: usize| text[at..].iter().take_while(|byte| is_blank(byte)).count();
    let after = span.end + blanks(span.end);
    let before = start - text[..start].iter().rev().take_while(|byte| is_blank(byte)).count();
    let range = if text.get(after) == Some(&b',') {
        let next = after + 1 + blanks(after + 1);
        // A comma at the end stays one at the end.
        if matches!(text.get(next), Some(b']' | b'}')) { before..after + 1 } else { start..next }
    } else if text[..before].ends_with(b",") {
        before - 1..span.end
    } else {
        before..after
    };
    Splice { span: Span::new(range), text: Vec::new() }
}
