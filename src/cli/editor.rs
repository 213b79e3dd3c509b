//! A plaintext in the user's editor: in a private file, in memory where the system has such a
//! place, and gone whatever ends the run (but for SIGKILL).

use std::ffi::OsStr;
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT};
use signal_hook::iterator::{Handle, Signals};
use zeroize::Zeroizing;

use super::env::{self, Env};
use super::error::{CommandError, Exit, reason};
use super::files::{self, PrivateFile};
use super::signals::{ENDING, Holder};

/// What is tried when no variable names an editor.
const EDITORS: [&str; 3] = ["vim", "nano", "vi"];
/// How long an editor may take to end when it was told to.
const EDITOR_GRACE: Duration = Duration::from_secs(2);
/// How long the rest of the work may take to end after a signal.
const WORK_GRACE: Duration = Duration::from_secs(10);

/// A text under edit.
pub(super) struct Session {
    // Before the file, so that no signal meets a file that is half gone.
    watch: Watch,
    file: PrivateFile,
}

impl Session {
    /// Puts a text into a private file with this name.
    pub(super) fn new(name: &OsStr, text: &[u8], env: &Env) -> Result<Self, CommandError> {
        let watch = Watch::new()
            .map_err(|error| CommandError::usage(format!("signals cannot be watched: {}", reason(&error))))?;
        let file = PrivateFile::new(&files::private_places(env), name, text).map_err(CommandError::file)?;
        watch.shared.directory.get_or_init(|| file.directory().to_owned());
        watch.shared.busy.store(false, Ordering::SeqCst);
        Ok(Session { watch, file })
    }

    /// The text as it is now.
    pub(super) fn text(&self) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        files::read(self.file.path()).map_err(CommandError::file)
    }

    /// Runs the editor to its end.
    pub(super) fn edit(&self, env: &Env) -> Result<(), CommandError> {
        let terminal = tcgetattr(io::stdin().as_fd()).ok();
        let status = self.watch.run(|| spawn(self.file.path(), env))?;
        if status.success() {
            return Ok(());
        }
        // An editor that was killed may leave the terminal without echo.
        if let Some(terminal) = terminal {
            let _ = tcsetattr(io::stdin().as_fd(), OptionalActions::Now, &terminal);
        }
        Err(CommandError::new(Exit::Editor, format!("the editor failed: {status}")))
    }

    /// The signal that asked the run to end.
    pub(super) fn interrupted(&self) -> Option<i32> {
        self.watch.interrupted()
    }

    /// Whether there is work at hand that a signal must not cut short at once.
    pub(super) fn set_busy(&self, busy: bool) {
        self.watch.shared.busy.store(busy, Ordering::SeqCst);
    }
}

/// Starts the editor. It has our standard streams (integrations.md C16).
fn spawn(file: &Path, env: &Env) -> Result<Child, CommandError> {
    let named = [env::SOPS_EDITOR, env::EDITOR].into_iter().find_map(|name| Some((name, env.text(name)?)));
    let failed = |program: &str, error: &io::Error| {
        CommandError::new(Exit::Editor, format!("the editor `{program}` cannot be run: {}", reason(error)))
    };
    if let Some((variable, line)) = named {
        let words = shell_words::split(&line).unwrap_or_default();
        let Some((program, arguments)) = words.split_first() else {
            return Err(CommandError::new(Exit::Editor, format!("{variable} holds no command line")));
        };
        return Command::new(program).args(arguments).arg(file).spawn().map_err(|error| failed(program, &error));
    }
    for program in EDITORS {
        match Command::new(program).arg(file).spawn() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => return other.map_err(|error| failed(program, &error)),
        }
    }
    Err(CommandError::new(Exit::Editor, format!("no editor was found: none of {}", EDITORS.join(", ")))
        .hint("set EDITOR to the command that starts yours"))
}

/// What the thread that waits for signals shares with the one that works.
struct Shared {
    editor: Mutex<Option<Pid>>,
    signal: AtomicI32,
    busy: AtomicBool,
    /// Whether there is a keyboard that SIGINT may come from.
    terminal: bool,
    /// What must be gone when the process ends.
    directory: OnceLock<PathBuf>,
}

impl Shared {
    fn editor(&self) -> MutexGuard<'_, Option<Pid>> {
        self.editor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for signals while a plaintext is on the disk.
struct Watch {
    shared: Arc<Shared>,
    handle: Handle,
    thread: Option<thread::JoinHandle<()>>,
    _holder: Holder,
}

impl Watch {
    /// Starts out busy: with making what must be gone in the end.
    fn new() -> io::Result<Self> {
        let mut signals = Signals::new(ENDING)?;
        let handle = signals.handle();
        let shared = Arc::new(Shared {
            editor: Mutex::new(None),
            signal: AtomicI32::new(0),
            busy: AtomicBool::new(true),
            terminal: io::stdin().is_terminal(),
            directory: OnceLock::new(),
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            for signal in signals.forever() {
                obey(signal, &theirs);
            }
        });
        Ok(Watch { shared, handle, thread: Some(thread), _holder: Holder::new() })
    }

    fn interrupted(&self) -> Option<i32> {
        Some(self.shared.signal.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }

    /// Runs a program to its end.
    fn run(&self, spawn: impl FnOnce() -> Result<Child, CommandError>) -> Result<ExitStatus, CommandError> {
        let mut editor = self.shared.editor();
        if let Some(signal) = self.interrupted() {
            return Err(CommandError::signal(signal));
        }
        let mut child = spawn()?;
        let pid = Pid::from_child(&child);
        *editor = Some(pid);
        drop(editor);
        // Waits without taking the process away, so that its number is nobody else's while the
        // other thread may send it a signal.
        while matches!(
            waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT),
            Err(rustix::io::Errno::INTR)
        ) {}
        *self.shared.editor() = None;
        child
            .wait()
            .map_err(|error| CommandError::new(Exit::Editor, format!("the editor was lost: {}", reason(&error))))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.handle.close();
        if self.interrupted().is_none() {
            let _ = self.thread.take().map(thread::JoinHandle::join);
        }
    }
}

/// Ends the run for a signal: by way of the working thread where that is at hand, which keeps what
/// was typed.
fn obey(signal: i32, shared: &Shared) {
    let running = *shared.editor();
    if signal == SIGINT && running.is_some() && shared.terminal {
        // It came from the keyboard, went to the editor too, and means something there.
        return;
    }
    shared.signal.store(signal, Ordering::SeqCst);
    if running.is_some() {
        tell(shared, if signal == SIGHUP { Signal::HUP } else { Signal::TERM });
        if !wait(EDITOR_GRACE, || shared.editor().is_none()) {
            tell(shared, Signal::KILL);
        }
        wait(WORK_GRACE, || false);
    } else if shared.busy.load(Ordering::SeqCst) {
        wait(WORK_GRACE, || !shared.busy.load(Ordering::SeqCst));
        // The working thread ends the process now, with the right code.
        wait(EDITOR_GRACE, || false);
    }
    if let Some(directory) = shared.directory.get() {
        files::wipe(directory);
    }
    // The working thread waits for something that does not come, an answer or a key service.
    #[allow(clippy::exit, reason = "a signal has to end the process wherever the other thread is")]
    std::process::exit(i32::from(Exit::Signal(u8::try_from(signal).unwrap_or(0)).number()));
}

/// Sends the editor a signal if it still runs.
fn tell(shared: &Shared, signal: Signal) {
    if let Some(pid) = *shared.editor() {
        let _ = kill_process(pid, signal);
    }
}

/// Waits until something is so, but no longer than this. Says whether it came to be so.
fn wait(longest: Duration, so: impl Fn() -> bool) -> bool {
    let end = Instant::now() + longest;
    while !so() {
        if Instant::now() > end {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    true
}
