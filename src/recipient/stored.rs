//! Key entries and key groups as the metadata stores them (sops-compat.md §3.1–§3.3). What SOPS
//! reads loosely is read loosely: capitals in names, one map for a list of one, numbers for text.

use std::collections::HashMap;

use crate::document::tree::Tree;
use crate::document::{Scalar, Timestamp};

use super::{KeyGroup, Kind, Recipient, WrappedKey};

/// Why an entry cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredError {
    /// An entry or a list is of another shape.
    #[error("`{0}` must be a list of entries")]
    Shape(String),
    /// The date of an entry is missing or no RFC 3339 time.
    #[error("`{0}` holds an entry whose `created_at` is missing or is not a time")]
    Date(&'static str),
}

/// The text of a leaf however it is typed; none for null, lists and maps.
pub(crate) fn text_of(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Leaf(Scalar::Null) | Tree::List(_) | Tree::Map(_) => None,
        Tree::Leaf(Scalar::Bool(value)) => Some(if *value { "1" } else { "0" }.into()),
        Tree::Leaf(Scalar::Uint(value)) => Some(value.to_string()),
        Tree::Leaf(scalar) => Some(String::from_utf8_lossy(&scalar.canonical()?).into_owned()),
    }
}

/// The entries of a list; one map counts as a list of one, null as none.
pub(crate) fn list_of<'a>(name: &str, tree: &'a Tree) -> Result<Vec<&'a Tree>, StoredError> {
    match tree {
        Tree::Leaf(Scalar::Null) => Ok(Vec::new()),
        Tree::Leaf(Scalar::Text(text)) if text.is_empty() => Ok(Vec::new()),
        Tree::List(items) => Ok(items.iter().collect()),
        Tree::Map(_) => Ok(vec![tree]),
        Tree::Leaf(_) => Err(StoredError::Shape(name.into())),
    }
}

impl WrappedKey {
    /// Reads one entry of a list.
    fn read(kind: Kind, tree: &Tree) -> Result<Self, StoredError> {
        let Tree::Map(entries) = tree else { return Err(StoredError::Shape(kind.list().into())) };
        let mut fields: Vec<(&'static str, Tree)> = Vec::new();
        let (mut enc, mut created_at, mut unknown) = (String::new(), None, Vec::new());
        for (name, value) in entries {
            if let Some(field) = kind.fields().iter().find(|field| field.eq_ignore_ascii_case(name)) {
                let value = match value {
                    Tree::Map(_) => value.clone(),
                    _ => Tree::string(text_of(value).unwrap_or_default()),
                };
                fields.push((field, value));
            } else if name.eq_ignore_ascii_case("enc") {
                enc = text_of(value).unwrap_or_default();
            } else if name.eq_ignore_ascii_case("created_at") && kind.is_dated() {
                created_at = text_of(value).as_deref().and_then(Timestamp::parse_rfc3339);
            } else {
                unknown.push((name.clone(), value.clone()));
            }
        }
        if kind.is_dated() && created_at.is_none() {
            return Err(StoredError::Date(kind.list()));
        }
        sort_fields(kind, &mut fields);
        Ok(WrappedKey { recipient: Recipient { kind, fields }, enc, created_at, unknown })
    }

    /// The entry to store: fields in alphabetical order.
    fn write(&self) -> Tree {
        let kind = self.recipient.kind;
        let is_empty = |tree: &Tree| match tree {
            Tree::Map(entries) => entries.is_empty(),
            _ => text_of(tree).is_none_or(|text| text.is_empty()),
        };
        let mut entries: Vec<(String, Tree)> = Vec::new();
        for name in kind.fields() {
            let value = self.recipient.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
            match value {
                Some(value) if !(kind.is_optional(name) && is_empty(value)) => {
                    entries.push(((*name).into(), sorted(value)));
                }
                None if !kind.is_optional(name) => entries.push(((*name).into(), Tree::string(""))),
                _ => {}
            }
        }
        entries.push(("enc".into(), Tree::string(&self.enc)));
        if let Some(created_at) = self.created_at {
            entries.push(("created_at".into(), Tree::string(created_at.to_string())));
        }
        entries.extend(self.unknown.iter().cloned());
        sorted(&Tree::Map(entries))
    }
}

/// Brings the fields of a recipient into the order in which its kind has them.
pub(super) fn sort_fields(kind: Kind, fields: &mut [(&'static str, Tree)]) {
    fields.sort_by_key(|(field, _)| kind.fields().iter().position(|known| known == field));
}

/// The tree with the entries of its map in alphabetical order.
fn sorted(tree: &Tree) -> Tree {
    match tree {
        Tree::Map(entries) => Tree::sorted(entries.clone()),
        _ => tree.clone(),
    }
}

/// Reads the lists of one group. Other entries of the map are left to the caller.
pub(crate) fn read_group(map: &Tree) -> Result<KeyGroup, StoredError> {
    let mut group = Vec::new();
    for (name, tree) in map.entries() {
        if let Some(kind) = Kind::from_list(name) {
            for entry in list_of(name, tree)? {
                group.push(WrappedKey::read(kind, entry)?);
            }
        }
    }
    // Stable: within a kind the order of the file stays.
    group.sort_by_key(|key| key.recipient.kind);
    Ok(group)
}

/// Writes a group as lists; `in_groups` adds the lists that SOPS always writes there.
pub(crate) fn write_group(group: &KeyGroup, in_groups: bool) -> Vec<(String, Tree)> {
    let mut lists = Vec::new();
    for kind in Kind::ALL {
        let entries: Vec<Tree> = group.iter().filter(|key| key.recipient.kind == kind).map(WrappedKey::write).collect();
        if !entries.is_empty() || (in_groups && kind.is_always_in_groups()) {
            lists.push((kind.list().to_owned(), Tree::List(entries)));
        }
    }
    lists.sort_by(|(left, _), (right, _)| left.cmp(right));
    lists
}

/// Takes fields that we do not know over into the entries of the same recipients.
pub(crate) fn keep_unknown(old: &[KeyGroup], new: &mut [KeyGroup]) {
    let known: HashMap<String, &WrappedKey> =
        old.iter().flatten().filter(|key| !key.unknown.is_empty()).map(|key| (key.recipient.identity(), key)).collect();
    if known.is_empty() {
        return;
    }
    for key in new.iter_mut().flatten() {
        if let Some(old) = known.get(&key.recipient.identity()) {
            key.unknown.clone_from(&old.unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> Tree {
        Tree::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), Tree::string(*value))).collect())
    }

    #[test]
    fn an_entry_is_written_as_it_was_read() {
        let entry = map(&[
            ("arn", "arn:aws:kms:eu:1:key/1"),
            ("aws_profile", ""),
            ("created_at", "2024-01-02T03:04:05Z"),
            ("enc", "QUJD"),
            ("new_field", "kept"),
        ]);
        let key = WrappedKey::read(Kind::Kms, &entry).expect("reads");
        assert_eq!(key.recipient.to_string(), "arn:aws:kms:eu:1:key/1");
        assert_eq!(key.write(), entry);
    }

    #[test]
    fn names_may_be_in_capitals_and_one_map_is_a_list() {
        let age = map(&[("Recipient", "age1x"), ("ENC", "e")]);
        let group = read_group(&Tree::Map(vec![("AGE".into(), age), ("kms".into(), Tree::Leaf(Scalar::Null))]));
        let group = group.expect("reads");
        assert_eq!((group.len(), group[0].recipient.field("recipient"), group[0].enc.as_str()), (1, "age1x", "e"));
    }

    #[test]
    fn a_missing_date_is_an_error() {
        let entry = map(&[("fp", "ABC"), ("enc", "e")]);
        assert_eq!(WrappedKey::read(Kind::Pgp, &entry), Err(StoredError::Date("pgp")));
    }

    #[test]
    fn groups_always_hold_age_and_vault_lists() {
        let names =
            |in_groups| write_group(&Vec::new(), in_groups).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(true), ["age", "hc_vault"]);
        assert!(names(false).is_empty());
    }
}
