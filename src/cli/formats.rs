//! Which format a text has: as the flag says, else the file name, else (under our own name) the
//! look of the encrypted text, else binary (sops-compat.md §4.1).

use std::path::Path;

use super::argv::Name;
use super::error::{CommandError, Exit};
use crate::document::Format;

/// Formats of SOPS that cloze cannot read, with the end of their file names.
const MISSING: [(&str, &str); 1] = [("ini", ".ini")];

/// The format that a flag or a file name stands for. A flag that names no format is as good as
/// none (integrations.md C6).
///
/// # Errors
/// It is one that cloze cannot read.
pub(super) fn named(flag: Option<&str>, file: Option<&Path>) -> Result<Option<Format>, CommandError> {
    if let Some(format) = flag.and_then(Format::from_name) {
        return Ok(Some(format));
    }
    let name = file.and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let by_name = Format::from_file_name(&name);
    let missing = |(format, end): &(&str, &str)| flag == Some(*format) || (by_name.is_none() && name.ends_with(end));
    match MISSING.iter().find(|row| missing(row)) {
        None => Ok(by_name),
        Some((format, _)) => {
            let known: Vec<&str> = Format::ALL.iter().map(|(_, name)| *name).collect();
            let error = CommandError::new(Exit::Read, format!("the format `{format}` is not yet supported by cloze"));
            Err(error.hint(format!("--input-type takes one of: {}", known.join(", "))))
        }
    }
}

/// The format of an input; `encrypted` is its text where that is to be looked at.
///
/// # Errors
/// It is one that cloze cannot read.
pub(super) fn of_input(
    flag: Option<&str>,
    file: Option<&Path>,
    encrypted: Option<&[u8]>,
    name: Name,
) -> Result<Format, CommandError> {
    let by_text = || encrypted.filter(|_| name == Name::Cloze).and_then(by_look);
    Ok(named(flag, file)?.or_else(by_text).unwrap_or(Format::Binary))
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
            (None, Some("secrets"), "a = 1\n\n[sops]\nmac = x\n", cloze, Some(Format::Ini)),
        ];
        for (flag, file, text, name, wanted) in table {
            let found = of_input(flag, file.map(Path::new), Some(text.as_bytes()), name).ok();
            assert_eq!(found, wanted, "{flag:?} {file:?} {text}");
        }
    }
}
