//! stub
#[derive(Clone, Debug)]
pub struct Pattern(regex::bytes::Regex);
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("bad regex")]
pub struct PatternError;
impl Pattern {
    pub fn new(s: &str) -> Result<Self, PatternError> {
        regex::bytes::Regex::new(s).map(Pattern).map_err(|_| PatternError)
    }
    pub fn is_match(&self, t: &[u8]) -> bool {
        self.0.is_match(t)
    }
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
