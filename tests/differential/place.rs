//! The files that every call finds, encrypted by the real sops once, and key services at work.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::custodian;
use crate::harness::{ALICE, BOB, Sandbox};

/// In the layout of SOPS, so that what is printed can be the same to the byte.
const PLAIN: [(&str, &str); 5] = [
    ("p.yaml", "# head\na: one\nb: two\nnumber: 5\nlist:\n    - x\n    - z\nmap:\n    k: v\nopen_unencrypted: clear\n"),
    (
        "p.json",
        "{\n\t\"a\": \"one\",\n\t\"list\": [\n\t\t\"x\",\n\t\t2.5\n\t],\n\t\"open_unencrypted\": \"clear\"\n}\n",
    ),
    ("p.env", "# head\na=one\nb=two words\nopen_unencrypted=clear\n"),
    ("p.ini", "[main]\na = one\nb = two\n\n[other]\nc = three\n"),
    ("p.bin", "raw\u{0} text\n\n"),
];
/// What a shell and `exec-env` can take.
const FLAT: &str = "a: one\nb: two words\n";
/// A key of each kind, in the words of `--kms`, `--gcp-kms` and so on.
pub(super) const KEYS: [(&str, &str, &str); 7] = [
    ("kms", "SOPS_KMS_ARN", "arn:aws:kms:eu-west-1:111122223333:key/aaaaaaaa-0000-4000-8000-000000000001"),
    ("gcp-kms", "SOPS_GCP_KMS_IDS", "projects/p/locations/global/keyRings/r/cryptoKeys/k"),
    ("hckms", "SOPS_HUAWEICLOUD_KMS_IDS", "eu-west-101:aaaaaaaa-0000-4000-8000-000000000002"),
    ("azure-kv", "SOPS_AZURE_KEYVAULT_URLS", "https://v.vault.azure.net/keys/k/0123456789abcdef0123456789abcdef"),
    ("hc-vault-transit", "SOPS_VAULT_URIS", "https://vault.example.org:8200/v1/transit/keys/k"),
    ("pgp", "SOPS_PGP_FP", "0123456789ABCDEF0123456789ABCDEF01234567"),
    ("age", "SOPS_AGE_RECIPIENTS", BOB),
];

/// A place with copies of the files.
pub(super) fn copy(sops: &Path) -> Sandbox {
    static FILES: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    let sandbox = Sandbox::new();
    for (name, content) in FILES.get_or_init(|| made(sops)) {
        sandbox.write(name, content);
    }
    sandbox.script("change", "sed -i 's/one/changed/' \"$1\"");
    sandbox.script("fill", "case $1 in *.json) echo '{\"a\": \"new\"}' ;; *) echo 'a: new' ;; esac > \"$1\"");
    sandbox
}

/// Makes the files.
fn made(sops: &Path) -> BTreeMap<String, Vec<u8>> {
    let sandbox = Sandbox::new();
    sandbox.write(
        ".sops.yaml",
        format!(
            "creation_rules:\n  - path_regex: ^u\\.\n    age: {ALICE},{BOB}\n  - path_regex: ^only/\n    \
             unencrypted_regex: ^a$\n    age: {ALICE}\n  - age: {ALICE}\n"
        ),
    );
    sandbox.write("prod.yaml", format!("creation_rules:\n  - path_regex: prod\n    age: {ALICE}\n"));
    sandbox.write("bob.yaml", format!("creation_rules:\n  - age: {BOB}\n"));
    sandbox.write(
        "groups.yaml",
        format!(
            "creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - age: [{ALICE}]\n      - age: [{ALICE}, \
             {BOB}]\n      - age: [{ALICE}]\n"
        ),
    );
    sandbox.write("value.json", "\"from a file\"\n");
    let seal = |args: &[&str], plain: &str, sealed: &str| {
        let call = sandbox.real(sops, args.iter().chain(&["--output", sealed, plain]));
        call.env("SOPS_ENABLE_LOCAL_KEYSERVICE", "false").env("SOPS_KEYSERVICE", custodian::address()).ok();
    };
    for (name, content) in PLAIN {
        sandbox.write(name, content);
        seal(&["encrypt"], name, &name.replacen('p', "s", 1));
    }
    sandbox.write("plain", FLAT);
    let typed = ["encrypt", "--input-type", "yaml", "--output-type", "yaml"];
    seal(&typed, "plain", "flat.yaml");
    seal(&[&typed[..], &["--age", ALICE]].concat(), "plain", "u.yaml");
    seal(&typed, "plain", "typed.txt");
    seal(&[&["--config", "groups.yaml"], &typed[..]].concat(), "plain", "g.yaml");
    let keys = KEYS
        .map(|(kind, _, key)| [format!("--{kind}"), if kind == "age" { format!("{ALICE},{BOB}") } else { key.into() }]);
    let keys: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
    seal(&[&typed[..], &keys].concat(), "plain", "many.yaml");
    fs::remove_file(sandbox.path("plain")).unwrap();
    let text = sandbox.text("s.yaml");
    sandbox.write("bad.yaml", text.replace("open_unencrypted: clear", "open_unencrypted: other"));
    sandbox.write("inner/deep.yaml", text);
    files(&sandbox)
}

/// The files of a place.
pub(super) fn files(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    let root = sandbox.path("");
    let inside = |(path, mode, content): (std::path::PathBuf, u32, Vec<u8>)| {
        let name = path.strip_prefix(&root).ok()?.to_str()?.to_owned();
        (mode & 0o170_000 == 0o100_000).then_some((name, content))
    };
    sandbox.snapshot().into_iter().filter_map(inside).collect()
}

/// Starts a program as a key service, has the real sops decrypt with it, and ends it: whether it
/// served, and its exit code.
pub(super) fn serve(sandbox: &Sandbox, program: &Path, sops: &Path, line: &str) -> (bool, Option<i32>) {
    let socket = sandbox.root().join("run/keys");
    let socket = socket.to_str().unwrap();
    let mut server = Command::new(program)
        .args(line.split(' ').map(|word| word.replace("SOCKET", socket)))
        .current_dir(sandbox.path(""))
        .env_clear()
        .envs(sandbox.environment())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while UnixStream::connect(socket).is_err() && start.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let client = Sandbox::without_key();
    let sealed = sandbox.read("flat.yaml");
    let call = ["decrypt", "--keyservice", &format!("unix://{socket}"), "--enable-local-keyservice=false"];
    let typed = ["--input-type", "yaml", "--output-type", "yaml", "/dev/stdin"];
    let served = client.real(sops, call.iter().chain(&typed)).stdin(sealed).run().stdout == FLAT.as_bytes();
    assert!(Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap().success());
    (served, server.wait().unwrap().code())
}
