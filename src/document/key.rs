//! The key of a node in two words, since every node has one: borrowed from the source where it stands
//! there as it is.

use std::borrow::Cow;
use std::fmt;

/// A key, or none.
#[derive(Clone)]
pub struct Key<'t>(Kept<'t>);

#[derive(Clone)]
enum Kept<'t> {
    Source(&'t str),
    #[expect(clippy::box_collection, reason = "one word, so that there is room beside it to tell the two apart")]
    Other(Option<Box<String>>),
}

impl Key<'_> {
    /// No key.
    pub const NONE: Self = Key(Kept::Other(None));

    /// The text of the key, if there is one.
    #[must_use]
    pub fn as_deref(&self) -> Option<&str> {
        match &self.0 {
            Kept::Source(text) => Some(text),
            Kept::Other(text) => text.as_ref().map(|text| text.as_str()),
        }
    }

    /// Whether there is one.
    #[must_use]
    pub fn is_some(&self) -> bool {
        !self.is_none()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self.0, Kept::Other(None))
    }

    /// Bytes that it holds beside itself.
    #[must_use]
    pub fn owned_bytes(&self) -> usize {
        match &self.0 {
            Kept::Other(Some(text)) => text.len(),
            _ => 0,
        }
    }

    /// A part of it.
    #[must_use]
    pub fn cut(&self, cut: impl Fn(&str) -> &str) -> Self {
        match &self.0 {
            Kept::Source(text) => cut(text).into(),
            Kept::Other(text) => Key(Kept::Other(text.as_ref().map(|text| Box::new(cut(text).to_owned())))),
        }
    }

    /// The key itself, with none left in its place.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Key::NONE)
    }
}

impl<'t> From<&'t str> for Key<'t> {
    fn from(text: &'t str) -> Self {
        Key(Kept::Source(text))
    }
}

impl<'t> From<Cow<'t, str>> for Key<'t> {
    fn from(text: Cow<'t, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => Key(Kept::Other(Some(Box::new(text)))),
        }
    }
}

impl<'t, K: Into<Key<'t>>> From<Option<K>> for Key<'t> {
    fn from(key: Option<K>) -> Self {
        key.map_or(Key::NONE, Into::into)
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_deref() == other.as_deref()
    }
}

impl Eq for Key<'_> {}

impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_deref().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Node;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn keys_and_nodes_are_small() {
        assert_eq!((size_of::<Key<'_>>(), size_of::<Node<'_>>()), (16, 56));
    }

    #[test]
    fn a_key_is_there_or_not_wherever_it_is_kept() {
        let keys: [Key<'_>; 4] =
            ["a".into(), Cow::Borrowed("a").into(), Cow::<str>::Owned("a".into()).into(), "".into()];
        assert!(keys.iter().all(Key::is_some));
        assert!(keys[..3].iter().all(|key| key.as_deref() == Some("a")));
        assert_eq!(keys[0], keys[2]);
        let mut key = keys[2].clone();
        assert_eq!(key.take().as_deref(), Some("a"));
        assert!(key.is_none() && key == None::<&str>.into() && key != keys[3]);
    }
}
