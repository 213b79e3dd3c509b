//! Follows an encrypted text along the plaintext that it was made from, in formats where a scalar is
//! the same wherever it stands. If there is one scalar in place of each that was sealed, and every
//! byte between them is what it was, then all of it reads as it did: only the end is read again, where
//! the metadata comes in.

use zeroize::Zeroizing;

use super::check::{SealedPlaces, is_missed};
use super::error::Error;
use super::open::Plaintext;
use super::shares::{Run, in_shares};
use super::typed::{plain_of, unseal};
use super::walk::Item;
use crate::document::{Content, Document, Format, NodeId, Scalar, Spellings};

/// Bytes from which on an end is too long to be read apart, if it is most of the text.
const LONG: usize = 64 << 10;

/// An encrypted text beside its plaintext.
pub(super) struct Trace<'c> {
    pub(super) format: Format,
    pub(super) plain: &'c Document<'c>,
    /// The encrypted text.
    pub(super) text: &'c [u8],
    pub(super) places: &'c SealedPlaces,
}

impl Trace<'_> {
    /// Whether the text opens to the very plaintext. False says nothing. The end of the text is shown to
    /// `is_authentic` as a document with the metadata.
    pub(super) fn is_same(&self, is_authentic: impl Fn(&Document<'_>) -> Result<(), Error>) -> Result<bool, Error> {
        let Some(last) = self.places.sealed().last() else { return Ok(false) };
        // Of a text that is too large only the end could be read.
        if u32::try_from(self.text.len()).is_err() {
            return Ok(false);
        }
        let Some(front) = self.format.syntax().stand_in(self.plain, last.id()) else { return Ok(false) };
        let (Some(before), Some(after)) = (self.plain.text.get(self.end_of(last.id())..), self.rest()) else {
            return Ok(false);
        };
        let is_most = before.len() > LONG && before.len() > self.plain.text.len() / 2;
        if is_most || self.has_missed() || !self.is_same_between() {
            return Ok(false);
        }
        let before = Zeroizing::new([&front, before].concat());
        let after = Zeroizing::new([&front, after].concat());
        let (Ok(then), Ok(now)) = (self.format.syntax().parse(&before), self.format.syntax().parse(&after)) else {
            return Ok(false);
        };
        let is_same = then.nodes.len() == now.nodes.len()
            && then.nodes.iter().zip(&now.nodes).all(|(then, now)| then.key == now.key && then.content == now.content)
            && Plaintext::towards(&now, self.format, &before).finish_unless_same()?.is_none();
        if is_same {
            is_authentic(&now)?;
        }
        Ok(is_same)
    }

    /// Whether something is neither sealed nor to stay in clear.
    fn has_missed(&self) -> bool {
        let (mut sealed, mut clear) = self.places.from(NodeId(0));
        self.plain.nodes.iter().zip((0..).map(NodeId)).any(|(node, id)| {
            let item = match &node.content {
                Content::Leaf { value, .. } => Item::Value(value),
                Content::Comment { text } => Item::Comment(text),
                _ => return false,
            };
            let is_known = sealed.next_if(|place| place.id() == id).is_some();
            let stays_clear = clear.next_if(|clear| **clear == id).is_some();
            !is_known && !stays_clear && is_missed(item)
        })
    }

    /// Whether the text is the same up to the first sealed value and between all of them, and each of
    /// them holds what would be spelled as it was.
    fn is_same_between(&self) -> bool {
        let sealed = self.places.sealed();
        let (first, start) = (self.plain.node(sealed[0].id()).span.range().start, sealed[0].start());
        if self.plain.text.get(..first) != self.text.get(..start) {
            return false;
        }
        /// Said once, and then nothing more is looked at.
        struct Differs;
        let compared = in_shares(
            |run: Run<usize>| {
                let mut spellings = Spellings::new(run.len(), true);
                run.iter().all(|(at, _)| self.is_same_at(*at, &mut spellings).unwrap_or(false))
            },
            |is_same| if is_same { Ok(()) } else { Err(Differs) },
            |shares| (0..sealed.len()).try_for_each(|at| shares.push(at, b"")),
        );
        compared.is_ok()
    }

    /// Whether there is one scalar at a sealed place, whose plaintext would be spelled as it was, and
    /// nothing new between it and the next.
    fn is_same_at(&self, at: usize, spellings: &mut Spellings) -> Option<bool> {
        let syntax = self.format.syntax();
        let place = &self.places.sealed()[at];
        let made = place.found(self.text)?;
        let next = self.places.sealed().get(at + 1);
        let rest = self.text.get(place.start()..next.map_or(self.text.len(), |next| next.start()))?;
        let (Scalar::Text(scalar), length) = syntax.lexeme(rest)? else { return None };
        let Content::Leaf { value, .. } = &self.plain.node(place.id()).content else { return None };
        let (kind, plain) = plain_of(syntax, Item::Value(value))?;
        let new = unseal(kind, &plain).ok()?;
        let spelled = spellings.add(self.plain, syntax, place.id(), new).ok()??;
        let is_gap_same = match next {
            Some(next) => {
                let gap = self.end_of(place.id())..self.plain.node(next.id()).span.range().start;
                self.plain.text.get(gap)? == &rest[length..]
            }
            None => true,
        };
        Some(*scalar == *made && spelled == self.plain.source(self.plain.node(place.id()).span) && is_gap_same)
    }

    /// Where a value of the plaintext ends.
    fn end_of(&self, id: NodeId) -> usize {
        self.plain.node(id).span.range().end
    }

    /// What stands behind the last sealed value.
    fn rest(&self) -> Option<&[u8]> {
        let rest = self.text.get(self.places.sealed().last()?.start()..)?;
        let (_, length) = self.format.syntax().lexeme(rest)?;
        Some(&rest[length..])
    }
}
