//! Keys that are named by variables, for machines without gpg: public ones to encrypt to, secret
//! ones to decrypt with. The secret keyring of GnuPG 1 counts as one of them, as in SOPS. All is
//! read once, and every passphrase asked for once.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openpgp::cert::CertParser;
use openpgp::crypto::{KeyPair, Password};
use openpgp::packet::Key;
use openpgp::packet::key::{SecretKeyMaterial, SecretParts, UnspecifiedRole};
use openpgp::parse::Parse as _;
use openpgp::{Cert, KeyHandle};
use sequoia_openpgp as openpgp;
use zeroize::Zeroizing;

use super::fingerprint::Fingerprint;
use super::open::{self, Opened};
use super::{
    CLOZE_PGP_KEY, CLOZE_PGP_KEY_FILE, CLOZE_PGP_PASSPHRASE, CLOZE_PGP_PASSPHRASE_FILE, Secret, gnupg_home, store,
};
use crate::recipient::Host;

const MISSING: &str = "there is no such file";

/// All of them.
pub(super) struct KeyFiles {
    host: Arc<dyn Host>,
    files: OnceCell<Vec<KeyFile>>,
    passphrase: OnceCell<Result<Option<Zeroizing<String>>, String>>,
    /// What was asked for, by the certificate.
    asked: RefCell<BTreeMap<openpgp::Fingerprint, Result<Password, String>>>,
    /// Keys that are ready, and why others are not.
    unlocked: RefCell<BTreeMap<openpgp::Fingerprint, Result<KeyPair, String>>>,
}

/// What is in one of them.
struct KeyFile {
    place: String,
    certs: Result<Option<Vec<Cert>>, String>,
}

type SecretKey = Key<SecretParts, UnspecifiedRole>;

impl KeyFiles {
    /// Those that the variables of `host` name.
    pub(super) fn new(host: Arc<dyn Host>) -> Self {
        KeyFiles {
            host,
            files: OnceCell::new(),
            passphrase: OnceCell::new(),
            asked: RefCell::default(),
            unlocked: RefCell::default(),
        }
    }

    fn files(&self) -> &[KeyFile] {
        self.files.get_or_init(|| {
            let host = &*self.host;
            let text = host.variable(CLOZE_PGP_KEY).map(|text| Zeroizing::new(text.into_bytes()));
            let mut files = vec![KeyFile::new(CLOZE_PGP_KEY.into(), Ok(text))];
            files.push(match host.variable_os(CLOZE_PGP_KEY_FILE).map(PathBuf::from) {
                None => KeyFile::new(CLOZE_PGP_KEY_FILE.into(), Ok(None)),
                Some(path) => {
                    let place = format!("{CLOZE_PGP_KEY_FILE} (`{}`)", path.display());
                    KeyFile::new(
                        place,
                        host.file(&path).and_then(|found| found.ok_or_else(|| MISSING.into())).map(Some),
                    )
                }
            });
            if let Some(path) = gnupg_home(host).map(|home| home.join("secring.gpg")) {
                let mut ring = KeyFile::new(path.display().to_string(), host.file(&path));
                // Nobody named it, and old versions of GnuPG leave an empty one behind.
                if ring.certs.is_err() {
                    ring.certs = Ok(None);
                }
                files.push(ring);
            }
            files
        })
    }

    /// The certificates of this fingerprint in them.
    ///
    /// # Errors
    /// What a variable names cannot be read.
    pub(super) fn certificates(&self, wanted: &Fingerprint) -> Result<Vec<Cert>, String> {
        let fault = |file: &KeyFile| file.certs.as_ref().err().map(|reason| format!("{}: {reason}", file.place));
        match self.files().iter().find_map(fault) {
            Some(reason) => Err(reason),
            None => Ok(matching(self.files().iter().flat_map(KeyFile::certs), wanted)),
        }
    }

    /// Opens a message with the secret keys in them. Whether somebody may be asked for passphrases
    /// is said by `may_ask`.
    pub(super) fn open(&self, message: &[u8], may_ask: bool) -> Opened {
        let keys: Vec<(&KeyFile, &Cert, SecretKey)> = self.secret_keys().collect();
        if keys.is_empty() {
            return self.no_key(may_ask);
        }
        let mut failure = None;
        let mut pairs = |recipient: Option<&KeyHandle>| {
            let is_for = |key: &SecretKey| match recipient {
                Some(recipient) => recipient.aliases(key.key_handle()),
                None => key.pk_algo().for_encryption(),
            };
            let meant = keys.iter().filter(|(_, _, key)| is_for(key));
            let mut unlock =
                |(file, cert, key): &(&KeyFile, &Cert, SecretKey)| match self.unlock(file, cert, key, may_ask)? {
                    Ok(pair) => Some(pair),
                    Err(reason) => {
                        failure.get_or_insert(reason);
                        None
                    }
                };
            meant.filter_map(&mut unlock).collect()
        };
        match (open::open(message, &mut pairs), failure) {
            (Opened::NoKey, Some(reason)) => Opened::Failed(reason),
            (Opened::NoKey, None) => self.no_key(may_ask),
            (opened, _) => opened,
        }
    }

    /// That no key is for a message; or why, if what a variable names cannot be read. Said once.
    fn no_key(&self, again: bool) -> Opened {
        let fault = |file: &KeyFile| file.certs.as_ref().err().map(|reason| format!("{}: {reason}", file.place));
        let fault = self.files().iter().find_map(fault).filter(|_| !again);
        fault.map_or(Opened::NoKey, Opened::Failed)
    }

    /// Every secret key that there is more of than a note that it is on a card or elsewhere.
    fn secret_keys(&self) -> impl Iterator<Item = (&KeyFile, &Cert, SecretKey)> {
        let is_here = |key: &SecretKey| match key.secret() {
            SecretKeyMaterial::Unencrypted(_) => true,
            SecretKeyMaterial::Encrypted(sealed) => sealed.s2k().is_supported(),
        };
        let certs = self.files().iter().flat_map(|file| file.certs().iter().map(move |cert| (file, cert)));
        let keys = certs.flat_map(|(file, cert)| {
            cert.keys().secret().map(move |key| (file, cert, key.key().clone().role_into_unspecified()))
        });
        keys.filter(move |(_, _, key)| is_here(key))
    }

    /// A key, ready to be used; nothing when it has a passphrase that is not known, and nobody may
    /// be asked.
    fn unlock(&self, file: &KeyFile, cert: &Cert, key: &SecretKey, may_ask: bool) -> Option<Result<KeyPair, String>> {
        let known = self.unlocked.borrow().get(&key.fingerprint()).cloned();
        if known.is_some() {
            return known;
        }
        let here = |reason: String| format!("{}: {reason}", file.place);
        let pair = |key: SecretKey| key.into_keypair().map_err(|error| here(error.root_cause().to_string()));
        let unlocked = if key.has_unencrypted_secret() {
            pair(key.clone())
        } else {
            let passphrase = match self.passphrase() {
                Ok(Some(passphrase)) => Ok(Password::from(passphrase)),
                Err(reason) => Err(reason),
                Ok(None) if !may_ask => return None,
                Ok(None) => self.ask(file, cert).map_err(here),
            };
            passphrase.and_then(|passphrase| {
                pair(key.clone().decrypt_secret(&passphrase).map_err(|error| here(why_locked(&error)))?)
            })
        };
        self.unlocked.borrow_mut().insert(key.fingerprint(), unlocked.clone());
        Some(unlocked)
    }

    fn ask(&self, file: &KeyFile, cert: &Cert) -> Result<Password, String> {
        let mut asked = self.asked.borrow_mut();
        let ask = || {
            let what = format!("the passphrase of the PGP key {} in {}", cert.keyid(), file.place);
            let said = self.host.secret(&what);
            let nobody = |reason| format!("it has a passphrase, and {reason}; set {CLOZE_PGP_PASSPHRASE_FILE}");
            said.map(|passphrase| Password::from(passphrase.as_str())).map_err(nobody)
        };
        asked.entry(cert.fingerprint()).or_insert_with(ask).clone()
    }

    /// The passphrase that a variable gives, or the first line of the file that one names.
    ///
    /// # Errors
    /// There is no such file.
    pub(super) fn passphrase(&self) -> Result<Option<&str>, String> {
        let read = || {
            if let Some(text) = self.host.variable(CLOZE_PGP_PASSPHRASE) {
                return Ok(Some(Zeroizing::new(text)));
            }
            let Some(path) = self.host.variable_os(CLOZE_PGP_PASSPHRASE_FILE).map(PathBuf::from) else {
                return Ok(None);
            };
            let failed = |reason: String| format!("{CLOZE_PGP_PASSPHRASE_FILE} (`{}`): {reason}", path.display());
            let found: Secret =
                self.host.file(&path).and_then(|found| found.ok_or_else(|| MISSING.into())).map_err(failed)?;
            let text = std::str::from_utf8(&found).map_err(|_| failed("is no text".into()))?;
            Ok(Some(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())))
        };
        let read = self.passphrase.get_or_init(read);
        read.as_ref().map(|passphrase| passphrase.as_ref().map(|text| text.as_str())).map_err(Clone::clone)
    }

    /// A line for each of them, if they were read, that says what is in it.
    pub(super) fn places(&self) -> Vec<String> {
        self.files.get().into_iter().flatten().map(KeyFile::describe).collect()
    }
}

fn why_locked(error: &openpgp::anyhow::Error) -> String {
    match error.downcast_ref::<openpgp::Error>() {
        Some(openpgp::Error::InvalidPassword) | None => "the passphrase is wrong".into(),
        Some(other) => format!("it cannot be unlocked: {other}"),
    }
}

/// The certificates in a file that somebody named, armored or not.
///
/// # Errors
/// It cannot be read, or there is none in it.
pub(super) fn read(host: &dyn Host, path: &Path) -> Result<Vec<Cert>, String> {
    parse(&host.file(path)?.ok_or(MISSING)?)
}

fn parse(keys: &[u8]) -> Result<Vec<Cert>, String> {
    let certs: Vec<Cert> = CertParser::from_bytes(keys).into_iter().flatten().filter_map(Result::ok).collect();
    if certs.is_empty() { Err("holds no PGP key".to_owned()) } else { Ok(certs) }
}

/// Those of this fingerprint, each once.
pub(super) fn matching<'c>(certs: impl Iterator<Item = &'c Cert>, wanted: &Fingerprint) -> Vec<Cert> {
    let mut found: Vec<Cert> = Vec::new();
    for cert in certs.filter(|cert| store::has(cert, wanted)) {
        if found.iter().all(|known| known.fingerprint() != cert.fingerprint()) {
            found.push(cert.clone());
        }
    }
    found
}

impl KeyFile {
    fn new(place: String, found: Result<Option<Secret>, String>) -> Self {
        KeyFile { place, certs: found.and_then(|found| found.map(|keys| parse(&keys)).transpose()) }
    }

    fn certs(&self) -> &[Cert] {
        self.certs.as_ref().ok().and_then(Option::as_deref).unwrap_or_default()
    }

    fn describe(&self) -> String {
        let found = match &self.certs {
            Ok(None) => "not there".to_owned(),
            Err(reason) => reason.clone(),
            Ok(Some(certs)) => {
                let describe = |cert: &Cert| {
                    format!("{}{}", cert.fingerprint(), if cert.is_tsk() { "" } else { " (no secret key)" })
                };
                let mut texts: Vec<String> = certs.iter().map(describe).collect();
                texts.sort_unstable();
                texts.dedup_by(|second, first| second.starts_with(first.as_str()));
                texts.join(", ")
            }
        };
        format!("{}: {found}", self.place)
    }
}
