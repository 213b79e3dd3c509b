//! Post-quantum recipients (`age1pq1…`) and their identities: the stanza `mlkem768x25519` of
//! <https://c2sp.org/age>, which is HPKE with the X-Wing KEM, HKDF-SHA256 and ChaCha20-Poly1305.
//! The age crate does not have it.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use age::{DecryptError, EncryptError};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::secrecy::ExposeSecret as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bech32::{FromBase32 as _, ToBase32 as _, Variant};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{Kem, XWing};
use hpke::{Deserializable as _, OpModeR, OpModeS, Serializable as _};
use zeroize::Zeroizing;

/// The type of the stanza.
const TAG: &str = "mlkem768x25519";
/// The `info` of HPKE.
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// What age calls recipients that keep their secret from a quantum computer.
const LABEL: &str = "postquantum";
/// Bytes that HPKE adds to what it seals.
const SEAL_BYTES: usize = 16;
/// How recipients begin.
pub(super) const RECIPIENT_PREFIX: &str = "age1pq1";
/// How identities begin.
pub(super) const IDENTITY_PREFIX: &str = "AGE-SECRET-KEY-PQ-1";

/// A post-quantum recipient.
#[derive(Clone)]
pub struct Recipient(<XWing as Kem>::PublicKey);

impl FromStr for Recipient {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = text.starts_with(RECIPIENT_PREFIX).then(|| decode(text, "age1pq")).flatten().ok_or(())?;
        <XWing as Kem>::PublicKey::from_bytes(&bytes).map(Recipient).map_err(|_| ())
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = bech32::encode("age1pq", self.0.to_bytes().to_base32(), Variant::Bech32);
        f.write_str(&text.map_err(|_| fmt::Error)?)
    }
}

impl age::Recipient for Recipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let sealed = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeS::Base,
            &self.0,
            INFO,
            file_key.expose_secret(),
            &[],
        );
        let (share, body) = sealed.map_err(std::io::Error::other)?;
        let args = vec![BASE64_STANDARD_NO_PAD.encode(share.to_bytes())];
        Ok((vec![Stanza { tag: TAG.into(), args, body }], HashSet::from([LABEL.to_owned()])))
    }
}

/// A post-quantum identity.
#[derive(Clone)]
pub(super) struct Identity(<XWing as Kem>::PrivateKey);

impl Identity {
    /// Its public half.
    #[must_use]
    pub(super) fn to_public(&self) -> Recipient {
        Recipient(XWing::sk_to_pk(&self.0))
    }
}

impl FromStr for Identity {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = text.starts_with(IDENTITY_PREFIX).then(|| decode(text, "age-secret-key-pq-")).flatten().ok_or(())?;
        <XWing as Kem>::PrivateKey::from_bytes(&bytes).map(Identity).map_err(|_| ())
    }
}

impl age::Identity for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != TAG {
            return None;
        }
        let [share] = stanza.args.as_slice() else { return Some(Err(DecryptError::InvalidHeader)) };
        let share = BASE64_STANDARD_NO_PAD.decode(share).ok();
        let share = share.and_then(|share| <XWing as Kem>::EncappedKey::from_bytes(&share).ok());
        let Some(share) = share.filter(|_| stanza.body.len() == FILE_KEY_BYTES + SEAL_BYTES) else {
            return Some(Err(DecryptError::InvalidHeader));
        };
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &self.0,
            &share,
            INFO,
            &stanza.body,
            &[],
        );
        // It may be for somebody else: such a stanza does not name its recipient.
        let opened = Zeroizing::new(opened.ok()?);
        Some(FileKey::try_init_with_mut(|key| match opened.len() == key.len() {
            true => {
                key.copy_from_slice(&opened);
                Ok(())
            }
            false => Err(DecryptError::DecryptionFailed),
        }))
    }
}

/// The bytes of a text in Bech32 with this beginning.
fn decode(text: &str, prefix: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (found, digits, variant) = bech32::decode(text).ok()?;
    let bytes = Zeroizing::new(Vec::<u8>::from_base32(&digits).ok()?);
    (found == prefix && variant == Variant::Bech32).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use age::Decryptor;

    /// A vector of <https://c2sp.org/CCTV/age>: fields, an empty line, an age file.
    struct Vector {
        expect: String,
        identities: Vec<Identity>,
        file: Vec<u8>,
    }

    fn vector(bytes: &[u8]) -> Vector {
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").expect("has a head");
        let head = std::str::from_utf8(&bytes[..end]).expect("is text");
        let fields = |name: &str| {
            head.lines()
                .filter_map(|line| line.split_once(": "))
                .filter(|(field, _)| *field == name)
                .map(|(_, value)| value.to_owned())
                .collect::<Vec<_>>()
        };
        // The vectors have X25519 identities beside ours in some places.
        let identities = fields("identity").iter().filter_map(|text| text.parse().ok()).collect();
        Vector { expect: fields("expect").remove(0), identities, file: bytes[end + 2..].to_owned() }
    }

    #[test]
    fn agrees_with_the_vectors_of_the_specification() {
        let vectors: [(&str, &[u8]); 8] = [
            ("hybrid", include_bytes!("../../../testdata/age/hybrid")),
            ("hybrid_grease", include_bytes!("../../../testdata/age/hybrid_grease")),
            ("hybrid_multiple_recipients", include_bytes!("../../../testdata/age/hybrid_multiple_recipients")),
            ("hybrid_no_match", include_bytes!("../../../testdata/age/hybrid_no_match")),
            ("hybrid_extra_argument", include_bytes!("../../../testdata/age/hybrid_extra_argument")),
            ("hybrid_long_file_key", include_bytes!("../../../testdata/age/hybrid_long_file_key")),
            ("hybrid_not_canonical_enc", include_bytes!("../../../testdata/age/hybrid_not_canonical_enc")),
            ("hybrid_short_share", include_bytes!("../../../testdata/age/hybrid_short_share")),
        ];
        for (name, bytes) in vectors {
            let vector = vector(bytes);
            assert!(!vector.identities.is_empty(), "{name}");
            let opened = Decryptor::new_buffered(vector.file.as_slice()).and_then(|decryptor| {
                decryptor.decrypt(vector.identities.iter().map(|identity| identity as &dyn age::Identity)).map(|_| ())
            });
            let found = match opened {
                Ok(()) => "success",
                Err(DecryptError::NoMatchingKeys) => "no match",
                Err(DecryptError::InvalidHeader) => "header failure",
                Err(error) => panic!("{name}: {error}"),
            };
            assert_eq!(found, vector.expect, "{name}");
        }
    }

    #[test]
    fn texts_are_read_as_they_are_written() {
        let text = "AGE-SECRET-KEY-PQ-1HZLGZUPT4ETPKDEV8HSGFDCYZ4E522W0A7PU2LHT8EH9W6YLNC3SW78XKG";
        let identity: Identity = text.parse().expect("is an identity");
        let recipient = identity.to_public().to_string();
        assert_eq!((recipient.len(), recipient.starts_with(RECIPIENT_PREFIX)), (1959, true));
        assert_eq!(recipient.parse::<Recipient>().expect("is a recipient").to_string(), recipient);
        assert!(recipient.to_uppercase().parse::<Recipient>().is_err());
        assert!(text.to_lowercase().parse::<Identity>().is_err());
        assert!(recipient[..1900].parse::<Recipient>().is_err());
    }
}
