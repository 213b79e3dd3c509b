//! Destination rules: where `publish` puts a file.

use super::fields::{Fields, Reader};
use super::places::Id;
use super::{CreationRule, RulesError, Strictness, read};
use crate::document::Span;
use crate::envelope::Pattern;

/// Where the files that match are published.
#[derive(Clone, Debug)]
pub struct DestinationRule {
    /// The files that it goes for; all without it.
    pub path_regex: Option<Pattern>,
    /// Where they go. SOPS refuses none and several when the rule is used.
    pub destinations: Vec<Destination>,
    /// What they are encrypted again with, if anything.
    pub recreation_rule: Option<CreationRule>,
    /// Whether the last extension of their names is left out.
    pub omit_extensions: bool,
    /// The rule in the text.
    pub span: Span,
}

/// A place that files are published to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A bucket of S3, and what stands before the names in it.
    S3 {
        /// The bucket.
        bucket: String,
        /// What stands before the names.
        prefix: String,
    },
    /// A bucket of Google Cloud Storage.
    Gcs {
        /// The bucket.
        bucket: String,
        /// What stands before the names.
        prefix: String,
    },
    /// A key-value engine of Vault.
    Vault {
        /// What stands before the names.
        path: String,
        /// The server; `VAULT_ADDR` without it.
        address: Option<String>,
        /// Where the engine is mounted.
        mount: String,
        /// 1 or 2.
        version: i64,
    },
}

impl DestinationRule {
    /// The one place that it names.
    ///
    /// # Errors
    /// It names none, or several.
    pub fn destination(&self) -> Result<&Destination, RulesError> {
        let start = self.span.range().start;
        match self.destinations.as_slice() {
            [one] => Ok(one),
            [] => Err(no_destination(start)),
            _ => Err(several_destinations(start)),
        }
    }

    /// The rule that files are encrypted anew with: one that names recipients.
    ///
    /// # Errors
    /// It names none though it says something (not for `sops`, which passes over it), or is wrong.
    pub fn recreation(&self, strictness: Strictness) -> Result<Option<&CreationRule>, RulesError> {
        let Some(rule) = &self.recreation_rule else { return Ok(None) };
        if let Some(defect) = &rule.defect {
            return Err(defect.clone());
        }
        let is_empty = rule.groups.iter().all(Vec::is_empty);
        match strictness {
            _ if !is_empty => Ok(Some(rule)),
            Strictness::Sops => Ok(None),
            Strictness::Cloze => Err(RulesError::new(rule.span.range(), "this recreation rule names no recipient")
                .hint("name those who are to open the published files, or take the rule out")),
        }
    }
}

fn no_destination(start: usize) -> RulesError {
    RulesError::new(start..start, "this destination rule has no destination")
        .hint("give it `s3_bucket`, `gcs_bucket` or `vault_path`")
}

fn several_destinations(start: usize) -> RulesError {
    RulesError::new(start..start, "this destination rule has more than one destination").hint("write one rule for each")
}

const FIELDS: &[&str] = &[
    "path_regex",
    "s3_bucket",
    "s3_prefix",
    "gcs_bucket",
    "gcs_prefix",
    "vault_path",
    "vault_address",
    "vault_kv_mount_name",
    "vault_kv_version",
    "recreation_rule",
    "omit_extensions",
];

/// Reads one destination rule; nothing for one that SOPS could never use.
pub(super) fn read(reader: &mut Reader<'_>, id: Id) -> Result<Option<DestinationRule>, RulesError> {
    let fields = Fields::read(reader, id, "a destination rule", FIELDS)?;
    let span = Span::new(reader.places.span(id));
    let text = |name: &str| -> Result<Option<String>, RulesError> {
        fields.get(name).map_or(Ok(None), |id| Ok(reader.text(id, name)?.map(str::to_owned)))
    };
    let mut destinations = Vec::new();
    if let Some(bucket) = text("s3_bucket")? {
        destinations.push(Destination::S3 { bucket, prefix: text("s3_prefix")?.unwrap_or_default() });
    }
    if let Some(bucket) = text("gcs_bucket")? {
        destinations.push(Destination::Gcs { bucket, prefix: text("gcs_prefix")?.unwrap_or_default() });
    }
    let version = fields.get("vault_kv_version").map_or(Ok(0), |id| reader.int(id, "vault_kv_version"))?;
    if let Some(path) = text("vault_path")? {
        destinations.push(Destination::Vault {
            path,
            address: text("vault_address")?,
            mount: text("vault_kv_mount_name")?.unwrap_or_else(|| "secret/".to_owned()),
            version: if version == 0 { 2 } else { version },
        });
    }
    let omit_extensions = fields.get("omit_extensions").map_or(Ok(false), |id| reader.bool(id, "omit_extensions"))?;
    check(reader, &fields, id, destinations.len(), version)?;
    let path_regex = match fields.get("path_regex").map_or(Ok(Ok(None)), |id| reader.pattern(id, "path_regex"))? {
        Ok(pattern) => pattern,
        Err(error) => {
            reader.only_strict(error)?;
            return Ok(None);
        }
    };
    let recreation_rule = match fields.get("recreation_rule") {
        Some(id) if !reader.places.is_null(id) => Some(read::creation_rule(reader, id, "a recreation rule")?),
        _ => None,
    };
    Ok(Some(DestinationRule { path_regex, destinations, recreation_rule, omit_extensions, span }))
}

fn check(reader: &Reader<'_>, fields: &Fields, rule: Id, destinations: usize, version: i64) -> Result<(), RulesError> {
    let start = reader.places.span(rule).start;
    if destinations == 0 {
        reader.only_strict(no_destination(start))?;
    }
    if destinations > 1 {
        reader.only_strict(several_destinations(start))?;
    }
    if let Some(at) = fields.get("vault_kv_version")
        && !matches!(version, 0..=2)
    {
        reader.only_strict(RulesError::new(reader.places.span(at), "`vault_kv_version` must be 1 or 2"))?;
    }
    Ok(())
}
