//! The text of an edit that could not be finished, sealed for the recipients of the file: a SOPS
//! binary file, so that `sops --decrypt --input-type binary` opens it as well.

use zeroize::Zeroizing;

use crate::cipher::{Cipher, DataKey, EncryptedValue, Kind, Mac};
use crate::document::{Content, Editor, Format, KeyPath, Layout, Scalar, Step};

use super::error::Error;
use super::mac;
use super::metadata::{Metadata, WRITTEN_VERSION};
use super::open::{metadata_of, unwrap};
use super::policy::Policy;
use super::witness::Deed;
use super::{Opened, Tools};

/// The only key of a SOPS binary file.
const DATA: &str = "data";
/// What its value is bound to.
const DATA_ADDITIONAL: &[u8] = b"data:";

/// Seals a text under the data key of the file that was edited.
///
/// # Errors
/// None in practice.
pub fn seal_draft(text: &[u8], opened: &Opened, tools: &Tools<'_>) -> Result<Vec<u8>, Error> {
    let Metadata { groups, threshold, .. } = opened.metadata.clone();
    seal(text, &opened.key, groups, threshold, tools)
}

/// Seals a text for the recipients of a file that does not exist yet.
///
/// # Errors
/// A recipient that does not work.
pub fn seal_new_draft(text: &[u8], policy: &Policy, tools: &Tools<'_>) -> Result<Vec<u8>, Error> {
    let key = DataKey::generate(tools.random);
    let (groups, threshold) = tools.keyring.wrap(&key, &policy.groups, policy.threshold, tools.now, tools.random)?;
    seal(text, &key, groups, threshold, tools)
}

fn seal(
    text: &[u8],
    key: &DataKey,
    groups: Vec<crate::recipient::KeyGroup>,
    threshold: Option<usize>,
    tools: &Tools<'_>,
) -> Result<Vec<u8>, Error> {
    let cipher = Cipher::new(key);
    let mut mac = Mac::new(false);
    mac.add(text);
    let mut metadata = Metadata {
        groups,
        threshold,
        last_modified: tools.now,
        mac: String::new(),
        selector: None,
        mac_only_encrypted: false,
        version: WRITTEN_VERSION.into(),
        spelling: None,
        unknown: Vec::new(),
    };
    mac::store(&cipher, &mut metadata, mac.finish().as_bytes(), tools.random);
    let sealed = || cipher.seal(Kind::Str, text, DATA_ADDITIONAL, tools.random);
    let data = if text.is_empty() { Vec::new() } else { sealed() };
    let data = String::from_utf8(data).expect("impossible: a sealed value is ASCII");
    let envelope = format!("{{\n\t\"{DATA}\": \"{data}\"\n}}\n");
    let syntax = Format::Json.syntax();
    let document = syntax.parse(envelope.as_bytes())?;
    let mut editor = Editor::new(&document, syntax);
    editor.set_metadata(0, &metadata.write(), Layout::default())?;
    Ok(editor.finish()?)
}

/// Opens a draft. One of an edit of a file that exists has the data key of that file: `of` is the
/// opened file. Anybody can seal another text for the same recipients, and put it where a draft
/// is looked for.
///
/// # Errors
/// It is damaged, it is of another file, or no recipient's identity is at hand.
pub fn open_draft(draft: &[u8], of: Option<&Opened>, tools: &Tools<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let document = Format::Json.syntax().parse(draft)?;
    let metadata = metadata_of(&document)?;
    let key = unwrap(&metadata, &[Deed::Decrypt], tools)?;
    if of.is_some_and(|opened| opened.key.expose() != key.expose()) {
        return Err(Error::ForeignDraft);
    }
    let path = KeyPath(vec![Step::Key(DATA.into())]);
    let node = document.find(&path).ok_or_else(|| Error::ExtractPath(path.clone()))?;
    let Content::Leaf { value: Scalar::Text(text), .. } = &document.node(node).content else {
        return Err(Error::ExtractPath(path));
    };
    if text.is_empty() {
        return Ok(Zeroizing::new(Vec::new()));
    }
    EncryptedValue::parse(text)
        .and_then(|sealed| Cipher::new(&key).open(&sealed, DATA_ADDITIONAL))
        .map_err(|error| Error::DecryptValue { path, reason: error.to_string() })
}
