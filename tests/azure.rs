//! Azure Key Vault against a stand-in with real RSA, by every credential that there is: we and the
//! real sops read each other, Microsoft's own client reads what we wrap, and users are told what is
//! wrong.

use std::cell::Cell;

use crate::clouds::{CLIENT, Clouds, TENANT, require_clouds};
use crate::harness::{Call, Outcome, Sandbox, require_sops};
use crate::http::{Http, Reply};
use crate::messages::golden;

const VAULT: &str = "https://unit.vault.azure.net";
const PLAIN: &str = "password: hunter2\n";

/// The address of a key, without a version.
fn key(name: &str) -> String {
    format!("{VAULT}/keys/{name}")
}

/// A call of an application.
fn application(clouds: &Clouds, call: Call) -> Call {
    clouds.reached_by(call).env("AZURE_TENANT_ID", TENANT).env("AZURE_CLIENT_ID", CLIENT)
}

/// The same with its secret.
fn with_secret(clouds: &Clouds, call: Call) -> Call {
    application(clouds, call).env("AZURE_CLIENT_SECRET", "right")
}

/// A file encrypted by us to a key.
fn encrypted(clouds: &Clouds, sandbox: &Sandbox, name: &str) -> String {
    sandbox.write("plain.yaml", PLAIN);
    with_secret(clouds, sandbox.cloze(["encrypt", "--azure-kv", &key(name), "plain.yaml"])).text()
}

/// The value of a field of the only entry in the metadata.
fn field<'t>(text: &'t str, name: &str) -> &'t str {
    let line = text.lines().find(|line| line.trim_start().trim_start_matches("- ").starts_with(&format!("{name}: ")));
    line.unwrap().split_once(": ").unwrap().1.trim_matches('"')
}

/// Makes a new version of a key.
fn turn(clouds: &Clouds, sandbox: &Sandbox, name: &str) {
    const SCRIPT: &str = "
import sys
from azure.identity import ClientSecretCredential
from azure.keyvault.keys import KeyClient
credential = ClientSecretCredential(sys.argv[1], sys.argv[2], 'right')
KeyClient(sys.argv[3], credential).create_rsa_key(sys.argv[4])
";
    clouds.script(sandbox, SCRIPT, &[TENANT, CLIENT, VAULT, name]).ok();
}

#[test]
fn sops_and_we_read_each_other() {
    let (Some(clouds), Some(sops)) = (require_clouds(), require_sops()) else { return };
    let sandbox = Sandbox::without_key();
    let ours = encrypted(clouds, &sandbox, "data");
    assert_eq!(field(&ours, "vault_url"), VAULT);
    assert_eq!(field(&ours, "version").len(), 32, "the version is stored");
    sandbox.write("ours.yaml", &ours);
    with_secret(clouds, sandbox.real(sops, ["decrypt", "ours.yaml"])).run().expect(0).prints(PLAIN);
    let theirs = with_secret(clouds, sandbox.real(sops, ["encrypt", "--azure-kv", &key("data"), "plain.yaml"])).text();
    assert_eq!(field(&theirs, "version"), field(&ours, "version"));
    sandbox.write("theirs.yaml", theirs);
    with_secret(clouds, sandbox.cloze(["decrypt", "theirs.yaml"])).run().expect(0).silent().prints(PLAIN);
}

#[test]
fn the_client_of_microsoft_agrees() {
    const SCRIPT: &str = "
import base64, sys
from azure.identity import ClientSecretCredential
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient, EncryptionAlgorithm
tenant, client, vault, name, enc = sys.argv[1:]
credential = ClientSecretCredential(tenant, client, 'right')
crypto = CryptographyClient(KeyClient(vault, credential).get_key(name), credential)
wrapped = base64.urlsafe_b64decode(enc + '=' * (-len(enc) % 4))
secret = crypto.decrypt(EncryptionAlgorithm.rsa_oaep_256, wrapped).plaintext
assert len(secret) == 32
theirs = crypto.encrypt(EncryptionAlgorithm.rsa_oaep_256, secret).ciphertext
print(base64.urlsafe_b64encode(theirs).rstrip(b'=').decode())
";
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    let text = encrypted(clouds, &sandbox, "data");
    let ours = field(&text, "enc");
    let theirs = clouds.script(&sandbox, SCRIPT, &[TENANT, CLIENT, VAULT, "data", ours]).text();
    assert_ne!(ours, theirs.trim());
    sandbox.write("b.yaml", text.replace(ours, theirs.trim()));
    with_secret(clouds, sandbox.cloze(["decrypt", "b.yaml"])).run().expect(0).prints(PLAIN);
}

#[test]
fn every_credential_opens() {
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    sandbox.write("b.yaml", encrypted(clouds, &sandbox, "data"));
    let token = sandbox.write("token.txt", "federated");
    let certificate = clouds.file("client.pem");
    let decrypt = || sandbox.cloze(["decrypt", "b.yaml"]);
    let opens = |call: Call| {
        call.run().expect(0).silent().prints(PLAIN);
    };
    opens(application(clouds, decrypt()).env("AZURE_CLIENT_CERTIFICATE_PATH", &certificate));
    let whole = application(clouds, decrypt()).env("AZURE_CLIENT_CERTIFICATE_PATH", &certificate);
    opens(whole.env("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "true"));
    opens(application(clouds, decrypt()).env("AZURE_FEDERATED_TOKEN_FILE", &token));
    let service = || clouds.reached_by(decrypt()).env("IDENTITY_ENDPOINT", format!("{}/msi/token", clouds.url()));
    opens(service().env("IDENTITY_HEADER", "h"));
    opens(service().env("IDENTITY_HEADER", "h").env("AZURE_CLIENT_ID", CLIENT).env("AZURE_TOKEN_CREDENTIALS", "prod"));
    opens(service().env("IDENTITY_HEADER", "h").env("AZURE_AUTH_METHOD", "msi"));
    // Asked for alone: else a machine would be asked for its identity.
    let dev = || clouds.reached_by(decrypt()).env("AZURE_TOKEN_CREDENTIALS", "dev");
    sandbox.script("azd", r#"echo '{"token":"good-token","expiresOn":"2099-01-01T00:00:00Z"}'"#);
    opens(dev());
    let body = r#"case "$*" in "account get-access-token"*"--scope https://vault.azure.net/.default"*) ;; *) exit 1;; esac
echo called >>"$HOME/calls"; cat >/dev/null
echo '{"accessToken":"good-token","expires_on":4070908800,"tokenType":"Bearer"}'"#;
    sandbox.script("az", body);
    opens(dev());
    // A run asks the program once.
    sandbox.write("c.yaml", sandbox.text("b.yaml"));
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - azure_keyvault: {}\n", key("other")));
    let update = clouds.reached_by(sandbox.cloze(["updatekeys", "--yes", "b.yaml", "c.yaml"]));
    update.env("AZURE_TOKEN_CREDENTIALS", "AzureCLICredential").ok();
    assert_eq!(std::fs::read_to_string(sandbox.home().join("calls")).unwrap(), "called\ncalled\n");
}

#[test]
fn an_answer_has_an_end() {
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    sandbox.write("b.yaml", encrypted(clouds, &sandbox, "data"));
    for (length, code) in [(1_000, 0), (2 << 20, 128)] {
        let endpoint = Http::start(move |_| {
            let padding = "x".repeat(length);
            let start = r#"{"access_token":"good-token","expires_on":"4070908800","token_type":"Bearer","resource":""#;
            Some(Reply::new(200, &format!("{start}{padding}\"}}")))
        });
        let call = clouds.reached_by(sandbox.cloze(["decrypt", "b.yaml"])).env("IDENTITY_HEADER", "h");
        let call = call.env("IDENTITY_ENDPOINT", format!("{}/msi/token", endpoint.url()));
        let outcome = call.run();
        assert!(outcome.expect(code).stderr.contains("too long") == (code != 0), "{}", outcome.stderr);
    }
}

#[test]
fn a_public_key_is_fetched_once_in_a_run() {
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    for name in ["a.yaml", "b.yaml", "c.yaml"] {
        sandbox.write(name, encrypted(clouds, &sandbox, "data"));
    }
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - azure_keyvault: {}\n", key("counted")));
    with_secret(clouds, sandbox.cloze(["updatekeys", "--yes", "a.yaml", "b.yaml", "c.yaml"])).ok();
    let count = |method: &str| clouds.count(&format!("{method} unit.vault.azure.net/keys/counted"));
    // Once without a token, which tells where there is one, and once with it.
    assert_eq!((count("GET"), count("POST")), (2, 0));
    with_secret(clouds, sandbox.cloze(["decrypt", "c.yaml"])).run().expect(0).prints(PLAIN);
}

#[test]
fn who_may_not_fetch_a_key_may_still_use_it() {
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    sandbox.write("a.yaml", PLAIN);
    let encrypt = |key: &str| with_secret(clouds, sandbox.cloze(["encrypt", "--azure-kv", key, "a.yaml"])).run();
    // The version cannot be told without the permission.
    encrypt(&key("noget")).expect(1).says("the permission `get` for keys");
    let version = std::fs::read_to_string(clouds.file("noget.txt")).unwrap();
    let outcome = encrypt(&format!("{}/{version}", key("noget")));
    sandbox.write("b.yaml", outcome.expect(0).stdout_lossy());
    with_secret(clouds, sandbox.cloze(["decrypt", "b.yaml"])).run().expect(0).prints(PLAIN);
}

#[test]
fn a_new_version_is_for_updatekeys() {
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    sandbox.write("b.yaml", encrypted(clouds, &sandbox, "turning"));
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - azure_keyvault: {}\n", key("turning")));
    let update = || with_secret(clouds, sandbox.cloze(["updatekeys", "--yes", "--keep-data-key", "b.yaml"])).ok();
    let before = sandbox.text("b.yaml");
    update();
    assert_eq!(sandbox.text("b.yaml"), before, "it is as its rule wants it");
    turn(clouds, &sandbox, "turning");
    with_secret(clouds, sandbox.cloze(["decrypt", "b.yaml"])).run().expect(0).prints(PLAIN);
    update();
    assert_ne!(field(&sandbox.text("b.yaml"), "version"), field(&before, "version"));
    with_secret(clouds, sandbox.cloze(["decrypt", "b.yaml"])).run().expect(0).prints(PLAIN);
}

#[test]
fn every_failure_has_its_words() {
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    let text = encrypted(clouds, &sandbox, "data");
    let number = Cell::new(0);
    let written = |text: String| {
        number.set(number.get() + 1);
        let file = sandbox.write(&format!("{}/b.yaml", number.get()), text);
        sandbox.cloze(["decrypt", "b.yaml"]).folder(file.parent().unwrap())
    };
    let named = |name: &str| written(text.replace("name: data", &format!("name: {name}")));
    let opened = |name: &str| with_secret(clouds, named(name));
    let at = |vault: &str| with_secret(clouds, written(text.replace(VAULT, vault)));
    let bare = || clouds.reached_by(named("data")).env("AZURE_TOKEN_CREDENTIALS", "dev");
    let encrypting = |key: &str| with_secret(clouds, sandbox.cloze(["encrypt", "--azure-kv", key, "plain.yaml"]));
    let certificate = |path: &str| application(clouds, named("data")).env("AZURE_CLIENT_CERTIFICATE_PATH", path);
    let run = |call: Call| {
        let Outcome { code, stderr, .. } = call.run();
        assert!(code != 0 && !stderr.contains("hunter2"), "{code} {stderr}");
        stderr.replace(sandbox.root().to_str().unwrap(), "/…").replace(field(&text, "version"), "VERSION")
    };
    let pfx = ["pkcs12", "-export", "-passout", "pass:p", "-out", "client.pfx", "-in"];
    let pem = clouds.file("client.pem");
    sandbox.call("/usr/bin/openssl".as_ref(), pfx.iter().copied().chain(pem.to_str())).ok();
    let wrong = text.replace(field(&text, "enc"), &"A".repeat(342));
    let mut said: Vec<(&str, String)> = [
        ("no credentials", bare()),
        ("credentials that nobody knows", bare().env("AZURE_TOKEN_CREDENTIALS", "magic")),
        ("a secret without its application", clouds.reached_by(named("data")).env("AZURE_CLIENT_SECRET", "right")),
        ("a wrong secret", opened("data").env("AZURE_CLIENT_SECRET", "wrong")),
        ("an unknown tenant", opened("data").env("AZURE_TENANT_ID", "nowhere")),
        ("a tenant that is none", opened("data").env("AZURE_TENANT_ID", "a b")),
        ("another tenant", at("https://foreign.vault.azure.net")),
        ("a certificate that is not there", certificate("/nonexistent")),
        ("a certificate that is none", certificate("../plain.yaml")),
        ("a certificate that is a folder", certificate("..")),
        ("a certificate as PFX", certificate("../client.pfx")),
        (
            "a token of a workload that is not there",
            application(clouds, named("data")).env("AZURE_FEDERATED_TOKEN_FILE", "/nonexistent"),
        ),
        ("denied", opened("denied")),
        ("a firewall", opened("walled")),
        ("encrypting is denied", encrypting(&key("denied"))),
        ("not found", opened("nonexistent")),
        ("encrypting to what is not found", encrypting(&key("nonexistent"))),
        ("another key", with_secret(clouds, written(wrong))),
        ("a disabled key", encrypting(&key("disabled"))),
        ("an expired key", encrypting(&key("expired"))),
        ("throttled", opened("throttled")),
        ("timed out", opened("slow").env("CLOZE_KEY_TIMEOUT", "1")),
        ("unreachable", at("https://127.0.0.1:1")),
        ("not a vault", at("https://cloudkms.googleapis.com")),
        ("a malformed URL", encrypting("https://unit.vault.azure.net/secrets/data")),
        ("a malformed name in a file", opened("../secrets/data")),
    ]
    .into_iter()
    .map(|(situation, call)| (situation, run(call)))
    .collect();
    sandbox.script("az", "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    said.push(("a login of the command line that has expired", run(bare())));
    golden("azure", &said);
}
