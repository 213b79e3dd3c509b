//! The bytes of a value or a comment: borrowed from the source where they stand there as they
//! are, owned and wiped on drop where they had to be decoded. Never printed by `{:?}`.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroizing;

/// Bytes of a value: UTF-8 in almost every case, but SOPS does not require it.
#[derive(Clone)]
pub enum Text<'t> {
    /// A slice of the source text.
    Source(&'t [u8]),
    /// Decoded bytes, wiped when dropped.
    Owned(Zeroizing<Vec<u8>>),
}

impl Text<'_> {
    /// The same bytes, without the lifetime of the source.
    #[must_use]
    pub fn into_owned(self) -> Text<'static> {
        match self {
            Text::Source(bytes) => Text::Owned(Zeroizing::new(bytes.to_vec())),
            Text::Owned(bytes) => Text::Owned(bytes),
        }
    }

    /// The text as a string, when it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self).ok()
    }
}

impl Deref for Text<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Text::Source(bytes) => bytes,
            Text::Owned(bytes) => bytes,
        }
    }
}

impl<'t> From<&'t str> for Text<'t> {
    fn from(text: &'t str) -> Self {
        Text::Source(text.as_bytes())
    }
}

impl<'t> From<&'t [u8]> for Text<'t> {
    fn from(bytes: &'t [u8]) -> Self {
        Text::Source(bytes)
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text::Owned(Zeroizing::new(text.into_bytes()))
    }
}

impl From<Vec<u8>> for Text<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Text::Owned(Zeroizing::new(bytes))
    }
}

impl<'t> From<std::borrow::Cow<'t, str>> for Text<'t> {
    fn from(text: std::borrow::Cow<'t, str>) -> Self {
        match text {
            std::borrow::Cow::Borrowed(text) => text.into(),
            std::borrow::Cow::Owned(text) => text.into(),
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.len())
    }
}
