//! Spells scalars. Quotes are as gentle as the value allows, and strings that a YAML 1.1 reader
//! would take for something else are always quoted.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::resolve;
use crate::document::{Scalar, Text};

/// Where a spelling has to be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind a key or dash, up to the end of the line.
    Block,
    /// Between brackets.
    Flow,
}

/// A scalar that is no string, as SOPS writes it, except that a float is never spelled like an
/// integer if `distinct`.
pub(super) fn canonical(value: &Scalar<'_>, distinct: bool) -> String {
    match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Uint(value) => value.to_string(),
        Scalar::Time(value) => value.to_string(),
        Scalar::Float(value) => {
            let digits = float(*value);
            let is_bare = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            if distinct && is_bare { digits + ".0" } else { digits }
        }
        Scalar::Text(text) => String::from_utf8_lossy(text).into_owned(),
    }
}

/// A float as go-yaml prints it: shortest digits, with an exponent from a million on.
fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(power) if !(-4..6).contains(&power) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", power.abs())
        }
        _ => format!("{value}"),
    }
}

/// Bytes that are no UTF-8, with the tag that makes them bytes again.
pub(super) fn binary(bytes: &[u8]) -> String {
    format!("!!binary {}", STANDARD.encode(bytes))
}

/// A scalar where quotes have to be; one that is no string has the tag that makes it again what it is.
pub(super) fn quoted(value: &Scalar<'_>) -> String {
    let tag = match value {
        Scalar::Null => "null",
        Scalar::Bool(_) => "bool",
        Scalar::Int(_) | Scalar::Uint(_) => "int",
        Scalar::Float(_) => "float",
        Scalar::Time(_) => "timestamp",
        Scalar::Text(bytes) => {
            return match as_text(value) {
                Some(text) => single(text).unwrap_or_else(|| double(text)),
                None => format!("!!binary \"{}\"", STANDARD.encode(&**bytes)),
            };
        }
    };
    format!("!!{tag} \"{}\"", canonical(value, true))
}

/// Whether a string reads back as itself without quotes, for readers of YAML 1.1 too.
pub(super) fn is_plain(text: &str, place: Place) -> bool {
    if place == Place::Block && is_ciphertext(text) {
        return true;
    }
    can_stand_plain_in_go(text, place) && resolve::plain(text).is_none() && !is_ambiguous(text)
}

/// Whether a string looks like a ciphertext, which nothing in a block can mistake. There are many
/// of them: this is quicker than to look for what would have to be quoted.
fn is_ciphertext(text: &str) -> bool {
    let is_harmless =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b',' | b':' | b'_');
    let body = text.strip_prefix("ENC[AES256_GCM,").and_then(|rest| rest.strip_suffix(']'));
    body.is_some_and(|body| body.bytes().all(is_harmless))
}

/// The same for readers of YAML 1.2 only.
pub(super) fn is_plain_in_1_2(text: &str, place: Place) -> bool {
    can_stand_plain(text, place) && resolve::plain(text).is_none()
}

/// Whether the syntax allows a string without quotes for go-yaml too, which takes a `:` before a text
/// between brackets and a `?` anywhere in it for signs.
pub(super) fn can_stand_plain_in_go(text: &str, place: Place) -> bool {
    can_stand_plain(text, place) && (place == Place::Block || !text.starts_with(':') && !text.contains('?'))
}

/// Whether the syntax allows a string without quotes. A `?` at the start of a flow entry is what this
/// reader refuses.
pub(super) fn can_stand_plain(text: &str, place: Place) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let bytes = text.as_bytes();
    let is_blank = |byte: Option<&u8>| matches!(byte, None | Some(b' ' | b'\t'));
    let is_flow = |byte: Option<&u8>| matches!(byte, Some(b',' | b'[' | b']' | b'{' | b'}'));
    let ends_plain = |byte: Option<&u8>| is_blank(byte) || place == Place::Flow && is_flow(byte);
    let starts_well = match first {
        '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => false,
        '?' if place == Place::Flow => false,
        '-' | '?' | ':' => !ends_plain(bytes.get(1)),
        _ => true,
    };
    let outer_blank = is_blank(bytes.first()) || is_blank(bytes.last());
    let is_marker = (text.starts_with("---") || text.starts_with("...")) && is_blank(bytes.get(3));
    if !starts_well || outer_blank || is_marker || !text.chars().all(is_printable) {
        return false;
    }
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b':' => !ends_plain(bytes.get(at + 1)),
        b'#' => at > 0 && !is_blank(bytes.get(at - 1)),
        _ => place == Place::Block || !is_flow(Some(byte)),
    })
}

/// Whether YAML 1.1 reads more into a plain string than 1.2 does.
fn is_ambiguous(text: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off"];
    matches!(text, "=" | "<<")
        || text.len() <= 3 && words.iter().any(|word| text.eq_ignore_ascii_case(word))
        || is_base_60(text)
        || is_like_a_date(text)
}

/// `1:20` or `1:20:30.5`, numbers of base 60.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut groups = whole.split(':');
    let Some(first) = groups.next() else { return false };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut count = 0;
    let sixty = groups.all(|group| {
        count += 1;
        matches!(group.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
    });
    count > 0 && sixty && first.starts_with(|c: char| c.is_ascii_digit()) && digits(first) && digits(fraction)
}

/// A date, with or without something behind it that could be a time.
fn is_like_a_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits = |part: Option<&str>, lengths: std::ops::RangeInclusive<usize>| {
        part.is_some_and(|part| lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if !digits(parts.next(), 4..=4) || !digits(parts.next(), 1..=2) {
        return false;
    }
    let rest = parts.next().unwrap_or_default();
    let day = rest.bytes().take_while(u8::is_ascii_digit).count();
    matches!(day, 1 | 2) && matches!(rest.as_bytes().get(day), None | Some(b'T' | b't' | b' ' | b'\t'))
}

/// Whether a character may stand in a file as it is. Breaks are not counted among these.
pub(super) fn is_printable(c: char) -> bool {
    match c {
        '\t' | ' '..='~' => true,
        '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => c >= '\u{a0}',
    }
}

/// In single quotes, if that can hold the string on one line.
pub(super) fn single(text: &str) -> Option<String> {
    text.chars().all(is_printable).then(|| format!("'{}'", text.replace('\'', "''")))
}

/// In double quotes, on one line.
pub(super) fn double(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            _ if is_printable(c) => out.push(c),
            _ if u32::from(c) < 0x100 => push_hex(&mut out, 'x', c, 2),
            _ => push_hex(&mut out, 'u', c, 4),
        }
    }
    out.push('"');
    out
}

fn push_hex(out: &mut String, kind: char, c: char, digits: usize) {
    let number = u32::from(c);
    write!(out, "\\{kind}{number:0digits$x}").expect("impossible: a string takes all");
}

/// A string as SOPS would write it into a new file, on one line.
pub(super) fn fresh(text: &str, place: Place) -> String {
    let has_tab = text.contains('\t');
    if text.is_empty() || resolve::plain(text).is_some() || is_ambiguous(text) || has_tab {
        return double(text);
    }
    if is_plain(text, place) {
        return text.to_owned();
    }
    single(text).unwrap_or_else(|| double(text))
}

/// Any scalar on one line of a new file. No integer is minus zero.
pub(super) fn fresh_scalar(value: &Scalar<'_>, place: Place) -> String {
    match value {
        Scalar::Text(text) => text.as_str().map_or_else(|| binary(text), |text| fresh(text, place)),
        Scalar::Float(number) => canonical(value, *number == 0.0 && number.is_sign_negative()),
        _ => canonical(value, false),
    }
}

/// How a block scalar is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockStyle<'s> {
    /// `|` or `>`.
    pub(super) indicator: char,
    /// The column of the content.
    pub(super) indent: usize,
    /// The column of the collection around it, which an explicit indentation counts from.
    pub(super) parent: Option<usize>,
    /// Whether the indentation was given before, and so stays.
    pub(super) keeps_digit: bool,
    /// What follows on the header's line.
    pub(super) tail: &'s str,
    /// The line break of the file.
    pub(super) line_break: &'s str,
}

/// A string as a block scalar, without the last line break; nothing if the form cannot hold it.
/// The caller must see to it that a line break follows, and no blank line after `+`.
pub(super) fn block(text: &str, style: BlockStyle<'_>) -> Option<String> {
    if !can_stand_in_block(text) {
        return None;
    }
    let chomping = chomping(text);
    let mut out = String::with_capacity(text.len() + 16);
    out.push(style.indicator);
    if hides_indentation(text) || style.keeps_digit {
        let base = style.parent?;
        let digit = style.indent.checked_sub(base).filter(|digit| (1..=9).contains(digit))?;
        write!(out, "{digit}").expect("impossible: a string takes all");
    }
    out.push_str(chomping);
    out.push_str(style.tail);
    push_lines(&mut out, text, style.indent, style.line_break);
    Some(out)
}

/// Whether lines of a block scalar can spell a string.
pub(super) fn can_stand_in_block(text: &str) -> bool {
    ends_with_words(text) && text.chars().all(|c| c == '\n' || is_printable(c))
}

/// The same where there is no choice: with the signs that YAML 1.1 takes for line breaks, if they have
/// come that way.
pub(super) fn can_stay_in_block(text: &str) -> bool {
    let is_allowed = |c| matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}') || is_printable(c);
    ends_with_words(text) && text.chars().all(is_allowed)
}

/// Whether the last line of a string that is not empty does not consist of blanks.
fn ends_with_words(text: &str) -> bool {
    let last = text.trim_end_matches('\n').lines().next_back().unwrap_or_default();
    !last.trim_matches([' ', '\t']).is_empty()
}

/// Whether the indentation of the lines cannot be told from the first of them.
pub(super) fn hides_indentation(text: &str) -> bool {
    text.trim_start_matches('\n').starts_with([' ', '\t'])
}

/// What a header must say about the line breaks at the end.
pub(super) fn chomping(text: &str) -> &'static str {
    match text.len() - text.trim_end_matches('\n').len() {
        0 => "-",
        1 => "",
        _ => "+",
    }
}

/// The lines below a header, each with its break before it.
pub(super) fn push_lines(out: &mut String, text: &str, indent: usize, line_break: &str) {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    for line in lines.split('\n') {
        out.push_str(line_break);
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
    }
}

/// The text of a string, if it is one and is UTF-8.
pub(super) fn as_text<'v>(value: &'v Scalar<'_>) -> Option<&'v str> {
    match value {
        Scalar::Text(text) => Text::as_str(text),
        _ => None,
    }
}
