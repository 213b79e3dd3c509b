//! Which format a text has: as the flag says, else the file name, else (under our own name) the
//! text (sops-compat.md §4.1).

use std::path::Path;

use super::argv::Name;
use super::error::{CommandError, Exit};
use crate::document::Format;

/// Formats of SOPS that cloze cannot read.
const MISSING: [&str; 2] = ["ini", "binary"];

/// The format that a flag or a file name stands for. A flag that names no format is as good as
/// none (integrations.md C6).
///
/// # Errors
/// The flag names a format that cloze cannot read.
pub fn named(flag: Option<&str>, file: Option<&Path>) -> Result<Option<Format>, CommandError> {
    if let Some(missing) = flag.filter(|flag| MISSING.contains(flag) && Format::from_name(flag).is_none()) {
        return Err(CommandError::new(Exit::Read, format!("the format `{missing}` is not yet supported by cloze")));
    }
    let by_name = || Format::from_file_name(&file?.file_name()?.to_string_lossy());
    Ok(flag.and_then(Format::from_name).or_else(by_name))
}

/// The format, which has to be found.
///
/// # Errors
/// Neither flag nor name nor text say it.
pub fn choose(flag: Option<&str>, file: Option<&Path>, text: Option<(Name, &[u8])>) -> Result<Format, CommandError> {
    let by_text = || text.filter(|(name, _)| *name == Name::Cloze).and_then(|(_, text)| of_encrypted(text));
    named(flag, file)?.or_else(by_text).ok_or_else(|| {
        let known: Vec<&str> = Format::ALL.iter().map(|(_, name)| *name).collect();
        CommandError::new(Exit::Read, "its name does not say in which format it is")
            .about(file.unwrap_or(Path::new("standard input")))
            .hint(format!("--input-type takes one of: {}", known.join(", ")))
    })
}

/// The format of an encrypted text, by the look of its metadata.
fn of_encrypted(text: &[u8]) -> Option<Format> {
    let starts_a_line = |mark: &[u8]| memchr::memmem::find_iter(text, mark).any(|at| at == 0 || text[at - 1] == b'\n');
    match text {
        _ if text.trim_ascii_start().starts_with(b"{") => Some(Format::Json),
        _ if starts_a_line(b"sops:") => Some(Format::Yaml),
        _ if starts_a_line(b"sops_mac=") => Some(Format::Dotenv),
        _ if starts_a_line(b"[sops]") => Some(Format::Ini),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_over_the_name_and_the_name_over_the_text() {
        let cloze = |text: &'static str| Some((Name::Cloze, text.as_bytes()));
        let table = [
            (Some("json"), Some("a.yaml"), None, Some(Format::Json)),
            (Some("\"yaml\""), Some("a.json"), None, Some(Format::Json)),
            (Some("plaintext"), Some("dir.json/a"), None, None),
            (None, Some("dir/.env"), None, Some(Format::Dotenv)),
            (None, Some("a.YAML"), None, None),
            (None, None, cloze(" \n{\"sops\":{}}"), Some(Format::Json)),
            (None, None, cloze("a: 1\nsops:\n"), Some(Format::Yaml)),
            (None, Some("secrets"), cloze("A=1\nsops_mac=x\n"), Some(Format::Dotenv)),
            (None, None, cloze("text: sops:\n"), None),
            (None, None, Some((Name::Sops, b"{}")), None),
            (None, Some("a.ini"), None, Some(Format::Ini)),
            (None, Some("secrets"), cloze("a = 1\n\n[sops]\nmac = x\n"), Some(Format::Ini)),
            (Some("toml"), Some("a.yaml"), None, None),
        ];
        for (flag, file, text, wanted) in table {
            assert_eq!(choose(flag, file.map(Path::new), text).ok(), wanted, "{flag:?} {file:?}");
        }
    }
}
