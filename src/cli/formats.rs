//! Which format a text has: as the flag says, else the file name, else (under our own name) the
//! look of the encrypted text, else binary (sops-compat.md §4.1).

use std::path::Path;

use super::argv::Name;
use super::{Run, args, config};
use crate::document::Format;
use crate::rules::CreationRule;

/// The format that a flag or a file name stands for. A flag that names no format is as good as
/// none (integrations.md C6).
pub(super) fn named(flag: Option<&str>, file: Option<&Path>, name: Name) -> Option<Format> {
    let file = file.and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    flag.and_then(Format::from_name).or_else(|| match name {
        // To SOPS a TOML file is any file, and it could not read what we make of one.
        Name::Sops => Format::from_file_name(&file).filter(|format| *format != Format::Toml),
        Name::Cloze => Format::from_file_name(&file).or_else(|| by_inner_name(&file)),
    })
}

/// The format of an input; `encrypted` is its text where that is to be looked at.
pub(super) fn of_input(
    flag: Option<&str>,
    rule: Option<&CreationRule>,
    file: Option<&Path>,
    encrypted: Option<&[u8]>,
    name: Name,
) -> Format {
    let by_rule =
        rule.and_then(|rule| if encrypted.is_some() { rule.output_type.or(rule.input_type) } else { rule.input_type });
    let by_flag = flag.and_then(Format::from_name);
    let named = by_flag.or(by_rule).or_else(|| named(flag, file, name));
    let look = || encrypted.and_then(by_look);
    match named {
        // SOPS makes a binary file of a TOML file; both are found under the same name.
        Some(Format::Toml) if flag.is_none() => look().or(named),
        None => look().filter(|format| name == Name::Cloze || *format == Format::Toml),
        Some(_) => named,
    }
    .unwrap_or(Format::Binary)
}

/// The format of an encrypted file. The rules are asked only where its name says nothing: most
/// files are opened without them.
pub(super) fn of_sealed(
    types: &args::Types,
    general: &args::General,
    file: Option<&Path>,
    text: &[u8],
    run: &Run,
) -> Format {
    let flag = types.input_type.as_deref();
    let is_said = named(flag, file, run.name).is_some();
    let rule = file.filter(|_| !is_said).and_then(|file| config::helpful_rule(general, file, run));
    of_input(flag, rule.as_ref(), file, Some(text), run.name)
}

/// The format of an output, chosen apart from that of the input: by its flag or the file name.
/// Where neither says it, or where the input was not of the format of its name, it is that of the
/// input.
pub(super) fn of_output(
    types: &args::Types,
    rule: Option<Format>,
    file: Option<&Path>,
    input: Format,
    name: Name,
) -> Format {
    let flag = types.output_type.as_deref();
    if flag.and_then(Format::from_name).is_none() {
        if let Some(format) = rule {
            return format;
        }
        if types.input_type.is_none() {
            return input;
        }
    }
    named(flag, file, name).unwrap_or(input)
}

/// The format of names that people give to encrypted files and to stages: `secrets.yaml.enc`,
/// `secrets.sops.json.sops`, `.env.production`.
fn by_inner_name(file: &str) -> Option<Format> {
    let inner = [".enc", ".encrypted", ".sops", ".dec", ".decrypted"].iter().find_map(|end| file.strip_suffix(end));
    let is_stage = file.starts_with(".env.");
    inner.and_then(Format::from_file_name).or_else(|| is_stage.then_some(Format::Dotenv))
}

/// The format of an encrypted text, by the look of its metadata.
fn by_look(text: &[u8]) -> Option<Format> {
    let starts_a_line = |mark: &[u8]| memchr::memmem::find_iter(text, mark).any(|at| at == 0 || text[at - 1] == b'\n');
    match text {
        _ if text.trim_ascii_start().starts_with(b"{") => {
            Some(if is_binary(text) { Format::Binary } else { Format::Json })
        }
        _ if starts_a_line(b"sops:") => Some(Format::Yaml),
        _ if starts_a_line(b"sops_mac=") => Some(Format::Dotenv),
        // INI has no quotes around the MAC, TOML does.
        _ if starts_a_line(b"mac = \"ENC[") => Some(Format::Toml),
        _ if starts_a_line(b"[sops]") => Some(Format::Ini),
        _ => None,
    }
}

/// Whether a JSON text holds nothing but the one value of a binary file.
fn is_binary(text: &[u8]) -> bool {
    let Ok(document) = Format::Json.syntax().parse(text) else { return false };
    let mut entries = document.children(document.parts[0].root);
    let first = entries.next().and_then(|entry| document.node(entry).key.as_deref());
    first == Some("data") && entries.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_over_the_name_and_the_name_over_the_text() {
        let (cloze, sops) = (Name::Cloze, Name::Sops);
        let table = [
            (Some("json"), Some("a.yaml"), "", sops, Some(Format::Json)),
            (Some("\"yaml\""), Some("a.json"), "", sops, Some(Format::Json)),
            (Some("plaintext"), Some("dir.json/a"), "", sops, Some(Format::Binary)),
            (None, Some("dir/.env"), "", sops, Some(Format::Dotenv)),
            (None, Some("a.YAML"), "", sops, Some(Format::Binary)),
            (None, None, " \n{\"a\":1,\"sops\":{}}", cloze, Some(Format::Json)),
            (None, None, "{\"data\":1,\"sops\":{}}", cloze, Some(Format::Binary)),
            (None, None, "{\"data\":1,\"b\":2,\"sops\":{}}", cloze, Some(Format::Json)),
            (None, None, "a: 1\nsops:\n", cloze, Some(Format::Yaml)),
            (None, Some("secrets"), "A=1\nsops_mac=x\n", cloze, Some(Format::Dotenv)),
            (None, Some("a.json"), "sops:\n", cloze, Some(Format::Json)),
            (None, None, "text: sops:\n", cloze, Some(Format::Binary)),
            (None, None, "sops:\n", sops, Some(Format::Binary)),
            (Some("ini"), Some("a.yaml"), "", sops, Some(Format::Ini)),
            (None, Some("a.ini"), "", sops, Some(Format::Ini)),
            (None, Some("a.toml"), "", sops, Some(Format::Binary)),
            (None, Some("a.toml"), "[sops]\nmac = \"ENC[\n", sops, Some(Format::Toml)),
            (None, Some("a.toml"), "", cloze, Some(Format::Toml)),
            (None, Some("a.toml"), "{\"data\":1,\"sops\":{}}", cloze, Some(Format::Binary)),
            (Some("toml"), Some("a.yaml"), "", sops, Some(Format::Toml)),
            (None, Some("a.yaml.enc"), "", cloze, Some(Format::Yaml)),
            (None, Some("a.yaml.enc"), "", sops, Some(Format::Binary)),
            (None, Some(".env.production"), "", cloze, Some(Format::Dotenv)),
            (None, Some(".env.production"), "", sops, Some(Format::Binary)),
            (None, Some("secrets"), "a = 1\n\n[sops]\nmac = x\n", cloze, Some(Format::Ini)),
        ];
        for (flag, file, text, name, wanted) in table {
            let found = of_input(flag, None, file.map(Path::new), Some(text.as_bytes()), name);
            assert_eq!(Some(found), wanted, "{flag:?} {file:?} {text}");
        }
    }
}
