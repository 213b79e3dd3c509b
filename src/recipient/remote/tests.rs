//! Client and server against each other, and the client against what is no key service.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::*;
use crate::recipient::{KeyService, Kind, Recipient, Unwrapped, WrappedKey};

/// Wraps by turning the bytes, for the recipients that begin with `age1`; takes its time for one of them.
struct Toy;

impl KeyService for Toy {
    fn kind(&self) -> Kind {
        Kind::Age
    }

    fn wrap(&self, recipient: &Recipient, secret: &[u8]) -> Result<String, String> {
        match recipient.field("recipient") {
            "slow" => thread::sleep(Duration::from_millis(300)),
            "panic" => panic!("asked to"),
            text if !text.starts_with("age1") => return Err("line one\n  line\u{a0}two".into()),
            _ => {}
        }
        Ok(secret.iter().rev().map(|byte| char::from(*byte)).collect())
    }

    fn unwrap(&self, key: &WrappedKey) -> Unwrapped {
        if key.recipient.field("recipient") == "age1other" {
            return Unwrapped::NotMine("no matching identity".into());
        }
        Unwrapped::Key(zeroize::Zeroizing::new(key.enc.bytes().rev().collect()))
    }

    fn places(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Lets everything pass but `age1refused`, and writes down what was done.
#[derive(Default)]
struct Toys {
    /// How often services were made ready.
    readied: AtomicUsize,
    log: Mutex<Vec<String>>,
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Host for Toys {
    fn admit(&self, _: Operation, recipient: &Recipient, _: &dyn Fn() -> bool) -> Result<(), String> {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(inside, Ordering::SeqCst);
        if recipient.field("recipient") == "age1refused" { Err("not today".into()) } else { Ok(()) }
    }

    fn services(&self) -> Vec<Box<dyn KeyService>> {
        self.readied.fetch_add(1, Ordering::SeqCst);
        vec![Box::new(Toy)]
    }

    fn record(&self, operation: Operation, recipient: &Recipient) -> Result<(), String> {
        match (operation, recipient.field("recipient")) {
            (Operation::Decrypt, "age1unrecorded") => Err("not written down".into()),
            _ => Ok(()),
        }
    }

    fn done(&self, operation: Operation, recipient: &Recipient, result: Result<(), &str>) {
        self.inside.fetch_sub(1, Ordering::SeqCst);
        self.log.lock().expect("is whole").push(format!("{operation:?} {recipient} {result:?}"));
    }
}

/// A server that runs until it is dropped.
struct Running {
    address: Address,
    host: Arc<Toys>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Running {
    fn start(listener: Listener, address: Address) -> Self {
        let host = Arc::new(Toys::default());
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&host);
        let thread = thread::spawn(move || {
            serve(listener, served, async {
                let _ = stopped.await;
            })
        });
        Running { address, host, stop: Some(stop), thread: Some(thread) }
    }

    fn tcp() -> Self {
        let (listener, address) = listener();
        Self::start(Listener::Tcp(listener), address)
    }

    /// Its service for age.
    fn age(&self) -> Box<dyn KeyService> {
        service(&self.address, Limits::default())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stop.take().expect("is there").send(());
        let result = self.thread.take().expect("is there").join().expect("ends");
        assert!(result.is_ok(), "{result:?}");
    }
}

fn listener() -> (TcpListener, Address) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listens");
    let address = Address::Tcp(listener.local_addr().expect("has an address").to_string());
    (listener, address)
}

fn service(address: &Address, limits: Limits) -> Box<dyn KeyService> {
    let mut services = services(address.clone(), limits);
    services.remove(services.iter().position(|service| service.kind() == Kind::Age).expect("is one"))
}

fn unwrap(service: &dyn KeyService, recipient: &str, enc: &str) -> Result<Vec<u8>, String> {
    let recipient = Recipient::age(recipient);
    match service.unwrap(&WrappedKey { recipient, enc: enc.into(), created_at: None, unknown: Vec::new() }) {
        Unwrapped::Key(secret) => Ok(secret.to_vec()),
        Unwrapped::NotMine(reason) | Unwrapped::Broken(reason) => Err(reason),
    }
}

#[test]
fn what_one_side_wraps_the_other_unwraps() {
    let directory = tempfile::TempDir::new().expect("makes");
    let path = directory.path().join("socket");
    let unix = UnixListener::bind(&path).expect("listens");
    for server in [Running::tcp(), Running::start(Listener::Unix(unix), Address::Unix(path))] {
        let age = server.age();
        assert_eq!(age.wrap(&Recipient::age("age1x"), b"key"), Ok("yek".into()));
        assert_eq!(unwrap(age.as_ref(), "age1x", "yek"), Ok(b"key".to_vec()));
        assert_eq!(*server.host.log.lock().expect("is whole"), ["Encrypt age1x Ok(())", "Decrypt age1x Ok(())"]);
    }
}

#[test]
fn every_refusal_says_why_and_by_whom() {
    let server = Running::tcp();
    let age = server.age();
    let says = |text: &str| Err(format!("key service `{}`: {text}", server.address));
    let wrap = |recipient: &str| age.wrap(&Recipient::age(recipient), b"key");
    assert_eq!(wrap("age1refused"), says("refused: not today"));
    assert_eq!(server.host.readied.load(Ordering::SeqCst), 0);
    assert_eq!(wrap("other"), says("failed: line one line two"));
    assert_eq!(wrap("panic"), says("failed: the operation broke off"));
    assert_eq!(unwrap(age.as_ref(), "age1other", "yek").map(|_| String::new()), says("failed: no matching identity"));
    assert_eq!(
        unwrap(age.as_ref(), "age1unrecorded", "yek").map(drop),
        says("failed: not written down").map(|_: String| ())
    );
    let secret = "AGE-SECRET-KEY-1X";
    assert!(wrap(secret).expect_err("is no recipient").starts_with("this is a secret identity"));
    assert!(!server.host.log.lock().expect("is whole").concat().contains("AGE-SECRET"));
    let pgp = services(server.address.clone(), Limits::default());
    let pgp = pgp.iter().find(|service| service.kind() == Kind::Pgp).expect("is one");
    let recipient = Recipient { kind: Kind::Pgp, fields: vec![] };
    assert_eq!(pgp.wrap(&recipient, b"key"), says("cannot use this kind of key: PGP keys cannot be used here"));
}

#[test]
fn requests_are_worked_on_side_by_side() {
    let server = Running::tcp();
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| server.age().wrap(&Recipient::age("slow"), b"key").expect("wraps"));
        }
    });
    assert!(start.elapsed() < Duration::from_millis(8 * 300), "{:?}", start.elapsed());
    assert!(server.host.most.load(Ordering::SeqCst) > 1);
}

#[test]
fn a_server_that_stops_answers_what_it_works_on() {
    let server = Running::tcp();
    let age = server.address.clone();
    let asking = thread::spawn(move || service(&age, Limits::default()).wrap(&Recipient::age("slow"), b"key"));
    let start = Instant::now();
    while server.host.inside.load(Ordering::SeqCst) == 0 && start.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(5));
    }
    drop(server);
    assert_eq!(asking.join().expect("ends"), Ok("yek".into()));
}

#[test]
fn nobody_there_is_told_at_once_and_once() {
    let (listener, address) = listener();
    drop(listener);
    let age = service(&address, Limits::default());
    for _ in 0..2 {
        let why = unwrap(age.as_ref(), "age1x", "yek").expect_err("nobody is there");
        assert_eq!(why, format!("key service `{address}`: cannot be reached: connection refused"));
    }
    let missing = service(&Address::Unix("/nonexistent/socket".into()), Limits::default());
    let why = missing.wrap(&Recipient::age("age1x"), b"key").expect_err("nobody is there");
    assert_eq!(why, "key service `unix:///nonexistent/socket`: cannot be reached: no such file or directory");
}

#[test]
fn one_who_does_not_answer_is_waited_for_once() {
    // The system takes the connection; nobody reads from it.
    let (_listener, address) = listener();
    let limits = Limits { answer: Duration::from_millis(200), ..Limits::default() };
    let age = service(&address, limits);
    let why = age.wrap(&Recipient::age("age1x"), b"key").expect_err("is silent");
    assert_eq!(why, format!("key service `{address}`: did not answer within 0.2 s"));
    let start = Instant::now();
    let why = age.wrap(&Recipient::age("age1x"), b"key").expect_err("is silent");
    assert_eq!(why, format!("key service `{address}`: did not answer before"));
    assert!(start.elapsed() < Duration::from_millis(150));
}

/// Answers the first connection with these bytes.
fn answering(bytes: &'static [u8]) -> (Address, JoinHandle<()>) {
    let (listener, address) = listener();
    let thread = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(bytes);
        let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        while !bytes.is_empty() && matches!(stream.read(&mut [0; 1024]), Ok(1..)) {}
    });
    (address, thread)
}

#[test]
fn what_is_no_key_service_is_said_to_be_none() {
    let (address, thread) = answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let why = service(&address, Limits::default()).wrap(&Recipient::age("age1x"), b"key").expect_err("is none");
    assert_eq!(why, format!("key service `{address}`: does not speak the protocol of key services"));
    thread.join().expect("ends");
    // One who hangs up.
    let (address, thread) = answering(b"");
    let why = service(&address, Limits::default()).wrap(&Recipient::age("age1x"), b"key").expect_err("is none");
    assert!(why.starts_with(&format!("key service `{address}`: the connection broke")), "{why}");
    thread.join().expect("ends");
}
