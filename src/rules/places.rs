//! A YAML text as a tree in which everything knows its place, so that any complaint about a
//! configuration can point at it. Aliases and merge keys are resolved, as go-yaml does.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle};

use super::RulesError;
use crate::document::Span;

/// A configuration is a page or two; this is a bound for mistakes.
const MAX_LENGTH: usize = 1 << 20;

/// The number of a node: a container comes right before what it holds.
pub(super) type Id = usize;

/// What a node is.
#[derive(Debug)]
pub(super) enum Content<'t> {
    /// A scalar, and whether its quotes or its tag make it a string.
    Scalar { text: Cow<'t, str>, quoted: bool },
    /// A list.
    List(Vec<Id>),
    /// A map, as written: merge keys are among the entries.
    Map(Vec<(Id, Id)>),
}

#[derive(Debug)]
struct Node<'t> {
    span: Range<usize>,
    content: Content<'t>,
    /// The first node behind all that is inside.
    end: Id,
    anchored: bool,
}

/// The first document of a YAML text.
#[derive(Debug, Default)]
pub(super) struct Places<'t> {
    nodes: Vec<Node<'t>>,
    /// Where a second document starts.
    pub(super) second: Option<Span>,
}

impl<'t> Places<'t> {
    /// Reads a text.
    pub(super) fn parse(text: &'t str) -> Result<Self, RulesError> {
        if text.len() > MAX_LENGTH {
            return Err(RulesError::new(0..0, "the configuration is larger than 1 MiB"));
        }
        let mut builder = Builder::default();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                RulesError::new(at..at, format!("this is not YAML: {}", error.info()))
            })?;
            let range = span.byte_range().unwrap_or(0..0);
            if matches!(event, Event::DocumentStart(..)) && builder.finished {
                builder.places.second = Some(Span::new(range));
                break;
            }
            builder.event(event, range)?;
        }
        let places = builder.places;
        places.refuse_repeated_keys()?;
        Ok(places)
    }

    /// The top; none for an empty text.
    pub(super) fn root(&self) -> Option<Id> {
        (!self.nodes.is_empty()).then_some(0)
    }

    /// Where a node is.
    pub(super) fn span(&self, id: Id) -> Range<usize> {
        self.nodes[id].span.clone()
    }

    /// What a node is.
    pub(super) fn content(&self, id: Id) -> &Content<'t> {
        &self.nodes[id].content
    }

    /// Whether an anchor stands at a node or inside it.
    pub(super) fn has_anchor(&self, id: Id) -> bool {
        self.nodes[id..self.nodes[id].end].iter().any(|node| node.anchored)
    }

    /// The text of a scalar.
    pub(super) fn text(&self, id: Id) -> Option<&str> {
        match self.content(id) {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether a node stands for nothing.
    pub(super) fn is_null(&self, id: Id) -> bool {
        matches!(self.content(id), Content::Scalar { text, quoted: false }
            if matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Whether a scalar is one that YAML takes for a string.
    pub(super) fn is_string(&self, id: Id) -> bool {
        match self.content(id) {
            Content::Scalar { quoted: true, .. } => true,
            Content::Scalar { text, .. } => {
                !self.is_null(id)
                    && !matches!(text.as_ref(), "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
                    && !is_number(text)
            }
            _ => false,
        }
    }

    /// The entries of a map, with those that merge keys bring in where the map has none of the
    /// same name. None for what is not a map.
    pub(super) fn entries(&self, map: Id) -> Option<Vec<(Id, Id)>> {
        let Content::Map(_) = self.content(map) else { return None };
        let mut found = Vec::new();
        let mut names = HashSet::new();
        let mut seen = HashSet::new();
        let mut waiting = vec![map];
        while let Some(id) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.content(id) {
                Content::Map(entries) => {
                    for &(key, value) in entries {
                        if self.is_merge(key) {
                            waiting.push(value);
                        } else if self.text(key).is_none_or(|name| names.insert(name)) {
                            found.push((key, value));
                        }
                    }
                }
                Content::List(items) => waiting.extend(items.iter().rev()),
                Content::Scalar { .. } => {}
            }
        }
        Some(found)
    }

    fn is_merge(&self, key: Id) -> bool {
        matches!(self.content(key), Content::Scalar { text, quoted: false } if text == "<<")
    }

    fn refuse_repeated_keys(&self) -> Result<(), RulesError> {
        for node in &self.nodes {
            let Content::Map(entries) = &node.content else { continue };
            let mut seen = HashSet::new();
            for &(key, _) in entries {
                if let Some(name) = self.text(key)
                    && !seen.insert(name)
                {
                    return Err(RulesError::new(self.span(key), format!("the key `{name}` stands here twice")));
                }
            }
        }
        Ok(())
    }
}

/// Whether a plain scalar is an integer or a float.
fn is_number(text: &str) -> bool {
    let digits = text.replace('_', "");
    let bare = digits.trim_start_matches(['+', '-']);
    (bare.starts_with(|c: char| c.is_ascii_digit()) || bare.starts_with('.'))
        && (digits.parse::<f64>().is_ok_and(f64::is_finite)
            || ["0x", "0o", "0b"]
                .iter()
                .any(|head| bare.strip_prefix(head).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()))))
}

/// Puts the events of the parser together.
#[derive(Default)]
struct Builder<'t> {
    places: Places<'t>,
    /// The containers that are open, with the key that waits for its value.
    open: Vec<(Id, Option<Id>)>,
    anchors: HashMap<usize, Id>,
    finished: bool,
}

impl<'t> Builder<'t> {
    fn event(&mut self, event: Event<'t>, range: Range<usize>) -> Result<(), RulesError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tagged = tag.as_ref().and_then(|tag| tag.core_suffix()).is_some_and(|suffix| suffix == "str");
                let quoted = style != ScalarStyle::Plain || tagged;
                self.node(range, Content::Scalar { text, quoted }, anchor);
            }
            Event::SequenceStart(_, anchor, _) => self.container(range, Content::List(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => self.container(range, Content::Map(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((id, _)) = self.open.pop() {
                    self.places.nodes[id].end = self.places.nodes.len();
                    self.places.nodes[id].span.end = range.end.max(self.places.nodes[id].span.start);
                }
            }
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).copied();
                match target.filter(|target| self.open.iter().all(|(id, _)| id != target)) {
                    Some(target) => self.attach(target),
                    None => return Err(RulesError::new(range, "this alias stands for something that it is a part of")),
                }
            }
            Event::DocumentEnd => self.finished = true,
            _ => {}
        }
        Ok(())
    }

    fn container(&mut self, range: Range<usize>, content: Content<'t>, anchor: usize) {
        let id = self.node(range, content, anchor);
        self.open.push((id, None));
    }

    fn node(&mut self, span: Range<usize>, content: Content<'t>, anchor: usize) -> Id {
        let id = self.places.nodes.len();
        self.places.nodes.push(Node { span, content, end: id + 1, anchored: anchor != 0 });
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        self.attach(id);
        id
    }

    /// Makes a node an element, a key or a value of the container entered last.
    fn attach(&mut self, id: Id) {
        let Some((container, key)) = self.open.last_mut() else { return };
        match &mut self.places.nodes[*container].content {
            Content::List(items) => items.push(id),
            Content::Map(entries) => match key.take() {
                Some(key) => entries.push((key, id)),
                None => *key = Some(id),
            },
            Content::Scalar { .. } => {}
        }
    }
}
