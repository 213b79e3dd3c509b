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
mod mac;
mod metadata;
mod moved;
mod open;
mod pattern;
mod policy;
mod print;
mod processor;
mod rewrap;
mod rotate;
mod seal;
mod selector;
mod shares;
mod spelling;
#[cfg(test)]
mod tests;
mod trace;
mod typed;
mod walk;
mod warning;
mod witness;

use zeroize::Zeroizing;

use crate::cipher::{DataKey, Random};
use crate::document::{Layout, Reading, Timestamp};
use crate::recipient::Keyring;

pub use change::{Changed, change};
pub use draft::{open_draft, seal_draft, seal_new_draft};
pub use error::Error;
pub use inspect::{is_encrypted, sealed_paths};
pub use metadata::{Metadata, WRITTEN_VERSION};
pub use open::{check_sealed, decrypt};
pub use pattern::{Pattern, PatternError};
pub use policy::Policy;
pub use print::{convert, extract};
pub use rewrap::{access, foresee, rewrap};
pub use rotate::rotate;
pub use seal::{encrypt, reencrypt};
pub use selector::{Selection, Selector};
pub use warning::Warning;
pub use witness::{Deed, Witness};

/// What is handed in from outside.
pub struct Tools<'a> {
    /// The key services of this run.
    pub keyring: &'a Keyring,
    /// Who is told of every data key that is used.
    pub witness: &'a dyn Witness,
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
    /// Leave a file as it is where the value that is to be set is there already.
    pub idempotent: bool,
    /// Do not check the MAC.
    pub ignore_mac: bool,
    /// Leave encrypted comments that do not open as they are, with a warning. What does not check the
    /// MAC does so, too.
    pub keep_damaged_comments: bool,
    /// Do not carry the exact spelling where the format cannot hold it.
    pub no_exact_spelling: bool,
}

impl Options {
    /// What is passed over when a file is opened.
    fn leniency(&self) -> Leniency {
        let Options { ignore_mac, keep_damaged_comments, .. } = *self;
        Leniency { ignore_mac, keep_damaged_comments: keep_damaged_comments || ignore_mac }
    }
}

/// Which damage is passed over when a file is opened; none, if nothing is said.
#[derive(Clone, Copy, Default)]
struct Leniency {
    ignore_mac: bool,
    keep_damaged_comments: bool,
}

impl Leniency {
    /// For what was opened before, and complained about then.
    const ALL: Leniency = Leniency { ignore_mac: true, keep_damaged_comments: true };
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
    /// What the user may want to know.
    pub warnings: Vec<Warning>,
}

/// An encrypted text after a change of its recipients or its data key.
#[derive(Debug)]
pub struct Rewritten {
    /// All of the file.
    pub text: Vec<u8>,
    /// What the user may want to know.
    pub warnings: Vec<Warning>,
}

/// A decrypted text, and what is needed to encrypt it again for the same recipients.
#[derive(Debug)]
pub struct Opened {
    /// All of the file, in clear.
    pub text: Zeroizing<Vec<u8>>,
    /// What the user may want to know.
    pub warnings: Vec<Warning>,
    /// How the text must be read to hold the values that are in the file.
    reading: Reading,
    metadata: Metadata,
    key: DataKey,
}
