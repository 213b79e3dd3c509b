//! What the spelling of a dotenv entry means to the programs that read such files. SOPS knows none
//! of this: for it, quotes and `export` belong to values and keys, and that is what is encrypted.
//! Where dotenv readers differ, this takes the reading that keeps more of the text.

use memchr::memchr;
use zeroize::Zeroizing;

/// The name of the variable that a key stands for: without `export` and blanks.
#[must_use]
pub fn name(key: &str) -> &str {
    let key = key.trim();
    match key.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => key,
    }
}

/// The value that the text after the `=` stands for, as it stands in the file.
///
/// In single quotes everything is itself. In double quotes, `\n`, `\r`, `\t`, `\"`, `\\` and `\$`
/// are escapes, and any other backslash is itself. Without quotes, blanks around the value and a
/// comment after a blank do not belong to it.
#[must_use]
pub fn interpret(raw: &[u8]) -> Zeroizing<Vec<u8>> {
    let text = raw.trim_ascii();
    let inside = opening_quote(text).and_then(|quote| {
        let close = closing_quote(&text[1..], quote)?;
        is_remainder(&text[close + 2..]).then_some((quote, &text[1..=close]))
    });
    match inside {
        Some((b'"', inside)) => unescape(inside),
        Some((_, inside)) => Zeroizing::new(inside.to_vec()),
        None => Zeroizing::new(without_comment(raw).to_vec()),
    }
}

/// A value as the text after the `=`: as it is, or in the quotes in which it is read back; none if
/// there are no such quotes.
#[must_use]
pub fn spell(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let as_is = Zeroizing::new(value.to_vec());
    let single = Zeroizing::new([b"'", value, b"'"].concat());
    let reads_back = |raw: &Zeroizing<Vec<u8>>| memchr(b'\n', raw).is_none() && *interpret(raw) == *value;
    [as_is, single, escape(value)].into_iter().find(reads_back)
}

/// A value in double quotes.
fn escape(value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(2 * value.len() + 2));
    out.push(b'"');
    for byte in value {
        match byte {
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'"' | b'\\' | b'$' => out.extend([b'\\', *byte]),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
    out
}

/// The quote with which a value starts.
pub(super) fn opening_quote(raw: &[u8]) -> Option<u8> {
    raw.trim_ascii_start().first().copied().filter(|byte| matches!(byte, b'"' | b'\''))
}

/// Where the quotes close that were opened before this text. A backslash hides double quotes only.
pub(super) fn closing_quote(text: &[u8], quote: u8) -> Option<usize> {
    if quote == b'\'' {
        return memchr(quote, text);
    }
    let mut escaped = false;
    text.iter().position(|byte| {
        let closes = *byte == quote && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    })
}

/// Whether this may follow the closing quote: nothing but a comment.
pub(super) fn is_remainder(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start(), [] | [b'#', ..])
}

/// A value without quotes.
fn without_comment(raw: &[u8]) -> &[u8] {
    let comment = raw.windows(2).position(|pair| pair[0].is_ascii_whitespace() && pair[1] == b'#');
    raw[..comment.unwrap_or(raw.len())].trim_ascii()
}

/// The inside of double quotes.
fn unescape(inside: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(inside.len()));
    let mut rest = inside;
    while let Some(at) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let (character, length) = match rest.get(at + 1) {
            Some(b'n') => (b'\n', 2),
            Some(b'r') => (b'\r', 2),
            Some(b't') => (b'\t', 2),
            Some(&byte @ (b'"' | b'\\' | b'$')) => (byte, 2),
            _ => (b'\\', 1),
        };
        out.push(character);
        rest = &rest[at + length..];
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_variables() {
        for (key, variable) in [
            ("A", "A"),
            (" A\t", "A"),
            ("export A", "A"),
            ("  export\t A ", "A"),
            ("exported", "exported"),
            ("export", "export"),
        ] {
            assert_eq!(name(key), variable);
        }
    }

    #[test]
    fn values_are_spelled_so_that_they_are_read_back() {
        for (value, raw) in [
            ("", Some("")),
            ("a b", Some("a b")),
            (" a", Some("' a'")),
            ("a # 'b'", Some("\"a # 'b'\"")),
            ("a\nb", Some("\"a\\nb\"")),
            ("\"a\"", Some("'\"a\"'")),
            ("'\"\\$\r\n", Some("\"'\\\"\\\\\\$\\r\\n\"")),
        ] {
            let spelled = spell(value.as_bytes()).map(|raw| String::from_utf8_lossy(&raw).into_owned());
            assert_eq!(spelled.as_deref(), raw, "{value:?}");
        }
    }

    #[test]
    fn values_mean_what_dotenv_readers_agree_on() {
        for (raw, value) in [
            ("", ""),
            (" a b ", "a b"),
            ("a\r", "a"),
            ("a # c", "a"),
            ("a#b", "a#b"),
            (" # c", ""),
            ("#a", "#a"),
            ("a 'b' \"c\"", "a 'b' \"c\""),
            ("a\\nb", "a\\nb"),
            ("'a # \\n \"b\" '", "a # \\n \"b\" "),
            ("'a' # it's", "a"),
            ("''", ""),
            (" \"a # b\"\r", "a # b"),
            ("\"a\\nb\\tc\\\"d\\\\n\\$e\\x\"", "a\nb\tc\"d\\n$e\\x"),
            ("\"a\nb\" # c", "a\nb"),
            ("'a\r\nb'", "a\r\nb"),
            ("\"a\"b", "\"a\"b"),
            ("\"a", "\"a"),
            ("\"a\\\"", "\"a\\\""),
            ("\"", "\""),
        ] {
            assert_eq!(String::from_utf8_lossy(&interpret(raw.as_bytes())), value, "{raw:?}");
        }
    }
}
