//! The front of a new text, written while the rest of it is still being made: what has been
//! copied need not be kept as spellings any longer, and is copied while it is warm.

use zeroize::Zeroize as _;

use super::editor::Spellings;
use super::syntax::Syntax;
use super::{Content, Document, NodeId, Span};

/// A new text up to some place of the old one.
pub(super) struct Front<'d> {
    text: Growing<'d>,
    /// The place in the old text.
    copied: usize,
    /// Where something stands in the old text that may yet be replaced by something else.
    limit: usize,
}

impl<'d> Front<'d> {
    /// An empty front; none for a document whose changes may come in another order than that of
    /// its text. `like` is a text that the new one may turn out to be.
    pub(super) fn of(document: &Document<'_>, syntax: &dyn Syntax, like: &'d [u8]) -> Option<Self> {
        let [part] = document.parts.as_slice() else { return None };
        let block = part.metadata.iter().flat_map(|block| &block.spans).map(|span| span.range().start).min();
        if block.is_none() && !syntax.metadata_comes_last() {
            return None;
        }
        if !document.aliases.is_empty() || !document.shadowed.is_empty() || !is_in_order(document) {
            return None;
        }
        // Comments may stand behind the place for a block that is still to come.
        let mut leaves = document.nodes.iter().filter(|node| matches!(node.content, Content::Leaf { .. }));
        let limit = block.or_else(|| leaves.next_back().map(|leaf| leaf.span.range().end))?;
        Some(Front { limit, ..Front::new(like) })
    }

    /// An empty front, with all changes still to come.
    pub(super) fn new(like: &'d [u8]) -> Self {
        Front { text: Growing::new(like), copied: 0, limit: 0 }
    }

    /// Makes room for the rest of the old text, with so many new bytes in place of others.
    pub(super) fn expect(&mut self, old: &[u8], gone: usize, new: usize, is_secret: bool) {
        self.text.secret |= is_secret;
        self.text.reserve((old.len() - self.copied + new).saturating_sub(gone));
    }

    /// Copies the old text up to and with these spellings; false where they do not follow, or may
    /// stand behind something that is still to come.
    pub(super) fn take(&mut self, old: &[u8], spellings: &Spellings, note: &mut impl FnMut(NodeId, usize)) -> bool {
        let mut copied = self.copied;
        for (_, span, _) in spellings.iter() {
            let range = span.range();
            if range.start < copied || range.end > self.limit {
                return false;
            }
            copied = range.end;
        }
        self.text.secret |= spellings.is_secret();
        if self.copied == 0 {
            self.text.room = likely_length(old, spellings);
        }
        for (node, span, spelling) in spellings.iter() {
            self.push(old, span, spelling, |at| note(node, at));
        }
        true
    }

    /// Copies the old text up to and with one change, which must follow. Says where it begins.
    pub(super) fn push(&mut self, old: &[u8], span: Span, new: &[u8], note: impl FnOnce(usize)) {
        self.text.push(&old[self.copied..span.range().start]);
        note(self.text.len());
        self.text.push(new);
        self.copied = span.range().end;
    }

    /// The place in the old text that was reached.
    pub(super) fn copied(&self) -> usize {
        self.copied
    }

    /// The whole text, when nothing else changes; none if it is the one that it was to be like.
    pub(super) fn finish(mut self, old: &[u8]) -> Option<Vec<u8>> {
        self.text.push(&old[self.copied..]);
        self.text.finish()
    }
}

/// How long the new text will be if it goes on as it begins, and a quarter more; at most what the old one has. What is
/// not used of it is wiped nevertheless, and so costs memory.
fn likely_length(old: &[u8], spellings: &Spellings) -> usize {
    let (gone, new, end) = spellings.iter().fold((0, 0, 0), |(gone, new, _), (_, span, spelling)| {
        (gone + span.range().len(), new + spelling.len(), span.range().end)
    });
    match end {
        0 => old.len(),
        end => old.len().div_ceil(end).saturating_mul(end + new - gone).saturating_mul(5) / 4,
    }
    .min(old.len())
}

/// Whether leaves and comments come in the order of the text.
fn is_in_order(document: &Document<'_>) -> bool {
    let mut reached = 0;
    document.nodes.iter().filter(|node| matches!(node.content, Content::Leaf { .. } | Content::Comment { .. })).all(
        |node| {
            let follows = node.span.start >= reached;
            reached = node.span.end;
            follows
        },
    )
}

/// A text that grows at its end. As long as it is the same as another one, it is not kept.
struct Growing<'l> {
    like: &'l [u8],
    /// How much of that is the same.
    same: usize,
    own: Option<Vec<u8>>,
    /// Bytes to have room for at first.
    room: usize,
    /// Wiped, unless it is given out.
    secret: bool,
}

impl<'l> Growing<'l> {
    fn new(like: &'l [u8]) -> Self {
        Growing { like, same: 0, own: None, room: 0, secret: false }
    }

    fn len(&self) -> usize {
        self.own.as_ref().map_or(self.same, Vec::len)
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.own.is_none() {
            if self.like[self.same..].starts_with(bytes) {
                self.same += bytes.len();
                return;
            }
            self.part();
        }
        let larger = 2 * self.own.as_ref().map_or(0, Vec::capacity);
        self.grow(bytes.len(), larger);
        self.own.iter_mut().for_each(|own| own.extend_from_slice(bytes));
    }

    /// Makes room for so many bytes more.
    fn reserve(&mut self, bytes: usize) {
        self.room = self.room.max(self.same + bytes);
        self.grow(bytes, 0);
    }

    /// The same, with at least this capacity if there is to be a new one.
    fn grow(&mut self, bytes: usize, capacity: usize) {
        let Some(own) = self.own.as_mut().filter(|own| own.capacity() - own.len() < bytes) else { return };
        if !self.secret {
            return own.reserve(bytes);
        }
        // Growing in place may leave a copy behind.
        let mut larger = Vec::with_capacity(capacity.max(own.len() + bytes));
        larger.extend_from_slice(own);
        std::mem::replace(own, larger).zeroize();
    }

    /// From here on the texts differ.
    fn part(&mut self) {
        let same = &self.like[..self.same];
        let mut own = Vec::with_capacity(self.room.max(same.len()));
        own.extend_from_slice(same);
        self.own = Some(own);
    }

    fn finish(mut self) -> Option<Vec<u8>> {
        if self.own.is_none() && self.same < self.like.len() {
            self.part();
        }
        self.own.take()
    }
}

impl Drop for Growing<'_> {
    fn drop(&mut self) {
        if self.secret {
            self.own.iter_mut().for_each(Vec::zeroize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Editor, Format, Layout, New, Scalar, testing};
    use super::*;

    const TEXT: &[u8] = br#"{"a": "one", "b": {"c": 2}, "sops": {"x": 1}, "d": "three"}"#;

    /// The nodes of the leaves, each with another value.
    fn changes() -> [(NodeId, &'static str); 3] {
        [(NodeId(1), "eins"), (NodeId(3), "zwei"), (NodeId(4), "drei")]
    }

    #[test]
    fn what_stands_behind_the_block_waits_for_it() {
        let syntax = Format::Json.syntax();
        let document = syntax.parse(TEXT).expect("is JSON");
        let mut editor = Editor::new(&document, syntax);
        let (mut early, mut late) = (Vec::new(), Vec::new());
        for (node, text) in changes() {
            let mut run = Spellings::new(1, true);
            run.add(&document, syntax, node, New::Value(Scalar::Text(text.into()))).expect("fits");
            editor.take(run, |node, at| early.push((node, at)));
        }
        editor.remove_metadata(0);
        let text = editor.finish_noting(|node, at| late.push((node, at))).expect("no alias").expect("is new");
        assert_eq!(String::from_utf8_lossy(&text), r#"{"a": "eins", "b": {"c": "zwei"}, "d": "drei"}"#);
        assert_eq!((early, late), (vec![(NodeId(1), 6), (NodeId(3), 25)], vec![(NodeId(4), 39)]));
    }

    #[test]
    fn a_block_may_come_before_comments() {
        for text in ["a: 1\n...\n# end\n", "{a: 1}\n# end\n", "a: 1\n# end\n", "# alone\n{}\n", "{} # alone\n"] {
            let back = testing::there_and_back(Format::Yaml.syntax(), text.as_bytes(), Layout::default());
            assert_eq!(String::from_utf8_lossy(&back), text);
        }
    }

    #[test]
    fn there_is_room_for_what_comes_and_no_more() {
        let entries: Vec<String> = (0..100).map(|at| format!("\"k{at}\": \"{}\"", "x".repeat(100))).collect();
        let text = format!("{{{}}}", entries.join(", "));
        let syntax = Format::Json.syntax();
        let document = syntax.parse(text.as_bytes()).expect("is JSON");
        let mut editor = Editor::new(&document, syntax);
        for first in [1, 51] {
            let mut run = Spellings::new(50, true);
            for node in first..first + 50 {
                run.add(&document, syntax, NodeId(node), New::Value(Scalar::Text("y".into()))).expect("fits");
            }
            editor.take(run, |_, _| ());
        }
        let new = editor.finish().expect("is new");
        assert!(new.capacity() < 2 * new.len(), "{} for {}", new.capacity(), new.len());
    }

    #[test]
    fn a_text_is_kept_from_where_it_differs() {
        let grown = |pieces: &[&str]| {
            let mut text = Growing::new(b"as before");
            text.secret = true;
            pieces.iter().for_each(|piece| text.push(piece.as_bytes()));
            (text.len(), text.finish().map(|text| String::from_utf8(text).expect("is UTF-8")))
        };
        let other = |text: &str| (text.len(), Some(text.to_owned()));
        assert_eq!(grown(&["as ", "", "before"]), (9, None));
        assert_eq!(grown(&["as ", "after", " all"]), other("as after all"));
        assert_eq!(grown(&["as ", "bef"]), other("as bef"));
        assert_eq!(grown(&["as ", "before", " or after"]), other("as before or after"));
        assert_eq!(grown(&[]), other(""));
    }
}
