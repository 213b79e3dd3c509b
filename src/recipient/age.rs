//! age recipients (`age1…`): the data key is an armored age file for exactly one X25519 key
//! (sops-compat.md §5.1, §5.2).

use std::cell::OnceCell;
use std::io::{Read as _, Write as _};
use std::str::FromStr;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::x25519;
use zeroize::Zeroizing;

use super::{KeyService, Kind, Recipient, Unwrapped, WrappedKey};

/// A place where identities may be, and what was found there.
pub struct IdentitySource {
    /// The place, as people know it: a variable or a path.
    pub place: String,
    /// Its text; `Ok(None)` when there is no such place, `Err` when it cannot be read.
    pub found: Result<Option<Zeroizing<String>>, String>,
}

/// The identities of one place, or why there are none.
struct Loaded {
    place: String,
    identities: Result<Option<Vec<x25519::Identity>>, String>,
}

/// Wraps for age recipients, and unwraps with the identities of this run. They are loaded when the
/// first key is unwrapped, once.
pub struct Age<'a> {
    sources: Box<dyn Fn() -> Vec<IdentitySource> + 'a>,
    loaded: OnceCell<Vec<Loaded>>,
}

impl<'a> Age<'a> {
    /// A service that takes its identities from `sources`, in that order.
    pub fn new(sources: impl Fn() -> Vec<IdentitySource> + 'a) -> Self {
        Age { sources: Box::new(sources), loaded: OnceCell::new() }
    }

    fn loaded(&self) -> &[Loaded] {
        self.loaded.get_or_init(|| {
            let load = |source: IdentitySource| Loaded {
                place: source.place,
                identities: source.found.and_then(|text| text.map(|text| parse_identities(&text)).transpose()),
            };
            (self.sources)().into_iter().map(load).collect()
        })
    }
}

/// The longest wrapped key that is looked at, in bytes. A real one has some 400, a post-quantum one
/// some 2,400; reading the header of an age file takes time with the square of its length.
const MAX_WRAPPED_BYTES: usize = 16 * 1024;

/// Reads identities, one in a line; empty lines and lines that begin with `#` are skipped.
///
/// # Errors
/// A line that is no identity; the message names the line by its number only.
pub fn parse_identities(text: &str) -> Result<Vec<x25519::Identity>, String> {
    let mut identities = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let identity =
            x25519::Identity::from_str(line).map_err(|_| format!("line {}: {}", number + 1, why_no_identity(line)))?;
        identities.push(identity);
    }
    Ok(identities)
}

/// Says what a line is that is no X25519 identity, without repeating it.
fn why_no_identity(line: &str) -> &'static str {
    match line {
        _ if line.starts_with("AGE-SECRET-KEY-PQ-1") => "post-quantum identities cannot be used yet",
        _ if line.starts_with("AGE-PLUGIN-") => "plugin identities cannot be used yet",
        _ if line.starts_with("age1") => "this is a public key, not an identity (`AGE-SECRET-KEY-1…`)",
        _ if line.starts_with("age-encryption") || line.starts_with("-----BEGIN AGE") => {
            "identity files with a passphrase cannot be used yet"
        }
        _ => "is not an age identity (`AGE-SECRET-KEY-1…`)",
    }
}

/// Reads an age recipient.
///
/// # Errors
/// Why it is none, for people.
pub fn parse_recipient(text: &str) -> Result<x25519::Recipient, String> {
    x25519::Recipient::from_str(text).map_err(|_| {
        match text {
            "" => "is empty",
            _ if text.starts_with("AGE-SECRET-KEY-") => {
                return "this is a secret identity, not a recipient: it must not stand here".to_owned();
            }
            _ if text.starts_with("age1pq1") => "post-quantum recipients cannot be used yet",
            _ if text.starts_with("ssh-") => "SSH recipients cannot be used yet",
            _ if text.strip_prefix("age1").is_some_and(|rest| rest.contains('1')) => {
                "plugin recipients cannot be used yet"
            }
            _ => "is not an age recipient (`age1…`); is it complete?",
        }
        .to_owned()
    })
}

impl KeyService for Age<'_> {
    fn kind(&self) -> Kind {
        Kind::Age
    }

    fn wrap(&self, recipient: &Recipient, secret: &[u8]) -> Result<String, String> {
        let recipient = parse_recipient(recipient.field("recipient"))?;
        seal(&recipient, secret).map_err(|error| error.to_string())
    }

    fn unwrap(&self, key: &WrappedKey) -> Unwrapped {
        let identities =
            || self.loaded().iter().filter_map(|source| source.identities.as_ref().ok()?.as_ref()).flatten();
        if identities().next().is_none() {
            return Unwrapped::NotMine("no age identity was found".into());
        }
        if key.enc.len() > MAX_WRAPPED_BYTES {
            return Unwrapped::Broken("its wrapped key is too long to be one".into());
        }
        let decryptor = match age::Decryptor::new_buffered(ArmoredReader::new(key.enc.as_bytes())) {
            Ok(decryptor) => decryptor,
            Err(error) => return Unwrapped::Broken(format!("its wrapped key is damaged: {error}")),
        };
        let mut reader = match decryptor.decrypt(identities().map(|identity| identity as &dyn age::Identity)) {
            Ok(reader) => reader,
            Err(age::DecryptError::NoMatchingKeys) => return Unwrapped::NotMine("no matching identity".into()),
            Err(error) => return Unwrapped::Broken(format!("its wrapped key does not open: {error}")),
        };
        // A data key or a share: room from the start, so that no copy is left behind by growing.
        let mut secret = Zeroizing::new(Vec::with_capacity(64));
        match reader.by_ref().take(64).read_to_end(&mut secret) {
            Ok(_) => Unwrapped::Key(secret),
            Err(error) => Unwrapped::Broken(format!("its wrapped key is damaged: {error}")),
        }
    }

    fn places(&self) -> Vec<String> {
        let describe = |source: &Loaded| match &source.identities {
            Ok(None) => format!("{}: not there", source.place),
            Ok(Some(identities)) => {
                let recipients: Vec<String> =
                    identities.iter().map(|identity| identity.to_public().to_string()).collect();
                format!(
                    "{}: {}",
                    source.place,
                    if recipients.is_empty() { "holds no identity".into() } else { recipients.join(", ") }
                )
            }
            Err(reason) => format!("{}: {reason}", source.place),
        };
        self.loaded().iter().map(describe).collect()
    }
}

/// Encrypts a secret into an armored age file for one recipient.
fn seal(recipient: &x25519::Recipient, secret: &[u8]) -> std::io::Result<String> {
    let other = std::io::Error::other;
    let encryptor =
        age::Encryptor::with_recipients(std::iter::once(recipient as &dyn age::Recipient)).map_err(other)?;
    let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armor)?;
    writer.write_all(secret)?;
    let armored = writer.finish().and_then(ArmoredWriter::finish)?;
    String::from_utf8(armored).map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The throw-away identity of sops-compat.md §12.
    const IDENTITY: &str = "AGE-SECRET-KEY-163LU46LJQ8D462MNUZ8XJQMYF3VMAT8N44M54VSX2DJ8NE28GH2SPAQX7Y";
    const RECIPIENT: &str = "age1t9t5fh32rc87a4wkplhhwtrh2x50ynta00934mwec96m68w5raes2w5e2p";

    fn source(place: &str, text: &str) -> IdentitySource {
        IdentitySource { place: place.into(), found: Ok(Some(Zeroizing::new(text.into()))) }
    }

    fn wrapped(age: &Age<'_>) -> WrappedKey {
        let recipient = Recipient::age(RECIPIENT);
        let enc = age.wrap(&recipient, &[5; 32]).expect("wraps");
        WrappedKey { recipient, enc, created_at: None, unknown: Vec::new() }
    }

    #[test]
    fn opens_what_it_wrapped_with_any_of_several_identities() {
        let other = x25519::Identity::generate();
        let file = format!("# comment\r\n\n{}\r\n{IDENTITY}\n", secrecy(&other));
        let age = Age::new(|| vec![source("file", &file)]);
        let key = wrapped(&age);
        assert!(key.enc.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"));
        assert!(key.enc.ends_with("-----END AGE ENCRYPTED FILE-----\n"));
        assert!(matches!(age.unwrap(&key), Unwrapped::Key(secret) if *secret == [5; 32]));
    }

    #[test]
    fn tells_not_mine_from_broken() {
        let other = secrecy(&x25519::Identity::generate());
        let stranger = Age::new(|| vec![source("file", &other)]);
        let mut key = wrapped(&stranger);
        assert!(matches!(stranger.unwrap(&key), Unwrapped::NotMine(_)));
        let owner = Age::new(|| vec![source("file", IDENTITY)]);
        let at = key.enc.len() - 50;
        let changed = if key.enc.as_bytes()[at] == b'A' { "B" } else { "A" };
        key.enc.replace_range(at..=at, changed);
        assert!(matches!(owner.unwrap(&key), Unwrapped::Broken(_)));
    }

    #[test]
    fn places_say_what_was_found_and_never_a_secret() {
        let age = Age::new(|| {
            vec![
                IdentitySource { place: "SOPS_AGE_KEY".into(), found: Ok(None) },
                source("one", IDENTITY),
                source("two", "\nAGE-SECRET-KEY-1BAD"),
                source("three", "# nothing"),
            ]
        });
        assert_eq!(
            age.places(),
            [
                "SOPS_AGE_KEY: not there".to_owned(),
                format!("one: {RECIPIENT}"),
                "two: line 2: is not an age identity (`AGE-SECRET-KEY-1…`)".into(),
                "three: holds no identity".into(),
            ]
        );
    }

    #[test]
    fn a_secret_in_place_of_a_recipient_is_not_repeated() {
        let Err(error) = parse_recipient(IDENTITY) else { panic!("is no recipient") };
        assert!(!error.contains("163LU"), "{error}");
    }

    fn secrecy(identity: &x25519::Identity) -> String {
        use age::secrecy::ExposeSecret as _;
        identity.to_string().expose_secret().to_owned()
    }
}
