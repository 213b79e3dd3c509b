//! Entries and sections that come or go, laid out as their neighbours are.

use std::ops::Range;

use super::super::change::{self, Excerpt, STAND_IN, as_leaves, feed, line_end, line_start, lines};
use super::super::syntax::{EmitError, Splice, Syntax as _};
use super::super::tree::Tree;
use super::super::{Content, Document, NodeId, Scalar, Span, Style};
use super::space::{trim_end, trim_start};
use super::{BOM, DEFAULT, Ini, METADATA, write};

/// Said of what is neither a section nor a value in one.
const SHAPE: &str = "an INI file holds sections, and single values in them";

/// A new section, or a new entry of one.
pub(super) fn insert(
    document: &Document<'_>,
    container: NodeId,
    key: Option<&str>,
    value: &Tree,
) -> Result<Vec<Splice>, EmitError> {
    let key = key.unwrap_or_default();
    let is_top = document.parts.iter().any(|part| part.root == container);
    match value {
        Tree::Map(entries) if is_top => section(document, key, entries),
        Tree::Leaf(value) if !is_top => entry(document, container, key, value),
        Tree::Leaf(_) if is_top => {
            Err(EmitError(format!("{SHAPE}: a value before the first section stands under `{DEFAULT}`")))
        }
        _ => Err(EmitError(SHAPE.into())),
    }
}

/// Another value, or all entries of a section anew.
pub(super) fn replace(
    document: &Document<'_>,
    parent: NodeId,
    node: NodeId,
    value: &Tree,
) -> Result<Vec<Splice>, EmitError> {
    if let Some(new) = as_leaves(document, node, value) {
        return Ok(vec![Ini.spell(document, node, &new)?]);
    }
    let is_section = document.parts.iter().any(|part| part.root == parent);
    let Tree::Map(entries) = value else { return Err(EmitError(SHAPE.into())) };
    if !is_section {
        return Err(EmitError(SHAPE.into()));
    }
    let text = document.text;
    let whole = own_lines(document, node);
    let at = header_end(document, node);
    let new_lines = entry_lines(entries, &Looks::of(document, node))?;
    let line_feed = feed(text, at.unwrap_or(0));
    let mut new = Vec::new();
    for line in &new_lines {
        match at {
            Some(_) => new.extend_from_slice(&[line_feed.as_bytes(), line].concat()),
            None => new.extend_from_slice(&[line, line_feed.as_bytes()].concat()),
        }
    }
    let start = at.unwrap_or_else(|| content_start(text));
    let end = if at.is_some() { line_end(text, whole.end.max(start)) } else { entries_end(document, node, start) };
    Ok(vec![Splice { span: Span::new(start..end.max(start)), text: new }])
}

/// An entry goes with its lines; a section with its header, entries and comments.
pub(super) fn remove(document: &Document<'_>, parent: NodeId, node: NodeId) -> Result<Vec<Splice>, EmitError> {
    let text = document.text;
    let span = document.node(node).span.range();
    if !document.parts.iter().any(|part| part.root == parent) {
        // Earlier entries of the same key would come into force.
        let section = document.node(parent).span.range();
        let key = document.node(node).key.as_deref();
        let earlier = document
            .shadowed
            .iter()
            .filter(|entry| Some(&*entry.key) == key && section.contains(&(entry.span.start as usize)));
        let own = lines(text, span.start, span.end);
        let gone = earlier.map(|entry| entry.lines).chain([own]);
        return Ok(gone.map(|span| Splice { span, text: Vec::new() }).collect());
    }
    if header_end(document, node).is_none() {
        let start = content_start(text);
        let end = entries_end(document, node, start);
        return Ok(vec![Splice { span: Span::new(start..end), text: Vec::new() }]);
    }
    let own = own_lines(document, node);
    let mut start = line_start(text, own.start);
    // The blank lines behind go too, so that those before part its neighbours.
    let mut end = line_end(text, own.end);
    let behind = after_blank_lines(text, end);
    let block = document.parts[0].metadata.iter().flat_map(|block| &block.spans).map(|span| span.range());
    let block: Vec<_> = block.collect();
    let is_last = behind == text.len() || block.iter().any(|block| (block.start..block.end).contains(&behind));
    if is_last {
        // What is before is at the end then, and keeps its own line break if there is one.
        let before = trim_end(&text[..start]).len();
        if before > 0 {
            start = line_end(text, before);
            if end == text.len() && !text.ends_with(b"\n") {
                return Ok(vec![Splice { span: Span::new(start..end), text: Vec::new() }]);
            }
        } else {
            end = behind.min(block.first().map_or(behind, |block| block.start.max(end)));
        }
    } else {
        end = behind;
    }
    Ok(vec![Splice { span: Span::new(start..end), text: Vec::new() }])
}

/// Single fields of the block.
pub(super) fn set_fields(document: &Document<'_>, part: usize, fields: &[(&str, Option<&str>)]) -> Option<Vec<Splice>> {
    let span = document.parts[part].metadata.as_ref()?.spans.first()?.range();
    let start = span.start + document.text[span.clone()].iter().position(|byte| *byte == b'[')?;
    let text = change::masked(document.text[start..span.end].to_vec())?;
    let excerpt = Excerpt { text, offset: start, block: vec![STAND_IN], prefix: "" };
    change::set_fields(&Ini, &excerpt, fields)
}

/// A section at the end of the file, but in front of the metadata.
fn section(document: &Document<'_>, name: &str, entries: &[(String, Tree)]) -> Result<Vec<Splice>, EmitError> {
    if name.is_empty() || name == METADATA || name.contains(['\n', '\r', ']']) {
        return Err(EmitError(format!("an INI file cannot hold a section {name:?}")));
    }
    let text = document.text;
    let root = document.parts[0].root;
    let last = document.children(root).last().map_or(0..0, |last| own_lines(document, last));
    let start = content_start(text);
    let at = if last.end > start { line_end(text, last.end) } else { start };
    let header = format!("[{name}]").into_bytes();
    let style = document.children(root).last().map(|last| Looks::of(document, last)).unwrap_or_default();
    let lines = [vec![header], entry_lines(entries, &style)?].concat();
    let feed = feed(text, at).as_bytes();
    let new = if at > start { [feed, feed, &lines.join(feed)].concat() } else { [&lines.join(feed), feed].concat() };
    Ok(vec![Splice { span: Span::new(at..at), text: new }])
}

/// An entry at the end of a section.
fn entry(document: &Document<'_>, section: NodeId, key: &str, value: &Scalar<'_>) -> Result<Vec<Splice>, EmitError> {
    let text = document.text;
    let line = Looks::of(document, section).line(key, value)?;
    let last = document.children(section).filter(|child| is_leaf(document, *child)).last();
    let after = last.map(|last| document.node(last).span.range().end).or_else(|| header_end(document, section));
    Ok(vec![match after {
        Some(after) => {
            let at = line_end(text, after);
            Splice { span: Span::new(at..at), text: [feed(text, at).as_bytes(), &line].concat() }
        }
        // Before the first header.
        None => {
            let at = content_start(text);
            let feed = feed(text, at).as_bytes();
            let blank = if trim_start(&text[at..]).is_empty() { b"" } else { feed };
            Splice { span: Span::new(at..at), text: [&line, feed, blank].concat() }
        }
    }])
}

fn entry_lines(entries: &[(String, Tree)], style: &Looks) -> Result<Vec<Vec<u8>>, EmitError> {
    let line = |(key, value): &(String, Tree)| match value {
        Tree::Leaf(value) => style.line(key, value),
        _ => Err(EmitError(SHAPE.into())),
    };
    entries.iter().map(line).collect()
}

fn is_leaf(document: &Document<'_>, node: NodeId) -> bool {
    matches!(document.node(node).content, Content::Leaf { .. })
}

/// Where a text starts after its byte order mark.
fn content_start(text: &[u8]) -> usize {
    if text.starts_with(BOM) { BOM.len() } else { 0 }
}

/// From the first comment or the header of a section to the end of its last entry or comment.
fn own_lines(document: &Document<'_>, section: NodeId) -> Range<usize> {
    let header = header_end(document, section);
    let start = document.node(section).span.range().start;
    let spans = document.children(section).map(|child| document.node(child).span.range());
    let (first, last) = spans.fold((start, header.unwrap_or(0)), |(first, last), span| {
        (if header.is_some() { first.min(span.start) } else { first }, last.max(span.end))
    });
    first..last
}

/// Where the line of a section's header ends; none for what is before the first.
fn header_end(document: &Document<'_>, section: NodeId) -> Option<usize> {
    let span = document.node(section).span.range();
    let text = &document.text[..span.end];
    let line = &text[span.start..line_end(text, span.start)];
    let is_first = document.parts.iter().any(|part| part.root.0 + 1 == section.0);
    (!is_first && trim_start(line).starts_with(b"[")).then(|| span.start + line.len())
}

/// Where the entries before the first header end, with their last line break.
fn entries_end(document: &Document<'_>, section: NodeId, start: usize) -> usize {
    let ends = document.children(section).map(|child| document.node(child).span.range().end);
    let Some(last) = ends.max() else { return start };
    after_blank_lines(document.text, line_end(document.text, last))
}

/// The start of the first line behind that is not blank.
fn after_blank_lines(text: &[u8], mut at: usize) -> usize {
    while let Some(length) = memchr::memchr(b'\n', &text[at..]) {
        if !trim_start(&text[at..at + length]).is_empty() {
            return line_start(text, at);
        }
        at += length + 1;
    }
    if trim_start(&text[at..]).is_empty() { text.len() } else { at }
}

/// How the entries of a section look.
#[derive(Default)]
struct Looks {
    indent: Vec<u8>,
    /// The delimiter with the blanks around it, but for those that pad the key.
    delimiter: Option<Vec<u8>>,
    /// The column of the delimiter, where keys are padded to one.
    column: usize,
}

impl Looks {
    /// That of the last entries, or else of any entry of the file.
    fn of(document: &Document<'_>, section: NodeId) -> Self {
        let own = document.children(section).filter(|child| is_leaf(document, *child)).map(|child| child.index());
        let mut leaves: Vec<usize> = own.collect();
        if leaves.is_empty() {
            let all = document.nodes.iter().enumerate();
            leaves = all.filter(|(_, node)| matches!(node.content, Content::Leaf { .. })).map(|(at, _)| at).collect();
        }
        let shapes: Vec<Shape<'_>> = leaves.iter().rev().take(2).filter_map(|at| Shape::of(document, *at)).collect();
        let Some(last) = shapes.first() else { return Looks::default() };
        let is_padded = match shapes.get(1) {
            Some(other) => other.column() == last.column() && other.key != last.key,
            None => false,
        };
        let blank = if last.padding > 0 { &b" "[..] } else { b"" };
        Looks {
            indent: last.indent.to_vec(),
            delimiter: Some([blank, last.delimiter].concat()),
            column: if is_padded { last.key + last.padding.saturating_sub(1) } else { 0 },
        }
    }

    fn line(&self, key: &str, value: &Scalar<'_>) -> Result<Vec<u8>, EmitError> {
        let value = write::scalar(value, b"", Style::Plain, b"\n")?;
        let key = write::key(key)?;
        let padding = b" ".repeat(self.column.saturating_sub(key.len()));
        let delimiter = self.delimiter.as_deref().unwrap_or(b" = ");
        Ok([&self.indent, key.as_bytes(), &padding, delimiter, &value].concat())
    }
}

/// How one entry looks.
struct Shape<'d> {
    indent: &'d [u8],
    /// The length of the key with its quotes.
    key: usize,
    /// Blanks between the key and the delimiter.
    padding: usize,
    /// The delimiter and the blanks behind it.
    delimiter: &'d [u8],
}

impl<'d> Shape<'d> {
    fn of(document: &Document<'d>, leaf: usize) -> Option<Self> {
        let text = document.text;
        let end = document.nodes[leaf].span.range().start;
        let line = &text[line_start(text, end)..end];
        let line = line.strip_prefix(BOM).unwrap_or(line);
        let source = trim_start(line);
        let indent = &line[..line.len() - source.len()];
        let delimiter = trim_end(source).len().checked_sub(1)?;
        let key = trim_end(&source[..delimiter]);
        Some(Shape { indent, key: key.len(), padding: delimiter - key.len(), delimiter: &source[delimiter..] })
    }

    fn column(&self) -> usize {
        self.key + self.padding
    }
}
