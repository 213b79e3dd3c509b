//! Reads a stream: the events of granit-parser become nodes, in the order of the file. Comments
//! are gathered beside them and put in by `arrange`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{Event, ScalarStyle, StructureStyle};

use super::arrange::{Raw, RawPart};
use super::breaks;
use super::comments::{Act, Comments, Parent, Unread};
use super::compact::{Compact, Offsets};
use super::lenient::{Lenient, NESTING, Rule, parser};
use super::resolve::{self, Tag};
use super::{spell, unread};
use crate::document::syntax::utf8;
use crate::document::{Content, Document, Node, NodeId, Scalar, Span, Splice, Style, SyntaxError, Text};

/// The prefix of the tags that YAML defines.
const NAMESPACE: &str = "tag:yaml.org,2002:";

/// Reads a text.
pub(super) fn parse(text: &[u8]) -> Result<Document<'_>, SyntaxError> {
    raw(text)?.arrange(text)
}

/// The same before the nodes are brought into the order of the walk: with the places of keys.
pub(super) fn raw(text: &[u8]) -> Result<Raw<'_>, SyntaxError> {
    if text.is_empty() {
        return Err(SyntaxError { empty: true, ..SyntaxError::whole("the file is empty") });
    }
    let source = utf8(text)?;
    refuse_inner_marks(source)?;
    attempts(source, Compact::new(source))
}

/// The same without shortening the ciphertexts first: the reference in tests.
#[cfg(test)]
pub(super) fn parse_in_full(text: &[u8]) -> Result<Document<'_>, SyntaxError> {
    let source = utf8(text)?;
    refuse_inner_marks(source)?;
    attempts(source, Compact::none(source))?.arrange(text)
}

/// Reads a text again for what the parser refused and need not.
fn attempts<'t>(source: &'t str, compact: Compact<'t>) -> Result<Raw<'t>, SyntaxError> {
    let mut seen = Lenient::new(compact);
    loop {
        match read(source, &seen) {
            Ok(raw) => return seen.confirm(&raw, source.as_bytes()).map(|()| raw),
            Err(Failure::Strict(rule, at, error)) if seen.make_way(rule, at, source, &error) => {}
            Err(Failure::Strict(_, _, error)) => return Err(error),
            Err(Failure::Restart) if seen.compact.is_shortened() => seen = Lenient::new(Compact::none(source)),
            Err(Failure::Restart) => return Err(SyntaxError::whole("the text cannot be read")),
            Err(Failure::Syntax(error)) => return Err(seen.tab_behind(&error, source.as_bytes()).unwrap_or(error)),
        }
    }
}

/// A byte order mark at the start of a line, but for the first of the text: go-yaml counts it to
/// what follows, or not, by what stands before it, so that SOPS may read another key from the
/// encrypted file than from this one.
fn refuse_inner_marks(source: &str) -> Result<(), SyntaxError> {
    let bytes = source.as_bytes();
    let starts_a_line =
        |at: &usize| *at > 0 && matches!(bytes[at - 1], b'\n' | b'\r') || *at == 3 && source.starts_with('\u{feff}');
    match memchr::memmem::find_iter(source.as_bytes(), "\u{feff}").find(starts_a_line) {
        None => Ok(()),
        Some(at) => {
            let error =
                SyntaxError::at(Span::new(at..at + 3), "a byte order mark inside of a text is read in two ways");
            Err(error.hint("remove it"))
        }
    }
}

/// Why reading stopped.
enum Failure {
    Syntax(SyntaxError),
    /// A shortened text could not be mapped back: read the full one.
    Restart,
    /// A rule is broken here in the short text that SOPS does not keep.
    Strict(Rule, usize, SyntaxError),
}

impl From<SyntaxError> for Failure {
    fn from(error: SyntaxError) -> Self {
        Failure::Syntax(error)
    }
}

fn read<'t>(source: &'t str, seen: &Lenient<'t>) -> Result<Raw<'t>, Failure> {
    let with_tabs = seen.with_tabs();
    let mut reader = Reader::new(source, seen, &with_tabs);
    for event in parser(&seen.compact.text) {
        match event {
            Ok((event, span)) => reader.event(event, &span)?,
            Err(error) => return Err(reader.failure(&error)),
        }
    }
    reader.finish()
}

/// A collection that is not closed yet.
struct Open<'t> {
    node: u32,
    is_map: bool,
    is_flow: bool,
    /// Whether brackets of its own stand around it: not so for the map of one entry in `[? a]`.
    is_bracketed: bool,
    /// Whether it has an indentation of its own: not so for a list whose dashes stand in the
    /// column of the map around it.
    is_indented: bool,
    /// The key whose value comes next.
    key: Option<(Cow<'t, str>, Span)>,
    last_entry: Option<u32>,
}

/// What the next node is to the collection around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Root,
    Key,
    Value,
    Element,
}

struct Reader<'t, 'c> {
    source: &'t str,
    seen: &'c Lenient<'t>,
    short: &'c str,
    offsets: Offsets<'c>,
    comments: Comments<'c>,
    raw: Raw<'t>,
    open: Vec<Open<'t>>,
    /// The first node of every anchored value of the document.
    anchors: HashMap<usize, u32>,
    /// The end of the last token, in the file.
    last_end: usize,
    part_start: usize,
    root: Option<u32>,
    /// Whether `...` stands at the end of the last document.
    is_closed: bool,
}

impl<'t, 'c> Reader<'t, 'c> {
    fn new(source: &'t str, seen: &'c Lenient<'t>, with_tabs: &'c str) -> Self {
        Reader {
            source,
            seen,
            short: &seen.compact.text,
            offsets: seen.compact.offsets(),
            comments: Comments::new(with_tabs),
            raw: Raw::default(),
            open: Vec::new(),
            anchors: HashMap::new(),
            last_end: 0,
            part_start: 0,
            root: None,
            is_closed: false,
        }
    }

    fn event(&mut self, event: Event<'_>, span: &granit_parser::Span) -> Result<(), Failure> {
        let place = span.byte_range().unwrap_or_default();
        let tag_at = span.tag_span().and_then(|tag| tag.byte_range()).map(|tag| tag.start);
        match event {
            Event::DocumentStart(false, _) if !self.raw.parts.is_empty() => {
                return Err(self.unread(Unread::BareDocument, place.start).into());
            }
            Event::DocumentStart(explicit, _) => self.document_start(explicit, place),
            Event::DocumentEnd => self.document_end(),
            Event::MappingStart(style, anchor, _) => self.start(true, style, anchor, place)?,
            Event::SequenceStart(style, anchor, _) => self.start(false, style, anchor, place)?,
            Event::MappingEnd | Event::SequenceEnd => self.end(place)?,
            Event::Alias(anchor) => self.alias(anchor, place)?,
            Event::Scalar(value, style, anchor, tag) => {
                let name = tag.as_deref().map(|tag| tag.suffix_in_namespace(NAMESPACE).unwrap_or(Cow::Borrowed("")));
                let is_unspecific = tag.as_deref().is_some_and(|tag| tag.original() == "!");
                let tag = if is_unspecific { None } else { name.map(|name| Tag::from_name(Some(&name))) };
                self.scalar(ScalarEvent { value, style, anchor, tag, tag_at, place })?;
            }
            _ => {}
        }
        self.comments.refused().map_or(Ok(()), |(what, at)| Err(self.unread(what, at).into()))
    }

    /// The error of what SOPS does not read.
    fn unread(&mut self, what: Unread, at: usize) -> SyntaxError {
        let at = self.offsets.source(at);
        let (message, hint) = match what {
            Unread::Key => (
                "a comment beside a key in brackets that is not on one line with its colon",
                "SOPS does not read the key; put the comment before it, or all of it on one line",
            ),
            Unread::Comment => (
                "a tab before a comment below this block scalar",
                "SOPS does not read it; put the comment at the start of its line",
            ),
            Unread::Tag => (
                "a tag with signs that do not belong into one",
                "SOPS does not read it; write them as `%` and two hexadecimal digits",
            ),
            Unread::DocumentEnd => ("`...` before the first document", "SOPS does not read it; take the line out"),
            Unread::BareDocument => ("a document without `---`", "SOPS does not read it; put this line before it"),
        };
        SyntaxError::at(Span::new(at..at), message).hint(hint)
    }

    fn document_start(&mut self, explicit: bool, place: Range<usize>) {
        self.root = None;
        self.anchors.clear();
        if explicit {
            self.comments.reach(place.start);
            self.last_end = self.offsets.source(place.end);
            self.comments.token(place, Act::Pass);
        }
    }

    fn document_end(&mut self) {
        let closed = self.comments.reach_document_end();
        let end = self.offsets.source(self.comments.cursor());
        let root = self.root.unwrap_or_else(|| self.empty_root());
        self.comments.end_document(root);
        self.is_closed = closed;
        if closed {
            let at = self.comments.cursor();
            self.comments.token(at..at + 3, Act::Pass);
        }
        self.raw.parts.push(RawPart { root, span: Span::new(self.part_start..end) });
        self.part_start = end;
    }

    fn empty_root(&mut self) -> u32 {
        let at = self.last_end.max(self.part_start);
        let node = self.push(None, Span::new(at..at), Content::Map { end: NodeId(0) });
        self.raw.nodes[node as usize].content = Content::Map { end: NodeId(node + 1) };
        node
    }

    fn role(&self) -> Role {
        match self.open.last() {
            None => Role::Root,
            Some(open) if !open.is_map => Role::Element,
            Some(open) if open.key.is_some() => Role::Value,
            Some(_) => Role::Key,
        }
    }

    fn parent(&self) -> Parent {
        match self.open.last() {
            None => Parent::Document,
            Some(open) if open.is_map => Parent::Map,
            Some(_) => Parent::List,
        }
    }

    /// Adds a node, as the value of the key that waits if one does.
    fn push(&mut self, anchor: Option<usize>, span: Span, content: Content<'t>) -> u32 {
        let number = u32::try_from(self.raw.nodes.len()).expect("impossible: no more nodes than bytes");
        let mut key = None;
        if let Some(open) = self.open.last_mut() {
            key = open.key.take();
            open.last_entry = Some(number);
        }
        let (key, key_span) = key.map_or((None, Span::default()), |(key, span)| (Some(key), span));
        self.raw.nodes.push(Node { key: key.into(), span, content });
        self.raw.keys.push(key_span);
        if let Some(anchor) = anchor.filter(|anchor| *anchor != 0) {
            self.anchors.insert(anchor, number);
        }
        number
    }

    fn next_node(&self) -> u32 {
        u32::try_from(self.raw.nodes.len()).expect("impossible: no more nodes than bytes")
    }

    fn start(
        &mut self,
        is_map: bool,
        style: StructureStyle,
        anchor: usize,
        place: Range<usize>,
    ) -> Result<(), Failure> {
        let (role, parent) = (self.role(), self.parent());
        let at = self.offsets.source(place.start);
        match role {
            Role::Key => return Err(SyntaxError::at(self.here(&place), "a map or list cannot be a key").into()),
            Role::Root if !is_map => {
                return Err(
                    SyntaxError::at(self.here(&place), "the top of a document must be a map, not a list").into()
                );
            }
            _ => {}
        }
        self.refuse_odd_anchor(anchor, at)?;
        let is_flow = style == StructureStyle::Flow;
        let content = if is_map { Content::Map { end: NodeId(0) } } else { Content::List { end: NodeId(0) } };
        let node = self.push(Some(anchor), Span::new(at..at), content);
        if role == Role::Root {
            self.root = Some(node);
        }
        let mut is_indented = !is_flow;
        let is_bracketed = is_flow && matches!(self.short.as_bytes().get(place.start), Some(b'{' | b'['));
        if is_flow {
            self.comments.reach(place.start);
            if is_bracketed {
                self.last_end = self.offsets.source(place.end);
                self.comments.token(place, Act::FlowStart(node, parent));
            }
        } else if !is_map && role == Role::Value && self.is_indentless(place.start) {
            is_indented = false;
        } else {
            self.comments.reach(place.start);
            self.comments.start_block(place.start, node);
        }
        self.open.push(Open { node, is_map, is_flow, is_bracketed, is_indented, key: None, last_entry: None });
        Ok(())
    }

    /// Whether the dashes of a list that begins here stand in the column of the map around it. Then
    /// the parser gives the place behind the first dash.
    fn is_indentless(&self, at: usize) -> bool {
        self.short.as_bytes().get(at) != Some(&b'-') || self.short[..at].trim_end_matches([' ', '\t']).ends_with('-')
    }

    fn end(&mut self, place: Range<usize>) -> Result<(), Failure> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let end = NodeId(self.next_node());
        let parent = self.parent();
        if open.is_bracketed {
            self.comments.reach(place.start);
            self.last_end = self.offsets.source(place.end);
            self.comments.token(place, Act::FlowEnd(open.node, parent));
        } else if open.is_indented {
            self.comments.end_block(if open.is_map { Act::MapEnd(open.node, parent) } else { Act::ListEnd });
        }
        let last_end = self.last_end;
        let node = &mut self.raw.nodes[open.node as usize];
        node.content = if open.is_map { Content::Map { end } } else { Content::List { end } };
        node.span = Span::new(node.span.start as usize..last_end.max(node.span.start as usize));
        if open.is_map { self.refuse_repeated_keys(open.node) } else { Ok(()) }
    }

    fn refuse_repeated_keys(&self, map: u32) -> Result<(), Failure> {
        let mut seen = HashSet::new();
        let mut few: [&str; 8] = [""; 8];
        for (count, child) in self.raw.children(map).enumerate() {
            let Some(key) = self.raw.nodes[child as usize].key.as_deref() else { continue };
            let repeated = match count {
                0..8 => few[..count].contains(&key),
                8 => {
                    seen.extend(few);
                    !seen.insert(key)
                }
                _ => !seen.insert(key),
            };
            if repeated {
                let span = self.raw.keys[child as usize];
                return Err(SyntaxError::at(span, format!("the key `{key}` occurs twice in one map")).into());
            }
            if count < 8 {
                few[count] = key;
            }
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, place: Range<usize>) -> Result<(), Failure> {
        self.comments.reach(place.start);
        let span = self.here(&place);
        self.last_end = span.end as usize;
        let unknown = || SyntaxError::at(span, "this alias refers to no anchor before it");
        let target = *self.anchors.get(&anchor).ok_or_else(unknown)?;
        let is_open = self.open.iter().any(|open| open.node == target);
        if is_open {
            return Err(SyntaxError::at(span, "this alias refers to a value that it is a part of").into());
        }
        match self.role() {
            Role::Root => Err(SyntaxError::at(span, "the top of a document must be a map, not an alias").into()),
            // The value may be encrypted, and then the key would change with it.
            Role::Key => Err(SyntaxError::at(span, "a key must be a string, not an alias").into()),
            Role::Value | Role::Element => {
                let node = self.push(None, span, Content::Leaf { value: Scalar::Null, style: Style::Plain });
                self.raw.aliases.push((node, target));
                self.comments.token(place, Act::Scalar(node));
                Ok(())
            }
        }
    }

    fn key(&mut self, key: Cow<'t, str>, span: Span, place: Range<usize>) {
        let entry = self.next_node();
        if let Some(open) = self.open.last_mut() {
            let previous = if open.is_flow { None } else { open.last_entry };
            open.key = Some((key, span));
            self.comments.token(place, Act::Key { entry, previous });
        }
    }

    fn scalar(&mut self, event: ScalarEvent<'_>) -> Result<(), Failure> {
        let role = self.role();
        let style = style_of(event.style);
        if style == Style::Plain && event.place.is_empty() {
            return self.missing(role, &event);
        }
        let value = self.text(&event, style)?;
        let (place, end) = if matches!(style, Style::Literal | Style::Folded) {
            let header = self.comments.reach_header(event.place.start.max(event.place.end));
            let end = self.block_end(header, &event);
            (header..end, end)
        } else {
            self.comments.reach(event.place.start);
            (event.place.clone(), event.place.end)
        };
        let span = self.here(&place);
        self.refuse_odd_anchor(event.anchor, span.start as usize)?;
        self.refuse_sign(style, span, event.anchor != 0 || event.tag_at.is_some())?;
        if style == Style::Plain && unread::holds_comment(&self.source.as_bytes()[span.range()]) {
            return Err(SyntaxError::at(span, "a comment inside of a text without quotes").into());
        }
        self.last_end = span.end as usize;
        let mut scalar = self.resolve(value, style, event.tag, span)?;
        let body = self.body_below_comment(style, &place);
        if body.is_some() {
            scalar = without_break_after_ciphertext(scalar);
        }
        let is_block = matches!(style, Style::Literal | Style::Folded);
        if is_block && !self.short.ends_with(['\n', '\r']) {
            if end == self.short.len() {
                // A value can be spelled anew when something comes behind it; a key cannot.
                if role == Role::Key && event.value.ends_with('\n') {
                    let error = SyntaxError::at(span, "a key in a block at the end of the text is read in two ways");
                    return Err(error.hint("end the text with a line break").into());
                }
                scalar = without_last_break(scalar);
            } else if self.short[end..].trim_ascii().is_empty() && is_blank_at_its_end(&event.value) {
                let error =
                    SyntaxError::at(span, "blanks at the end of the text and of a block scalar are read in two ways");
                return Err(error.hint("end the text with a line break").into());
            }
        }
        let column = self.comments.column_inside();
        self.raw.unread.extend(unread::string(self.source.as_bytes(), span, style, column));
        let act = match role {
            Role::Root if matches!(scalar, Scalar::Null) => Act::Pass,
            Role::Root => {
                return Err(SyntaxError::at(span, "the top of a document must be a map, not a single value").into());
            }
            Role::Key if breaks::is_in(&self.source.as_bytes()[span.range()]) => {
                let error =
                    SyntaxError::at(span, "a key with U+0085, U+2028 or U+2029, where SOPS takes a line to end");
                return Err(error.hint("put the key in double quotes, and write `\\N`, `\\L` or `\\P`").into());
            }
            Role::Key => {
                let key = key_text(scalar)
                    .ok_or_else(|| SyntaxError::at(span, "a key must be a string").hint("put the key in quotes"))?;
                if self.open.last().is_some_and(|open| open.is_flow) {
                    self.raw.unread.extend(unread::key(span, style, &key));
                }
                self.key(key, span, event.place);
                match style {
                    Style::Plain => self.comments.end_plain(),
                    _ if self.seen.hidden(span.start as usize).is_some() => self.comments.hide_lines(),
                    _ => {}
                }
                return Ok(());
            }
            Role::Value | Role::Element => {
                // The tag is replaced with its value, unless there is a comment between them.
                let tag_at = event.tag_at.filter(|tag| !self.comments.has_comment_behind(*tag));
                if tag_at.is_none() && event.tag.is_some_and(|tag| tag != Tag::Text) {
                    let error = SyntaxError::at(span, "a comment between a value and the tag that gives its type");
                    return Err(error.hint("put the comment above the key").into());
                }
                let start = tag_at.map_or(span.start as usize, |at| self.offsets.source(at));
                let whole = match body {
                    Some(at) => Span::new(self.offsets.source(at)..span.end as usize),
                    None => Span::new(start.min(span.start as usize)..span.end as usize),
                };
                let content = Content::Leaf { value: scalar, style };
                Act::Scalar(self.push(Some(event.anchor), whole, content))
            }
        };
        if matches!(style, Style::Literal | Style::Folded) {
            self.comments.block_scalar(place.start, end, act);
        } else {
            self.comments.token(place, act);
        }
        if style == Style::Plain {
            self.comments.end_plain();
        }
        Ok(())
    }

    /// A plain text of a flow collection that starts with `?`, or behind its properties with `:`: for go-yaml
    /// that is a sign, and the text begins behind it.
    fn refuse_sign(&self, style: Style, span: Span, has_properties: bool) -> Result<(), SyntaxError> {
        let is_flow = self.open.last().is_some_and(|open| open.is_flow);
        let text = if is_flow && style == Style::Plain { &self.source[span.range()] } else { "" };
        let message = match text.as_bytes() {
            [b'?', ..] => "a `?` at the start of a flow entry is read in two ways",
            [b':', ..] if has_properties => "a `:` behind the tag or anchor of a flow entry is read in two ways",
            _ => return Ok(()),
        };
        Err(SyntaxError::at(span, message).hint("put the entry in quotes"))
    }

    /// Refuses a name of an anchor that go-yaml takes to end earlier, so that the rest is a part of
    /// the value. The anchor stands behind the token before the node at this place.
    fn refuse_odd_anchor(&self, anchor: usize, at: usize) -> Result<(), SyntaxError> {
        let before = if anchor == 0 { "" } else { self.source.get(self.last_end..at).unwrap_or_default() };
        let Some(sign) = before.split_inclusive(['\n', '\r']).scan(0, last_anchor).flatten().last() else {
            return Ok(());
        };
        let name = before[sign..].split(char::is_whitespace).next().unwrap_or_default();
        if name.contains(['?', ':', '%', '@', '`']) {
            let start = self.last_end + sign;
            let error =
                SyntaxError::at(Span::new(start..start + name.len()), "this name of an anchor is read in two ways");
            return Err(error.hint("use letters, digits, `_` and `-` alone"));
        }
        Ok(())
    }

    /// Whether a missing value stands behind a colon that go-yaml counts to a plain key:
    /// `[a:]` is the list of the string `a:` there, and a list of a map elsewhere.
    fn is_ambiguous(&self, at: usize) -> bool {
        let bytes = self.source.as_bytes();
        spell::is_behind_bare_colon(bytes, at) && matches!(bytes.get(at), Some(b',' | b']' | b'}'))
    }

    /// A value that is not there: null, or what its tag makes of nothing.
    fn missing(&mut self, role: Role, event: &ScalarEvent<'_>) -> Result<(), Failure> {
        self.comments.reach(event.place.start);
        if role == Role::Value {
            self.comments.reach_colon();
        }
        let has_properties = event.anchor != 0 || event.tag_at.is_some();
        let has_no_colon = role == Role::Value && !has_properties && !self.comments.is_behind_colon();
        if has_properties {
            self.comments.reach_properties();
        }
        // Without a colon the parser has gone on to the next line.
        let reached = self.offsets.source(self.comments.cursor().max(event.place.start));
        let at = if has_no_colon { self.last_end } else { reached };
        self.refuse_odd_anchor(event.anchor, at)?;
        let span = Span::new(at..at);
        match role {
            Role::Root => {}
            Role::Key => {
                return Err(SyntaxError::at(span, "a key must be a string").into());
            }
            Role::Value if self.is_ambiguous(at) => {
                let error = SyntaxError::at(span, "a colon right before the end of a flow entry is read in two ways");
                return Err(error.hint("put the key in quotes, or a blank behind the colon").into());
            }
            Role::Value | Role::Element => {
                self.last_end = self.last_end.max(at);
                let scalar = match event.tag {
                    None => Scalar::Null,
                    Some(tag) => {
                        resolve::tagged(tag, Text::Source(b"")).ok_or_else(|| SyntaxError::at(span, DOES_NOT_FIT))?
                    }
                };
                let tag_at = event.tag_at.filter(|tag| !self.comments.has_comment_behind(*tag));
                let start = tag_at.map_or(at, |tag| self.offsets.source(tag));
                let content = Content::Leaf { value: scalar, style: Style::Plain };
                self.push(Some(event.anchor), Span::new(start.min(at)..at), content);
            }
        }
        Ok(())
    }

    /// The decoded text: a piece of the file where the file has it in one piece.
    fn text(&mut self, event: &ScalarEvent<'_>, style: Style) -> Result<Text<'t>, Failure> {
        let value = event.value.as_ref();
        let place = &event.place;
        let quotes = usize::from(matches!(style, Style::Single | Style::Double));
        if quotes > 0
            && self.seen.hides()
            && let Some(hidden) = self.seen.hidden(self.offsets.source(place.start))
        {
            // Only a question mark makes a key of several lines, but between braces.
            self.comments.reach(place.start);
            let is_bracketed = self.open.last().is_some_and(|open| open.is_bracketed);
            let is_refused = self.role() == Role::Key && !is_bracketed && !self.comments.is_marked();
            return if is_refused { Err(hidden.refused.clone().into()) } else { Ok(Text::from(hidden.value.clone())) };
        }
        let inner = place.start + quotes..place.end.saturating_sub(quotes).max(place.start + quotes);
        let lexeme = self.short.get(inner.clone()).unwrap_or_default();
        let is_whole = match style {
            Style::Literal | Style::Folded => !value.trim_end_matches('\n').contains('\n') && lexeme.starts_with(value),
            _ => lexeme == value,
        };
        if is_whole {
            let start = self.offsets.source(inner.start);
            let end = self.offsets.source(inner.start + value.len());
            return Ok(Text::Source(&self.source.as_bytes()[start..end]));
        }
        if !self.seen.compact.is_shortened() {
            return Ok(Text::from(value.to_owned()));
        }
        let restored = self.offsets.restore(Cow::Borrowed(value), place.clone(), self.source);
        restored.map(|value| Text::from(value.into_owned())).ok_or(Failure::Restart)
    }

    /// Where a block scalar ends: after its last line that is not blank, or, if blank lines count
    /// as content (`+`), after all of them; in both cases before the line break.
    fn block_end(&self, header: usize, event: &ScalarEvent<'_>) -> usize {
        let bytes = self.short.as_bytes();
        let line = spell::end_of_line(bytes, header);
        let keeps = bytes[header..line].iter().take(3).any(|byte| *byte == b'+');
        let body = self.short.get(line..event.place.end.max(line)).unwrap_or_default();
        let trimmed = if keeps {
            let line = body.trim_end_matches([' ', '\t']);
            let body = if line.ends_with(['\n', '\r']) { line } else { body };
            let body = body.strip_suffix('\n').unwrap_or(body);
            body.strip_suffix('\r').unwrap_or(body)
        } else if last_line_is_blank(&event.value) {
            // Blanks beyond the indentation are content.
            let indent = spell::column(bytes, event.place.start);
            let is_content = |line: &&str| line.trim_end_matches(['\r', '\n']).len() > indent;
            let after: usize =
                body.split_inclusive(['\r', '\n']).rev().take_while(|line| !is_content(line)).map(str::len).sum();
            body[..body.len() - after].trim_end_matches(['\r', '\n'])
        } else {
            // Blanks at the end of the last line that is not blank are content too.
            let words = body.trim_end_matches([' ', '\t', '\r', '\n']).len();
            let rest = memchr::memchr2(b'\n', b'\r', &body.as_bytes()[words..]);
            &body[..rest.map_or(body.len(), |length| words + length)]
        };
        if event.value.trim_end_matches('\n').is_empty() && !keeps {
            // The header alone: what follows it is no content.
            return line;
        }
        line + trimmed.len()
    }

    /// Where the lines of a block scalar begin, if a comment stands behind its header. The comment
    /// is a node of its own then, and the header stays as it is.
    fn body_below_comment(&self, style: Style, place: &Range<usize>) -> Option<usize> {
        if !matches!(style, Style::Literal | Style::Folded) {
            return None;
        }
        let lexeme = &self.short.as_bytes()[place.clone()];
        let line = memchr::memchr2(b'\n', b'\r', lexeme).unwrap_or(lexeme.len());
        memchr::memchr(b'#', &lexeme[..line]).map(|_| place.start + line)
    }

    fn resolve(&self, text: Text<'t>, style: Style, tag: Option<Tag>, span: Span) -> Result<Scalar<'t>, Failure> {
        match tag {
            Some(tag) => resolve::tagged(tag, text).ok_or_else(|| SyntaxError::at(span, DOES_NOT_FIT).into()),
            None if style == Style::Plain => {
                let resolved = text.as_str().and_then(resolve::plain);
                Ok(resolved.unwrap_or(Scalar::Text(text)))
            }
            None => Ok(Scalar::Text(text)),
        }
    }

    /// A place of the short text as a span of the file.
    fn here(&mut self, place: &Range<usize>) -> Span {
        let start = self.offsets.source(place.start);
        Span::new(start..self.offsets.source(place.end).max(start))
    }

    fn failure(&mut self, error: &granit_parser::ScanError) -> Failure {
        match error.marker().byte_offset().zip(Rule::broken(error)) {
            Some((at, rule)) => Failure::Strict(rule, at.min(self.short.len()), self.refuse(error)),
            None => self.refuse(error).into(),
        }
    }

    fn refuse(&mut self, error: &granit_parser::ScanError) -> SyntaxError {
        let at = error.marker().byte_offset().unwrap_or(0).min(self.short.len());
        let at = self.offsets.source(at);
        let span = Span::new(at..(at + 1).min(self.source.len()).max(at));
        let message = match error.kind() {
            granit_parser::ErrorKind::RecursionLimitExceeded => format!("nested more than {NESTING} levels deep"),
            granit_parser::ErrorKind::UnknownAnchor => "this alias refers to no anchor before it".to_owned(),
            granit_parser::ErrorKind::UnexpectedCharacter { .. } => "unexpected character".to_owned(),
            granit_parser::ErrorKind::InvalidQuotedScalarIndent | granit_parser::ErrorKind::TabInIndentation => {
                let error = SyntaxError::at(span, "a text in quotes goes on no further in than what is around it");
                return error.hint("indent all lines of the text, with blanks");
            }
            kind => kind.to_string(),
        };
        SyntaxError::at(span, message)
    }

    fn finish(mut self) -> Result<Raw<'t>, Failure> {
        let Some(last) = self.raw.parts.last_mut() else {
            return Err(SyntaxError::whole("the file holds no document").into());
        };
        if !self.is_closed {
            last.span.end = Span::new(0..self.source.len()).end;
        }
        let (comments, unread) = self.comments.finish(last.root);
        let unread = unread.into_iter().map(|splice| {
            let start = self.offsets.source(splice.span.start as usize);
            Splice { span: Span::new(start..start + splice.span.range().len()), ..splice }
        });
        self.raw.add_unread(unread.collect());
        self.raw.comments = comments
            .into_iter()
            .map(|comment| {
                let start = self.offsets.source(comment.span.start);
                let span = Span::new(start..self.offsets.source(comment.span.end));
                (comment.node, comment.slot, span)
            })
            .collect();
        Ok(self.raw)
    }
}

/// Said of a tag that its scalar does not bear.
const DOES_NOT_FIT: &str = "the value does not fit its tag";

struct ScalarEvent<'e> {
    value: Cow<'e, str>,
    style: ScalarStyle,
    anchor: usize,
    tag: Option<Tag>,
    tag_at: Option<usize>,
    place: Range<usize>,
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

/// The last anchor on a line that holds no more than properties and a comment, from the place where
/// the line begins; that of the next line is left there.
fn last_anchor(start: &mut usize, line: &str) -> Option<Option<usize>> {
    let is_behind = |at: usize, signs: &[u8]| at == 0 || signs.contains(&line.as_bytes()[at - 1]);
    let comment = line.match_indices('#').map(|(at, _)| at).find(|at| is_behind(*at, b" \t"));
    let code = &line[..comment.unwrap_or(line.len())];
    let found = code.match_indices('&').map(|(at, _)| at).rfind(|at| is_behind(*at, b" \t:[{,"));
    let place = found.map(|at| *start + at);
    *start += line.len();
    Some(place)
}

/// Whether a block scalar is empty but for line breaks, or its last line is blank.
fn is_blank_at_its_end(value: &str) -> bool {
    value.trim_matches('\n').is_empty() && !value.is_empty() || last_line_is_blank(value)
}

/// Whether the last line of a block scalar that is not empty holds blanks only.
fn last_line_is_blank(value: &str) -> bool {
    let last = value.trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
    !last.is_empty() && last.trim_matches([' ', '\t']).is_empty()
}

/// Below a header that cannot be changed a ciphertext may have line breaks behind it, which SOPS
/// overlooks.
fn without_break_after_ciphertext(scalar: Scalar<'_>) -> Scalar<'_> {
    match scalar {
        Scalar::Text(text) if text.starts_with(b"ENC[AES256_GCM,") => {
            let end = text.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
            Scalar::Text(match text {
                Text::Source(bytes) => Text::Source(&bytes[..end]),
                Text::Owned(bytes) => Text::from(bytes[..end].to_vec()),
            })
        }
        other => other,
    }
}

/// go-yaml adds no line break to a block that the file ends without one; granit does.
fn without_last_break(scalar: Scalar<'_>) -> Scalar<'_> {
    match scalar {
        Scalar::Text(Text::Source(bytes)) => Scalar::Text(Text::Source(bytes.strip_suffix(b"\n").unwrap_or(bytes))),
        Scalar::Text(Text::Owned(mut bytes)) => {
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
            }
            Scalar::Text(Text::Owned(bytes))
        }
        other => other,
    }
}

/// A key as a string, if it is one.
fn key_text(scalar: Scalar<'_>) -> Option<Cow<'_, str>> {
    match scalar {
        Scalar::Text(Text::Source(bytes)) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Scalar::Text(text) => text.as_str().map(|text| Cow::Owned(text.to_owned())),
        _ => None,
    }
}
