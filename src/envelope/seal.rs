//! Encrypting: a new file, or an edited one under the data key that it has.

use std::borrow::Cow;
use std::ops::Range;

use crate::cipher::{Cipher, DataKey, Kind, Mac, Nonces, Random};
use crate::document::{Document, Editor, Format, New, NodeId, Scalar, Spellings, Syntax, Text};

use super::check::{self, Check, SealedPlace};
use super::error::Error;
use super::metadata::{Metadata, WRITTEN_VERSION};
use super::open::{Ciphertexts, WINDOW, WINDOW_BYTES};
use super::policy::Policy;
use super::selector::Selector;
use super::shares::in_shares;
use super::spelling;
use super::typed::kind_of;
use super::walk::{Item, Side, Walker};
use super::{Encrypted, Opened, Options, Tools};

/// Encrypts a plaintext for the recipients of a policy, under a new data key.
///
/// # Errors
/// Nothing is encrypted unless everything is; see [`Error`].
pub fn encrypt(
    format: Format,
    text: &[u8],
    policy: &Policy,
    options: &Options,
    tools: &Tools<'_>,
) -> Result<Encrypted, Error> {
    let document = format.plain_syntax(options.reading).parse(text)?;
    check_is_plain(&document)?;
    let key = DataKey::generate(tools.random);
    let (groups, threshold) = tools.keyring.wrap(&key, &policy.groups, policy.threshold, tools.now, tools.random)?;
    let metadata = Metadata {
        groups,
        threshold,
        last_modified: tools.now,
        mac: String::new(),
        selector: has_keys(format).then(|| policy.selector.clone().unwrap_or_default()),
        mac_only_encrypted: policy.mac_only_encrypted && has_keys(format),
        version: WRITTEN_VERSION.into(),
        spelling: None,
        unknown: Vec::new(),
    };
    seal(format, &document, metadata, &key, Ciphertexts::default(), options, tools.random)
}

/// Encrypts an edited plaintext under the data key and for the recipients of the file that it came
/// from. Values that did not change keep their ciphertext.
///
/// # Errors
/// As [`encrypt`].
pub fn reencrypt(
    format: Format,
    old: &[u8],
    opened: &Opened,
    plaintext: &[u8],
    options: &Options,
    tools: &Tools<'_>,
) -> Result<Encrypted, Error> {
    let options = &Options { reading: opened.reading, ..*options };
    let document = format.plain_syntax(options.reading).parse(plaintext)?;
    check_is_plain(&document)?;
    let old = format.sealed().syntax().parse(old)?;
    let known = Ciphertexts::of(&old, &opened.metadata, &opened.key);
    let mut metadata = opened.metadata.clone();
    if has_keys(format) {
        metadata.selector = Some(metadata.effective_selector());
    }
    metadata.last_modified = tools.now;
    metadata.spelling = None;
    if is_older(&metadata.version, WRITTEN_VERSION) {
        metadata.version = WRITTEN_VERSION.into();
    }
    seal(format, &document, metadata, &opened.key, known, options, tools.random)
}

/// Whether a rule on keys can mean anything: in a binary file there is one value and no key.
fn has_keys(format: Format) -> bool {
    format == format.sealed()
}

fn check_is_plain(document: &Document<'_>) -> Result<(), Error> {
    if document.parts.iter().any(|part| part.metadata.is_some()) { Err(Error::AlreadyEncrypted) } else { Ok(()) }
}

/// What the walk gathers.
struct Plan<'d> {
    mac: Mac,
    window: Window<'d>,
    known: Ciphertexts,
    seals_empty: bool,
    /// How many values are encrypted.
    encrypted: usize,
    /// How many values there are; empty ones and nulls are none.
    total: usize,
}

/// Places that follow each other, to be sealed together.
#[derive(Default)]
struct Window<'d> {
    places: Vec<Place<'d>>,
    /// The additional data of all of them, one after the other.
    additional: Vec<u8>,
}

/// A place that changes.
struct Place<'d> {
    id: NodeId,
    becomes: Becomes<'d>,
    /// Its part of the additional data.
    additional: Range<usize>,
}

/// What becomes of a place.
enum Becomes<'d> {
    /// A value or comment is encrypted.
    Sealed(Kind, Cow<'d, [u8]>),
    /// It did not change, and keeps the ciphertext that it had.
    Known(Kind, Vec<u8>),
    /// A value is spelled anew, so that it stays what it is.
    Same(Scalar<'d>),
}

/// What a file is sealed with.
struct Sealing<'s> {
    document: &'s Document<'s>,
    syntax: &'static dyn Syntax,
    selector: &'s Selector,
    cipher: Cipher,
}

impl Sealing<'_> {
    /// Seals what is new, and spells everything for its place.
    fn write(&self, window: Window<'_>, random: &dyn Random) -> Result<Vec<Written>, Error> {
        let Window { places, additional } = window;
        in_shares(places, |places| self.write_run(places, &additional, random)).into_iter().collect()
    }

    fn write_run(&self, places: Vec<Place<'_>>, additional: &[u8], random: &dyn Random) -> Result<Written, Error> {
        let Sealing { document, syntax, selector, cipher, .. } = self;
        let spellings = Spellings::new(places.len(), false);
        let mut written = Written { spellings, sealed: Vec::with_capacity(places.len()) };
        let nonces = Nonces::draw(random, places.len());
        let mut sealer = cipher.sealer();
        for (Place { id, becomes, additional: range }, nonce) in places.into_iter().zip(nonces) {
            let (kind, sealed) = match &becomes {
                Becomes::Sealed(kind, plain) => (*kind, sealer.seal(*kind, plain, &additional[range], nonce)),
                Becomes::Known(kind, sealed) => (*kind, sealed.as_slice()),
                Becomes::Same(value) => {
                    written.spellings.add(document, *syntax, id, New::Value(value.clone()))?;
                    continue;
                }
            };
            let new = match kind {
                Kind::Comment => New::Comment(checked_comment(document, id, sealed, selector)?),
                _ => New::Value(Scalar::Text(sealed.into())),
            };
            let spelling = written.spellings.add(document, *syntax, id, new)?;
            // Behind a quote, or the header of a block: not far.
            let place = |spelling: &[u8]| (0..spelling.len()).find(|at| spelling[*at..].starts_with(sealed));
            if let Some(at) = spelling.and_then(place) {
                written.sealed.push(SealedPlace { id, at, length: sealed.len() });
            }
        }
        Ok(written)
    }
}

/// A run of places that are spelled for the encrypted file.
struct Written {
    spellings: Spellings,
    sealed: Vec<SealedPlace>,
}

fn seal(
    format: Format,
    document: &Document<'_>,
    mut metadata: Metadata,
    key: &DataKey,
    known: Ciphertexts,
    options: &Options,
    random: &dyn Random,
) -> Result<Encrypted, Error> {
    if let (Some(shadowed), false) = (document.shadowed.first(), spells(document, options)) {
        return Err(shadowed
            .refusal("without the exact spelling, only the last one can be kept; take the others out")
            .into());
    }
    let selector = metadata.effective_selector();
    let syntax = format.plain_syntax(options.reading);
    let sealing = Sealing { document, syntax, selector: &selector, cipher: Cipher::new(key) };
    let mut editor = Editor::new(document, syntax);
    editor.remove_shadowed();
    let mut sealed = Vec::new();
    let Plan { mac, encrypted, total, .. } = seal_all(syntax, document, &metadata, &selector, known, |window| {
        for run in sealing.write(window, random)? {
            editor.take(run.spellings);
            sealed.extend(run.sealed);
        }
        Ok(())
    })?;
    if encrypted == 0 && total > 0 && !options.allow_unmatched {
        return Err(unmatched(document, &selector, total));
    }
    let mac = mac.finish();
    let sealed_mac = sealing.cipher.seal(Kind::Str, mac.as_bytes(), &metadata.mac_additional(), random);
    metadata.mac = String::from_utf8(sealed_mac).expect("impossible: a sealed value is ASCII");
    let tree = metadata.write();
    for part in 0..document.parts.len() {
        editor.set_metadata(part, &tree, options.layout)?;
    }
    let mut text = check::finish(editor, &mut sealed)?;
    let check = Check { format, document, metadata: &metadata, key };
    if let Some(spelling) = check.missing_spelling(&text, &sealed, &mac, options, random)? {
        drop(sealed);
        metadata.spelling = Some(spelling);
        text = with_metadata(format, &text, &metadata, options)?;
        let check = Check { format, document, metadata: &metadata, key };
        if check.opened(&text)?.as_slice() != document.text {
            return Err(Error::RoundTrip);
        }
    }
    Ok(Encrypted { text, encrypted, total, warnings: warnings(document) })
}

fn warnings(document: &Document<'_>) -> Vec<String> {
    let only_spelled =
        "a key stands several times in a section; SOPS keeps the last entry alone when it rewrites the file";
    (!document.shadowed.is_empty()).then(|| only_spelled.into()).into_iter().collect()
}

/// The canonical bytes of a value.
pub(super) fn canonical<'v>(
    syntax: &dyn Syntax,
    document: &Document<'_>,
    id: NodeId,
    value: &'v Scalar<'_>,
) -> Result<Cow<'v, [u8]>, Error> {
    syntax.canonical(value).ok_or_else(|| Error::EncryptValue {
        path: document.path(id),
        reason:
            "is an integer beyond 64 bits with a sign: SOPS can neither encrypt nor authenticate it; put it in quotes"
                .into(),
    })
}

/// Refuses a value in clear that SOPS would read otherwise.
pub(super) fn check_in_clear(syntax: &dyn Syntax, document: &Document<'_>, id: NodeId) -> Result<(), Error> {
    match syntax.misread_in_clear(document, id) {
        Some(reason) => Err(Error::EncryptValue { path: document.path(id), reason: reason.into() }),
        None => Ok(()),
    }
}

/// Decides for every value and comment what becomes of it, and hands it over a window at a time.
fn seal_all<'d>(
    syntax: &dyn Syntax,
    document: &'d Document<'_>,
    metadata: &Metadata,
    selector: &Selector,
    known: Ciphertexts,
    mut write: impl FnMut(Window<'d>) -> Result<(), Error>,
) -> Result<Plan<'d>, Error> {
    let mut plan = Plan {
        mac: Mac::new(metadata.mac_only_encrypted),
        window: Window::default(),
        known,
        seals_empty: syntax.seals_empty(),
        encrypted: 0,
        total: 0,
    };
    let mut walker = Walker::new(document, Side::Plain, selector);
    while let Some(visit) = walker.next() {
        match visit.item {
            Item::Value(value) => {
                let covered = visit.selected || !metadata.mac_only_encrypted;
                if !visit.selected {
                    check_in_clear(syntax, document, visit.id)?;
                }
                if (!visit.selected || plan.stays_empty(value)) && syntax.must_be_respelled(document, visit.id) {
                    plan.place(visit.id, Becomes::Same(value.clone()), b"");
                }
                let plain =
                    if covered { canonical(syntax, document, visit.id, value)? } else { Cow::Borrowed(&b""[..]) };
                plan.mac.add(&plain);
                plan.value(visit.id, value, plain, visit.selected, visit.additional);
            }
            Item::Comment(text) if visit.selected && !text.is_empty() => {
                plan.seal(visit.id, Kind::Comment, Cow::Borrowed(text), visit.additional);
            }
            Item::Comment(_) => {}
        }
        if plan.window.places.len() == WINDOW || plan.window.additional.len() >= WINDOW_BYTES {
            write(std::mem::take(&mut plan.window))?;
        }
    }
    write(std::mem::take(&mut plan.window))?;
    Ok(plan)
}

impl<'d> Plan<'d> {
    fn value(&mut self, id: NodeId, value: &Scalar<'_>, plain: Cow<'d, [u8]>, selected: bool, additional: &[u8]) {
        let Some(kind) = kind_of(value) else { return };
        if self.stays_empty(value) {
            return;
        }
        self.total += 1;
        if selected {
            self.encrypted += 1;
            self.seal(id, kind, plain, additional);
        }
    }

    /// Whether a value is an empty string that is not encrypted, selected or not.
    fn stays_empty(&self, value: &Scalar<'_>) -> bool {
        !self.seals_empty && matches!(value, Scalar::Text(text) if text.is_empty())
    }

    /// The ciphertext that this value had, or a new one.
    fn seal(&mut self, id: NodeId, kind: Kind, plain: Cow<'d, [u8]>, additional: &[u8]) {
        let becomes = match self.known.take(additional, kind, &plain) {
            Some(sealed) => Becomes::Known(kind, sealed),
            None => Becomes::Sealed(kind, plain),
        };
        self.place(id, becomes, additional);
    }

    fn place(&mut self, id: NodeId, becomes: Becomes<'d>, additional: &[u8]) {
        let all = &mut self.window.additional;
        let start = all.len();
        all.extend_from_slice(additional);
        self.window.places.push(Place { id, becomes, additional: start..all.len() });
    }
}

/// With a rule on comments, a ciphertext that happens to match it would change what the rule
/// selects when the file is decrypted.
pub(super) fn checked_comment<'s>(
    document: &Document<'_>,
    id: NodeId,
    sealed: &'s [u8],
    selector: &Selector,
) -> Result<Text<'s>, Error> {
    if selector.comment_matches(sealed) {
        return Err(Error::EncryptValue {
            path: document.path(id),
            reason: format!("is a comment whose ciphertext matches `{}`", selector.field()),
        });
    }
    Ok(sealed.into())
}

/// Whether the exact spelling may be carried.
pub(super) fn spells(document: &Document<'_>, options: &Options) -> bool {
    !options.no_exact_spelling && !spelling::is_unwelcome(document)
}

/// A sealed text with other metadata.
fn with_metadata(format: Format, text: &[u8], metadata: &Metadata, options: &Options) -> Result<Vec<u8>, Error> {
    let sealed = format.sealed().syntax().parse(text).map_err(|_| Error::RoundTrip)?;
    let mut editor = Editor::new(&sealed, format.sealed().syntax());
    let tree = metadata.write();
    for part in 0..sealed.parts.len() {
        editor.set_metadata(part, &tree, options.layout)?;
    }
    Ok(editor.finish()?)
}

/// The error of a rule that hides nothing, with the key that it may have meant.
fn unmatched(document: &Document<'_>, selector: &Selector, total: usize) -> Error {
    let wanted: String = selector.text().chars().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).collect();
    let likeness = |key: &str| strsim::jaro_winkler(&wanted, key);
    let keys = document.nodes.iter().filter_map(|node| node.key.as_deref());
    let nearest = keys.max_by(|left, right| likeness(left).total_cmp(&likeness(right)));
    Error::Unmatched {
        selector: selector.field(),
        text: selector.text().to_owned(),
        total,
        nearest: nearest.filter(|key| likeness(key) > 0.6).map(str::to_owned),
    }
}

/// Whether a version number is below another; what is no version number is.
fn is_older(version: &str, than: &str) -> bool {
    let parts = |text: &str| -> Vec<u64> {
        let core = text.trim_start_matches('v').split(['-', '+']).next().unwrap_or_default();
        core.split('.').map(|part| part.parse().unwrap_or(0)).collect()
    };
    parts(version) < parts(than)
}
