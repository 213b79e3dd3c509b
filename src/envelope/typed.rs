//! Between typed values and the bytes and type names that are encrypted (sops-compat.md §1.3).

use std::borrow::Cow;

use super::walk::Item;
use crate::cipher::{Kind, ValueError};
use crate::document::{New, Scalar, Syntax, Timestamp};

/// The type under which a value is sealed; none for what is never encrypted.
pub(super) fn kind_of(scalar: &Scalar<'_>) -> Option<Kind> {
    Some(match scalar {
        Scalar::Null | Scalar::Uint(_) => return None,
        Scalar::Bool(_) => Kind::Bool,
        Scalar::Int(_) => Kind::Int,
        Scalar::Float(_) => Kind::Float,
        Scalar::Time(_) => Kind::Time,
        Scalar::Text(_) => Kind::Str,
    })
}

/// The type under which a value or comment is sealed, and the bytes that are; none for what is never
/// encrypted.
pub(super) fn plain_of<'d>(syntax: &dyn Syntax, item: Item<'d, '_>) -> Option<(Kind, Cow<'d, [u8]>)> {
    match item {
        Item::Value(value) => Some((kind_of(value)?, syntax.canonical(value)?)),
        Item::Comment(text) => Some((Kind::Comment, Cow::Borrowed(text))),
    }
}

/// Reads decrypted bytes as their type says.
pub(super) fn unseal(kind: Kind, bytes: &[u8]) -> Result<New<'_>, ValueError> {
    let wrong = || ValueError::WrongType(kind.name());
    let text = || std::str::from_utf8(bytes).map_err(|_| wrong());
    Ok(New::Value(match kind {
        Kind::Comment => return Ok(New::Comment(bytes.into())),
        Kind::Str | Kind::Bytes => Scalar::Text(bytes.into()),
        Kind::Int => Scalar::Int(text()?.parse().map_err(|_| wrong())?),
        Kind::Float => Scalar::Float(parse_float(text()?).ok_or_else(wrong)?),
        Kind::Bool => Scalar::Bool(parse_bool(text()?).ok_or_else(wrong)?),
        Kind::Time => Scalar::Time(Timestamp::parse_rfc3339(text()?).ok_or_else(wrong)?),
    }))
}

/// Go's `strconv.ParseBool`.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Decimal or exponent form, infinities and NaN in any case. Beyond the range of a double is no
/// number, as in Go; Rust would say infinite.
fn parse_float(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let spelled = text.trim_start_matches(['+', '-']).starts_with(['i', 'I']);
    (!value.is_infinite() || spelled).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(kind: Kind, text: &str) -> Option<Scalar<'_>> {
        match unseal(kind, text.as_bytes()) {
            Ok(New::Value(value)) => Some(value),
            _ => None,
        }
    }

    #[test]
    fn types_are_read_as_sops_reads_them() {
        for (kind, text, expected) in [
            (Kind::Int, "+5", Some(Scalar::Int(5))),
            (Kind::Int, "-7", Some(Scalar::Int(-7))),
            (Kind::Int, " 5", None),
            (Kind::Int, "0x5", None),
            (Kind::Int, "9223372036854775808", None),
            (Kind::Bool, "t", Some(Scalar::Bool(true))),
            (Kind::Bool, "yes", None),
            (Kind::Float, "1e3", Some(Scalar::Float(1000.0))),
            (Kind::Float, "+inf", Some(Scalar::Float(f64::INFINITY))),
            (Kind::Float, "1e999", None),
            (Kind::Time, "2024-01-01", None),
            (Kind::Bytes, "raw", Some(Scalar::Text("raw".into()))),
        ] {
            assert_eq!(value(kind, text), expected, "{} {text}", kind.name());
        }
    }
}
