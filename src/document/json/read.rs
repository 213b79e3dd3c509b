//! From text to nodes: one pass with an explicit stack over strict RFC 8259.

use std::borrow::Cow;

use super::super::syntax::{SyntaxError, utf8};
use super::super::tree::Tree;
use super::super::{Block, Content, Document, Node, NodeId, Part, Scalar, Span, Style, flat};
use super::{METADATA, is_space};

/// How deep objects and lists may nest; the same as in the reader of SOPS.
const MAX_DEPTH: usize = 10_000;

/// Reads a whole text.
pub(super) fn read(text: &[u8]) -> Result<Document<'_>, SyntaxError> {
    let utf8 = utf8(text)?;
    let mut reader = Reader { utf8, text, at: 0, nodes: Vec::new(), open: Vec::new(), metadata: None };
    reader.document()?;
    let metadata = reader.block();
    let part = Part { root: NodeId(0), metadata, span: Span::new(0..text.len()) };
    Ok(Document { text, nodes: reader.nodes, parts: vec![part], ..Document::default() })
}

/// The scalar with which a text begins, and its length in bytes.
pub(super) fn lexeme(text: &[u8]) -> Option<(Scalar<'_>, usize)> {
    let mut reader =
        Reader { utf8: utf8(text).ok()?, text, at: 0, nodes: Vec::new(), open: Vec::new(), metadata: None };
    let (value, _) = reader.scalar().ok()??;
    Some((value, reader.at))
}

/// The state of the pass.
struct Reader<'t> {
    utf8: &'t str,
    text: &'t [u8],
    at: usize,
    nodes: Vec<Node<'t>>,
    /// The containers around the current place, by their nodes.
    open: Vec<Open>,
    metadata: Option<Entry>,
}

/// A container that is not closed yet.
#[derive(Clone, Copy)]
struct Open {
    node: usize,
    is_map: bool,
}

/// The entry of the metadata block.
struct Entry {
    /// The comma before it.
    comma: Option<usize>,
    /// Where its key starts.
    key: usize,
    /// Where its value ends; none while it is being read.
    end: Option<usize>,
    /// Its first node, until the nodes are made a tree.
    node: usize,
    tree: Tree,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<(), SyntaxError> {
        if self.text.starts_with(b"\xef\xbb\xbf") {
            return Err(SyntaxError::at(Span::new(0..3), "the text starts with a byte order mark, which JSON forbids"));
        }
        self.skip_space();
        if self.peek() != Some(b'{') {
            let message = "the top of a JSON file must be an object";
            return Err(SyntaxError::at(self.here(), message));
        }
        let mut key = None;
        loop {
            let opened = self.value(key.take())?;
            self.skip_space();
            let comma = if opened && !self.at_closer() { None } else { self.comma_or_ends()? };
            if self.open.is_empty() {
                break;
            }
            key = self.key(comma)?;
        }
        if self.at < self.text.len() {
            let error = SyntaxError::at(self.here(), "there is more text after the end of the top object");
            return Err(error.hint("SOPS ignores such text and drops it when it writes the file; remove it first"));
        }
        Ok(())
    }

    /// Reads a scalar, or the start of a container (then the answer is true).
    fn value(&mut self, key: Option<Cow<'t, str>>) -> Result<bool, SyntaxError> {
        self.skip_space();
        let start = self.at;
        let Some((value, style)) = self.scalar()? else {
            let is_map = self.peek() == Some(b'{');
            return self.open(key, is_map);
        };
        let span = Span::new(start..self.at);
        self.nodes.push(Node { key: key.into(), span, content: Content::Leaf { value, style } });
        Ok(false)
    }

    /// Reads a scalar; none at the start of a container.
    fn scalar(&mut self) -> Result<Option<(Scalar<'t>, Style)>, SyntaxError> {
        Ok(Some(match self.peek() {
            Some(b'"') => (Scalar::Text(self.string()?.into()), Style::Double),
            Some(b'{' | b'[') => return Ok(None),
            Some(b'-' | b'0'..=b'9') => (self.number()?, Style::Plain),
            Some(b't') => (self.word("true", Scalar::Bool(true))?, Style::Plain),
            Some(b'f') => (self.word("false", Scalar::Bool(false))?, Style::Plain),
            Some(b'n') => (self.word("null", Scalar::Null)?, Style::Plain),
            _ => return Err(self.unexpected("a value")),
        }))
    }

    fn open(&mut self, key: Option<Cow<'t, str>>, is_map: bool) -> Result<bool, SyntaxError> {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("objects and lists are nested more than {MAX_DEPTH} levels deep");
            return Err(SyntaxError::at(self.here(), message));
        }
        self.open.push(Open { node: self.nodes.len(), is_map });
        let end = NodeId(0);
        let content = if is_map { Content::Map { end } } else { Content::List { end } };
        self.nodes.push(Node { key: key.into(), span: Span::new(self.at..self.at), content });
        self.at += 1;
        Ok(true)
    }

    /// After a value, or at the end of an empty container: closes all containers that end here,
    /// and passes the comma after them, if one may follow.
    fn comma_or_ends(&mut self) -> Result<Option<usize>, SyntaxError> {
        loop {
            if self.open.len() == 1 {
                self.end_metadata()?;
            }
            self.skip_space();
            let Some(&open) = self.open.last() else { return Ok(None) };
            if self.at_closer() {
                self.close(open);
            } else if self.peek() == Some(b',') {
                self.at += 1;
                return Ok(Some(self.at - 1));
            } else {
                return Err(self.unexpected(if open.is_map { "`,` or `}`" } else { "`,` or `]`" }));
            }
        }
    }

    /// Whether the innermost container is closed here.
    fn at_closer(&self) -> bool {
        self.open.last().is_some_and(|open| self.peek() == Some(if open.is_map { b'}' } else { b']' }))
    }

    fn close(&mut self, open: Open) {
        self.at += 1;
        self.open.pop();
        let after = NodeId(u32::try_from(self.nodes.len()).expect("impossible: there are fewer nodes than bytes"));
        let node = &mut self.nodes[open.node];
        node.span = Span::new(node.span.range().start..self.at);
        node.content = if open.is_map { Content::Map { end: after } } else { Content::List { end: after } };
    }

    /// The key of the next entry and its colon; nothing in a list.
    fn key(&mut self, comma: Option<usize>) -> Result<Option<Cow<'t, str>>, SyntaxError> {
        if self.open.last().is_none_or(|open| !open.is_map) {
            return Ok(None);
        }
        self.skip_space();
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let start = self.at;
        let key = self.string()?;
        if self.open.len() == 1 && key == METADATA {
            if self.metadata.is_some() {
                return Err(SyntaxError::at(Span::new(start..self.at), "the top object has two entries `sops`"));
            }
            let (node, tree) = (self.nodes.len(), Tree::Map(Vec::new()));
            self.metadata = Some(Entry { comma, key: start, end: None, node, tree });
        }
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// After an entry of the top object: if it was the metadata block, takes its nodes away.
    fn end_metadata(&mut self) -> Result<(), SyntaxError> {
        let Some(entry) = self.metadata.as_mut().filter(|entry| entry.end.is_none()) else { return Ok(()) };
        let span = self.nodes[entry.node].span;
        if !matches!(self.nodes[entry.node].content, Content::Map { .. }) {
            let message = "the entry `sops` is reserved for metadata and must be an object";
            return Err(SyntaxError { reserved: true, ..SyntaxError::at(span, message) });
        }
        entry.tree = tree(&self.nodes, &mut entry.node.clone(), 0)
            .ok_or_else(|| SyntaxError::at(span, "the metadata is nested too deeply"))?;
        self.nodes.truncate(entry.node);
        entry.end = Some(span.range().end);
        Ok(())
    }

    /// The metadata block with what must go for it to be gone: its own comma too.
    fn block(&mut self) -> Option<Block> {
        let Entry { comma, key, end, tree, .. } = self.metadata.take()?;
        let end = end?;
        let span = match comma {
            Some(comma) => comma..end,
            None => {
                self.at = end;
                self.skip_space();
                if self.peek() == Some(b',') {
                    self.at += 1;
                    self.skip_space();
                    key..self.at
                } else {
                    // The only entry: with all that it brought into an empty object.
                    self.nodes[0].span.range().start + 1..end
                }
            }
        };
        Some(Block { spans: vec![Span::new(span)], tree })
    }

    /// A string from its first quote to after its last.
    fn string(&mut self) -> Result<Cow<'t, str>, SyntaxError> {
        let start = self.at + 1;
        let mut end = start;
        let mut escaped = false;
        loop {
            let Some(length) = memchr::memchr2(b'"', b'\\', &self.text[end..]) else {
                end = self.text.len();
                break;
            };
            end += length;
            if self.text[end] == b'"' {
                break;
            }
            // What follows the backslash is looked at below; it is no end here, if it is a quote.
            escaped = true;
            end = (end + 2).min(self.text.len());
        }
        // As a whole first, which is fast: there is hardly ever one.
        let inside = &self.text[start..end];
        if inside.iter().fold(false, |found, byte| found | (*byte < 0x20)) {
            let at = start + inside.iter().position(|byte| *byte < 0x20).unwrap_or(0);
            let message = "a control character inside a string must be escaped";
            return Err(SyntaxError::at(Span::new(at..at + 1), message));
        }
        if end == self.text.len() {
            let message = "the text ends inside a string";
            return Err(SyntaxError::at(Span::new(self.at..self.at + 1), message));
        }
        self.at = end + 1;
        // Both ends stand beside ASCII characters.
        let raw = &self.utf8[start..end];
        if escaped { unescape(raw, start).map(Cow::Owned) } else { Ok(Cow::Borrowed(raw)) }
    }

    fn number(&mut self) -> Result<Scalar<'t>, SyntaxError> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let mut is_integer = true;
        if self.peek() == Some(b'.') {
            is_integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            is_integer = false;
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let digits = &self.utf8[start..self.at];
        if is_integer && let Ok(value) = digits.parse() {
            return Ok(Scalar::Int(value));
        }
        match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Scalar::Float(value)),
            _ => Err(SyntaxError::at(Span::new(start..self.at), "the number is beyond the range of a double")),
        }
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), SyntaxError> {
        let count = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(self.unexpected("a digit")) } else { Ok(()) }
    }

    fn word(&mut self, word: &str, value: Scalar<'t>) -> Result<Scalar<'t>, SyntaxError> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return Err(self.unexpected("a value"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// The character at the current place; empty at the end of the text.
    fn here(&self) -> Span {
        let length = self.utf8.get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Span::new(self.at..self.at + length)
    }

    fn unexpected(&self, wanted: &str) -> SyntaxError {
        let found = if self.at < self.text.len() { "" } else { ", but the text ends" };
        SyntaxError::at(self.here(), format!("expected {wanted} here{found}"))
    }
}

/// A string with its escapes resolved; `start` is its place in the text. The result is never
/// longer than the source, so that no half of a secret is left behind by growing.
fn unescape(raw: &str, start: usize) -> Result<String, SyntaxError> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let escape = &rest[at..];
        let Some((decoded, length)) = escaped(escape.as_bytes()) else {
            let place = start + raw.len() - escape.len();
            return Err(SyntaxError::at(Span::new(place..place + 1), "this is no escape that JSON knows"));
        };
        out.push(decoded);
        rest = &escape[length..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The character that an escape stands for, and the length of the escape. Half a surrogate pair
/// stands for U+FFFD, as in SOPS.
fn escaped(escape: &[u8]) -> Option<(char, usize)> {
    let simple = match escape.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let first = hex(escape)?;
            let second = escape.get(6..).and_then(hex);
            return Some(match (first, second) {
                (0xd800..0xdc00, Some(second @ 0xdc00..0xe000)) => {
                    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    (char::from_u32(code)?, 12)
                }
                _ => (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
            });
        }
        _ => return None,
    };
    Some((simple, 2))
}

/// The number in `\uXXXX`.
fn hex(escape: &[u8]) -> Option<u32> {
    let digits = escape.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |sum, digit| Some(sum << 4 | char::from(*digit).to_digit(16)?))
}

/// The nodes from `at` on as a tree; none if it is too deep, since trees are dropped recursively.
fn tree(nodes: &[Node<'_>], at: &mut usize, depth: usize) -> Option<Tree> {
    if depth > flat::MAX_DEPTH {
        return None;
    }
    let node = &nodes[*at];
    *at += 1;
    Some(match &node.content {
        Content::Map { end } => {
            let mut entries = Vec::new();
            while *at < end.index() {
                let key = nodes[*at].key.as_deref().unwrap_or_default().to_owned();
                entries.push((key, tree(nodes, at, depth + 1)?));
            }
            Tree::Map(entries)
        }
        Content::List { end } => {
            let mut items = Vec::new();
            while *at < end.index() {
                items.push(tree(nodes, at, depth + 1)?);
            }
            Tree::List(items)
        }
        Content::Leaf { value, .. } => Tree::Leaf(value.clone().into_owned()),
        Content::Comment { .. } => return None,
    })
}
