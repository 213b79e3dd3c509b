//! The audit trail, end to end: `/etc/sops/audit.yaml` is laid over `/etc` in a mount namespace of
//! its own, so that neither the machine nor other tests see it; PostgreSQL is a real server, and
//! the real sops writes into the same database.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::harness::{ALICE, BOB, Call, Sandbox, repository, require_sops, set_mode, skip};

/// Lays a folder over `/etc` and becomes the command behind it.
const OVER_ETC: &str = "mount -t overlay overlay -o lowerdir=\"$1\":/etc /etc && shift && exec \"$@\"";

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// A call that finds this configuration in `/etc/sops/audit.yaml`.
fn audited<S: AsRef<OsStr>>(sandbox: &Sandbox, program: &Path, args: &[S]) -> Call {
    let flags = if is_root() { "-m" } else { "-rm" };
    let over = sandbox.root().join("etc");
    let mut all: Vec<&OsStr> = [flags, "sh", "-c", OVER_ETC, "sh"].map(OsStr::new).to_vec();
    all.extend([over.as_os_str(), program.as_os_str()]);
    all.extend(args.iter().map(AsRef::as_ref));
    sandbox.call(Path::new("unshare"), all)
}

/// A sandbox with an audit configuration, where a namespace can be had.
fn sandbox(rules: &str) -> Option<Sandbox> {
    static WORKS: OnceLock<bool> = OnceLock::new();
    let sandbox = Sandbox::with_rules();
    fs::create_dir_all(sandbox.root().join("etc/sops")).unwrap();
    let config = sandbox.root().join("etc/sops/audit.yaml");
    fs::write(&config, rules.replace("LOG", sandbox.root().join("log").to_str().unwrap())).unwrap();
    let probe =
        || audited(&sandbox, Path::new("cat"), &["/etc/sops/audit.yaml"]).run().stdout == fs::read(&config).unwrap();
    if *WORKS.get_or_init(probe) {
        return Some(sandbox);
    }
    skip("no mount namespace with an overlay can be had here (root, or user namespaces)");
    None
}

fn cloze(sandbox: &Sandbox, args: &[&str]) -> Call {
    audited(sandbox, &sandbox.root().join("bin/cloze"), args)
}

/// An editor that changes a value.
fn editor(sandbox: &Sandbox) -> PathBuf {
    sandbox.script("editor", "sed -i 's/one/two/;s/alice/bob/' \"$1\"")
}

/// The last so many records: action, command and file name.
fn records(sandbox: &Sandbox) -> Vec<(String, String, String)> {
    let text = fs::read_to_string(sandbox.root().join("log")).unwrap_or_default();
    let record = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| line[name].as_str().unwrap().to_owned();
        let work = sandbox.path("").canonicalize().unwrap();
        let file = PathBuf::from(field("file"));
        let name = file.strip_prefix(&work).unwrap_or(&file).to_str().unwrap().to_owned();
        (field("action"), field("command"), name)
    };
    text.lines().map(record).collect()
}

const TO_FILE: &str = "backends: {file: [{path: LOG}]}";

#[test]
fn every_command_that_uses_a_data_key_is_recorded() {
    let Some(sandbox) = sandbox(TO_FILE) else { return };
    sandbox.write("a.yaml", "a: one\n");
    let editor = editor(&sandbox);
    let both = format!("creation_rules:\n  - age: {ALICE},{BOB}\n");
    let alone = format!("creation_rules:\n  - age: {ALICE}\n");
    let mut seen = 0;
    for (args, command, actions) in [
        (&["encrypt", "-i", "a.yaml"][..], "encrypt", &["encrypt"][..]),
        (&["decrypt", "./a.yaml"], "decrypt", &["decrypt"]),
        (&["decrypt", "--extract", "a", "a.yaml"], "decrypt", &["decrypt"]),
        (&["edit", "a.yaml"], "edit", &["decrypt", "encrypt"]),
        (&["set", "a.yaml", "b", "1"], "set", &["decrypt", "encrypt"]),
        // Nothing is written.
        (&["set", "--idempotent", "a.yaml", "b", "1"], "set", &["decrypt"]),
        (&["set", "--idempotent", "a.yaml", "b", "2"], "set", &["decrypt", "encrypt"]),
        (&["unset", "--idempotent", "a.yaml", "c"], "unset", &["decrypt"]),
        (&["unset", "a.yaml", "b"], "unset", &["decrypt", "encrypt"]),
        (&["exec-env", "a.yaml", "true"], "exec-env", &["decrypt"]),
        (&["exec-file", "a.yaml", "cat {}"], "exec-file", &["decrypt"]),
        (&["exec", "-f", "a.yaml", "-f", "a.yaml", "--", "true"], "exec", &["decrypt", "decrypt"]),
        (&["rotate", "-i", "a.yaml"], "rotate", &["rotate", "decrypt", "encrypt"]),
        (&["updatekeys", "--check", "a.yaml"], "updatekeys", &[]),
        (&["both"], "", &[]),
        (&["updatekeys", "-y", "a.yaml"], "updatekeys", &["rewrap"]),
        (&["alone"], "", &[]),
        (&["updatekeys", "-y", "a.yaml"], "updatekeys", &["rotate", "decrypt", "encrypt"]),
        (&["groups", "add", "-i", "--file", "a.yaml", "--age", ALICE], "groups", &["rotate", "decrypt", "encrypt"]),
        (&["filestatus", "a.yaml"], "filestatus", &[]),
    ] {
        match args {
            ["both"] => drop(sandbox.write(".sops.yaml", &both)),
            ["alone"] => drop(sandbox.write(".sops.yaml", &alone)),
            _ => drop(cloze(&sandbox, args).env("EDITOR", &editor).ok()),
        }
        let found = records(&sandbox);
        let expected: Vec<_> =
            actions.iter().map(|action| ((*action).into(), command.into(), "a.yaml".into())).collect();
        assert_eq!(found[seen..], expected, "{args:?}");
        seen = found.len();
    }
    let log = sandbox.root().join("log");
    let verified = sandbox.cloze(["audit".as_ref(), "verify".as_ref(), log.as_os_str()]).text();
    assert!(verified.contains(&format!("{seen} records, none changed or taken out\nlast: ")), "{verified}");
    let last = verified.trim_end().rsplit(' ').next().unwrap();
    sandbox.cloze(["audit".as_ref(), "verify".as_ref(), "--holds".as_ref(), last.as_ref(), log.as_os_str()]).ok();
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replacen("rewrap", "rewarp", 1)).unwrap();
    let broken = sandbox.cloze(["audit".as_ref(), "verify".as_ref(), log.as_os_str()]).run();
    broken.expect(1).says("does not follow the line before").prints("");
    fs::write(&log, text.lines().take(2).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let cut = sandbox.cloze(["audit".as_ref(), "verify".as_ref(), "--holds".as_ref(), last.as_ref(), log.as_os_str()]);
    cut.run().expect(1).says("no line has the hash").prints("");
}

#[cfg(feature = "publish")]
#[test]
fn publishing_is_recorded_before_anything_leaves() {
    let Some(sandbox) = sandbox(TO_FILE) else { return };
    sandbox.encrypted("a.yaml", "a: one\n");
    let nobody = "http://127.0.0.1:9";
    let places = format!(
        "  - {{path_regex: ^./a, vault_path: x, vault_address: '{nobody}'}}\n  - {{path_regex: ^a, s3_bucket: b, \
         recreation_rule: {{age: {BOB}}}}}\n  - s3_bucket: b\n"
    );
    sandbox.write(".sops.yaml", format!("creation_rules: []\ndestination_rules:\n{places}"));
    let mut seen = 0;
    for (file, actions) in [
        ("./a.yaml", &["decrypt"][..]),
        ("a.yaml", &["rotate", "decrypt", "encrypt"]),
        // It goes as it is: no data key is used.
        ("./../work/a.yaml", &[]),
    ] {
        let call = cloze(&sandbox, &["publish", "--yes", file]).env("VAULT_ADDR", nobody).env("VAULT_TOKEN", "t");
        let call = call.env("AWS_ENDPOINT_URL", nobody).env("AWS_EC2_METADATA_DISABLED", "true");
        call.env("AWS_ACCESS_KEY_ID", "a")
            .env("AWS_SECRET_ACCESS_KEY", "s")
            .run()
            .expect(1)
            .says("cannot be published");
        let found = records(&sandbox);
        let expected: Vec<_> =
            actions.iter().map(|action| ((*action).into(), "publish".into(), "a.yaml".into())).collect();
        assert_eq!(found[seen..], expected, "{file}");
        seen = found.len();
    }
}

#[test]
fn standard_input_is_a_file_too() {
    let Some(sandbox) = sandbox(TO_FILE) else { return };
    let sealed = sandbox.encrypted("a.yaml", "a: one\n");
    cloze(&sandbox, &["decrypt"]).stdin(sealed).ok();
    assert_eq!(records(&sandbox), [("decrypt".into(), "decrypt".into(), "/dev/stdin".into())]);
}

#[test]
fn what_cannot_be_recorded_is_not_done() {
    for rules in [
        "backends: {file: [{path: LOG}, {path: /nonexistent/log}]}",
        "backends: {file: [{paht: LOG}]}",
        "backends: [",
        "",
        "backends: {syslog: [{socket: /nonexistent/log}]}",
        #[cfg(feature = "postgres")]
        "backends: {postgres: [{connection_string: 'postgres://u:geheim@127.0.0.1:1/d'}]}",
    ] {
        let Some(sandbox) = sandbox(rules) else { return };
        let editor = editor(&sandbox);
        sandbox.encrypted("a.yaml", "a: one\n");
        sandbox.encrypted("b.yaml", "a: one\n");
        sandbox.cloze(["rotate", "-i", "--add-age", BOB, "b.yaml"]).ok();
        sandbox.write("c.yaml", "a: one\n");
        let before = sandbox.snapshot();
        for args in [
            &["decrypt", "a.yaml"][..],
            &["decrypt", "-i", "a.yaml"],
            &["decrypt", "--output", "new.yaml", "a.yaml"],
            &["encrypt", "-i", "c.yaml"],
            &["encrypt", "c.yaml"],
            &["edit", "a.yaml"],
            &["edit", "new.yaml"],
            &["exec-env", "a.yaml", "env"],
            &["exec-file", "a.yaml", "cat {}"],
            &["exec", "-f", "a.yaml", "--", "env"],
            &["set", "a.yaml", "b", "1"],
            &["unset", "a.yaml", "a"],
            &["rotate", "-i", "a.yaml"],
            &["updatekeys", "-y", "b.yaml"],
            &["groups", "add", "-i", "--file", "a.yaml", "--age", BOB],
        ] {
            let outcome = cloze(&sandbox, args).env("EDITOR", &editor).run();
            assert_eq!(
                (outcome.code, outcome.stdout_lossy().as_str()),
                (1, ""),
                "{rules}: {args:?}: {}",
                outcome.stderr
            );
            assert!(!outcome.stderr.contains("geheim"), "{}", outcome.stderr);
            assert!(outcome.stderr.contains("without"), "{}", outcome.stderr);
        }
        let log = |(path, ..): &&(PathBuf, u32, Vec<u8>)| {
            !path.ends_with("log") && path.components().all(|part| part.as_os_str() != ".local")
        };
        assert_eq!(sandbox.snapshot().iter().filter(log).count(), before.iter().filter(log).count(), "{rules}");
        let changed: Vec<_> =
            sandbox.snapshot().into_iter().filter(|file| log(&file) && !before.contains(file)).collect();
        assert_eq!(changed, [], "{rules}");
        // What needs no data key goes on.
        cloze(&sandbox, &["filestatus", "a.yaml"]).ok();
    }
}

/// A key service under the audit configuration of a sandbox, on a socket.
#[cfg(feature = "keyservice")]
struct Custody {
    child: std::process::Child,
    uri: String,
    said: PathBuf,
}

#[cfg(feature = "keyservice")]
impl Custody {
    fn start(sandbox: &Sandbox) -> Custody {
        let socket = sandbox.root().join("keys.sock");
        let said = sandbox.root().join("said");
        let flags = if is_root() { "-m" } else { "-rm" };
        let child = Command::new("unshare")
            .args([flags, "sh", "-c", OVER_ETC, "sh"])
            .args([sandbox.root().join("etc"), sandbox.root().join("bin/cloze")])
            .args(["keyservice", "--network", "unix", "--address", socket.to_str().unwrap()])
            .env_clear()
            .envs(sandbox.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let custody = Custody { child, uri: format!("unix://{}", socket.display()), said };
        let start = std::time::Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(start.elapsed().as_secs() < 30, "{}", fs::read_to_string(&custody.said).unwrap());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        custody
    }

    /// A call of a client that has no other keys, and no audit configuration.
    fn decrypt(&self, sealed: &[u8]) -> crate::harness::Outcome {
        let client = Sandbox::without_key();
        client.write("a.yaml", sealed);
        client.cloze(["decrypt", "--enable-local-keyservice=false", "--keyservice", &self.uri, "a.yaml"]).run()
    }
}

#[cfg(feature = "keyservice")]
impl Drop for Custody {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(feature = "keyservice")]
#[test]
fn a_key_service_records_what_it_does_or_does_not_do_it() {
    let Some(sandbox) = sandbox(TO_FILE) else { return };
    let sealed = sandbox.encrypted("a.yaml", "a: one\n");
    let custody = Custody::start(&sandbox);
    custody.decrypt(&sealed).expect(0).prints("a: one\n");
    let log = sandbox.root().join("log");
    let line: serde_json::Value = serde_json::from_str(fs::read_to_string(&log).unwrap().trim()).unwrap();
    assert_eq!((&line["action"], &line["command"]), (&"unwrap".into(), &"keyservice".into()), "{line}");
    assert_eq!((&line["key"], &line["file"]), (&format!("age `{ALICE}`").into(), &serde_json::Value::Null), "{line}");
    sandbox.cloze(["audit".as_ref(), "verify".as_ref(), log.as_os_str()]).ok();
    // The log cannot be written any more: nothing is unwrapped.
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let refused = custody.decrypt(&sealed);
    refused.expect(128).says("the key service can keep no audit record").prints("");
    assert!(fs::read_to_string(&custody.said).unwrap().contains("no audit record could be kept"));
}

#[cfg(all(feature = "keyservice", feature = "postgres"))]
#[test]
fn a_key_service_says_that_databases_have_no_records_of_it() {
    let rules = "backends: {postgres: [{connection_string: 'postgres://u:geheim@127.0.0.1:1/d'}]}";
    let Some(sandbox) = sandbox(rules) else { return };
    let sealed = sandbox.encrypted("a.yaml", "a: one\n");
    let custody = Custody::start(&sandbox);
    custody.decrypt(&sealed).expect(0).prints("a: one\n");
    let said = fs::read_to_string(&custody.said).unwrap();
    assert!(said.starts_with("warning: ") && said.contains("names none"), "{said}");
}

#[test]
fn no_variable_moves_the_configuration() {
    let Some(sandbox) = sandbox("backends: [") else { return };
    sandbox.encrypted("a.yaml", "a: one\n");
    let call = ["SOPS_CONFIG", "XDG_CONFIG_HOME", "HOME", "PGHOST", "USER"].iter().fold(
        cloze(&sandbox, &["decrypt", "a.yaml"]).env("SOPS_AGE_KEY_FILE", repository("testdata/keys/alice.agekey")),
        |call, name| call.env(name, "/nonexistent"),
    );
    call.run().expect(1).prints("");
}

/// A PostgreSQL server with a table as SOPS wants it.
#[cfg(feature = "postgres")]
struct Server {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
}

#[cfg(feature = "postgres")]
impl Server {
    /// Starts one on 127.0.0.1 and, with TLS, as `localhost`.
    fn start() -> Option<Server> {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let Some(programs) = versions.map(|entry| entry.path().join("bin")).find(|bin| bin.join("initdb").is_file())
        else {
            skip("PostgreSQL is not installed; `tests/run` does that where it may");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("pg-").tempdir_in("/tmp").unwrap();
        set_mode(folder.path(), 0o755);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Server { folder, programs, port };
        match server.set_up() {
            Ok(()) => Some(server),
            Err(why) => {
                skip(&format!("PostgreSQL does not start here: {why}"));
                None
            }
        }
    }

    fn set_up(&self) -> Result<(), String> {
        let file = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        let data = file("data");
        fs::create_dir(&data).unwrap();
        fs::write(file("password"), "geheim").unwrap();
        let (certificate, key) = (file("data/server.crt"), file("data/server.key"));
        self.own(&data)?;
        self.call(
            "initdb",
            &["-D", &data, "-U", "sops", "-A", "scram-sha-256", "--pwfile", &file("password"), "--no-sync"],
        )?;
        let name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
        let kind =
            ["-addext", "basicConstraints=critical,CA:FALSE", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
        let rest = ["req", "-x509", "-nodes", "-days", "2", "-keyout", &key, "-out", &certificate];
        let made =
            Command::new("openssl").args(rest).args(name).args(kind).output().map_err(|error| error.to_string())?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned());
        }
        set_mode(Path::new(&key), 0o600);
        self.own(&key)?;
        fs::copy(&certificate, file("root.crt")).unwrap();
        let options = format!(
            "-c port={} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data} -c ssl=on -c fsync=off",
            self.port
        );
        self.call("pg_ctl", &["-D", &data, "-w", "-t", "50", "-l", &file("data/log"), "-o", &options, "start"])?;
        self.sql("CREATE TABLE audit_event (id SERIAL PRIMARY KEY, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP, action TEXT, username TEXT, file TEXT)")?;
        Ok(())
    }

    /// Who runs the server: it refuses to be run by root.
    fn own(&self, path: &str) -> Result<(), String> {
        let owned = !is_root()
            || Command::new("chown").args(["-R", "nobody", path]).status().is_ok_and(|status| status.success());
        if owned { Ok(()) } else { Err("chown fails".into()) }
    }

    fn call(&self, program: &str, args: &[&str]) -> Result<String, String> {
        let program = self.programs.join(program);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", "nobody", "--clear-groups"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        // A file for what it prints: the server inherits it, and would keep a pipe open.
        let said = self.folder.path().join("said");
        let out = fs::File::create(&said).unwrap();
        command.args(args).current_dir("/").env("PGPASSWORD", "geheim").stdin(Stdio::null());
        command.stdout(out.try_clone().unwrap()).stderr(out);
        let status = command.status().map_err(|error| error.to_string())?;
        let text = fs::read_to_string(&said).unwrap();
        if status.success() { Ok(text) } else { Err(text) }
    }

    fn sql(&self, statement: &str) -> Result<String, String> {
        let port = self.port.to_string();
        self.call("psql", &["-h", "127.0.0.1", "-p", &port, "-U", "sops", "-d", "postgres", "-At", "-c", statement])
    }

    /// The rows since the last call.
    fn rows(&self) -> String {
        let rows = self.sql("SELECT action, username, file FROM audit_event ORDER BY id").unwrap();
        self.sql("DELETE FROM audit_event").unwrap();
        rows
    }

    fn rules(&self, host: &str, parameters: &str) -> String {
        let url = format!("postgres://sops:geheim@{host}:{}/postgres?{parameters}", self.port);
        format!("backends:\n  postgres:\n  - connection_string: {url}\n")
    }
}

#[cfg(feature = "postgres")]
impl Drop for Server {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        let _ = self.call("pg_ctl", &["-D", data.to_str().unwrap(), "-m", "immediate", "stop"]);
    }
}

#[test]
#[cfg(feature = "postgres")]
fn postgres_gets_the_rows_that_sops_writes() {
    let Some(server) = Server::start() else { return };
    let Some(sandbox) = sandbox(&server.rules("127.0.0.1", "sslmode=disable")) else { return };
    let Some(sops) = require_sops() else { return };
    let editor = editor(&sandbox);
    for args in [
        &["encrypt", "-i", "folder/../a.yaml"][..],
        &["decrypt", "a.yaml"],
        &["-d", "./a.yaml"],
        &["edit", "a.yaml"],
        &["set", "a.yaml", "[\"b\"]", "true"],
        &["unset", "a.yaml", "[\"b\"]"],
        &["exec-env", "a.yaml", "true"],
        &["exec-file", "a.yaml", "cat {}"],
        &["rotate", "-i", "a.yaml"],
    ] {
        let mut found = Vec::new();
        let before = if args[0] == "encrypt" { b"a: one\n".to_vec() } else { sandbox.read("a.yaml") };
        fs::create_dir_all(sandbox.path("folder")).unwrap();
        for program in [sops.to_owned(), sandbox.root().join("bin/sops"), sandbox.root().join("bin/cloze")] {
            sandbox.write("a.yaml", &before);
            let call = audited(&sandbox, &program, args).env("EDITOR", &editor);
            call.env("SOPS_DISABLE_VERSION_CHECK", "true").ok();
            found.push(server.rows());
            if args[0] == "edit" {
                // For the next round there must be something to change.
                sandbox.write("a.yaml", &before);
            }
        }
        assert!(found[0].contains(sandbox.path("a.yaml").canonicalize().unwrap().to_str().unwrap()), "{found:?}");
        assert_eq!((&found[1], &found[2]), (&found[0], &found[0]), "{args:?}");
    }
}

#[test]
#[cfg(feature = "postgres")]
fn the_server_is_known_as_far_as_it_is_wanted() {
    let Some(server) = Server::start() else { return };
    let root = server.folder.path().join("root.crt");
    let root = format!("sslrootcert={}", root.display());
    for (host, parameters, said) in [
        ("127.0.0.1", "", None),
        ("127.0.0.1", "sslmode=require", None),
        ("localhost", &format!("sslmode=verify-full&{root}"), None),
        ("127.0.0.1", &format!("sslmode=verify-ca&{root}"), None),
        ("127.0.0.1", &format!("sslmode=verify-full&{root}"), Some("certificate")),
        ("localhost", "sslmode=verify-full&sslrootcert=/nonexistent", Some("cannot be read")),
        ("localhost", "sslmode=verify-ca", Some("PostgreSQL")),
        ("localhost", "sslmode=maybe", Some("`sslmode` must be")),
        ("localhost", "sslmode=disable&wrong=1", Some("a setting that is unknown")),
    ] {
        let Some(sandbox) = sandbox(&server.rules(host, parameters)) else { return };
        sandbox.encrypted("a.yaml", "a: one\n");
        let outcome = cloze(&sandbox, &["decrypt", "a.yaml"]).run();
        match said {
            None => drop(outcome.expect(0).prints("a: one\n")),
            Some(said) => drop(outcome.expect(1).says(said).prints("")),
        }
        assert!(!outcome.stderr.contains("geheim"), "{}", outcome.stderr);
        assert_eq!(server.rows().lines().count(), usize::from(said.is_none()), "{parameters}");
    }
    server.sql("DROP TABLE audit_event").unwrap();
    let Some(sandbox) = sandbox(&server.rules("127.0.0.1", "")) else { return };
    sandbox.encrypted("a.yaml", "a: one\n");
    cloze(&sandbox, &["decrypt", "a.yaml"]).run().expect(1).says("relation \"audit_event\" does not exist").prints("");
}
