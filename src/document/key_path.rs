//! Where a leaf is. One spelling for people (`db.users[0].pass`); the spelling that is bound to a
//! ciphertext is made by `envelope::walk`, since it is a matter of the envelope and not of a file.

use std::fmt;

/// One step from a container to what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The entry of a map under this key.
    Key(String),
    /// The element of a list at this place, from 0; comments do not count.
    Index(usize),
}

/// The steps from the top of a document to a leaf or a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPath(pub Vec<Step>);

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if is_bare(key) && position == 0 => f.write_str(key)?,
                Step::Key(key) if is_bare(key) => write!(f, ".{key}")?,
                Step::Key(key) => write!(f, "[\"{key}\"]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A key that needs no quotes in a path.
fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shown_as_people_write_it() {
        let path =
            KeyPath(vec![Step::Key("db".into()), Step::Key("users".into()), Step::Index(0), Step::Key("a.b".into())]);
        assert_eq!(path.to_string(), "db.users[0][\"a.b\"]");
    }
}
