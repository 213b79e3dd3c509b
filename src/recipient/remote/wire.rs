//! The messages of the key service protocol, as SOPS numbers them (sops-compat.md §5.10), and how a
//! recipient becomes one of them and back. They hold data keys: what does is wiped when dropped,
//! and never printed.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroize as _;

use crate::document::tree::Tree;
use crate::recipient::stored::{sort_fields, text_of};
use crate::recipient::{Kind, Recipient};

/// The operation that wraps.
pub(super) const ENCRYPT: &str = "/KeyService/Encrypt";
/// The operation that unwraps.
pub(super) const DECRYPT: &str = "/KeyService/Decrypt";

/// The longest message that is taken, in bytes. Real ones have some thousand.
pub(super) const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// A recipient.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Key {
    #[prost(oneof = "KeyType", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub(super) key_type: Option<KeyType>,
}

/// A recipient of one kind.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum KeyType {
    #[prost(message, tag = "1")]
    Kms(KmsKey),
    #[prost(message, tag = "2")]
    Pgp(OneField),
    #[prost(message, tag = "3")]
    GcpKms(OneField),
    #[prost(message, tag = "4")]
    AzureKv(ThreeFields),
    #[prost(message, tag = "5")]
    HcVault(ThreeFields),
    #[prost(message, tag = "6")]
    Age(OneField),
    #[prost(message, tag = "7")]
    Hckms(OneField),
}

/// The address of a kind that has one field: fingerprint, resource, recipient or key.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct OneField {
    #[prost(string, tag = "1")]
    first: String,
}

/// The address of a kind that has three: those of Azure and of Vault.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ThreeFields {
    #[prost(string, tag = "1")]
    first: String,
    #[prost(string, tag = "2")]
    second: String,
    #[prost(string, tag = "3")]
    third: String,
}

/// An AWS key.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct KmsKey {
    #[prost(string, tag = "1")]
    arn: String,
    #[prost(string, tag = "2")]
    role: String,
    #[prost(btree_map = "string, string", tag = "3")]
    context: BTreeMap<String, String>,
    #[prost(string, tag = "4")]
    aws_profile: String,
}

/// Asks for a secret to be wrapped.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(super) struct EncryptRequest {
    #[prost(message, optional, tag = "1")]
    pub(super) key: Option<Key>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) plaintext: Vec<u8>,
}

/// The wrapped secret: the text that a file stores.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct EncryptResponse {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) ciphertext: Vec<u8>,
}

/// Asks for a secret to be unwrapped.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct DecryptRequest {
    #[prost(message, optional, tag = "1")]
    pub(super) key: Option<Key>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) ciphertext: Vec<u8>,
}

/// The secret.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(super) struct DecryptResponse {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) plaintext: Vec<u8>,
}

impl Drop for EncryptRequest {
    fn drop(&mut self) {
        self.plaintext.zeroize();
    }
}

impl Drop for DecryptResponse {
    fn drop(&mut self) {
        self.plaintext.zeroize();
    }
}

impl fmt::Debug for EncryptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptRequest").field("key", &self.key).finish_non_exhaustive()
    }
}

impl fmt::Debug for DecryptResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptResponse").finish_non_exhaustive()
    }
}

impl From<&Recipient> for Key {
    fn from(recipient: &Recipient) -> Self {
        let field = |name: &str| recipient.field(name).to_owned();
        let one = |name| OneField { first: field(name) };
        let three = |[first, second, third]: [&str; 3]| ThreeFields {
            first: field(first),
            second: field(second),
            third: field(third),
        };
        let key_type = match recipient.kind {
            Kind::Kms => KeyType::Kms(KmsKey {
                arn: field("arn"),
                role: field("role"),
                context: context(recipient),
                aws_profile: field("aws_profile"),
            }),
            Kind::Pgp => KeyType::Pgp(one("fp")),
            Kind::GcpKms => KeyType::GcpKms(one("resource_id")),
            Kind::AzureKv => KeyType::AzureKv(three(["vault_url", "name", "version"])),
            Kind::HcVault => KeyType::HcVault(three(["vault_address", "engine_path", "key_name"])),
            Kind::Age => KeyType::Age(one("recipient")),
            Kind::Hckms => KeyType::Hckms(one("key_id")),
        };
        Key { key_type: Some(key_type) }
    }
}

/// The encryption context of an AWS key.
fn context(recipient: &Recipient) -> BTreeMap<String, String> {
    let context = recipient.fields.iter().find(|(name, _)| *name == "context");
    let entries = context.map(|(_, tree)| tree.entries()).unwrap_or_default();
    entries.iter().map(|(name, value)| (name.clone(), text_of(value).unwrap_or_default())).collect()
}

impl Key {
    /// The recipient; none when there is none, or one of a kind that is not known.
    pub(super) fn recipient(self) -> Option<Recipient> {
        let one = |kind, name, key: OneField| text_fields(kind, [(name, key.first)]);
        let three = |kind, [first, second, third]: [&'static str; 3], key: ThreeFields| {
            text_fields(kind, [(first, key.first), (second, key.second), (third, key.third)])
        };
        Some(match self.key_type? {
            KeyType::Kms(key) => {
                let texts = [("arn", key.arn), ("role", key.role), ("aws_profile", key.aws_profile)];
                let mut recipient = text_fields(Kind::Kms, texts);
                if !key.context.is_empty() {
                    let entries = key.context.into_iter().map(|(name, value)| (name, Tree::string(value)));
                    recipient.fields.push(("context", Tree::Map(entries.collect())));
                }
                sort_fields(Kind::Kms, &mut recipient.fields);
                recipient
            }
            KeyType::Pgp(key) => one(Kind::Pgp, "fp", key),
            KeyType::GcpKms(key) => one(Kind::GcpKms, "resource_id", key),
            KeyType::AzureKv(key) => three(Kind::AzureKv, ["vault_url", "name", "version"], key),
            KeyType::HcVault(key) => three(Kind::HcVault, ["vault_address", "engine_path", "key_name"], key),
            KeyType::Age(key) => one(Kind::Age, "recipient", key),
            KeyType::Hckms(key) => one(Kind::Hckms, "key_id", key),
        })
    }
}

/// A recipient of fields that are texts. Empty ones that need not be there are not.
fn text_fields<const N: usize>(kind: Kind, fields: [(&'static str, String); N]) -> Recipient {
    let stays = |(name, text): &(&'static str, String)| !(kind.is_optional(name) && text.is_empty());
    let fields = fields.into_iter().filter(stays).map(|(name, text)| (name, Tree::string(text))).collect();
    Recipient { kind, fields }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::recipient::parse;

    /// One of every kind.
    fn recipients() -> Vec<Recipient> {
        let context = vec![("a".into(), "b".into()), ("c".into(), "d".into())];
        let one = |kind, text: &str| parse::parse_list(kind, text).expect("is a recipient").remove(0);
        vec![
            parse::kms("arn:aws:kms:r:1:key/1", "arn:aws:iam::1:role/r", context, "p").expect("is a recipient"),
            parse::kms("arn:aws:kms:r:1:key/1", "", vec![], "").expect("is a recipient"),
            one(Kind::Pgp, "85D77543B3D624B63CEA9E6DBC17301B491B3F21"),
            one(Kind::GcpKms, "projects/p/locations/global/keyRings/r/cryptoKeys/k"),
            one(Kind::AzureKv, "https://v.vault.azure.net/keys/k/0123456789abcdef0123456789abcdef"),
            one(Kind::HcVault, "https://vault.example.org:8200/v1/transit/keys/k"),
            one(Kind::Hckms, "tr-west-1:abc12345-6789-0123-4567-890123456789"),
            Recipient::age("age1x"),
        ]
    }

    #[test]
    fn every_kind_comes_back_as_it_went() {
        let recipients = recipients();
        assert!(Kind::ALL.iter().all(|kind| recipients.iter().any(|recipient| recipient.kind == *kind)));
        for recipient in recipients {
            let bytes = Key::from(&recipient).encode_to_vec();
            let key = Key::decode(bytes.as_slice()).expect("is a key");
            assert_eq!(key.recipient(), Some(recipient));
        }
    }

    /// The bytes that `protoc --encode` makes of the same messages with SOPS's description.
    #[test]
    fn the_bytes_are_those_of_sops() {
        let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let kms = parse::kms("arn:aws:kms:r:1:key/1", "", vec![("a".into(), "b".into())], "p").expect("is one");
        let key = |kind, fields: &[(&'static str, &str)]| Recipient {
            kind,
            fields: fields.iter().map(|(name, text)| (*name, Tree::string(*text))).collect(),
        };
        let azure = key(Kind::AzureKv, &[("vault_url", "u"), ("name", "n"), ("version", "v")]);
        let vault = key(Kind::HcVault, &[("vault_address", "u"), ("engine_path", "n"), ("key_name", "v")]);
        for (recipient, key) in [
            (kms, "0a240a220a1561726e3a6177733a6b6d733a723a313a6b65792f311a060a0161120162220170"),
            (key(Kind::Pgp, &[("fp", "F")]), "0a0512030a0146"),
            (key(Kind::GcpKms, &[("resource_id", "R")]), "0a051a030a0152"),
            (azure, "0a0b22090a017512016e1a0176"),
            (vault, "0a0b2a090a017512016e1a0176"),
            (Recipient::age("age1x"), "0a0932070a056167653178"),
            (key(Kind::Hckms, &[("key_id", "K")]), "0a053a030a014b"),
        ] {
            let encrypt = EncryptRequest { key: Some((&recipient).into()), plaintext: b"ab".to_vec() };
            assert_eq!(hex(encrypt.encode_to_vec()), format!("{key}12026162"), "{recipient}");
            let decrypt = DecryptRequest { key: Some((&recipient).into()), ciphertext: b"ab".to_vec() };
            assert_eq!(hex(decrypt.encode_to_vec()), format!("{key}12026162"), "{recipient}");
        }
    }

    #[test]
    fn an_unknown_kind_is_none() {
        // Field 15 of the key.
        let key = Key::decode([0x7a, 0x02, 0x0a, 0x00].as_slice()).expect("is a message");
        assert_eq!(key.recipient(), None);
        assert_eq!(Key::default().recipient(), None);
    }

    #[test]
    fn a_secret_is_not_printed() {
        let request = EncryptRequest { key: Some((&Recipient::age("age1x")).into()), plaintext: b"secret".to_vec() };
        let shown = format!("{request:?} {:?}", DecryptResponse { plaintext: b"secret".to_vec() });
        assert!(shown.contains("age1x") && !shown.contains("secret") && !shown.contains("115"), "{shown}");
    }
}
