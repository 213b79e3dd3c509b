//! Typed scalar values and their canonical bytes: what is encrypted and what the MAC is made of
//! (SOPS 3.13, sops-compat.md §1.3).

use std::borrow::Cow;

use super::text::Text;
use super::timestamp::Timestamp;

/// One scalar, typed as its format types it.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'t> {
    /// No value. Never encrypted, never part of the MAC.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// An integer between 2⁶³ and 2⁶⁴-1. YAML can hold one; SOPS can neither hash nor encrypt it.
    Uint(u64),
    /// An IEEE double.
    Float(f64),
    /// A point in time with its offset.
    Time(Timestamp),
    /// A string, or bytes that are no UTF-8.
    Text(Text<'t>),
}

impl Scalar<'_> {
    /// The bytes that are encrypted, and hashed into the MAC. `None` where SOPS has no such form
    /// (an integer beyond `i64`); empty for null.
    #[must_use]
    pub fn canonical(&self) -> Option<Cow<'_, [u8]>> {
        Some(match self {
            Scalar::Null => Cow::Borrowed(b""),
            Scalar::Bool(true) => Cow::Borrowed(b"True"),
            Scalar::Bool(false) => Cow::Borrowed(b"False"),
            Scalar::Int(value) => Cow::Owned(value.to_string().into_bytes()),
            Scalar::Uint(_) => return None,
            Scalar::Float(value) => Cow::Owned(float_digits(*value).into_bytes()),
            Scalar::Time(value) => Cow::Owned(value.to_string().into_bytes()),
            Scalar::Text(text) => Cow::Borrowed(text),
        })
    }

    /// The same value without the lifetime of the source.
    #[must_use]
    pub fn into_owned(self) -> Scalar<'static> {
        match self {
            Scalar::Null => Scalar::Null,
            Scalar::Bool(value) => Scalar::Bool(value),
            Scalar::Int(value) => Scalar::Int(value),
            Scalar::Uint(value) => Scalar::Uint(value),
            Scalar::Float(value) => Scalar::Float(value),
            Scalar::Time(value) => Scalar::Time(value),
            Scalar::Text(text) => Scalar::Text(text.into_owned()),
        }
    }
}

/// Shortest digits that read back as the same double, never with an exponent.
fn float_digits(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.into()
    } else {
        format!("{value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_no_exponent_and_no_trailing_zero() {
        for (value, digits) in [
            (1.0, "1"),
            (1e21, "1000000000000000000000"),
            (1.5e-9, "0.0000000015"),
            (-0.0, "-0"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(float_digits(value), digits);
        }
    }
}
