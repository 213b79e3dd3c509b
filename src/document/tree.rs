//! A plain tree of maps, lists and scalars: the form in which a format hands over the metadata
//! block, and takes it back to be written. Order is kept; keys may repeat.

use super::scalar::Scalar;

/// A value of the metadata block.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// A scalar.
    Leaf(Scalar<'static>),
    /// A list.
    List(Vec<Tree>),
    /// A map, in the order of the file.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// A string leaf.
    #[must_use]
    pub fn string(text: impl Into<String>) -> Self {
        Tree::Leaf(Scalar::Text(text.into().into()))
    }

    /// A map with its entries in alphabetical order.
    #[must_use]
    pub fn sorted(mut entries: Vec<(String, Tree)>) -> Self {
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        Tree::Map(entries)
    }

    /// The entries of a map; nothing for any other tree.
    #[must_use]
    pub fn entries(&self) -> &[(String, Tree)] {
        match self {
            Tree::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The first entry of a map with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tree> {
        self.entries().iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}
