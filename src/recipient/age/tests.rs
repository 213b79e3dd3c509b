//! The steps of unwrapping with identities of all kinds, a host that counts, and no process.

use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Mutex;

use age::secrecy::{ExposeSecret as _, SecretString};
use age::x25519;

use super::*;

/// The throw-away identity of sops-compat.md §12.
const IDENTITY: &str = "AGE-SECRET-KEY-163LU46LJQ8D462MNUZ8XJQMYF3VMAT8N44M54VSX2DJ8NE28GH2SPAQX7Y";
const RECIPIENT: &str = "age1t9t5fh32rc87a4wkplhhwtrh2x50ynta00934mwec96m68w5raes2w5e2p";
/// An identity of the vectors.
const HYBRID: &str = "AGE-SECRET-KEY-PQ-1HZLGZUPT4ETPKDEV8HSGFDCYZ4E522W0A7PU2LHT8EH9W6YLNC3SW78XKG";
/// An identity for a plugin, as the age crate makes it for the name `foobar`.
const PLUGIN: &str = "AGE-PLUGIN-FOOBAR-1QVHULF";

/// Knows one passphrase, and keeps what it was asked for.
#[derive(Default)]
struct Clerk {
    passphrase: &'static str,
    asked: Mutex<Vec<String>>,
}

impl Clerk {
    fn new(passphrase: &'static str) -> Arc<Self> {
        Arc::new(Clerk { passphrase, asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("is no panic").clone()
    }
}

impl Host for Clerk {
    fn secret(&self, what: &str) -> Result<Zeroizing<String>, String> {
        self.asked.lock().expect("is no panic").push(what.to_owned());
        Ok(Zeroizing::new(self.passphrase.to_owned()))
    }

    fn line(&self, _: &str) -> Result<String, String> {
        Err("was not to be asked".into())
    }

    fn choose(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn tell(&self, _: &str) {}

    fn program(&self, name: &str) -> Option<PathBuf> {
        self.asked.lock().expect("is no panic").push(name.to_owned());
        None
    }
}

fn source(place: &str, text: &str) -> IdentitySource<'static> {
    IdentitySource::of(place, text)
}

fn age(sources: Vec<IdentitySource<'_>>) -> Age<'_> {
    Age::new(sources, Arc::new(crate::recipient::Nobody))
}

fn wrapped_for(recipient: &str) -> WrappedKey {
    let recipient = Recipient::age(recipient);
    let enc = age(vec![]).wrap(&recipient, &[5; 32]).expect("wraps");
    WrappedKey { recipient, enc, created_at: None, unknown: Vec::new() }
}

fn is_open(unwrapped: &Unwrapped) -> bool {
    matches!(unwrapped, Unwrapped::Key(secret) if **secret == [5; 32])
}

fn reason(unwrapped: Unwrapped) -> String {
    match unwrapped {
        Unwrapped::Key(_) => "opened".into(),
        Unwrapped::NotMine(reason) | Unwrapped::Broken(reason) => reason,
    }
}

fn stranger() -> x25519::Identity {
    x25519::Identity::generate()
}

fn secrecy(identity: &x25519::Identity) -> String {
    identity.to_string().expose_secret().to_owned()
}

/// An age file with a passphrase, cheap to open.
fn sealed(text: &str, passphrase: &str) -> String {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase));
    recipient.set_work_factor(4);
    seal(&recipient, text.as_bytes()).expect("seals")
}

fn ssh(name: &str) -> (String, String) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/age");
    let read = |name: String| std::fs::read_to_string(folder.join(name)).expect("is there");
    (read(format!("ssh_{name}")), read(format!("ssh_{name}.pub")).trim().to_owned())
}

#[test]
fn opens_what_it_wrapped_with_any_of_several_identities() {
    let file = format!("# comment\r\n\n{}\r\n{IDENTITY}\n", secrecy(&stranger()));
    let key = wrapped_for(RECIPIENT);
    assert!(key.enc.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"));
    assert!(key.enc.ends_with("-----END AGE ENCRYPTED FILE-----\n"));
    assert!(is_open(&age(vec![source("file", &file)]).unwrap(&key)));
}

#[test]
fn opens_what_it_wrapped_for_every_kind() {
    let hybrid: hybrid::Identity = HYBRID.parse().expect("is an identity");
    let (ed25519, rsa) = (ssh("ed25519"), ssh("rsa"));
    for (identity, recipient) in [
        (HYBRID, hybrid.to_public().to_string()),
        (ed25519.0.as_str(), ed25519.1.clone()),
        (rsa.0.as_str(), rsa.1.clone()),
    ] {
        let key = wrapped_for(&recipient);
        assert!(is_open(&age(vec![source("file", identity)]).unwrap(&key)), "{recipient}");
        assert_eq!(reason(age(vec![source("file", IDENTITY)]).unwrap(&key)), "no matching identity", "{recipient}");
    }
}

#[test]
fn tells_not_mine_from_broken() {
    let other = secrecy(&stranger());
    let mut key = wrapped_for(RECIPIENT);
    assert!(matches!(age(vec![source("file", &other)]).unwrap(&key), Unwrapped::NotMine(_)));
    let at = key.enc.len() - 50;
    let changed = if key.enc.as_bytes()[at] == b'A' { "B" } else { "A" };
    key.enc.replace_range(at..=at, changed);
    assert!(matches!(age(vec![source("file", IDENTITY)]).unwrap(&key), Unwrapped::Broken(_)));
    key.enc = "no age file".into();
    assert!(matches!(age(vec![source("file", IDENTITY)]).unwrap(&key), Unwrapped::Broken(_)));
}

#[test]
fn places_say_what_was_found_and_never_a_secret() {
    let (ecdsa, public) = (ssh("ecdsa").0, ssh("ed25519").1);
    let age = age(vec![
        IdentitySource::new("SOPS_AGE_KEY", || Ok(None)),
        source("one", IDENTITY),
        source("two", "\nAGE-SECRET-KEY-1BAD"),
        source("three", "# nothing"),
        source("four", &ecdsa),
        source("five", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        source("six", &public),
        source("seven", HYBRID),
        source("eight", PLUGIN),
        source("not for this", &ssh("rsa").0).for_ssh(),
    ]);
    assert_eq!(reason(age.unwrap(&wrapped_for(&stranger().to_public().to_string()))), "no matching identity");
    let expected = [
        "SOPS_AGE_KEY: not there".to_owned(),
        format!("one: {RECIPIENT}"),
        "two: line 2: is not an age identity (`AGE-SECRET-KEY-1…`)".into(),
        "three: holds no identity".into(),
        "four: SSH keys of the type ecdsa-sha2-nistp256 cannot be used: age takes ssh-ed25519 and ssh-rsa".into(),
        "five: is not a private key that can be read; `ssh-keygen -p -f FILE` gives it the form of OpenSSH".into(),
        "six: line 1: this is a public key of SSH, not the private one".into(),
    ];
    let places = age.places();
    assert_eq!(places[..7], expected);
    assert!(places[7].starts_with("seven: age1pq1") && places[7].len() < 80, "{}", places[7]);
    assert_eq!(
        places[8],
        "eight: an identity for `age-plugin-foobar`: there is no program `age-plugin-foobar` on PATH; install that age plugin"
    );
    assert_eq!(places.len(), 9);
}

#[test]
fn every_place_is_read_once_and_commands_only_if_needed() {
    let reads = Rc::new(Cell::new(0));
    let counted = |text: &'static str| {
        let reads = Rc::clone(&reads);
        move || {
            reads.set(reads.get() + 1);
            Ok(Some(Zeroizing::new(text.as_bytes().to_vec())))
        }
    };
    let age = age(vec![IdentitySource::new("command", counted(IDENTITY)).command(), source("file", HYBRID)]);
    let hybrid: hybrid::Identity = HYBRID.parse().expect("is an identity");
    let (mine, other) = (wrapped_for(&hybrid.to_public().to_string()), wrapped_for(RECIPIENT));
    // The command is not run for the first key while the second one opens without it.
    let results = age.unwrap_any(&[&other, &mine], &|_| true);
    assert!(matches!(results[0], Unwrapped::NotMine(_)) && is_open(&results[1]));
    assert_eq!(reads.get(), 0);
    for _ in 0..3 {
        assert!(is_open(&age.unwrap(&other)));
    }
    assert_eq!(reads.get(), 1);
}

#[test]
fn a_passphrase_is_asked_for_once_and_only_if_needed() {
    let (locked, recipient) = ssh("locked");
    let clerk = Clerk::new("passphrase");
    let sources =
        || vec![source("id", &locked), source("keys", &sealed(IDENTITY, "passphrase")), source("own", HYBRID)];
    let age = Age::new(sources(), Arc::clone(&clerk) as Arc<dyn Host>);
    let hybrid: hybrid::Identity = HYBRID.parse().expect("is an identity");
    assert!(is_open(&age.unwrap(&wrapped_for(&hybrid.to_public().to_string()))));
    assert!(matches!(age.unwrap(&wrapped_for(&ssh("ed25519").1)), Unwrapped::NotMine(_)));
    assert_eq!(clerk.asked(), [""; 0]);
    for _ in 0..2 {
        assert!(is_open(&age.unwrap(&wrapped_for(&recipient))));
        assert!(is_open(&age.unwrap(&wrapped_for(RECIPIENT))));
    }
    assert_eq!(clerk.asked(), ["the passphrase of id", "the passphrase of keys"]);
}

#[test]
fn a_wrong_passphrase_is_the_reason_and_is_not_asked_for_again() {
    let (locked, recipient) = ssh("locked");
    let clerk = Clerk::new("wrong");
    let sources = vec![source("id", &locked), source("keys", &sealed(IDENTITY, "passphrase"))];
    let age = Age::new(sources, Arc::clone(&clerk) as Arc<dyn Host>);
    for _ in 0..2 {
        assert_eq!(reason(age.unwrap(&wrapped_for(&recipient))), "id: the passphrase is wrong");
        assert_eq!(reason(age.unwrap(&wrapped_for(RECIPIENT))), "keys: the passphrase is wrong");
    }
    assert_eq!(clerk.asked().len(), 2);
    let places = age.places();
    assert!(
        places[0].starts_with("id: ssh-ed25519 ") && places[0].ends_with(": the passphrase is wrong"),
        "{places:?}"
    );
    assert_eq!(places[1], "keys: the passphrase is wrong");
}

#[test]
fn without_anybody_to_ask_that_is_the_reason() {
    let age = age(vec![source("keys", &sealed(IDENTITY, "passphrase"))]);
    assert_eq!(reason(age.unwrap(&wrapped_for(RECIPIENT))), "keys: there is nobody to ask");
}

#[test]
fn a_file_that_a_passphrase_does_not_open_says_what_it_is() {
    let clerk = Clerk::new("passphrase");
    let for_somebody = wrapped_for(RECIPIENT).enc;
    for (text, expected) in [
        (for_somebody.as_str(), "is an age file, but not one with a passphrase"),
        (&sealed("AGE-SECRET-KEY-1BAD", "passphrase"), "line 1: is not an age identity (`AGE-SECRET-KEY-1…`)"),
        ("age-encryption.org/v1\n-> X", "is a damaged age file"),
    ] {
        let age = Age::new(vec![source("keys", text)], Arc::clone(&clerk) as Arc<dyn Host>);
        let found = reason(age.unwrap(&wrapped_for(RECIPIENT)));
        assert!(found.starts_with(&format!("keys: {expected}")), "{found}");
    }
}

#[test]
fn plugins_are_the_last_resort() {
    let clerk = Clerk::new("passphrase");
    let sources = vec![source("plugin", PLUGIN), source("keys", &sealed(IDENTITY, "passphrase"))];
    let age = Age::new(sources, Arc::clone(&clerk) as Arc<dyn Host>);
    assert!(is_open(&age.unwrap(&wrapped_for(RECIPIENT))));
    assert_eq!(clerk.asked(), ["the passphrase of keys"]);
}

#[test]
fn the_plugin_that_a_recipient_names_goes_first_and_is_the_reason() {
    let clerk = Clerk::new("passphrase");
    let sources = vec![source("plugin", PLUGIN), source("keys", &sealed(IDENTITY, "passphrase"))];
    let age = Age::new(sources, Arc::clone(&clerk) as Arc<dyn Host>);
    let mut key = wrapped_for(&stranger().to_public().to_string());
    key.recipient = Recipient::age("age1foobar1qqq");
    assert_eq!(reason(age.unwrap(&key)), "there is no program `age-plugin-foobar` on PATH; install that age plugin");
    assert_eq!(reason(age.unwrap(&key)), "there is no program `age-plugin-foobar` on PATH; install that age plugin");
    assert_eq!(clerk.asked(), ["age-plugin-foobar", "the passphrase of keys"]);
}

#[test]
fn a_secret_in_place_of_a_recipient_is_not_repeated() {
    let Err(error) = parse_recipient(IDENTITY) else { panic!("is no recipient") };
    assert!(!error.contains("163LU"), "{error}");
}

#[test]
fn identities_tell_their_recipients() {
    let text = format!("{IDENTITY}\n{PLUGIN}\n{HYBRID}\n");
    let recipients = recipients_of("test", text.as_bytes(), &crate::recipient::Nobody).expect("is an identity file");
    assert_eq!((recipients.len(), recipients[0].as_str(), recipients[1].len()), (2, RECIPIENT, 1959));
    let sealed = sealed(IDENTITY, "passphrase");
    let opened = recipients_of("test", sealed.as_bytes(), &*Clerk::new("passphrase"));
    assert_eq!(opened.expect("opens"), [RECIPIENT]);
}
