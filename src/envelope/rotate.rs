//! Changes the data key of a file: every ciphertext is made anew in its place, and the new key is
//! given to the recipients. Nothing else outside of the metadata block changes.

use crate::cipher::{Cipher, DataKey, EncryptedValue, Kind, Nonces, Random};
use crate::document::{Content, Document, Editor, Format, New, NodeId, Scalar, Spellings, Syntax};
use crate::recipient::Access;
use crate::recipient::stored::keep_unknown;

use super::error::Error;
use super::mac;
use super::metadata::Metadata;
use super::moved::open_comment;
use super::open::{metadata_of, open};
use super::rewrap::data_key;
use super::seal::checked_comment;
use super::selector::Selector;
use super::shares::{Run, in_shares};
use super::walk::{Item, Side, Walker};
use super::witness::Deed;
use super::{Leniency, Options, Rewritten, Tools, block, check, spelling};

/// Encrypts a file under a new data key, for the recipients given. It must open and its MAC must
/// fit. The version that it records stays, as in SOPS.
///
/// # Errors
/// Any damage, or a recipient that does not work; see [`Error`].
pub fn rotate(
    format: Format,
    text: &[u8],
    access: &Access,
    options: &Options,
    tools: &Tools<'_>,
) -> Result<Rewritten, Error> {
    let syntax = format.sealed().syntax();
    let document = syntax.parse(text)?;
    let old = metadata_of(&document)?;
    let old_key = data_key(&old, &[Deed::Rotate, Deed::Decrypt, Deed::Encrypt], tools)?;
    let key = DataKey::generate(tools.random);
    // Whatever is wrong with a recipient is told before the work is done.
    let mut metadata = old.clone();
    (metadata.groups, metadata.threshold) =
        tools.keyring.wrap(&key, &access.groups, access.threshold, tools.now, tools.random)?;
    keep_unknown(&old.groups, &mut metadata.groups);

    // A MAC that does not fit would look as good as new.
    let leniency = Leniency { ignore_mac: false, ..options.leniency() };
    let mut warnings = Vec::new();
    let plain = open(format, &document, &old, &old_key, leniency, &mut warnings)?.text;
    metadata.last_modified = tools.now;
    let (old_cipher, new_cipher) = (Cipher::new(&old_key), Cipher::new(&key));
    // It says the same as before.
    mac::store(&new_cipher, &mut metadata, &mac::stored(&old_cipher, &old)?, tools.random);
    metadata.spelling = resealed_spelling(&old, &old_cipher, &new_cipher, &plain, tools)?;
    let mut editor = Editor::new(&document, syntax);
    let selector = old.effective_selector();
    let change = Rekey { document: &document, syntax, selector, old: old_cipher, new: new_cipher };
    change.reseal(tools.random, &mut editor)?;
    block::put(&mut editor, &document, &metadata, options.layout)?;
    let text = editor.finish()?;
    if *check::reopened(format, &text, &metadata, &key, leniency.keep_damaged_comments)? != *plain {
        return Err(Error::RoundTrip);
    }
    Ok(Rewritten { text, warnings })
}

/// The exact spelling of the file under the new key, if it has one that belongs to it.
fn resealed_spelling(
    old: &Metadata,
    old_cipher: &Cipher,
    new_cipher: &Cipher,
    plain: &[u8],
    tools: &Tools<'_>,
) -> Result<Option<String>, Error> {
    let Some(sealed) = &old.spelling else { return Ok(None) };
    match spelling::reseal(old_cipher, new_cipher, plain, sealed, tools.random) {
        None if spelling::holds_values(sealed) => Err(Error::LostSpelling),
        resealed => Ok(resealed),
    }
}

/// The values of one file on their way from one data key to another.
struct Rekey<'r> {
    document: &'r Document<'r>,
    syntax: &'static dyn Syntax,
    selector: Selector,
    old: Cipher,
    new: Cipher,
}

impl<'r> Rekey<'r> {
    /// Puts a new ciphertext in the place of every old one.
    fn reseal(&self, random: &dyn Random, editor: &mut Editor<'r, '_>) -> Result<(), Error> {
        let work = |places| self.write_run(&places, random);
        let take = |run: Result<Spellings, Error>| {
            editor.take(run?, |_, _| ());
            Ok(())
        };
        in_shares(work, take, |shares| {
            let mut walker = Walker::new(self.document, Side::Sealed, &self.selector);
            while let Some(visit) = walker.next() {
                let (Item::Value(Scalar::Text(text)) | Item::Comment(text)) = visit.item else { continue };
                // The file was opened: what is selected and no ciphertext is empty, or a comment in clear.
                if visit.selected && EncryptedValue::is_sealed(text) {
                    shares.push(visit.id, visit.additional)?;
                }
            }
            Ok(())
        })
    }

    fn write_run(&self, places: &Run<NodeId>, random: &dyn Random) -> Result<Spellings, Error> {
        let mut spellings = Spellings::new(places.len(), false);
        let nonces = Nonces::draw(random, places.len());
        let (mut opener, mut sealer) = (self.old.opener(), self.new.sealer());
        for ((&id, additional), nonce) in places.iter().zip(nonces) {
            let node = self.document.node(id);
            let (Content::Leaf { value: Scalar::Text(text), .. } | Content::Comment { text }) = &node.content else {
                continue;
            };
            // A comment that does not open was reported, and stays.
            let Ok(value) = EncryptedValue::parse(text) else { continue };
            let plain = match value.kind {
                Kind::Comment => open_comment(&mut opener, &value, additional),
                _ => opener.open(&value, additional),
            };
            let Ok(plain) = plain else { continue };
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
