//! Signals for a program that is run while there is something on the disk that must go when it has
//! ended: what we are sent goes to it, and we end after it, as it did.

use std::fs::File;
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpgrp, kill_process, waitid};
use rustix::termios::tcgetpgrp;
use signal_hook::consts::{SIGINT, SIGQUIT, SIGUSR1, SIGUSR2};
use signal_hook::iterator::{Handle, Signals};

use super::super::error::{CommandError, reason};
use super::super::signals::ENDING;

/// Where the program is.
enum Program {
    /// Not there yet. A signal may have come already.
    Awaited(Option<i32>),
    Running(Pid),
    /// It has ended, and so do we.
    Gone,
}

/// See the module.
pub(super) struct Relay {
    child: Arc<Mutex<Program>>,
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Begins to hold signals back.
    ///
    /// # Errors
    /// The system has no more room for handlers.
    pub(super) fn new() -> Result<Self, CommandError> {
        let failed = |error: io::Error| CommandError::usage(format!("signals cannot be watched: {}", reason(&error)));
        let mut signals = Signals::new(watched()).map_err(failed)?;
        let handle = signals.handle();
        let child = Arc::new(Mutex::new(Program::Awaited(None)));
        let theirs = Arc::clone(&child);
        let watch = move || {
            for signal in signals.forever() {
                pass_on(signal, &theirs);
            }
        };
        let thread = thread::Builder::new().spawn(watch).map_err(failed)?;
        Ok(Relay { child, handle, thread: Some(thread) })
    }

    /// Runs a program to its end.
    ///
    /// # Errors
    /// It cannot be started, or a signal came before.
    pub(super) fn run(&self, start: impl FnOnce() -> Result<Child, CommandError>) -> Result<ExitStatus, CommandError> {
        let mut state = lock(&self.child);
        if let Program::Awaited(Some(signal)) = *state {
            return Err(CommandError::signal(signal));
        }
        let mut child = start()?;
        let pid = Pid::from_child(&child);
        *state = Program::Running(pid);
        drop(state);
        // Waits without taking the process away, so that its number is nobody else's while the
        // other thread may send it a signal.
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(pid), ended), Err(rustix::io::Errno::INTR)) {}
        *lock(&self.child) = Program::Gone;
        child.wait().map_err(|error| CommandError::usage(format!("the command was lost: {}", reason(&error))))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.handle.close();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn lock(child: &Mutex<Program>) -> MutexGuard<'_, Program> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pass_on(signal: i32, child: &Mutex<Program>) {
    match &mut *lock(child) {
        Program::Awaited(came) => *came = Some(signal),
        // The keyboard sends it to the program as well, for which two may mean more than one.
        Program::Running(_) if [SIGINT, SIGQUIT].contains(&signal) && is_in_foreground() => {}
        Program::Running(pid) => {
            let _ = Signal::from_named_raw(signal).map(|signal| kill_process(*pid, signal));
        }
        Program::Gone => {}
    }
}

/// The signals that would end us. One that we were told to ignore, by `nohup` for example, stays
/// ignored, here and in the program.
fn watched() -> impl Iterator<Item = i32> {
    let ignored = std::fs::read_to_string("/proc/self/status").ok().and_then(|text| ignored(&text)).unwrap_or(0);
    let all = ENDING.into_iter().chain([SIGUSR1, SIGUSR2]);
    all.filter(move |signal| ignored & (1 << (signal - 1)) == 0)
}

/// The ignored signals, one a bit, out of what Linux says of a process.
fn ignored(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// Whether the keyboard of our terminal is ours at the moment.
fn is_in_foreground() -> bool {
    let group = |terminal: File| tcgetpgrp(terminal).map_err(io::Error::from);
    File::open("/dev/tty").and_then(group).is_ok_and(|group| group == getpgrp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_known() {
        let status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000002\n";
        assert_eq!(ignored(status), Some(0x1001));
        assert_eq!(ignored("Name:\tx\n"), None);
        // The runtime of Rust ignores SIGPIPE.
        if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
            assert_eq!(ignored(&status).map(|mask| mask >> 12 & 1), Some(1));
        }
    }
}
