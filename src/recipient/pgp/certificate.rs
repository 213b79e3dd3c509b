//! What a certificate allows: which of its keys a secret is encrypted to, and why none.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openpgp::cert::ValidCert;
use openpgp::cert::amalgamation::ValidAmalgamation as _;
use openpgp::cert::amalgamation::key::{PrimaryKey as _, ValidErasedKeyAmalgamation};
use openpgp::packet::key::PublicParts;
use openpgp::policy::StandardPolicy;
use openpgp::serialize::stream::{Armorer, Encryptor, LiteralWriter, Message, Recipient};
use openpgp::types::{ReasonForRevocation, RevocationStatus};
use openpgp::{Cert, Error};
use sequoia_openpgp as openpgp;

use super::fingerprint::Fingerprint;
use crate::document::Timestamp;

/// 2010, when SHA-1 was not refused yet.
const LAX_TIME: Duration = Duration::from_secs(40 * 365 * 24 * 60 * 60);

/// Why a certificate is not encrypted to, for people.
pub(super) enum Refusal {
    /// Its owner took it back, which goes for all copies of it.
    Revoked(String),
    /// It cannot be encrypted to; another copy may be newer.
    Unusable(String),
    /// We cannot or will not use it; gpg may.
    Unsupported(String),
}

impl Refusal {
    /// The reason alone.
    pub(super) fn into_reason(self) -> String {
        match self {
            Refusal::Revoked(reason) | Refusal::Unusable(reason) | Refusal::Unsupported(reason) => reason,
        }
    }
}

type Key<'a> = ValidErasedKeyAmalgamation<'a, PublicParts>;

/// Encrypts a secret into an armored message to one key of a certificate.
///
/// # Errors
/// The certificate has no key for that.
pub(super) fn seal(cert: &Cert, wanted: &Fingerprint, secret: &[u8]) -> Result<String, Refusal> {
    let policy = StandardPolicy::new();
    let cert = valid(cert, &policy)?;
    let key = encryption_key(&cert, wanted)?;
    write(key.into(), secret).map_err(|error| Refusal::Unsupported(format!("cannot be encrypted to: {error}")))
}

fn write(recipient: Recipient<'_>, secret: &[u8]) -> openpgp::Result<String> {
    let mut armored = Vec::new();
    let message = Armorer::new(Message::new(&mut armored)).build()?;
    let message = Encryptor::for_recipients(message, [recipient]).build()?;
    let mut message = LiteralWriter::new(message).build()?;
    message.write_all(secret)?;
    message.finalize()?;
    // As SOPS stores it: without the end of the last line.
    Ok(String::from_utf8(armored)?.trim_end().to_owned())
}

/// The certificate as of now, if it is in force.
fn valid<'a>(cert: &'a Cert, policy: &'a StandardPolicy<'a>) -> Result<ValidCert<'a>, Refusal> {
    if let RevocationStatus::Revoked(signatures) = cert.revocation_status(policy, None) {
        let reason = signatures.iter().find_map(|signature| signature.reason_for_revocation());
        let why = match reason {
            None | Some((ReasonForRevocation::Unspecified, _)) => String::new(),
            Some((code, _)) => format!(": {}", code.to_string().to_lowercase()),
        };
        return Err(Refusal::Revoked(format!("the key was revoked by its owner{why}; ask for the new one")));
    }
    let valid = cert.with_policy(policy, None).map_err(|error| too_old(&error))?;
    match valid.alive() {
        Ok(()) => Ok(valid),
        Err(error) => Err(not_alive("the key", &error)),
    }
}

/// The key to encrypt to: as in gpg the newest one that is meant for it, or the one that is named.
fn encryption_key<'a>(cert: &ValidCert<'a>, wanted: &Fingerprint) -> Result<Key<'a>, Refusal> {
    let is_meant = |key: &Key<'a>| !wanted.is_exact || wanted.is_of(&key.key().fingerprint());
    let mut keys: Vec<Key<'a>> =
        cert.keys().for_transport_encryption().for_storage_encryption().filter(is_meant).collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.key().creation_time()));
    let mut refusal = None;
    for key in keys {
        match check(&key) {
            Ok(()) => return Ok(key),
            Err(reason) => refusal = refusal.or(Some(reason)),
        }
    }
    Err(refusal.unwrap_or_else(|| no_key(cert, wanted)))
}

fn check(key: &Key<'_>) -> Result<(), Refusal> {
    let name =
        if key.primary() { "the key".to_owned() } else { format!("its encryption subkey {}", key.key().keyid()) };
    if let RevocationStatus::Revoked(_) = key.revocation_status() {
        return Err(Refusal::Unusable(format!("{name} was revoked; ask the owner for a newer certificate")));
    }
    key.alive().map_err(|error| not_alive(&name, &error))?;
    if !key.key().pk_algo().is_supported() {
        return Err(Refusal::Unsupported(format!(
            "{name} is of a kind that is not supported: {}",
            key.key().pk_algo()
        )));
    }
    Ok(())
}

/// Why a certificate that is in force has no key for us.
fn no_key(cert: &ValidCert<'_>, wanted: &Fingerprint) -> Refusal {
    let lax_policy = StandardPolicy::at(UNIX_EPOCH + LAX_TIME);
    let lax = cert.cert().with_policy(&lax_policy, None).ok();
    let lax = lax.iter().flat_map(|cert| cert.keys().for_transport_encryption().for_storage_encryption());
    let is_meant = |key: &openpgp::Fingerprint| !wanted.is_exact || wanted.is_of(key);
    if lax.map(|key| key.key().fingerprint()).any(|key| is_meant(&key)) {
        return Refusal::Unsupported("its encryption key is bound to it by a signature that is too weak".into());
    }
    Refusal::Unusable(if wanted.is_exact {
        "the key that `!` asks for is not meant for encryption; name the encryption subkey, or leave out the `!`".into()
    } else {
        "the key is not meant for encryption, nor is one of its subkeys".into()
    })
}

/// Why a key is not in force.
fn not_alive(name: &str, error: &openpgp::anyhow::Error) -> Refusal {
    Refusal::Unusable(match error.downcast_ref::<Error>() {
        Some(Error::Expired(time)) => {
            format!("{name} expired on {}; get a newer copy of it, or ask the owner to extend it", date(*time))
        }
        Some(Error::NotYetLive(time)) => format!("{name} is not valid before {}; check the clock", date(*time)),
        _ => format!("{name} is not in force: {error}"),
    })
}

/// What to say of a certificate that fails our policy.
fn too_old(error: &openpgp::anyhow::Error) -> Refusal {
    let cause = error.root_cause().to_string();
    Refusal::Unsupported(format!("its certificate is not signed with anything that is safe today: {cause}"))
}

/// The day of a point in time.
fn date(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let text = Timestamp::from_unix(i64::try_from(seconds).unwrap_or(0)).to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}
