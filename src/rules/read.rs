//! Reads the top of a configuration, its creation rules and their recipients.

use std::collections::HashSet;

use super::fields::{Fields, Reader};
use super::places::{Content, Id, Places};
use super::{CreationRule, KeyFile, Rules, RulesError, Strictness, destination, stores};
use crate::document::tree::Tree;
use crate::document::{Format, Span};
use crate::envelope::Selector;
use crate::recipient::{Kind, Recipient, parse};

/// Groups merged into groups merged into groups.
const MAX_MERGES: usize = 16;

/// Recipients and groups of one rule: with aliases, a short text could ask for very many.
const MAX_RECIPIENTS: usize = 10_000;

/// The fields of a creation rule.
const RULE: &[&str] = &[
    "path_regex",
    "age",
    "pgp",
    KEY_FILES,
    "kms",
    "gcp_kms",
    "hckms",
    "azure_keyvault",
    "hc_vault_transit_uri",
    "aws_profile",
    "key_groups",
    "shamir_threshold",
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
    "mac_only_encrypted",
    "exact_spelling",
    "input_type",
    "output_type",
];

/// The fields of a key group.
const GROUP: &[&str] = &["merge", "age", "pgp", KEY_FILES, "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault"];

/// The field with the files of certificates. Our own: SOPS ignores it.
const KEY_FILES: &str = "pgp_key_files";

/// The flat fields of a rule with recipients, in the order in which these are stored.
pub const FLAT: [(&str, Kind); 7] = [
    ("age", Kind::Age),
    ("pgp", Kind::Pgp),
    ("kms", Kind::Kms),
    ("gcp_kms", Kind::GcpKms),
    ("hckms", Kind::Hckms),
    ("azure_keyvault", Kind::AzureKv),
    ("hc_vault_transit_uri", Kind::HcVault),
];

/// Reads a configuration.
pub(super) fn rules(text: &str, strictness: Strictness) -> Result<Rules, RulesError> {
    let mut reader = Reader { places: Places::parse(text)?, strictness, defect: None };
    let reader = &mut reader;
    if let Some(second) = reader.places.second {
        let error = RulesError::new(second.range(), "a configuration is one YAML document");
        reader.only_strict(error.hint("SOPS ignores all documents but the first"))?;
    }
    let mut rules = Rules::default();
    let Some(root) = reader.places.root() else { return Ok(rules) };
    let fields = Fields::read(reader, root, "the configuration", &["creation_rules", "destination_rules", "stores"])?;
    for (name, id) in fields.iter() {
        match name {
            "stores" => rules.stores = stores::read(reader, id)?,
            "creation_rules" if !reader.places.is_null(id) => {
                rules.span = Span::new(reader.places.span(id));
                let mut found = Vec::new();
                for item in rule_items(reader, id, name)? {
                    found.push(creation_rule(reader, item, "a creation rule")?);
                }
                rules.creation_rules = Some(found);
            }
            "destination_rules" => {
                for item in rule_items(reader, id, name)? {
                    rules.destination_rules.extend(destination::read(reader, item)?);
                    reader.defect = None;
                }
            }
            _ => {}
        }
    }
    Ok(rules)
}

/// The rules in a list. SOPS skips those that are null.
fn rule_items(reader: &Reader<'_>, id: Id, name: &str) -> Result<Vec<Id>, RulesError> {
    let mut items = reader.list(id, name)?.to_vec();
    if let Some(null) = items.iter().find(|item| reader.places.is_null(**item)) {
        reader.only_strict(RulesError::new(reader.places.span(*null), "this rule is empty"))?;
    }
    items.retain(|item| !reader.places.is_null(*item));
    Ok(items)
}

/// Reads one creation rule.
pub(super) fn creation_rule(reader: &mut Reader<'_>, id: Id, place: &str) -> Result<CreationRule, RulesError> {
    let fields = Fields::read(reader, id, place, RULE)?;
    let mut rule = CreationRule { span: Span::new(reader.places.span(id)), ..CreationRule::default() };
    if let Some(id) = fields.get("path_regex") {
        match reader.pattern(id, "path_regex")? {
            Ok(pattern) => rule.path_regex = pattern,
            Err(error) if reader.strictness == Strictness::Cloze => return Err(error),
            Err(error) => rule.path_defect = Some(error),
        }
    }
    rule.pgp_key_files = key_files(reader, &fields)?;
    rule.groups = groups(reader, &fields, &mut rule.pgp_key_files)?;
    rule.threshold = threshold(reader, &fields, &rule.groups)?;
    rule.selector = selector(reader, &fields)?;
    if let Some(id) = fields.get("mac_only_encrypted") {
        rule.mac_only_encrypted = reader.bool(id, "mac_only_encrypted")?;
    }
    if let Some(id) = fields.get("exact_spelling") {
        rule.no_exact_spelling = !reader.bool(id, "exact_spelling")?;
    }
    rule.input_type = format(reader, &fields, "input_type")?;
    rule.output_type = format(reader, &fields, "output_type")?;
    rule.defect = reader.defect.take();
    Ok(rule)
}

/// A format by its name. Our own field: SOPS ignores it.
fn format(reader: &Reader<'_>, fields: &Fields, name: &str) -> Result<Option<Format>, RulesError> {
    let Some(id) = fields.get(name) else { return Ok(None) };
    let Some(text) = reader.text(id, name)? else { return Ok(None) };
    let known: Vec<&str> = Format::ALL.iter().map(|(_, name)| *name).collect();
    let error = || {
        RulesError::new(reader.places.span(id), format!("`{name}` names no format that there is"))
            .hint(format!("the formats are {}", known.join(", ")))
    };
    Format::from_name(text).map(Some).ok_or_else(error)
}

/// Files by their names: one, or a list. Our own field: SOPS ignores it.
fn key_files(reader: &Reader<'_>, fields: &Fields) -> Result<Vec<KeyFile>, RulesError> {
    let Some(id) = fields.get(KEY_FILES).filter(|id| !reader.places.is_null(*id)) else { return Ok(Vec::new()) };
    let items = match reader.places.content(id) {
        Content::List(items) => items.clone(),
        _ => vec![id],
    };
    let file = |item: Id| match reader.places.text(item) {
        Some(path) if reader.places.is_string(item) && !path.is_empty() => {
            Ok(KeyFile { path: path.to_owned(), span: Span::new(reader.places.span(item)) })
        }
        _ => Err(reader.wrong_type(item, KEY_FILES, "the name of a file or a list of such")),
    };
    items.into_iter().map(file).collect()
}

fn selector(reader: &mut Reader<'_>, fields: &Fields) -> Result<Option<Selector>, RulesError> {
    let mut selector: Option<Selector> = None;
    for (name, id) in fields.iter().filter(|(name, _)| Selector::FIELDS.contains(name)) {
        let Some(text) = reader.text(id, name)? else { continue };
        let found = Selector::from_field(name, text).map_err(|error| reader.bad_pattern(id, name, &error));
        if let Some(first) = &selector {
            let message = format!("`{name}` cannot stand beside `{}`", first.field());
            let error = RulesError::new(reader.places.span(id), message).hint("a rule has one way to select values");
            reader.when_used(error)?;
        }
        match found {
            Ok(found) => selector = Some(found),
            Err(error) if reader.strictness == Strictness::Sops => reader.when_used(error)?,
            Err(error) => return Err(error),
        }
    }
    Ok(selector)
}

fn threshold(reader: &mut Reader<'_>, fields: &Fields, groups: &[Vec<Recipient>]) -> Result<Option<u32>, RulesError> {
    const NAME: &str = "shamir_threshold";
    let Some(id) = fields.get(NAME) else { return Ok(None) };
    let number = reader.int(id, NAME)?;
    let range = reader.places.span(id);
    if number > 0 && usize::try_from(number).is_ok_and(|number| number > groups.len()) && !groups.is_empty() {
        let message = match groups.len() {
            1 => format!("`{NAME}` asks for {number} key groups, but the rule has one"),
            count => format!("`{NAME}` asks for {number} key groups, but the rule has {count}"),
        };
        reader.only_strict(RulesError::new(range.clone(), message))?;
    }
    if number == 1 && groups.len() > 1 {
        let error = RulesError::new(range.clone(), format!("`{NAME}` must be at least 2 when there are key groups"));
        reader.only_strict(error.hint("to let anybody open the file alone, put everybody into one group"))?;
    }
    match u32::try_from(number) {
        Ok(number) => Ok((number != 0).then_some(number)),
        Err(_) => {
            reader.only_strict(RulesError::new(range, format!("`{NAME}` must be a small positive number")))?;
            Ok(None)
        }
    }
}

/// The groups of a rule: those that it spells out, or the one of its flat fields. Adds the files with
/// certificates that they name.
fn groups(
    reader: &mut Reader<'_>,
    fields: &Fields,
    files: &mut Vec<KeyFile>,
) -> Result<Vec<Vec<Recipient>>, RulesError> {
    let items = match fields.get("key_groups") {
        Some(id) => reader.list(id, "key_groups")?.to_vec(),
        None => Vec::new(),
    };
    if items.is_empty() {
        let flat = flat_group(reader, fields)?;
        return Ok(if flat.is_empty() { Vec::new() } else { vec![flat] });
    }
    for (name, id) in fields.iter() {
        if (FLAT.iter().any(|(flat, _)| *flat == name) || name == "aws_profile") && !reader.places.is_null(id) {
            let error = RulesError::new(reader.places.span(id), format!("`{name}` cannot stand beside `key_groups`"));
            reader.only_strict(error.hint("SOPS would ignore it; put it into one of the groups"))?;
        }
    }
    let mut groups = Vec::new();
    let mut budget = MAX_RECIPIENTS;
    for item in items {
        let mut group = Group { recipients: Vec::new(), seen: HashSet::new(), files, budget: &mut budget };
        group.read(reader, item, 0)?;
        let recipients = group.recipients;
        if recipients.is_empty() {
            let start = reader.places.span(item).start;
            let error = RulesError::new(start..start, "this key group has no recipients: its share would be lost");
            reader.only_strict(error)?;
        }
        groups.push(recipients);
    }
    Ok(groups)
}

/// The group of the flat fields: comma lists, or lists of comma lists.
fn flat_group(reader: &mut Reader<'_>, fields: &Fields) -> Result<Vec<Recipient>, RulesError> {
    let profile = match fields.get("aws_profile") {
        Some(id) => reader.text(id, "aws_profile")?.unwrap_or("").to_owned(),
        None => String::new(),
    };
    let mut recipients = Vec::new();
    for (name, kind) in FLAT {
        let Some(id) = fields.get(name) else { continue };
        let texts = match reader.places.content(id) {
            Content::List(items) => items.clone(),
            Content::Map(_) => {
                let error = reader.wrong_type(id, name, "a text or a list of texts");
                reader.when_used(error)?;
                continue;
            }
            Content::Scalar { .. } if reader.places.is_null(id) => continue,
            Content::Scalar { .. } => vec![id],
        };
        for text in texts {
            if !reader.places.is_string(text) {
                let error = reader.wrong_type(text, name, "a text or a list of texts");
                reader.when_used(error)?;
                continue;
            }
            comma_list(reader, kind, text, true, &mut recipients)?;
        }
    }
    for recipient in &mut recipients {
        for (_, value) in recipient.fields.iter_mut().filter(|(field, _)| *field == "aws_profile") {
            *value = Tree::string(profile.as_str());
        }
    }
    Ok(recipients)
}

/// Reads the items of a scalar with commas.
fn comma_list(
    reader: &mut Reader<'_>,
    kind: Kind,
    id: Id,
    skip_empty: bool,
    recipients: &mut Vec<Recipient>,
) -> Result<(), RulesError> {
    let text = reader.places.text(id).unwrap_or("").to_owned();
    for (item, range) in parse::items(&text) {
        if item.is_empty() && (skip_empty || text.is_empty()) {
            continue;
        }
        match parse::parse_one(kind, item) {
            Ok(recipient) if !item.is_empty() => recipients.push(recipient),
            Ok(_) => {
                let error = RulesError::new(reader.places.span(id), "one of the recipients in this list is empty");
                reader.when_used(error)?;
            }
            Err(error) => {
                let error = bad_recipient(reader, id, text.len(), range, &error);
                reader.when_used(error)?;
            }
        }
    }
    Ok(())
}

/// The error of a recipient, at its own place where the scalar is spelled as it is.
fn bad_recipient(
    reader: &Reader<'_>,
    id: Id,
    length: usize,
    part: std::ops::Range<usize>,
    error: &parse::ParseError,
) -> RulesError {
    let mut range = reader.places.span(id);
    if range.len() == length || range.len() == length + 2 {
        let start = range.start + (range.len() - length) / 2;
        range = start + part.start..start + part.end;
    }
    RulesError { secret: error.secret, ..RulesError::new(range, error.message.as_str()) }
}

/// A key group that is being put together.
struct Group<'b> {
    recipients: Vec<Recipient>,
    seen: HashSet<String>,
    /// The files with certificates of the whole rule.
    files: &'b mut Vec<KeyFile>,
    /// What may still be read for the rule.
    budget: &'b mut usize,
}

impl Group<'_> {
    /// Reads a group: first those that it merges, then its own recipients.
    fn read(&mut self, reader: &mut Reader<'_>, id: Id, depth: usize) -> Result<(), RulesError> {
        self.spend(reader, id)?;
        let fields = Fields::read(reader, id, "a key group", GROUP)?;
        if let Some(merge) = fields.get("merge") {
            if depth == MAX_MERGES {
                let message = format!("key groups merge more than {MAX_MERGES} deep");
                return Err(RulesError::new(reader.places.span(merge), message));
            }
            for item in reader.list(merge, "merge")?.to_vec() {
                self.read(reader, item, depth + 1)?;
            }
        }
        for file in key_files(reader, &fields)? {
            self.spend(reader, id)?;
            if !self.files.contains(&file) {
                self.files.push(file);
            }
        }
        self.texts(reader, &fields, "age", Kind::Age)?;
        self.texts(reader, &fields, "pgp", Kind::Pgp)?;
        for (name, build) in MAPS {
            let Some(list) = fields.get(name) else { continue };
            for item in reader.list(list, name)?.to_vec() {
                self.spend(reader, item)?;
                if let Some(recipient) = build(reader, item)? {
                    self.push(recipient);
                }
            }
        }
        self.texts(reader, &fields, "hc_vault", Kind::HcVault)
    }

    fn texts(
        &mut self,
        reader: &mut Reader<'_>,
        fields: &Fields,
        name: &'static str,
        kind: Kind,
    ) -> Result<(), RulesError> {
        let Some(list) = fields.get(name) else { return Ok(()) };
        for item in reader.list(list, name)?.to_vec() {
            self.spend(reader, item)?;
            if reader.text(item, name)?.is_none() {
                let error = RulesError::new(reader.places.span(item), "this recipient is empty");
                reader.only_strict(error)?;
                continue;
            }
            let mut found = Vec::new();
            comma_list(reader, kind, item, false, &mut found)?;
            found.into_iter().for_each(|recipient| self.push(recipient));
        }
        Ok(())
    }

    fn spend(&mut self, reader: &Reader<'_>, id: Id) -> Result<(), RulesError> {
        *self.budget = self.budget.checked_sub(1).ok_or_else(|| {
            let start = reader.places.span(id).start;
            RulesError::new(start..start, format!("a rule can hold {MAX_RECIPIENTS} recipients at most"))
        })?;
        Ok(())
    }

    /// Adds a recipient unless it is there already.
    fn push(&mut self, recipient: Recipient) {
        if self.seen.insert(recipient.identity()) {
            self.recipients.push(recipient);
        }
    }
}

/// Reads one entry of a list of maps; nothing for one that is wrong only once it is used.
type Build = fn(&mut Reader<'_>, Id) -> Result<Option<Recipient>, RulesError>;

/// The lists of maps in a group, in the order in which their recipients are stored.
const MAPS: [(&str, Build); 4] =
    [("kms", kms_entry), ("gcp_kms", gcp_kms_entry), ("hckms", hckms_entry), ("azure_keyvault", azure_entry)];

fn kms_entry(reader: &mut Reader<'_>, id: Id) -> Result<Option<Recipient>, RulesError> {
    let fields = Fields::read(reader, id, "a `kms` entry", &["arn", "role", "context", "aws_profile"])?;
    let context = match fields.get("context") {
        Some(id) => context(reader, id)?,
        None => Vec::new(),
    };
    let (arn, role) = (field(reader, &fields, "arn")?, field(reader, &fields, "role")?);
    let profile = field(reader, &fields, "aws_profile")?;
    built(reader, id, parse::kms(&arn, &role, context, &profile))
}

fn gcp_kms_entry(reader: &mut Reader<'_>, id: Id) -> Result<Option<Recipient>, RulesError> {
    let fields = Fields::read(reader, id, "a `gcp_kms` entry", &["resource_id"])?;
    let resource = field(reader, &fields, "resource_id")?;
    built(reader, id, parse::gcp_kms(&resource))
}

fn hckms_entry(reader: &mut Reader<'_>, id: Id) -> Result<Option<Recipient>, RulesError> {
    let fields = Fields::read(reader, id, "an `hckms` entry", &["key_id"])?;
    let key = field(reader, &fields, "key_id")?;
    built(reader, id, parse::hckms(&key))
}

fn azure_entry(reader: &mut Reader<'_>, id: Id) -> Result<Option<Recipient>, RulesError> {
    let fields = Fields::read(reader, id, "an `azure_keyvault` entry", &["vaultUrl", "key", "version"])?;
    let (vault, name) = (field(reader, &fields, "vaultUrl")?, field(reader, &fields, "key")?);
    let version = field(reader, &fields, "version")?;
    built(reader, id, parse::azure_kv(&vault, &name, &version))
}

/// The text of a field; empty without it.
fn field(reader: &Reader<'_>, fields: &Fields, name: &str) -> Result<String, RulesError> {
    match fields.get(name) {
        Some(id) => Ok(reader.text(id, name)?.unwrap_or("").to_owned()),
        None => Ok(String::new()),
    }
}

/// The pairs of an encryption context.
fn context(reader: &Reader<'_>, id: Id) -> Result<Vec<(String, String)>, RulesError> {
    if reader.places.is_null(id) {
        return Ok(Vec::new());
    }
    let entries = reader.places.entries(id).ok_or_else(|| reader.wrong_type(id, "context", "a map"))?;
    let mut pairs = Vec::new();
    for (key, value) in entries {
        let name = reader.text(key, "context")?.unwrap_or("").to_owned();
        pairs.push((name, reader.text(value, "context")?.unwrap_or("").to_owned()));
    }
    Ok(pairs)
}

fn built(
    reader: &mut Reader<'_>,
    id: Id,
    recipient: Result<Recipient, &'static str>,
) -> Result<Option<Recipient>, RulesError> {
    match recipient {
        Ok(recipient) => Ok(Some(recipient)),
        Err(message) => {
            let start = reader.places.span(id).start;
            reader.when_used(RulesError::new(start..start, message))?;
            Ok(None)
        }
    }
}
