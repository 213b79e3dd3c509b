//! Keys and scalars: from their spelling to what they mean.

use std::borrow::Cow;

use toml_parser::decoder::{Encoding, ScalarKind, StringBuilder};
use toml_parser::{ErrorSink, ParseError, Raw};
use zeroize::Zeroizing;

use super::super::{Scalar, Span, Style, Text};

/// One key of a dotted key or a header.
pub(super) struct Key<'t> {
    pub(super) name: Cow<'t, str>,
    pub(super) span: Span,
}

/// A decoded key.
pub(super) fn key<'t>(raw: Raw<'t>, span: Span, error: &mut dyn ErrorSink) -> Key<'t> {
    let mut name = Cow::Borrowed("");
    raw.decode_key(&mut name, error);
    Key { name, span }
}

/// A decoded scalar; none if there is an error.
pub(super) fn scalar<'t>(
    raw: Raw<'t>,
    span: toml_parser::Span,
    encoding: Option<Encoding>,
    error: &mut dyn ErrorSink,
) -> Option<(Scalar<'t>, Style)> {
    let mut decoded = Decoded { source: "", owned: None, length: raw.len() };
    let kind = raw.decode_scalar(&mut decoded, error);
    let mut refuse = |message| {
        error.report_error(ParseError::new(message).with_unexpected(span));
        None
    };
    let value = match kind {
        ScalarKind::String => return Some((Scalar::Text(decoded.finish()), style(encoding))),
        ScalarKind::Boolean(value) => Scalar::Bool(value),
        ScalarKind::DateTime => {
            let Some(text) = date(raw.as_str()) else { return refuse("this is no date or time that exists") };
            return Some((Scalar::Text(text.into()), Style::Date));
        }
        ScalarKind::Integer(radix) => match i64::from_str_radix(decoded.as_str(), radix.value()) {
            Ok(value) => Scalar::Int(value),
            Err(_) => return refuse("this is no integer of 64 bits with a sign"),
        },
        ScalarKind::Float => match float(decoded.as_str()) {
            Some(value) => Scalar::Float(value),
            None => return refuse("this is no number in the range of a double"),
        },
    };
    Some((value, Style::Plain))
}

fn style(encoding: Option<Encoding>) -> Style {
    match encoding {
        None => Style::Plain,
        Some(Encoding::LiteralString) => Style::Single,
        Some(Encoding::BasicString) => Style::Double,
        Some(Encoding::MlLiteralString) => Style::Literal,
        Some(Encoding::MlBasicString) => Style::Folded,
    }
}

/// A double. The sign of NaN means nothing in TOML.
fn float(digits: &str) -> Option<f64> {
    let value: f64 = digits.parse().ok()?;
    if value.is_nan() {
        return Some(f64::NAN);
    }
    (value.is_finite() || digits.ends_with("inf")).then_some(value)
}

/// A date, a time or both as rops prints them: `T` between the two, `Z` in capitals, no more than
/// nine digits of a second and no zeros at their end. None if the text is neither.
pub(super) fn date(text: &str) -> Option<Cow<'_, str>> {
    text.parse::<toml_datetime::Datetime>().ok()?;
    let has_date = text.as_bytes().get(4) == Some(&b'-');
    let (day, clock) = text.split_at_checked(if has_date { 10 } else { 0 })?;
    let clock = if has_date { clock.get(1..).unwrap_or_default() } else { clock };
    let mut normal = String::with_capacity(text.len());
    normal.push_str(day);
    if has_date && !clock.is_empty() {
        normal.push('T');
    }
    let zone = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone);
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    normal.push_str(whole);
    let fraction = fraction.get(..9).unwrap_or(fraction).trim_end_matches('0');
    if !fraction.is_empty() {
        normal.push('.');
        normal.push_str(fraction);
    }
    normal.push_str(match zone {
        "z" => "Z",
        "-00:00" => "+00:00",
        zone => zone,
    });
    Some(if normal == text { Cow::Borrowed(text) } else { Cow::Owned(normal) })
}

/// A string while it is decoded: a slice of the source as long as it can be one.
struct Decoded<'t> {
    source: &'t str,
    owned: Option<Zeroizing<String>>,
    /// The length of the spelling: what it means is never longer, so that no half of a secret is
    /// left behind by growing.
    length: usize,
}

impl<'t> Decoded<'t> {
    fn own(&mut self) -> &mut String {
        let (source, length) = (self.source, self.length);
        self.owned.get_or_insert_with(|| {
            let mut owned = String::with_capacity(length);
            owned.push_str(source);
            Zeroizing::new(owned)
        })
    }

    fn as_str(&self) -> &str {
        self.owned.as_ref().map_or(self.source, |owned| owned)
    }

    fn finish(self) -> Text<'t> {
        match self.owned {
            Some(mut owned) => std::mem::take(&mut *owned).into(),
            None => self.source.into(),
        }
    }
}

impl<'t> StringBuilder<'t> for Decoded<'t> {
    fn clear(&mut self) {
        self.source = "";
        self.owned = None;
    }

    /// Takes a piece of the source. A line break in a string is LF, as rops reads it: CR before it
    /// is a matter of the file.
    fn push_str(&mut self, append: &'t str) -> bool {
        if self.owned.is_none() && self.source.is_empty() && !append.contains('\r') {
            self.source = append;
            return true;
        }
        let owned = self.own();
        for (at, line) in append.split("\r\n").enumerate() {
            if at > 0 {
                owned.push('\n');
            }
            owned.push_str(line);
        }
        true
    }

    fn push_char(&mut self, append: char) -> bool {
        self.own().push(append);
        true
    }
}
