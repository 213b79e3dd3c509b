//! `publish`, to the S3 of moto, which verifies signatures, to an emulator of Google Cloud Storage, and
//! to the key-value engines of a real OpenBao, beside the real sops.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, OnceLock};
use std::thread;

use crate::harness::{ALICE, BOB, Call, Sandbox, key_file, require_sops, skip};
use crate::http::Request;
use crate::messages::golden;
use crate::pty::Terminal;
use crate::servers::{Server, free_port, require_tool};
use crate::vault::{Bao, ROOT};

/// The S3 of moto, with a bucket `secrets` and one user who may use it.
struct Moto {
    server: Server,
    python: PathBuf,
    access: String,
    secret: String,
}

/// The text between two tags of XML.
fn inside<'t>(text: &'t str, tag: &str) -> &'t str {
    let rest = text.split_once(&format!("<{tag}>")).unwrap_or_else(|| panic!("{tag}: {text}")).1;
    rest.split_once('<').unwrap().0
}

impl Moto {
    fn get() -> Option<&'static Moto> {
        static MOTO: OnceLock<Option<Moto>> = OnceLock::new();
        MOTO.get_or_init(Moto::start).as_ref()
    }

    fn start() -> Option<Moto> {
        let (program, python) = (require_tool("moto_server")?, require_tool("python3")?);
        if !Command::new(&python).args(["-c", "import boto3"]).status().is_ok_and(|status| status.success()) {
            skip("boto3 is not installed; `tests/run` does that");
            return None;
        }
        let args = |port: u16| ["-H", "127.0.0.1", "-p", &port.to_string()].map(str::to_owned).into();
        // The first calls need no signature; from then on each is verified.
        let server = Server::start("moto-s3", &program, args, &[("INITIAL_NO_AUTH_ACTION_COUNT", "4")]);
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        let policy: String = policy.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let iam = |form: &str| {
            let scope =
                "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x";
            call(&server, "POST / HTTP/1.1", &[("authorization", scope)], &format!("{form}&Version=2010-05-08"))
        };
        iam("Action=CreateUser&UserName=u");
        iam(&format!("Action=PutUserPolicy&UserName=u&PolicyName=p&PolicyDocument={policy}"));
        let key = iam("Action=CreateAccessKey&UserName=u");
        let (access, secret) = (inside(&key, "AccessKeyId").to_owned(), inside(&key, "SecretAccessKey").to_owned());
        call(&server, "PUT /secrets HTTP/1.1", &[], "");
        Some(Moto { server, python, access, secret })
    }

    fn with(&self, call: Call) -> Call {
        let call = call.env("AWS_ACCESS_KEY_ID", &self.access).env("AWS_SECRET_ACCESS_KEY", &self.secret);
        let call = call.env("AWS_ENDPOINT_URL", self.server.url()).env("AWS_REGION", "us-east-1");
        call.env("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// An object, as the client of AWS gets it; and with `-`, the names of all.
    fn object(&self, sandbox: &Sandbox, name: &str) -> String {
        let script = "import boto3, sys\ns3 = boto3.client('s3')\nname = sys.argv[1]\nif name == '-':\n    \
                      found = s3.list_objects_v2(Bucket='secrets').get('Contents', [])\n    \
                      print(' '.join(one['Key'] for one in found))\nelse:\n    \
                      sys.stdout.write(s3.get_object(Bucket='secrets', Key=name)['Body'].read().decode())";
        self.with(sandbox.call(&self.python, ["-c", script, name])).text()
    }
}

/// Sends a request to a server.
fn call(server: &Server, line: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut all = vec![("host".to_owned(), format!("127.0.0.1:{}", server.port))];
    all.push(("content-length".into(), body.len().to_string()));
    let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
    all.push(("content-type".into(), kind.into()));
    all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let reply = Request { line: line.into(), headers: all, body: body.into() }.pass_on(server.port);
    assert!(reply.status < 300, "{line}: {} {}", reply.status, String::from_utf8_lossy(&reply.body));
    String::from_utf8(reply.body).unwrap()
}

/// A sandbox with rules for publishing and the files `a.yaml` and `dir/b.json`, for alice.
fn sandbox(destinations: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".sops.yaml", "");
    sandbox.encrypted("a.yaml", "password: one\nn: 1\n");
    sandbox.write("dir/c.txt", "in clear\n");
    sandbox.write("dir/b.json", "{\"b\": \"two\"}\n");
    sandbox.cloze(["encrypt", "--age", ALICE, "-i", "dir/b.json"]).ok();
    let rules = format!("creation_rules:\n  - age: {ALICE}\ndestination_rules:\n{destinations}");
    sandbox.write(".sops.yaml", rules);
    sandbox
}

/// Decrypts a text as bob, who is not alice.
fn as_bob(text: &str) -> Call {
    let sandbox = Sandbox::without_key();
    sandbox.write("x.yaml", text);
    let call = sandbox.cloze(["decrypt", "x.yaml"]).env("SOPS_AGE_KEY_FILE", key_file("bob"));
    // The call needs its folder until it ends, as do those who look at it after a failure.
    std::mem::forget(sandbox);
    call
}

#[test]
fn s3_gets_the_file_as_it_is_or_for_other_recipients() {
    let Some(moto) = Moto::get() else { return };
    let place = "s3_bucket: secrets, s3_prefix";
    let keeps = format!("recreation_rule: {{age: {BOB}}}");
    let selects = format!("recreation_rule: {{age: {BOB}, encrypted_regex: ^n$}}");
    let sandbox = sandbox(&format!(
        "  - {{path_regex: ^a, {place}: plain/}}\n  - {{path_regex: ^regex, {place}: bob/, {keeps}}}\n  \
         - {{path_regex: ^other, {place}: selected/, {selects}, omit_extensions: true}}\n"
    ));
    let publish = |args: &[&str]| moto.with(sandbox.cloze([&["publish", "--yes"], args].concat()));
    publish(&["a.yaml"]).run().expect(0).silent().prints("");
    let verbose = publish(&["--verbose", "a.yaml"]).run();
    verbose.expect(0).says("`a.yaml` → `s3://secrets/plain/a.yaml`, encrypted").says("a.yaml`: published");
    assert_eq!(moto.object(&sandbox, "plain/a.yaml"), sandbox.text("a.yaml"));
    let text = "password: one\nn: 1\n";
    for name in ["regex.yaml", "other.yaml"] {
        sandbox.write(name, text);
        sandbox.cloze(["encrypt", "-i", "--encrypted-regex", "^password$", name]).ok();
        publish(&[name]).ok();
    }
    let kept = moto.object(&sandbox, "bob/regex.yaml");
    assert!(kept.contains("n: 1\n") && kept.contains("encrypted_regex: ^password$"), "{kept}");
    assert!(kept.contains(BOB) && !kept.contains(ALICE), "{kept}");
    as_bob(&kept).run().expect(0).prints(text);
    let selected = moto.object(&sandbox, "selected/other");
    assert!(selected.contains("password: one\n") && !selected.contains("n: 1\n"), "{selected}");
    as_bob(&selected).run().expect(0).prints(text);
    let bad = publish(&["a.yaml"]).env("AWS_SECRET_ACCESS_KEY", "wrong").run();
    bad.expect(1).says("SignatureDoesNotMatch");
}

#[test]
fn nothing_in_clear_leaves_and_nothing_at_all_when_something_is_wrong() {
    let Some(moto) = Moto::get() else { return };
    let sandbox = sandbox("  - {s3_bucket: secrets, s3_prefix: never/}\n");
    sandbox.write("clear.yaml", "a: 1\n");
    sandbox.write("sub/ok.yaml", sandbox.text("a.yaml"));
    // Looks encrypted, and is not.
    sandbox.write("sub/zz.yaml", "a: ENC[AES256_GCM,\nsops: 1\nmac: 2\n");
    for args in [&["clear.yaml"][..], &["dir/c.txt"], &["dir"], &["--recursive", "sub"], &[], &["missing.yaml"]] {
        let outcome = moto.with(sandbox.cloze([&["publish", "--yes"], args].concat())).run();
        assert!(outcome.code != 0, "{args:?}");
    }
    moto.with(sandbox.cloze(["publish", "a.yaml"])).run().expect(1).says("--yes");
    moto.with(sandbox.named("sops", ["publish", "a.yaml"])).stdin("n\n").run().expect(1).says("canceled");
    assert!(!moto.object(&sandbox, "-").contains("never/"));
    moto.with(sandbox.cloze(["publish", "--yes", "--recursive", "dir"])).ok();
    let asked = moto.with(sandbox.named("sops", ["publish", "a.yaml"])).stdin("x\ny\n").run();
    let question = format!("uploading {} to s3://secrets/never/a.yaml ? (y/n): ", sandbox.path("a.yaml").display());
    asked.expect(0).prints(question.repeat(2));
    let names = moto.object(&sandbox, "-");
    let names: Vec<&str> = names.split_whitespace().filter(|name| name.starts_with("never/")).collect();
    assert_eq!(names, ["never/a.yaml", "never/b.json"]);
}

#[test]
fn a_value_in_clear_that_should_be_encrypted_does_not_leave() {
    let Some(moto) = Moto::get() else { return };
    let sandbox = sandbox("  - {s3_bucket: secrets, s3_prefix: leak/}\n");
    let added = sandbox.text("a.yaml").replacen("password:", "l:\n  - later: canary-two\npassword:", 1);
    sandbox.write("a.yaml", added);
    let json = sandbox.text("dir/b.json").replacen('{', "{\"k\": 5,", 1);
    sandbox.write("dir/b.json", json);
    sandbox.encrypted("s.ini", "[s]\nk = one\nsalt_unencrypted = 1\n");
    sandbox.write("twice.ini", sandbox.text("s.ini").replace("[s]\n", "[s]\nk = canary-one\n"));
    for name in ["cloze", "sops"] {
        for (file, code, why) in [
            ("a.yaml", 25, "`l[0].later` is not an encrypted value"),
            ("dir/b.json", 25, "`k` is not an encrypted value"),
            ("twice.ini", if name == "sops" { 1 } else { 2 }, "the key \"k\" is in this section again"),
        ] {
            let outcome = moto.with(sandbox.named(name, ["publish", "--yes", file])).run();
            outcome.expect(code).says(why);
            assert!(!outcome.stderr.contains("canary"), "{}", outcome.stderr);
        }
        moto.with(sandbox.named(name, ["publish", "--yes", "s.ini"])).ok();
    }
    assert!(!moto.object(&sandbox, "leak/s.ini").is_empty());
    let names = moto.object(&sandbox, "-");
    assert_eq!(names.split_whitespace().filter(|name| name.starts_with("leak/")).count(), 1, "{names}");
}

#[test]
fn nothing_leaves_before_the_question_is_answered() {
    let Some(moto) = Moto::get() else { return };
    let sandbox = sandbox("  - {s3_bucket: secrets, s3_prefix: asked/}\n");
    let url = moto.server.url();
    let variables =
        [("AWS_ACCESS_KEY_ID", &*moto.access), ("AWS_SECRET_ACCESS_KEY", &*moto.secret), ("AWS_ENDPOINT_URL", &*url)];
    let names = || moto.object(&sandbox, "-").split_whitespace().filter(|name| name.starts_with("asked/")).count();
    for (answer, code, count) in [("n", 1, 0), ("y", 0, 1)] {
        let Some(mut terminal) = Terminal::start(&sandbox, "cloze publish a.yaml", &variables) else { return };
        terminal.expect("`s3://secrets/asked/a.yaml`, encrypted").expect("Publish this file?");
        assert_eq!(names(), 0);
        terminal.send(answer).send("\r");
        let (found, screen) = terminal.finish();
        assert_eq!((found, names()), (code, count), "{screen}");
    }
}

#[test]
fn vault_gets_the_values_as_sops_would_write_them() {
    let (Some(bao), Some(sops)) = (Bao::get(), require_sops()) else { return };
    let rule = |name: &str, more: &str| format!("  - {{path_regex: {name}, vault_address: '{}', {more}}}\n", bao.url());
    let sandbox = Sandbox::new();
    let text = "# c\na: one\nn: 1\nf: 1.5\nt: true\nl: [x, 2]\nm: {k: v}\n";
    for name in ["v2.yaml", "v1.yaml"] {
        sandbox.encrypted(name, text);
    }
    sandbox.encrypted("env.env", "A=x\nB=y\n");
    let owned = |call: Call| call.env("VAULT_TOKEN", ROOT).env("VAULT_ADDR", bao.url());
    let read = |path: &str| -> serde_json::Value {
        serde_json::from_str(&bao.admin(&["read", "-format=json", path])).unwrap()
    };
    let rules = |who: &str| {
        let all = rule("v2", &format!("vault_path: {who}/deep")) + &rule("env", &format!("vault_path: /{who}/"));
        let all = all + &rule("v1", &format!("vault_path: {who}, vault_kv_mount_name: kv1, vault_kv_version: 1"));
        sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {ALICE}\ndestination_rules:\n{all}"));
    };
    for name in ["v2.yaml", "v1.yaml", "env.env"] {
        rules("theirs");
        let theirs = owned(sandbox.real(sops, ["publish", "--yes", name]));
        theirs.env("SOPS_AGE_KEY_FILE", key_file("alice")).ok();
        rules("ours");
        let what = owned(sandbox.cloze(["publish", "-y", name])).run();
        what.expect(0).silent().prints("");
    }
    for path in ["secret/data/WHO/deep/v2.yaml", "secret/data/WHO/env.env", "kv1/WHO/v1.yaml"] {
        let [ours, theirs] = ["ours", "theirs"].map(|who| read(&path.replace("WHO", who))["data"].clone());
        let of =
            |value: &serde_json::Value| if path.contains("/data/") { value["data"].clone() } else { value.clone() };
        assert_eq!(of(&ours), of(&theirs), "{path}");
    }
    assert_eq!(read("kv1/ours/v1.yaml")["data"]["l"], serde_json::json!(["x", 2]));
    // What is there already makes no new version.
    let version = || read("secret/metadata/ours/deep/v2.yaml")["data"]["current_version"].clone();
    owned(sandbox.cloze(["publish", "-y", "v2.yaml"])).ok();
    owned(sandbox.named("sops", ["publish", "-y", "v2.yaml"])).run().expect(0).says("is already up-to-date");
    assert_eq!(version(), 1);
    sandbox.cloze(["set", "v2.yaml", "a", "\"other\""]).ok();
    owned(sandbox.cloze(["publish", "-y", "v2.yaml"])).ok();
    assert_eq!(version(), 2);
    // The address is in a file: the token goes to the server that it is for.
    let stolen = sandbox.cloze(["publish", "-y", "v2.yaml"]).env("VAULT_TOKEN", ROOT);
    stolen.env("VAULT_ADDR", "https://vault.example").run().expect(1).says("is not the server of VAULT_ADDR");
}

#[test]
fn google_cloud_storage_gets_the_file() {
    let Some(program) = require_tool("gcp-storage-emulator") else { return };
    let args = |port: u16| {
        ["start", "--host", "127.0.0.1", "--port", &port.to_string(), "--in-memory", "--default-bucket", "secrets"]
            .map(str::to_owned)
            .into()
    };
    let server = Server::start("gcs", &program, args, &[]);
    let rules = "  - {path_regex: away, gcs_bucket: missing}\n  - {gcs_bucket: secrets, gcs_prefix: '/p +//é/'}\n";
    let sandbox = sandbox(rules);
    fs::copy(sandbox.path("a.yaml"), sandbox.path("away.yaml")).unwrap();
    let with = |call: Call| call.env("STORAGE_EMULATOR_HOST", format!("127.0.0.1:{}", server.port));
    with(sandbox.cloze(["publish", "--yes", "a.yaml"])).run().expect(0).silent();
    let place = "/storage/v1/b/secrets/o/%2Fp%20%2B%2F%2F%C3%A9%2Fa.yaml";
    let object = || call(&server, &format!("GET {place}?alt=media HTTP/1.1"), &[], "");
    let kind = || -> serde_json::Value {
        let found = call(&server, &format!("GET {place} HTTP/1.1"), &[], "");
        serde_json::from_str::<serde_json::Value>(&found).unwrap()["contentType"].take()
    };
    assert_eq!((object(), kind()), (sandbox.text("a.yaml"), "text/plain; charset=utf-8".into()));
    with(sandbox.cloze(["publish", "--yes", "away.yaml"])).run().expect(1).says("there is no such bucket");
    // The client of Google knows it under the same name, and as the same.
    let Some(sops) = require_sops() else { return };
    sandbox.encrypted("a.yaml", "password: other\n");
    with(sandbox.real(sops, ["publish", "--yes", "a.yaml"])).ok();
    // The emulator drops the rest of its type.
    assert_eq!((object(), kind()), (sandbox.text("a.yaml"), "text/plain".into()));
}

/// What a store says that took something.
const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A server that takes anything, gives these answers one after the other, the last of them again and
/// again, and says what it took.
fn taking(answers: &'static [&'static str]) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (taken, all) = channel();
    let taken = Mutex::new(taken);
    thread::spawn(move || {
        for (number, mut stream) in listener.incoming().flatten().enumerate() {
            let mut text = Vec::new();
            let mut buffer = [0; 65536];
            // The head, and as much as it says; a file of these tests is short.
            loop {
                let length = stream.read(&mut buffer).unwrap_or(0);
                text.extend_from_slice(&buffer[..length]);
                let all = String::from_utf8_lossy(&text).into_owned();
                let head = all.to_lowercase();
                let wanted =
                    head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
                let body = all.split_once("\r\n\r\n").map(|(_, body)| body.len());
                if length == 0 || body.zip(wanted).is_some_and(|(body, wanted): (usize, usize)| body >= wanted) {
                    break;
                }
            }
            let answer = answers[number.min(answers.len() - 1)];
            let _ = stream.write_all(answer.as_bytes());
            let _ = taken.lock().unwrap().send(String::from_utf8(text).unwrap());
        }
    });
    (port, all)
}

#[test]
fn google_cloud_storage_is_shown_the_credentials_of_google() {
    let sandbox = sandbox("  - {gcs_bucket: secrets}\n");
    let made = Command::new("openssl").args(["genpkey", "-algorithm", "RSA", "-outform", "PEM"]).output().unwrap();
    let account = serde_json::json!({
        "type": "service_account", "client_email": "a@p.iam.gserviceaccount.com", "private_key_id": "k",
        "private_key": String::from_utf8(made.stdout).unwrap(), "project_id": "p",
        "token_uri": "http://127.0.0.1:9/never",
    });
    let account = sandbox.write("account.json", account.to_string());
    let (port, taken) = taking(&[TAKEN]);
    let publish = || {
        let call = sandbox.cloze(["publish", "--yes", "a.yaml"]);
        call.env("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", format!("http://127.0.0.1:{port}"))
    };
    publish().env("GOOGLE_APPLICATION_CREDENTIALS", &account).run().expect(0);
    let request = taken.recv().unwrap();
    let line = "POST /upload/storage/v1/b/secrets/o?uploadType=media&name=a.yaml HTTP/1.1\r\n";
    assert!(request.starts_with(line), "{request}");
    assert!(request.contains("authorization: Bearer eyJ") && request.ends_with(&sandbox.text("a.yaml")), "{request}");
    let broken = sandbox.write("broken.json", "{}");
    publish().env("GOOGLE_APPLICATION_CREDENTIALS", broken).run().expect(1).says("no credentials of Google");
    // As for keys of Google Cloud KMS.
    publish().env("GOOGLE_OAUTH_ACCESS_TOKEN", "token-of-sops").run().expect(0);
    let request = taken.recv().unwrap();
    assert!(request.contains("authorization: Bearer token-of-sops\r\n"), "{request}");
    assert!(!request.contains("x-goog-user-project"), "{request}");
    let pays = publish().env("GOOGLE_OAUTH_ACCESS_TOKEN", "t").env("GOOGLE_CLOUD_QUOTA_PROJECT", "payer");
    pays.run().expect(0);
    assert!(taken.recv().unwrap().contains("x-goog-user-project: payer\r\n"));
    let open = publish().env("GOOGLE_OAUTH_ACCESS_TOKEN", "t");
    let open = open.env("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", "http://storage.example");
    open.run().expect(1).says("would show the token");
}

#[test]
fn what_google_cloud_storage_refuses_is_said_in_its_words() {
    let sandbox = sandbox("  - {gcs_bucket: secrets}\n");
    const DENIED: &str = "HTTP/1.1 403 no\r\nconnection: close\r\n\r\n{\"error\": {\"code\": 403, \"message\": \
                          \"a@b does not have storage.objects.create access.\", \"errors\": [{\"reason\": \"forbidden\"}]}}";
    const BUSY: &str = "HTTP/1.1 503 later\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (port, taken) = taking(&[BUSY, DENIED]);
    let call = sandbox.cloze(["publish", "--yes", "a.yaml"]).env("STORAGE_EMULATOR_HOST", format!("127.0.0.1:{port}"));
    call.run().expect(1).says(
        "denied; the credentials must be allowed to write there: a@b does not have storage.objects.create access (forbidden)",
    );
    assert_eq!(taken.try_iter().count(), 2);
}

#[test]
fn s3_is_asked_as_its_documentation_says() {
    const BUSY: &str = "HTTP/1.1 503 later\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const AWAY: &str = "HTTP/1.1 301 away\r\nx-amz-bucket-region: eu-west-1\r\nconnection: close\r\n\r\n\
                        <Error><Code>PermanentRedirect</Code><Message>Use another one.</Message></Error>";
    const MOVED: &str = "HTTP/1.1 307 moved\r\nlocation: http://127.0.0.1:9/\r\nconnection: close\r\n\r\n";
    const WRONG: &str = "HTTP/1.1 400 wrong\r\nconnection: close\r\n\r\n<Error><Code>AuthorizationHeaderMalformed</Code>\
                         <Message>The region is wrong</Message><Region>eu-west-1</Region></Error>";
    const OLD: &str = "HTTP/1.1 400 old\r\nconnection: close\r\n\r\n<Error><Code>ExpiredToken</Code>\
                       <Message>The provided token has expired.</Message></Error>";
    let sandbox = sandbox("  - {s3_bucket: a.b, s3_prefix: p/}\n");
    let (port, taken) = taking(&[BUSY, TAKEN, AWAY, MOVED, WRONG, OLD]);
    let publish = || {
        let call = sandbox.cloze(["publish", "--yes", "a.yaml"]).env("AWS_ACCESS_KEY_ID", "AKIA");
        let call = call.env("AWS_SECRET_ACCESS_KEY", "secret-of-aws").env("AWS_SESSION_TOKEN", "session");
        call.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}/store/")).env("AWS_REGION", "us-east-1").run()
    };
    publish().expect(0).silent();
    let (refused, request) = (taken.recv().unwrap(), taken.recv().unwrap());
    let body = |request: &str| request.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!((body(&refused), body(&request)), (sandbox.text("a.yaml"), sandbox.text("a.yaml")));
    assert!(request.starts_with("PUT /store/a.b/p/a.yaml HTTP/1.1\r\n"), "{request}");
    for part in [
        "authorization: AWS4-HMAC-SHA256 Credential=AKIA/",
        "/us-east-1/s3/aws4_request, SignedHeaders=content-type;host;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date;\
         x-amz-security-token, Signature=",
        "content-type: application/octet-stream\r\n",
        "x-amz-security-token: session\r\n",
    ] {
        assert!(request.contains(part), "{part}: {request}");
    }
    let elsewhere = "the bucket is in the region `eu-west-1`, and not in `us-east-1`; AWS_REGION=eu-west-1 says so";
    for why in [elsewhere, "it answers 307", elsewhere, "the credentials were refused: The provided token has expired"]
    {
        let outcome = publish();
        outcome.expect(1).says(why);
        assert!(!outcome.stderr.contains("secret-of-aws"), "{}", outcome.stderr);
        assert!(taken.recv().is_ok() && taken.try_recv().is_err());
    }
}

#[test]
fn s3_gets_names_of_every_kind_as_the_client_of_sops_writes_them() {
    let (Some(moto), Some(sops)) = (Moto::get(), require_sops()) else { return };
    let prefixes = ["kinds a b+c/é%41/", "/kinds//twice/", "kinds?x=y&z#f/~!$'()*,:;=@[]\\^`{|}<>\"/"];
    for (number, prefix) in prefixes.into_iter().enumerate() {
        let yaml = format!("'{}'", prefix.replace('\'', "''"));
        let sandbox = sandbox(&format!("  - {{s3_bucket: secrets, s3_prefix: {yaml}}}\n"));
        let name = format!("{prefix}a.yaml");
        moto.with(sandbox.cloze(["publish", "--yes", "a.yaml"])).run().expect(0);
        assert_eq!(moto.object(&sandbox, &name), sandbox.text("a.yaml"));
        sandbox.encrypted("a.yaml", "password: other\n");
        moto.with(sandbox.real(sops, ["publish", "--yes", "a.yaml"])).ok();
        assert_eq!(moto.object(&sandbox, &name), sandbox.text("a.yaml"));
        assert_eq!(moto.object(&sandbox, "-").matches("kinds").count(), number + 1);
    }
}

#[test]
fn s3_is_shown_the_credentials_of_aws() {
    let Some(moto) = Moto::get() else { return };
    let sandbox = sandbox("  - {s3_bucket: secrets, s3_prefix: profile/}\n");
    let (access, secret) = (&moto.access, &moto.secret);
    let keys = format!("'{{\"Version\": 1, \"AccessKeyId\": \"{access}\", \"SecretAccessKey\": \"{secret}\"}}'");
    let program = sandbox.script("credentials", &format!("echo asked >> \"$HOME/asked\"\necho {keys}"));
    let profile = format!("[profile work]\ncredential_process = {}\nregion = us-east-1\n", program.display());
    let config = sandbox.write("aws-config", profile);
    let publish = |more: &[&str]| {
        let call = sandbox.cloze([&["publish", "--yes"], more, &["a.yaml"]].concat());
        let call = call.env("AWS_CONFIG_FILE", &config).env("AWS_EC2_METADATA_DISABLED", "true");
        call.env("AWS_ENDPOINT_URL_S3", moto.server.url())
    };
    publish(&["--aws-profile", "work"]).run().expect(0).silent();
    assert_eq!(moto.object(&sandbox, "profile/a.yaml"), sandbox.text("a.yaml"));
    assert_eq!(std::fs::read_to_string(sandbox.home().join("asked")).unwrap(), "asked\n");
    // An empty endpoint is none; the library would panic.
    publish(&[]).env("AWS_PROFILE", "work").env("AWS_ENDPOINT_URL", "").run().expect(0);
    // What a profile is named for is not done with what the variables say.
    let named = moto.with(publish(&["--aws-profile", "missing"])).run();
    named.expect(1).says("there is no AWS profile `missing` here");
    publish(&[]).run().expect(1).says("there are no AWS credentials; run `aws configure`");
}

#[test]
fn what_is_said_is_in_the_golden_file() {
    let (Some(moto), Some(bao)) = (Moto::get(), Bao::get()) else { return };
    let mut said: Vec<(&str, String)> = Vec::new();
    let mut note = |situation: &'static str, sandbox: &Sandbox, call: Call, code: i32| {
        let outcome = moto.with(call).run();
        outcome.expect(code).prints("");
        let folder = sandbox.path("");
        let text = outcome.stderr.replace(folder.to_str().unwrap().trim_end_matches('/'), "/work");
        said.push((situation, text.replace(&moto.server.url(), "http://SERVER").replace(&bao.url(), "http://SERVER")));
    };
    let with = |rules: &str| sandbox(rules);
    let s3 = with("  - {s3_bucket: secrets}\n");
    let publish = |sandbox: &Sandbox, args: &[&str]| sandbox.cloze([&["publish", "--yes"], args].concat());
    note("published", &s3, publish(&s3, &["a.yaml"]), 0);
    note("no file", &s3, publish(&s3, &[]), 100);
    note("a file in clear", &s3, publish(&s3, &["dir/c.txt"]), 1);
    note("a directory", &s3, publish(&s3, &["dir"]), 1);
    note("nobody to ask", &s3, s3.cloze(["publish", "a.yaml"]), 1);
    s3.encrypted(".env", "A=1\n");
    note("nothing left of the name", &s3, publish(&s3, &["--omit-extensions", ".env"]), 1);
    fs::copy(s3.path("a.yaml"), s3.path("dir/b.yaml")).unwrap();
    note("two files for one place", &s3, publish(&s3, &["--recursive", "--omit-extensions", "dir"]), 1);
    let other = with("  - {path_regex: ^other, s3_bucket: secrets}\n");
    note("no rule matches", &other, publish(&other, &["a.yaml"]), 1);
    note("no rule matches any of many", &other, publish(&other, &["--recursive", "dir"]), 1);
    let none = Sandbox::new();
    none.encrypted("a.yaml", "a: 1\n");
    note("no rules", &none, publish(&none, &["a.yaml"]), 1);
    let wrong = with("  - {s3_bucket: secrets, gcs_bucket: secrets}\n");
    note("two destinations", &wrong, publish(&wrong, &["a.yaml"]), 1);
    let empty = with("  - {s3_bucket: secrets, recreation_rule: {encrypted_regex: ^a$}}\n");
    note("a recreation rule without recipients", &empty, publish(&empty, &["a.yaml"]), 1);
    let away = with("  - {s3_bucket: missing}\n");
    note("no such bucket", &away, publish(&away, &["a.yaml"]), 1);
    let vault = with(&format!("  - {{vault_path: x, vault_address: '{}'}}\n", bao.url()));
    let at = |call: Call, token: &str| call.env("VAULT_ADDR", bao.url()).env("VAULT_TOKEN", token);
    note("a wrong token", &vault, at(publish(&vault, &["a.yaml"]), "wrong"), 1);
    let mount = with(&format!("  - {{vault_path: x, vault_address: '{}', vault_kv_mount_name: no}}\n", bao.url()));
    note("no such engine", &mount, at(publish(&mount, &["a.yaml"]), ROOT), 1);
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let gone = with(&format!("  - {{vault_path: x, vault_address: '{nobody}'}}\n"));
    let call = publish(&gone, &["a.yaml"]).env("VAULT_ADDR", &nobody).env("VAULT_TOKEN", ROOT);
    let outcome = call.run();
    outcome.expect(1).says("cannot be reached");
    golden("publish", &said);
}

#[test]
fn s3_is_trusted_as_the_variables_of_aws_say() {
    let Some(program) = require_tool("moto_server") else { return };
    let sandbox = sandbox("  - {s3_bucket: missing}\n");
    let [key, certificate] = ["key.pem", "certificate.pem"].map(|name| sandbox.path(name).display().to_string());
    let new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", &certificate, "-days", "2"];
    let subject = ["-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1"];
    let leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
    let made = Command::new("openssl").args(new).args(subject).args(leaf).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let args = |port: u16| {
        ["-H", "127.0.0.1", "-p", &port.to_string(), "-c", &certificate, "-k", &key].map(str::to_owned).into()
    };
    let server = Server::start("moto-tls", &program, args, &[]);
    let publish = || {
        let call = sandbox.cloze(["publish", "--yes", "a.yaml"]).env("AWS_ACCESS_KEY_ID", "a");
        let call = call.env("AWS_SECRET_ACCESS_KEY", "s").env("AWS_REGION", "us-east-1");
        call.env("AWS_ENDPOINT_URL", format!("https://127.0.0.1:{}", server.port))
    };
    publish().run().expect(1).says("cannot be reached: invalid peer certificate");
    publish().env("AWS_CA_BUNDLE", &certificate).run().expect(1).says("there is no such bucket");
    publish().env("AWS_CA_BUNDLE", &key).run().expect(1).says("holds no certificate in PEM");
}
