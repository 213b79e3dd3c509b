//! Programs that keys need, such as gpg: run to their end, with what they read and print in pipes.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::termios::ttyname;
use zeroize::Zeroizing;

use super::error::reason;
use super::files;
use crate::recipient::{Call, Ran};

/// The most that a program may print, in bytes: a keyring of thousands has fewer. What is compressed
/// may come to any length.
const LONGEST_OUTPUT: usize = 16 << 20;

/// Variables with secrets that are ours to read. An agent that is started stays, with its variables.
const SECRETS: [&str; 14] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET",
    "BAO_JWT",
    "BAO_SECRET_ID",
    "BAO_TOKEN",
    "CLOZE_PGP_KEY",
    "CLOZE_PGP_PASSPHRASE",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "SOPS_AGE_KEY",
    "VAULT_JWT",
    "VAULT_SECRET_ID",
    "VAULT_TOKEN",
];

/// The most that is kept of what a program says, in bytes.
const LONGEST_SPEECH: u64 = 1 << 16;

/// The name of the terminal that this process was started in; none without one.
pub(super) fn terminal_name() -> Option<OsString> {
    let name = |of: &dyn AsFd| ttyname(of, Vec::new()).ok().map(|name| OsString::from_vec(name.into_bytes()));
    name(&io::stdin()).or_else(|| name(&io::stderr())).or_else(|| name(&io::stdout()))
}

/// Runs a program to its end. It may talk to the user on the terminal.
///
/// # Errors
/// It cannot be run, or its output not be read; why, for people.
pub(super) fn run(call: &Call<'_>) -> Result<Ran, String> {
    let failed = |error: io::Error| format!("`{}` cannot be run: {}", call.program.display(), reason(&error));
    let mut command = Command::new(call.program);
    for name in SECRETS {
        command.env_remove(name);
    }
    let mut child = command
        .args(call.args)
        .envs(call.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (output, said) = talk(&mut child, call.input);
    let success = child.wait().map_err(failed)?.success();
    Ok(Ran { success, output: output.map_err(failed)?, said })
}

/// Feeds a program, and listens to it on both channels at once: none of the pipes may fill up.
fn talk(child: &mut Child, input: &[u8]) -> (io::Result<Zeroizing<Vec<u8>>>, String) {
    const PIPED: &str = "impossible: it was made a pipe";
    let mut stdin = child.stdin.take().expect(PIPED);
    let stdout = child.stdout.take().expect(PIPED);
    let mut stderr = child.stderr.take().expect(PIPED);
    thread::scope(|scope| {
        // A program may end before it has read everything.
        scope.spawn(move || drop(stdin.write_all(input)));
        let listener = scope.spawn(move || {
            let mut said = Vec::new();
            let _ = stderr.by_ref().take(LONGEST_SPEECH).read_to_end(&mut said);
            let _ = io::copy(&mut stderr, &mut io::sink());
            String::from_utf8_lossy(&said).into_owned()
        });
        let output = files::read_pipe(stdout, LONGEST_OUTPUT);
        (output, listener.join().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn shell(script: &str, input: &[u8]) -> Ran {
        let variables = [("WORD", OsString::from("word"))];
        let call = Call { program: Path::new("/bin/sh"), args: &["-c", script], variables: &variables, input };
        run(&call).expect("runs")
    }

    #[test]
    fn a_program_reads_and_talks_at_once() {
        let large = vec![b'x'; 1 << 20];
        let ran = shell("tee /dev/stderr; printf \"$WORD\"; exit 3", &large);
        assert!(!ran.success);
        assert_eq!((ran.output.len(), ran.said.len()), (large.len() + 4, 1 << 16));
        assert!(shell("exec 0<&-", &large).success, "nobody has to read");
    }

    #[test]
    fn a_program_that_prints_without_end_is_stopped() {
        let call = Call { program: Path::new("/bin/sh"), args: &["-c", "yes"], variables: &[], input: b"" };
        assert!(run(&call).err().expect("is too much").contains("too much is printed"));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let call = Call { program: Path::new("/nonexistent/gpg"), args: &[], variables: &[], input: b"" };
        let reason = run(&call).err().expect("there is none");
        assert_eq!(reason, "`/nonexistent/gpg` cannot be run: no such file or directory");
    }
}
