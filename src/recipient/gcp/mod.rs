//! Google Cloud KMS: a secret is sent there to be wrapped or unwrapped, over its REST protocol
//! (<https://cloud.google.com/kms/docs/reference/rest>). What is sent and what comes back is
//! compared by its CRC32C, as Google asks for. See sops-compat.md §5.5.

mod credentials;

use std::rc::Rc;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::sleep;
use zeroize::Zeroizing;

pub use self::credentials::Credentials;
use super::network::{self, Answer, Backend, Failure, Network, PAUSES, Reply, exchange, is_busy};
use super::{Host, Kind, Recipient, Unwrapped, WrappedKey, parse, said};

/// Its address, but for the domain.
const SERVICE: &str = "cloudkms";

/// The domain when nothing names another one.
const DOMAIN: &str = "googleapis.com";

/// Keys of Google Cloud KMS.
pub struct Gcp {
    host: Arc<dyn Host>,
    network: Rc<Network>,
    credentials: OnceCell<Result<Credentials, Failure>>,
}

impl Gcp {
    /// With the credentials that the host has. Nothing is looked for before a key needs it.
    #[must_use]
    pub fn new(host: Arc<dyn Host>, network: &Rc<Network>) -> Self {
        Gcp { host, network: Rc::clone(network), credentials: OnceCell::new() }
    }

    async fn wrap_with(&self, id: &str, secret: &[u8]) -> Result<String, Failure> {
        let mut answer = self.call(id, "encrypt", "plaintext", secret).await?;
        let ciphertext = bytes(&mut answer, "ciphertext")?;
        if answer["verifiedPlaintextCrc32c"] != Value::Bool(true) {
            return Err(Failure::Broken("what it received is not what was sent; try again".into()));
        }
        Ok(STANDARD.encode(&*ciphertext))
    }

    async fn unwrap_with(&self, id: &str, enc: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let ciphertext = STANDARD.decode(enc).map_err(|_| Failure::Broken("its wrapped key is not base64".into()))?;
        let mut answer = self.call(id, "decrypt", "ciphertext", &ciphertext).await?;
        bytes(&mut answer, "plaintext")
    }

    /// One of the two calls: `field` is what is sent.
    async fn call(&self, id: &str, operation: &str, field: &str, bytes: &[u8]) -> Result<Value, Failure> {
        parse::gcp_kms(id).map_err(|reason| Failure::Broken(reason.into()))?;
        // Before the credentials: it also sets up TLS, which their library needs.
        let client = self.network.client().map_err(Failure::Broken)?;
        let credentials = self.credentials.get_or_init(|| Credentials::find(&*self.host)).await;
        let credentials = credentials.as_ref().map_err(Clone::clone)?;
        let url = self.address(credentials, id, operation).map_err(Failure::Broken)?;
        let text = Zeroizing::new(STANDARD.encode(bytes));
        let sum = format!("{field}Crc32c");
        let content = network::object(&[(field, &text), (&sum, &crc32c(bytes).to_string())]);
        let mut pauses = PAUSES.iter();
        loop {
            let token = credentials.token().await?;
            let mut request = client.post(url.clone()).bearer_auth(token.as_str());
            request = request.header("content-type", "application/json").body(network::body(&content));
            if let Some(payer) = &credentials.payer {
                request = request.header("x-goog-user-project", payer);
            }
            let reply = exchange(request).await.map_err(Failure::Broken)?;
            match pauses.next() {
                Some(pause) if is_busy(reply.status.as_u16()) => sleep(*pause).await,
                _ if reply.status.is_success() => return Ok(reply.json()),
                _ => return Err(failure(&reply, id, credentials)),
            }
        }
    }

    /// The address of a call.
    fn address(&self, credentials: &Credentials, id: &str, operation: &str) -> Result<Url, String> {
        let named = |name: &str| self.host.variable(name);
        let endpoint = named("SOPS_GCP_KMS_ENDPOINT").unwrap_or_else(|| {
            let domain = named("SOPS_GCP_KMS_UNIVERSE_DOMAIN").or_else(|| named("GOOGLE_CLOUD_UNIVERSE_DOMAIN"));
            let domain = domain.or_else(|| credentials.universe.clone()).unwrap_or_else(|| DOMAIN.into());
            format!("{SERVICE}.{domain}")
        });
        address(&endpoint, id, operation)
    }
}

impl Backend for Gcp {
    fn kind(&self) -> Kind {
        Kind::GcpKms
    }

    fn wrap<'a>(&'a self, recipient: &'a Recipient, secret: &'a [u8]) -> Answer<'a, Result<String, String>> {
        let id = recipient.field("resource_id");
        Box::pin(async move { self.wrap_with(id, secret).await.map_err(Failure::into_reason) })
    }

    fn unwrap<'a>(&'a self, key: &'a WrappedKey) -> Answer<'a, Unwrapped> {
        let id = key.recipient.field("resource_id");
        Box::pin(async move { self.unwrap_with(id, &key.enc).await.map_or_else(Unwrapped::from, Unwrapped::Key) })
    }

    fn places(&self) -> Vec<String> {
        match self.credentials.get() {
            Some(Err(Failure::NotMine(reason))) if reason == credentials::NOTHING => credentials::places(&*self.host),
            _ => Vec::new(),
        }
    }
}

/// The address of a call at an endpoint: a URL, or a host with or without a port as gRPC takes it.
fn address(endpoint: &str, id: &str, operation: &str) -> Result<Url, String> {
    let wrong = || "the endpoint for GCP KMS is no URL".to_owned();
    let text = if endpoint.contains("://") { endpoint.to_owned() } else { format!("https://{endpoint}") };
    let mut url = Url::parse(&text).map_err(|_| wrong())?;
    match url.scheme() {
        "http" | "https" if network::is_safe(&url) => {}
        "http" => return Err("the endpoint for GCP KMS has no TLS, and would show the data key; use https".into()),
        _ => return Err(wrong()),
    }
    let path = format!("v1/{id}:{operation}");
    url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(path.split('/'));
    Ok(url)
}

/// The bytes of a field of an answer, if they are those that were sent.
fn bytes(answer: &mut Value, field: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let text = match answer.get_mut(field).map(Value::take) {
        Some(Value::String(text)) => Zeroizing::new(text),
        _ => Zeroizing::default(),
    };
    let found = STANDARD.decode(text.as_bytes()).map(Zeroizing::new).unwrap_or_default();
    if found.is_empty() {
        return Err(Failure::Broken("its answer is not that of GCP KMS".into()));
    }
    match answer[format!("{field}Crc32c")].as_str() {
        Some(sum) if sum != crc32c(&found).to_string() => {
            Err(Failure::Broken("its answer was damaged on the way; try again".into()))
        }
        _ => Ok(found),
    }
}

/// What an answer that is none means (<https://cloud.google.com/apis/design/errors>).
fn failure(reply: &Reply, id: &str, credentials: &Credentials) -> Failure {
    let answer = reply.json();
    let error = &answer["error"];
    let (status, message) =
        (error["status"].as_str().unwrap_or_default(), error["message"].as_str().unwrap_or_default());
    let reasons = error["details"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_reason = |reason: &str| reasons.iter().any(|detail| detail["reason"] == reason);
    let project = id.split('/').nth(1).unwrap_or_default();
    match (reply.status.as_u16(), status) {
        (401, _) => {
            let (place, remedy) = (credentials.place(), credentials.remedy());
            Failure::NotMine(format!("the credentials of {place} are not valid or have expired; {remedy}"))
        }
        (403, _) if has_reason("SERVICE_DISABLED") => Failure::NotMine(format!(
            "the project does not use Cloud KMS; `gcloud services enable cloudkms.googleapis.com --project {project}` \
             changes that"
        )),
        (403, _) => Failure::NotMine(format!(
            "access is denied, or there is no such key; the account of {} needs the role \
             `roles/cloudkms.cryptoKeyEncrypterDecrypter` for it",
            credentials.place()
        )),
        (404, _) => Failure::Broken("there is no such key; `gcloud kms keys list` shows those that there are".into()),
        (400, "FAILED_PRECONDITION") if message.contains("DISABLED") => Failure::Broken(
            "the version of the key that it takes is disabled; `gcloud kms keys versions enable` enables it".into(),
        ),
        (400, "FAILED_PRECONDITION") => Failure::Broken(format!("the key cannot be used: {}", said(message))),
        (400, "INVALID_ARGUMENT") if message.starts_with("Decryption failed") => {
            Failure::Broken("its wrapped key was not made by this key, or was changed".into())
        }
        (429, _) => Failure::Broken("too many requests for the quota of the project; try again later".into()),
        (500.., _) => Failure::Broken(format!("the service is not well ({}); try again later", reply.status)),
        _ if message.is_empty() => Failure::Broken(format!("it answers {}, and not as GCP KMS does", reply.status)),
        _ => Failure::Broken(format!("it answers {}: {}", reply.status.as_u16(), said(message))),
    }
}

/// CRC-32 with the polynomial of Castagnoli, bit by bit: there are a few hundred bytes.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { (sum >> 1) ^ 0x82F6_3B78 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests;
