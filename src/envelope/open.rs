//! Decrypting: nothing is given out before every value is open and the MAC fits.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;

use memchr::memchr2;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::cipher::{Batch, Cipher, DataKey, EncryptedValue, Kind, Mac, ValueError};
use crate::document::{Content, Document, Editor, Format, Layout, New, Node, NodeId, Reading, Scalar, Syntax, Text};
use crate::recipient::NoDataKey;

use super::error::Error;
use super::metadata::Metadata;
use super::spelling;
use super::typed::{Unsealed, unseal};
use super::walk::{Item, Side, Visit, walk};
use super::{Opened, Options, Tools};

/// Decrypts a file.
///
/// # Errors
/// Any damage, anywhere; see [`Error`].
pub fn decrypt(format: Format, text: &[u8], options: &Options, tools: &Tools<'_>) -> Result<Opened, Error> {
    let document = format.sealed().syntax().parse(text)?;
    let metadata = metadata_of(&document)?;
    let key = unwrap(&metadata, tools)?;
    let mut warnings = Vec::new();
    if metadata.version.is_empty() {
        warnings.push("the metadata has no `version`: no SOPS wrote this file, and SOPS will not read it".into());
    }
    let canonical = open(format, &document, &metadata, &key, options.ignore_mac, &mut warnings)?;
    let text = match restored(&canonical.text, &metadata, &key) {
        Some(text) => text,
        None if options.ignore_mac || !metadata.spelling.as_deref().is_some_and(spelling::holds_values) => {
            canonical.text
        }
        None => return Err(Error::LostSpelling),
    };
    let reading = reading_of(format, &text, &metadata, &canonical.mac, options.reading);
    Ok(Opened { text, warnings, reading, metadata, key })
}

/// Recovers the data key of a file: the one that opens its MAC.
pub(super) fn unwrap(metadata: &Metadata, tools: &Tools<'_>) -> Result<DataKey, NoDataKey> {
    let opens_mac = |key: &DataKey| {
        EncryptedValue::parse(metadata.mac.as_bytes())
            .is_ok_and(|mac| Cipher::new(key).open(&mac, &metadata.mac_additional()).is_ok())
    };
    tools.keyring.unwrap(&metadata.groups, metadata.threshold, &opens_mac)
}

/// The metadata of a file: that of its first document.
pub(super) fn metadata_of(document: &Document<'_>) -> Result<Metadata, Error> {
    let block = document.parts.first().and_then(|part| part.metadata.as_ref()).ok_or(Error::NoMetadata)?;
    Metadata::read(&block.tree)
}

/// The plaintext in the spelling that the file carries, if it carries one that belongs to it.
pub(super) fn as_spelled(canonical: Zeroizing<Vec<u8>>, metadata: &Metadata, key: &DataKey) -> Zeroizing<Vec<u8>> {
    restored(&canonical, metadata, key).unwrap_or(canonical)
}

fn restored(canonical: &[u8], metadata: &Metadata, key: &DataKey) -> Option<Zeroizing<Vec<u8>>> {
    metadata.spelling.as_ref().and_then(|sealed| spelling::restore(&Cipher::new(key), canonical, sealed))
}

/// How a plaintext of INI was read when it was encrypted, which another program may have done: in
/// the reading that has the MAC of the file. For other formats, as it was asked for.
fn reading_of(format: Format, text: &[u8], metadata: &Metadata, mac: &str, asked: Reading) -> Reading {
    if format != Format::Ini {
        return asked;
    }
    let fits = |reading| {
        let document = format.plain_syntax(reading).parse(text);
        document.is_ok_and(|document| mac_of_plain(&document, metadata) == mac)
    };
    let differs = memchr2(b'#', b';', text).is_some() && !fits(Reading::Own) && fits(Reading::Sops);
    if differs { Reading::Sops } else { Reading::Own }
}

/// The MAC of a plaintext.
fn mac_of_plain(document: &Document<'_>, metadata: &Metadata) -> String {
    let mut mac = Mac::new(metadata.mac_only_encrypted);
    let never: Result<(), Infallible> = walk(document, Side::Plain, &metadata.effective_selector(), |visit| {
        if let Item::Value(value) = visit.item
            && (visit.selected || !metadata.mac_only_encrypted)
        {
            mac.add(&value.canonical().unwrap_or_default());
        }
        Ok(())
    });
    let Ok(()) = never;
    mac.finish()
}

/// What a sealed text opens to.
pub(super) struct Canonical {
    /// The plaintext, without the exact spelling.
    pub(super) text: Zeroizing<Vec<u8>>,
    /// The MAC of its values.
    pub(super) mac: String,
}

/// The plaintext of a document whose data key is known.
pub(super) fn open(
    format: Format,
    document: &Document<'_>,
    metadata: &Metadata,
    key: &DataKey,
    ignore_mac: bool,
    warnings: &mut Vec<String>,
) -> Result<Canonical, Error> {
    if format != format.sealed() {
        return open_envelope(format, document, metadata, key, ignore_mac, warnings);
    }
    let mut editor = Editor::new(document, format.syntax());
    let mac =
        unseal_all(format, document, metadata, key, ignore_mac, warnings, |id, new| Ok(editor.replace(id, new)?))?;
    for part in 0..document.parts.len() {
        editor.remove_metadata(part);
    }
    Ok(Canonical { text: Zeroizing::new(editor.finish()?), mac })
}

/// The plaintext of a format whose sealed files are of another: its values are opened first and
/// printed then, since the other format may not be able to hold them.
fn open_envelope(
    format: Format,
    document: &Document<'_>,
    metadata: &Metadata,
    key: &DataKey,
    ignore_mac: bool,
    warnings: &mut Vec<String>,
) -> Result<Canonical, Error> {
    let (mut nodes, parts) = (document.nodes.clone(), document.parts.clone());
    let mac = unseal_all(format, document, metadata, key, ignore_mac, warnings, |id, new| {
        let node: &mut Node<'_> = &mut nodes[id.index()];
        if let (Content::Leaf { value, .. }, New::Value(new)) = (&mut node.content, new) {
            *value = new;
        }
        Ok(())
    })?;
    let root = parts[0].root;
    let plain = Document { text: document.text, nodes, parts, aliases: Vec::new(), shadowed: Vec::new() };
    let text = Zeroizing::new(format.syntax().emit(&plain, root, Layout::default())?);
    Ok(Canonical { text, mac })
}

/// How many values are opened at once: enough for all processors, and few enough that they take
/// little memory beside the text.
pub(super) const WINDOW: usize = 16 << 10;

/// Opens every sealed value and comment, checks the MAC, and hands over what they hold. What was
/// handed over must not be used before this returns. Returns the MAC of the values.
fn unseal_all(
    format: Format,
    document: &Document<'_>,
    metadata: &Metadata,
    key: &DataKey,
    ignore_mac: bool,
    warnings: &mut Vec<String>,
    mut put: impl FnMut(NodeId, New<'static>) -> Result<(), Error>,
) -> Result<String, Error> {
    let syntax = format.syntax();
    let mut mac = Mac::new(metadata.mac_only_encrypted);
    let mut window = Window::default();
    walk(document, Side::Sealed, &metadata.effective_selector(), |visit| {
        window.add(document, metadata, &visit)?;
        if window.steps.len() < WINDOW {
            return Ok(());
        }
        std::mem::take(&mut window).open(syntax, document, key, &mut mac, warnings, &mut put)
    })?;
    window.open(syntax, document, key, &mut mac, warnings, &mut put)?;
    let mac = mac.finish();
    if !ignore_mac {
        check_mac(&Cipher::new(key), metadata, &mac)?;
    }
    Ok(mac)
}

/// Leaves and comments that follow each other, to be opened together.
#[derive(Default)]
struct Window<'d> {
    steps: Vec<Step>,
    sealed: Batch<EncryptedValue<'d>>,
}

/// What is to be done with a leaf or comment once the window is open.
enum Step {
    /// A selected value, and its place among the sealed ones.
    Value(NodeId, usize),
    /// A selected comment, likewise.
    Comment(NodeId, usize),
    /// A value that stays, and counts for the MAC.
    Clear(NodeId),
}

impl<'d> Window<'d> {
    /// Takes the next leaf or comment in.
    fn add(&mut self, document: &Document<'_>, metadata: &Metadata, visit: &Visit<'_, 'd, '_>) -> Result<(), Error> {
        let refuse = |error| refused(document, visit.id, error);
        match visit.item {
            Item::Value(Scalar::Null) => {}
            Item::Value(_) if !visit.selected => {
                if !metadata.mac_only_encrypted {
                    self.steps.push(Step::Clear(visit.id));
                }
            }
            Item::Value(Scalar::Text(text)) if text.is_empty() => {}
            Item::Value(Scalar::Text(text)) => {
                let value = EncryptedValue::parse(text).map_err(refuse)?;
                self.steps.push(Step::Value(visit.id, self.sealed.add(value, visit.additional)));
            }
            Item::Value(_) => return Err(refuse(ValueError::NotSealed)),
            Item::Comment(text) => match EncryptedValue::parse(text).and_then(only_comment) {
                Ok(value) if visit.selected => {
                    self.steps.push(Step::Comment(visit.id, self.sealed.add(value, visit.additional)));
                }
                Err(error) if matches!(document.node(visit.id).content, Content::Leaf { .. }) => {
                    return Err(refuse(error));
                }
                _ => {}
            },
        }
        Ok(())
    }

    /// Opens what is sealed, adds the values to the MAC, and hands them over.
    fn open(
        self,
        syntax: &dyn Syntax,
        document: &Document<'_>,
        key: &DataKey,
        mac: &mut Mac,
        warnings: &mut Vec<String>,
        put: &mut impl FnMut(NodeId, New<'static>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut opened = self.sealed.open(key);
        let mut take = |at: usize| std::mem::replace(&mut opened[at], Err(ValueError::NotSealed));
        for step in self.steps {
            match step {
                Step::Clear(id) => {
                    if let Content::Leaf { value, .. } = &document.node(id).content {
                        hash(mac, syntax, document, id, value)?;
                    }
                }
                Step::Value(id, at) => {
                    let kind = self.sealed.value(at).kind;
                    match take(at)
                        .and_then(|plain| unseal(kind, plain))
                        .map_err(|error| refused(document, id, error))?
                    {
                        Unsealed::Comment(text) => put(id, New::Comment(text))?,
                        Unsealed::Value(plain) => {
                            hash(mac, syntax, document, id, &plain)?;
                            put(id, New::Value(plain))?;
                        }
                    }
                }
                Step::Comment(id, at) => match take(at) {
                    Ok(text) => put(id, New::Comment(Text::Owned(text)))?,
                    // A comment among the values; the MAC does not cover it.
                    Err(error) if matches!(document.node(id).content, Content::Leaf { .. }) => {
                        return Err(refused(document, id, error));
                    }
                    Err(error) => warnings.push(format!("a comment {error}; it was left as it is")),
                },
            }
        }
        Ok(())
    }
}

/// A comment must have been sealed as one.
fn only_comment(value: EncryptedValue<'_>) -> Result<EncryptedValue<'_>, ValueError> {
    if value.kind == Kind::Comment { Ok(value) } else { Err(ValueError::WrongType(value.kind.name())) }
}

/// Adds a value to the MAC.
fn hash(
    mac: &mut Mac,
    syntax: &dyn Syntax,
    document: &Document<'_>,
    id: NodeId,
    value: &Scalar<'_>,
) -> Result<(), Error> {
    let bytes = syntax.canonical(value).ok_or_else(|| Error::DecryptValue {
        path: document.path(id),
        reason: "is an integer beyond 64 bits with a sign, which cannot be authenticated".into(),
    })?;
    mac.add(&bytes);
    Ok(())
}

fn refused(document: &Document<'_>, id: NodeId, error: ValueError) -> Error {
    Error::DecryptValue { path: document.path(id), reason: error.to_string() }
}

/// Compares the MAC of the file with that of its values.
fn check_mac(cipher: &Cipher, metadata: &Metadata, computed: &str) -> Result<(), Error> {
    if metadata.mac.is_empty() {
        return Err(Error::Mac("the file has none"));
    }
    let stored = EncryptedValue::parse(metadata.mac.as_bytes())
        .and_then(|sealed| cipher.open(&sealed, &metadata.mac_additional()))
        .map_err(|_| Error::Mac("it does not decrypt; it or `lastmodified` was changed"))?;
    if stored.as_slice() == computed.as_bytes() {
        Ok(())
    } else {
        Err(Error::Mac("values were added, removed, moved or changed without the data key"))
    }
}

/// The ciphertexts of a file by what they hold and where. Equal elements of a list have one each,
/// in order.
#[derive(Default)]
pub(super) struct Ciphertexts(HashMap<[u8; 32], VecDeque<Vec<u8>>>);

impl Ciphertexts {
    /// Those of a document that opened before.
    pub(super) fn of(document: &Document<'_>, metadata: &Metadata, key: &DataKey) -> Self {
        let cipher = Cipher::new(key);
        let mut found = Ciphertexts::default();
        let never: Result<(), Infallible> = walk(document, Side::Sealed, &metadata.effective_selector(), |visit| {
            let (Item::Value(Scalar::Text(text)) | Item::Comment(text)) = visit.item else { return Ok(()) };
            if let Ok(sealed) = EncryptedValue::parse(text)
                && let Ok(plain) = cipher.open(&sealed, visit.additional)
            {
                let known = found.0.entry(fingerprint(visit.additional, sealed.kind, &plain)).or_default();
                known.push_back(text.to_vec());
            }
            Ok(())
        });
        let Ok(()) = never;
        found
    }

    /// The ciphertext of an unchanged value, if there is one left.
    pub(super) fn take(&mut self, additional: &[u8], kind: Kind, plain: &[u8]) -> Option<Vec<u8>> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get_mut(&fingerprint(additional, kind, plain))?.pop_front()
    }
}

/// A hash in place of the plaintext, so that no copy of it is kept in the table.
fn fingerprint(additional: &[u8], kind: Kind, plain: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((additional.len() as u64).to_le_bytes());
    hash.update(additional);
    hash.update(kind.name());
    hash.update(b":");
    hash.update(plain);
    hash.finalize().into()
}
