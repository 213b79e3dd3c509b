//! The one walk that encrypting and decrypting share: it knows for every leaf and comment whether
//! the rule selects it and what additional data it is bound to (sops-compat.md §1.4, §3.6).

use crate::cipher::EncryptedValue;
use crate::document::{Document, Event, Node, NodeId, Scalar, Text, Walk};

use super::selector::{Selection, Selector};

/// A leaf or comment as the walk meets it.
pub(super) struct Visit<'w, 'd, 't> {
    /// Its number.
    pub(super) id: NodeId,
    /// Its value, or its text.
    pub(super) item: Item<'d, 't>,
    /// Whether the rule selects it for encryption.
    pub(super) selected: bool,
    /// What its ciphertext is bound to.
    pub(super) additional: &'w [u8],
}

/// What is visited.
#[derive(Clone, Copy)]
pub(super) enum Item<'d, 't> {
    /// A value.
    Value(&'d Scalar<'t>),
    /// A comment; SOPS writes an encrypted one in a list as an element.
    Comment(&'d Text<'t>),
}

/// Which side of the encryption a document is on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// In clear: a value that looks like a ciphertext is a value.
    Plain,
    /// Encrypted: an element may be an encrypted comment.
    Sealed,
}

/// The walk. It lends out what it meets, one at a time.
pub(super) struct Walker<'s, 'd, 't> {
    events: Walk<'d, 't>,
    side: Side,
    selection: Selection<'s>,
    path: Path,
}

impl<'s, 'd, 't> Walker<'s, 'd, 't> {
    /// Before the first leaf.
    pub(super) fn new(document: &'d Document<'t>, side: Side, selector: &'s Selector) -> Self {
        Walker { events: document.walk(), side, selection: Selection::new(selector), path: Path::default() }
    }

    /// The next leaf or comment.
    pub(super) fn next(&mut self) -> Option<Visit<'_, 'd, 't>> {
        let Walker { events, side, selection, path } = self;
        for event in events {
            match event {
                Event::Enter(_, node) => {
                    path.enter(node.key.as_deref());
                    selection.enter(node.key.as_deref());
                }
                Event::Leave => {
                    path.leave();
                    selection.leave();
                }
                Event::Leaf(id, node, value) => {
                    // It counts as a comment only if the rule would have encrypted it as one; then it
                    // has to open. Any other is a value, which the MAC covers.
                    let comment = sealed_comment(*side, node, value);
                    let (item, selected) = match comment.filter(|text| selection.would_encrypt_comment(text)) {
                        Some(text) => (Item::Comment(text), selection.comment(text)),
                        None => (Item::Value(value), selection.leaf(node.key.as_deref())),
                    };
                    return Some(Visit { id, item, selected, additional: path.leaf(node.key.as_deref()) });
                }
                Event::Comment(id, _, text) => {
                    let selected = selection.comment(text);
                    return Some(Visit { id, item: Item::Comment(text), selected, additional: path.container() });
                }
            }
        }
        None
    }
}

/// The text of an element that is an encrypted comment in SOPS's form.
fn sealed_comment<'d, 't>(side: Side, node: &'d Node<'t>, value: &'d Scalar<'t>) -> Option<&'d Text<'t>> {
    let Scalar::Text(text) = value else { return None };
    let is_element = side == Side::Sealed && node.key.is_none();
    (is_element && text.ends_with(b",type:comment]") && EncryptedValue::is_sealed(text)).then_some(text)
}

/// The additional data of the place at hand: keys, each followed by a colon. Lists add nothing.
#[derive(Default)]
struct Path {
    bytes: Vec<u8>,
    /// Lengths to go back to.
    open: Vec<usize>,
    /// Where the keys of containers end and that of a leaf begins.
    end: usize,
}

impl Path {
    fn push(&mut self, key: Option<&str>) {
        self.bytes.truncate(self.end);
        if let Some(key) = key {
            self.bytes.extend_from_slice(key.as_bytes());
            self.bytes.push(b':');
        }
    }

    fn enter(&mut self, key: Option<&str>) {
        self.open.push(self.end);
        self.push(key);
        self.end = self.bytes.len();
    }

    fn leave(&mut self) {
        self.end = self.open.pop().unwrap_or(0);
    }

    fn leaf(&mut self, key: Option<&str>) -> &[u8] {
        self.push(key);
        &self.bytes
    }

    /// For a comment: the path of its container; at the top the joint alone is left.
    fn container(&mut self) -> &[u8] {
        if self.end == 0 { b":" } else { &self.bytes[..self.end] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn additional_data_is_the_keys_and_nothing_else() {
        let mut path = Path::default();
        path.enter(None);
        assert_eq!(path.container(), b":");
        assert_eq!(path.leaf(Some("x:y")), b"x:y:");
        path.enter(Some("l"));
        assert_eq!(path.leaf(None), b"l:");
        path.enter(None);
        assert_eq!(path.leaf(Some("q")), b"l:q:");
        assert_eq!(path.container(), b"l:");
        path.leave();
        path.leave();
        assert_eq!(path.leaf(Some("a")), b"a:");
    }
}
