//! The places where identities may be. Each is read when it is needed for the first time, and not
//! again.

use std::cell::OnceCell;

use zeroize::Zeroizing;

use super::identity::{self, Contents, Key};

/// What was found in a place: `Ok(None)` when there is no such place, `Err` when it cannot be read.
pub type Found = Result<Option<Zeroizing<Vec<u8>>>, String>;

/// A place where identities may be.
pub struct IdentitySource<'a> {
    place: String,
    read: Box<dyn Fn() -> Found + 'a>,
    /// It runs a program, and is left alone while others suffice.
    pub(super) is_command: bool,
    /// It can open nothing but what is for SSH keys.
    pub(super) is_for_ssh: bool,
    contents: OnceCell<Result<Option<Contents>, String>>,
}

impl<'a> IdentitySource<'a> {
    /// A place, called as people know it (a variable or a path), and how it is read.
    pub fn new(place: impl Into<String>, read: impl Fn() -> Found + 'a) -> Self {
        let (place, read) = (place.into(), Box::new(read));
        IdentitySource { place, read, is_command: false, is_for_ssh: false, contents: OnceCell::new() }
    }

    /// The same with a text that is known already.
    pub fn of(place: impl Into<String>, text: &str) -> Self {
        let text = Zeroizing::new(text.as_bytes().to_owned());
        Self::new(place, move || Ok(Some(text.clone())))
    }

    /// The same, read only after all that are not like this: it runs a program.
    #[must_use]
    pub fn command(self) -> Self {
        IdentitySource { is_command: true, ..self }
    }

    /// The same, read only when something is for an SSH key.
    #[must_use]
    pub fn for_ssh(self) -> Self {
        IdentitySource { is_for_ssh: true, ..self }
    }

    /// Its name.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Whether it was read.
    pub(super) fn is_loaded(&self) -> bool {
        self.contents.get().is_some()
    }

    /// Reads it, unless that was done.
    pub(super) fn load(&self) {
        self.contents.get_or_init(|| {
            let found = (self.read)()?;
            found.map(|text| identity::read(&text)).transpose()
        });
    }

    /// What it holds, as far as it was read.
    pub(super) fn contents(&self) -> Option<&Contents> {
        self.contents.get()?.as_ref().ok()?.as_ref()
    }

    /// The identities in it, as far as they are known without asking.
    pub(super) fn keys(&self) -> &[Key] {
        match self.contents() {
            Some(Contents::Keys(keys)) => keys,
            Some(Contents::Sealed(sealed)) => {
                sealed.keys().and_then(|keys| keys.as_ref().ok()).map_or(&[], Vec::as_slice)
            }
            None => &[],
        }
    }

    /// A line that says what was found; none when it was not read. `about` adds to what is known
    /// of an identity.
    pub(super) fn describe(&self, about: impl Fn(&Key) -> Option<String>) -> Option<String> {
        let list = |keys: &[Key]| match keys {
            [] => "holds no identity".to_owned(),
            _ => {
                let describe = |key: &Key| match about(key) {
                    Some(more) => format!("{}: {more}", key.describe()),
                    None => key.describe(),
                };
                keys.iter().map(describe).collect::<Vec<_>>().join(", ")
            }
        };
        let found = match self.contents.get()? {
            Ok(None) => "not there".to_owned(),
            Err(reason) => reason.clone(),
            Ok(Some(Contents::Keys(keys))) => list(keys),
            Ok(Some(Contents::Sealed(sealed))) => match sealed.keys() {
                None => "has a passphrase, and was not opened".into(),
                Some(Err(reason)) => reason.clone(),
                Some(Ok(keys)) => list(keys),
            },
        };
        Some(format!("{}: {found}", self.place))
    }
}
