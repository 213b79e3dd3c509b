//! What the backends on the network share: one runtime and one HTTP client for a run, made when the
//! first key needs them, and a limit to how long a key may take. A backend says how a key is wrapped
//! and unwrapped as something to wait for; that several are waited for at once is the keyring's.

mod http;

use std::cell::{OnceCell, RefCell};
use std::collections::HashSet;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::{KeyService, Kind, Recipient, Unwrapped, WrappedKey};

#[cfg(feature = "publish")]
pub use http::client_trusting;
#[cfg(feature = "azure")]
pub(crate) use http::{MAX_ANSWER_BYTES, failure};
pub use http::{PAUSES, Reply, body, exchange, innermost, is_busy, is_safe, is_step, object};
#[cfg(feature = "vault")]
pub(crate) use http::{build, builder};

/// Something to wait for.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A kind of recipient whose keys are somewhere else. It is driven by [`Network::run`], and need not
/// watch the time.
pub trait Backend {
    /// The recipients that it serves.
    fn kind(&self) -> Kind;

    /// What a recipient leaves open; see [`KeyService::settle`].
    fn settle<'a>(&'a self, _recipient: &'a Recipient) -> Answer<'a, Result<Option<Recipient>, String>> {
        Box::pin(async { Ok(None) })
    }

    /// Wraps a secret for a recipient of this kind; see [`KeyService::wrap`].
    fn wrap<'a>(&'a self, recipient: &'a Recipient, secret: &'a [u8]) -> Answer<'a, Result<String, String>>;

    /// Unwraps a secret; see [`KeyService::unwrap`].
    fn unwrap<'a>(&'a self, key: &'a WrappedKey) -> Answer<'a, Unwrapped>;

    /// Where it looked for credentials; see [`KeyService::places`].
    fn places(&self) -> Vec<String>;
}

/// A service that waits, as the keyring sees it: the same as [`Backend`], within the limit.
pub trait Waiting {
    /// What it waits on.
    fn network(&self) -> &Network;

    /// Begins to wrap a secret.
    fn begin_wrap<'a>(&'a self, recipient: &'a Recipient, secret: &'a [u8]) -> Answer<'a, Result<String, String>>;

    /// Begins to unwrap one.
    fn begin_unwrap<'a>(&'a self, key: &'a WrappedKey) -> Answer<'a, Unwrapped>;
}

/// Why a service on the network did not do what it was asked for; for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// This run may not use the key: there are no credentials, or they are not taken.
    NotMine(String),
    /// It should have worked, and did not.
    Broken(String),
}

impl Failure {
    /// The reason alone.
    #[must_use]
    pub fn into_reason(self) -> String {
        let (Failure::NotMine(reason) | Failure::Broken(reason)) = self;
        reason
    }
}

impl From<Failure> for Unwrapped {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotMine(reason) => Unwrapped::NotMine(reason),
            Failure::Broken(reason) => Unwrapped::Broken(reason),
        }
    }
}

/// What all backends of a run share.
pub struct Network {
    limit: Duration,
    runtime: OnceCell<Result<Running, String>>,
    client: OnceCell<Result<reqwest::Client, String>>,
    /// The recipients that did not answer in time: nobody waits for them twice.
    silent: RefCell<HashSet<String>>,
}

/// A runtime that is not waited for at the end: a name that is still being looked up must not keep
/// the program.
struct Running(Option<Runtime>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Network {
    /// A network on which a key may take so long.
    #[must_use]
    pub fn new(limit: Duration) -> Rc<Self> {
        let silent = RefCell::default();
        Rc::new(Network { limit, runtime: OnceCell::new(), client: OnceCell::new(), silent })
    }

    /// Waits for something. Not to be called by what is being waited for.
    ///
    /// # Errors
    /// The system gives no runtime; why, for people.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> Result<T, String> {
        let running = self.runtime.get_or_init(|| {
            let runtime = Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| Running(Some(runtime))).map_err(|error| said(&error))
        });
        let running = running.as_ref().map_err(Clone::clone)?;
        let runtime = running.0.as_ref().expect("impossible: it is taken only while dropped");
        Ok(runtime.block_on(work))
    }

    /// The client for HTTP. It verifies certificates with those of the system (or of
    /// `SSL_CERT_FILE`), goes through the proxy that the usual variables name, and follows no
    /// redirection.
    ///
    /// # Errors
    /// There is no TLS here; why, for people.
    pub fn client(&self) -> Result<reqwest::Client, String> {
        self.client.get_or_init(http::client).clone()
    }

    /// The same work with an end: what to say of a recipient that is too slow is said at once when
    /// it was too slow before.
    async fn limited<T>(&self, recipient: &Recipient, work: Answer<'_, T>) -> Result<T, String> {
        let identity = recipient.identity();
        if self.silent.borrow().contains(&identity) {
            return Err(format!("it did not answer before; {MORE_TIME}"));
        }
        let answer = timeout(self.limit, work).await;
        answer.map_err(|_| {
            self.silent.borrow_mut().insert(identity);
            format!("it did not answer within {} s; {MORE_TIME}", self.limit.as_secs_f32())
        })
    }
}

/// What to do about somebody who is slow.
const MORE_TIME: &str = "--key-timeout or CLOZE_KEY_TIMEOUT gives it more time";

/// How many answers are waited for at once, at most.
const AT_ONCE: usize = 16;

/// Waits for all of these at once, and takes each result as it comes, until `take` says that it is
/// enough. What is still under way then is given up.
pub(super) async fn together<F: Future>(work: Vec<F>, mut take: impl FnMut(F::Output) -> bool) {
    let mut answers = stream::iter(work).buffer_unordered(AT_ONCE);
    while let Some(answer) = answers.next().await {
        if take(answer) {
            break;
        }
    }
}

/// A backend as a key service.
pub struct Networked<B> {
    backend: B,
    network: Rc<Network>,
}

impl<B: Backend> Networked<B> {
    /// The service of a backend on this network.
    #[must_use]
    pub fn new(backend: B, network: &Rc<Network>) -> Self {
        Networked { backend, network: Rc::clone(network) }
    }
}

impl<B: Backend> KeyService for Networked<B> {
    fn kind(&self) -> Kind {
        self.backend.kind()
    }

    fn settle(&self, recipient: &Recipient) -> Result<Option<Recipient>, String> {
        let mut work = self.backend.settle(recipient);
        self.network.run(async {
            // What asks nobody does not have to wait, not even for somebody who was silent before.
            match (&mut work).now_or_never() {
                Some(done) => done,
                None => self.network.limited(recipient, work).await?,
            }
        })?
    }

    fn wrap(&self, recipient: &Recipient, secret: &[u8]) -> Result<String, String> {
        self.network.run(self.begin_wrap(recipient, secret))?
    }

    fn unwrap(&self, key: &WrappedKey) -> Unwrapped {
        self.network.run(self.begin_unwrap(key)).unwrap_or_else(Unwrapped::Broken)
    }

    fn places(&self) -> Vec<String> {
        self.backend.places()
    }

    fn networked(&self) -> Option<&dyn Waiting> {
        Some(self)
    }
}

impl<B: Backend> Waiting for Networked<B> {
    fn network(&self) -> &Network {
        &self.network
    }

    fn begin_wrap<'a>(&'a self, recipient: &'a Recipient, secret: &'a [u8]) -> Answer<'a, Result<String, String>> {
        let work = self.backend.wrap(recipient, secret);
        Box::pin(async move { self.network.limited(recipient, work).await? })
    }

    fn begin_unwrap<'a>(&'a self, key: &'a WrappedKey) -> Answer<'a, Unwrapped> {
        let work = self.backend.unwrap(key);
        Box::pin(async move { self.network.limited(&key.recipient, work).await.unwrap_or_else(Unwrapped::Broken) })
    }
}

/// An error of the system as people read it.
fn said(error: &io::Error) -> String {
    error.to_string()
}
