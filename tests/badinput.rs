//! Broken files and calls, one row each: the exact exit code, one clear message, no panic, nothing
//! on standard output, nothing written or left behind, and no secret in any message.

use std::fs;
use std::path::Path;

use crate::harness::{ALICE, BOB, Sandbox, key_file, mode, note, set_mode, skip};

/// A value that no message may repeat.
const CANARY: &str = "canary-7f3ad1";

/// What is prepared before the call.
type Prepare = fn(&Sandbox);

/// A broken thing and what it must lead to.
struct Row {
    name: &'static str,
    prepare: Prepare,
    args: &'static [&'static str],
    stdin: Option<&'static [u8]>,
    code: i32,
    says: &'static str,
}

fn row(name: &'static str, prepare: Prepare, args: &'static [&'static str], code: i32, says: &'static str) -> Row {
    Row { name, prepare, args, stdin: None, code, says }
}

/// Encrypts a document with the canary in it, then changes the text.
fn damaged(sandbox: &Sandbox, name: &str, change: impl Fn(&str) -> String) {
    let content = match name.rsplit('.').next() {
        Some("json") => format!("{{\"a\": \"{CANARY}\", \"b\": 2, \"c_unencrypted\": \"x\"}}\n"),
        Some("env") => format!("A={CANARY}\nB=2\nC_unencrypted=x\n"),
        _ => format!("a: {CANARY}\nb: 2\nc_unencrypted: x\n"),
    };
    let text = String::from_utf8(sandbox.encrypted(name, content)).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text, "{name}: nothing was damaged");
    sandbox.write(name, changed);
}

/// The same with one piece of text replaced.
fn swapped(sandbox: &Sandbox, name: &str, from: &str, to: &str) {
    damaged(sandbox, name, |text| text.replacen(from, to, 1));
}

/// Replaces a line that starts with this, margin aside.
fn line_becomes(sandbox: &Sandbox, name: &str, start: &str, line: &str) {
    damaged(sandbox, name, |text| {
        let margin = |old: &str| old[..old.len() - old.trim_start().len()].to_owned();
        let lines = text
            .lines()
            .map(|old| if old.trim_start().starts_with(start) { margin(old) + line } else { old.to_owned() });
        lines.map(|line| line + "\n").collect()
    });
}

const ENCRYPT: &[&str] = &["encrypt", "f.yaml"];
const ENCRYPT_JSON: &[&str] = &["encrypt", "f.json"];
const ENCRYPT_ENV: &[&str] = &["encrypt", "f.env"];
const DECRYPT: &[&str] = &["decrypt", "f.yaml"];
const DECRYPT_JSON: &[&str] = &["decrypt", "f.json"];
const DECRYPT_ENV: &[&str] = &["decrypt", "f.env"];

/// Plain files that cannot be encrypted.
fn unreadable_plain() -> Vec<Row> {
    vec![
        row("empty YAML", |s| drop(s.write("f.yaml", "")), ENCRYPT, 92, "f.yaml"),
        row("YAML of nothing but a comment", |s| drop(s.write("f.yaml", "# canary-7f3ad1\n")), ENCRYPT, 2, "f.yaml"),
        row("a YAML list", |s| drop(s.write("f.yaml", "- canary-7f3ad1\n- b\n")), ENCRYPT, 2, "map"),
        row("a YAML scalar", |s| drop(s.write("f.yaml", "canary-7f3ad1\n")), ENCRYPT, 2, "map"),
        row("YAML cut in a quote", |s| drop(s.write("f.yaml", "a: \"canary-7f3ad1\nb: 1\n")), ENCRYPT, 2, "f.yaml"),
        row("YAML cut in a flow list", |s| drop(s.write("f.yaml", "a: [1, canary-7f3ad1\n")), ENCRYPT, 2, "f.yaml"),
        row(
            "YAML with a tab as indentation",
            |s| drop(s.write("f.yaml", "a:\n\tb: canary-7f3ad1\n")),
            ENCRYPT,
            2,
            "f.yaml:2",
        ),
        row(
            "YAML with wrong indentation",
            |s| drop(s.write("f.yaml", "a: 1\n  b: canary-7f3ad1\n")),
            ENCRYPT,
            2,
            "f.yaml:2",
        ),
        row("YAML with a doubled key", |s| drop(s.write("f.yaml", "a: canary-7f3ad1\na: 2\n")), ENCRYPT, 2, "f.yaml:2"),
        row(
            "YAML with an unknown alias",
            |s| drop(s.write("f.yaml", "a: *nowhere\nb: canary-7f3ad1\n")),
            ENCRYPT,
            2,
            "f.yaml:1",
        ),
        row("YAML with a number as key", |s| drop(s.write("f.yaml", "1: canary-7f3ad1\n")), ENCRYPT, 2, "f.yaml:1"),
        row(
            "YAML with a list as key",
            |s| drop(s.write("f.yaml", "? [a, b]\n: canary-7f3ad1\n")),
            ENCRYPT,
            2,
            "f.yaml",
        ),
        row("binary in YAML", |s| drop(s.write("f.yaml", b"a: canary-7f3ad1\x00\xff\xfe\n")), ENCRYPT, 2, "f.yaml"),
        row("UTF-16 as YAML", |s| drop(s.write("f.yaml", b"\xff\xfea\x00:\x00 \x001\x00")), ENCRYPT, 2, "f.yaml"),
        row(
            "conflict markers in YAML",
            |s| drop(s.write("f.yaml", "<<<<<<< HEAD\na: canary-7f3ad1\n=======\na: 2\n>>>>>>> b\n")),
            ENCRYPT,
            2,
            "f.yaml:1",
        ),
        row("an alias bomb", |s| drop(s.write("f.yaml", alias_bomb())), ENCRYPT, 2, "f.yaml"),
        row(
            "an alias to itself",
            |s| drop(s.write("f.yaml", "a: &a\n  b: *a\n  c: canary-7f3ad1\n")),
            ENCRYPT,
            2,
            "f.yaml:2",
        ),
        row(
            "100,000 levels of YAML",
            |s| drop(s.write("f.yaml", "a: ".to_owned() + &"[".repeat(100_000) + &"]".repeat(100_000))),
            ENCRYPT,
            2,
            "f.yaml",
        ),
        row(
            "100,000 levels of YAML, open",
            |s| drop(s.write("f.yaml", "a: ".to_owned() + &"[".repeat(100_000))),
            ENCRYPT,
            2,
            "f.yaml",
        ),
        row(
            "100,000 levels of JSON",
            |s| drop(s.write("f.json", "{\"a\":".to_owned() + &"[".repeat(100_000) + &"]".repeat(100_000) + "}")),
            ENCRYPT_JSON,
            2,
            "f.json",
        ),
        row(
            "100,000 levels of JSON, open",
            |s| drop(s.write("f.json", "{\"a\":".repeat(100_000))),
            ENCRYPT_JSON,
            2,
            "f.json",
        ),
        row("empty JSON", |s| drop(s.write("f.json", "")), ENCRYPT_JSON, 2, "f.json"),
        row("a JSON list", |s| drop(s.write("f.json", "[\"canary-7f3ad1\"]")), ENCRYPT_JSON, 2, "f.json"),
        row("JSON cut off", |s| drop(s.write("f.json", "{\"a\": \"canary-7f3ad1\"")), ENCRYPT_JSON, 2, "f.json"),
        row(
            "JSON with a comma at the end",
            |s| drop(s.write("f.json", "{\"a\": \"canary-7f3ad1\",}")),
            ENCRYPT_JSON,
            2,
            "f.json:1",
        ),
        row(
            "JSON with a comment",
            |s| drop(s.write("f.json", "{\n// canary-7f3ad1\n\"a\": 1}")),
            ENCRYPT_JSON,
            2,
            "f.json:2",
        ),
        row("JSON with a word", |s| drop(s.write("f.json", "{\"a\": canary-7f3ad1}")), ENCRYPT_JSON, 2, "f.json:1"),
        row(
            "JSON with a broken escape",
            |s| drop(s.write("f.json", "{\"a\": \"\\u12g4 canary-7f3ad1\"}")),
            ENCRYPT_JSON,
            2,
            "f.json:1",
        ),
        row(
            "conflict markers in JSON",
            |s| drop(s.write("f.json", "{\n<<<<<<< HEAD\n\"a\": \"canary-7f3ad1\"\n=======\n\"a\": 2\n>>>>>>> b\n}")),
            ENCRYPT_JSON,
            2,
            "f.json:2",
        ),
        row(
            "a number beyond doubles",
            |s| drop(s.write("f.json", "{\"a\": 1e999, \"b\": \"canary-7f3ad1\"}")),
            ENCRYPT_JSON,
            2,
            "f.json:1",
        ),
        row("dotenv without `=`", |s| drop(s.write("f.env", "A=1\ncanary-7f3ad1\n")), ENCRYPT_ENV, 2, "f.env:2"),
        row(
            "conflict markers in dotenv",
            |s| drop(s.write("f.env", "<<<<<<< HEAD\nA=canary-7f3ad1\n")),
            ENCRYPT_ENV,
            2,
            "f.env:1",
        ),
        row(
            "an integer beyond 64 bits with a sign",
            |s| drop(s.write("f.yaml", "a: 9223372036854775808\nb: canary-7f3ad1\n")),
            ENCRYPT,
            23,
            "`a`",
        ),
        row("encrypted already", |s| damaged(s, "f.yaml", |text| text.to_owned() + "# more\n"), ENCRYPT, 203, "f.yaml"),
        row(
            "encrypted already, JSON",
            |s| damaged(s, "f.json", |text| text.to_owned() + "\n"),
            ENCRYPT_JSON,
            203,
            "f.json",
        ),
        row(
            "encrypted already, dotenv",
            |s| damaged(s, "f.env", |text| text.to_owned() + "# more\n"),
            ENCRYPT_ENV,
            203,
            "f.env",
        ),
        row("a reserved key", |s| drop(s.write("f.yaml", "a: canary-7f3ad1\nsops:\n  b: 1\n")), ENCRYPT, 203, "f.yaml"),
        row(
            "a reserved key in dotenv",
            |s| drop(s.write("f.env", "A=canary-7f3ad1\nsops_version=1\n")),
            ENCRYPT_ENV,
            203,
            "f.env",
        ),
    ]
}

/// References that would expand to more than a billion elements.
fn alias_bomb() -> String {
    let mut text = format!("secret: {CANARY}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        text += &format!("a{level}: &a{level} [{inner}]\n");
    }
    text
}

/// Encrypted files that do not open.
fn damaged_files() -> Vec<Row> {
    vec![
        row("not encrypted", |s| drop(s.write("f.yaml", "a: canary-7f3ad1\n")), DECRYPT, 1, "sops metadata not found"),
        row(
            "not encrypted, JSON",
            |s| drop(s.write("f.json", "{\"a\": \"canary-7f3ad1\"}")),
            DECRYPT_JSON,
            1,
            "sops metadata not found",
        ),
        row(
            "not encrypted, dotenv",
            |s| drop(s.write("f.env", "A=canary-7f3ad1\n")),
            DECRYPT_ENV,
            1,
            "sops metadata not found",
        ),
        row("empty", |s| drop(s.write("f.yaml", "")), DECRYPT, 92, "empty"),
        row("a changed ciphertext", |s| swapped(s, "f.yaml", "data:", "data:AA"), DECRYPT, 25, "`a`"),
        row("a changed ciphertext, JSON", |s| swapped(s, "f.json", "data:", "data:AAAA"), DECRYPT_JSON, 25, "`a`"),
        row("a changed ciphertext, dotenv", |s| swapped(s, "f.env", "data:", "data:AAAA"), DECRYPT_ENV, 25, "`A`"),
        row("a changed tag", |s| swapped(s, "f.yaml", ",tag:", ",tag:AA"), DECRYPT, 25, "`a`"),
        row("no nonce", |s| swapped(s, "f.yaml", ",iv:", ",ix:"), DECRYPT, 25, "`a`"),
        row("an unknown type of value", |s| swapped(s, "f.yaml", "type:str", "type:canary-7f3ad1"), DECRYPT, 25, "`a`"),
        row("a value in clear", |s| line_becomes(s, "f.yaml", "a:", "a: canary-7f3ad1"), DECRYPT, 25, "`a`"),
        row("a renamed key", |s| swapped(s, "f.yaml", "a: ", "z: "), DECRYPT, 25, "`z`"),
        row(
            "a changed value in clear",
            |s| swapped(s, "f.yaml", "c_unencrypted: x", "c_unencrypted: y"),
            DECRYPT,
            51,
            "MAC",
        ),
        row(
            "a removed value",
            |s| {
                damaged(s, "f.yaml", |text| {
                    text.lines().filter(|line| !line.starts_with("b:")).map(|line| format!("{line}\n")).collect()
                })
            },
            DECRYPT,
            51,
            "MAC",
        ),
        row(
            "an added value",
            |s| swapped(s, "f.yaml", "c_unencrypted: x", "c_unencrypted: x\nd_unencrypted: z"),
            DECRYPT,
            51,
            "MAC",
        ),
        row(
            "no MAC",
            |s| {
                damaged(s, "f.yaml", |text| {
                    text.lines()
                        .filter(|line| !line.trim_start().starts_with("mac:"))
                        .map(|line| format!("{line}\n"))
                        .collect()
                })
            },
            DECRYPT,
            51,
            "MAC",
        ),
        row("a MAC that is none", |s| line_becomes(s, "f.yaml", "mac:", "mac: canary-7f3ad1"), DECRYPT, 51, "MAC"),
        row("a MAC of a wrong type", |s| line_becomes(s, "f.yaml", "mac:", "mac: [1]"), DECRYPT, 51, "MAC"),
        row(
            "another date",
            |s| line_becomes(s, "f.yaml", "lastmodified:", "lastmodified: \"2001-01-01T00:00:00Z\""),
            DECRYPT,
            51,
            "MAC",
        ),
        row(
            "a date that is none",
            |s| line_becomes(s, "f.yaml", "lastmodified:", "lastmodified: yesterday"),
            DECRYPT,
            1,
            "lastmodified",
        ),
        row(
            "metadata that is a string",
            |s| drop(s.write("f.yaml", "a: b\nsops: canary-7f3ad1\n")),
            DECRYPT,
            1,
            "sops",
        ),
        row("metadata that is a list", |s| drop(s.write("f.yaml", "a: b\nsops: [1, 2]\n")), DECRYPT, 1, "sops"),
        row("metadata that is empty", |s| drop(s.write("f.yaml", "a: b\nsops: {}\n")), DECRYPT, 1, ""),
        row(
            "recipients of a wrong type",
            |s| {
                drop(s.write(
                    "f.yaml",
                    "a: b\nsops: {age: 5, version: 3.9.0, lastmodified: \"2024-01-01T00:00:00Z\", mac: x}\n",
                ))
            },
            DECRYPT,
            1,
            "age",
        ),
        row(
            "an entry of a wrong type",
            |s| {
                drop(s.write(
                    "f.yaml",
                    "a: b\nsops: {age: [5], version: 3.9.0, lastmodified: \"2024-01-01T00:00:00Z\", mac: x}\n",
                ))
            },
            DECRYPT,
            1,
            "age",
        ),
        row(
            "a threshold of a wrong type",
            |s| swapped(s, "f.yaml", "sops:\n", "sops:\n    shamir_threshold: many\n"),
            DECRYPT,
            1,
            "shamir_threshold",
        ),
        row(
            "two selectors in the metadata",
            |s| swapped(s, "f.yaml", "sops:\n", "sops:\n    encrypted_regex: a\n    encrypted_suffix: b\n"),
            DECRYPT,
            1,
            "encrypted",
        ),
        row(
            "a selector that does not compile",
            |s| swapped(s, "f.yaml", "sops:\n", "sops:\n    encrypted_regex: \"(\"\n"),
            DECRYPT,
            1,
            "",
        ),
        row(
            "a damaged wrapped key",
            |s| swapped(s, "f.yaml", "-----BEGIN AGE", "-----BEGIN EGA"),
            DECRYPT,
            128,
            "age1pyq",
        ),
        row(
            "a kind of key that cannot be used",
            |s| {
                drop(s.write("f.yaml", "a: ENC[AES256_GCM,data:x]\nsops: {pgp: [{fp: ABCD, enc: x, created_at: \"2024-01-01T00:00:00Z\"}], version: 3.9.0, lastmodified: \"2024-01-01T00:00:00Z\", mac: x}\n"))
            },
            DECRYPT,
            128,
            "ABCD",
        ),
        row(
            "recipients of nobody",
            |s| {
                damaged(s, "f.json", |text| {
                    let start = text.find("\"age\"").unwrap();
                    let end = start + text[start..].find(']').unwrap();
                    format!("{}\"age\": [{}", &text[..start], &text[end..])
                })
            },
            DECRYPT_JSON,
            1,
            "",
        ),
        row("truncated", |s| damaged(s, "f.json", |text| text[..text.len() / 2].to_owned()), DECRYPT_JSON, 2, "f.json"),
        row(
            "truncated before the metadata",
            |s| damaged(s, "f.yaml", |text| text.split("sops:").next().unwrap().to_owned()),
            DECRYPT,
            1,
            "sops metadata not found",
        ),
        row(
            "conflict markers in an encrypted file",
            |s| damaged(s, "f.yaml", |text| text.replacen("b: ", "<<<<<<< HEAD\nb: 1\n=======\nb: ", 1)),
            DECRYPT,
            2,
            "f.yaml:",
        ),
        row(
            "a wrong identity",
            |s| {
                s.encrypted("f.yaml", "a: canary-7f3ad1\n");
                only_bob(s)
            },
            DECRYPT,
            128,
            "age1pyq",
        ),
        row(
            "no identity",
            |s| {
                s.encrypted("f.yaml", "a: canary-7f3ad1\n");
                fs::remove_dir_all(s.home().join(".config")).unwrap()
            },
            DECRYPT,
            128,
            "keys.txt",
        ),
        row(
            "an identity file that holds none",
            |s| {
                s.encrypted("f.yaml", "a: canary-7f3ad1\n");
                fs::write(s.home().join(".config/sops/age/keys.txt"), "AGE-SECRET-KEY-canary-7f3ad1\n").unwrap()
            },
            DECRYPT,
            128,
            "keys.txt",
        ),
        row(
            "an unsigned integer in clear",
            |s| swapped(s, "f.yaml", "c_unencrypted: x", "c_unencrypted: 18446744073709551615"),
            DECRYPT,
            25,
            "c_unencrypted",
        ),
    ]
}

fn only_bob(sandbox: &Sandbox) {
    fs::copy(key_file("bob"), sandbox.home().join(".config/sops/age/keys.txt")).unwrap();
}

fn plain(sandbox: &Sandbox) {
    sandbox.write("f.yaml", format!("a: {CANARY}\nb:\n  - 1\n"));
}

/// Calls that are wrong in themselves, and rules that do not work.
fn wrong_calls() -> Vec<Row> {
    vec![
        row("no such file", |_| (), &["decrypt", "nothing.yaml"], 100, "nothing.yaml"),
        row("no such file to encrypt", |_| (), &["encrypt", "nothing.yaml"], 100, "nothing.yaml"),
        row("no file to edit", |_| (), &["edit"], 100, ""),
        row("no file named at all", |_| (), &["-d"], 100, ""),
        row("in place and to a file", plain, &["encrypt", "-i", "--output", "x.yaml", "f.yaml"], 8, "--output"),
        row("an unknown flag", plain, &["encrypt", "--in-plcae", "f.yaml"], 1, "--in-place"),
        row(
            "a path without brackets",
            |s| damaged(s, "f.yaml", |text| text.to_owned() + "#\n"),
            &["decrypt", "--extract", "[\"a\"", "f.yaml"],
            91,
            "--extract",
        ),
        row(
            "a path to nothing",
            |s| damaged(s, "f.yaml", |text| text.to_owned() + "#\n"),
            &["decrypt", "--extract", "[\"nothing\"]", "f.yaml"],
            1,
            "nothing",
        ),
        row(
            "two kinds of selectors",
            plain,
            &["encrypt", "--encrypted-regex", "a", "--encrypted-suffix", "b", "f.yaml"],
            8,
            "encrypted",
        ),
        row("a regex that does not compile", plain, &["encrypt", "--encrypted-regex", "(", "f.yaml"], 1, ""),
        row(
            "a selector that matches nothing",
            plain,
            &["encrypt", "--encrypted-regex", "^nothing$", "f.yaml"],
            1,
            "nothing",
        ),
        row(
            "no recipient",
            |s| {
                plain(s);
                fs::remove_file(s.path(".sops.yaml")).unwrap()
            },
            ENCRYPT,
            1,
            "creation rules",
        ),
        row("a recipient that is none", plain, &["encrypt", "--age", "age1nobody", "f.yaml"], 1, "age1nobody"),
        row("a secret as recipient", plain, &["encrypt", "--age", "AGE-SECRET-KEY-canary-7f3ad1", "f.yaml"], 1, ""),
        row("an empty recipient", plain, &["encrypt", "--age", ",", "f.yaml"], 1, ""),
        row(
            "a doubled kind in the order",
            |s| damaged(s, "f.yaml", |text| text.to_owned() + "#\n"),
            &["decrypt", "--decryption-order", "age,age", "f.yaml"],
            112,
            "age",
        ),
        row(
            "no config where one is named",
            plain,
            &["--config", "nothing.yaml", "encrypt", "f.yaml"],
            1,
            "nothing.yaml",
        ),
        row(
            "rules that are no YAML",
            |s| {
                plain(s);
                s.write(".sops.yaml", "creation_rules: [\n");
            },
            ENCRYPT,
            1,
            ".sops.yaml",
        ),
        row(
            "rules with an unknown key",
            |s| {
                plain(s);
                s.write(".sops.yaml", format!("creation_rules:\n  - path_regx: x\n    age: {ALICE}\n"));
            },
            ENCRYPT,
            1,
            "path_regex",
        ),
        row(
            "rules with a regex that does not compile",
            |s| {
                plain(s);
                s.write(".sops.yaml", format!("creation_rules:\n  - encrypted_regex: \"(\"\n    age: {ALICE}\n"));
            },
            ENCRYPT,
            1,
            ".sops.yaml",
        ),
        row(
            "rules with two selectors",
            |s| {
                plain(s);
                s.write(
                    ".sops.yaml",
                    format!("creation_rules:\n  - encrypted_regex: a\n    encrypted_suffix: b\n    age: {ALICE}\n"),
                );
            },
            ENCRYPT,
            1,
            ".sops.yaml",
        ),
        row(
            "rules without recipients",
            |s| {
                plain(s);
                s.write(".sops.yaml", "creation_rules:\n  - path_regex: x\n");
            },
            ENCRYPT,
            1,
            ".sops.yaml",
        ),
        row(
            "rules of which none matches",
            |s| {
                plain(s);
                s.write(".sops.yaml", format!("creation_rules:\n  - path_regex: prod\n    age: {ALICE}\n"));
            },
            ENCRYPT,
            1,
            "no matching creation rules found",
        ),
        row(
            "rules of a wrong type",
            |s| {
                plain(s);
                s.write(".sops.yaml", "creation_rules: 5\n");
            },
            ENCRYPT,
            1,
            ".sops.yaml",
        ),
        row("a directory in place of a file", |s| fs::create_dir(s.path("f.yaml")).unwrap(), ENCRYPT, 2, "f.yaml"),
        row("a directory to decrypt", |s| fs::create_dir(s.path("f.yaml")).unwrap(), DECRYPT, 2, "f.yaml"),
        row(
            "a directory as output",
            |s| {
                plain(s);
                fs::create_dir(s.path("d")).unwrap()
            },
            &["encrypt", "--output", "d", "f.yaml"],
            3,
            "d",
        ),
        row("an output in no directory", plain, &["encrypt", "--output", "nowhere/x.yaml", "f.yaml"], 3, "nowhere"),
        Row {
            stdin: Some(b"a: canary-7f3ad1\n"),
            ..row("standard input without a name", |_| (), &["encrypt"], 8, "--filename-override")
        },
        Row {
            stdin: Some(b"a: canary-7f3ad1\n"),
            ..row("standard input in place", |_| (), &["encrypt", "-i", "--filename-override", "x.yaml"], 8, "")
        },
        Row {
            stdin: Some(b"a: canary-7f3ad1\n"),
            ..row("plain standard input", |_| (), &["decrypt", "--input-type", "yaml"], 1, "sops metadata not found")
        },
        row(
            "an edit without an editor",
            |s| damaged(s, "f.yaml", |text| text.to_owned() + "#\n"),
            &["edit", "f.yaml"],
            201,
            "",
        ),
        row(
            "nested data as dotenv",
            |s| {
                s.encrypted("f.yaml", "a:\n  b: canary-7f3ad1\n");
            },
            &["decrypt", "--output-type", "dotenv", "f.yaml"],
            4,
            "a",
        ),
    ]
}

/// A FIFO with a writer that comes and goes.
fn fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
    let path = path.to_owned();
    std::thread::spawn(move || fs::write(path, format!("a: {CANARY}\n")));
}

#[test]
fn the_table_is_long_enough() {
    assert!(unreadable_plain().len() + damaged_files().len() + wrong_calls().len() >= 60);
}

#[test]
fn plain_files_that_cannot_be_encrypted() {
    check(unreadable_plain());
}

#[test]
fn encrypted_files_that_do_not_open() {
    check(damaged_files());
}

#[test]
fn calls_that_are_wrong() {
    check(wrong_calls());
}

/// Runs every row, and reports all that are wrong together.
fn check(rows: Vec<Row>) {
    let wrong: Vec<String> = rows.iter().filter_map(|row| verdict(row).err()).collect();
    assert!(wrong.is_empty(), "{} of {} are wrong:\n\n{}", wrong.len(), rows.len(), wrong.join("\n\n"));
}

fn verdict(row: &Row) -> Result<(), String> {
    let sandbox = Sandbox::with_rules();
    (row.prepare)(&sandbox);
    let before = sandbox.snapshot();
    let mut call = sandbox.cloze(row.args).env("PATH", sandbox.root().join("bin"));
    if let Some(bytes) = row.stdin {
        call = call.stdin(bytes);
    }
    let outcome = call.run();
    let mut faults = Vec::new();
    if outcome.code != row.code {
        faults.push(format!("exits {} instead of {}", outcome.code, row.code));
    }
    if !outcome.stderr.contains(row.says) {
        faults.push(format!("does not say `{}`", row.says));
    }
    if outcome.stderr.lines().filter(|line| line.starts_with("error")).count() != 1 {
        faults.push("does not say one error".into());
    }
    if outcome.stderr.contains("panicked") || outcome.stderr.contains("impossible") {
        faults.push("panics".into());
    }
    if outcome.stderr.contains(CANARY) || outcome.stdout_lossy().contains(CANARY) {
        faults.push("repeats a secret".into());
    }
    if !outcome.stdout.is_empty() {
        faults.push("prints something".into());
    }
    if outcome.stderr.len() > 2000 {
        faults.push(format!("says {} bytes", outcome.stderr.len()));
    }
    let after = sandbox.snapshot();
    let changed = |(path, mode, content): &&(std::path::PathBuf, u32, Vec<u8>)| {
        !after.iter().any(|(p, m, c)| p == path && m == mode && c == content)
    };
    if after.len() != before.len() || before.iter().any(|entry| changed(&entry)) {
        faults.push("writes something or leaves it behind".into());
    }
    if faults.is_empty() {
        return Ok(());
    }
    let said: String = outcome.stderr.chars().take(600).collect();
    Err(format!("{} ({}): {}\n{said}", row.name, row.args.join(" "), faults.join(", ")))
}

/// Whether this process may do everything, so that permissions do not hold it.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0)
}

#[test]
fn a_fifo_cannot_be_written_in_place() {
    let sandbox = Sandbox::with_rules();
    fifo(&sandbox.path("p.yaml"));
    sandbox.cloze(["encrypt", "-i", "p.yaml"]).run().expect(2).says("p.yaml").prints("");
}

#[test]
fn an_unreadable_file() {
    let sandbox = Sandbox::with_rules();
    plain(&sandbox);
    set_mode(&sandbox.path("f.yaml"), 0o000);
    if fs::read(sandbox.path("f.yaml")).is_ok() {
        return as_nobody(&sandbox, "cloze encrypt f.yaml", 2, "f.yaml");
    }
    sandbox.cloze(ENCRYPT).run().expect(2).says("f.yaml").prints("");
}

#[test]
fn a_read_only_folder() {
    let sandbox = Sandbox::with_rules();
    plain(&sandbox);
    set_mode(&sandbox.path(""), 0o555);
    if fs::write(sandbox.path("probe"), "").is_ok() {
        fs::remove_file(sandbox.path("probe")).unwrap();
        as_nobody(&sandbox, "cloze encrypt -i f.yaml", 3, "f.yaml");
    } else {
        sandbox.cloze(["encrypt", "-i", "f.yaml"]).run().expect(3).says("f.yaml").prints("");
    }
    set_mode(&sandbox.path(""), 0o755);
    assert!(sandbox.text("f.yaml").contains(CANARY));
    assert_eq!(fs::read_dir(sandbox.path("")).unwrap().count(), 2, "something was left behind");
}

/// A file stays with its group when a member of the group replaces it; without the group, its
/// rights go as well.
#[test]
fn a_file_of_somebody_else_keeps_its_group() {
    use std::os::unix::fs::MetadataExt as _;
    for (groups, wanted) in [("--groups=65533", (65533, 0o664)), ("--clear-groups", (65534, 0o604))] {
        let sandbox = Sandbox::with_rules();
        plain(&sandbox);
        let file = sandbox.path("f.yaml");
        if std::os::unix::fs::chown(&file, Some(1234), Some(65533)).is_err() {
            return skip("only root can give files away");
        }
        set_mode(&file, 0o664);
        set_mode(&sandbox.path(""), 0o777);
        as_user(&sandbox, groups, "cloze encrypt -i f.yaml", 0, "");
        let found = fs::metadata(&file).unwrap();
        assert_eq!((found.gid(), mode(&file)), wanted);
    }
}

/// Runs a command as a user whom permissions hold: root is held by none.
pub(crate) fn as_nobody(sandbox: &Sandbox, command: &str, code: i32, says: &str) {
    as_user(sandbox, "--clear-groups", command, code, says);
}

fn as_user(sandbox: &Sandbox, groups: &str, command: &str, code: i32, says: &str) {
    if !Path::new("/usr/bin/setpriv").exists() {
        return skip("this is root, and there is no setpriv to be somebody else");
    }
    // The binary is somewhere below a folder that only root may enter. It is copied by another
    // process: what a fork of another test still has open for writing cannot be run.
    let copy = sandbox.root().join("tmp/cloze");
    sandbox.call(Path::new("/bin/cp"), [Path::new(crate::harness::BINARY), &copy]).ok();
    set_mode(sandbox.root(), 0o755);
    let command = command.replacen("cloze", copy.to_str().unwrap(), 1);
    let args = ["--reuid=65534", "--regid=65534", groups, "/bin/sh", "-c", &command];
    let outcome = sandbox.call(Path::new("/usr/bin/setpriv"), args).run();
    outcome.expect(code).says(says).prints("");
    fs::remove_file(copy).unwrap();
}

#[test]
fn a_full_disk_loses_nothing() {
    if !is_root() {
        return skip("mounting a small disk needs root");
    }
    let sandbox = Sandbox::with_rules();
    let disk = sandbox.path("disk");
    fs::create_dir(&disk).unwrap();
    let mount = |args: &[&str]| std::process::Command::new("mount").args(args).arg(&disk).output();
    if !mount(&["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).is_ok_and(|done| done.status.success()) {
        return skip("a tmpfs cannot be mounted here");
    }
    let plaintext = format!("a: {CANARY}\nb: {}\n", "x".repeat(30_000));
    let written = fs::write(disk.join("f.yaml"), &plaintext);
    let outcome = sandbox.cloze(["encrypt", "-i", "disk/f.yaml"]).run();
    let kept = fs::read(disk.join("f.yaml"));
    let files = fs::read_dir(&disk).unwrap().count();
    let unmounted = std::process::Command::new("umount").arg(&disk).status();
    written.unwrap();
    outcome.expect(3).says("f.yaml").prints("");
    assert!(!outcome.stderr.contains(CANARY));
    assert_eq!(kept.unwrap(), plaintext.as_bytes(), "the file was damaged");
    assert_eq!(files, 1, "something was left behind");
    if !unmounted.is_ok_and(|status| status.success()) {
        note("the small disk could not be unmounted");
    }
}

#[test]
fn an_encrypted_file_for_somebody_else_names_everybody_and_every_place() {
    let sandbox = Sandbox::new();
    sandbox.write("f.yaml", format!("a: {CANARY}\n"));
    let both = format!("{ALICE},{BOB}");
    sandbox.cloze(["encrypt", "-i", "--age", &both, "f.yaml"]).ok();
    fs::remove_dir_all(sandbox.home().join(".config")).unwrap();
    let outcome = sandbox.cloze(DECRYPT).run();
    outcome.expect(128).prints("").says(ALICE).says(BOB).says("SOPS_AGE_KEY").says("keys.txt").says("hint:");
}
