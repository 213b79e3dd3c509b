//! A terminal for tests of what asks questions: `script` of util-linux gives the program a pseudo
//! terminal of its own, and is talked to over pipes.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::{Sandbox, skip};

const PATIENCE: Duration = Duration::from_secs(60);

/// A command that runs in a terminal.
pub(crate) struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    screen: Arc<Mutex<String>>,
    /// How much of the screen was waited for already.
    seen: usize,
}

impl Terminal {
    /// Starts a shell command in a sandbox; none, with a line, where there is no `script`.
    pub(crate) fn start(sandbox: &Sandbox, command: &str, variables: &[(&str, &str)]) -> Option<Self> {
        let script = ["/usr/bin/script", "/bin/script"].into_iter().find(|path| Path::new(path).exists());
        let Some(script) = script.filter(|_| cfg!(target_os = "linux")) else {
            skip("there is no `script` of util-linux to make a terminal with");
            return None;
        };
        // A run of the tests in the background may ignore the signals of the keyboard.
        let mut child = Command::new("/usr/bin/env")
            .args(["--default-signal", script])
            .args(["--quiet", "--return", "--command", command, "/dev/null"])
            .current_dir(sandbox.path(""))
            .env_clear()
            .envs(sandbox.environment())
            .envs(variables.iter().copied())
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let keyboard = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        let screen = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                shared.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        Some(Terminal { child, keyboard, screen, seen: 0 })
    }

    /// Waits until this appears after what was waited for before.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) -> &mut Self {
        let start = Instant::now();
        loop {
            let found = self.screen.lock().unwrap()[self.seen..].find(text).map(|at| self.seen + at + text.len());
            if let Some(end) = found {
                self.seen = end;
                return self;
            }
            if start.elapsed() > PATIENCE {
                let _ = self.child.kill();
                panic!("`{text}` did not appear:\n{}", self.screen.lock().unwrap());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types.
    pub(crate) fn send(&mut self, text: &str) -> &mut Self {
        self.keyboard.write_all(text.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
        self
    }

    /// Waits for the end. Returns the exit code and all that was on the screen.
    pub(crate) fn finish(mut self) -> (i32, String) {
        let start = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            if start.elapsed() > PATIENCE {
                let _ = self.child.kill();
                panic!("still running:\n{}", self.screen.lock().unwrap());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        // The reader ends a moment after the program.
        std::thread::sleep(Duration::from_millis(50));
        let screen = self.screen.lock().unwrap().clone();
        (code, screen)
    }
}

/// The harness itself: what is typed arrives, what is printed is seen, the exit code is passed on.
#[test]
fn a_terminal_is_one() {
    let sandbox = Sandbox::new();
    let command = "test -t 0 && test -t 2 && printf 'name? ' && read name && echo \"hello $name\" && exit 7";
    let Some(mut terminal) = Terminal::start(&sandbox, command, &[]) else { return };
    terminal.expect("name? ").send("alice\n").expect("hello alice");
    assert_eq!(terminal.finish().0, 7);
}
