//! Keys in the transit engine of HashiCorp Vault or OpenBao (sops-compat.md §5.7), over the REST API:
//! the server wraps and unwraps, and never gives the key away. The address is always that of the
//! entry; whether it may see our credentials is said by [`Trust`] and the allow-list.

mod address;
mod client;
mod helper;
mod login;
mod server;
mod settings;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::network::{Answer, Backend, object};
use super::{Host, Kind, Recipient, Unwrapped, WrappedKey};

pub use address::{Address, Trust};
pub use client::{Client, Failure};

/// The backend.
pub struct Vault {
    client: Client,
}

impl Vault {
    /// The transit engines of all servers that may see the credentials of this host.
    #[must_use]
    pub fn new(host: Arc<dyn Host>, trust: Trust) -> Self {
        Vault { client: Client::new(host, trust) }
    }

    /// Lets the engine of a recipient do something, and returns one text of its answer.
    async fn transit(
        &self,
        recipient: &Recipient,
        verb: &str,
        body: &[u8],
        field: &str,
    ) -> Result<Zeroizing<String>, Failure> {
        let address = Address::parse(recipient.field("vault_address"));
        let address = address.map_err(|_| Failure::Failed("its address is not `https://HOST:PORT`".into()))?;
        let key = recipient.field("key_name");
        if key.contains('/') {
            return Err(Failure::Failed(format!("`{key}` is no name of a key")));
        }
        let path = format!("{}/{verb}/{key}", recipient.field("engine_path"));
        let answer = self.client.write(&address, &path, body).await;
        let mut answer = answer.map_err(|failure| match failure {
            Failure::Refused(said) => Failure::Failed(refusal(verb, key, &said)),
            other => other,
        })?;
        match answer.pointer_mut(&format!("/data/{field}")).map(Value::take) {
            Some(Value::String(text)) if !text.is_empty() => Ok(Zeroizing::new(text)),
            _ => {
                Err(Failure::Failed(format!("the server did not answer as Vault does to `{path}`; check its address")))
            }
        }
    }
}

/// Why an engine wants nothing of a request.
fn refusal(verb: &str, key: &str, said: &str) -> String {
    if said.contains("key not found") {
        return format!("there is no key `{key}` in this engine{said}; check its name");
    }
    match verb {
        "decrypt" => format!("it was wrapped with another key, or was changed{said}"),
        _ => format!("the key does not wrap{said}; check that it is one to encrypt with"),
    }
}

impl Backend for Vault {
    fn kind(&self) -> Kind {
        Kind::HcVault
    }

    fn wrap<'a>(&'a self, recipient: &'a Recipient, secret: &'a [u8]) -> Answer<'a, Result<String, String>> {
        Box::pin(async move {
            let plaintext = Zeroizing::new(STANDARD.encode(secret));
            let body = object(&[("plaintext", &plaintext)]);
            let ciphertext = self.transit(recipient, "encrypt", &body, "ciphertext").await;
            ciphertext.map(|text| text.as_str().to_owned()).map_err(Failure::reason)
        })
    }

    fn unwrap<'a>(&'a self, key: &'a WrappedKey) -> Answer<'a, Unwrapped> {
        Box::pin(async move {
            let body = object(&[("ciphertext", &key.enc)]);
            match self.transit(&key.recipient, "decrypt", &body, "plaintext").await {
                Ok(text) => match STANDARD.decode(text.as_bytes()) {
                    Ok(secret) => Unwrapped::Key(Zeroizing::new(secret)),
                    Err(_) => Unwrapped::Broken("the server's answer is no base64".into()),
                },
                Err(Failure::NoCredentials(reason) | Failure::Denied(reason)) => Unwrapped::NotMine(reason),
                Err(failure) => Unwrapped::Broken(failure.reason()),
            }
        })
    }

    fn places(&self) -> Vec<String> {
        self.client.places()
    }
}

/// A host for tests: variables, and files where the name begins with a slash.
#[cfg(test)]
mod testing {
    use super::*;
    use crate::recipient::Nobody;
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    pub(super) struct Variables<'a>(pub(super) &'a [(&'a str, &'a str)]);

    impl Variables<'_> {
        fn get(&self, name: &str) -> Option<&str> {
            self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
        }
    }

    impl Host for Variables<'_> {
        fn secret(&self, what: &str) -> Result<Zeroizing<String>, String> {
            Nobody.secret(what)
        }

        fn line(&self, what: &str) -> Result<String, String> {
            Nobody.line(what)
        }

        fn choose(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
            None
        }

        fn tell(&self, _: &str) {}

        fn program(&self, _: &str) -> Option<PathBuf> {
            None
        }

        fn variable_os(&self, name: &str) -> Option<OsString> {
            self.get(name).map(OsString::from)
        }

        fn file(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
            Ok(path.to_str().and_then(|path| self.get(path)).map(|text| Zeroizing::new(text.as_bytes().to_vec())))
        }
    }
}
