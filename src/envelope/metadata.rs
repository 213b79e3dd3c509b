//! The metadata block: read from any layout that a SOPS has written, written as SOPS 3.13 writes
//! it (sops-compat.md §3). Fields that we do not know are kept.

use crate::document::tree::Tree;
use crate::document::{Scalar, Timestamp};
use crate::recipient::stored::{list_of, read_group, text_of, write_group};
use crate::recipient::{KeyGroup, Kind};

use super::error::Error;
use super::pattern::Pattern;
use super::selector::Selector;

/// The version of SOPS whose format we write: what `version` says in new files.
pub const WRITTEN_VERSION: &str = "3.13.2";

/// What a file records of how it is encrypted.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// The data key, wrapped, or its shares.
    pub groups: Vec<KeyGroup>,
    /// How many groups are needed.
    pub threshold: Option<usize>,
    /// When the values changed last. The MAC is bound to it.
    pub last_modified: Timestamp,
    /// The MAC, sealed. Empty when the file has none.
    pub mac: String,
    /// Which values are encrypted; none where the file does not say.
    pub selector: Option<Selector>,
    /// Whether the MAC covers the encrypted values only.
    pub mac_only_encrypted: bool,
    /// The version of the program that wrote the file; empty when it did not say.
    pub version: String,
    /// Our own field: how values are spelled where the format cannot say it, sealed.
    pub spelling: Option<String>,
    /// Fields that we do not know.
    pub unknown: Vec<(String, Tree)>,
}

impl Metadata {
    /// The name of our own field in the metadata block. SOPS ignores it.
    pub(super) const SPELLING: &'static str = "cloze_spelling";

    /// Reads a block.
    ///
    /// # Errors
    /// A field of a wrong shape, no keys, no time, or a rule that cannot be understood.
    pub fn read(tree: &Tree) -> Result<Self, Error> {
        let metadata = Self::read_any_version(tree)?;
        if !metadata.version.is_empty() && !is_version(&metadata.version) {
            return Err(bad("`version` is not a version number"));
        }
        Ok(metadata)
    }

    /// The same whatever the file says of its version.
    pub(super) fn read_any_version(tree: &Tree) -> Result<Self, Error> {
        let Tree::Map(entries) = tree else { return Err(bad("`sops` must be a map")) };
        let mut metadata = Metadata {
            groups: Vec::new(),
            threshold: None,
            last_modified: Timestamp::from_unix(0),
            mac: String::new(),
            selector: None,
            mac_only_encrypted: false,
            version: String::new(),
            spelling: None,
            unknown: Vec::new(),
        };
        let mut dated = false;
        let mut key_groups = Vec::new();
        for (name, value) in entries {
            let text = || text_of(value).unwrap_or_default();
            match name.to_ascii_lowercase().as_str() {
                "lastmodified" => {
                    dated = true;
                    metadata.last_modified = Timestamp::parse_rfc3339(&text())
                        .ok_or_else(|| bad("`lastmodified` is not an RFC 3339 time"))?;
                }
                "mac" => metadata.mac = text(),
                "version" => metadata.version = text(),
                "mac_only_encrypted" => metadata.mac_only_encrypted = flag(&text())?,
                "shamir_threshold" => metadata.threshold = threshold(&text())?,
                "key_groups" => {
                    let groups = list_of(name, value).map_err(|error| bad(error.to_string()))?;
                    key_groups = groups
                        .into_iter()
                        .map(|group| read_group(group).map_err(|error| bad(error.to_string())))
                        .collect::<Result<_, _>>()?;
                }
                Self::SPELLING => metadata.spelling = Some(text()),
                field if Selector::FIELDS.contains(&field) => metadata.read_selector(field, &text())?,
                field if Kind::from_list(field).is_some() => {}
                _ => metadata.unknown.push((name.clone(), value.clone())),
            }
        }
        let flat = read_group(tree).map_err(|error| bad(error.to_string()))?;
        metadata.groups = if flat.is_empty() { key_groups } else { vec![flat] };
        if !dated {
            return Err(bad("`lastmodified` is missing"));
        }
        if metadata.groups.iter().all(Vec::is_empty) {
            return Err(bad("it holds no keys"));
        }
        Ok(metadata)
    }

    fn read_selector(&mut self, field: &str, text: &str) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        if self.selector.is_some() {
            return Err(bad("it has more than one of the six rules on which values are encrypted"));
        }
        self.selector = Some(Selector::from_field(field, text).map_err(|error| bad(format!("`{field}`: {error}")))?);
        Ok(())
    }

    /// The block to write, in SOPS's order.
    #[must_use]
    pub fn write(&self) -> Tree {
        let mut entries = match self.groups.as_slice() {
            [group] => write_group(group, false),
            groups => {
                let groups = groups.iter().map(|group| Tree::Map(write_group(group, true))).collect();
                vec![("key_groups".to_owned(), Tree::List(groups))]
            }
        };
        let mut put = |name: &str, value: Tree| entries.push((name.to_owned(), value));
        put("lastmodified", Tree::string(self.last_modified.to_string()));
        put("mac", Tree::string(&self.mac));
        put("version", Tree::string(&self.version));
        if self.mac_only_encrypted {
            put("mac_only_encrypted", Tree::Leaf(Scalar::Bool(true)));
        }
        if let Some(threshold) = self.threshold.and_then(|threshold| i64::try_from(threshold).ok()) {
            put("shamir_threshold", Tree::Leaf(Scalar::Int(threshold)));
        }
        if let Some(selector) = &self.selector {
            put(selector.field(), Tree::string(selector.text()));
        }
        if let Some(spelling) = &self.spelling {
            put(Self::SPELLING, Tree::string(spelling));
        }
        entries.extend(self.unknown.iter().cloned());
        Tree::sorted(entries)
    }

    /// The additional data of the MAC.
    #[must_use]
    pub fn mac_additional(&self) -> Vec<u8> {
        self.last_modified.whole_seconds().to_string().into_bytes()
    }

    /// The rule that holds: the default where the file does not say. rops, which records no
    /// version, encrypts everything then.
    #[must_use]
    pub fn effective_selector(&self) -> Selector {
        match &self.selector {
            Some(selector) => selector.clone(),
            None if self.version.is_empty() => Selector::EncryptedRegex(Pattern::everything()),
            None => Selector::default(),
        }
    }
}

fn bad(reason: impl Into<String>) -> Error {
    Error::Metadata(reason.into())
}

/// A boolean however it was typed.
fn flag(text: &str) -> Result<bool, Error> {
    match text {
        "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        _ => Err(bad("`mac_only_encrypted` is not a boolean")),
    }
}

/// A count however it was typed: old releases wrote `2.000000`.
fn threshold(text: &str) -> Result<Option<usize>, Error> {
    let whole = text
        .split_once('.')
        .map_or(text, |(whole, fraction)| if fraction.bytes().all(|digit| digit == b'0') { whole } else { text });
    match whole {
        "" | "0" => Ok(None),
        _ => whole.parse().map(Some).map_err(|_| bad("`shamir_threshold` is not a number")),
    }
}

/// `1.…`, or a three-part semantic version after an optional `v`.
fn is_version(text: &str) -> bool {
    if text.starts_with("1.") {
        return true;
    }
    let text = text.strip_prefix('v').unwrap_or(text);
    let core = text.split(['-', '+']).next().unwrap_or(text);
    let mut parts = core.split('.');
    let number = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    parts.by_ref().take(3).filter(|part| number(part)).count() == 3 && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(extra: &[(&str, Tree)]) -> Tree {
        let key = Tree::Map(vec![("enc".into(), Tree::string("x")), ("recipient".into(), Tree::string("age1x"))]);
        let mut entries = vec![
            ("age".to_owned(), Tree::List(vec![key])),
            ("lastmodified".into(), Tree::string("2024-01-02T03:04:05Z")),
            ("mac".into(), Tree::string("m")),
        ];
        entries.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Tree::sorted(entries)
    }

    #[test]
    fn what_was_read_is_written_again() {
        let tree = block(&[
            ("mac_only_encrypted", Tree::Leaf(Scalar::Bool(true))),
            ("shamir_threshold", Tree::Leaf(Scalar::Int(2))),
            ("something_new", Tree::List(vec![Tree::string("kept")])),
            ("unencrypted_suffix", Tree::string("_plain")),
            ("version", Tree::string("3.13.2")),
        ]);
        assert_eq!(Metadata::read(&tree).expect("reads").write(), tree);
    }

    #[test]
    fn loose_spellings_are_read() {
        let tree = block(&[
            ("Mac_Only_Encrypted", Tree::string("true")),
            ("shamir_threshold", Tree::string("2.000000")),
            ("kms", Tree::Leaf(Scalar::Null)),
            ("pgp", Tree::List(vec![])),
            ("encrypted_regex", Tree::string("")),
        ]);
        let metadata = Metadata::read(&tree).expect("reads");
        assert!(metadata.mac_only_encrypted && metadata.threshold == Some(2) && metadata.selector.is_none());
    }

    #[test]
    fn nonsense_is_refused() {
        let missing = |name: &str| {
            let Tree::Map(mut entries) = block(&[]) else { unreachable!("is a map") };
            entries.retain(|(key, _)| key != name);
            Tree::Map(entries)
        };
        for (tree, reason) in [
            (Tree::string("x"), "must be a map"),
            (missing("age"), "no keys"),
            (missing("lastmodified"), "`lastmodified` is missing"),
            (block(&[("version", Tree::string("3.x"))]), "`version`"),
            (block(&[("shamir_threshold", Tree::string("two"))]), "`shamir_threshold`"),
            (block(&[("mac_only_encrypted", Tree::string("maybe"))]), "`mac_only_encrypted`"),
            (block(&[("pgp", Tree::string("x"))]), "`pgp`"),
            (block(&[("encrypted_regex", Tree::string("("))]), "`encrypted_regex`"),
            (
                block(&[("encrypted_regex", Tree::string("a")), ("encrypted_suffix", Tree::string("b"))]),
                "more than one",
            ),
        ] {
            let error = Metadata::read(&tree).expect_err(reason).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn versions_are_numbers_of_three_parts() {
        for (text, good) in [
            ("3.13.2", true),
            ("v3.0.1-rc.1", true),
            ("1.18", true),
            ("3.13", false),
            ("3.1.2.3", false),
            ("a.b.c", false),
        ] {
            assert_eq!(is_version(text), good, "{text}");
        }
    }
}
