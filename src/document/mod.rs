//! A text and the scalars in it. Knows no cryptography: it says where each leaf, comment and
//! metadata block stands, and puts other spellings in their places. Every byte that it was not
//! asked to change is copied.
//!
//! * [`Document`]: the source text, and its [`Node`]s in the order in which SOPS would walk them.
//! * [`Syntax`]: what one file format must provide; one file each, listed in [`Format`].
//! * [`Editor`]: gathers replacements and splices them in one pass.

pub mod change;
mod editor;
mod front;
mod key;
mod key_path;
mod pile;
mod scalar;
mod syntax;
mod text;
mod timestamp;
pub mod tree;

mod binary;
mod dotenv;
pub mod dotenv_value;
pub mod flat;
mod ini;
mod json;
#[cfg(test)]
mod testing;
mod toml;
mod yaml;

use std::borrow::Cow;
use std::ops::Range;

pub use editor::{Editor, New, Spellings, splice};
pub use key::Key;
pub use key_path::{KeyPath, KeyPathError, Step};
pub use pile::Pile;
pub use scalar::Scalar;
pub use syntax::{EmitError, Format, Layout, Reading, Splice, Syntax, SyntaxError};
pub use text::Text;
pub use timestamp::Timestamp;

/// A range of bytes of the source text. Four bytes each, since there is one for every node: a
/// text of 4 GiB or more is refused when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// A span from byte offsets, which must be below 4 GiB.
    #[must_use]
    pub fn new(range: Range<usize>) -> Self {
        let narrow = |at: usize| u32::try_from(at).expect("impossible: texts of 4 GiB are refused");
        Span { start: narrow(range.start), end: narrow(range.end) }
    }

    /// As a range to index the source text with.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The number of a node: its place in the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// As an index into the list of nodes.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A container, a leaf or a comment.
#[derive(Clone, Debug)]
pub struct Node<'t> {
    /// The key, for an entry of a map; none for elements, comments and the top of a document.
    pub key: Key<'t>,
    /// What a new spelling replaces: the whole lexeme with its quotes (and, for a YAML block
    /// scalar, its header), or for a comment its text with the marker. Empty and at the place of
    /// the missing value for an implicit null. For a container: all of it.
    pub span: Span,
    /// What it is.
    pub content: Content<'t>,
}

impl Node<'_> {
    /// Whether it is a comment.
    #[must_use]
    pub fn is_comment(&self) -> bool {
        matches!(self.content, Content::Comment { .. })
    }
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content<'t> {
    /// A map; its entries and comments follow, up to but without the node `end`.
    Map {
        /// The first node that is not inside.
        end: NodeId,
    },
    /// A list, likewise.
    List {
        /// The first node that is not inside.
        end: NodeId,
    },
    /// A scalar.
    Leaf {
        /// Its typed value.
        value: Scalar<'t>,
        /// How it is spelled.
        style: Style,
    },
    /// A comment: one line of it, without its marker, in the container to which SOPS counts it.
    Comment {
        /// The text after the marker, verbatim (` note` for `# note`).
        text: Text<'t>,
    },
}

/// How a leaf is spelled in the file. Formats without the distinction use `Plain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// A YAML `|` block; an INI value in backticks or `"""`; a TOML string in `'''`.
    Literal,
    /// A YAML `>` block, or a TOML string in `"""`.
    Folded,
    /// A TOML date or time, which has no quotes. Its value is text.
    Date,
}

/// A YAML alias. Its nodes are copies of its target's (comments included), with the target's
/// spans and the keys and containers of the place where the alias stands.
#[derive(Clone, Debug)]
pub struct Alias {
    /// The `*name` token.
    pub span: Span,
    /// The copies.
    pub nodes: Range<u32>,
    /// The first node of the anchored value; the copies follow it in the same order.
    pub target: NodeId,
}

/// One document of a stream. Only YAML has more than one.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its top: a map.
    pub root: NodeId,
    /// Its metadata block, if it has one.
    pub metadata: Option<Block>,
    /// All of the document in the text.
    pub span: Span,
}

/// A metadata block as it stands in the file. Its entries are not among the nodes.
#[derive(Clone, Debug)]
pub struct Block {
    /// What must go for the block to be gone, in order; several pieces in dotenv.
    pub spans: Vec<Span>,
    /// What it holds.
    pub tree: tree::Tree,
}

/// An entry that is out of force, since its key comes again.
#[derive(Clone, Debug)]
pub struct Shadowed<'t> {
    /// Its key.
    pub key: Cow<'t, str>,
    /// Where the entry stands, without its value.
    pub span: Span,
    /// All of it, with the comments that belong to it and its line breaks.
    pub lines: Span,
}

impl Shadowed<'_> {
    /// The error of a file that cannot hold it.
    #[must_use]
    pub fn refusal(&self, hint: &'static str) -> SyntaxError {
        let message = format!("the key {:?} is in this section again, further down", self.key);
        SyntaxError::at(self.span, message).hint(hint)
    }
}

/// A text and what stands in it.
#[derive(Debug, Default)]
pub struct Document<'t> {
    /// The source.
    pub text: &'t [u8],
    /// Containers, leaves and comments, each container before what it holds.
    pub nodes: Vec<Node<'t>>,
    /// The documents of the stream; at least one.
    pub parts: Vec<Part>,
    /// The aliases, in the order of the text.
    pub aliases: Vec<Alias>,
    /// The entries that a later one of the same key in the same map puts out of force, in order.
    /// They are no nodes: SOPS's model has one value for a key. A document with a metadata block
    /// has none. Only INI allows them.
    pub shadowed: Vec<Shadowed<'t>>,
    /// What SOPS does not read, though it has no meaning of its own, with what stands in for it in an
    /// encrypted file, in order. Some of it may be inside of values. Only YAML has such places.
    pub unread: Vec<Splice>,
}

/// A node as the walk meets it.
#[derive(Clone, Copy, Debug)]
pub enum Event<'d, 't> {
    /// The start of a map or list. The top of each document is entered too.
    Enter(NodeId, &'d Node<'t>),
    /// The end of the container entered last.
    Leave,
    /// A leaf.
    Leaf(NodeId, &'d Node<'t>, &'d Scalar<'t>),
    /// A comment.
    Comment(NodeId, &'d Node<'t>, &'d Text<'t>),
}

impl<'t> Document<'t> {
    /// The node with this number.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node<'t> {
        &self.nodes[id.index()]
    }

    /// All nodes in order, with the ends of containers marked.
    pub fn walk<'d>(&'d self) -> Walk<'d, 't> {
        self.walk_range(0..self.nodes.len())
    }

    /// The same for a run of whole siblings, such as one node with all that it holds.
    pub fn walk_range<'d>(&'d self, range: Range<usize>) -> Walk<'d, 't> {
        Walk { document: self, next: range.start, last: range.end, open: Vec::new() }
    }

    /// The first entry inside a container that is out of force.
    #[must_use]
    pub fn shadowed_in(&self, id: NodeId) -> Option<&Shadowed<'t>> {
        let whole = self.node(id).span;
        self.shadowed.iter().find(|entry| whole.start <= entry.span.start && entry.span.end <= whole.end)
    }

    /// The source text of a span.
    #[must_use]
    pub fn source(&self, span: Span) -> &'t [u8] {
        &self.text[span.range()]
    }

    /// The nodes that a node covers: itself and all inside it.
    #[must_use]
    pub fn extent(&self, id: NodeId) -> Range<usize> {
        match self.node(id).content {
            Content::Map { end } | Content::List { end } => id.index()..end.index(),
            _ => id.index()..id.index() + 1,
        }
    }

    /// The direct children of a container, comments included.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let end = self.extent(id).end;
        let mut next = id.index() + 1;
        std::iter::from_fn(move || {
            let child = NodeId(u32::try_from(next).ok()?);
            (next < end).then(|| {
                next = self.extent(child).end;
                child
            })
        })
    }

    /// The line in which a node begins, from 1. Linear in the document: for messages only.
    #[must_use]
    pub fn line(&self, id: NodeId) -> usize {
        let before = &self.text[..self.node(id).span.range().start.min(self.text.len())];
        memchr::memchr_iter(b'\n', before).count() + 1
    }

    /// Where a node is, for people. Linear in the document: for messages only.
    #[must_use]
    pub fn path(&self, id: NodeId) -> KeyPath {
        let mut steps = Vec::new();
        let root = self.parts.iter().rev().find(|part| part.root <= id);
        let mut at = root.map_or(NodeId(0), |part| part.root);
        while at != id {
            let list = matches!(self.node(at).content, Content::List { .. });
            let mut index = 0;
            let Some(inside) = self.children(at).find(|&child| {
                let found = self.extent(child).contains(&id.index());
                if !found && !matches!(self.node(child).content, Content::Comment { .. }) {
                    index += 1;
                }
                found
            }) else {
                break;
            };
            if list {
                steps.push(Step::Index(index));
            } else if let Some(key) = self.node(inside).key.as_deref() {
                steps.push(Step::Key(key.to_string()));
            }
            at = inside;
        }
        KeyPath(steps)
    }

    /// The node at a path in the first document.
    #[must_use]
    pub fn find(&self, path: &KeyPath) -> Option<NodeId> {
        let mut at = self.parts.first()?.root;
        for step in &path.0 {
            let is_list = matches!(self.node(at).content, Content::List { .. });
            at = match step {
                Step::Key(key) if !is_list => {
                    self.children(at).find(|&child| self.node(child).key.as_deref() == Some(key))?
                }
                Step::Index(index) if is_list => self
                    .children(at)
                    .filter(|&child| !matches!(self.node(child).content, Content::Comment { .. }))
                    .nth(*index)?,
                _ => return None,
            };
        }
        Some(at)
    }
}

/// The walk over a document, see [`Document::walk`].
pub struct Walk<'d, 't> {
    document: &'d Document<'t>,
    next: usize,
    last: usize,
    open: Vec<usize>,
}

impl<'d, 't> Iterator for Walk<'d, 't> {
    type Item = Event<'d, 't>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.open.last() == Some(&self.next) {
            self.open.pop();
            return Some(Event::Leave);
        }
        if self.next >= self.last {
            return None;
        }
        let id = NodeId(u32::try_from(self.next).ok()?);
        let node = &self.document.nodes[self.next];
        self.next += 1;
        Some(match &node.content {
            Content::Map { end } | Content::List { end } => {
                self.open.push(end.index());
                Event::Enter(id, node)
            }
            Content::Leaf { value, .. } => Event::Leaf(id, node, value),
            Content::Comment { text } => Event::Comment(id, node, text),
        })
    }
}
