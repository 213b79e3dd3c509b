//! What every part of a configuration is read with: the fields of a map by name, scalars of one
//! type, and what becomes of an error in either [`Strictness`].

use super::places::{Content, Id, Places};
use super::{RulesError, Strictness};
use crate::envelope::Pattern;

/// A configuration that is being read.
pub(super) struct Reader<'t> {
    pub(super) places: Places<'t>,
    pub(super) strictness: Strictness,
    /// The first thing that SOPS would find wrong only when the rule is used.
    pub(super) defect: Option<RulesError>,
}

impl Reader<'_> {
    /// An error in itself, but not one for SOPS.
    pub(super) fn only_strict(&self, error: RulesError) -> Result<(), RulesError> {
        match self.strictness {
            Strictness::Cloze => Err(error),
            Strictness::Sops => Ok(()),
        }
    }

    /// An error now, or for SOPS when the rule is used.
    pub(super) fn when_used(&mut self, error: RulesError) -> Result<(), RulesError> {
        if self.strictness == Strictness::Sops {
            self.defect.get_or_insert(error);
            return Ok(());
        }
        Err(error)
    }

    /// The error of a value that is of another type.
    pub(super) fn wrong_type(&self, id: Id, name: &str, wanted: &str) -> RulesError {
        let name = if name.contains(' ') { name.to_owned() } else { format!("`{name}`") };
        let range = self.places.span(id);
        let found = match self.places.content(id) {
            Content::Map(_) => "a map",
            Content::List(_) => "a list",
            Content::Scalar { .. } if self.places.is_null(id) => "nothing",
            Content::Scalar { .. } if matches!(wanted, "a list" | "a map") => "a single value",
            Content::Scalar { quoted, .. } => {
                let hint = if *quoted { "write it without quotes" } else { "write it in quotes" };
                let error = RulesError::new(range, format!("{name} must be {wanted}"));
                return if *quoted == wanted.contains("text") { error } else { error.hint(hint) };
            }
        };
        // All of a container would be a large place to point at.
        let end = if self.places.text(id).is_some() { range.end } else { range.start };
        RulesError::new(range.start..end, format!("{name} must be {wanted}, but this is {found}"))
    }

    /// A text; nothing for null and for an empty one, which are as good as no field.
    pub(super) fn text(&self, id: Id, name: &str) -> Result<Option<&str>, RulesError> {
        if self.places.is_null(id) {
            return Ok(None);
        }
        match self.places.text(id) {
            Some(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            None => Err(self.wrong_type(id, name, "a text")),
        }
    }

    /// A whole number. As in SOPS, a fraction is dropped; in itself it is an error.
    pub(super) fn int(&self, id: Id, name: &str) -> Result<i64, RulesError> {
        if self.places.is_null(id) {
            return Ok(0);
        }
        let wrong = || self.wrong_type(id, name, "a whole number");
        let Content::Scalar { text, quoted: false } = self.places.content(id) else { return Err(wrong()) };
        if let Ok(number) = text.parse() {
            return Ok(number);
        }
        match text.parse::<f64>() {
            Ok(number) if self.strictness == Strictness::Sops || number.fract() == 0.0 => Ok(number as i64),
            _ => Err(wrong()),
        }
    }

    /// Yes or no, in any of the spellings that go-yaml takes for a field of this type.
    pub(super) fn bool(&self, id: Id, name: &str) -> Result<bool, RulesError> {
        let wrong = || self.wrong_type(id, name, "`true` or `false`");
        let Content::Scalar { text, quoted: false } = self.places.content(id) else { return Err(wrong()) };
        match text.as_ref() {
            "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Ok(true),
            "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Ok(false),
            _ if self.places.is_null(id) => Ok(false),
            _ => Err(wrong()),
        }
    }

    /// The elements of a list; of nothing if it is null.
    pub(super) fn list(&self, id: Id, name: &str) -> Result<&[Id], RulesError> {
        match self.places.content(id) {
            Content::List(items) => Ok(items),
            _ if self.places.is_null(id) => Ok(&[]),
            _ => Err(self.wrong_type(id, name, "a list")),
        }
    }

    /// A regular expression, or what is wrong with it.
    pub(super) fn pattern(&self, id: Id, name: &str) -> Result<Result<Option<Pattern>, RulesError>, RulesError> {
        let Some(text) = self.text(id, name)? else { return Ok(Ok(None)) };
        Ok(Pattern::new(text).map(Some).map_err(|error| self.bad_pattern(id, name, &error)))
    }

    /// The error of an invalid regular expression, at the very character where that can be told.
    pub(super) fn bad_pattern(&self, id: Id, name: &str, error: &crate::envelope::PatternError) -> RulesError {
        let mut range = self.places.span(id);
        let text = self.places.text(id).unwrap_or("");
        let spelled_out = range.len() == text.len();
        let quoted = range.len() == text.len() + 2 && !text.contains('\\') && !text.contains('\'');
        if spelled_out || quoted {
            let start = range.start + usize::from(quoted);
            range = start + error.range.start..start + error.range.end;
        }
        RulesError::new(range, format!("`{name}` is not a valid regular expression: {error}"))
            .hint("the dialect is that of Go; SOPS takes an invalid expression for one that never matches")
    }
}

/// The fields of a map.
pub(super) struct Fields {
    entries: Vec<(&'static str, Id)>,
}

impl Fields {
    /// Reads a map of which these fields are known. A null is a map without fields.
    pub(super) fn read(reader: &Reader<'_>, map: Id, place: &str, known: &[&'static str]) -> Result<Self, RulesError> {
        let mut entries = Vec::new();
        if reader.places.is_null(map) {
            return Ok(Fields { entries });
        }
        let Some(found) = reader.places.entries(map) else {
            return Err(reader.wrong_type(map, place.trim_matches('`'), "a map"));
        };
        for (key, value) in found {
            let name = reader.places.text(key);
            match known.iter().find(|known| Some(**known) == name) {
                Some(known) => entries.push((*known, value)),
                // A place for anchors is a common way to name keys.
                None if map == 0 && reader.places.has_anchor(value) => {}
                None => reader.only_strict(unknown(reader, key, place, known))?,
            }
        }
        Ok(Fields { entries })
    }

    /// The value of a field.
    pub(super) fn get(&self, name: &str) -> Option<Id> {
        self.entries.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
    }

    /// All fields that are there.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, Id)> + '_ {
        self.entries.iter().copied()
    }
}

/// The error of an unknown key, with the known one that comes nearest.
fn unknown(reader: &Reader<'_>, key: Id, place: &str, known: &[&'static str]) -> RulesError {
    let range = reader.places.span(key);
    let Some(name) = reader.places.text(key) else {
        return RulesError::new(range.start..range.start, format!("a key in {place} must be a text"));
    };
    let error = RulesError::new(range, format!("{place} has no field `{name}`"));
    let nearest = known
        .iter()
        .map(|known| (strsim::jaro_winkler(&name.to_ascii_lowercase(), &known.to_ascii_lowercase()), *known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(left, _), (right, _)| left.total_cmp(right));
    match nearest {
        Some((_, nearest)) => error.hint(format!("did you mean `{nearest}`?")),
        None => error,
    }
}
