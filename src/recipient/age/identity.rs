//! Identities as they stand in files and variables: lines of age identities, a private key of SSH,
//! or an age file with a passphrase that holds the former (sops-compat.md §5.2).

use std::cell::OnceCell;
use std::io::Read as _;
use std::str::FromStr as _;

use age::armor::ArmoredReader;
use age::secrecy::SecretString;
use age::{DecryptError, plugin, scrypt, ssh, x25519};
use age_core::format::Stanza;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::recipient::unsupported_ssh_type;
use super::{hybrid, short};
use crate::recipient::Host;

/// The longest identity file that is read, in bytes; that of SOPS and age.
const MAX_FILE_BYTES: usize = 16 << 20;
/// The longest private key of SSH that is looked at, in bytes. One of RSA with 16,384 bits has
/// some 13,000.
const MAX_SSH_BYTES: usize = 64 << 10;
/// The most work that a passphrase may cost, as the logarithm of rounds of scrypt; that of age.
const MAX_WORK: u8 = 22;

/// One identity.
pub(super) enum Key {
    Native(x25519::Identity),
    Hybrid(Box<hybrid::Identity>),
    Ssh(Box<SshKey>),
    Plugin(plugin::Identity),
}

/// What one place holds.
pub(super) enum Contents {
    /// Identities, ready to use but for passphrases of their own.
    Keys(Vec<Key>),
    /// An age file with a passphrase, and what was in it.
    Sealed(SealedKeys),
}

impl Key {
    /// The identity, if it opens something by itself: without a passphrase or a plugin.
    pub(super) fn ready(&self) -> Option<&dyn age::Identity> {
        match self {
            Key::Native(identity) => Some(identity),
            Key::Hybrid(identity) => Some(&**identity),
            Key::Ssh(key) => key.ready(),
            Key::Plugin(_) => None,
        }
    }

    /// Its public half, as in a list of recipients; identities for plugins do not tell.
    pub(super) fn recipient(&self) -> Option<String> {
        match self {
            Key::Native(identity) => Some(identity.to_public().to_string()),
            Key::Hybrid(identity) => Some(identity.to_public().to_string()),
            Key::Ssh(key) => Some(key.public.clone()),
            Key::Plugin(_) => None,
        }
    }

    /// Its public half for people, without a long middle.
    pub(super) fn describe(&self) -> String {
        match self {
            Key::Native(identity) => identity.to_public().to_string(),
            Key::Hybrid(identity) => short(&identity.to_public().to_string()),
            Key::Ssh(key) => key.describe(),
            Key::Plugin(identity) => format!("an identity for `age-plugin-{}`", identity.plugin()),
        }
    }
}

/// Reads what a place holds.
///
/// # Errors
/// Why it is no identity, without a part of it.
pub(super) fn read(text: &[u8]) -> Result<Contents, String> {
    let start = text.trim_ascii_start();
    if start.starts_with(b"age-encryption.org/") || start.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----") {
        return Ok(Contents::Sealed(SealedKeys::new(text)));
    }
    let text = std::str::from_utf8(text).map_err(|_| "is no text".to_owned())?;
    if start.starts_with(b"-----BEGIN ") {
        return Ok(Contents::Keys(vec![Key::Ssh(Box::new(SshKey::read(text.trim_start())?))]));
    }
    read_lines(text).map(Contents::Keys)
}

/// Reads identities, one in a line; empty lines and lines that begin with `#` are skipped.
///
/// # Errors
/// A line that is no identity; the message names the line by its number only.
pub(super) fn read_lines(text: &str) -> Result<Vec<Key>, String> {
    let mut keys = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            keys.push(read_line(line).map_err(|reason| format!("line {}: {reason}", number + 1))?);
        }
    }
    Ok(keys)
}

fn read_line(line: &str) -> Result<Key, &'static str> {
    if line.starts_with(hybrid::IDENTITY_PREFIX) {
        let key = line.parse().map(|identity| Key::Hybrid(Box::new(identity)));
        return key.map_err(|()| "is not a post-quantum identity (`AGE-SECRET-KEY-PQ-1…`)");
    }
    if line.starts_with("AGE-PLUGIN-") {
        let key = plugin::Identity::from_str(line).map(Key::Plugin);
        return key.map_err(|_| "is not an identity for a plugin (`AGE-PLUGIN-NAME-1…`)");
    }
    x25519::Identity::from_str(line).map(Key::Native).map_err(|_| match line {
        _ if line.starts_with("age1") => "this is a public key, not an identity (`AGE-SECRET-KEY-1…`)",
        _ if line.starts_with("ssh-") => "this is a public key of SSH, not the private one",
        _ => "is not an age identity (`AGE-SECRET-KEY-1…`)",
    })
}

/// A private key of SSH, with or without a passphrase.
pub(super) struct SshKey {
    key: ssh::Identity,
    /// The public half, as in a recipient.
    public: String,
    unlocked: OnceCell<Result<ssh::Identity, String>>,
}

impl SshKey {
    fn read(text: &str) -> Result<Self, String> {
        let form = || "is not a private key that can be read; `ssh-keygen -p -f FILE` gives it the form of OpenSSH";
        if text.len() > MAX_SSH_BYTES {
            return Err("is too long to be a private key of SSH".into());
        }
        let key = ssh::Identity::from_buffer(text.as_bytes(), None).map_err(|_| form().to_owned())?;
        if let ssh::Identity::Unsupported(unsupported) = &key {
            return Err(match unsupported {
                ssh::UnsupportedKey::EncryptedPem => form().into(),
                ssh::UnsupportedKey::EncryptedSsh(cipher) => format!("is encrypted with {cipher}, which is not known"),
                ssh::UnsupportedKey::Hardware(kind) | ssh::UnsupportedKey::Type(kind) => unsupported_ssh_type(kind),
            });
        }
        match ssh::Recipient::try_from(key.clone()) {
            Ok(recipient) => Ok(SshKey { key, public: recipient.to_string(), unlocked: OnceCell::new() }),
            Err(ssh::ParseRecipientKeyError::RsaModulusTooLarge) => {
                Err("RSA keys of more than 4096 bits cannot be used".into())
            }
            Err(ssh::ParseRecipientKeyError::Unsupported(kind)) => Err(unsupported_ssh_type(&kind)),
            Err(_) => Err(form().into()),
        }
    }

    fn ready(&self) -> Option<&dyn age::Identity> {
        match (&self.key, self.unlocked.get()) {
            (ssh::Identity::Unencrypted(_), _) => Some(&self.key),
            (_, Some(Ok(unlocked))) => Some(unlocked),
            _ => None,
        }
    }

    /// Whether one of the stanzas is for it: they name the public key by the beginning of its hash.
    pub(super) fn is_for(&self, stanzas: &[Stanza]) -> bool {
        let (kind, key) = self.public.split_once(' ').unwrap_or_default();
        let Ok(key) = BASE64_STANDARD.decode(key) else { return false };
        let tag = BASE64_STANDARD_NO_PAD.encode(&Sha256::digest(&key)[..4]);
        stanzas.iter().any(|stanza| stanza.tag == kind && stanza.args.first() == Some(&tag))
    }

    /// Whether it has a passphrase that was not asked for.
    pub(super) fn is_locked(&self) -> bool {
        matches!(self.key, ssh::Identity::Encrypted(_)) && self.unlocked.get().is_none()
    }

    /// Why it stayed locked.
    pub(super) fn failure(&self) -> Option<&str> {
        self.unlocked.get()?.as_ref().err().map(String::as_str)
    }

    /// Asks for the passphrase, once.
    pub(super) fn unlock(&self, place: &str, host: &dyn Host) {
        let ssh::Identity::Encrypted(key) = &self.key else { return };
        self.unlocked.get_or_init(|| {
            let passphrase = host.secret(&format!("the passphrase of {place}"))?;
            let key = key.decrypt(SecretString::from(passphrase.as_str())).map_err(|_| WRONG_PASSPHRASE.to_owned())?;
            Ok(ssh::Identity::Unencrypted(key))
        });
    }

    fn describe(&self) -> String {
        let locked = match self.failure() {
            Some(reason) => format!(": {reason}"),
            None if self.is_locked() => " (has a passphrase)".into(),
            None => String::new(),
        };
        format!("{}{locked}", short(&self.public))
    }
}

const WRONG_PASSPHRASE: &str = "the passphrase is wrong";

/// Identities in an age file with a passphrase.
pub(super) struct SealedKeys {
    file: Zeroizing<Vec<u8>>,
    opened: OnceCell<Result<Vec<Key>, String>>,
}

impl SealedKeys {
    fn new(file: &[u8]) -> Self {
        SealedKeys { file: Zeroizing::new(file.to_owned()), opened: OnceCell::new() }
    }

    /// What is in it, if it was opened.
    pub(super) fn keys(&self) -> Option<&Result<Vec<Key>, String>> {
        self.opened.get()
    }

    /// Asks for the passphrase, once.
    ///
    /// # Errors
    /// Why it stays shut, for people.
    pub(super) fn open(&self, place: &str, host: &dyn Host) -> Result<&[Key], String> {
        let opened = self.opened.get_or_init(|| open(&self.file, place, host));
        opened.as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }
}

fn open(file: &[u8], place: &str, host: &dyn Host) -> Result<Vec<Key>, String> {
    let damaged = |error: &dyn std::fmt::Display| format!("is a damaged age file: {error}");
    if file.len() > MAX_FILE_BYTES {
        return Err("is too long to hold identities".into());
    }
    let decryptor =
        age::Decryptor::new_buffered(ArmoredReader::new(file.trim_ascii_start())).map_err(|error| damaged(&error))?;
    if !decryptor.is_scrypt() {
        return Err("is an age file, but not one with a passphrase".into());
    }
    let passphrase = host.secret(&format!("the passphrase of {place}"))?;
    let mut identity = scrypt::Identity::new(SecretString::from(passphrase.as_str()));
    identity.set_max_work_factor(MAX_WORK);
    let mut reader =
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|error| match error {
            DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => WRONG_PASSPHRASE.to_owned(),
            DecryptError::ExcessiveWork { .. } => "asks for more work than any passphrase should cost".into(),
            other => damaged(&other),
        })?;
    // Room from the start, so that no copy is left behind by growing.
    let mut text = Zeroizing::new(Vec::with_capacity(file.len()));
    reader.by_ref().take(MAX_FILE_BYTES as u64).read_to_end(&mut text).map_err(|error| damaged(&error))?;
    read_lines(std::str::from_utf8(&text).map_err(|_| "holds no text".to_owned())?)
}
