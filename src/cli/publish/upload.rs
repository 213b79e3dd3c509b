//! Puts contents into their places. Clients are made when the first file needs them, and once.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use super::super::argv::Name as CalledAs;
use super::super::env::Env;
use super::super::identities::vault_trust;
use super::super::prompt::Terminal;
use super::gcs::Gcs;
use super::place::Place;
use super::s3::S3;
use crate::recipient::Host;
use crate::recipient::network::{self, Network, PAUSES, Reply, is_busy};
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
    aws: OnceCell<Result<S3, String>>,
    google: OnceCell<Result<Gcs, String>>,
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
            let done = timeout(LIMIT, self.send(place, content)).await;
            done.unwrap_or_else(|_| Err(format!("there was no answer within {} s", LIMIT.as_secs())))
        };
        self.network.run(work)?
    }

    async fn send(&self, place: &Place, content: &[u8]) -> Result<Done, String> {
        match place {
            Place::S3 { bucket, name } => {
                // It also makes TLS ready, which the libraries of the clouds need.
                let client = self.network.client()?;
                let find = || S3::find(&self.env, Arc::clone(&self.host), client, self.profile.as_deref());
                let store = self.aws.get_or_init(find).await.as_ref().map_err(Clone::clone)?;
                store.put(bucket, name, content).await.map(|()| Done::Written)
            }
            Place::Gcs { bucket, name } => {
                let client = self.network.client()?;
                let find = || Gcs::find(&self.env, &*self.host, client);
                let store = self.google.get_or_init(find).await.as_ref().map_err(Clone::clone)?;
                store.put(bucket, name, content).await.map(|()| Done::Written)
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

/// Sends a request, which is made anew each time, until the service is not too busy for it.
pub(super) async fn sent(request: impl AsyncFn() -> Result<RequestBuilder, String>) -> Result<Reply, String> {
    let mut pauses = PAUSES.iter();
    loop {
        let reply = network::exchange(request().await?).await?;
        match pauses.next() {
            Some(pause) if is_busy(reply.status.as_u16()) => sleep(*pause).await,
            _ => return Ok(reply),
        }
    }
}

/// Why a store did not take an object, in one line; with what it says itself.
pub(super) fn refusal(status: StatusCode, remark: &str) -> String {
    let after = |what: &str| if remark.is_empty() { what.to_owned() } else { format!("{what}: {remark}") };
    match status.as_u16() {
        401 => after("the credentials were refused"),
        403 => after("denied; the credentials must be allowed to write there"),
        404 => after("there is no such bucket"),
        _ if remark.is_empty() => format!("it answers {status}; check the endpoint"),
        _ => remark.to_owned(),
    }
}
