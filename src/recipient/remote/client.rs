//! Asks a key service of another process. One connection for a run, made when the first key needs
//! it; the runtime for it is made then too.

use std::cell::{Cell, OnceCell};
use std::error::Error;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use http::uri::PathAndQuery;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use zeroize::Zeroizing;

use super::Address;
use super::wire::{self, DecryptRequest, DecryptResponse, EncryptRequest, EncryptResponse};
use crate::recipient::{KeyService, Kind, Recipient, Unwrapped, WrappedKey, said, said_by_system};

/// How long a key service may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To be reached.
    pub connect: Duration,
    /// To answer. Somebody may have to be asked, or to touch a key.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { connect: Duration::from_secs(10), answer: Duration::from_secs(120) }
    }
}

/// A key service of another process, for one kind of recipients.
struct Remote {
    kind: Kind,
    line: Rc<Line>,
}

/// What the services of all kinds at one address share.
struct Line {
    address: Address,
    limits: Limits,
    connection: OnceCell<Result<Connection, String>>,
    /// Whether it once did not answer in time: it is not waited for again.
    silent: Cell<bool>,
}

/// An open connection, and what drives it.
struct Connection {
    /// None only while it is dropped.
    runtime: Option<Runtime>,
    channel: Channel,
}

/// The services of a key service at an address: one for every kind of recipient, over one
/// connection. Nothing is contacted before a key is wrapped or unwrapped.
#[must_use]
pub fn services(address: Address, limits: Limits) -> Vec<Box<dyn KeyService>> {
    let line = Rc::new(Line { address, limits, connection: OnceCell::new(), silent: Cell::new(false) });
    let service = |kind| Box::new(Remote { kind, line: Rc::clone(&line) }) as Box<dyn KeyService>;
    Kind::ALL.into_iter().map(service).collect()
}

impl Line {
    /// Sends a request, and waits for the answer.
    fn ask<Q, A>(&self, operation: &'static str, request: Q) -> Result<A, String>
    where
        Q: prost::Message + Send + Sync + 'static,
        A: prost::Message + Default + Send + Sync + 'static,
    {
        self.try_ask(operation, request).map_err(|reason| format!("key service `{}`: {reason}", self.address))
    }

    fn try_ask<Q, A>(&self, operation: &'static str, request: Q) -> Result<A, String>
    where
        Q: prost::Message + Send + Sync + 'static,
        A: prost::Message + Default + Send + Sync + 'static,
    {
        if self.silent.get() {
            return Err("did not answer before".into());
        }
        let connection = self.connection.get_or_init(|| self.connect()).as_ref().map_err(Clone::clone)?;
        let runtime = connection.runtime.as_ref().expect("impossible: it is taken only while dropped");
        let exchange = async {
            let mut client = Grpc::new(connection.channel.clone()).max_decoding_message_size(wire::MAX_MESSAGE_BYTES);
            client.ready().await.map_err(|error| broken(&error))?;
            let path = PathAndQuery::from_static(operation);
            let answer = client.unary(Request::new(request), path, ProstCodec::<Q, A>::default()).await;
            answer.map(tonic::Response::into_inner).map_err(|status| refusal(&status))
        };
        // The timer needs the runtime already when it is made.
        let limited = runtime.block_on(async { timeout(self.limits.answer, exchange).await });
        limited.unwrap_or_else(|_| {
            self.silent.set(true);
            Err(format!("did not answer within {}", seconds(self.limits.answer)))
        })
    }

    fn connect(&self) -> Result<Connection, String> {
        let uri = match &self.address {
            Address::Tcp(place) => format!("http://{place}"),
            Address::Unix(path) => match path.to_str() {
                Some(path) => format!("unix:{path}"),
                None => return Err("its path is no text".into()),
            },
        };
        let endpoint = Endpoint::from_shared(uri).map_err(|_| "is no address".to_owned())?;
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|error| said_by_system(&error.to_string()))?;
        let connected = runtime.block_on(async { timeout(self.limits.connect, endpoint.connect()).await });
        let channel = match connected {
            Ok(Ok(channel)) => channel,
            other => {
                // A name that is still being looked up must not be waited for.
                runtime.shutdown_background();
                return Err(match other {
                    Ok(Err(error)) => format!("cannot be reached: {}", cause(&error)),
                    _ => format!("cannot be reached within {}", seconds(self.limits.connect)),
                });
            }
        };
        Ok(Connection { runtime: Some(runtime), channel })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl KeyService for Remote {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn wrap(&self, recipient: &Recipient, secret: &[u8]) -> Result<String, String> {
        // What is said to be a recipient may be a secret by mistake; it must not go anywhere.
        if recipient.kind == Kind::Age && recipient.field("recipient").starts_with("AGE-") {
            return Err("this is a secret identity, not a recipient: it must not stand here".into());
        }
        let request = EncryptRequest { key: Some(recipient.into()), plaintext: secret.to_vec() };
        let answer: EncryptResponse = self.line.ask(wire::ENCRYPT, request)?;
        match String::from_utf8(answer.ciphertext) {
            Ok(enc) if !enc.is_empty() => Ok(enc),
            _ => Err(format!("key service `{}`: answered with no wrapped key", self.line.address)),
        }
    }

    fn unwrap(&self, key: &WrappedKey) -> Unwrapped {
        let request = DecryptRequest { key: Some((&key.recipient).into()), ciphertext: key.enc.clone().into_bytes() };
        match self.line.ask::<_, DecryptResponse>(wire::DECRYPT, request) {
            Ok(mut answer) => Unwrapped::Key(Zeroizing::new(std::mem::take(&mut answer.plaintext))),
            Err(reason) => Unwrapped::NotMine(reason),
        }
    }

    fn places(&self) -> Vec<String> {
        vec![format!("key service `{}`", self.line.address)]
    }
}

/// Why a key service did not do what it was asked for.
fn refusal(status: &Status) -> String {
    if let Some(source) = status.source() {
        return broken(source);
    }
    let words = said(status.message());
    let with = |what: &str| if words.is_empty() { what.to_owned() } else { format!("{what}: {words}") };
    match status.code() {
        Code::PermissionDenied | Code::Unauthenticated => with("refused"),
        Code::Unimplemented => "is no key service of SOPS: it does not know the operation".into(),
        Code::NotFound => with("cannot use this kind of key"),
        code if words.is_empty() => format!("failed: {}", code.description()),
        _ => with("failed"),
    }
}

/// Why a connection broke.
fn broken(error: &(dyn Error + 'static)) -> String {
    let is_io = causes(error).any(|error| error.is::<io::Error>());
    if is_io {
        format!("the connection broke: {}", cause(error))
    } else {
        "does not speak the protocol of key services".into()
    }
}

/// An error and what it was caused by.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// What the system says at the bottom of an error.
fn cause(error: &(dyn Error + 'static)) -> String {
    let system = causes(error).filter_map(|error| error.downcast_ref::<io::Error>()).last();
    system.map_or_else(
        || causes(error).last().map(|last| said(&last.to_string())).unwrap_or_default(),
        |error| said_by_system(&error.to_string()),
    )
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f32())
}
