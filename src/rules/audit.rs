//! `audit.yaml`: where the records of every use of a data key go. SOPS knows `postgres` alone, and
//! passes over what it does not know (sops-compat.md §8.7); here a misspelt word would end in
//! records that nobody keeps, so that it is an error.

use std::path::PathBuf;

use super::fields::{Fields, Reader};
use super::places::{Id, Places};
use super::{RulesError, Strictness};

/// Where records go. Each record goes to all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRules {
    /// Files of JSON lines that only grow.
    pub files: Vec<PathBuf>,
    /// Connection strings of PostgreSQL databases. They hold passwords.
    pub postgres: Vec<String>,
    /// System logs.
    pub syslog: Vec<Syslog>,
}

/// A system log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syslog {
    /// Which of its parts.
    pub facility: Facility,
    /// Its socket; where the system has it without.
    pub socket: Option<PathBuf>,
}

/// A part of a system log, by its number (RFC 5424 §6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facility(pub u8);

/// The names of the facilities that a program may write to.
const FACILITIES: [(&str, u8); 12] = [
    ("user", 1),
    ("daemon", 3),
    ("auth", 4),
    ("authpriv", 10),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

/// What goes without a `facility`: messages about security that not everybody may read.
const AUTHPRIV: Facility = Facility(10);

impl AuditRules {
    /// Reads a configuration.
    ///
    /// # Errors
    /// The first thing that is wrong with it. Its lines hold passwords, and must not be shown.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        read(text).map_err(|error| RulesError { secret: true, ..error })
    }
}

fn read(text: &str) -> Result<AuditRules, RulesError> {
    let reader = &Reader { places: Places::parse(text)?, strictness: Strictness::Cloze, defect: None };
    if let Some(second) = reader.places.second {
        return Err(RulesError::new(second.range(), "a configuration is one YAML document"));
    }
    let mut rules = AuditRules::default();
    if let Some(root) = reader.places.root()
        && let Some(backends) = Fields::read(reader, root, "the audit configuration", &["backends"])?.get("backends")
    {
        let known = &["postgres", "file", "syslog"];
        for (name, list) in Fields::read(reader, backends, "`backends`", known)?.iter() {
            for item in reader.list(list, name)? {
                backend(reader, name, *item, &mut rules)?;
            }
        }
    }
    if rules == AuditRules::default() {
        return Err(RulesError::new(0..0, "no `backends` are named, so that nothing would be recorded")
            .hint("without records, remove the file"));
    }
    Ok(rules)
}

fn backend(reader: &Reader<'_>, name: &str, id: Id, rules: &mut AuditRules) -> Result<(), RulesError> {
    let known: &[&str] = match name {
        "postgres" => &["connection_string"],
        "file" => &["path"],
        _ => &["facility", "socket"],
    };
    let place = format!("an entry of `{name}`");
    let fields = Fields::read(reader, id, &place, known)?;
    let text = |field: &'static str| match fields.get(field) {
        Some(at) => reader.text(at, field),
        None => Ok(None),
    };
    let needed = |field: &'static str| {
        text(field)?.ok_or_else(|| RulesError::new(reader.places.span(id), format!("{place} needs a `{field}`")))
    };
    let path = |field: &'static str, path: &str| match PathBuf::from(path) {
        path if path.is_absolute() => Ok(path),
        _ => Err(RulesError::new(reader.places.span(id), format!("`{field}` must be an absolute path"))),
    };
    match name {
        "postgres" => rules.postgres.push(needed("connection_string")?.to_owned()),
        "file" => rules.files.push(path("path", needed("path")?)?),
        _ => rules.syslog.push(Syslog {
            facility: match text("facility")? {
                Some(facility) => facility_of(reader, id, facility)?,
                None => AUTHPRIV,
            },
            socket: text("socket")?.map(|socket| path("socket", socket)).transpose()?,
        }),
    }
    Ok(())
}

fn facility_of(reader: &Reader<'_>, id: Id, name: &str) -> Result<Facility, RulesError> {
    let found = FACILITIES.iter().find(|(known, _)| *known == name);
    found.map(|(_, number)| Facility(*number)).ok_or_else(|| {
        let known = FACILITIES.map(|(known, _)| known).join(", ");
        RulesError::new(reader.places.span(id), "the `facility` is not known").hint(format!("one of: {known}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sops_takes_and_more_is_read() {
        let sops =
            "backends:\n    postgres:\n        - connection_string: postgres://sops:s@h/sops?sslmode=verify-full\n";
        let rules = AuditRules::parse(sops).expect("is read");
        assert_eq!(rules.postgres, ["postgres://sops:s@h/sops?sslmode=verify-full"]);
        let more =
            "backends:\n  file: [{path: /a}, {path: /b}]\n  syslog:\n  - {}\n  - {facility: local3, socket: /s}\n";
        let rules = AuditRules::parse(more).expect("is read");
        assert_eq!(rules.files, [PathBuf::from("/a"), PathBuf::from("/b")]);
        let syslog = |number, socket| Syslog { facility: Facility(number), socket };
        assert_eq!(rules.syslog, [syslog(10, None), syslog(19, Some("/s".into()))]);
    }

    #[test]
    fn whatever_is_not_understood_is_an_error_that_shows_nothing() {
        for text in [
            "",
            "{}",
            "backends:",
            "backends: {}",
            "backends: {postgres: []}",
            "backends: {postgresql: [{connection_string: x}]}",
            "backend: {postgres: [{connection_string: x}]}",
            "backends: {postgres: [{connection_string: x, user: secret}]}",
            "backends: {postgres: [{}]}",
            "backends: {postgres: [connection_string=secret]}",
            "backends: {postgres: {connection_string: x}}",
            "backends: {file: [{path: relative}]}",
            "backends: {file: [{path: [a]}]}",
            "backends: {syslog: [{facility: kern}]}",
            "backends: {file: [{path: /a}]}\n---\n{}",
            "backends: {file: [{path: /a}, ]",
        ] {
            let error = AuditRules::parse(text).expect_err(text);
            assert!(error.secret && !error.message.contains("secret"), "{text}: {error}");
        }
    }
}
