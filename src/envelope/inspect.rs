//! What can be said of a file without any key: whether it is encrypted, and where.

use crate::cipher::EncryptedValue;
use crate::document::tree::Tree;
use crate::document::{Event, Format, KeyPath, Node, Scalar, Step};

use super::error::Error;
use super::metadata::Metadata;

/// Whether a file is encrypted, as SOPS's `filestatus` decides it: its metadata can be read and
/// has a MAC and a version, whatever that is.
///
/// # Errors
/// The text is not of its format, or its metadata makes no sense.
pub fn is_encrypted(format: Format, text: &[u8]) -> Result<bool, Error> {
    let document = match format.sealed().syntax().parse(text) {
        Ok(document) => document,
        Err(error) if error.empty => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let Some(block) = document.parts.first().and_then(|part| part.metadata.as_ref()) else { return Ok(false) };
    if block.tree == Tree::Leaf(Scalar::Null) {
        return Ok(false);
    }
    let metadata = Metadata::read_any_version(&block.tree)?;
    Ok(!metadata.mac.is_empty() && !metadata.version.is_empty())
}

/// Where the encrypted values of a file stand. Comments are left out.
///
/// # Errors
/// The text is not of its format.
pub fn sealed_paths(format: Format, text: &[u8]) -> Result<Vec<KeyPath>, Error> {
    let document = format.sealed().syntax().parse(text)?;
    let mut place = Place::default();
    let mut paths = Vec::new();
    for event in document.walk() {
        match event {
            Event::Enter(_, node) => place.enter(node),
            Event::Leave => place.leave(),
            Event::Leaf(_, node, value) => {
                place.next(node);
                if matches!(value, Scalar::Text(text) if EncryptedValue::is_sealed(text)) {
                    paths.push(KeyPath(place.steps.clone()));
                }
            }
            Event::Comment(..) => {}
        }
    }
    Ok(paths)
}

/// Where the walk is.
#[derive(Default)]
struct Place {
    /// The last one is that of the node met last; missing where nothing was met in a container.
    steps: Vec<Step>,
    /// For each open container how many steps are above it, and the number of its next element.
    open: Vec<(usize, usize)>,
}

impl Place {
    /// Moves on to the next node of the container that is open.
    fn next(&mut self, node: &Node<'_>) {
        // The top of a document is in nothing.
        let Some((depth, count)) = self.open.last_mut() else { return self.steps.clear() };
        self.steps.truncate(*depth);
        self.steps.push(match node.key.as_deref() {
            Some(key) => Step::Key(key.to_string()),
            None => Step::Index(*count),
        });
        *count += 1;
    }

    fn enter(&mut self, node: &Node<'_>) {
        self.next(node);
        self.open.push((self.steps.len(), 0));
    }

    fn leave(&mut self) {
        self.open.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_that_extract_takes() {
        let text = "a: X\nl:\n  # no\n  - clear\n  - b: X\n    c: 1\n  - ['X']\nd: {}\n---\ne: X\n"
            .replace('X', "ENC[AES256_GCM,data:x]");
        let paths = sealed_paths(Format::Yaml, text.as_bytes()).expect("is YAML");
        let key = |name: &str| Step::Key(name.into());
        let expected = [
            vec![key("a")],
            vec![key("l"), Step::Index(1), key("b")],
            vec![key("l"), Step::Index(2), Step::Index(0)],
            vec![key("e")],
        ];
        assert_eq!(paths, expected.map(KeyPath));
    }

    #[test]
    fn a_file_is_encrypted_as_sops_sees_it() {
        let block = "sops:\n  lastmodified: \"2020-01-01T00:00:00Z\"\n  age: [{recipient: a, enc: b}]\n";
        for (text, expected) in [
            ("a: 1\n".to_owned(), Ok(false)),
            (String::new(), Ok(false)),
            ("a: 1\nsops:\n".to_owned(), Ok(false)),
            (format!("{block}  mac: x\n"), Ok(false)),
            (format!("{block}  version: 3.7.1\n"), Ok(false)),
            (format!("{block}  mac: x\n  version: abc\n"), Ok(true)),
            ("sops:\n  mac: x\n  version: 3.7.1\n".to_owned(), Err(())),
            ("a: [".to_owned(), Err(())),
        ] {
            assert_eq!(is_encrypted(Format::Yaml, text.as_bytes()).map_err(|_| ()), expected, "{text}");
        }
    }
}
