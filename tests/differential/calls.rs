//! The calls.

use std::collections::BTreeSet;
use std::fmt;

use super::In;
use super::place::KEYS;
use crate::custodian;
use crate::harness::{self, BOB, Outcome};

/// One call.
pub(super) struct Call {
    /// As in a shell, without the name of the program.
    line: String,
    stdin: &'static str,
    env: Vec<(&'static str, String)>,
    /// The line of `docs/differences.md`, and in what the two differ.
    pub(super) intended: Option<(&'static str, Vec<In>)>,
}

/// What it is that starts a key service; SOCKET stands for a path.
pub(super) const SERVERS: [&str; 3] = [
    "keyservice --network unix --address SOCKET",
    "keyservice --net unix --addr SOCKET --verbose",
    "keyservice --network=unix --address=SOCKET --prompt=false",
];

fn call(line: impl Into<String>) -> Call {
    Call { line: line.into(), stdin: "", env: Vec::new(), intended: None }
}

impl Call {
    fn stdin(self, stdin: &'static str) -> Self {
        Call { stdin, ..self }
    }

    fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// With the key service that has keys of every kind, and nothing else.
    fn custodian(self) -> Self {
        self.env("SOPS_ENABLE_LOCAL_KEYSERVICE", "false").env("SOPS_KEYSERVICE", custodian::address())
    }

    /// We differ in this, as the line of `docs/differences.md` says that begins so.
    fn differs(self, line: &'static str, aspects: &[In]) -> Self {
        Call { intended: Some((line, aspects.to_vec())), ..self }
    }

    pub(super) fn args(&self) -> Vec<String> {
        shell_words::split(&self.line).unwrap()
    }

    /// Runs it as this call of one of the programs.
    pub(super) fn run(&self, program: harness::Call) -> Outcome {
        self.env.iter().fold(program.stdin(self.stdin), |program, (name, value)| program.env(name, value)).run()
    }

    /// The flags and variables that it uses, of those that there are, by command.
    fn flags(&self, all: &BTreeSet<(String, String)>) -> Vec<(String, String)> {
        let mut command = String::new();
        let mut used = Vec::new();
        for word in self.args() {
            if word.starts_with('-') {
                used.push((command.clone(), word.split('=').next().unwrap_or_default().to_owned()));
            } else if all.contains(&(command.clone(), word.clone())) {
                used.push((command.clone(), word.clone()));
                command = format!("{command} {word}").trim().to_owned();
            }
        }
        used.extend(self.env.iter().map(|(name, _)| (command.clone(), format!("${name}"))));
        used
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.line)?;
        self.env
            .iter()
            .filter(|(_, value)| value != custodian::address())
            .try_for_each(|(name, value)| write!(f, " ({name}={value})"))
    }
}

/// Every call.
pub(super) fn all() -> Vec<Call> {
    let mut calls = Vec::new();
    calls.extend(decrypting());
    calls.extend(encrypting());
    calls.extend(editing());
    calls.extend(setting());
    calls.extend(rekeying());
    calls.extend(running());
    calls.extend(others());
    calls.extend(kinds());
    calls.extend(services());
    calls
}

/// The flags and variables that some call uses, by command.
pub(super) fn flags(known: &BTreeSet<(String, String)>) -> BTreeSet<(String, String)> {
    let servers = SERVERS.map(call);
    all().iter().chain(&servers).flat_map(|call| call.flags(known)).collect()
}

/// Lines of `docs/differences.md` that several calls show.
const RULES: &str = "a `.sops.yaml` that is broken, or not there though it was named, when decrypting or with `edit` of a \
                     file that exists";
const TYPED: &str = "`--input-type` without `--output-type`, for a file whose name says no format";
const HELP: &str = "help, versions and scripts for shells";
const MISSING: &str = "a missing file for `groups` or `set --value-file`";
const NO_SERVICE: &str = "neither a local key service nor another one";
const FROM_BINARY: &str = "`encrypt --input-type binary` into another format";

fn decrypting() -> Vec<Call> {
    let mut calls = Vec::new();
    for style in ["decrypt", "-d"] {
        for file in ["s.yaml", "s.json", "s.env", "s.ini", "s.bin"] {
            calls.push(call(format!("{style} {file}")));
            calls.push(call(format!("{style} -i {file}")));
            calls.push(call(format!("{style} --in-place {file}")));
            calls.push(call(format!("{style} --output out {file}")));
        }
        for rest in [
            "--extract '[\"a\"]' s.yaml",
            "--extract '[\"list\"]' s.yaml",
            "--extract '[\"list\"][1]' s.yaml",
            "--extract '[\"map\"]' s.yaml",
            "--extract '[\"map\"][\"k\"]' s.yaml",
            "--extract '[\"number\"]' s.yaml",
            "--extract '[\"nothing\"]' s.yaml",
            "--extract '[\"a\"' s.yaml",
            "--extract a s.yaml",
            "--extract '[\"list\"]' s.json",
            "--extract '[\"a\"]' s.env",
            "--extract '[\"main\"][\"a\"]' s.ini",
            "--extract '[\"list\"]' --output-type json s.yaml",
            "--extract '[\"a\"]' --output out s.yaml",
            "--input-type yaml --output-type yaml typed.txt",
            "--input-type yaml --output-type json typed.txt",
            "--input-type json --output-type binary s.bin",
            "--output-type json s.yaml",
            "--output-type yaml s.json",
            "--output-type dotenv flat.yaml",
            "--output-type dotenv s.yaml",
            "--output-type ini s.ini",
            "--output-type binary s.yaml",
            "--output-type json s.bin",
            "--output-type json s.ini",
            "--output-type json s.env",
            "--output-type nonsense s.yaml",
            "--ignore-mac bad.yaml",
            "--ignore-mac s.yaml",
            "bad.yaml",
            "--output out bad.yaml",
            "-i bad.yaml",
            "-i --output out s.yaml",
            "--filename-override x.yaml typed.txt",
            "--filename-override x.json s.bin",
            "p.yaml",
            "p.bin",
            "missing.yaml",
            "inner",
            "--decryption-order pgp,age s.yaml",
            "--decryption-order age,age s.yaml",
            "--output-type yaml --output-type json s.yaml",
            "/dev/stdin",
        ] {
            calls.push(call(format!("{style} {rest}")));
        }
    }
    calls.extend([
        call("--decrypt s.yaml"),
        call("decrypt").stdin("a: b\n"),
        call("decrypt --input-type yaml --output-type yaml").stdin("a: b\n"),
        call("decrypt -i --input-type yaml").stdin("a: b\n"),
        call("decrypt --input-type yaml").stdin("a: [\n"),
        call("decrypt --input-type json").stdin("{\"a\": "),
        call("decrypt --input-type json").stdin("{\"sops\": 1}"),
        call("decrypt --input-type dotenv").stdin("nonsense\n"),
        call("decrypt --input-type ini").stdin("[x\n"),
        call("decrypt s.yaml").env("SOPS_DECRYPTION_ORDER", "pgp,age"),
        call("-d s.yaml").env("SOPS_DECRYPTION_ORDER", "age,age"),
        call("--indent 2 -d --output-type json s.yaml"),
        call("--indent 2 decrypt --output-type yaml s.json"),
        call("--verbose -d s.yaml"),
        call("--ignore-mac=false -d bad.yaml"),
        call("--config bob.yaml -d s.yaml"),
        call("--config missing.yaml -d s.yaml").differs(RULES, &[In::Code, In::Output]),
        call("-d s.yaml").env("SOPS_CONFIG", "/dev/null"),
        call("-d s.yaml").env("SOPS_CONFIG", "missing").differs(RULES, &[In::Code, In::Output]),
        call("-d --input-type yaml typed.txt").differs(TYPED, &[In::Code, In::Output]),
        call("decrypt --input-type json s.bin").differs(TYPED, &[In::Output]),
        call("--aws-profile p -d s.yaml"),
    ]);
    calls
}

fn encrypting() -> Vec<Call> {
    let mut calls = Vec::new();
    for style in ["encrypt", "-e"] {
        for file in ["p.yaml", "p.json", "p.env", "p.ini", "p.bin"] {
            calls.push(call(format!("{style} {file}")));
            calls.push(call(format!("{style} -i {file}")));
            calls.push(call(format!("{style} --in-place {file}")));
            calls.push(call(format!("{style} --output out {file}")));
        }
        for rest in [
            "--input-type yaml p.yaml",
            "--input-type yaml --output-type json p.yaml",
            "--output-type yaml p.json",
            "--output-type json p.yaml",
            "--output-type yaml p.env",
            "--output-type json p.ini",
            "--unencrypted-suffix _x p.yaml",
            "--encrypted-suffix a p.yaml",
            "--unencrypted-regex '^a$' p.yaml",
            "--encrypted-regex '^(a|map)$' p.yaml",
            "--encrypted-regex '^a$' --unencrypted-suffix _x p.yaml",
            "--shamir-secret-sharing-threshold 2 p.yaml",
            "--encryption-context a:b,c:d p.yaml",
            "--filename-override only/x.yaml p.yaml",
            "--filename-override x.json p.yaml",
            "-i --output out p.yaml",
            "s.yaml",
            "-i s.json",
            "s.env",
            "s.ini",
            "s.bin",
            "missing.yaml",
            "inner",
            "/dev/null",
            "--input-type yaml /dev/stdin",
        ] {
            calls.push(call(format!("{style} {rest}")));
        }
        calls.push(call(format!("--config groups.yaml {style} p.yaml")));
        calls.push(call(format!("--config groups.yaml {style} --shamir-secret-sharing-threshold 3 p.yaml")));
        calls.push(call(format!("--config prod.yaml {style} p.yaml")));
        calls.push(call(format!("--config /dev/null {style} p.yaml")));
        calls.push(call(format!("--config missing.yaml {style} p.yaml")));
        calls.push(call(format!("--indent 2 {style} p.json")));
        calls.push(call(format!("--indent 2 {style} --output-type yaml p.json")));
        calls.push(call(format!("{style} --input-type binary p.yaml")).differs(FROM_BINARY, &[In::Output]));
        let mac_only = call(format!("--mac-only-encrypted {style} p.yaml"));
        calls.push(match style {
            "encrypt" => mac_only.differs("`--mac-only-encrypted` with a command", &[In::Output]),
            _ => mac_only,
        });
        calls.push(call(format!("--verbose=false {style} p.yaml")));
        calls.push(call(format!("{style} p.yaml")).env("SOPS_CONFIG", "bob.yaml").env("SOPS_AGE_RECIPIENTS", BOB));
    }
    calls.extend([
        call("--encrypt p.yaml"),
        call("--unencrypted-comment-regex head -e p.yaml"),
        call("--encrypted-comment-regex head -e p.yaml"),
        call("encrypt").stdin("a: b\n"),
        call("encrypt --filename-override x.yaml").stdin("a: b\n"),
        call("encrypt --filename-override x.yaml --output out").stdin("a: b\n"),
        call("encrypt -i --filename-override x.yaml").stdin("a: b\n"),
        call("encrypt --filename-override x.yaml").stdin("a: [\n"),
        call("encrypt --filename-override x.json").stdin("{\"sops\": 1}\n"),
        call("encrypt --filename-override x.yaml").stdin("sops: 1\na: b\n"),
        call("encrypt --filename-override x.env").stdin("sops_x=1\n"),
        call("encrypt --filename-override x.env").stdin("nonsense\n"),
        call("encrypt --filename-override x.ini").stdin("[x\n"),
        call("encrypt --filename-override x.json")
            .stdin("{\"a\": ")
            .differs("JSON that ends too early, in `encrypt`", &[In::Code, In::Output]),
    ]);
    calls
}

fn editing() -> Vec<Call> {
    let mut calls = Vec::new();
    for style in ["edit", ""] {
        let with = |rest: &str, editor: &str| call(format!("{style} {rest}").trim()).env("EDITOR", editor);
        for file in ["s.yaml", "s.json", "s.env", "s.ini"] {
            calls.push(with(file, "change"));
            calls.push(with(file, "true"));
            calls.push(with(file, "false"));
        }
        calls.extend([
            with("s.yaml", "no-such-editor"),
            with("s.yaml", "false").env("SOPS_EDITOR", "change"),
            with("new.yaml", "fill"),
            with("new.json", "fill"),
            with("new.yaml", "true"),
            with("--input-type yaml typed.txt", "change").differs(TYPED, &[In::Code, In::Files]),
            with("--input-type yaml --output-type yaml typed.txt", "change"),
            with("--output-type yaml s.yaml", "change"),
            with("--ignore-mac bad.yaml", "change"),
            with("bad.yaml", "change"),
            with("-s s.yaml", "change").differs("`edit -s`", &[In::Code]),
            with("--show-master-keys s.yaml", "change").differs("`edit -s`", &[In::Code]),
            with("--unencrypted-suffix _x new.yaml", "fill"),
            with("--encrypted-suffix a new.yaml", "fill"),
            with("--unencrypted-regex '^a$' new.yaml", "fill"),
            with("--encrypted-regex '^a$' new.yaml", "fill"),
            with("--shamir-secret-sharing-threshold 2 new.yaml", "fill"),
            with("--encryption-context a:b new.yaml", "fill"),
            with("--aws-profile p new.yaml", "fill"),
            with("--decryption-order pgp,age s.yaml", "change"),
            with("--decryption-order age,age s.yaml", "change"),
            with("s.yaml", "change").env("SOPS_DECRYPTION_ORDER", "pgp,age"),
        ]);
    }
    calls.push(call("edit").env("EDITOR", "true"));
    calls.push(call("").env("EDITOR", "true"));
    calls
}

fn setting() -> Vec<Call> {
    let mut calls = Vec::new();
    for (command, value) in [("set", " '\"new\"'"), ("unset", "")] {
        for rest in [
            format!("s.yaml '[\"a\"]'{value}"),
            format!("s.json '[\"a\"]'{value}"),
            format!("s.env '[\"a\"]'{value}"),
            format!("s.ini '[\"main\"][\"a\"]'{value}"),
            format!("s.yaml '[\"list\"][0]'{value}"),
            format!("s.yaml '[\"map\"][\"k\"]'{value}"),
            format!("--idempotent s.yaml '[\"a\"]'{value}"),
            format!("--idempotent s.yaml '[\"nothing\"]'{value}"),
            format!("--input-type yaml --output-type yaml typed.txt '[\"a\"]'{value}"),
            format!("--output-type yaml s.yaml '[\"a\"]'{value}"),
            format!("--ignore-mac bad.yaml '[\"a\"]'{value}"),
            format!("bad.yaml '[\"a\"]'{value}"),
            format!("--shamir-secret-sharing-threshold 2 s.yaml '[\"a\"]'{value}"),
            format!("--decryption-order pgp,age s.yaml '[\"a\"]'{value}"),
            format!("--decryption-order age,age s.yaml '[\"a\"]'{value}"),
            format!("s.yaml a{value}"),
            format!("p.yaml '[\"a\"]'{value}"),
            "s.yaml".to_owned(),
        ] {
            calls.push(call(format!("{command} {rest}")));
        }
        calls
            .push(call(format!("{command} --input-type yaml typed.txt '[\"a\"]'{value}")).differs(TYPED, &[In::Files]));
        calls.push(call(format!("{command} s.yaml '[\"a\"]'{value}")).env("SOPS_DECRYPTION_ORDER", "pgp,age"));
    }
    calls.extend([
        call("set --value-file s.yaml '[\"a\"]' value.json"),
        call("set --value-file s.yaml '[\"a\"]' missing").differs(MISSING, &[In::Code]),
        call("set --value-stdin s.yaml '[\"a\"]'").stdin("{\"k\": [\"x\", true]}"),
        call("set --value-stdin --value-file s.yaml '[\"a\"]' value.json"),
        call("set --idempotent s.yaml '[\"a\"]' '\"one\"'"),
        call("--set '[\"a\"] \"new\"' s.yaml"),
        call("--set '[\"a\"]' s.yaml"),
        call("unset s.yaml '[\"nothing\"]'"),
        call("set s.yaml '[\"number\"]' 6").differs("`set`: whole numbers", &[In::Files]),
        call("set s.yaml '[\"a\"]' '[1]'").differs("`set`: a list as value", &[In::Code, In::Files]),
    ]);
    calls
}

fn rekeying() -> Vec<Call> {
    let mut calls = Vec::new();
    for style in ["rotate", "-r"] {
        for rest in [
            "s.yaml",
            "-i s.yaml",
            "--in-place s.json",
            "--output out s.yaml",
            "-i --output out s.yaml",
            "-i --input-type yaml --output-type yaml typed.txt",
            "--filename-override x.yaml typed.txt",
            "--encryption-context a:b s.yaml",
            "--decryption-order pgp,age s.yaml",
            "--decryption-order age,age s.yaml",
            "bad.yaml",
            "p.yaml",
        ] {
            calls.push(call(format!("{style} {rest}")));
        }
        calls.push(call(format!("{style} -i g.yaml")));
        calls.push(call(format!("{style} --add-age {BOB} missing.yaml")));
    }
    calls.push(call("--rotate s.yaml"));
    calls.push(call("rotate s.yaml").env("SOPS_DECRYPTION_ORDER", "pgp,age"));
    for rest in [
        "--yes u.yaml",
        "-y u.yaml",
        "--yes s.yaml",
        "--yes --input-type yaml u.yaml",
        "--yes missing.yaml",
        "--yes p.yaml",
    ] {
        calls.push(call(format!("updatekeys {rest}")));
    }
    calls.push(call("--config bob.yaml updatekeys --yes s.yaml"));
    calls.push(call("--config prod.yaml updatekeys --yes s.yaml"));
    calls.push(call("updatekeys u.yaml").stdin("n\n"));
    for rest in [
        format!("--file s.yaml --age {BOB}"),
        format!("-f s.yaml --age {BOB} -i"),
        format!("-f s.yaml --age {BOB} --in-place --shamir-secret-sharing-threshold 2"),
    ] {
        calls.push(call(format!("groups add {rest}")));
    }
    calls.push(call(format!("groups add -f missing.yaml --age {BOB}")).differs(MISSING, &[In::Code]));
    calls.push(call("groups delete -f missing.yaml 0").differs(MISSING, &[In::Code]));
    for rest in ["--file g.yaml 0", "-f g.yaml -i 2", "-f g.yaml --in-place --shamir-secret-sharing-threshold 2 1"] {
        calls.push(call(format!("groups delete {rest}")));
    }
    calls
}

fn running() -> Vec<Call> {
    vec![
        call("exec-env flat.yaml 'printenv a b'"),
        call("exec-env flat.yaml 'exit 7'"),
        call("exec-env s.yaml true"),
        call("exec-env flat.yaml"),
        call("exec-env flat.yaml true more"),
        call("exec-env --pristine flat.yaml '/usr/bin/printenv HOME a'"),
        call("exec-env --same-process flat.yaml 'printenv a'"),
        call("exec-env --same-process --background flat.yaml true"),
        call("exec-env --background flat.yaml true"),
        call("exec-env --user no-such-user flat.yaml true"),
        call("exec-env --decryption-order pgp,age flat.yaml 'printenv a'"),
        call("exec-env --decryption-order age,age flat.yaml 'printenv a'"),
        call("exec-env flat.yaml 'printenv a'").env("SOPS_DECRYPTION_ORDER", "pgp,age"),
        call("exec-env bad.yaml true"),
        call("exec-file s.yaml 'cat {}'"),
        call("exec-file s.yaml 'exit 7'"),
        call("exec-file --no-fifo s.yaml 'stat -c %a {}; cat {}'"),
        call("exec-file --no-fifo --filename x.yaml s.yaml 'basename {}'"),
        call("exec-file --filename x.yaml s.yaml 'basename {}; cat {}'"),
        call("exec-file --no-fifo s.bin 'cat {}'"),
        call("exec-file --input-type yaml --output-type json typed.txt 'cat {}'"),
        call("exec-file --output-type json s.yaml 'cat {}'"),
        call("exec-file --background --no-fifo s.yaml true").differs("`exec-file --background`", &[In::Code]),
        call("exec-file --user no-such-user s.yaml true"),
        call("exec-file --decryption-order pgp,age s.yaml 'cat {}'"),
        call("exec-file --decryption-order age,age s.yaml 'cat {}'"),
        call("exec-file s.yaml 'cat {}'").env("SOPS_DECRYPTION_ORDER", "pgp,age"),
        call("exec-file s.yaml"),
        call("exec-file bad.yaml true"),
    ]
}

fn others() -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for file in [
        "s.yaml",
        "s.json",
        "s.env",
        "s.ini",
        "s.bin",
        "p.yaml",
        "p.json",
        "p.env",
        "p.ini",
        "missing.yaml",
        "--input-type yaml typed.txt",
    ] {
        calls.push(call(format!("filestatus {file}")));
    }
    for line in [
        "completion bash",
        "completion zsh",
        "completion --help",
        "completion -h",
        "help",
        "h",
        "--help",
        "-h",
        "help decrypt",
        "decrypt --help",
        "groups --help",
        "groups -h",
        "--version --disable-version-check",
        "-v",
        "--check-for-updates --version",
    ] {
        // Where a proxy would be, there is none: the real sops looks for a newer version.
        let call = call(line).env("SOPS_DISABLE_VERSION_CHECK", "true").env("HTTPS_PROXY", "http://127.0.0.1:9");
        calls.push(call.differs(HELP, &[In::Output]));
    }
    let unknown = "a flag that there is not";
    calls.push(call("--no-such-flag s.yaml").differs(unknown, &[In::Output]));
    calls.push(call("decrypt --no-such-flag s.yaml").differs(unknown, &[In::Output]));
    calls.extend([
        call("keyservice --prompt --network unix --address /no/such/place"),
        call("keyservice --network carrier-pigeon"),
    ]);
    calls
}

/// Keys of every kind, wherever they can be named.
fn kinds() -> Vec<Call> {
    let mut calls = Vec::new();
    for (kind, variable, key) in KEYS {
        let mut flags = vec![format!("--{kind}")];
        flags.extend(match kind {
            "kms" | "pgp" | "age" => Some(format!("-{}", &kind[..1])),
            _ => None,
        });
        for flag in flags {
            calls.push(call(format!("encrypt {flag} {key} p.yaml")).custodian());
            calls.push(call(format!("-e {flag} {key} p.yaml")).custodian());
            calls.push(call(format!("{flag} {key} -e -i p.json")).custodian());
            calls.push(call(format!("edit {flag} {key} new.yaml")).env("EDITOR", "fill").custodian());
        }
        for style in ["encrypt p.yaml", "-e p.env", "edit new.yaml", "new.yaml"] {
            calls.push(call(style).env(variable, key).env("EDITOR", "fill").custodian());
        }
        let add = call(format!("groups add --file s.yaml --{kind} {key}")).custodian();
        calls.push(if kind == "hckms" { add.differs("`groups add --hckms`", &[In::Output]) } else { add });
        for style in ["rotate", "-r", "--rotate -i"] {
            calls.push(call(format!("{style} --add-{kind} {key} s.yaml")).custodian());
            calls.push(call(format!("{style} --rm-{kind} {key} many.yaml")).custodian());
        }
        calls.push(call(format!("--add-{kind} {key} -r s.yaml")).custodian());
        calls.push(call(format!("--rm-{kind} {key} -r many.yaml")).custodian());
    }
    let arn = KEYS[0].2;
    for style in ["encrypt", "-e", "edit"] {
        let file = if style == "edit" { "new.yaml" } else { "p.yaml" };
        for rest in ["--encryption-context a:b,c:d", "--aws-profile p", "--encryption-context nonsense"] {
            calls.push(call(format!("{style} {rest} --kms {arn} {file}")).env("EDITOR", "fill").custodian());
        }
    }
    for rest in ["--encryption-context a:b", "--aws-profile p"] {
        calls.push(call(format!("groups add {rest} --file s.yaml --kms {arn}")).custodian());
    }
    calls.push(call(format!("rotate --encryption-context a:b --add-kms {arn} s.yaml")).custodian());
    calls.push(call(format!("--aws-profile p -r --add-kms {arn} s.yaml")).custodian());
    calls.push(call("decrypt many.yaml").custodian());
    calls.push(call("decrypt --decryption-order kms,pgp many.yaml").custodian());
    calls
}

/// Every command that needs a data key, with each way to say which key services it has.
fn services() -> Vec<Call> {
    let bases = [
        ("", "-d s.yaml"),
        ("", "-e p.yaml"),
        ("decrypt", "s.yaml"),
        ("encrypt", "p.yaml"),
        ("edit", "s.yaml"),
        ("set", "s.yaml '[\"a\"]' '\"new\"'"),
        ("unset", "s.yaml '[\"a\"]'"),
        ("rotate", "s.yaml"),
        ("updatekeys", "--yes u.yaml"),
        ("groups add", &*format!("--file s.yaml --age {BOB}")),
        ("groups delete", "--file g.yaml 0"),
        ("exec-env", "flat.yaml 'printenv a'"),
        ("exec-file", "s.yaml 'cat {}'"),
    ]
    .map(|(command, rest)| (command.to_owned(), rest.to_owned()));
    let mut calls = Vec::new();
    for (command, rest) in bases {
        let line = |flags: &str| call(format!("{command} {flags} {rest}").trim()).env("EDITOR", "change");
        calls.push(line("--enable-local-keyservice=true"));
        // To be told that nothing can be done, SOPS takes its time in some commands.
        let without = |call: Call| match &*command {
            "updatekeys" => call.differs(NO_SERVICE, &[In::Output]),
            "groups add" | "groups delete" => call.differs(NO_SERVICE, &[In::Code]),
            _ => call,
        };
        calls.push(without(line("--enable-local-keyservice=false")));
        calls.push(line(&format!("--enable-local-keyservice=false --keyservice {}", custodian::address())));
        calls.push(line(&format!("--keyservice {}", custodian::address())));
        calls.push(line("").custodian());
        calls.push(without(line("").env("SOPS_ENABLE_LOCAL_KEYSERVICE", "false")));
        calls.push(line("").env("SOPS_ENABLE_LOCAL_KEYSERVICE", "maybe"));
    }
    calls
}
