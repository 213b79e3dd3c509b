//! The `stores` part of `.sops.yaml`: how files are laid out. The one part that decrypting uses,
//! so it can also be had from a text that is wrong everywhere else.

use super::RulesError;
use super::fields::{Fields, Reader};
use super::places::{Content, Id, Places};

/// How files are laid out when they are printed anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stores {
    /// Spaces per level of YAML.
    pub yaml_indent: Option<i32>,
    /// Spaces per level of JSON; -1 is a tab.
    pub json_indent: Option<i32>,
    /// The same for the JSON around binary files.
    pub json_binary_indent: Option<i32>,
}

impl Stores {
    /// Takes what can be had from a configuration, and never fails.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let Ok(places) = Places::parse(text) else { return Stores::default() };
        let under = |map: Option<Id>, name: &str| {
            places.entries(map?)?.into_iter().find(|(key, _)| places.text(*key) == Some(name)).map(|(_, value)| value)
        };
        let stores = under(places.root(), "stores");
        let indent = |store: &str, range: (i32, i32)| {
            let text = places.text(under(under(stores, store), "indent")?)?;
            text.parse().ok().filter(|indent| (range.0..=range.1).contains(indent))
        };
        Stores {
            yaml_indent: indent("yaml", YAML),
            json_indent: indent("json", JSON),
            json_binary_indent: indent("json_binary", JSON),
        }
    }
}

/// What an indentation can be, in YAML. SOPS takes 0 for no answer; so does [`Stores::parse`].
const YAML: (i32, i32) = (1, i32::MAX);
/// The same in JSON.
const JSON: (i32, i32) = (-1, i32::MAX);

/// Reads the value of `stores`.
pub(super) fn read(reader: &mut Reader<'_>, map: Id) -> Result<Stores, RulesError> {
    let fields = Fields::read(reader, map, "`stores`", &["yaml", "json", "json_binary", "dotenv", "ini"])?;
    let mut stores = Stores::default();
    for (name, id) in fields.iter() {
        let known: &[&str] = if matches!(name, "dotenv" | "ini") { &[] } else { &["indent"] };
        if !matches!(reader.places.content(id), Content::Map(_)) && !reader.places.is_null(id) {
            return Err(reader.wrong_type(id, name, "a map"));
        }
        let store = Fields::read(reader, id, &format!("`stores.{name}`"), known)?;
        let Some(at) = store.get("indent") else { continue };
        let indent = reader.int(at, "indent")?;
        let least = if name == "yaml" { 0 } else { -1 };
        let Some(indent) = i32::try_from(indent).ok().filter(|indent| *indent >= least) else {
            let error =
                RulesError::new(reader.places.span(at), format!("`stores.{name}.indent` must be {least} or more"));
            reader.only_strict(error)?;
            continue;
        };
        match name {
            "yaml" => stores.yaml_indent = (indent != 0).then_some(indent),
            "json" => stores.json_indent = Some(indent),
            _ => stores.json_binary_indent = Some(indent),
        }
    }
    Ok(stores)
}
