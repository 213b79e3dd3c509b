//! From text to nodes, as SOPS's INI library reads it, perhaps but for `#` and `;` in values (see
//! [`value`]): sections in order, repeated or not, the first of them `DEFAULT`, which
//! holds what stands before any header.
//!
//! Lines of comment in a row are one comment, as for SOPS, and come after the key that they stand
//! above or beside; those of a section come first in it. What SOPS would lose is kept: a comment
//! beside a key that has one above is a node of its own, and comments after the last key of the
//! file belong to the last section.
//!
//! A key may be in a section several times. The last entry counts, as for SOPS; the lines of the
//! others are [`Document::shadowed`].

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use memchr::{memchr2, memmem, memrchr};
use zeroize::Zeroizing;

use super::super::flat;
use super::super::syntax::{Reading, SyntaxError, check_size};
use super::super::{Block, Content, Document, Key, Node, NodeId, Part, Scalar, Shadowed, Span, Text};
use super::space::{after_line, trim, trim_end, trim_start};
use super::value::{self, comment_in, is_marker};
use super::{BOM, DEFAULT, METADATA};

/// Reads a text.
pub(super) fn read(text: &[u8], reading: Reading) -> Result<Document<'_>, SyntaxError> {
    check_size(text)?;
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Err(SyntaxError::whole("the text is UTF-16").hint("convert the file to UTF-8 first"));
    }
    let start = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let mut reader = Reader::new(text, start, reading);
    let mut at = start;
    while at < text.len() {
        at = reader.line(at)?;
    }
    reader.finish()
}

/// What has been read so far.
struct Reader<'t> {
    text: &'t [u8],
    /// Where it starts, after a byte order mark.
    start: usize,
    reading: Reading,
    nodes: Vec<Node<'t>>,
    /// The section that is open.
    section: usize,
    /// Its entries so far.
    entries: HashMap<&'t str, Lines<'t>>,
    /// Those of them that are out of force, in the order in which that was found.
    shadowed_here: Vec<Lines<'t>>,
    /// The same of all sections that are closed.
    shadowed: Vec<Shadowed<'t>>,
    /// Lines of comment that nothing has followed yet: from the marker to the next line.
    comments: Vec<Range<usize>>,
    metadata: Option<Metadata<'t>>,
    /// Whether entries belong to the metadata.
    in_metadata: bool,
}

/// An entry that a later one may put out of force.
struct Lines<'t> {
    /// Its node, and the comments above and beside it.
    nodes: Range<usize>,
    /// What becomes of it then.
    shadowed: Shadowed<'t>,
}

/// The metadata section.
struct Metadata<'t> {
    /// The line of the header.
    start: usize,
    /// The line after the last entry.
    end: usize,
    entries: Vec<(&'t str, Scalar<'static>)>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t [u8], start: usize, reading: Reading) -> Self {
        let map = |key, from: usize| Node {
            key,
            span: Span::new(from..text.len()),
            content: Content::Map { end: NodeId(0) },
        };
        Reader {
            text,
            start,
            reading,
            nodes: vec![map(Key::NONE, 0), map(DEFAULT.into(), start)],
            section: 1,
            entries: HashMap::new(),
            shadowed_here: Vec::new(),
            shadowed: Vec::new(),
            comments: Vec::new(),
            metadata: None,
            in_metadata: false,
        }
    }

    /// Reads the line at `from`, with those on which its value goes on. Returns where the next is.
    fn line(&mut self, from: usize) -> Result<usize, SyntaxError> {
        let next = after_line(self.text, from);
        let line = trim_start(&self.text[from..next]);
        let start = next - line.len();
        match line.first() {
            None => Ok(next),
            Some(&byte) if is_marker(byte) => {
                self.comments.push(start..next);
                Ok(next)
            }
            Some(b'[') => {
                self.header(from, start..next)?;
                Ok(next)
            }
            Some(_) => self.entry(start..next),
        }
    }

    fn header(&mut self, line_start: usize, line: Range<usize>) -> Result<(), SyntaxError> {
        let source = &self.text[line.clone()];
        let here = Span::new(line.start..line.start + trim_end(source).len());
        let close = memrchr(b']', source).ok_or_else(|| SyntaxError::at(here, "this section header has no `]`"))?;
        let name = std::str::from_utf8(&source[1..close])
            .map_err(|_| SyntaxError::at(here, "the name of this section is not UTF-8"))?;
        if name.is_empty() {
            return Err(SyntaxError::at(here, "this section has no name"));
        }
        if name == METADATA {
            return self.metadata_header(line_start, line.end, here);
        }
        self.in_metadata = false;
        self.close_section(line_start);
        self.section = self.nodes.len();
        self.nodes.push(Node {
            key: name.into(),
            span: Span::new(line_start..self.text.len()),
            content: Content::Map { end: NodeId(0) },
        });
        self.comments_above();
        self.comment_beside(comment_in(self.text, line.start + close + 1..line.end));
        Ok(())
    }

    /// The comments above the block belong to the section before it: SOPS reads the block last.
    fn metadata_header(&mut self, start: usize, end: usize, here: Span) -> Result<(), SyntaxError> {
        if self.metadata.is_some() {
            return Err(SyntaxError::at(here, "the metadata section is there twice"));
        }
        self.comments_above();
        self.in_metadata = true;
        self.metadata = Some(Metadata { start, end, entries: Vec::new() });
        Ok(())
    }

    fn entry(&mut self, line: Range<usize>) -> Result<usize, SyntaxError> {
        let (key, from) = read_key(self.text, line.clone())?;
        let read = value::read(self.text, from, self.reading)?;
        if let (true, Some(metadata)) = (self.in_metadata, &mut self.metadata) {
            metadata.entries.push((key, Scalar::Text(decode(&read.value))));
            metadata.end = read.next;
            self.comments.clear();
            return Ok(read.next);
        }
        let start = self.comments.first().map_or(line.start, |comment| comment.start);
        let lines = Span::new(self.line_start(start)..read.next);
        let shadowed = Shadowed { key: Cow::Borrowed(key), span: Span::new(line.start..from), lines };
        let first = self.nodes.len();
        let content = Content::Leaf { value: Scalar::Text(read.value), style: read.style };
        self.nodes.push(Node { key: key.into(), span: Span::new(read.span), content });
        self.comments_above();
        self.comment_beside(read.comment);
        let lines = Lines { nodes: first..self.nodes.len(), shadowed };
        match self.entries.entry(key) {
            Entry::Vacant(place) => drop(place.insert(lines)),
            Entry::Occupied(mut place) => self.shadowed_here.push(place.insert(lines)),
        }
        Ok(read.next)
    }

    /// The start of the line on which this stands.
    fn line_start(&self, at: usize) -> usize {
        memrchr(b'\n', &self.text[self.start..at]).map_or(self.start, |feed| self.start + feed + 1)
    }

    /// Puts the lines of comment that have gathered where they belong: here. Ciphertexts stay
    /// single, or what was written below one would be lost.
    fn comments_above(&mut self) {
        let lines = std::mem::take(&mut self.comments);
        let is_sealed = |line: &Range<usize>| {
            let text = strip_marker(trim_end(&self.text[line.clone()]));
            text.starts_with(b"ENC[") && text.ends_with(b"]")
        };
        let comments = lines.chunk_by(|one, next| !is_sealed(one) && !is_sealed(next));
        let comments: Vec<_> = comments.map(|lines| comment(self.text, lines)).collect();
        self.nodes.extend(comments);
    }

    fn comment_beside(&mut self, place: Option<Range<usize>>) {
        self.nodes.extend(place.map(|place| comment(self.text, &[place])));
    }

    /// Takes the entries that are out of force out of the section that is open.
    fn drop_shadowed(&mut self) {
        // Clearing would take as long as the longest section so far.
        self.entries = HashMap::new();
        let mut shadowed = std::mem::take(&mut self.shadowed_here);
        shadowed.sort_unstable_by_key(|lines| lines.nodes.start);
        let mut gone = shadowed.iter().flat_map(|lines| lines.nodes.clone()).peekable();
        if gone.peek().is_some() {
            // What is before this section is not looked at again.
            let inside = self.nodes.split_off(self.section + 1);
            let stays = (self.section + 1..).zip(inside).filter(|(at, _)| gone.next_if_eq(at).is_none());
            self.nodes.extend(stays.map(|(_, node)| node));
        }
        self.shadowed.extend(shadowed.into_iter().map(|lines| lines.shadowed));
    }

    fn close_section(&mut self, at: usize) {
        self.drop_shadowed();
        let end = NodeId(u32::try_from(self.nodes.len()).expect("impossible: there are fewer nodes than bytes"));
        let node = &mut self.nodes[self.section];
        node.content = Content::Map { end };
        node.span = Span::new(node.span.range().start..at);
    }

    /// The section before the first header is not there if it is empty and a header names it.
    fn drop_empty_default(&mut self) {
        let is_empty = matches!(self.nodes[1].content, Content::Map { end: NodeId(2) });
        let is_named =
            |node: &Node<'_>| matches!(node.content, Content::Map { .. }) && node.key.as_deref() == Some(DEFAULT);
        if !is_empty || !self.nodes[2..].iter().any(is_named) {
            return;
        }
        self.nodes.remove(1);
        for node in &mut self.nodes {
            if let Content::Map { end } = &mut node.content {
                end.0 -= 1;
            }
        }
    }

    fn finish(mut self) -> Result<Document<'t>, SyntaxError> {
        self.comments_above();
        self.close_section(self.text.len());
        let end = NodeId(u32::try_from(self.nodes.len()).expect("impossible: there are fewer nodes than bytes"));
        self.nodes[0].content = Content::Map { end };
        self.drop_empty_default();
        let metadata = match self.metadata {
            Some(metadata) => {
                if let Some(shadowed) = self.shadowed.first() {
                    return Err(shadowed.refusal("SOPS keeps only one of the two values; take the other one out"));
                }
                let span = block_span(self.text, metadata.start, metadata.end);
                Some(Block { spans: vec![span], tree: flat::unflatten(metadata.entries)? })
            }
            None => None,
        };
        let part = Part { root: NodeId(0), metadata, span: Span::new(0..self.text.len()) };
        let (text, nodes, parts) = (self.text, self.nodes, vec![part]);
        Ok(Document { text, nodes, parts, shadowed: self.shadowed, ..Document::default() })
    }
}

/// The metadata section with the separator that was written in front of it: a blank line. A block
/// without a last line break was put after a text without one, and goes with the break between.
fn block_span(text: &[u8], start: usize, end: usize) -> Span {
    let end = if trim(&text[end..]).is_empty() { text.len() } else { end };
    let before = &text[..start];
    let without_break = !text[..end].ends_with(b"\n") && before.ends_with(b"\n\n");
    let separator =
        if without_break || before.ends_with(b"\n\r\n") { 2 } else { usize::from(before.ends_with(b"\n\n")) };
    Span::new(start - separator..end)
}

/// The key of an entry, and where its delimiter ends.
fn read_key(text: &[u8], line: Range<usize>) -> Result<(&str, usize), SyntaxError> {
    let source = &text[line.clone()];
    let error = |message| SyntaxError::at(Span::new(line.start..line.start + trim_end(source).len()), message);
    let quotes: &[u8] = match source {
        [b'"', b'"', b'"', _, _, _, _, ..] => b"\"\"\"",
        [b'"', ..] => b"\"",
        [b'`', ..] => b"`",
        _ => b"",
    };
    let (key, after) = if quotes.is_empty() {
        (None, 0)
    } else {
        let rest = &source[quotes.len()..];
        let close = memmem::find(rest, quotes).ok_or_else(|| error("the quotes around this key are not closed"))?;
        (Some(&rest[..close]), close + 2 * quotes.len())
    };
    let delimiter = after
        + memchr2(b'=', b':', &source[after..]).ok_or_else(|| {
            error("this line is no section, comment or entry: it has no `=` and no `:`")
                .hint("a value of several lines stands in \"\"\"")
        })?;
    let key = trim(key.unwrap_or(&source[..delimiter]));
    let key = std::str::from_utf8(key).map_err(|_| error("the key is not UTF-8"))?;
    match key {
        "" => Err(error("this entry has no key")),
        "-" => {
            Err(error("an entry cannot have the key `-`").hint("SOPS numbers such entries, and cannot read them back"))
        }
        _ => Ok((key, line.start + delimiter + 1)),
    }
}

/// A comment from its lines: the text is what SOPS makes of them, the place is what stands after
/// the first marker.
fn comment<'t>(text: &'t [u8], lines: &[Range<usize>]) -> Node<'t> {
    let (first, last) = (lines.first().map_or(0..0, Clone::clone), lines.last().map_or(0..0, Clone::clone));
    let end = last.start + trim_end(&text[last]).len();
    let one_piece = lines.windows(2).all(|pair| pair[0].end == pair[1].start);
    let shown = &text[first.start..if one_piece { end } else { first.end }];
    let start = first.start + (shown.len() - strip_marker(shown).len());
    let content = if one_piece {
        Text::Source(without_empty_lines(&text[start..end], text[first.start]))
    } else {
        let mut joined = Zeroizing::new(Vec::with_capacity(end - start));
        joined.extend_from_slice(&text[start..first.end]);
        lines[1..].iter().for_each(|line| joined.extend_from_slice(&text[line.clone()]));
        let joined = without_empty_lines(trim_end(&joined), text[first.start]);
        Text::Owned(Zeroizing::new(joined.to_vec()))
    };
    Node { key: Key::NONE, span: Span::new(start..end.max(start)), content: Content::Comment { text: content } }
}

/// A comment without its first marker, however often it is repeated, and the blanks after it.
fn strip_marker(comment: &[u8]) -> &[u8] {
    let Some(&marker) = comment.first() else { return comment };
    let length = comment.iter().take_while(|byte| **byte == marker || **byte == b' ').count();
    &comment[length..]
}

/// SOPS crashes when it prints a comment whose first line is empty.
fn without_empty_lines(comment: &[u8], marker: u8) -> &[u8] {
    if !matches!(comment, [b'\n', ..] | [b'\r', b'\n', ..]) {
        return comment;
    }
    let length = comment.iter().take_while(|byte| **byte == marker || byte.is_ascii_whitespace()).count();
    &comment[length..]
}

/// A value of the metadata, in which line breaks are escaped.
fn decode(raw: &[u8]) -> Text<'static> {
    let mut value = Zeroizing::new(Vec::with_capacity(raw.len()));
    let mut copied = 0;
    for at in memmem::find_iter(raw, b"\\n") {
        value.extend_from_slice(&raw[copied..at]);
        value.push(b'\n');
        copied = at + 2;
    }
    value.extend_from_slice(&raw[copied..]);
    Text::Owned(value)
}
