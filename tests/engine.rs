//! The verbs of the library with a key service that costs nothing: for tests that call them
//! thousands of times, and for the fuzz targets, which include this file (`fuzz/src/lib.rs`).
//! Real keys are tested by the modules that run the program.

use std::sync::atomic::{AtomicU64, Ordering};

use cloze::cipher::{Random, SystemRandom};
use cloze::document::change::{Change, Manner};
use cloze::document::{Format, KeyPath, Reading, Timestamp};
use cloze::envelope::{
    self, Changed, Deed, Encrypted, Error, Opened, Options, Policy, Rewritten, Selector, Tools, Witness,
};
use cloze::recipient::{Access, KeyService, Keyring, Kind, Recipient, Unwrapped, WrappedKey};
use zeroize::Zeroizing;

/// Keeps a secret as hexadecimal digits, for everybody to read.
struct InClear;

impl KeyService for InClear {
    fn kind(&self) -> Kind {
        Kind::Age
    }

    fn wrap(&self, _: &Recipient, secret: &[u8]) -> Result<String, String> {
        Ok(secret.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn unwrap(&self, key: &WrappedKey) -> Unwrapped {
        let digits = key.enc.trim();
        let byte = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (0..digits.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>() {
            Some(secret) => Unwrapped::Key(Zeroizing::new(secret)),
            None => Unwrapped::Broken("is not hexadecimal".into()),
        }
    }

    fn places(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Nobody keeps a record.
struct Unwatched;

impl Witness for Unwatched {
    fn record(&self, _: &[Deed]) -> Result<(), String> {
        Ok(())
    }
}

/// Bytes that are the same in every run, and never the same twice in one (SplitMix64).
#[derive(Default)]
struct Repeatable(AtomicU64);

impl Random for Repeatable {
    fn fill(&self, buffer: &mut [u8]) {
        for bytes in buffer.chunks_mut(8) {
            let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bytes.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes()[..bytes.len()]);
        }
    }
}

/// What the verbs are given.
pub(crate) struct Engine {
    keyring: Keyring,
    policy: Policy,
    random: Box<dyn Random>,
    options: Options,
}

impl Engine {
    /// With the key service that costs nothing.
    pub(crate) fn cheap() -> Self {
        Self::over(Keyring::new(vec![Box::new(InClear)], vec![]), "age1")
    }

    /// With given key services, for an age recipient.
    pub(crate) fn over(keyring: Keyring, recipient: &str) -> Self {
        let policy = Policy { groups: vec![vec![Recipient::age(recipient)]], ..Policy::default() };
        let options = Options { allow_unmatched: true, ..Options::default() };
        Engine { keyring, policy, random: Box::new(SystemRandom), options }
    }

    /// With the same keys and nonces in every run.
    pub(crate) fn repeatable(mut self) -> Self {
        self.random = Box::new(Repeatable::default());
        self
    }

    /// Without `cloze_spelling`.
    pub(crate) fn without_exact_spelling(mut self) -> Self {
        self.options.no_exact_spelling = true;
        self
    }

    /// With plaintexts read as SOPS does.
    pub(crate) fn reading_as_sops(mut self) -> Self {
        self.options.reading = Reading::Sops;
        self
    }

    /// Without a look at the MAC.
    pub(crate) fn ignoring_mac(mut self) -> Self {
        self.options.ignore_mac = true;
        self
    }

    /// With a selector, named as in `.sops.yaml`.
    pub(crate) fn selecting(mut self, field: &str, text: &str) -> Self {
        self.policy.selector = Some(Selector::from_field(field, text).unwrap());
        self
    }

    /// With a MAC over the encrypted values alone.
    pub(crate) fn mac_only_encrypted(mut self) -> Self {
        self.policy.mac_only_encrypted = true;
        self
    }

    fn tools(&self) -> Tools<'_> {
        Tools {
            keyring: &self.keyring,
            witness: &Unwatched,
            random: &*self.random,
            now: Timestamp::from_unix(1_700_000_000),
        }
    }

    /// Encrypts; a file without a value to hide is fine.
    pub(crate) fn encrypt(&self, format: Format, text: &[u8]) -> Result<Encrypted, Error> {
        envelope::encrypt(format, text, &self.policy, &self.options, &self.tools())
    }

    /// Decrypts.
    pub(crate) fn decrypt(&self, format: Format, text: &[u8]) -> Result<Opened, Error> {
        envelope::decrypt(format, text, &self.options, &self.tools())
    }

    /// Sets or takes out a value, a while after the text was encrypted.
    pub(crate) fn change(
        &self,
        format: Format,
        text: &[u8],
        path: &KeyPath,
        change: Change<'_>,
    ) -> Result<Changed, Error> {
        let tools = Tools { now: Timestamp::from_unix(1_800_000_000), ..self.tools() };
        envelope::change(format, text, path, change, Manner::default(), &Options::default(), &tools)
    }

    /// Encrypts an edited text under the key of the old one.
    pub(crate) fn reencrypt(
        &self,
        format: Format,
        old: &[u8],
        opened: &Opened,
        text: &[u8],
    ) -> Result<Encrypted, Error> {
        envelope::reencrypt(format, old, opened, text, &self.options, &self.tools())
    }

    /// Gives it a new data key, for the same recipient.
    pub(crate) fn rotate(&self, format: Format, text: &[u8]) -> Result<Rewritten, Error> {
        envelope::rotate(format, text, &self.access(&[]), &Options::default(), &self.tools())
    }

    /// Gives its data key to these beside the recipient.
    pub(crate) fn rewrap(&self, format: Format, text: &[u8], others: &[&str]) -> Result<Rewritten, Error> {
        envelope::rewrap(format, text, &self.access(others), &Options::default(), &self.tools())
    }

    fn access(&self, others: &[&str]) -> Access {
        let mut groups = self.policy.groups.clone();
        groups[0].extend(others.iter().map(|other| Recipient::age(other)));
        Access { groups, threshold: None }
    }
}
