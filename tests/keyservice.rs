//! Key services: ours asked by the real sops, that of the real sops asked by us, over the network
//! and over sockets; what the owner of the keys is asked; how servers start and end; and what is
//! said when one cannot be reached.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{ALICE, BOB, Sandbox, mode, require_sops, skip};
use crate::pty::Terminal;

const PATIENCE: Duration = Duration::from_secs(60);
const NAMES: [&str; 2] = ["cloze", "sops"];

/// A server that runs until it is dropped.
struct Server {
    child: Child,
    uri: String,
}

/// Where a server is to listen.
#[derive(Clone, Copy, Debug)]
enum Network {
    Tcp,
    Unix,
}

const NETWORKS: [Network; 2] = [Network::Tcp, Network::Unix];

impl Server {
    /// Starts a program as a key service in a sandbox, and waits until it can be reached.
    fn start(sandbox: &Sandbox, program: &Path, network: Network) -> Self {
        // The port is free again a moment before the server takes it.
        let port = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (name, address) = match network {
            Network::Tcp => ("tcp", format!("127.0.0.1:{}", port())),
            Network::Unix => ("unix", sandbox.root().join("run/keys").to_str().unwrap().to_owned()),
        };
        let child = Command::new(program)
            .args(["keyservice", "--network", name, "--address", &address])
            .current_dir(sandbox.path(""))
            .env_clear()
            .envs(sandbox.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Server { child, uri: format!("{name}://{address}") };
        let start = Instant::now();
        loop {
            let reached = match network {
                Network::Tcp => TcpStream::connect(&address).is_ok(),
                Network::Unix => UnixStream::connect(&address).is_ok(),
            };
            if reached {
                return server;
            }
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none() && start.elapsed() < PATIENCE, "{program:?} does not listen: {ended:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn ours(sandbox: &Sandbox, network: Network) -> Self {
        Self::start(sandbox, &sandbox.root().join("bin/cloze"), network)
    }

    /// Sends a signal and waits for the end.
    fn end(&mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status();
        assert!(sent.unwrap().success());
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(start.elapsed() < PATIENCE, "still running after SIG{signal}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The flags that let only this key service be asked.
fn only(uri: &str) -> [&str; 3] {
    ["--enable-local-keyservice=false", "--keyservice", uri]
}

const PLAIN: &str = "password: correct horse\n";

#[test]
fn sops_asks_us() {
    let Some(sops) = require_sops() else { return };
    for network in NETWORKS {
        let (owner, client) = (Sandbox::new(), Sandbox::without_key());
        let server = Server::ours(&owner, network);
        client.write("a.yaml", PLAIN);
        let encrypt = ["encrypt", "--age", ALICE, "-i"].into_iter().chain(only(&server.uri)).chain(["a.yaml"]);
        client.real(sops, encrypt).ok();
        assert!(client.text("a.yaml").contains("BEGIN AGE"), "{network:?}");
        let decrypt = ["decrypt"].into_iter().chain(only(&server.uri)).chain(["a.yaml"]);
        assert_eq!(client.real(sops, decrypt).text(), PLAIN, "{network:?}");
        // Nobody else has the key.
        client.real(sops, ["decrypt", "a.yaml"]).run().expect(128);
    }
}

#[test]
fn we_ask_sops() {
    let Some(sops) = require_sops() else { return };
    for network in NETWORKS {
        let (owner, client) = (Sandbox::new(), Sandbox::without_key());
        let server = Server::start(&owner, sops, network);
        for name in NAMES {
            client.write("a.yaml", PLAIN);
            let encrypt = ["encrypt", "--age", ALICE, "-i"].into_iter().chain(only(&server.uri)).chain(["a.yaml"]);
            client.named(name, encrypt).run().expect(0).silent();
            let decrypt = ["decrypt"].into_iter().chain(only(&server.uri)).chain(["a.yaml"]);
            client.named(name, decrypt).run().expect(0).silent().prints(PLAIN);
            client.named(name, ["decrypt", "a.yaml"]).run().expect(128);
            let report = client.named(name, ["decrypt", "--keyservice", &server.uri, "a.yaml"]).run();
            report.expect(0).silent().prints(PLAIN);
        }
    }
}

#[test]
fn sops_tells_why_it_cannot() {
    let Some(sops) = require_sops() else { return };
    let (nobody, client) = (Sandbox::without_key(), Sandbox::without_key());
    let server = Server::start(&nobody, sops, Network::Tcp);
    client.encrypted("a.yaml", PLAIN);
    let report = client.cloze(["decrypt", "--keyservice", &server.uri, "a.yaml"]).run();
    report.expect(128).says(&format!("age `{ALICE}`: no age identity was found"));
    report.says(&format!("age `{ALICE}`: key service `{}`: failed: ", server.uri));
}

#[test]
fn a_pgp_key_is_used_through_sops() {
    let Some(sops) = require_sops() else { return };
    let (owner, client) = (Sandbox::without_key(), Sandbox::without_key());
    if !Path::new("/usr/bin/gpg").exists() {
        skip("there is no gpg to make a key with");
        return;
    }
    let keyring = owner.home().join(".gnupg");
    std::fs::create_dir(&keyring).unwrap();
    crate::harness::set_mode(&keyring, 0o700);
    let gpg = |args: &[&str]| owner.call(Path::new("/usr/bin/gpg"), args).text();
    gpg(&[
        "--batch",
        "--quiet",
        "--passphrase",
        "",
        "--quick-generate-key",
        "t@example.org",
        "future-default",
        "default",
        "never",
    ]);
    let listing = gpg(&["--batch", "--with-colons", "--list-secret-keys"]);
    let fingerprint = listing.lines().find_map(|line| line.strip_prefix("fpr:::::::::")).unwrap().trim_end_matches(':');
    let server = Server::start(&owner, sops, Network::Unix);
    client.write("a.yaml", PLAIN);
    let with = ["--keyservice", &server.uri];
    client.cloze(["encrypt", "-i", "--pgp", fingerprint].into_iter().chain(with).chain(["a.yaml"])).run().expect(0);
    assert!(client.text("a.yaml").contains("BEGIN PGP MESSAGE"));
    client.cloze(["decrypt", "a.yaml"].into_iter().chain(with)).run().expect(0).prints(PLAIN);
    // The owner reads it with the real sops alone.
    let sealed = owner.write("a.yaml", client.text("a.yaml"));
    assert_eq!(owner.real(sops, [Path::new("decrypt"), &sealed]).text(), PLAIN);
    drop(server);
    let _ = owner.call(Path::new("/usr/bin/gpgconf"), ["--kill", "all"]).run();
}

#[test]
fn we_ask_us_by_flag_and_by_variable() {
    for network in NETWORKS {
        let (owner, client) = (Sandbox::new(), Sandbox::without_key());
        let server = Server::ours(&owner, network);
        client.encrypted("a.yaml", PLAIN);
        for name in NAMES {
            client.named(name, ["decrypt", "--keyservice", &server.uri, "a.yaml"]).run().expect(0).prints(PLAIN);
            let listed = format!("unix:///nonexistent,{}", server.uri);
            let by_variable = client.named(name, ["decrypt", "a.yaml"]).env("SOPS_KEYSERVICE", &listed);
            by_variable.env("SOPS_ENABLE_LOCAL_KEYSERVICE", "false").run().expect(0).silent().prints(PLAIN);
        }
        // A whole change of a file: opened, and wrapped for somebody new.
        client.cloze(["rotate", "-i", "--add-age", BOB, "--keyservice", &server.uri, "a.yaml"]).run().expect(0);
        assert!(client.text("a.yaml").contains(BOB));
        let pgp = ["encrypt", "--pgp", "85D77543B3D624B63CEA9E6DBC17301B491B3F21"].into_iter();
        let refused = client.cloze(pgp.chain(only(&server.uri)).chain(["a.yaml", "--output", "b.yaml"])).run();
        assert_ne!(refused.code, 0);
    }
}

#[test]
fn nobody_there_is_told_for_each_recipient() {
    let client = Sandbox::without_key();
    client.write("a.yaml", PLAIN);
    client.cloze(["encrypt", "-i", "--age", ALICE, "--age", BOB, "a.yaml"]).ok();
    for name in NAMES {
        let report = client.named(name, ["decrypt", "--keyservice", "tcp://127.0.0.1:1", "a.yaml"]).run();
        report.expect(128);
        for recipient in [ALICE, BOB] {
            report.says(&format!(
                "age `{recipient}`: key service `tcp://127.0.0.1:1`: cannot be reached: connection refused\n"
            ));
        }
        let encrypt = ["encrypt", "--age", ALICE].into_iter().chain(only("unix:///nonexistent/s"));
        client.write("b.yaml", PLAIN);
        let report = client.named(name, encrypt.chain(["b.yaml"])).run();
        report.expect(1).prints("").says("key service `unix:///nonexistent/s`: cannot be reached: no such file");
    }
}

#[test]
fn what_is_no_key_service_is_said_to_be_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        // Closed by the other side: else it may see only that.
        while matches!(stream.read(&mut [0; 1024]), Ok(1..)) {}
    });
    let client = Sandbox::without_key();
    client.encrypted("a.yaml", PLAIN);
    let report = client.cloze(["decrypt", "--keyservice", &uri, "a.yaml"]).run();
    report.expect(128).says(&format!("key service `{uri}`: does not speak the protocol of key services"));
    answering.join().unwrap();
}

#[test]
fn without_any_key_service_nothing_can_be_done() {
    let client = Sandbox::new();
    client.encrypted("a.yaml", PLAIN);
    client.write("b.yaml", PLAIN);
    let off = "--enable-local-keyservice=false";
    for name in NAMES {
        client.named(name, ["decrypt", off, "a.yaml"]).run().expect(128).says("the local key service is switched off");
        client.named(name, ["encrypt", off, "--age", ALICE, "b.yaml"]).run().expect(1).says("--keyservice URI");
        let wrong = client.named(name, ["decrypt", "--keyservice", "localhost:5000", "a.yaml"]).run();
        wrong.expect(1).prints("").says("`tcp://HOST:PORT` and `unix:///PATH`");
        let secret = client.named(name, ["decrypt", "--keyservice", "tcp://me:hunter2@h:1", "a.yaml"]).run();
        assert!(!secret.expect(1).stderr.contains("hunter2"), "{}", secret.stderr);
    }
}

#[test]
fn many_are_served_at_once() {
    let (owner, client) = (Sandbox::new(), Sandbox::without_key());
    let server = Server::ours(&owner, Network::Unix);
    client.encrypted("a.yaml", PLAIN);
    std::thread::scope(|scope| {
        for _ in 0..12 {
            let call = client.cloze(["decrypt", "--keyservice", &server.uri, "a.yaml"]);
            scope.spawn(move || {
                call.run().expect(0).prints(PLAIN);
            });
        }
    });
}

#[test]
fn a_server_ends_in_order_and_leaves_no_socket() {
    let owner = Sandbox::new();
    let path = owner.root().join("run/keys");
    for signal in ["INT", "TERM", "HUP"] {
        let mut server = Server::ours(&owner, Network::Unix);
        assert_eq!(mode(&path), 0o600);
        assert_eq!(server.end(signal), Some(0), "{signal}");
        assert!(!path.exists(), "{signal}");
        assert_eq!(Server::ours(&owner, Network::Tcp).end(signal), Some(0), "{signal}");
    }
}

#[test]
fn only_a_dead_socket_is_replaced() {
    let owner = Sandbox::new();
    let path: PathBuf = owner.root().join("run/keys");
    let call = || owner.cloze(["keyservice", "--network", "unix", "--address", path.to_str().unwrap()]).run();
    // Left behind: bound, and nobody listens any more.
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let mut server = Server::ours(&owner, Network::Unix);
    assert_eq!(mode(&path), 0o600);
    call().expect(1).says("another process listens there");
    assert!(path.exists());
    // Another thing has its name when it ends.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "mine").unwrap();
    assert_eq!(server.end("TERM"), Some(0));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    call().expect(1).says("there is something else of that name");
}

#[test]
fn a_server_that_cannot_listen_says_why() {
    let owner = Sandbox::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for name in NAMES {
        let call = |args: &[&str]| owner.named(name, ["keyservice"].iter().chain(args)).run();
        call(&["--address", &address]).expect(1).says("another process listens there");
        call(&["--address", "localhost"]).expect(1).says("`HOST:PORT`");
        call(&["--net", "unix"]).expect(1).says("needs the path of a socket");
        call(&["--net", "unix", "--addr", "/nonexistent/s"]).expect(1).says("no such file or directory");
        call(&["--network", "udp"]).expect(1).says("udp");
        call(&["--prompt"]).expect(1).says("needs a terminal");
    }
}

#[test]
fn what_is_said_holds_no_secret() {
    let (owner, client) = (Sandbox::new(), Sandbox::without_key());
    client.encrypted("a.yaml", PLAIN);
    let mut child = Command::new(owner.root().join("bin/cloze"))
        .args(["keyservice", "--address", "127.0.0.1:0", "--verbose"])
        .env_clear()
        .envs(owner.environment())
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let uri = lines.next().unwrap().strip_prefix("listening on ").unwrap().to_owned();
    client.cloze(["decrypt", "--keyservice", &uri, "a.yaml"]).run().expect(0);
    let bob = ["encrypt", "--age", BOB].into_iter().chain(only(&uri)).chain(["b.yaml"]);
    client.write("b.yaml", PLAIN);
    let sealed = client.cloze(bob).ok();
    client.write("b.yaml", sealed);
    client.cloze(["decrypt", "--keyservice", &uri, "b.yaml"]).run().expect(128).says("no matching identity");
    let mut server = Server { child, uri };
    assert_eq!(server.end("TERM"), Some(0));
    let said: Vec<String> = lines.collect();
    let wanted = [
        format!("decrypt a data key for age `{ALICE}`: done"),
        format!("encrypt a data key for age `{BOB}`: done"),
        format!("decrypt a data key for age `{BOB}`: no matching identity"),
    ];
    assert_eq!(said, wanted);
}

#[test]
fn the_owner_is_asked_first() {
    let (owner, client) = (Sandbox::new(), Sandbox::without_key());
    client.encrypted("a.yaml", PLAIN);
    let command = "exec cloze keyservice --network unix --address ../run/keys --prompt";
    let Some(mut terminal) = Terminal::start(&owner, command, &[]) else { return };
    terminal.expect("listening on unix://");
    let uri = format!("unix://{}", owner.root().join("run/keys").display());
    // Typed before anything was asked: no answer to what comes.
    terminal.send("y\ny\n");
    std::thread::sleep(Duration::from_millis(200));
    std::thread::scope(|scope| {
        let ask = || {
            let call = client.cloze(["decrypt", "--keyservice", &uri, "a.yaml"]);
            scope.spawn(move || call.run())
        };
        let question = format!("A client wants to decrypt a data key for age `{ALICE}`. Allow it? (y/n) ");
        let asked = ask();
        terminal.expect(&question).send("maybe\n").expect(&question).send("n\n");
        asked.join().unwrap().expect(128).says("refused: the owner of the keys said no");
        let asked = ask();
        terminal.expect(&question).send("y\n");
        asked.join().unwrap().expect(0).prints(PLAIN);
        // It ends in order also while it asks, and the terminal is as it was.
        let asked = ask();
        terminal.expect(&question).send("\u{3}");
        asked.join().unwrap().expect(128).says("the connection broke");
    });
    assert_eq!(terminal.finish().0, 0);
    assert!(!owner.root().join("run/keys").exists());
}
