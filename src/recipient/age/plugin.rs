//! A session with an age plugin that unwraps: one process, for any number of files. The age crate
//! starts one for each file. The protocol is <https://c2sp.org/age-plugin>; its framing is
//! age-core's.

use std::io::{self, Read, Write};
use std::path::Path;

use age::plugin::Identity;
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::plugin::{Connection, IDENTITY_V1, Reply, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use zeroize::Zeroize as _;

use crate::recipient::Host;

/// What a plugin may say while it unwraps.
const COMMANDS: [&str; 6] = ["msg", "confirm", "request-public", "request-secret", "file-key", "error"];

/// What a session came to.
pub(super) struct Session {
    /// The key of each file; none for files that none of the identities opens.
    pub(super) keys: Vec<Option<FileKey>>,
    /// What the plugin complained of.
    pub(super) complaints: Vec<String>,
}

/// Asks a plugin for the keys of files, of each of which the stanzas are given. It stops at the
/// first stanza of a file that it can unwrap.
///
/// # Errors
/// The program cannot be run, or does not speak the protocol.
pub(super) fn unwrap(
    program: &Path,
    identities: &[&Identity],
    files: &[Vec<Stanza>],
    host: &dyn Host,
) -> Result<Session, String> {
    let mut session = Session { keys: files.iter().map(|_| None).collect(), complaints: Vec::new() };
    talk(program, identities, files, host, &mut session).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => "ended too early".to_owned(),
        io::ErrorKind::InvalidData => "does not speak the protocol of age plugins".to_owned(),
        _ => format!("cannot be run: {error}"),
    })?;
    Ok(session)
}

fn talk(
    program: &Path,
    identities: &[&Identity],
    files: &[Vec<Stanza>],
    host: &dyn Host,
    session: &mut Session,
) -> io::Result<()> {
    let mut connection = Connection::open(program, IDENTITY_V1)?;
    connection.unidir_send(|mut phase| {
        for identity in identities {
            phase.send("add-identity", &[&identity.to_string()], &[])?;
        }
        for (number, stanzas) in files.iter().enumerate() {
            for stanza in stanzas {
                phase.send_stanza("recipient-stanza", &[&number.to_string()], stanza)?;
            }
        }
        Ok(())
    })?;
    connection.bidir_receive(&COMMANDS, |command, reply| session.answer(command, reply, host))
}

impl Session {
    fn answer<R: Read, W: Write>(&mut self, mut command: Stanza, reply: Reply<'_, R, W>, host: &dyn Host) -> Response {
        let text = || String::from_utf8_lossy(&command.body);
        match command.tag.as_str() {
            "msg" => {
                host.tell(&text());
                reply.ok(None)
            }
            "request-public" => match host.line(&text()) {
                Ok(line) => reply.ok(Some(line.as_bytes())),
                Err(_) => reply.fail(),
            },
            "request-secret" => match host.secret(&text()) {
                Ok(secret) => reply.ok(Some(secret.as_bytes())),
                Err(reason) => {
                    self.complaints.push(reason);
                    reply.fail()
                }
            },
            "confirm" => match confirm(&command, host) {
                Some(true) => reply.ok_with_metadata(&["yes"], None),
                Some(false) => reply.ok_with_metadata(&["no"], None),
                None => reply.fail(),
            },
            "file-key" => {
                let is_taken = self.take(&command);
                command.body.zeroize();
                if is_taken { reply.ok(None) } else { reply.fail() }
            }
            // `error`: of an identity, a stanza, or the plugin itself.
            _ => {
                self.complaints.push(text().into_owned());
                reply.ok(None)
            }
        }
    }

    /// Takes the key of a file; not twice, and not of another length.
    fn take(&mut self, command: &Stanza) -> bool {
        let number = command.args.first().and_then(|number| number.parse::<usize>().ok());
        let place = number.and_then(|number| self.keys.get_mut(number));
        match place {
            Some(place @ None) if command.body.len() == FILE_KEY_BYTES => {
                *place = Some(FileKey::init_with_mut(|key| key.copy_from_slice(&command.body)));
                true
            }
            _ => false,
        }
    }
}

/// Asks what a plugin wants to have confirmed.
fn confirm(command: &Stanza, host: &dyn Host) -> Option<bool> {
    let label = |at: usize| {
        let label = BASE64_STANDARD_NO_PAD.decode(command.args.get(at)?).ok()?;
        String::from_utf8(label).ok()
    };
    host.choose(&String::from_utf8_lossy(&command.body), &label(0)?, label(1).as_deref())
}
