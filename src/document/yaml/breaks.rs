//! U+0085, U+2028 and U+2029: line breaks in YAML 1.1, and so for go-yaml, and letters like any other in
//! YAML 1.2 (§5.4). What holds one as itself is read in two ways, unless it is encrypted.

use super::expand::alias_of;
use super::spell::Spot;
use crate::document::{Content, Document, NodeId, Style};

/// Whether there is one in a text.
pub(super) fn is_in(text: &[u8]) -> bool {
    first(text).is_some()
}

/// The place and length of the first one.
fn first(text: &[u8]) -> Option<(usize, usize)> {
    memchr::memchr2_iter(0xC2, 0xE2, text).find_map(|at| match text[at..] {
        [0xC2, 0x85, ..] => Some((at, 2)),
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => Some((at, 3)),
        _ => None,
    })
}

/// Whether a value in clear has one that an escape between quotes can take the place of, and must.
pub(super) fn must_be_escaped(document: &Document<'_>, id: NodeId) -> bool {
    let node = document.node(id);
    let Content::Leaf { style, .. } = node.content else { return false };
    let text = document.source(node.span);
    is_in(text)
        && !(matches!(style, Style::Single | Style::Double) && is_kept(text))
        && alias_of(document, id).is_none()
}

/// Whether go-yaml keeps all of them between quotes: it folds the first one, and those beside blanks.
fn is_kept(mut text: &[u8]) -> bool {
    while let Some((at, length)) = first(text) {
        let beside = [at.checked_sub(1).map(|before| text[before]), text.get(at + length).copied()];
        let is_apart = beside.iter().flatten().all(|byte| !byte.is_ascii_whitespace());
        if length == 2 || !is_apart || first(&text[at + length..]).is_some_and(|next| next.0 == 0) {
            return false;
        }
        text = &text[at + length..];
    }
    true
}

/// Why a comment or value that has one cannot stay in clear, if no escape can help.
pub(super) fn misread(document: &Document<'_>, id: NodeId) -> Option<&'static str> {
    let node = document.node(id);
    if !is_in(document.source(node.span)) {
        return None;
    }
    match node.content {
        Content::Comment { .. } => Some("has U+0085, U+2028 or U+2029, where SOPS takes it to end; take this sign out"),
        // The header of a block scalar stays while a comment stands behind it.
        Content::Leaf { style, .. } => Spot::new(document.text, node.span, style, node.key.is_some())
            .fixed_header()
            .map(|_| "has U+0085, U+2028 or U+2029, where SOPS takes a line to end; put the comment above the key"),
        _ => None,
    }
}
