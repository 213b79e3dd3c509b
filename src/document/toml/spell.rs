//! Scalars and comments in TOML's spelling, in the style that their place has.

use super::super::syntax::EmitError;
use super::super::{Document, Scalar, Span, Style, Text};
use super::block::is_crlf;
use super::value::date;

/// How sealed values start.
const SEALED: &[u8] = b"ENC[";

/// The place of a scalar, and what is there now.
pub(super) struct Place<'d, 't> {
    pub(super) document: &'d Document<'t>,
    pub(super) span: Span,
    pub(super) style: Style,
    pub(super) old: &'d Scalar<'t>,
}

impl Place<'_, '_> {
    /// Spells a new scalar for this place.
    pub(super) fn spell(&self, out: &mut Vec<u8>, new: &Scalar<'_>) -> Result<(), EmitError> {
        let Scalar::Text(text) = new else { return scalar(out, new) };
        let text = utf8(text)?;
        match self.style_for(text) {
            Style::Date => out.extend_from_slice(text.as_bytes()),
            Style::Single if fits_literal(text) => quoted(out, "'", text),
            Style::Literal if fits_long_literal(text) => self.long(out, "'''", text),
            Style::Literal | Style::Folded => self.long(out, "\"\"\"", text),
            Style::Single | Style::Double | Style::Plain => basic(out, text),
        }
        Ok(())
    }

    /// The style that a text gets here. A date is sealed as a string in `'''`, by which it is
    /// known when it is opened; a string that would be taken for one is sealed in `'`.
    fn style_for(&self, text: &str) -> Style {
        let old: &[u8] = if let Scalar::Text(old) = self.old { old } else { b"" };
        let (was_sealed, is_sealed) = (old.starts_with(SEALED), text.as_bytes().starts_with(SEALED));
        match self.style {
            Style::Date if date(text).is_some() => Style::Date,
            Style::Date if is_sealed => Style::Literal,
            Style::Date => Style::Double,
            Style::Literal if self.opens_with_break() => Style::Literal,
            Style::Literal if was_sealed && date(text).is_some() => Style::Date,
            Style::Literal if is_sealed && std::str::from_utf8(old).is_ok_and(|old| date(old).is_some()) => {
                Style::Single
            }
            style => style,
        }
    }

    /// Whether a line break follows the opening quotes; it is no part of the value.
    fn opens_with_break(&self) -> bool {
        let source = self.document.source(self.span);
        source.get(3..).is_some_and(|inside| inside.starts_with(b"\n") || inside.starts_with(b"\r\n"))
    }

    /// A string in three quotes, with line breaks as the file has them.
    fn long(&self, out: &mut Vec<u8>, quotes: &str, text: &str) {
        let opens = matches!(self.style, Style::Literal | Style::Folded) && self.opens_with_break();
        let breaks = opens || text.contains('\n');
        // A value without line breaks must not cost a look at the file.
        let feed = if breaks && is_crlf(self.document.text) { "\r\n" } else { "\n" };
        long(out, quotes, text, opens || text.starts_with('\n'), feed);
    }
}

fn utf8<'v>(text: &'v Text<'_>) -> Result<&'v str, EmitError> {
    text.as_str().ok_or_else(|| EmitError("a TOML string cannot hold bytes that are not UTF-8".into()))
}

/// A comment with its marker.
pub(super) fn comment(out: &mut Vec<u8>, text: &Text<'_>) -> Result<(), EmitError> {
    let Some(text) = text.as_str() else {
        return Err(EmitError("a comment of a TOML file cannot hold bytes that are not UTF-8".into()));
    };
    if text.contains(|c: char| c.is_ascii_control() && c != '\t') {
        return Err(EmitError("a comment of a TOML file is one line without control characters".into()));
    }
    out.push(b'#');
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// A scalar as it is spelled where no place asks for a style.
pub(super) fn scalar(out: &mut Vec<u8>, value: &Scalar<'_>) -> Result<(), EmitError> {
    let text = match value {
        Scalar::Null => return Err(EmitError("TOML has no null".into())),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Uint(_) => return Err(EmitError("a TOML integer has 64 bits with a sign".into())),
        Scalar::Float(value) => float(*value),
        Scalar::Time(value) => value.to_string(),
        Scalar::Text(text) => {
            let text = utf8(text)?;
            if text.contains('\n') {
                long(out, "\"\"\"", text, true, "\n");
            } else {
                basic(out, text);
            }
            return Ok(());
        }
    };
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// The shortest digits, with a point or an exponent: without them it would be an integer.
fn float(value: f64) -> String {
    if value.is_nan() { "nan".into() } else { format!("{value:?}") }
}

fn quoted(out: &mut Vec<u8>, quotes: &str, text: &str) {
    out.extend_from_slice(quotes.as_bytes());
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(quotes.as_bytes());
}

/// Whether a character must be escaped in every string.
fn is_control(character: char) -> bool {
    character.is_ascii_control() && character != '\t'
}

fn fits_literal(text: &str) -> bool {
    !text.contains(|c| c == '\'' || is_control(c))
}

fn fits_long_literal(text: &str) -> bool {
    !text.contains("'''") && !text.ends_with('\'') && !text.contains(|c| c != '\n' && is_control(c))
}

/// A string in double quotes on one line.
pub(super) fn basic(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut copied = 0;
    for (at, character) in text.char_indices() {
        let tab = if character == '\t' { Some("\\t".into()) } else { None };
        if let Some(escape) = tab.or_else(|| escape(character)) {
            out.extend_from_slice(&text.as_bytes()[copied..at]);
            out.extend_from_slice(escape.as_bytes());
            copied = at + character.len_utf8();
        }
    }
    out.extend_from_slice(&text.as_bytes()[copied..]);
    out.push(b'"');
}

/// How a character has to be written in double quotes, if not as itself.
fn escape(character: char) -> Option<std::borrow::Cow<'static, str>> {
    Some(match character {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\u{8}' => "\\b".into(),
        '\u{c}' => "\\f".into(),
        other if is_control(other) => format!("\\u{:04X}", u32::from(other)).into(),
        _ => return None,
    })
}

/// A string over lines in three quotes, after a line break if asked for.
fn long(out: &mut Vec<u8>, quotes: &str, text: &str, opens: bool, feed: &str) {
    out.reserve(text.len() + 8);
    out.extend_from_slice(quotes.as_bytes());
    if opens {
        out.extend_from_slice(feed.as_bytes());
    }
    let is_basic = quotes.starts_with('"');
    let mut in_row = 0;
    for character in text.chars() {
        in_row = if character == '"' { in_row + 1 } else { 0 };
        let mut utf8 = [0; 4];
        match character {
            '\n' => out.extend_from_slice(feed.as_bytes()),
            // The third in a row would end the string.
            '"' if is_basic && in_row == 3 => {
                out.extend_from_slice(b"\\\"");
                in_row = 0;
            }
            '"' => out.push(b'"'),
            _ => match escape(character).filter(|_| is_basic) {
                Some(escape) => out.extend_from_slice(escape.as_bytes()),
                None => out.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes()),
            },
        }
    }
    out.extend_from_slice(quotes.as_bytes());
}
