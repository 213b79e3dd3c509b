//! Joins documents, ciphers and recipients: the verbs of the program. Knows no files and no
//! environment: the keyring, randomness and the time are handed in as [`Tools`].
//!
//! * [`encrypt`] and [`decrypt`] share one walk (`walk`), in which the selector
//!   decides, the additional data is made, and the MAC grows.
//! * [`reencrypt`] is `encrypt` under a file's own data key, reusing the ciphertext of every value
//!   that did not change.
//! * [`change()`] sets or takes out one value of a sealed text, and leaves all the rest of it as it is.
//! * [`rewrap()`] changes who can open a file and nothing else; [`rotate()`] gives it a new data key.

mod block;
mod change;
mod check;
mod difference;
mod draft;
mod error;
mod inspect;
mod metadata;
mod open;
mod pattern;
mod policy;
mod print;
mod rewrap;
mod rotate;
mod seal;
mod selector;
mod shares;
mod spelling;
#[cfg(test)]
mod tests;
mod typed;
mod walk;

use zeroize::Zeroizing;

use crate::cipher::{DataKey, Random};
use crate::document::{Layout, Reading, Timestamp};
use crate::recipient::Keyring;

pub use change::{Changed, change};
pub use draft::{open_draft, seal_draft, seal_new_draft};
pub use error::Error;
pub use inspect::{is_encrypted, sealed_paths};
pub use metadata::{Metadata, WRITTEN_VERSION};
pub use open::decrypt;
pub use pattern::{Pattern, PatternError};
pub use policy::Policy;
pub use print::{convert, extract};
pub use rewrap::{access, foresee, rewrap};
pub use rotate::rotate;
pub use seal::{encrypt, reencrypt};
pub use selector::{Selection, Selector};

/// What is handed in from outside.
pub struct Tools<'a> {
    /// The key services of this run.
    pub keyring: &'a Keyring,
    /// Where data keys and nonces come from.
    pub random: &'a dyn Random,
    /// The time that is written into files.
    pub now: Timestamp,
}

/// What a call may ask for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The layout of new lines.
    pub layout: Layout,
    /// How plaintexts are read. An edited one is read as the one that it came from.
    pub reading: Reading,
    /// Print in another format what it cannot hold whole, where SOPS does.
    pub lossy: bool,
    /// Encrypt even when the selector leaves every value in clear.
    pub allow_unmatched: bool,
    /// Do not check the MAC.
    pub ignore_mac: bool,
    /// Do not carry the exact spelling where the format cannot hold it.
    pub no_exact_spelling: bool,
}

impl Opened {
    /// How the text must be read to hold the values that are in the file.
    #[must_use]
    pub fn reading(&self) -> Reading {
        self.reading
    }
}

/// An encrypted text.
#[derive(Debug)]
pub struct Encrypted {
    /// All of the file.
    pub text: Vec<u8>,
    /// How many values are encrypted.
    pub encrypted: usize,
    /// How many values there are; empty strings and nulls are none.
    pub total: usize,
    /// What the user may want to know, a sentence each.
    pub warnings: Vec<String>,
}

/// An encrypted text after a change of its recipients or its data key.
#[derive(Debug)]
pub struct Rewritten {
    /// All of the file.
    pub text: Vec<u8>,
    /// What the user may want to know, a sentence each.
    pub warnings: Vec<String>,
}

/// A decrypted text, and what is needed to encrypt it again for the same recipients.
#[derive(Debug)]
pub struct Opened {
    /// All of the file, in clear.
    pub text: Zeroizing<Vec<u8>>,
    /// What the user may want to know, a sentence each.
    pub warnings: Vec<String>,
    /// How the text must be read to hold the values that are in the file.
    reading: Reading,
    metadata: Metadata,
    key: DataKey,
}
