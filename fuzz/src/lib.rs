//! What the fuzz targets check. Encryption and decryption go through a key service that costs
//! nothing, so that the time goes into the parsers and writers.

use cloze::cipher::SystemRandom;
use cloze::document::{Format, Timestamp};
use cloze::envelope::{Deed, Options, Policy, Tools, Witness, decrypt, encrypt};
use cloze::recipient::{KeyService, Keyring, Kind, Recipient, Unwrapped, WrappedKey};
use zeroize::Zeroizing;

/// Wraps every data key as its own hexadecimal digits.
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

fn with_tools<T>(work: impl FnOnce(&Tools<'_>) -> T) -> T {
    let keyring = Keyring::new(vec![Box::new(InClear)], vec![]);
    work(&Tools { keyring: &keyring, witness: &Unwatched, random: &SystemRandom, now: Timestamp::from_unix(1_700_000_000) })
}

/// Reading never panics, and what is encrypted decrypts to the same bytes. An error of the kind
/// «this is a bug» is one.
pub fn round_trip(format: Format, text: &[u8]) {
    with_tools(|tools| {
        let policy = Policy { groups: vec![vec![Recipient::age("age1")]], ..Policy::default() };
        let options = Options { allow_unmatched: true, ..Options::default() };
        match encrypt(format, text, &policy, &options, tools) {
            Err(error) => assert!(!error.to_string().contains("This is a bug"), "{error}"),
            Ok(encrypted) => {
                let opened = decrypt(format, &encrypted.text, &options, tools).expect("what we wrote opens");
                assert!(*opened.text == text, "the bytes are not the same");
            }
        }
    });
}

/// Decryption of anything never panics. The first byte chooses the format.
pub fn any_decrypt(input: &[u8]) {
    let Some((choice, text)) = input.split_first() else { return };
    let (format, _) = Format::ALL[usize::from(*choice) % Format::ALL.len()];
    with_tools(|tools| {
        for ignore_mac in [false, true] {
            let options = Options { ignore_mac, ..Options::default() };
            let _ = decrypt(format, text, &options, tools);
        }
    });
}
