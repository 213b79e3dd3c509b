//! A document is consistent: every span lies in the text and meets no other, containers hold what
//! they say, the walk meets every node once, and a path leads to where it was made.

use std::collections::HashSet;

use cloze::document::{Content, Document, Event, NodeId, Span, SyntaxError};

use super::shown;

/// Paths are found in linear time each: so many are tried.
const PATHS: usize = 16;

/// A refusal points into the text.
pub(crate) fn refusal(text: &[u8], error: &SyntaxError) {
    super::is_no_bug(error, text);
    if let Some(span) = error.span {
        assert!(is_inside(span, text), "{error} at {span:?}: {}", shown(text));
    }
}

pub(crate) fn check(document: &Document<'_>) {
    spans(document);
    nesting(document);
    walk(document);
    paths(document);
}

fn is_inside(span: Span, text: &[u8]) -> bool {
    span.start <= span.end && span.end as usize <= text.len()
}

fn spans(document: &Document<'_>) {
    let text = document.text;
    assert!(!document.parts.is_empty(), "no document: {}", shown(text));
    let is_copy = |id: usize| document.aliases.iter().any(|alias| alias.nodes.contains(&number(id).0));
    let places = document.nodes.iter().enumerate().filter(|(id, node)| {
        assert!(is_inside(node.span, text), "node {id} at {:?}: {}", node.span, shown(text));
        matches!(node.content, Content::Leaf { .. } | Content::Comment { .. }) && !is_copy(*id)
    });
    let mut places: Vec<Span> = places.map(|(_, node)| node.span).collect();
    places.extend(document.aliases.iter().map(|alias| alias.span));
    places.extend(document.shadowed.iter().map(|entry| entry.span));
    for part in &document.parts {
        places.extend(part.metadata.iter().flat_map(|block| &block.spans));
    }
    places.sort_by_key(|span| (span.start, span.end));
    assert!(places.iter().all(|span| is_inside(*span, text)), "{places:?}: {}", shown(text));
    let meet = places.windows(2).find(|pair| pair[0].end > pair[1].start);
    assert!(meet.is_none(), "{meet:?} meet: {}", shown(text));
    let parts: Vec<Span> = document.parts.iter().map(|part| part.span).collect();
    assert!(parts.iter().all(|span| is_inside(*span, text)), "{parts:?}: {}", shown(text));
    assert!(parts.windows(2).all(|pair| pair[0].end <= pair[1].start), "{parts:?} meet: {}", shown(text));
}

fn nesting(document: &Document<'_>) {
    let say = || shown(document.text);
    let roots: Vec<NodeId> = document.parts.iter().map(|part| part.root).collect();
    let mut next = 0;
    for &root in &roots {
        assert_eq!(root.index(), next, "the documents of the stream: {}", say());
        assert!(matches!(document.node(root).content, Content::Map { .. }), "no map at the top: {}", say());
        assert_eq!(document.node(root).key.as_deref(), None, "{}", say());
        next = document.extent(root).end;
    }
    assert_eq!(next, document.nodes.len(), "nodes outside of all documents: {}", say());
    for id in 0..document.nodes.len() {
        let extent = document.extent(number(id));
        assert!(extent.start < extent.end && extent.end <= document.nodes.len(), "{extent:?}: {}", say());
        let is_map = matches!(document.nodes[id].content, Content::Map { .. });
        for child in document.children(number(id)) {
            assert!(document.extent(child).end <= extent.end, "node {} sticks out: {}", child.0, say());
            let node = document.node(child);
            let has_key = is_map && !matches!(node.content, Content::Comment { .. });
            assert_eq!(node.key.is_some(), has_key, "the key of node {}: {}", child.0, say());
        }
    }
}

fn walk(document: &Document<'_>) {
    let (mut open, mut met) = (Vec::new(), 0);
    for event in document.walk() {
        match event {
            Event::Enter(id, _) => {
                assert_eq!(id.index(), met, "{}", shown(document.text));
                open.push(document.extent(id).end);
                met += 1;
            }
            Event::Leave => assert_eq!(open.pop(), Some(met), "{}", shown(document.text)),
            Event::Leaf(id, ..) | Event::Comment(id, ..) => {
                assert_eq!(id.index(), met, "{}", shown(document.text));
                met += 1;
            }
        }
    }
    assert!(open.is_empty() && met == document.nodes.len(), "{}", shown(document.text));
}

fn paths(document: &Document<'_>) {
    let end = document.extent(document.parts[0].root).end;
    for id in (0..end).step_by(end / PATHS + 1) {
        if matches!(document.nodes[id].content, Content::Comment { .. }) {
            continue;
        }
        // Keys may repeat: then the first is found, and may hold something else.
        let path = document.path(number(id));
        match document.find(&path) {
            Some(found) => assert_eq!(document.path(found), path, "{}", shown(document.text)),
            None => assert!(has_repeated_keys(document), "{path} is not found: {}", shown(document.text)),
        }
    }
}

fn has_repeated_keys(document: &Document<'_>) -> bool {
    (0..document.nodes.len()).any(|id| {
        let mut seen = HashSet::new();
        let keys = document.children(number(id)).filter_map(|child| document.node(child).key.as_deref());
        keys.into_iter().any(|key| !seen.insert(key))
    })
}

/// The number of the node at this index.
pub(super) fn number(index: usize) -> NodeId {
    NodeId(u32::try_from(index).expect("small"))
}
