//! What a creation rule, or the flags in its place, ask for.

use crate::recipient::Recipient;

use super::selector::Selector;

/// For whom a new file is encrypted, and how.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The key groups; with one, any of its recipients can open the file.
    pub groups: Vec<Vec<Recipient>>,
    /// How many key groups are needed; none means all.
    pub threshold: Option<usize>,
    /// Which values are encrypted; none means the default (all but keys that end in
    /// `_unencrypted`).
    pub selector: Option<Selector>,
    /// Whether the MAC covers the encrypted values only.
    pub mac_only_encrypted: bool,
}
