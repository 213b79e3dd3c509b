//! Encrypting: a new file, or an edited one under the data key that it has.

use std::borrow::Cow;

use crate::cipher::{Cipher, DataKey, Kind, Mac, Nonces, Random};
use crate::document::{Content, Document, Editor, Format, New, NodeId, Scalar, Spellings, Syntax, Text};

use super::check::{Check, SealedPlace, SealedPlaces};
use super::error::Error;
use super::mac;
use super::metadata::{Metadata, WRITTEN_VERSION};
use super::open::Ciphertexts;
use super::policy::Policy;
use super::selector::Selector;
use super::shares::{Run, Shares, in_shares};
use super::spelling;
use super::typed::{kind_of, plain_of};
use super::walk::{Item, Side, Walker};
use super::warning::Warning;
use super::witness::Deed;
use super::{Encrypted, Opened, Options, Tools, block};

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
    let sealed = seal(format, &document, metadata, &key, Ciphertexts::default(), options, tools.random)?;
    recorded(sealed, tools)
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
    recorded(seal(format, &document, metadata, &opened.key, known, options, tools.random)?, tools)
}

/// Tells the witness before the result is given out.
pub(super) fn recorded<T>(sealed: T, tools: &Tools<'_>) -> Result<T, Error> {
    tools.witness.record(&[Deed::Encrypt]).map_err(Error::Unrecorded)?;
    Ok(sealed)
}

/// Whether a rule on keys can mean anything: in a binary file there is one value and no key.
fn has_keys(format: Format) -> bool {
    format == format.sealed()
}

fn check_is_plain(document: &Document<'_>) -> Result<(), Error> {
    if document.parts.iter().any(|part| part.metadata.is_some()) { Err(Error::AlreadyEncrypted) } else { Ok(()) }
}

/// What the walk finds out, while others seal.
struct Plan {
    mac: Mac,
    known: Ciphertexts,
    seals_empty: bool,
    /// The values and comments that the rule leaves in clear.
    clear: Vec<NodeId>,
    /// How many values are encrypted.
    encrypted: usize,
    /// How many values there are; empty ones and nulls are none.
    total: usize,
}

/// A place that changes.
struct Place<'d> {
    id: NodeId,
    becomes: Becomes<'d>,
}

/// What becomes of a place.
enum Becomes<'d> {
    /// A value or comment is encrypted.
    Sealed(Item<'d, 'd>),
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
    fn write_run(&self, places: &Run<Place<'_>>, random: &dyn Random) -> Result<Written, Error> {
        let Sealing { document, syntax, selector, cipher, .. } = self;
        let spellings = Spellings::new(places.len(), false);
        let mut written = Written { spellings, sealed: Vec::with_capacity(places.len()) };
        let nonces = Nonces::draw(random, places.len());
        let mut sealer = cipher.sealer();
        for ((&Place { id, ref becomes }, additional), nonce) in places.iter().zip(nonces) {
            let (kind, sealed) = match becomes {
                Becomes::Sealed(item) => {
                    let (kind, plain) = plain_of(*syntax, *item).expect("impossible: it was found to have a kind");
                    (kind, sealer.seal(kind, &plain, additional, nonce))
                }
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
                written.sealed.push(SealedPlace::new(id, at, sealed));
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
    editor.replace_unread();
    let mut sealed = SealedPlaces::default();
    let take = |run: Result<Written, Error>| {
        let run = run?;
        sealed.extend(run.sealed);
        editor.take(run.spellings, |id, start| sealed.note(id, start));
        Ok(())
    };
    let Plan { mac, clear, encrypted, total, .. } = in_shares(
        |places| sealing.write_run(&places, random),
        take,
        |shares| plan(syntax, document, &metadata, &selector, known, shares),
    )?;
    if encrypted == 0 && total > 0 && !options.allow_unmatched {
        return Err(unmatched(document, &selector, total));
    }
    sealed.leave_clear(clear);
    let mac = mac.finish();
    mac::store(&sealing.cipher, &mut metadata, mac.as_bytes(), random);
    let tree = metadata.write();
    for part in 0..document.parts.len() {
        editor.set_metadata(part, &tree, options.layout)?;
    }
    let mut text = editor.finish_noting(|id, start| sealed.note(id, start))?.unwrap_or_default();
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

fn warnings(document: &Document<'_>) -> Vec<Warning> {
    let only_spelled =
        "a key stands several times in a section; SOPS keeps the last entry alone when it rewrites the file";
    (!document.shadowed.is_empty()).then(|| Warning::Remark(only_spelled.into())).into_iter().collect()
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

/// Refuses a value or comment in clear that SOPS would read otherwise.
pub(super) fn check_in_clear(syntax: &dyn Syntax, document: &Document<'_>, id: NodeId) -> Result<(), Error> {
    match syntax.misread_in_clear(document, id) {
        None => Ok(()),
        Some(reason) if matches!(document.node(id).content, Content::Comment { .. }) => {
            Err(Error::EncryptComment { line: document.line(id), reason: reason.into() })
        }
        Some(reason) => Err(Error::EncryptValue { path: document.path(id), reason: reason.into() }),
    }
}

/// Where the walk leaves the places that change.
type Places<'s, 'scope, 'env, 'd> = Shares<'s, 'scope, 'env, Place<'d>, Result<Written, Error>, Error>;

/// Decides for every value and comment what becomes of it.
fn plan<'d>(
    syntax: &dyn Syntax,
    document: &'d Document<'_>,
    metadata: &Metadata,
    selector: &Selector,
    known: Ciphertexts,
    places: &mut Places<'_, '_, '_, 'd>,
) -> Result<Plan, Error> {
    let mut plan = Plan {
        mac: Mac::new(metadata.mac_only_encrypted),
        known,
        seals_empty: syntax.seals_empty(),
        clear: Vec::new(),
        encrypted: 0,
        total: 0,
    };
    let mut walker = Walker::new(document, Side::Plain, selector);
    while let Some(visit) = walker.next() {
        match visit.item {
            Item::Value(value) => {
                let covered = visit.selected || !metadata.mac_only_encrypted;
                if !visit.selected {
                    plan.clear.push(visit.id);
                    check_in_clear(syntax, document, visit.id)?;
                }
                if (!visit.selected || plan.stays_empty(value)) && syntax.must_be_respelled(document, visit.id) {
                    places.push(Place { id: visit.id, becomes: Becomes::Same(value.clone()) }, b"")?;
                }
                let plain =
                    if covered { canonical(syntax, document, visit.id, value)? } else { Cow::Borrowed(&b""[..]) };
                plan.mac.add(&plain);
                if let Some(kind) = plan.counted(value, visit.selected) {
                    let becomes = plan.sealed(visit.item, kind, &plain, visit.additional);
                    places.push(Place { id: visit.id, becomes }, visit.additional)?;
                }
            }
            Item::Comment(text) if visit.selected && !text.is_empty() => {
                let becomes = plan.sealed(visit.item, Kind::Comment, text, visit.additional);
                places.push(Place { id: visit.id, becomes }, visit.additional)?;
            }
            Item::Comment(_) if !visit.selected => {
                check_in_clear(syntax, document, visit.id)?;
                plan.clear.push(visit.id);
            }
            Item::Comment(_) => {}
        }
    }
    Ok(plan)
}

impl Plan {
    /// Counts a value. Returns its kind, if it is to be encrypted.
    fn counted(&mut self, value: &Scalar<'_>, selected: bool) -> Option<Kind> {
        let kind = kind_of(value)?;
        if self.stays_empty(value) {
            return None;
        }
        self.total += 1;
        self.encrypted += usize::from(selected);
        selected.then_some(kind)
    }

    /// Whether a value is an empty string that is not encrypted, selected or not.
    fn stays_empty(&self, value: &Scalar<'_>) -> bool {
        !self.seals_empty && matches!(value, Scalar::Text(text) if text.is_empty())
    }

    /// The ciphertext that this value had, or what a new one is made of.
    fn sealed<'d>(&mut self, item: Item<'d, 'd>, kind: Kind, plain: &[u8], additional: &[u8]) -> Becomes<'d> {
        match self.known.take(additional, kind, plain) {
            Some(sealed) => Becomes::Known(kind, sealed),
            None => Becomes::Sealed(item),
        }
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
        let reason = format!("has a ciphertext that matches `{}`", selector.field());
        return Err(Error::EncryptComment { line: document.line(id), reason });
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
    block::put(&mut editor, &sealed, metadata, options.layout)?;
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
