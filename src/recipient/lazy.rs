//! A key service that is made when the first key of its kind comes up. Most runs need one kind, and
//! what the others are made of need not even be loaded.

use std::cell::LazyCell;
use std::path::Path;

#[cfg(feature = "network")]
use super::network::Waiting;
use super::{KeyService, Kind, Recipient, Unwrapped, WrappedKey};

type Make = Box<dyn FnOnce() -> Box<dyn KeyService>>;

/// A service of a known kind, made when it is used.
pub struct Lazy {
    kind: Kind,
    service: LazyCell<Box<dyn KeyService>, Make>,
}

impl Lazy {
    /// The service that `make` makes, which must be of this kind.
    pub fn new<S: KeyService + 'static>(kind: Kind, make: impl FnOnce() -> S + 'static) -> Self {
        Lazy { kind, service: LazyCell::new(Box::new(|| Box::new(make()))) }
    }
}

impl KeyService for Lazy {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn settle(&self, recipient: &Recipient) -> Result<Option<Recipient>, String> {
        self.service.settle(recipient)
    }

    fn learn(&self, file: &Path) -> Result<(), String> {
        self.service.learn(file)
    }

    fn wrap(&self, recipient: &Recipient, secret: &[u8]) -> Result<String, String> {
        self.service.wrap(recipient, secret)
    }

    fn unwrap(&self, key: &WrappedKey) -> Unwrapped {
        self.service.unwrap(key)
    }

    fn unwrap_any(&self, keys: &[&WrappedKey], fits: &dyn Fn(&[u8]) -> bool) -> Vec<Unwrapped> {
        self.service.unwrap_any(keys, fits)
    }

    fn foresee(&self, keys: &[&WrappedKey]) {
        self.service.foresee(keys);
    }

    fn places(&self) -> Vec<String> {
        self.service.places()
    }

    #[cfg(feature = "network")]
    fn networked(&self) -> Option<&dyn Waiting> {
        self.service.networked()
    }
}
