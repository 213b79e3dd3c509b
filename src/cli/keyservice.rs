//! `keyservice`: opens the listener, and serves until a signal comes (sops-compat.md §8.7). What is
//! asked and said on the terminal while it runs is here; the protocol is in `recipient::remote`.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::fs::Mode;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::argv::Name;
use super::audit::Keys;
use super::env::Env;
use super::error::{CommandError, reason};
use super::prompt::Terminal;
use super::ui::Ui;
use super::{Run, args, identities, signals};
use crate::recipient::remote::{Host, Listener, Operation, serve};
use crate::recipient::{self, Call, KeyService, Ran, Recipient};

/// Where SOPS listens when nothing else is said.
const DEFAULT_ADDRESS: &str = "127.0.0.1:5000";

/// Runs the command.
pub(super) fn run(args: &args::Serve, run: &Run) -> Result<(), CommandError> {
    if args.prompt && !run.ui.can_ask() {
        return Err(CommandError::usage("--prompt needs a terminal to ask on, and there is none"));
    }
    let limit = identities::key_timeout(None, &run.env)?;
    let records = Keys::open(run)?;
    if records.is_blind() {
        run.ui
            .warn("what a key service does is recorded in files and logs only, and the audit configuration names none");
    }
    let failed = |error: io::Error| CommandError::usage(format!("the key service cannot run: {}", reason(&error)));
    let (stop, stopped) = oneshot::channel::<()>();
    // Before there is a socket that would be left behind.
    let _held = signals::at_end(move || drop(stop)).map_err(failed)?;
    let address = args.address.as_deref().filter(|address| !address.is_empty());
    let (listener, _socket) = match args.network.as_str() {
        "unix" => {
            let address = address.ok_or_else(|| {
                CommandError::usage("--network unix needs the path of a socket").hint("name it with --address PATH")
            })?;
            let path = run.directory.join(address);
            let (listener, socket) = listen_unix(&path)?;
            run.ui.note(&format!("listening on unix://{}", path.display()));
            (Listener::Unix(listener), Some(socket))
        }
        _ => (Listener::Tcp(listen_tcp(address.unwrap_or(DEFAULT_ADDRESS), run.ui)?), None),
    };
    let host = Local { name: run.name, ui: run.ui, prompt: args.prompt, limit, asking: Arc::default(), records };
    let stopped = async {
        let _ = stopped.await;
    };
    serve(listener, Arc::new(host), stopped).map_err(failed)
}

/// Listens on the network.
fn listen_tcp(address: &str, ui: Ui) -> Result<TcpListener, CommandError> {
    let failed = |error: &io::Error| {
        let new = CommandError::usage(format!("cannot listen on `{address}`: {}", reason(error)));
        match error.kind() {
            io::ErrorKind::InvalidInput => new.hint("an address is of the form `HOST:PORT`"),
            io::ErrorKind::AddrInUse => new.hint("another process listens there; --address takes another port"),
            _ => new,
        }
    };
    // As in Go, a port alone means every address of this machine.
    let listener = match address.strip_prefix(':').and_then(|port| port.parse::<u16>().ok()) {
        Some(port) => TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))
            .or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))),
        None => TcpListener::bind(address),
    };
    let listener = listener.map_err(|error| failed(&error))?;
    let place = listener.local_addr().map_err(|error| failed(&error))?;
    if !place.ip().is_loopback() {
        ui.warn("whoever can reach this address can use your keys, and who is on the way can read data keys");
    }
    ui.note(&format!("listening on tcp://{place}"));
    Ok(listener)
}

/// Listens on a socket that only its owner can connect to.
fn listen_unix(path: &Path) -> Result<(UnixListener, SocketFile), CommandError> {
    let failed =
        |error: &io::Error| CommandError::usage(format!("cannot listen on `{}`: {}", path.display(), reason(error)));
    let bound = bind_private(path);
    let bound = match bound {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            remove_stale(path)?;
            bind_private(path)
        }
        other => other,
    };
    let listener = bound.map_err(|error| failed(&error))?;
    let identity = identity(path).map_err(|error| failed(&error))?;
    Ok((listener, SocketFile { path: path.to_owned(), identity }))
}

/// Makes the socket with the mode 0600 from its first moment.
fn bind_private(path: &Path) -> io::Result<UnixListener> {
    // Concerns the whole process, which has nothing else to do yet.
    let before = rustix::process::umask(Mode::from_raw_mode(0o177));
    let bound = UnixListener::bind(path);
    rustix::process::umask(before);
    bound
}

/// Removes what a server left behind that did not end in order.
fn remove_stale(path: &Path) -> Result<(), CommandError> {
    let taken = |why: &str| Err(CommandError::usage(format!("cannot listen on `{}`: {why}", path.display())));
    if !fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        return taken("there is something else of that name");
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).or_else(|error| taken(&reason(&error)))
        }
        _ => taken("another process listens there"),
    }
}

/// The socket in the file system, removed when dropped unless it is another one by then.
struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Serves with the keys of this process.
struct Local {
    /// By which name the program was called.
    name: Name,
    ui: Ui,
    /// Whether somebody is asked before each operation.
    prompt: bool,
    /// How long a key on the network may take.
    limit: Duration,
    asking: Turns,
    records: Keys,
}

/// Held while somebody is asked: one question at a time.
type Turns = Arc<Mutex<()>>;

fn turn(turns: &Turns) -> MutexGuard<'_, ()> {
    turns.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Host for Local {
    fn admit(&self, operation: Operation, recipient: &Recipient, waits: &dyn Fn() -> bool) -> Result<(), String> {
        if !self.prompt {
            return Ok(());
        }
        let _turn = turn(&self.asking);
        // Others were asked about before, which may have taken long.
        if !waits() {
            return Err("the client went away".into());
        }
        let question = format!("A client wants to {} for {}. Allow it?", verb(operation), named(recipient));
        match self.ui.ask_suddenly(&question) {
            Ok(true) => Ok(()),
            Ok(false) => Err("the owner of the keys said no".into()),
            Err(_) => Err("the owner of the keys is not there".into()),
        }
    }

    fn services(&self) -> Vec<Box<dyn KeyService>> {
        let env = Env::process();
        let person = Person { terminal: Terminal::new(&env), asking: Arc::clone(&self.asking) };
        identities::local_services(&env, self.name, Arc::new(person), self.limit)
    }

    fn record(&self, operation: Operation, recipient: &Recipient) -> Result<(), String> {
        let action = match operation {
            Operation::Encrypt => "wrap",
            Operation::Decrypt => "unwrap",
        };
        self.records.record(action, &named(recipient)).map_err(|why| {
            self.ui.warn(&format!("no audit record could be kept, and a client gets no data key: {why}"));
            "the key service can keep no audit record".to_owned()
        })
    }

    fn done(&self, operation: Operation, recipient: &Recipient, result: Result<(), &str>) {
        let how = result.err().unwrap_or("done");
        self.ui.trace(&format!("{} for {}: {how}", verb(operation), named(recipient)));
    }
}

/// Who is asked for passphrases, for one request after the other.
struct Person {
    terminal: Terminal,
    asking: Turns,
}

impl recipient::Host for Person {
    fn secret(&self, what: &str) -> Result<Zeroizing<String>, String> {
        let _turn = turn(&self.asking);
        self.terminal.secret(what)
    }

    fn line(&self, what: &str) -> Result<String, String> {
        let _turn = turn(&self.asking);
        self.terminal.line(what)
    }

    fn choose(&self, question: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let _turn = turn(&self.asking);
        self.terminal.choose(question, yes, no)
    }

    fn tell(&self, message: &str) {
        let _turn = turn(&self.asking);
        self.terminal.tell(message);
    }

    fn program(&self, name: &str) -> Option<PathBuf> {
        self.terminal.program(name)
    }

    fn variable_os(&self, name: &str) -> Option<OsString> {
        self.terminal.variable_os(name)
    }

    fn terminal_name(&self) -> Option<OsString> {
        self.terminal.terminal_name()
    }

    fn host_name(&self) -> Option<String> {
        self.terminal.host_name()
    }

    fn warn(&self, message: &str) {
        self.terminal.warn(message);
    }

    fn run(&self, call: &Call<'_>) -> Result<Ran, String> {
        self.terminal.run(call)
    }

    fn file(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        self.terminal.file(path)
    }
}

fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::Encrypt => "encrypt a data key",
        Operation::Decrypt => "decrypt a data key",
    }
}

/// The recipient with its kind, as long as a line may be: a client can call itself anything.
fn named(recipient: &Recipient) -> String {
    const LONGEST: usize = 300;
    let text = recipient.to_string();
    let short = text.char_indices().nth(LONGEST).map_or(text.clone(), |(end, _)| format!("{}…", &text[..end]));
    format!("{} `{short}`", recipient.kind.title())
}
