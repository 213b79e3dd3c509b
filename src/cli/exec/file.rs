//! `exec-file`: a program that reads a plaintext from a file of its own. The file is in memory
//! where the system has such a place, in a FIFO unless that is not wanted, and gone afterwards.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Component, Path, PathBuf};
use std::process::ExitStatus;

use memchr::memmem;
use zeroize::Zeroizing;

use super::super::argv::Name;
use super::super::error::{CommandError, Exit, reason};
use super::super::files::{self, Private, PrivateFile};
use super::super::{Run, args, config, formats, identities, signals};
use super::fifo::Served;
use super::relay::Relay;
use super::user::{self, User};
use super::{cannot_run, open, operands, shell};
use crate::document::KeyPath;
use crate::envelope::{self, Options};

/// What stands for the path of the file in the command line.
const PLACEHOLDER: &[u8] = b"{}";
/// The name of the file, if no other is asked for.
const NAME: &str = "tmp-file";

/// The file that the program reads.
enum Plaintext {
    File(PrivateFile),
    Fifo(Served),
}

/// Runs the command.
pub(in crate::cli) fn run(args: &args::ExecFile, run: &Run) -> Result<(), CommandError> {
    if args.background {
        // That of SOPS is gone before the command can read it.
        let error =
            CommandError::usage("--background is not supported: the file has to be there as long as the command");
        return Err(error.hint("put `&` behind the call instead"));
    }
    let (file, line) = operands(&args.operands, "exec-file", run.name)?;
    let name = file_name(args.filename.as_deref())?;
    let user = args.running.user.as_deref().map(User::find).transpose()?;
    let text = plaintext(file, args, run)?;
    // Before the file, so that no signal meets one that is half gone.
    let relay = Relay::new()?;
    let plaintext = place(text, name, args.no_fifo, user.as_ref(), run)?;
    let path = match &plaintext {
        Plaintext::File(file) => file.path(),
        Plaintext::Fifo(served) => served.path(),
    };
    let mut command = shell(&filled_in(line, path));
    if let Some(user) = &user {
        user.describe(&mut command);
    }
    let start = || {
        let started = user::start(&mut command, user.as_ref(), |command| command.spawn())?;
        started.map_err(|error| cannot_run("/bin/sh".as_ref(), &error))
    };
    let status = relay.run(start);
    drop(plaintext);
    ended(status?)
}

/// The name that was asked for: in a directory of its own the file has no other place.
fn file_name(asked: Option<&Path>) -> Result<&OsStr, CommandError> {
    let Some(asked) = asked else { return Ok(NAME.as_ref()) };
    let mut parts = asked.components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(name)), None) => Ok(name),
        _ => Err(CommandError::usage("--filename takes a name without directories").about(asked)),
    }
}

/// The plaintext in the format that is asked for.
fn plaintext(file: &Path, args: &args::ExecFile, run: &Run) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let keyring = identities::keyring(&args.running.services, args.running.decryption_order.as_deref(), run)?;
    let (from, opened) = open(file, &args.types, &args.running.general, &keyring, run)?;
    let to = formats::of_output(&args.types, None, Some(file), from, run.name);
    if from == to {
        return Ok(opened.text);
    }
    let layout = config::layout(&args.running.general, Some(file), to, run)?;
    let sops = run.name == Name::Sops;
    let options = Options { layout, reading: opened.reading(), lossy: sops, ..Options::default() };
    let printed = match run.name {
        Name::Sops => envelope::extract(from, &opened.text, &KeyPath::default(), to, &options),
        Name::Cloze => envelope::convert(from, &opened.text, to, &options),
    };
    printed.map_err(|error| CommandError::envelope(error, &opened.text).about(file))
}

/// Puts the plaintext where the program can read it.
fn place(
    text: Zeroizing<Vec<u8>>,
    name: &OsStr,
    no_fifo: bool,
    user: Option<&User>,
    run: &Run,
) -> Result<Plaintext, CommandError> {
    let reader = user.map(|user| (user.uid, user.gid));
    let places: Vec<PathBuf> = match user {
        None => files::private_places(&run.env),
        // Nobody else can enter the private place of ours.
        Some(_) => files::shared_places(&run.env),
    };
    let content = if no_fifo { Private::Text(&text) } else { Private::Fifo };
    let file = PrivateFile::with(&places, name, content, reader).map_err(CommandError::file)?;
    if no_fifo {
        return Ok(Plaintext::File(file));
    }
    let served = Served::new(file, text);
    served.map(Plaintext::Fifo).map_err(|error| CommandError::usage(format!("no thread: {}", reason(&error))))
}

/// The command line with the path in each of its places.
fn filled_in(line: &OsStr, path: &Path) -> OsString {
    let mut filled = Vec::with_capacity(line.len() + path.as_os_str().len());
    let mut copied = 0;
    for at in memmem::find_iter(line.as_bytes(), PLACEHOLDER) {
        filled.extend_from_slice(&line.as_bytes()[copied..at]);
        filled.extend_from_slice(path.as_os_str().as_bytes());
        copied = at + PLACEHOLDER.len();
    }
    filled.extend_from_slice(&line.as_bytes()[copied..]);
    OsString::from_vec(filled)
}

/// Ends as the program did.
fn ended(status: ExitStatus) -> Result<(), CommandError> {
    if let Some(signal) = status.signal() {
        signals::end_by(signal);
        return Err(CommandError::signal(signal));
    }
    match u8::try_from(status.code().unwrap_or(1)).unwrap_or(1) {
        0 => Ok(()),
        code => Err(CommandError::said(Exit::Command(code))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_filled_in() {
        let filled = |line: &str| filled_in(line.as_ref(), "/p".as_ref()).into_string().expect("is text");
        assert_eq!(["", "{}", "a {}b{}{", "{{}}"].map(filled), ["", "/p", "a /pb/p{", "{/p}"]);
    }

    #[test]
    fn a_file_name_has_no_directory() {
        let name = |text: &'static str| file_name(Some(Path::new(text))).ok();
        assert_eq!(name("a.yaml"), Some("a.yaml".as_ref()));
        for text in ["", "/a", "../a", "..", "a/b", "./a", "/"] {
            assert_eq!(name(text), None, "{text}");
        }
        assert_eq!(file_name(None).ok(), Some(NAME.as_ref()));
    }
}
