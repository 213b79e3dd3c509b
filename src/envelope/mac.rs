//! The MAC as it stands in the metadata: sealed under the data key, and bound to the date.

use zeroize::Zeroizing;

use crate::cipher::{Cipher, EncryptedValue, Kind, Random};

use super::error::Error;
use super::metadata::Metadata;

/// The MAC that a file has.
///
/// # Errors
/// It has none, or it does not open.
pub(super) fn stored(cipher: &Cipher, metadata: &Metadata) -> Result<Zeroizing<Vec<u8>>, Error> {
    if metadata.mac.is_empty() {
        return Err(Error::Mac("the file has none"));
    }
    EncryptedValue::parse(metadata.mac.as_bytes())
        .and_then(|sealed| cipher.open(&sealed, &metadata.mac_additional()))
        .map_err(|_| Error::Mac("it does not decrypt; it or `lastmodified` was changed"))
}

/// Gives metadata a MAC. Their date must be set before.
pub(super) fn store(cipher: &Cipher, metadata: &mut Metadata, mac: &[u8], random: &dyn Random) {
    let sealed = cipher.seal(Kind::Str, mac, &metadata.mac_additional(), random);
    metadata.mac = String::from_utf8(sealed).expect("impossible: a sealed value is ASCII");
}

/// Compares the MAC of a file with that of its values.
///
/// # Errors
/// They differ, or the file has none that opens.
pub(super) fn check(cipher: &Cipher, metadata: &Metadata, computed: &str) -> Result<(), Error> {
    if stored(cipher, metadata)?.as_slice() == computed.as_bytes() {
        Ok(())
    } else {
        Err(Error::Mac("values were added, removed, moved or changed without the data key"))
    }
}
