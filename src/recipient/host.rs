//! What the backends need from the program around them: a person to ask, the programs that are
//! installed, variables and files. Handed in, so that nothing here knows a terminal, a search path,
//! the environment or the disk.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// A program that is to be run.
pub struct Call<'a> {
    /// Where it is.
    pub program: &'a Path,
    /// Its arguments, as everybody may see them.
    pub args: &'a [&'a str],
    /// Variables beside those of this process.
    pub variables: &'a [(&'a str, OsString)],
    /// What it reads. May be secret.
    pub input: &'a [u8],
}

/// What became of a program.
pub struct Ran {
    /// Whether it ended with success.
    pub success: bool,
    /// What it printed. May be secret.
    pub output: Zeroizing<Vec<u8>>,
    /// What it said on standard error.
    pub said: String,
}

/// The program around us.
pub trait Host: Send + Sync {
    /// Asks for something secret, without an echo. `what` is what it is for.
    ///
    /// # Errors
    /// Why nobody can be asked, for people.
    fn secret(&self, what: &str) -> Result<Zeroizing<String>, String>;

    /// Asks for a line of text that is not secret.
    ///
    /// # Errors
    /// Why nobody can be asked, for people.
    fn line(&self, what: &str) -> Result<String, String>;

    /// Asks a question with two answers, or with one to be acknowledged; none when nobody can be
    /// asked.
    fn choose(&self, question: &str, yes: &str, no: Option<&str>) -> Option<bool>;

    /// Shows a message; what a plugin waits for, for example.
    fn tell(&self, message: &str);

    /// Warns of something that is most likely a mistake, terminal or not.
    fn warn(&self, _message: &str) {}

    /// The name of this machine, if it has one.
    fn host_name(&self) -> Option<String> {
        None
    }

    /// The program of this name, if it is installed.
    fn program(&self, name: &str) -> Option<PathBuf>;

    /// The value of an environment variable that is set and not empty.
    fn variable_os(&self, _name: &str) -> Option<OsString> {
        None
    }

    /// The same as text; what is not UTF-8 is replaced.
    fn variable(&self, name: &str) -> Option<String> {
        self.variable_os(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// The name of the terminal that this process was started in, for programs that ask there by
    /// themselves.
    fn terminal_name(&self) -> Option<OsString> {
        None
    }

    /// Runs a program to its end.
    ///
    /// # Errors
    /// It cannot be run, or its output not be read; why, for people.
    fn run(&self, _call: &Call<'_>) -> Result<Ran, String> {
        Err("no programs can be run here".into())
    }

    /// The content of a file; none if there is no such file.
    ///
    /// # Errors
    /// Why it cannot be read, for people; the name is the caller's to say.
    fn file(&self, _path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        Ok(None)
    }

    /// The files in a folder, by name; none if there is no such folder.
    ///
    /// # Errors
    /// Why it cannot be read, for people; the name is the caller's to say.
    fn folder(&self, _path: &Path) -> Result<Option<Vec<PathBuf>>, String> {
        Ok(None)
    }
}

/// A host without anybody to ask and without programs.
pub struct Nobody;

const NOBODY: &str = "there is nobody to ask";

impl Host for Nobody {
    fn secret(&self, _: &str) -> Result<Zeroizing<String>, String> {
        Err(NOBODY.into())
    }

    fn line(&self, _: &str) -> Result<String, String> {
        Err(NOBODY.into())
    }

    fn choose(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn tell(&self, _: &str) {}

    fn program(&self, _: &str) -> Option<PathBuf> {
        None
    }
}
