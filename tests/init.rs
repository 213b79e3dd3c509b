//! `init`: a key and rules to start with, from flags and from answers.

use std::fs;

use crate::harness::{BOB, Sandbox, key_file, mode};
use crate::pty::Terminal;

const KEYS: &str = ".config/sops/age/keys.txt";
const SECRET: &str = "apiVersion: v1\nkind: Secret\nstringData:\n  password: hunter2\n";

#[test]
fn makes_a_key_and_rules_that_work_at_once() {
    let sandbox = Sandbox::without_key();
    let outcome = sandbox.cloze(["init", "--yes"]).run();
    outcome.expect(0);
    let key = sandbox.home().join(KEYS);
    assert_eq!(mode(&key), 0o600);
    let identities = fs::read_to_string(&key).unwrap();
    assert_eq!(identities.lines().filter(|line| line.starts_with("AGE-SECRET-KEY-1")).count(), 1);
    let said = outcome.stderr.clone() + &outcome.stdout_lossy();
    assert!(said.contains("age1") && said.contains("cloze"), "it should say what to do next: {said}");
    assert!(!said.contains("AGE-SECRET-KEY-"));
    sandbox.write("secret.yaml", SECRET);
    sandbox.cloze(["encrypt", "-i", "secret.yaml"]).run().expect(0).silent();
    assert!(!sandbox.text("secret.yaml").contains("hunter2"));
    sandbox.cloze(["decrypt", "secret.yaml"]).run().expect(0).prints(SECRET).silent();
}

#[test]
fn changes_nothing_that_is_there() {
    let sandbox = Sandbox::with_rules();
    let key = sandbox.home().join(KEYS);
    let before = (fs::read(&key).unwrap(), sandbox.read(".sops.yaml"));
    sandbox.cloze(["init", "--yes"]).run();
    assert_eq!((fs::read(&key).unwrap(), sandbox.read(".sops.yaml")), before);
}

#[test]
fn takes_recipients_and_kubernetes_from_flags() {
    let sandbox = Sandbox::without_key();
    sandbox.cloze(["init", "--recipient", BOB, "--kubernetes", "--yes"]).run().expect(0);
    sandbox.write("secret.yaml", SECRET);
    sandbox.cloze(["encrypt", "-i", "secret.yaml"]).ok();
    let text = sandbox.text("secret.yaml");
    assert!(text.contains("kind: Secret\n") && text.contains(BOB) && !text.contains("hunter2"), "{text}");
    fs::copy(key_file("bob"), sandbox.home().join(KEYS)).unwrap();
    sandbox.cloze(["decrypt", "secret.yaml"]).run().expect(0).prints(SECRET);
}

#[test]
fn a_wrong_recipient_writes_nothing() {
    let sandbox = Sandbox::without_key();
    let before = sandbox.snapshot();
    sandbox.cloze(["init", "--recipient", "age1nobody", "--yes"]).run().expect(1).says("age1nobody");
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn without_a_terminal_it_never_waits() {
    let sandbox = Sandbox::without_key();
    // The harness ends what hangs.
    let outcome = sandbox.cloze(["init"]).run();
    assert!(outcome.code == 0 || outcome.stderr.contains("--yes"), "{}", outcome.stderr);
}

#[test]
fn asks_on_a_terminal() {
    let sandbox = Sandbox::without_key();
    let Some(mut terminal) = Terminal::start(&sandbox, "cloze init", &[]) else { return };
    terminal.expect("ecipient").send(&format!("{BOB}\r"));
    terminal.expect("ubernetes").send("y");
    let (code, screen) = terminal.finish();
    assert_eq!(code, 0, "{screen}");
    assert_eq!(mode(&sandbox.home().join(KEYS)), 0o600);
    let rules = sandbox.text(".sops.yaml");
    assert!(rules.contains(BOB) && rules.contains("stringData"), "{rules}");
}
