//! Encrypting: a new file, or an edited one under the data key that it has.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::cipher::{Batch, Cipher, DataKey, Kind, Mac, Random};
use crate::document::{Document, Editor, Event, Format, New, NodeId, Scalar, Syntax, Text};

use super::error::Error;
use super::metadata::{Metadata, WRITTEN_VERSION};
use super::open::{Ciphertexts, WINDOW, as_spelled, metadata_of, open};
use super::policy::Policy;
use super::selector::Selector;
use super::spelling;
use super::typed::kind_of;
use super::walk::{Item, Side, walk};
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
    places: Vec<(NodeId, What<'d>)>,
    fresh: Batch<(Kind, Cow<'d, [u8]>)>,
}

impl<'d> Window<'d> {
    /// Seals what is new, and puts everything in its place.
    fn write(
        self,
        document: &'d Document<'_>,
        selector: &Selector,
        key: &DataKey,
        random: &dyn Random,
        editor: &mut Editor<'d, '_, 'd>,
    ) -> Result<(), Error> {
        let mut fresh = self.fresh.seal(key, random);
        let mut sealed = |ciphertext| match ciphertext {
            Ciphertext::Known(sealed) => sealed,
            Ciphertext::Fresh(number) => std::mem::take(&mut fresh[number]),
        };
        for (id, what) in self.places {
            let new = match what {
                What::Value(ciphertext) => New::Value(Scalar::Text(sealed(ciphertext).into())),
                What::Comment(ciphertext) => New::Comment(checked_comment(document, id, sealed(ciphertext), selector)?),
                What::Same(value) => New::Value(value),
            };
            editor.replace(id, new)?;
        }
        Ok(())
    }
}

/// What becomes of a place.
enum What<'d> {
    /// A value is encrypted.
    Value(Ciphertext),
    /// A comment is.
    Comment(Ciphertext),
    /// A value is spelled anew, so that it stays what it is.
    Same(Scalar<'d>),
}

/// Where the ciphertext of a place comes from.
enum Ciphertext {
    /// The value did not change, and keeps it.
    Known(Vec<u8>),
    /// It is the one with this number among the new ones.
    Fresh(usize),
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
    let mut editor = Editor::new(document, syntax);
    editor.remove_shadowed();
    let Plan { mac, encrypted, total, .. } = seal_all(syntax, document, &metadata, &selector, known, |window| {
        window.write(document, &selector, key, random, &mut editor)
    })?;
    if encrypted == 0 && total > 0 && !options.allow_unmatched {
        return Err(unmatched(document, &selector, total));
    }
    let mac = mac.finish();
    let sealed = Cipher::new(key).seal(Kind::Str, mac.as_bytes(), &metadata.mac_additional(), random);
    metadata.mac = String::from_utf8(sealed).expect("impossible: a sealed value is ASCII");
    let tree = metadata.write();
    for part in 0..document.parts.len() {
        editor.set_metadata(part, &tree, options.layout)?;
    }
    let mut text = editor.finish()?;
    if let Some(spelling) = check_opens(format, &text, document, &metadata, key, options, random)? {
        metadata.spelling = Some(spelling);
        text = with_metadata(format, &text, &metadata, options)?;
        if opened(format, &text, &metadata, key)?.as_slice() != document.text {
            return Err(Error::RoundTrip);
        }
    }
    Ok(Encrypted { text, encrypted, total, warnings: Vec::new() })
}

/// The canonical bytes of a value.
fn canonical<'v>(
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
fn check_in_clear(syntax: &dyn Syntax, document: &Document<'_>, id: NodeId) -> Result<(), Error> {
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
    walk(document, Side::Plain, selector, |visit| -> Result<(), Error> {
        match visit.item {
            Item::Value(value) => {
                let covered = visit.selected || !metadata.mac_only_encrypted;
                if !visit.selected {
                    check_in_clear(syntax, document, visit.id)?;
                }
                if (!visit.selected || plan.stays_empty(value)) && syntax.must_be_respelled(document, visit.id) {
                    plan.window.places.push((visit.id, What::Same(value.clone())));
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
        if plan.window.places.len() < WINDOW { Ok(()) } else { write(std::mem::take(&mut plan.window)) }
    })?;
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
        let ciphertext = match self.known.take(additional, kind, &plain) {
            Some(sealed) => Ciphertext::Known(sealed),
            None => Ciphertext::Fresh(self.window.fresh.add((kind, plain), additional)),
        };
        let what = if kind == Kind::Comment { What::Comment(ciphertext) } else { What::Value(ciphertext) };
        self.window.places.push((id, what));
    }
}

/// With a rule on comments, a ciphertext that happens to match it would change what the rule
/// selects when the file is decrypted.
fn checked_comment(
    document: &Document<'_>,
    id: NodeId,
    sealed: Vec<u8>,
    selector: &Selector,
) -> Result<Text<'static>, Error> {
    if selector.comment_matches(&sealed) {
        return Err(Error::EncryptValue {
            path: document.path(id),
            reason: format!("is a comment whose ciphertext matches `{}`", selector.field()),
        });
    }
    Ok(sealed.into())
}

/// Whether the exact spelling may be carried.
fn spells(document: &Document<'_>, options: &Options) -> bool {
    !options.no_exact_spelling && !spelling::is_unwelcome(document)
}

/// Reads the result back: it must open to the document that it was made from. Returns the sealed
/// spelling that the file has to carry to give back the very bytes; none if it needs none.
fn check_opens(
    format: Format,
    text: &[u8],
    document: &Document<'_>,
    metadata: &Metadata,
    key: &DataKey,
    options: &Options,
    random: &dyn Random,
) -> Result<Option<String>, Error> {
    let plain = opened(format, text, metadata, key)?;
    if plain.as_slice() == document.text {
        return Ok(None);
    }
    let again = format.plain_syntax(options.reading).parse(&plain).map_err(|_| Error::RoundTrip)?;
    if !same_values(document, &again) {
        return Err(Error::RoundTrip);
    }
    Ok(spells(document, options).then(|| spelling::seal(&Cipher::new(key), &plain, document, random)))
}

/// What a sealed text opens to.
fn opened(format: Format, text: &[u8], metadata: &Metadata, key: &DataKey) -> Result<Zeroizing<Vec<u8>>, Error> {
    let sealed = format.sealed().syntax().parse(text).map_err(|_| Error::RoundTrip)?;
    let metadata = metadata_of(&sealed).ok().filter(|read| read.write() == metadata.write()).ok_or(Error::RoundTrip)?;
    let plain = open(format, &sealed, &metadata, key, false, &mut Vec::new()).map_err(|_| Error::RoundTrip)?;
    Ok(as_spelled(plain.text, &metadata, key))
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
fn same_value(left: &Scalar<'_>, right: &Scalar<'_>) -> bool {
    let is_number = |value: &Scalar<'_>| matches!(value, Scalar::Int(_) | Scalar::Float(_));
    left == right || (is_number(left) && is_number(right) && left.canonical() == right.canonical())
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
