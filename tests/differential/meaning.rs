//! Whether two texts mean the same: the same bytes; or encrypted, the same leaves, in the same
//! formats, for the same recipients, under the same settings, of which the real sops makes the same
//! plaintext; or plain, the same data.

use std::path::Path;

use cloze::document::Format;
use cloze::document::tree::Tree;

use crate::harness::Sandbox;
use crate::leaves::{data, difference as of_data, sealed};

/// The format that a text seems to be in.
fn format(name: &str, text: &str) -> Format {
    let starts = |line: &str| text.lines().any(|found| found == line);
    let has = |start: &str| text.lines().any(|line| line.starts_with(start));
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("json") => Format::Json,
        Some("env") => Format::Dotenv,
        Some("ini") => Format::Ini,
        Some("yaml") => Format::Yaml,
        _ if text.trim_start().starts_with('{') => Format::Json,
        _ if has("sops_mac=") => Format::Dotenv,
        _ if starts("[sops]") || has("[") => Format::Ini,
        _ => Format::Yaml,
    }
}

/// What is new in each metadata block, or says who wrote it.
const FRESH: [&str; 4] = ["/lastmodified", "/mac", "/version", "/cloze_spelling"];

/// What the metadata block of an encrypted text says of who can open the file and of what is
/// encrypted, in no order.
fn settings(format: Format, text: &[u8]) -> Result<Vec<String>, String> {
    let document = format.sealed().syntax().parse(text).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    let blocks = document.parts.iter().filter_map(|part| part.metadata.as_ref());
    let mut open: Vec<(String, &Tree)> = blocks.map(|block| (String::new(), &block.tree)).collect();
    while let Some((path, tree)) = open.pop() {
        match tree {
            Tree::Map(entries) => open.extend(entries.iter().map(|(key, value)| (format!("{path}/{key}"), value))),
            Tree::List(items) => open.extend(items.iter().map(|value| (format!("{path}/*"), value))),
            Tree::Leaf(value) => {
                let value =
                    value.canonical().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
                // A profile that is empty is as good as none.
                let is_fresh = FRESH.contains(&&*path) || path.ends_with("enc") || path.ends_with("created_at");
                if !is_fresh && !value.is_empty() {
                    found.push(format!("{path}: {value}"));
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What differs in meaning, if anything does. `name` is that of the file, which a reader may put
/// aside in its place.
pub(super) fn difference(reader: &Sandbox, sops: &Path, name: &str, ours: &[u8], theirs: &[u8]) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let texts = [String::from_utf8_lossy(ours), String::from_utf8_lossy(theirs)];
    let shown = || format!("{:?} instead of {:?}", head(&texts[0]), head(&texts[1]));
    let is_sealed = |text: &str| text.contains("ENC[AES256_GCM,") && text.contains("sops") && text.contains("mac");
    let formats = texts.clone().map(|text| format(name, &text));
    if formats[0] != formats[1] || is_sealed(&texts[0]) != is_sealed(&texts[1]) {
        return Some(shown());
    }
    let format = formats[0];
    if !is_sealed(&texts[0]) {
        return match (data(format, ours), data(format, theirs)) {
            (Ok(ours), Ok(theirs)) => of_data(&ours, &theirs),
            _ => Some(shown()),
        };
    }
    let settings = [ours, theirs].map(|text| settings(format, text));
    if settings[0] != settings[1] {
        return Some(format!("{:?} instead of {:?}", settings[0], settings[1]));
    }
    let leaves = [ours, theirs].map(|text| sealed(format, text));
    if leaves[0] != leaves[1] {
        return Some(format!("{:?} instead of {:?}", leaves[0], leaves[1]));
    }
    let plain = [ours, theirs].map(|text| plaintext(reader, sops, format, text));
    match &plain {
        [Ok(ours), Ok(theirs)] if ours == theirs => None,
        // Some calls leave a file that is not to be opened; then it is the same one.
        [Err(ours), Err(theirs)] if ours == theirs => None,
        [ours, theirs] => Some(format!("SOPS reads {ours:?} instead of {theirs:?}")),
    }
}

/// What the real sops makes of an encrypted text, or with which code it fails.
fn plaintext(reader: &Sandbox, sops: &Path, format: Format, text: &[u8]) -> Result<String, i32> {
    let kind = format.name();
    let call = ["decrypt", "--input-type", kind, "--output-type", kind, "/dev/stdin"];
    let call = reader.real(sops, call).env("SOPS_ENABLE_LOCAL_KEYSERVICE", "false");
    let outcome = call.env("SOPS_KEYSERVICE", crate::custodian::address()).stdin(text).run();
    if outcome.code == 0 { Ok(outcome.stdout_lossy()) } else { Err(outcome.code) }
}

/// The beginning of a text.
fn head(text: &str) -> String {
    text.chars().take(160).collect()
}
