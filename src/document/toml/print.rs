//! Prints new tables: the metadata block, and documents of any format.
//!
//! Scalars and arrays come first in each table, then its tables under headers of their own. A list
//! of maps alone is an array of tables. Nothing recurses over a document.

use std::borrow::Cow;
use std::iter;

use super::super::syntax::EmitError;
use super::super::tree::Tree;
use super::super::{Content, Document, Event, Node, NodeId, Scalar, Span, Style, Text};
use super::build::MAX_DEPTH;
use super::read::MAX_NESTING;
use super::spell;

/// The metadata block, without a line break at its end.
pub(super) fn block(name: &str, tree: &Tree, is_crlf: bool) -> Result<Vec<u8>, EmitError> {
    let mut nodes =
        vec![Node { key: crate::document::Key::NONE, span: Span::default(), content: Content::Map { end: NodeId(0) } }];
    push(&mut nodes, Some(name), tree);
    close(&mut nodes, 0);
    let document = Document { text: b"", nodes, parts: Vec::new(), ..Document::default() };
    let mut printed = Printer::new(&document, is_crlf).print(NodeId(0))?;
    printed.truncate(printed.trim_ascii_end().len());
    Ok(printed)
}

/// A tree as nodes. Nulls are left out. Trees are shallow: the readers of metadata see to it.
fn push<'n>(nodes: &mut Vec<Node<'n>>, key: Option<&'n str>, tree: &'n Tree) {
    let key = key.map(Cow::Borrowed);
    let at = nodes.len();
    let end = NodeId(0);
    let content = match tree {
        Tree::Leaf(Scalar::Null) => return,
        Tree::Leaf(value) => Content::Leaf { value: value.clone(), style: Style::Plain },
        Tree::List(_) => Content::List { end },
        Tree::Map(_) => Content::Map { end },
    };
    nodes.push(Node { key: key.into(), span: Span::default(), content });
    match tree {
        Tree::Leaf(_) => return,
        Tree::List(items) => items.iter().for_each(|item| push(nodes, None, item)),
        Tree::Map(entries) => entries.iter().for_each(|(key, value)| push(nodes, Some(key), value)),
    }
    close(nodes, at);
}

/// Ends the container that was opened at this node.
fn close(nodes: &mut [Node<'_>], at: usize) {
    let after = NodeId(u32::try_from(nodes.len()).expect("impossible: a metadata block is small"));
    if let Content::Map { end } | Content::List { end } = &mut nodes[at].content {
        *end = after;
    }
}

/// A map as a whole document.
pub(super) fn document(document: &Document<'_>, map: NodeId) -> Result<Vec<u8>, EmitError> {
    Printer::new(document, false).print(map)
}

/// A scalar or a list as a value.
pub(super) fn value(document: &Document<'_>, node: NodeId) -> Result<Vec<u8>, EmitError> {
    let mut printer = Printer::new(document, false);
    printer.value(node)?;
    if matches!(document.node(node).content, Content::List { .. }) {
        printer.out.push(b'\n');
    }
    Ok(printer.out)
}

/// A table that is still to be printed.
struct Table {
    node: NodeId,
    /// Its keys as they stand in a header; empty for the top.
    path: String,
    depth: u32,
    is_element: bool,
    /// The comments above it.
    comments: Vec<NodeId>,
}

struct Printer<'d, 't> {
    document: &'d Document<'t>,
    is_crlf: bool,
    out: Vec<u8>,
}

impl<'d, 't> Printer<'d, 't> {
    fn new(document: &'d Document<'t>, is_crlf: bool) -> Self {
        Printer { document, is_crlf, out: Vec::new() }
    }

    fn feed(&mut self) {
        self.out.extend_from_slice(if self.is_crlf { b"\r\n" } else { b"\n" });
    }

    fn print(mut self, top: NodeId) -> Result<Vec<u8>, EmitError> {
        let mut open =
            vec![Table { node: top, path: String::new(), depth: 0, is_element: false, comments: Vec::new() }];
        while let Some(table) = open.pop() {
            let first = open.len();
            self.table(table, &mut open)?;
            open[first..].reverse();
        }
        Ok(self.out)
    }

    /// Prints a table, and gives back those inside it.
    fn table(&mut self, table: Table, later: &mut Vec<Table>) -> Result<(), EmitError> {
        let document = self.document;
        if table.depth > MAX_DEPTH {
            return Err(EmitError(format!("TOML tables can be nested {MAX_DEPTH} levels deep, and no deeper")));
        }
        self.header(&table)?;
        let mut comments = Vec::new();
        for child in document.children(table.node) {
            let node = document.node(child);
            let is_list = matches!(node.content, Content::List { .. });
            if matches!(node.content, Content::Comment { .. }) {
                comments.push(child);
                continue;
            }
            let name = key(node.key.as_deref().unwrap_or_default());
            if !is_table(document, child) {
                self.comments(comments.drain(..))?;
                self.out.extend_from_slice(name.as_bytes());
                self.out.extend_from_slice(b" = ");
                self.value(child)?;
                self.feed();
                continue;
            }
            let path = if table.path.is_empty() { name } else { format!("{}.{name}", table.path) };
            let depth = table.depth + 1;
            let tables = iter::once(child).filter(|_| !is_list).chain(document.children(child).filter(|_| is_list));
            for node in tables {
                if matches!(document.node(node).content, Content::Comment { .. }) {
                    comments.push(node);
                    continue;
                }
                let comments = std::mem::take(&mut comments);
                later.push(Table { node, path: path.clone(), depth, is_element: is_list, comments });
            }
        }
        self.comments(comments.into_iter())
    }

    /// The header of a table with the comments above it. A table that holds tables alone needs none.
    fn header(&mut self, table: &Table) -> Result<(), EmitError> {
        let document = self.document;
        let mut inside = document.children(table.node).peekable();
        let is_implied = !table.is_element
            && table.comments.is_empty()
            && inside.peek().is_some()
            && inside.all(|child| is_table(document, child));
        if table.path.is_empty() || is_implied {
            return Ok(());
        }
        if !self.out.is_empty() {
            self.feed();
        }
        self.comments(table.comments.iter().copied())?;
        let (open, close) = if table.is_element { ("[[", "]]") } else { ("[", "]") };
        self.out.extend_from_slice(format!("{open}{}{close}", table.path).as_bytes());
        self.feed();
        Ok(())
    }

    /// Comments on lines of their own.
    fn comments(&mut self, comments: impl Iterator<Item = NodeId>) -> Result<(), EmitError> {
        let document = self.document;
        for comment in comments {
            if let Content::Comment { text } = &document.node(comment).content {
                for line in text.split(|byte| *byte == b'\n') {
                    spell::comment(&mut self.out, &Text::Source(line))?;
                    self.feed();
                }
            }
        }
        Ok(())
    }

    /// A scalar, or a container on one line. Comments inside are lost, as one line has no place
    /// for them.
    fn value(&mut self, top: NodeId) -> Result<(), EmitError> {
        let document = self.document;
        let mut open: Vec<(&[u8], bool)> = Vec::new();
        for event in document.walk_range(document.extent(top)) {
            if let Event::Enter(id, node) | Event::Leaf(id, node, _) = event
                && id != top
                && let Some((closer, is_empty)) = open.last_mut()
            {
                let is_map = **closer == *b" }";
                self.out.extend_from_slice(match (std::mem::replace(is_empty, false), is_map) {
                    (false, _) => b", ",
                    (true, true) => b" ",
                    (true, false) => b"",
                });
                if is_map {
                    self.out.extend_from_slice(key(node.key.as_deref().unwrap_or_default()).as_bytes());
                    self.out.extend_from_slice(b" = ");
                }
            }
            match event {
                Event::Enter(_, node) => {
                    let is_map = matches!(node.content, Content::Map { .. });
                    self.out.push(if is_map { b'{' } else { b'[' });
                    open.push((if is_map { b" }" } else { b"]" }, true));
                    if open.len() > MAX_NESTING as usize {
                        return Err(EmitError(format!("TOML arrays can be nested {MAX_NESTING} levels deep here")));
                    }
                }
                Event::Leave => {
                    if let Some((closer, is_empty)) = open.pop() {
                        self.out.extend_from_slice(if is_empty { closer.trim_ascii_start() } else { closer });
                    }
                }
                Event::Leaf(id, node, value) => self.scalar(id, node, value)?,
                Event::Comment(..) => {}
            }
        }
        Ok(())
    }

    fn scalar(&mut self, id: NodeId, node: &Node<'t>, value: &Scalar<'t>) -> Result<(), EmitError> {
        match (value, &node.content) {
            (Scalar::Text(text), Content::Leaf { style: Style::Date, .. }) => self.out.extend_from_slice(text),
            // No mixture of line breaks in a file that a tool may bring to one kind of them.
            (Scalar::Text(text), _) if self.is_crlf => spell::basic(&mut self.out, text.as_str().unwrap_or_default()),
            _ => spell::scalar(&mut self.out, value)
                .map_err(|error| EmitError(format!("{error}; offending key {}", self.document.path(id))))?,
        }
        Ok(())
    }
}

/// Whether something gets headers: a map, or a list of maps alone.
fn is_table(document: &Document<'_>, node: NodeId) -> bool {
    match document.node(node).content {
        Content::Map { .. } => true,
        Content::List { .. } => {
            let mut maps = 0;
            document.children(node).all(|child| match document.node(child).content {
                Content::Map { .. } => {
                    maps += 1;
                    true
                }
                Content::Comment { .. } => true,
                _ => false,
            }) && maps > 0
        }
        _ => false,
    }
}

/// A key, in quotes where it needs them.
pub(super) fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(is_bare) {
        return name.to_owned();
    }
    let mut quoted = Vec::new();
    spell::basic(&mut quoted, name);
    String::from_utf8(quoted).expect("impossible: it was made of a string")
}
