//! PGP recipients: with the real gpg and its agent in a home of their own, without gpg, and both
//! ways with the real sops. Keys are made here, but for those of SOPS's own functional tests.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Call, Sandbox, require_corpus, require_sops, set_mode, skip};

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
        ring.bare(ring.cloze(&["encrypt", "--pgp", &key, "plain.yaml", "--output", "bare.yaml"])).run().expect(0).silent();
        for sealed in ["ours.yaml", "theirs.yaml", "bare.yaml"] {
            let by_file = ring.bare(ring.sandbox.cloze(["decrypt", sealed])).env("CLOZE_PGP_KEY_FILE", &file);
            by_file.run().expect(0).silent().prints(PLAIN);
        }
        ring.here(ring.sandbox.real(sops, ["decrypt", "bare.yaml"])).run().expect(0).prints(PLAIN);
        // GnuPG 1 kept the same in keyrings that SOPS reads without gpg, and so do we.
        let old = ring.sandbox.home().join(".gnupg");
        fs::create_dir_all(&old).unwrap();
        fs::write(old.join("secring.gpg"), ring.call("gpg", &["--batch", "--export-secret-keys"]).ok()).unwrap();
        fs::write(old.join("pubring.gpg"), ring.call("gpg", &["--batch", "--export"]).ok()).unwrap();
        for file in ["ours.yaml", "bare.yaml"] {
            ring.bare(ring.sandbox.real(sops, ["decrypt", file])).run().expect(0).prints(PLAIN);
            ring.bare(ring.sandbox.cloze(["decrypt", file])).run().expect(0).silent().prints(PLAIN);
        }
        ring.bare(ring.sandbox.cloze(["encrypt", "--pgp", &key, "plain.yaml"])).run().expect(0).silent();
    }
}
