//! Certificates in files of other programs, for where gpg is not installed or does not have them:
//! the keyrings of GnuPG, and the store that programs of OpenPGP share
//! (<https://datatracker.ietf.org/doc/draft-nwjw-openpgp-cert-d/>).

use std::path::{Path, PathBuf};

use openpgp::Cert;
use openpgp::cert::CertParser;
use openpgp::cert::raw::{RawCert, RawCertParser};
use openpgp::parse::Parse as _;
use sequoia_openpgp as openpgp;

use super::fingerprint::Fingerprint;
use super::{Secret, gnupg_home, keybox};
use crate::recipient::Host;

/// Where the shared store is, in place of the usual folder.
const PGP_CERT_D: &str = "PGP_CERT_D";
/// Where data of the user is kept, in place of `~/.local/share`.
const XDG_DATA_HOME: &str = "XDG_DATA_HOME";

/// The certificates of this fingerprint in the first of the stores that has one.
///
/// # Errors
/// A store is there and cannot be read.
pub(super) fn find(host: &dyn Host, wanted: &Fingerprint) -> Result<Vec<Cert>, String> {
    if let Some(home) = gnupg_home(host) {
        if let Some(keybox) = read(host, &home.join("pubring.kbx"))? {
            let certs: Vec<Cert> = keybox::keys(&keybox).flat_map(|key| in_keyring(key, wanted)).collect();
            if !certs.is_empty() {
                return Ok(certs);
            }
        }
        if let Some(keyring) = read(host, &home.join("pubring.gpg"))? {
            let certs = in_keyring(&keyring, wanted);
            if !certs.is_empty() {
                return Ok(certs);
            }
        }
    }
    let Some(file) = shared_file(host, wanted) else { return Ok(Vec::new()) };
    Ok(read(host, &file)?.map(|key| certificates(&key, wanted)).unwrap_or_default())
}

/// The certificates of this fingerprint among keys in a file, armored or not. What is none is
/// passed over.
pub(super) fn certificates(keys: &[u8], wanted: &Fingerprint) -> Vec<Cert> {
    let Ok(certs) = CertParser::from_bytes(keys) else { return Vec::new() };
    certs.filter_map(Result::ok).filter(|cert| has(cert, wanted)).collect()
}

/// Whether one of the keys of a certificate has this fingerprint.
pub(super) fn has(cert: &Cert, wanted: &Fingerprint) -> bool {
    cert.keys().any(|key| wanted.is_of(&key.key().fingerprint()))
}

/// The same in a keyring, which may be long: only what fits is read in full.
fn in_keyring(keyring: &[u8], wanted: &Fingerprint) -> Vec<Cert> {
    let Ok(certs) = RawCertParser::from_bytes(keyring) else { return Vec::new() };
    let fits = |cert: &RawCert<'_>| cert.keys().any(|key| wanted.is_of(&key.fingerprint()));
    certs.filter_map(Result::ok).filter(fits).filter_map(|cert| Cert::try_from(cert).ok()).collect()
}

/// The file of the shared store in which a certificate of this fingerprint would be. It is found by
/// the whole fingerprint of the primary key alone.
fn shared_file(host: &dyn Host, wanted: &Fingerprint) -> Option<PathBuf> {
    let digits = Some(wanted.as_str()).filter(|digits| digits.len() >= 40)?.to_ascii_lowercase();
    let usual = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" };
    let home = || host.variable_os("HOME").map(|home| PathBuf::from(home).join(usual));
    let data = || host.variable_os(XDG_DATA_HOME).map(PathBuf::from).or_else(home);
    let store = host.variable_os(PGP_CERT_D).map(PathBuf::from);
    let store = store.or_else(|| data().map(|data| data.join("pgp.cert.d")))?;
    Some(store.join(&digits[..2]).join(&digits[2..]))
}

fn read(host: &dyn Host, path: &Path) -> Result<Option<Secret>, String> {
    host.file(path).map_err(|reason| format!("`{}` {reason}", path.display()))
}
