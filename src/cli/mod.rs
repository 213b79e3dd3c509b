//! The command line: the only layer that knows the terminal, the environment, the disk and exit
//! codes. What is typed goes through `argv` (SOPS's spellings) into `args` (ours), and then to
//! the file of its command.

mod args;
mod argv;
mod audit;
mod completion;
mod config;
mod decrypt;
mod discover;
mod draft;
mod edit;
mod editor;
mod encrypt;
mod env;
mod error;
mod exec;
mod files;
mod filestatus;
mod formats;
mod groups;
mod identities;
mod init;
#[cfg(feature = "keyservice")]
mod keyservice;
mod programs;
mod prompt;
#[cfg(feature = "publish")]
mod publish;
mod rekey;
mod rotate;
mod set;
mod signals;
mod ui;
mod unset;
mod updatekeys;

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{FromArgMatches as _, error::ErrorKind};
use zeroize::Zeroizing;

use self::argv::{Name, Request};
use self::env::Env;
use self::error::{CommandError, Exit};
use self::ui::Ui;
use crate::cipher::SystemRandom;
use crate::document::Timestamp;
use crate::envelope::{Options, Tools};
use crate::recipient::Keyring;

pub use args::command;

/// The version of SOPS that we take the place of.
const SOPS_VERSION: &str = "3.13.2";

/// What every command is given.
pub(crate) struct Run {
    name: Name,
    env: Env,
    ui: Ui,
    /// The working directory.
    directory: PathBuf,
    rules: config::RulesFiles,
}

impl Run {
    /// How files are opened. SOPS passes over comments that do not open; programs that call it get the values.
    fn opening(&self) -> Options {
        let keep_damaged_comments = self.name == Name::Sops;
        Options { reading: self.name.reading(), keep_damaged_comments, ..Options::default() }
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    // The message of a panic may hold a value.
    panic::set_hook(Box::new(|info| {
        let (file, line) = info.location().map_or(("?", 0), |location| (location.file(), location.line()));
        ui::bug(file, line);
    }));
    let run = AssertUnwindSafe(|| run(std::env::args_os().collect(), Env::process()));
    let code = panic::catch_unwind(run).unwrap_or(Exit::Read.number());
    ExitCode::from(code)
}

/// Runs a command line and returns the exit code.
fn run(argv: Vec<OsString>, env: Env) -> u8 {
    let name = argv.first().map_or(Name::Cloze, |argv0| Name::of(argv0));
    let ui = Ui { verbose: false };
    let command = argv::deferred(name);
    let result = argv::normalise(name, argv, &command).and_then(|request| match request {
        Request::Version => print_version(name),
        Request::Run { args, warnings } => {
            warnings.iter().for_each(|warning| ui.warn(warning));
            start(name, env, args, command)
        }
    });
    match result {
        Ok(()) => 0,
        Err(error) => {
            ui.error(&error);
            error.code().number()
        }
    }
}

fn print_version(name: Name) -> Result<(), CommandError> {
    let own = concat!("cloze ", env!("CARGO_PKG_VERSION"));
    let line = match name {
        Name::Cloze => format!("{own}\n"),
        Name::Sops => format!("sops {SOPS_VERSION} ({own})\n"),
    };
    ui::stdout(line.as_bytes()).map_err(CommandError::file)
}

/// Runs a command from normalised arguments.
fn start(name: Name, env: Env, args: Vec<OsString>, command: clap::Command) -> Result<(), CommandError> {
    let matches = command.try_get_matches_from(&args).or_else(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            argv::command(name).try_get_matches_from(&args)
        }
        _ => Err(error),
    });
    let command = match matches.and_then(|matches| args::Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli.command.ok_or_else(|| CommandError::no_file(name))?,
        Err(error) if ui::usage(&error, &args) => return Ok(()),
        Err(error) => return Err(CommandError::said(usage_code(&error))),
    };
    let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let run = |verbose| Run { name, env, ui: Ui { verbose }, directory, rules: config::RulesFiles::default() };
    match command {
        args::Command::Encrypt(args) => encrypt::run(&args, &run(args.general.verbose)),
        args::Command::Decrypt(args) => decrypt::run(&args, &run(args.general.verbose)),
        args::Command::Edit(args) => edit::run(&args, &run(args.general.verbose)),
        args::Command::Set(args) => set::run(&args, &run(args.general.verbose)),
        args::Command::Unset(args) => unset::run(&args, &run(args.general.verbose)),
        args::Command::Rotate(args) => rotate::run(&args, &run(args.general.verbose)),
        args::Command::UpdateKeys(args) => updatekeys::run(&args, &run(args.general.verbose)),
        args::Command::Groups(args::Groups::Add(args)) => groups::add(&args, &run(args.group.general.verbose)),
        args::Command::Groups(args::Groups::Delete(args)) => groups::delete(&args, &run(args.group.general.verbose)),
        args::Command::FileStatus(args) => filestatus::run(&args, &run(args.general.verbose)),
        args::Command::Exec(args) => exec::run_arguments(&args, &run(args.running.general.verbose)),
        args::Command::ExecEnv(args) => exec::run_line(&args, &run(args.running.general.verbose)),
        args::Command::ExecFile(args) => exec::run_file(&args, &run(args.running.general.verbose)),
        #[cfg(feature = "keyservice")]
        args::Command::Keyservice(args) => keyservice::run(&args, &run(args.verbose)),
        #[cfg(not(feature = "keyservice"))]
        args::Command::Keyservice(_) => Err(identities::no_keyservices()),
        #[cfg(feature = "publish")]
        args::Command::Publish(args) => publish::run(&args, &run(args.general.verbose)),
        #[cfg(not(feature = "publish"))]
        args::Command::Publish(_) => Err(CommandError::usage("this build cannot publish files")
            .hint("it was built without the cargo feature `publish`")),
        args::Command::Audit(args::Audit::Verify(args)) => audit::verify(&args, &run(args.verbose)),
        args::Command::Completion(args) => completion::run(&args, &run(false)),
        args::Command::Init(args) => init::run(&args, &run(args.verbose)),
    }
}

fn usage_code(error: &clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::ArgumentConflict => Exit::Conflict,
        _ => Exit::Generic,
    }
}

/// The tools with which one file is opened or written; what they do is recorded.
fn tools<'a>(keyring: &'a Keyring, record: &'a audit::Record<'a>) -> Tools<'a> {
    Tools { keyring, witness: record, random: &SystemRandom, now: now() }
}

fn now() -> Timestamp {
    Timestamp::from_unix(unix_time())
}

/// The time in seconds since 1970.
fn unix_time() -> i64 {
    let seconds = std::time::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs());
    i64::try_from(seconds).unwrap_or(0)
}

/// A text that was read, and what it is called in messages.
struct Input {
    /// None for standard input.
    path: Option<PathBuf>,
    text: Zeroizing<Vec<u8>>,
}

impl Input {
    /// Reads the file that was named, or standard input.
    fn read(file: Option<&Path>, name: Name) -> Result<Self, CommandError> {
        let path = file.filter(|file| !(name == Name::Cloze && *file == Path::new("-")));
        let text = path.map_or_else(files::read_stdin, files::read).map_err(CommandError::file)?;
        Ok(Input { path: path.map(Path::to_owned), text })
    }

    /// What it is called in messages.
    fn name(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new("standard input"))
    }
}

/// Where a result goes.
enum Destination<'a> {
    Stdout,
    File(&'a Path),
}

impl<'a> Destination<'a> {
    /// From the flags. Fails before anything was read.
    fn of(output: &'a args::Output, file: Option<&'a Path>, name: Name) -> Result<Self, CommandError> {
        let named = output.output.as_deref().filter(|path| !path.as_os_str().is_empty());
        let file = file.filter(|file| !(name == Name::Cloze && *file == Path::new("-")));
        match (output.in_place, named, file) {
            (true, Some(_), _) => Err(CommandError::conflict("--in-place and --output cannot be used together")),
            (true, None, None) => Err(CommandError::conflict("--in-place needs a file: standard input has no place")),
            (true, None, Some(file)) if files::is_stream(file) => Err(CommandError::stream(file)),
            (true, None, Some(file)) => Ok(Destination::File(file)),
            (false, Some(path), _) => Ok(Destination::File(path)),
            (false, None, _) => Ok(Destination::Stdout),
        }
    }

    /// Writes the result.
    fn write(&self, data: &[u8], contents: files::Contents, ui: Ui) -> Result<(), CommandError> {
        match self {
            Destination::Stdout => ui::stdout(data).map_err(CommandError::file),
            Destination::File(path) => {
                let others = files::other_names(path);
                files::write(path, data, contents).map_err(CommandError::file)?;
                if others > 0 {
                    ui.note(&format!("note: `{}` had other hard links, which keep the old contents", path.display()));
                }
                Ok(())
            }
        }
    }
}

/// A file name that was given and is not empty.
fn given(path: Option<&PathBuf>) -> Option<&Path> {
    path.map(PathBuf::as_path).filter(|path| !path.as_os_str().is_empty())
}
