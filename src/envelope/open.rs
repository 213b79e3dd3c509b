//! Decrypting: nothing is given out before every value is open and the MAC fits.

use std::collections::{HashMap, VecDeque};

use memchr::memchr2;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::error::Error;
use super::mac;
use super::metadata::Metadata;
use super::moved::open_comment;
use super::shares::{Run, in_shares};
use super::spelling;
use super::typed::unseal;
use super::walk::{Item, Side, Visit, Walker};
use super::warning::Warning;
use super::witness::Deed;
use super::{Leniency, Opened, Options, Tools};
use crate::cipher::{Cipher, DataKey, EncryptedValue, Kind, Mac, ValueError};
use crate::document::{
    Content, Document, Editor, EmitError, Format, Layout, New, Node, NodeId, Pile, Reading, Scalar, Spellings, Syntax,
};

/// Decrypts a file.
///
/// # Errors
/// Any damage, anywhere; see [`Error`].
pub fn decrypt(format: Format, text: &[u8], options: &Options, tools: &Tools<'_>) -> Result<Opened, Error> {
    let document = format.sealed().syntax().parse(text)?;
    let metadata = metadata_of(&document)?;
    let key = unwrap(&metadata, &[Deed::Decrypt], tools)?;
    let mut warnings = Vec::new();
    if metadata.version.is_empty() {
        let remark = "the metadata has no `version`: no SOPS wrote this file, and SOPS will not read it";
        warnings.push(Warning::Remark(remark.into()));
    }
    let canonical = open(format, &document, &metadata, &key, options.leniency(), &mut warnings)?;
    let text = exact(&canonical.text, &metadata, &key, options.ignore_mac)?.unwrap_or(canonical.text);
    let reading = reading_of(format, &text, &metadata, &canonical.mac, options.reading);
    Ok(Opened { text, warnings, reading, metadata, key })
}

/// Recovers the data key of a file, the one that opens its MAC, to do this with it. There is no
/// other way to a data key than past the witness.
pub(super) fn unwrap(metadata: &Metadata, deeds: &[Deed], tools: &Tools<'_>) -> Result<DataKey, Error> {
    let opens_mac = |key: &DataKey| mac::stored(&Cipher::new(key), metadata).is_ok();
    let key = tools.keyring.unwrap(&metadata.groups, metadata.threshold, &opens_mac)?;
    tools.witness.record(deeds).map_err(Error::Unrecorded)?;
    Ok(key)
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

/// The exact spelling of a file, if it has one. Without it a file that holds values only there is
/// refused, unless what somebody did to the file is to be passed over.
pub(super) fn exact(
    canonical: &[u8],
    metadata: &Metadata,
    key: &DataKey,
    ignore_mac: bool,
) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    match restored(canonical, metadata, key) {
        None if !ignore_mac && metadata.spelling.as_deref().is_some_and(spelling::holds_values) => {
            Err(Error::LostSpelling)
        }
        spelled => Ok(spelled),
    }
}

fn restored(canonical: &[u8], metadata: &Metadata, key: &DataKey) -> Option<Zeroizing<Vec<u8>>> {
    metadata.spelling.as_ref().and_then(|sealed| spelling::restore(&Cipher::new(key), canonical, sealed))
}

/// How a plaintext of INI was read when it was encrypted, which another program may have done: in
/// the reading that has the MAC of the file. For other formats, as it was asked for.
pub(super) fn reading_of(format: Format, text: &[u8], metadata: &Metadata, mac: &str, asked: Reading) -> Reading {
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
    let selector = metadata.effective_selector();
    let mut walker = Walker::new(document, Side::Plain, &selector);
    while let Some(visit) = walker.next() {
        if let Item::Value(value) = visit.item
            && (visit.selected || !metadata.mac_only_encrypted)
        {
            mac.add(&value.canonical().unwrap_or_default());
        }
    }
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
    leniency: Leniency,
    warnings: &mut Vec<Warning>,
) -> Result<Canonical, Error> {
    if format != format.sealed() {
        return open_envelope(format, document, metadata, key, leniency, warnings);
    }
    let mut output = Plaintext::new(document, format);
    let mac = unseal_all(format, document, metadata, key, leniency, warnings, &mut output)?;
    Ok(Canonical { text: output.finish()?, mac })
}

/// The plaintext of a format whose sealed files are of another: its values are opened first and
/// printed then, since the other format may not be able to hold them.
fn open_envelope(
    format: Format,
    document: &Document<'_>,
    metadata: &Metadata,
    key: &DataKey,
    leniency: Leniency,
    warnings: &mut Vec<Warning>,
) -> Result<Canonical, Error> {
    let (mut values, parts) = (Values(document.nodes.clone()), document.parts.clone());
    let mac = unseal_all(format, document, metadata, key, leniency, warnings, &mut values)?;
    let root = parts[0].root;
    let plain = Document { text: document.text, nodes: values.0, parts, ..Document::default() };
    let text = Zeroizing::new(format.syntax().emit(&plain, root, Layout::default())?);
    Ok(Canonical { text, mac })
}

/// What is made of opened values. Runs of them are put together on several threads, and taken over
/// in order. What was taken over must not be used before the MAC was checked.
pub(super) trait Output {
    /// Puts runs together.
    type Maker: Maker;

    /// A maker for the runs of this.
    fn maker(&self) -> Self::Maker;

    /// Takes over a run.
    fn take(&mut self, run: <Self::Maker as Maker>::Run);
}

/// Puts runs of opened values together, on any thread.
pub(super) trait Maker: Sync {
    /// What a run comes to.
    type Run: Send;

    /// The start of a run, with room for so many values.
    fn run(&self, values: usize) -> Self::Run;

    /// Adds the next value.
    fn put(&self, run: &mut Self::Run, id: NodeId, new: New<'_>) -> Result<(), EmitError>;
}

/// The text of the document with its values in clear, and without metadata.
pub(super) struct Plaintext<'d, 't> {
    document: &'d Document<'t>,
    syntax: &'static dyn Syntax,
    editor: Editor<'d, 't>,
}

impl<'d, 't> Plaintext<'d, 't> {
    pub(super) fn new(document: &'d Document<'t>, format: Format) -> Self {
        Self::towards(document, format, b"")
    }

    /// The same where the plaintext is expected to be this one.
    pub(super) fn towards(document: &'d Document<'t>, format: Format, like: &'d [u8]) -> Self {
        let syntax = format.syntax();
        Plaintext { document, syntax, editor: Editor::towards(document, syntax, like) }
    }

    pub(super) fn finish(mut self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.remove_metadata();
        Ok(Zeroizing::new(self.editor.finish()?))
    }

    /// None if it is the expected text.
    pub(super) fn finish_unless_same(mut self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        self.remove_metadata();
        Ok(self.editor.finish_noting(|_, _| ())?.map(Zeroizing::new))
    }

    fn remove_metadata(&mut self) {
        (0..self.document.parts.len()).for_each(|part| self.editor.remove_metadata(part));
    }
}

/// Spells values for their places in a document.
pub(super) struct Speller<'d, 't> {
    document: &'d Document<'t>,
    syntax: &'static dyn Syntax,
}

impl Maker for Speller<'_, '_> {
    type Run = Spellings;

    fn run(&self, values: usize) -> Spellings {
        Spellings::new(values, true)
    }

    fn put(&self, run: &mut Spellings, id: NodeId, new: New<'_>) -> Result<(), EmitError> {
        run.add(self.document, self.syntax, id, new).map(drop)
    }
}

impl<'d, 't> Output for Plaintext<'d, 't> {
    type Maker = Speller<'d, 't>;

    fn maker(&self) -> Speller<'d, 't> {
        Speller { document: self.document, syntax: self.syntax }
    }

    fn take(&mut self, run: Spellings) {
        self.editor.take(run, |_, _| ());
    }
}

/// The nodes of the document with their values in clear.
struct Values<'t>(Vec<Node<'t>>);

/// Keeps values as they are.
struct Keeper;

impl Maker for Keeper {
    type Run = Vec<(NodeId, Scalar<'static>)>;

    fn run(&self, values: usize) -> Self::Run {
        Vec::with_capacity(values)
    }

    fn put(&self, run: &mut Self::Run, id: NodeId, new: New<'_>) -> Result<(), EmitError> {
        if let New::Value(value) = new {
            run.push((id, value.into_owned()));
        }
        Ok(())
    }
}

impl Output for Values<'_> {
    type Maker = Keeper;

    fn maker(&self) -> Keeper {
        Keeper
    }

    fn take(&mut self, run: Vec<(NodeId, Scalar<'static>)>) {
        for (id, new) in run {
            if let Content::Leaf { value, .. } = &mut self.0[id.index()].content {
                *value = new;
            }
        }
    }
}

/// Opens every sealed value and comment, checks the MAC, and hands over what they hold. Returns
/// the MAC of the values.
fn unseal_all(
    format: Format,
    document: &Document<'_>,
    metadata: &Metadata,
    key: &DataKey,
    leniency: Leniency,
    warnings: &mut Vec<Warning>,
    output: &mut impl Output,
) -> Result<String, Error> {
    let syntax = format.syntax();
    let cipher = Cipher::new(key);
    let mut mac = Mac::new(metadata.mac_only_encrypted);
    let mut damaged = Vec::new();
    let maker = output.maker();
    let work = |steps| OpenedRun::of(&steps, syntax, document, &cipher, &maker, leniency);
    let take = |run: Result<OpenedRun<_>, Error>| {
        let run = run?;
        run.counted.chunks().for_each(|chunk| mac.add(chunk));
        damaged.extend(run.damaged);
        output.take(run.output);
        Ok::<(), Error>(())
    };
    in_shares(work, take, |shares| {
        let selector = metadata.effective_selector();
        let mut walker = Walker::new(document, Side::Sealed, &selector);
        while let Some(visit) = walker.next() {
            let step = step(metadata, &visit).map_err(|error| refused(document, visit.id, error))?;
            if let Some(step) = step {
                let is_opened = !matches!(step.does, Does::Count);
                shares.push(step, if is_opened { visit.additional } else { b"" })?;
            }
        }
        Ok(())
    })?;
    if let Some((first, error)) = damaged.first() {
        let (line, others) = (document.line(*first), damaged.len() - 1);
        warnings.push(Warning::DamagedComments { line, reason: error.to_string(), others });
    }
    let mac = mac.finish();
    if !leniency.ignore_mac {
        mac::check(&cipher, metadata, &mac)?;
    }
    Ok(mac)
}

/// What is to be done with a leaf or comment.
struct Step {
    id: NodeId,
    does: Does,
}

/// See [`Step`].
enum Does {
    /// A selected value is opened.
    Open,
    /// A selected comment is, if it is sealed.
    OpenComment,
    /// A value in clear stays, and counts for the MAC.
    Count,
}

/// What is to be done with what the walk meets, if anything.
fn step(metadata: &Metadata, visit: &Visit<'_, '_, '_>) -> Result<Option<Step>, ValueError> {
    let does = match visit.item {
        Item::Value(Scalar::Null) => return Ok(None),
        Item::Value(_) if !visit.selected && metadata.mac_only_encrypted => return Ok(None),
        Item::Value(_) if !visit.selected => Does::Count,
        Item::Value(Scalar::Text(text)) if text.is_empty() => return Ok(None),
        Item::Value(Scalar::Text(_)) => Does::Open,
        Item::Value(_) => return Err(ValueError::NotSealed),
        Item::Comment(_) if visit.selected => Does::OpenComment,
        Item::Comment(_) => return Ok(None),
    };
    Ok(Some(Step { id: visit.id, does }))
}

/// Whether every value that is to be encrypted looks as if it were. Needs no key, and knows nothing of
/// what is sealed: a file that opens is always of this kind.
///
/// # Errors
/// A value stands in clear, or could; which one.
pub fn check_sealed(format: Format, text: &[u8]) -> Result<(), Error> {
    let document = format.sealed().syntax().parse(text)?;
    let metadata = metadata_of(&document)?;
    if let Some(shadowed) = document.shadowed.first() {
        return Err(shadowed.refusal("only the last one is encrypted; take the others out").into());
    }
    let selector = metadata.effective_selector();
    let mut walker = Walker::new(&document, Side::Sealed, &selector);
    while let Some(visit) = walker.next() {
        let checked = step(&metadata, &visit).and_then(|step| match (step, visit.item) {
            (Some(Step { does: Does::Open, .. }), Item::Value(Scalar::Text(text))) => {
                EncryptedValue::parse(text).map(drop)
            }
            _ => Ok(()),
        });
        checked.map_err(|error| refused(&document, visit.id, error))?;
    }
    Ok(())
}

/// What a run of steps comes to.
struct OpenedRun<R> {
    /// The bytes that the MAC is made of; it has no separators.
    counted: Pile,
    /// The comments that did not open.
    damaged: Vec<(NodeId, ValueError)>,
    output: R,
}

impl<R> OpenedRun<R> {
    fn of<M: Maker<Run = R>>(
        steps: &Run<Step>,
        syntax: &dyn Syntax,
        document: &Document<'_>,
        cipher: &Cipher,
        maker: &M,
        leniency: Leniency,
    ) -> Result<Self, Error> {
        let mut run = OpenedRun { counted: Pile::new(true), damaged: Vec::new(), output: maker.run(steps.len()) };
        let mut opener = cipher.opener();
        for (&Step { id, ref does }, additional) in steps.iter() {
            let node = document.node(id);
            let text = match &node.content {
                Content::Leaf { value, .. } if matches!(does, Does::Count) => {
                    run.count(syntax, document, id, value)?;
                    continue;
                }
                Content::Leaf { value: Scalar::Text(text), .. } | Content::Comment { text } => text,
                _ => continue,
            };
            let sealed = EncryptedValue::parse(text).and_then(|value| match (does, value.kind) {
                (Does::Open, _) | (_, Kind::Comment) => Ok(value),
                (_, other) => Err(ValueError::WrongType(other.name())),
            });
            let sealed = match sealed {
                Ok(sealed) => sealed,
                // A comment in clear.
                Err(_) if matches!(node.content, Content::Comment { .. }) => continue,
                Err(error) => return Err(refused(document, id, error)),
            };
            let opened = match does {
                Does::OpenComment => open_comment(&mut opener, &sealed, additional),
                _ => opener.open(&sealed, additional),
            };
            let opened = opened.and_then(|plain| unseal(sealed.kind, plain));
            match opened {
                Ok(new) => {
                    if let New::Value(value) = &new {
                        run.count(syntax, document, id, value)?;
                    }
                    maker.put(&mut run.output, id, new)?;
                }
                Err(error) if matches!(node.content, Content::Comment { .. }) => {
                    // The MAC does not cover it: only its own tag tells that somebody changed it.
                    if !leniency.keep_damaged_comments {
                        return Err(Error::DecryptComment { line: document.line(id), reason: error.to_string() });
                    }
                    run.damaged.push((id, error));
                }
                Err(error) => return Err(refused(document, id, error)),
            }
        }
        Ok(run)
    }

    /// Adds a value to what the MAC is made of.
    fn count(
        &mut self,
        syntax: &dyn Syntax,
        document: &Document<'_>,
        id: NodeId,
        value: &Scalar<'_>,
    ) -> Result<(), Error> {
        let bytes = syntax.canonical(value).ok_or_else(|| Error::DecryptValue {
            path: document.path(id),
            reason: "is an integer beyond 64 bits with a sign, which cannot be authenticated".into(),
        })?;
        self.counted.push(&bytes);
        Ok(())
    }
}

fn refused(document: &Document<'_>, id: NodeId, error: ValueError) -> Error {
    Error::DecryptValue { path: document.path(id), reason: error.to_string() }
}

/// The ciphertexts of a file by what they hold and where. Equal elements of a list have one each,
/// in order.
#[derive(Default)]
pub(super) struct Ciphertexts(HashMap<[u8; 32], VecDeque<Vec<u8>>>);

impl Ciphertexts {
    /// Those of a document that opened before.
    pub(super) fn of(document: &Document<'_>, metadata: &Metadata, key: &DataKey) -> Self {
        let cipher = Cipher::new(key);
        let mut opener = cipher.opener();
        let mut found = Ciphertexts::default();
        let selector = metadata.effective_selector();
        let mut walker = Walker::new(document, Side::Sealed, &selector);
        while let Some(visit) = walker.next() {
            let (Item::Value(Scalar::Text(text)) | Item::Comment(text)) = visit.item else { continue };
            if let Ok(sealed) = EncryptedValue::parse(text)
                && let Ok(plain) = opener.open(&sealed, visit.additional)
            {
                let known = found.0.entry(fingerprint(visit.additional, sealed.kind, plain)).or_default();
                known.push_back(text.to_vec());
            }
        }
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
