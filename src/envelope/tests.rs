//! The verbs together, with a real age key and no file.

mod rekey;
mod toml;

use std::sync::Arc;

use super::*;
use crate::cipher::SystemRandom;
use crate::document::{Format, KeyPath, Step};
use crate::recipient::Nobody;
use crate::recipient::Recipient;
use crate::recipient::age::{Age, IdentitySource};

/// The throw-away identity of sops-compat.md §12.
const IDENTITY: &str = "AGE-SECRET-KEY-163LU46LJQ8D462MNUZ8XJQMYF3VMAT8N44M54VSX2DJ8NE28GH2SPAQX7Y";
const RECIPIENT: &str = "age1t9t5fh32rc87a4wkplhhwtrh2x50ynta00934mwec96m68w5raes2w5e2p";

fn keyring() -> Keyring {
    let age = Age::new(vec![IdentitySource::of("test", IDENTITY)], Arc::new(Nobody));
    Keyring::new(vec![Box::new(age)], vec![])
}

pub(super) fn policy() -> Policy {
    Policy { groups: vec![vec![Recipient::age(RECIPIENT)]], ..Policy::default() }
}

/// Nobody keeps a record.
struct Unwatched;

impl Witness for Unwatched {
    fn record(&self, _: &[Deed]) -> Result<(), String> {
        Ok(())
    }
}

/// Calls `check` with tools that work.
fn with_tools<T>(check: impl FnOnce(&Tools<'_>) -> T) -> T {
    let keyring = keyring();
    check(&Tools {
        keyring: &keyring,
        witness: &Unwatched,
        random: &SystemRandom,
        now: Timestamp::from_unix(1_700_000_000),
    })
}

pub(super) fn sealed(format: Format, text: &str, policy: &Policy) -> Result<Encrypted, Error> {
    with_tools(|tools| encrypt(format, text.as_bytes(), policy, &Options::default(), tools))
}

pub(super) fn opened(format: Format, text: &[u8]) -> Result<Opened, Error> {
    with_tools(|tools| decrypt(format, text, &Options::default(), tools))
}

const JSON: &str = "{\"a\": \"x\\u00e9\", \"n\": [1, 2.50, true, null, \"\"],\n \"b_unencrypted\": {\"c\": 1e3}}\n";
const DOTENV: &str = "# note\nA=1\n\nB=two\\nlines\nC_unencrypted=clear\nEMPTY=";

#[test]
fn decrypt_gives_back_the_bytes() {
    for (format, text) in [(Format::Json, JSON), (Format::Dotenv, DOTENV), (Format::Dotenv, "A=1\r\nB=2\r\n")] {
        let encrypted = sealed(format, text, &policy()).expect("encrypts");
        let opened = opened(format, &encrypted.text).expect("opens");
        assert_eq!(String::from_utf8_lossy(&opened.text), text);
    }
}

#[test]
fn any_bytes_are_a_binary_file() {
    for text in [&b"\xff\0 no text\n"[..], b"", b"{\"data\": 1}"] {
        let encrypted = with_tools(|tools| {
            encrypt(Format::Binary, text, &policy(), &Options::default(), tools).expect("encrypts").text
        });
        assert!(encrypted.starts_with(b"{\n\t\"data\": \""));
        assert_eq!(opened(Format::Binary, &encrypted).expect("opens").text.as_slice(), text);
    }
}

#[test]
fn counts_values_and_not_nulls_or_empty_strings() {
    let encrypted = sealed(Format::Json, JSON, &policy()).expect("encrypts");
    assert_eq!((encrypted.encrypted, encrypted.total), (4, 5));
}

#[test]
fn unchanged_values_keep_their_ciphertext() {
    let first = sealed(Format::Dotenv, "A=one\nB=two\nC=three\n", &policy()).expect("encrypts").text;
    let again = with_tools(|tools| {
        let opened = decrypt(Format::Dotenv, &first, &Options::default(), tools).expect("opens");
        let edited = b"A=one\nB=changed\nC=three\nD=one\n";
        reencrypt(Format::Dotenv, &first, &opened, edited, &Options::default(), tools).expect("encrypts").text
    });
    let lines = |text: &[u8]| String::from_utf8_lossy(text).lines().map(str::to_owned).collect::<Vec<_>>();
    let (first, again) = (lines(&first), lines(&again));
    assert_eq!((&first[0], &first[2]), (&again[0], &again[2]));
    assert_ne!(first[1], again[1]);
    assert!(again[3].starts_with("D=ENC["));
}

#[test]
fn a_rule_that_hides_nothing_is_an_error() {
    let selector = Selector::from_field("encrypted_regex", "^pasword$").expect("compiles");
    let policy = Policy { selector: Some(selector), ..policy() };
    let error = sealed(Format::Json, "{\"user\": 1, \"password\": 2}", &policy).expect_err("hides nothing");
    let Error::Unmatched { selector, total, nearest, .. } = error else { panic!("{error}") };
    assert_eq!((selector, total, nearest.as_deref()), ("encrypted_regex", 2, Some("password")));
}

#[test]
fn an_encrypted_file_is_not_encrypted_again() {
    let text = sealed(Format::Json, JSON, &policy()).expect("encrypts").text;
    let again = with_tools(|tools| encrypt(Format::Json, &text, &policy(), &Options::default(), tools));
    assert_eq!(again.expect_err("is encrypted"), Error::AlreadyEncrypted);
}

#[test]
fn every_changed_value_in_clear_is_refused() {
    let text = sealed(Format::Json, JSON, &policy()).expect("encrypts").text;
    // With what stands before it, which no ciphertext holds: letters and digits alone may be anywhere.
    let at = text.windows(6).position(|window| window == b"\": 1e3").expect("is in clear");
    for (offset, byte) in [(3, b'2'), (5, b'4')] {
        let mut changed = text.clone();
        changed[at + offset] = byte;
        assert!(matches!(opened(Format::Json, &changed), Err(Error::Mac(_))));
    }
}

#[test]
fn a_moved_value_is_refused() {
    let text = sealed(Format::Dotenv, "A=one\nB=two\n", &policy()).expect("encrypts").text;
    let moved = String::from_utf8(text).expect("is text").replacen("A=", "X=", 1);
    let error = opened(Format::Dotenv, moved.as_bytes()).expect_err("was moved");
    assert!(matches!(error, Error::DecryptValue { path, .. } if path == KeyPath(vec![Step::Key("X".into())])));
}

#[test]
fn drafts_open_again_for_the_same_recipients() {
    let text = b"any \xff bytes: [\n";
    let opened = with_tools(|tools| {
        let draft = seal_new_draft(text, &policy(), tools).expect("seals");
        open_draft(&draft, None, tools).expect("opens")
    });
    assert_eq!(opened.as_slice(), text);
}

/// An element that only looks like an encrypted comment must not get past the MAC.
#[test]
fn forged_comments_among_the_values_are_refused() {
    let forged = "ENC[AES256_GCM,data:anything I like,iv:x,tag:x,type:comment]";
    for (format, text, place) in [
        (Format::Json, "{\"l\": [1]}", "[\""),
        (Format::Yaml, "l:\n- 1\n", "- ENC"),
        (Format::Json, "{\"l_unencrypted\": [1], \"a\": 2}", "[1"),
    ] {
        let sealed = sealed(format, text, &policy()).expect("encrypts").text;
        let sealed = String::from_utf8(sealed).expect("is text");
        for forged in [forged.to_owned(), forged.replace(",iv:x,tag:x", "")] {
            let inserted = match place {
                "- ENC" => sealed.replacen("- ENC", &format!("- \"{forged}\"\n- ENC"), 1),
                _ => sealed.replacen(place, &format!("[\"{forged}\", {}", &place[1..]), 1),
            };
            assert_ne!(inserted, sealed);
            let error = opened(format, inserted.as_bytes()).expect_err("was forged");
            assert!(matches!(error, Error::DecryptValue { .. } | Error::Mac(_)), "{error}");
        }
    }
}

#[test]
fn a_value_that_looks_encrypted_is_a_value() {
    let text = "{\"l\": [\"ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:comment]\"], \"s\": \"ENC[x]\"}";
    let encrypted = sealed(Format::Json, text, &policy()).expect("encrypts").text;
    assert_eq!(opened(Format::Json, &encrypted).expect("opens").text.as_slice(), text.as_bytes());
}

#[test]
fn an_empty_draft_opens() {
    let opened = with_tools(|tools| open_draft(&seal_new_draft(b"", &policy(), tools).expect("seals"), None, tools));
    assert!(opened.expect("opens").is_empty());
}

#[test]
fn a_draft_of_another_file_is_refused() {
    let text = sealed(Format::Json, JSON, &policy()).expect("encrypts").text;
    with_tools(|tools| {
        let opened = decrypt(Format::Json, &text, &Options::default(), tools).expect("opens");
        let own = seal_draft(b"edited", &opened, tools).expect("seals");
        assert_eq!(open_draft(&own, Some(&opened), tools).expect("opens").as_slice(), b"edited");
        let planted = seal_new_draft(b"evil", &policy(), tools).expect("seals");
        assert_eq!(open_draft(&planted, Some(&opened), tools).err(), Some(Error::ForeignDraft));
    });
}

/// rops records neither a version nor a rule, and encrypts everything.
#[test]
fn without_version_and_rule_everything_is_encrypted() {
    let selector = Selector::from_field("encrypted_regex", ".*").expect("compiles");
    let policy = Policy { selector: Some(selector), ..policy() };
    let text = "{\n  \"a_unencrypted\": 1\n}\n";
    let sealed = String::from_utf8(sealed(Format::Json, text, &policy).expect("encrypts").text).expect("is text");
    let lines = sealed.lines().filter(|line| !line.contains("\"encrypted_regex\""));
    let unruled: String = lines.map(|line| format!("{line}\n")).collect();
    assert!(matches!(opened(Format::Json, unruled.as_bytes()), Err(Error::Mac(_))));
    let unversioned = unruled.replace(&format!(",\n    \"version\": \"{WRITTEN_VERSION}\""), "");
    assert_ne!(unversioned, unruled);
    assert_eq!(opened(Format::Json, unversioned.as_bytes()).expect("opens").text.as_slice(), text.as_bytes());
}

/// Behind a block at the very end, the metadata would add the line break that it does not have.
#[test]
fn a_block_at_the_end_without_a_line_break_stays_what_it_is() {
    let selector = Selector::from_field("encrypted_regex", "^a$").expect("compiles");
    for (text, mac_only_encrypted) in
        [("a: 1\nb: |\n  x", false), ("a: 1\nb:\n- >\n  x\n  y", true), ("b: |+\n  x\na: |\n  z", false)]
    {
        let policy = Policy { selector: Some(selector.clone()), mac_only_encrypted, ..policy() };
        let encrypted = sealed(Format::Yaml, text, &policy).expect("encrypts").text;
        let parsed = Format::Yaml.syntax().parse(&encrypted).expect("is YAML");
        let ends_with_break = |node: &crate::document::Node<'_>| matches!(&node.content, crate::document::Content::Leaf { value: crate::document::Scalar::Text(text), .. } if text.ends_with(b"\n"));
        let last = parsed.nodes.last().expect("has nodes");
        assert!(!ends_with_break(last), "{}", String::from_utf8_lossy(&encrypted));
        assert_eq!(opened(Format::Yaml, &encrypted).expect("opens").text.as_slice(), text.as_bytes());
    }
}

/// More values than are opened at once, and one of the last ones damaged.
#[test]
fn large_files_are_opened_to_the_end() {
    let lines: String = (0..40_000).map(|number| format!("K{number}=v{number}\n")).collect();
    let sealed = sealed(Format::Dotenv, &lines, &policy()).expect("encrypts").text;
    assert_eq!(opened(Format::Dotenv, &sealed).expect("opens").text.as_slice(), lines.as_bytes());
    let moved = String::from_utf8(sealed).expect("is text").replacen("K39999=", "K40000=", 1);
    assert!(matches!(opened(Format::Dotenv, moved.as_bytes()), Err(Error::DecryptValue { .. })));
}
