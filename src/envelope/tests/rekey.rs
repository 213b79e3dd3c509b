//! Other recipients and other data keys.

use super::*;
use crate::recipient::{Access, Kind, WrapFailure};

/// Another throw-away identity, and its recipient.
const OTHER: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

fn other() -> String {
    crate::recipient::age::recipients_of("test", OTHER.as_bytes(), &Nobody).expect("is an identity").remove(0)
}

/// Calls `check` with tools that have the other identity.
fn as_other<T>(check: impl FnOnce(&Tools<'_>) -> T) -> T {
    let age = Age::new(vec![IdentitySource::of("test", OTHER)], Arc::new(Nobody));
    let keyring = Keyring::new(vec![Box::new(age)], vec![]);
    check(&Tools {
        keyring: &keyring,
        witness: &Unwatched,
        random: &SystemRandom,
        now: Timestamp::from_unix(1_800_000_000),
    })
}

fn access(groups: &[&[&str]], threshold: Option<usize>) -> Access {
    let group = |names: &&[&str]| names.iter().map(|name| Recipient::age(name)).collect();
    Access { groups: groups.iter().map(group).collect(), threshold }
}

const YAML: &str = "# top\na: one # side\nl:\n- 0x1F\n# in\n- two\n- &x {k: \"q\"}\nn: null\ne: ''\nclear_unencrypted: 1.0\n---\nb: 2\n";
const INI: &str = "[s]\na = 1\n; note\nb = \"two\"\n";

fn samples() -> Vec<(Format, Vec<u8>)> {
    let plain = [
        (Format::Yaml, YAML),
        (Format::Json, JSON),
        (Format::Dotenv, DOTENV),
        (Format::Ini, INI),
        (Format::Toml, "# c\na = 0x1F\n[t]\nb = 'x'\n"),
        (Format::Binary, "any\n"),
    ];
    plain.map(|(format, text)| (format, sealed(format, text, &policy()).expect("encrypts").text)).into()
}

fn same_plaintext(format: Format, one: &[u8], other: &[u8]) {
    let open = |text: &[u8]| opened(format, text).expect("opens").text;
    assert_eq!(String::from_utf8_lossy(&open(one)), String::from_utf8_lossy(&open(other)));
}

fn metadata(format: Format, text: &[u8]) -> Metadata {
    let document = format.sealed().syntax().parse(text).expect("parses");
    Metadata::read(&document.parts[0].metadata.as_ref().expect("has metadata").tree).expect("reads")
}

#[test]
fn a_new_recipient_changes_no_value_and_no_other_key() {
    let to = access(&[&[RECIPIENT, &other()]], None);
    for (format, text) in samples() {
        let new = with_tools(|tools| rewrap(format, &text, &to, &Options::default(), tools).expect("rewraps").text);
        same_plaintext(format, &text, &new);
        let (before, after) = (metadata(format, &text), metadata(format, &new));
        assert_eq!(before.groups[0][..], after.groups[0][..1]);
        assert_eq!((before.mac, before.last_modified), (after.mac, after.last_modified));
        as_other(|tools| decrypt(format, &new, &Options::default(), tools).expect("opens for the other"));
        let back = with_tools(|tools| {
            let from = access(&[&[RECIPIENT]], None);
            rewrap(format, &new, &from, &Options::default(), tools).expect("rewraps").text
        });
        assert_eq!(String::from_utf8_lossy(&back), String::from_utf8_lossy(&text), "nothing else was touched");
    }
}

#[test]
fn rotating_makes_every_ciphertext_anew_and_touches_nothing_else() {
    let ciphertext = regex::bytes::Regex::new(r"ENC\[AES256_GCM[^\]]*\]").expect("is an expression");
    let lifted = |text: &[u8]| {
        let lifted = ciphertext.replace_all(text, &b"ENC"[..]);
        let end = lifted.windows(4).position(|four| four == b"sops").unwrap_or(lifted.len());
        lifted[..end].to_vec()
    };
    for (format, text) in samples() {
        let to = super::access(format, &text).expect("is encrypted");
        let new = as_owner_later(|tools| rotate(format, &text, &to, &Options::default(), tools).expect("rotates"));
        same_plaintext(format, &text, &new.text);
        assert_eq!(lifted(&text), lifted(&new.text));
        let old: Vec<&[u8]> = ciphertext.find_iter(&text).map(|found| found.as_bytes()).collect();
        assert!(old.len() > 1);
        assert!(ciphertext.find_iter(&new.text).all(|found| !old.contains(&found.as_bytes())));
        assert_eq!(metadata(format, &new.text).last_modified, Timestamp::from_unix(1_800_000_000));
    }
}

fn as_owner_later<T>(check: impl FnOnce(&Tools<'_>) -> T) -> T {
    let keyring = keyring();
    check(&Tools {
        keyring: &keyring,
        witness: &Unwatched,
        random: &SystemRandom,
        now: Timestamp::from_unix(1_800_000_000),
    })
}

#[test]
fn the_exact_spelling_moves_to_the_new_key() {
    let text = sealed(Format::Yaml, YAML, &policy()).expect("encrypts").text;
    let before = metadata(Format::Yaml, &text).spelling.expect("needs it");
    let to = access(&[&[RECIPIENT]], None);
    let new = with_tools(|tools| rotate(Format::Yaml, &text, &to, &Options::default(), tools).expect("rotates").text);
    assert_ne!(metadata(Format::Yaml, &new).spelling.expect("keeps it"), before);
    assert_eq!(opened(Format::Yaml, &new).expect("opens").text.as_slice(), YAML.as_bytes());
}

#[test]
fn who_is_removed_cannot_open_what_comes_after() {
    let both = Policy { groups: access(&[&[RECIPIENT, &other()]], None).groups, ..Policy::default() };
    let text = sealed(Format::Json, JSON, &both).expect("encrypts").text;
    let alone = access(&[&[RECIPIENT]], None);
    let (kept, rotated) = with_tools(|tools| {
        let kept = rewrap(Format::Json, &text, &alone, &Options::default(), tools).expect("rewraps").text;
        (kept, rotate(Format::Json, &text, &alone, &Options::default(), tools).expect("rotates").text)
    });
    let known = as_other(|tools| decrypt(Format::Json, &text, &Options::default(), tools).expect("opens").key);
    for (text, opens) in [(&kept, true), (&rotated, false)] {
        assert!(as_other(|tools| decrypt(Format::Json, text, &Options::default(), tools)).is_err());
        let document = Format::Json.syntax().parse(text).expect("parses");
        let metadata = metadata(Format::Json, text);
        let result =
            super::super::open::open(Format::Json, &document, &metadata, &known, Leniency::default(), &mut Vec::new());
        assert_eq!(result.is_ok(), opens);
    }
}

#[test]
fn key_groups_grow_without_a_new_share_and_split_anew_else() {
    let other = other();
    let groups = access(&[&[RECIPIENT], &[RECIPIENT], &[&other]], Some(2));
    let policy = Policy { groups: groups.groups.clone(), threshold: Some(2), ..Policy::default() };
    let text = sealed(Format::Json, JSON, &policy).expect("encrypts").text;
    let rewrapped = |to: &Access| {
        with_tools(|tools| rewrap(Format::Json, &text, to, &Options::default(), tools).expect("rewraps").text)
    };
    let before = metadata(Format::Json, &text);
    // Both the first and the second group can be opened, so that the shares are known to be good.
    let grown = rewrapped(&access(&[&[RECIPIENT, &other], &[RECIPIENT], &[&other]], Some(2)));
    let after = metadata(Format::Json, &grown);
    assert_eq!((&after.groups[0][0], &after.groups[1..]), (&before.groups[0][0], &before.groups[1..]));
    same_plaintext(Format::Json, &text, &grown);
    as_other(|tools| decrypt(Format::Json, &grown, &Options::default(), tools).expect("two groups open"));
    // Somebody moves: with the old share and a new one of the same split, one would be enough.
    let to = access(&[&[RECIPIENT], &[RECIPIENT, &other], &[&other]], Some(2));
    let moved =
        with_tools(|tools| rewrap(Format::Json, &grown, &to, &Options::default(), tools).expect("rewraps").text);
    assert_ne!(metadata(Format::Json, &moved).groups[0][0].enc, before.groups[0][0].enc);
    // The share of the last group is out of reach.
    for (to, threshold) in [
        (access(&[&[RECIPIENT], &[RECIPIENT], &[&other, RECIPIENT]], Some(2)), Some(2)),
        (access(&[&[RECIPIENT], &[RECIPIENT], &[&other]], Some(3)), Some(3)),
        (access(&[&[RECIPIENT], &[&other]], None), Some(2)),
        (access(&[&[RECIPIENT]], None), None),
    ] {
        let new = rewrapped(&to);
        let after = metadata(Format::Json, &new);
        assert!(after.groups[0][0].enc != before.groups[0][0].enc);
        assert_eq!((after.threshold, after.mac == before.mac), (threshold, true));
        assert_eq!(super::access(Format::Json, &new).expect("is encrypted").groups, to.groups);
    }
}

#[test]
fn other_kinds_are_kept_and_never_half_wrapped() {
    let text = String::from_utf8(sealed(Format::Yaml, "a: 1\n", &policy()).expect("encrypts").text).expect("is text");
    let entry = "    pgp:\n        - created_at: \"2020-01-02T03:04:05Z\"\n          enc: |-\n            -----BEGIN PGP MESSAGE-----\n            x\n            -----END PGP MESSAGE-----\n          fp: ABCD\n";
    let text = text.replace("    unencrypted_suffix", &format!("{entry}    unencrypted_suffix"));
    let mut to = super::access(Format::Yaml, text.as_bytes()).expect("is encrypted");
    assert_eq!(to.groups[0].len(), 2);
    to.groups[0].push(Recipient::age(&other()));
    let new =
        with_tools(|tools| rewrap(Format::Yaml, text.as_bytes(), &to, &Options::default(), tools).expect("rewraps"));
    assert!(String::from_utf8_lossy(&new.text).contains(entry));
    let error =
        with_tools(|tools| rotate(Format::Yaml, text.as_bytes(), &to, &Options::default(), tools).expect_err("fails"));
    assert!(matches!(&error, Error::Wrap(WrapFailure::Recipient { kind: Kind::Pgp, .. })), "{error}");
    assert_eq!(error.to_string(), "PGP recipient `ABCD`: this build cannot use PGP keys");
}

#[test]
fn a_key_that_does_not_fit_is_given_to_nobody() {
    let text = String::from_utf8(sealed(Format::Json, JSON, &policy()).expect("encrypts").text).expect("is text");
    let to = access(&[&[RECIPIENT, &other()]], None);
    let damaged =
        [text.replace("\"lastmodified\": \"2023", "\"lastmodified\": \"2024"), text.replace("\"mac\"", "\"cam\"")];
    for damaged in damaged {
        assert_ne!(damaged, text);
        with_tools(|tools| {
            let rewrapped = rewrap(Format::Json, damaged.as_bytes(), &to, &Options::default(), tools);
            assert!(matches!(rewrapped, Err(Error::Mac(_))));
            assert!(matches!(
                rotate(Format::Json, damaged.as_bytes(), &to, &Options::default(), tools),
                Err(Error::Mac(_))
            ));
        });
    }
    let swapped = text.replacen("\"a\": \"ENC", "\"a2\": \"ENC", 1);
    let rotated = with_tools(|tools| rotate(Format::Json, swapped.as_bytes(), &to, &Options::default(), tools));
    assert!(matches!(rotated, Err(Error::DecryptValue { .. })));
}
