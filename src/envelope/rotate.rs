//! Changes the data key of a file: every ciphertext is made anew in its place, and the new key is
//! given to the recipients. Nothing else outside of the metadata block changes.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::cipher::{Cipher, DataKey, EncryptedValue, Kind, Nonces, Random};
use crate::document::{Content, Document, Editor, Format, Layout, New, NodeId, Scalar, Spellings, Syntax};
use crate::recipient::Access;
use crate::recipient::stored::keep_unknown;

use super::error::Error;
use super::metadata::Metadata;
use super::open::{WINDOW, WINDOW_BYTES, metadata_of, open};
use super::rewrap::data_key;
use super::seal::checked_comment;
use super::selector::Selector;
use super::shares::in_shares;
use super::walk::{Item, Side, Walker};
use super::{Rewritten, Tools, block, spelling};

/// Encrypts a file under a new data key, for the recipients given. It must open and its MAC must
/// fit. The version that it records stays, as in SOPS.
///
/// # Errors
/// Any damage, or a recipient that does not work; see [`Error`].
pub fn rotate(
    format: Format,
    text: &[u8],
    access: &Access,
    layout: Layout,
    tools: &Tools<'_>,
) -> Result<Rewritten, Error> {
    let syntax = format.sealed().syntax();
    let document = syntax.parse(text)?;
    let old = metadata_of(&document)?;
    let old_key = data_key(&old, tools)?;
    let key = DataKey::generate(tools.random);
    // Whatever is wrong with a recipient is told before the work is done.
    let mut metadata = old.clone();
    (metadata.groups, metadata.threshold) =
        tools.keyring.wrap(&key, &access.groups, access.threshold, tools.now, tools.random)?;
    keep_unknown(&old.groups, &mut metadata.groups);

    let mut warnings = Vec::new();
    let plain = open(format, &document, &old, &old_key, false, &mut warnings)?.text;
    metadata.last_modified = tools.now;
    metadata.mac = resealed_mac(&old, &old_key, &metadata, &key, tools)?;
    metadata.spelling = resealed_spelling(&old, &old_key, &key, &plain, tools)?;
    let mut editor = Editor::new(&document, syntax);
    let (old_cipher, new_cipher) = (Cipher::new(&old_key), Cipher::new(&key));
    let selector = old.effective_selector();
    let change = Rekey { document: &document, syntax, selector, old: old_cipher, new: new_cipher };
    change.reseal(tools.random, &mut editor)?;
    block::put(&mut editor, &document, &metadata, layout)?;
    let text = editor.finish()?;
    if reopened(format, &text, &metadata, &key)?.as_slice() != plain.as_slice() {
        return Err(Error::RoundTrip);
    }
    Ok(Rewritten { text, warnings })
}

/// The MAC says the same as before, under the new key and bound to the new date.
fn resealed_mac(
    old: &Metadata,
    old_key: &DataKey,
    new: &Metadata,
    key: &DataKey,
    tools: &Tools<'_>,
) -> Result<String, Error> {
    let mac = EncryptedValue::parse(old.mac.as_bytes())
        .and_then(|mac| Cipher::new(old_key).open(&mac, &old.mac_additional()))
        .map_err(|_| Error::Mac("it does not decrypt; it or `lastmodified` was changed"))?;
    let sealed = Cipher::new(key).seal(Kind::Str, &mac, &new.mac_additional(), tools.random);
    Ok(String::from_utf8(sealed).expect("impossible: a sealed value is ASCII"))
}

/// The exact spelling of the file under the new key, if it has one that belongs to it.
fn resealed_spelling(
    old: &Metadata,
    old_key: &DataKey,
    key: &DataKey,
    plain: &[u8],
    tools: &Tools<'_>,
) -> Result<Option<String>, Error> {
    let Some(sealed) = &old.spelling else { return Ok(None) };
    let (old_cipher, new_cipher) = (Cipher::new(old_key), Cipher::new(key));
    match spelling::reseal(&old_cipher, &new_cipher, plain, sealed, tools.random) {
        None if spelling::holds_values(sealed) => Err(Error::LostSpelling),
        resealed => Ok(resealed),
    }
}

/// What the new text opens to.
fn reopened(format: Format, text: &[u8], metadata: &Metadata, key: &DataKey) -> Result<Zeroizing<Vec<u8>>, Error> {
    let document = format.sealed().syntax().parse(text).map_err(|_| Error::RoundTrip)?;
    let read = metadata_of(&document).map_err(|_| Error::RoundTrip)?;
    if read.write() != metadata.write() {
        return Err(Error::RoundTrip);
    }
    let plain = open(format, &document, &read, key, false, &mut Vec::new()).map_err(|_| Error::RoundTrip)?;
    Ok(plain.text)
}

/// The values of one file on their way from one data key to another.
struct Rekey<'r> {
    document: &'r Document<'r>,
    syntax: &'static dyn Syntax,
    selector: Selector,
    old: Cipher,
    new: Cipher,
}

/// Places that follow each other, to be sealed together.
#[derive(Default)]
struct Window {
    /// Each with its part of the additional data.
    places: Vec<(NodeId, Range<usize>)>,
    additional: Vec<u8>,
}

impl<'r> Rekey<'r> {
    /// Puts a new ciphertext in the place of every old one.
    fn reseal(&self, random: &dyn Random, editor: &mut Editor<'r, '_>) -> Result<(), Error> {
        let mut window = Window::default();
        let mut walker = Walker::new(self.document, Side::Sealed, &self.selector);
        while let Some(visit) = walker.next() {
            let (Item::Value(Scalar::Text(text)) | Item::Comment(text)) = visit.item else { continue };
            // The file was opened: what is selected and no ciphertext is empty, or a comment in clear.
            if visit.selected && EncryptedValue::is_sealed(text) {
                let start = window.additional.len();
                window.additional.extend_from_slice(visit.additional);
                window.places.push((visit.id, start..window.additional.len()));
            }
            if window.places.len() == WINDOW || window.additional.len() >= WINDOW_BYTES {
                self.write(std::mem::take(&mut window), random, editor)?;
            }
        }
        self.write(window, random, editor)
    }

    fn write(&self, window: Window, random: &dyn Random, editor: &mut Editor<'r, '_>) -> Result<(), Error> {
        let Window { places, additional } = window;
        for run in in_shares(places, |places| self.write_run(places, &additional, random)) {
            editor.take(run?);
        }
        Ok(())
    }

    fn write_run(
        &self,
        places: Vec<(NodeId, Range<usize>)>,
        additional: &[u8],
        random: &dyn Random,
    ) -> Result<Spellings, Error> {
        let mut spellings = Spellings::new(places.len(), false);
        let nonces = Nonces::draw(random, places.len());
        let (mut opener, mut sealer) = (self.old.opener(), self.new.sealer());
        for ((id, range), nonce) in places.into_iter().zip(nonces) {
            let node = self.document.node(id);
            let (Content::Leaf { value: Scalar::Text(text), .. } | Content::Comment { text }) = &node.content else {
                continue;
            };
            let additional = &additional[range];
            // A comment that does not open was reported, and stays.
            let Ok(value) = EncryptedValue::parse(text) else { continue };
            let Ok(plain) = opener.open(&value, additional) else { continue };
            let sealed = sealer.seal(value.kind, plain, additional, nonce);
            let new = match &node.content {
                Content::Comment { .. } => New::Comment(checked_comment(self.document, id, sealed, &self.selector)?),
                _ => New::Value(Scalar::Text(sealed.into())),
            };
            spellings.add(self.document, self.syntax, id, new)?;
        }
        Ok(spellings)
    }
}
