//! `exec`, `exec-env` and `exec-file`: a program that is given what a file holds, as variables or
//! as a file (sops-compat.md §8.7). Nothing secret is ever in its arguments.
//!
//! * `variables`: what of a plaintext becomes variables, and what cannot.
//! * `environment`: `exec` and `exec-env`, where the program takes the place of this process.
//! * `file`: `exec-file`, where this process stays until the file is gone.
//! * `fifo`, `relay`, `user`: what these need.

mod environment;
mod fifo;
mod file;
mod relay;
mod user;
mod variables;

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::Command;

use super::argv::Name;
use super::audit::Audit;
use super::error::{CommandError, Exit, reason};
use super::{Input, Run, args, formats, tools};
use crate::document::Format;
use crate::envelope::{self, Opened};
use crate::recipient::Keyring;

pub(super) use environment::{run_arguments, run_line};
pub(super) use file::run as run_file;

/// A file that was opened, with the format of its plaintext.
fn open(
    file: &Path,
    types: &args::Types,
    general: &args::General,
    keyring: &Keyring,
    audit: &Audit<'_>,
    run: &Run,
) -> Result<(Format, Opened), CommandError> {
    let input = Input::read(Some(file), run.name).map_err(|error| match (error.code(), run.name) {
        (Exit::NoFile, Name::Sops) => error.with_code(Exit::Read),
        _ => error,
    })?;
    let format = formats::of_sealed(types, general, input.path.as_deref(), &input.text, run);
    let options = run.opening();
    let record = audit.about(input.path.as_deref());
    let opened = envelope::decrypt(format, &input.text, &options, &tools(keyring, &record))
        .map_err(|error| CommandError::opening(error, &input.text, run.name).about(input.name()))?;
    run.ui.trace("Data key recovered successfully");
    run.ui.heed(&opened.warnings, input.name());
    Ok((format, opened))
}

/// The file and the command line of `exec-env` and `exec-file`: exactly these two.
fn operands<'a>(
    given: &'a [std::ffi::OsString],
    command: &str,
    name: Name,
) -> Result<(&'a Path, &'a OsStr), CommandError> {
    match given {
        [file, line] if !file.is_empty() => Ok((Path::new(file), line)),
        [] | [_] | [_, _] => Err(CommandError::usage(format!("{command} needs a file and a command line"))
            .hint(format!("for example `{} {command} secrets.yaml 'command argument'`", name.text()))),
        _ => {
            let error = CommandError::usage(format!("{command} takes the command line as one argument, for the shell"));
            Err(match name {
                Name::Cloze if command == "exec-env" => {
                    error.hint("`cloze exec --file FILE -- COMMAND ARGUMENT…` runs a command without a shell")
                }
                _ => error.hint("put the command line in quotes"),
            })
        }
    }
}

/// The shell with a command line.
fn shell(line: &OsStr) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line);
    command
}

/// A program that could not be run. The codes are those of shells and of `env`.
fn cannot_run(program: &OsStr, error: &io::Error) -> CommandError {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Exit::Command(127),
        io::ErrorKind::PermissionDenied => Exit::Command(126),
        _ => Exit::Generic,
    };
    CommandError::new(code, format!("`{}` cannot be run: {}", program.to_string_lossy(), reason(error)))
}
