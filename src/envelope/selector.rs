//! stub
use super::pattern::*;
#[derive(Clone, Debug)]
pub enum Selector {
    UnencryptedSuffix(String),
    EncryptedRegex(Pattern),
}
impl Default for Selector {
    fn default() -> Self {
        Selector::UnencryptedSuffix("_unencrypted".into())
    }
}
impl Selector {
    pub const FIELDS: [&'static str; 6] = [
        "unencrypted_suffix",
        "encrypted_suffix",
        "unencrypted_regex",
        "encrypted_regex",
        "unencrypted_comment_regex",
        "encrypted_comment_regex",
    ];
    pub fn from_field(f: &str, t: &str) -> Result<Self, PatternError> {
        Ok(if f == "encrypted_regex" {
            Selector::EncryptedRegex(Pattern::new(t)?)
        } else {
            Selector::UnencryptedSuffix(t.into())
        })
    }
    pub fn field(&self) -> &'static str {
        match self {
            Selector::EncryptedRegex(_) => "encrypted_regex",
            _ => "unencrypted_suffix",
        }
    }
    pub fn text(&self) -> &str {
        match self {
            Selector::EncryptedRegex(p) => p.as_str(),
            Selector::UnencryptedSuffix(s) => s,
        }
    }
    pub fn is_about_comments(&self) -> bool {
        false
    }
    pub fn comment_matches(&self, _: &[u8]) -> bool {
        false
    }
}
pub struct Selection<'a>(&'a Selector, Vec<bool>);
impl<'a> Selection<'a> {
    pub fn new(s: &'a Selector) -> Self {
        Selection(s, vec![])
    }
    fn m(&self, k: Option<&str>) -> bool {
        self.1.last().copied().unwrap_or(false)
            || k.is_some_and(|k| match self.0 {
                Selector::UnencryptedSuffix(s) => k.ends_with(s.as_str()),
                Selector::EncryptedRegex(p) => p.is_match(k.as_bytes()),
            })
    }
    pub fn enter(&mut self, k: Option<&str>) {
        let m = self.m(k);
        self.1.push(m)
    }
    pub fn leave(&mut self) {
        self.1.pop();
    }
    pub fn leaf(&mut self, k: Option<&str>) -> bool {
        let m = self.m(k);
        match self.0 {
            Selector::UnencryptedSuffix(_) => !m,
            _ => m,
        }
    }
    pub fn comment(&mut self, _: &[u8]) -> bool {
        self.leaf(None)
    }
}
