//! Questions about keys: passphrases, and what age plugins want to know. They are asked on the
//! terminal itself, so that standard input and output stay what the caller made of them.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::thread;

use dialoguer::console::Term;
use dialoguer::{Confirm, Input, Password};
use rustix::fs::{Access, access};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level;
use zeroize::Zeroizing;

use super::env::{self, Env};
use super::files;
use super::signals::{self, ENDING};
use super::ui::visible;
use crate::recipient::age::Host;

/// Why nobody was asked.
pub(super) const NO_TERMINAL: &str = "there is no terminal to ask on";

/// The terminal of this run, and the programs on its search path.
pub(super) struct Terminal {
    path: OsString,
}

impl Terminal {
    /// That of this run. Nothing is opened before there is something to ask.
    pub(super) fn new(env: &Env) -> Self {
        Terminal { path: env.get(env::PATH).unwrap_or_default() }
    }

    fn ask<T>(&self, question: impl FnOnce(&Term) -> dialoguer::Result<T>) -> Result<T, String> {
        let no_terminal = |_| NO_TERMINAL.to_owned();
        let tty = files::terminal().map_err(no_terminal)?;
        let clone = || tty.try_clone().map_err(no_terminal);
        let _modes = Modes::keep(clone()?);
        question(&Term::read_write_pair(clone()?, clone()?)).map_err(|_| "the question was not answered".to_owned())
    }
}

impl Host for Terminal {
    fn secret(&self, what: &str) -> Result<Zeroizing<String>, String> {
        let what = visible(what).into_owned();
        let password = Password::new().with_prompt(what).allow_empty_password(true);
        self.ask(|terminal| password.report(false).interact_on(terminal)).map(Zeroizing::new)
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

    fn program(&self, name: &str) -> Option<PathBuf> {
        let is_program = |path: &PathBuf| path.is_file() && access(path, Access::EXEC_OK).is_ok();
        std::env::split_paths(&self.path).map(|folder| folder.join(name)).find(is_program)
    }
}

/// The modes of the terminal, put back by a signal that ends the run while a question that
/// switched the echo off is open.
struct Modes {
    handle: Option<Handle>,
}

impl Modes {
    fn keep(tty: File) -> Self {
        let watch = || {
            let modes: Termios = tcgetattr(tty.as_fd()).ok()?;
            let mut signals = Signals::new(ENDING).ok()?;
            let handle = signals.handle();
            thread::spawn(move || {
                for signal in signals.forever() {
                    let _ = tcsetattr(tty.as_fd(), OptionalActions::Now, &modes);
                    // Who holds the signals has work to end in order, and ends the run itself.
                    if !signals::are_held() {
                        let _ = low_level::emulate_default_handler(signal);
                    }
                }
            });
            Some(handle)
        };
        Modes { handle: watch() }
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
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
        let terminal = Terminal { path: "/nonexistent:/bin:/usr/bin".into() };
        assert!(terminal.program("sh").is_some_and(|path| path.ends_with("sh") && path.is_absolute()));
        assert_eq!(terminal.program("age-plugin-nonexistent"), None);
        let terminal = Terminal { path: "/etc".into() };
        assert!(Path::new("/etc/passwd").is_file() && terminal.program("passwd").is_none(), "is no program");
    }
}
