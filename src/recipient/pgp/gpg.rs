//! The `gpg` program: it has the keyrings, and an agent that has the secret keys, also those on
//! cards. What became of a run is read from its status lines, which know no language (GnuPG's
//! doc/DETAILS), as far as there are any: `SOPS_GPG_EXEC` may name anything.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::fingerprint::Fingerprint;
use super::{CLOZE_PGP_PASSPHRASE, CLOZE_PGP_PASSPHRASE_FILE, SOPS_GPG_EXEC, Secret, gnupg_home};
use crate::recipient::{Call, Host, Ran, words};

/// Says where to look when gpg wants to ask and cannot.
const GPG_TTY: &str = "GPG_TTY";
const UNKNOWN: &str = "gpg does not know this key; `gpg --import FILE` adds it";
const NO_AGENT: &str = "gpg cannot reach its agent, which has the secret keys; `gpgconf --launch gpg-agent` says why";

/// The program, looked for once.
pub(super) struct Gpg {
    host: Arc<dyn Host>,
    program: OnceCell<Result<PathBuf, String>>,
}

/// Why gpg did not decrypt a message.
pub(super) enum Failure {
    /// It has no secret key for it, or there is no gpg.
    NoKey(String),
    /// It has the key, and did not.
    Failed(String),
}

impl Gpg {
    /// The one that `host` has.
    pub(super) fn new(host: Arc<dyn Host>) -> Self {
        Gpg { host, program: OnceCell::new() }
    }

    /// Where it is.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn program(&self) -> Result<&Path, String> {
        let program = self.program.get_or_init(|| {
            let named = self.host.variable_os(SOPS_GPG_EXEC);
            let name = named.clone().map_or_else(|| "gpg".to_owned(), |name| name.to_string_lossy().into_owned());
            let missing = match &named {
                Some(_) => format!("there is no program `{name}`, which {SOPS_GPG_EXEC} names"),
                None => "there is no program `gpg` on PATH".to_owned(),
            };
            match named {
                // Like a shell, and like SOPS: only a bare name is looked for. Whether it can be
                // run is seen when it is.
                Some(path) if name.contains('/') => Ok(PathBuf::from(path)),
                _ => self.host.program(&name).ok_or(missing),
            }
        });
        program.as_deref().map_err(Clone::clone)
    }

    /// The public key of this fingerprint with all that belongs to it; none if gpg does not have
    /// it, or is not there.
    pub(super) fn export(&self, wanted: &Fingerprint) -> Option<Secret> {
        if self.missing_home().is_some() {
            return None;
        }
        let ran = self.run(&["--batch", "--export", wanted.as_str()], b"").ok()?;
        (ran.success && !ran.output.is_empty()).then_some(ran.output)
    }

    /// The folder with its keys if there is none: gpg would make it, and start an agent for nothing.
    /// Another program may have its keys elsewhere.
    fn missing_home(&self) -> Option<PathBuf> {
        let home = gnupg_home(&*self.host).filter(|_| self.host.variable_os(SOPS_GPG_EXEC).is_none())?;
        matches!(self.host.file(&home), Ok(None)).then_some(home)
    }

    /// Encrypts a secret as SOPS does, to keys that gpg need not trust.
    ///
    /// # Errors
    /// It cannot.
    pub(super) fn encrypt(&self, wanted: &Fingerprint, secret: &[u8]) -> Result<String, String> {
        if self.missing_home().is_some() {
            return Err(UNKNOWN.into());
        }
        let whom = wanted.for_gpg();
        let options = ["--batch", "--no-default-recipient", "--no-encrypt-to", "--trust-model", "always", "--yes"];
        let command = ["--status-fd", "2", "--encrypt", "--armor", "--recipient", &whom];
        let args: Vec<&str> = options.into_iter().chain(command).collect();
        let ran = self.run(&args, secret)?;
        let message = String::from_utf8_lossy(&ran.output).trim().to_owned();
        if ran.success && !message.is_empty() { Ok(message) } else { Err(why_not_encrypted(&ran.said)) }
    }

    /// Decrypts a message. The passphrase, if one is known, spares the agent its question.
    ///
    /// # Errors
    /// See [`Failure`].
    pub(super) fn decrypt(&self, message: &str, passphrase: Result<Option<&str>, String>) -> Result<Secret, Failure> {
        self.program().map_err(Failure::NoKey)?;
        if let Some(home) = self.missing_home() {
            return Err(Failure::NoKey(format!("gpg has no secret key for it: there is no `{}`", home.display())));
        }
        let passphrase = passphrase.map_err(Failure::Failed)?;
        let mut args = vec!["--status-fd", "2"];
        let mut input: Secret = Zeroizing::new(Vec::with_capacity(message.len() + 1024));
        if let Some(passphrase) = passphrase {
            args.extend(["--batch", "--pinentry-mode", "loopback", "--passphrase-fd", "0"]);
            input.extend_from_slice(passphrase.as_bytes());
            input.push(b'\n');
        }
        args.push("-d");
        input.extend_from_slice(message.as_bytes());
        let ran = self.run(&args, &input).map_err(Failure::Failed)?;
        if ran.success && !ran.output.is_empty() {
            return Ok(ran.output);
        }
        Err(why_not_decrypted(&ran.said, passphrase.is_some()))
    }

    /// The ids, as in messages, of all keys that gpg has a secret half of, or knows a card with.
    pub(super) fn secret_keys(&self) -> Vec<String> {
        // gpg would make it.
        if self.missing_home().is_some() {
            return Vec::new();
        }
        let Ok(Ran { output, .. }) = self.run(&["--batch", "--with-colons", "--list-secret-keys"], b"") else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&output);
        let is_key = |line: &&str| line.starts_with("sec:") || line.starts_with("ssb:");
        text.lines().filter(is_key).filter_map(|line| line.split(':').nth(4)).map(str::to_owned).collect()
    }

    /// A line that says what was asked; none when it was not.
    pub(super) fn place(&self) -> Option<String> {
        let home = gnupg_home(&*self.host).map(|home| home.display().to_string()).unwrap_or_default();
        Some(match self.program.get()? {
            Ok(program) => format!("`{}` with its keys in {home}", program.display()),
            Err(reason) => format!("gpg: {reason}"),
        })
    }

    fn run(&self, args: &[&str], input: &[u8]) -> Result<Ran, String> {
        let program = self.program()?;
        // Its standard input is no terminal, and the agent would not know where to ask.
        let named = self.host.variable_os(GPG_TTY);
        let terminal: Option<OsString> = if named.is_some() { None } else { self.host.terminal_name() };
        let variables: Vec<(&str, OsString)> = terminal.map(|name| (GPG_TTY, name)).into_iter().collect();
        self.host.run(&Call { program, args, variables: &variables, input })
    }
}

/// The status lines, without what marks them.
fn status(said: &str) -> impl Iterator<Item = Vec<&str>> {
    said.lines().filter_map(|line| line.strip_prefix("[GNUPG:] ")).map(|line| line.split(' ').collect())
}

/// The last thing that gpg said to people; in their language, and only where nothing else is known.
fn last_words(said: &str) -> String {
    let is_speech = |line: &&str| !line.starts_with("[GNUPG:]") && !line.trim().is_empty();
    let line = said.lines().rfind(is_speech).unwrap_or("it did not say why");
    format!("gpg failed: {}", words::said(line.strip_prefix("gpg: ").unwrap_or(line)))
}

fn why_not_encrypted(said: &str) -> String {
    let invalid = status(said).find(|words| words.first() == Some(&"INV_RECP"));
    let reason = match invalid.as_deref().and_then(|words| words.get(1)).copied() {
        Some("1") => UNKNOWN,
        Some("2") => "gpg knows more than one key of this id; name one by its whole fingerprint",
        Some("3") => "gpg says that this key is not meant for encryption",
        Some("4") => "gpg says that this key was revoked",
        Some("5") => "gpg says that this key expired",
        _ => return last_words(said),
    };
    reason.into()
}

fn why_not_decrypted(said: &str, with_passphrase: bool) -> Failure {
    // Of several keys of a message one may be here: what went wrong with it says more.
    let code = status(said).find_map(|words| match words.as_slice() {
        ["ERROR", "pkdecrypt_failed", code, ..] => code.parse::<u32>().ok(),
        _ => None,
    });
    if let Some(code) = code {
        return Failure::Failed(meaning(code & 0xffff, said, with_passphrase));
    }
    let has = |name: &str| status(said).any(|words| words.first() == Some(&name));
    if said.lines().any(is_about_no_agent) {
        return Failure::Failed(NO_AGENT.into());
    }
    if has("NO_SECKEY") || said.contains("No secret key") {
        return Failure::NoKey("gpg has no secret key for it".into());
    }
    if has("NODATA") || has("BADARMOR") {
        return Failure::Failed("its wrapped key is damaged".into());
    }
    Failure::Failed(last_words(said))
}

/// Whether a line says that there is no agent: there is no status for it. Not so a warning that
/// the agent is older than gpg.
fn is_about_no_agent(line: &str) -> bool {
    line.contains("agent") && ["connect", "start", "running"].iter().any(|word| line.contains(word))
}

/// What an error of the agent means (libgpg-error's err-codes.h; from 0x8000 on, errors of the
/// system).
fn meaning(code: u32, said: &str, with_passphrase: bool) -> String {
    match code {
        11 | 87 if with_passphrase => {
            format!("the passphrase is wrong: {CLOZE_PGP_PASSPHRASE} or {CLOZE_PGP_PASSPHRASE_FILE} is for another key")
        }
        11 | 87 => "the passphrase is wrong".into(),
        17 => "gpg has no secret key for it".into(),
        62 => "nobody answered the question for its passphrase".into(),
        77 | 78 => NO_AGENT.into(),
        85 | 86 => format!(
            "gpg cannot ask for its passphrase: there is no pinentry; install one, or set {CLOZE_PGP_PASSPHRASE_FILE}"
        ),
        91 | 109 | 110 | 112 => "the card with its secret key is not there; put it in, and try again".into(),
        99 | 114 | 198 => "the question for its passphrase was cancelled; run it again to answer it".into(),
        108 | 111 | 119 | 120 | 123 => {
            "the card with its secret key cannot be used; `gpg --card-status` shows why".into()
        }
        130 => "the card with its secret key is locked: its PIN is blocked; `gpg --card-edit` unblocks it".into(),
        0x8000.. if said.contains("PINENTRY_LAUNCHED") => format!(
            "gpg cannot ask for its passphrase: it has no terminal; run `export GPG_TTY=$(tty)`, or set {CLOZE_PGP_PASSPHRASE_FILE}"
        ),
        _ => last_words(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(failure: Failure) -> String {
        match failure {
            Failure::NoKey(reason) => format!("no key: {reason}"),
            Failure::Failed(reason) => reason,
        }
    }

    /// Cards need a card, and the rest is quicker to see here than to bring about.
    #[test]
    fn what_went_wrong_is_read_from_the_status() {
        let error =
            |code: u32| format!("[GNUPG:] ENC_TO A 1 0\n[GNUPG:] ERROR pkdecrypt_failed {code}\ngpg: whatever\n");
        for (said, expected) in [
            (error(100_663_406), "the card with its secret key is not there; put it in, and try again"),
            (
                error(100_663_426),
                "the card with its secret key is locked: its PIN is blocked; `gpg --card-edit` unblocks it",
            ),
            (error(119), "the card with its secret key cannot be used; `gpg --card-status` shows why"),
            (error(83_886_142), "nobody answered the question for its passphrase"),
            (error(83_886_278), "the question for its passphrase was cancelled; run it again to answer it"),
            (error(1), "gpg failed: whatever"),
            ("[GNUPG:] NO_SECKEY A\ngpg: decryption failed: x\n".into(), "no key: gpg has no secret key for it"),
            ("a wrapper: No secret key\n".into(), "no key: gpg has no secret key for it"),
            ("[GNUPG:] NODATA 1\n".into(), "its wrapped key is damaged"),
            ("\n".into(), "gpg failed: it did not say why"),
        ] {
            assert_eq!(text(why_not_decrypted(&said, false)), expected, "{said}");
        }
        assert_eq!(why_not_encrypted("[GNUPG:] INV_RECP 5 A\n"), "gpg says that this key expired");
        assert_eq!(why_not_encrypted("gpg: [stdin]: no\n"), "gpg failed: [stdin]: no");
    }
}
