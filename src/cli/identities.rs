//! Where the identities of this run are (sops-compat.md §5.2), and the keyring of the key services
//! that it can use. Nothing is looked up before a key is to be unwrapped.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::Run;
use super::args::KeyServices;
use super::argv::{self, Name};
use super::env::{self, Env};
use super::error::{CommandError, Exit, reason};
use super::files::{self, FileError};
use crate::recipient::age::{Age, IdentitySource};
use crate::recipient::{Keyring, Kind};

/// The file with age identities when no variable names another.
#[must_use]
pub(super) fn standard_key_file(env: &Env) -> Option<PathBuf> {
    env.config_dir().map(|directory| directory.join("sops/age/keys.txt"))
}

/// The keyring for the flags and variables of this run.
///
/// # Errors
/// They ask for key services that there are not, or cannot be understood.
pub(super) fn keyring(flags: &KeyServices, order: Option<&str>, run: &Run) -> Result<Keyring, CommandError> {
    let env = &run.env;
    let order = decryption_order(order, run)?;
    let remote = flags.keyservice.iter().any(|uri| !uri.is_empty()) || env.get(env::SOPS_KEYSERVICE).is_some();
    if remote {
        return Err(CommandError::not_yet("a key service outside of this process"));
    }
    let local = match (flags.enable_local_keyservice, env.text(env::SOPS_ENABLE_LOCAL_KEYSERVICE)) {
        (Some(local), _) => local,
        (None, Some(text)) => argv::boolean("enable-local-keyservice", &text)
            .map_err(|_| CommandError::usage("SOPS_ENABLE_LOCAL_KEYSERVICE takes `true` or `false`"))?,
        (None, None) => true,
    };
    if !local {
        return Err(CommandError::new(Exit::NoDataKey, "the local key service is switched off, and there is no other"));
    }
    let env = env.clone();
    Ok(Keyring::new(vec![Box::new(Age::new(move || age_sources(&env)))], order))
}

/// The kinds of keys to try first. SOPS passes over what it does not know.
fn decryption_order(flag: Option<&str>, run: &Run) -> Result<Vec<Kind>, CommandError> {
    let text = flag.filter(|text| !text.is_empty()).map(str::to_owned);
    let text = text.or_else(|| run.env.text(env::SOPS_DECRYPTION_ORDER)).unwrap_or_else(|| "age,pgp".into());
    let mut order = Vec::new();
    for name in text.split(',') {
        let Some(kind) = Kind::from_list(name) else {
            if run.name == Name::Sops {
                continue;
            }
            let known = Kind::ALL.map(Kind::list).join(", ");
            let error = CommandError::usage(format!("`{name}` in the decryption order is no kind of key"));
            return Err(error.hint(format!("the kinds are: {known}")));
        };
        if order.contains(&kind) {
            let message = format!("`{}` stands twice in the decryption order", kind.list());
            return Err(CommandError::new(Exit::DoubledOrder, message));
        }
        order.push(kind);
    }
    Ok(order)
}

/// The places with age identities, in the order in which they are tried.
fn age_sources(env: &Env) -> Vec<IdentitySource> {
    let inline = IdentitySource {
        place: env::SOPS_AGE_KEY.into(),
        found: Ok(env.text(env::SOPS_AGE_KEY).map(|text| one_per_line(&Zeroizing::new(text)))),
    };
    let mut sources = vec![inline, named_file(env), command(env)];
    if let Some(path) = standard_key_file(env) {
        let found = match read_text(&path) {
            Err(FileError::Missing(_)) => Ok(None),
            other => other.map(Some).map_err(why),
        };
        sources.push(IdentitySource { place: path.display().to_string(), found });
    }
    sources
}

/// The file that a variable names. It has to be there.
fn named_file(env: &Env) -> IdentitySource {
    match env.path(env::SOPS_AGE_KEY_FILE) {
        None => IdentitySource { place: env::SOPS_AGE_KEY_FILE.into(), found: Ok(None) },
        Some(path) => IdentitySource {
            place: format!("{} (`{}`)", env::SOPS_AGE_KEY_FILE, path.display()),
            found: read_text(&path).map(Some).map_err(why),
        },
    }
}

/// The output of a command that a variable names. SOPS runs the command for each age entry of a
/// file, with its recipient in `SOPS_AGE_RECIPIENT`. Here it runs once for all of them, so that
/// nobody is asked twice, and has no such variable: it prints all the identities that it has.
fn command(env: &Env) -> IdentitySource {
    let found = env.text(env::SOPS_AGE_KEY_CMD).map(|line| output_of(&line)).transpose();
    IdentitySource { place: env::SOPS_AGE_KEY_CMD.into(), found }
}

/// Runs a command without a shell. It may talk to the user on the terminal and on standard error,
/// but our standard input is data.
fn output_of(line: &str) -> Result<Zeroizing<String>, String> {
    let words = shell_words::split(line).map_err(|_| "is not a command line: a quote is not closed".to_owned())?;
    let Some((program, arguments)) = words.split_first() else {
        return Err("is not a command line: it is blank".into());
    };
    let child = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let failed = |error: &io::Error| format!("`{program}` cannot be run: {}", reason(error));
    let mut child = child.map_err(|error| failed(&error))?;
    // What it prints is secret: none of the buffers may stay in memory as it is.
    let pipe = child.stdout.take().expect("impossible: its output was made a pipe");
    let text = files::read_pipe(pipe);
    let status = child.wait().map_err(|error| failed(&error))?;
    let text = text.map_err(|error| failed(&error))?;
    if !status.success() {
        return Err(format!("`{program}` failed: {status}"));
    }
    std::str::from_utf8(&text).map(|text| Zeroizing::new(text.to_owned())).map_err(|_| "printed no text".into())
}

/// Identities that are separated by blanks, as they are in a variable, in lines of their own.
fn one_per_line(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() + 1));
    for line in text.lines() {
        if line.trim_start().starts_with('#') {
            continue;
        }
        for word in line.split_whitespace() {
            out.push_str(word);
            out.push('\n');
        }
    }
    out
}

fn read_text(path: &Path) -> Result<Zeroizing<String>, FileError> {
    let bytes = files::read(path)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(FileError::Read(path.to_owned(), io::Error::other("is no text"))),
    }
}

fn why(error: FileError) -> String {
    match error {
        FileError::Missing(_) => "there is no such file".into(),
        FileError::Directory(_) => "is a directory".into(),
        FileError::Read(_, error) | FileError::Write(_, error) => format!("cannot be read: {}", reason(&error)),
        FileError::TooLarge(_) | FileError::Exists(_) | FileError::Interrupted(_) => "is too large".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ui::Ui;

    #[test]
    fn each_source_says_what_is_there() {
        let directory = tempfile::TempDir::new().expect("makes");
        let home = directory.path().to_str().expect("is text").to_owned();
        let home: &'static str = home.leak();
        let env = Env::of([
            (env::SOPS_AGE_KEY, "one two\n# three\nfour"),
            (env::SOPS_AGE_KEY_FILE, "/nonexistent"),
            (env::SOPS_AGE_KEY_CMD, "printf 'a b'"),
            (env::XDG_CONFIG_HOME, home),
        ]);
        let sources = age_sources(&env);
        let found: Vec<_> = sources.iter().map(|source| (source.place.as_str(), source.found.clone())).collect();
        let text = |text: &str| Ok(Some(Zeroizing::new(text.to_owned())));
        assert_eq!(found[0], ("SOPS_AGE_KEY", text("one\ntwo\nfour\n")));
        assert_eq!(found[1], ("SOPS_AGE_KEY_FILE (`/nonexistent`)", Err("there is no such file".into())));
        assert_eq!(found[2], ("SOPS_AGE_KEY_CMD", text("a b")));
        assert_eq!(found[3], (format!("{home}/sops/age/keys.txt").as_str(), Ok(None)));
    }

    #[test]
    fn a_command_may_print_more_than_fits_a_pipe_and_knows_no_recipient() {
        let text = output_of("sh -c 'echo \"[$SOPS_AGE_RECIPIENT]\"; head -c 200000 /dev/zero'").expect("prints");
        assert_eq!((text.len(), text.starts_with("[]\n\0")), (200_003, true));
        assert_eq!(output_of("printf '\\377'"), Err("printed no text".into()));
    }

    #[test]
    fn a_command_that_fails_says_why() {
        for (line, why) in [
            ("false", "`false` failed: exit status: 1"),
            ("/nonexistent/x", "`/nonexistent/x` cannot be run: no such file or directory"),
            (" ", "is not a command line: it is blank"),
            ("'a", "is not a command line: a quote is not closed"),
        ] {
            assert_eq!(output_of(line), Err(why.into()), "{line}");
        }
    }

    #[test]
    fn flags_and_variables_choose_the_services() {
        let code = |flags: KeyServices, order: Option<&str>, name: Name, env: &Env| {
            let ui = Ui { verbose: false };
            let run = Run { name, env: env.clone(), ui, directory: PathBuf::new(), rules: Default::default() };
            keyring(&flags, order, &run).err().map(|error| error.code().number())
        };
        let flags = KeyServices::default;
        let (sops, none) = (Name::Sops, Env::of([]));
        assert_eq!(code(flags(), None, sops, &none), None);
        assert_eq!(code(flags(), Some("age,unknown,pgp"), sops, &none), None);
        assert_eq!(code(flags(), Some("age,unknown,pgp"), Name::Cloze, &none), Some(1));
        assert_eq!(code(flags(), Some("age,pgp,age"), sops, &none), Some(112));
        assert_eq!(code(flags(), None, sops, &Env::of([(env::SOPS_DECRYPTION_ORDER, "pgp,pgp")])), Some(112));
        let uri = KeyServices { keyservice: vec!["tcp://localhost:5000".into()], ..flags() };
        assert_eq!(code(uri, None, sops, &none), Some(1));
        let off = Env::of([(env::SOPS_ENABLE_LOCAL_KEYSERVICE, "false")]);
        assert_eq!(code(flags(), None, sops, &off), Some(128));
        let on = KeyServices { enable_local_keyservice: Some(true), ..flags() };
        assert_eq!(code(on, None, sops, &off), None);
    }
}
