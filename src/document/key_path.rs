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

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyPathError {
    /// There is something outside of the brackets.
    #[error("a path is written `[\"key\"][0]`, with nothing outside of the brackets (at character {0})")]
    Outside(usize),
    /// A bracket without its end.
    #[error("a bracket or a quote is not closed (at character {0})")]
    Open(usize),
    /// What stands in brackets is neither a quoted key nor a number from 0.
    #[error("in brackets stands either a quoted key or an index from 0 (at character {0})")]
    Step(usize),
    /// A key is missing between two dots, or at an end.
    #[error("a key is missing (at character {0})")]
    Missing(usize),
}

impl KeyPath {
    /// Reads a path as SOPS spells it: `["db"]['users'][0]` (sops-compat.md §8.5). There are no
    /// escapes: a quoted key ends at the first of its quotes that a bracket follows.
    ///
    /// # Errors
    /// The text is not such a path.
    pub fn parse_sops(text: &str) -> Result<Self, KeyPathError> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() || steps.is_empty() {
            let (step, after) = bracket(text, rest)?;
            steps.push(step);
            rest = after;
        }
        Ok(KeyPath(steps))
    }

    /// Reads a path as people write it, which is how it is shown: `db.users[0]["a.b"]`; the
    /// spelling of SOPS is one of these.
    ///
    /// # Errors
    /// The text is not such a path.
    pub fn parse(text: &str) -> Result<Self, KeyPathError> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() || steps.is_empty() {
            if rest.starts_with('[') {
                let (step, after) = bracket(text, rest)?;
                steps.push(step);
                rest = after;
                continue;
            }
            let bare = if steps.is_empty() { rest } else { rest.strip_prefix('.').ok_or(outside(text, rest))? };
            let end = bare.find(['.', '[']).unwrap_or(bare.len());
            if end == 0 {
                return Err(KeyPathError::Missing(position(text, bare)));
            }
            steps.push(Step::Key(bare[..end].to_owned()));
            rest = &bare[end..];
        }
        Ok(KeyPath(steps))
    }
}

/// At which character of the text its end `rest` begins, from 1.
fn position(text: &str, rest: &str) -> usize {
    text[..text.len() - rest.len()].chars().count() + 1
}

fn outside(text: &str, rest: &str) -> KeyPathError {
    KeyPathError::Outside(position(text, rest))
}

/// Reads one step in brackets; returns it with what follows.
fn bracket<'t>(text: &str, rest: &'t str) -> Result<(Step, &'t str), KeyPathError> {
    let inside = rest.strip_prefix('[').ok_or_else(|| outside(text, rest))?;
    let open = || KeyPathError::Open(position(text, rest));
    for quote in ['"', '\''] {
        if let Some(key) = inside.strip_prefix(quote) {
            let mut ends = key.match_indices(quote).map(|(at, _)| at);
            let end = ends.find(|&at| key[at + 1..].starts_with(']')).ok_or_else(open)?;
            return Ok((Step::Key(key[..end].to_owned()), &key[end + 2..]));
        }
    }
    let (index, after) = inside.split_once(']').ok_or_else(open)?;
    let digits = index.strip_prefix('+').unwrap_or(index);
    let number = if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None };
    let number = number.ok_or_else(|| KeyPathError::Step(position(text, inside)))?;
    Ok((Step::Index(number), after))
}

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

    fn key(key: &str) -> Step {
        Step::Key(key.into())
    }

    #[test]
    fn sops_paths_are_read() {
        let table = [
            (r#"["a"]"#, vec![key("a")]),
            (r#"["a"]['b'][0]"#, vec![key("a"), key("b"), Step::Index(0)]),
            ("['baz']['bar'][+007]", vec![key("baz"), key("bar"), Step::Index(7)]),
            (r#"["a]b"]"#, vec![key("a]b")]),
            (r#"["a[b"]["c"]"#, vec![key("a[b"), key("c")]),
            (r#"["a"b"]"#, vec![key("a\"b")]),
            (r#"[""]"#, vec![key("")]),
            (r#"["it's"]"#, vec![key("it's")]),
        ];
        for (text, steps) in table {
            assert_eq!(KeyPath::parse_sops(text), Ok(KeyPath(steps.clone())), "{text}");
            assert_eq!(KeyPath::parse(text), Ok(KeyPath(steps)), "{text}");
        }
    }

    #[test]
    fn what_crashes_or_confuses_sops_is_an_error() {
        let table = [
            ("", KeyPathError::Outside(1)),
            ("a", KeyPathError::Outside(1)),
            (r#"["a"] ["b"]"#, KeyPathError::Outside(6)),
            (r#"["a"]x"#, KeyPathError::Outside(6)),
            (r#" ["a"]"#, KeyPathError::Outside(1)),
            ("[0]x", KeyPathError::Outside(4)),
            ("[]", KeyPathError::Step(2)),
            ("[", KeyPathError::Open(1)),
            (r#"["]"#, KeyPathError::Open(1)),
            (r#"["a']"#, KeyPathError::Open(1)),
            ("[-1]", KeyPathError::Step(2)),
            ("[a]", KeyPathError::Step(2)),
            ("[99999999999999999999999]", KeyPathError::Step(2)),
            (r#"["é"][x]"#, KeyPathError::Step(7)),
            (r#"["a"].b"#, KeyPathError::Outside(6)),
        ];
        for (text, error) in table {
            assert_eq!(KeyPath::parse_sops(text), Err(error), "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        let paths = ["a", "db.users[0].pass", "a[0][1]", r#"a["x.y"].b"#, r#"["a b"][""]"#, "a/b-c_d.é"];
        for text in paths {
            assert_eq!(KeyPath::parse(text).expect("is a path").to_string(), text);
        }
        for (text, error) in [
            ("", KeyPathError::Missing(1)),
            ("a..b", KeyPathError::Missing(3)),
            ("a.", KeyPathError::Missing(3)),
            (".a", KeyPathError::Missing(1)),
            ("a[0]b", KeyPathError::Outside(5)),
            ("a.[0]", KeyPathError::Missing(3)),
        ] {
            assert_eq!(KeyPath::parse(text), Err(error), "{text}");
        }
    }
}
