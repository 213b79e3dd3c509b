//! OpenPGP recipients: the data key is an armored message for one of them (sops-compat.md §5.1,
//! §5.3).
//!
//! Wrapping is done here, with a certificate from a key file, gpg or another store; gpg does it
//! where the certificate is too old for us. Unwrapping goes from what costs nothing to what costs
//! somebody's attention: secret keys in files that open by themselves, then gpg with its agent,
//! then files with a passphrase that has to be asked for.

mod certificate;
mod fingerprint;
mod gpg;
mod keybox;
mod keyfile;
mod lenient;
mod open;
mod packets;
mod store;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sequoia_openpgp as openpgp;
use zeroize::Zeroizing;

use self::certificate::Refusal;
use self::fingerprint::Fingerprint;
use self::gpg::Gpg;
use self::keyfile::KeyFiles;
use self::open::Opened;
use super::{Host, KeyService, Kind, Recipient, Unwrapped, WrappedKey};
use openpgp::Cert;

/// The program to run in place of `gpg`.
pub(super) const SOPS_GPG_EXEC: &str = "SOPS_GPG_EXEC";
/// The folder with the keyrings of gpg, in place of `~/.gnupg`.
pub(super) const GNUPGHOME: &str = "GNUPGHOME";
/// Keys: secret ones to decrypt with, public ones to encrypt to.
pub(super) const CLOZE_PGP_KEY: &str = "CLOZE_PGP_KEY";
/// A file with such keys.
pub(super) const CLOZE_PGP_KEY_FILE: &str = "CLOZE_PGP_KEY_FILE";
/// The passphrase of secret keys, in such a file or in gpg.
pub(super) const CLOZE_PGP_PASSPHRASE: &str = "CLOZE_PGP_PASSPHRASE";
/// A file with that passphrase in its first line.
pub(super) const CLOZE_PGP_PASSPHRASE_FILE: &str = "CLOZE_PGP_PASSPHRASE_FILE";

/// The longest wrapped key that is looked at, in bytes. One for RSA with 16,384 bits has some 3,000.
const MAX_WRAPPED_BYTES: usize = 64 << 10;

/// The reason of a key that was left alone.
const NOT_NEEDED: &str = "it was not needed";

/// Wraps for PGP recipients, and unwraps with the secret keys of gpg or of files.
pub struct Pgp {
    host: Arc<dyn Host>,
    gpg: Gpg,
    files: KeyFiles,
    /// Files that others than variables name, and what is in them.
    learnt: RefCell<Vec<(PathBuf, Vec<Cert>)>>,
    /// The certificates that were found, by the fingerprint that was looked for.
    found: RefCell<BTreeMap<String, Cert>>,
}

/// What may be spent on opening a key, the cheapest first.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    /// Key files are read, and opened with a passphrase that is known.
    Read,
    /// gpg is run, which may ask for a passphrase.
    Gpg,
    /// Passphrases of key files are asked for.
    Ask,
}

impl Pgp {
    /// A service that finds programs, files and variables in `host`, and asks it for passphrases.
    #[must_use]
    pub fn new(host: Arc<dyn Host>) -> Self {
        let gpg = Gpg::new(Arc::clone(&host));
        let files = KeyFiles::new(Arc::clone(&host));
        Pgp { host, gpg, files, learnt: RefCell::default(), found: RefCell::default() }
    }

    /// Encrypts with the first certificate of this fingerprint that can be used. Certificates are
    /// looked for in the files that a rule names, in those of variables, in gpg, and then in the stores that need no gpg.
    fn wrap_for(&self, wanted: &Fingerprint, secret: &[u8]) -> Result<String, String> {
        if let Some(cert) = self.found.borrow().get(wanted.as_str()) {
            return certificate::seal(cert, wanted, secret).map_err(Refusal::into_reason);
        }
        let mut refusals: Vec<Refusal> = Vec::new();
        let learnt = || {
            let learnt = self.learnt.borrow();
            Ok(keyfile::matching(learnt.iter().flat_map(|(_, certs)| certs), wanted))
        };
        let from_files = || self.files.certificates(wanted);
        let from_gpg =
            || Ok(self.gpg.export(wanted).map(|keys| store::certificates(&keys, wanted)).unwrap_or_default());
        let from_stores = || store::find(&*self.host, wanted);
        let sources: [&dyn Fn() -> Result<Vec<Cert>, String>; 4] = [&learnt, &from_files, &from_gpg, &from_stores];
        for source in sources {
            let certs = source()?;
            if certs.len() > 1 {
                return Err("more than one key has this id; name one by its whole fingerprint".into());
            }
            for cert in certs {
                match certificate::seal(&cert, wanted, secret) {
                    Ok(message) => {
                        self.found.borrow_mut().insert(wanted.as_str().to_owned(), cert);
                        return Ok(message);
                    }
                    // A copy of it elsewhere may not know.
                    Err(Refusal::Revoked(reason)) => return Err(reason),
                    Err(refusal) => refusals.push(refusal),
                }
            }
        }
        self.wrap_by_gpg(wanted, secret, refusals)
    }

    /// Lets gpg try what we cannot do, unless we know that it cannot either.
    fn wrap_by_gpg(&self, wanted: &Fingerprint, secret: &[u8], refusals: Vec<Refusal>) -> Result<String, String> {
        let is_hopeless = |refusal: &Refusal| !matches!(refusal, Refusal::Unsupported(_));
        let is_final = !refusals.is_empty() && refusals.iter().all(is_hopeless);
        let ours = refusals.into_iter().next().map(Refusal::into_reason);
        match (self.gpg.program(), ours) {
            (_, Some(reason)) if is_final => Err(reason),
            (Ok(_), ours) => {
                let tried = self.gpg.encrypt(wanted, secret);
                tried.map_err(|reason| ours.map_or(reason.clone(), |ours| format!("{ours}; and {reason}")))
            }
            (Err(_), Some(reason)) => Err(format!("{reason}; gpg may take it, but is not installed")),
            (Err(reason), None) => Err(format!(
                "there is no certificate of it at hand; name a file with it in {CLOZE_PGP_KEY_FILE}, or install gpg: {reason}"
            )),
        }
    }

    /// Opens a key as far as a step allows; nothing where there was nothing to try.
    fn advance(&self, step: Step, key: &WrappedKey) -> Option<Unwrapped> {
        match step {
            Step::Read | Step::Ask => match self.files.open(key.enc.as_bytes(), step == Step::Ask) {
                Opened::Secret(secret) => Some(Unwrapped::Key(secret)),
                Opened::NoKey => None,
                Opened::Failed(reason) => Some(Unwrapped::Broken(reason)),
            },
            Step::Gpg => Some(match self.gpg.decrypt(&key.enc, self.files.passphrase()) {
                Ok(secret) => Unwrapped::Key(secret),
                Err(gpg::Failure::NoKey(reason)) => Unwrapped::NotMine(reason),
                Err(gpg::Failure::Failed(reason)) => Unwrapped::Broken(reason),
            }),
        }
    }

    /// Keys in the order in which they are tried: where there are several, those first that gpg
    /// has a secret key for, so that one run of it is enough.
    fn sorted(&self, step: Step, keys: &[&WrappedKey]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..keys.len()).collect();
        if step == Step::Gpg && keys.len() > 1 && self.gpg.program().is_ok() {
            let owned = self.gpg.secret_keys();
            let is_owned =
                |number: &usize| open::recipients(keys[*number].enc.as_bytes()).iter().any(|id| owned.contains(id));
            order.sort_by_cached_key(|number| !is_owned(number));
        }
        order
    }
}

impl KeyService for Pgp {
    fn kind(&self) -> Kind {
        Kind::Pgp
    }

    fn learn(&self, file: &Path) -> Result<(), String> {
        if self.learnt.borrow().iter().any(|(known, _)| known == file) {
            return Ok(());
        }
        let certs = keyfile::read(&*self.host, file)?;
        self.learnt.borrow_mut().push((file.to_owned(), certs));
        // What was found elsewhere comes after what is in this file.
        self.found.borrow_mut().clear();
        Ok(())
    }

    fn wrap(&self, recipient: &Recipient, secret: &[u8]) -> Result<String, String> {
        self.wrap_for(&Fingerprint::parse(recipient.field("fp"))?, secret)
    }

    fn unwrap(&self, key: &WrappedKey) -> Unwrapped {
        let one = self.unwrap_any(&[key], &|_| true).pop();
        one.unwrap_or_else(|| Unwrapped::NotMine(NOT_NEEDED.into()))
    }

    fn unwrap_any(&self, keys: &[&WrappedKey], fits: &dyn Fn(&[u8]) -> bool) -> Vec<Unwrapped> {
        let mut results: Vec<Option<Unwrapped>> = keys.iter().map(|_| None).collect();
        let is_long = |key: &WrappedKey| key.enc.len() > MAX_WRAPPED_BYTES;
        'steps: for step in [Step::Read, Step::Gpg, Step::Ask] {
            for number in self.sorted(step, keys) {
                let key = keys[number];
                if is_long(key) {
                    results[number] = Some(Unwrapped::Broken("its wrapped key is too long to be one".into()));
                    continue;
                }
                let Some(new) = self.advance(step, key) else { continue };
                let is_done = matches!(&new, Unwrapped::Key(secret) if fits(secret));
                // What is known of a key that is here is worth more than where it is not.
                if !matches!((&new, &results[number]), (Unwrapped::NotMine(_), Some(_))) {
                    results[number] = Some(new);
                }
                if is_done {
                    break 'steps;
                }
            }
        }
        results.into_iter().map(|result| result.unwrap_or_else(|| Unwrapped::NotMine(NOT_NEEDED.into()))).collect()
    }

    fn places(&self) -> Vec<String> {
        self.files.places().into_iter().chain(self.gpg.place()).collect()
    }
}

/// The folder with the keyrings of gpg.
fn gnupg_home(host: &dyn Host) -> Option<PathBuf> {
    let own = || host.variable_os("HOME").map(|home| PathBuf::from(home).join(".gnupg"));
    host.variable_os(GNUPGHOME).map(PathBuf::from).or_else(own)
}

/// A secret in memory that is wiped.
type Secret = Zeroizing<Vec<u8>>;
