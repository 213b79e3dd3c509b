//! Prints nodes anew, as SOPS lays them out: block style, lists below their key and indented.
//! The nodes may come from a document of any format.

use super::quoting::{self, BlockStyle, Place};
use super::spell;
use crate::document::{Content, New, Node, Scalar};

/// Bytes of a key from which on it gets a mark of its own and a line: no reader takes more than 1024
/// characters in front of a colon (YAML 1.2 §7.4.2).
const LONGEST_KEY: usize = 1000;

/// The indentation of SOPS.
pub(super) const INDENT: usize = 4;

/// Prints nodes.
pub(super) struct Printer<'p, 't> {
    /// All nodes of the document.
    pub(super) nodes: &'p [Node<'t>],
    /// New contents for some of them.
    pub(super) change: &'p dyn Fn(usize) -> Option<&'p New<'p>>,
    /// Columns per level.
    pub(super) indent: usize,
    /// The line break of the file.
    pub(super) line_break: &'p str,
}

/// A collection that is being printed.
struct Level {
    end: usize,
    is_list: bool,
    /// The column of the keys or dashes.
    column: usize,
    /// The column that the next level counts from: that of the dash, for a map behind a dash.
    base: usize,
    /// Whether the next entry goes on in the line of a dash.
    is_inline: bool,
}

impl Level {
    fn child_column(&self, indent: usize) -> usize {
        if self.base + indent > self.column { self.base + indent } else { self.column + indent }
    }
}

impl Printer<'_, '_> {
    /// The contents of a collection, its keys or dashes in this column. Begins without a line
    /// break if `is_inline`, and ends without one.
    pub(super) fn collection(&self, node: usize, column: usize, base: usize, is_inline: bool) -> Vec<u8> {
        let mut out = Vec::new();
        if self.is_empty(node) {
            self.hollow(&mut out, node, column, is_inline);
            return out;
        }
        let mut levels = vec![self.level(node, column, base, is_inline)];
        let mut at = node + 1;
        while let Some(level) = levels.last_mut() {
            if level.end == at {
                levels.pop();
                continue;
            }
            if std::mem::take(&mut level.is_inline) {
                // Goes on where it is.
            } else {
                self.line(&mut out, level.column);
            }
            at = self.entry(&mut out, at, &mut levels);
        }
        out
    }

    fn level(&self, node: usize, column: usize, base: usize, is_inline: bool) -> Level {
        let is_list = matches!(self.nodes[node].content, Content::List { .. });
        Level { end: self.end(node), is_list, column, base, is_inline }
    }

    /// One comment or entry; the number of the node to print next.
    fn entry(&self, out: &mut Vec<u8>, at: usize, levels: &mut Vec<Level>) -> usize {
        let Some(level) = levels.last() else { return at + 1 };
        let node = &self.nodes[at];
        if let Some(text) = self.comment(at) {
            out.extend_from_slice(&spell::comment(text, level.column, self.line_break));
            return at + 1;
        }
        if level.is_list {
            out.push(b'-');
        } else {
            let key = node.key.as_deref().unwrap_or_default();
            let key = quoting::fresh(key, Place::Block);
            let is_long = key.len() > LONGEST_KEY;
            if is_long {
                out.extend_from_slice(b"? ");
            }
            out.extend_from_slice(key.as_bytes());
            if is_long {
                self.line(out, level.column);
            }
            out.push(b':');
        }
        let child = level.child_column(self.indent);
        match &node.content {
            Content::Map { .. } | Content::List { .. } if self.is_empty(at) => {
                let has_comments = self.end(at) > at + 1;
                if !has_comments {
                    out.push(b' ');
                }
                self.hollow(out, at, child, !has_comments);
                return self.end(at);
            }
            Content::Map { .. } | Content::List { .. } if level.is_list => {
                out.push(b' ');
                let (column, dash) = (level.column + 2, level.column);
                let is_list = matches!(node.content, Content::List { .. });
                levels.push(self.level(at, column, if is_list { column } else { dash }, true));
            }
            Content::Map { .. } | Content::List { .. } => levels.push(self.level(at, child, child, false)),
            Content::Leaf { value, .. } => {
                let value = match (self.change)(at) {
                    Some(New::Value(value)) => value,
                    _ => value,
                };
                out.push(b' ');
                out.extend_from_slice(self.scalar(value, level.column, child).as_bytes());
            }
            Content::Comment { .. } => {}
        }
        at + 1
    }

    /// A collection that holds at most comments.
    fn hollow(&self, out: &mut Vec<u8>, node: usize, column: usize, mut is_inline: bool) {
        for at in node + 1..self.end(node) {
            if let Some(text) = self.comment(at) {
                if !std::mem::take(&mut is_inline) {
                    self.line(out, column);
                }
                out.extend_from_slice(&spell::comment(text, column, self.line_break));
            }
        }
        if !is_inline {
            self.line(out, column);
        }
        out.extend_from_slice(if matches!(self.nodes[node].content, Content::List { .. }) { b"[]" } else { b"{}" });
    }

    /// A scalar behind its key or dash, which stands in the column `parent`.
    pub(super) fn scalar(&self, value: &Scalar<'_>, parent: usize, indent: usize) -> String {
        let block = quoting::as_text(value).filter(|text| text.contains('\n')).and_then(|text| {
            // SOPS does not write a block whose lines end in blanks.
            if text.contains(" \n") || text.ends_with(' ') {
                return None;
            }
            let style = BlockStyle {
                indicator: '|',
                indent,
                parent: Some(parent),
                keeps_digit: false,
                tail: "",
                line_break: self.line_break,
            };
            quoting::block(text, style)
        });
        block.unwrap_or_else(|| quoting::fresh_scalar(value, Place::Block))
    }

    /// A node between brackets, the way JSON would have it, without comments.
    pub(super) fn flow(&self, node: usize) -> Vec<u8> {
        self.bracketed(node, None)
    }

    /// The same with comments, on lines of their own that begin in this column.
    pub(super) fn flow_with_comments(&self, node: usize, column: usize) -> Vec<u8> {
        self.bracketed(node, Some(column))
    }

    fn bracketed(&self, node: usize, column: Option<usize>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut levels: Vec<(usize, u8, bool)> = Vec::new();
        let (mut at, end) = (node, self.end(node));
        let mut begins_line = false;
        loop {
            while let Some((_, bracket, _)) = levels.pop_if(|level| level.0 == at) {
                begins_line = false;
                out.push(bracket);
            }
            if at == end {
                return out;
            }
            let current = &self.nodes[at];
            if let Some(text) = self.comment(at) {
                if let Some(column) = column {
                    if !std::mem::replace(&mut begins_line, true) {
                        self.line(&mut out, column);
                    }
                    out.extend_from_slice(&spell::comment(text, column, self.line_break));
                    self.line(&mut out, column);
                }
                at += 1;
                continue;
            }
            begins_line = false;
            if let Some((_, bracket, has_entries)) = levels.last_mut() {
                if std::mem::replace(has_entries, true) {
                    out.extend_from_slice(b", ");
                }
                if *bracket == b'}' {
                    out.extend_from_slice(quoting::double(current.key.as_deref().unwrap_or_default()).as_bytes());
                    out.extend_from_slice(b": ");
                }
            }
            match &current.content {
                Content::Map { end } => {
                    out.push(b'{');
                    levels.push((end.index(), b'}', false));
                }
                Content::List { end } => {
                    out.push(b'[');
                    levels.push((end.index(), b']', false));
                }
                Content::Leaf { value, .. } => {
                    let value = match (self.change)(at) {
                        Some(New::Value(value)) => value,
                        _ => value,
                    };
                    let spelled = match quoting::as_text(value) {
                        Some(text) => quoting::double(text),
                        None => quoting::fresh_scalar(value, Place::Flow),
                    };
                    out.extend_from_slice(spelled.as_bytes());
                }
                Content::Comment { .. } => {}
            }
            at += 1;
        }
    }

    fn line(&self, out: &mut Vec<u8>, column: usize) {
        out.extend_from_slice(self.line_break.as_bytes());
        out.extend(std::iter::repeat_n(b' ', column));
    }

    /// The text of a node that is a comment, or becomes one.
    fn comment(&self, at: usize) -> Option<&[u8]> {
        match (&self.nodes[at].content, (self.change)(at)) {
            (Content::Leaf { .. } | Content::Comment { .. }, Some(New::Comment(text))) => Some(text),
            (Content::Comment { text }, _) => Some(text),
            _ => None,
        }
    }

    fn end(&self, node: usize) -> usize {
        match self.nodes[node].content {
            Content::Map { end } | Content::List { end } => end.index(),
            _ => node + 1,
        }
    }

    fn is_empty(&self, node: usize) -> bool {
        (node + 1..self.end(node)).all(|at| self.comment(at).is_some())
    }
}
