//! Who may open a file: recipients as plain data, their wrapped keys as stored, and the one joint
//! behind which a backend wraps and unwraps. Knows data keys, not documents. Takes no environment:
//! identities and clients are handed in.
//!
//! A new kind of recipient costs a row in [`Kind`]'s table, a file here, and a line where the
//! command line builds its [`Keyring`].

mod access;
pub mod age;
#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "azure")]
pub mod azure;
#[cfg(any(feature = "huawei", feature = "vault"))]
mod found;
#[cfg(feature = "gcp")]
pub mod gcp;
mod host;
#[cfg(feature = "huawei")]
pub mod huawei;
mod keyring;
mod kind;
mod lazy;
#[cfg(feature = "network")]
pub mod network;
pub mod parse;
#[cfg(feature = "pgp")]
pub mod pgp;
#[cfg(feature = "keyservice")]
pub mod remote;
pub(crate) mod stored;
#[cfg(feature = "vault")]
pub mod vault;
mod words;

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::document::tree::Tree;
use crate::document::{Scalar, Timestamp};

pub use access::{Access, Change, GroupChange};
pub use host::{Call, Host, Nobody, Ran};
pub use keyring::{Attempt, Keyring, NoDataKey, WrapFailure};
pub use kind::Kind;
pub use lazy::Lazy;
pub use stored::StoredError;
pub use words::{has_step, said, said_after_colon, said_by_system};

/// Somebody who may open a file: a kind, and the address that the kind needs. Compared and
/// printed, never contacted.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipient {
    /// Which backend it belongs to.
    pub kind: Kind,
    /// The fields of its stored entry, without the wrapped key and its date (§3.2).
    pub fields: Vec<(&'static str, Tree)>,
}

impl Recipient {
    /// A recipient of an age public key.
    #[must_use]
    pub fn age(recipient: &str) -> Self {
        Recipient { kind: Kind::Age, fields: vec![("recipient", Tree::string(recipient))] }
    }

    /// The text of a field; empty when it is missing or no text.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|(field, _)| *field == name)
            .and_then(|(_, tree)| match tree {
                Tree::Leaf(Scalar::Text(text)) => text.as_str(),
                _ => None,
            })
            .unwrap_or("")
    }

    /// A text that two recipients share only if they are the same. Empty fields do not count, nor
    /// does the case of a fingerprint.
    #[must_use]
    pub fn identity(&self) -> String {
        let mut text = self.kind.list().to_owned();
        for (name, value) in &self.fields {
            if let Some(value) = stored::text_of(value).filter(|value| !value.is_empty()) {
                let value = if self.kind == Kind::Pgp { value.to_ascii_uppercase() } else { value };
                text.push_str(&format!("\0{name}\0{value}"));
            }
            for (key, value) in value.entries() {
                let value = stored::text_of(value).unwrap_or_default();
                text.push_str(&format!("\0{name}\0{key}\0{value}"));
            }
        }
        text
    }

    /// Whether a description means this recipient: everything that it says is so.
    #[must_use]
    pub fn is_meant_by(&self, description: &Recipient) -> bool {
        let says = |(name, wanted): &(&'static str, Tree)| {
            let is_said = match wanted {
                Tree::Map(entries) => !entries.is_empty(),
                leaf => stored::text_of(leaf).is_some_and(|text| !text.is_empty()),
            };
            let own = || self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
            let is_pgp = self.kind == Kind::Pgp && self.field(name).eq_ignore_ascii_case(description.field(name));
            !is_said || is_pgp || own() == Some(wanted)
        };
        self.kind == description.kind && description.fields.iter().all(says)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            // Somebody may have put a secret where a recipient belongs; it must not be repeated.
            Kind::Age if self.field("recipient").starts_with("AGE-") => f.write_str("AGE-SECRET-KEY-…"),
            Kind::Age => f.write_str(self.field("recipient")),
            Kind::Pgp => f.write_str(self.field("fp")),
            Kind::Kms => self.fmt_kms(f),
            Kind::GcpKms => f.write_str(self.field("resource_id")),
            Kind::Hckms => f.write_str(self.field("key_id")),
            Kind::AzureKv => {
                write!(f, "{}/keys/{}", self.field("vault_url"), self.field("name"))?;
                // Without one, the current version is to be asked for.
                if self.field("version").is_empty() { Ok(()) } else { write!(f, "/{}", self.field("version")) }
            }
            Kind::HcVault => write!(
                f,
                "{}/v1/{}/keys/{}",
                self.field("vault_address"),
                self.field("engine_path"),
                self.field("key_name")
            ),
        }
    }
}

impl Recipient {
    /// An AWS key with all that makes it another one, as SOPS writes it: role, context, profile.
    fn fmt_kms(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field("arn"))?;
        if !self.field("role").is_empty() {
            write!(f, "+{}", self.field("role"))?;
        }
        let context = self.fields.iter().find(|(name, _)| *name == "context").map(|(_, context)| context.entries());
        let pairs: Vec<String> = context
            .unwrap_or_default()
            .iter()
            .map(|(name, value)| format!("{name}:{}", stored::text_of(value).unwrap_or_default()))
            .collect();
        let profile = self.field("aws_profile");
        if !pairs.is_empty() || !profile.is_empty() {
            write!(f, "|{}", pairs.join(","))?;
        }
        if profile.is_empty() { Ok(()) } else { write!(f, "|{profile}") }
    }
}

/// The data key, or a share of it, as stored for one recipient.
#[derive(Clone, Debug, PartialEq)]
pub struct WrappedKey {
    /// Whom it is for.
    pub recipient: Recipient,
    /// The wrapped secret in the backend's own text form.
    pub enc: String,
    /// When it was wrapped; the kinds that store no date have none.
    pub created_at: Option<Timestamp>,
    /// Fields of the entry that we do not know. Kept when the file is rewritten.
    pub unknown: Vec<(String, Tree)>,
}

/// Recipients any one of whom suffices.
pub type KeyGroup = Vec<WrappedKey>;

/// What became of one wrapped key.
pub enum Unwrapped {
    /// The secret: the data key, or a share of it.
    Key(Zeroizing<Vec<u8>>),
    /// No identity at hand is its recipient. The reason, for people.
    NotMine(String),
    /// It should have opened, and did not. The reason, for people.
    Broken(String),
}

/// The joint: one backend.
pub trait KeyService {
    /// The recipients that it serves.
    fn kind(&self) -> Kind;

    /// The recipient with what it leaves open and a file has to say: the version of a key. None where
    /// nothing is open.
    ///
    /// # Errors
    /// Why it cannot be told, for people.
    fn settle(&self, _recipient: &Recipient) -> Result<Option<Recipient>, String> {
        Ok(None)
    }

    /// Hears of a file in which keys of recipients may be. It is looked in before anything else.
    ///
    /// # Errors
    /// It cannot be read or holds none; why, for people.
    fn learn(&self, _file: &Path) -> Result<(), String> {
        Ok(())
    }

    /// Wraps a secret for a recipient of this kind.
    ///
    /// # Errors
    /// Why it cannot, for people.
    fn wrap(&self, recipient: &Recipient, secret: &[u8]) -> Result<String, String>;

    /// Unwraps a secret.
    fn unwrap(&self, key: &WrappedKey) -> Unwrapped;

    /// Unwraps one of several secrets any one of which suffices: one that `fits`. Returns what became
    /// of each key, in their order; of those that there was no need to try, at the end, nothing. A
    /// service that has to bother somebody overrides this, to look first for a key that needs nobody.
    fn unwrap_any(&self, keys: &[&WrappedKey], fits: &dyn Fn(&[u8]) -> bool) -> Vec<Unwrapped> {
        let mut results = Vec::new();
        for key in keys {
            results.push(self.unwrap(key));
            if matches!(results.last(), Some(Unwrapped::Key(secret)) if fits(secret)) {
                break;
            }
        }
        results
    }

    /// Hears of keys, any one of which suffices, that are to be unwrapped in this run; a service
    /// that has to start something for that can start it once for all.
    fn foresee(&self, _keys: &[&WrappedKey]) {}

    /// Where it looked for identities or credentials, a line each, for the message when nothing
    /// fits.
    fn places(&self) -> Vec<String>;

    /// The service as one that only waits for others to answer, if it is one: several of them can
    /// wait at once.
    #[cfg(feature = "network")]
    fn networked(&self) -> Option<&dyn network::Waiting> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: Kind, text: &str) -> Recipient {
        parse::parse_list(kind, text).expect("is a recipient").remove(0)
    }

    #[test]
    fn the_same_recipient_has_one_identity() {
        let arn = "arn:aws:kms:r:1:key/1";
        let bare = Recipient { kind: Kind::Kms, fields: vec![("arn", Tree::string(arn))] };
        assert_eq!(one(Kind::Kms, arn).identity(), bare.identity());
        assert_eq!(one(Kind::Pgp, "ab cd").identity(), one(Kind::Pgp, "ABCD").identity());
        let context = parse::kms(arn, "", vec![("a".into(), "b".into())], "").expect("is a recipient");
        let others = [one(Kind::Kms, &format!("{arn}+arn:aws:iam::1:role/r")), context, one(Kind::Hckms, "r:1")];
        assert!(others.iter().all(|other| other.identity() != bare.identity()));
    }

    #[test]
    fn a_description_means_what_it_says_and_no_less() {
        let arn = "arn:aws:kms:r:1:key/1";
        let full = parse::kms(arn, "arn:aws:iam::1:role/r", vec![("a".into(), "b".into())], "p").expect("is one");
        assert!(full.is_meant_by(&one(Kind::Kms, arn)));
        assert!(!one(Kind::Kms, arn).is_meant_by(&full));
        assert!(!full.is_meant_by(&one(Kind::Kms, "arn:aws:kms:r:1:key/2")));
        assert!(one(Kind::Pgp, "ABCD").is_meant_by(&one(Kind::Pgp, "abcd")));
        assert!(!one(Kind::Pgp, "ABCD").is_meant_by(&one(Kind::Age, "ABCD")));
        assert_eq!(full.to_string(), format!("{arn}+arn:aws:iam::1:role/r|a:b|p"));
    }
}
