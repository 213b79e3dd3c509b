//! Entries and elements that come or go: below their neighbours and in their column, or between
//! their brackets.

use std::collections::HashMap;
use std::ops::Range;

use zeroize::Zeroizing;

use super::arrange::{METADATA_KEY, Raw, block_entry, flow_entry};
use super::emit::Printer;
use super::quoting::{self, Place};
use super::{Yaml, metadata, parse, spell};
use crate::document::change::{self, Excerpt, STAND_IN, as_leaves, line_end, line_start, nodes_of};
use crate::document::tree::Tree;
use crate::document::{
    Content, Document, EmitError, Layout, New, Node, NodeId, Scalar, Span, Splice, Style, Syntax as _, splice,
};

/// A document with the places of its keys, which nodes do not have.
struct Places<'d, 't> {
    document: &'d Document<'t>,
    raw: Raw<'t>,
    layout: Layout,
}

/// What a value stands behind.
#[derive(Clone, Copy)]
struct Lead {
    /// The column of the key or dash.
    column: usize,
    /// Where the key or dash starts.
    start: usize,
    /// Where the colon or dash ends.
    end: usize,
    is_dash: bool,
}

/// A new entry at the end of a map, or element at the end of a list.
pub(super) fn insert(
    document: &Document<'_>,
    container: NodeId,
    key: Option<&str>,
    value: &Tree,
    layout: Layout,
) -> Result<Vec<Splice>, EmitError> {
    let places = Places::of(document, layout)?;
    let text = document.text;
    let at = places.find(container)?;
    let last = places.entries(at).last();
    let nodes = nodes_of(key, value);
    if places.is_flow(at) {
        return places.insert_in_flow(at, last, &nodes, key, value);
    }
    let Some(last) = last else {
        // Only the metadata is there.
        let Some(block) = places.raw.children(at).last().filter(|_| key.is_some()) else {
            return Err(EmitError("there is no place for a first entry here".into()));
        };
        let start = places.raw.keys[block as usize].start as usize;
        let line_break = spell::line_break_after(text, start);
        let mut new = places.printer(&nodes, start)?.collection(0, spell::column(text, start), 0, true);
        new.extend_from_slice(line_break.as_bytes());
        new.extend(std::iter::repeat_n(b' ', spell::column(text, start)));
        return Ok(vec![Splice { span: Span::new(start..start), text: new }]);
    };
    let lead = places.lead(at, last)?;
    let end = line_end(text, places.end(last));
    let mut new = places.printer(&nodes, end)?.collection(0, lead.column, lead.column, false);
    new.extend_from_slice(places.last_break(&nodes, end));
    let mut splices = places.ended(end)?;
    splices.push(Splice { span: Span::new(end..end), text: new });
    Ok(splices)
}

/// Another value at the place of one.
pub(super) fn replace(
    document: &Document<'_>,
    parent: NodeId,
    node: NodeId,
    value: &Tree,
    layout: Layout,
) -> Result<Vec<Splice>, EmitError> {
    let new = as_leaves(document, node, value);
    if !spell::is_missing(document, node) {
        let spelled = new.and_then(|new| spell::spell(document, node, &new).ok());
        return spelled.map_or_else(|| behind_lead(document, parent, node, value, layout), |splice| Ok(vec![splice]));
    }
    // What is around it is not looked at: whether the value comes out as one has to be tried.
    let is_good = |splices: &Vec<Splice>| comes_out(document, node, value, splices);
    let filled = match &new {
        Some(New::Value(new)) => spell::fill(document, node, new).map(|splice| vec![splice]),
        _ => None,
    };
    if let Some(splices) = filled.filter(is_good) {
        return Ok(splices);
    }
    let splices = behind_lead(document, parent, node, value, layout)?;
    if is_good(&splices) {
        Ok(splices)
    } else {
        Err(EmitError("there is no place here that could hold this value".into()))
    }
}

/// The same without a look at the spelling of the old value: what stands behind the key or dash goes.
fn behind_lead(
    document: &Document<'_>,
    parent: NodeId,
    node: NodeId,
    value: &Tree,
    layout: Layout,
) -> Result<Vec<Splice>, EmitError> {
    let places = Places::of(document, layout)?;
    let (at, parent) = (places.find(node)?, places.find(parent)?);
    let nodes = nodes_of(None, value);
    if places.is_flow(parent) {
        let text = places.printer(&nodes, 0)?.flow(1);
        let start = document.node(node).span.range().start;
        return Ok(vec![Splice { span: Span::new(start..places.end(at)), text }]);
    }
    let lead = places.lead(parent, at)?;
    places.put(lead, document.node(node), places.last_byte(node), &nodes, value)
}

/// Whether a text reads as it did with these changes, but for a leaf that is this value then. Comments may
/// count elsewhere.
fn comes_out(document: &Document<'_>, leaf: NodeId, value: &Tree, splices: &[Splice]) -> bool {
    let Ok(text) = splice(document.text, splices.to_vec()).map(Zeroizing::new) else { return false };
    let Ok(new) = Yaml.parse(&text) else { return false };
    let mut then: Vec<_> = with_depths(&document.nodes).collect();
    let (_, depth) = then[leaf.index()];
    let mut value = nodes_of(None, value);
    value[1].key = document.node(leaf).key.clone();
    // The first of them is a list around the others.
    let inside = with_depths(&value).skip(1).map(|(node, inner)| (node, depth + inner - 1));
    then.splice(leaf.index()..=leaf.index(), inside);
    let mut then = then.into_iter().filter(|(node, _)| !node.is_comment());
    let mut now = with_depths(&new.nodes).filter(|(node, _)| !node.is_comment());
    let blocks =
        |document: &Document<'_>| document.parts.iter().map(|part| part.metadata.is_some()).collect::<Vec<_>>();
    now.all(|(now, depth)| {
        let is_same = |(then, place): (&Node<'_>, usize)| {
            depth == place && now.key == then.key && holds_same(&now.content, &then.content)
        };
        then.next().is_some_and(is_same)
    }) && then.next().is_none()
        && blocks(&new) == blocks(document)
        && comments(&new) == comments(document)
}

/// Every node with the number of those around it.
fn with_depths<'n, 't>(nodes: &'n [Node<'t>]) -> impl Iterator<Item = (&'n Node<'t>, usize)> {
    let mut open: Vec<usize> = Vec::new();
    nodes.iter().enumerate().map(move |(at, node)| {
        while open.pop_if(|end| *end <= at).is_some() {}
        let depth = open.len();
        if let Content::Map { end } | Content::List { end } = node.content {
            open.push(end.index());
        }
        (node, depth)
    })
}

/// How often each comment stands in a document.
fn comments<'d>(document: &'d Document<'_>) -> HashMap<&'d [u8], usize> {
    let mut count = HashMap::new();
    for node in &document.nodes {
        if let Content::Comment { text } = &node.content {
            *count.entry(&text[..]).or_default() += 1;
        }
    }
    count
}

/// Whether two nodes are of one kind, and hold the same if they are values.
fn holds_same(now: &Content<'_>, then: &Content<'_>) -> bool {
    match (now, then) {
        (Content::Leaf { value: now, .. }, Content::Leaf { value: then, .. }) => now.reads_as(then),
        (now, then) => std::mem::discriminant(now) == std::mem::discriminant(then),
    }
}

/// An entry goes with its lines, or with a comma.
pub(super) fn remove(document: &Document<'_>, parent: NodeId, node: NodeId) -> Result<Vec<Splice>, EmitError> {
    let places = Places::of(document, Layout::default())?;
    let text = document.text;
    let (at, parent_at) = (places.find(node)?, places.find(parent)?);
    if places.is_flow(parent_at) {
        let key = places.raw.keys[at as usize];
        let start = if document.node(node).key.is_some() { key.start } else { document.node(node).span.start };
        let is_in_comment = |at| places.raw.parts.iter().any(|part| places.raw.is_in_comment(part, at));
        let span = flow_entry(text, start as usize..places.end(at), is_in_comment);
        return Ok(vec![Splice { span: Span::new(span), text: Vec::new() }]);
    }
    let lead = places.lead(parent_at, at)?;
    let entry = lead.start..places.last_byte(node).max(lead.end);
    let mut splices = Vec::new();
    if places.entries(parent_at).count() == 1 {
        splices.extend(places.hollow(parent, parent_at, &entry)?);
    }
    splices.push(Splice { span: Span::new(places.lines_of(entry)), text: Vec::new() });
    splices.extend(places.break_at_end(node));
    // What is hollow may be put where the entry was.
    if let [first, second, ..] = &splices[..]
        && first.span.range().end > second.span.range().start
        && first.span.range().start < second.span.range().end
    {
        splices.remove(1);
    }
    Ok(splices)
}

/// Single fields of the block.
pub(super) fn set_fields(document: &Document<'_>, part: usize, fields: &[(&str, Option<&str>)]) -> Option<Vec<Splice>> {
    let part = &document.parts[part];
    let span = part.metadata.as_ref()?.spans.first()?.range();
    let source = &document.text[span.clone()];
    let found = memchr::memmem::find(source, METADATA_KEY.as_bytes())?;
    let is_flow = document.text.get(document.node(part.root).span.start as usize) == Some(&b'{');
    let quote = usize::from(found > 0 && matches!(source[found - 1], b'"' | b'\''));
    let from = if is_flow { found - quote } else { line_start(source, found) };
    let text = if is_flow { [b"{", &source[from..], b"}"].concat() } else { source[from..].to_vec() };
    let offset = (span.start + from).checked_sub(usize::from(is_flow))?;
    let excerpt = Excerpt { text: change::masked(text)?, offset, block: vec![STAND_IN], prefix: "" };
    change::set_fields(&Yaml, &excerpt, fields)
}

impl<'d, 't> Places<'d, 't> {
    fn of(document: &'d Document<'t>, layout: Layout) -> Result<Self, EmitError> {
        let raw = parse::raw(document.text).map_err(|error| EmitError(error.message))?;
        Ok(Places { document, raw, layout })
    }

    /// The number of a node in the order of the text.
    fn find(&self, node: NodeId) -> Result<u32, EmitError> {
        let node = self.document.node(node);
        let is_same = |raw: &Node<'_>| {
            let kinds = std::mem::discriminant(&raw.content) == std::mem::discriminant(&node.content);
            kinds && raw.span == node.span && raw.key == node.key
        };
        let found = self.raw.nodes.iter().position(is_same).and_then(|at| u32::try_from(at).ok());
        found.ok_or_else(|| EmitError("the place of this value in the file cannot be found".into()))
    }

    /// The entries or elements, but for the metadata.
    fn entries(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let is_root = self.raw.parts.iter().any(|part| part.root == node);
        self.raw
            .children(node)
            .filter(move |child| !(is_root && self.raw.nodes[*child as usize].key.as_deref() == Some(METADATA_KEY)))
    }

    /// Where a value ends, with what belongs to it.
    fn end(&self, node: u32) -> usize {
        let end = self.raw.nodes[node as usize].span.end.max(self.raw.keys[node as usize].end);
        spell::end_of_mark(self.document.text, end as usize)
    }

    fn is_flow(&self, node: u32) -> bool {
        let node = &self.raw.nodes[node as usize];
        let bracket = if matches!(node.content, Content::Map { .. }) { b'{' } else { b'[' };
        self.document.text.get(node.span.start as usize) == Some(&bracket)
    }

    fn printer<'p>(&self, nodes: &'p [Node<'p>], at: usize) -> Result<Printer<'p, 'p>, EmitError> {
        let line_break = spell::line_break_after(self.document.text, at);
        let indent = metadata::indentation(self.document, &self.document.parts[0], self.layout)?;
        Ok(Printer { nodes, change: &|_| None, indent, line_break })
    }

    /// What an entry or element of a block collection stands behind.
    fn lead(&self, parent: u32, node: u32) -> Result<Lead, EmitError> {
        let text = self.document.text;
        let lost = || EmitError("the key or dash of this value cannot be found".into());
        let is_map = matches!(self.raw.nodes[parent as usize].content, Content::Map { .. });
        if is_map {
            let key = self.raw.keys[node as usize].range();
            let blanks = text[key.end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let end = key.end + blanks;
            if text.get(end) != Some(&b':') {
                return Err(lost());
            }
            return Ok(Lead { column: spell::column(text, key.start), start: key.start, end: end + 1, is_dash: false });
        }
        let before = self.raw.children(parent).take_while(|child| *child != node).last();
        let mut at = match before {
            Some(before) => self.end(before),
            None => {
                // The list starts at its first dash, or behind it.
                let start = self.raw.nodes[parent as usize].span.start as usize;
                let is_dash = text.get(start) == Some(&b'-')
                    && matches!(text.get(start + 1), None | Some(b' ' | b'\t' | b'\r' | b'\n'));
                let before = &text[..start];
                let behind = before.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
                match behind.filter(|at| before[*at] == b'-') {
                    Some(dash) if !is_dash || dash + 1 == start => dash,
                    _ => start,
                }
            }
        };
        loop {
            match text.get(at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
                Some(b'#') => at = line_end(text, at),
                Some(b'-') => break,
                _ => return Err(lost()),
            }
        }
        Ok(Lead { column: spell::column(text, at), start: at, end: at + 1, is_dash: true })
    }

    /// Where a node ends, with the comments that are counted to it.
    fn last_byte(&self, node: NodeId) -> usize {
        let extent = self.document.extent(node);
        let ends = self.document.nodes[extent].iter().map(|inside| inside.span.end as usize);
        let alias = self.document.aliases.iter().filter(|alias| alias.nodes.start == node.0);
        match alias.map(|alias| alias.span.end as usize).next() {
            Some(end) => end,
            None => ends.max().unwrap_or(0),
        }
    }

    /// Puts a value behind a key or dash, in place of the one that ends here.
    fn put(
        &self,
        lead: Lead,
        old: &Node<'_>,
        old_end: usize,
        nodes: &[Node<'_>],
        value: &Tree,
    ) -> Result<Vec<Splice>, EmitError> {
        let text = self.document.text;
        let printer = self.printer(nodes, lead.end)?;
        let child = lead.column + printer.indent;
        let is_block = !matches!(old.content, Content::Leaf { .. })
            && !matches!(text.get(old.span.start as usize), Some(b'{' | b'['));
        let is_literal = matches!(old.content, Content::Leaf { style: Style::Literal | Style::Folded, .. });
        let end = if is_block { line_end(text, old_end) } else { spell::end_of_mark(text, old.span.end as usize) };
        let line = line_end(text, lead.end);
        // A comment in the line of the key stays there: only what fits before it stands there too.
        let has_comment = if is_block {
            text[lead.end..line].trim_ascii_start().starts_with(b"#")
        } else {
            !is_literal && line_end(text, end) > end
        };
        let mut inline = b" ".to_vec();
        let mut below = Vec::new();
        match value {
            Tree::Leaf(value) => {
                let block = printer.scalar(value, lead.column, child);
                let line = quoting::as_text(value).filter(|_| has_comment && block.contains('\n')).map(quoting::double);
                inline.extend(line.unwrap_or(block).into_bytes());
            }
            Tree::Map(entries) if entries.is_empty() => inline.extend_from_slice(b"{}"),
            Tree::List(items) if items.is_empty() => inline.extend_from_slice(b"[]"),
            _ if lead.is_dash => {
                let base = if matches!(value, Tree::Map(_)) { lead.column } else { lead.column + 2 };
                if has_comment {
                    inline.clear();
                    below = printer.collection(1, lead.column + 2, base, false);
                } else {
                    inline.extend(printer.collection(1, lead.column + 2, base, true));
                }
            }
            _ => {
                inline.clear();
                below = printer.collection(1, child, child, false);
            }
        }
        let keeps = has_comment && (is_block || !below.is_empty());
        let last_break = self.last_break(nodes, end);
        if !keeps {
            inline.extend(below);
            inline.extend_from_slice(last_break);
            return Ok(vec![Splice { span: Span::new(lead.end..end.max(lead.end)), text: inline }]);
        }
        if is_block {
            let first = Splice { span: Span::new(lead.end..lead.end), text: inline };
            return Ok(vec![first, Splice { span: Span::new(line..end.max(line)), text: below }]);
        }
        let after = line_end(text, end);
        let first = Splice { span: Span::new(lead.end..end.max(lead.end)), text: inline };
        Ok(vec![first, Splice { span: Span::new(after..after), text: below }])
    }

    fn insert_in_flow(
        &self,
        at: u32,
        last: Option<u32>,
        nodes: &[Node<'_>],
        key: Option<&str>,
        value: &Tree,
    ) -> Result<Vec<Splice>, EmitError> {
        let text = self.document.text;
        let span = self.raw.nodes[at as usize].span.range();
        let value = nodes_of(None, value);
        let printed = self.printer(&value, 0)?.flow(1);
        let first = last.map(|last| &self.raw.nodes[last as usize]);
        let is_quoted = first.is_some_and(|_| {
            let start = self.raw.keys[last.unwrap_or(0) as usize].start as usize;
            text.get(start) == Some(&b'"')
        });
        let mut entry = match key {
            Some(key) if is_quoted => quoting::double(key) + ": ",
            Some(key) => quoting::fresh(key, Place::Flow) + ": ",
            None => String::new(),
        }
        .into_bytes();
        entry.extend(printed);
        if let Some(last) = last {
            let node = &self.raw.nodes[last as usize];
            let start = if node.key.is_some() { self.raw.keys[last as usize].start } else { node.span.start } as usize;
            let space = text[..start].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
            let gap = &text[start - space..start];
            let gap: &[u8] = if gap.contains(&b'\n') { gap } else { b" " };
            let end = self.end(last);
            let comma: &[u8] = if spell::is_behind_bare_colon(text, end) { b" ," } else { b"," };
            return Ok(change::behind_element(text, end, comma, gap, &entry));
        }
        let has_block = self.raw.parts.iter().any(|part| part.root == at) && self.raw.children(at).next().is_some();
        if has_block {
            let inside = span.start + 1;
            return Ok(vec![Splice { span: Span::new(inside..inside), text: [&entry, &b", "[..]].concat() }]);
        }
        // An empty collection outside of brackets becomes one that looks like the others.
        let is_root = self.raw.parts.iter().any(|part| part.root == at);
        if !is_root
            && !spell::is_in_flow(text, span.end)
            && let Some(parent) = self.parent(at)
            && !self.is_flow(parent)
        {
            let lead = self.lead(parent, at)?;
            let old = &self.raw.nodes[at as usize];
            let tree = match nodes[0].content {
                Content::Map { .. } => Tree::Map(vec![(String::new(), Tree::Leaf(Scalar::Null))]),
                _ => Tree::List(vec![Tree::Leaf(Scalar::Null)]),
            };
            // The nodes are the collection itself: behind a node that stands for its own list.
            let mut shifted = vec![nodes[0].clone()];
            shifted.extend(nodes.iter().cloned());
            for node in &mut shifted {
                if let Content::Map { end } | Content::List { end } = &mut node.content {
                    *end = NodeId(end.0 + 1);
                }
            }
            return self.put(lead, old, span.end, &shifted, &tree);
        }
        if is_root && text[span.end..].trim_ascii().is_empty() {
            let new = self.printer(nodes, 0)?.collection(0, 0, 0, true);
            return Ok(vec![Splice { span: Span::new(span), text: new }]);
        }
        let brackets: (&[u8], &[u8]) = if key.is_some() { (b"{", b"}") } else { (b"[", b"]") };
        Ok(vec![Splice { span: Span::new(span), text: [brackets.0, &entry, brackets.1].concat() }])
    }

    /// The line break that a block needs at the end of a text that has none, if it is to end with
    /// one.
    fn last_break(&self, nodes: &[Node<'_>], end: usize) -> &'static [u8] {
        let is_block = nodes.last().is_some_and(
            |last| matches!(&last.content, Content::Leaf { value: Scalar::Text(text), .. } if text.ends_with(b"\n")),
        );
        if is_block && end == self.document.text.len() {
            spell::line_break_after(self.document.text, end).as_bytes()
        } else {
            b""
        }
    }

    /// The line break that a text without one at its end needs when a block comes to stand there.
    fn break_at_end(&self, gone: NodeId) -> Option<Splice> {
        let text = self.document.text;
        let nodes = &self.document.nodes;
        if text.ends_with(b"\n") || self.document.extent(gone).end < nodes.len() {
            return None;
        }
        let last = nodes[..gone.index()]
            .iter()
            .rev()
            .find(|node| !matches!(node.content, Content::Map { .. } | Content::List { .. }))?;
        let is_block = matches!(last.content, Content::Leaf { style: Style::Literal | Style::Folded, .. });
        // A ciphertext does not tell; the plaintext does.
        let ends_line =
            matches!(&last.content, Content::Leaf { value: Scalar::Text(text), .. } if text.ends_with(b"\n"));
        let feed = spell::line_break_after(text, 0).as_bytes().to_vec();
        (is_block && ends_line).then(|| Splice { span: Span::new(text.len()..text.len()), text: feed })
    }

    /// A block that the text ends without a line break, spelled so that it stays what it is when
    /// something comes behind it.
    fn ended(&self, end: usize) -> Result<Vec<Splice>, EmitError> {
        if end < self.document.text.len() {
            return Ok(Vec::new());
        }
        let mut last = (0..).take(self.document.nodes.len()).map(NodeId);
        let last = last.find(|id| Yaml.must_be_respelled(self.document, *id));
        let Some(id) = last else { return Ok(Vec::new()) };
        let Content::Leaf { value, .. } = &self.document.node(id).content else { return Ok(Vec::new()) };
        Ok(vec![spell::spell(self.document, id, &New::Value(value.clone()))?])
    }

    /// The collection around a node.
    fn parent(&self, node: u32) -> Option<u32> {
        let mut parent = None;
        for (at, around) in self.raw.nodes.iter().enumerate().take(node as usize) {
            if let Content::Map { end } | Content::List { end } = around.content
                && end.0 > node
            {
                parent = u32::try_from(at).ok();
            }
        }
        parent
    }

    /// Shows that a block collection holds nothing, once this entry is gone.
    fn hollow(&self, node: NodeId, at: u32, entry: &Range<usize>) -> Result<Option<Splice>, EmitError> {
        let text = self.document.text;
        let is_map = matches!(self.document.node(node).content, Content::Map { .. });
        let empty: &[u8] = if is_map { b"{}" } else { b"[]" };
        let Some(parent) = self.parent(at) else { return self.hollow_root(at, entry) };
        if self.is_flow(parent) {
            return Err(EmitError("a list in block style between brackets cannot be emptied".into()));
        }
        let lead = self.lead(parent, at)?;
        let is_behind = line_end(text, lead.end) >= entry.start;
        if is_behind {
            // The entry stands in the line of the key or dash.
            let end = line_end(text, entry.end);
            return Ok(Some(Splice { span: Span::new(lead.end..end), text: [b" ", empty].concat() }));
        }
        Ok(Some(Splice { span: Span::new(lead.end..lead.end), text: [b" ", empty].concat() }))
    }

    /// A document without entries is written as `{}`, and with metadata between braces: nothing
    /// would be left of it when the metadata is taken out.
    fn hollow_root(&self, at: u32, entry: &Range<usize>) -> Result<Option<Splice>, EmitError> {
        let text = self.document.text;
        let number = self.raw.parts.iter().position(|part| part.root == at).unwrap_or(0);
        let Some(block) = &self.document.parts[number].metadata else {
            let span = Span::new(entry.start..line_end(text, entry.end));
            return Ok(Some(Splice { span, text: b"{}".to_vec() }));
        };
        let nodes = nodes_of(Some(METADATA_KEY), &block.tree);
        let printed = self.printer(&nodes, 0)?.flow(0);
        let whole = block.spans[0].range();
        let start = entry.start.min(whole.start);
        let end = line_end(text, entry.end).max(whole.end);
        let ends_line = text[..end].ends_with(b"\n");
        let feed = if ends_line { spell::line_break_after(text, 0) } else { "" };
        Ok(Some(Splice { span: Span::new(start..end), text: [&printed, feed.as_bytes()].concat() }))
    }

    /// What must go for an entry of a block collection to be gone.
    fn lines_of(&self, entry: Range<usize>) -> Range<usize> {
        let text = self.document.text;
        let floor = self.document.parts.first().map_or(0, |part| part.span.start as usize);
        let before = &text[line_start(text, entry.start)..entry.start];
        if before.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            return block_entry(text, entry, floor);
        }
        // What follows takes the place behind the dash.
        let end = line_end(text, entry.end);
        let blanks = text[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        entry.start..end + blanks
    }
}
