//! Google Cloud KMS against drongo, by every credential that there is: we and the real sops read
//! each other, Google's own client reads what we wrap, and users are told what is wrong.

use std::cell::Cell;

use crate::clouds::{Clouds, require_clouds};
use crate::harness::{Call, Outcome, Sandbox, require_sops};
use crate::messages::golden;

const RING: &str = "projects/project/locations/global/keyRings/ring/cryptoKeys";
const PLAIN: &str = "password: hunter2\n";

/// The address of a key.
fn key(name: &str) -> String {
    format!("{RING}/{name}")
}

/// A call with the service account.
fn with_account(clouds: &Clouds, call: Call) -> Call {
    clouds.reached_by(call).env("GOOGLE_CREDENTIALS", clouds.file("account.json"))
}

/// A file encrypted by us to a key.
fn encrypted(clouds: &Clouds, sandbox: &Sandbox, name: &str) -> String {
    sandbox.write("a.yaml", PLAIN);
    with_account(clouds, sandbox.cloze(["encrypt", "--gcp-kms", &key(name), "a.yaml"])).text()
}

/// The value of a field of the only entry in the metadata.
fn field<'t>(text: &'t str, name: &str) -> &'t str {
    let line = text.lines().find(|line| line.trim_start().trim_start_matches("- ").starts_with(&format!("{name}: ")));
    line.unwrap().split_once(": ").unwrap().1.trim_matches('"')
}

#[test]
fn sops_and_we_read_each_other() {
    let (Some(clouds), Some(sops)) = (require_clouds(), require_sops()) else { return };
    let sandbox = Sandbox::without_key();
    sandbox.write("ours.yaml", encrypted(clouds, &sandbox, "data"));
    with_account(clouds, sandbox.real(sops, ["decrypt", "ours.yaml"])).run().expect(0).prints(PLAIN);
    let theirs = with_account(clouds, sandbox.real(sops, ["encrypt", "--gcp-kms", &key("data"), "a.yaml"])).ok();
    sandbox.write("theirs.yaml", theirs);
    with_account(clouds, sandbox.cloze(["decrypt", "theirs.yaml"])).run().expect(0).silent().prints(PLAIN);
}

#[test]
fn the_client_of_google_agrees() {
    const SCRIPT: &str = "
import base64, sys
from google.cloud import kms
client = kms.KeyManagementServiceClient(transport='rest')
secret = client.decrypt(request={'name': sys.argv[1], 'ciphertext': base64.b64decode(sys.argv[2])}).plaintext
assert len(secret) == 32
print(base64.b64encode(client.encrypt(request={'name': sys.argv[1], 'plaintext': secret}).ciphertext).decode())
";
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    let text = encrypted(clouds, &sandbox, "data");
    let ours = field(&text, "enc");
    let call = clouds.script(&sandbox, SCRIPT, &[&key("data"), ours]);
    let theirs = call.env("GOOGLE_APPLICATION_CREDENTIALS", clouds.file("account.json")).text();
    sandbox.write("b.yaml", text.replace(ours, theirs.trim()));
    with_account(clouds, sandbox.cloze(["decrypt", "b.yaml"])).run().expect(0).prints(PLAIN);
}

#[test]
fn every_credential_opens() {
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    sandbox.write("b.yaml", encrypted(clouds, &sandbox, "data"));
    let account = std::fs::read_to_string(clouds.file("account.json")).unwrap();
    let user = user("good-refresh", "1");
    let subject = sandbox.write("subject.txt", "subject");
    let url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com";
    let impersonated = format!(
        r#"{{"type":"impersonated_service_account","service_account_impersonation_url":"{url}:generateAccessToken",
        "source_credentials":{user},"delegates":[]}}"#
    );
    let external = format!(
        r#"{{"type":"external_account","subject_token_type":"urn:ietf:params:oauth:token-type:jwt",
        "audience":"//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "token_url":"https://sts.googleapis.com/v1/token","credential_source":{{"file":"{}"}}}}"#,
        subject.display()
    );
    let elsewhere = account.replacen('{', r#"{"universe_domain":"example.cloud","#, 1);
    let path = |name: &str, text: &str| sandbox.write(name, text).display().to_string();
    let (name, file) = ("GOOGLE_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS");
    let cases = [
        (name, path("account.json", &account)),
        (name, account.clone()),
        (name, user.clone()),
        ("GOOGLE_OAUTH_ACCESS_TOKEN", "good-token".into()),
        ("CLOUDSDK_AUTH_ACCESS_TOKEN", "good-token".into()),
        (file, path("user.json", &user)),
        (file, path("impersonated.json", &impersonated)),
        (file, path("external.json", &external)),
        (file, path("elsewhere.json", &elsewhere)),
        ("GCE_METADATA_HOST", clouds.address()),
    ];
    for (variable, value) in cases {
        let call = clouds.reached_by(sandbox.cloze(["decrypt", "b.yaml"])).env(variable, &value);
        call.run().expect(0).silent().prints(PLAIN);
    }
    let decrypt = || clouds.reached_by(sandbox.cloze(["decrypt", "b.yaml"]));
    let folder = sandbox.path("gcloud");
    sandbox.write("gcloud/application_default_credentials.json", &user);
    decrypt().env("CLOUDSDK_CONFIG", &folder).run().expect(0).prints(PLAIN);
    let standard = sandbox.home().join(".config");
    std::fs::create_dir_all(&standard).unwrap();
    std::fs::rename(&folder, standard.join("gcloud")).unwrap();
    decrypt().run().expect(0).prints(PLAIN);
    // What is asked for goes before what is found.
    decrypt().env(name, "{}").run().expect(128).says("GOOGLE_CREDENTIALS");
}

/// The file of somebody who logged in.
fn user(refresh: &str, client: &str) -> String {
    let (start, end) = (r#"{"type":"authorized_user","client_secret":"s","#, r#""}"#);
    format!(r#"{start}"client_id":"{client}","refresh_token":"{refresh}{end}"#)
}

#[test]
fn the_endpoint_and_the_domain_can_be_chosen() {
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    sandbox.write("b.yaml", encrypted(clouds, &sandbox, "other"));
    for (variable, value) in [
        ("SOPS_GCP_KMS_ENDPOINT", "cloudkms-eu.googleapis.com:443"),
        ("SOPS_GCP_KMS_ENDPOINT", "https://cloudkms-us.googleapis.com/"),
        ("SOPS_GCP_KMS_UNIVERSE_DOMAIN", "example.cloud"),
        ("GOOGLE_CLOUD_UNIVERSE_DOMAIN", "example.cloud"),
    ] {
        with_account(clouds, sandbox.cloze(["decrypt", "b.yaml"])).env(variable, value).run().expect(0).prints(PLAIN);
    }
    for host in ["cloudkms-eu.googleapis.com", "cloudkms-us.googleapis.com"] {
        assert_eq!(clouds.count(&format!("{host}/v1/{}:decrypt", key("other"))), 1);
    }
    assert!(clouds.count("cloudkms.example.cloud/") >= 2);
}

#[test]
fn a_run_logs_in_once() {
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    sandbox.write("a.yaml", PLAIN);
    sandbox.write("b.yaml", PLAIN);
    let rule = |key: &str| format!("creation_rules:\n  - gcp_kms: {key}\n");
    sandbox.write(".sops.yaml", rule(&key("counted")));
    let credentials = user("good-refresh", "logs-in-once");
    let call = |args: &[&str]| clouds.reached_by(sandbox.cloze(args)).env("GOOGLE_CREDENTIALS", &credentials);
    call(&["encrypt", "-i", "a.yaml"]).ok();
    call(&["encrypt", "-i", "b.yaml"]).ok();
    assert_eq!((clouds.count("refresh logs-in-once"), clouds.count("counted:encrypt")), (2, 2));
    sandbox.write(".sops.yaml", rule(&key("other")));
    call(&["updatekeys", "--yes", "a.yaml", "b.yaml"]).ok();
    assert_eq!((clouds.count("refresh logs-in-once"), clouds.count("counted:decrypt")), (3, 2));
}

#[test]
fn a_service_that_has_too_much_to_do_is_asked_again() {
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    encrypted(clouds, &sandbox, "busy");
    assert_eq!(clouds.count("busy:encrypt"), 2);
}

#[test]
fn every_failure_has_its_words() {
    let Some(clouds) = require_clouds() else { return };
    let sandbox = Sandbox::without_key();
    let text = encrypted(clouds, &sandbox, "data");
    sandbox.write("plain.yaml", PLAIN);
    let number = Cell::new(0);
    let with_key = |name: &str| {
        number.set(number.get() + 1);
        let file = sandbox.write(&format!("{}/b.yaml", number.get()), text.replace(&key("data"), &key(name)));
        clouds.reached_by(sandbox.cloze(["decrypt", "b.yaml"]).folder(file.parent().unwrap()))
    };
    let opened = |name: &str| with_key(name).env("GOOGLE_OAUTH_ACCESS_TOKEN", "good-token");
    let bare = || with_key("data");
    let said = |call: Call| {
        let Outcome { code, stderr, .. } = call.run();
        assert!(code != 0 && !stderr.contains("hunter2") && !stderr.contains("good-token"), "{code} {stderr}");
        stderr.replace(sandbox.root().to_str().unwrap(), "/…")
    };
    let name = "GOOGLE_CREDENTIALS";
    let account = std::fs::read_to_string(clouds.file("account.json")).unwrap();
    let malformed = |key: &str| clouds.reached_by(sandbox.cloze(["encrypt", "--gcp-kms", key, "plain.yaml"]));
    let denied = user("good-refresh", "1");
    let impersonated = format!(
        r#"{{"type":"impersonated_service_account","service_account_impersonation_url":
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/denied@p:generateAccessToken",
        "source_credentials":{denied}}}"#
    );
    let said: Vec<(&str, String)> = [
        ("no credentials", bare()),
        ("a file of credentials that is not there", bare().env(name, "/nonexistent")),
        ("another file that is not there", bare().env("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent")),
        ("credentials that are none", bare().env(name, "{}")),
        ("credentials of an unknown kind", bare().env(name, r#"{"type":"gdch_service_account"}"#)),
        ("credentials that are not complete", bare().env(name, r#"{"type":"service_account"}"#)),
        ("a login that has expired", bare().env(name, user("old", "1"))),
        ("an account that may not be impersonated", bare().env(name, impersonated)),
        ("a token that has expired", bare().env("GOOGLE_OAUTH_ACCESS_TOKEN", "old")),
        ("an account of somebody else", bare().env(name, account.replace("tester@", "other@"))),
        ("denied", opened("denied")),
        ("encrypting is denied", malformed(&key("denied")).env("GOOGLE_OAUTH_ACCESS_TOKEN", "good-token")),
        ("a project without KMS", opened("unused")),
        ("not found", opened("nonexistent")),
        ("another key", opened("other")),
        ("a disabled key", opened("disabled")),
        ("throttled", opened("throttled")),
        ("out of order", opened("unwell")),
        ("timed out", opened("slow").env("CLOZE_KEY_TIMEOUT", "1")),
        ("unreachable", opened("data").env("SOPS_GCP_KMS_ENDPOINT", "http://127.0.0.1:1")),
        ("an endpoint without TLS", opened("data").env("SOPS_GCP_KMS_ENDPOINT", "http://kms.example")),
        ("damaged on the way", malformed(&key("damaged")).env("GOOGLE_OAUTH_ACCESS_TOKEN", "good-token")),
        ("a malformed key", malformed("projects/project/keyRings/ring")),
        ("a malformed key in a file", opened("data/versions/1")),
    ]
    .into_iter()
    .map(|(situation, call)| (situation, said(call)))
    .collect();
    golden("gcp", &said);
}
