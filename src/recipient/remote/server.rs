//! A key service for other processes: takes requests of the protocol of SOPS, and has them done by
//! services of this process. Whether one may be done, and what is said of it, is the [`Host`]'s.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::transport::Server;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use zeroize::Zeroizing;

use super::wire::{self, DecryptRequest, DecryptResponse, EncryptRequest, EncryptResponse, Key};
use crate::recipient::{KeyService, Recipient, Unwrapped, WrappedKey};

/// How many requests are worked on at once; others wait.
const WORKERS: usize = 16;

/// How long requests that are being worked on may take when the server is to stop.
const GRACE: Duration = Duration::from_secs(2);

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// To wrap a data key.
    Encrypt,
    /// To unwrap one.
    Decrypt,
}

/// Whom the server works for. Called on several threads at once.
pub trait Host: Send + Sync + 'static {
    /// Asks whether an operation may be done, before it is. The recipient is the one that the
    /// client names: the wrapped key may be another's. `waits` says whether the client still does.
    ///
    /// # Errors
    /// It may not, and why: the client is told.
    fn admit(&self, operation: Operation, recipient: &Recipient, waits: &dyn Fn() -> bool) -> Result<(), String>;

    /// The services that do it. Called for each request, so that no identity stays in memory, and
    /// that new ones are found.
    fn services(&self) -> Vec<Box<dyn KeyService>>;

    /// Keeps a record of an operation that was done, before its result is given out.
    ///
    /// # Errors
    /// It could not be kept, and what the client is told. It gets nothing else.
    fn record(&self, operation: Operation, recipient: &Recipient) -> Result<(), String>;

    /// Told how an operation ended.
    fn done(&self, operation: Operation, recipient: &Recipient, result: Result<(), &str>);
}

/// Where the server listens. What may connect may use the keys.
pub enum Listener {
    /// On the network.
    Tcp(TcpListener),
    /// On a socket of this machine.
    Unix(UnixListener),
}

/// Serves until `stop` is done, and what is being worked on then for a moment longer.
///
/// # Errors
/// The system gives no threads, or the listener does not work.
pub fn serve(
    listener: Listener,
    host: Arc<dyn Host>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(WORKERS).build()?;
    let served = runtime.block_on(async {
        let (stopping, stopped) = oneshot::channel();
        let stop = async {
            stop.await;
            let _ = stopping.send(());
        };
        let too_long = async {
            let _ = stopped.await;
            tokio::time::sleep(GRACE).await;
        };
        let server = Server::builder();
        let desk = Desk { host };
        let serving: Pin<Box<dyn Future<Output = _>>> = match listener {
            Listener::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                let incoming = TcpListenerStream::new(tokio::net::TcpListener::from_std(listener)?);
                Box::pin(server.serve_with_incoming_shutdown(desk, incoming, stop))
            }
            Listener::Unix(listener) => {
                listener.set_nonblocking(true)?;
                let incoming = UnixListenerStream::new(tokio::net::UnixListener::from_std(listener)?);
                Box::pin(server.serve_with_incoming_shutdown(desk, incoming, stop))
            }
        };
        tokio::select! {
            served = serving => served.map_err(io::Error::other),
            () = too_long => Ok(()),
        }
    });
    // A thread may still wait for somebody's answer.
    runtime.shutdown_background();
    served
}

/// Takes the requests.
#[derive(Clone)]
struct Desk {
    host: Arc<dyn Host>,
}

type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl tower_service::Service<http::Request<Body>> for Desk {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let desk = self.clone();
        match request.uri().path() {
            wire::ENCRYPT => Box::pin(async move { Ok(grpc().unary(Encrypt(desk), request).await) }),
            wire::DECRYPT => Box::pin(async move { Ok(grpc().unary(Decrypt(desk), request).await) }),
            _ => Box::pin(async { Ok(Status::unimplemented("there is no such operation").into_http()) }),
        }
    }
}

fn grpc<A, Q>() -> Grpc<ProstCodec<A, Q>>
where
    A: prost::Message + Send + Sync + 'static,
    Q: prost::Message + Default + Send + Sync + 'static,
{
    Grpc::new(ProstCodec::default()).max_decoding_message_size(wire::MAX_MESSAGE_BYTES)
}

/// The operation that wraps.
struct Encrypt(Desk);

impl UnaryService<EncryptRequest> for Encrypt {
    type Response = EncryptResponse;
    type Future = Answer<Result<Response<EncryptResponse>, Status>>;

    fn call(&mut self, request: Request<EncryptRequest>) -> Self::Future {
        let desk = self.0.clone();
        let mut request = request.into_inner();
        let secret = Zeroizing::new(std::mem::take(&mut request.plaintext));
        let key = request.key.take();
        Box::pin(async move {
            let work = move |service: &dyn KeyService, recipient: Recipient| service.wrap(&recipient, &secret);
            let enc = desk.perform(Operation::Encrypt, key, work).await?;
            Ok(Response::new(EncryptResponse { ciphertext: enc.into_bytes() }))
        })
    }
}

/// The operation that unwraps.
struct Decrypt(Desk);

impl UnaryService<DecryptRequest> for Decrypt {
    type Response = DecryptResponse;
    type Future = Answer<Result<Response<DecryptResponse>, Status>>;

    fn call(&mut self, request: Request<DecryptRequest>) -> Self::Future {
        let desk = self.0.clone();
        let request = request.into_inner();
        Box::pin(async move {
            let enc = String::from_utf8(request.ciphertext)
                .map_err(|_| Status::invalid_argument("the wrapped key is no text"))?;
            let work = move |service: &dyn KeyService, recipient: Recipient| {
                let key = WrappedKey { recipient, enc, created_at: None, unknown: Vec::new() };
                match service.unwrap(&key) {
                    Unwrapped::Key(secret) => Ok(secret),
                    Unwrapped::NotMine(reason) | Unwrapped::Broken(reason) => Err(reason),
                }
            };
            let mut secret = desk.perform(Operation::Decrypt, request.key, work).await?;
            Ok(Response::new(DecryptResponse { plaintext: std::mem::take(&mut secret) }))
        })
    }
}

impl Desk {
    /// Has an operation done on a thread of its own, if the host agrees.
    async fn perform<T: Send + 'static>(
        self,
        operation: Operation,
        key: Option<Key>,
        work: impl FnOnce(&dyn KeyService, Recipient) -> Result<T, String> + Send + 'static,
    ) -> Result<T, Status> {
        let recipient =
            key.and_then(Key::recipient).ok_or_else(|| Status::not_found("the kind of key is not known"))?;
        // Gone as soon as the client is: then nobody is asked in vain.
        let client = Arc::new(());
        let waiting = Arc::downgrade(&client);
        let host = self.host;
        let done =
            tokio::task::spawn_blocking(move || judge_and_do(&*host, operation, recipient, &waiting, work)).await;
        drop(client);
        done.unwrap_or_else(|_| Err(Status::internal("the operation broke off")))
    }
}

fn judge_and_do<T>(
    host: &dyn Host,
    operation: Operation,
    recipient: Recipient,
    waiting: &Weak<()>,
    work: impl FnOnce(&dyn KeyService, Recipient) -> Result<T, String>,
) -> Result<T, Status> {
    let waits = || waiting.strong_count() > 0;
    if !waits() {
        return Err(Status::cancelled("the client went away"));
    }
    if let Err(reason) = host.admit(operation, &recipient, &waits) {
        host.done(operation, &recipient, Err(&reason));
        return Err(Status::permission_denied(reason));
    }
    let services = host.services();
    let Some(service) = services.iter().find(|service| service.kind() == recipient.kind) else {
        let reason = format!("{} keys cannot be used here", recipient.kind.title());
        host.done(operation, &recipient, Err(&reason));
        return Err(Status::not_found(reason));
    };
    let result = work(service.as_ref(), recipient.clone());
    let result = result.and_then(|made| host.record(operation, &recipient).map(|()| made));
    host.done(operation, &recipient, result.as_ref().map(|_| ()).map_err(String::as_str));
    result.map_err(Status::unknown)
}
