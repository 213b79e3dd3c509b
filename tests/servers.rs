//! Servers of other people that tests talk to: real programs, installed by `tests/run`, on ports of
//! 127.0.0.1 that the system gives. A server ends with the tests, however those end.

use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::skip;

/// How long a server may take to start, in the worst case of a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A server that runs. Kept in a static, it runs until the tests end: the pipe closes then.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) port: u16,
    _guard: Child,
    _pipe: ChildStdin,
}

impl Server {
    /// Starts a program on a free port, with the arguments and variables that the port gives, and
    /// waits until it listens. Its output goes to a file of this name in the folder for scratch.
    pub(crate) fn start(
        name: &str,
        program: &Path,
        args: impl FnOnce(u16) -> Vec<String>,
        env: &[(&str, &str)],
    ) -> Self {
        let port = free_port();
        let log = fs::File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.log"))).unwrap();
        // The shell waits for the end of its input, which is ours, and takes the server with it.
        let script = r#"exec 3<&0; "$@" 3<&- </dev/null & read -r _ <&3; kill $! 2>/dev/null; wait"#;
        let mut guard = Command::new("/bin/sh")
            .args(["-c", script, name])
            .arg(program)
            .args(args(port))
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let pipe = guard.stdin.take().unwrap();
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < PATIENCE, "{name} does not listen; see its log in target/tmp");
            thread::sleep(Duration::from_millis(50));
        }
        Server { port, _guard: guard, _pipe: pipe }
    }

    /// Where it is, for a client of HTTP.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self._pipe.write_all(b"\n");
        let _ = self._guard.wait();
    }
}

/// A port of 127.0.0.1 that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The folder of what `tests/run` installs: `CLOZE_TEST_TOOLS`, or `target/tools`.
pub(crate) fn tools() -> PathBuf {
    let named = std::env::var_os("CLOZE_TEST_TOOLS").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools"))
}

/// A program that `tests/run` installs; a line where it is missing.
pub(crate) fn require_tool(name: &str) -> Option<PathBuf> {
    let found = Some(tools().join("bin").join(name)).filter(|path| path.is_file());
    if found.is_none() {
        skip(&format!("`{name}` is not installed; `tests/run` does that, or name its folder in CLOZE_TEST_TOOLS"));
    }
    found
}
