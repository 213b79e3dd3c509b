//! `init`: a key and rules to start with, from flags and from answers.

use std::fs;

use crate::harness::{BOB, Sandbox, key_file, mode, require_sops};
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
fn takes_recipients_of_every_kind_as_sops_does() {
    let sandbox = Sandbox::without_key();
    let keys = [
        ("--pgp", "pgp", "85D77543B3D624B63CEA9E6DBC17301B491B3F21"),
        ("--kms", "kms", "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000"),
        ("--gcp-kms", "gcp_kms", "projects/p/locations/l/keyRings/r/cryptoKeys/k"),
        ("--hckms", "hckms", "tr-west-1:9f86d081-884c-4d63-a1b4-27c8e0a5c2f1"),
        ("--azure-kv", "azure_keyvault", "https://127.0.0.1:1/keys/k/1"),
        ("--hc-vault-transit", "hc_vault_transit_uri", "http://127.0.0.1:1/v1/transit/keys/k"),
    ];
    let flags = keys.iter().flat_map(|(flag, _, key)| [*flag, *key]);
    sandbox.cloze(["init", "--yes", "--recipient", BOB].into_iter().chain(flags)).run().expect(0);
    let rules = sandbox.text(".sops.yaml").replace('\'', "");
    for (_, field, key) in keys {
        assert!(rules.contains(&format!("    {field}:\n      - {key}\n")), "{rules}");
    }
    assert!(rules.contains(&format!("      - {BOB}\n")) && rules.matches("- age1").count() == 2, "{rules}");
    // A rule of keys alone has no key of ours; SOPS reads it, and does what it says.
    for (flag, _, key) in keys.iter().filter(|(flag, ..)| matches!(*flag, "--azure-kv" | "--hc-vault-transit")) {
        let sandbox = Sandbox::without_key();
        sandbox.cloze(["init", "--yes", "--no-own-key", flag, key]).run().expect(0);
        assert!(!sandbox.home().join(KEYS).exists() && !sandbox.text(".sops.yaml").contains("age"));
        let Some(sops) = require_sops() else { return };
        sandbox.write("secret.yaml", SECRET);
        let theirs = sandbox.real(sops, ["encrypt", "secret.yaml"]).env("AZURE_TOKEN_CREDENTIALS", "dev");
        theirs
            .env("VAULT_MAX_RETRIES", "0")
            .run()
            .says(&format!("failed to encrypt new data key with master key \"{key}\""));
    }
    let sandbox = Sandbox::without_key();
    let before = sandbox.snapshot();
    sandbox.cloze(["init", "--yes", "--no-own-key"]).run().expect(1).says("nobody could open a file");
    assert_eq!(sandbox.snapshot(), before);
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
    terminal.expect("ecipient").send("arn:aws:s3:::bucket\r").expect("an AWS KMS key is");
    let arn = "arn:aws:kms:eu-west-1:111122223333:alias/config";
    terminal.expect("ecipient").send(&format!("{BOB}, {arn}\r"));
    terminal.expect("ubernetes").send("y");
    let (code, screen) = terminal.finish();
    assert_eq!(code, 0, "{screen}");
    assert_eq!(mode(&sandbox.home().join(KEYS)), 0o600);
    let rules = sandbox.text(".sops.yaml");
    assert!(rules.contains(BOB) && rules.contains("stringData"), "{rules}");
    assert!(rules.contains(&format!("    kms:\n      - {arn}\n")), "{rules}");
}
