//! Questions about keys: passphrases, and what age plugins want to know. They are asked on the
//! terminal itself, so that standard input and output stay what the caller made of them.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::thread;

use dialoguer::console::Term;
use dialoguer::{Confirm, Input};
use rustix::fs::{Access, access};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level;
use zeroize::Zeroizing;

use super::env::{self, Env};
use super::error::reason;
use super::files::{self, FileError};
use super::identities::why;
use super::programs;
use super::signals::{self, ENDING};
use super::ui::{self, visible};
use crate::recipient::{Call, Host, Ran};

/// Why nobody was asked.
pub(super) const NO_TERMINAL: &str = "there is no terminal to ask on";

const NO_ANSWER: &str = "the question was not answered";
/// The longest passphrase, in bytes: what a terminal keeps of a line.
const LONGEST_LINE: usize = 4096;

/// The terminal of this run, the programs on its search path, its variables and its files.
pub(super) struct Terminal {
    env: Env,
}

impl Terminal {
    /// That of this run. Nothing is opened before there is something to ask.
    pub(super) fn new(env: &Env) -> Self {
        Terminal { env: env.clone() }
    }

    fn ask<T>(&self, question: impl FnOnce(&Term) -> dialoguer::Result<T>) -> Result<T, String> {
        let tty = open()?;
        let term = Term::read_write_pair(again(&tty)?, again(&tty)?);
        let _modes = Modes::keep(tty);
        question(&term).map_err(|_| NO_ANSWER.to_owned())
    }
}

fn open() -> Result<File, String> {
    files::terminal().map_err(|_| NO_TERMINAL.to_owned())
}

fn again(tty: &File) -> Result<File, String> {
    tty.try_clone().map_err(|_| NO_TERMINAL.to_owned())
}

impl Host for Terminal {
    fn secret(&self, what: &str) -> Result<Zeroizing<String>, String> {
        let mut tty = open()?;
        let modes = Modes::keep(again(&tty)?);
        // Before the question: who answers at once must not be shown. dialoguer does it after.
        modes.without_echo(&tty);
        let asked = write!(tty, "{}: ", visible(what)).and_then(|()| read_line(&mut tty));
        let _ = tty.write_all(b"\n");
        drop(modes);
        let line = asked.ok().flatten().ok_or_else(|| NO_ANSWER.to_owned())?;
        std::str::from_utf8(&line).map(|line| Zeroizing::new(line.to_owned())).map_err(|_| "that is no text".into())
    }

    fn line(&self, what: &str) -> Result<String, String> {
        let what = visible(what).into_owned();
        self.ask(|terminal| Input::new().with_prompt(what).allow_empty(true).interact_text_on(terminal))
    }

    fn choose(&self, question: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let question = visible(question);
        let question = match no {
            Some(no) => format!("{question} (y: {}, n: {})", visible(yes), visible(no)),
            None => format!("{question} ({})", visible(yes)),
        };
        self.ask(|terminal| Confirm::new().with_prompt(question).default(true).interact_on(terminal)).ok()
    }

    fn tell(&self, message: &str) {
        // Without a terminal there is nobody to tell.
        let _ = self.ask(|terminal| Ok(terminal.write_line(&visible(message))?));
    }

    fn warn(&self, message: &str) {
        ui::warn(message);
    }

    fn host_name(&self) -> Option<String> {
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Some(name).filter(|name| !name.is_empty())
    }

    fn program(&self, name: &str) -> Option<PathBuf> {
        let is_program = |path: &PathBuf| path.is_file() && access(path, Access::EXEC_OK).is_ok();
        let path = self.env.get(env::PATH).unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(is_program)
    }

    fn variable_os(&self, name: &str) -> Option<OsString> {
        self.env.get(name)
    }

    fn terminal_name(&self) -> Option<OsString> {
        programs::terminal_name()
    }

    fn run(&self, call: &Call<'_>) -> Result<Ran, String> {
        programs::run(call)
    }

    fn file(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        match files::read(path) {
            Ok(content) => Ok(Some(content)),
            Err(FileError::Missing(_)) => Ok(None),
            Err(error) => Err(why(error)),
        }
    }

    fn folder(&self, path: &Path) -> Result<Option<Vec<PathBuf>>, String> {
        let cannot = |error| format!("cannot be read: {}", reason(&error));
        match std::fs::read_dir(path) {
            Ok(entries) => {
                let entries = entries.map(|entry| entry.map(|entry| entry.path()));
                let mut paths: Vec<PathBuf> = entries.collect::<io::Result<_>>().map_err(cannot)?;
                paths.sort_unstable();
                Ok(Some(paths))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cannot(error)),
        }
    }
}

/// Reads a line, without its end; none when there is no more input. Nothing stays in buffers.
fn read_line(tty: &mut File) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
    let mut byte = Zeroizing::new([0]);
    while line.len() < LONGEST_LINE {
        match tty.read(&mut *byte)? {
            0 if line.is_empty() => return Ok(None),
            0 => break,
            _ if matches!(byte[0], b'\n' | b'\r') => break,
            _ => line.push(byte[0]),
        }
    }
    Ok(Some(line))
}

/// The modes that the terminal had before a question. They are put back, also by a signal that ends
/// the run while the question is open.
struct Modes {
    tty: File,
    before: Option<Termios>,
    handle: Option<Handle>,
}

impl Modes {
    fn keep(tty: File) -> Self {
        let before = tcgetattr(tty.as_fd()).ok();
        let watch = || {
            let (theirs, modes) = (tty.try_clone().ok()?, before.clone()?);
            let mut signals = Signals::new(ENDING).ok()?;
            let handle = signals.handle();
            thread::spawn(move || {
                for signal in signals.forever() {
                    let _ = tcsetattr(theirs.as_fd(), OptionalActions::Now, &modes);
                    // Who holds the signals has work to end in order, and ends the run itself.
                    if !signals::are_held() {
                        let _ = low_level::emulate_default_handler(signal);
                    }
                }
            });
            Some(handle)
        };
        let handle = watch();
        Modes { tty, before, handle }
    }

    fn without_echo(&self, tty: &File) {
        if let Some(mut modes) = self.before.clone() {
            modes.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(tty.as_fd(), OptionalActions::Now, &modes);
        }
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tcsetattr(self.tty.as_fd(), OptionalActions::Now, before);
        }
        if let Some(handle) = &self.handle {
            handle.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn programs_are_found_on_the_search_path() {
        let terminal = Terminal::new(&Env::of([("PATH", "/nonexistent:/bin:/usr/bin")]));
        assert!(terminal.program("sh").is_some_and(|path| path.ends_with("sh") && path.is_absolute()));
        assert_eq!(terminal.program("age-plugin-nonexistent"), None);
        let terminal = Terminal::new(&Env::of([("PATH", "/etc")]));
        assert!(Path::new("/etc/passwd").is_file() && terminal.program("passwd").is_none(), "is no program");
    }
}
