//! The only printing and prompting. Data goes to standard output; everything else to standard
//! error, where a command that succeeds says nothing unless somebody watches or asked for it:
//! programs that run us take the first byte there for a failure (integrations.md S1).
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the one place that prints")]

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use super::error::{CommandError, Exit};
use super::files::FileError;
use crate::envelope::Warning;

/// The terminal, as far as it may be used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ui {
    /// Whether --verbose was given.
    pub verbose: bool,
}

impl Ui {
    /// Says what is nice to know.
    pub(super) fn note(self, text: &str) {
        if self.verbose || io::stderr().is_terminal() {
            eprint(&format!("{}\n", visible(text)));
        }
    }

    /// Says what is only asked for with --verbose.
    pub(super) fn trace(self, text: &str) {
        if self.verbose {
            eprint(&format!("{}\n", visible(text)));
        }
    }

    /// Says what there is to know of a file that was opened or sealed all the same: damage in any case.
    pub(super) fn heed(self, warnings: &[Warning], file: &Path) {
        for warning in warnings {
            match warning.is_damage() {
                true => self.warn(&format!("`{}`: {warning}", file.display())),
                false => self.note(&format!("warning: {warning}")),
            }
        }
    }

    /// Warns of what is most likely a mistake in the call.
    pub(super) fn warn(self, text: &str) {
        warn(text);
    }

    /// Says something in any case, at the end of a run that did what it should.
    pub(super) fn say(self, text: &str) {
        eprint(&format!("{}\n", visible(text)));
    }

    /// Prints an error.
    pub(super) fn error(self, error: &CommandError) {
        if !error.is_quiet() {
            let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            eprint(&error.render(colours));
        }
    }

    /// Whether somebody can be asked.
    #[must_use]
    pub(super) fn can_ask(self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Waits for Enter.
    ///
    /// # Errors
    /// There is no more input.
    pub(super) fn wait_for_enter(self, text: &str) -> Result<(), CommandError> {
        eprint(text);
        let mut line = String::new();
        match io::stdin().read_line(&mut line) {
            Ok(1..) => Ok(()),
            _ => Err(CommandError::usage("there is nobody to answer")),
        }
    }

    /// Asks for a line of text, which may be empty.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn ask_text(self, prompt: &str) -> Result<String, CommandError> {
        dialoguer::Input::new().with_prompt(prompt).allow_empty(true).interact_text().map_err(no_answer)
    }

    /// Asks a question as SOPS does: of whatever standard input is, until there is a `y` or `n`.
    ///
    /// # Errors
    /// Standard input ends.
    pub(super) fn ask_as_sops(self, prompt: &str) -> Result<bool, CommandError> {
        loop {
            stdout(prompt.as_bytes()).map_err(CommandError::file)?;
            let mut line = String::new();
            match io::stdin().read_line(&mut line) {
                Ok(1..) => {}
                _ => {
                    return Err(
                        CommandError::usage("there is nobody to answer").hint("--yes goes on without questions")
                    );
                }
            }
            match line.trim() {
                "y" => return Ok(true),
                "n" => return Ok(false),
                _ => {}
            }
        }
    }

    /// Asks a question of somebody who does not expect it: what was typed before is no answer, and
    /// the terminal stays as it is, for the run may end meanwhile.
    ///
    /// # Errors
    /// The terminal is gone.
    #[cfg(feature = "keyservice")]
    pub(super) fn ask_suddenly(self, prompt: &str) -> Result<bool, CommandError> {
        let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
        loop {
            eprint(&format!("{} (y/n) ", visible(prompt)));
            let mut line = String::new();
            match io::stdin().read_line(&mut line) {
                Ok(1..) => {}
                _ => return Err(CommandError::usage("there is nobody to answer")),
            }
            match line.trim() {
                "y" | "Y" | "yes" => return Ok(true),
                "n" | "N" | "no" => return Ok(false),
                _ => {}
            }
        }
    }

    /// Asks whether to go on with so many files, unless that was said by --yes.
    ///
    /// # Errors
    /// There is nobody to ask, or the terminal is gone.
    pub(super) fn approves(self, yes: bool, verb: &str, files: usize) -> Result<bool, CommandError> {
        if yes {
            return Ok(true);
        }
        if !self.can_ask() {
            return Err(CommandError::usage("there is no terminal to ask on").hint("--yes goes on without questions"));
        }
        let what = if files == 1 { "this file".to_owned() } else { format!("these {files} files") };
        self.ask_yes(&format!("{verb} {what}?"), false)
    }

    /// One error for all: that of a single file as it is, else all of them said, and exit code 1.
    pub(super) fn joined(self, mut failures: Vec<CommandError>, files: usize) -> CommandError {
        if files <= 1 && failures.len() == 1 {
            return failures.remove(0);
        }
        failures.iter().for_each(|error| self.error(error));
        CommandError::said(Exit::Generic)
    }

    /// Asks a question.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn ask_yes(self, prompt: &str, default: bool) -> Result<bool, CommandError> {
        dialoguer::Confirm::new().with_prompt(prompt).default(default).interact().map_err(no_answer)
    }
}

/// A text without anything that a terminal would obey or hide: names, keys and recipients come
/// from files of others. Control characters, and those that turn the direction of writing, are
/// spelled out.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let acts = |character: char| {
        character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let spell = |character: char| match acts(character) {
        true => character.escape_unicode().to_string(),
        false => character.to_string(),
    };
    Cow::Owned(text.chars().map(spell).collect())
}

fn no_answer(_: dialoguer::Error) -> CommandError {
    CommandError::new(Exit::Generic, "there is nobody to answer")
}

/// Warns of what is most likely a mistake, in a call or in what it finds.
pub(super) fn warn(text: &str) {
    eprint(&format!("warning: {}\n", visible(text)));
}

/// Writes to standard error; when that fails there is nobody left to tell.
fn eprint(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes data to standard output.
///
/// # Errors
/// It cannot be written.
pub(super) fn stdout(data: &[u8]) -> Result<(), FileError> {
    let mut out = io::stdout().lock();
    out.write_all(data)
        .and_then(|()| out.flush())
        .map_err(|error| FileError::Write(Path::new("standard output").to_owned(), error))
}

/// Prints clap's help or its complaint. True when it was help, which was asked for.
pub(super) fn usage(error: &clap::Error, args: &[OsString]) -> bool {
    if error.use_stderr() && args.iter().any(|arg| visible(&arg.to_string_lossy()).as_ref() != arg.to_string_lossy()) {
        // The complaint repeats what a name, say of a file, would do to the terminal.
        error.render().to_string().lines().for_each(|line| eprint(&format!("{}\n", visible(line))));
    } else {
        // A reader of help that went away needs no message.
        let _ = error.print();
    }
    !error.use_stderr()
}

/// Reports a defect of cloze itself: where, and nothing of the message, which may hold a value.
pub(super) fn bug(file: &str, line: u32) {
    eprint(&format!("error: this is a bug in cloze ({file}:{line}); please report it, with the command line\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        assert!(matches!(visible("plain é 漢 `x`"), Cow::Borrowed("plain é 漢 `x`")));
        let hostile = "a\x1b]0;t\x07\u{9b}2J\u{7f}\u{202e}b\u{2066}\r\n";
        assert_eq!(visible(hostile), "a\\u{1b}]0;t\\u{7}\\u{9b}2J\\u{7f}\\u{202e}b\\u{2066}\\u{d}\\u{a}");
    }
}
