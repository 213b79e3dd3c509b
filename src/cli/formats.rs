//! Which format a text has: as the flag says, else the file name, else (under our own name) the
//! look of the encrypted text, else binary (sops-compat.md §4.1).

use std::path::Path;

use super::argv::Name;
use crate::document::Format;

/// The format that a flag or a file name stands for. A flag that names no format is as good as
/// none (integrations.md C6).
pub(super) fn named(flag: Option<&str>, file: Option<&Path>) -> Option<Format> {
    let by_name = || Format::from_file_name(&file?.file_name()?.to_string_lossy());
    flag.and_then(Format::from_name).or_else(by_name)
}

/// The format of an input; `encrypted` is its text where that is to be looked at.
pub(super) fn of_input(flag: Option<&str>, file: Option<&Path>, encrypted: Option<&[u8]>, name: Name) -> Format {
    let by_text = || encrypted.filter(|_| name == Name::Cloze).and_then(by_look);
    named(flag, file).or_else(by_text).unwrap_or(Format::Binary)
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
            (Some("json"), Some("a.yaml"), "", sops, Format::Json),
            (Some("\"yaml\""), Some("a.json"), "", sops, Format::Json),
            (Some("plaintext"), Some("dir.json/a"), "", sops, Format::Binary),
            (None, Some("dir/.env"), "", sops, Format::Dotenv),
            (None, Some("a.YAML"), "", sops, Format::Binary),
            (None, None, " \n{\"a\":1,\"sops\":{}}", cloze, Format::Json),
            (None, None, "{\"data\":1,\"sops\":{}}", cloze, Format::Binary),
            (None, None, "{\"data\":1,\"b\":2,\"sops\":{}}", cloze, Format::Json),
            (None, None, "a: 1\nsops:\n", cloze, Format::Yaml),
            (None, Some("secrets"), "A=1\nsops_mac=x\n", cloze, Format::Dotenv),
            (None, Some("a.json"), "sops:\n", cloze, Format::Json),
            (None, None, "text: sops:\n", cloze, Format::Binary),
            (None, None, "sops:\n", sops, Format::Binary),
            (Some("ini"), Some("a.yaml"), "", sops, Format::Ini),
            (None, Some("a.ini"), "", sops, Format::Ini),
            (None, Some("secrets"), "a = 1\n\n[sops]\nmac = x\n", cloze, Format::Ini),
        ];
        for (flag, file, text, name, wanted) in table {
            let found = of_input(flag, file.map(Path::new), Some(text.as_bytes()), name);
            assert_eq!(found, wanted, "{flag:?} {file:?} {text}");
        }
    }
}
