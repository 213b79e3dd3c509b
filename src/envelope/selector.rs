//! Which leaves and comments of a file are encrypted: one of six rules, and the state that a walk
//! over a document must keep to apply it.

use super::pattern::{Pattern, PatternError};

/// The rule of a file. Its name and its text stand in the metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// All but what stands under a key with this end.
    UnencryptedSuffix(String),
    /// Only what stands under a key with this end.
    EncryptedSuffix(String),
    /// All but what stands under a key that matches.
    UnencryptedRegex(Pattern),
    /// Only what stands under a key that matches.
    EncryptedRegex(Pattern),
    /// All but what a comment that matches stands above.
    UnencryptedCommentRegex(Pattern),
    /// Only what a comment that matches stands above.
    EncryptedCommentRegex(Pattern),
}

impl Default for Selector {
    fn default() -> Self {
        Selector::UnencryptedSuffix("_unencrypted".to_owned())
    }
}

impl Selector {
    /// The names of the rules in the metadata and in `.sops.yaml`.
    pub const FIELDS: [&'static str; 6] = [
        "unencrypted_suffix",
        "encrypted_suffix",
        "unencrypted_regex",
        "encrypted_regex",
        "unencrypted_comment_regex",
        "encrypted_comment_regex",
    ];

    /// The name of the rule in the metadata and in `.sops.yaml`.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Selector::UnencryptedSuffix(_) => "unencrypted_suffix",
            Selector::EncryptedSuffix(_) => "encrypted_suffix",
            Selector::UnencryptedRegex(_) => "unencrypted_regex",
            Selector::EncryptedRegex(_) => "encrypted_regex",
            Selector::UnencryptedCommentRegex(_) => "unencrypted_comment_regex",
            Selector::EncryptedCommentRegex(_) => "encrypted_comment_regex",
        }
    }

    /// The suffix or regular expression, as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Selector::UnencryptedSuffix(suffix) | Selector::EncryptedSuffix(suffix) => suffix,
            Selector::UnencryptedRegex(pattern)
            | Selector::EncryptedRegex(pattern)
            | Selector::UnencryptedCommentRegex(pattern)
            | Selector::EncryptedCommentRegex(pattern) => pattern.as_str(),
        }
    }

    /// Whether comments decide, and not keys.
    #[must_use]
    pub fn is_about_comments(&self) -> bool {
        matches!(self, Selector::UnencryptedCommentRegex(_) | Selector::EncryptedCommentRegex(_))
    }

    /// The rule with this name and text.
    ///
    /// # Errors
    /// The text is not a regular expression of Go's dialect, or there is no rule of this name.
    pub fn from_field(field: &str, text: &str) -> Result<Self, PatternError> {
        let pattern = || Pattern::new(text);
        Ok(match field {
            "unencrypted_suffix" => Selector::UnencryptedSuffix(text.to_owned()),
            "encrypted_suffix" => Selector::EncryptedSuffix(text.to_owned()),
            "unencrypted_regex" => Selector::UnencryptedRegex(pattern()?),
            "encrypted_regex" => Selector::EncryptedRegex(pattern()?),
            "unencrypted_comment_regex" => Selector::UnencryptedCommentRegex(pattern()?),
            "encrypted_comment_regex" => Selector::EncryptedCommentRegex(pattern()?),
            _ => {
                let message = format!("no selection rule is called `{field}`");
                return Err(PatternError { message, range: 0..text.len() });
            }
        })
    }

    /// Whether a key is one of those that the rule is about. What stands inside inherits a match.
    #[must_use]
    pub fn key_matches(&self, key: &str) -> bool {
        match self {
            Selector::UnencryptedSuffix(suffix) | Selector::EncryptedSuffix(suffix) => key.ends_with(suffix.as_str()),
            Selector::UnencryptedRegex(pattern) | Selector::EncryptedRegex(pattern) => pattern.is_match(key.as_bytes()),
            Selector::UnencryptedCommentRegex(_) | Selector::EncryptedCommentRegex(_) => false,
        }
    }

    /// Whether a comment (without its marker) is one of those that the rule is about.
    #[must_use]
    pub fn comment_matches(&self, text: &[u8]) -> bool {
        match self {
            Selector::UnencryptedCommentRegex(pattern) | Selector::EncryptedCommentRegex(pattern) => {
                pattern.is_match(text)
            }
            _ => false,
        }
    }

    /// Whether something is encrypted, given whether a key on its path matched and whether a
    /// comment that is active there did.
    #[must_use]
    pub fn selects(&self, key_matched: bool, comment_matched: bool) -> bool {
        match self {
            Selector::UnencryptedSuffix(_) | Selector::UnencryptedRegex(_) => !key_matched,
            Selector::EncryptedSuffix(_) | Selector::EncryptedRegex(_) => key_matched,
            Selector::UnencryptedCommentRegex(_) => !comment_matched,
            Selector::EncryptedCommentRegex(_) => comment_matched,
        }
    }
}

/// Applies a selector along a walk. A comment is active from where it stands to the end of the
/// entry after it, on its own level and all below.
#[derive(Debug)]
pub struct Selection<'s> {
    selector: &'s Selector,
    levels: Vec<Level>,
}

/// A container that the walk is inside of.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    /// A key on the way to it matched.
    key: bool,
    /// A comment matched that is active for all inside it.
    outer: bool,
    /// A comment matched that stands in it, above the entry that comes next.
    inner: bool,
}

impl<'s> Selection<'s> {
    /// The start of a walk, outside of any document.
    #[must_use]
    pub fn new(selector: &'s Selector) -> Self {
        Selection { selector, levels: Vec::new() }
    }

    fn level(&self) -> Level {
        self.levels.last().copied().unwrap_or_default()
    }

    /// Whether a key here matches, or one on the way here.
    fn path_matches(&self, key: Option<&str>) -> bool {
        self.level().key || key.is_some_and(|key| self.selector.key_matches(key))
    }

    /// The walk enters a container: the top of a document (without a key), the value of an entry,
    /// or an element of a list (without a key).
    pub fn enter(&mut self, key: Option<&str>) {
        let Level { outer, inner, .. } = self.level();
        self.levels.push(Level { key: self.path_matches(key), outer: outer || inner, inner: false });
    }

    /// The walk leaves the container entered last.
    pub fn leave(&mut self) {
        self.levels.pop();
        self.end_entry();
    }

    /// Whether a leaf is encrypted. Nulls are leaves too.
    pub fn leaf(&mut self, key: Option<&str>) -> bool {
        let Level { outer, inner, .. } = self.level();
        let selected = self.selector.selects(self.path_matches(key), outer || inner);
        self.end_entry();
        selected
    }

    /// Whether a comment (without its marker) is encrypted. A comment that asks for encryption
    /// does so for what follows, other comments included, but not for itself.
    pub fn comment(&mut self, text: &[u8]) -> bool {
        let before = self.level();
        let matched = self.selector.comment_matches(text);
        if let Some(level) = self.levels.last_mut() {
            level.inner |= matched;
        }
        self.selects_comment(before, matched)
    }

    /// The same of something that may turn out to be a comment, and does nothing if it is none.
    #[must_use]
    pub fn would_encrypt_comment(&self, text: &[u8]) -> bool {
        self.selects_comment(self.level(), self.selector.comment_matches(text))
    }

    fn selects_comment(&self, before: Level, matched: bool) -> bool {
        let own = matched && matches!(self.selector, Selector::UnencryptedCommentRegex(_));
        self.selector.selects(before.key, before.outer || before.inner || own)
    }

    /// The comments above an entry end with it.
    fn end_entry(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.inner = false;
        }
    }
}

#[cfg(test)]
mod tests;
