//! Puts what was read in the order in which SOPS walks it: comments among the nodes, aliases
//! copied out, and the metadata block taken out of the tree.

use std::ops::Range;

use super::comments::Slot;
use super::spell;
use crate::document::tree::Tree;
use crate::document::{
    Alias, Block, Content, Document, Key, Node, NodeId, Part, Scalar, Span, Splice, SyntaxError, Text,
};

/// How many nodes aliases may stand for in all, apart from one for each byte of the text.
const COPIES: usize = 500_000;

/// How many bytes of decoded values those copies may hold.
const COPIED_BYTES: usize = 64 << 20;

/// The name of the metadata block.
pub(super) const METADATA_KEY: &str = "sops";

/// Nodes as they stand in the file.
#[derive(Default)]
pub(super) struct Raw<'t> {
    /// All nodes but comments; an alias is one leaf.
    pub(super) nodes: Vec<Node<'t>>,
    /// For each node where its key stands.
    pub(super) keys: Vec<Span>,
    /// Aliases and what they refer to, in order.
    pub(super) aliases: Vec<(u32, u32)>,
    /// Comments, in order within one place.
    pub(super) comments: Vec<(u32, Slot, Span)>,
    pub(super) parts: Vec<RawPart>,
    /// What SOPS does not read, with what stands in for it in an encrypted file.
    pub(super) unread: Vec<Splice>,
}

/// A document of the stream.
pub(super) struct RawPart {
    pub(super) root: u32,
    pub(super) span: Span,
}

impl<'t> Raw<'t> {
    /// Adds to what SOPS does not read. Of what stands inside of something else, that goes as a whole.
    pub(super) fn add_unread(&mut self, more: Vec<Splice>) {
        self.unread.extend(more);
        self.unread.sort_by_key(|splice| (splice.span.start, splice.span.end));
        let mut reached = 0;
        self.unread.retain(|Splice { span, .. }| {
            let follows = span.start >= reached;
            reached = reached.max(span.end);
            follows
        });
    }

    /// The children of a collection.
    pub(super) fn children(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.end(node);
        let mut next = node + 1;
        std::iter::from_fn(move || {
            let child = next;
            (child < end).then(|| {
                next = self.end(child);
                child
            })
        })
    }

    /// The first node after this one and all inside it.
    fn end(&self, node: u32) -> u32 {
        match self.nodes[node as usize].content {
            Content::Map { end } | Content::List { end } if end.0 != 0 => end.0,
            Content::Map { .. } | Content::List { .. } => u32::MAX,
            _ => node + 1,
        }
    }

    /// The metadata entry of a document.
    fn metadata(&self, root: u32) -> Option<u32> {
        self.children(root).find(|child| self.nodes[*child as usize].key.as_deref() == Some(METADATA_KEY))
    }

    /// The document in the order of the walk.
    pub(super) fn arrange(self, text: &'t [u8]) -> Result<Document<'t>, SyntaxError> {
        let metadata: Vec<Option<u32>> = self.parts.iter().map(|part| self.metadata(part.root)).collect();
        let mut parts = Vec::with_capacity(self.parts.len());
        for (part, entry) in self.parts.iter().zip(&metadata) {
            let block = entry.map(|entry| self.block(entry, part, text)).transpose()?;
            parts.push(Part { root: NodeId(part.root), metadata: block, span: part.span });
        }
        if self.comments.is_empty() && self.aliases.is_empty() && metadata.iter().all(Option::is_none) {
            return Ok(Document { text, nodes: self.nodes, parts, unread: self.unread, ..Document::default() });
        }
        Arranger::new(self, text, metadata).run(parts)
    }

    /// Whether a comment of this document reaches over a place.
    pub(super) fn is_in_comment(&self, part: &RawPart, at: usize) -> bool {
        // Comments come with the documents, if not in order within one.
        let first = self.comments.partition_point(|(node, ..)| *node < part.root);
        let of_part = self.comments[first..].iter().take_while(|(.., span)| span.start < part.span.end);
        of_part.map(|(.., span)| span.range()).any(|span| span.contains(&at))
    }

    /// The metadata block with this entry.
    fn block(&self, entry: u32, part: &RawPart, text: &[u8]) -> Result<Block, SyntaxError> {
        let inside = entry as usize..self.end(entry) as usize;
        let first = self.aliases.partition_point(|(node, _)| (*node as usize) < inside.start);
        if let Some((alias, _)) = self.aliases.get(first).filter(|(node, _)| inside.contains(&(*node as usize))) {
            let span = self.nodes[*alias as usize].span;
            return Err(SyntaxError::at(span, "the metadata block must not hold aliases"));
        }
        let end = self.nodes[entry as usize].span.end.max(self.nodes[inside.end - 1].span.end);
        let value = self.keys[entry as usize].start as usize..end as usize;
        let is_flow = self.nodes[part.root as usize].span.range().start < text.len()
            && text[self.nodes[part.root as usize].span.start as usize] == b'{';
        let line = spell::start_of_line(text, value.start);
        let before = &text[line..value.start];
        // A tab counts in two ways.
        let mut blanks = before.strip_prefix("\u{feff}".as_bytes()).unwrap_or(before).iter();
        let is_alone = blanks.all(|byte| *byte == b' ');
        // Behind a question mark on a line above, the key is further in.
        let top = spell::column(text, self.nodes[part.root as usize].span.start as usize);
        if !is_flow && (!is_alone || spell::column(text, value.start) != top) {
            let error = SyntaxError::at(self.keys[entry as usize], "the metadata block must begin its line");
            return Err(error.hint("take out what stands before `sops`"));
        }
        let span = if is_flow {
            flow_entry(text, value, |at| self.is_in_comment(part, at))
        } else {
            block_entry(text, value, part.span.start as usize)
        };
        Ok(Block { spans: vec![Span::new(span)], tree: self.tree(inside) })
    }

    /// A run of nodes as a tree.
    fn tree(&self, range: Range<usize>) -> Tree {
        let mut open: Vec<(usize, Tree)> = Vec::new();
        let mut done = None;
        let mut at = range.start;
        loop {
            // What is complete goes into the collection around it.
            while let Some(tree) = done.take() {
                let Some((_, around)) = open.last_mut() else { return tree };
                match around {
                    Tree::List(list) => list.push(tree),
                    Tree::Map(map) => {
                        if let Some(entry) = map.last_mut() {
                            entry.1 = tree;
                        }
                    }
                    Tree::Leaf(_) => {}
                }
            }
            if let Some((end, _)) = open.last()
                && *end == at
            {
                done = open.pop().map(|(_, tree)| tree);
                continue;
            }
            let Some(node) = self.nodes.get(at).filter(|_| at < range.end) else {
                return Tree::Leaf(Scalar::Null);
            };
            if let (Some((_, Tree::Map(map))), Some(key)) = (open.last_mut(), node.key.as_deref()) {
                map.push((key.to_string(), Tree::Leaf(Scalar::Null)));
            }
            match &node.content {
                Content::Map { end } => open.push((end.index(), Tree::Map(Vec::new()))),
                Content::List { end } => open.push((end.index(), Tree::List(Vec::new()))),
                Content::Leaf { value: Scalar::Time(time), .. } => done = Some(Tree::string(time.to_string())),
                Content::Leaf { value, .. } => done = Some(Tree::Leaf(value.clone().into_owned())),
                Content::Comment { .. } => {}
            }
            at += 1;
        }
    }
}

/// Where the first line begins, behind a byte order mark.
fn start_behind_mark(text: &[u8]) -> usize {
    let mark = "\u{feff}".as_bytes();
    if text.starts_with(mark) { mark.len() } else { 0 }
}

/// What must go for an entry of a block map to be gone: its lines, and the break before them.
pub(super) fn block_entry(text: &[u8], entry: Range<usize>, floor: usize) -> Range<usize> {
    let line_end = spell::end_of_line(text, entry.end);
    let line = spell::start_of_line(text, entry.start).max(start_behind_mark(text));
    let is_first_on_line = text[line..entry.start].iter().all(|byte| matches!(byte, b' ' | b'\t'));
    if !is_first_on_line {
        return entry.start..line_end;
    }
    let start = match &text[..line] {
        [.., b'\r', b'\n'] => line - 2,
        [.., b'\n' | b'\r'] => line - 1,
        _ => line,
    };
    if start >= floor && start < line {
        return start..line_end;
    }
    let after = match &text[line_end..] {
        [b'\r', b'\n', ..] => 2,
        [_, ..] => 1,
        [] => 0,
    };
    line..line_end + after
}

/// The same for an entry of a flow map: with the comma before it, or else the one after it. A comment
/// may end with a comma too.
pub(super) fn flow_entry(text: &[u8], entry: Range<usize>, is_in_comment: impl Fn(usize) -> bool) -> Range<usize> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let before = text[..entry.start].iter().rposition(|byte| !is_blank(byte));
    if let Some(at) = before.filter(|at| text[*at] == b',' && !is_in_comment(*at)) {
        return at..entry.end;
    }
    let blanks = text[entry.end..].iter().take_while(|byte| is_blank(byte)).count();
    if text.get(entry.end + blanks) == Some(&b',') {
        let after = entry.end + blanks + 1;
        return entry.start..after + text[after..].iter().take_while(|byte| **byte == b' ').count();
    }
    entry
}

struct Arranger<'t> {
    raw: Raw<'t>,
    text: &'t [u8],
    metadata: Vec<Option<u32>>,
    /// For each node and slot the first of its comments in `comments`.
    starts: Vec<u32>,
    comments: Vec<Span>,
    nodes: Vec<Node<'t>>,
    /// Where each raw node went; kept only if there are aliases.
    moved: Vec<u32>,
    aliases: Vec<Alias>,
    copied_bytes: usize,
    copies: usize,
    /// The metadata block of the document at hand, with the comments in it.
    block: Span,
}

impl<'t> Arranger<'t> {
    fn new(mut raw: Raw<'t>, text: &'t [u8], metadata: Vec<Option<u32>>) -> Self {
        let (starts, comments) = sort(std::mem::take(&mut raw.comments), raw.nodes.len());
        let moved = if raw.aliases.is_empty() { Vec::new() } else { vec![u32::MAX; raw.nodes.len()] };
        let nodes = Vec::with_capacity(raw.nodes.len() + comments.len());
        Arranger {
            raw,
            text,
            metadata,
            starts,
            comments,
            nodes,
            moved,
            aliases: Vec::new(),
            copied_bytes: 0,
            copies: 0,
            block: Span::default(),
        }
    }

    fn run(mut self, mut parts: Vec<Part>) -> Result<Document<'t>, SyntaxError> {
        let count = self.raw.nodes.len();
        let mut open: Vec<(usize, u32, usize)> = Vec::new();
        let mut aliases = std::mem::take(&mut self.raw.aliases).into_iter().peekable();
        let mut metadata = self.metadata.clone().into_iter().flatten().peekable();
        let mut next_part = 0;
        let mut at = 0;
        loop {
            while let Some(&(end, raw, new)) = open.last()
                && end == at
            {
                open.pop();
                self.comments(raw, Slot::Last);
                self.close(new);
                self.comments(raw, Slot::After);
            }
            if at == count {
                break;
            }
            let number = u32::try_from(at).expect("impossible: nodes are numbered in 32 bits");
            if metadata.next_if_eq(&number).is_some() {
                self.comments(number, Slot::Before);
                at = self.raw.end(number) as usize;
                while aliases.next_if(|(alias, _)| (*alias as usize) < at).is_some() {}
                self.comments(number, Slot::After);
                continue;
            }
            let part = parts.get_mut(next_part).filter(|part| part.root.0 == number);
            if let Some(part) = &part {
                self.block = part.metadata.as_ref().map_or(Span::default(), |block| block.spans[0]);
            }
            self.comments(number, Slot::Before);
            let new = self.nodes.len();
            if let Some(moved) = self.moved.get_mut(at) {
                *moved = narrow(new);
            }
            if let Some(part) = part {
                part.root = NodeId(narrow(new));
                next_part += 1;
            }
            let end = self.raw.end(number) as usize;
            let is_container = matches!(self.raw.nodes[at].content, Content::Map { .. } | Content::List { .. });
            if let Some((_, target)) = aliases.next_if(|(alias, _)| *alias == number) {
                self.copy(at, target)?;
                self.comments(number, Slot::After);
            } else {
                let placeholder =
                    Node { key: Key::NONE, span: Span::default(), content: Content::Map { end: NodeId(0) } };
                self.nodes.push(std::mem::replace(&mut self.raw.nodes[at], placeholder));
                if is_container {
                    self.raw.nodes[at].content = Content::Map { end: NodeId(narrow(end)) };
                    self.comments(number, Slot::First);
                    open.push((end, number, new));
                } else {
                    self.comments(number, Slot::First);
                    self.comments(number, Slot::After);
                }
            }
            at += 1;
        }
        let unread = std::mem::take(&mut self.raw.unread);
        let (text, nodes, aliases) = (self.text, self.nodes, self.aliases);
        Ok(Document { text, nodes, parts, aliases, unread, ..Document::default() })
    }

    fn comments(&mut self, node: u32, slot: Slot) {
        let place = node as usize * 4 + slot as usize;
        let Some(range) = self.starts.get(place).zip(self.starts.get(place + 1)) else { return };
        for comment in *range.0..*range.1 {
            let span = self.comments[comment as usize];
            if self.block.start <= span.start && span.end <= self.block.end {
                continue;
            }
            let text = Text::Source(&self.text[span.start as usize + 1..span.end as usize]);
            self.nodes.push(Node { key: Key::NONE, span, content: Content::Comment { text } });
        }
    }

    fn close(&mut self, node: usize) {
        let last = NodeId(narrow(self.nodes.len()));
        if let Content::Map { end } | Content::List { end } = &mut self.nodes[node].content {
            *end = last;
        }
    }

    /// Copies out what an alias stands for.
    fn copy(&mut self, alias: usize, target: u32) -> Result<(), SyntaxError> {
        let span = self.raw.nodes[alias].span;
        let first = self.moved.get(target as usize).copied().filter(|first| *first != u32::MAX);
        let first = first.ok_or_else(|| SyntaxError::at(span, "this alias refers into the metadata block"))? as usize;
        let last = match self.nodes[first].content {
            Content::Map { end } | Content::List { end } => end.index(),
            _ => first + 1,
        };
        let start = self.nodes.len();
        self.copies += last - first;
        if self.copies > COPIES + self.text.len() {
            return Err(SyntaxError::at(span, "aliases stand for too many values"));
        }
        for number in first..last {
            let mut node = self.nodes[number].clone();
            self.copied_bytes += owned_bytes(&node);
            if self.copied_bytes > COPIED_BYTES {
                return Err(SyntaxError::at(span, "aliases stand for too much text"));
            }
            if let Content::Map { end } | Content::List { end } = &mut node.content {
                *end = NodeId(narrow(end.index() - first + start));
            }
            if number == first {
                node.key = self.raw.nodes[alias].key.take();
            }
            self.nodes.push(node);
        }
        let target = NodeId(narrow(first));
        self.aliases.push(Alias { span, nodes: narrow(start)..narrow(self.nodes.len()), target });
        Ok(())
    }
}

/// Bytes that a copy of this node needs beside the node itself.
fn owned_bytes(node: &Node<'_>) -> usize {
    let key = node.key.owned_bytes();
    match &node.content {
        Content::Leaf { value: Scalar::Text(Text::Owned(bytes)), .. } => key + bytes.len(),
        _ => key,
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).expect("impossible: copies are bounded, and nodes are no more than bytes")
}

/// Groups comments by node and slot, keeping the order within each.
fn sort(comments: Vec<(u32, Slot, Span)>, nodes: usize) -> (Vec<u32>, Vec<Span>) {
    if comments.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let place = |node: u32, slot: Slot| node as usize * 4 + slot as usize;
    let mut starts = vec![0u32; nodes * 4 + 1];
    for (node, slot, _) in &comments {
        starts[place(*node, *slot) + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut sorted = vec![Span::default(); comments.len()];
    for (node, slot, span) in comments {
        let at = &mut next[place(node, slot)];
        sorted[*at as usize] = span;
        *at += 1;
    }
    (starts, sorted)
}
