//! One sealed value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]` (sops-compat.md §1.1, §1.2).
//!
//! The nonce is 32 bytes, not the usual 12: GCM hashes a nonce of that length into its counter
//! block, and 256 random bits never repeat under one key. Base64 must be canonical, so that a
//! ciphertext has one spelling only and no changed byte goes unnoticed.

use aes_gcm::aead::AeadInPlace;
use aes_gcm::aead::consts::{U12, U16, U32};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Key, KeyInit, Nonce, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64_simd::{AsOut as _, STANDARD as SIMD};
use memchr::memchr;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use zeroize::Zeroizing;

use super::data_key::DataKey;
use super::random::Random;

/// How every sealed value begins.
const PREFIX: &[u8] = b"ENC[AES256_GCM,data:";
/// What stands before its nonce.
const IV: &[u8] = b",iv:";
/// What stands before its tag.
const TAG: &[u8] = b",tag:";
/// What stands before its type.
const TYPE: &[u8] = b",type:";
/// How it ends.
const END: &[u8] = b"]";
/// Bytes of a nonce that we write.
const NONCE_BYTES: usize = 32;
/// Bytes of an authentication tag.
const TAG_BYTES: usize = 16;

/// The type of a value, as stored beside its ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `str`
    Str,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// `time`
    Time,
    /// `comment`
    Comment,
    /// `bytes`: some old files hold it; cloze writes it for nothing but spellings that hold values.
    Bytes,
}

impl Kind {
    const NAMES: [(Kind, &'static str); 7] = [
        (Kind::Str, "str"),
        (Kind::Int, "int"),
        (Kind::Float, "float"),
        (Kind::Bool, "bool"),
        (Kind::Time, "time"),
        (Kind::Comment, "comment"),
        (Kind::Bytes, "bytes"),
    ];

    /// Its name in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    fn from_name(name: &[u8]) -> Option<Self> {
        Self::NAMES.into_iter().find(|(_, known)| known.as_bytes() == name).map(|(kind, _)| kind)
    }
}

/// Why a value cannot be opened. Says nothing of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not of the form `ENC[AES256_GCM,…]`.
    #[error("is not an encrypted value (`ENC[AES256_GCM,…]`)")]
    NotSealed,
    /// A type that no SOPS writes.
    #[error("is encrypted with an unknown type")]
    UnknownType,
    /// Base64 that does not decode, or a nonce or tag of a wrong length.
    #[error("is encrypted, but its `{0}` field is damaged")]
    Damaged(&'static str),
    /// Authentication failed.
    #[error("does not authenticate: it was changed, moved from another key, or encrypted under another data key")]
    Forged,
    /// It decrypted, but to something that its type does not allow.
    #[error("does not hold what its type `{0}` promises")]
    WrongType(&'static str),
}

/// A sealed value as it stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptedValue<'t> {
    data: &'t [u8],
    nonce: &'t [u8],
    tag: &'t [u8],
    /// What it decrypts to.
    pub kind: Kind,
}

impl<'t> EncryptedValue<'t> {
    /// Whether a text claims to be a sealed value.
    #[must_use]
    pub fn is_sealed(text: &[u8]) -> bool {
        text.starts_with(PREFIX)
    }

    /// Takes a sealed value apart.
    ///
    /// # Errors
    /// The text is of another form, or its type is unknown.
    pub fn parse(text: &'t [u8]) -> Result<Self, ValueError> {
        let rest = text.strip_prefix(PREFIX).ok_or(ValueError::NotSealed)?;
        let rest = rest.strip_suffix(END).ok_or(ValueError::NotSealed)?;
        // SOPS leaves empty values in clear; rops seals them.
        let empty = rest.strip_prefix(IV).map(|rest| (&rest[..0], rest));
        let (data, rest) = empty.map_or_else(|| split(rest, IV), Ok)?;
        let (nonce, rest) = split(rest, TAG)?;
        let (tag, kind) = split(rest, TYPE)?;
        let kind = Kind::from_name(kind).ok_or(ValueError::UnknownType)?;
        Ok(EncryptedValue { data, nonce, tag, kind })
    }
}

/// The parts before and after a separator, neither of them empty. It begins with a comma, which
/// no field holds.
fn split<'t>(text: &'t [u8], separator: &[u8]) -> Result<(&'t [u8], &'t [u8]), ValueError> {
    let at = memchr(b',', text).ok_or(ValueError::NotSealed)?;
    let before = &text[..at];
    let after = text[at..].strip_prefix(separator).ok_or(ValueError::NotSealed)?;
    if before.is_empty() || after.is_empty() {
        return Err(ValueError::NotSealed);
    }
    Ok((before, after))
}

/// Seals and opens the values of one file. The key schedule is made once.
pub struct Cipher {
    aes: AesGcm<Aes256, U32>,
    /// Files of other writers may have shorter nonces.
    aes_96: AesGcm<Aes256, U12>,
    aes_128: AesGcm<Aes256, U16>,
}

impl Cipher {
    /// The cipher under a data key.
    #[must_use]
    pub fn new(key: &DataKey) -> Self {
        let aes = Aes256::new(&Key::<Aes256>::from(*key.expose()));
        Cipher { aes: aes.clone().into(), aes_96: aes.clone().into(), aes_128: aes.into() }
    }

    /// Seals a value with a fresh nonce, bound to the additional data.
    pub fn seal(&self, kind: Kind, plaintext: &[u8], additional: &[u8], random: &dyn Random) -> Vec<u8> {
        let mut nonces = Nonces::draw(random, 1).0;
        let nonce = nonces.pop().expect("impossible: one was drawn");
        let mut sealer = self.sealer();
        sealer.seal(kind, plaintext, additional, nonce);
        sealer.sealed
    }

    /// Seals many values, one after the other.
    #[must_use]
    pub fn sealer(&self) -> Sealer<'_> {
        Sealer { cipher: self, data: Vec::new(), sealed: Vec::new() }
    }

    /// Opens a value that was sealed with the same additional data.
    ///
    /// # Errors
    /// The value is damaged, or does not authenticate.
    pub fn open(&self, value: &EncryptedValue<'_>, additional: &[u8]) -> Result<Zeroizing<Vec<u8>>, ValueError> {
        let mut opener = self.opener();
        opener.open(value, additional)?;
        Ok(opener.plain)
    }

    /// Opens many values, one after the other.
    #[must_use]
    pub fn opener(&self) -> Opener<'_> {
        Opener { cipher: self, plain: Zeroizing::default() }
    }
}

/// A nonce that nothing was sealed with yet. Using it up is what keeps it from being used twice.
pub struct UnusedNonce([u8; NONCE_BYTES]);

/// How many nonces are drawn from the source of randomness itself.
const FEW: usize = 16;

/// Fresh nonces, drawn at once.
pub struct Nonces(Vec<UnusedNonce>);

impl Nonces {
    /// So many from the source of randomness; many of them by ChaCha20 under a key from there, since
    /// a system's own generator is slower than what they are used for. They are public, and must only
    /// never come again.
    #[must_use]
    pub fn draw(random: &dyn Random, count: usize) -> Self {
        let mut bytes = vec![[0; NONCE_BYTES]; count];
        if count <= FEW {
            random.fill(bytes.as_flattened_mut());
        } else {
            let mut seed = Zeroizing::new([0; 32]);
            random.fill(&mut *seed);
            ChaCha20Rng::from_seed(*seed).fill_bytes(bytes.as_flattened_mut());
        }
        Nonces(bytes.into_iter().map(UnusedNonce).collect())
    }
}

impl IntoIterator for Nonces {
    type Item = UnusedNonce;
    type IntoIter = std::vec::IntoIter<UnusedNonce>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A cipher with the room for one sealed value, used again for the next.
pub struct Sealer<'c> {
    cipher: &'c Cipher,
    data: Vec<u8>,
    sealed: Vec<u8>,
}

impl Sealer<'_> {
    /// Seals a value, bound to the additional data.
    pub fn seal(&mut self, kind: Kind, plaintext: &[u8], additional: &[u8], nonce: UnusedNonce) -> &[u8] {
        // Encrypted in place: the buffer holds no plaintext when it is left.
        self.data.clear();
        self.data.extend_from_slice(plaintext);
        let UnusedNonce(nonce) = nonce;
        let cipher = &self.cipher.aes;
        let tag = cipher
            .encrypt_in_place_detached(&Nonce::<U32>::from(nonce), additional, &mut self.data)
            .expect("impossible: no value is longer than 64 GiB");
        let kind = kind.name().as_bytes();
        let fields = [self.data.len(), NONCE_BYTES, TAG_BYTES].map(|bytes| SIMD.encoded_length(bytes));
        let words = PREFIX.len() + IV.len() + TAG.len() + TYPE.len() + kind.len() + END.len();
        self.sealed.clear();
        self.sealed.resize(words + fields.iter().sum::<usize>(), 0);
        let rest = put(&mut self.sealed, PREFIX);
        let rest = put_base64(rest, &self.data);
        let rest = put(rest, IV);
        let rest = put_base64(rest, &nonce);
        let rest = put(rest, TAG);
        let rest = put_base64(rest, &tag);
        let rest = put(put(rest, TYPE), kind);
        put(rest, END);
        &self.sealed
    }
}

/// A cipher with the room for one opened value, wiped and used again for the next.
pub struct Opener<'c> {
    cipher: &'c Cipher,
    plain: Zeroizing<Vec<u8>>,
}

impl Opener<'_> {
    /// Opens a value that was sealed with the same additional data.
    ///
    /// # Errors
    /// The value is damaged, or does not authenticate.
    pub fn open(&mut self, value: &EncryptedValue<'_>, additional: &[u8]) -> Result<&[u8], ValueError> {
        self.plain.clear();
        let mut nonce = [0; 64];
        let nonce = decode_short(value.nonce, &mut nonce, "iv")?;
        let mut tag = [0; 64];
        let tag = decode_short(value.tag, &mut tag, "tag")?;
        let tag: [u8; TAG_BYTES] = tag.try_into().map_err(|_| ValueError::Damaged("tag"))?;
        let tag = Tag::from(tag);
        let room = value.data.len().div_ceil(4) * 3;
        if self.plain.capacity() < room {
            // Not grown in place: what grows may leave a copy behind.
            self.plain = Zeroizing::new(Vec::with_capacity(room));
        }
        self.plain.resize(room, 0);
        let length = STANDARD.decode_slice(value.data, &mut self.plain);
        // Empty, unless all goes well.
        let mut plain = std::mem::take(&mut self.plain);
        plain.truncate(length.map_err(|_| ValueError::Damaged("data"))?);
        let Cipher { aes, aes_96, aes_128 } = self.cipher;
        let buffer = plain.as_mut_slice();
        let opened = match nonce.len() {
            32 => aes.decrypt_in_place_detached(&exactly::<32>(nonce).into(), additional, buffer, &tag),
            12 => aes_96.decrypt_in_place_detached(&exactly::<12>(nonce).into(), additional, buffer, &tag),
            16 => aes_128.decrypt_in_place_detached(&exactly::<16>(nonce).into(), additional, buffer, &tag),
            _ => return Err(ValueError::Damaged("iv")),
        };
        opened.map_err(|_| ValueError::Forged)?;
        self.plain = plain;
        Ok(&self.plain)
    }

    /// The value that was opened last; empty when it did not open.
    #[must_use]
    pub fn opened(&self) -> &[u8] {
        &self.plain
    }
}

/// Puts bytes at the front of a buffer. Returns what is left of it.
fn put<'o>(out: &'o mut [u8], bytes: &[u8]) -> &'o mut [u8] {
    let (front, rest) = out.split_at_mut(bytes.len());
    front.copy_from_slice(bytes);
    rest
}

/// The same, encoded.
fn put_base64<'o>(out: &'o mut [u8], bytes: &[u8]) -> &'o mut [u8] {
    let (front, rest) = out.split_at_mut(SIMD.encoded_length(bytes.len()));
    let _ = SIMD.encode(bytes, front.as_out());
    rest
}

/// Decodes a short field without an allocation.
fn decode_short<'b>(text: &[u8], buffer: &'b mut [u8; 64], field: &'static str) -> Result<&'b [u8], ValueError> {
    let length = STANDARD.decode_slice(text, buffer).map_err(|_| ValueError::Damaged(field))?;
    Ok(&buffer[..length])
}

fn exactly<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("impossible: the caller matched the length")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cipher::SystemRandom;

    fn cipher() -> Cipher {
        let key: Vec<u8> = (0..32).collect();
        Cipher::new(&DataKey::from_bytes(&key).expect("32 bytes"))
    }

    /// Seals with the nonce of the vectors.
    fn seal(kind: Kind, plain: &[u8], additional: &[u8]) -> Vec<u8> {
        let nonce = std::array::from_fn(|i| 0x20 + u8::try_from(i).expect("below 32"));
        cipher().sealer().seal(kind, plain, additional, UnusedNonce(nonce)).to_vec()
    }

    /// The vectors of sops-compat.md §12.
    const VECTORS: [(&str, &str, &str, &str, Kind); 6] = [
        ("hello", "a:", "f6SdJOI=", "Aev7PNzF9ifk0oM4U+MGlg==", Kind::Str),
        ("42", "a:b:", "I/M=", "NKym+LP30Au1j6yBfiH7XA==", Kind::Int),
        ("1.5", "f:", "Ju/E", "uJBeK8Rb0IhyEwRMiZ5ZVA==", Kind::Float),
        ("True", "list:", "Q7OELQ==", "HMx2H5Tf5b0bDirIwmgwog==", Kind::Bool),
        ("2001-01-23T00:00:00Z", "t:", "JfHBeaA/5w70YjJH1rpRz72hh/4=", "63CEBTwOl/xlZjGpGrwTEA==", Kind::Time),
        (" note", ":", "N6+ePOg=", "cPJU+gQfuk2Cck4/gS4NwA==", Kind::Comment),
    ];

    #[test]
    fn agrees_with_the_vectors_of_sops() {
        for (plain, additional, data, tag, kind) in VECTORS {
            let sealed = seal(kind, plain.as_bytes(), additional.as_bytes());
            let iv = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
            let expected = format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:{}]", kind.name());
            assert_eq!(String::from_utf8(sealed).expect("is ASCII"), expected);
            let value = EncryptedValue::parse(expected.as_bytes()).expect("is sealed");
            assert_eq!(value.kind, kind);
            assert_eq!(cipher().open(&value, additional.as_bytes()).expect("opens").as_slice(), plain.as_bytes());
        }
    }

    #[test]
    fn every_changed_byte_of_data_nonce_and_tag_is_refused() {
        let sealed = seal(Kind::Str, b"correct horse", b"a:");
        let end = memchr::memmem::find(&sealed, b",type:").expect("has a type");
        for at in PREFIX.len()..end {
            for flip in [1, 2, 0x20] {
                let mut changed = sealed.clone();
                changed[at] ^= flip;
                let opened = EncryptedValue::parse(&changed).and_then(|value| cipher().open(&value, b"a:"));
                assert!(opened.is_err(), "byte {at} changed by {flip}");
            }
        }
    }

    #[test]
    fn nothing_can_be_sealed() {
        let sealed = seal(Kind::Str, b"", b"a:");
        let value = EncryptedValue::parse(&sealed).expect("is sealed");
        assert!(cipher().open(&value, b"a:").expect("opens").is_empty());
        assert_eq!(cipher().open(&value, b"b:"), Err(ValueError::Forged));
    }

    #[test]
    fn many_values_share_one_room() {
        let cipher = cipher();
        let (mut sealer, mut opener) = (cipher.sealer(), cipher.opener());
        let mut seen = std::collections::HashSet::new();
        for (length, nonce) in [3, 300, 0, 1, 300, 2].into_iter().zip(Nonces::draw(&SystemRandom, 6)) {
            let plain = vec![b'x'; length];
            let sealed = sealer.seal(Kind::Str, &plain, b"a:", nonce);
            assert!(seen.insert(sealed.to_vec()), "a nonce was used twice");
            let value = EncryptedValue::parse(sealed).expect("is sealed");
            assert_eq!(opener.open(&value, b"a:"), Ok(plain.as_slice()));
        }
    }

    #[test]
    fn another_path_is_refused() {
        let sealed = seal(Kind::Str, b"x", b"a:");
        let value = EncryptedValue::parse(&sealed).expect("is sealed");
        assert_eq!(cipher().open(&value, b"b:"), Err(ValueError::Forged));
    }

    #[test]
    fn shorter_nonces_of_other_writers_open() {
        for length in [12, 16] {
            let nonce = vec![7; length];
            let mut data = b"plain".to_vec();
            let buffer = data.as_mut_slice();
            let tag = match length {
                12 => cipher().aes_96.encrypt_in_place_detached(&exactly::<12>(&nonce).into(), b"a:", buffer),
                _ => cipher().aes_128.encrypt_in_place_detached(&exactly::<16>(&nonce).into(), b"a:", buffer),
            };
            let tag = tag.expect("encrypts");
            let text = format!(
                "ENC[AES256_GCM,data:{},iv:{},tag:{},type:str]",
                STANDARD.encode(&data),
                STANDARD.encode(&nonce),
                STANDARD.encode(tag)
            );
            let value = EncryptedValue::parse(text.as_bytes()).expect("is sealed");
            assert_eq!(cipher().open(&value, b"a:").expect("opens").as_slice(), b"plain");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for (text, error) in [
            ("", ValueError::NotSealed),
            ("ENC[AES256_GCM,data:AA==,iv:,tag:AA==,type:str]", ValueError::NotSealed),
            ("ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str] ", ValueError::NotSealed),
            (" ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]", ValueError::NotSealed),
            ("ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str", ValueError::NotSealed),
            ("ENC[AES256_GCM,data:AA==,tag:AA==,iv:AA==,type:str]", ValueError::NotSealed),
            ("ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:string]", ValueError::UnknownType),
        ] {
            assert_eq!(EncryptedValue::parse(text.as_bytes()), Err(error), "{text}");
        }
        let short =
            EncryptedValue::parse(b"ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]").expect("has the form");
        assert_eq!(cipher().open(&short, b""), Err(ValueError::Damaged("tag")));
    }
}
