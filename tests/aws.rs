//! AWS KMS against moto, which implements its API and that of STS, and verifies signatures when
//! told to; both ways with the real sops; and every failure that a user meets, answered by a server
//! of ours in the words of the API reference.

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::harness::{Call, Outcome, Sandbox, require_sops};
use crate::http::{Gate, Http, Reply, Request};
use crate::messages::golden;
use crate::servers::{Server, free_port, require_tool};

/// A key that only servers of ours know.
const ARN: &str = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000";
const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";
/// Where the tools of AWS keep the login of the SSO session `corp`: its name is the SHA-1 of that.
const CACHE_OF_CORP: &str = "ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
const PLAIN: &str = "user: me\npassword: hunter2\n";

/// moto as it comes: it takes any signature.
pub(crate) fn moto() -> Option<&'static Server> {
    static MOTO: OnceLock<Option<Server>> = OnceLock::new();
    MOTO.get_or_init(|| start_moto("moto-kms", &[])).as_ref()
}

fn start_moto(name: &str, env: &[(&str, &str)]) -> Option<Server> {
    let program = require_tool("moto_server")?;
    Some(Server::start(
        name,
        &program,
        |port| vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()],
        env,
    ))
}

/// Calls a service of moto without a signature that counts.
fn ask(port: u16, service: &str, target: &str, body: &str) -> String {
    let kind = if target.is_empty() { "application/x-www-form-urlencoded" } else { "application/x-amz-json-1.1" };
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=x"
    );
    let headers = [
        ("host", "127.0.0.1"),
        ("content-type", kind),
        ("authorization", &scope),
        ("x-amz-target", target),
        ("content-length", &body.len().to_string()),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let headers = headers.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let request = Request { line: "POST / HTTP/1.1".into(), headers, body: body.into() };
    let reply = request.pass_on(port);
    let text = String::from_utf8(reply.body).unwrap();
    assert_eq!(reply.status, 200, "{service} {target}: {text}");
    text
}

/// A new key of moto.
pub(crate) fn new_key(server: &Server) -> String {
    let answer: Value = serde_json::from_str(&ask(server.port, "kms", "TrentService.CreateKey", "{}")).unwrap();
    answer["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

/// A new alias of a key of moto.
fn new_alias(server: &Server, key: &str, name: &str) -> String {
    let body = json!({"AliasName": format!("alias/{name}"), "TargetKeyId": key}).to_string();
    ask(server.port, "kms", "TrentService.CreateAlias", &body);
    format!("{}:alias/{name}", key.rsplit_once(':').unwrap().0)
}

/// The variables of a user who has credentials, and an AWS that is somewhere else.
pub(crate) fn at(call: Call, url: &str) -> Call {
    without_credentials(call, url)
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
}

/// The variables of a user who has none.
fn without_credentials(call: Call, url: &str) -> Call {
    call.env("AWS_ENDPOINT_URL", url).env("AWS_EC2_METADATA_DISABLED", "true")
}

/// Rules with one key group of entries of KMS, given as YAML flow maps.
fn rules(entries: &[String]) -> String {
    let list: String = entries.iter().map(|entry| format!("          - {entry}\n")).collect();
    format!("creation_rules:\n  - key_groups:\n      - kms:\n{list}")
}

/// What a request asks for.
fn action(request: &Request) -> &str {
    match request.header("x-amz-target").rsplit_once('.') {
        Some((_, action)) => action,
        None => "AssumeRole",
    }
}

fn count(requests: &[Request], wanted: &str) -> usize {
    requests.iter().filter(|request| action(request) == wanted).count()
}

/// An error in the words of KMS.
fn refusal(code: &str, message: &str) -> Reply {
    Reply::new(400, &json!({"__type": code, "message": message}).to_string())
}

/// The bodies of KMS for a key that changes nothing: the ciphertext is the plaintext.
fn mirror(request: &Request) -> Reply {
    let asked: Value = serde_json::from_slice(&request.body).unwrap();
    let answer = match action(request) {
        "Encrypt" => json!({"CiphertextBlob": asked["Plaintext"], "KeyId": asked["KeyId"]}),
        _ => json!({"Plaintext": asked["CiphertextBlob"], "KeyId": asked["KeyId"]}),
    };
    Reply::new(200, &answer.to_string())
}

/// A sandbox with a file that is encrypted for an entry, by a KMS of ours.
fn with_file(entry: &str) -> Sandbox {
    let sandbox = Sandbox::without_key();
    let kms = Http::start(|request| Some(mirror(request)));
    sandbox.write(".sops.yaml", rules(&[entry.to_owned()]));
    sandbox.write("a.yaml", PLAIN);
    at(sandbox.cloze(["encrypt", "-i", "a.yaml"]), &kms.url())
        .env("AWS_ENDPOINT_URL_STS", sts().url())
        .run()
        .expect(0)
        .silent();
    sandbox
}

/// An STS that lets everybody be anybody.
fn sts() -> Http {
    Http::start(|request| Some(assumed(request)))
}

fn assumed(_: &Request) -> Reply {
    let credentials = "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
        <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>";
    Reply::new(
        200,
        &format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         {credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>"
        ),
    )
}

#[test]
fn real_sops_and_cloze_open_each_others_files() {
    let (Some(moto), Some(sops)) = (moto(), require_sops()) else { return };
    let key = new_key(moto);
    let alias = new_alias(moto, &key, "both-ways");
    let entries = [
        format!("{{arn: {key}}}"),
        format!("{{arn: {alias}}}"),
        format!("{{arn: {key}, context: {{Environment: prod, App: x y}}}}"),
        format!("{{arn: {key}, role: {ROLE}}}"),
        format!("{{arn: {alias}, role: {ROLE}, context: {{a: b}}, aws_profile: work}}"),
    ];
    for entry in entries {
        let sandbox = Sandbox::without_key();
        sandbox.write(".sops.yaml", rules(std::slice::from_ref(&entry)));
        profile(&sandbox, "work", "aws_access_key_id = AKIAWORK\naws_secret_access_key = s\n");
        for name in ["ours.yaml", "theirs.yaml"] {
            sandbox.write(name, PLAIN);
        }
        at(sandbox.cloze(["encrypt", "-i", "ours.yaml"]), &moto.url()).run().expect(0).silent();
        at(sandbox.real(sops, ["encrypt", "-i", "theirs.yaml"]), &moto.url()).ok();
        at(sandbox.real(sops, ["decrypt", "ours.yaml"]), &moto.url()).run().expect(0).prints(PLAIN);
        at(sandbox.cloze(["decrypt", "theirs.yaml"]), &moto.url()).run().expect(0).silent().prints(PLAIN);
        at(sandbox.cloze(["decrypt", "ours.yaml"]), &moto.url()).run().expect(0).prints(PLAIN);
        at(sandbox.cloze(["rotate", "-i", "theirs.yaml"]), &moto.url()).ok();
        at(sandbox.real(sops, ["decrypt", "theirs.yaml"]), &moto.url()).run().expect(0).prints(PLAIN);
    }
}

#[test]
fn keys_may_come_from_the_command_line_and_the_environment() {
    let Some(moto) = moto() else { return };
    let key = new_key(moto);
    let sandbox = Sandbox::without_key();
    sandbox.write("a.yaml", PLAIN);
    sandbox.write("b.yaml", PLAIN);
    let flags = ["encrypt", "-i", "--kms", &key, "--encryption-context", "Env:prod", "a.yaml"];
    at(sandbox.cloze(flags), &moto.url()).ok();
    at(sandbox.cloze(["encrypt", "-i", "b.yaml"]), &moto.url()).env("SOPS_KMS_ARN", &key).ok();
    for name in ["a.yaml", "b.yaml"] {
        at(sandbox.cloze(["decrypt", name]), &moto.url()).run().expect(0).prints(PLAIN);
    }
    for wrong in ["Env", "Env:a:b", "Env:a,"] {
        let flags = ["encrypt", "--kms", &key, "--encryption-context", wrong, "b.yaml"];
        at(sandbox.cloze(flags), &moto.url()).run().expect(6).says("--encryption-context: an encryption context is");
    }
    assert!(sandbox.text("a.yaml").contains("Env: prod"), "{}", sandbox.text("a.yaml"));
    let other = sandbox.text("a.yaml").replace("Env: prod", "Env: test");
    sandbox.write("a.yaml", other);
    at(sandbox.cloze(["decrypt", "a.yaml"]), &moto.url()).run().expect(128).says("this encryption context (`Env`)");
}

#[test]
fn signatures_are_right() {
    let Some(moto) = start_moto("moto-signed", &[("INITIAL_NO_AUTH_ACTION_COUNT", "4")]) else { return };
    let iam = |body: &str| ask(moto.port, "iam", "", &format!("{body}&Version=2010-05-08"));
    iam("Action=CreateUser&UserName=me");
    let policy = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
    iam(&format!("Action=PutUserPolicy&UserName=me&PolicyName=p&PolicyDocument={policy}"));
    let keys = iam("Action=CreateAccessKey&UserName=me");
    let inside = |name: &str| {
        let (_, rest) = keys.split_once(&format!("<{name}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    let (id, secret) = (inside("AccessKeyId"), inside("SecretAccessKey"));
    let key = new_key(&moto);
    let sandbox = Sandbox::without_key();
    sandbox.write("a.yaml", PLAIN);
    let signed = |call: Call, secret: &str| {
        at(call, &moto.url()).env("AWS_ACCESS_KEY_ID", &id).env("AWS_SECRET_ACCESS_KEY", secret)
    };
    signed(sandbox.cloze(["encrypt", "-i", "--kms", &key, "a.yaml"]), &secret).ok();
    signed(sandbox.cloze(["decrypt", "a.yaml"]), &secret).run().expect(0).prints(PLAIN);
    signed(sandbox.cloze(["decrypt", "a.yaml"]), "wrong")
        .run()
        .expect(128)
        .says("AWS KMS refuses the credentials (HTTP 403)");
}

#[test]
fn an_empty_variable_is_none() {
    let kms =
        Http::start(|request| Some(if action(request) == "AssumeRole" { assumed(request) } else { mirror(request) }));
    let sandbox = with_file(&format!("{{arn: {ARN}, role: {ROLE}}}"));
    let empty =
        ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL_STS", "AWS_PROFILE", "AWS_SESSION_TOKEN"];
    let call = empty.iter().fold(at(sandbox.cloze(["decrypt", "a.yaml"]), ""), |call, name| call.env(name, ""));
    // No endpoint is named, so AWS itself is meant: behind a proxy, which sees that.
    let proxy = Http::start(|_| Some(Reply::new(502, "")));
    call.env("HTTPS_PROXY", proxy.url()).env("AWS_MAX_ATTEMPTS", "1").run().expect(128);
    assert_eq!(proxy.seen()[0].line, "CONNECT sts.eu-west-1.amazonaws.com:443 HTTP/1.1");
    let call = at(sandbox.cloze(["decrypt", "a.yaml"]), &kms.url());
    let call = empty[1..].iter().fold(call, |call, name| call.env(name, ""));
    call.run().expect(0).prints(PLAIN);
}

#[test]
fn the_region_and_the_partition_are_those_of_the_key() {
    for (arn, host) in [
        ("arn:aws:kms:eu-central-1:1:key/a", "kms.eu-central-1.amazonaws.com"),
        ("arn:aws-cn:kms:cn-north-1:1:alias/a", "kms.cn-north-1.amazonaws.com.cn"),
        ("arn:aws-us-gov:kms:us-gov-west-1:1:key/a", "kms.us-gov-west-1.amazonaws.com"),
    ] {
        let sandbox = with_file(&format!("{{arn: \"{arn}\"}}"));
        let proxy = Http::start(|_| Some(Reply::new(502, "")));
        let call = at(sandbox.cloze(["decrypt", "a.yaml"]), "").env("HTTPS_PROXY", proxy.url());
        call.env("AWS_REGION", "us-east-2").env("AWS_MAX_ATTEMPTS", "1").run().expect(128);
        assert_eq!(proxy.seen()[0].line, format!("CONNECT {host}:443 HTTP/1.1"));
    }
}

#[test]
fn the_endpoint_of_kms_wins_over_that_of_all_services() {
    let (kms, all) = (Http::start(|request| Some(mirror(request))), Http::start(|_| None));
    let sandbox = with_file(&format!("{{arn: {ARN}}}"));
    at(sandbox.cloze(["decrypt", "a.yaml"]), &all.url())
        .env("AWS_ENDPOINT_URL_KMS", kms.url())
        .run()
        .expect(0)
        .prints(PLAIN);
    assert_eq!((kms.seen().len(), all.seen().len()), (1, 0));
    let scope = kms.seen()[0].header("authorization").to_owned();
    assert!(scope.contains("/eu-west-1/kms/aws4_request"), "{scope}");
}

/// Adds a profile to `~/.aws/config`.
fn profile(sandbox: &Sandbox, name: &str, lines: &str) {
    fs::create_dir_all(sandbox.home().join(".aws")).unwrap();
    let path = sandbox.home().join(".aws/config");
    let before = fs::read_to_string(&path).unwrap_or_default();
    fs::write(path, format!("{before}[profile {name}]\n{lines}")).unwrap();
}

fn signer(request: &Request) -> String {
    let (_, rest) = request.header("authorization").split_once("Credential=").unwrap();
    rest.split_once('/').unwrap().0.to_owned()
}

#[test]
fn the_profile_of_an_entry_wins_over_variables() {
    let kms = Http::start(|request| Some(mirror(request)));
    let sandbox = Sandbox::without_key();
    profile(&sandbox, "work", "aws_access_key_id = AKIAWORK\naws_secret_access_key = s\n");
    sandbox.write("a.yaml", PLAIN);
    at(sandbox.cloze(["encrypt", "-i", "--kms", ARN, "--aws-profile", "work", "a.yaml"]), &kms.url()).run().expect(0);
    at(sandbox.cloze(["decrypt", "a.yaml"]), &kms.url()).run().expect(0).silent().prints(PLAIN);
    assert_eq!(kms.seen().iter().map(signer).collect::<Vec<_>>(), ["AKIAWORK", "AKIAWORK"]);
}

#[test]
fn credentials_are_looked_for_once() {
    let kms =
        Http::start(|request| Some(if action(request) == "AssumeRole" { assumed(request) } else { mirror(request) }));
    let sandbox = Sandbox::without_key();
    let program = sandbox.script("credentials", "echo asked >> \"$HOME/asked\"\necho '{\"Version\": 1, \"AccessKeyId\": \"AKIAPROGRAM\", \"SecretAccessKey\": \"s\"}'");
    profile(&sandbox, "work", &format!("credential_process = {}\n", program.display()));
    let entry = |number: usize, more: &str| {
        format!("{{arn: \"arn:aws:kms:eu-west-{number}:1:key/{number}\", aws_profile: work{more}}}")
    };
    let role = format!(", role: \"{ROLE}\"");
    let entries: Vec<String> = (1..=3).flat_map(|number| [entry(number, ""), entry(number, &role)]).collect();
    sandbox.write(".sops.yaml", rules(&entries));
    sandbox.write("a.yaml", PLAIN);
    without_credentials(sandbox.cloze(["encrypt", "-i", "a.yaml"]), &kms.url()).run().expect(0).silent();
    assert_eq!(fs::read_to_string(sandbox.home().join("asked")).unwrap(), "asked\n");
    assert_eq!((count(&kms.seen(), "Encrypt"), count(&kms.seen(), "AssumeRole")), (6, 1));
    let body = |request: &Request| String::from_utf8_lossy(&request.body).into_owned();
    let session = kms.seen().iter().find(|request| action(request) == "AssumeRole").map(body).unwrap();
    assert!(session.contains("RoleSessionName=sops%40"), "{session}");
    assert!(kms.seen().iter().any(|request| signer(request) == "ASIAROLE"));
}

#[test]
fn a_throttled_call_is_made_again() {
    let calls = AtomicUsize::new(0);
    let kms = Http::start(move |request| {
        let is_first = calls.fetch_add(1, Ordering::Relaxed) == 0;
        Some(if is_first { refusal("ThrottlingException", "Rate exceeded") } else { mirror(request) })
    });
    let sandbox = with_file(&format!("{{arn: {ARN}}}"));
    at(sandbox.cloze(["decrypt", "a.yaml"]), &kms.url()).run().expect(0).silent().prints(PLAIN);
    assert_eq!(kms.seen().len(), 2);
}

#[test]
fn five_keys_are_waited_for_at_once() {
    static GATES: OnceLock<[Gate; 2]> = OnceLock::new();
    let gates = GATES.get_or_init(|| [Gate::new(5), Gate::new(5)]);
    let kms = Http::start(|request| {
        let gate = usize::from(action(request) == "Decrypt");
        if !gates[gate].pass() {
            return Some(refusal("ValidationException", "the others did not come"));
        }
        // Four are denied, or never answer.
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        match (gate, asked["KeyId"].as_str().unwrap().chars().last()) {
            (0, _) | (1, Some('4')) => Some(mirror(request)),
            (_, Some('1' | '5')) => None,
            _ => Some(refusal("AccessDeniedException", "no")),
        }
    });
    let entries: Vec<String> =
        (1..=5).map(|number| format!("{{arn: \"arn:aws:kms:eu-west-1:1:key/{number}\"}}")).collect();
    let sandbox = Sandbox::without_key();
    sandbox.write(".sops.yaml", rules(&entries));
    sandbox.write("a.yaml", PLAIN);
    let patient = |args: &[&str]| at(sandbox.cloze(args), &kms.url()).env("CLOZE_KEY_TIMEOUT", "50");
    patient(&["encrypt", "-i", "a.yaml"]).run().expect(0).silent();
    patient(&["decrypt", "a.yaml"]).run().expect(0).silent().prints(PLAIN);
}

#[test]
fn flags_add_to_what_rules_name() {
    let Some(moto) = moto() else { return };
    let key = new_key(moto);
    let sandbox = Sandbox::without_key();
    sandbox.write(".sops.yaml", format!("creation_rules:\n  - kms: {key}\n"));
    sandbox.write("a.yaml", PLAIN);
    // As SOPS does it in its old form.
    at(sandbox.named("sops", ["-e", "-i", "--encryption-context", "Env:prod", "a.yaml"]), &moto.url()).ok();
    assert!(sandbox.text("a.yaml").contains("Env: prod"), "{}", sandbox.text("a.yaml"));
    let other = new_key(moto);
    let rotate = ["rotate", "-i", "--add-kms", &other, "--encryption-context", "Team:a", "a.yaml"];
    at(sandbox.cloze(rotate), &moto.url()).ok();
    assert!(sandbox.text("a.yaml").contains("Team: a"), "{}", sandbox.text("a.yaml"));
    at(sandbox.cloze(["decrypt", "a.yaml"]), &moto.url()).run().expect(0).prints(PLAIN);
    if let Some(sops) = require_sops() {
        at(sandbox.real(sops, ["decrypt", "a.yaml"]), &moto.url()).run().expect(0).prints(PLAIN);
    }
}

/// What is said when the file cannot be opened.
fn fails(call: Call) -> String {
    call.env("AWS_MAX_ATTEMPTS", "1").run().expect(128).stderr.clone()
}

/// What is said when KMS answers so.
fn answered(sandbox: &Sandbox, code: &'static str, message: &'static str) -> String {
    let kms = Http::start(move |_| Some(refusal(code, message)));
    fails(at(sandbox.cloze(["decrypt", "a.yaml"]), &kms.url()))
}

#[test]
fn every_failure_has_its_message() {
    let sandbox = with_file(&format!("{{arn: {ARN}}}"));
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let decrypt = |sandbox: &Sandbox| sandbox.cloze(["decrypt", "a.yaml"]);
    let denied = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: kms:Decrypt on resource: \
        arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000 because no identity-based policy \
        allows the kms:Decrypt action";
    let mut said = vec![
        ("no credentials", fails(without_credentials(decrypt(&sandbox), &nobody))),
        ("denied", answered(&sandbox, "AccessDeniedException", denied)),
        ("throttled", answered(&sandbox, "ThrottlingException", "Rate exceeded")),
        (
            "wrong region, or no such key",
            answered(
                &sandbox,
                "NotFoundException",
                "Key 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000' does not exist",
            ),
        ),
        ("disabled key", answered(&sandbox, "DisabledException", "arn:aws:kms:… is disabled.")),
        (
            "key pending deletion",
            answered(
                &sandbox,
                "KMSInvalidStateException",
                "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000 is pending deletion.",
            ),
        ),
        (
            "alias that moved",
            answered(
                &sandbox,
                "IncorrectKeyException",
                "The key ID in the request does not identify a CMK that can perform this operation.",
            ),
        ),
        (
            "expired token",
            answered(&sandbox, "ExpiredTokenException", "The security token included in the request is expired"),
        ),
        (
            "unknown access key",
            answered(&sandbox, "UnrecognizedClientException", "The security token included in the request is invalid."),
        ),
        (
            "wrong secret access key",
            answered(
                &sandbox,
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided.",
            ),
        ),
        ("failure at AWS", answered(&sandbox, "KMSInternalException", "")),
        ("not JSON", {
            let kms = Http::start(|_| Some(Reply::new(503, "<html>busy</html>")));
            fails(at(decrypt(&sandbox), &kms.url()))
        }),
        ("unreachable", fails(at(decrypt(&sandbox), &nobody))),
        ("timed out", {
            let kms = Http::start(|_| None);
            fails(at(decrypt(&sandbox), &kms.url()).env("CLOZE_KEY_TIMEOUT", "0.5"))
        }),
        ("missing AWS_PROFILE", fails(without_credentials(decrypt(&sandbox), &nobody).env("AWS_PROFILE", "elsewhere"))),
        ("missing AWS_CA_BUNDLE", fails(at(decrypt(&sandbox), &nobody).env("AWS_CA_BUNDLE", "/nonexistent.pem"))),
        ("endpoint that is no URL", fails(at(decrypt(&sandbox), "nonsense"))),
    ];
    let context = with_file(&format!("{{arn: {ARN}, context: {{Env: prod, App: x}}}}"));
    said.push(("wrong encryption context", answered(&context, "InvalidCiphertextException", "")));
    said.push(("changed entry without a context", answered(&sandbox, "InvalidCiphertextException", "")));
    said.extend(profiles_and_roles(&nobody));
    let broken = sandbox.text("a.yaml").replace(":kms:", ":sms:");
    sandbox.write("a.yaml", broken);
    said.push(("bad ARN in a file", fails(at(decrypt(&sandbox), &nobody))));
    sandbox.write("b.yaml", PLAIN);
    let bad = at(sandbox.cloze(["encrypt", "--kms", "arn:aws:s3:::bucket", "b.yaml"]), &nobody).run();
    said.push(("bad ARN on the command line", bad.stderr.clone()));
    let denied = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: kms:Encrypt";
    let kms = Http::start(move |_| Some(refusal("AccessDeniedException", denied)));
    let call = at(sandbox.cloze(["encrypt", "--kms", ARN, "b.yaml"]), &kms.url()).run();
    said.push(("denied while encrypting", call.stderr.clone()));
    golden("aws", &said);
}

/// What is said of profiles and roles.
fn profiles_and_roles(nobody: &str) -> Vec<(&'static str, String)> {
    let mut said = Vec::new();
    let decrypt = |sandbox: &Sandbox| sandbox.cloze(["decrypt", "a.yaml"]);
    let kms = Http::start(|request| Some(mirror(request)));
    let work = with_file(&format!("{{arn: {ARN}}}"));
    let stored = work.text("a.yaml").replace("aws_profile: \"\"", "aws_profile: theirs");
    work.write("a.yaml", stored);
    let opened: Outcome = at(decrypt(&work), &kms.url()).run();
    opened.expect(0).prints(PLAIN);
    said.push(("stored profile that is not here", opened.stderr));
    profile(
        &work,
        "theirs",
        "sso_start_url = https://example.com/start\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n",
    );
    said.push(("SSO never logged in", fails(at(decrypt(&work), nobody))));
    let cache = work.home().join(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    let expired = json!({"accessToken": "t", "expiresAt": "2020-01-01T00:00:00Z", "region": "eu-west-1", "startUrl": "https://example.com/start"});
    fs::write(cache.join(CACHE_OF_CORP), expired.to_string()).unwrap();
    let config = "[sso-session corp]\nsso_start_url = https://example.com/start\nsso_region = eu-west-1\n\
        [profile theirs]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n\
        [profile chained]\nsource_profile = theirs\nrole_arn = arn:aws:iam::1:role/r\n";
    fs::write(work.home().join(".aws/config"), config).unwrap();
    said.push(("expired SSO", fails(at(decrypt(&work), nobody))));
    let chained = work.text("a.yaml").replace("aws_profile: theirs", "aws_profile: chained");
    work.write("a.yaml", chained);
    said.push(("expired SSO below a role", fails(at(decrypt(&work), nobody))));
    let login = "[profile chained]\nlogin_session = arn:aws:iam::123456789012:user/me\n";
    fs::write(work.home().join(".aws/config"), login).unwrap();
    let bare = || without_credentials(decrypt(&work), &kms.url()).env("PATH", work.root().join("bin"));
    said.push(("aws login without the program of AWS", fails(bare())));
    let shell = |body: &str| work.script("aws", &format!("PATH=/usr/bin:/bin\n{body}"));
    shell("echo 'Session expired; please log in.' >&2; exit 255");
    said.push(("expired aws login", fails(bare())));
    shell("echo nothing");
    said.push(("an aws that exports nothing", fails(bare())));
    shell(
        "test \"$*\" = 'configure export-credentials --format process --profile chained' || exit 1\n\
         echo '{\"Version\":1,\"AccessKeyId\":\"AKIAIOSFODNN7EXAMPLE\",\"SecretAccessKey\":\"secret\",\"SessionToken\":\"of the login\"}'",
    );
    bare().run().expect(0).silent().prints(PLAIN);
    assert_eq!(kms.seen().last().unwrap().header("x-amz-security-token"), "of the login");
    fs::remove_file(work.root().join("bin/aws")).unwrap();
    fs::write(work.home().join(".aws/config"), "[profile chained]\nnonsense\n").unwrap();
    let home = work.home().display().to_string();
    said.push(("broken configuration", fails(at(decrypt(&work), nobody)).replace(&home, "[HOME]")));
    let role = with_file(&format!("{{arn: {ARN}, role: {ROLE}}}"));
    let sts = Http::start(|_| {
        Some(Reply::new(
            403,
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
            <Code>AccessDenied</Code><Message>User: arn:aws:iam::123456789012:user/me is not authorized to perform: \
            sts:AssumeRole on resource: arn:aws:iam::123456789012:role/deploy</Message></Error></ErrorResponse>",
        ))
    });
    said.push(("role denied", fails(at(decrypt(&role), &sts.url()))));
    said
}

#[test]
fn nothing_of_aws_is_touched_without_need() {
    let sandbox = Sandbox::new();
    let trap = Http::start(|_| None);
    fs::create_dir_all(sandbox.home().join(".aws")).unwrap();
    fs::write(sandbox.home().join(".aws/config"), "nonsense").unwrap();
    sandbox.encrypted("a.yaml", PLAIN);
    at(sandbox.cloze(["decrypt", "a.yaml"]), &trap.url()).run().expect(0).silent().prints(PLAIN);
    at(sandbox.cloze(["--version"]), &trap.url()).ok();
    assert!(trap.seen().is_empty());
}
