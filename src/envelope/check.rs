//! Reads an encrypted text back before it is given out: it must open to the document that it was made
//! from, byte for byte or, where the format cannot carry the spelling, value for value.
//!
//! What was sealed a moment ago is known to hold what was sealed, if it stands in the text as it was
//! made and under the same path. So it is looked up there, and only where that fails it is opened.
//! Keys and shape are compared node by node: where they are the same, a rule on keys selects the same
//! and paths are the same, without walking the file again. In formats that allow it, [`Trace`] finds
//! out the same without reading the text again.

use std::iter::Peekable;
use std::slice::Iter;

use zeroize::Zeroizing;

use crate::cipher::{Cipher, DataKey, Random};
use crate::document::{Content, Document, Event, Format, NodeId, Scalar, Syntax};

use super::error::Error;
use super::mac;
use super::metadata::Metadata;
use super::open::{Maker, Output as _, Plaintext, as_spelled, metadata_of, open};
use super::seal::spells;
use super::shares::{Run, in_shares};
use super::trace::Trace;
use super::typed::{plain_of, unseal};
use super::walk::Item;
use super::{Leniency, Options, spelling};

/// Where a sealed value stands in the encrypted text. Small, since there is one for every value.
pub(super) struct SealedPlace {
    /// The node of the plaintext that it was made from.
    id: NodeId,
    /// The first byte of its spelling, from [`SealedPlaces::note`] on. A place beyond 4 GiB is one where
    /// nothing is found, and so is one that is not noted yet.
    start: u32,
    /// How many bytes of the spelling stand before it.
    lead: u32,
    /// In bytes.
    length: u32,
    /// A part of its tag, by which it is known again.
    mark: [u8; 8],
}

impl SealedPlace {
    /// A sealed value with so many bytes of its spelling before it.
    pub(super) fn new(id: NodeId, lead: usize, sealed: &[u8]) -> Self {
        SealedPlace { id, start: u32::MAX, lead: narrow(lead), length: narrow(sealed.len()), mark: mark(sealed) }
    }

    /// The node of the plaintext that it was made from.
    pub(super) fn id(&self) -> NodeId {
        self.id
    }

    /// Where its spelling begins.
    pub(super) fn start(&self) -> usize {
        self.start as usize
    }

    /// What stands there now, if it is what was sealed.
    pub(super) fn found<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let start = (self.start as usize).checked_add(self.lead as usize)?;
        text.get(start..start.checked_add(self.length as usize)?).filter(|sealed| mark(sealed) == self.mark)
    }
}

/// What is too large for it is at the end of what it can say.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Eight of the characters of the tag, whatever the type behind it.
fn mark(sealed: &[u8]) -> [u8; 8] {
    let end = sealed.len().saturating_sub(",type:comment]==1234".len());
    sealed[..end].last_chunk().copied().unwrap_or_default()
}

/// The sealed values of a text in the order of the walk.
#[derive(Default)]
pub(super) struct SealedPlaces {
    places: Vec<SealedPlace>,
    /// Those that the rule leaves in clear.
    clear: Vec<NodeId>,
    /// The one that is probably noted next.
    next: usize,
}

impl SealedPlaces {
    /// Adds those of a run, each with its place in its own spelling.
    pub(super) fn extend(&mut self, places: Vec<SealedPlace>) {
        self.places.extend(places);
    }

    /// Says which values and comments the rule leaves in clear, in the order of the walk.
    pub(super) fn leave_clear(&mut self, clear: Vec<NodeId>) {
        self.clear = clear;
    }

    /// All that are sealed.
    pub(super) fn sealed(&self) -> &[SealedPlace] {
        &self.places
    }

    /// The sealed ones and those in clear, from this node on.
    pub(super) fn from(&self, first: NodeId) -> (Peekable<Iter<'_, SealedPlace>>, Peekable<Iter<'_, NodeId>>) {
        let sealed = self.places.partition_point(|place| place.id < first);
        let clear = self.clear.partition_point(|id| *id < first);
        (self.places[sealed..].iter().peekable(), self.clear[clear..].iter().peekable())
    }

    /// Notes where the spelling of a node begins in the text.
    pub(super) fn note(&mut self, id: NodeId, start: usize) {
        let places = &mut self.places;
        if places.get(self.next).is_none_or(|place| place.id != id) {
            // Out of the order of the walk, or not sealed.
            let Ok(found) = places.binary_search_by_key(&id, |place| place.id) else { return };
            self.next = found;
        }
        places[self.next].start = narrow(start);
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
        let plain = match self.looked_up(text, sealed, mac)? {
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
        let plain = reopened(self.format, text, self.metadata, self.key, false)?;
        Ok(as_spelled(plain, self.metadata, self.key))
    }

    /// What a text opens to, if it has the nodes of the plaintext, and in every sealed place what was
    /// made for it. `mac` is the MAC that was computed.
    fn looked_up(&self, text: &[u8], places: &SealedPlaces, mac: &str) -> Result<Found, Error> {
        let is_about_comments = self.metadata.effective_selector().is_about_comments();
        if self.format != self.format.sealed() || is_about_comments {
            return Ok(Found::Nothing);
        }
        let is_authentic = |sealed: &Document<'_>| {
            let metadata = same_metadata(sealed, self.metadata)?;
            mac::check(&Cipher::new(self.key), &metadata, mac).map_err(|_| Error::RoundTrip)
        };
        let trace = Trace { format: self.format, plain: self.document, text, places };
        if trace.is_same(is_authentic)? {
            return Ok(Found::Same);
        }
        let sealed = self.format.syntax().parse(text).map_err(|_| Error::RoundTrip)?;
        is_authentic(&sealed)?;
        let roots = |document: &Document<'_>| document.parts.iter().map(|part| part.root).collect::<Vec<_>>();
        let plain = self.document;
        if sealed.nodes.len() != plain.nodes.len() || roots(&sealed) != roots(plain) {
            return Ok(Found::Nothing);
        }
        let mut output = Plaintext::towards(&sealed, self.format, plain.text);
        let comparison =
            Comparison { plain, sealed: &sealed, syntax: self.format.syntax(), places, maker: output.maker() };
        let mut is_same = true;
        let take = |run: Result<Option<_>, Error>| {
            match run? {
                Some(run) if is_same => output.take(run),
                _ => is_same = false,
            }
            Ok::<(), Error>(())
        };
        let ids = 0..u32::try_from(plain.nodes.len()).map_err(|_| Error::RoundTrip)?;
        in_shares(
            |run| comparison.spelled(&run),
            take,
            |shares| ids.map(NodeId).try_for_each(|id| shares.push(id, b"")),
        )?;
        Ok(match is_same {
            true => output.finish_unless_same()?.map_or(Found::Same, Found::Other),
            false => Found::Nothing,
        })
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

/// Whether an item has become this ciphertext.
fn is_sealed_as(before: Item<'_, '_>, after: Item<'_, '_>, made: &[u8]) -> bool {
    match (before, after) {
        (Item::Value(_), Item::Value(Scalar::Text(text))) | (Item::Comment(_), Item::Comment(text)) => **text == *made,
        _ => false,
    }
}

/// Whether an item that is to be encrypted stands in clear.
pub(super) fn is_missed(item: Item<'_, '_>) -> bool {
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

/// A plaintext and what was made of it, whose nodes are the same in number.
struct Comparison<'c, 'd, M> {
    plain: &'c Document<'d>,
    sealed: &'c Document<'d>,
    syntax: &'static dyn Syntax,
    places: &'c SealedPlaces,
    maker: M,
}

impl<M: Maker> Comparison<'_, '_, M> {
    /// The values of these nodes in clear for their places in the encrypted document, as opening them
    /// would spell them. None if a node has another key or shape, or is not what was made of it.
    fn spelled(&self, ids: &Run<NodeId>) -> Result<Option<M::Run>, Error> {
        let mut run = self.maker.run(ids.len());
        let first = ids.iter().next().map_or(NodeId(0), |(id, _)| *id);
        let (mut places, mut clear) = self.places.from(first);
        for (&id, _) in ids.iter() {
            let (before, after) = (self.plain.node(id), self.sealed.node(id));
            if before.key != after.key {
                return Ok(None);
            }
            let (before, after) = match (&before.content, &after.content) {
                (Content::Map { end }, Content::Map { end: other })
                | (Content::List { end }, Content::List { end: other })
                    if end == other =>
                {
                    continue;
                }
                (Content::Leaf { value, .. }, Content::Leaf { value: other, .. }) => {
                    (Item::Value(value), Item::Value(other))
                }
                (Content::Comment { text }, Content::Comment { text: other }) => {
                    (Item::Comment(text), Item::Comment(other))
                }
                _ => return Ok(None),
            };
            let stays_clear = clear.next_if(|clear| **clear == id).is_some();
            let Some(place) = places.next_if(|place| place.id == id) else {
                if same_item(self.syntax, before, after) && (stays_clear || !is_missed(after)) {
                    continue;
                }
                return Ok(None);
            };
            let made = place.found(self.sealed.text).filter(|made| is_sealed_as(before, after, made));
            let Some((kind, plain)) = made.and_then(|_| plain_of(self.syntax, before)) else { return Ok(None) };
            let new = unseal(kind, &plain).map_err(|_| Error::RoundTrip)?;
            self.maker.put(&mut run, id, new).map_err(|_| Error::RoundTrip)?;
        }
        Ok(Some(run))
    }
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
                left.key == right.key && value.reads_as(other)
            }
            (Event::Leave, Event::Leave) => true,
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{opened, policy, sealed};
    use super::*;

    const PLAIN: &str =
        r#"{"a": "one", "b": {"c": 2, "e": "one"}, "d_unencrypted": "clear", "l": ["x", "y"], "n": null}"#;

    /// Where the ciphertexts of a text stand.
    fn places_in(made: &Document<'_>) -> SealedPlaces {
        let mut places = SealedPlaces::default();
        for (node, id) in made.nodes.iter().zip((0..).map(NodeId)) {
            match &node.content {
                Content::Leaf { value: Scalar::Text(text), .. } if text.starts_with(b"ENC[") => {
                    places.extend(vec![SealedPlace::new(id, 1, text)]);
                    places.note(id, node.span.range().start);
                }
                Content::Leaf { .. } => places.clear.push(id),
                _ => {}
            }
        }
        places
    }

    /// Looks a text up, in which `made` stands where it was put.
    fn look_up(made: &str, text: &str) -> Result<Found, Error> {
        let format = Format::Json;
        let document = format.syntax().parse(PLAIN.as_bytes()).expect("is JSON");
        let before = format.syntax().parse(made.as_bytes()).expect("is JSON");
        let opened = opened(format, made.as_bytes()).expect("opens");
        let mac = mac::stored(&Cipher::new(&opened.key), &opened.metadata).expect("opens");
        let check = Check { format, document: &document, metadata: &opened.metadata, key: &opened.key };
        check.looked_up(text.as_bytes(), &places_in(&before), std::str::from_utf8(&mac).expect("is text"))
    }

    #[test]
    fn every_byte_that_is_followed_counts() {
        let texts = [
            PLAIN,
            "{\"a\": 1}",
            " {\n\t\"l\" : [[[ \"x\" ], {\"\": \"y\"}], 2 ]\n} \n",
            "{\"c_unencrypted\": {\"d\": [\"e\", {}]}, \"a\": \"b\", \"f\": null, \"g_unencrypted\": {\"h\": [1, true]}}\n",
        ];
        for plain in texts {
            let format = Format::Json;
            let document = format.syntax().parse(plain.as_bytes()).expect("is JSON");
            let made = sealed(format, plain, &policy()).expect("encrypts").text;
            let before = format.syntax().parse(&made).expect("is JSON");
            let places = places_in(&before);
            let is_same = |text: &[u8]| {
                Trace { format, plain: &document, text, places: &places }.is_same(|_| Ok(())).expect("is followed")
            };
            assert!(is_same(&made), "{plain}");
            let block = before.parts[0].metadata.as_ref().expect("is sealed").spans[0].range();
            let mut hidden = vec![block];
            hidden.extend(before.nodes.iter().filter_map(|node| match &node.content {
                Content::Leaf { value: Scalar::Text(text), .. } if text.starts_with(b"ENC[") => {
                    let inside = node.span.range();
                    Some(inside.start + 1..inside.end - 1)
                }
                _ => None,
            }));
            for at in (0..made.len()).filter(|at| !hidden.iter().any(|hidden| hidden.contains(at))) {
                for byte in [b' ', b'"', b'\\', b',', b':', b'{', b']', b'0', 0xff] {
                    let mut changed = made.clone();
                    changed[at] = byte;
                    assert!(changed == made || !is_same(&changed), "{}", String::from_utf8_lossy(&changed));
                }
                let mut shorter = made.clone();
                shorter.remove(at);
                assert!(!is_same(&shorter), "{}", String::from_utf8_lossy(&shorter));
            }
        }
    }

    #[test]
    fn only_what_was_made_is_found() {
        let made = String::from_utf8(sealed(Format::Json, PLAIN, &policy()).expect("encrypts").text).expect("is text");
        assert!(matches!(look_up(&made, &made), Ok(Found::Same)));
        let of = |key: &str| {
            let start = made.find(&format!("{key}: \"ENC[")).expect("is there") + key.len() + 3;
            made[start..].split('"').next().expect("ends").to_owned()
        };
        let (a, e) = (of("\"a\""), of("\"e\""));
        for other in [
            made.replace("\"e\":", "\"f\":"),
            made.replace(&a, "one"),
            made.replace(&a, &e),
            made.replace(&a, "§").replace(&e, &a).replace('§', &e),
            made.replace("\"clear\"", "\"other\""),
            made.replace("\"n\": null", "\"n\": 1"),
            made.replace("\"n\": null", "\"n\": {}"),
            made.replace("\"n\": null", "\"n\": null, \"o\": null"),
            made.replacen("{\"c\":", "[{\"c\":", 1).replacen("}, \"d", "}], \"d", 1),
            made.replacen("[\"ENC", "[[\"ENC", 1).replacen("\"], \"n\"", "\"]], \"n\"", 1),
        ] {
            assert_ne!(other, made);
            assert!(matches!(look_up(&made, &other), Ok(Found::Nothing)), "{other}");
        }
        // Other blanks are the same values in another spelling.
        let spaced = made.replacen("{\"c\":", "{\"c\" :", 1);
        assert!(matches!(look_up(&made, &spaced), Ok(Found::Nothing | Found::Other(_))));
    }
}
