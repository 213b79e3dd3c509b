//! Files that SOPS wrote (`testdata/interop`), and files that we write for SOPS. Every case of
//! every `INDEX.tsv` whose format exists runs; a format that comes later brings its cases along.

use std::fs;
use std::path::{Path, PathBuf};

use cloze::document::Format;

use crate::harness::{ALICE, Sandbox, repository, require_sops};
use crate::leaves::{data, difference, sealed};

/// One folder with a plaintext, what SOPS made of it, and what SOPS decrypts that to.
pub(crate) struct Case {
    pub(crate) folder: PathBuf,
    pub(crate) format: Format,
    extension: &'static str,
}

impl Case {
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.{}", self.extension))
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).unwrap()
    }

    fn named(&self, part: &str) -> bool {
        self.folder.file_name().is_some_and(|name| name.to_string_lossy().ends_with(part))
    }

    /// The sets of identities that must be able to open it.
    pub(crate) fn openers(&self) -> Vec<Vec<&'static str>> {
        if self.named("shamir-2-of-3") {
            vec![vec!["alice", "bob"], vec!["alice", "carol"], vec!["bob", "carol"]]
        } else if self.named("two-recipients") {
            vec![vec!["alice"], vec!["bob"]]
        } else {
            vec![vec!["alice"]]
        }
    }
}

fn extension(format: &str) -> &'static str {
    match format {
        "yaml" => "yaml",
        "json" => "json",
        "dotenv" => "env",
        "ini" => "ini",
        _ => "bin",
    }
}

/// Every case that SOPS itself can decrypt.
pub(crate) fn cases() -> Vec<Case> {
    let mut found = Vec::new();
    for version in fs::read_dir(repository("testdata/interop")).unwrap() {
        let version = version.unwrap().path();
        let index = fs::read_to_string(version.join("INDEX.tsv")).unwrap();
        for line in index.lines().filter(|line| !line.starts_with('#')).skip(1) {
            let mut columns = line.split('\t');
            let (name, verdict) = (columns.next().unwrap(), columns.next().unwrap());
            let (format, _) = name.split_once('-').unwrap();
            if let Some(known) = Format::from_name(format)
                && verdict == "ok"
            {
                found.push(Case { folder: version.join(name), format: known, extension: extension(format) });
            }
        }
    }
    assert!(found.len() >= 60, "only {} cases in testdata/interop", found.len());
    found
}

/// A sandbox with the identities of these people and nothing else.
pub(crate) fn sandbox(case: &Case, people: &[&str]) -> Sandbox {
    let sandbox = Sandbox::without_key();
    let keys = case.folder.parent().unwrap().join("keys");
    let identities: String =
        people.iter().map(|name| fs::read_to_string(keys.join(format!("{name}.agekey"))).unwrap()).collect();
    let place = sandbox.home().join(".config/sops/age");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("keys.txt"), identities).unwrap();
    sandbox
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn decrypts_what_sops_encrypted() {
    for case in cases() {
        let expected = data(case.format, &case.read("decrypted")).unwrap();
        for people in case.openers() {
            let sandbox = sandbox(&case, &people);
            let plain = sandbox.cloze(["decrypt".as_ref(), case.file("encrypted").as_os_str()]).ok();
            let found = data(case.format, &plain).unwrap();
            let differs = difference(&found, &expected);
            assert_eq!(differs, None, "{} with {people:?}", case.folder.display());
        }
    }
}

#[test]
fn too_few_key_groups_open_nothing() {
    for case in cases().iter().filter(|case| case.named("shamir-2-of-3")) {
        let sandbox = sandbox(case, &["bob"]);
        let outcome = sandbox.cloze(["decrypt".as_ref(), case.file("encrypted").as_os_str()]).run();
        outcome.expect(128).prints("").says("age1");
    }
}

#[test]
fn encrypts_the_same_leaves_as_sops() {
    for case in cases() {
        let sandbox = sandbox(&case, &["alice"]);
        let name = name_of(&case.file("plain"));
        sandbox.write(&name, case.read("plain"));
        sandbox.write(".sops.yaml", fs::read(case.folder.join(".sops.yaml")).unwrap());
        let ours = sandbox.cloze(["encrypt", "--allow-unmatched", &name]).ok();
        let ours = sealed(case.format, &ours).unwrap();
        let theirs = sealed(case.format, &case.read("encrypted")).unwrap();
        // Before 3.12 SOPS took every number of JSON for a float.
        let old =
            case.format == Format::Json && case.folder.parent().is_some_and(|version| version.ends_with("sops-3.11.0"));
        for (one, other) in ours.0.iter().zip(&theirs.0) {
            let typed = (one.0.as_str(), if old { one.1.replace("sealed int", "sealed float") } else { one.1.clone() });
            assert_eq!(typed, (other.0.as_str(), other.1.clone()), "{}", case.folder.display());
        }
        assert_eq!(ours.0.len(), theirs.0.len(), "{}", case.folder.display());
        assert_eq!(ours.1, theirs.1, "{}: sealed comments", case.folder.display());
    }
}

#[test]
fn sops_decrypts_what_we_encrypted_to_what_it_makes_of_its_own() {
    let Some(sops) = require_sops() else { return };
    for case in cases() {
        let sandbox = sandbox(&case, &["alice", "bob", "carol"]);
        let name = name_of(&case.file("plain"));
        sandbox.write(&name, case.read("plain"));
        sandbox.write(".sops.yaml", fs::read(case.folder.join(".sops.yaml")).unwrap());
        let ours = sandbox.cloze(["encrypt", "--allow-unmatched", &name]).ok();
        let theirs = sandbox.real(sops, ["encrypt", &name]).ok();
        let ours_name = format!("ours.{}", case.extension);
        let theirs_name = format!("theirs.{}", case.extension);
        sandbox.write(&ours_name, ours);
        sandbox.write(&theirs_name, theirs);
        let from_ours = sandbox.real(sops, ["decrypt", &ours_name]).ok();
        let from_theirs = sandbox.real(sops, ["decrypt", &theirs_name]).ok();
        let (ours, theirs) = (String::from_utf8_lossy(&from_ours), String::from_utf8_lossy(&from_theirs));
        assert_eq!(ours, theirs, "{}", case.folder.display());
    }
}

#[test]
fn we_and_sops_take_turns_on_one_file() {
    let Some(sops) = require_sops() else { return };
    let plain = "# head\na: one\nb:\n  - 2\n  - c_unencrypted: three\n";
    let sandbox = Sandbox::with_rules();
    sandbox.write("file.yaml", plain);
    sandbox.cloze(["encrypt", "-i", "file.yaml"]).ok();
    let script = sandbox.script("edit", "sed -i 's/one/two/' \"$1\"");
    sandbox.real(sops, ["edit", "file.yaml"]).env("SOPS_EDITOR", &script).ok();
    let edited = sandbox.cloze(["decrypt", "file.yaml"]).ok();
    let expected = data(Format::Yaml, plain.replace("one", "two").as_bytes()).unwrap();
    assert_eq!(difference(&data(Format::Yaml, &edited).unwrap(), &expected), None);
    let script = sandbox.script("edit", "sed -i 's/two/four/' \"$1\"");
    sandbox.cloze(["edit", "file.yaml"]).env("SOPS_EDITOR", &script).ok();
    let edited = sandbox.real(sops, ["decrypt", "file.yaml"]).ok();
    let expected = data(Format::Yaml, plain.replace("one", "four").as_bytes()).unwrap();
    assert_eq!(difference(&data(Format::Yaml, &edited).unwrap(), &expected), None);
}

#[test]
fn what_is_rotated_on_either_side_opens_on_the_other() {
    let Some(sops) = require_sops() else { return };
    for case in cases() {
        let sandbox = sandbox(&case, &["alice", "bob", "carol"]);
        let name = format!("file.{}", case.extension);
        let before = case.read("encrypted");
        let (what, sealed) = (case.folder.display(), case.format.sealed());
        sandbox.write(&name, &before);
        let plain = sandbox.cloze(["decrypt", &name]).ok();
        sandbox.cloze(["rotate", "-i", &name]).run().expect(0).silent();
        let ours = sandbox.read(&name);
        // A new ciphertext in every place, and the same plaintext to the byte.
        let places = |text: &[u8]| data(sealed, text).unwrap().leaves;
        for (old, new) in places(&before).iter().zip(&places(&ours)) {
            assert_eq!((&old.0, old.1 == new.1), (&new.0, !old.1.contains("ENC[")), "{what}");
        }
        assert_eq!(sandbox.cloze(["decrypt", &name]).ok(), plain, "{what}");
        // 3.11 prints encrypted comments of lists as it reads them.
        let sops_reads = |text: &[u8]| {
            sandbox.write(&name, text);
            data(case.format, &sandbox.real(sops, ["decrypt", &name]).ok()).unwrap().leaves
        };
        assert_eq!(sops_reads(&ours), sops_reads(&before), "{what}");
        sandbox.write(&name, &ours);
        sandbox.real(sops, ["rotate", "-i", &name]).ok();
        let again = sandbox.cloze(["decrypt", &name]).ok();
        assert_eq!(
            difference(&data(case.format, &again).unwrap(), &data(case.format, &plain).unwrap()),
            None,
            "{what}"
        );
    }
}

#[test]
fn a_recipient_who_comes_and_goes_leaves_no_trace_in_files_of_sops() {
    for case in cases() {
        // Groups are split anew when somebody leaves; and 3.11 writes its INI block in no order.
        let version = case.folder.parent().unwrap();
        if case.named("shamir-2-of-3") || (case.format == Format::Ini && version.ends_with("sops-3.11.0")) {
            continue;
        }
        let sandbox = sandbox(&case, &["alice"]);
        let name = format!("file.{}", case.extension);
        let before = String::from_utf8(case.read("encrypted")).unwrap();
        sandbox.write(&name, &before);
        let rules =
            |recipients: &str| sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: [{recipients}]\n"));
        let found = before.split(|it: char| !it.is_ascii_alphanumeric()).filter(|word| word.starts_with("age1"));
        let mut recipients: Vec<&str> = found.filter(|word| word.len() == ALICE.len()).collect();
        recipients.dedup();
        rules(&[&recipients[..], &[ALICE]].concat().join(", "));
        sandbox.cloze(["updatekeys", "--yes", &name]).ok();
        let more = sandbox.text(&name);
        let mut lines = more.lines();
        let is_there = |line: &str| lines.any(|new| new.trim_end_matches(',') == line.trim_end_matches(','));
        assert!(more.contains(ALICE) && before.lines().all(is_there), "{}: lines changed", case.folder.display());
        rules(&recipients.join(", "));
        sandbox.cloze(["updatekeys", "--yes", "--keep-data-key", &name]).ok();
        assert_eq!(sandbox.text(&name), before, "{}", case.folder.display());
    }
}

/// YAML with a sign that ends a line for go-yaml and not in YAML 1.2, in the place of each `@`.
const ODD_LINES: [&str; 26] = [
    "a: x@y\n",
    "a: x @ y\n",
    "a: x@\n",
    "a: x@y\n  z\n",
    "a: x\n  y@\n  z\n",
    "a: 'x@y'\n",
    "a: 'x @ y'\n",
    "a: 'x@@y'\n",
    "a: \"x@y\"\n",
    "a: \"x @ y\"\n",
    "a: \"x@y\n  z\"\n",
    "a: |\n  x@y\n  z\n",
    "a: |\n  x@\n  z\n",
    "a: >\n  x@y\n  z\n",
    "a: >\n  @x y\n  z\n",
    "a: |\n  @\n",
    "a: [x@y, z]\n",
    "a: [\"x@y\", z]\n",
    "a:\n- x@y\n- z\n",
    "a: &x x@y\nb: *x\nc: [*x]\n",
    "a: &x {b: x@y}\nc: *x\n",
    "a: | # x\n  x@y\n  z\n",
    "# x@y: z\na: 1\n",
    "a: 1 # x@y\n",
    "x@y: 1\n",
    "\"x@y\": 1\n",
];

#[test]
fn line_breaks_of_yaml_1_1_are_escaped_or_refused() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    for (sign, shape) in ["\u{85}", "\u{2028}", "\u{2029}"].iter().flat_map(|sign| ODD_LINES.map(|shape| (sign, shape)))
    {
        let plain = shape.replace('@', sign) + "pw: s\n";
        sandbox.write("s.yaml", &plain);
        let has_no_way_out = shape.contains('#') || shape.starts_with('x') || shape.starts_with("\"x");
        for selector in [&["--encrypted-regex", "^pw$"][..], &[]] {
            let sealed = sandbox.cloze([&["encrypt"], selector, &["s.yaml"]].concat());
            if has_no_way_out && (!selector.is_empty() || !shape.contains('#')) {
                sealed.run().says("U+2028").prints("");
                continue;
            }
            sandbox.write("sealed.yaml", sealed.ok());
            assert_eq!(sandbox.cloze(["decrypt", "sealed.yaml"]).text(), plain);
            let args = ["decrypt", "--output-type", "json", "sealed.yaml"];
            let read = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
            assert_eq!(read(sandbox.real(sops, args).text()), read(sandbox.cloze(args).text()), "{plain:?}");
        }
    }
}

/// Lines between brackets that begin with tabs, as SOPS takes them.
const TABBED: [&str; 12] = [
    "f: [\n\ta, # c\n\tb\n]\nm: {\n \t\tx: 1,\n\ty: \"2\"\n\t}\ng: |\n  t\n\n",
    "a:\n  - f: [v,\r\n\tw]\r\n    g: 'x\r\n      y'\r\n  - [u #\r\n\t]\r\n",
    "f: [[v]\n\t]\n",
    "f: [\"a b\",\n\t\n\tc]\n",
    "f: [\n\t{a: 1},\n\t[b,\n\t\tc]]\nh: x\n",
    "f: {\n\t\"a\": \"b\n\t c\"}\n",
    "{f: [1,\n\t2], \"g\": {\n\th: i}}\n",
    "f: [!!bool \"true\"\n\t, !!int \"5\"\n\t, !!float '1.5'\n\n\t, !!null \"null\"\n\t, !!binary \"/w==\"\n\t]\n",
    "f: ['',\n\ta # c\n\t, b,\n \tc\n \t]\n",
    "f:\n  - - ['',\n\ta\n     \t]\n",
    "f:\n- ['',\n\ta\n \t]\n",
    "f: ['x', !!str\n\ty, !\n\t, &a\n\tb]\n",
];

/// What SOPS opens is the same, whoever encrypted it, and our file comes back as it was.
fn reads_as_sops_does(sandbox: &Sandbox, sops: &'static Path, plain: &str, flags: &[&str]) {
    let read = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let encrypt = [&["encrypt"], flags, &["s.yaml"]].concat();
    let decrypt = ["decrypt", "--output-type", "json", "sealed.yaml"];
    sandbox.write("s.yaml", plain);
    sandbox.write("sealed.yaml", sandbox.cloze(&encrypt).ok());
    assert_eq!(sandbox.cloze(["decrypt", "sealed.yaml"]).text(), plain, "{flags:?}");
    let ours = read(sandbox.real(sops, decrypt).text());
    sandbox.write("sealed.yaml", sandbox.real(sops, &encrypt).ok());
    assert_eq!(ours, read(sandbox.real(sops, decrypt).text()), "{plain:?} {flags:?}");
    assert_eq!(ours, read(sandbox.cloze(decrypt).text()), "{plain:?} {flags:?}");
}

#[test]
fn tabs_between_brackets_are_blanks() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    TABBED.iter().for_each(|plain| reads_as_sops_does(&sandbox, sops, plain, &[]));
    for (refused, why) in [
        ("f: [a]\nb:\n\tc: 1\n", "cannot start any token"),
        ("f: [\n\ta]\nb:\n\tc: 1\n", "cannot start any token"),
        ("f:\n- [\n\ta]\n\t- b\n", "cannot start any token"),
        ("g: \"[\"\nb:\n\tc: 1\n", "cannot start any token"),
    ] {
        sandbox.write("s.yaml", refused);
        sandbox.cloze(["encrypt", "s.yaml"]).run().says("tabs disallowed").prints("");
        sandbox.real(sops, ["encrypt", "s.yaml"]).run().says(why);
    }
}

/// Texts in quotes whose lines begin further out than YAML 1.2 has it. SOPS takes them.
const OUTDENTED: &[&str] = &[
    "c: 1\na: \"one\ntwo\"\n",
    "c: 1\na: \"one\n\ttwo\n\t\nthree\"",
    "a:\n  b: 'one\n  two'\nc: 1\n",
    "a:\n  b: 'one\n# two'\nc: 1\n",
    "a:\n  b: 'one\n---two'\nc: 1\n",
    "a: \"one\n- x: 'y\n%two \" # \"three\"\nc: 1\nd: 'it''s\nso \\' # \"four\n",
    "a:\n- 'x\ny'\n- - \"x\n\n\n y\\\"\nz\"\n- 3\nc: 1\n",
    "a:\n  k: &x \"b\nc\"\n  l: !!str \"\\u00e4\\\nd\"\nd: *x\ne:\n- *x\nc: 1\n",
    "a: \"ä\r\nöü€😀\" # ß\r\nc: 1\r\n",
    "a: \"ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\nb\"\nc: 1\n",
    "a: \"b\nENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\"\nc: 1\n",
    "a:\n    # n\n    \"\nb\"\n    # m\nc: 1\n",
    "a:\n  ? \"one\ntwo\"\n  : 5\nc: 1\n",
    "a: [b, \"one\\\n\ttwo\\\\\n\tthree\"]\nc: 1\n",
    "a:\n  b: [1,\n\t\"x\n\ty\"]\n  d: 'e\nf'\nc: 1\n",
];

#[test]
fn lines_of_a_quoted_text_begin_anywhere() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    for plain in OUTDENTED {
        reads_as_sops_does(&sandbox, sops, plain, &[]);
        // Where it stays in clear.
        reads_as_sops_does(&sandbox, sops, plain, &["--encrypted-regex", "^c$"]);
    }
    for refused in [
        "a:\n  b: 'one\n--- two'\n",
        "a:\n  b: \"one\n... two\"\n",
        "\"one\ntwo\": 1\n",
        "a:\n  # why?\n  \"one\ntwo\": 1\n",
        "a:\n- \"one\ntwo\": 1\n",
        "a: \"one\ntwo\" b\n",
        "a: \"one\ntwo\n",
    ] {
        sandbox.write("s.yaml", refused);
        assert_ne!(sandbox.cloze(["encrypt", "s.yaml"]).run().prints("").code, 0, "{refused:?}");
        assert_ne!(sandbox.real(sops, ["encrypt", "s.yaml"]).run().prints("").code, 0, "{refused:?}");
    }
}

/// YAML that SOPS does not read, with what it says of it. Each goes on with an entry `zz`.
const UNREAD: &[(&str, &str)] = &[
    // Tabs before the first sign of a line.
    ("a: 1\n\t\nb: 2\n", "violates indentation"),
    ("a: '1'\n\t\nb: 2\n", "cannot start any token"),
    ("\t# c\n\n \t\na: 1\n", "cannot start any token"),
    ("a:\n  b: 1\r\n\t\t# c\r\n  \t\n", "violates indentation"),
    ("a:\n  - \tb\n  -\tc\n? d\n:\te\n", "cannot start any token"),
    ("a:\n  \t &x\n  b: 1\n---\n\t\nc: 1\n", "cannot start any token"),
    ("a: x\n\t\n  y\n", "violates indentation"),
    ("a: &x x\r\n\t \r\n  y\r\nb: *x\r\n", "violates indentation"),
    ("a:\n- x\n\t\n\n  y\n- z\n", "violates indentation"),
    ("a:\n - x\n \t\n   y\n", "violates indentation"),
    ("a:\n  b: x\n \t\n  c:\n  - - y\n    \t\n    - z\n", "violates indentation"),
    ("a: [x\n\t\n  y, z\n\t\n, \"\"]\n", "violates indentation"),
    ("? x\n\t\n  y\n: 1\na: {? x\n\t\n  y}\n", "violates indentation"),
    ("a: |\n  \tx\n   y\n", "where an indentation space is expected"),
    ("a: | # c\n  x\nb: >+2\n  x\n\n\t\n", "where an indentation space is expected"),
    ("f: ['',\n\ta\n\t]\n", "violates indentation"),
    ("f: ['',\n\ta\n\tb]\n", "violates indentation"),
    ("f: {'a':\n\tb, c\n\t: d}\n", "violates indentation"),
    ("f:\n  - - ['',\n\ta\n    \t]\n", "violates indentation"),
    // Directives.
    ("%YAML 1.2\n---\na: 1\n", "incompatible YAML document"),
    ("# c\n%TAG !x! tag:x,2000:\n%YAML  1.3 # d\n---\na: !x!y 1\n", "incompatible YAML document"),
    ("a: 1\n...\n%YAML 1.2\n---\nb: 1\n", "incompatible YAML document"),
    ("%SPELL de\n---\na: 1\n", "unknown directive"),
    // Tags before brackets and commas.
    ("a: [!x]\n", "did not find expected"),
    ("a: [b, [!!str, c], {d: !}]\n", "did not find expected"),
    // Signs in scalars without quotes between brackets.
    ("a: [http://b?c=d, e?]\n", "did not find expected"),
    ("a: {b: c?d, e: :f, g?h ?: i, '?': [j?k: l]}\n", "did not find expected"),
    ("a: {:b: c, \"d\": ::e}\n", "did not find expected"),
    // Keys on other lines than their colons.
    ("a: {\"one\ntwo\": 1, b: [c,\n\"d\"]}\n", "did not find expected"),
    ("a: {one\n  two: {b\r\n  : c}}\r\n", "did not find expected"),
    ("a: [{b: [x, {&y !!str\n  one: 1}]}]\n", "did not find expected"),
    // An escape.
    ("a: \"b\\/c\\\\/d\"\n\"k\\\\\\/l\": {\"m\\/\": \"\\/\"}\n", "unknown escape"),
];

#[test]
fn sops_reads_what_we_make_of_yaml_that_it_does_not_read() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    for (text, why) in UNREAD {
        let plain = format!("{text}zz: 1\n");
        sandbox.write("s.yaml", &plain);
        sandbox.real(sops, ["encrypt", "s.yaml"]).run().says(why);
        for flags in [&[][..], &["--encrypted-regex", "^zz$", "--allow-unmatched"]] {
            let encrypt = [&["encrypt"], flags].concat();
            sandbox.write("sealed.yaml", sandbox.cloze([&encrypt, &["s.yaml"][..]].concat()).ok());
            assert_eq!(sandbox.cloze(["decrypt", "sealed.yaml"]).text(), plain, "{flags:?}");
            // Of a text that begins with a tab, SOPS prints YAML that is none; of a stream as JSON the first document.
            let is_stream = Format::Yaml.syntax().parse(plain.as_bytes()).unwrap().parts.len() > 1;
            let kind = if is_stream { "yaml" } else { "json" };
            let decrypt = ["decrypt", "--output-type", kind, "sealed.yaml"];
            let format = if is_stream { Format::Yaml } else { Format::Json };
            let read = |text: Vec<u8>| data(format, &text).unwrap().leaves;
            let ours = read(sandbox.cloze(decrypt).ok());
            assert_eq!(read(sandbox.real(sops, decrypt).ok()), ours, "{plain:?} {flags:?}");
            // What decrypts without the exact spelling means the same, and SOPS reads it.
            let encrypt = [&encrypt, &["--no-exact-spelling", "s.yaml"][..]].concat();
            sandbox.write("sealed.yaml", sandbox.cloze(encrypt).ok());
            assert_eq!(read(sandbox.cloze(decrypt).ok()), ours, "{plain:?} {flags:?}");
        }
    }
}

/// YAML that SOPS does read, though it is much like what it does not.
const READ: &[&str] = &[
    "a: x\n \t\n  y\n",
    "a:\n - x\n  \t\n   y\n",
    "a: [x\n \t\n  y, z]\n",
    "a: [x,\n\t\n  y, 'v\n\t\nw']\n",
    "? x\n \t\n  y\n: 1\n",
    "a: {? x\n \t\n  y}\n",
    "a: 1 \t\nb: '2'\t# c\nc:\t3\nd: \"4\n\t\n5\"\n",
    "a: |\n  x\n   \t\n  \ty\n",
    "%YAML 1.1\n%TAG !x! tag:x,2000:\n---\na: 1\n",
    "a: [!x , !!str b, ! ]\n",
    "a: {? \"one\ntwo\" : 1, ? &x\n three\n : 2,\n four\n, ? five\n}\n",
    "a: {one # c\n  , two:\n  [1,\n  2]}\n",
    "a: [{b: 'x\n  y', # c\n  c:\n  d}, e: 1,\n  \"f\"\n  ]\n? g\n  h\n: {i\n  }\n",
    "a: {\"a\":\n\n1, # b: c\n&d e :\n\"f\"}\n",
    "a: [\"http://b?c=d\", ':f']\nb: :c?\nd?: e\n",
    "a: \"\\\\/\"\n",
];

#[test]
fn what_sops_reads_stays_as_it_is() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    for text in READ {
        let plain = format!("{text}zz: 1\n");
        reads_as_sops_does(&sandbox, sops, &plain, &[]);
        reads_as_sops_does(&sandbox, sops, &plain, &["--encrypted-regex", "^zz$"]);
        let sealed = sandbox.cloze(["encrypt", "--encrypted-regex", "^zz$", "s.yaml"]).text();
        assert!(sealed.starts_with(text), "{sealed}");
    }
}

#[test]
fn yaml_that_nothing_can_be_made_of_for_sops_is_refused() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    for (refused, ours, why) in [
        ("a: 1\n...\nb: 1\n", "a document without `---`", "expected <document start>"),
        ("...\na: 1\n", "`...` before the first document", "did not find expected node content"),
        (
            "zz: 1\na: | # c\n  \tx\n",
            "a tab where SOPS looks for the indentation",
            "where an indentation space is expected",
        ),
        ("a: [!b#c , d]\n", "a tag with signs", "did not find expected whitespace or line break"),
        ("a: {one # c\n  : 1}\n", "a comment beside a key in brackets", "did not find expected"),
    ] {
        sandbox.write("s.yaml", refused);
        let encrypt = ["encrypt", "--encrypted-regex", "^zz$", "--allow-unmatched", "s.yaml"];
        let outcome = sandbox.cloze(encrypt).run();
        outcome.says(ours).prints("");
        assert!(matches!(outcome.code, 2 | 23), "{refused:?}: {}", outcome.code);
        sandbox.real(sops, ["encrypt", "s.yaml"]).run().says(why);
    }
}

#[test]
fn a_text_beside_one_that_goes_on_further_out_is_set() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    sandbox.write("f.yaml", "a: \"one\ntwo\"\nb:\n  c: 'x\n\n  y'\n");
    sandbox.cloze(["encrypt", "-i", "--encrypted-regex", "^c$", "f.yaml"]).ok();
    sandbox.cloze(["set", "f.yaml", "[\"b\"][\"d\"]", "2"]).ok();
    assert_eq!(sandbox.cloze(["decrypt", "f.yaml"]).text(), "a: \"one\ntwo\"\nb:\n  c: 'x\n\n  y'\n  d: 2\n");
    sandbox.cloze(["set", "f.yaml", "[\"b\"][\"c\"]", "\"z\""]).ok();
    assert_eq!(sandbox.cloze(["decrypt", "f.yaml"]).text(), "a: \"one\ntwo\"\nb:\n  c: 'z'\n  d: 2\n");
    let read = sandbox.real(sops, ["decrypt", "--extract", "[\"a\"]", "f.yaml"]).text();
    assert_eq!(read, "one two");
}

#[test]
fn a_comment_behind_an_empty_element_stays_a_comment() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    let plain = "k:\n- []\n# note\n- x\n- {}\n# more\n- z\n";
    reads_as_sops_does(&sandbox, sops, plain, &[]);
    sandbox.write("sealed.yaml", sandbox.real(sops, ["encrypt", "s.yaml"]).ok());
    let opened = sandbox.cloze(["decrypt", "sealed.yaml"]).text();
    assert_eq!(opened, "k:\n    - []\n    # note\n    - x\n    - {}\n    # more\n    - z\n");
}

#[test]
fn a_block_with_an_indentation_of_its_own_and_a_comment_is_sealed() {
    let Some(sops) = require_sops() else { return };
    let sandbox = Sandbox::with_rules();
    for plain in
        ["a: |2 # note\n    one\n   two\nb: 1\n", "a:\n- >2- # note\n    one\n\n   two\n- |1 # note\n  x\nb: 1\n"]
    {
        reads_as_sops_does(&sandbox, sops, plain, &[]);
    }
}
