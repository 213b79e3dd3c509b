//! What one file format must provide, and the list of the formats.

use std::borrow::Cow;

use zeroize::Zeroize as _;

use super::tree::Tree;
use super::{Alias, Document, New, NodeId, Scalar, Span};

/// One file format: where things stand in a text, and how they are spelled.
pub trait Syntax: Sync {
    /// Finds every leaf, comment and metadata block. Metadata of any historic layout is
    /// recognised, and is not among the nodes.
    ///
    /// # Errors
    /// A text that is not of this format, or that SOPS's model cannot hold. No message holds any
    /// part of a value.
    fn parse<'t>(&self, text: &'t [u8]) -> Result<Document<'t>, SyntaxError>;

    /// Spells a new value or comment at the place of a node, in the style that the place has or
    /// the gentlest one that can hold it. The span is the node's own, or wider where the change
    /// needs it (a list element that becomes a comment).
    ///
    /// # Errors
    /// The place cannot hold the value.
    fn spell(&self, document: &Document<'_>, node: NodeId, new: &New<'_>) -> Result<Splice, EmitError>;

    /// The same at the end of a buffer, for formats that can do without a text of its own. Returns the
    /// span. What a failure leaves in the buffer is no part of any result.
    ///
    /// # Errors
    /// The place cannot hold the value.
    fn spell_into(
        &self,
        document: &Document<'_>,
        node: NodeId,
        new: &New<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Span, EmitError> {
        let Splice { span, mut text } = self.spell(document, node, new)?;
        out.extend_from_slice(&text);
        text.zeroize();
        Ok(span)
    }

    /// The scalar with which a text begins, and its length in bytes. Only for formats where a scalar reads
    /// the same wherever it stands, is spelled the same there, and has no part in how the rest is read.
    fn lexeme<'t>(&self, _text: &'t [u8]) -> Option<(Scalar<'t>, usize)> {
        None
    }

    /// What may stand in place of all that a document of such a format holds up to the end of a leaf, so
    /// that the rest behind it reads as it does.
    fn stand_in(&self, _document: &Document<'_>, _leaf: NodeId) -> Option<Vec<u8>> {
        None
    }

    /// Why a value or comment must not stay in clear, if so: SOPS would read another one from the same
    /// bytes, so that the MAC would not fit, or nothing at all. As the end of a sentence, with the remedy.
    fn misread_in_clear(&self, _document: &Document<'_>, _node: NodeId) -> Option<&'static str> {
        None
    }

    /// Whether a value in clear would read otherwise in the encrypted text, and must be spelled anew
    /// so that it stays what it is.
    fn must_be_respelled(&self, _document: &Document<'_>, _node: NodeId) -> bool {
        false
    }

    /// Writes out an alias in full, in place of its token, or below the comment behind it; `change`
    /// gives the new content of the copies that change. Formats without aliases are never asked.
    ///
    /// # Errors
    /// The place cannot hold a value.
    fn expand<'n>(
        &self,
        _document: &Document<'_>,
        _alias: &Alias,
        _change: &dyn Fn(NodeId) -> Option<&'n New<'n>>,
    ) -> Result<Vec<Splice>, EmitError> {
        Err(EmitError("this format has no aliases".into()))
    }

    /// Puts a metadata block into a document, in place of the one that it has if it has one.
    /// Removing what was inserted gives back the text before, byte for byte.
    ///
    /// # Errors
    /// The format cannot hold the tree.
    fn metadata(
        &self,
        document: &Document<'_>,
        part: usize,
        tree: &Tree,
        layout: Layout,
    ) -> Result<Vec<Splice>, EmitError>;

    /// Whether the block that a document without one gets comes behind all its leaves. Then a new text
    /// is written while values are still being sealed.
    fn metadata_comes_last(&self) -> bool {
        true
    }

    /// Whether an empty string is encrypted too. SOPS leaves it in clear in its formats.
    fn seals_empty(&self) -> bool {
        false
    }

    /// Puts a new entry (with a key) or element (without one) at the end of a map or list, as the
    /// file lays out those that are there. The nodes must stand for nothing but themselves: no
    /// copy of an alias, and no target of one.
    ///
    /// # Errors
    /// The format or the place cannot hold it.
    fn insert(
        &self,
        document: &Document<'_>,
        container: NodeId,
        key: Option<&str>,
        value: &Tree,
        layout: Layout,
    ) -> Result<Vec<Splice>, EmitError>;

    /// Puts another value, of any kind, in place of a node that `parent` holds. As for
    /// [`insert`](Self::insert), no alias must be concerned.
    ///
    /// # Errors
    /// The format or the place cannot hold it.
    fn replace(
        &self,
        document: &Document<'_>,
        parent: NodeId,
        node: NodeId,
        value: &Tree,
        layout: Layout,
    ) -> Result<Vec<Splice>, EmitError>;

    /// Takes a node that `parent` holds out of it: with its key, its comma, its line and the comment
    /// on that line. As for [`insert`](Self::insert), no alias must be concerned.
    ///
    /// # Errors
    /// The format cannot be without it.
    fn remove(&self, document: &Document<'_>, parent: NodeId, node: NodeId) -> Result<Vec<Splice>, EmitError>;

    /// Changes single fields of a metadata block to strings, or takes them out, and leaves every
    /// other byte of the block alone. None where the block is laid out so that this cannot be done.
    fn set_fields(&self, document: &Document<'_>, part: usize, fields: &[(&str, Option<&str>)]) -> Option<Vec<Splice>>;
    /// The bytes of a value that are encrypted and that the MAC covers; none for an integer beyond 64
    /// bits with a sign. Those of SOPS, unless the format is not one of SOPS.
    fn canonical<'v>(&self, value: &'v Scalar<'_>) -> Option<Cow<'v, [u8]>> {
        value.canonical()
    }

    /// Prints a node and all inside it as a new file of this format: a container as a whole
    /// document, a scalar as the bare value (§8.5 of sops-compat.md: a string without newline).
    /// With a top node of a stream, the other documents are not printed.
    ///
    /// # Errors
    /// The format cannot hold what is to be printed.
    fn emit(&self, document: &Document<'_>, node: NodeId, layout: Layout) -> Result<Vec<u8>, EmitError>;
}

/// A replacement for a piece of the source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub text: Vec<u8>,
}

/// How new lines are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Spaces per level as `stores.*.indent` or `--indent` asks for; -1 is a tab. None: what the
    /// file itself uses, or what SOPS uses where the file does not say.
    pub indent: Option<i32>,
}

/// Why a text could not be read. Never holds a value of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong, lower case, without a full stop.
    pub message: String,
    /// Where.
    pub span: Option<Span>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether the text is of the format and only holds nothing (exit code 92 instead of 2).
    pub empty: bool,
    /// Whether it is about a key that is reserved for the metadata (exit code 203 instead of 2).
    pub reserved: bool,
}

impl SyntaxError {
    /// An error at a place.
    #[must_use]
    pub fn at(span: Span, message: impl Into<String>) -> Self {
        SyntaxError { message: message.into(), span: Some(span), hint: None, empty: false, reserved: false }
    }

    /// An error of the whole text.
    #[must_use]
    pub fn whole(message: impl Into<String>) -> Self {
        SyntaxError { message: message.into(), span: None, hint: None, empty: false, reserved: false }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Refuses a text that is too large for [`Span`]s.
pub(super) fn check_size(text: &[u8]) -> Result<(), SyntaxError> {
    u32::try_from(text.len()).map(drop).map_err(|_| SyntaxError::whole("the text is 4 GiB or larger"))
}

/// A text as a string.
///
/// # Errors
/// It is not UTF-8, or too large.
pub(super) fn utf8(text: &[u8]) -> Result<&str, SyntaxError> {
    check_size(text)?;
    // Fast, but it does not say where.
    simdutf8::basic::from_utf8(text).or_else(|_| {
        std::str::from_utf8(text).map_err(|error| {
            let at = error.valid_up_to();
            SyntaxError::at(Span::new(at..at + 1), "the text is not UTF-8")
        })
    })
}

/// Why a value could not be written. Never holds the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EmitError(pub String);

/// How a plaintext is read where SOPS takes it for something else than most programs do. Encrypted
/// texts have one reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// As the programs that use such files, where they agree.
    #[default]
    Own,
    /// As SOPS.
    Sops,
}

/// The file formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// YAML 1.2 as go-yaml reads it.
    Yaml,
    /// JSON, RFC 8259.
    Json,
    /// `KEY=value` lines.
    Dotenv,
    /// Sections of `key = value` lines, as Go's ini library reads them.
    Ini,
    /// Any bytes, as one value.
    Binary,
    /// TOML 1.1.
    Toml,
}

impl Format {
    /// Every format, with its name on the command line.
    pub const ALL: [(Format, &'static str); 6] = [
        (Format::Yaml, "yaml"),
        (Format::Json, "json"),
        (Format::Dotenv, "dotenv"),
        (Format::Ini, "ini"),
        (Format::Toml, "toml"),
        (Format::Binary, "binary"),
    ];

    /// The format with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(format, _)| format)
    }

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }

    /// The format that the end of a file name stands for (§4.1); none means binary.
    #[must_use]
    pub fn from_file_name(name: &str) -> Option<Self> {
        match name {
            _ if name.ends_with(".yaml") || name.ends_with(".yml") => Some(Format::Yaml),
            _ if name.ends_with(".json") => Some(Format::Json),
            _ if name.ends_with(".env") => Some(Format::Dotenv),
            _ if name.ends_with(".ini") => Some(Format::Ini),
            _ if name.ends_with(".toml") => Some(Format::Toml),
            _ => None,
        }
    }

    /// The format of sealed files: sealed binary is JSON.
    #[must_use]
    pub fn sealed(self) -> Self {
        if self == Format::Binary { Format::Json } else { self }
    }

    /// What reads and spells plaintexts. Where they are encrypted, [`Format::syntax`] of
    /// [`Format::sealed`] does.
    #[must_use]
    pub fn plain_syntax(self, reading: Reading) -> &'static dyn Syntax {
        match (self, reading) {
            (Format::Ini, Reading::Sops) => &super::ini::SopsIni,
            _ => self.syntax(),
        }
    }

    /// What reads and spells it.
    #[must_use]
    pub fn syntax(self) -> &'static dyn Syntax {
        match self {
            Format::Yaml => &super::yaml::Yaml,
            Format::Json => &super::json::Json,
            Format::Dotenv => &super::dotenv::Dotenv,
            Format::Ini => &super::ini::Ini,
            Format::Binary => &super::binary::Binary,
            Format::Toml => &super::toml::Toml,
        }
    }
}
