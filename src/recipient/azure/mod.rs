//! Azure Key Vault: a secret is encrypted with the RSA key of a vault, by RSA-OAEP with SHA-256, and
//! decrypted in the vault (sops-compat.md §5.6). The public key is fetched once in a run and then
//! encrypts here; whoever may not fetch it lets the vault encrypt, as SOPS always does.

mod certificate;
mod credentials;
mod transport;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use azure_core::error::ErrorKind;
use azure_core::http::RequestContent;
use azure_core::time::OffsetDateTime;
use azure_security_keyvault_keys::models::{
    EncryptionAlgorithm, Key, KeyClientEncryptOptions, KeyClientGetKeyOptions, KeyOperationParameters,
};
use azure_security_keyvault_keys::{KeyClient, KeyClientOptions, ResourceExt as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::rand_core::{self, CryptoRng, RngCore};
use rsa::{BigUint, Oaep, RsaPublicKey};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::sleep;
use zeroize::Zeroizing;

use self::credentials::{Credentials, line};
use super::network::{self, Answer, Backend, Failure, Network, PAUSES, is_busy};
use super::{Host, Kind, Recipient, Unwrapped, WrappedKey};
use crate::cipher::{Random as _, SystemRandom};
use crate::document::tree::Tree;

/// Keys of Azure Key Vault.
pub struct Azure {
    host: Arc<dyn Host>,
    network: Rc<Network>,
    credentials: OnceCell<Result<Arc<Credentials>, Failure>>,
    clients: RefCell<HashMap<String, Rc<KeyClient>>>,
    /// The keys that were fetched, by their addresses.
    keys: RefCell<HashMap<String, Rc<Public>>>,
}

/// What a vault says of a key.
struct Public {
    /// Its version.
    version: String,
    /// The key, where it can be used here.
    key: Option<RsaPublicKey>,
}

/// The address of a key, checked.
#[derive(Clone, Copy)]
struct Address<'a> {
    vault: &'a str,
    name: &'a str,
    version: &'a str,
}

impl<'a> Address<'a> {
    fn of(recipient: &'a Recipient) -> Result<Self, Failure> {
        let (vault, name, version) =
            (recipient.field("vault_url"), recipient.field("name"), recipient.field("version"));
        let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let wrong = |reason: &str| Err(Failure::Broken(reason.into()));
        if !vault.starts_with("https://") {
            return wrong("the address of an Azure key vault begins with `https://`");
        }
        if name.is_empty() || !is_word(name) || !is_word(version) {
            return wrong("the name and the version of an Azure key have letters, digits and dashes only");
        }
        Ok(Address { vault, name, version })
    }

    fn key(self) -> String {
        format!("{}/keys/{}/{}", self.vault, self.name, self.version)
    }
}

impl Azure {
    /// With the credentials that the host has. Nothing is looked for before a key needs it.
    #[must_use]
    pub fn new(host: Arc<dyn Host>, network: &Rc<Network>) -> Self {
        let (clients, keys) = Default::default();
        Azure { host, network: Rc::clone(network), credentials: OnceCell::new(), clients, keys }
    }

    async fn wrap_for(&self, address: Address<'_>, secret: &[u8]) -> Result<String, Failure> {
        let public = match self.public(address).await {
            // Whoever may not fetch the key may still let the vault use it.
            Err(Failure::NotMine(_)) if !address.version.is_empty() && self.credentials().await.is_ok() => None,
            other => other?.key.clone(),
        };
        let wrapped = match public {
            Some(key) => seal(&key, secret)?,
            None => self.encrypted_there(address, secret).await?,
        };
        Ok(URL_SAFE_NO_PAD.encode(wrapped))
    }

    async fn unwrap_for(&self, address: Address<'_>, enc: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let wrapped =
            URL_SAFE_NO_PAD.decode(enc).map_err(|_| Failure::Broken("its wrapped key is not base64url".into()))?;
        let client = self.client(address.vault).await?;
        let body = || operation(&wrapped);
        let answer = patiently("decrypt", async || {
            client.decrypt(address.name, address.version, body()?, None).await?.into_model()
        });
        match answer.await?.result {
            Some(secret) if !secret.is_empty() => Ok(Zeroizing::new(secret)),
            _ => Err(Failure::Broken("its answer is not that of a key vault".into())),
        }
    }

    async fn encrypted_there(&self, address: Address<'_>, secret: &[u8]) -> Result<Vec<u8>, Failure> {
        let client = self.client(address.vault).await?;
        let options = || {
            let key_version = Some(address.version.to_owned()).filter(|version| !version.is_empty());
            Some(KeyClientEncryptOptions { key_version, ..Default::default() })
        };
        let answer = patiently("encrypt", async || {
            client.encrypt(address.name, operation(secret)?, options()).await?.into_model()
        });
        let answer = answer.await?;
        answer.result.ok_or_else(|| Failure::Broken("its answer is not that of a key vault".into()))
    }

    /// The public key, fetched once in a run. It is kept in memory only: a file could be exchanged.
    async fn public(&self, address: Address<'_>) -> Result<Rc<Public>, Failure> {
        if let Some(public) = self.keys.borrow().get(&address.key()) {
            return Ok(Rc::clone(public));
        }
        let client = self.client(address.vault).await?;
        let options = || {
            let key_version = Some(address.version.to_owned()).filter(|version| !version.is_empty());
            Some(KeyClientGetKeyOptions { key_version, ..Default::default() })
        };
        let found = patiently("get", async || client.get_key(address.name, options()).await?.into_model()).await?;
        let public = Rc::new(Public::of(&found)?);
        let settled = Address { version: &public.version, ..address };
        let mut keys = self.keys.borrow_mut();
        keys.insert(settled.key(), Rc::clone(&public));
        keys.insert(address.key(), Rc::clone(&public));
        Ok(public)
    }

    async fn credentials(&self) -> Result<Arc<Credentials>, Failure> {
        let find = || async {
            let client = self.network.client().map_err(Failure::Broken)?;
            Credentials::find(&self.host, client).await.map(Arc::new)
        };
        self.credentials.get_or_init(find).await.clone()
    }

    /// The client of a vault.
    async fn client(&self, vault: &str) -> Result<Rc<KeyClient>, Failure> {
        if let Some(client) = self.clients.borrow().get(vault) {
            return Ok(Rc::clone(client));
        }
        let credentials = self.credentials().await?;
        let client_options = credentials::options(&self.network.client().map_err(Failure::Broken)?);
        let options = KeyClientOptions { client_options, ..KeyClientOptions::default() };
        let client = KeyClient::new(vault, credentials, Some(options));
        let client = Rc::new(client.map_err(|_| Failure::Broken("the address of its vault is no URL".into()))?);
        self.clients.borrow_mut().insert(vault.to_owned(), Rc::clone(&client));
        Ok(client)
    }
}

impl Backend for Azure {
    fn kind(&self) -> Kind {
        Kind::AzureKv
    }

    fn settle<'a>(&'a self, recipient: &'a Recipient) -> Answer<'a, Result<Option<Recipient>, String>> {
        Box::pin(async move {
            if !recipient.field("version").is_empty() {
                return Ok(None);
            }
            let address = Address::of(recipient).map_err(Failure::into_reason)?;
            let public = self.public(address).await.map_err(Failure::into_reason)?;
            let mut settled = recipient.clone();
            settled.fields.retain(|(name, _)| *name != "version");
            settled.fields.push(("version", Tree::string(public.version.as_str())));
            Ok(Some(settled))
        })
    }

    fn wrap<'a>(&'a self, recipient: &'a Recipient, secret: &'a [u8]) -> Answer<'a, Result<String, String>> {
        Box::pin(async move {
            let address = Address::of(recipient).map_err(Failure::into_reason)?;
            self.wrap_for(address, secret).await.map_err(Failure::into_reason)
        })
    }

    fn unwrap<'a>(&'a self, key: &'a WrappedKey) -> Answer<'a, Unwrapped> {
        Box::pin(async move {
            match Address::of(&key.recipient) {
                Ok(address) => self.unwrap_for(address, &key.enc).await.map_or_else(Unwrapped::from, Unwrapped::Key),
                Err(failure) => failure.into(),
            }
        })
    }

    fn places(&self) -> Vec<String> {
        match self.credentials.get() {
            Some(Err(Failure::NotMine(reason))) if reason == credentials::NOTHING => credentials::places(&*self.host),
            _ => Vec::new(),
        }
    }
}

impl Public {
    /// What the vault says of a key, if it may encrypt now.
    fn of(found: &Key) -> Result<Self, Failure> {
        let wrong = || Failure::Broken("its answer is not that of a key vault".into());
        let version = found.resource_id().ok().and_then(|id| id.version).ok_or_else(wrong)?;
        if let Some(attributes) = &found.attributes {
            let now = OffsetDateTime::now_utc();
            if attributes.enabled == Some(false) {
                return Err(disabled());
            }
            if attributes.expires.is_some_and(|end| end <= now) {
                return Err(expired());
            }
            if attributes.not_before.is_some_and(|start| start > now) {
                return Err(Failure::Broken("the key is not yet valid".into()));
            }
        }
        let jwk = found.key.as_ref().ok_or_else(wrong)?;
        let may_encrypt = jwk.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|it| it == "encrypt"));
        let number = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(BigUint::from_bytes_be);
        let key = match (number(&jwk.n), number(&jwk.e)) {
            (Some(n), Some(e)) if may_encrypt => RsaPublicKey::new(n, e).ok(),
            _ => None,
        };
        Ok(Public { version, key })
    }
}

/// Encrypts as the vault would.
fn seal(key: &RsaPublicKey, secret: &[u8]) -> Result<Vec<u8>, Failure> {
    let padding = Oaep::new::<sha2_10::Sha256>();
    key.encrypt(&mut Seed, padding, secret).map_err(|_| Failure::Broken("the key is too short for a data key".into()))
}

/// Our source of random bytes, as the crate for RSA takes it.
struct Seed;

impl RngCore for Seed {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        SystemRandom.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Seed {}

/// What is sent to the vault.
fn operation(value: &[u8]) -> azure_core::Result<RequestContent<KeyOperationParameters>> {
    let algorithm = Some(EncryptionAlgorithm::RsaOaep256);
    KeyOperationParameters { algorithm, value: Some(value.to_vec()), ..Default::default() }.try_into()
}

/// Asks a vault, and once more when it has too much to do.
async fn patiently<T>(name: &str, mut ask: impl AsyncFnMut() -> azure_core::Result<T>) -> Result<T, Failure> {
    let mut pauses = PAUSES.iter();
    loop {
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let status = error.http_status().map_or(0, u16::from);
        match pauses.next() {
            Some(pause) if is_busy(status) => sleep(*pause).await,
            _ => return Err(failure(&error, name)),
        }
    }
}

fn disabled() -> Failure {
    Failure::Broken("the key is disabled; `az keyvault key set-attributes --enabled true` enables it".into())
}

fn expired() -> Failure {
    Failure::Broken("the key has expired; make a new version of it with `az keyvault key create`".into())
}

/// What an error of the client means
/// (<https://learn.microsoft.com/azure/key-vault/general/rest-error-codes>).
fn failure(error: &azure_core::Error, operation: &str) -> Failure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            return Failure::Broken(unreachable("the vault", error));
        }
        cause = error.source();
    }
    let (status, body) = match error.kind() {
        ErrorKind::HttpResponse { status, raw_response, .. } => {
            let body = raw_response.as_ref().map(|response| response.body().to_vec()).unwrap_or_default();
            (u16::from(*status), serde_json::from_slice::<Value>(&body).unwrap_or_default())
        }
        // The words are ours.
        ErrorKind::Credential => return Failure::NotMine(error.to_string()),
        _ if error.to_string().contains("challenge") => {
            return Failure::Broken("it does not answer as a key vault of this name does".into());
        }
        _ => return Failure::Broken(format!("its answer is not that of a key vault: {}", line(&error.to_string()))),
    };
    let error = &body["error"];
    let message = error["message"].as_str().unwrap_or_default();
    let inner = error["innererror"]["code"].as_str().unwrap_or_default();
    match status {
        401 if message.contains("AKV10032") => Failure::NotMine(
            "the credentials are of another tenant than the vault; set AZURE_TENANT_ID to that of the vault".into(),
        ),
        401 => Failure::NotMine("the vault does not take the credentials; log in again".into()),
        403 if inner == "KeyDisabled" || message.contains("disabled key") => disabled(),
        403 if inner == "KeyExpired" || message.contains("expired key") => expired(),
        403 if inner == "ForbiddenByFirewall" || message.contains("Client address is not authorized") => {
            Failure::Broken("the firewall of the vault does not let this machine in; add its address there".into())
        }
        403 => Failure::NotMine(format!(
            "access is denied; the account needs the permission `{operation}` for keys, which the role `Key Vault \
             Crypto User` gives"
        )),
        404 => Failure::Broken(
            "the vault has no such key; `az keyvault key list-versions` shows those that there are".into(),
        ),
        400 if operation == "decrypt" => {
            Failure::Broken("its wrapped key was not made by this version of the key, or was changed".into())
        }
        429 => Failure::Broken("too many requests for this vault; try again later".into()),
        500.. => Failure::Broken(format!("the service is not well ({status}); try again later")),
        _ if message.is_empty() => Failure::Broken(format!("it answers {status}, and not as a key vault does")),
        _ => Failure::Broken(format!("it answers {status}: {}", line(message))),
    }
}

/// Why a server cannot be reached.
fn unreachable(what: &str, error: &reqwest::Error) -> String {
    format!("{what} {}", network::failure(error))
}

#[cfg(test)]
mod tests;
