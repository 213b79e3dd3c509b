//! Every format printed in every other one. Called as `sops`: what the real sops prints. Called by
//! our own name: the same values, or an error.

use cloze::document::{Event, Format, Scalar, dotenv_value};

use crate::harness::{ALICE, Outcome, Sandbox, require_sops};

const TEXTS: [(Format, &str); 22] = [
    (Format::Yaml, "a: 1\nb: 1.5\nc: true\nd: text\n# note\ne: \"x\\ny\"\nu_unencrypted: plain\n"),
    (Format::Yaml, "s:\n  k: v\n  n: 3\n  # c\n  m: 'a#b'\n  t: 2024-01-02\nt:\n  x: '1'\n"),
    (Format::Yaml, "l:\n- 1\n- {a: null}\nn:\ne: ''\n"),
    (Format::Yaml, "a: 1\nn: null\n"),
    (Format::Yaml, "data: hello\n"),
    (Format::Yaml, "a: 1\n---\nb: 2\n"),
    (Format::Json, "{\"a\": 1, \"b\": 1.50, \"c\": null, \"d\": \"x\\u00e9\", \"e\": [true]}"),
    (Format::Json, "{\"s\": {\"k\": \"v\", \"q\": \"1\"}}"),
    (Format::Json, "{\"A\": \"v\", \"B\": \"w\"}"),
    (Format::Json, "{\"s\": {\"k\": [1, {\"a\": false}], \"x\": 1e300}}"),
    (Format::Dotenv, "# c\nA=1\nB=v w\nD=\n"),
    (Format::Dotenv, "B=\"q x\" # z\nexport C=a b\nD='$x'\nE=a\\nb\nF=\"a\\nb\"\n"),
    (Format::Dotenv, "A=1\ndata=two\nA=2\n"),
    (Format::Dotenv, "data=two\n"),
    (Format::Ini, "; c\nz = 1\n[s]\nk = v\nq = \"x y\"\ne =\n; n\nm = `a;b`\n"),
    (Format::Ini, "[s]\nk=v#w\nl = 'x # y'\n"),
    (Format::Ini, "[s]\nk=v\n[s]\nk=w\n"),
    (Format::Binary, "utf8\n"),
    (Format::Binary, "{}"),
    (Format::Toml, "a = 1\nb = 1.0\nd = 1979-05-27\n[s]\nk = 'v'\nx = [1, { y = true }]\n"),
    (Format::Toml, "[s]\nk = 'v'\nn = 1\n[t]\n"),
    (Format::Toml, "data = 'x'\n"),
];

#[test]
fn called_as_sops_conversions_are_those_of_sops() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::new();
    let formats = || Format::ALL.into_iter().filter(|(format, _)| *format != Format::Toml);
    for (from, text) in TEXTS.into_iter().filter(|(format, _)| *format != Format::Toml) {
        sandbox.write("plain", text);
        let encrypt = |to| ["encrypt", "--age", ALICE, "--input-type", from.name(), "--output-type", to, "plain"];
        let sealed = sandbox.real(sops, encrypt(from.name())).ok();
        for (_, name) in formats().filter(|(to, _)| *to != from) {
            let case = format!("{text:?} as {name}");
            sandbox.write("sealed", &sealed);
            let args = ["decrypt", "--input-type", from.name(), "--output-type", name, "sealed"];
            let ours = sandbox.named("sops", args).run();
            // SOPS prints them as Go prints its memory.
            if ours.stderr.contains("an INI file cannot hold maps or lists inside of sections") {
                ours.expect(4);
                continue;
            }
            same(&sandbox.real(sops, args).run(), &ours, &case);

            let opened = |outcome: &Outcome| {
                sandbox.write("converted", &outcome.stdout);
                let args = ["decrypt", "--input-type", name, "--output-type", name, "converted"];
                sandbox.real(sops, args).run()
            };
            let theirs = sandbox.real(sops, encrypt(name)).run();
            let ours = sandbox.named("sops", encrypt(name)).run();
            // SOPS writes some files that it cannot open.
            match (theirs.code, opened(&theirs)) {
                (0, theirs) if theirs.code == 0 => {
                    ours.expect(0);
                    same(&theirs, &opened(&ours), &case);
                }
                _ => {
                    ours.expect(4);
                    assert!(ours.stdout.is_empty(), "{case}");
                }
            }
        }
    }
}

#[track_caller]
fn same(theirs: &Outcome, ours: &Outcome, case: &str) {
    let shown = |outcome: &Outcome| (outcome.code, outcome.stdout_lossy());
    assert_eq!(shown(ours), shown(theirs), "{case}: {} {}", theirs.stderr, ours.stderr);
}

#[test]
fn under_our_own_name_nothing_is_lost_silently() {
    let sandbox = Sandbox::new();
    let mut printed = 0;
    for (from, text) in TEXTS {
        sandbox.write("plain", text);
        let encrypt = |to| ["encrypt", "--age", ALICE, "--input-type", from.name(), "--output-type", to, "plain"];
        let sealed = sandbox.cloze(encrypt(from.name())).ok();
        for (to, name) in Format::ALL.into_iter().filter(|(to, _)| *to != from) {
            let case = format!("{text:?} as {name}");
            sandbox.write("sealed", &sealed);
            let decrypt = ["decrypt", "--input-type", from.name(), "--output-type", name, "sealed"];
            let decrypted = sandbox.cloze(decrypt).run();
            let encrypted = sandbox.cloze(encrypt(name)).run();
            if decrypted.code == 0 {
                printed += 1;
                if to != Format::Binary {
                    assert_eq!(values(to, &decrypted.stdout), values(from, text.as_bytes()), "{case}");
                }
                sandbox.write("converted", &encrypted.expect(0).stdout);
                let again = ["decrypt", "--input-type", name, "--output-type", name, "converted"];
                sandbox.cloze(again).run().expect(0).prints(&decrypted.stdout);
            } else {
                for outcome in [decrypted, encrypted] {
                    outcome.expect(4);
                    assert!(outcome.stdout.is_empty() && outcome.stderr.starts_with("error: `"), "{case}");
                    assert!(!outcome.stderr.contains("plain:"), "{case}: {}", outcome.stderr);
                }
            }
        }
    }
    assert_eq!(printed, 54, "so many of the combinations can be printed");
}

/// The keys and values, as text: not all formats have types. Empty sections are in INI only.
fn values(format: Format, text: &[u8]) -> Vec<(String, String)> {
    let document = format.syntax().parse(text).unwrap();
    let name = |key: Option<&str>| match format {
        Format::Dotenv => dotenv_value::name(key.unwrap_or_default()).to_owned(),
        _ => key.unwrap_or_default().to_owned(),
    };
    let leaf = |event| match event {
        Event::Leaf(_, node, value) => {
            let value = match (format, value) {
                (Format::Dotenv, _) => dotenv_value::interpret(document.source(node.span)).to_vec(),
                (_, Scalar::Null) => b"null".to_vec(),
                (_, Scalar::Bool(value)) => value.to_string().into_bytes(),
                (_, value) => value.canonical().unwrap().to_vec(),
            };
            let value = String::from_utf8(value).unwrap();
            let value = value.parse::<f64>().map_or(value, |number| number.to_string());
            Some((name(node.key.as_deref()), value))
        }
        _ => None,
    };
    document.walk().filter_map(leaf).collect()
}
