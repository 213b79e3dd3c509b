//! PGP recipients: with the real gpg and its agent in a home of their own, without gpg, and both
//! ways with the real sops. Keys are made here, but for those of SOPS's own functional tests.

use std::fs;
use std::path::{Path, PathBuf};

use openpgp::cert::CertBuilder;
use openpgp::parse::Parse as _;
use openpgp::serialize::SerializeInto as _;
use openpgp::{Cert, Profile};
use sequoia_openpgp as openpgp;

use crate::harness::{Call, Sandbox, repository, require_corpus, require_sops, set_mode, skip};
use crate::pty::Terminal;

const PLAIN: &str = "a: one\nb: 2\n";

/// A sandbox with a gpg of its own, whose agent ends with it.
struct Ring {
    sandbox: Sandbox,
    /// Short: the agent's sockets are in it.
    home: tempfile::TempDir,
}

impl Drop for Ring {
    fn drop(&mut self) {
        let _ = self.call("gpgconf", &["--kill", "all"]).run();
    }
}

impl Ring {
    /// None, with a line, where there is no gpg.
    fn new() -> Option<Self> {
        if !["gpg", "gpgconf"].iter().all(|name| Path::new("/usr/bin").join(name).is_file()) {
            skip("there is no /usr/bin/gpg");
            return None;
        }
        let home = tempfile::Builder::new().prefix("cz").tempdir_in("/tmp").unwrap();
        set_mode(home.path(), 0o700);
        fs::write(home.path().join("gpg-agent.conf"), "allow-loopback-pinentry\n").unwrap();
        Some(Ring { sandbox: Sandbox::without_key(), home })
    }

    fn call(&self, program: &str, args: &[&str]) -> Call {
        self.here(self.sandbox.call(&Path::new("/usr/bin").join(program), args))
    }

    /// The same call with our gpg.
    fn here(&self, call: Call) -> Call {
        call.env("GNUPGHOME", self.home.path())
    }

    fn gpg(&self, args: &[&str]) -> String {
        let fixed = ["--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback"];
        self.call("gpg", &[&fixed, args].concat()).text()
    }

    fn cloze(&self, args: &[&str]) -> Call {
        self.here(self.sandbox.cloze(args))
    }

    /// The same call where there is no gpg.
    fn bare(&self, call: Call) -> Call {
        call.env("PATH", self.sandbox.root().join("bin"))
    }

    /// Makes a key to sign with, and the subkey to encrypt to. Returns its fingerprint.
    fn key(&self, name: &str, kinds: [&str; 2], passphrase: &str, lifetime: &str) -> String {
        let known = ["--passphrase", passphrase];
        self.gpg(&[&known[..], &["--quick-generate-key", name, kinds[0], "default", lifetime]].concat());
        let fingerprint = self.fingerprints(name)[0].clone();
        self.gpg(&[&known[..], &["--quick-add-key", &fingerprint, kinds[1], "encr", lifetime]].concat());
        fingerprint
    }

    /// The usual key.
    fn plain_key(&self) -> String {
        self.key("plain@example.org", CURVES, "", "never")
    }

    /// Of a key and its subkeys.
    fn fingerprints(&self, name: &str) -> Vec<String> {
        let listing = self.gpg(&["--with-colons", "--list-keys", name]);
        let lines = listing.lines().filter_map(|line| line.strip_prefix("fpr:::::::::"));
        lines.map(|line| line.trim_end_matches(':').to_owned()).collect()
    }

    /// Writes the secret key into a file of the sandbox.
    fn export(&self, fingerprint: &str, passphrase: &str) -> PathBuf {
        let args = ["--passphrase", passphrase, "--armor", "--export-secret-keys", fingerprint];
        self.sandbox.write("key.asc", self.gpg(&args))
    }

    fn forget_passphrases(&self) {
        self.call("gpgconf", &["--kill", "gpg-agent"]).ok();
    }

    /// A pinentry that answers with these words of its protocol.
    fn pinentry(&self, answer: &str) {
        let script = format!(
            "echo OK\nwhile read -r word rest; do case $word in\nGETPIN) {answer};;\nBYE) echo OK; exit;;\n*) echo OK;;\nesac; done"
        );
        let path = self.sandbox.script("pinentry-toy", &script);
        let conf = format!("allow-loopback-pinentry\npinentry-program {}\n", path.display());
        fs::write(self.home.path().join("gpg-agent.conf"), conf).unwrap();
        self.forget_passphrases();
    }

    /// An encrypted file for this recipient.
    fn sealed(&self, name: &str, recipient: &str) -> String {
        self.sandbox.write(name, PLAIN);
        self.cloze(&["encrypt", "-i", "--pgp", recipient, name]).run().expect(0).silent();
        self.sandbox.text(name)
    }
}

const CURVES: [&str; 2] = ["ed25519", "cv25519"];
const AGE: &str = "age1t9t5fh32rc87a4wkplhhwtrh2x50ynta00934mwec96m68w5raes2w5e2p";
const RSA: [&str; 2] = ["rsa2048", "rsa2048"];

#[test]
fn ours_open_in_sops_and_theirs_here() {
    let (Some(sops), Some(ring)) = (require_sops(), Ring::new()) else { return };
    for (name, kinds) in [("curves@example.org", CURVES), ("rsa@example.org", RSA)] {
        let key = ring.key(name, kinds, "", "never");
        let sealed = ring.sealed("ours.yaml", &key);
        assert!(sealed.contains("-----BEGIN PGP MESSAGE-----") && sealed.contains(&format!("fp: {key}")), "{sealed}");
        ring.here(ring.sandbox.real(sops, ["decrypt", "ours.yaml"])).run().expect(0).prints(PLAIN);
        ring.sandbox.write("plain.yaml", PLAIN);
        let theirs = ring.here(ring.sandbox.real(sops, ["encrypt", "--pgp", &key, "plain.yaml"])).ok();
        ring.sandbox.write("theirs.yaml", theirs);
        ring.cloze(&["decrypt", "theirs.yaml"]).run().expect(0).silent().prints(PLAIN);
        // And where there is no gpg: the certificate out of the keybox, the secret key out of a file.
        let file = ring.export(&key, "");
        ring.bare(ring.cloze(&["encrypt", "--pgp", &key, "plain.yaml", "--output", "bare.yaml"]))
            .run()
            .expect(0)
            .silent();
        for sealed in ["ours.yaml", "theirs.yaml", "bare.yaml"] {
            let by_file = ring.bare(ring.sandbox.cloze(["decrypt", sealed])).env("CLOZE_PGP_KEY_FILE", &file);
            by_file.run().expect(0).silent().prints(PLAIN);
        }
        ring.here(ring.sandbox.real(sops, ["decrypt", "bare.yaml"])).run().expect(0).prints(PLAIN);
        // GnuPG 1 kept the same in keyrings that SOPS reads without gpg, and so do we.
        let old = ring.sandbox.home().join("gnupg1");
        fs::create_dir_all(&old).unwrap();
        fs::write(old.join("secring.gpg"), ring.call("gpg", &["--batch", "--export-secret-keys"]).ok()).unwrap();
        fs::write(old.join("pubring.gpg"), ring.call("gpg", &["--batch", "--export"]).ok()).unwrap();
        let with_old = |call: Call| ring.bare(call).env("GNUPGHOME", &old);
        for file in ["ours.yaml", "bare.yaml"] {
            with_old(ring.sandbox.real(sops, ["decrypt", file])).run().expect(0).prints(PLAIN);
            with_old(ring.sandbox.cloze(["decrypt", file])).run().expect(0).silent().prints(PLAIN);
        }
        with_old(ring.sandbox.cloze(["encrypt", "--pgp", &key, "plain.yaml"])).run().expect(0).silent();
    }
}

#[test]
fn a_certificate_is_found_in_each_store() {
    let Some(ring) = Ring::new() else { return };
    let key = ring.plain_key();
    let certificate = ring.gpg(&["--armor", "--export", &key]);
    let binary = ring.call("gpg", &["--batch", "--export", &key]).ok();
    let secret = ring.export(&key, "");
    ring.sandbox.write("plain.yaml", PLAIN);
    let file = ring.sandbox.write("team.asc", format!("alice\n{}\n{certificate}", cert_of_nobody()));
    let cert_d = ring.sandbox.home().join(".local/share/pgp.cert.d");
    let check = |what: &str, recipient: &str, with: &dyn Fn(Call) -> Call| {
        let call = ring.bare(ring.sandbox.cloze(["encrypt", "--pgp", recipient, "plain.yaml", "--output", "new.yaml"]));
        with(call).run().expect(0).silent();
        let opened = ring.bare(ring.sandbox.cloze(["decrypt", "new.yaml"])).env("CLOZE_PGP_KEY_FILE", &secret).run();
        opened.expect(0).prints(PLAIN);
        fs::remove_file(ring.sandbox.path("new.yaml")).unwrap();
        assert!(!ring.sandbox.home().join(".gnupg").exists(), "{what}");
    };
    let id = &key[24..];
    let subkey = &ring.fingerprints("plain@example.org")[1];
    check("file", &key, &|call| call.env("CLOZE_PGP_KEY_FILE", &file));
    check("file, by id", id, &|call| call.env("CLOZE_PGP_KEY_FILE", &file));
    check("variable, by subkey", subkey, &|call| call.env("CLOZE_PGP_KEY", &certificate));
    check("keybox", &key.to_lowercase(), &|call| ring.here(call));
    check("gpg", subkey, &|call| ring.here(call).env("SOPS_GPG_EXEC", "/usr/bin/gpg"));
    // Without a home, gpg is not even started.
    let refused = ring.sandbox.cloze(["encrypt", "--pgp", &key, "plain.yaml"]).env("SOPS_GPG_EXEC", "/nonexistent/gpg");
    refused.run().expect(1).says("`/nonexistent/gpg` cannot be run: no such file or directory");
    fs::create_dir_all(cert_d.join(key[..2].to_lowercase())).unwrap();
    fs::write(cert_d.join(key[..2].to_lowercase()).join(key[2..].to_lowercase()), &binary).unwrap();
    check("shared store", &key, &|call| call);
    check("named shared store", &format!("0x{key}"), &|call| {
        call.env("PGP_CERT_D", &cert_d).env("HOME", "/nonexistent")
    });
}

/// A certificate that has nothing to do with ours.
fn cert_of_nobody() -> String {
    let (cert, _) = CertBuilder::general_purpose(Some("nobody@example.org")).generate().unwrap();
    String::from_utf8(cert.armored().to_vec().unwrap()).unwrap()
}

#[test]
fn one_subkey_can_be_asked_for() {
    let Some(ring) = Ring::new() else { return };
    let key = ring.plain_key();
    // A second later: the newest is the one to take.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    ring.gpg(&["--passphrase", "", "--quick-add-key", &key, "rsa2048", "encr", "never"]);
    let subkeys = ring.fingerprints("plain@example.org");
    let [_, older, newer] = subkeys.as_slice() else { panic!("{subkeys:?}") };
    for (recipient, opens_with) in
        [(&key, newer), (older, newer), (&format!("{older}!"), older), (&format!("{newer}!"), newer)]
    {
        ring.sealed("a.yaml", recipient);
        for subkey in [older, newer] {
            // The primary key in such a file is a mere note.
            let secret = ring.gpg(&["--passphrase", "", "--armor", "--export-secret-subkeys", &format!("{subkey}!")]);
            let code = if subkey == opens_with { 0 } else { 128 };
            let opened = ring.bare(ring.sandbox.cloze(["decrypt", "a.yaml"])).env("CLOZE_PGP_KEY", secret).run();
            opened.expect(code);
        }
        ring.cloze(&["decrypt", "a.yaml"]).run().expect(0).prints(PLAIN);
    }
}

#[test]
fn a_passphrase_comes_from_wherever_it_is() {
    let Some(ring) = Ring::new() else { return };
    let key = ring.key("locked@example.org", CURVES, "sesame", "never");
    ring.sealed("a.yaml", &key);
    let file = ring.export(&key, "sesame");
    let passphrase = ring.sandbox.write("passphrase", "sesame\n");
    let bare = || ring.bare(ring.sandbox.cloze(["decrypt", "a.yaml"])).env("CLOZE_PGP_KEY_FILE", &file);
    bare().env("CLOZE_PGP_PASSPHRASE", "sesame").run().expect(0).silent().prints(PLAIN);
    bare().env("CLOZE_PGP_PASSPHRASE_FILE", &passphrase).run().expect(0).silent().prints(PLAIN);
    // gpg takes it as well, and asks nobody.
    ring.pinentry("echo 'ERR 83886179 cancelled'");
    ring.cloze(&["decrypt", "a.yaml"]).env("CLOZE_PGP_PASSPHRASE_FILE", &passphrase).run().expect(0).prints(PLAIN);
    ring.forget_passphrases();
    ring.pinentry("echo 'D sesame'; echo OK");
    ring.cloze(&["decrypt", "a.yaml"]).run().expect(0).silent().prints(PLAIN);
    // The agent remembers.
    ring.sandbox.script("pinentry-toy", "exit 1");
    ring.cloze(&["decrypt", "a.yaml"]).run().expect(0).silent().prints(PLAIN);
}

#[test]
fn a_passphrase_is_asked_for_on_the_terminal_and_once() {
    let Some(ring) = Ring::new() else { return };
    let key = ring.key("locked@example.org", CURVES, "sesame", "never");
    ring.sealed("a.yaml", &key);
    ring.sealed("b.yaml", &key);
    let file = ring.export(&key, "sesame");
    ring.sandbox.script("edit", "sed -i s/one/eins/ \"$1\"");
    let bin = ring.sandbox.root().join("bin");
    let path = format!("PATH={} ", bin.display());
    let variables = [("CLOZE_PGP_KEY_FILE", file.to_str().unwrap())];
    for (typed, code) in [("sesame", 0), ("wrong", 128)] {
        let command = format!("{path} cloze decrypt a.yaml");
        let Some(mut terminal) = Terminal::start(&ring.sandbox, &command, &variables) else { return };
        terminal.expect("the passphrase of the PGP key").expect("key.asc").send(&format!("{typed}\n"));
        let (ended, screen) = terminal.finish();
        assert_eq!(ended, code, "{screen}");
        assert!(!screen.contains("sesame") && screen.matches("the passphrase of").count() == 1, "{screen}");
        assert!(screen.contains("a: one") == (code == 0) && screen.contains("is wrong") == (code != 0), "{screen}");
    }
}

#[test]
fn gpg_decrypts_once_however_many_recipients_there_are() {
    let Some(ring) = Ring::new() else { return };
    let keys: Vec<String> = ["one", "two", "three"].iter().map(|name| ring.key(name, CURVES, "", "never")).collect();
    ring.sealed("a.yaml", &keys.join(","));
    for key in &keys[..2] {
        ring.gpg(&["--yes", "--delete-secret-keys", key]);
    }
    let script = ring.sandbox.script("my-gpg", "echo \"$*\" >> \"$HOME/log\"; exec /usr/bin/gpg \"$@\"");
    ring.cloze(&["decrypt", "a.yaml"]).env("SOPS_GPG_EXEC", &script).run().expect(0).silent().prints(PLAIN);
    let log = fs::read_to_string(ring.sandbox.home().join("log")).unwrap();
    assert_eq!((log.lines().count(), log.matches(" -d").count()), (2, 1), "{log}");
    // What the key file opens is not gpg's business.
    let file = ring.export(&keys[2], "");
    let by_file = ring.cloze(&["decrypt", "a.yaml"]).env("SOPS_GPG_EXEC", &script).env("CLOZE_PGP_KEY_FILE", &file);
    by_file.run().expect(0).silent().prints(PLAIN);
    assert_eq!(fs::read_to_string(ring.sandbox.home().join("log")).unwrap(), log);
}

#[test]
fn old_and_new_messages_open_without_gpg() {
    let (Some(sops), Some(ring)) = (require_sops(), Ring::new()) else { return };
    let key = ring.key("rsa@example.org", RSA, "", "never");
    let file = ring.export(&key, "");
    ring.sandbox.write("plain.yaml", PLAIN);
    for options in [
        "--cipher-algo 3DES",
        "--cipher-algo CAST5 --compress-algo zip",
        "--cipher-algo TWOFISH --compress-algo zlib",
        "--hidden-recipient $5",
    ] {
        let options = options.replace("$5", &key);
        let script = ring.sandbox.script("my-gpg", &format!("exec /usr/bin/gpg {options} \"$@\""));
        let theirs = ring.here(ring.sandbox.real(sops, ["encrypt", "--pgp", &key, "plain.yaml"]));
        let theirs = theirs.env("SOPS_GPG_EXEC", &script).ok();
        ring.sandbox.write("theirs.yaml", theirs);
        let bare = ring.bare(ring.sandbox.cloze(["decrypt", "theirs.yaml"])).env("CLOZE_PGP_KEY_FILE", &file).run();
        assert_eq!((bare.code, bare.stdout_lossy()), (0, PLAIN.into()), "{options}: {}", bare.stderr);
    }
    // A key of RFC 9580: version 6, and AEAD.
    let builder = CertBuilder::new().set_profile(Profile::RFC9580).unwrap();
    let (cert, _) = builder.add_userid("new@example.org").add_transport_encryption_subkey().generate().unwrap();
    let secret = String::from_utf8(cert.as_tsk().armored().to_vec().unwrap()).unwrap();
    let fingerprint = cert.fingerprint().to_hex();
    assert_eq!(fingerprint.len(), 64);
    let bare = |args: &[&str]| ring.bare(ring.sandbox.cloze(args)).env("CLOZE_PGP_KEY", &secret);
    bare(&["encrypt", "--pgp", &fingerprint, "plain.yaml", "--output", "new.yaml"]).run().expect(0).silent();
    bare(&["decrypt", "new.yaml"]).run().expect(0).silent().prints(PLAIN);
}

#[test]
fn gpg_encrypts_to_what_is_too_old_for_us() {
    let (Some(sops), Some(ring)) = (require_sops(), Ring::new()) else { return };
    let key = sha1_key(&ring);
    ring.sealed("a.yaml", &key);
    ring.cloze(&["decrypt", "a.yaml"]).run().expect(0).prints(PLAIN);
    ring.here(ring.sandbox.real(sops, ["decrypt", "a.yaml"])).run().expect(0).prints(PLAIN);
}

/// A key that is signed with SHA-1.
fn sha1_key(ring: &Ring) -> String {
    let options = ["--passphrase", "", "--cert-digest-algo", "SHA1"];
    ring.gpg(&[&options[..], &["--quick-generate-key", "sha1@example.org", "rsa2048", "default", "never"]].concat());
    let key = ring.fingerprints("sha1@example.org")[0].clone();
    ring.gpg(&[&options[..], &["--quick-add-key", &key, "rsa2048", "encr", "never"]].concat());
    key
}

#[test]
fn every_command_takes_pgp_recipients() {
    let (Some(sops), Some(ring)) = (require_sops(), Ring::new()) else { return };
    let [one, two] = ["one", "two"].map(|name| ring.key(name, CURVES, "", "never"));
    let opens = |file: &str, plain: &str| {
        ring.cloze(&["decrypt", file]).run().expect(0).silent().prints(plain);
        ring.here(ring.sandbox.real(sops, ["decrypt", file])).run().expect(0).prints(plain);
    };
    let has = |file: &str, keys: &[&String]| {
        let text = ring.sandbox.text(file);
        assert_eq!(text.matches("fp: ").count(), keys.len(), "{text}");
        keys.iter().for_each(|key| assert!(text.contains(&format!("fp: {key}")), "{text}"));
    };
    ring.sandbox.write(".sops.yaml", format!("creation_rules:\n  - pgp: {one}\n"));
    ring.sandbox.write("a.yaml", PLAIN);
    ring.cloze(&["encrypt", "-i", "a.yaml"]).run().expect(0).silent();
    has("a.yaml", &[&one]);
    opens("a.yaml", PLAIN);
    ring.sandbox.write(".sops.yaml", format!("creation_rules:\n  - pgp: [{one}, {two}]\n"));
    ring.cloze(&["updatekeys", "--yes", "a.yaml"]).run().expect(0);
    has("a.yaml", &[&one, &two]);
    opens("a.yaml", PLAIN);
    ring.cloze(&["rotate", "-i", "--rm-pgp", &one, "a.yaml"]).run().expect(0);
    has("a.yaml", &[&two]);
    ring.cloze(&["rotate", "-i", "--add-pgp", &one, "a.yaml"]).run().expect(0);
    has("a.yaml", &[&one, &two]);
    let editor = ring.sandbox.script("edit", "sed -i s/one/eins/ \"$1\"");
    ring.cloze(&["edit", "a.yaml"]).env("EDITOR", &editor).run().expect(0);
    opens("a.yaml", &PLAIN.replace("one", "eins"));
    ring.cloze(&["set", "a.yaml", "[\"a\"]", "\"one\""]).run().expect(0);
    opens("a.yaml", PLAIN);
    ring.cloze(&["groups", "add", "-i", "-f", "a.yaml", "--pgp", &two]).run().expect(0);
    opens("a.yaml", PLAIN);
    fs::remove_file(ring.sandbox.path(".sops.yaml")).unwrap();
    ring.sandbox.write("b.yaml", PLAIN);
    ring.cloze(&["encrypt", "-i", "b.yaml"]).env("SOPS_PGP_FP", format!("{one}, {two}")).run().expect(0).silent();
    has("b.yaml", &[&one, &two]);
    opens("b.yaml", PLAIN);
}

#[test]
fn a_rule_names_key_files() {
    let (Some(sops), Some(ring)) = (require_sops(), Ring::new()) else { return };
    let [one, two, three] = ["one", "two", "three"].map(|name| ring.key(name, CURVES, "", "never"));
    let sandbox = &ring.sandbox;
    let certificates = format!("{}{}", cert_of_nobody(), ring.gpg(&["--armor", "--export", &one]));
    sandbox.write("keys/one.asc", certificates);
    sandbox.write("keys/others.pgp", ring.call("gpg", &["--batch", "--export", &two, &three]).ok());
    let bare = |args: &[&str]| ring.bare(sandbox.cloze(args));
    let opens = |file: &str, plain: &str| {
        ring.cloze(&["decrypt", file]).run().expect(0).silent().prints(plain);
        ring.here(sandbox.real(sops, ["decrypt", file])).run().expect(0).prints(plain);
    };
    let has = |file: &str, keys: &[&String]| {
        let text = sandbox.text(file);
        assert_eq!(text.matches("fp: ").count(), keys.len(), "{text}");
        keys.iter().for_each(|key| assert!(text.contains(&format!("fp: {key}")), "{text}"));
    };
    let rules = |one_rule: &str| sandbox.write(".sops.yaml", format!("creation_rules:\n  - {one_rule}\n"));
    // SOPS passes over the field, in a rule and in a group.
    for rule in [
        format!("pgp: {one}\n    pgp_key_files: keys/one.asc"),
        format!("key_groups:\n      - {{pgp: [{one}], pgp_key_files: [keys/one.asc]}}"),
    ] {
        rules(&rule);
        sandbox.write("dir/a.yaml", PLAIN);
        bare(&["encrypt", "-i", "dir/a.yaml"]).run().expect(0).silent();
        has("dir/a.yaml", &[&one]);
        opens("dir/a.yaml", PLAIN);
        sandbox.write("theirs.yaml", PLAIN);
        ring.here(sandbox.real(sops, ["encrypt", "-i", "theirs.yaml"])).run().expect(0);
        has("theirs.yaml", &[&one]);
    }
    rules(&format!("pgp: [{one}, {two}]\n    pgp_key_files: [keys/one.asc, keys/others.pgp]"));
    let secret = ring.export(&one, "");
    let changing = |args: &[&str]| bare(args).env("CLOZE_PGP_KEY_FILE", &secret).run().expect(0).code;
    changing(&["updatekeys", "--yes", "dir/a.yaml"]);
    has("dir/a.yaml", &[&one, &two]);
    opens("dir/a.yaml", PLAIN);
    changing(&["rotate", "-i", "--add-pgp", &three, "dir/a.yaml"]);
    has("dir/a.yaml", &[&one, &two, &three]);
    opens("dir/a.yaml", PLAIN);
    changing(&["groups", "add", "-i", "-f", "dir/a.yaml", "--pgp", &three]);
    opens("dir/a.yaml", PLAIN);
    let editor = sandbox.script("edit", "printf 'a: new\\n' > \"$1\"");
    let tools = format!("{}:/usr/bin:/bin", sandbox.root().join("bin").display());
    let edit = || sandbox.cloze(["edit", "new.yaml"]).env("EDITOR", &editor).env("PATH", &tools);
    edit().env("SOPS_GPG_EXEC", "/nonexistent").run().expect(0);
    has("new.yaml", &[&one, &two]);
    opens("new.yaml", "a: new\n");
    // A rule comes before what else there is, and what is wrong with it is not passed over.
    rules(&format!("pgp: {one}\n    pgp_key_files: [keys/one.asc, keys/gone.asc]"));
    sandbox.write("b.yaml", PLAIN);
    for args in [&["encrypt", "-i", "b.yaml"][..], &["updatekeys", "--yes", "dir/a.yaml"]] {
        let before = sandbox.snapshot();
        let refused = ring.cloze(args).env("CLOZE_PGP_KEY_FILE", &secret).run();
        refused
            .expect(1)
            .says("the key file `keys/gone.asc` of this rule: there is no such file")
            .says(".sops.yaml:3:35");
        assert_eq!(sandbox.snapshot(), before, "{args:?}");
    }
    // Somebody else's recipients do not need it.
    bare(&["encrypt", "--age", AGE, "b.yaml"]).run().expect(0).silent();
    bare(&["encrypt", "--pgp", &one, "b.yaml"]).run().expect(1).says("keys/gone.asc");
}

#[test]
fn the_functional_tests_of_sops_open() {
    let (Some(corpus), Some(sops), Some(ring)) = (require_corpus(), require_sops(), Ring::new()) else { return };
    let folder = corpus.join("sops-functional");
    let key = folder.join("sops_functional_tests_key.asc");
    if !key.is_file() {
        skip("the corpus has no sops-functional");
        return;
    }
    ring.gpg(&["--import", key.to_str().unwrap()]);
    let mut opened = 0;
    for place in ["", "res", "examples"] {
        for entry in fs::read_dir(folder.join(place)).unwrap() {
            let path = entry.unwrap().path();
            let is_sealed =
                path.is_file() && fs::read_to_string(&path).unwrap_or_default().contains("BEGIN PGP MESSAGE");
            if !is_sealed || path == key {
                continue;
            }
            let file = path.to_str().unwrap();
            let theirs = ring.here(ring.sandbox.real(sops, ["decrypt", "--ignore-mac", file])).run();
            let ours = ring.cloze(&["decrypt", "--ignore-mac", file]).run();
            assert_eq!(ours.code, theirs.code, "{file}: {}", ours.stderr);
            let bare = ring.bare(ring.sandbox.cloze(["decrypt", "--ignore-mac", file])).env("CLOZE_PGP_KEY_FILE", &key);
            assert_eq!(bare.run().stdout_lossy(), ours.stdout_lossy(), "{file}");
            opened += usize::from(ours.code == 0);
        }
    }
    assert!(opened >= 12, "only {opened} files were opened");
}

/// What was said in each situation, as it is in `testdata/messages/pgp.txt`.
#[derive(Default)]
struct Messages {
    text: String,
    hidden: Vec<(String, &'static str)>,
}

impl Messages {
    fn hide(&mut self, what: impl AsRef<Path>, shown: &'static str) {
        self.hidden.push((what.as_ref().to_str().unwrap().to_owned(), shown));
    }

    fn add(&mut self, situation: &str, call: Call) {
        let outcome = call.run();
        assert_ne!(outcome.code, 0, "{situation}");
        assert_eq!(outcome.stdout_lossy(), "", "{situation}");
        let said = self.hidden.iter().fold(outcome.stderr, |text, (what, shown)| text.replace(what, shown));
        self.text += &format!("## {situation}\n{said}\n");
    }
}

#[test]
fn every_failure_has_its_words() {
    let Some(ring) = Ring::new() else { return };
    let mut messages = Messages::default();
    let setsid = Path::new("/usr/bin/setsid");
    if !setsid.exists() {
        skip("there is no `setsid` to take the terminal away with");
        return;
    }
    messages.hide(ring.home.path(), "[GNUPGHOME]");
    messages.hide(ring.sandbox.path(".sops.yaml"), "[RULES]");
    messages.hide(ring.sandbox.path("key.asc"), "[KEY FILE]");
    messages.hide(ring.sandbox.home(), "[HOME]");
    ring.sandbox.write("plain.yaml", PLAIN);
    let cloze = ring.sandbox.root().join("bin/cloze");
    let detached = |args: &[&str]| {
        let fixed = ["--wait", cloze.to_str().unwrap()];
        ring.here(ring.sandbox.call(setsid, fixed.iter().chain(args)))
    };
    encrypting(&ring, &mut messages);

    let key = ring.key("locked@example.org", CURVES, "sesame", "never");
    messages.hide(&key, "[FINGERPRINT]");
    messages.hide(&key[24..], "[KEY ID]");
    ring.sealed("a.yaml", &key);
    let file = ring.export(&key, "sesame");
    let decrypt = || detached(&["decrypt", "a.yaml"]);
    let bare = || ring.bare(decrypt()).env("GNUPGHOME", ring.sandbox.home().join(".gnupg"));
    messages.add("no gpg, no key", bare());
    messages.add("no gpg, a key file that is not there", bare().env("CLOZE_PGP_KEY_FILE", "nowhere.asc"));
    messages.add("no gpg, a key file that is none", bare().env("CLOZE_PGP_KEY_FILE", "plain.yaml"));
    let other = cert_of_nobody();
    let fingerprint = Cert::from_bytes(&other).unwrap().fingerprint().to_hex();
    messages.hide(&fingerprint, "[OTHER FINGERPRINT]");
    messages.add("no gpg, another key", bare().env("CLOZE_PGP_KEY", &other));
    let with_file = || bare().env("CLOZE_PGP_KEY_FILE", &file);
    messages.add("a key file with a passphrase, and nobody to ask", with_file());
    messages.add("a key file with a wrong passphrase", with_file().env("CLOZE_PGP_PASSPHRASE", "wrong"));
    messages.add("a passphrase file that is not there", with_file().env("CLOZE_PGP_PASSPHRASE_FILE", "nowhere"));
    messages.add("gpg without a home", decrypt().env("GNUPGHOME", "/nonexistent"));
    messages.add("a gpg that is not there", decrypt().env("SOPS_GPG_EXEC", "no-gpg"));
    ring.pinentry("echo 'ERR 83886179 cancelled'");
    messages.add("the passphrase was not given to gpg", decrypt());
    ring.pinentry("echo 'D wrong'; echo OK");
    messages.add("a wrong passphrase was given to gpg", decrypt());
    messages.add("a wrong passphrase was given to us for gpg", decrypt().env("CLOZE_PGP_PASSPHRASE", "wrong"));
    fs::write(ring.home.path().join("gpg-agent.conf"), "pinentry-program /nonexistent\n").unwrap();
    ring.forget_passphrases();
    messages.add("gpg has no pinentry", decrypt());
    let curses = Path::new("/usr/bin/pinentry-curses");
    if curses.exists() {
        fs::write(ring.home.path().join("gpg-agent.conf"), format!("pinentry-program {}\n", curses.display())).unwrap();
        ring.forget_passphrases();
        messages.add("gpg has no terminal", decrypt());
    }
    fs::write(ring.home.path().join("gpg-agent.conf"), "").unwrap();
    ring.forget_passphrases();
    fs::write(ring.home.path().join("gpg.conf"), "agent-program /nonexistent\n").unwrap();
    messages.add("gpg has no agent", decrypt());
    fs::remove_file(ring.home.path().join("gpg.conf")).unwrap();
    let damaged = ring.sandbox.text("a.yaml").replacen("            ", "            AAAA", 4);
    ring.sandbox.write("a.yaml", damaged);
    messages.add("a damaged wrapped key", decrypt());
    fs::remove_dir_all(ring.home.path().join("private-keys-v1.d")).unwrap();
    ring.forget_passphrases();
    ring.sealed("a.yaml", &key);
    messages.add("gpg without the secret key", decrypt());

    let golden = repository("testdata/messages/pgp.txt");
    if std::env::var_os("CLOZE_BLESS").is_some() {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(&golden, &messages.text).unwrap();
    }
    if !curses.exists() {
        skip("there is no pinentry-curses, whose message is among those to compare");
        return;
    }
    assert_eq!(messages.text, fs::read_to_string(golden).unwrap(), "CLOZE_BLESS=1 makes it anew");
}

/// The messages of keys that cannot be encrypted to.
fn encrypting(ring: &Ring, messages: &mut Messages) {
    let encrypt = |recipient: &str| ring.cloze(&["encrypt", "--pgp", recipient, "plain.yaml"]);
    let unknown = "85D77543B3D624B63CEA9E6DBC17301B491B3F22";
    messages.add("a recipient that is no fingerprint", encrypt("85D77543B3D624B"));
    messages.add("a recipient that nobody knows", encrypt(unknown));
    messages.add("a recipient that nobody knows, and no gpg", ring.bare(encrypt(unknown)));
    messages.add("a key file for it that is not there", encrypt(unknown).env("CLOZE_PGP_KEY_FILE", "nowhere.asc"));
    for (situation, file) in
        [("a key file of a rule that is not there", "gone.asc"), ("a key file of a rule without a key", "plain.yaml")]
    {
        let rule = format!("creation_rules:\n  - pgp: {unknown}\n    pgp_key_files: {file}\n");
        ring.sandbox.write(".sops.yaml", rule);
        messages.add(situation, ring.cloze(&["encrypt", "plain.yaml"]));
        fs::remove_file(ring.sandbox.path(".sops.yaml")).unwrap();
    }

    let past = ["--faked-system-time", "20240101T000000", "--passphrase", ""];
    ring.gpg(&[&past[..], &["--quick-generate-key", "expired", "ed25519", "default", "10d"]].concat());
    let expired = ring.fingerprints("expired")[0].clone();
    messages.hide(&expired, "[FINGERPRINT]");
    messages.add("an expired key", encrypt(&expired));
    ring.gpg(&[&past[..], &["--quick-generate-key", "half", "ed25519", "default", "never"]].concat());
    let half = ring.fingerprints("half")[0].clone();
    ring.gpg(&[&past[..], &["--quick-add-key", &half, "cv25519", "encr", "10d"]].concat());
    messages.hide(&half, "[FINGERPRINT]");
    messages.hide(&ring.fingerprints("half")[1][24..], "[KEY ID]");
    messages.add("a key with an expired subkey", encrypt(&half));

    let signing = {
        ring.gpg(&["--passphrase", "", "--quick-generate-key", "signing", "ed25519", "sign", "never"]);
        ring.fingerprints("signing")[0].clone()
    };
    messages.hide(&signing, "[FINGERPRINT]");
    messages.add("a key to sign with", encrypt(&signing));
    messages.add("a key to sign with, itself", encrypt(&format!("{signing}!")));

    let revoked = ring.key("revoked", CURVES, "", "never");
    let revocation = fs::read_to_string(ring.home.path().join(format!("openpgp-revocs.d/{revoked}.rev"))).unwrap();
    let revocation = ring.sandbox.write("revocation", revocation.replace("\n:-----", "\n-----"));
    ring.gpg(&["--import", revocation.to_str().unwrap()]);
    messages.hide(&revoked, "[FINGERPRINT]");
    messages.add("a revoked key", encrypt(&revoked));

    let old = sha1_key(ring);
    messages.hide(&old, "[FINGERPRINT]");
    messages.add("a key that is signed with SHA-1, and no gpg", ring.bare(encrypt(&old)));
}
