//! What a scalar is, exactly as go-yaml v3 sees it (sops-compat.md §4.2): YAML 1.2 with the
//! integers of Go, C-style octals, and timestamps.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use jiff::civil::DateTime;

use crate::document::timestamp::nanoseconds;
use crate::document::{Scalar, Text, Timestamp};

/// The type that an explicit tag asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// `!!str`, and every tag that go-yaml does not know.
    Text,
    /// `!!binary`.
    Binary,
    /// `!!null`.
    Null,
    /// `!!bool`.
    Bool,
    /// `!!int`.
    Int,
    /// `!!float`.
    Float,
    /// `!!timestamp`.
    Time,
}

impl Tag {
    /// The tag with this name in the namespace of YAML.
    pub(super) fn from_name(name: Option<&str>) -> Self {
        match name {
            Some("binary") => Tag::Binary,
            Some("null") => Tag::Null,
            Some("bool") => Tag::Bool,
            Some("int") => Tag::Int,
            Some("float") => Tag::Float,
            Some("timestamp") => Tag::Time,
            _ => Tag::Text,
        }
    }
}

/// What a plain scalar without tag is; nothing for a string.
pub(super) fn plain(text: &str) -> Option<Scalar<'static>> {
    let bytes = text.as_bytes();
    let Some(&first) = bytes.first() else { return Some(Scalar::Null) };
    match first {
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' => word(text),
        b'.' => word(text).or_else(|| go_float(text)),
        b'+' | b'-' | b'0'..=b'9' => word(text).or_else(|| timestamp(text).map(Scalar::Time)).or_else(|| number(text)),
        _ => None,
    }
}

/// What a scalar with this tag is; nothing if it does not fit its tag.
pub(super) fn tagged<'t>(tag: Tag, text: Text<'t>) -> Option<Scalar<'t>> {
    if tag == Tag::Text {
        return Some(Scalar::Text(text));
    }
    if tag == Tag::Binary {
        return decode_base64(&text).map(|bytes| Scalar::Text(bytes.into()));
    }
    let spelled = text.as_str()?;
    let value = match tag {
        Tag::Time => Scalar::Time(timestamp(spelled)?),
        _ => word(spelled).or_else(|| number_hinted(spelled))?,
    };
    match (tag, value) {
        (Tag::Float, Scalar::Int(value)) => Some(Scalar::Float(widen(value))),
        (Tag::Null, Scalar::Null) => Some(Scalar::Null),
        (Tag::Bool, Scalar::Bool(value)) => Some(Scalar::Bool(value)),
        (Tag::Int, value @ (Scalar::Int(_) | Scalar::Uint(_)))
        | (Tag::Float, value @ Scalar::Float(_))
        | (Tag::Time, value @ Scalar::Time(_)) => Some(value),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "the conversion that Go makes")]
fn widen(value: i64) -> f64 {
    value as f64
}

/// Words that stand for values.
fn word(text: &str) -> Option<Scalar<'static>> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// A number, chosen by its first character.
fn number_hinted(text: &str) -> Option<Scalar<'static>> {
    match text.as_bytes().first()? {
        b'.' => go_float(text),
        b'+' | b'-' | b'0'..=b'9' => number(text),
        _ => None,
    }
}

/// An integer or a float. Underscores are ignored wherever they stand.
fn number(text: &str) -> Option<Scalar<'static>> {
    let bare;
    let digits = if text.contains('_') {
        bare = text.replace('_', "");
        bare.as_str()
    } else {
        text
    };
    integer(digits).or_else(|| decimal_float(digits)).or_else(|| odd_integer(digits))
}

/// An integer of Go: sign, and a prefix for the base.
fn integer(text: &str) -> Option<Scalar<'static>> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("+", &text[1..]),
        _ => ("", text),
    };
    let bytes = rest.as_bytes();
    let (base, digits) = match bytes {
        [b'0', b'x' | b'X', ..] => (16, &rest[2..]),
        [b'0', b'b' | b'B', ..] => (2, &rest[2..]),
        [b'0', b'o' | b'O', ..] => (8, &rest[2..]),
        [b'0', _, ..] => (8, &rest[1..]),
        _ => (10, rest),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(base)) {
        return None;
    }
    let value = u64::from_str_radix(digits, base).ok()?;
    match sign {
        "-" => 0i64.checked_sub_unsigned(value).map(Scalar::Int),
        _ => match i64::try_from(value) {
            Ok(value) => Some(Scalar::Int(value)),
            Err(_) if sign.is_empty() => Some(Scalar::Uint(value)),
            Err(_) => None,
        },
    }
}

/// `0b` and `0o` with a sign after the prefix, which go-yaml lets pass.
fn odd_integer(text: &str) -> Option<Scalar<'static>> {
    let (base, digits) = match text.as_bytes() {
        [b'0', b'b', ..] => (2, &text[2..]),
        [b'0', b'o', ..] => (8, &text[2..]),
        _ => return None,
    };
    i64::from_str_radix(digits, base).ok().map(Scalar::Int)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, when a double can hold it.
fn decimal_float(text: &str) -> Option<Scalar<'static>> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let shaped = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_shaped = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    if !shaped || !exponent_shaped {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite()).map(Scalar::Float)
}

/// A float that starts with a point: underscores may stand between digits.
fn go_float(text: &str) -> Option<Scalar<'static>> {
    let bytes = text.as_bytes();
    let between_digits =
        |at: usize| at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    if bytes.iter().enumerate().any(|(at, byte)| *byte == b'_' && !between_digits(at)) {
        return None;
    }
    decimal_float(&text.replace('_', ""))
}

/// The forms of timestamps that go-yaml knows. T-form needs a zone, the form with a space has none.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return None;
    }
    let year = text[..4].parse::<i16>().ok()?;
    let mut rest = &text[5..];
    let month = short_number(&mut rest)?;
    rest = rest.strip_prefix('-')?;
    let day = short_number(&mut rest)?;
    let civil = |hour, minute, second, nanos| DateTime::new(year, month, day, hour, minute, second, nanos).ok();
    if rest.is_empty() {
        return Some(Timestamp::new(civil(0, 0, 0, 0)?, 0));
    }
    let zoned = rest.starts_with(['T', 't']);
    rest = if zoned { &rest[1..] } else { rest.strip_prefix(' ')?.trim_start_matches(' ') };
    let hour = short_number(&mut rest)?;
    rest = rest.strip_prefix(':')?;
    let minute = short_number(&mut rest)?;
    rest = rest.strip_prefix(':')?;
    let second = short_number(&mut rest)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        nanos = nanoseconds(&fraction[..digits])?;
        rest = &fraction[digits..];
    }
    let offset = match (zoned, rest) {
        (true, "Z") | (false, "") => 0,
        (true, _) => zone(rest)?,
        _ => return None,
    };
    Some(Timestamp::new(civil(hour, minute, second, nanos)?, offset))
}

/// One or two digits.
fn short_number(rest: &mut &str) -> Option<i8> {
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (number, after) = rest.split_at(digits);
    *rest = after;
    number.parse().ok()
}

/// `+hh:mm` or `-hh:mm` in seconds.
fn zone(text: &str) -> Option<i32> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text[1..].split_once(':')?;
    let two = |part: &str| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<i32>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 24 && minutes <= 60).then_some(sign * (hours * 60 + minutes) * 60)
}

/// Base64 as Go decodes it: line breaks are skipped, padding is needed, loose last bits are let pass.
fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    const LIKE_GO: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let solid: zeroize::Zeroizing<Vec<u8>> =
        text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect::<Vec<u8>>().into();
    LIKE_GO.decode(&*solid).ok()
}
