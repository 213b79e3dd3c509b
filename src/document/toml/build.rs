//! The tables of a text while they are read. A table may be added to at several places: its nodes
//! are linked in the order in which a TOML reader holds them, and brought into the order of the
//! walk at the end.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use toml_parser::{ErrorSink, ParseError};

use super::super::syntax::SyntaxError;
use super::super::tree::Tree;
use super::super::{Content, Node, NodeId, Scalar, Span, Style, flat};
use super::value::Key;

/// The container of the top table.
pub(super) const ROOT: u32 = 0;

/// How deep tables may nest in all.
pub(super) const MAX_DEPTH: u32 = 1000;

/// No node.
const NONE: u32 = u32::MAX;

/// How a container came to be, which decides what may be added to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The top, or a table with a header of its own.
    Header,
    /// A table that longer headers name; its own may follow.
    Implied,
    /// A table that dotted keys name.
    Dotted,
    /// An array of tables.
    Tables,
    /// An array or an inline table: closed.
    Value,
}

/// Where a value goes.
pub(super) struct Slot<'t> {
    pub(super) container: u32,
    pub(super) key: Option<Key<'t>>,
}

/// Where a header leads.
pub(super) enum HeaderPlace<'t> {
    /// To a table that is not there yet.
    New { parent: u32, key: Key<'t> },
    /// To one more element of an array of tables.
    Element { list: u32 },
    /// To a table that longer headers have named.
    Implied { parent: u32, table: u32 },
}

impl HeaderPlace<'_> {
    /// The container of the table.
    pub(super) fn parent(&self) -> u32 {
        match self {
            HeaderPlace::New { parent, .. } | HeaderPlace::Implied { parent, .. } => *parent,
            HeaderPlace::Element { list } => *list,
        }
    }
}

/// Where a node hangs.
#[derive(Clone, Copy)]
struct Link {
    /// Its container.
    parent: u32,
    previous: u32,
    next: u32,
}

struct Container {
    node: u32,
    first: u32,
    last: u32,
    depth: u32,
    kind: Kind,
    /// In an array of tables: the table added last.
    newest: u32,
}

/// The nodes so far, in the order of the text.
pub(super) struct Builder<'t> {
    /// Until the end, the `end` of a container is its number among the containers.
    nodes: Vec<Node<'t>>,
    links: Vec<Link>,
    containers: Vec<Container>,
    /// Nodes by the hash of container and key; at the next free hash where two fall together.
    known: HashMap<u64, u32>,
    hasher: RandomState,
}

/// A number of nodes or containers, of which there are fewer than bytes.
fn number(count: usize) -> u32 {
    u32::try_from(count).expect("impossible: there are fewer nodes than bytes")
}

fn report(error: &mut dyn ErrorSink, message: &'static str, span: Span) {
    let range = span.range();
    error.report_error(
        ParseError::new(message).with_unexpected(toml_parser::Span::new_unchecked(range.start, range.end)),
    );
}

const TWICE: &str = "this key is defined twice";

impl<'t> Builder<'t> {
    /// With the top table of a text of this length.
    pub(super) fn new(length: usize) -> Self {
        let content = Content::Map { end: NodeId(ROOT) };
        Builder {
            nodes: vec![Node { key: crate::document::Key::NONE, span: Span::new(0..length), content }],
            links: vec![Link { parent: ROOT, previous: NONE, next: NONE }],
            containers: vec![Container {
                node: 0,
                first: NONE,
                last: NONE,
                depth: 0,
                kind: Kind::Header,
                newest: ROOT,
            }],
            known: HashMap::new(),
            hasher: RandomState::new(),
        }
    }

    /// The node of a container.
    pub(super) fn node_of(&self, container: u32) -> u32 {
        self.at(container).node
    }

    fn at(&self, container: u32) -> &Container {
        &self.containers[container as usize]
    }

    /// The number of a container among the containers; none for a leaf.
    fn container_of(&self, node: u32) -> Option<u32> {
        match self.nodes[node as usize].content {
            Content::Map { end } | Content::List { end } => Some(end.0),
            _ => None,
        }
    }

    /// The node under a key, or the place in the table of those known for a new one.
    fn find(&self, container: u32, key: &str) -> Result<u32, u64> {
        let mut hash = self.hasher.hash_one((container, key));
        while let Some(&node) = self.known.get(&hash) {
            if self.links[node as usize].parent == container && self.nodes[node as usize].key.as_deref() == Some(key) {
                return Ok(node);
            }
            hash = hash.wrapping_add(1);
        }
        Err(hash)
    }

    /// Hangs a new node at the end of a container.
    fn push(&mut self, place: Slot<'t>, span: Span, content: Content<'t>) -> u32 {
        let node = number(self.nodes.len());
        let key = place.key.map(|key| key.name);
        if let Some(Err(hash)) = key.as_deref().map(|key| self.find(place.container, key)) {
            self.known.insert(hash, node);
        }
        self.nodes.push(Node { key: key.into(), span, content });
        self.links.push(Link { parent: place.container, previous: NONE, next: NONE });
        self.append(node);
        node
    }

    /// Hangs a node that is not linked at the end of its container.
    fn append(&mut self, node: u32) {
        let container = self.links[node as usize].parent as usize;
        let last = std::mem::replace(&mut self.containers[container].last, node);
        self.links[node as usize].previous = last;
        self.links[node as usize].next = NONE;
        match self.links.get_mut(last as usize) {
            Some(link) => link.next = node,
            None => self.containers[container].first = node,
        }
    }

    /// Takes a node with all that hangs on it out of its container.
    fn unlink(&mut self, node: u32) {
        let Link { parent, previous, next } = self.links[node as usize];
        match self.links.get_mut(previous as usize) {
            Some(link) => link.next = next,
            None => self.containers[parent as usize].first = next,
        }
        match self.links.get_mut(next as usize) {
            Some(link) => link.previous = previous,
            None => self.containers[parent as usize].last = previous,
        }
    }

    /// Adds a leaf.
    pub(super) fn leaf(&mut self, place: Slot<'t>, span: Span, value: Scalar<'t>, style: Style) -> u32 {
        self.push(place, span, Content::Leaf { value, style })
    }

    /// Adds an empty container; none where it would be too deep.
    pub(super) fn container(
        &mut self,
        place: Slot<'t>,
        span: Span,
        is_map: bool,
        kind: Kind,
        error: &mut dyn ErrorSink,
    ) -> Option<u32> {
        let depth = self.at(place.container).depth + 1;
        if depth > MAX_DEPTH {
            report(error, "tables are nested more than 1000 levels deep", span);
            return None;
        }
        Some(self.new_container(place, span, is_map, kind))
    }

    fn new_container(&mut self, place: Slot<'t>, span: Span, is_map: bool, kind: Kind) -> u32 {
        let depth = self.at(place.container).depth + 1;
        let container = number(self.containers.len());
        let end = NodeId(container);
        let node = self.push(place, span, if is_map { Content::Map { end } } else { Content::List { end } });
        self.containers.push(Container { node, first: NONE, last: NONE, depth, kind, newest: container });
        container
    }

    /// Adds a comment at the end of a container.
    pub(super) fn comment(&mut self, container: u32, text: &'t str, span: Span) {
        let text = text.strip_prefix('#').unwrap_or(text).into();
        self.push(Slot { container, key: None }, span, Content::Comment { text });
    }

    /// Adds a comment before a node.
    pub(super) fn comment_before(&mut self, node: u32, text: &'t str, span: Span) {
        let Link { parent, previous, .. } = self.links[node as usize];
        self.comment(parent, text, span);
        let comment = number(self.nodes.len() - 1);
        self.unlink(comment);
        self.links[comment as usize] = Link { parent, previous, next: node };
        self.links[node as usize].previous = comment;
        match self.links.get_mut(previous as usize) {
            Some(link) => link.next = comment,
            None => self.containers[parent as usize].first = comment,
        }
    }

    /// Makes a container reach to here.
    pub(super) fn extend(&mut self, container: u32, end: usize) {
        let span = &mut self.nodes[self.containers[container as usize].node as usize].span;
        span.end = span.end.max(number(end));
    }

    /// Makes the container of a node reach to here.
    pub(super) fn extend_parent(&mut self, node: u32, end: usize) {
        self.extend(self.links[node as usize].parent, end);
    }

    /// Follows the keys before an `=`: the tables that they name are made where they are missing.
    pub(super) fn dotted(&mut self, base: u32, keys: Vec<Key<'t>>, error: &mut dyn ErrorSink) -> Option<Slot<'t>> {
        let mut container = base;
        let mut keys = keys.into_iter();
        let last = keys.next_back()?;
        for key in keys {
            container = match self.find(container, &key.name) {
                Err(_) => {
                    let span = key.span;
                    self.container(Slot { container, key: Some(key) }, span, true, Kind::Dotted, error)?
                }
                Ok(node) => match self.container_of(node) {
                    Some(found) if matches!(self.at(found).kind, Kind::Dotted | Kind::Implied) => {
                        // Its own header can no longer follow.
                        self.containers[found as usize].kind = Kind::Dotted;
                        found
                    }
                    _ => {
                        report(error, TWICE, key.span);
                        return None;
                    }
                },
            };
        }
        if self.find(container, &last.name).is_ok() {
            report(error, TWICE, last.span);
            return None;
        }
        Some(Slot { container, key: Some(last) })
    }

    /// Follows the keys of a header.
    pub(super) fn header_place(
        &mut self,
        keys: Vec<Key<'t>>,
        span: Span,
        is_array: bool,
        error: &mut dyn ErrorSink,
    ) -> Option<HeaderPlace<'t>> {
        let mut parent = ROOT;
        let mut keys = keys.into_iter();
        let last = keys.next_back()?;
        for key in keys {
            parent = match self.find(parent, &key.name) {
                Err(_) => {
                    self.container(Slot { container: parent, key: Some(key) }, span, true, Kind::Implied, error)?
                }
                Ok(node) => match self.container_of(node) {
                    Some(found) if self.at(found).kind != Kind::Value => self.at(found).newest,
                    _ => {
                        report(error, TWICE, key.span);
                        return None;
                    }
                },
            };
        }
        if self.at(parent).depth + 2 > MAX_DEPTH {
            report(error, "tables are nested more than 1000 levels deep", span);
            return None;
        }
        match self.find(parent, &last.name) {
            Err(_) if is_array => {
                let list = self.new_container(Slot { container: parent, key: Some(last) }, span, false, Kind::Tables);
                Some(HeaderPlace::Element { list })
            }
            Err(_) => Some(HeaderPlace::New { parent, key: last }),
            Ok(node) => match self.container_of(node) {
                Some(list) if is_array && self.at(list).kind == Kind::Tables => Some(HeaderPlace::Element { list }),
                Some(table) if !is_array && self.at(table).kind == Kind::Implied => {
                    Some(HeaderPlace::Implied { parent, table })
                }
                _ => {
                    report(error, TWICE, last.span);
                    None
                }
            },
        }
    }

    /// Opens the table of a header.
    pub(super) fn open_table(&mut self, place: HeaderPlace<'t>, span: Span) -> u32 {
        match place {
            HeaderPlace::New { parent, key } => {
                self.new_container(Slot { container: parent, key: Some(key) }, span, true, Kind::Header)
            }
            HeaderPlace::Element { list } => {
                let table = self.new_container(Slot { container: list, key: None }, span, true, Kind::Header);
                self.containers[list as usize].newest = table;
                self.extend(list, span.range().end);
                table
            }
            // As in the reader of rops, it has the place of its own header, not of the longer ones.
            HeaderPlace::Implied { table, .. } => {
                let node = self.node_of(table);
                self.unlink(node);
                self.append(node);
                self.containers[table as usize].kind = Kind::Header;
                let own = &mut self.nodes[node as usize].span;
                *own = Span { start: span.start, end: own.end.max(span.end) };
                table
            }
        }
    }

    /// The nodes in the order of the walk, without the metadata, and the metadata.
    pub(super) fn finish(mut self, metadata: &str) -> Result<(Vec<Node<'t>>, Option<Tree>), SyntaxError> {
        let tree = match self.find(ROOT, metadata) {
            Err(_) => None,
            Ok(node) => {
                let span = self.nodes[node as usize].span;
                if !matches!(self.nodes[node as usize].content, Content::Map { .. }) {
                    let message = "the key `sops` is reserved for metadata and must be a table";
                    return Err(SyntaxError { reserved: true, ..SyntaxError::at(span, message) });
                }
                let tree = self.tree(node, 0);
                self.unlink(node);
                Some(tree.ok_or_else(|| SyntaxError::at(span, "the metadata is nested too deeply"))?)
            }
        };
        let places = self.order();
        let mut nodes = self.nodes;
        drop((self.links, self.containers, self.known));
        arrange(&mut nodes, places);
        // rops writes no version, and the text `null` for nulls, which it neither seals nor hashes.
        if tree.as_ref().is_some_and(|tree| tree.get("version").is_none()) {
            for node in &mut nodes {
                if let Content::Leaf { value, .. } = &mut node.content
                    && *value == Scalar::Text("null".into())
                {
                    *value = Scalar::Null;
                }
            }
        }
        Ok((nodes, tree))
    }

    /// A node as a tree; none if it is too deep, since trees are dropped recursively.
    fn tree(&self, node: u32, depth: usize) -> Option<Tree> {
        if depth > flat::MAX_DEPTH {
            return None;
        }
        let content = &self.nodes[node as usize].content;
        if let Content::Leaf { value, .. } = content {
            return Some(Tree::Leaf(value.clone().into_owned()));
        }
        let container = self.container_of(node)?;
        let (mut entries, mut items) = (Vec::new(), Vec::new());
        let mut child = self.at(container).first;
        while let Some(link) = self.links.get(child as usize) {
            let inside = &self.nodes[child as usize];
            if !matches!(inside.content, Content::Comment { .. }) {
                let tree = self.tree(child, depth + 1)?;
                match inside.key.as_deref() {
                    Some(key) => entries.push((key.to_owned(), tree)),
                    None => items.push(tree),
                }
            }
            child = link.next;
        }
        Some(if matches!(content, Content::List { .. }) { Tree::List(items) } else { Tree::Map(entries) })
    }

    /// The place of each node in the walk, and the true ends of the containers. Nodes that do not
    /// hang on the top come after all others.
    fn order(&mut self) -> (Vec<u32>, usize) {
        let mut places = vec![NONE; self.nodes.len()];
        let mut open: Vec<u32> = Vec::new();
        let (mut node, mut next) = (0_u32, 0_u32);
        loop {
            places[node as usize] = next;
            next += 1;
            let mut following = self.links[node as usize].next;
            if let Some(container) = self.container_of(node) {
                open.push(node);
                following = self.at(container).first;
            }
            while following == NONE {
                let Some(done) = open.pop() else {
                    let kept = next as usize;
                    for place in places.iter_mut().filter(|place| **place == NONE) {
                        *place = next;
                        next += 1;
                    }
                    return (places, kept);
                };
                if let Content::Map { end } | Content::List { end } = &mut self.nodes[done as usize].content {
                    *end = NodeId(next);
                }
                following = self.links[done as usize].next;
            }
            node = following;
        }
    }
}

/// Moves each node to its place, without a second list of them, and drops those beyond the kept.
fn arrange(nodes: &mut Vec<Node<'_>>, (mut places, kept): (Vec<u32>, usize)) {
    for at in 0..places.len() {
        while places[at] as usize != at {
            let to = places[at] as usize;
            nodes.swap(at, to);
            places.swap(at, to);
        }
    }
    nodes.truncate(kept);
}
