//! Changes who can open a file, with the data key kept: values, MAC and date stay byte for byte.

use crate::cipher::{Cipher, DataKey};
use crate::document::Format;
use crate::recipient::Access;

use super::error::Error;
use super::mac;
use super::metadata::Metadata;
use super::open::{metadata_of, unwrap};
use super::witness::Deed;
use super::{Options, Rewritten, Tools, block};

/// Who can open a file. Needs no key.
///
/// # Errors
/// The text is not of its format, or not encrypted.
pub fn access(format: Format, text: &[u8]) -> Result<Access, Error> {
    let metadata = metadata_of(&format.sealed().syntax().parse(text)?)?;
    Ok(Access::of(&metadata.groups, metadata.threshold))
}

/// Tells the key services that this file is to be opened in this run, so that they can bother
/// people once for all files.
///
/// # Errors
/// The text is not of its format, or not encrypted; see [`Error`].
pub fn foresee(format: Format, text: &[u8], tools: &Tools<'_>) -> Result<(), Error> {
    let metadata = metadata_of(&format.sealed().syntax().parse(text)?)?;
    tools.keyring.foresee(&metadata.groups);
    Ok(())
}

/// Gives the data key of a file to other recipients. Those who stay keep their wrapped keys where
/// that is safe.
///
/// # Errors
/// The data key cannot be recovered, or not be wrapped; see [`Error`].
pub fn rewrap(
    format: Format,
    text: &[u8],
    access: &Access,
    options: &Options,
    tools: &Tools<'_>,
) -> Result<Rewritten, Error> {
    let document = format.sealed().syntax().parse(text)?;
    let mut metadata = metadata_of(&document)?;
    let key = data_key(&metadata, &[Deed::Rewrap], tools)?;
    let old = (metadata.groups.as_slice(), metadata.threshold);
    let (groups, threshold) = tools.keyring.rewrap(&key, old, access, tools.now, tools.random)?;
    (metadata.groups, metadata.threshold) = (groups, threshold);
    let text = block::replaced(format, &document, &metadata, options.layout)?;
    Ok(Rewritten { text, warnings: Vec::new() })
}

/// The data key of a file, of which it is known that it is the right one: it opens the MAC. A
/// wrong one must not be given to anybody.
pub(super) fn data_key(metadata: &Metadata, deeds: &[Deed], tools: &Tools<'_>) -> Result<DataKey, Error> {
    let key = unwrap(metadata, deeds, tools)?;
    mac::stored(&Cipher::new(&key), metadata)?;
    Ok(key)
}
