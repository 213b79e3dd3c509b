//! Puts contents into their places. Clients are made when the first file needs them, and once.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use object_store::path::Path as Name;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig};
use serde_json::Value;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::super::argv::Name as CalledAs;
use super::super::env::Env;
use super::super::identities::vault_trust;
use super::super::prompt::Terminal;
use super::place::Place;
use super::{gcs, s3};
use crate::recipient::Host;
use crate::recipient::network::{self, Network};
use crate::recipient::said;
use crate::recipient::vault::{Address, Client, Failure};

/// How long one file may take.
const LIMIT: Duration = Duration::from_secs(120);
/// What came of it.
pub(super) enum Done {
    /// It is there now.
    Written,
    /// It was there before.
    UpToDate,
}

impl Done {
    pub(super) fn text(&self) -> &'static str {
        match self {
            Done::Written => "published",
            Done::UpToDate => "is up to date",
        }
    }
}

/// The clients of a run.
pub(super) struct Uploader {
    env: Env,
    host: Arc<dyn Host>,
    network: Rc<Network>,
    vault: Client,
    profile: Option<String>,
    aws: OnceCell<Result<s3::Settings, String>>,
    google: OnceCell<Result<gcs::Settings, String>>,
}

impl Uploader {
    pub(super) fn new(env: &Env, name: CalledAs, profile: Option<String>) -> Self {
        let host: Arc<dyn Host> = Arc::new(Terminal::new(env));
        let vault = Client::new(Arc::clone(&host), vault_trust(name));
        let (aws, google) = Default::default();
        Uploader { env: env.clone(), host, network: Network::new(LIMIT), vault, profile, aws, google }
    }

    /// Puts a content into its place.
    ///
    /// # Errors
    /// Why it is not there, for people.
    pub(super) fn put(&self, place: &Place, content: &[u8]) -> Result<Done, String> {
        let work = async {
            let done = tokio::time::timeout(LIMIT, self.send(place, content)).await;
            done.unwrap_or_else(|_| Err(format!("there was no answer within {} s", LIMIT.as_secs())))
        };
        self.network.run(work)?
    }

    async fn send(&self, place: &Place, content: &[u8]) -> Result<Done, String> {
        match place {
            Place::S3 { bucket, name } => {
                let settings = self
                    .aws
                    .get_or_init(|| s3::settings(&self.env, Arc::clone(&self.host), self.profile.as_deref()))
                    .await;
                let store =
                    s3::store(settings.as_ref().map_err(Clone::clone)?, bucket).map_err(|error| refusal(&error))?;
                object(&store, name, content).await
            }
            Place::Gcs { bucket, name } => {
                let settings = self.google.get_or_init(|| gcs::settings(&self.env, &*self.host)).await;
                let store =
                    gcs::store(settings.as_ref().map_err(Clone::clone)?, bucket).map_err(|error| refusal(&error))?;
                object(&store, name, content).await
            }
            Place::Vault { address, path, version } => self.secret(address, path, *version, content).await,
        }
    }

    /// Writes a secret of a key-value engine; in version 2 only where that changes something, since
    /// each write makes a new version.
    async fn secret(&self, address: &str, path: &str, version: i64, content: &[u8]) -> Result<Done, String> {
        let address = Address::parse(address)?;
        if version == 1 {
            self.vault.write(&address, path, content).await.map_err(Failure::reason)?;
            return Ok(Done::Written);
        }
        // A token may be allowed to write and not to read.
        match self.vault.read(&address, path).await {
            Ok(Some(known)) if is_same(&known, content) => return Ok(Done::UpToDate),
            Ok(_) | Err(Failure::Denied(_)) => {}
            Err(failure) => return Err(failure.reason()),
        }
        let body = Zeroizing::new([b"{\"data\":", content, b"}"].concat());
        self.vault.write(&address, path, &body).await.map_err(Failure::reason)?;
        Ok(Done::Written)
    }
}

/// Whether a secret is what is to be written.
fn is_same(known: &Value, content: &[u8]) -> bool {
    serde_json::from_slice::<Value>(content).is_ok_and(|content| known["data"]["data"] == content)
}

async fn object(store: &dyn ObjectStore, name: &str, content: &[u8]) -> Result<Done, String> {
    let path = Name::parse(name).map_err(|_| format!("`{name}` is no name of an object"))?;
    let payload = PutPayload::from(content.to_vec());
    store.put(&path, payload).await.map(|_| Done::Written).map_err(|error| refusal(&error))
}

/// Few tries: somebody waits.
pub(super) fn retries() -> RetryConfig {
    RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(30), ..RetryConfig::default() }
}

/// Makes TLS ready for clients that are not built here.
pub(super) fn prepare() {
    drop(network::builder());
}

/// Why a store did not take an object, in one line.
fn refusal(error: &object_store::Error) -> String {
    let cause = network::innermost(error);
    let text = format!("{error} {cause}");
    let inside = |tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        rest.split_once(&format!("</{tag}>")).map(|(inside, _)| said(inside))
    };
    let remark = match (inside("Message"), inside("Code")) {
        (Some(message), Some(code)) => format!("{message} ({code})"),
        (_, Some(code)) => code,
        _ => String::new(),
    };
    let with = |what: &str| if remark.is_empty() { what.to_owned() } else { format!("{what}: {remark}") };
    match error {
        object_store::Error::NotFound { .. } => with("there is no such bucket"),
        object_store::Error::PermissionDenied { .. } => with("denied; the credentials must be allowed to write there"),
        object_store::Error::Unauthenticated { .. } => with("the credentials were refused"),
        _ if remark.is_empty() => said(&cause),
        _ => remark,
    }
}
