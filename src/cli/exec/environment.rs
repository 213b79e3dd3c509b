//! `exec` and `exec-env`: variables for a program, which takes the place of this process. So its
//! exit code, signals, terminal and streams are its own, and no plaintext stays behind here.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::error::{CommandError, Exit};
use super::super::{Run, args, identities};
use super::user::{self, User};
use super::variables::{Choice, Refusal, Variables};
use super::{cannot_run, open, operands, shell};

/// Runs `exec-env`.
pub(in crate::cli) fn run_line(args: &args::ExecEnv, run: &Run) -> Result<(), CommandError> {
    if args.background && args.same_process {
        return Err(CommandError::conflict("--same-process cannot be used with --background"));
    }
    let (file, line) = operands(&args.operands, "exec-env", run.name)?;
    let user = args.running.user.as_deref().map(User::find).transpose()?;
    let variables = gather(&[file], &args.variables, &args.running, run)?;
    let mut command = shell(line);
    set(&mut command, &variables, user.as_ref(), args.variables.pristine);
    if args.background {
        return start_in_background(command, &variables, user.as_ref());
    }
    match replace(command, &variables, user.as_ref()) {
        Err(error) => Err(error),
    }
}

/// Runs `exec`.
pub(in crate::cli) fn run_arguments(args: &args::Exec, run: &Run) -> Result<(), CommandError> {
    let files: Vec<&Path> = args.file.iter().map(AsRef::as_ref).filter(|file: &&Path| *file != Path::new("")).collect();
    if files.is_empty() {
        let error = CommandError::new(Exit::NoFile, "no file specified");
        return Err(error.hint("for example `cloze exec --file secrets.yaml -- command argument`"));
    }
    let Some((program, arguments)) = args.command.split_first() else {
        let error = CommandError::usage("there is no command to run");
        return Err(error.hint("for example `cloze exec --file secrets.yaml -- command argument`"));
    };
    let user = args.running.user.as_deref().map(User::find).transpose()?;
    let variables = gather(&files, &args.variables, &args.running, run)?;
    let mut command = Command::new(program);
    command.args(arguments);
    set(&mut command, &variables, user.as_ref(), args.variables.pristine);
    match replace(command, &variables, user.as_ref()) {
        // A file that was named without its flag is taken for the command.
        Err(error) if Path::new(program).is_file() && error.code() != Exit::Generic => {
            Err(error.hint("files with secrets are named with --file"))
        }
        Err(error) => Err(error),
    }
}

/// Opens the files and takes out of them what is asked for.
fn gather(
    files: &[&Path],
    taken: &args::Variables,
    running: &args::Running,
    run: &Run,
) -> Result<Variables, CommandError> {
    let choice = Choice {
        reading: run.name.reading(),
        nested: taken.nested,
        only: &taken.only,
        prefix: taken.prefix.as_deref().unwrap_or_default(),
    };
    let types = args::Types { input_type: taken.input_type.clone(), output_type: None };
    let keyring = identities::keyring(&running.services, running.decryption_order.as_deref(), run)?;
    let mut variables = Variables::default();
    for file in files {
        let (format, opened) = open(file, &types, &running.general, &keyring, run)?;
        let document = format.plain_syntax(choice.reading).parse(&opened.text);
        let document = document.map_err(|error| CommandError::envelope(error.into(), &opened.text).about(file))?;
        let shared = variables.add(format, &document, &choice).map_err(|refusal| refused(refusal, file))?;
        for name in shared {
            run.ui.trace(&format!("`{name}` of `{}` takes the place of the one before", file.display()));
        }
    }
    match variables.missing(&choice) {
        None => Ok(variables),
        Some(name) => Err(CommandError::usage(format!("--only: there is no `{name}` in {}", listed(files)))),
    }
}

fn refused(Refusal(message, hint): Refusal, file: &Path) -> CommandError {
    let error = CommandError::usage(message).about(file);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn listed(files: &[&Path]) -> String {
    files.iter().map(|file| format!("`{}`", file.display())).collect::<Vec<_>>().join(", ")
}

/// Sets the environment: that of the caller, what says who the user is, then the variables.
fn set(command: &mut Command, variables: &Variables, user: Option<&User>, pristine: bool) {
    if pristine {
        command.env_clear();
    }
    if let Some(user) = user {
        user.describe(command);
    }
    for variable in variables.iter() {
        match &variable.value {
            Some(value) => command.env(&variable.name, OsStr::from_bytes(value)),
            None => command.env_remove(&variable.name),
        };
    }
}

/// Makes this process the program.
fn replace(mut command: Command, variables: &Variables, user: Option<&User>) -> Result<Infallible, CommandError> {
    let error = user::start(&mut command, user, |command| command.exec())?;
    Err(failed(&command, &error, variables))
}

/// Starts a program and leaves it alone. As in SOPS, it has none of our streams.
fn start_in_background(mut command: Command, variables: &Variables, user: Option<&User>) -> Result<(), CommandError> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = user::start(&mut command, user, |command| command.spawn())?;
    started.map(drop).map_err(|error| failed(&command, &error, variables))
}

fn failed(command: &Command, error: &io::Error, variables: &Variables) -> CommandError {
    let new = cannot_run(command.get_program(), error);
    match variables.largest().filter(|_| error.kind() == io::ErrorKind::ArgumentListTooLong) {
        None => new,
        Some((name, bytes)) => new
            .detail(format!("the largest variable is `{name}` with {bytes} bytes; Linux takes 131072 for one"))
            .hint("exec-file hands over a file of any size; --only NAME takes single variables"),
    }
}
