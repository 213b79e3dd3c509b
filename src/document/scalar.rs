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
    /// Whether two values are the same. A whole float is spelled without its point, as SOPS does, and
    /// then reads as an integer.
    #[must_use]
    pub fn reads_as(&self, other: &Scalar<'_>) -> bool {
        let is_number = |value: &Scalar<'_>| matches!(value, Scalar::Int(_) | Scalar::Float(_));
        self == other || (is_number(self) && is_number(other) && self.canonical() == other.canonical())
    }

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
pub(super) fn float_digits(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.into()
    } else if is_tie_rounded_up(value) {
        one_less(&value.to_string())
    } else {
        value.to_string()
    }
}

/// The same digits as `d.ddd` with the exponent after it, of a finite double.
pub(super) fn float_parts(value: f64) -> (String, i32) {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = if is_tie_rounded_up(value) { one_less(digits) } else { digits.to_owned() };
    (digits, exponent.parse().unwrap_or(0))
}

/// Whether a double lies in the middle between two shortest decimals, and Rust prints the upper
/// one where Go prints the even lower one: 666077613084833.25 is `….3` to Rust and `….2` to Go.
/// The MAC is made of these digits.
fn is_tie_rounded_up(value: f64) -> bool {
    let digits_of = |text: String| -> Vec<u8> {
        text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).collect()
    };
    let shortest = digits_of(format!("{value:e}"));
    let length = shortest.len();
    // Decimals of up to 15 digits are doubles of their own, so none of them is the middle.
    let Some(last) = shortest.last().filter(|digit| length >= 15 && *digit % 2 == 1) else { return false };
    if digits_of(format!("{value:.length$e}")).last() != Some(&b'5') {
        return false;
    }
    // No double has more digits than this.
    let exact = digits_of(format!("{value:.1100e}"));
    exact[length - 1] == last - 1 && exact[length] == b'5' && exact[length + 1..].iter().all(|digit| *digit == b'0')
}

/// A decimal whose last digit is odd, with that digit one less. A tie has a fraction of its own,
/// so that the last digit is the last character.
fn one_less(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(digit) = text.pop().and_then(|last| last.to_digit(10)).and_then(|digit| digit.checked_sub(1)) {
        text.push_str(&digit.to_string());
    }
    text
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

    #[test]
    #[allow(clippy::excessive_precision, reason = "the exact value is the point")]
    fn ties_go_to_the_even_digit_as_in_go() {
        for (value, digits, parts) in [
            (666_077_613_084_833.25, "666077613084833.2", ("6.660776130848332", 14)),
            (666_077_613_084_833.75, "666077613084833.8", ("6.660776130848338", 14)),
            (-666_077_613_084_833.25, "-666077613084833.2", ("-6.660776130848332", 14)),
            (4_000_000_000_000_000.5, "4000000000000000.5", ("4.0000000000000005", 15)),
            (0.3, "0.3", ("3", -1)),
            (1.7976931348623157e308, &f64::MAX.to_string(), ("1.7976931348623157", 308)),
            (5e-324, &5e-324_f64.to_string(), ("5", -324)),
        ] {
            assert_eq!(float_digits(value), digits);
            let (mantissa, exponent) = float_parts(value);
            assert_eq!((mantissa.as_str(), exponent), parts);
            assert_eq!(digits.parse(), Ok(value));
        }
    }
}
