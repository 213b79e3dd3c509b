//! The audit trail (docs/audit.md): a record of every use of a data key, kept before anything is
//! given out, in every place that `/etc/sops/audit.yaml` names. Where one cannot be kept, nothing
//! is given out.
//!
//! A command gets the [`Tools`](crate::envelope::Tools) with which files are opened only for a
//! [`Record`], and the data key only past it.

mod chain;
#[cfg(feature = "postgres")]
mod database;
#[cfg(feature = "postgres")]
mod dsn;
mod syslog;
#[cfg(test)]
mod tests;
#[cfg(feature = "postgres")]
mod tls;
mod verify;

use std::path::{Path, PathBuf};

use super::error::{CommandError, Exit};
use super::files::{self, FileError};
use super::{Run, config, now};
use crate::document::Timestamp;
use crate::envelope::{Deed, Witness};
use crate::rules::AuditRules;

pub(super) use verify::run as verify;

/// Where the records of a run go.
pub(super) struct Audit<'r> {
    /// The command, as it is called.
    command: &'static str,
    directory: &'r Path,
    /// None where nothing is to be recorded.
    rules: Option<AuditRules>,
    #[cfg(feature = "postgres")]
    databases: std::cell::OnceCell<Databases>,
}

/// What is connected to at the first record and kept for the others.
#[cfg(feature = "postgres")]
type Databases = std::cell::RefCell<Vec<database::Database>>;

impl<'r> Audit<'r> {
    /// Finds out where records go. Costs one look at a file that most machines do not have.
    ///
    /// # Errors
    /// There is a configuration, and it cannot be read or not be understood.
    pub(super) fn open(command: &'static str, run: &'r Run) -> Result<Self, CommandError> {
        let rules = rules(run.env.audit_config())?;
        Ok(Audit {
            command,
            directory: &run.directory,
            rules,
            #[cfg(feature = "postgres")]
            databases: Default::default(),
        })
    }

    /// What is recorded about a file; about standard input without one.
    pub(super) fn about(&self, file: Option<&Path>) -> Record<'_> {
        let file = file.unwrap_or(Path::new("/dev/stdin"));
        Record { audit: self, file: config::absolute(self.directory, file) }
    }
}

fn rules(path: &Path) -> Result<Option<AuditRules>, CommandError> {
    let hint = "it says where every use of a data key is recorded; without it nothing is given out";
    let text = match files::read(path) {
        Ok(text) => text,
        Err(FileError::Missing(_)) => return Ok(None),
        Err(error) => return Err(CommandError::file(error).with_code(Exit::Generic).hint(hint)),
    };
    let Ok(text) = std::str::from_utf8(&text) else {
        return Err(CommandError::usage("is no text").about(path).hint(hint));
    };
    let rules = AuditRules::parse(text).map_err(|error| CommandError::rules(error, path, text).hint(hint))?;
    if cfg!(not(feature = "postgres")) && !rules.postgres.is_empty() {
        return Err(CommandError::usage("this build cannot write to PostgreSQL").about(path).hint(hint));
    }
    Ok(Some(rules))
}

/// What is recorded about one file. Its existence says that the configuration was read.
pub(super) struct Record<'a> {
    audit: &'a Audit<'a>,
    file: PathBuf,
}

impl Witness for Record<'_> {
    fn record(&self, deeds: &[Deed]) -> Result<(), String> {
        let Some(rules) = &self.audit.rules else { return Ok(()) };
        let file = self.file.to_string_lossy();
        let (user, uid) = user()?;
        let event = |deed: &Deed| Event {
            time: now(),
            user: &user,
            uid,
            action: deed.word(),
            command: self.audit.command,
            subject: Subject::File(&file),
        };
        let events: Vec<Event<'_>> = deeds.iter().map(event).collect();
        append(rules, &events)?;
        #[cfg(feature = "postgres")]
        if !rules.postgres.is_empty() {
            self.insert(&rules.postgres, &events)?;
        }
        send(rules, &events)
    }
}

#[cfg(feature = "postgres")]
impl Record<'_> {
    fn insert(&self, connections: &[String], events: &[Event<'_>]) -> Result<(), String> {
        let databases = match self.audit.databases.get() {
            Some(databases) => databases,
            None => {
                let connected: Result<Vec<_>, _> =
                    connections.iter().map(|to| database::Database::connect(to)).collect();
                let connected = connected?;
                self.audit.databases.get_or_init(|| connected.into())
            }
        };
        databases.borrow_mut().iter_mut().try_for_each(|database| database.insert(events))
    }
}

/// What is recorded of a key service, which knows no files: each data key that it unwraps or wraps. Not
/// in databases, whose table has files.
#[cfg(feature = "keyservice")]
pub(super) struct Keys {
    rules: Option<AuditRules>,
}

#[cfg(feature = "keyservice")]
impl Keys {
    /// Finds out where records go.
    ///
    /// # Errors
    /// There is a configuration, and it cannot be read or not be understood.
    pub(super) fn open(run: &Run) -> Result<Self, CommandError> {
        rules(run.env.audit_config()).map(|rules| Keys { rules })
    }

    /// Whether something is to be recorded, and nothing would be.
    pub(super) fn is_blind(&self) -> bool {
        self.rules.as_ref().is_some_and(|rules| rules.files.is_empty() && rules.syslog.is_empty())
    }

    /// Keeps a record of what is done with a key; waits for its turn.
    ///
    /// # Errors
    /// It could not be kept, and why. Then it must not be done.
    pub(super) fn record(&self, action: &'static str, key: &str) -> Result<(), String> {
        let Some(rules) = &self.rules else { return Ok(()) };
        let (user, uid) = user()?;
        let event = Event { time: now(), user: &user, uid, action, command: "keyservice", subject: Subject::Key(key) };
        append(rules, std::slice::from_ref(&event))?;
        send(rules, std::slice::from_ref(&event))
    }
}

/// Adds records to the files.
fn append(rules: &AuditRules, events: &[Event<'_>]) -> Result<(), String> {
    rules.files.iter().try_for_each(|path| chain::append(path, events).map_err(|error| at(path, &error)))
}

/// Sends records to the logs.
fn send(rules: &AuditRules, events: &[Event<'_>]) -> Result<(), String> {
    rules.syslog.iter().try_for_each(|log| syslog::send(log, events))
}

/// One thing that was done.
struct Event<'a> {
    time: Timestamp,
    user: &'a str,
    uid: u32,
    action: &'static str,
    command: &'static str,
    subject: Subject<'a>,
}

/// What it was done with.
enum Subject<'a> {
    /// A file, by its absolute path.
    File(&'a str),
    /// The key of a recipient, for another process.
    #[cfg(feature = "keyservice")]
    Key(&'a str),
}

impl Event<'_> {
    /// The file, if it is about one.
    #[cfg(feature = "postgres")]
    fn file(&self) -> Option<&str> {
        match self.subject {
            Subject::File(path) => Some(path),
            #[cfg(feature = "keyservice")]
            Subject::Key(_) => None,
        }
    }

    /// As the entries of a JSON object, without its braces.
    fn json(&self) -> String {
        let (what, name) = match self.subject {
            Subject::File(path) => ("file", path),
            #[cfg(feature = "keyservice")]
            Subject::Key(key) => ("key", key),
        };
        format!(
            r#""time":{},"user":{},"uid":{},"action":"{}","command":"{}","{what}":{},"program":"cloze","version":"{}""#,
            quoted(&self.time.to_string()),
            quoted(self.user),
            self.uid,
            self.action,
            self.command,
            quoted(name),
            env!("CARGO_PKG_VERSION"),
        )
    }
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Who runs this: name and number. No variable says so; a user without a name has the number alone.
fn user() -> Result<(String, u32), String> {
    let uid = nix::unistd::getuid();
    let found = nix::unistd::User::from_uid(uid).map_err(|error| format!("the user is not known: {error}"))?;
    Ok((found.map_or_else(|| uid.to_string(), |user| user.name), uid.as_raw()))
}

/// An error about a place.
fn at(path: &Path, error: &std::io::Error) -> String {
    format!("`{}`: {}", path.display(), super::error::reason(error))
}
