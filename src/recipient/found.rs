//! What backends read with the help of the program around them, and what they say of it where
//! nothing fits.

use std::path::Path;

use zeroize::Zeroizing;

use super::Host;

/// The text of a file, without blanks at its ends; none if there is no such file.
///
/// # Errors
/// It cannot be read, or is no text; why, for people.
pub(super) fn text(host: &dyn Host, path: &Path) -> Result<Option<Zeroizing<String>>, String> {
    let shown = path.display();
    let content = host.file(path).map_err(|why| format!("`{shown}` {why}"))?;
    let text = |content: Zeroizing<Vec<u8>>| {
        let text = std::str::from_utf8(&content).map_err(|_| format!("`{shown}` is no text"))?;
        Ok(Zeroizing::new(text.trim().to_owned()))
    };
    content.map(text).transpose()
}

/// A line that says whether a variable is set.
pub(super) fn variable(host: &dyn Host, name: &str) -> String {
    format!("{name}: {}", if host.variable(name).is_some() { "set" } else { "not set" })
}

/// A line that says whether a file is there.
pub(super) fn file(host: &dyn Host, path: &Path) -> String {
    let found = match host.file(path) {
        Ok(Some(_)) => "there".to_owned(),
        Ok(None) => "not there".to_owned(),
        Err(why) => why,
    };
    format!("{}: {found}", path.display())
}
