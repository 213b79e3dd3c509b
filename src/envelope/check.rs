//! Reads an encrypted text back before it is given out: it must open to the document that it was made
//! from, byte for byte or, where the format cannot carry the spelling, value for value.
//!
//! What was sealed a moment ago is known to hold what was sealed, if it stands in the text as it was
//! made and under the same path. So it is looked up there, and only where that fails it is opened.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::cipher::{Cipher, DataKey, Random};
use crate::document::{Document, Event, Format, NodeId, Scalar, Syntax};

use super::error::Error;
use super::mac;
use super::metadata::Metadata;
use super::open::{Maker, Output as _, Plaintext, as_spelled, metadata_of, open};
use super::seal::spells;
use super::shares::{Run, in_shares};
use super::typed::{plain_of, unseal};
use super::walk::{Item, Side, Walker};
use super::{Options, spelling};

/// Where a sealed value stands in the encrypted text.
pub(super) struct SealedPlace {
    /// The node of the plaintext that it was made from.
    pub(super) id: NodeId,
    /// The first byte; among the bytes of its own spelling until [`SealedPlaces::note`].
    pub(super) at: usize,
    /// In bytes.
    pub(super) length: usize,
}

impl SealedPlace {
    fn range(&self) -> Range<usize> {
        self.at..self.at + self.length
    }
}

/// The sealed values of a text in the order of the walk.
#[derive(Default)]
pub(super) struct SealedPlaces {
    places: Vec<SealedPlace>,
    /// The one that is probably noted next.
    next: usize,
}

impl SealedPlaces {
    /// Adds those of a run, each with its place in its own spelling.
    pub(super) fn extend(&mut self, places: Vec<SealedPlace>) {
        self.places.extend(places);
    }

    /// Notes where the spelling of a node begins in the text.
    pub(super) fn note(&mut self, id: NodeId, start: usize) {
        let places = &mut self.places;
        if places.get(self.next).is_none_or(|place| place.id != id) {
            // Out of the order of the walk, or not sealed.
            let Ok(found) = places.binary_search_by_key(&id, |place| place.id) else { return };
            self.next = found;
        }
        places[self.next].at += start;
        self.next += 1;
    }
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
        sealed: &SealedPlaces,
        mac: &str,
        options: &Options,
        random: &dyn Random,
    ) -> Result<Option<String>, Error> {
        let plain = match self.looked_up(text, &sealed.places, mac)? {
            Found::Same => return Ok(None),
            Found::Other(plain) => plain,
            Found::Nothing => self.opened(text)?,
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
        let mut warnings = Vec::new();
        let plain = reopened(self.format, text, self.metadata, self.key, &mut warnings)?;
        // A comment that does not open.
        if !warnings.is_empty() {
            return Err(Error::RoundTrip);
        }
        Ok(as_spelled(plain, self.metadata, self.key))
    }

    /// What a text opens to, if every sealed value of it is the one that was made for its place.
    /// `mac` is the MAC that was computed.
    fn looked_up(&self, text: &[u8], places: &[SealedPlace], mac: &str) -> Result<Found, Error> {
        if self.format != self.format.sealed() {
            return Ok(Found::Nothing);
        }
        let syntax = self.format.syntax();
        let sealed = syntax.parse(text).map_err(|_| Error::RoundTrip)?;
        let metadata = same_metadata(&sealed, self.metadata)?;
        mac::check(&Cipher::new(self.key), &metadata, mac).map_err(|_| Error::RoundTrip)?;
        let selector = metadata.effective_selector();
        let mut before = Walker::new(self.document, Side::Plain, &selector);
        let mut after = Walker::new(&sealed, Side::Sealed, &selector);
        let mut places = places.iter().peekable();
        let mut output = Plaintext::towards(&sealed, self.format, self.document.text);
        let maker = output.maker();
        let mut all_are = true;
        let take = |run: Result<Option<_>, Error>| {
            match run? {
                Some(run) if all_are => output.take(run),
                _ => all_are = false,
            }
            Ok::<(), Error>(())
        };
        let is_so = in_shares(
            |values| spelled(syntax, &maker, &values),
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
                    match places.next_if(|place| place.id == before.id) {
                        None if same_item(syntax, before.item, after.item)
                            && !(after.selected && is_missed(after.item)) => {}
                        Some(place) => {
                            let made = text.get(place.range()).unwrap_or_default();
                            shares.push(Sealed { id: after.id, before: before.item, after: after.item, made }, b"")?;
                        }
                        None => return Ok(false),
                    }
                }
            },
        )? && all_are;
        if is_so { Ok(output.finish_unless_same()?.map_or(Found::Same, Found::Other)) } else { Ok(Found::Nothing) }
    }
}

/// What a text opens to, as far as that can be told without opening it.
enum Found {
    /// The very text that was encrypted.
    Same,
    /// Another one.
    Other(Zeroizing<Vec<u8>>),
    /// It has to be opened.
    Nothing,
}

/// Reads a text back that was just written with these metadata: what it opens to, without the
/// exact spelling.
pub(super) fn reopened(
    format: Format,
    text: &[u8],
    metadata: &Metadata,
    key: &DataKey,
    warnings: &mut Vec<String>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let document = format.sealed().syntax().parse(text).map_err(|_| Error::RoundTrip)?;
    let metadata = same_metadata(&document, metadata)?;
    let opened = open(format, &document, &metadata, key, false, warnings).map_err(|_| Error::RoundTrip)?;
    Ok(opened.text)
}

/// The metadata as the text has them: those that were written.
pub(super) fn same_metadata(document: &Document<'_>, written: &Metadata) -> Result<Metadata, Error> {
    let read = metadata_of(document).map_err(|_| Error::RoundTrip)?;
    if read.write() == written.write() { Ok(read) } else { Err(Error::RoundTrip) }
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

/// What a value or comment has become.
struct Sealed<'d, 't> {
    /// Its node in the encrypted document.
    id: NodeId,
    before: Item<'d, 't>,
    after: Item<'d, 't>,
    /// The ciphertext that was made of it.
    made: &'d [u8],
}

/// Values in clear for their places in the encrypted document, as opening them would spell them.
/// None if one of them has not become the ciphertext that was made of it.
fn spelled<M: Maker>(syntax: &dyn Syntax, maker: &M, values: &Run<Sealed<'_, '_>>) -> Result<Option<M::Run>, Error> {
    let mut run = maker.run(values.len());
    for (value, _) in values.iter() {
        let plain = plain_of(syntax, value.before).filter(|_| is_sealed_as(value.before, value.after, value.made));
        let Some((kind, plain)) = plain else { return Ok(None) };
        let new = unseal(kind, &plain).map_err(|_| Error::RoundTrip)?;
        maker.put(&mut run, value.id, new).map_err(|_| Error::RoundTrip)?;
    }
    Ok(Some(run))
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
