//! `.sops.yaml`: who may open which file, and how it is written. A configuration that SOPS would
//! half understand is refused, with the place: a misspelt key or an invalid expression there ends
//! in secrets that are not encrypted.
//!
//! * [`Rules::parse`] reads a configuration; [`Rules::find`] picks the rule for a file.
//! * [`AuditRules::parse`] reads `audit.yaml`, which says where records of every use of a data key go.
//! * [`Stores::parse`] takes the layout out of any text, however broken, for commands that need
//!   nothing else.

mod audit;
mod destination;
mod fields;
mod path;
mod places;
mod read;
mod stores;

use std::ops::Range;

use crate::document::{Format, Span};
use crate::envelope::{Pattern, Selector};
use crate::recipient::Recipient;

pub use audit::{AuditRules, Facility, Syslog};
pub use destination::{Destination, DestinationRule};
pub use path::match_text;
pub use read::FLAT as RECIPIENT_FIELDS;
pub use stores::Stores;

/// How much is asked of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Everything in it must be known and make sense.
    Cloze,
    /// What SOPS accepts is accepted, and what SOPS finds wrong when it uses a rule is wrong when
    /// the rule is used. One exception: a selection rule that cannot be read never passes.
    Sops,
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RulesError {
    /// What is wrong, lower case, without a full stop.
    pub message: String,
    /// Where in the text; empty at a place between characters.
    pub span: Span,
    /// What to do about it.
    pub hint: Option<String>,
    /// The place holds what looks like a secret: its line must not be shown.
    pub secret: bool,
}

impl RulesError {
    fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        RulesError { message: message.into(), span: Span::new(range), hint: None, secret: false }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A configuration.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The rules for new files. None is as if there were no configuration; an empty list is one
    /// that no file matches.
    pub creation_rules: Option<Vec<CreationRule>>,
    /// The rules for `publish`.
    pub destination_rules: Vec<DestinationRule>,
    /// How files are laid out.
    pub stores: Stores,
    /// Where the creation rules stand.
    pub span: Span,
}

/// What goes for the files that match.
#[derive(Clone, Debug, Default)]
pub struct CreationRule {
    /// The files that it goes for; all without it.
    pub path_regex: Option<Pattern>,
    /// Who may open them, in the order in which they are stored. One group in most cases. A group
    /// from `key_groups` may be empty, which SOPS allows to be said.
    pub groups: Vec<Vec<Recipient>>,
    /// Where the certificates of its PGP recipients are looked for first (cloze only).
    pub pgp_key_files: Vec<KeyFile>,
    /// How many groups are needed to open a file.
    pub threshold: Option<u32>,
    /// Which values are encrypted.
    pub selector: Option<Selector>,
    /// Whether the MAC covers only those.
    pub mac_only_encrypted: bool,
    /// Whether files are not to carry what SOPS's format cannot say of their spelling (cloze only).
    pub no_exact_spelling: bool,
    /// The format of its files in clear, whatever their names say (cloze only).
    pub input_type: Option<Format>,
    /// The format of its files encrypted (cloze only).
    pub output_type: Option<Format>,
    /// The rule in the text.
    pub span: Span,
    /// What SOPS would find wrong on the way through the rules.
    path_defect: Option<RulesError>,
    /// What SOPS would find wrong once the rule is chosen.
    defect: Option<RulesError>,
}

/// A file with certificates, named in a rule or in one of its key groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    /// As it is written: relative to the folder of the configuration.
    pub path: String,
    /// Where it is written.
    pub span: Span,
}

impl Rules {
    /// Reads a configuration. An empty text is a configuration without rules.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its place.
    pub fn parse(text: &str, strictness: Strictness) -> Result<Self, RulesError> {
        read::rules(text, strictness)
    }

    /// The rule for a file, by the text that [`match_text`] makes of its path: the first that
    /// matches. None if there are no rules at all, which is as if there were no configuration.
    ///
    /// # Errors
    /// There are rules, but none matches; or what was let pass while reading as SOPS does.
    pub fn find(&self, path: &str) -> Result<Option<&CreationRule>, RulesError> {
        let Some(rules) = &self.creation_rules else { return Ok(None) };
        for rule in rules {
            if let Some(defect) = &rule.path_defect {
                return Err(defect.clone());
            }
            if rule.path_regex.as_ref().is_none_or(|pattern| pattern.is_match(path.as_bytes())) {
                return rule.defect.clone().map_or(Ok(Some(rule)), Err);
            }
        }
        Err(RulesError::new(self.span.range(), "no matching creation rules found"))
    }

    /// The rule for publishing a file, by its path as it was typed.
    #[must_use]
    pub fn find_destination(&self, path: &str) -> Option<&DestinationRule> {
        self.destination_rules
            .iter()
            .find(|rule| rule.path_regex.as_ref().is_none_or(|pattern| pattern.is_match(path.as_bytes())))
    }
}

#[cfg(test)]
mod tests;
