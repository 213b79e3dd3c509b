//! AWS KMS (sops-compat.md §5.4): a key or an alias by its ARN, with the encryption context, the
//! role and the profile that the entry names. The SDK of AWS finds the credentials and signs; here
//! is which client goes with which entry, and what its errors mean to people.

mod account;
mod failure;
mod login;
mod profiles;
mod session;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_kms::primitives::Blob;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

pub use self::account::Account;
use self::session::{Access, Sessions};
use super::network::{Answer, Backend, Failure};
use super::{Host, Kind, Recipient, Unwrapped, WrappedKey, parse, stored};

/// The keys of AWS KMS. Nothing of the SDK is touched before the first of them is needed.
pub struct Aws {
    sessions: Sessions,
}

impl Aws {
    /// With the variables and files of this host; it hears of what is odd about them, too.
    #[must_use]
    pub fn new(host: Arc<dyn Host>) -> Self {
        Aws { sessions: Sessions::new(host) }
    }

    async fn encrypt(&self, recipient: &Recipient, secret: &[u8]) -> Result<String, Failure> {
        let key = Key::of(recipient)?;
        let session = self.sessions.get(&key.access).await?;
        let request = session.client.encrypt().key_id(key.arn).set_encryption_context(key.context());
        // The SDK keeps a copy of its own, which is not wiped.
        let answer = request.plaintext(Blob::new(secret)).send().await;
        let answer = answer.map_err(|error| failure::of_call(error, &key, &session.profile, "kms:Encrypt"))?;
        let blob =
            answer.ciphertext_blob.ok_or_else(|| Failure::Broken("AWS KMS answers without a ciphertext".into()))?;
        Ok(STANDARD.encode(blob))
    }

    async fn decrypt(&self, wrapped: &WrappedKey) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let key = Key::of(&wrapped.recipient)?;
        let blob =
            STANDARD.decode(wrapped.enc.trim()).map_err(|_| Failure::Broken("its wrapped key is not base64".into()))?;
        let session = self.sessions.get(&key.access).await?;
        let request = session.client.decrypt().key_id(key.arn).set_encryption_context(key.context());
        let answer = request.ciphertext_blob(Blob::new(blob)).send().await;
        let answer = answer.map_err(|error| failure::of_call(error, &key, &session.profile, "kms:Decrypt"))?;
        let secret = answer.plaintext.ok_or_else(|| Failure::Broken("AWS KMS answers without a plaintext".into()))?;
        Ok(Zeroizing::new(secret.into_inner()))
    }
}

impl Backend for Aws {
    fn kind(&self) -> Kind {
        Kind::Kms
    }

    fn wrap<'a>(&'a self, recipient: &'a Recipient, secret: &'a [u8]) -> Answer<'a, Result<String, String>> {
        Box::pin(async move { self.encrypt(recipient, secret).await.map_err(Failure::into_reason) })
    }

    fn unwrap<'a>(&'a self, key: &'a WrappedKey) -> Answer<'a, Unwrapped> {
        Box::pin(async move { self.decrypt(key).await.map_or_else(Failure::into, Unwrapped::Key) })
    }

    fn places(&self) -> Vec<String> {
        self.sessions.places()
    }
}

/// A recipient as AWS sees it.
struct Key<'a> {
    recipient: &'a Recipient,
    arn: &'a str,
    access: Access,
}

impl<'a> Key<'a> {
    fn of(recipient: &'a Recipient) -> Result<Self, Failure> {
        let arn = recipient.field("arn");
        if !parse::is_kms_arn(arn) {
            return Err(Failure::Broken(
                "is not the ARN of an AWS KMS key; it is `arn:aws:kms:REGION:ACCOUNT:key/ID` or `…:alias/NAME`".into(),
            ));
        }
        let region = arn.split(':').nth(3).expect("impossible: a KMS ARN has a region").to_owned();
        let access =
            Access { region, profile: recipient.field("aws_profile").into(), role: recipient.field("role").into() };
        Ok(Key { recipient, arn, access })
    }

    /// The encryption context; none when it is empty.
    fn context(&self) -> Option<HashMap<String, String>> {
        let (_, context) = self.recipient.fields.iter().find(|(name, _)| *name == "context")?;
        let pair = |(name, value): &(String, _)| (name.clone(), stored::text_of(value).unwrap_or_default());
        let context: HashMap<_, _> = context.entries().iter().map(pair).collect();
        Some(context).filter(|context| !context.is_empty())
    }

    /// The encryption context in words; its values are the caller's, and stay out of messages.
    fn described_context(&self) -> String {
        let mut names: Vec<String> = self.context().unwrap_or_default().into_keys().collect();
        names.sort_unstable();
        match names.is_empty() {
            true => "an empty encryption context".into(),
            false => format!("this encryption context (`{}`)", names.join("`, `")),
        }
    }
}
