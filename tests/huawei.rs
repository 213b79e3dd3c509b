//! Keys in Huawei Cloud KMS. There is no emulator: `huawei_kms.py` is a small server that verifies
//! signatures with the signer of Huawei's own SDK, and that SDK is its client, too.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{Call, Sandbox, repository, skip};
use crate::messages::golden;
use crate::servers::{Server, free_port, require_tool};

const ACCESS: &str = "ACCESSKEY";
const SECRET: &str = "the-secret-of-this-access-key";
const PROJECT: &str = "0123456789abcdef0123456789abcdef";
const KEY: &str = "tr-west-1:key-one";

/// The server, and the Python that has the SDK.
struct Kms {
    server: Server,
    python: PathBuf,
}

impl Kms {
    fn get() -> Option<&'static Kms> {
        static KMS: OnceLock<Option<Kms>> = OnceLock::new();
        KMS.get_or_init(|| {
            let python = require_tool("python3")?;
            let has_sdk = Command::new(&python).args(["-c", "import huaweicloudsdkkms"]).output();
            if !has_sdk.is_ok_and(|output| output.status.success()) {
                skip("the SDK of Huawei Cloud is not installed; `tests/run` does that");
                return None;
            }
            let args = |port: u16| {
                let script = repository("tests/huawei_kms.py").to_str().unwrap().to_owned();
                [&script, "serve", &port.to_string(), ACCESS, SECRET, PROJECT].map(str::to_owned).into()
            };
            Some(Kms { server: Server::start("huawei", &python, args, &[]), python })
        })
        .as_ref()
    }

    /// A call that finds it, and credentials.
    fn with(&self, call: Call) -> Call {
        self.found(call).env("HUAWEICLOUD_SDK_AK", ACCESS).env("HUAWEICLOUD_SDK_SK", SECRET)
    }

    /// A call that finds it.
    fn found(&self, call: Call) -> Call {
        let url = self.server.url();
        call.env("HUAWEICLOUD_SDK_REGION_KMS_TR_WEST_1", &url).env("HUAWEICLOUD_SDK_IAM_ENDPOINT", url)
    }

    /// What the SDK makes of a text.
    fn sdk(&self, sandbox: &Sandbox, verb: &str, text: &str) -> String {
        let script = repository("tests/huawei_kms.py");
        let args = [script.to_str().unwrap(), "sdk", verb, "key-one", text];
        let call = self.with(sandbox.call(&self.python, args));
        call.env("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT).text().trim().to_owned()
    }
}

fn sealed(kms: &Kms) -> Sandbox {
    let sandbox = Sandbox::without_key();
    sandbox.write("a.yaml", "a: one\n");
    kms.with(sandbox.cloze(["encrypt", "-i", "--hckms", KEY, "a.yaml"])).ok();
    sandbox
}

/// The wrapped key in a file.
fn enc(sandbox: &Sandbox) -> String {
    let text = sandbox.text("a.yaml");
    text.lines().find_map(|line| line.trim().strip_prefix("enc: ")).unwrap().to_owned()
}

#[test]
fn the_sdk_opens_what_we_wrap_and_we_open_what_it_wraps() {
    let Some(kms) = Kms::get() else { return };
    let sandbox = sealed(kms);
    let call = || sandbox.cloze(["decrypt", "a.yaml"]);
    kms.with(call()).run().expect(0).prints("a: one\n");
    let wrapped = enc(&sandbox);
    let key = kms.sdk(&sandbox, "decrypt", &wrapped);
    assert_eq!(STANDARD.decode(&key).unwrap().len(), 32, "as SOPS: base64 of the data key");
    let again = kms.sdk(&sandbox, "encrypt", &key);
    sandbox.write("a.yaml", sandbox.text("a.yaml").replace(&wrapped, &again));
    kms.with(call()).run().expect(0).prints("a: one\n");
}

#[test]
fn credentials_are_found_where_the_sdk_finds_them() {
    let Some(kms) = Kms::get() else { return };
    let sandbox = sealed(kms);
    let call = || kms.found(sandbox.cloze(["decrypt", "a.yaml"]));
    let own = || kms.with(sandbox.cloze(["decrypt", "a.yaml"]));
    own().env("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT).env("HUAWEICLOUD_SDK_IAM_ENDPOINT", "").run().expect(0);
    own().env("HUAWEICLOUD_SDK_SECURITY_TOKEN", "temporary").run().expect(0);
    let profile = format!("[global]\nak = x\n[basic]\nak = {ACCESS}\nsk = {SECRET}\n");
    let named = sandbox.write("credentials", &profile);
    call().env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", named).run().expect(0).prints("a: one\n");
    fs::create_dir(sandbox.home().join(".huaweicloud")).unwrap();
    fs::write(sandbox.home().join(".huaweicloud/credentials"), &profile).unwrap();
    call().run().expect(0).prints("a: one\n");
}

#[test]
fn what_is_said_is_in_the_golden_file() {
    let Some(kms) = Kms::get() else { return };
    let mut said: Vec<(&str, String)> = Vec::new();
    let mut note = |situation: &'static str, sandbox: &Sandbox, call: Call, url: &str| {
        let outcome = call.run();
        assert!(matches!(outcome.code, 1 | 128), "{outcome:?}");
        assert!(!outcome.stderr.contains(SECRET), "{situation}: {}", outcome.stderr);
        let text = outcome.stderr.replace(url, "http://SERVER").replace(sandbox.home().to_str().unwrap(), "/home");
        said.push((situation, text));
    };
    let sandbox = sealed(kms);
    let url = kms.server.url();
    let decrypt = || sandbox.cloze(["decrypt", "a.yaml"]);
    note("no credentials", &sandbox, kms.found(decrypt()), &url);
    note("a wrong secret key", &sandbox, kms.with(decrypt()).env("HUAWEICLOUD_SDK_SK", "wrong"), &url);
    note("a wrong project", &sandbox, kms.with(decrypt()).env("HUAWEICLOUD_SDK_PROJECT_ID", "other"), &url);
    let encrypt = |key: &str| {
        sandbox.write("b.yaml", "a: one\n");
        sandbox.cloze(["encrypt", "--hckms", key, "b.yaml"])
    };
    note("no such key", &sandbox, kms.with(encrypt("tr-west-1:key-zero")), &url);
    note("denied", &sandbox, kms.with(encrypt("tr-west-1:key-denied")), &url);
    note("no region", &sandbox, kms.with(encrypt("evil.example/x:key-one")), &url);
    let (other, nobody) = ("HUAWEICLOUD_SDK_REGION_KMS_XX", format!("http://127.0.0.1:{}", free_port()));
    note("no project in this region", &sandbox, kms.with(encrypt("xx:key-one")).env(other, &url), &url);
    let gone = kms.with(encrypt("xx:key-one")).env("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT);
    note("nobody there", &sandbox, gone.env(other, &nobody), &nobody);
    let bare = kms.with(encrypt("xx:key-one")).env("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT);
    note("an endpoint without TLS", &sandbox, bare.env(other, "http://kms.example"), &url);
    sandbox.write("a.yaml", sandbox.text("a.yaml").replace("key-one", "key-two"));
    note("wrapped with another key", &sandbox, kms.with(decrypt()), &url);
    golden("huawei", &said);
}
