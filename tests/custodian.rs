//! A key service that wraps for recipients of every kind: alice's identity for age, and for the kinds
//! whose keys are elsewhere a wrapping of no worth, which holds the name of its recipient. SOPS and
//! we ask it over the protocol of SOPS, so that the flags of all kinds can be tried without a cloud.

use std::fs;
use std::net::TcpListener;
use std::sync::{Arc, OnceLock};
use std::thread;

use cloze::recipient::age::{Age, IdentitySource};
use cloze::recipient::remote::{Host, Listener, Operation, serve};
use cloze::recipient::{KeyService, Kind, Nobody, Recipient, Unwrapped, WrappedKey};

use crate::harness::key_file;

/// The address of the one custodian of these tests, who works until they end.
pub(crate) fn address() -> &'static str {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("tcp://{}", listener.local_addr().unwrap());
        thread::spawn(|| serve(Listener::Tcp(listener), Arc::new(Custodian), std::future::pending()));
        address
    })
}

/// Lets everything be done.
struct Custodian;

impl Host for Custodian {
    fn admit(&self, _: Operation, _: &Recipient, _: &dyn Fn() -> bool) -> Result<(), String> {
        Ok(())
    }

    fn services(&self) -> Vec<Box<dyn KeyService>> {
        let alice = fs::read_to_string(key_file("alice")).unwrap();
        let age = Age::new(vec![IdentitySource::of("alice", &alice)], Arc::new(Nobody));
        let others = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Age);
        let others = others.map(|kind| Box::new(Labelled(kind)) as Box<dyn KeyService>);
        std::iter::once(Box::new(age) as Box<dyn KeyService>).chain(others).collect()
    }

    fn record(&self, _: Operation, _: &Recipient) -> Result<(), String> {
        Ok(())
    }

    fn done(&self, _: Operation, _: &Recipient, _: Result<(), &str>) {}
}

/// Writes the secret in hexadecimal digits behind the name of the recipient.
struct Labelled(Kind);

impl KeyService for Labelled {
    fn kind(&self) -> Kind {
        self.0
    }

    fn wrap(&self, recipient: &Recipient, secret: &[u8]) -> Result<String, String> {
        let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("{recipient} {digits}"))
    }

    fn unwrap(&self, key: &WrappedKey) -> Unwrapped {
        let Some((label, digits)) = key.enc.rsplit_once(' ') else { return Unwrapped::Broken("no label".into()) };
        if label != key.recipient.to_string() {
            return Unwrapped::NotMine(format!("the label says {label}"));
        }
        let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
        match bytes.collect::<Result<Vec<u8>, _>>() {
            Ok(secret) => Unwrapped::Key(secret.into()),
            Err(error) => Unwrapped::Broken(error.to_string()),
        }
    }

    fn places(&self) -> Vec<String> {
        Vec::new()
    }
}
