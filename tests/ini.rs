//! INI files that SOPS would lose something of, and how SOPS reads what we make of them.

use cloze::document::Format;

use crate::harness::{ALICE, Sandbox, require_sops};
use crate::leaves::data;

/// A systemd unit: the same key again and again, with values that are not to be seen.
const UNIT: &str = "\
; the unit
[Unit]
After=first-hidden.target
; why
Wants=a
After=second-hidden.target ; beside
After=last.target

[Service]
Environment=\"A=hidden; one\"
\tEnvironment = `hidden
two`
ExecStart=/bin/x
Environment=B=3
";

/// The rules under which it is encrypted.
const RULES: [&[&str]; 5] = [
    &[],
    &["--encrypted-regex", "^Wants$"],
    &["--unencrypted-regex", "^After$"],
    &["--encrypted-regex", "Environment", "--mac-only-encrypted"],
    &["--encrypted-comment-regex", "why"],
];

#[test]
fn a_key_that_is_there_again_comes_back_and_sops_sees_the_last_value() {
    let sandbox = Sandbox::new();
    for rules in RULES {
        sandbox.write("u.ini", UNIT);
        let args = ["encrypt", "--age", ALICE, "-i"].iter().chain(rules).chain(&["u.ini"]);
        sandbox.cloze(args).ok();
        let sealed = sandbox.text("u.ini");
        assert!(!sealed.contains("hidden") && !sealed.contains("beside"), "{sealed}");
        sandbox.cloze(["decrypt", "u.ini"]).run().expect(0).prints(UNIT);
        let Some(sops) = require_sops() else { continue };
        let found = sandbox.real(sops, ["decrypt", "u.ini"]).ok();
        sandbox.write("plain.ini", UNIT);
        let theirs = sandbox.real(sops, ["encrypt", "--age", ALICE, "plain.ini"]).ok();
        sandbox.write("theirs.ini", theirs);
        let expected = sandbox.real(sops, ["decrypt", "theirs.ini"]).ok();
        let leaves = |text: &[u8]| {
            // SOPS puts the last value in the place of the first.
            let mut leaves = data(Format::Ini, text).unwrap().leaves;
            leaves.sort();
            leaves
        };
        assert_eq!(leaves(&found), leaves(&expected), "{rules:?}");
    }
}

#[test]
fn an_edit_keeps_every_entry() {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("u.ini", UNIT);
    let editor = sandbox.script("editor", "sed -i 's/second/2nd/; s/Wants=a/Wants=b/' \"$1\"");
    sandbox.cloze(["edit", "u.ini"]).env("EDITOR", editor.to_str().unwrap()).ok();
    let expected = UNIT.replace("second", "2nd").replace("Wants=a", "Wants=b");
    sandbox.cloze(["decrypt", "u.ini"]).run().expect(0).prints(expected);
}

#[test]
fn what_cannot_keep_every_entry_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.write("u.ini", UNIT);
    let said = "`u.ini:3:1`: the key \"After\" is in this section again, further down";
    let args = ["encrypt", "--age", ALICE, "--no-exact-spelling", "-i", "u.ini"];
    sandbox.cloze(args).run().expect(2).says(said);
    assert_eq!(sandbox.text("u.ini"), UNIT);
    for to in ["json", "yaml", "toml"] {
        let args = ["encrypt", "--age", ALICE, "--input-type", "ini", "--output-type", to, "u.ini"];
        sandbox.cloze(args).run().expect(4).says("the key \"After\" is there several times");
    }
    sandbox.encrypted("u.ini", UNIT);
    let sealed = sandbox.text("u.ini");
    for args in [&["--output-type", "json"][..], &["--extract", "Unit"]] {
        sandbox.cloze(["decrypt", "u.ini"].iter().chain(args)).run().expect(4);
    }
    sandbox.cloze(["decrypt", "--extract", "Unit.After", "u.ini"]).run().expect(0).prints("last.target");

    // What they hold belongs to the text as it was: line breaks, an entry added by hand.
    for changed in [sealed.replace('\n', "\r\n"), sealed.replace("Wants=", "Wants = ")] {
        sandbox.write("u.ini", changed);
        let outcome = sandbox.cloze(["decrypt", "u.ini"]).run();
        outcome.expect(51).says("`u.ini`: the field `cloze_spelling` is not of this text");
        assert!(outcome.stdout.is_empty());
        sandbox.cloze(["decrypt", "--ignore-mac", "u.ini"]).ok();
    }
    sandbox.write("u.ini", sealed.replace("Wants=", "Wants=secret\nWants="));
    let outcome = sandbox.cloze(["decrypt", "u.ini"]).run();
    outcome.expect(2).says("the key \"Wants\" is in this section again");
    assert!(!outcome.stderr.contains("secret"));
}

/// Values in which SOPS sees a comment and we do not.
const MARKERS: &str = "\
[s]
a = pa#ss
b = http://host/#top
c = \"a; b\"
d = 'x # y'
e = x;y
f = \"open # z
g = `raw # x`
i = x \\
  y # z
j = # only
k = \"a\" # c
l = \"a\"#c
m = ;x
n=;x
o = \"a;b
p = a\" ; b
q = a\\# b
r = 'a'b' ; c
s = `goes on
` ; \\
to here` # c
u_unencrypted = pa#ss
v_unencrypted = 'x # y'
w_unencrypted =#x
";

#[test]
fn called_as_sops_a_value_ends_where_sops_ends_it() {
    let sandbox = Sandbox::new();
    let Some(sops) = require_sops() else { return };
    for rules in [&[][..], &["--encrypted-regex", "^[a-f]$"], &["--encrypted-regex", "^[a-f]$", "--mac-only-encrypted"]]
    {
        sandbox.write("m.ini", MARKERS);
        let theirs = sandbox.real(sops, ["encrypt", "--age", ALICE, "m.ini"]).ok();
        sandbox.write("theirs.ini", theirs);
        let json = ["decrypt", "--output-type", "json"];
        let expected = sandbox.real(sops, json.iter().chain(&["theirs.ini"])).text();
        let args = ["encrypt", "--age", ALICE, "-i"].iter().chain(rules).chain(&["m.ini"]);
        sandbox.named("sops", args).ok();
        let sealed = sandbox.text("m.ini");
        for name in ["sops", "cloze"] {
            sandbox.named(name, ["decrypt", "m.ini"]).run().expect(0).prints(MARKERS);
            sandbox.named(name, json.iter().chain(&["m.ini"])).run().expect(0).prints(&expected);
        }
        assert_eq!(sandbox.real(sops, json.iter().chain(&["m.ini"])).text(), expected, "{sealed}");

        // An edit under the other name leaves the values what they are.
        let editor = sandbox.script("editor", "echo 'z = 1' >> \"$1\"");
        sandbox.cloze(["edit", "m.ini"]).env("EDITOR", editor.to_str().unwrap()).ok();
        let args = ["decrypt", "--extract", "[\"s\"][\"a\"]", "m.ini"];
        assert_eq!(sandbox.real(sops, args).text(), "pa", "{sealed}");
    }
}

#[test]
fn values_that_are_whole_stay_whole_when_called_as_sops() {
    let sandbox = Sandbox::with_rules();
    let text = MARKERS.split_inclusive("r = ").next().unwrap().replace("r = ", "");
    sandbox.encrypted("m.ini", &text);
    let editor = sandbox.script("editor", "echo 'z = 1' >> \"$1\"");
    sandbox.named("sops", ["edit", "m.ini"]).env("EDITOR", editor.to_str().unwrap()).ok();
    for (key, value) in [("a", "pa#ss"), ("b", "http://host/#top"), ("c", "a; b"), ("d", "x # y"), ("e", "x;y")] {
        let path = format!("[\"s\"][\"{key}\"]");
        let args = ["decrypt", "--extract", &path, "m.ini"];
        sandbox.named("sops", args).run().expect(0).prints(value);
        let Some(sops) = require_sops() else { continue };
        assert_eq!(sandbox.real(sops, args).text(), value);
    }
    sandbox.cloze(["decrypt", "m.ini"]).run().expect(0).prints(text + "z = 1\n");
}
