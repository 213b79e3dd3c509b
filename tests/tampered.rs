//! Comments that somebody changed. The MAC does not cover them; under our own name a file with one that
//! does not open is refused as one with such a value is, and called as `sops` it is read with a warning.

use crate::harness::{ALICE, BOB, Outcome, Sandbox, real_sops};

const PLAIN: &str = "# canary-note\na: canary-one\nlist:\n  # second\n  - b\n";

/// A sandbox with an encrypted file, of which the comments in these lines (from 1) were changed.
/// Returns the first changed line, too.
fn damaged(lines: &[usize]) -> (Sandbox, String) {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("f.yaml", PLAIN);
    let mut first = String::new();
    let text = sandbox.text("f.yaml");
    let changed = text.lines().enumerate().map(|(number, line)| {
        if !lines.contains(&(number + 1)) {
            return format!("{line}\n");
        }
        let at = line.find("data:").expect("is encrypted") + "data:".len();
        let other = if line[at..].starts_with('A') { "B" } else { "A" };
        let line = format!("{}{other}{}\n", &line[..at], &line[at + 1..]);
        if first.is_empty() {
            first.clone_from(&line);
        }
        line
    });
    let changed: String = changed.collect();
    sandbox.write("f.yaml", changed);
    (sandbox, first)
}

fn refused(outcome: &Outcome) {
    outcome.expect(25).prints("").says("`f.yaml`: the comment in line 1 does not authenticate").says("--ignore-mac");
    assert!(!outcome.stderr.contains("canary"), "{}", outcome.stderr);
}

#[test]
fn whatever_reads_the_values_refuses_the_file() {
    let (sandbox, comment) = damaged(&[1, 4]);
    let before = sandbox.text("f.yaml");
    let editor = sandbox.script("editor", "echo 'c: 1' >> \"$1\"");
    let calls: &[&[&str]] = &[
        &["decrypt", "f.yaml"],
        &["decrypt", "-i", "f.yaml"],
        &["decrypt", "--extract", "a", "f.yaml"],
        &["decrypt", "--output-type", "json", "f.yaml"],
        &["set", "f.yaml", "a", "5"],
        &["set", "--idempotent", "f.yaml", "a", "\"canary-one\""],
        &["unset", "f.yaml", "a"],
        &["rotate", "-i", "f.yaml"],
        &["edit", "f.yaml"],
        &["exec-env", "f.yaml", "echo ran"],
        &["exec-file", "f.yaml", "echo ran"],
        &["exec", "--file", "f.yaml", "--", "echo", "ran"],
    ];
    for call in calls {
        refused(&sandbox.cloze(*call).env("EDITOR", &editor).run());
        assert_eq!(sandbox.text("f.yaml"), before, "{call:?}");
    }
    let plain = PLAIN.replace("# canary-note\n", &comment);
    let passed = sandbox.cloze(["decrypt", "--ignore-mac", "f.yaml"]).run();
    passed
        .expect(0)
        .says("warning: `f.yaml`: the comment in line 1 does not authenticate")
        .says("another one were left");
    assert!(passed.stdout_lossy().starts_with(plain.split("  #").next().unwrap()), "{}", passed.stdout_lossy());
}

#[test]
fn a_comment_in_clear_is_none_of_that() {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("f.yaml", PLAIN);
    let text = sandbox.text("f.yaml");
    sandbox.write("f.yaml", format!("# added by hand\n{text}"));
    sandbox.cloze(["decrypt", "f.yaml"]).run().expect(0).silent().prints(format!("# added by hand\n{PLAIN}"));
}

/// SOPS counts the comment behind a flow list to the map around it, and prints it inside of the list,
/// where it does not open it any more.
#[test]
fn a_comment_that_sops_moved_is_opened() {
    let sandbox = Sandbox::with_rules();
    sandbox.encrypted("f.yaml", "# note\na:\n  b: 1\n");
    let text = sandbox.text("f.yaml");
    let (comment, rest) = text.split_once('\n').unwrap();
    sandbox.write("f.yaml", rest.replace("a:\n", &format!("a:\n  {comment}\n")));
    let plain = "a:\n  # note\n  b: 1\n";
    sandbox.cloze(["decrypt", "f.yaml"]).run().expect(0).silent().prints(plain);
    sandbox.cloze(["set", "f.yaml", "a.b", "2"]).ok();
    sandbox.cloze(["rotate", "-i", "f.yaml"]).ok();
    let plain = plain.replace('1', "2");
    sandbox.cloze(["decrypt", "f.yaml"]).run().expect(0).silent().prints(&plain);
    // Bound to the list or map inside, it has no business around it.
    let text = sandbox.text("f.yaml");
    let (head, comment) = text.split_once("  #").unwrap();
    sandbox.write("f.yaml", format!("#{}", comment.replacen('\n', &format!("\n{head}"), 1)));
    sandbox.cloze(["decrypt", "f.yaml"]).run().expect(25).says("the comment in line 1 does not authenticate");

    let Some(sops) = real_sops() else { return };
    sandbox.write("f.yaml", "m:\n  l: [ 'go' ]\n  # one\n  # two\n\nn: 1\n");
    sandbox.real(sops, ["encrypt", "-i", "f.yaml"]).ok();
    let theirs = sandbox.real(sops, ["decrypt", "f.yaml"]).run();
    assert!(theirs.stdout_lossy().contains("#ENC["), "{}", theirs.stdout_lossy());
    let ours = sandbox.cloze(["decrypt", "f.yaml"]).run();
    ours.expect(0).silent();
    assert!(ours.stdout_lossy().contains("# one\n"), "{}", ours.stdout_lossy());
}

#[test]
fn with_ignore_mac_it_stays_and_can_be_taken_out() {
    let (sandbox, comment) = damaged(&[1]);
    let warned = "warning: `f.yaml`: the comment in line 1";
    let plain = PLAIN.replace("# canary-note\n", &comment);
    sandbox.cloze(["set", "--ignore-mac", "f.yaml", "a", "\"two\""]).run().expect(0).says(warned);
    let plain = plain.replace("canary-one", "two");
    sandbox.cloze(["decrypt", "--ignore-mac", "f.yaml"]).run().expect(0).says(warned).prints(plain);
    let editor = sandbox.script("editor", "sed -i 1d \"$1\"");
    sandbox.cloze(["edit", "--ignore-mac", "f.yaml"]).env("EDITOR", editor).run().expect(0).says(warned);
    let rest = PLAIN.split_once('\n').unwrap().1.replace("canary-one", "two");
    sandbox.cloze(["decrypt", "f.yaml"]).run().expect(0).silent().prints(rest);
}

#[test]
fn recipients_change_without_a_look_at_it_unless_the_data_key_does() {
    let (sandbox, _) = damaged(&[1]);
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {ALICE},{BOB}\n"));
    sandbox.cloze(["updatekeys", "--yes", "f.yaml"]).run().expect(0);
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {ALICE}\n"));
    let before = sandbox.text("f.yaml");
    let outcome = sandbox.cloze(["updatekeys", "--yes", "f.yaml"]).run();
    outcome.expect(25).says("the comment in line 1 does not authenticate");
    assert_eq!(sandbox.text("f.yaml"), before);
    let kept = sandbox.cloze(["updatekeys", "--yes", "--keep-data-key", "f.yaml"]).run();
    kept.expect(0);
}

#[cfg(feature = "publish")]
#[test]
fn nothing_of_it_is_published() {
    let (sandbox, _) = damaged(&[1]);
    for rule in ["vault_path: x", &format!("s3_bucket: x, recreation_rule: {{age: {BOB}}}")] {
        let rules = format!("creation_rules:\n  - age: {ALICE}\ndestination_rules:\n  - {{{rule}}}\n");
        sandbox.write(".sops.yaml", rules);
        let call = sandbox.cloze(["publish", "--yes", "f.yaml"]).env("VAULT_ADDR", "http://127.0.0.1:1");
        refused(&call.run());
    }
}

#[test]
fn called_as_sops_it_is_read_with_a_warning_as_sops_does() {
    let (sandbox, comment) = damaged(&[1]);
    let plain = PLAIN.replace("# canary-note\n", &comment);
    let warned = "warning: `f.yaml`: the comment in line 1 does not authenticate";
    let ours = sandbox.named("sops", ["decrypt", "f.yaml"]).run();
    ours.expect(0).says(warned).prints(&plain);
    sandbox.named("sops", ["set", "f.yaml", "[\"a\"]", "\"two\""]).run().expect(0).says(warned);
    sandbox.named("sops", ["rotate", "-i", "f.yaml"]).run().expect(0).says(warned);
    let plain = plain.replace("canary-one", "two");
    sandbox.named("sops", ["decrypt", "f.yaml"]).run().expect(0).says(warned).prints(&plain);
    if let Some(sops) = real_sops() {
        let theirs = sandbox.real(sops, ["decrypt", "f.yaml"]).run();
        theirs.expect(0);
        assert!(theirs.stdout_lossy().starts_with(&comment), "{}", theirs.stdout_lossy());
        assert!(!theirs.stderr.is_empty());
    }
}
