//! What can go wrong in the verbs, as facts. No field ever holds a value.

use crate::document::change::ChangeError;
use crate::document::{EmitError, KeyPath, SyntaxError};
use crate::recipient::{NoDataKey, WrapFailure};

/// Why a verb failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The text is not of its format.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// The file is not encrypted.
    #[error("sops metadata not found")]
    NoMetadata,
    /// The metadata block cannot be used.
    #[error("the metadata cannot be used: {0}")]
    Metadata(String),
    /// The text has a metadata block already, or a key that is reserved for it.
    #[error("the file is encrypted already, or holds a key that is reserved for the metadata")]
    AlreadyEncrypted,
    /// The selector leaves every value in clear.
    #[error("`{selector}: {text}` encrypts none of the {total} values")]
    Unmatched {
        /// The name of the selector's setting.
        selector: &'static str,
        /// Its text.
        text: String,
        /// How many values there are.
        total: usize,
        /// The key of the file that is most like it.
        nearest: Option<String>,
    },
    /// A value that cannot be encrypted.
    #[error("`{path}` {reason}")]
    EncryptValue {
        /// Where.
        path: KeyPath,
        /// Why, as the end of a sentence.
        reason: String,
    },
    /// A comment that can neither stay nor be encrypted.
    #[error("the comment in line {line} {reason}")]
    EncryptComment {
        /// Where, from 1.
        line: usize,
        /// Why, as the end of a sentence.
        reason: String,
    },
    /// A value that cannot be decrypted.
    #[error("`{path}` {reason}")]
    DecryptValue {
        /// Where.
        path: KeyPath,
        /// Why, as the end of a sentence.
        reason: String,
    },
    /// An encrypted comment that cannot be decrypted.
    #[error("the comment in line {line} {reason}")]
    DecryptComment {
        /// The line in which it begins, from 1.
        line: usize,
        /// Why, as the end of a sentence.
        reason: String,
    },
    /// The MAC is missing, damaged or of other values.
    #[error("the MAC does not fit: {0}")]
    Mac(&'static str),
    /// The exact spelling holds values, and does not open.
    #[error(
        "the field `cloze_spelling` is not of this text, and holds entries whose keys stand in a section several times"
    )]
    LostSpelling,
    /// No recipient could recover the data key.
    #[error(transparent)]
    NoDataKey(#[from] NoDataKey),
    /// What was to be done could not be recorded, and why.
    #[error("no audit record could be kept: {0}")]
    Unrecorded(String),
    /// The data key could not be wrapped.
    #[error(transparent)]
    Wrap(#[from] WrapFailure),
    /// A value or the metadata cannot be written in the format.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// There is nothing at the path to extract.
    #[error("there is nothing at `{0}`")]
    ExtractPath(KeyPath),
    /// A value cannot be set or taken out.
    #[error(transparent)]
    Change(ChangeError),
    /// A draft that was not made from the file that is edited.
    #[error("the draft was not made from this file: it has another data key")]
    ForeignDraft,
    /// What was encrypted would not decrypt to what it was made from.
    #[error("the encrypted text would not decrypt to the same document; nothing was written. This is a bug")]
    RoundTrip,
}

impl From<ChangeError> for Error {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Syntax(error) => Error::Syntax(error),
            ChangeError::Emit(error) => Error::Emit(error),
            error => Error::Change(error),
        }
    }
}
