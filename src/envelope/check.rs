//! Reads an encrypted text back before it is given out: it must open to the document that it was made
//! from, byte for byte or, where the format cannot carry the spelling, value for value.
//!
//! What was sealed a moment ago is known to hold what was sealed, if it stands in the text as it was
//! made and under the same path. So it is looked up there, and only where that fails it is opened.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::cipher::{Cipher, DataKey, Kind, Random};
use crate::document::{Document, Editor, Event, Format, NodeId, Scalar, Syntax};

use super::error::Error;
use super::mac;
use super::metadata::Metadata;
use super::open::{Maker, Output as _, Plaintext, as_spelled, metadata_of, open};
use super::seal::spells;
use super::shares::{Run, in_shares};
use super::typed::{kind_of, unseal};
use super::walk::{Item, Side, Walker};
use super::{Leniency, Options, spelling};

/// Where a sealed value stands in the encrypted text.
pub(super) struct SealedPlace {
    /// The node of the plaintext that it was made from.
    pub(super) id: NodeId,
    /// The first byte; among the bytes of its own spelling until [`finish`].
    pub(super) at: usize,
    /// In bytes.
    pub(super) length: usize,
}

/// The text of an editor, with places that say where in it they are.
pub(super) fn finish(editor: Editor<'_, '_>, sealed: &mut [SealedPlace]) -> Result<Vec<u8>, Error> {
    let mut next = 0;
    Ok(editor.finish_noting(|id, start| {
        if sealed.get(next).is_none_or(|place| place.id != id) {
            // Out of the order of the walk, or not sealed.
            let Ok(found) = sealed.binary_search_by_key(&id, |place| place.id) else { return };
            next = found;
        }
        sealed[next].at += start;
        next += 1;
    })?)
}

/// An encrypted text is checked against these.
pub(super) struct Check<'c> {
    pub(super) format: Format,
    /// The plaintext.
    pub(super) document: &'c Document<'c>,
    /// Those that were written into the text.
    pub(super) metadata: &'c Metadata,
    pub(super) key: &'c DataKey,
}

impl Check<'_> {
    /// Reads a text back. Returns the sealed spelling that the file has to carry to give back the
    /// very bytes; none if it needs none.
    pub(super) fn missing_spelling(
        &self,
        text: &[u8],
        sealed: &[SealedPlace],
        mac: &str,
        options: &Options,
        random: &dyn Random,
    ) -> Result<Option<String>, Error> {
        let plain = match self.looked_up(text, sealed, mac)? {
            Some(plain) => plain,
            None => self.opened(text)?,
        };
        if plain.as_slice() == self.document.text {
            return Ok(None);
        }
        let again = self.format.plain_syntax(options.reading).parse(&plain).map_err(|_| Error::RoundTrip)?;
        if !same_values(self.document, &again) {
            return Err(Error::RoundTrip);
        }
        let seal = || spelling::seal(&Cipher::new(self.key), &again, self.document, random);
        Ok(spells(self.document, options).then(seal))
    }

    /// What a text opens to.
    pub(super) fn opened(&self, text: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let plain = reopened(self.format, text, self.metadata, self.key, false)?;
        Ok(as_spelled(plain, self.metadata, self.key))
    }

    /// What a text opens to, if every sealed value of it is the one that was made for its place.
    /// `mac` is the MAC that was computed.
    fn looked_up(&self, text: &[u8], places: &[SealedPlace], mac: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        if self.format != self.format.sealed() {
            return Ok(None);
        }
        let syntax = self.format.syntax();
        let sealed = syntax.parse(text).map_err(|_| Error::RoundTrip)?;
        let metadata = same_metadata(&sealed, self.metadata)?;
        mac::check(&Cipher::new(self.key), &metadata, mac).map_err(|_| Error::RoundTrip)?;
        let selector = metadata.effective_selector();
        let mut before = Walker::new(self.document, Side::Plain, &selector);
        let mut after = Walker::new(&sealed, Side::Sealed, &selector);
        let mut places = places.iter().peekable();
        let mut output = Plaintext::new(&sealed, self.format);
        let maker = output.maker();
        let take = |run: Result<_, Error>| {
            output.take(run?);
            Ok::<(), Error>(())
        };
        let is_so = in_shares(
            |values| spelled(&maker, &values),
            take,
            |shares| {
                loop {
                    let (before, after) = match (before.next(), after.next()) {
                        (None, None) => return Ok(true),
                        (Some(before), Some(after)) => (before, after),
                        _ => return Ok(false),
                    };
                    if before.selected != after.selected || before.additional != after.additional {
                        return Ok(false);
                    }
                    let place = places.next_if(|place| place.id == before.id);
                    match place.map(|place| text.get(place.at..place.at + place.length).unwrap_or_default()) {
                        None if same_item(syntax, before.item, after.item)
                            && !(after.selected && is_missed(after.item)) => {}
                        Some(made) if is_sealed_as(before.item, after.item, made) => {
                            let Some(plain) = plain_of(syntax, before.item) else { return Ok(false) };
                            shares.push((after.id, plain), b"")?;
                        }
                        _ => return Ok(false),
                    }
                }
            },
        )?;
        if is_so { output.finish().map(Some) } else { Ok(None) }
    }
}

/// Reads a text back that was just written with these metadata: what it opens to, without the
/// exact spelling. Damaged comments may be known already, and kept.
pub(super) fn reopened(
    format: Format,
    text: &[u8],
    metadata: &Metadata,
    key: &DataKey,
    keep_damaged_comments: bool,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let document = format.sealed().syntax().parse(text).map_err(|_| Error::RoundTrip)?;
    let metadata = same_metadata(&document, metadata)?;
    let leniency = Leniency { ignore_mac: false, keep_damaged_comments };
    let opened = open(format, &document, &metadata, key, leniency, &mut Vec::new()).map_err(|_| Error::RoundTrip)?;
    Ok(opened.text)
}

/// The metadata as the text has them: those that were written.
pub(super) fn same_metadata(document: &Document<'_>, written: &Metadata) -> Result<Metadata, Error> {
    let read = metadata_of(document).map_err(|_| Error::RoundTrip)?;
    if read.write() == written.write() { Ok(read) } else { Err(Error::RoundTrip) }
}

/// A value or comment as it is sealed.
type Plain<'d> = (Kind, Cow<'d, [u8]>);

fn plain_of<'d>(syntax: &dyn Syntax, item: Item<'d, '_>) -> Option<Plain<'d>> {
    match item {
        Item::Value(value) => Some((kind_of(value)?, syntax.canonical(value)?)),
        Item::Comment(text) => Some((Kind::Comment, Cow::Borrowed(text))),
    }
}

/// Whether an item has become this ciphertext.
fn is_sealed_as(before: Item<'_, '_>, after: Item<'_, '_>, made: &[u8]) -> bool {
    match (before, after) {
        (Item::Value(_), Item::Value(Scalar::Text(text))) | (Item::Comment(_), Item::Comment(text)) => **text == *made,
        _ => false,
    }
}

/// Whether an item that is to be encrypted stands in clear.
fn is_missed(item: Item<'_, '_>) -> bool {
    match item {
        Item::Value(Scalar::Null) => false,
        Item::Value(Scalar::Text(text)) | Item::Comment(text) => !text.is_empty(),
        Item::Value(_) => true,
    }
}

/// Whether something that stays in clear is what it was.
fn same_item(syntax: &dyn Syntax, before: Item<'_, '_>, after: Item<'_, '_>) -> bool {
    match (before, after) {
        (Item::Value(before), Item::Value(after)) => {
            before == after && syntax.canonical(before) == syntax.canonical(after)
        }
        (Item::Comment(before), Item::Comment(after)) => before == after,
        _ => false,
    }
}

/// Values in clear for their places in the encrypted document, as opening them would spell them.
fn spelled<M: Maker>(maker: &M, values: &Run<(NodeId, Plain<'_>)>) -> Result<M::Run, Error> {
    let mut run = maker.run(values.len());
    for ((id, (kind, plain)), _) in values.iter() {
        let new = unseal(*kind, plain).map_err(|_| Error::RoundTrip)?;
        maker.put(&mut run, *id, new).map_err(|_| Error::RoundTrip)?;
    }
    Ok(run)
}

/// Whether two documents hold the same keys and values in the same order.
fn same_values(left: &Document<'_>, right: &Document<'_>) -> bool {
    let entries =
        |document: &'_ Document<'_>| document.walk().filter(|event| !matches!(event, Event::Comment(..))).count();
    let no_comments = |event: &Event<'_, '_>| !matches!(event, Event::Comment(..));
    let mut pairs = left.walk().filter(no_comments).zip(right.walk().filter(no_comments));
    entries(left) == entries(right)
        && pairs.all(|pair| match pair {
            (Event::Enter(_, left), Event::Enter(_, right)) => left.key == right.key,
            (Event::Leaf(_, left, value), Event::Leaf(_, right, other)) => {
                left.key == right.key && same_value(value, other)
            }
            (Event::Leave, Event::Leave) => true,
            _ => false,
        })
}

/// Whether two values are the same. A whole float is spelled without its point, as SOPS does, and
/// then reads as an integer.
pub(super) fn same_value(left: &Scalar<'_>, right: &Scalar<'_>) -> bool {
    let is_number = |value: &Scalar<'_>| matches!(value, Scalar::Int(_) | Scalar::Float(_));
    left == right || (is_number(left) && is_number(right) && left.canonical() == right.canonical())
}
