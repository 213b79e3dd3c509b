//! One value of an INI file: what stands after the delimiter of an entry, and how another value is
//! spelled in its place.
//!
//! SOPS ends a value at any `#` or `;`, wherever it stands. We do so only after a blank and outside
//! of quotes, so that `pa#ss` and `"a; b"` stay whole, unless its reading is asked for. All else is
//! read as SOPS reads it, and all that is written is what both readings take for the same value.

use std::ops::Range;

use memchr::{memchr, memchr2, memmem};
use zeroize::Zeroizing;

use super::super::syntax::{EmitError, Reading, SyntaxError};
use super::super::{Span, Style, Text};
use super::space::{after_line, trim, trim_end, trim_start};

/// Three quotes, which like the backtick enclose any text, over several lines too.
const TRIPLE: &[u8] = b"\"\"\"";
const BACKTICK: &[u8] = b"`";

/// A value as it stands in a text.
pub(super) struct Value<'t> {
    /// What it means.
    pub(super) value: Text<'t>,
    /// Where it stands, with its quotes.
    pub(super) span: Range<usize>,
    /// Its quotes: `Literal` for backticks and three quotes.
    pub(super) style: Style,
    /// The comment after it, from the marker on.
    pub(super) comment: Option<Range<usize>>,
    /// The line after it.
    pub(super) next: usize,
    /// Whether the other reading says the same.
    pub(super) agreed: bool,
}

/// Reads the value after the delimiter that ends at `from`.
pub(super) fn read(text: &[u8], from: usize, reading: Reading) -> Result<Value<'_>, SyntaxError> {
    let next = after_line(text, from);
    let rest = trim_start(&text[from..next]);
    let start = next - rest.len();
    if rest.is_empty() {
        let place = from + usize::from(matches!(text.get(from), Some(b' ' | b'\t')));
        let value = Text::Source(b"");
        return Ok(Value { value, span: place..place, style: Style::Plain, comment: None, next, agreed: true });
    }
    if rest.starts_with(TRIPLE) {
        return read_raw(text, start, TRIPLE);
    }
    if rest.starts_with(BACKTICK) {
        return read_raw(text, start, BACKTICK);
    }
    let line = trim_end(rest);
    if line.ends_with(b"\\") {
        Ok(read_joined(text, start, line.len(), next))
    } else {
        Ok(match reading {
            Reading::Own => read_line(text, start, line, next),
            Reading::Sops => read_line_as_sops(text, start, line, next),
        })
    }
}

/// A value in quotes that may enclose line breaks. The last such quotes of a line close it, but of its second
/// line and those below only where no backslash ends the line (go-ini 1.67.1).
fn read_raw<'t>(text: &'t [u8], start: usize, quotes: &[u8]) -> Result<Value<'t>, SyntaxError> {
    let inside = start + quotes.len();
    let mut line = inside;
    let (close, next) = loop {
        let next = after_line(text, line);
        let goes_on = || line > inside && trim_end(&text[line..next]).ends_with(b"\\");
        if let Some(at) = memmem::rfind(&text[line..next], quotes).filter(|_| !goes_on()) {
            break (line + at, next);
        }
        if next == text.len() {
            return Err(SyntaxError::at(Span::new(start..inside), "the quotes around this value are not closed"));
        }
        line = next;
    };
    let end = close + quotes.len();
    Ok(Value {
        value: Text::Source(&text[inside..close]),
        span: start..end,
        style: Style::Literal,
        comment: comment_in(text, end..next),
        next,
        agreed: true,
    })
}

/// A value that goes on in the lines after it, since they end with a backslash. Neither quotes nor
/// comments mean anything in it.
fn read_joined(text: &[u8], start: usize, length: usize, mut next: usize) -> Value<'_> {
    let mut end = start + length;
    let mut pieces = vec![&text[start..end - 1]];
    while next < text.len() {
        let line = next;
        next = after_line(text, line);
        let piece = trim(&text[line..next]);
        if piece.is_empty() {
            break;
        }
        end = next - trim_start(&text[line..next]).len() + piece.len();
        let Some(before) = piece.strip_suffix(b"\\") else {
            pieces.push(piece);
            break;
        };
        pieces.push(before);
    }
    let mut value = Zeroizing::new(Vec::with_capacity(end - start));
    for piece in pieces {
        value.extend_from_slice(piece);
    }
    Value { value: Text::Owned(value), span: start..end, style: Style::Plain, comment: None, next, agreed: true }
}

/// A value on one line, perhaps in quotes, perhaps with a comment after it.
fn read_line<'t>(text: &'t [u8], start: usize, line: &'t [u8], next: usize) -> Value<'t> {
    let (inside, length, style) = match quoted(line) {
        Some(close) => {
            let style = if line[0] == b'"' { Style::Double } else { Style::Single };
            (1..close, close + 1, style)
        }
        None => {
            let end = marker(text, start, line).map_or(line.len(), |at| trim_end(&line[..at]).len());
            (0..end, end, Style::Plain)
        }
    };
    let value = &line[inside];
    let end = start + length;
    let comment = comment_in(text, end..start + line.len());
    Value { value: Text::Source(value), span: start..end, style, comment, next, agreed: value == as_sops_reads(line) }
}

/// The same in the reading of SOPS.
fn read_line_as_sops<'t>(text: &'t [u8], start: usize, line: &'t [u8], next: usize) -> Value<'t> {
    let value = as_sops_reads(line);
    let kept = trim_end(memchr2(b'#', b';', line).map_or(line, |at| &line[..at]));
    let style = match kept.first() {
        Some(b'"') if value.len() < kept.len() => Style::Double,
        Some(_) if value.len() < kept.len() => Style::Single,
        _ => Style::Plain,
    };
    let end = start + kept.len();
    let comment = comment_in(text, end..start + line.len());
    let agreed = *read_line(text, start, line, next).value == *value;
    Value { value: Text::Source(value), span: start..end, style, comment, next, agreed }
}

/// Where the quotes close in which a line starts, if nothing but a comment follows them.
fn quoted(line: &[u8]) -> Option<usize> {
    let quote = *line.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
    let close = 1 + memchr(quote, &line[1..])?;
    let tail = trim_start(&line[close + 1..]);
    (tail.is_empty() || is_marker(tail[0])).then_some(close)
}

/// Where the comment starts in an unquoted line: at a marker after a blank.
fn marker(text: &[u8], start: usize, line: &[u8]) -> Option<usize> {
    let after_blank = |at: usize| (start + at).checked_sub(1).is_some_and(|before| text[before].is_ascii_whitespace());
    line.iter().enumerate().position(|(at, byte)| is_marker(*byte) && after_blank(at))
}

/// What SOPS takes for the value of a line.
fn as_sops_reads(line: &[u8]) -> &[u8] {
    let value = trim_end(memchr2(b'#', b';', line).map_or(line, |at| &line[..at]));
    match value {
        [first @ (b'"' | b'\''), inside @ .., last] if first == last && memchr(*first, inside).is_none() => inside,
        _ => value,
    }
}

/// Whether a comment starts with this.
pub(super) fn is_marker(byte: u8) -> bool {
    matches!(byte, b'#' | b';')
}

/// The comment in the rest of a line.
pub(super) fn comment_in(text: &[u8], rest: Range<usize>) -> Option<Range<usize>> {
    let line = &text[rest.clone()];
    memchr2(b'#', b';', line).map(|at| rest.start + at..rest.start + trim_end(line).len())
}

/// A value as it can stand where `place` does, in quotes of that style, in front of `rest`: the
/// remainder of the line. In the quotes of the place if they can hold it, else as SOPS spells it.
pub(super) fn spell(value: &[u8], place: &[u8], style: Style, rest: &[u8]) -> Result<Vec<u8>, EmitError> {
    let own: &[u8] = match style {
        Style::Single => b"'",
        Style::Double => b"\"",
        Style::Literal if place.starts_with(TRIPLE) => TRIPLE,
        Style::Literal => BACKTICK,
        _ => b"",
    };
    let has = |bytes: &[u8]| value.iter().any(|byte| bytes.contains(byte));
    let quoted = |quotes: &[u8]| {
        let lexeme = [quotes, value, quotes].concat();
        let fits = !(quotes.is_empty() && place.is_empty() && has(b"`")) && reads_as(&lexeme, rest, value);
        fits.then_some(lexeme)
    };
    let raw = || if has(b"\n`") { [TRIPLE, BACKTICK] } else { [BACKTICK, TRIPLE] }.into_iter().find_map(quoted);
    let found = if trim(rest).is_empty() {
        let by_sops = || if has(b"\n`") { raw().or_else(|| quoted(b"\"")) } else { quoted(b"\"").or_else(raw) };
        quoted(own).or_else(|| quoted(b"")).or_else(by_sops)
    } else {
        // The comment may be a ciphertext, and once it is open, hold what would close raw quotes.
        let with_blank = || {
            let reads = is_marker(rest[0]) && reads_as(value, &[b" ", rest].concat(), value);
            reads.then(|| [value, b" "].concat())
        };
        [own, b"", b"\"", b"'"].into_iter().find_map(quoted).or_else(with_blank).or_else(raw)
    };
    found.ok_or_else(|| EmitError("the value has line breaks and quotes that an INI file cannot hold together".into()))
}

/// Whether a lexeme in front of the rest of a line is this value. For SOPS too, unless a comment
/// follows: that may be a ciphertext, and once it is open, end with the quotes that SOPS needs.
fn reads_as(lexeme: &[u8], rest: &[u8], value: &[u8]) -> bool {
    let line = Zeroizing::new([b" ", lexeme, rest].concat());
    // What follows a value without quotes must be parted from it, or it would belong to it.
    let parted = rest.first().is_none_or(u8::is_ascii_whitespace) || !lexeme.is_empty();
    parted
        && read(&line, 0, Reading::Own).is_ok_and(|read| {
            let agreed = read.agreed || !trim(rest).is_empty();
            agreed && read.span == (1..1 + lexeme.len()) && *read.value == *value
        })
}
